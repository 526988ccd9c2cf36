package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

type serverBenchmark struct {
	pairBenchmark
	keys, clients int
	seconds       float64
}

func (b *serverBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.keys, "keys", 0, "random `keys` (default 1M, 10k with -short)")
	fs.IntVar(&b.clients, "clients", 0, "`connections` (default 50)")
	fs.Float64Var(&b.seconds, "seconds", 0, "CPU time of the server to spend on each cell, in `s` (default 3, 0.2 with -short)")
}

// benchmarkClients is how many connections redis-benchmark opens unless told otherwise.
const benchmarkClients = 50

// pipelines are the depths measured, each with what larder is held to: its CPU time over redis-server's.
var pipelines = []struct {
	depth        int
	atLeast, aim float64
}{{1, 1, 0.85}, {16, 0.6, 0.45}, {64, 0.5, 0.35}}

func (b *serverBenchmark) run(e *environment) error {
	b.keys, b.clients = e.pick(b.keys, 1_000_000, 10_000), e.pick(b.clients, benchmarkClients, benchmarkClients)
	b.seconds = e.pickSeconds(b.seconds, 3, 0.2)
	return b.withPair(e, "server", noFlags, func(pair [2]*server) error { return b.compare(e, pair[0], pair[1]) })
}

// buildLarderd builds the sidecar from the sources that this program was built with.
func buildLarderd(dir string) (string, error) {
	path := filepath.Join(dir, "larderd")
	out, err := exec.Command("go", "build", "-o", path, "github.com/larderkv/larder/resp/larderd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building larderd (run this from the module's directory): %w\n%s", err, out)
	}
	return path, nil
}

// compare runs every command at every depth on both servers in turn.
func (b *serverBenchmark) compare(e *environment, redis, ours *server) error {
	t := table{
		title: "Server's CPU time a request, larderd beside redis-server " + redis.version(),
		header: []string{"command, pipeline", "redis-server", "larder", "larder over redis-server", "rounds",
			"requests a second: redis-server", "larder", "ratio"},
	}
	rounds := min(e.rounds, 5)
	for _, s := range []*server{redis, ours} {
		if _, err := b.load(s, "set", 64, 4*b.keys); err != nil {
			return err
		}
	}
	ch := chart{
		Slug: "server", Kind: dotChart, LogX: true,
		Title:    "Server's CPU time a request",
		Subtitle: "microseconds by command and pipeline depth, lower is better; redis-server " + redis.version(),
		Noise:    fmt.Sprintf("medians of %d rounds in turn; bars span the rounds", rounds),
		Panels:   make([]panel, 1),
	}
	for _, p := range pipelines {
		for _, command := range []string{"set", "get"} {
			e.report.progress("redis-benchmark: %s, pipeline %d", command, p.depth)
			c, err := b.alternate([2]*server{redis, ours}, command, p.depth, rounds)
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s, %d", strings.ToUpper(command), p.depth)
			for i, server := range []string{"redis-server", larderName} {
				ch.Panels[0].row(name, server, c.cpu[i].scaled(1e-3))
			}
			t.add(name, formatNanos(c.cpu[0].median()), formatNanos(c.cpu[1].median()), formatRatio(c.ratios.median()), c.ratios.span(formatRatio),
				formatWhole(c.rate[0].median()), formatWhole(c.rate[1].median()), formatRatio(c.rate[1].median()/c.rate[0].median()))
			e.report.figure("server's CPU time a request over redis-server's, "+name, c.ratios.median(),
				bar{p.atLeast, p.aim, true, formatRatio})
		}
	}
	t.note("User and system time of the server's process, %d rounds in turn, about %.1f s of it a cell; %d connections, %s random keys, values of %d bytes, both servers on loopback.",
		rounds, b.seconds, b.clients, formatCount(b.keys), valueSize)
	t.note("redis-benchmark shares the processors with the servers, so requests a second say less than CPU time does.")
	e.report.table(t)
	e.report.chart(ch)
	return nil
}

// comparison is what a command cost redis-server and larderd in several rounds.
type comparison struct {
	cpu, rate [2]sample // see load
	ratios    sample    // of CPU time, larderd's over redis-server's
}

// alternate has redis-benchmark send a command to redis-server and larderd in turn.
func (b *serverBenchmark) alternate(pair [2]*server, command string, depth, rounds int) (c comparison, err error) {
	var requests [2]int
	for i, s := range pair {
		if requests[i], err = b.requestsFor(s, command, depth); err != nil {
			return c, err
		}
	}
	for range rounds {
		for i, s := range pair {
			l, err := b.load(s, command, depth, requests[i])
			if err != nil {
				return c, err
			}
			c.cpu[i] = append(c.cpu[i], l.cpu)
			c.rate[i] = append(c.rate[i], l.rate)
		}
		c.ratios = append(c.ratios, last(c.cpu[1])/last(c.cpu[0]))
	}
	return c, nil
}

// load is what one run of redis-benchmark cost.
type load struct {
	cpu  float64 // nanoseconds of the server's CPU time a request
	rate float64 // requests a second
}

// requestsFor guesses how many requests take a server the CPU time that a cell is to have.
func (b *serverBenchmark) requestsFor(s *server, command string, depth int) (int, error) {
	trial := 20_000 * min(depth, 16)
	l, err := b.load(s, command, depth, trial)
	if err != nil {
		return 0, err
	}
	return max(int(b.seconds*1e9/max(l.cpu, 100)), trial), nil
}

func (b *serverBenchmark) load(s *server, command string, depth, requests int) (load, error) {
	return s.benchmark(requests, "-p", strconv.Itoa(s.port), "-t", command, "-r", strconv.Itoa(b.keys),
		"-d", strconv.Itoa(valueSize), "-c", strconv.Itoa(b.clients), "-P", strconv.Itoa(depth))
}

// server is a server that this program has started and will stop.
type server struct {
	name string
	cmd  *exec.Cmd
	port int
	log  *os.File
	end  context.CancelFunc
}

// startServer runs a program that takes Redis' flags on a free loopback port, and returns when it answers.
func startServer(name, dir, program string, args ...string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	s := &server{name: name, cmd: cmd, port: port, log: log, end: cancel}
	if err := cmd.Start(); err != nil {
		cancel()
		log.Close()
		return nil, err
	}
	for range 200 {
		if reply, err := s.ask("PING"); err == nil && strings.HasPrefix(reply, "+PONG") {
			return s, nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.stop()
	said, _ := os.ReadFile(log.Name())
	return nil, fmt.Errorf("%s does not answer on port %d; it said:\n%s", name, port, said)
}

// stop interrupts the server, kills it if it does not end, and waits for it.
func (s *server) stop() {
	s.end()
	_ = s.cmd.Wait()
	s.log.Close()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// ask sends one inline command and returns the first line of the reply.
func (s *server) ask(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

// version asks redis-server's binary, "… v=7.0.15 …".
func (s *server) version() string {
	out, _ := exec.Command(s.cmd.Path, "--version").Output()
	for field := range strings.FieldsSeq(string(out)) {
		if v, ok := strings.CutPrefix(field, "v="); ok {
			return v
		}
	}
	return ""
}
