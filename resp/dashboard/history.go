package dashboard

import (
	"slices"
	"sync"
	"time"

	"github.com/larderkv/larder/internal/telemetry"
	"github.com/larderkv/larder/resp"
)

const (
	// sampleEvery is the least time between two samples, a little less than that between two requests of a page, so
	// that each of them finds a new one.
	sampleEvery = 900 * time.Millisecond

	// gap is the time without a sample after which rates would be averages over too much to be shown in one line with
	// those before.
	gap = 5 * time.Second

	// kept is how many points the charts show: about five minutes.
	kept = 300
)

// point is what happened in the time up to a moment, a second of it in rates.
type point struct {
	At       int64   `json:"at"` // Unix milliseconds
	Commands float64 `json:"commands"`
	Hits     float64 `json:"hits"`
	Misses   float64 `json:"misses"`
	Expired  float64 `json:"expired"`
	Evicted  float64 `json:"evicted"`
	Received float64 `json:"received"`
	Sent     float64 `json:"sent"`
	Keys     int     `json:"keys"`
	Used     int64   `json:"used"`
	Resident int64   `json:"resident"`
	Clients  int     `json:"clients"`

	// Percentiles of the latency of all calls that were timed, in microseconds, null if none was.
	P50  *float64 `json:"p50"`
	P99  *float64 `json:"p99"`
	P999 *float64 `json:"p999"`
}

// history keeps the samples that requests take.
type history struct {
	source telemetry.Source

	mu     sync.Mutex
	last   *telemetry.Snapshot // nil before the first
	at     time.Time           // of last
	timed  resp.Latencies      // all calls up to last
	points []point
}

// sample returns the state of the cache, not older than sampleEvery, and the points after a time.
func (h *history) sample(after int64) (*telemetry.Snapshot, []point) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); h.last == nil || now.Sub(h.at) >= sampleEvery {
		h.take(now)
	}
	first, _ := slices.BinarySearchFunc(h.points, after, func(p point, after int64) int {
		if p.At <= after {
			return -1
		}
		return 1
	})
	return h.last, slices.Clone(h.points[first:])
}

func (h *history) take(now time.Time) {
	s, timed := h.source.Snapshot(), resp.Latencies{}
	for i := range s.Commands {
		timed = timed.Plus(s.Commands[i].Latency)
	}
	before, elapsed, calls := h.last, now.Sub(h.at), timed.Since(h.timed)
	h.last, h.at, h.timed = s, now, timed
	if before == nil || elapsed > gap {
		h.points = h.points[:0]
		return
	}
	if len(h.points) == kept {
		h.points = slices.Delete(h.points, 0, 1)
	}
	rate := func(now, then int64) float64 { return float64(now-then) / elapsed.Seconds() }
	h.points = append(h.points, point{
		At:       now.UnixMilli(),
		Commands: rate(s.Server.Commands, before.Server.Commands),
		Hits:     rate(s.Hits, before.Hits),
		Misses:   rate(s.Misses, before.Misses),
		Expired:  rate(int64(s.Cache.Expired), int64(before.Cache.Expired)),
		Evicted:  rate(int64(s.Cache.Evicted), int64(before.Cache.Evicted)),
		Received: rate(s.Server.BytesIn, before.Server.BytesIn),
		Sent:     rate(s.Server.BytesOut, before.Server.BytesOut),
		Keys:     s.Cache.Keys,
		Used:     s.Cache.UsedBytes,
		Resident: s.Cache.ResidentBytes,
		Clients:  s.Server.Clients,
		P50:      percentile(calls, 0.5),
		P99:      percentile(calls, 0.99),
		P999:     percentile(calls, 0.999),
	})
}

// percentile returns a percentile in microseconds, nil if there were no calls.
func percentile(calls resp.Latencies, share float64) *float64 {
	if calls.Count() == 0 {
		return nil
	}
	us := micros(calls.Quantile(share))
	return &us
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
