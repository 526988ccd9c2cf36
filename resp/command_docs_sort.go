package resp

func sortDocs() map[string]*commandDoc {
	const complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned " +
		"elements. When the elements are not sorted, complexity is O(N)."
	pattern := argPattern("pattern")
	pattern.keySpec = 1
	alpha := argToken("ALPHA")
	alpha.name = "sorting"
	args := []argument{
		argKey("key", 0),
		pattern.after("BY").optional(),
		argBlock("offset_count", argInt("offset"), argInt("count")).after("LIMIT").optional(),
		pattern.after("GET").optional().multipleToken(),
		argOneOf("order", argToken("ASC"), argToken("DESC")).optional(),
		alpha.optional(),
	}
	return map[string]*commandDoc{
		"sort": {
			summary: "Sort the elements in a list, set or sorted set",
			since:   "1.0.0", group: "generic",
			complexity: complexity,
			args:       append(args[:len(args):len(args)], argKey("destination", 2).after("STORE").optional()),
		},
		"sort_ro": {
			summary: "Sort the elements in a list, set or sorted set. Read-only variant of SORT.",
			since:   "7.0.0", group: "generic",
			complexity: complexity,
			args:       args,
		},
	}
}
