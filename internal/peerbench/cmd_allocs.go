package main

import (
	"flag"
	"testing"
)

type allocsBenchmark struct{}

func (b *allocsBenchmark) register(*flag.FlagSet) {}

// allocated names what is counted, in the order of the columns.
var allocated = []string{"Get", "Set", "View", "GetBatch", "Expire", "Delete"}

func (b *allocsBenchmark) run(e *environment) error {
	f := newFleet(e)
	t := table{title: "Allocations per operation", header: append([]string{"store"}, allocated...)}
	const n = 10_000
	for _, p := range e.peers {
		config := filled(n)
		config.OwnKeys = false
		f.start(p.name, request{Op: "fill", N: n, Config: config})
		f.ask(func(string) (request, bool) { return request{Op: "allocs"}, true })
		f.stop()
		row := []string{p.name}
		for _, figure := range allocated {
			row = append(row, formatWhole(f.of(p.name, figure).median()))
		}
		t.add(row...)
	}
	t.note("testing.AllocsPerRun over 1,000 operations. Get is AppendGet for larder. Set overwrites. What a store does not offer is left open.")
	t.note("Delete removes keys that are present, one after the other.")
	f.tableNotes(&t)
	e.report.table(t)
	if e.has(larderName) {
		for _, figure := range allocated {
			e.report.figure("allocations of "+figure, f.of(larderName, figure).max(), bar{0, 0, true, formatWhole})
		}
	}
	return nil
}

// viewer is a Store that lends a value out without a copy.
type viewer interface {
	View(key string) bool
}

// toucher is a Store that changes the time to live of an entry.
type toucher interface {
	Expire(key string) bool
}

// allocations counts what each operation allocates on keys that are present.
func (w *worker) allocations(request) (values, error) {
	const runs = 1000
	keys, next := sequentialKeys(0, w.n), 0
	turn := func() string {
		next++
		return keys.at(next % keys.len())
	}
	dst, value := make([]byte, 0, valueSize), make([]byte, valueSize)
	v := values{}
	count := func(figure string, op func()) { v[figure] = testing.AllocsPerRun(runs, op) }
	count("Get", func() { w.store.Get(dst, turn()) })
	count("Set", func() { w.store.Set(turn(), value) })
	if s, ok := w.store.(viewer); ok {
		count("View", func() { s.View(turn()) })
	}
	if s, ok := w.store.(batcher); ok {
		batch := make([]string, batchSize)
		count("GetBatch", func() {
			for i := range batch {
				batch[i] = turn()
			}
			s.GetBatch(batch)
		})
	}
	if s, ok := w.store.(toucher); ok {
		count("Expire", func() { s.Expire(turn()) })
	}
	next = 0
	count("Delete", func() { w.store.Delete(turn()) })
	return v, nil
}
