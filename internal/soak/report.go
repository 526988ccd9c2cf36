package main

import (
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder/internal/histogram"
)

// report is what is counted while the program runs.
type report struct {
	out         io.Writer
	began       time.Time
	goLatency   histogram.Histogram // of operations in process
	respLatency histogram.Histogram // of operations over TCP, with the way there and back
	refusals    atomic.Int64
	conflicts   atomic.Int64
	visits      atomic.Int64
	flushes     atomic.Int64
	peakRSS     atomic.Int64
}

// print writes how things stand.
func (r *report) print(s *soak) {
	stats := s.cache.Stats()
	seconds := time.Since(r.began).Seconds()
	operations := r.goLatency.Count() + r.respLatency.Count()
	fmt.Fprintf(r.out, "%7.0fs  %v: %d operations (%.0f/s), %d visits, %d conflicts, %d writes refused, %d flushes\n",
		seconds, s.cache.Policy(), operations, float64(operations)/seconds, r.visits.Load(), r.conflicts.Load(),
		r.refusals.Load(), r.flushes.Load())
	fmt.Fprintf(r.out, "          RSS %s (most %s), resident %s, used %s of %s; %d keys, %d evicted, %d expired; %d goroutines\n",
		mebibytes(residentBytes()), mebibytes(r.peakRSS.Load()), mebibytes(stats.ResidentBytes), mebibytes(stats.UsedBytes),
		mebibytes(stats.MaxBytes), stats.Keys, stats.Evicted, stats.Expired, runtime.NumGoroutine())
	for _, door := range []struct {
		name string
		h    *histogram.Histogram
	}{{"Go", &r.goLatency}, {"RESP", &r.respLatency}} {
		fmt.Fprintf(r.out, "          %-4s p50 %v, p90 %v, p99 %v, p99.9 %v, p99.99 %v, longest %v\n", door.name,
			door.h.Quantile(.5), door.h.Quantile(.9), door.h.Quantile(.99), door.h.Quantile(.999), door.h.Quantile(.9999),
			door.h.Longest())
	}
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
