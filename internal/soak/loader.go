package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder/datatypes/typed"
)

// loaderWorker reads through a loader, whose loads fail, panic and dawdle now and then. It changes what is loaded and has
// the loader forget what it knows of that: from then on nobody may get the old value, whatever was under way, evicted, or
// could not be stored for want of memory.
type loaderWorker struct {
	soak    *soak
	rng     *rand.Rand
	loader  *typed.Loader[int, string]
	origin  [loadedKeys]atomic.Int64 // versions of what is loaded
	loading atomic.Uint64            // loads begun, by which some of them fail
}

const (
	loadedKeys = 100
	loaderDB   = 4
)

var errOrigin = errors.New("the origin does not answer")

func newLoaderWorker(s *soak) *loaderWorker {
	return &loaderWorker{soak: s, rng: s.random("loader", 0)}
}

func (w *loaderWorker) forget() {}

func (w *loaderWorker) run(ctx context.Context) (err error) {
	w.loader, err = typed.NewLoader(w.soak.db(loaderDB), typed.LoaderOptions[int, string]{
		MapOptions:   typed.MapOptions[int, string]{Prefix: "loaded:", TTL: 30 * time.Millisecond, Jitter: .5},
		Load:         w.load,
		LoadTimeout:  5 * time.Millisecond,
		RefreshAhead: 10 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	defer w.loader.Close()
	if _, err := w.loader.Clear(); err != nil { // of an earlier phase
		return err
	}
	steps := []func(key int) error{w.read, w.read, w.read, w.crowd, w.readMany, w.change}
	for ctx.Err() == nil {
		if err := steps[w.rng.IntN(len(steps))](w.rng.IntN(loadedKeys)); err != nil {
			return fmt.Errorf("worker of loaders: %w", err)
		}
	}
	return nil
}

func loadedValue(key int, version int64) string { return fmt.Sprintf("%d of %d", version, key) }

// load is the origin: slow, and out of order now and then.
func (w *loaderWorker) load(ctx context.Context, key int) (string, error) {
	value := loadedValue(key, w.origin[key].Load())
	switch w.loading.Add(1) % 20 {
	case 0:
		return "", errOrigin
	case 1:
		panic(errOrigin)
	case 2:
		<-ctx.Done()
		return "", context.Cause(ctx)
	case 3, 4, 5:
		time.Sleep(time.Millisecond)
	}
	return value, nil
}

// permitted reports whether a load may have ended with an error.
func permitted(err error) bool {
	var panicked *typed.PanicError
	return errors.Is(err, errOrigin) || errors.As(err, &panicked) || errors.Is(err, context.DeadlineExceeded)
}

// get reads a key with little patience.
func (w *loaderWorker) get(key int, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got, err := w.loader.Load(ctx, key)
	if err != nil {
		if permitted(err) {
			return nil
		}
		return fmt.Errorf("key %d: %w", key, err)
	}
	if want := loadedValue(key, w.origin[key].Load()); got != want {
		return fmt.Errorf("key %d is %q instead of %q", key, got, want)
	}
	return nil
}

func (w *loaderWorker) patience() time.Duration {
	return time.Duration(w.rng.IntN(3000)) * time.Microsecond
}

func (w *loaderWorker) read(key int) error { return w.get(key, w.patience()) }

// crowd lets several read the same key, some of whom give up.
func (w *loaderWorker) crowd(key int) error {
	failed := make([]error, 4)
	var all sync.WaitGroup
	for i := range failed {
		patience := w.patience()
		all.Go(func() { failed[i] = w.get(key, patience) })
	}
	all.Wait()
	return errors.Join(failed...)
}

func (w *loaderWorker) readMany(key int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*w.patience())
	defer cancel()
	values, err := w.loader.LoadMany(ctx, key, (key+1)%loadedKeys, (key+2)%loadedKeys, (key+3)%loadedKeys)
	if err != nil && !permitted(err) {
		return err
	}
	for k, got := range values {
		if want := loadedValue(k, w.origin[k].Load()); got != want {
			return fmt.Errorf("key %d among others is %q instead of %q", k, got, want)
		}
	}
	return nil
}

// change changes what is loaded for a key, perhaps while it is being loaded.
func (w *loaderWorker) change(key int) error {
	if w.rng.IntN(2) == 0 {
		if err := w.get(key, 0); err != nil {
			return err
		}
	}
	w.origin[key].Add(1)
	_, err := w.loader.Delete(key)
	if err != nil {
		return fmt.Errorf("deleting key %d: %w", key, err)
	}
	return nil
}
