package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/larderkv/larder/internal/histogram"
	"github.com/valkey-io/valkey-go"
)

// invalidationBenchmark measures how soon a client that caches what it reads hears that this has changed.
type invalidationBenchmark struct {
	pairBenchmark
	writes int
}

func (b *invalidationBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.writes, "writes", 0, "`writes` a round (default 10k, 200 with -short)")
}

func (b *invalidationBenchmark) run(e *environment) error {
	b.writes = e.pick(b.writes, 10_000, 200)
	return b.withPair(e, "invalidation", noFlags, func(pair [2]*server) error {
		var results [2]map[string]sample
		rounds := min(e.rounds, 5)
		for round := range rounds {
			e.report.progress("invalidation: round %d of %d", round+1, rounds)
			for i, s := range pair {
				h, err := b.measure(s)
				if err != nil {
					return err
				}
				if results[i] == nil {
					results[i] = make(map[string]sample)
				}
				for _, q := range quantiles {
					results[i][q.name] = append(results[i][q.name], float64(h.Quantile(q.q)))
				}
			}
		}
		t := table{
			title:  "From a write to the invalidation of a cached value, larderd beside redis-server " + pair[0].version(),
			header: []string{"of writes", "redis-server", "larder", "rounds"},
		}
		for _, q := range quantiles {
			ours := results[1][q.name]
			t.add(q.name, formatNanos(results[0][q.name].median()), formatNanos(ours.median()), ours.span(formatNanos))
			if q.q > 0.5 {
				e.report.figure("from a write to the invalidation seen by valkey-go, "+q.name, ours.median(),
					bar{float64(time.Millisecond), float64(time.Millisecond), true, formatNanos})
			}
		}
		t.note("valkey-go with its defaults reads a key by DoCache; another connection sends SET; the time is from before that to the call of OnInvalidations. %s writes a round, %d rounds in turn.",
			formatCount(b.writes), rounds)
		e.report.table(t)
		return nil
	})
}

func (b *invalidationBenchmark) measure(s *server) (*histogram.Histogram, error) {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	heard := make(chan time.Time, 1)
	client, err := valkey.NewClient(valkey.ClientOption{
		InitAddress: []string{addr},
		OnInvalidations: func(keys []valkey.ValkeyMessage) {
			if len(keys) > 0 { // else a connection was closed, or all has been flushed
				heard <- time.Now()
			}
		},
	})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	writer, err := dialServer(s, 0)
	if err != nil {
		return nil, err
	}
	defer writer.conn.Close()
	h := new(histogram.Histogram)
	for i := range b.writes {
		cached := client.B().Get().Key("key").Cache()
		if err := client.DoCache(context.Background(), cached, time.Hour).Error(); err != nil && !valkey.IsValkeyNil(err) {
			return nil, err
		}
		start := time.Now()
		writer.command("set", "key", strconv.Itoa(i))
		if err := writer.flush(); err != nil {
			return nil, err
		}
		select {
		case at := <-heard:
			h.Record(at.Sub(start))
		case <-time.After(time.Second):
			return nil, fmt.Errorf("%s: write %d is not heard of", s.name, i)
		}
	}
	return h, nil
}
