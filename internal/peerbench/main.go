// Command peerbench measures larder beside the Go caches and maps that a program might use in its place, and beside
// redis-server, all in the same run on the same machine.
//
//	peerbench <command> [flags]
//
// Each store runs in a process of its own, with the same keys in the same order, and the processes take turns, so that
// a slow minute of the machine hits all of them. Tables give the median of the rounds and how far the rounds lay apart.
// Peers are configured so that nothing is evicted, unless eviction is what is measured; what a store kept is checked.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// benchmark is one subcommand. Its flags are left at zero where `all` runs it.
type benchmark interface {
	register(fs *flag.FlagSet)
	run(e *environment) error
}

type command struct {
	name, summary string
	benchmark     benchmark
}

var commands = []command{
	{"get", "lookups: beyond the caches, batched, in cache, zipf, one hot key", &getBenchmark{}},
	{"set", "overwriting, and inserting from empty", &setBenchmark{}},
	{"mem", "resident memory over keys and values, by number of entries", &memBenchmark{}},
	{"gc", "what a garbage collection costs with the store filled", &gcBenchmark{}},
	{"growth", "the slowest single Set while growing", &growthBenchmark{}},
	{"churn", "resident memory while churning at a limit", &churnBenchmark{}},
	{"delete", "resident memory after deleting nine tenths", &deleteBenchmark{}},
	{"expire", "memory and CPU time when all entries lapse unread", &expireBenchmark{}},
	{"hitratio", "hit ratios on generated and recorded traces", &hitRatioBenchmark{}},
	{"server", "server's CPU time a request beside redis-server", &serverBenchmark{}},
	{"throughput", "requests a second with all processors busy, beside redis-server", &throughputBenchmark{}},
	{"mget", "server's CPU time to read 100 keys at once beside redis-server", &mgetBenchmark{}},
	{"latency", "latency at half of saturation beside redis-server", &latencyBenchmark{}},
	{"large", "what small requests notice of a reader of large values", &largeBenchmark{}},
	{"idle", "memory of idle connections beside redis-server", &idleBenchmark{}},
	{"invalidation", "from a write to the invalidation that valkey-go sees", &invalidationBenchmark{}},
	{"tls", "throughput and CPU time by TLS beside plain", &tlsBenchmark{}},
	{"commands", "server's CPU time a command on other types than strings", &commandsBenchmark{}},
	{"types", "memory of collections beside redis-server", &typesBenchmark{}},
	{"allocs", "allocations per operation", &allocsBenchmark{}},
	{"typed", "reads of Go values, and of a loader, beside otter", &typedBenchmark{}},
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: peerbench <command> [flags]   (peerbench <command> -h lists the flags)")
	for _, c := range commands {
		fmt.Fprintf(os.Stderr, "  %-12s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(os.Stderr, "  %-12s %s\n", "all", "everything, as tables")
	fmt.Fprintf(os.Stderr, "  %-12s %s\n", reportName, "a report with charts, of saved results or of everything measured now")
}

func main() {
	if len(os.Args) < 2 {
		usage()
		os.Exit(2)
	}
	if os.Args[1] == workerFlag && len(os.Args) == 3 {
		workerMain(os.Args[2])
		return
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

// selected is the commands that a name on the command line stands for.
func selected(name string) []command {
	if name == "all" {
		return commands
	}
	for i, c := range commands {
		if c.name == name {
			return commands[i : i+1]
		}
	}
	return nil
}

func run(name string, args []string) error {
	if name == reportName {
		return runReport(args)
	}
	_, err := measure(name, args)
	return err
}

// measure runs what a name stands for with flags as on a command line, and saves what the flags say.
func measure(name string, args []string) (results, error) {
	todo := selected(name)
	if todo == nil {
		usage()
		return results{}, fmt.Errorf("unknown command %q", name)
	}
	env := &environment{}
	fs := flag.NewFlagSet("peerbench "+name, flag.ExitOnError)
	env.register(fs)
	if len(todo) == 1 {
		todo[0].benchmark.register(fs)
	}
	if err := fs.Parse(args); err != nil {
		return results{}, err
	}
	if fs.NArg() > 0 {
		return results{}, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if err := env.start(newReport(os.Stdout, commandLine(name, fs))); err != nil {
		return results{}, err
	}
	for _, c := range todo {
		if err := c.benchmark.run(env); err != nil {
			return results{}, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	r := env.report.finish(env.short)
	return r, env.save(r)
}

// commandLine is the command to repeat a measurement: without the files that the results went to, and without where on
// this machine the files that it read are.
func commandLine(name string, fs *flag.FlagSet) string {
	words := []string{"peerbench", name}
	fs.Visit(func(f *flag.Flag) {
		value := f.Value.String()
		switch f.Name {
		case "md", "json":
			return
		case "traces", "larderd":
			value = filepath.Base(value)
		}
		if value == "true" {
			words = append(words, "-"+f.Name)
			return
		}
		words = append(words, "-"+f.Name+"="+value)
	})
	return strings.Join(words, " ")
}
