package resp

func hyperLogLogDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"pfadd": {
			summary: "Adds the specified elements to the specified HyperLogLog.",
			since:   "2.8.9", group: "hyperloglog",
			complexity: "O(1) to add every element.",
			args: []argument{
				argKey("key", 0),
				argString("element").optional().multiple(),
			},
		},
		"pfcount": {
			summary: "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
			since:   "2.8.9", group: "hyperloglog",
			complexity: "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.",
			args: []argument{
				argKey("key", 0).multiple(),
			},
		},
		"pfmerge": {
			summary: "Merge N different HyperLogLogs into a single one.",
			since:   "2.8.9", group: "hyperloglog",
			complexity: "O(N) to merge N HyperLogLogs, but with high constant times.",
			args: []argument{
				argKey("destkey", 0),
				argKey("sourcekey", 1).multiple(),
			},
		},
		"pfselftest": {
			summary: "An internal command for testing HyperLogLog values",
			since:   "2.8.9", group: "hyperloglog",
			complexity: "N/A",
			internal:   true,
		},
		"pfdebug": {
			summary: "Internal commands for debugging HyperLogLog values",
			since:   "2.8.9", group: "hyperloglog",
			complexity: "N/A",
			internal:   true,
			args: []argument{
				argString("subcommand"),
				argKey("key", 0),
			},
		},
	}
}
