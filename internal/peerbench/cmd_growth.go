package main

import (
	"flag"
	"time"

	"github.com/larderkv/larder/internal/histogram"
)

type growthBenchmark struct{ n int }

func (b *growthBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.n, "n", 0, "`entries` to grow to (default 20M, 300k with -short)")
}

func (b *growthBenchmark) run(e *environment) error {
	n := e.pick(b.n, 20_000_000, 300_000)
	f := newFleet(e)
	t := table{
		title: "The slowest Set while growing from empty to " + formatCount(n) + " entries",
		header: []string{"store", "max", "p99.9999", "p99.99", "median", "over 100 µs", "over 1 ms",
			"idle max", "idle p99.9999", "idle p99.99", "idle over 100 µs"},
	}
	c := chart{
		Slug: "growth", Kind: dotChart, LogX: true,
		Title:    "Latency of Set while growing to " + formatCount(n) + " entries",
		Subtitle: "microseconds, lower is better",
		Noise:    "one run a store; what the machine adds is in the idle columns of the table",
		Panels:   make([]panel, 1),
	}
	for _, p := range e.peers {
		e.report.progress("growing %s to %s entries", p.name, formatCount(n))
		config := filled(n)
		f.start(p.name, request{Op: "growth", N: n, Config: config})
		f.stop()
		at := func(figure string) float64 { return f.of(p.name, figure).median() }
		ns := func(figure string) string { return formatNanos(at(figure)) }
		count := func(figure string) string { return formatWhole(at(figure)) }
		for _, figure := range []string{"p50", "p99.99", "max"} {
			c.Panels[0].row(p.name, growthSeries[figure], f.of(p.name, figure).scaled(1e-3))
		}
		t.add(p.name, ns("max"), ns("p99.9999"), ns("p99.99"), ns("p50"), count(">100µs"), count(">1ms"),
			ns("idle max"), ns("idle p99.9999"), ns("idle p99.99"), count("idle >100µs"))
	}
	t.note("Every Set is timed by itself; after each one a loop that touches no memory is timed that takes about as long as an average Set " +
		"(idle), so both meet the same interruptions by the machine.")
	f.tableNotes(&t)
	e.report.table(t)
	c.Panels[0].sortRows()
	e.report.chart(c)
	if s := f.of(larderName, "max"); len(s) > 0 {
		beyond := func(figure string) float64 {
			return max(f.of(larderName, figure).median()-f.of(larderName, "idle "+figure).median(), 0)
		}
		held := bar{1e6, 100e3, true, formatNanos}
		e.report.figure("slowest single Set while growing, beyond the idle loop's slowest", beyond("max"), held)
		e.report.figure("one Set in a million while growing, beyond the idle loop's", beyond("p99.9999"), held)
	}
	return nil
}

// growthSeries names in the chart the figures that it shows.
var growthSeries = map[string]string{"p50": "median", "p99.99": "99.99 %", "max": "slowest"}

// growth fills a store from empty, timing each Set and, in turn with them, an idle loop.
func (w *worker) growth(r request) (values, error) {
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	sets, idles := &histogram.Histogram{}, &histogram.Histogram{}
	s := newScratch()
	idle := newIdleLoop()
	quiesce()
	for i := range r.N {
		key, value := s.entry(uint64(i))
		t0 := time.Now()
		w.store.Set(key, value)
		t1 := time.Now()
		idle.spin()
		t2 := time.Now()
		sets.Record(t1.Sub(t0))
		idles.Record(t2.Sub(t1))
		idle.aim(t1.Sub(t0))
	}
	w.flush()
	kept, err := w.kept(r.N)
	v := values{"kept": kept}
	addLatencies(v, "", sets)
	addLatencies(v, "idle ", idles)
	return v, err
}

// addLatencies adds figures of a histogram to values.
func addLatencies(v values, prefix string, h *histogram.Histogram) {
	v[prefix+"max"] = float64(h.Longest())
	v[prefix+"p99.9999"] = float64(h.Quantile(0.999999))
	v[prefix+"p99.99"] = float64(h.Quantile(0.9999))
	v[prefix+"p50"] = float64(h.Quantile(0.5))
	v[prefix+">100µs"] = float64(h.Longer(100 * time.Microsecond))
	v[prefix+">1ms"] = float64(h.Longer(time.Millisecond))
}

// idleLoop spins for about as long as the operations that it is told of take on average.
type idleLoop struct {
	perTurn float64 // nanoseconds
	average float64 // nanoseconds
	state   uint64
}

func newIdleLoop() *idleLoop {
	l := &idleLoop{perTurn: 1}
	const turns = 1 << 20
	start := time.Now()
	l.turn(turns)
	l.perTurn = float64(time.Since(start).Nanoseconds()) / turns
	return l
}

func (l *idleLoop) turn(n int) {
	x := l.state
	for range n {
		x = mix(x)
	}
	l.state = x
}

func (l *idleLoop) spin() { l.turn(int(l.average / l.perTurn)) }

// aim takes one more duration into the average. Outliers count as 10 µs, lest one of them prolong the idle loop for long.
func (l *idleLoop) aim(d time.Duration) {
	const weight = 1.0 / 1024
	l.average += (min(float64(d), 10e3) - l.average) * weight
}
