package eviction

import (
	"container/list"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// lruHits is how often an exact LRU cache hits.
func lruHits(trace []int, capacity int) (hits int) {
	order, at := list.New(), map[int]*list.Element{}
	for _, key := range trace {
		if e := at[key]; e != nil {
			hits++
			order.MoveToFront(e)
			continue
		}
		if order.Len() == capacity {
			delete(at, order.Remove(order.Back()).(int))
		}
		at[key] = order.PushFront(key)
	}
	return hits
}

// staticHits is how often a cache hits that holds the most popular keys all the time, once each has been loaded.
func staticHits(trace []int, capacity int) (hits int) {
	uses := map[int]int{}
	for _, key := range trace {
		uses[key]++
	}
	counts := slices.Sorted(maps.Values(uses))
	for _, n := range counts[max(0, len(counts)-capacity):] {
		hits += n - 1
	}
	return hits
}

// policyHits is how often the policy hits, if room is made for so many entries at once.
func policyHits(trace []int, capacity, batch int) (hits int) {
	c := newCache(capacity, true)
	c.batch = batch
	for _, key := range trace {
		if c.access(key) {
			hits++
		}
	}
	return hits
}

// traceOf is n accesses.
func traceOf(n int, next func(i int, r *rand.Rand) int) []int {
	r := rand.New(rand.NewPCG(7, 11))
	trace := make([]int, n)
	for i := range trace {
		trace[i] = next(i, r)
	}
	return trace
}

// popular draws one of n keys with a probability that falls with the inverse of its rank.
func popular(n int, r *rand.Rand) int { return int(math.Pow(float64(n), r.Float64())) - 1 }

// TestHitRatios holds the policy to the better of exact LRU and the best fixed choice of keys, on loads of which each
// suits one of them or neither, one after the other as well: within so many points of all accesses. Both know
// what the policy has to find out, and the second even the future, so zero is not to be had.
func TestHitRatios(t *testing.T) {
	const n = 40_000
	zipf := traceOf(n, func(_ int, r *rand.Rand) int { return popular(10_000, r) })
	loop := traceOf(n, func(i int, _ *rand.Rand) int { return i % 1500 })
	bursts := traceOf(n, func(i int, _ *rand.Rand) int { return i/300*100 + i%100 })
	shifting := traceOf(n, func(i int, r *rand.Rand) int { return popular(5000, r) + i/4000*500 })
	scans := traceOf(n, func(i int, r *rand.Rand) int {
		if i%5000 < 1000 {
			return 100_000 + i
		}
		return popular(10_000, r)
	})
	tests := []struct {
		name   string
		trace  []int
		points map[int]float64 // by which the policy may be behind, by capacity; negative, it must be ahead
	}{
		{"zipf", zipf, map[int]float64{100: 3, 500: 3.5, 2000: 4.5}},
		{"loop", loop, map[int]float64{100: 0.5, 300: 1, 750: 1}},
		{"bursts", bursts, map[int]float64{150: 4.5, 400: 1, 1000: 2}},
		{"shifting", shifting, map[int]float64{100: -4, 500: 2, 2000: 2}},
		{"zipf with scans", scans, map[int]float64{100: 4, 500: 5, 2000: 5.5}},
		{"loop, then bursts", slices.Concat(loop, bursts), map[int]float64{150: -2, 400: -10, 1000: -25}},
		{"bursts, then zipf", slices.Concat(bursts, zipf), map[int]float64{150: -2, 500: -1.5, 2000: 1.5}},
	}
	for _, tt := range tests {
		for _, capacity := range slices.Sorted(maps.Keys(tt.points)) {
			best := max(lruHits(tt.trace, capacity), staticHits(tt.trace, capacity))
			got := policyHits(tt.trace, capacity, 1)
			behind := float64(best-got) / float64(len(tt.trace)) * 100
			t.Logf("%s, %d entries: %d hits, the best has %d, %.2f points behind", tt.name, capacity, got, best, behind)
			if behind > tt.points[capacity] {
				t.Errorf("%s, %d entries: %d hits are %.2f points behind %d", tt.name, capacity, got, behind, best)
			}
		}
	}
}

// TestRareKeysAddUp: where popularity is stable and so flat that even popular keys are away for several capacities, the
// policy remembers them long enough to find them out.
func TestRareKeysAddUp(t *testing.T) {
	const keys = 10_000
	flat := traceOf(200_000, func(_ int, r *rand.Rand) int { return int(keys * math.Pow(r.Float64(), 10.0/3)) })
	for _, capacity := range []int{100, 200} {
		best, got := staticHits(flat, capacity), policyHits(flat, capacity, 1)
		behind := float64(best-got) / float64(len(flat)) * 100
		t.Logf("%d entries: %d hits, the best choice has %d, %.2f points behind", capacity, got, best, behind)
		if behind > 2.5 {
			t.Errorf("%d entries: %d hits are %.2f points behind %d", capacity, got, behind, best)
		}
	}
}

// TestEvictionInBatches: a loop keeps its share of a small cache in which room is made for several entries at once, as it
// is where memory is had by the page.
func TestEvictionInBatches(t *testing.T) {
	loop := traceOf(20_000, func(i int, _ *rand.Rand) int { return i % 1000 })
	for _, capacity := range []int{50, 100, 200} {
		for _, batch := range []int{1, 2, 4, 8} {
			hits, held := policyHits(loop, capacity, batch), capacity-batch
			if most := len(loop) * held / 1000; hits < most*3/4 {
				t.Errorf("%d entries, evicted %d at a time: %d hits of %d", capacity, batch, hits, most)
			}
		}
	}
}
