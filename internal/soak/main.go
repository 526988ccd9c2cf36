// Command soak uses a cache for as long as it is told, in all the ways that there are at once, and checks that it keeps
// what it promises.
//
//	go run ./internal/soak -for 1h -memory 256mb
//
// Workers for each type of value send random commands in process and over TCP, alone and in transactions, and check each
// reply against a model that allows for eviction and expiry only (model.go). Pages keep the cache at its memory limit and
// are checked to the byte (pages.go), those of megabytes as well as small ones. Databases are exchanged and keys moved
// between them (database.go), a loader reads through (loader.go), messages and events are listened to in process
// (listener.go), and a client that caches must be told of every change (tracking.go). A second cache that evicts nothing
// has counters and accounts that must add up (ledger.go), queues that many wait for (queue.go), and large sets that are
// combined and walked over (algebra.go). Meanwhile clients come, with and without TLS, subscribe, track, block,
// misbehave, are killed and leave (visitor.go), and an operator changes limits, empties a database, pauses writes and has
// memory returned (operator.go).
//
// The run is a series of phases, each under another eviction policy. Between them everybody leaves, and it is checked
// that nothing stays behind: no goroutine, no client, no subscription; that counters and accounts add up, that statistics
// agree with each other and with a walk over the keys, and that an emptied cache uses no memory (invariants.go). All the
// while the memory of the cache stays below 1.10 times the limit, and that of the process below as much and an allowance
// for Go's heap, in which the models, the connections and what this program has in hand live.
//
// The first violation ends the program with status 1 and is printed with the seed, the worker, the key and what was last
// done to it.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	o := settings{out: os.Stdout, memory: 256 << 20, allowance: 192 << 20}
	flag.DurationVar(&o.duration, "for", time.Minute, "how long to run")
	flag.Func("memory", "`limit` of the cache, such as 256mb (default 256mb)", bytesTo(&o.memory))
	flag.Func("allowance", "`bytes` that the process may hold beyond 1.10 times the limit, 0 for any (default 192mb)", bytesTo(&o.allowance))
	flag.Uint64Var(&o.seed, "seed", rand.Uint64(), "seed of the random numbers")
	flag.IntVar(&o.workers, "workers", 1, "workers for each type")
	flag.IntVar(&o.visitors, "visitors", 8, "clients that come and go at a time")
	flag.DurationVar(&o.phase, "phase", 10*time.Second, "time between two lulls")
	flag.DurationVar(&o.every, "every", 30*time.Second, "time between two reports")
	flag.Parse()
	fmt.Printf("soak: seed %d, %v, limit %s\n", o.seed, o.duration, mebibytes(o.memory))
	if err := run(o); err != nil {
		fmt.Println("violation:", err)
		os.Exit(1)
	}
	fmt.Println("soak: no violation")
}

// bytesTo parses a number of bytes, with kb, mb or gb after it or not.
func bytesTo(n *int64) func(string) error {
	return func(text string) error {
		digits, shift := strings.ToLower(text), 0
		for i, unit := range []string{"kb", "mb", "gb"} {
			if rest, ok := strings.CutSuffix(digits, unit); ok {
				digits, shift = rest, 10*(i+1)
			}
		}
		v, err := strconv.ParseInt(digits, 10, 32)
		*n = v << shift
		return err
	}
}
