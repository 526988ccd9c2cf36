package resp

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Monitoring. A client that has sent MONITOR is sent a line about every command that any client executes, but for those
// that are for administrators only.

// monitors are the clients that are sent what is executed.
type monitors struct {
	mu  sync.Mutex
	all atomic.Pointer[[]*client] // replaced as a whole
}

// list returns the monitors, which must not be changed.
func (m *monitors) list() []*client {
	if all := m.all.Load(); all != nil {
		return *all
	}
	return nil
}

// startMonitor makes the client a monitor.
func (c *client) startMonitor() {
	s := c.srv
	s.monitors.mu.Lock()
	defer s.monitors.mu.Unlock()
	all := append(slices.Clone(s.monitors.list()), c)
	s.monitors.all.Store(&all)
	s.conditions.Or(conditionMonitored)
	c.setProfile(func(p *profile) { p.monitor = true })
}

// stopMonitor makes it an ordinary client again, if it was a monitor.
func (c *client) stopMonitor() {
	if !c.monitor {
		return
	}
	s := c.srv
	s.monitors.mu.Lock()
	defer s.monitors.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(s.monitors.list()), func(o *client) bool { return o == c })
	s.monitors.all.Store(&all)
	if len(all) == 0 {
		s.conditions.And(^conditionMonitored)
	}
	c.setProfile(func(p *profile) { p.monitor = false })
}

// show sends the monitors a line about a command that the client has executed.
func (c *client) show(q *queued) {
	if q.cmd.flags&(flagAdmin|flagSkipMonitor) != 0 {
		return
	}
	line := c.appendShown(nil, q)
	for _, m := range c.srv.monitors.list() {
		if m == c { // its own line comes behind its reply
			c.appendPushes()
			c.out = append(c.out, line...)
			continue
		}
		m.send(line)
	}
}

// appendShown appends the line about a call.
func (c *client) appendShown(dst []byte, q *queued) []byte {
	now := c.now()
	dst = append(dst, '+')
	dst = strconv.AppendInt(dst, now.Unix(), 10)
	dst = append(dst, '.')
	micros := strconv.Itoa(int(time.Second/time.Microsecond) + now.Nanosecond()/int(time.Microsecond))
	dst = append(dst, micros[1:]...)
	dst = append(dst, " ["...)
	dst = strconv.AppendInt(dst, int64(c.db), 10)
	dst = append(dst, ' ')
	if c.unixSocket {
		dst = append(dst, "unix:"+strings.TrimSuffix(c.localAddr, ":0")...)
	} else {
		dst = append(dst, c.addr...)
	}
	dst = append(dst, ']')
	for i, arg := range q.args {
		dst = append(dst, ' ')
		if q.cmd.hides(q.args, i) {
			arg = []byte(redactedText)
		}
		dst = appendQuoted(dst, arg)
	}
	return append(dst, crlf...)
}

// appendQuoted appends an argument as people can read it.
func appendQuoted(dst, arg []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, ch := range arg {
		switch {
		case ch == '"' || ch == '\\':
			dst = append(dst, '\\', ch)
		case ch >= ' ' && ch <= '~':
			dst = append(dst, ch)
		default:
			if at := strings.IndexByte("\n\r\t\a\b", ch); at >= 0 {
				dst = append(dst, '\\', "nrtab"[at])
				continue
			}
			dst = append(dst, '\\', 'x', digits[ch>>4], digits[ch&15])
		}
	}
	return append(dst, '"')
}
