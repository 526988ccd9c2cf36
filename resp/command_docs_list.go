package resp

func listDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"lpush": {
			summary: "Prepend one or multiple elements to a list",
			since:   "1.0.0", group: "list",
			complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
			history:    []change{{"2.4.0", "Accepts multiple `element` arguments."}},
			args: []argument{
				argKey("key", 0),
				argString("element").multiple(),
			},
		},
		"rpush": {
			summary: "Append one or multiple elements to a list",
			since:   "1.0.0", group: "list",
			complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
			history:    []change{{"2.4.0", "Accepts multiple `element` arguments."}},
			args: []argument{
				argKey("key", 0),
				argString("element").multiple(),
			},
		},
		"lpushx": {
			summary: "Prepend an element to a list, only if the list exists",
			since:   "2.2.0", group: "list",
			complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
			history:    []change{{"4.0.0", "Accepts multiple `element` arguments."}},
			args: []argument{
				argKey("key", 0),
				argString("element").multiple(),
			},
		},
		"rpushx": {
			summary: "Append an element to a list, only if the list exists",
			since:   "2.2.0", group: "list",
			complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
			history:    []change{{"4.0.0", "Accepts multiple `element` arguments."}},
			args: []argument{
				argKey("key", 0),
				argString("element").multiple(),
			},
		},
		"lpop": {
			summary: "Remove and get the first elements in a list",
			since:   "1.0.0", group: "list",
			complexity: "O(N) where N is the number of elements returned",
			history:    []change{{"6.2.0", "Added the `count` argument."}},
			args: []argument{
				argKey("key", 0),
				argInt("count").from("6.2.0").optional(),
			},
		},
		"rpop": {
			summary: "Remove and get the last elements in a list",
			since:   "1.0.0", group: "list",
			complexity: "O(N) where N is the number of elements returned",
			history:    []change{{"6.2.0", "Added the `count` argument."}},
			args: []argument{
				argKey("key", 0),
				argInt("count").from("6.2.0").optional(),
			},
		},
		"lmpop": {
			summary: "Pop elements from a list",
			since:   "7.0.0", group: "list",
			complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
			args: []argument{
				argInt("numkeys"),
				argKey("key", 0).multiple(),
				argOneOf("where",
					argToken("LEFT"),
					argToken("RIGHT")),
				argInt("count").after("COUNT").optional(),
			},
		},
		"llen": {
			summary: "Get the length of a list",
			since:   "1.0.0", group: "list",
			complexity: "O(1)",
			args: []argument{
				argKey("key", 0),
			},
		},
		"lrange": {
			summary: "Get a range of elements from a list",
			since:   "1.0.0", group: "list",
			complexity: "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
			args: []argument{
				argKey("key", 0),
				argInt("start"),
				argInt("stop"),
			},
		},
		"lindex": {
			summary: "Get an element from a list by its index",
			since:   "1.0.0", group: "list",
			complexity: "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
			args: []argument{
				argKey("key", 0),
				argInt("index"),
			},
		},
		"lset": {
			summary: "Set the value of an element in a list by its index",
			since:   "1.0.0", group: "list",
			complexity: "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
			args: []argument{
				argKey("key", 0),
				argInt("index"),
				argString("element"),
			},
		},
		"linsert": {
			summary: "Insert an element before or after another element in a list",
			since:   "2.2.0", group: "list",
			complexity: "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
			args: []argument{
				argKey("key", 0),
				argOneOf("where",
					argToken("BEFORE"),
					argToken("AFTER")),
				argString("pivot"),
				argString("element"),
			},
		},
		"lrem": {
			summary: "Remove elements from a list",
			since:   "1.0.0", group: "list",
			complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
			args: []argument{
				argKey("key", 0),
				argInt("count"),
				argString("element"),
			},
		},
		"ltrim": {
			summary: "Trim a list to the specified range",
			since:   "1.0.0", group: "list",
			complexity: "O(N) where N is the number of elements to be removed by the operation.",
			args: []argument{
				argKey("key", 0),
				argInt("start"),
				argInt("stop"),
			},
		},
		"lpos": {
			summary: "Return the index of matching elements on a list",
			since:   "6.0.6", group: "list",
			complexity: "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
			args: []argument{
				argKey("key", 0),
				argString("element"),
				argInt("rank").after("RANK").optional(),
				argInt("num-matches").after("COUNT").optional(),
				argInt("len").after("MAXLEN").optional(),
			},
		},
		"lmove": {
			summary: "Pop an element from a list, push it to another list and return it",
			since:   "6.2.0", group: "list",
			complexity: "O(1)",
			args: []argument{
				argKey("source", 0),
				argKey("destination", 1),
				argOneOf("wherefrom",
					argToken("LEFT"),
					argToken("RIGHT")),
				argOneOf("whereto",
					argToken("LEFT"),
					argToken("RIGHT")),
			},
		},
		"rpoplpush": {
			summary: "Remove the last element in a list, prepend it to another list and return it",
			since:   "1.2.0", group: "list",
			complexity:      "O(1)",
			deprecatedSince: "6.2.0", replacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments",
			args: []argument{
				argKey("source", 0),
				argKey("destination", 1),
			},
		},
		"blpop": {
			summary: "Remove and get the first element in a list, or block until one is available",
			since:   "2.0.0", group: "list",
			complexity: "O(N) where N is the number of provided keys.",
			history:    []change{{"6.0.0", "`timeout` is interpreted as a double instead of an integer."}},
			args: []argument{
				argKey("key", 0).multiple(),
				argDouble("timeout"),
			},
		},
		"brpop": {
			summary: "Remove and get the last element in a list, or block until one is available",
			since:   "2.0.0", group: "list",
			complexity: "O(N) where N is the number of provided keys.",
			history:    []change{{"6.0.0", "`timeout` is interpreted as a double instead of an integer."}},
			args: []argument{
				argKey("key", 0).multiple(),
				argDouble("timeout"),
			},
		},
		"blmpop": {
			summary: "Pop elements from a list, or block until one is available",
			since:   "7.0.0", group: "list",
			complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
			args: []argument{
				argDouble("timeout"),
				argInt("numkeys"),
				argKey("key", 0).multiple(),
				argOneOf("where",
					argToken("LEFT"),
					argToken("RIGHT")),
				argInt("count").after("COUNT").optional(),
			},
		},
		"blmove": {
			summary: "Pop an element from a list, push it to another list and return it; or block until one is available",
			since:   "6.2.0", group: "list",
			complexity: "O(1)",
			args: []argument{
				argKey("source", 0),
				argKey("destination", 1),
				argOneOf("wherefrom",
					argToken("LEFT"),
					argToken("RIGHT")),
				argOneOf("whereto",
					argToken("LEFT"),
					argToken("RIGHT")),
				argDouble("timeout"),
			},
		},
		"brpoplpush": {
			summary: "Pop an element from a list, push it to another list and return it; or block until one is available",
			since:   "2.2.0", group: "list",
			complexity:      "O(1)",
			deprecatedSince: "6.2.0", replacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
			history: []change{{"6.0.0", "`timeout` is interpreted as a double instead of an integer."}},
			args: []argument{
				argKey("source", 0),
				argKey("destination", 1),
				argDouble("timeout"),
			},
		},
	}
}
