package resp

func hotKeyDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"hotkeys": {
			summary: "A container for commands about the keys that are used most", since: "7.0.0", group: "server",
			complexity: "Depends on subcommand.",
		},
		"hotkeys|get": {
			summary: "Get the keys that were used most in the last completed window", since: "7.0.0", group: "server",
			complexity: "O(N) where N is the number of keys returned",
		},
		"hotkeys|help": {
			summary: "Show helpful text about the different subcommands", since: "7.0.0", group: "server",
			complexity: "O(1)",
		},
		"hotkeys|reset": {
			summary: "Forget what was counted of uses of keys", since: "7.0.0", group: "server",
			complexity: "O(1)",
		},
	}
}
