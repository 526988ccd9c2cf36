package resp

func latencyDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"latency": {
			summary: "A container for latency diagnostics commands", since: "2.8.13", group: "server",
			complexity: "Depends on subcommand.",
		},
		"latency|doctor": {
			summary: "Return a human readable latency analysis report.", since: "2.8.13", group: "server",
			complexity: "O(1)",
		},
		"latency|graph": {
			summary: "Return a latency graph for the event.", since: "2.8.13", group: "server",
			complexity: "O(1)",
			args:       []argument{argString("event")},
		},
		"latency|help": {
			summary: "Show helpful text about the different subcommands.", since: "2.8.13", group: "server",
			complexity: "O(1)",
		},
		"latency|histogram": {
			summary: "Return the cumulative distribution of latencies of a subset of commands or all.",
			since:   "7.0.0", group: "server",
			complexity: "O(N) where N is the number of commands with latency information being retrieved.",
			args:       []argument{argString("command").optional().multiple()},
		},
		"latency|history": {
			summary: "Return timestamp-latency samples for the event.", since: "2.8.13", group: "server",
			complexity: "O(1)",
			args:       []argument{argString("event")},
		},
		"latency|latest": {
			summary: "Return the latest latency samples for all events.", since: "2.8.13", group: "server",
			complexity: "O(1)",
		},
		"latency|reset": {
			summary: "Reset latency data for one or more events.", since: "2.8.13", group: "server",
			complexity: "O(1)",
			args:       []argument{argString("event").optional().multiple()},
		},
	}
}
