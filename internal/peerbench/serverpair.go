package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// pairBenchmark is what measurements of larderd beside redis-server have in common.
type pairBenchmark struct{ larderd string }

func (b *pairBenchmark) register(fs *flag.FlagSet) {
	fs.StringVar(&b.larderd, "larderd", "", "`program` to measure instead of building resp/larderd")
}

// pairFlags returns flags of one server, which both understand. Files may be put into the directory.
type pairFlags func(dir string) ([]string, error)

func noFlags(string) ([]string, error) { return nil, nil }

// withPair calls fn with both servers running, unless the machine lacks what they need.
func (b *pairBenchmark) withPair(e *environment, name string, flags pairFlags, fn func(pair [2]*server) error) error {
	for _, tool := range []string{"redis-server", "redis-benchmark"} {
		if _, err := exec.LookPath(tool); err != nil || runtime.GOOS != "linux" {
			e.report.progress("%s: skipped, needs linux and %s", name, tool)
			return nil
		}
	}
	dir, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pair, stop, err := startPair(dir, b.larderd, flags)
	if err != nil {
		return err
	}
	defer stop()
	return fn(pair)
}

// startPair starts redis-server and larderd, which is built unless it is given.
func startPair(dir, larderd string, flags pairFlags) (pair [2]*server, stop func(), err error) {
	if larderd == "" {
		if larderd, err = buildLarderd(dir); err != nil {
			return pair, nil, err
		}
	}
	var running []*server
	stop = func() {
		for _, s := range running {
			s.stop()
		}
	}
	programs := [2][]string{{"redis-server", "redis-server", "--save", "", "--appendonly", "no"}, {larderName, larderd}}
	for i, p := range programs {
		more, err := flags(dir)
		if err == nil {
			pair[i], err = startServer(p[0], dir, p[1], slices.Concat(p[2:], more)...)
		}
		if err != nil {
			stop()
			return pair, nil, err
		}
		running = append(running, pair[i])
	}
	return pair, stop, nil
}

// loadKeys stores that many entries on a server.
func loadKeys(s *server, n int) error {
	w, err := dialServer(s, 0)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	entry := newScratch()
	for i := range n {
		key, value := entry.entry(uint64(i))
		w.command("set", key, string(value))
	}
	return w.flush()
}

// benchmark has redis-benchmark send requests to a server, and says what they cost it.
func (s *server) benchmark(requests int, args ...string) (load, error) {
	before, err := processCPUTime(s.cmd.Process.Pid)
	if err != nil {
		return load{}, err
	}
	start := time.Now()
	args = append([]string{"-h", "127.0.0.1", "-q", "-n", strconv.Itoa(requests)}, args...)
	out, err := exec.Command("redis-benchmark", args...).CombinedOutput()
	took := time.Since(start)
	if err != nil {
		return load{}, fmt.Errorf("redis-benchmark against %s: %w\n%s", s.name, err, out)
	}
	after, err := processCPUTime(s.cmd.Process.Pid)
	if err != nil {
		return load{}, err
	}
	return load{
		cpu:  float64((after - before).Nanoseconds()) / float64(requests),
		rate: float64(requests) / took.Seconds(),
	}, nil
}
