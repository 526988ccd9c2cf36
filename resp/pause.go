package resp

import (
	"sync"
	"time"
)

// Pauses. While clients are paused, a command that falls under it is put off where it stands: its client waits, as for
// a blocking command, and so do those that it has sent after it. Loops go on serving the others.

// The conditions of a server in which a command is not simply executed, as modes are those of a connection. While there
// are none, they cost a command one comparison.
const (
	conditionMonitored uint32 = 1 << iota
	conditionPausedWrites
	conditionPausedAll
)

const conditionPaused = conditionPausedWrites | conditionPausedAll

// pauses are what CLIENT PAUSE has begun.
type pauses struct {
	mu    sync.Mutex
	until time.Time
	timer *time.Timer
	held  map[*blocked]struct{} // clients that have a command put off
}

// pause puts commands off for a while: all, or those that write. Of several pauses the stricter kind and the later end
// hold.
func (s *Server) pause(d time.Duration, kind uint32) {
	p := &s.pauses
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := now.Add(d); until.After(p.until) {
		p.until = until
	}
	s.conditions.Or(kind)
	s.hold.set(s.Cache, holdPause, true)
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer = time.AfterFunc(p.until.Sub(now), s.endPauseInTime)
}

// endPauseInTime ends the pause unless it has been prolonged.
func (s *Server) endPauseInTime() {
	p := &s.pauses
	p.mu.Lock()
	defer p.mu.Unlock()
	if !time.Now().Before(p.until) {
		s.endPause()
	}
}

// unpause ends the pause, if there is one.
func (s *Server) unpause() {
	s.pauses.mu.Lock()
	defer s.pauses.mu.Unlock()
	s.endPause()
}

// endPause ends the pause, with its mutex held.
func (s *Server) endPause() {
	p := &s.pauses
	if p.timer == nil {
		return
	}
	p.timer.Stop()
	p.timer, p.until = nil, time.Time{}
	s.conditions.And(^conditionPaused)
	s.hold.set(s.Cache, holdPause, false)
	for b := range p.held {
		if b.wait.Cancel() {
			b.resume(func(*client) {})
		}
	}
	clear(p.held)
}

// paused reports whether the command must be put off.
func (c *client) paused(q *queued) bool {
	switch conditions := c.srv.conditions.Load(); {
	case conditions&conditionPaused == 0, c.monitor:
		return false
	case conditions&conditionPausedAll != 0:
		return true
	}
	if c.tx != nil && q.cmd.name == "exec" {
		return c.tx.writes()
	}
	return q.cmd.mayWrite()
}

// mayWrite reports whether the command changes data or is sent to replicas.
func (cmd *command) mayWrite() bool { return cmd.flags&flagWrite != 0 || cmd.mayReplicate }

// writes reports whether a queued command is one that writes.
func (tx *transaction) writes() bool {
	for i := range tx.queue {
		if tx.queue[i].cmd.mayWrite() {
			return true
		}
	}
	return false
}

// putOff has the client wait with a command until the pause ends. It returns false if that has happened meanwhile.
func (c *client) putOff(q *queued) bool {
	p := &c.srv.pauses
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer == nil {
		return false
	}
	if p.held == nil {
		p.held = make(map[*blocked]struct{})
	}
	b := &blocked{client: c}
	p.held[b] = struct{}{}
	b.seq = c.deferReply(func() {
		b.cancel()
		p.forget(b)
	})
	b.begin(new(vain), 0)
	c.delayed = &queued{cmd: q.cmd, args: cloneArgs(q.args)}
	c.owner.counters().commands.Add(-1) // it counts when it is executed
	return true
}

func (p *pauses) forget(b *blocked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, b)
}

// takeDelayed makes the command that was put off the batch to be executed next. It reports whether there is one.
func (c *client) takeDelayed(s *scratch) bool {
	if c.delayed == nil {
		return false
	}
	s.queue, s.args = append(s.queue[:0], *c.delayed), s.args[:0]
	c.delayed = nil
	return true
}
