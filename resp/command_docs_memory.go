package resp

func memoryDocs() map[string]*commandDoc {
	const depends = "Depends on how much memory is allocated, could be slow"
	return map[string]*commandDoc{
		"memory": {
			summary: "A container for memory diagnostics commands", since: "4.0.0", group: "server",
			complexity: "Depends on subcommand.",
		},
		"memory|bigkeys": {
			summary: "Show the largest keys of each type", since: "7.0.0", group: "server",
			complexity: "O(N) where N is the number of keys, during which other commands are served.",
			args:       []argument{argInt("count").after("COUNT").optional()},
		},
		"memory|doctor": {
			summary: "Outputs memory problems report", since: "4.0.0", group: "server",
			complexity: "O(1)",
		},
		"memory|help": {
			summary: "Show helpful text about the different subcommands", since: "4.0.0", group: "server",
			complexity: "O(1)",
		},
		"memory|malloc-stats": {
			summary: "Show allocator internal stats", since: "4.0.0", group: "server",
			complexity: depends,
		},
		"memory|purge": {
			summary: "Ask the allocator to release memory", since: "4.0.0", group: "server",
			complexity: depends,
		},
		"memory|stats": {
			summary: "Show memory usage details", since: "4.0.0", group: "server",
			complexity: "O(1)",
		},
		"memory|usage": {
			summary: "Estimate the memory usage of a key", since: "4.0.0", group: "server",
			complexity: "O(N) where N is the number of samples.",
			args:       []argument{argKey("key", 0), argInt("count").after("SAMPLES").optional()},
		},
	}
}
