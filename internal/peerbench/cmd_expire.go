package main

import (
	"errors"
	"flag"
	"math"
	"time"
)

type expireBenchmark struct{ n, patience int }

func (b *expireBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.n, "n", 0, "`entries` (default 10M, 300k with -short)")
	fs.IntVar(&b.patience, "patience", 0, "give up after `s` seconds (default 30, 4 with -short)")
}

func (b *expireBenchmark) run(e *environment) error {
	n, patience := e.pick(b.n, 10_000_000, 300_000), e.pick(b.patience, 30, 4)
	f := newFleet(e)
	t := table{
		title:  formatCount(n) + " entries whose TTL lapses unread",
		header: []string{"store", "filled", "left", "half back", "memory back", "CPU", "of one core"},
	}
	for _, p := range e.peers {
		if !p.ttl {
			continue
		}
		e.report.progress("letting %s entries lapse in %s", formatCount(n), p.name)
		f.start(p.name, request{Op: "expire", N: n, Config: filledForTTL(n, true), Secs: float64(patience)})
		f.stop()
		at := func(figure string) float64 { return f.of(p.name, figure).median() }
		t.add(p.name, formatBytes(at("filled")), formatBytes(at("left")), sinceDeadline(at("half")), sinceDeadline(at("back")),
			formatSeconds(at("cpu")), formatPercent(at("core")))
	}
	t.note("All lapse at one moment, at least 2 s after the last was set; nothing touches the store afterwards. Times count from that moment.")
	t.note("Memory back: nine tenths of what the entries had added to the resident set. CPU: of the process from that moment until then, or until it was given up after %d s.", patience)
	f.tableNotes(&t)
	e.report.table(t)
	if s := f.of(larderName, "back"); len(s) > 0 {
		e.report.figure("entries lapse unread: memory back", comparableTime(s.median()), bar{10, 10, true, sinceDeadline})
		e.report.figure("entries lapse unread: share of one core", f.of(larderName, "core").median(), bar{0.25, 0.25, true, formatPercent})
	}
	return nil
}

// never stands for a time that did not come.
const never = -1

func sinceDeadline(s float64) string {
	if s == never || math.IsInf(s, 1) {
		return "not seen"
	}
	return formatSeconds(s)
}

// comparableTime makes a time that did not come longer than any that did.
func comparableTime(s float64) float64 {
	if s == never {
		return math.Inf(1)
	}
	return s
}

// expiry fills a store with entries that lapse at one moment and watches their memory return.
func (w *worker) expiry(r request) (values, error) {
	returnMemory()
	before := residentBytes()
	if before == 0 {
		return nil, errors.New("the resident set is read on linux only")
	}
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	deadline := w.fillUntil(r.N)
	filled := float64(residentBytes() - before)
	time.Sleep(time.Until(deadline))
	started := cpuTime()
	v := values{"filled": filled, "half": never, "back": never}
	var left, elapsed float64
	for {
		left, elapsed = float64(residentBytes()-before), time.Since(deadline).Seconds()
		if v["half"] == never && left <= filled/2 {
			v["half"] = elapsed
		}
		if left <= filled/10 {
			v["back"] = elapsed
			break
		}
		if elapsed > r.Secs {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	cpu := (cpuTime() - started).Seconds()
	v["left"], v["cpu"], v["core"] = left, cpu, cpu/max(elapsed, 0.05)
	return v, nil
}

// fillUntil puts n entries in that all lapse at the moment it returns, which is at least two seconds away. How long the
// fill will take is guessed from its first twentieth, which is then stored once more; a guess that was short is made
// again from what is known by then.
func (w *worker) fillUntil(n int) time.Time {
	start := time.Now()
	w.putTTL(0, n/20, func() time.Duration { return time.Hour })
	budget := time.Since(start) * 20
	for {
		budget = budget*3/2 + time.Second
		deadline := time.Now().Add(budget + 2*time.Second)
		start = time.Now()
		w.putTTL(0, n, everyFew(func() time.Duration { return time.Until(deadline) }))
		if time.Until(deadline) >= 2*time.Second {
			return deadline
		}
		budget = time.Since(start)
	}
}

// everyFew asks fn each 64th time only and repeats its answer in between.
func everyFew(fn func() time.Duration) func() time.Duration {
	var calls int
	var d time.Duration
	return func() time.Duration {
		if calls%64 == 0 {
			d = fn()
		}
		calls++
		return d
	}
}
