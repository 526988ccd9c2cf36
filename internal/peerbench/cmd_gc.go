package main

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"time"
)

type gcBenchmark struct{ n int }

func (b *gcBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.n, "n", 0, "`entries` (default 10M, 100k with -short)")
}

func (b *gcBenchmark) run(e *environment) error {
	n := e.pick(b.n, 10_000_000, 100_000)
	f := newFleet(e)
	names := append([]string{emptyName}, namesOf(e.peers)...)
	for _, name := range names {
		e.report.progress("collecting %s entries in %s", formatCount(n), name)
		first := request{Op: "fill", N: n, Config: filled(n)}
		f.start(name, first)
		for range e.rounds {
			f.ask(func(string) (request, bool) { return request{Op: "gc"}, true })
		}
		f.stop()
	}
	t := table{
		title:  "A full garbage collection, " + formatCount(n) + " entries",
		header: []string{"store", "runtime.GC", "rounds", "mark CPU", "longest stop"},
	}
	c := chart{
		Slug: "gc", Kind: dotChart, LogX: true,
		Title:    "A full garbage collection, " + formatCount(n) + " entries",
		Subtitle: "milliseconds of runtime.GC, lower is better",
		Noise:    fmt.Sprintf("medians of %d collections; bars span them", e.rounds),
		Panels:   make([]panel, 1),
	}
	for _, name := range names {
		s := f.of(name, "ns")
		c.Panels[0].row(name, name, s.scaled(1e-6))
		t.add(name, formatNanos(s.median()), s.span(formatNanos),
			formatNanos(f.of(name, "mark ns").median()), formatNanos(f.of(name, "stop ns").max()))
	}
	t.note("%d collections each. Mark CPU: the processors' time that one collection spends marking, on all cores, from runtime/metrics. "+
		"Longest stop: upper edge of the bucket of the longest stop of the world.", e.rounds)
	t.note("%s: a process that holds no entries.", emptyName)
	f.tableNotes(&t)
	e.report.table(t)
	c.Panels[0].sortRows()
	e.report.chart(c)
	if s := f.of(larderName, "ns"); len(s) > 0 {
		e.report.figure("a full garbage collection with "+formatCount(n)+" entries", s.median(),
			bar{2e6, 0.5e6, true, formatNanos})
	}
	return nil
}

const (
	markAssist    = "/cpu/classes/gc/mark/assist:cpu-seconds"
	markDedicated = "/cpu/classes/gc/mark/dedicated:cpu-seconds"
	markIdle      = "/cpu/classes/gc/mark/idle:cpu-seconds"
	pauses        = "/sched/pauses/total/gc:seconds"
)

// collect times one collection.
func (w *worker) collect(request) (values, error) {
	runtime.GC() // finishes what the last one left to sweep
	before := readGC()
	start := time.Now()
	runtime.GC()
	took := time.Since(start)
	after := readGC()
	runtime.KeepAlive(w.store)
	return values{
		"ns":      float64(took.Nanoseconds()),
		"mark ns": (after.mark - before.mark) * 1e9,
		"stop ns": longestNew(before.pauses, after.pauses) * 1e9,
	}, nil
}

type gcReading struct {
	mark   float64 // seconds of processor time spent marking
	pauses *metrics.Float64Histogram
}

func readGC() gcReading {
	s := []metrics.Sample{{Name: markAssist}, {Name: markDedicated}, {Name: markIdle}, {Name: pauses}}
	metrics.Read(s)
	return gcReading{
		mark:   s[0].Value.Float64() + s[1].Value.Float64() + s[2].Value.Float64(),
		pauses: s[3].Value.Float64Histogram(),
	}
}

// longestNew is the upper edge of the highest bucket that has grown.
func longestNew(before, after *metrics.Float64Histogram) float64 {
	for i := len(after.Counts) - 1; i >= 0; i-- {
		if after.Counts[i] == before.Counts[i] {
			continue
		}
		if edge := after.Buckets[i+1]; !math.IsInf(edge, 1) {
			return edge
		}
		return after.Buckets[i]
	}
	return 0
}
