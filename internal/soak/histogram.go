package main

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations in buckets at most 1/16 wide. Any number of goroutines record into it.
type histogram struct {
	count   atomic.Uint64
	longest atomic.Int64
	buckets [64 * 16]atomic.Uint64
}

// bucketOf numbers durations: exact below 16 ns, then sixteen buckets a power of two.
func bucketOf(d time.Duration) int {
	ns := uint64(max(d, 0))
	if ns < 16 {
		return int(ns)
	}
	exp := bits.Len64(ns) - 5
	return exp*16 + int(ns>>exp)
}

// upperEdge is the longest duration in bucket b.
func upperEdge(b int) time.Duration {
	if b < 16 {
		return time.Duration(b)
	}
	exp := b/16 - 1
	return time.Duration(uint64(b%16+17)<<exp - 1)
}

func (h *histogram) record(d time.Duration) {
	h.count.Add(1)
	h.buckets[bucketOf(d)].Add(1)
	for old := h.longest.Load(); int64(d) > old && !h.longest.CompareAndSwap(old, int64(d)); old = h.longest.Load() {
	}
}

// quantile is a duration that a share q of the samples does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	longest := time.Duration(h.longest.Load())
	rank := uint64(math.Ceil(q * float64(h.count.Load())))
	var seen uint64
	for b := range h.buckets {
		if seen += h.buckets[b].Load(); seen >= rank {
			return min(upperEdge(b), longest)
		}
	}
	return longest
}
