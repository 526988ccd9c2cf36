package histogram

import (
	"sync"
	"testing"
	"time"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	for d := time.Duration(0); d < 100_000; d++ {
		b := bucketOf(d)
		if upperEdge(b) < d || b > 0 && upperEdge(b-1) >= d {
			t.Fatalf("%d ns is in bucket %d, which ends at %d", d, b, upperEdge(b))
		}
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	var h Histogram
	var recorders sync.WaitGroup
	for start := range 4 {
		recorders.Go(func() {
			for i := start; i < 1000; i += 4 {
				h.Record(time.Duration(i+1) * time.Microsecond)
			}
		})
	}
	recorders.Wait()
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 500 * time.Microsecond}, {0.99, 990 * time.Microsecond}, {1, time.Millisecond}} {
		if got := h.Quantile(c.q); got < c.want || got > c.want*17/16 {
			t.Errorf("quantile %v is %v, want %v or little more", c.q, got, c.want)
		}
	}
	if h.Count() != 1000 || h.Longest() != time.Millisecond {
		t.Errorf("%d durations, the longest %v", h.Count(), h.Longest())
	}
	if n := h.Longer(800 * time.Microsecond); n > 200 || n < 150 {
		t.Errorf("%d are longer than 800 µs", n)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	var h Histogram
	if h.Quantile(0.99) != 0 || h.Longest() != 0 || h.Count() != 0 || h.Longer(0) != 0 {
		t.Error("a histogram of nothing has something")
	}
}
