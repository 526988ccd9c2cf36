package main

import (
	"flag"
	"fmt"
	"math"
	"time"
)

type memBenchmark struct{ n int }

func (b *memBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.n, "n", 0, "only this number of `entries` (default 1M, 2M, 3M, 5M and 10M; 100k and 150k with -short)")
}

// sizes has numbers between the powers of two, at which tables that double look worst.
func (b *memBenchmark) sizes(e *environment) []int {
	switch {
	case b.n != 0:
		return []int{b.n}
	case e.short:
		return []int{100_000, 150_000}
	}
	return []int{1_000_000, 2_000_000, 3_000_000, 5_000_000, 10_000_000}
}

func (b *memBenchmark) run(e *environment) error {
	b.measure(e, "mem", "Resident memory over key and value, bytes an entry", false, bar{18, 14, true, plainBytes})
	b.measure(e, "mem-ttl", "Resident memory over key and value, bytes an entry with a TTL", true, bar{26, 20, true, plainBytes})
	return nil
}

func (b *memBenchmark) measure(e *environment, slug, title string, ttl bool, held bar) {
	f := newFleet(e)
	sizes := b.sizes(e)
	t := table{title: title, header: []string{"store"}}
	c := chart{
		Slug: slug, Kind: lineChart, LogX: true, XLabel: "entries",
		Title:    "Memory by number of entries",
		Subtitle: fmt.Sprintf("resident bytes an entry beyond key and value (%d bytes), lower is better", pairSize),
		Noise:    "one filling a point, of which memory depends little",
		Panels:   make([]panel, 1),
	}
	if ttl {
		c.Title += ", each with a TTL"
	}
	for _, n := range sizes {
		t.header = append(t.header, formatCount(n))
	}
	for _, p := range e.peers {
		if ttl && !p.ttl && !p.lifetime {
			continue
		}
		row := []string{p.name}
		for _, n := range sizes {
			e.report.progress("memory of %s entries in %s", formatCount(n), p.name)
			f.start(p.name, request{Op: "mem", N: n, TTL: ttl, Config: filledForTTL(n, ttl)})
			f.stop()
			over := last(f.of(p.name, "over"))
			row = append(row, plainBytes(over))
			if !math.IsNaN(over) {
				c.Panels[0].add(p.name, float64(n), sample{over})
			}
		}
		t.add(row...)
	}
	t.note("Resident set of the process after filling, less that before, less %d bytes an entry; garbage collected and free memory returned at both times.", pairSize)
	t.note("Stores that hold Go strings and slices own a copy of each key and value.")
	f.tableNotes(&t)
	e.report.table(t)
	e.report.chart(c)
	if over := f.of(larderName, "over"); len(over) > 0 {
		e.report.figure(title+", worst size", over.max(), held)
	}
}

func filledForTTL(n int, ttl bool) storeConfig {
	c := filled(n)
	if ttl {
		c.Lifetime = time.Hour
	}
	return c
}

func last(s sample) float64 {
	if len(s) == 0 {
		return sample(nil).median()
	}
	return s[len(s)-1]
}

// memory fills a fresh store and tells by how many bytes an entry the resident set grew beyond the entries' own.
func (w *worker) memory(r request) (values, error) {
	returnMemory()
	before := residentBytes()
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	if r.TTL {
		w.putTTL(0, r.N, func() time.Duration { return time.Hour })
	} else {
		w.put(0, r.N)
	}
	returnMemory()
	after := residentBytes()
	kept, err := w.kept(r.N)
	return values{"over": float64(after-before)/float64(r.N) - pairSize, "kept": kept}, err
}

// putTTL stores entries from up to to with the time to live that ttl gives at that moment.
func (w *worker) putTTL(from, to int, ttl func() time.Duration) {
	s, store := newScratch(), w.store.(expirer)
	for i := from; i < to; i++ {
		key, value := s.entry(uint64(i))
		store.SetTTL(key, value, ttl())
		w.flushAt(i)
	}
	w.flush()
}
