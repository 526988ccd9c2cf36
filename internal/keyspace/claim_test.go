package keyspace

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// inTurns changes a key from "before" to "after" in many turns, the value being neither in between, and ends when enough
// reports that it may.
func inTurns(v View, key string, enough func() bool) error {
	ended := false
	return v.InTurns(key, func(s *Slot) (more bool, err error) {
		ended = enough()
		text := "between"
		if ended {
			text = "after"
		}
		value, err := s.Put(String, Raw, len(text), s.ExpireAt())
		if err != nil {
			return false, err
		}
		copy(value, text)
		s.Notify(ClassString, text)
		return !ended, nil
	})
}

// read returns the value of a key through a slot.
func read(v View, key string) (string, error) {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return "", err
	}
	defer s.Unlock()
	return string(s.AppendString(nil)), nil
}

// TestTurnsLetOthersIn: an operation in turns goes on until others have used another key of the shard in all ways there
// are, and only ends then; those who want its key, in all ways there are, come when it has ended.
func TestTurnsLetOthersIn(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	mustSet(t, v, "k", "before")
	others := []func() error{
		func() error { return set(v, "other", []byte("value"), 0) },
		func() error { _, err := read(v, "other"); return err },
		func() error {
			tx, err := v.Begin("other", "another")
			if err == nil {
				tx.End()
			}
			return err
		},
		func() error { ks.Maintain(); return nil },
	}
	seeing := func(v View, key string) error {
		text, err := read(v, key)
		if err == nil && text != "after" {
			err = fmt.Errorf("saw %q", text)
		}
		return err
	}
	within := func(tx *Tx, err error) error {
		if err != nil {
			return err
		}
		defer tx.End()
		return seeing(tx.View(v), "k")
	}
	waiting := []func() error{
		func() error { return seeing(v, "k") },
		func() error { return within(v.Begin("another", "k")) },
		func() error { return within(v.BeginAll()) },
		func() error { // may use any key of the shard
			var tx Tx
			if err := tx.Begin(v, "other"); err != nil {
				return err
			}
			defer tx.Release()
			return seeing(tx.View(v), "k")
		},
		func() error {
			w := ks.NewWatch()
			defer w.Close()
			if err := w.Add(v.ShortOnly(), "k"); err != nil {
				return err
			}
			return seeing(v, "k")
		},
	}
	var done, waited atomic.Int32
	var group sync.WaitGroup
	begun := make(chan struct{})
	start := func(all []func() error, count *atomic.Int32) {
		for _, fn := range all {
			group.Go(func() {
				<-begun
				if err := fn(); err != nil {
					t.Error(err)
				}
				count.Add(1)
			})
		}
	}
	start(others, &done)
	start(waiting, &waited)
	turns := 0
	err := inTurns(v, "k", func() bool {
		if turns++; turns == 2 {
			close(begun)
		}
		if n := waited.Load(); n > 0 {
			t.Errorf("%d came in between", n)
			return true
		}
		return int(done.Load()) == len(others)
	})
	group.Wait()
	if err != nil || int(waited.Load()) != len(waiting) {
		t.Error(err, waited.Load())
	}
	if len(ks.shards[0].claims) != 0 {
		t.Error("a claim is left")
	}
	check(t, ks)
}

// TestClaimsRefuseShortOnly: who has no time is told so where it would wait for a claim.
func TestClaimsRefuseShortOnly(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{Shards: 1})
	mustSet(t, v, "k", "before")
	asked := make(chan error, 3)
	turns := 0
	err := inTurns(v, "k", func() bool {
		if turns++; turns == 2 {
			go func() {
				_, err := read(v.ShortOnly(), "k")
				asked <- err
				_, err = v.ShortOnly().Begin("k", "other")
				asked <- err
				_, err = read(v.ShortOnly(), "other")
				asked <- err
			}()
		}
		return len(asked) == 3
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{ErrLong, ErrLong, nil} {
		if err := <-asked; !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// TestClaimedKeysStay: a claimed key neither expires nor is evicted before the operation has ended.
func TestClaimedKeysStay(t *testing.T) {
	t.Parallel()
	for _, policy := range []Policy{VolatileTTL, AllKeysLRU, AllKeysLFU, AllKeysRandom} {
		clock := newClock()
		ks, v := open(t, Options{Shards: 1, Clock: clock, MaxBytes: 2 << 20, Policy: policy})
		if err := set(v, "k", []byte("before"), clock.in(time.Second)); err != nil {
			t.Fatal(err)
		}
		var pressed atomic.Bool
		turns := 0
		press := func() {
			clock.advance(time.Minute)
			for i := range 600 {
				if err := set(v, numbered(i), make([]byte, 5000), clock.in(time.Hour)); err != nil {
					t.Error(err)
				}
			}
			ks.Maintain()
			pressed.Store(true)
		}
		err := v.InTurns("k", func(s *Slot) (more bool, err error) {
			if turns++; turns == 2 {
				go press()
			}
			if !s.Exists() {
				return false, errors.New("the key is gone")
			}
			return !pressed.Load(), nil
		})
		if err != nil {
			t.Errorf("%v: %v", policy, err)
		}
		if got := get(t, v, "k"); got != none {
			t.Errorf("%v: the key has %q when its time has come", policy, got)
		}
		check(t, ks)
	}
}

// TestEventsOfTurns: events come when the operation has ended, in their order, and so are those told who watch the key.
func TestEventsOfTurns(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	mustSet(t, v, "k", "before")
	w := ks.NewWatch()
	defer w.Close()
	if err := w.Add(v, "k"); err != nil {
		t.Fatal(err)
	}
	ended := false
	var events []string
	defer ks.ListenTo(ClassString|ClassChange, func(e Event) {
		if text, err := read(v, "k"); !ended || err != nil || text != "after" {
			t.Errorf("%v came with %q, %v, ended: %v", e, text, err, ended)
		}
		if e.Class != ClassChange {
			events = append(events, e.Name)
		} else if events = append(events, "change"); e.Key != "k" {
			t.Error(e)
		}
	})()
	turns := 0
	err := inTurns(v, "k", func() bool {
		turns++
		ended = turns == 3
		return ended
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"change", "between", "between", "after"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	if changed, err := w.Changed(v); !changed || err != nil {
		t.Error(changed, err)
	}
}

// TestTurnsWithinTx: a transaction keeps its locks over all turns.
func TestTurnsWithinTx(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{Shards: 1})
	tx, err := v.Begin("k")
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan error)
	go func() { came <- set(v, "other", nil, 0) }()
	turns := 0
	if err := inTurns(tx.View(v), "k", func() bool { turns++; return turns == 100 }); err != nil {
		t.Error(err)
	}
	select {
	case <-came:
		t.Error("somebody came in between")
	default:
	}
	tx.End()
	if err := <-came; err != nil {
		t.Error(err)
	}
}

// TestClaimIsGivenUp when a turn fails, or panics, and when the keyspace is closed.
func TestClaimIsGivenUp(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	failure := errors.New("failure")
	turns := 0
	third := func(fn func() error) func(*Slot) (bool, error) {
		turns = 0
		return func(*Slot) (bool, error) {
			if turns++; turns == 3 {
				return false, fn()
			}
			return true, nil
		}
	}
	if err := v.InTurns("k", third(func() error { return failure })); err != failure {
		t.Error(err)
	}
	func() {
		defer func() { recover() }()
		_ = v.InTurns("k", third(func() error { panic(failure) }))
		t.Error("a panic is lost")
	}()
	if _, err := read(v, "k"); err != nil {
		t.Error(err)
	}
	waited := make(chan error, 2)
	turns = 0
	err := v.InTurns("k", func(*Slot) (bool, error) {
		if turns++; turns == 2 {
			go func() { _, err := read(v, "k"); waited <- err }()
			go func() { _, err := v.Begin("k", "other"); waited <- err }()
			go ks.Close()
		}
		return true, nil
	})
	if !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	for range 2 {
		if err := <-waited; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

// counting is a long operation that adds up the lengths of sources, one in a step, and takes its time.
type counting struct {
	sources []string
	enough  func() bool
	next    int
	sum     int
}

func (o *counting) Step(v View, anew bool) (Progress, error) {
	if anew {
		o.next, o.sum = 0, 0
	}
	if o.next < len(o.sources) {
		text, err := read(v, o.sources[o.next])
		o.next++
		o.sum += len(text)
		return More, err
	}
	if o.enough() {
		return Done, nil
	}
	return More, nil
}

func (o *counting) Pause() {}

// TestStepsUnderWrites: an operation in steps of which a source changes all the time comes to an end without stopping
// those who use other keys of its shard, and what it has read is of one moment.
func TestStepsUnderWrites(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	sources := []string{"a", "b"}
	write := func(n int) {
		tx, err := v.Begin(sources...)
		if err != nil {
			t.Error(err)
			return
		}
		defer tx.End()
		for i, key := range sources { // the sum of the lengths stays
			if err := set(tx.View(v), key, make([]byte, (i*100+n-2*i*n)), 0); err != nil {
				t.Error(err)
			}
		}
	}
	write(0)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		for n := 0; ; n = (n + 1) % 100 {
			select {
			case <-stop:
				return
			default:
				write(n)
			}
		}
	})
	// It ends only after another key was written when its own were claimed.
	var claimed, other atomic.Bool
	claims := make(chan struct{})
	writers.Go(func() {
		<-claims
		mustSet(t, v, "other", "value")
		other.Store(true)
	})
	o := &counting{sources: sources, enough: func() bool {
		if len(ks.shards[0].claims) == 3 && !claimed.Swap(true) {
			close(claims)
		}
		return other.Load()
	}}
	if err := v.InSteps(o, sources, "dst"); err != nil || o.sum != 100 {
		t.Errorf("sum %d, %v", o.sum, err)
	}
	close(stop)
	writers.Wait()
	if len(ks.shards[0].claims) != 0 {
		t.Error("claims are left")
	}
}
