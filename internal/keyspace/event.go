package keyspace

import (
	"slices"
	"sync"
	"sync/atomic"
)

// EventClass groups events as Redis' notify-keyspace-events does.
type EventClass uint16

// The classes of events.
const (
	ClassGeneric   EventClass = 1 << iota // g: del, expire, rename, …
	ClassString                           // $
	ClassList                             // l
	ClassSet                              // s
	ClassHash                             // h
	ClassSortedSet                        // z
	ClassExpired                          // x
	ClassEvicted                          // e
	ClassNew                              // n: a key came into being
	ClassFlush                            // flushdb, swapdb: what a database holds; the key is empty
	ClassMiss                             // m: a lookup did not find its key
	ClassChange                           // whatever changed a key, once or more for an operation, without a name
)

// ClassesOfChanges are the classes by which each change of a key is told by its name.
const ClassesOfChanges = ClassGeneric | ClassString | ClassList | ClassSet | ClassHash | ClassSortedSet |
	ClassExpired | ClassEvicted | ClassFlush

// Event tells of a change of a key.
type Event struct {
	Class EventClass
	Name  string // as Redis names it: set, del, expired, evicted, …
	DB    int
	Key   string

	Origin int64 // of a change: see View.WithOrigin; 0 for expiry, eviction and others
}

// listeners are the functions that events go to.
type listeners struct {
	mu     sync.Mutex
	active atomic.Pointer[[]*listener]
	wanted atomic.Uint32 // the classes that anybody listens to
}

type listener struct {
	classes EventClass
	fn      func(Event)
}

func (ls *listeners) want(c EventClass) bool { return EventClass(ls.wanted.Load())&c != 0 }

// Listen is ListenTo for ClassesOfChanges.
func (ks *Keyspace) Listen(fn func(Event)) (cancel func()) { return ks.ListenTo(ClassesOfChanges, fn) }

// ListenTo has fn called for every event of the classes from here on, until cancel is called.
//
// Events of a shard, so of a key, come in their order, one at a time, after the
// locks of the operation were released: fn may use the keyspace. An event may
// come from the goroutine of another operation, and shortly after its own
// operation returned. While nobody listens, events cost nothing.
func (ks *Keyspace) ListenTo(classes EventClass, fn func(Event)) (cancel func()) {
	l := &listener{classes, fn}
	ks.events.update(func(all []*listener) []*listener { return append(all, l) })
	return func() {
		ks.events.update(func(all []*listener) []*listener {
			return slices.DeleteFunc(all, func(o *listener) bool { return o == l })
		})
	}
}

// update replaces the list by a changed copy.
func (ls *listeners) update(change func([]*listener) []*listener) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var all []*listener
	if p := ls.active.Load(); p != nil {
		all = slices.Clone(*p)
	}
	all = change(all)
	var wanted EventClass
	for _, l := range all {
		wanted |= l.classes
	}
	ls.wanted.Store(uint32(wanted))
	if len(all) == 0 {
		ls.active.Store(nil)
		return
	}
	ls.active.Store(&all)
}

// Notify announces a change of the slot's key.
func (s *Slot) Notify(class EventClass, name string) {
	if s.claim != nil {
		s.claim.notify(s, class, name)
		return
	}
	s.shard.notify(class, name, s.view.db, s.key)
}

// notify queues an event. The caller holds the lock.
func (sh *shard) notify(class EventClass, name string, db int, key string) {
	if !sh.ks.events.want(class) {
		return
	}
	sh.pending = append(sh.pending, Event{Class: class, Name: name, DB: db, Key: string([]byte(key))})
}

// changed queues an event of ClassChange, unless it has just done so.
func (sh *shard) changed(db int, key string, origin int64) {
	if !sh.ks.events.want(ClassChange) {
		return
	}
	if n := len(sh.pending); n > 0 {
		last := &sh.pending[n-1]
		if last.Class == ClassChange && last.DB == db && last.Key == key && last.Origin == origin {
			return
		}
	}
	sh.notify(ClassChange, "", db, key)
	sh.pending[len(sh.pending)-1].Origin = origin
}

// owesEvents reports whether there is something to deliver.
func (sh *shard) owesEvents() bool { return len(sh.pending)+len(sh.helpers) > 0 }

// handOver is how many events one goroutine delivers while others cause more.
const handOver = 256

// deliver hands queued events to the listeners. Only one goroutine at a time
// does so for a shard; what others queue meanwhile, it delivers too, but not
// for as long as they go on: it leaves the rest to whoever unlocks the shard
// next, be it maintenance. Where there is no maintenance it stays to the end.
func (sh *shard) deliver() {
	if !sh.delivering.CompareAndSwap(false, true) {
		sh.relief.Store(true)
		return
	}
	done := false
	defer func() {
		if !done { // a listener panicked
			sh.delivering.Store(false)
		}
	}()
	for delivered := 0; ; {
		relief := sh.relief.Swap(false) && sh.ks.maintained
		sh.mu.Lock()
		events, helpers := sh.pending, sh.helpers
		if len(events)+len(helpers) == 0 || relief && delivered >= handOver {
			// Under the lock, so that no event is queued between the look and the end.
			sh.delivering.Store(false)
			done = true
			sh.mu.Unlock()
			return
		}
		events = events[:min(len(events), handOver)]
		if sh.pending = sh.pending[len(events):]; len(sh.pending) == 0 {
			sh.pending = nil
		}
		sh.helpers = nil
		sh.mu.Unlock()
		for _, e := range events {
			sh.ks.events.call(e)
		}
		delivered += len(events)
		for _, other := range helpers {
			other.deliver()
		}
	}
}

func (ls *listeners) call(e Event) {
	if p := ls.active.Load(); p != nil {
		for _, l := range *p {
			if l.classes&e.Class != 0 {
				l.fn(e)
			}
		}
	}
}
