package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes/typed"
	"github.com/maypok86/otter/v2"
)

// typedBenchmark measures reads of Go values that are in the cache: what encoding them costs beside a cache that keeps
// pointers to them, and what a loader adds.
type typedBenchmark struct {
	keys int
	ops  int
}

func (b *typedBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.keys, "keys", 0, "`keys` (default 100k, 1k with -short)")
	fs.IntVar(&b.ops, "ops", 0, "reads in a round (default 1M, 10k with -short)")
}

// quote is a value of fixed size, as a service of prices has them.
type quote struct {
	Bid, Ask float64
	Volume   int64
	At       int64
}

// typedReader is one way to read a quote.
type typedReader struct {
	store, name string
	read        func(key int64) (quote, error)
	ns          sample
}

func (b *typedBenchmark) run(e *environment) error {
	b.keys, b.ops = e.pick(b.keys, 100_000, 1000), e.pick(b.ops, 1_000_000, 10_000)
	readers, stop, err := b.readers()
	if err != nil {
		return err
	}
	defer stop()
	rng := rand.New(rand.NewPCG(e.seed, 0))
	for range e.rounds {
		for _, r := range readers {
			if err := r.measure(b, rng); err != nil {
				return fmt.Errorf("%s: %s: %w", r.store, r.name, err)
			}
		}
	}
	t := table{
		title:  fmt.Sprintf("Reads of a struct of 32 bytes that is in the cache, %s random keys", formatCount(b.keys)),
		header: []string{"store", "read", "median", "rounds", "allocations"},
	}
	for _, r := range readers {
		if !e.has(r.store) {
			continue
		}
		key := int64(0)
		allocs := testing.AllocsPerRun(100, func() { key = (key + 1) % int64(b.keys); r.read(key) })
		t.add(r.store, r.name, formatNanos(r.ns.median()), r.ns.span(formatNanos), formatWhole(allocs))
	}
	t.note("Keys are int64; %d rounds in turn, in one process, on one goroutine. otter keeps the value on the heap, where the collector sees it; larder decodes it.", e.rounds)
	e.report.table(t)
	return nil
}

func (r *typedReader) measure(b *typedBenchmark, rng *rand.Rand) error {
	start := time.Now()
	for range b.ops {
		key := rng.Int64N(int64(b.keys))
		q, err := r.read(key)
		if err != nil {
			return err
		}
		if q.Volume != key {
			return fmt.Errorf("key %d has the value of %d", key, q.Volume)
		}
	}
	r.ns = append(r.ns, float64(time.Since(start))/float64(b.ops))
	return nil
}

// readers fills the caches and returns the ways to read them.
func (b *typedBenchmark) readers() (readers []*typedReader, stop func(), err error) {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		return nil, nil, err
	}
	load := func(_ context.Context, key int64) (quote, error) { return quote{Bid: 1, Ask: 2, Volume: key}, nil }
	for _, way := range []struct {
		name string
		o    typed.LoaderOptions[int64, quote]
	}{
		{"Get, fixed", typed.LoaderOptions[int64, quote]{MapOptions: typed.MapOptions[int64, quote]{Value: typed.Fixed[quote]{}}}},
		{"Get, JSON", typed.LoaderOptions[int64, quote]{}},
		{"Load, fixed", typed.LoaderOptions[int64, quote]{MapOptions: typed.MapOptions[int64, quote]{Value: typed.Fixed[quote]{}}}},
		{"Load, fixed, TTL and stale", typed.LoaderOptions[int64, quote]{
			MapOptions: typed.MapOptions[int64, quote]{Value: typed.Fixed[quote]{}, TTL: time.Hour}, Stale: time.Hour,
		}},
	} {
		way.o.Prefix, way.o.Load = way.name+":", load
		l, err := typed.NewLoader(cache, way.o)
		if err != nil {
			return nil, nil, err
		}
		read := func(key int64) (quote, error) { return l.Load(context.Background(), key) }
		if way.name[:3] == "Get" {
			read = func(key int64) (quote, error) { q, _, err := l.Get(key); return q, err }
		}
		readers = append(readers, &typedReader{store: larderName, name: way.name, read: read})
		for key := range int64(b.keys) {
			if _, err := l.Load(context.Background(), key); err != nil {
				return nil, nil, err
			}
		}
	}
	records, err := typed.NewRecords[int64, quote](cache, typed.RecordOptions[int64]{Prefix: "record:"})
	if err != nil {
		return nil, nil, err
	}
	readers = append(readers, &typedReader{store: larderName, name: "Records.Get", read: func(key int64) (quote, error) {
		q, _, err := records.Get(key)
		return q, err
	}})
	loading, err := otter.New(&otter.Options[int64, quote]{
		MaximumSize:       headroom(b.keys),
		ExpiryCalculator:  otter.ExpiryWriting[int64, quote](2 * time.Hour),
		RefreshCalculator: otter.RefreshWriting[int64, quote](time.Hour),
	})
	if err != nil {
		return nil, nil, err
	}
	loader := otter.LoaderFunc[int64, quote](load)
	readers = append(readers, &typedReader{store: "otter", name: "Get with a loader, TTL and refresh", read: func(key int64) (quote, error) {
		return loading.Get(context.Background(), key, loader)
	}})
	for key := range int64(b.keys) {
		q, _ := load(context.Background(), key)
		loading.Set(key, q)
		if err := records.Set(key, q); err != nil {
			return nil, nil, err
		}
	}
	return readers, func() { cache.Close(); loading.StopAllGoroutines() }, nil
}
