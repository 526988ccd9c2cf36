package main

import (
	"errors"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// largeBenchmark measures what clients with small requests notice of one that reads large values.
type largeBenchmark struct {
	pairBenchmark
	keys    int
	rate    float64
	seconds float64
}

func (b *largeBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.keys, "keys", 0, "random `keys` (default 1M, 10k with -short)")
	fs.Float64Var(&b.rate, "rate", 10_000, "`requests` a second of the other clients")
	fs.Float64Var(&b.seconds, "seconds", 0, "length of a round, in `s` (default 5, 0.3 with -short)")
}

const (
	largeValue = 10 << 20
	largeEvery = 100 * time.Millisecond

	largeOthers = 50 // connections
)

func (b *largeBenchmark) run(e *environment) error {
	b.keys = e.pick(b.keys, 1_000_000, 10_000)
	if b.rate == 0 {
		b.rate = 10_000
	}
	b.seconds = e.pickSeconds(b.seconds, 5, 0.3)
	return b.withPair(e, "large", noFlags, func(pair [2]*server) error {
		for _, s := range pair {
			if err := loadKeys(s, b.keys); err != nil {
				return err
			}
		}
		return b.compare(e, pair)
	})
}

func (b *largeBenchmark) compare(e *environment, pair [2]*server) error {
	t := table{
		title:  "p99.9 of small requests beside a reader of large values, larderd and redis-server " + pair[0].version(),
		header: []string{"server", "alone", "beside the reader", "difference", "rounds", "sent late by"},
	}
	load := openLoop{clients: largeOthers, keys: b.keys, rate: b.rate, took: time.Duration(b.seconds * float64(time.Second)), seed: e.seed}
	var alone, beside, more, late [2]sample
	rounds := min(e.rounds, 5)
	for round := range rounds {
		e.report.progress("large: round %d of %d", round+1, rounds)
		for i, s := range pair {
			r, err := load.run(s.port)
			if err != nil {
				return err
			}
			stop, err := readLarge(s)
			if err != nil {
				return err
			}
			with, err := load.run(s.port)
			if err := errors.Join(err, stop()); err != nil {
				return err
			}
			alone[i] = append(alone[i], float64(r.latency.Quantile(0.999)))
			beside[i] = append(beside[i], float64(with.latency.Quantile(0.999)))
			late[i] = append(late[i], float64(with.late.Quantile(0.999)))
			more[i] = append(more[i], last(beside[i])-last(alone[i]))
		}
	}
	for i, s := range pair {
		t.add(s.name, formatNanos(alone[i].median()), formatNanos(beside[i].median()), formatMillis(more[i].median()), more[i].span(formatMillis), formatNanos(late[i].median()))
	}
	e.report.figure("p99.9 of small requests, more beside a reader of large values", more[1].median(),
		bar{float64(time.Millisecond), float64(200 * time.Microsecond), true, formatMillis})
	t.note("The reader gets %s every %v. The others, %d connections, send %.0f requests a second; %d rounds of %.1f s in turn.",
		formatBytes(largeValue), largeEvery, largeOthers, b.rate, rounds, b.seconds)
	t.note("The servers, the reader and the generator of the small requests share the processors, of which the reader has the lowest priority. The last column is the p99.9 of how late small requests were sent, beside the reader: what is due to the processors rather than to the server.")
	e.report.table(t)
	return nil
}

// formatMillis is for differences, which may be negative.
func formatMillis(ns float64) string { return fmt.Sprintf("%.2f ms", ns/1e6) }

// readLarge begins to read a large value again and again, until stop is called.
func readLarge(s *server) (stop func() error, err error) {
	w, err := dialServer(s, 0)
	if err != nil {
		return nil, err
	}
	w.command("set", "large", strings.Repeat("x", largeValue))
	if err := w.flush(); err != nil {
		w.conn.Close()
		return nil, err
	}
	quit, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		defer w.conn.Close()
		// The thread, which ends with the goroutine, makes way for those whose latency is measured: a reader on a machine
		// of its own would not take their processors.
		runtime.LockOSThread()
		if err := lowerPriority(); err != nil {
			ended <- err
			return
		}
		tick := time.NewTicker(largeEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				ended <- nil
				return
			case <-tick.C:
			}
			w.command("get", "large")
			if err := w.flush(); err != nil {
				ended <- err
				return
			}
		}
	}()
	return func() error {
		close(quit)
		return <-ended
	}, nil
}
