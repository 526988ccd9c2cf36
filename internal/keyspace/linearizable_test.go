package keyspace

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// An operation on one key as its caller saw it: when it began and ended, by a
// counter that all share, and what it returned.
type observed struct {
	kind       string
	arg, got   int64
	begin, end int64
}

// absent stands for a key that does not exist.
const absent = -1

// apply returns the state after an operation, and whether the operation could
// have returned what it did in the state before it.
func (o *observed) apply(state int64) (next int64, ok bool) {
	switch o.kind {
	case "get":
		return state, o.got == state
	case "set":
		return o.arg, true
	case "del":
		existed := int64(0)
		if state != absent {
			existed = 1
		}
		return absent, o.got == existed
	default: // incr
		next = max(state, 0) + 1
		return next, o.got == next
	}
}

// linearizable looks for an order of the operations that agrees with their
// times and in which each returns what it returned: a search over the sets of operations that
// may come first, each with the states it may lead to.
func linearizable(history []observed) bool {
	type node struct {
		done  uint64
		state int64
	}
	seen := make(map[node]bool)
	var search func(n node) bool
	search = func(n node) bool {
		if n.done == 1<<len(history)-1 {
			return true
		}
		if seen[n] {
			return false
		}
		seen[n] = true
		// An operation may come next if none of the rest ended before it began.
		firstEnd := int64(1 << 62)
		for i := range history {
			if n.done>>i&1 == 0 {
				firstEnd = min(firstEnd, history[i].end)
			}
		}
		for i := range history {
			o := &history[i]
			if n.done>>i&1 == 1 || o.begin > firstEnd {
				continue
			}
			if next, ok := o.apply(n.state); ok && search(node{n.done | 1<<i, next}) {
				return true
			}
		}
		return false
	}
	return search(node{0, absent})
}

func TestLinearizabilityChecker(t *testing.T) {
	t.Parallel()
	tests := []struct {
		history []observed
		want    bool
	}{
		{nil, true},
		{[]observed{{"set", 5, 0, 1, 2}, {"get", 0, 5, 3, 4}}, true},
		{[]observed{{"set", 5, 0, 1, 2}, {"get", 0, absent, 3, 4}}, false},
		{[]observed{{"set", 5, 0, 1, 4}, {"get", 0, absent, 2, 3}}, true},
		{[]observed{{"incr", 0, 1, 1, 4}, {"incr", 0, 1, 2, 3}}, false},
		{[]observed{{"incr", 0, 2, 1, 4}, {"incr", 0, 1, 2, 3}}, true},
		{[]observed{{"set", 5, 0, 1, 10}, {"get", 0, 5, 2, 3}, {"get", 0, absent, 4, 5}}, false},
		{[]observed{{"set", 5, 0, 1, 2}, {"del", 0, 0, 3, 4}}, false},
	}
	for i, tt := range tests {
		if got := linearizable(tt.history); got != tt.want {
			t.Errorf("history %d: %v", i, got)
		}
	}
}

// TestLinearizability records what goroutines see that work on the same few
// keys, and checks each key's history.
func TestLinearizability(t *testing.T) {
	t.Parallel()
	const workers, perWorker, keys = 4, 10, 3
	rounds := 150
	if !optimistic {
		rounds = 40
	}
	for round := range rounds {
		ks, v := open(t, Options{Shards: 1})
		var now atomic.Int64
		histories := make([][keys][]observed, workers)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				src := rand.New(rand.NewPCG(uint64(round), uint64(w)))
				<-start
				for i := range perWorker {
					k := src.IntN(keys)
					o := observed{kind: []string{"get", "get", "set", "del", "incr"}[src.IntN(5)], arg: int64(1000 * (w*perWorker + i + 1))}
					o.begin = now.Add(1)
					o.got = perform(v, numbered(k), o)
					o.end = now.Add(1)
					histories[w][k] = append(histories[w][k], o)
				}
			})
		}
		close(start)
		wg.Wait()
		for k := range keys {
			var all []observed
			for w := range workers {
				all = append(all, histories[w][k]...)
			}
			if !linearizable(all) {
				t.Fatalf("round %d, key %d: no order explains\n%s", round, k, fmt.Sprintf("%+v", all))
			}
		}
		ks.Close()
	}
}

func perform(v View, key string, o observed) int64 {
	switch o.kind {
	case "get":
		b, ok, err := v.AppendString(nil, key)
		if !ok || err != nil {
			return absent
		}
		n, _ := strconv.ParseInt(string(b), 10, 64)
		return n
	case "set":
		setInt(v, key, o.arg)
		return 0
	case "del":
		if del(v, key) {
			return 1
		}
		return 0
	}
	var s Slot
	if s.Lock(v, key) != nil {
		return absent
	}
	defer s.Unlock()
	n := int64(1)
	if s.Exists() {
		n = IntValue(s.Value()) + 1
	}
	b, _ := s.Put(String, Int, IntWidth(n), 0)
	PutInt(b, n)
	return n
}
