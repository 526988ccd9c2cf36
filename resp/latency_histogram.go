package resp

import (
	"iter"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"
)

// Histograms of latencies.
//
// Redis keeps its latencies in an HDR histogram, of which LATENCY HISTOGRAM shows the state at powers of two, more
// exactly at 1024 ns × 2^k and what that histogram cannot tell from it, which is up to 1/128 more. Ours has buckets that
// end in the same places, so that the figures mean the same: a duration is scaled by 128/129, and then the octaves of
// powers of two are divided into equal parts. Below the first octave there are buckets of about 32 ns.
//
// With 32 parts a percentile is at most 3 % too high, which is less than two runs differ by, and a histogram takes seven
// kilobytes. There is one for each command that was called and for each event loop, so that no two loops write the same
// line; who reads them adds them up. The HDR library for Go takes 25 kilobytes for the same range and may not be read
// while it is written.
const (
	octaveBits  = 5
	octaveParts = 1 << octaveBits

	firstOctave = 10 // that of 1024
	lastOctave  = 36 // ends after about two minutes

	histogramBuckets = (lastOctave - firstOctave + 2) * octaveParts
)

// bucketOf returns the bucket that counts a duration.
func bucketOf(d time.Duration) int {
	const endless = 1 << 40 // longer than all octaves
	u := uint64(min(max(d, 0), endless)) * 128 / 129
	if u < 1<<firstOctave {
		return int(u >> (firstOctave - octaveBits))
	}
	octave := bits.Len64(u) - 1
	if octave > lastOctave {
		return histogramBuckets - 1
	}
	return (octave-firstOctave+1)*octaveParts + int(u>>(octave-octaveBits))&(octaveParts-1)
}

// bucketEnd returns the longest duration that the bucket counts.
func bucketEnd(bucket int) time.Duration {
	octave, part := firstOctave, bucket+1
	if bucket >= octaveParts {
		octave += bucket/octaveParts - 1
		part = octaveParts + bucket%octaveParts + 1
	}
	end := int64(part) << (octave - octaveBits) // scaled, the first that is not counted
	return time.Duration((end*129 - 1) / 128)
}

// histogram counts durations. It may be read while it is written.
type histogram struct {
	sum    atomic.Int64
	counts [histogramBuckets]atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	h.sum.Add(int64(d))
	h.counts[bucketOf(d)].Add(1)
}

// Latencies are how long the calls of a command took. The zero value is that of no call.
type Latencies struct {
	count  int64
	sum    time.Duration
	counts []int64 // by bucket
}

// Since returns the calls that came after base, which is what was returned for the same command before. O(1).
func (l Latencies) Since(base Latencies) Latencies {
	if base.count == 0 {
		return l
	}
	l.count -= base.count
	l.sum -= base.sum
	l.counts = slices.Clone(l.counts)
	for i, n := range base.counts {
		l.counts[i] -= n
	}
	return l
}

// Plus returns the calls of both. O(1).
func (l Latencies) Plus(other Latencies) Latencies {
	if l.count == 0 {
		return other
	}
	l.count += other.count
	l.sum += other.sum
	l.counts = slices.Clone(l.counts)
	for i, n := range other.counts {
		l.counts[i] += n
	}
	return l
}

// merge adds what a histogram has counted.
func (l *Latencies) merge(h *histogram) {
	if l.counts == nil {
		l.counts = make([]int64, histogramBuckets)
	}
	l.sum += time.Duration(h.sum.Load())
	for i := range h.counts {
		n := h.counts[i].Load()
		l.counts[i] += n
		l.count += n
	}
}

// Count returns how many calls were timed.
func (l Latencies) Count() int64 { return l.count }

// Sum returns how long they took together.
func (l Latencies) Sum() time.Duration { return l.sum }

// Quantile returns the time within which a share of the calls, from 0 to 1, ended: 0.99 for the 99th percentile. It is up
// to 3 % too high, and zero if there were no calls.
func (l Latencies) Quantile(share float64) time.Duration {
	rank := max(1, int64(math.Round(min(max(share, 0), 1)*float64(l.count))))
	sum := int64(0)
	for i, n := range l.counts {
		if sum += n; sum >= rank {
			return bucketEnd(i)
		}
	}
	return 0
}

// Buckets returns, for durations of which each is about twice the one before, how many calls took at most as long. They
// are always the same, from a microsecond to more than two minutes, the last of which contains all calls; there are none
// if there was no call. It is what LATENCY HISTOGRAM shows.
func (l Latencies) Buckets() iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) {
		sum := int64(0)
		for i, n := range l.counts {
			sum += n
			if (i+1)%octaveParts == 0 && !yield(bucketEnd(i), sum) {
				return
			}
		}
	}
}
