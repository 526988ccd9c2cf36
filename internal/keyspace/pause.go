package keyspace

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The work for the sake of which a shard stays locked though nobody's operation needs it, by Redis' names.
const (
	ExpireCycle   = "expire-cycle"   // maintenance looks for keys and elements that have expired
	EvictionCycle = "eviction-cycle" // room is made for what is written, or memory is above its limit
)

// observer is told what work was done and how long it took.
type observer func(work string, d time.Duration)

// pauses are the functions that are told how long such work took. Without any of them nobody looks at a clock.
type pauses struct {
	mu        sync.Mutex
	observers atomic.Pointer[[]*observer]
}

// OnPause has fn called with the name and the duration of each piece of such work, until cancel is called. It is called
// with the shard still locked: it must be quick and not use the keyspace.
func (ks *Keyspace) OnPause(fn func(work string, d time.Duration)) (cancel func()) {
	own := new(observer(fn))
	ks.pauses.change(func(all []*observer) []*observer { return append(all, own) })
	return func() {
		ks.pauses.change(func(all []*observer) []*observer {
			return slices.DeleteFunc(all, func(other *observer) bool { return other == own })
		})
	}
}

// change replaces the list by a changed copy.
func (p *pauses) change(change func([]*observer) []*observer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*observer
	if list := p.observers.Load(); list != nil {
		all = slices.Clone(*list)
	}
	if all = change(all); len(all) == 0 {
		p.observers.Store(nil)
		return
	}
	p.observers.Store(&all)
}

// begin returns the time if anybody wants to know how long the work that begins takes.
func (p *pauses) begin() (began time.Time) {
	if p.observers.Load() != nil {
		began = time.Now()
	}
	return began
}

// end tells how long the work took that began when begin was called.
func (p *pauses) end(work string, began time.Time) {
	if began.IsZero() {
		return
	}
	d := time.Since(began)
	if list := p.observers.Load(); list != nil {
		for _, fn := range *list {
			(*fn)(work, d)
		}
	}
}
