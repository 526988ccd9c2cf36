package resp

import (
	"math"
	"time"
)

// How long commands take.
//
// Reading a clock costs as much as a tenth of a short command in a pipeline, so time is watched only as closely as
// somebody wants to know it, and not at all if nobody does.
//
// While latency-tracking is on, or the slow log is to take what is shorter than a millisecond, the clock is read at every
// boundary between two commands, once: the end of one is the beginning of the next.
//
// The slow log and the latency monitor with thresholds of milliseconds want to know of hardly any command. For them the
// clock is read before and after a batch, the commands that arrived together. A batch of one that took too long is that
// command. Of a larger one nobody can tell any more which command it was: the batch is noted as a whole, and the next
// commands of that client are timed one by one, so that a command that is slow again is known by then.
//
// What EXEC runs is always timed one by one. The time for which a command waits is not its own.

// watching says how closely time is watched.
type watching uint32

const (
	watchNothing watching = iota
	watchBatches
	watchCommands
)

const (
	// shortest is the least threshold that batches are watched for: a batch of usual commands never takes as long.
	shortest = time.Millisecond

	// closeLook is how many commands of a client are timed one by one after a batch has taken too long.
	closeLook = 1024
)

// setWatching follows changes of what is to be known of the time that commands take.
func (s *Server) setWatching() {
	w, slow := watchNothing, s.settings.slowerThan.Load()
	switch {
	case s.settings.trackLatency.Load(), 0 <= slow && slow < shortest.Microseconds():
		w = watchCommands
	case slow >= 0, s.settings.monitorThreshold.Load() > 0:
		w = watchBatches
	}
	s.settings.watching.Store(uint32(w))
}

func (s *Server) watching() watching { return watching(s.settings.watching.Load()) }

// slowThreshold returns the time from which on a command is slow.
func (s *Server) slowThreshold() time.Duration {
	if n := s.settings.slowerThan.Load(); n >= 0 {
		return times(n, time.Microsecond)
	}
	return math.MaxInt64
}

// spikeThreshold returns the time from which on something is of interest to the latency monitor.
func (s *Server) spikeThreshold() time.Duration {
	if n := s.settings.monitorThreshold.Load(); n > 0 {
		return times(n, time.Millisecond)
	}
	return math.MaxInt64
}

// times returns n units, or the longest time if that is shorter.
func times(n int64, unit time.Duration) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(unit))) * unit
}

// clockBase is what monotonic counts from.
var clockBase = time.Now()

// monotonic reads the clock that only runs forward, which takes half as long as time.Now.
func monotonic() time.Duration { return time.Since(clockBase) }

// timing is what a client knows of the time that its commands take, while it is watched.
type timing struct {
	batch     time.Duration // when the batch began
	stamp     time.Duration // when the command before the running one ended
	explained time.Duration // how much of the batch's time is that of commands that were timed
	closely   int           // how many commands are still to be timed one by one
	held      *heldCall     // whose reply is deferred; nil if there is none, or its time is not wanted
}

// beginBatch begins to watch the time of a batch.
func (c *client) beginBatch(w watching) {
	now := monotonic()
	c.batch, c.stamp, c.explained = now, now, 0
	c.modes.set(modeTimed, w == watchCommands || c.closely > 0)
}

// endBatch ends to watch the time of a batch.
func (c *client) endBatch(w watching, batch []queued) {
	timed := c.modes&modeTimed != 0
	c.modes &^= modeTimed
	if timed && w == watchCommands {
		return
	}
	threshold := min(c.srv.slowThreshold(), c.srv.spikeThreshold())
	took := monotonic() - c.batch
	if timed {
		c.closely = max(c.closely-len(batch), 0)
		if took >= threshold {
			c.closely = closeLook
		}
		return
	}
	if took >= threshold {
		c.slowBatch(batch, took)
	}
}

// slowBatch notes a batch that was not timed command by command.
func (c *client) slowBatch(batch []queued, took time.Duration) {
	q := suspect(batch)
	switch {
	case q == nil || c.held != nil: // only refused calls, or the last command is still at work
	case len(batch) == 1:
		c.note(q.cmd, slowArgs(q), took)
	default:
		c.closely = closeLook
		c.note(q.cmd, withMore(slowArgs(q), len(batch)-1), took-c.explained)
	}
}

// suspect returns the first command of a batch that may take long, or the first one, nil if all of them are refused.
func suspect(batch []queued) (first *queued) {
	for i := range batch {
		q := &batch[i]
		switch {
		case q.cmd == nil:
		case q.cmd.flags&flagFast == 0:
			return q
		case first == nil:
			first = q
		}
	}
	return first
}

// timeTransaction has the commands of a transaction timed, if time is watched, until the function that it returns is
// called.
func (c *client) timeTransaction() (end func()) {
	if c.srv.watching() == watchNothing {
		return func() {}
	}
	timed := c.modes&modeTimed != 0
	c.modes |= modeTimed
	c.stamp = monotonic()
	return func() { c.modes.set(modeTimed, timed) }
}

// runTimed is run with the time taken.
func (c *client) runTimed(q *queued) {
	began := c.stamp
	c.run(q)
	c.stamp = monotonic()
	took := c.stamp - began
	c.explained += took
	if !c.waiting {
		c.took(q, took)
		return
	}
	if c.held == nil {
		c.held = &heldCall{cmd: q.cmd, args: slowArgs(q)}
	}
	c.held.spent = took
}

// took notes how long a call took.
func (c *client) took(q *queued, d time.Duration) {
	c.trackLatency(q.cmd, d)
	if d >= min(c.srv.slowThreshold(), c.srv.spikeThreshold()) {
		c.note(q.cmd, slowArgs(q), d)
	}
}

func (c *client) trackLatency(cmd *command, d time.Duration) {
	if c.srv.settings.trackLatency.Load() {
		c.owner.counters().timed(cmd, d)
	}
}

// note tells the slow log and the latency monitor of a command, as far as it took long enough for them.
func (c *client) note(cmd *command, args []string, d time.Duration) {
	if d >= c.srv.slowThreshold() && cmd.flags&flagSkipSlowlog == 0 {
		c.srv.ops().slowlog.add(SlowlogEntry{
			Time: time.Now(), Duration: d, Args: args, ClientAddr: c.addr, ClientName: c.name,
		})
	}
	event := "command"
	if cmd.flags&flagFast != 0 {
		event = "fast-command"
	}
	c.srv.spike(event, d)
}

// heldCall is a call whose reply is deferred.
type heldCall struct {
	cmd   *command
	args  []string
	spent time.Duration // until it was deferred
	works bool          // rather than waits: the time since it was deferred counts too
	since time.Duration // when that was
}

// deferWork is deferReply for a command that does not wait but is at work elsewhere.
func (c *client) deferWork(args [][]byte, cancel func()) (seq uint64) {
	c.worksElsewhere(&queued{cmd: c.last.Load(), args: args})
	return c.deferReply(cancel)
}

// worksElsewhere has the time until a deferred reply comes, from now on, count as that of the command.
func (c *client) worksElsewhere(q *queued) {
	if c.srv.watching() != watchNothing {
		c.held = &heldCall{cmd: q.cmd, args: slowArgs(q), works: true, since: monotonic()}
	}
}

// answerHeld has reply answer a command that was deferred.
func (c *client) answerHeld(reply func(*client)) {
	held := c.held
	if held == nil {
		reply(c)
		return
	}
	c.held = nil
	began := monotonic()
	reply(c)
	now := monotonic()
	took := held.spent + now - began
	if held.works {
		took = held.spent + now - held.since
	}
	c.trackLatency(held.cmd, took)
	c.note(held.cmd, held.args, took)
	c.srv.spike("command-unblocking", now-began)
}
