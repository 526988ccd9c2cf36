// Package histogram counts durations for the project's own measurements, so that quantiles of billions of samples cost a
// few KiB. The server has another (resp/latency_histogram.go), with the buckets of Redis.
package histogram

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Histogram counts durations in buckets at most 1/16 wide; the longest one is kept exactly. The zero value is ready for
// use. Any number of goroutines record into it.
type Histogram struct {
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

// Record counts a duration.
func (h *Histogram) Record(d time.Duration) {
	h.count.Add(1)
	h.buckets[bucketOf(d)].Add(1)
	for old := h.longest.Load(); int64(d) > old && !h.longest.CompareAndSwap(old, int64(d)); old = h.longest.Load() {
	}
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.count.Load() }

// Longest returns the longest of them, zero if there are none.
func (h *Histogram) Longest() time.Duration { return time.Duration(h.longest.Load()) }

// Quantile returns a duration that a share q of them does not exceed, at most 1/16 above the least such.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.Count())))
	var seen uint64
	for b := range h.buckets {
		if seen += h.buckets[b].Load(); seen >= rank {
			return min(upperEdge(b), h.Longest())
		}
	}
	return h.Longest()
}

// Longer returns how many are in buckets that lie wholly above d.
func (h *Histogram) Longer(d time.Duration) (n uint64) {
	for b := bucketOf(d) + 1; b < len(h.buckets); b++ {
		n += h.buckets[b].Load()
	}
	return n
}
