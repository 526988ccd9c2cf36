package resp

import (
	"sync/atomic"
	"time"
)

// What is counted of each command.
//
// Owners of clients count calls, each for itself, once for a run of calls of one command. What fails is counted where the
// error is written.

// maxCommandIDs bounds the number of commands and subcommands.
const maxCommandIDs = 512

// callCounts are what an owner counts, by command.id.
type callCounts struct {
	calls     [maxCommandIDs]atomic.Int64
	latencies [maxCommandIDs]atomic.Pointer[histogram] // nil: no call was timed
}

// timed counts how long a call took.
func (n *callCounts) timed(cmd *command, d time.Duration) {
	h := n.latencies[cmd.id].Load()
	if h == nil {
		h = new(histogram)
		if !n.latencies[cmd.id].CompareAndSwap(nil, h) {
			h = n.latencies[cmd.id].Load()
		}
	}
	h.add(d)
}

// faultCounts are what all owners count of a command that goes wrong.
type faultCounts struct{ rejected, failed atomic.Int64 }

// CommandStats are what a server has counted of a command since it was started.
type CommandStats struct {
	Name     string // a subcommand's is "container|subcommand"
	Calls    int64
	Rejected int64     // calls refused before they were executed: by wrong arguments or missing rights
	Failed   int64     // calls answered with an error
	Latency  Latencies // of the calls made while latency-tracking was on
}

// CommandStats returns statistics of all commands that were called, in no particular order. INFO commandstats and
// latencystats and LATENCY HISTOGRAM show them, beginning with the last CONFIG RESETSTAT. O(commands × event loops).
func (s *Server) CommandStats() []CommandStats {
	s.init()
	return s.commandStats(func(stats *CommandStats, _ *command) bool { return stats.called() })
}

// called reports whether there is anything to be said of the command.
func (st *CommandStats) called() bool { return st.Calls+st.Rejected+st.Failed+st.Latency.count > 0 }

func (s *Server) commandStats(want func(*CommandStats, *command) bool) []CommandStats {
	owners := s.owners()
	var all []CommandStats
	eachCounted(func(cmd *command) {
		if st := s.statsOf(cmd, owners); want(&st, cmd) {
			all = append(all, st)
		}
	})
	return all
}

// owners returns the counters of all owners of clients.
func (s *Server) owners() []*counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	owners := []*counters{&s.netCount}
	for _, l := range s.loops {
		owners = append(owners, &l.count)
	}
	return owners
}

func (s *Server) statsOf(cmd *command, owners []*counters) CommandStats {
	faults := &s.ops().faults[cmd.id]
	st := CommandStats{Name: cmd.name, Rejected: faults.rejected.Load(), Failed: faults.failed.Load()}
	for _, n := range owners {
		st.Calls += n.calls[cmd.id].Load()
		if h := n.latencies[cmd.id].Load(); h != nil {
			st.Latency.merge(h)
		}
	}
	return st
}

// eachCounted calls fn for all commands and subcommands.
func eachCounted(fn func(cmd *command)) {
	for _, cmd := range commandList {
		fn(cmd)
		for _, sub := range cmd.subcommands {
			fn(sub)
		}
	}
}

// since returns what was counted after base.
func (st CommandStats) since(base *CommandStats) CommandStats {
	if base == nil {
		return st
	}
	st.Calls -= base.Calls
	st.Rejected -= base.Rejected
	st.Failed -= base.Failed
	st.Latency = st.Latency.Since(base.Latency)
	return st
}

// recentCommandStats returns what was counted since the counters were reset, of the commands that were called since.
func (s *Server) recentCommandStats() []CommandStats {
	base := s.ops().commandBase.Load()
	return s.commandStats(func(st *CommandStats, cmd *command) bool {
		if base != nil {
			*st = st.since(base[cmd.id])
		}
		return st.called()
	})
}

// resetCommandStats makes recentCommandStats begin anew.
func (s *Server) resetCommandStats() {
	base := new([maxCommandIDs]*CommandStats)
	s.commandStats(func(st *CommandStats, cmd *command) bool {
		if st.called() {
			copied := *st
			base[cmd.id] = &copied
		}
		return false
	})
	s.ops().commandBase.Store(base)
}

// begins makes cmd the last command of the client.
func (c *client) begins(cmd *command) {
	c.countCalls()
	c.last.Store(cmd)
}

// countCalls counts the calls of the last command that are not counted yet.
func (c *client) countCalls() {
	if c.calls == 0 {
		return
	}
	c.owner.counters().calls[c.last.Load().id].Add(c.calls)
	c.calls = 0
}

// fails counts a call that is answered with an error.
func (c *client) fails() {
	if cmd := c.last.Load(); cmd != nil {
		c.srv.ops().faults[cmd.id].failed.Add(1)
	}
}

// rejects counts a call that is refused.
func (c *client) rejects(q *queued) {
	cmd := q.cmd
	if cmd == nil { // it was not called as it may be
		if cmd = namedIn(q.args); cmd == nil {
			return
		}
	}
	c.srv.ops().faults[cmd.id].rejected.Add(1)
}

// namedIn returns the command or subcommand that a call names, nil if there is none.
func namedIn(args [][]byte) *command {
	cmd := lookupCommand(args[0])
	if cmd != nil && cmd.subcommands != nil && len(args) > 1 {
		return cmd.subcommand(args[1])
	}
	return cmd
}
