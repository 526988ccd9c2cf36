package resp

func hashDocs() map[string]*commandDoc {
	key, field, value := argKey("key", 0), argString("field"), argString("value")
	pairs := argBlock("field_value", field, value).multiple()
	return map[string]*commandDoc{
		"hset": {
			summary: "Set the string value of a hash field", since: "2.0.0", group: "hash",
			complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is " +
				"called with multiple field/value pairs.",
			history: []change{{"4.0.0", "Accepts multiple `field` and `value` arguments."}},
			args:    []argument{key, pairs},
		},
		"hsetnx": {
			summary: "Set the value of a hash field, only if the field does not exist", since: "2.0.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key, field, value},
		},
		"hmset": {
			summary: "Set multiple hash fields to multiple values", since: "2.0.0", group: "hash",
			complexity:      "O(N) where N is the number of fields being set.",
			deprecatedSince: "4.0.0", replacedBy: "`HSET` with multiple field-value pairs",
			args: []argument{key, pairs},
		},
		"hget": {
			summary: "Get the value of a hash field", since: "2.0.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key, field},
		},
		"hmget": {
			summary: "Get the values of all the given hash fields", since: "2.0.0", group: "hash",
			complexity: "O(N) where N is the number of fields being requested.",
			args:       []argument{key, field.multiple()},
		},
		"hgetall": {
			summary: "Get all the fields and values in a hash", since: "2.0.0", group: "hash",
			complexity: "O(N) where N is the size of the hash.",
			args:       []argument{key},
		},
		"hkeys": {
			summary: "Get all the fields in a hash", since: "2.0.0", group: "hash",
			complexity: "O(N) where N is the size of the hash.",
			args:       []argument{key},
		},
		"hvals": {
			summary: "Get all the values in a hash", since: "2.0.0", group: "hash",
			complexity: "O(N) where N is the size of the hash.",
			args:       []argument{key},
		},
		"hlen": {
			summary: "Get the number of fields in a hash", since: "2.0.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key},
		},
		"hstrlen": {
			summary: "Get the length of the value of a hash field", since: "3.2.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key, field},
		},
		"hexists": {
			summary: "Determine if a hash field exists", since: "2.0.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key, field},
		},
		"hdel": {
			summary: "Delete one or more hash fields", since: "2.0.0", group: "hash",
			complexity: "O(N) where N is the number of fields to be removed.",
			history:    []change{{"2.4.0", "Accepts multiple `field` arguments."}},
			args:       []argument{key, field.multiple()},
		},
		"hincrby": {
			summary: "Increment the integer value of a hash field by the given number", since: "2.0.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key, field, argInt("increment")},
		},
		"hincrbyfloat": {
			summary: "Increment the float value of a hash field by the given amount", since: "2.6.0", group: "hash",
			complexity: "O(1)",
			args:       []argument{key, field, argDouble("increment")},
		},
		"hrandfield": {
			summary: "Get one or multiple random fields from a hash", since: "6.2.0", group: "hash",
			complexity: "O(N) where N is the number of fields returned",
			args: []argument{
				key,
				argBlock("options", argInt("count"), argToken("WITHVALUES").optional()).optional(),
			},
		},
		"hscan": {
			summary: "Incrementally iterate hash fields and associated values", since: "2.8.0", group: "hash",
			complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the " +
				"cursor to return back to 0. N is the number of elements inside the collection..",
			args: []argument{
				key,
				argInt("cursor"),
				argPattern("pattern").after("MATCH").optional(),
				argInt("count").after("COUNT").optional(),
			},
		},
	}
}

// hashExpiryDocs describe commands that Redis 7.0 does not have.
func hashExpiryDocs() map[string]*commandDoc {
	const perField = "O(N) where N is the number of specified fields."
	key := argKey("key", 0)
	fields := argBlock("fields", argInt("numfields"), argString("field").multiple()).after("FIELDS")
	condition := argOneOf("condition", argToken("NX"), argToken("XX"), argToken("GT"), argToken("LT")).optional()
	expiration := func(other string) argument {
		return argOneOf("expiration",
			argInt("seconds").after("EX"),
			argInt("milliseconds").after("PX"),
			argUnixTime("unix-time-seconds").after("EXAT"),
			argUnixTime("unix-time-milliseconds").after("PXAT"),
			argToken(other),
		).optional()
	}
	doc := func(summary string, args ...argument) *commandDoc {
		return &commandDoc{summary: summary, since: "9.0.0", group: "hash", complexity: perField, args: args}
	}
	return map[string]*commandDoc{
		"hexpire":      doc("Set how many seconds fields of a hash have to live", key, argInt("seconds"), condition, fields),
		"hpexpire":     doc("Set how many milliseconds fields of a hash have to live", key, argInt("milliseconds"), condition, fields),
		"hexpireat":    doc("Set when fields of a hash expire, in seconds", key, argUnixTime("unix-time-seconds"), condition, fields),
		"hpexpireat":   doc("Set when fields of a hash expire, in milliseconds", key, argUnixTime("unix-time-milliseconds"), condition, fields),
		"httl":         doc("Get how many seconds fields of a hash have to live", key, fields),
		"hpttl":        doc("Get how many milliseconds fields of a hash have to live", key, fields),
		"hexpiretime":  doc("Get when fields of a hash expire, in seconds", key, fields),
		"hpexpiretime": doc("Get when fields of a hash expire, in milliseconds", key, fields),
		"hpersist":     doc("Remove the expiration of fields of a hash", key, fields),
		"hgetdel":      doc("Get the values of fields of a hash and delete them", key, fields),
		"hgetex":       doc("Get the values of fields of a hash and set when they expire", key, expiration("PERSIST"), fields),
		"hsetex": doc("Set the values of fields of a hash and when they expire", key,
			argOneOf("fields-condition", argToken("FNX"), argToken("FXX")).optional(), expiration("KEEPTTL"),
			argBlock("fields", argInt("numfields"), argBlock("data", argString("field"), argString("value")).multiple()).after("FIELDS")),
	}
}
