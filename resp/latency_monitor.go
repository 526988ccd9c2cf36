package resp

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// The latency monitor keeps what took longer than latency-monitor-threshold, of each kind of event the longest in a
// second, for the last 160 seconds in which there was any.

const spikesKept = 160

// Spike is a sample of the latency monitor: the longest of the events of one kind in one second.
type Spike struct {
	Time     time.Time     // to the second
	Duration time.Duration // in whole milliseconds
}

// spikes are the samples of one kind of event.
type spikes struct {
	samples []Spike // in their order, at most spikesKept
	longest time.Duration
}

// latencyMonitor keeps samples by the names of events.
type latencyMonitor struct {
	mu      sync.Mutex
	events  map[string]*spikes
	unwatch func() // ends what watchPauses began, nil if nothing did
}

// spike tells the latency monitor of something that took a while, if that is long enough.
func (s *Server) spike(event string, d time.Duration) {
	if d >= s.spikeThreshold() {
		s.ops().monitor.add(event, time.Now(), d)
	}
}

// watchPauses has the latency monitor told, or not, of the work for which parts of the cache stay locked.
func (s *Server) watchPauses(on bool) {
	m := &s.ops().monitor
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.unwatch != nil {
		m.unwatch()
		m.unwatch = nil
	}
	if on {
		m.unwatch = s.Cache.OnPause(s.spike)
	}
}

func (m *latencyMonitor) add(event string, now time.Time, d time.Duration) {
	now, d = now.Truncate(time.Second), d.Truncate(time.Millisecond)
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.events[event]
	if e == nil {
		if m.events == nil {
			m.events = make(map[string]*spikes)
		}
		e = &spikes{}
		m.events[event] = e
	}
	e.longest = max(e.longest, d)
	if n := len(e.samples); n > 0 && e.samples[n-1].Time.Equal(now) {
		e.samples[n-1].Duration = max(e.samples[n-1].Duration, d)
		return
	}
	if len(e.samples) == spikesKept {
		e.samples = slices.Delete(e.samples, 0, 1)
	}
	e.samples = append(e.samples, Spike{now, d})
}

// LatencyEvent is what the latency monitor knows of one kind of event: command and fast-command for commands,
// command-unblocking for the replies to commands that waited, expire-cycle and eviction-cycle for the work on keys to be
// removed.
type LatencyEvent struct {
	Name    string
	Samples []Spike       // in their order, never empty
	Longest time.Duration // since the last reset
}

// LatencyEvents returns what took longer than latency-monitor-threshold, by name. It is LATENCY LATEST and LATENCY
// HISTORY.
func (s *Server) LatencyEvents() []LatencyEvent {
	s.init()
	return s.ops().monitor.all()
}

func (m *latencyMonitor) all() []LatencyEvent {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]LatencyEvent, 0, len(m.events))
	for name, e := range m.events {
		all = append(all, LatencyEvent{name, slices.Clone(e.samples), e.longest})
	}
	slices.SortFunc(all, func(a, b LatencyEvent) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// find returns what is known of one kind of event, false if nothing is.
func (m *latencyMonitor) find(event string) (LatencyEvent, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.events[event]
	if e == nil {
		return LatencyEvent{}, false
	}
	return LatencyEvent{event, slices.Clone(e.samples), e.longest}, true
}

// ResetLatencyEvents forgets events of the names, or all if there are none, and returns of how many names there were
// any. It is LATENCY RESET.
func (s *Server) ResetLatencyEvents(names ...string) int {
	s.init()
	return s.ops().monitor.reset(names)
}

func (m *latencyMonitor) reset(names []string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(names) == 0 {
		n = len(m.events)
		clear(m.events)
	}
	for _, name := range names {
		if m.events[name] != nil {
			delete(m.events, name)
			n++
		}
	}
	return n
}
