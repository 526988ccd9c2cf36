package main

import (
	"fmt"
	"strings"
)

// writes measures commands that write, as redis-benchmark sends them: many connections with pipelines. Each adds to one
// key, either what is there already or one of many elements.
func (b *commandsBenchmark) writes(e *environment, pair [2]*server) error {
	t := table{
		title:  fmt.Sprintf("Server's CPU time a command of redis-benchmark, pipeline %d", pipelineDepth),
		header: commandsHeader,
	}
	rounds := min(e.rounds, 5)
	for _, command := range []string{"hset", "sadd", "lpush", "zadd"} {
		for _, elements := range []int{0, b.members} {
			if command == "lpush" && elements > 0 {
				continue // it always pushes the same
			}
			name := strings.ToUpper(command) + ", the same element"
			if elements > 0 {
				name = strings.ToUpper(command) + ", random elements of " + formatCount(elements)
			}
			if !b.matches.MatchString(name) {
				continue
			}
			e.report.progress("redis-benchmark: %s", name)
			sent := serverBenchmark{keys: elements, clients: benchmarkClients, seconds: b.seconds}
			for _, s := range pair {
				if _, err := s.ask("FLUSHALL"); err != nil {
					return err
				}
				if _, err := sent.load(s, command, 4*pipelineDepth, max(2*elements, pipelineDepth)); err != nil {
					return err
				}
			}
			c, err := sent.alternate(pair, command, pipelineDepth, rounds)
			if err != nil {
				return err
			}
			addCommand(e, &t, name, c.cpu[0], c.cpu[1], c.ratios, 0.9, 0.6)
		}
	}
	t.note("User and system time of the server's process from /proc, %d rounds in turn, about %.1f s of it a cell; %d connections, values of %d bytes.",
		rounds, b.seconds, benchmarkClients, valueSize)
	e.report.table(t)
	return nil
}
