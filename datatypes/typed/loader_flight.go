package typed

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// flight is the loading of one key, which any number of callers wait for.
type flight[K comparable, V any] struct {
	key  K
	name string
	call *call[K, V]

	// Written before the call is done, read after.
	value  V
	err    error
	untold error // for OnError

	lease atomic.Pointer[datatypes.Lease] // nil until the load is about to begin
	until time.Time                       // until when err is remembered
}

// outdated reports whether the key was written since the load began: who comes now must not get what it brings.
func (f *flight[K, V]) outdated() bool {
	lease := f.lease.Load()
	return lease != nil && !lease.Held()
}

// call is one call of a load function, for one key or many.
type call[K comparable, V any] struct {
	flights    []*flight[K, V]
	ctx        context.Context
	cancel     context.CancelCauseFunc
	endTimer   context.CancelFunc // of the timeout, nil without
	release    func() bool        // of what waits for the loader to close
	done       chan struct{}
	background bool // begun by a read that did not wait for it
	force      bool // load what the cache has, too

	// Guarded by the mutex of flights.
	waiters int // callers that wait for a key, counted for each of its keys
	landed  bool
}

// flights are the loads of a loader that are under way, by key: no two for the same one, unless the first is outdated
// or was given up by all who waited. Errors that are remembered are loads that stay here after they ended.
type flights[K comparable, V any] struct {
	mu     sync.Mutex
	byName map[string]*flight[K, V]
	failed []*flight[K, V] // whose errors are remembered, the oldest first
	closed bool

	running sync.WaitGroup
	closing context.Context
	end     context.CancelFunc // of closing
}

// maxFailed bounds the errors that are remembered: they lie on the Go heap.
const maxFailed = 1024

func (fl *flights[K, V]) open() {
	fl.byName = make(map[string]*flight[K, V])
	fl.closing, fl.end = context.WithCancel(context.Background())
}

// flightPlan says what enter is to do.
type flightPlan struct {
	timeout    time.Duration
	now        func() time.Time
	background bool // begin only what is not under way, and wait for nothing
	force      bool
}

// enter returns the flights of keys: those under way, which are joined, and new ones, which make up the call that is
// returned and has to be run; nil if there are none.
func (fl *flights[K, V]) enter(ctx context.Context, keys []K, names []string, p flightPlan) (fs []*flight[K, V], begun *call[K, V], err error) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if fl.closed {
		return nil, nil, ErrClosed
	}
	for i, name := range names {
		f := fl.byName[name]
		if f != nil && fl.usable(f, &p) {
			if p.background {
				continue
			}
			f.call.waiters++
			fs = append(fs, f)
			continue
		}
		if begun == nil {
			begun = fl.begin(ctx, &p)
		}
		f = &flight[K, V]{key: keys[i], name: name, call: begun}
		fl.byName[name] = f
		begun.flights = append(begun.flights, f)
		begun.waiters++ // for good in the background, where nobody leaves
		fs = append(fs, f)
	}
	return fs, begun, nil
}

// usable reports whether a flight will do for somebody who comes now.
func (fl *flights[K, V]) usable(f *flight[K, V], p *flightPlan) bool {
	if f.call.landed {
		return !p.force && p.now().Before(f.until)
	}
	return !f.outdated()
}

// begin returns a new call. Its context has the values of the caller's but not its end.
func (fl *flights[K, V]) begin(ctx context.Context, p *flightPlan) *call[K, V] {
	c := &call[K, V]{done: make(chan struct{}), background: p.background, force: p.force}
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	c.release = context.AfterFunc(fl.closing, func() { c.cancel(ErrClosed) })
	if p.timeout > 0 {
		c.ctx, c.endTimer = context.WithTimeout(c.ctx, p.timeout)
	}
	fl.running.Add(1)
	return c
}

// wait waits for flights that were entered, or for the end of the context, whose error it returns.
func (fl *flights[K, V]) wait(ctx context.Context, fs []*flight[K, V]) error {
	for i, f := range fs {
		select {
		case <-f.call.done:
		case <-ctx.Done():
			fl.leave(fs[i:])
			return ctx.Err()
		}
	}
	return nil
}

// leave gives flights up. A load that nobody waits for any more is cancelled and no longer found by others.
func (fl *flights[K, V]) leave(fs []*flight[K, V]) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for _, f := range fs {
		c := f.call
		if c.waiters--; c.waiters > 0 || c.landed {
			continue
		}
		c.cancel(context.Canceled)
		for _, f := range c.flights {
			fl.forget(f)
		}
	}
}

func (fl *flights[K, V]) forget(f *flight[K, V]) {
	if fl.byName[f.name] == f {
		delete(fl.byName, f.name)
	}
}

// land ends a call, and with errorTTL remembers its errors.
func (fl *flights[K, V]) land(c *call[K, V], errorTTL time.Duration, now func() time.Time) {
	fl.mu.Lock()
	for _, f := range c.flights {
		if errorTTL > 0 && f.err != nil && !errors.Is(f.err, ErrNotFound) && !fl.closed && fl.byName[f.name] == f {
			f.until = now().Add(errorTTL)
			fl.failed = append(fl.failed, f)
			continue
		}
		fl.forget(f)
	}
	for len(fl.failed) > maxFailed || len(fl.failed) > 0 && !now().Before(fl.failed[0].until) {
		fl.forget(fl.failed[0])
		fl.failed[0] = nil
		fl.failed = fl.failed[1:]
	}
	c.landed = true
	fl.mu.Unlock()
	c.release()
	c.cancel(nil)
	if c.endTimer != nil {
		c.endTimer()
	}
	close(c.done)
}

// underWay returns the names of the keys that are being loaded.
func (fl *flights[K, V]) underWay() (names []string) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for name, f := range fl.byName {
		if !f.call.landed {
			names = append(names, name)
		}
	}
	return names
}

func (fl *flights[K, V]) close() error {
	fl.mu.Lock()
	if fl.closed {
		fl.mu.Unlock()
		return ErrClosed
	}
	fl.closed = true
	clear(fl.byName)
	fl.failed = nil
	fl.mu.Unlock()
	fl.end()
	fl.running.Wait()
	return nil
}

// run carries a call out.
func (l *Loader[K, V]) run(c *call[K, V], load loadFunc[K, V]) {
	defer l.flights.running.Done()
	defer l.report(c) // when nobody waits any more, for it may use the loader
	leases := make([]*datatypes.Lease, 0, len(c.flights))
	defer func() {
		for _, lease := range leases {
			lease.Close()
		}
	}()
	// While a flight can be joined its lease must be open, or nobody would notice that it is outdated.
	defer l.flights.land(c, l.o.ErrorTTL, l.keys.Now)
	var open []*flight[K, V]
	for _, f := range c.flights {
		lease, err := l.strings.Lease(f.name)
		if err != nil {
			f.err = err
			continue
		}
		leases = append(leases, lease)
		f.lease.Store(lease)
		if !l.settled(f) {
			open = append(open, f)
		}
	}
	if len(open) == 0 {
		return
	}
	l.stats.loads.Add(1)
	for _, f := range open {
		f.err = &PanicError{} // which stays if the load ends this goroutine
	}
	load(c.ctx, open)
	for _, f := range open {
		l.settle(f)
	}
}

// settled sets what a flight brings if the cache has it by now, as it does if another load ended between the caller's
// look into the cache and the beginning of this one.
func (l *Loader[K, V]) settled(f *flight[K, V]) bool {
	if f.call.force {
		return false
	}
	if there, err := f.lease.Load().Exists(); !there && err == nil { // the caller's look was counted as a miss already
		return false
	}
	sc := borrow()
	defer sc.release()
	value, found, err := l.look(sc, f.name)
	switch {
	case err != nil:
		f.err = err
	case found == absent:
		f.err = ErrNotFound
	case found == missing || found == due && f.call.background:
		return false
	default:
		f.value = value
	}
	return true
}

// settle does what is to be done with what was loaded.
func (l *Loader[K, V]) settle(f *flight[K, V]) {
	if f.err != nil && context.Cause(f.call.ctx) == ErrClosed {
		f.err = ErrClosed
	}
	if err := protect(func() error { l.keep(f, f.lease.Load()); return nil }); err != nil {
		f.err = err
	}
	if f.call.background && f.err != nil && !errors.Is(f.err, ErrNotFound) && f.err != ErrClosed {
		f.untold = f.err
	}
}

// report tells OnError what it is to be told.
func (l *Loader[K, V]) report(c *call[K, V]) {
	if l.o.OnError == nil {
		return
	}
	for _, f := range c.flights {
		if f.untold != nil {
			l.o.OnError(f.key, f.untold)
		}
	}
}

// refreshOne is refresh for one key, whose name need not last. Most calls find the key being loaded.
func (l *Loader[K, V]) refreshOne(ctx context.Context, key K, name string, load func(ctx context.Context, key K) (V, error)) {
	p := l.plan(true, false)
	if !l.flights.busy(name, &p) {
		l.refresh(ctx, []K{key}, []string{string([]byte(name))}, l.by(load))
	}
}

// busy reports whether there is a flight of a key that will do for somebody who comes now.
func (fl *flights[K, V]) busy(name string, p *flightPlan) bool {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	f := fl.byName[name]
	return f != nil && fl.usable(f, p)
}

// refresh begins to load keys in the background, those that are not being loaded, if there may be one more such load.
func (l *Loader[K, V]) refresh(ctx context.Context, keys []K, names []string, load loadFunc[K, V]) {
	select {
	case l.slots <- struct{}{}:
	default:
		return
	}
	_, c, _ := l.flights.enter(ctx, keys, names, l.plan(true, false))
	if c == nil { // the loader is closed, or all is under way
		<-l.slots
		return
	}
	l.stats.refreshes.Add(1)
	go func() {
		defer func() { <-l.slots }()
		l.run(c, load)
	}()
}

func (l *Loader[K, V]) plan(background, force bool) flightPlan {
	return flightPlan{l.o.LoadTimeout, l.keys.Now, background, force}
}

// protect calls fn, and returns a *PanicError if it panics.
func protect(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{r, debug.Stack()}
		}
	}()
	return fn()
}
