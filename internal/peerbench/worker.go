package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// worker is the state of a measuring process between requests.
type worker struct {
	name  string
	store Store
	n     int // entries filled in
	chase *chase
}

// operations is what a worker can be asked.
var operations = map[string]func(*worker, request) (values, error){
	"fill":      (*worker).fill,
	"get":       (*worker).get,
	"getbatch":  (*worker).getBatch,
	"chase":     (*worker).chasePointers,
	"hot":       (*worker).hotKey,
	"overwrite": (*worker).overwrite,
	"insert":    (*worker).insert,
	"mem":       (*worker).memory,
	"gc":        (*worker).collect,
	"growth":    (*worker).growth,
	"churn":     (*worker).churn,
	"delete":    (*worker).deletion,
	"expire":    (*worker).expiry,
	"allocs":    (*worker).allocations,
}

// serve answers requests until in ends.
func serve(name string, in io.Reader, out io.Writer) error {
	debug.SetMemoryLimit(memoryTotal() * 85 / 100)
	w := &worker{name: name}
	dec, enc := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var r request
		if err := dec.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := enc.Encode(w.answer(r)); err != nil {
			return err
		}
	}
}

func (w *worker) answer(r request) reply {
	op, ok := operations[r.Op]
	if !ok {
		return reply{Error: "unknown operation"}
	}
	v, err := op(w, r)
	if err != nil {
		return reply{Error: err.Error()}
	}
	return reply{Values: v}
}

// open makes the store that the worker is named after.
func (w *worker) open(c storeConfig) error {
	p, err := findPeer(w.name)
	if err != nil {
		return err
	}
	w.store, err = p.open(c)
	return err
}

// scratch is one key and one value that are written over and over, so that filling a store leaves no garbage that is
// not the store's own.
type scratch struct{ key, value []byte }

func newScratch() scratch {
	return scratch{make([]byte, keySize), make([]byte, valueSize)}
}

// entry is the key and value of entry i, good until the next call.
func (s scratch) entry(i uint64) (key string, value []byte) {
	putKey(s.key, i)
	putValue(s.value, i)
	return unsafe.String(&s.key[0], keySize), s.value
}

// put stores entries from up to to. The store must have been opened with OwnKeys.
func (w *worker) put(from, to int) {
	s := newScratch()
	for i := from; i < to; i++ {
		w.store.Set(s.entry(uint64(i)))
		w.flushAt(i)
	}
	w.flush()
}

// putKept stores entries 0, 1, … under keys that stay valid.
func (w *worker) putKept(keys keyRun) {
	value := make([]byte, valueSize)
	for i := range keys.len() {
		putValue(value, uint64(i))
		w.store.Set(keys.at(i), value)
		w.flushAt(i)
	}
	w.flush()
}

// flushEvery keeps caches with a bounded write buffer from dropping writes during a fill that nobody times.
const flushEvery = 4096

func (w *worker) flushAt(i int) {
	if i%flushEvery == 0 {
		w.flush()
	}
}

func (w *worker) flush() {
	if f, ok := w.store.(flusher); ok {
		f.Flush()
	}
}

// kept samples which share of the entries 0 … n-1 the store still has, and fails on a wrong value.
func (w *worker) kept(n int) (float64, error) {
	const most = 50_000
	rng := newRand(1)
	s, buf := newScratch(), make([]byte, 0, valueSize)
	checks, found := min(n, most), 0
	for range checks {
		i := rng.Uint64N(uint64(n))
		key, _ := s.entry(i)
		v, ok := w.store.Get(buf, key)
		if !ok {
			continue
		}
		if !checkValue(v, i) {
			return 0, fmt.Errorf("entry %d reads back as %x", i, v)
		}
		found++
	}
	return float64(found) / float64(checks), nil
}

// fill opens the store and puts N entries in, untimed.
func (w *worker) fill(r request) (values, error) {
	if w.name == smallPagesName || w.name == hugePagesName {
		return w.fillMemory(r)
	}
	if w.name == atomicName {
		return values{}, nil
	}
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	w.n = r.N
	if r.Config.OwnKeys {
		w.put(0, r.N)
	} else {
		w.putKept(sequentialKeys(0, r.N))
	}
	returnMemory()
	kept, err := w.kept(r.N)
	return values{"kept": kept}, err
}

// sink keeps results alive that nobody else reads, so that the compiler keeps the reads.
var sink uint64

func workerMain(name string) {
	if err := serve(name, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "peerbench worker:", name+":", err)
		os.Exit(1)
	}
}

// quiesce starts a timed stretch with no collection owed.
func quiesce() { runtime.GC() }
