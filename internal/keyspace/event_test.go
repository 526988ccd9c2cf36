package keyspace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestEventOrder has several goroutines change the same keys; events of a key
// must come in the order of the changes, one at a time.
func TestEventOrder(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	const keys, writers, rounds = 6, 4, 300
	var seen [keys][]string // values at the time of the change, as the events' names tell them
	var running [keys]sync.Mutex
	cancel := ks.Listen(func(e Event) {
		i, _ := strconv.Atoi(e.Key)
		if !running[i].TryLock() {
			t.Error("two events of a key at once")
			return
		}
		defer running[i].Unlock()
		seen[i] = append(seen[i], e.Name)
	})
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for r := range rounds {
				var s Slot
				if err := s.Lock(v, strconv.Itoa(r%keys)); err != nil {
					t.Error(err)
					return
				}
				n := 0
				if s.Exists() {
					n = int(IntValue(s.Value()))
				}
				b, _ := s.Put(String, Int, IntWidth(int64(n+1)), 0)
				PutInt(b, int64(n+1))
				s.Notify(ClassString, strconv.Itoa(n+1))
				s.Unlock()
			}
		})
	}
	wg.Wait()
	ks.Maintain() // whoever delivers last may still be at it
	for i := range keys {
		waitFor(t, func() bool {
			running[i].Lock()
			defer running[i].Unlock()
			return len(seen[i]) == writers*rounds/keys
		})
		for n, name := range seen[i] {
			if name != strconv.Itoa(n+1) {
				t.Fatalf("key %d: event %d is %s", i, n+1, name)
			}
		}
	}
	cancel()
	cancel()
	mustSet(t, v, "0", "")
	if len(seen[0]) != writers*rounds/keys {
		t.Error("an event came after cancel")
	}
}

// waitFor waits for a condition that other goroutines are about to make true.
func waitFor(t testing.TB, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never happened")
		}
	}
}

// TestDeliveryEnds: an operation does not go on delivering for as long as others cause events, and none of these is lost.
func TestDeliveryEnds(t *testing.T) {
	t.Parallel()
	ks, err := Open(Options{Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ks.Close() })
	v := viewOf(ks, 0)
	const most = 10 * handOver
	var caused, told atomic.Int64
	var over atomic.Bool
	ks.Listen(func(Event) {
		told.Add(1)
		if over.Load() || caused.Load() == most {
			return
		}
		var other sync.WaitGroup
		other.Go(func() { mustSet(t, v, "k", "v") })
		caused.Add(1)
		other.Wait()
	})
	mustSet(t, v, "k", "v")
	if caused.Load() == most {
		t.Errorf("an operation delivered the %d events of others", most)
	}
	over.Store(true)
	waitFor(t, func() bool { return told.Load() == caused.Load()+1 })
}

// TestEventsMayUseTheKeyspace: no lock is held while listeners run, of single
// operations, transactions, and maintenance.
func TestEventsMayUseTheKeyspace(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Shards: 2, Clock: clock})
	var log []string
	defer ks.Listen(func(e Event) {
		if strings.HasPrefix(e.Key, "echo:") {
			return
		}
		log = append(log, e.Name+" "+e.Key+" "+get(t, v, e.Key))
		mustSet(t, v, "echo:"+e.Key, "x") // in any shard, the same too
		v.Len()
		if err := within(v, func(View) error { return nil }, e.Key, "echo:"+e.Key); err != nil {
			t.Error(err)
		}
	})()
	mustSet(t, v, "a", "1")
	del(v, "a")
	set(v, "b", []byte("2"), clock.in(time.Second))
	within(v, func(tv View) error {
		mustSet(t, tv, "a", "3")
		mustSet(t, tv, "c", "4")
		if len(log) != 3 {
			t.Errorf("in the transaction: %q", log)
		}
		return nil
	}, "a", "b", "c")
	clock.advance(time.Minute)
	settle(t, ks)
	want := []string{"set a 1", "del a (none)", "set b 2", "set a 3", "set c 4", "expired b (none)"}
	slices.Sort(log[3:5]) // of different shards
	if !slices.Equal(log, want) {
		t.Errorf("got  %q\nwant %q", log, want)
	}
}

// TestPanickingListener: the next events come all the same.
func TestPanickingListener(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	var names []string
	defer ks.Listen(func(e Event) {
		if names = append(names, e.Name); len(names) == 1 {
			panic("mine")
		}
	})()
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the panic got lost")
			}
		}()
		mustSet(t, v, "k", "v")
	}()
	del(v, "k")
	if !slices.Equal(names, []string{"set", "del"}) {
		t.Errorf("%q", names)
	}
}

func TestListeners(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{})
	counts := make([]int, 3)
	var cancels []func()
	for i := range counts {
		cancels = append(cancels, ks.Listen(func(e Event) {
			if counts[i]++; counts[i] == 2 {
				cancels[i]() // from within
			}
		}))
	}
	for range 5 {
		mustSet(t, v, "k", "")
	}
	if fmt.Sprint(counts) != "[2 2 2]" {
		t.Errorf("%v", counts)
	}
}

// TestFlushEvents: a flush or swap tells of every shard that it touched.
func TestFlushEvents(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1})
	mustSet(t, v, "k", "v")
	var got []string
	defer ks.Listen(func(e Event) {
		got = append(got, fmt.Sprintf("%s %d %q %v", e.Name, e.DB, e.Key, e.Class == ClassFlush))
	})()
	v.SwapDB(0, 3)
	v.FlushAll(false)
	want := []string{`swapdb 0 "" true`, `swapdb 3 "" true`, `flushdb 3 "" true`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
