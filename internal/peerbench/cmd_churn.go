package main

import (
	"flag"
	"fmt"
	"math"
	"time"
)

// sizes is a range of value sizes, drawn so that their logarithm is uniform.
type sizes struct{ Least, Most int }

func (s sizes) String() string {
	if s.Least == s.Most {
		return formatBytes(float64(s.Least))
	}
	return formatBytes(float64(s.Least)) + " to " + formatBytes(float64(s.Most))
}

// mean is the expected size.
func (s sizes) mean() float64 {
	if s.Least == s.Most {
		return float64(s.Least)
	}
	lo, hi := float64(s.Least), float64(s.Most)
	return (hi - lo) / math.Log(hi/lo)
}

type churnBenchmark struct {
	seconds int
	mib     int
}

func (b *churnBenchmark) register(fs *flag.FlagSet) {
	fs.IntVar(&b.seconds, "seconds", 0, "how long to churn (default 60 `s`, 1 with -short)")
	fs.IntVar(&b.mib, "limit", 0, "limit in `MiB` (default 256, 32 with -short)")
}

// churned is the value sizes of the churn: 8 bytes to just below 64 KiB, which is the most that fastcache takes.
var churned = sizes{8, 64<<10 - 64}

func (b *churnBenchmark) run(e *environment) error {
	seconds, limit := e.pick(b.seconds, 60, 1), int64(e.pick(b.mib, 256, 32))<<20
	entries := int(float64(limit) / churned.mean())
	f := newFleet(e)
	t := table{
		title:  fmt.Sprintf("Churning for %d s at a limit of %s", seconds, formatBytes(float64(limit))),
		header: []string{"store", "RSS max", "RSS median", "max over limit", "before", "hit ratio", "ops a second"},
	}
	for _, p := range e.peers {
		if !p.bounded {
			continue
		}
		e.report.progress("churning %s", p.name)
		config := storeConfig{MaxBytes: limit, EntryBytes: int(churned.mean()), Entries: entries, OwnKeys: true}
		f.start(p.name, request{Op: "churn", N: 8 * entries, Config: config, Sizes: churned, Secs: float64(seconds), Seed: e.seed})
		f.stop()
		most := f.of(p.name, "rss max").median()
		t.add(p.name, formatBytes(most), formatBytes(f.of(p.name, "rss median").median()), formatRatio(most/float64(limit)),
			formatBytes(f.of(p.name, "rss before").median()), formatPercent(f.of(p.name, "hits").median()),
			formatWhole(f.of(p.name, "ops").median()))
	}
	t.note("Zipf 0.8 over %s keys, about eight times what fits; a miss sets, one access in ten overwrites; values of %v, their logarithm uniform, drawn anew at each set.",
		formatCount(8*entries), churned)
	t.note("RSS is that of the whole process, sampled each 100 ms; before: when the store was not yet open. Limits are given as each library's own limit in bytes.")
	f.tableNotes(&t)
	e.report.table(t)
	if s := f.of(larderName, "rss max"); len(s) > 0 {
		slack := (s.median() - 16<<20) / float64(limit)
		e.report.figure("RSS while churning, less 16 MiB, over the limit", slack, bar{1.10, 1.05, true, formatRatio})
	}
	return nil
}

// churn reads and writes under a limit for Secs.
func (w *worker) churn(r request) (values, error) {
	rng := newRand(r.Seed)
	popularity, key := newZipf(rng, r.N, 0.8), newScratch()
	buffer, dst := make([]byte, r.Sizes.Most), make([]byte, 0, r.Sizes.Most)
	returnMemory()
	before := residentBytes()
	if err := w.open(r.Config); err != nil {
		return nil, err
	}
	rss := sampleResident(100 * time.Millisecond)
	var gets, hits, ops int
	start := time.Now()
	limit := time.Duration(r.Secs * float64(time.Second))
	for i := 0; ; i++ {
		if i%256 == 0 && time.Since(start) >= limit {
			break
		}
		k, _ := key.entry(uint64(popularity.next()))
		ops++
		if rng.Uint64()%10 != 0 {
			gets++
			if _, ok := w.store.Get(dst, k); ok {
				hits++
				continue
			}
		}
		w.store.Set(k, buffer[:logUniform(rng, r.Sizes.Least, r.Sizes.Most)])
	}
	took := time.Since(start)
	measured := rss()
	return values{
		"rss before": float64(before), "rss max": measured.max(), "rss median": measured.median(),
		"hits": float64(hits) / float64(gets), "ops": float64(ops) / took.Seconds(),
	}, nil
}

// sampleResident reads the resident set at an interval, until the function that it returns is called for the samples.
func sampleResident(every time.Duration) func() sample {
	stop, done := make(chan struct{}), make(chan sample)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		var s sample
		for {
			s = append(s, float64(residentBytes()))
			select {
			case <-tick.C:
			case <-stop:
				done <- append(s, float64(residentBytes()))
				return
			}
		}
	}()
	return func() sample { close(stop); return <-done }
}
