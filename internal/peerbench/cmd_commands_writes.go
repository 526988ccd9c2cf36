package main

import (
	"fmt"
)

// benchmarkCell is a test of redis-benchmark: a command that adds to one key what is there already or, with random, one
// of many elements.
type benchmarkCell struct {
	name, test  string
	random      bool
	atMost, aim float64
}

var benchmarkCells = []benchmarkCell{
	{"PING, for what any command takes", "ping_mbulk", false, 0, 0},
	{"HSET, the same field", "hset", false, 0.9, 0.6},
	{"HSET, random fields", "hset", true, 0.9, 0.6},
	{"SADD, the same member", "sadd", false, 0.9, 0.6},
	{"SADD, random members", "sadd", true, 0.9, 0.6},
	{"LPUSH", "lpush", false, 0.9, 0.6},
	{"ZADD, the same member", "zadd", false, 0.9, 0.6},
	{"ZADD, random members", "zadd", true, 0.9, 0.6},
}

// writes measures commands as redis-benchmark sends them: many connections with pipelines.
func (b *commandsBenchmark) writes(e *environment, pair [2]*server) error {
	t := table{
		title:  fmt.Sprintf("Server's CPU time a command of redis-benchmark, pipeline %d", pipelineDepth),
		header: commandsHeader,
	}
	rounds := min(e.rounds, 5)
	for _, cell := range benchmarkCells {
		if !b.selected(cell.name) {
			continue
		}
		e.report.progress("redis-benchmark: %s", cell.name)
		sent := serverBenchmark{clients: benchmarkClients, seconds: b.seconds}
		if cell.random {
			sent.keys = b.members
		}
		for _, s := range pair {
			if _, err := s.ask("FLUSHALL"); err != nil {
				return err
			}
			if _, err := sent.load(s, cell.test, 4*pipelineDepth, max(2*sent.keys, pipelineDepth)); err != nil {
				return err
			}
		}
		c, err := sent.alternate(pair, cell.test, pipelineDepth, rounds)
		if err != nil {
			return err
		}
		addCommand(e, &t, cell.name, c.cpu, c.ratios, cell.atMost, cell.aim)
	}
	t.note("User and system time of the server's process, %d rounds in turn, about %.1f s of it a cell; %d connections, values of %d bytes, random ones out of %s.",
		rounds, b.seconds, benchmarkClients, valueSize, formatCount(b.members))
	t.note("What PING takes is the floor: most of it is the kernel's work for a read and a write a pipeline, and is the same for both servers.")
	e.report.table(t)
	return nil
}
