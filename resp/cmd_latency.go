package resp

import (
	"slices"
	"strings"
	"time"
)

func latencyCommands() []*command {
	const own = flagAdmin | flagNoScript | flagLoading | flagStale
	varying := []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
	return []*command{
		{name: "latency", arity: -2, subcommands: []*command{
			{name: "latency|doctor", handler: cmdLatencyDoctor, arity: 2, flags: own, tips: varying},
			{name: "latency|graph", handler: cmdLatencyGraph, arity: 3, flags: own, tips: varying},
			{name: "latency|help", handler: cmdLatencyHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "latency|histogram", handler: cmdLatencyHistogram, arity: -2, flags: own, tips: varying},
			{name: "latency|history", handler: cmdLatencyHistory, arity: 3, flags: own, tips: varying},
			{name: "latency|latest", handler: cmdLatencyLatest, arity: 2, flags: own, tips: varying},
			{name: "latency|reset", handler: cmdLatencyReset, arity: -2, flags: own,
				tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		}},
	}
}

// cmdLatencyHistogram is LATENCY HISTOGRAM [command …].
func cmdLatencyHistogram(c *client, args [][]byte) {
	stats := c.srv.recentCommandStats()
	var shown []CommandStats
	for i := range stats {
		if stats[i].Latency.count > 0 && namesCommand(args[2:], stats[i].Name) {
			shown = append(shown, stats[i])
		}
	}
	c.writeMap(len(shown))
	for i := range shown {
		c.writeBulkString(shown[i].Name)
		c.writeLatencies(&shown[i].Latency)
	}
}

// namesCommand reports whether a command is one of those named, or a subcommand of one. If none is named all are.
func namesCommand(names [][]byte, command string) bool {
	if len(names) == 0 {
		return true
	}
	container, _, _ := strings.Cut(command, "|")
	return slices.ContainsFunc(names, func(name []byte) bool {
		return equalFold(name, command) || equalFold(name, container)
	})
}

// writeLatencies writes how many calls there were, and how many took at most so many microseconds, where that differs
// from the line before.
func (c *client) writeLatencies(l *Latencies) {
	type step struct{ micros, calls int64 }
	var steps []step
	before := int64(0)
	for d, calls := range l.Buckets() {
		if calls > before {
			steps = append(steps, step{d.Microseconds(), calls})
		}
		before = calls
	}
	c.writeMap(2)
	c.writeBulkString("calls")
	c.writeInt(l.count)
	c.writeBulkString("histogram_usec")
	c.writeMap(len(steps))
	for _, s := range steps {
		c.writeInt(s.micros)
		c.writeInt(s.calls)
	}
}

func cmdLatencyLatest(c *client, _ [][]byte) {
	events := c.srv.ops().monitor.all()
	c.writeArray(len(events))
	for i := range events {
		e := &events[i]
		last := e.Samples[len(e.Samples)-1]
		c.writeArray(4)
		c.writeBulkString(e.Name)
		c.writeInt(last.Time.Unix())
		c.writeInt(last.Duration.Milliseconds())
		c.writeInt(e.Longest.Milliseconds())
	}
}

// cmdLatencyHistory is LATENCY HISTORY event.
func cmdLatencyHistory(c *client, args [][]byte) {
	e, _ := c.srv.ops().monitor.find(string(args[2]))
	c.writeArray(len(e.Samples))
	for _, s := range e.Samples {
		c.writeArray(2)
		c.writeInt(s.Time.Unix())
		c.writeInt(s.Duration.Milliseconds())
	}
}

// cmdLatencyReset is LATENCY RESET [event …].
func cmdLatencyReset(c *client, args [][]byte) {
	c.writeInt(int64(c.srv.ops().monitor.reset(textList(args[2:]))))
}

// cmdLatencyGraph is LATENCY GRAPH event.
func cmdLatencyGraph(c *client, args [][]byte) {
	e, ok := c.srv.ops().monitor.find(string(args[2]))
	if !ok {
		c.writeError("ERR No samples available for event '" + string(args[2]) + "'")
		return
	}
	c.writeVerbatim("txt", e.graph(time.Now()))
}

func cmdLatencyDoctor(c *client, _ [][]byte) {
	c.writeVerbatim("txt", c.srv.latencyAdvice())
}

func cmdLatencyHelp(c *client, _ [][]byte) {
	writeHelp(c, "LATENCY",
		"DOCTOR", "Say what the latency monitor has seen and what may be done about it.",
		"GRAPH <event>", "Draw the samples of an event.",
		"HISTOGRAM [<command> ...]", "Show how many calls of the commands, or of all, took how long.",
		"HISTORY <event>", "Show the samples of an event, times and milliseconds.",
		"LATEST", "Show the last and the longest of each event.",
		"RESET [<event> ...]", "Forget the samples of the events, or of all.",
	)
}
