package main

import (
	"flag"
	"time"
)

type setBenchmark struct{ n, ops int }

func (b *setBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.n, "n", 0, "`entries` (default 5M, 100k with -short)")
	fs.IntVar(&b.ops, "ops", 0, "overwriting `sets` a round (default 1M, 100k with -short)")
}

func (b *setBenchmark) run(e *environment) error {
	n, ops := e.pick(b.n, 5_000_000, 100_000), e.pick(b.ops, 1_000_000, 100_000)
	overwrite := b.overwrite(e, n, ops)
	insert := b.insert(e, n)
	if !e.has(larderName) {
		return nil
	}
	setFigure(e, "Set of an existing key", overwrite)
	setFigure(e, "Set of new keys from empty", insert)
	return nil
}

func setFigure(e *environment, what string, f *fleet) {
	if name, fastest := f.fastestPeer("ns"); name != "" {
		e.report.figure(what+": the fastest peer's time ("+name+") over larder's",
			fastest/f.of(larderName, "ns").median(), bar{atLeast: 1.3, aim: 2, format: formatRatio})
	}
}

func (b *setBenchmark) overwrite(e *environment, n, ops int) *fleet {
	f := newFleet(e)
	config := filled(n)
	config.OwnKeys = false
	groups := plan(namesOf(e.peers), n)
	for _, group := range groups {
		for _, name := range group {
			e.report.progress("filling %s with %s entries", name, formatCount(n))
			f.start(name, request{Op: "fill", N: n, Config: config})
		}
		for round := range e.rounds {
			f.ask(func(string) (request, bool) {
				return request{Op: "overwrite", Ops: ops, Seed: mix(e.seed + uint64(round))}, true
			})
		}
		f.stop()
	}
	t := setTable(e, f, "Set of a random existing key, "+formatCount(n)+" entries")
	t.note("%d rounds of %s sets, the stores taking turns%s.", e.rounds, formatCount(ops), inGroups(len(groups)))
	e.report.table(t)
	return f
}

// insert measures filling from empty, in a fresh process each time.
func (b *setBenchmark) insert(e *environment, n int) *fleet {
	f := newFleet(e)
	rounds := min(e.rounds, 3)
	for range rounds {
		for _, p := range e.peers {
			e.report.progress("inserting %s entries into %s", formatCount(n), p.name)
			config := filled(n)
			config.OwnKeys = false
			f.start(p.name, request{Op: "insert", N: n, Config: config})
			f.stop()
		}
	}
	t := setTable(e, f, "Set of new keys, from empty to "+formatCount(n)+" entries, growth included")
	t.note("%d rounds, the stores taking turns, each in a fresh process.", rounds)
	e.report.table(t)
	return f
}

func setTable(e *environment, f *fleet, title string) table {
	t := table{title: title, header: []string{"store", "median", "rounds", "over larder's", "kept"}}
	larder := f.of(larderName, "ns").median()
	for _, p := range e.peers {
		s := f.of(p.name, "ns")
		t.add(p.name, formatNanos(s.median()), s.span(formatNanos), formatRatio(s.median()/larder),
			formatPercent(f.of(p.name, "kept").min()))
	}
	t.note("Stores that hold the caller's slice clone the value, since the caller reuses it; they keep the key as it is.")
	t.note("The time includes garbage collections that the sets bring about. Kept: the share of entries found afterwards.")
	f.tableNotes(&t)
	return t
}

func (w *worker) setAll(keys keyRun, values func(i int) uint64) time.Duration {
	s, value := w.store, make([]byte, valueSize)
	start := time.Now()
	for i := range keys.len() {
		putValue(value, values(i))
		s.Set(keys.at(i), value)
	}
	return time.Since(start)
}

// overwrite times Ops sets of keys that are present.
func (w *worker) overwrite(r request) (values, error) {
	rng := newRand(r.Seed)
	entries := make([]uint32, r.Ops)
	for i := range entries {
		entries[i] = uint32(rng.Uint64N(uint64(w.n)))
	}
	keys := keysOf(entries)
	quiesce()
	took := w.setAll(keys, func(i int) uint64 { return uint64(entries[i]) })
	w.flush()
	kept, err := w.kept(w.n)
	return values{"ns": float64(took.Nanoseconds()) / float64(r.Ops), "kept": kept}, err
}

// insert times filling a store from empty.
func (w *worker) insert(r request) (values, error) {
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	keys := sequentialKeys(0, r.N)
	quiesce()
	took := w.setAll(keys, func(i int) uint64 { return uint64(i) })
	w.flush()
	kept, err := w.kept(r.N)
	return values{"ns": float64(took.Nanoseconds()) / float64(r.N), "kept": kept}, err
}
