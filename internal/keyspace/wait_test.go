package keyspace

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// taker waits for a string: it takes the value and deletes the key, or with a
// destination that does not exist moves it there.
type taker struct {
	to    string
	moved bool
	key   string
	value string
	err   error
	done  chan struct{}
	trace *[]string // of names, in the order in which they were served
	name  string
}

func (tk *taker) Try(v View, key string, waited bool) bool {
	var s Slot
	if tk.err = s.Lock(v, key); tk.err != nil {
		return true
	}
	defer s.Unlock()
	if err := s.Is(String); err != nil {
		if !waited {
			tk.err = err
		}
		return !waited
	}
	if !s.Exists() {
		return false
	}
	tk.key, tk.value = strings.Clone(key), string(s.Value())
	tk.take(v, &s)
	if tk.trace != nil {
		*tk.trace = append(*tk.trace, tk.name)
	}
	return true
}

func (tk *taker) take(v View, s *Slot) {
	if tk.to == "" {
		s.Delete()
		return
	}
	var to Slot
	if tk.err = to.Lock(v, tk.to); tk.err == nil && !to.Exists() {
		tk.moved = true
		tk.err = s.MoveTo(&to)
	} else {
		s.Delete()
	}
}

func (tk *taker) Done(err error) {
	if err != nil {
		tk.err = err
	}
	close(tk.done)
}

func (tk *taker) served() bool {
	select {
	case <-tk.done:
		return true
	default:
		return false
	}
}

// wait has a taker wait for keys.
func wait(t testing.TB, v View, tk *taker, keys ...string) *Waiter {
	t.Helper()
	tk.done = make(chan struct{})
	var also []string
	if tk.to != "" {
		also = []string{tk.to}
	}
	w, err := v.Wait(tk, keys, also)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// nobodyWaits checks that no queue is left.
func nobodyWaits(t testing.TB, ks *Keyspace) {
	t.Helper()
	for _, sh := range ks.shards {
		sh.mu.Lock()
		for k := range sh.queues {
			t.Errorf("somebody waits for %q in database %d", k.key, k.db)
		}
		if len(sh.ready) > 0 {
			t.Errorf("shard %d has ready queues", sh.number)
		}
		sh.mu.Unlock()
	}
}

// TestWaitInTurn: who came first is served first, by the writer and before
// anyone else can see what was written.
func TestWaitInTurn(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	var trace []string
	takers := make([]*taker, 3)
	for i := range takers {
		takers[i] = &taker{trace: &trace, name: fmt.Sprint(i)}
		if wait(t, v, takers[i], "k", "other", "k") == nil {
			t.Fatal("need not wait")
		}
	}
	for i := range takers {
		mustSet(t, v, "k", fmt.Sprint("value", i))
		if got := get(t, v, "k"); got != none {
			t.Errorf("%q can be seen", got)
		}
		if tk := takers[i]; !tk.served() || tk.err != nil || tk.key != "k" || tk.value != fmt.Sprint("value", i) {
			t.Errorf("taker %d: %+v", i, tk)
		}
		if want := []string{"0", "1", "2"}[:i+1]; !slices.Equal(trace, want) {
			t.Errorf("served: %v, want %v", trace, want)
		}
	}
	nobodyWaits(t, ks)
	mustSet(t, v, "k", "left")
	if got := get(t, v, "k"); got != "left" {
		t.Errorf("without anyone waiting: %q", got)
	}
}

// TestWaitNot: what is there is taken at once, in the order of the keys; a key
// of another type is an error; in a transaction nothing waits.
func TestWaitNot(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	mustSet(t, v, "b", "2")
	mustSet(t, v, "c", "3")
	tk := &taker{}
	if wait(t, v, tk, "a", "b", "c") != nil || tk.key != "b" || tk.value != "2" || tk.served() {
		t.Errorf("%+v", tk)
	}
	putBag(t, v, "bag", 1, 0)
	if wait(t, v, tk, "a", "bag", "c") != nil || tk.err != ErrWrongType {
		t.Errorf("%+v", tk)
	}
	within(v, func(v View) error {
		tk := &taker{}
		if wait(t, v, tk, "a") != nil || tk.key != "" {
			t.Errorf("%+v", tk)
		}
		return nil
	}, "a")
	nobodyWaits(t, ks)
}

// TestWaitForAnyWrite has a key come into being in every way there is.
func TestWaitForAnyWrite(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(ks *Keyspace, v View, k, there string) error{
		"set":           func(_ *Keyspace, v View, k, _ string) error { return set(v, k, []byte("v"), 0) },
		"renamed":       func(_ *Keyspace, v View, k, there string) error { return moveKey(v, there, k) },
		"copied":        func(_ *Keyspace, v View, k, there string) error { return copyKey(v, there, k) },
		"swapped":       func(_ *Keyspace, v View, _, _ string) error { return v.SwapDB(0, 1) },
		"swapped, back": func(_ *Keyspace, v View, _, _ string) error { return v.SwapDB(1, 0) },
		"in place of another type": func(ks *Keyspace, v View, k, _ string) error {
			var s Slot
			s.LockGrow(v, k, 0)
			s.BeginWrite()
			_, root := newBag(s.Env())
			value, err := s.Put(bagType, bagEncoding, len(root), 0)
			copy(value, root)
			s.Unlock()
			if err != nil {
				return err
			}
			return set(v, k, []byte("v"), 0)
		},
		"twice in a transaction": func(_ *Keyspace, v View, k, _ string) error {
			return within(v, func(v View) error {
				set(v, k, []byte("w"), 0)
				del(v, k)
				return set(v, k, []byte("v"), 0)
			}, k)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ks, v := open(t, Options{Shards: 4})
			there := otherShard(ks, "k")
			mustSet(t, v, there, "v")
			mustSet(t, viewOf(ks, 1), "k", "v")
			tk := &taker{}
			wait(t, v, tk, "k")
			if err := write(ks, v, "k", there); err != nil {
				t.Fatal(err)
			}
			if !tk.served() || tk.value != "v" || get(t, v, "k") != none {
				t.Errorf("%+v", tk)
			}
			nobodyWaits(t, ks)
			check(t, ks)
		})
	}
}

// TestWaitGone: a key that is gone before the transaction ends serves nobody.
func TestWaitGone(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{Shards: 4})
	tk := &taker{}
	w := wait(t, v, tk, "k")
	within(v, func(v View) error {
		set(v, "k", nil, 0)
		del(v, "k")
		return nil
	}, "k")
	putBag(t, v, "k", 1, 0)
	if tk.served() {
		t.Errorf("%+v", tk)
	}
	del(v, "k")
	mustSet(t, v, "k", "v")
	if !tk.served() || w.Cancel() {
		t.Errorf("%+v", tk)
	}
}

// TestWaitForFirstKey: of a transaction's writes the first serves, in whichever
// shards the keys are.
func TestWaitForFirstKey(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 8})
	keys := []string{"k", otherShard(ks, "k")}
	for _, order := range [][]string{{keys[0], keys[1]}, {keys[1], keys[0]}} {
		tk := &taker{}
		wait(t, v, tk, keys...)
		within(v, func(v View) error {
			for _, key := range order {
				set(v, key, []byte("v"), 0)
			}
			return nil
		}, keys...)
		if tk.key != order[0] || get(t, v, order[1]) != "v" {
			t.Errorf("written in the order of %q: served with %q", order, tk.key)
		}
		del(v, order[1])
	}
	nobodyWaits(t, ks)
}

// TestWaitChain: what serves one waiter may serve the next.
func TestWaitChain(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 8})
	var trace []string
	last := &taker{trace: &trace, name: "last"}
	wait(t, v, last, "c")
	wait(t, v, &taker{to: "c", trace: &trace, name: "second"}, "b")
	wait(t, v, &taker{to: "b", trace: &trace, name: "first"}, "a")
	mustSet(t, v, "a", "v")
	if want := []string{"first", "second", "last"}; !slices.Equal(trace, want) || last.value != "v" || last.key != "c" {
		t.Errorf("served %v, the last with %+v", trace, last)
	}
	if st := ks.Stats(); st.Keys != 0 {
		t.Errorf("%d keys are left", st.Keys)
	}
	nobodyWaits(t, ks)
}

// TestWaitForLock: where the lock of a further key is taken, the waiter is
// served when it is free, and nobody behind it before.
func TestWaitForLock(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 8})
	to := otherShard(ks, "k")
	mover, behind := &taker{to: to}, &taker{}
	wait(t, v, mover, "k")
	wait(t, v, behind, "k")
	var s Slot
	s.Lock(v, to)
	written := make(chan struct{})
	go func() {
		set(v, "k", []byte("v"), 0)
		close(written)
	}()
	var k Slot
	for exists := false; !exists; { // until it was written
		k.Lock(v, "k")
		exists = k.Exists()
		k.Unlock()
	}
	if mover.served() || behind.served() {
		t.Error("served without the lock")
	}
	s.Unlock()
	<-written
	if !mover.served() || mover.err != nil || behind.served() || get(t, v, to) != "v" {
		t.Errorf("%+v, %+v", mover, behind)
	}
	mustSet(t, v, "k", "w")
	if !behind.served() {
		t.Errorf("%+v", behind)
	}
	nobodyWaits(t, ks)
}

func TestWaitCancelled(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	tk := &taker{}
	w := wait(t, v, tk, "a", "b", "c")
	if !w.Cancel() || w.Cancel() {
		t.Error("cancelled not once")
	}
	nobodyWaits(t, ks)
	mustSet(t, v, "b", "v")
	if tk.served() || get(t, v, "b") != "v" {
		t.Errorf("%+v", tk)
	}
}

func TestWaitForClosed(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	tk := &taker{}
	w := wait(t, v, tk, "a", "b", "c")
	ks.Close()
	if !tk.served() || tk.err != ErrClosed || w.Cancel() {
		t.Errorf("%+v", tk)
	}
	if _, err := v.Wait(tk, []string{"a"}, nil); err != ErrClosed {
		t.Error(err)
	}
}

// TestWaitConcurrently: of many values that are written while others wait,
// give up and move on, each is taken once.
func TestWaitConcurrently(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	const writers, takers, values = 4, 8, 2000
	keys := []string{"a", "b", "c", "d"}
	var taken sync.Map
	var left atomic.Int64
	left.Store(writers * values)
	all := make(chan struct{})
	var group sync.WaitGroup
	for n := range takers {
		group.Go(func() {
			src := rand.New(rand.NewPCG(1, uint64(n)))
			for left.Load() > 0 {
				tk := &taker{}
				if src.IntN(4) == 0 {
					tk.to = keys[src.IntN(4)]
				}
				first := src.IntN(4)
				w := wait(t, v, tk, slices.Concat(keys[first:], keys[:first])...)
				if w != nil && !outwait(w, tk, all, src.IntN(3) == 0) || tk.moved {
					continue
				}
				if _, twice := taken.LoadOrStore(tk.value, true); twice || tk.err != nil {
					t.Errorf("%q was taken twice, or %v", tk.value, tk.err)
				}
				if left.Add(-1) == 0 {
					close(all)
				}
			}
		})
	}
	for n := range writers {
		group.Go(func() {
			for i := range values {
				for !setFree(v, keys[(n+i)%4], fmt.Sprint(n, " ", i)) {
					runtime.Gosched()
				}
			}
		})
	}
	group.Wait()
	nobodyWaits(t, ks)
	check(t, ks)
}

// outwait waits until a taker was served or there is nothing left to take, and
// reports whether it was served. One who is impatient gives up at once.
func outwait(w *Waiter, tk *taker, all chan struct{}, impatient bool) bool {
	if impatient {
		runtime.Gosched()
		if w.Cancel() {
			return false
		}
	}
	select {
	case <-tk.done:
		return true
	case <-all:
		return !w.Cancel()
	}
}

// setFree sets a key unless it exists.
func setFree(v View, key, value string) bool {
	var s Slot
	s.LockGrow(v, key, len(value))
	defer s.Unlock()
	if s.Exists() {
		return false
	}
	b, err := s.Put(String, Embedded, len(value), 0)
	copy(b, value)
	return err == nil
}
