package main

import (
	"flag"
	"time"
)

// latencyBenchmark measures what requests take while the servers are neither idle nor at their limit.
type latencyBenchmark struct {
	pairBenchmark
	keys, clients int
	rate          float64
	seconds       float64
}

func (b *latencyBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.keys, "keys", 0, "random `keys` (default 1M, 10k with -short)")
	fs.IntVar(&b.clients, "clients", 0, "`connections` (default 200)")
	fs.Float64Var(&b.rate, "rate", 0, "`requests` a second (default half of what the slower server manages)")
	fs.Float64Var(&b.seconds, "seconds", 0, "length of a round, in `s` (default 5, 0.2 with -short)")
}

// quantiles of latencies that are reported.
var quantiles = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}

func (b *latencyBenchmark) run(e *environment) error {
	b.keys, b.clients = e.pick(b.keys, 1_000_000, 10_000), e.pick(b.clients, 200, 200)
	b.seconds = e.pickSeconds(b.seconds, 5, 0.2)
	return b.withPair(e, "latency", noFlags, func(pair [2]*server) error {
		for _, s := range pair {
			if err := loadKeys(s, b.keys); err != nil {
				return err
			}
		}
		return b.compare(e, pair)
	})
}

// load is the load of a round.
func (b *latencyBenchmark) load(e *environment) openLoop {
	return openLoop{clients: b.clients, keys: b.keys, rate: b.rate, took: time.Duration(b.seconds * float64(time.Second)), seed: e.seed}
}

func (b *latencyBenchmark) compare(e *environment, pair [2]*server) error {
	most, err := b.saturate(e, pair)
	if err != nil {
		return err
	}
	if b.rate == 0 {
		b.rate = min(most[0].median(), most[1].median()) / 2
	}
	t := table{
		title:  "Latency at half of saturation, larderd beside redis-server " + pair[0].version(),
		header: []string{"of requests", "redis-server", "larder", "larder over redis-server", "rounds"},
	}
	rounds := min(e.rounds, 5)
	results := make(map[string]*[2]sample)
	var late sample
	for round := range rounds {
		e.report.progress("latency: round %d of %d", round+1, rounds)
		for i, s := range pair {
			r, err := b.load(e).run(s.port)
			if err != nil {
				return err
			}
			for _, q := range quantiles {
				if results[q.name] == nil {
					results[q.name] = new([2]sample)
				}
				both := results[q.name]
				both[i] = append(both[i], float64(r.latency.Quantile(q.q)))
			}
			late = append(late, float64(r.late.Quantile(0.999)))
		}
	}
	for _, q := range quantiles {
		both := results[q.name]
		var ratios sample
		for i := range both[0] {
			ratios = append(ratios, both[1][i]/both[0][i])
		}
		t.add(q.name, formatNanos(both[0].median()), formatNanos(both[1].median()), formatRatio(ratios.median()), ratios.span(formatRatio))
		if q.q > 0.5 {
			e.report.figure("latency over redis-server's, "+q.name, ratios.median(), bar{1, 0.9, true, formatRatio})
		}
	}
	t.note("%d connections, %.0f requests a second at random times whether the server keeps up or not, a fifth of them SET and the others GET of %s random keys; %d rounds of %.1f s in turn.",
		b.clients, b.rate, formatCount(b.keys), rounds, b.seconds)
	t.note("When the next request is sent on the reply to the last, redis-server answers %s requests a second and larderd %s.",
		formatWhole(most[0].median()), formatWhole(most[1].median()))
	t.note("Times are from when a request was due. The generator, one thread on the same machine, sent 99.9 %% within %s of that.", formatNanos(late.median()))
	e.report.table(t)
	return nil
}

// saturate finds out how many requests a second the servers manage.
func (b *latencyBenchmark) saturate(e *environment, pair [2]*server) (most [2]sample, err error) {
	e.report.progress("latency: saturation")
	closed := b.load(e)
	closed.rate = 0
	for range min(e.rounds, 3) {
		for i, s := range pair {
			r, err := closed.run(s.port)
			if err != nil {
				return most, err
			}
			most[i] = append(most[i], r.rate)
		}
	}
	return most, nil
}
