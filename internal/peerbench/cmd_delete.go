package main

import (
	"flag"
	"fmt"
	"time"
)

type deleteBenchmark struct{ mib int }

func (b *deleteBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.mib, "fill", 0, "`MiB` of keys and values to fill in (default 1024, 64 with -short)")
}

// deletedSizes are the sizes of values that are filled in: equal, small and varied, varied up to large.
var deletedSizes = []sizes{{256, 256}, {8, 512}, {8, 64<<10 - 64}}

// afterDelete is when the resident set is read, in seconds since the last delete.
var afterDelete = []int{0, 1, 2, 5, 10}

func (b *deleteBenchmark) run(e *environment) error {
	total := int64(e.pick(b.mib, 1024, 64)) << 20
	watched := afterDelete
	if e.short {
		watched = afterDelete[:2]
	}
	for _, z := range deletedSizes {
		b.measure(e, total, z, watched)
	}
	return nil
}

func (b *deleteBenchmark) measure(e *environment, total int64, z sizes, watched []int) {
	f := newFleet(e)
	entry := int(z.mean()) + keySize
	n := int(total / int64(entry))
	t := table{
		title:  fmt.Sprintf("RSS after deleting 90 %% of %s, values of %v", formatBytes(float64(total)), z),
		header: []string{"store", "filled", "remains"},
	}
	for _, s := range watched {
		t.header = append(t.header, fmt.Sprintf("after %d s", s))
	}
	t.header = append(t.header, "over remains")
	final := watched[len(watched)-1]
	for _, p := range e.peers {
		e.report.progress("deleting from %s, values of %v", p.name, z)
		config := storeConfig{Entries: n, EntryBytes: entry, OwnKeys: true}
		if z.Most > 4096 {
			config.Entries += n / 4 // what caches with fixed rings need where sizes differ this much
		}
		f.start(p.name, request{Op: "delete", N: n, Config: config, Sizes: z, Seed: e.seed, Secs: float64(final)})
		f.stop()
		row := []string{p.name, formatBytes(f.of(p.name, "filled").median()), formatBytes(f.of(p.name, "remains").median())}
		for _, s := range watched {
			row = append(row, formatBytes(f.of(p.name, secondsFigure(s)).median()))
		}
		t.add(append(row, formatRatio(overRemains(f, p.name, final)))...)
	}
	t.note("%s entries. RSS is what the process has resident beyond what it had before the store was opened; remains: keys and values of the tenth that was not deleted.", formatCount(n))
	t.note("Nobody forces a collection: this is what the program would see.")
	f.tableNotes(&t)
	e.report.table(t)
	if e.has(larderName) {
		e.report.figure(fmt.Sprintf("RSS %d s after deleting 90 %%, over what remains, values of %v", final, z),
			overRemains(f, larderName, final), bar{1.5, 1.25, true, formatRatio})
	}
}

func secondsFigure(s int) string { return fmt.Sprintf("after %d", s) }

func overRemains(f *fleet, name string, after int) float64 {
	return f.of(name, secondsFigure(after)).median() / f.of(name, "remains").median()
}

// deletion fills a store, deletes nine of ten entries in random order and watches the resident set.
func (w *worker) deletion(r request) (values, error) {
	returnMemory()
	before := residentBytes()
	resident := func() float64 { return float64(residentBytes() - before) }
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	rng, s := newRand(r.Seed), newScratch()
	buffer := make([]byte, r.Sizes.Most)
	remains := 0
	order := newPermutation(r.N, r.Seed)
	kept := r.N / 10
	for i := range r.N {
		size := logUniform(rng, r.Sizes.Least, r.Sizes.Most)
		key, _ := s.entry(order.at(i))
		w.store.Set(key, buffer[:size])
		w.flushAt(i)
		// Entries are filled in one random order and deleted in another; which remain is decided by number.
		if order.at(i) < uint64(kept) {
			remains += keySize + size
		}
	}
	w.flush()
	v := values{"filled": resident(), "remains": float64(remains)}
	doomed := newPermutation(r.N-kept, mix(r.Seed))
	for i := range r.N - kept {
		key, _ := s.entry(uint64(kept) + doomed.at(i))
		w.store.Delete(key)
		w.flushAt(i)
	}
	w.flush()
	start := time.Now()
	for _, at := range afterDelete {
		if at > int(r.Secs) {
			break
		}
		time.Sleep(time.Until(start.Add(time.Duration(at) * time.Second)))
		v[secondsFigure(at)] = resident()
	}
	return v, nil
}
