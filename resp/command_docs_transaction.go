package resp

func transactionDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"multi": {
			summary: "Mark the start of a transaction block",
			since:   "1.2.0", group: "transactions",
			complexity: "O(1)",
		},
		"exec": {
			summary: "Execute all commands issued after MULTI",
			since:   "1.2.0", group: "transactions",
			complexity: "Depends on commands in the transaction",
		},
		"discard": {
			summary: "Discard all commands issued after MULTI",
			since:   "2.0.0", group: "transactions",
			complexity: "O(N), when N is the number of queued commands",
		},
		"watch": {
			summary: "Watch the given keys to determine execution of the MULTI/EXEC block",
			since:   "2.2.0", group: "transactions",
			complexity: "O(1) for every key.",
			args:       []argument{argKey("key", 0).multiple()},
		},
		"unwatch": {
			summary: "Forget about all watched keys",
			since:   "2.2.0", group: "transactions",
			complexity: "O(1)",
		},
	}
}
