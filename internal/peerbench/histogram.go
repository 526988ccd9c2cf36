package main

import (
	"math"
	"math/bits"
	"time"
)

// histogram counts durations in buckets at most 1/16 wide, so that quantiles of billions of samples cost a few KiB; the
// longest one is kept exactly.
type histogram struct {
	count   uint64
	longest time.Duration
	buckets [64 * 16]uint64
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
	h.count++
	h.longest = max(h.longest, d)
	h.buckets[bucketOf(d)]++
}

// quantile is a duration that a share q of the samples does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.count)))
	var seen uint64
	for b, n := range h.buckets {
		seen += n
		if seen >= rank {
			return min(upperEdge(b), h.longest)
		}
	}
	return h.longest
}

// longer counts the samples in buckets that lie wholly above d.
func (h *histogram) longer(d time.Duration) uint64 {
	var n uint64
	for b := bucketOf(d) + 1; b < len(h.buckets); b++ {
		n += h.buckets[b]
	}
	return n
}
