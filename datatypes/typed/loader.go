package typed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// LoaderOptions configure a loader.
type LoaderOptions[K comparable, V any] struct {
	MapOptions[K, V]

	// Load returns the value of a key from where it really is. ErrNotFound, also wrapped, says that there is none. It
	// runs on a goroutine of its own, with the values of the context of the caller that began it. Its context ends
	// when every caller that waits for the load has given up, at LoadTimeout, and with Close. It must not wait for
	// the loader to load the same key, and must not call Close.
	Load func(ctx context.Context, key K) (V, error)

	// LoadMany is Load for many keys at once; those that it returns no value for are not found. If it returns an
	// error, values beside it count, and the error is that of the other keys. Nil is to Load one by one, some at a
	// time. Where Load is nil, LoadMany serves for single keys, too.
	LoadMany func(ctx context.Context, keys []K) (map[K]V, error)

	// LoadTimeout is when the context of a load ends. Zero is never.
	LoadTimeout time.Duration

	// RefreshAhead makes a read of an entry that has less than this left of its TTL begin to load it anew in the
	// background. Zero is never to do so.
	RefreshAhead time.Duration

	// Stale is for how long after its TTL an entry is still served, while the first read begins to load it anew in the
	// background. Zero is not at all.
	Stale time.Duration

	// MaxRefreshes is how many loads may be under way in the background. Reads that would begin one more don't; a
	// later one will. Zero is 16.
	MaxRefreshes int

	// NotFoundTTL is for how long it is remembered that a key was not found. Zero is not at all.
	NotFoundTTL time.Duration

	// ErrorTTL is for how long another error of a load is remembered, so that loading the key is not tried again, in
	// the background neither, nor after a Delete. Zero is not at all. The errors of the last 1024 keys are remembered.
	ErrorTTL time.Duration

	// OnError, if not nil, is told of what no caller is: errors of loads in the background, and those of the cache at
	// storing what was loaded. It is called on goroutines of the loader, and must not call Close.
	OnError func(key K, err error)
}

const defaultRefreshes = 16

func (o *LoaderOptions[K, V]) validate() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"LoadTimeout", o.LoadTimeout}, {"RefreshAhead", o.RefreshAhead}, {"Stale", o.Stale},
		{"NotFoundTTL", o.NotFoundTTL}, {"ErrorTTL", o.ErrorTTL},
	} {
		if d.value < 0 {
			return fmt.Errorf("%w: %s is negative: %v", ErrOptions, d.name, d.value)
		}
	}
	switch {
	case o.MaxRefreshes < 0:
		return fmt.Errorf("%w: MaxRefreshes is negative: %d", ErrOptions, o.MaxRefreshes)
	case o.RefreshAhead > 0 && o.TTL > 0 && o.RefreshAhead >= o.TTL:
		return fmt.Errorf("%w: RefreshAhead is %v, not less than the TTL of %v", ErrOptions, o.RefreshAhead, o.TTL)
	case o.Sliding && o.refreshes():
		return fmt.Errorf("%w: Sliding with RefreshAhead or Stale: what is read would never be loaded anew", ErrOptions)
	}
	return nil
}

// refreshes reports whether entries are loaded anew in the background.
func (o *LoaderOptions[K, V]) refreshes() bool { return o.RefreshAhead+o.Stale > 0 }

// Loader is a map that loads what it does not have. Its methods beside those of Map are safe for concurrent use and
// return, besides the errors that they name, those of the load, of Map, and ErrClosed.
type Loader[K comparable, V any] struct {
	*Map[K, V]
	o       LoaderOptions[K, V]
	flights flights[K, V]
	slots   chan struct{} // one for each load in the background
	stats   loaderCounters
}

// NewLoader returns a loader that keeps values in a source, which must not be a transaction, under the prefix of
// the options. It returns ErrOptions and ErrType.
//
// There must be one loader for a prefix: two would each load what the other is loading. It starts no goroutine until
// something is to be loaded.
func NewLoader[K comparable, V any](src Source, o LoaderOptions[K, V]) (*Loader[K, V], error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	m, err := NewMap(src, o.MapOptions)
	if err != nil {
		return nil, err
	}
	m.stale, m.negative = o.Stale, o.NotFoundTTL > 0
	if o.MaxRefreshes == 0 {
		o.MaxRefreshes = defaultRefreshes
	}
	l := &Loader[K, V]{Map: m, o: o, slots: make(chan struct{}, o.MaxRefreshes)}
	l.flights.open()
	return l, nil
}

// Close ends the loads under way, with ErrClosed for those who wait, and returns when they have. What is in the cache
// stays and can be read; what would have to be loaded is ErrClosed. It does not close the cache.
// It waits for OnError, too: called by a load or by OnError, it would wait for itself for ever.
func (l *Loader[K, V]) Close() error { return l.flights.close() }

// Clear is Map.Clear that also wins over loads that are under way. O(keys of the database).
func (l *Loader[K, V]) Clear() (deleted int, err error) {
	for _, name := range l.flights.underWay() {
		n, err := l.keys.Del(name)
		if err != nil {
			return deleted, err
		}
		deleted += n
	}
	n, err := l.Map.Clear()
	return deleted + n, err
}

// Load returns the value of a key from the cache, or else from the Load of the options. See GetOrLoad. It returns
// ErrNoLoad if there is neither Load nor LoadMany.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) { return l.get(ctx, key, nil) }

// GetOrLoad returns the value of a key from the cache, or else from load, whose value is put into the cache.
//
// There is one load under way for a key, whoever began it, and the callers that miss the key wait for it together.
// One whose context ends returns the context's error at once; the load goes on for the others. An error of the load,
// a *PanicError if it panicked, goes to all who wait, and the next caller begins a new load, unless ErrorTTL says
// otherwise. A nil load is that of the options.
//
// A write to the key by anybody while the load is under way, and a Delete of it, win: what was loaded goes to those
// who waited already but is not kept, and who comes later gets what was written, or begins a new load.
func (l *Loader[K, V]) GetOrLoad(ctx context.Context, key K, load func(ctx context.Context, key K) (V, error)) (V, error) {
	return l.get(ctx, key, load)
}

// get is GetOrLoad, and Load where load is nil.
func (l *Loader[K, V]) get(ctx context.Context, key K, load func(ctx context.Context, key K) (V, error)) (value V, err error) {
	sc := borrow()
	defer sc.release()
	name, err := l.names.name(sc, key)
	if err != nil {
		return value, err
	}
	value, found, err := l.look(sc, name)
	if err != nil {
		return value, err
	}
	switch found {
	case fresh:
		return value, nil
	case absent:
		return value, ErrNotFound
	case due:
		l.refreshOne(ctx, key, name, load)
		return value, nil
	}
	return l.await(ctx, key, string([]byte(name)), l.by(load), false)
}

// Reload loads a key, whether or not the cache has it, and returns the value. It joins a load that is under way,
// unless a write has outdated that.
func (l *Loader[K, V]) Reload(ctx context.Context, key K) (value V, err error) {
	name, err := l.Name(key)
	if err != nil {
		return value, err
	}
	return l.await(ctx, key, name, l.single, true)
}

// await returns what a load of a key that is under way, or begun here, brings.
func (l *Loader[K, V]) await(ctx context.Context, key K, name string, load loadFunc[K, V], force bool) (value V, err error) {
	if err := ctx.Err(); err != nil {
		return value, err
	}
	fs, begun, err := l.flights.enter(ctx, []K{key}, []string{name}, l.plan(false, force))
	if err != nil {
		return value, err
	}
	if begun != nil {
		go l.run(begun, load)
	}
	if err := l.flights.wait(ctx, fs); err != nil {
		return value, err
	}
	return fs[0].value, fs[0].err
}

// found is what the cache has of a key.
type found uint8

const (
	missing found = iota
	fresh
	due    // a value that is to be loaded anew
	absent // the knowledge that there is no value
)

// look reads a key. What is there but does not decode is missing: the load will replace it.
func (l *Loader[K, V]) look(sc *scratch, name string) (value V, what found, err error) {
	ttl, ok := datatypes.NoTTL, false
	if l.o.refreshes() {
		sc.value, ttl, ok, err = l.strings.AppendGetTTL(sc.value[:0], name)
	} else {
		ok, err = l.read(sc, name)
	}
	switch {
	case !ok || err != nil:
		return value, missing, err
	case isNotFound(sc.value):
		return value, absent, nil
	}
	if value, err = l.Map.o.Value.Decode(sc.value); err != nil {
		var none V
		return none, missing, nil
	}
	if ttl != datatypes.NoTTL && ttl <= l.o.Stale+l.o.RefreshAhead {
		return value, due, nil
	}
	return value, fresh, nil
}

// LoaderStats count what a loader did.
type LoaderStats struct {
	Loads     int64 // loads that were begun, of one key or many, those of Refreshes included
	Refreshes int64 // loads that were begun in the background
	Failures  int64 // keys whose load ended with another error than ErrNotFound
	Outdated  int64 // keys whose loaded value was not kept, because of a write meanwhile
}

type loaderCounters struct{ loads, refreshes, failures, outdated atomic.Int64 }

// Stats returns statistics. Hits and misses are counted where the source was told to: see larder.DB.WithCounters.
func (l *Loader[K, V]) Stats() LoaderStats {
	return LoaderStats{
		Loads:     l.stats.loads.Load(),
		Refreshes: l.stats.refreshes.Load(),
		Failures:  l.stats.failures.Load(),
		Outdated:  l.stats.outdated.Load(),
	}
}

// loadFunc sets value and err of each of the flights.
type loadFunc[K comparable, V any] func(ctx context.Context, fs []*flight[K, V])

// by returns how one key is loaded: by load, or by the options if that is nil.
func (l *Loader[K, V]) by(load func(ctx context.Context, key K) (V, error)) loadFunc[K, V] {
	if load == nil {
		return l.single
	}
	return func(ctx context.Context, fs []*flight[K, V]) { loadOne(ctx, fs[0], load) }
}

func loadOne[K comparable, V any](ctx context.Context, f *flight[K, V], load func(ctx context.Context, key K) (V, error)) {
	f.err = protect(func() (err error) {
		f.value, err = load(ctx, f.key)
		return err
	})
	if f.err != nil {
		var none V
		f.value = none
	}
}

// single loads one key by the options.
func (l *Loader[K, V]) single(ctx context.Context, fs []*flight[K, V]) {
	switch {
	case l.o.Load != nil:
		loadOne(ctx, fs[0], l.o.Load)
	default:
		l.many(ctx, fs)
	}
}

// many loads keys by the options.
func (l *Loader[K, V]) many(ctx context.Context, fs []*flight[K, V]) {
	switch {
	case l.o.LoadMany != nil:
		l.loadMany(ctx, fs)
	case l.o.Load != nil:
		l.loadEach(ctx, fs)
	default:
		for _, f := range fs {
			f.err = ErrNoLoad
		}
	}
}

func (l *Loader[K, V]) loadMany(ctx context.Context, fs []*flight[K, V]) {
	keys := make([]K, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	var values map[K]V
	err := protect(func() (err error) {
		values, err = l.o.LoadMany(ctx, keys)
		return err
	})
	if err == nil {
		err = ErrNotFound
	}
	for _, f := range fs {
		value, ok := values[f.key]
		f.value, f.err = value, err
		if ok {
			f.err = nil
		}
	}
}

// loadsAtOnce is how many keys are loaded at a time where there is only Load.
const loadsAtOnce = 16

func (l *Loader[K, V]) loadEach(ctx context.Context, fs []*flight[K, V]) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(loadsAtOnce, len(fs)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(fs) {
					return
				}
				loadOne(ctx, fs[i], l.o.Load)
			}
		})
	}
	wg.Wait()
}

// keep stores what a flight brought, unless a write came first.
func (l *Loader[K, V]) keep(f *flight[K, V], lease *datatypes.Lease) {
	var stored bool
	var err error
	switch {
	case f.err == nil:
		sc := borrow()
		defer sc.release()
		if f.err = l.encode(sc, f.value); f.err != nil {
			l.stats.failures.Add(1)
			return
		}
		stored, err = lease.Set(sc.value, l.expiry(f.name, f.key, f.value, datatypes.SetOptions{}))
	case !errors.Is(f.err, ErrNotFound):
		l.stats.failures.Add(1)
		return
	case l.o.NotFoundTTL > 0:
		stored, err = lease.Set([]byte(notFound), datatypes.SetOptions{TTL: l.jittered(f.name, l.o.NotFoundTTL)})
	default:
		stored = lease.Held()
		_, err = lease.Delete()
	}
	if err != nil {
		f.untold = err
	} else if !stored {
		l.stats.outdated.Add(1)
	}
}
