package resp

func slowlogDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"slowlog": {
			summary: "A container for slow log commands", since: "2.2.12", group: "server",
			complexity: "Depends on subcommand.",
		},
		"slowlog|get": {
			summary: "Get the slow log's entries", since: "2.2.12", group: "server",
			complexity: "O(N) where N is the number of entries returned",
			history:    []change{{"4.0.0", "Added client IP address, port and name to the reply."}},
			args:       []argument{argInt("count").optional()},
		},
		"slowlog|help": {
			summary: "Show helpful text about the different subcommands", since: "6.2.0", group: "server",
			complexity: "O(1)",
		},
		"slowlog|len": {
			summary: "Get the slow log's length", since: "2.2.12", group: "server",
			complexity: "O(1)",
		},
		"slowlog|reset": {
			summary: "Clear all entries from the slow log", since: "2.2.12", group: "server",
			complexity: "O(N) where N is the number of entries in the slowlog",
		},
	}
}
