package resp

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	for i := range histogramBuckets {
		end := bucketEnd(i)
		if got := bucketOf(end); got != i {
			t.Fatalf("bucket %d ends with %d, which is in bucket %d", i, end, got)
		}
		if got := bucketOf(end + 1); i+1 < histogramBuckets && got != i+1 {
			t.Fatalf("%d, behind the end of bucket %d, is in bucket %d", end+1, i, got)
		}
	}
	if got := bucketOf(math.MaxInt64); got != histogramBuckets-1 {
		t.Errorf("the longest time is in bucket %d", got)
	}
	if bucketOf(-1) != 0 || bucketOf(0) != 0 {
		t.Error("no time is not in the first bucket")
	}
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "d")
		end := int64(bucketEnd(bucketOf(time.Duration(d))))
		if end < d || float64(end) > float64(d)*(1+1.0/octaveParts)+40 {
			t.Fatalf("%d is told as %d", d, end)
		}
	})
}

func TestLatencies(t *testing.T) {
	t.Parallel()
	var a, b histogram
	for range 90 {
		a.add(900 * time.Nanosecond)
	}
	for range 9 {
		b.add(100 * time.Microsecond)
	}
	b.add(50 * time.Millisecond)
	var l Latencies
	if l.Quantile(0.5) != 0 || l.Count() != 0 || l.Sum() != 0 {
		t.Errorf("no calls: %+v", l)
	}
	l.merge(&a)
	l.merge(&b)
	if l.Count() != 100 || l.Sum() != 90*900+9*100*time.Microsecond+50*time.Millisecond {
		t.Errorf("%d calls took %v", l.Count(), l.Sum())
	}
	for share, want := range map[float64]time.Duration{
		-1: 900, 0: 900, 0.5: 900, 0.9: 900, 0.91: 100 * time.Microsecond, 0.99: 100 * time.Microsecond,
		0.999: 50 * time.Millisecond, 1: 50 * time.Millisecond, 2: 50 * time.Millisecond,
	} {
		if got := l.Quantile(share); got < want || float64(got) > 1.032*float64(want)+40 {
			t.Errorf("quantile %v is %v, want %v", share, got, want)
		}
	}
	base := l
	a.add(time.Second)
	l = Latencies{}
	l.merge(&a)
	l.merge(&b)
	if got := l.Since(base); got.Count() != 1 || got.Sum() != time.Second || got.Quantile(0) < time.Second {
		t.Errorf("Since: %d calls took %v", got.Count(), got.Sum())
	}
	if got := l.Plus(base).Plus(Latencies{}); got.Count() != 201 || got.Sum() != l.Sum()+base.Sum() || got.Quantile(1) < time.Second || got.Quantile(0.99) >= time.Second {
		t.Errorf("Plus: %d calls took %v", got.Count(), got.Sum())
	}
	if got := (Latencies{}).Plus(base).Since(base); got.Count() != 0 || got.Sum() != 0 || got.Quantile(0.5) != 0 {
		t.Errorf("nothing and base: %d calls took %v", got.Count(), got.Sum())
	}
	if l.Count() != 101 || base.Count() != 100 {
		t.Errorf("Since has changed what it was called of: %d calls, %d", l.Count(), base.Count())
	}
}

// TestLatencyBuckets: the ends of buckets, in whole microseconds, are those of LATENCY HISTOGRAM of Redis.
func TestLatencyBuckets(t *testing.T) {
	t.Parallel()
	var h histogram
	h.add(0)
	h.add(1031)
	h.add(1032)
	h.add(1300 * time.Millisecond)
	var l Latencies
	l.merge(&h)
	var micros, counts []int64
	for d, n := range l.Buckets() {
		micros = append(micros, d.Microseconds())
		counts = append(counts, n)
	}
	want := []int64{1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266, 270532, 541065, 1082130, 2164260}
	if !slices.Equal(micros[:len(want)], want) || micros[len(micros)-1] < (2*time.Minute).Microseconds() {
		t.Errorf("buckets end at\n%d, want\n%d", micros, want)
	}
	if counts[0] != 2 || counts[1] != 3 || counts[len(want)-2] != 3 || counts[len(want)-1] != 4 || counts[len(counts)-1] != 4 {
		t.Errorf("counts are %d", counts)
	}
	for range l.Buckets() {
		break
	}
}

// TestHistogramReadWhileWritten is for the race detector.
func TestHistogramReadWhileWritten(t *testing.T) {
	t.Parallel()
	var h histogram
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 1000 {
				h.add(time.Duration(i) * time.Microsecond)
			}
		})
	}
	for range 10 {
		var l Latencies
		l.merge(&h)
		if l.Count() > 2000 {
			t.Errorf("%d calls", l.Count())
		}
	}
	wg.Wait()
	var l Latencies
	if l.merge(&h); l.Count() != 2000 {
		t.Errorf("%d calls in the end", l.Count())
	}
}
