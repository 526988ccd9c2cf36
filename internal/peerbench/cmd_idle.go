package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// idleBenchmark measures the memory of connections on which nothing happens.
type idleBenchmark struct {
	pairBenchmark
	clients int
	settle  time.Duration // how long the servers get to tidy up before their memory is read
}

func (b *idleBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.IntVar(&b.clients, "clients", 0, "`connections` (default 10k, 200 with -short)")
}

func (b *idleBenchmark) run(e *environment) error {
	b.clients = e.pick(b.clients, 10_000, 200)
	b.settle = time.Duration(e.pick(0, 3000, 300)) * time.Millisecond
	flags := func(string) ([]string, error) { return []string{"--maxclients", strconv.Itoa(b.clients + 100)}, nil }
	each := make(map[string]sample)
	rounds := min(e.rounds, 3)
	for range rounds {
		err := b.withPair(e, "idle", flags, func(pair [2]*server) error {
			for _, s := range pair {
				e.report.progress("idle: %s", s.name)
				bytes, err := b.measure(s)
				if err != nil {
					return err
				}
				each[s.name] = append(each[s.name], bytes)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(each) == 0 {
		return nil
	}
	t := table{title: "Memory of an idle connection", header: []string{"server", "bytes", "rounds"}}
	for _, name := range []string{"redis-server", larderName} {
		t.add(name, formatBytes(each[name].median()), each[name].span(formatBytes))
	}
	e.report.figure("memory of an idle connection", each[larderName].median(), bar{4 << 10, 2 << 10, true, formatBytes})
	t.note("Growth of the resident set by %s connections that have sent a command each, over their number; the kernel's share is not in it. Fresh servers in each of %d rounds.",
		formatCount(b.clients), rounds)
	e.report.table(t)
	return nil
}

// measure returns the bytes that each of many idle connections takes.
func (b *idleBenchmark) measure(s *server) (float64, error) {
	if _, err := s.ask("PING"); err != nil { // what the first connection brings into being is not the others'
		return 0, err
	}
	before := processResidentBytes(s.cmd.Process.Pid)
	conns := make([]net.Conn, 0, b.clients)
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for range b.clients {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
		if err != nil {
			return 0, fmt.Errorf("%s: after %d connections: %w", s.name, len(conns), err)
		}
		conns = append(conns, conn)
		if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
			return 0, err
		}
		if reply, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || reply != "+PONG\r\n" {
			return 0, fmt.Errorf("%s: %q, %w", s.name, reply, err)
		}
	}
	time.Sleep(b.settle)
	return float64(processResidentBytes(s.cmd.Process.Pid)-before) / float64(b.clients), nil
}
