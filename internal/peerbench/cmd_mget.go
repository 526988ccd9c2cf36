package main

import (
	"flag"
	"fmt"
)

// mgetBenchmark measures what reading many keys by one command costs where few of them are in the processor's caches.
type mgetBenchmark struct {
	pairBenchmark
	keys    int
	seconds float64
}

func (b *mgetBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.keys, "keys", 0, "`keys` (default 5M, 10k with -short)")
	fs.Float64Var(&b.seconds, "seconds", 0, "CPU time of the server to spend on each cell, in `s` (default 2, 0.1 with -short)")
}

// mgetKeys is how many keys a command reads.
const mgetKeys = 100

func (b *mgetBenchmark) run(e *environment) error {
	b.keys = e.pick(b.keys, 5_000_000, 10_000)
	b.seconds = e.pickSeconds(b.seconds, 2, 0.1)
	return b.withPair(e, "mget", noFlags, func(pair [2]*server) error {
		t := table{
			title:  "Server's CPU time to read many keys, larderd beside redis-server " + pair[0].version(),
			header: commandsHeader,
		}
		group := commandGroup{
			load: func(w *requestWriter, n int) {
				entry := newScratch()
				for i := range n {
					key, value := entry.entry(uint64(i))
					w.command("set", key, string(value))
				}
			},
			cells: []commandCell{{fmt.Sprintf("MGET of %d random keys", mgetKeys), 0.4, 0.25, writeMGET}},
		}
		measure := commandsBenchmark{members: b.keys, seconds: b.seconds}
		if err := measure.group(e, &t, pair, &group); err != nil {
			return err
		}
		t.note("User and system time of the server's process, %d rounds in turn; one connection, pipelines of %d, %s keys with values of %d bytes.",
			min(e.rounds, 5), pipelineDepth, formatCount(b.keys), valueSize)
		e.report.table(t)
		return nil
	})
}

func writeMGET(w *requestWriter, n int) {
	args := make([]string, 1, 1+mgetKeys)
	args[0] = "mget"
	for range mgetKeys {
		key := make([]byte, keySize)
		putKey(key, w.random.Uint64N(uint64(n)))
		args = append(args, string(key))
	}
	w.command(args...)
}
