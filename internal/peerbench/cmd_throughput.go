package main

import (
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// throughputBenchmark measures how much the servers get done when nothing but the machine limits them.
type throughputBenchmark struct {
	pairBenchmark
	keys    int
	seconds float64
}

func (b *throughputBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.keys, "keys", 0, "random `keys` (default 1M, 10k with -short)")
	fs.Float64Var(&b.seconds, "seconds", 0, "how long redis-benchmark runs a cell, in `s` (default 3, 0.2 with -short)")
}

// throughputDepth is the pipeline of every connection.
const throughputDepth = 64

func (b *throughputBenchmark) run(e *environment) error {
	b.keys = e.pick(b.keys, 1_000_000, 10_000)
	b.seconds = e.pickSeconds(b.seconds, 3, 0.2)
	return b.withPair(e, "throughput", noFlags, func(pair [2]*server) error {
		for _, s := range pair {
			if err := loadKeys(s, b.keys); err != nil {
				return err
			}
		}
		return b.compare(e, pair)
	})
}

func (b *throughputBenchmark) compare(e *environment, pair [2]*server) error {
	t := table{
		title:  "Requests a second with all processors busy, larderd beside redis-server " + pair[0].version(),
		header: []string{"command", "redis-server", "larder", "larder over redis-server", "rounds"},
	}
	rounds := min(e.rounds, 5)
	for _, command := range []string{"set", "get"} {
		e.report.progress("throughput: %s", command)
		var rates [2]sample
		var ratios sample
		requests := [2]int{200_000, 200_000}
		for round := range rounds + 1 {
			for i, s := range pair {
				l, err := s.benchmark(requests[i], "-p", strconv.Itoa(s.port), "-t", command, "-r", strconv.Itoa(b.keys),
					"-d", strconv.Itoa(valueSize), "-P", strconv.Itoa(throughputDepth), "--threads", strconv.Itoa(runtime.NumCPU()))
				if err != nil {
					return err
				}
				if round == 0 { // tells how many requests take that long
					requests[i] = int(l.rate * b.seconds)
					continue
				}
				rates[i] = append(rates[i], l.rate)
			}
			if round > 0 {
				ratios = append(ratios, last(rates[1])/last(rates[0]))
			}
		}
		t.add(strings.ToUpper(command), formatWhole(rates[0].median()), formatWhole(rates[1].median()),
			formatRatio(ratios.median()), ratios.span(formatRatio))
		e.report.figure(fmt.Sprintf("requests a second over redis-server's, %s", strings.ToUpper(command)), ratios.median(),
			bar{1.5, 2, false, formatRatio})
	}
	t.note("redis-benchmark with as many threads as there are processors, %d connections, pipelines of %d, %s random keys; %d rounds in turn.",
		benchmarkClients, throughputDepth, formatCount(b.keys), rounds)
	t.note("It shares the processors with the servers, of which redis-server uses one.")
	e.report.table(t)
	return nil
}
