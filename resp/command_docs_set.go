package resp

func setDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"sadd": {
			summary: "Add one or more members to a set",
			since:   "1.0.0", group: "set",
			complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
				"arguments.",
			history: []change{{"2.4.0", "Accepts multiple `member` arguments."}},
			args:    []argument{argKey("key", 0), argString("member").multiple()},
		},
		"scard": {
			summary: "Get the number of members in a set",
			since:   "1.0.0", group: "set",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"sdiff": {
			summary: "Subtract multiple sets",
			since:   "1.0.0", group: "set",
			complexity: "O(N) where N is the total number of elements in all given sets.",
			args:       []argument{argKey("key", 0).multiple()},
		},
		"sdiffstore": {
			summary: "Subtract multiple sets and store the resulting set in a key",
			since:   "1.0.0", group: "set",
			complexity: "O(N) where N is the total number of elements in all given sets.",
			args:       []argument{argKey("destination", 0), argKey("key", 1).multiple()},
		},
		"sinter": {
			summary: "Intersect multiple sets",
			since:   "1.0.0", group: "set",
			complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
			args:       []argument{argKey("key", 0).multiple()},
		},
		"sintercard": {
			summary: "Intersect multiple sets and return the cardinality of the result",
			since:   "7.0.0", group: "set",
			complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
			args: []argument{
				argInt("numkeys"),
				argKey("key", 0).multiple(),
				argInt("limit").after("LIMIT").optional(),
			},
		},
		"sinterstore": {
			summary: "Intersect multiple sets and store the resulting set in a key",
			since:   "1.0.0", group: "set",
			complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
			args:       []argument{argKey("destination", 0), argKey("key", 1).multiple()},
		},
		"sismember": {
			summary: "Determine if a given value is a member of a set",
			since:   "1.0.0", group: "set",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argString("member")},
		},
		"smembers": {
			summary: "Get all the members in a set",
			since:   "1.0.0", group: "set",
			complexity: "O(N) where N is the set cardinality.",
			args:       []argument{argKey("key", 0)},
		},
		"smismember": {
			summary: "Returns the membership associated with the given elements for a set",
			since:   "6.2.0", group: "set",
			complexity: "O(N) where N is the number of elements being checked for membership",
			args:       []argument{argKey("key", 0), argString("member").multiple()},
		},
		"smove": {
			summary: "Move a member from one set to another",
			since:   "1.0.0", group: "set",
			complexity: "O(1)",
			args:       []argument{argKey("source", 0), argKey("destination", 1), argString("member")},
		},
		"spop": {
			summary: "Remove and return one or multiple random members from a set",
			since:   "1.0.0", group: "set",
			complexity: "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
			history:    []change{{"3.2.0", "Added the `count` argument."}},
			args:       []argument{argKey("key", 0), argInt("count").from("3.2.0").optional()},
		},
		"srandmember": {
			summary: "Get one or multiple random members from a set",
			since:   "1.0.0", group: "set",
			complexity: "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed " +
				"count.",
			history: []change{{"2.6.0", "Added the optional `count` argument."}},
			args:    []argument{argKey("key", 0), argInt("count").from("2.6.0").optional()},
		},
		"srem": {
			summary: "Remove one or more members from a set",
			since:   "1.0.0", group: "set",
			complexity: "O(N) where N is the number of members to be removed.",
			history:    []change{{"2.4.0", "Accepts multiple `member` arguments."}},
			args:       []argument{argKey("key", 0), argString("member").multiple()},
		},
		"sscan": {
			summary: "Incrementally iterate Set elements",
			since:   "2.8.0", group: "set",
			complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the " +
				"cursor to return back to 0. N is the number of elements inside the collection..",
			args: []argument{
				argKey("key", 0),
				argInt("cursor"),
				argPattern("pattern").after("MATCH").optional(),
				argInt("count").after("COUNT").optional(),
			},
		},
		"sunion": {
			summary: "Add multiple sets",
			since:   "1.0.0", group: "set",
			complexity: "O(N) where N is the total number of elements in all given sets.",
			args:       []argument{argKey("key", 0).multiple()},
		},
		"sunionstore": {
			summary: "Add multiple sets and store the resulting set in a key",
			since:   "1.0.0", group: "set",
			complexity: "O(N) where N is the total number of elements in all given sets.",
			args:       []argument{argKey("destination", 0), argKey("key", 1).multiple()},
		},
	}
}
