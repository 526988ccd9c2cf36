package main

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	batchSize  = 64
	atomicName = "atomic.Uint64"
	emptyName  = "loop alone"
)

type getBenchmark struct {
	n, ops int
	curve  bool
}

func (b *getBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.n, "n", 0, "`entries` (default 5M, 100k with -short)")
	fs.IntVar(&b.ops, "ops", 0, "`lookups` a round (default 1M, 100k with -short)")
	fs.BoolVar(&b.curve, "curve", false, "measure 100k, 1M, 10M and 50M entries too")
}

func (b *getBenchmark) run(e *environment) error {
	b.ops = e.pick(b.ops, 1_000_000, 100_000)
	n := e.pick(b.n, 5_000_000, 100_000)
	speed := chart{
		Slug: "get", Kind: lineChart, LogX: true, XLabel: "entries",
		Title:    "Get of a random key, by number of entries",
		Subtitle: "nanoseconds, lower is better",
		Noise:    fmt.Sprintf("medians of %d rounds in turn; bars span the rounds", e.rounds),
		Panels:   make([]panel, 1),
	}
	for _, size := range b.sizes(e, n) {
		f := b.random(e, size, size == n)
		for _, p := range e.peers {
			speed.Panels[0].add(p.name, float64(size), f.of(p.name, "ns"))
		}
	}
	e.report.chart(speed)
	inCache := b.small(e, "Get of one of 1,000 keys", 1000, 0)
	keys := e.pick(0, 1_000_000, 100_000)
	skewed := b.small(e, "Get of zipf 0.99 over "+formatCount(keys)+" keys", keys, 0.99)
	if e.has(larderName) {
		inCacheFigure(e, "in cache, 1,000 keys", inCache)
		inCacheFigure(e, "zipf 0.99", skewed)
	}
	b.hot(e)
	return nil
}

// sizes is the numbers of entries to measure at, n among them.
func (b *getBenchmark) sizes(e *environment, n int) []int {
	sizes := []int{n}
	switch {
	case b.curve && e.short:
		sizes = append(sizes, 10_000, 30_000)
	case b.curve:
		sizes = append(sizes, 100_000, 1_000_000, 10_000_000, 50_000_000)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// random measures lookups of uniformly random keys among n entries.
func (b *getBenchmark) random(e *environment, n int, held bool) *fleet {
	names := []string{smallPagesName, hugePagesName}
	for _, p := range e.peers {
		names = append(names, p.name)
	}
	f := newFleet(e)
	groups := plan(names, n)
	for _, group := range groups {
		b.group(e, f, group, n)
	}
	t := table{
		title:  "Get of a random present key, " + formatCount(n) + " entries",
		header: []string{"store", "median", "rounds", "over larder's"},
	}
	larder := f.of(larderName, "ns").median()
	row := func(name, figure, label string) {
		s := f.of(name, figure)
		t.add(label, formatNanos(s.median()), s.span(formatNanos), formatRatio(s.median()/larder))
	}
	for _, p := range e.peers {
		row(p.name, "ns", p.name)
	}
	if e.has(larderName) {
		row(larderName, "batch ns", "larder GetBatch of 64, a key")
	}
	for _, name := range names[:2] {
		row(name, "linked", name+", pair after pair")
		row(name, "overlapping", name+", pairs overlapping")
	}
	t.note("%d rounds of %s lookups, the stores taking turns%s; each time includes the call through an interface.",
		e.rounds, formatCount(b.ops), inGroups(len(groups)))
	t.note("Stores that hold Go slices return them without a copy; bigcache, freecache, fastcache and larder copy the value out.")
	t.note("Two reads: in an array of %s; %s of the second one was in huge pages.",
		formatBytes(float64(n*footprint)), formatPercent(f.of(hugePagesName, "huge").median()))
	f.tableNotes(&t)
	e.report.table(t)
	if held && e.has(larderName) {
		getFigures(e, f)
	}
	return f
}

func inGroups(groups int) string {
	if groups == 1 {
		return ""
	}
	return " in groups of what fits into memory at once"
}

// group fills the stores of one group and runs all rounds on them.
func (b *getBenchmark) group(e *environment, f *fleet, names []string, n int) {
	defer f.stop()
	for _, name := range names {
		e.report.progress("filling %s with %s entries", name, formatCount(n))
		f.start(name, request{Op: "fill", N: n, Config: filled(n), Seed: e.seed})
	}
	for round := range e.rounds {
		seed := mix(e.seed + uint64(round))
		f.ask(func(name string) (request, bool) {
			op := "get"
			if name == smallPagesName || name == hugePagesName {
				op = "chase"
			}
			return request{Op: op, Ops: b.ops, Seed: seed}, true
		})
		f.ask(func(name string) (request, bool) {
			return request{Op: "getbatch", Ops: b.ops, Seed: seed ^ 1}, name == larderName
		})
	}
}

func getFigures(e *environment, f *fleet) {
	get := f.of(larderName, "ns").median()
	if name, fastest := f.fastestPeer("ns"); name != "" {
		e.report.figure("Get beyond the caches: the fastest peer's time ("+name+") over larder's", fastest/get,
			bar{atLeast: 1.5, aim: 1.5, format: formatRatio})
	}
	e.report.figure("Get beyond the caches: larder's time over two reads' (4 KiB pages)",
		get/f.of(smallPagesName, "linked").median(), bar{atLeast: 1.2, aim: 1.2, lower: true, format: formatRatio})
	e.report.figure("Get beyond the caches: larder's time over two reads' (huge pages)",
		get/f.of(hugePagesName, "linked").median(), bar{atLeast: 1.2, aim: 1.2, lower: true, format: formatRatio})
	e.report.figure("GetBatch of 64: Get's time over GetBatch's, a key", get/f.of(larderName, "batch ns").median(),
		bar{atLeast: 2.5, aim: 5, format: formatRatio})
}

// small measures lookups that the processor's caches serve.
func (b *getBenchmark) small(e *environment, title string, n int, skew float64) *fleet {
	f := newFleet(e)
	defer f.stop()
	names := append(namesOf(e.peers), emptyName)
	for _, name := range names {
		f.start(name, request{Op: "fill", N: n, Config: filled(n)})
	}
	for round := range e.rounds {
		f.ask(func(string) (request, bool) {
			return request{Op: "get", Ops: b.ops, Zipf: skew, Seed: mix(e.seed + uint64(round))}, true
		})
	}
	t := table{title: title, header: []string{"store", "median", "rounds", "over larder's"}}
	larder := f.of(larderName, "ns").median()
	for _, name := range names {
		s := f.of(name, "ns")
		t.add(name, formatNanos(s.median()), s.span(formatNanos), formatRatio(s.median()/larder))
	}
	t.note("Loop alone: the same loop over a store that returns at once. It is part of every row.")
	f.tableNotes(&t)
	e.report.table(t)
	return f
}

func namesOf(peers []peer) []string {
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	return names
}

func inCacheFigure(e *environment, what string, f *fleet) {
	get := f.of(larderName, "ns").median()
	for _, other := range []string{"map+RWMutex", "xsync"} {
		if s := f.of(other, "ns"); len(s) > 0 {
			e.report.figure("Get "+what+": larder's time over "+other+"'s", get/s.median(),
				bar{atLeast: 1, aim: 1, lower: true, format: formatRatio})
		}
	}
}

// hot measures goroutines that all read the same key.
func (b *getBenchmark) hot(e *environment) {
	f := newFleet(e)
	defer f.stop()
	names := append(namesOf(e.peers), atomicName)
	for _, name := range names {
		f.start(name, request{Op: "fill", N: 1000, Config: filled(1000)})
	}
	counts := goroutineCounts(runtime.NumCPU())
	for range e.rounds {
		for _, g := range counts {
			f.ask(func(string) (request, bool) {
				return request{Op: "hot", G: g, Secs: e.pickSeconds(0, 0.2, 0.02)}, true
			})
		}
	}
	t := table{title: "Hot key: goroutines reading one key", header: []string{"store"}}
	for _, g := range counts {
		t.header = append(t.header, hotFigure(g))
	}
	t.header = append(t.header, "scaling", "rounds")
	scaling := func(name string) sample { return f.scaling(name, counts) }
	for _, name := range names {
		row := []string{name}
		for _, g := range counts {
			row = append(row, formatNanos(f.of(name, hotFigure(g)).median()))
		}
		t.add(append(row, formatRatio(scaling(name).median()), scaling(name).span(formatRatio))...)
	}
	most := counts[len(counts)-1]
	t.note("Times are of one read as its goroutine sees it. Scaling: reads a second with %d goroutines over those with 1.", most)
	f.tableNotes(&t)
	e.report.table(t)
	if e.has(larderName) && most > 1 {
		e.report.figure("hot key: larder's scaling over that of an atomic load",
			scaling(larderName).median()/scaling(atomicName).median(), bar{atLeast: 0.9, aim: 0.97, format: formatRatio})
	}
}

// scaling is, round by round, how much more the greatest number of goroutines read than one did.
func (f *fleet) scaling(name string, counts []int) sample {
	most := counts[len(counts)-1]
	one, all := f.of(name, hotFigure(1)), f.of(name, hotFigure(most))
	var s sample
	for i := range min(len(one), len(all)) {
		s = append(s, float64(most)*one[i]/all[i])
	}
	return s
}

func hotFigure(g int) string {
	if g == 1 {
		return "1 goroutine"
	}
	return formatCount(g) + " goroutines"
}

// goroutineCounts is 1, 2, 4, … up to the number of processors, which is the last.
func goroutineCounts(cpus int) []int {
	var counts []int
	for g := 1; g < cpus; g *= 2 {
		counts = append(counts, g)
	}
	return append(counts, cpus)
}

// lookups is the keys of a timed stretch: uniform or zipf.
func (w *worker) lookups(r request) keyRun {
	if r.Zipf > 0 {
		return keysOf(scatteredZipf(w.n, r.Ops, r.Zipf, r.Seed))
	}
	if w.n <= 4096 {
		// So short a run stays in the cache with the store that it asks.
		return randomKeys(w.n, min(r.Ops, 4096), r.Seed)
	}
	return randomKeys(w.n, r.Ops, r.Seed)
}

// get times Ops lookups.
func (w *worker) get(r request) (values, error) {
	keys := w.lookups(r)
	passes := max(r.Ops/keys.len(), 1)
	w.lookUp(keys[:min(len(keys), 4096*keySize)]) // brings code and branch history in
	quiesce()
	start := time.Now()
	for range passes {
		w.lookUp(keys)
	}
	took := time.Since(start)
	return values{"ns": float64(took.Nanoseconds()) / float64(passes*keys.len())}, nil
}

// lookUp gets every key of a run once and reads the first byte of each value.
func (w *worker) lookUp(keys keyRun) {
	s, dst, sum := w.store, make([]byte, 0, valueSize), uint64(0)
	for i := range keys.len() {
		v, ok := s.Get(dst, keys.at(i))
		if ok {
			sum += uint64(v[0])
		}
	}
	sink += sum
}

// getBatch times Ops lookups in batches, one key after the other belonging to the same batch.
func (w *worker) getBatch(r request) (values, error) {
	s, ok := w.store.(batcher)
	if !ok {
		return values{}, nil
	}
	keys := w.lookups(r)
	batch := make([]string, batchSize)
	quiesce()
	start := time.Now()
	for i := 0; i+batchSize <= keys.len(); i += batchSize {
		for j := range batch {
			batch[j] = keys.at(i + j)
		}
		_, sum := s.GetBatch(batch)
		sink += sum
	}
	took := time.Since(start)
	return values{"batch ns": float64(took.Nanoseconds()) / float64(keys.len()/batchSize*batchSize)}, nil
}

// hotKey has G goroutines read one key for Secs.
func (w *worker) hotKey(r request) (values, error) {
	read := w.readHot
	if w.name == atomicName {
		var word atomic.Uint64
		read = func(reads int) uint64 { return readAtomic(&word, reads) }
	}
	const stretch = 1024
	var (
		done  sync.WaitGroup
		total atomic.Uint64
		stop  atomic.Bool
	)
	quiesce()
	start := time.Now()
	for range r.G {
		done.Go(func() {
			var reads, sum uint64
			for !stop.Load() {
				sum += read(stretch)
				reads += stretch
			}
			total.Add(reads)
			atomic.AddUint64(&sink, sum)
		})
	}
	time.Sleep(time.Duration(r.Secs * float64(time.Second)))
	stop.Store(true)
	done.Wait()
	took := float64(time.Since(start).Nanoseconds())
	return values{hotFigure(r.G): took * float64(r.G) / float64(total.Load())}, nil
}

func (w *worker) readHot(reads int) (sum uint64) {
	var key [keySize]byte
	putKey(key[:], 0)
	k, dst := string(key[:]), make([]byte, 0, valueSize)
	for range reads {
		if v, ok := w.store.Get(dst, k); ok {
			sum += uint64(v[0])
		}
	}
	return sum
}

func readAtomic(word *atomic.Uint64, reads int) (sum uint64) {
	for range reads {
		sum += word.Load()
	}
	return sum
}
