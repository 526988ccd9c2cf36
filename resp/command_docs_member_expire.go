package resp

// memberExpiryDocs documents what KeyDB has and Redis has not.
func memberExpiryDocs() map[string]*commandDoc {
	const member = "Make a member of a set or a sorted set, or a field of a hash, expire "
	expire := func(when string, args ...argument) *commandDoc {
		return &commandDoc{summary: member + when, since: "1.0.0", group: "generic", complexity: "O(1)",
			args: append([]argument{argKey("key", 0), argString("member")}, args...)}
	}
	return map[string]*commandDoc{
		"expiremember": expire("after a time",
			argInt("delay"), argOneOf("unit", argToken("S"), argToken("MS")).optional()),
		"expirememberat":  expire("at a Unix timestamp", argUnixTime("unix-time-seconds")),
		"pexpiremember":   expire("after some milliseconds", argInt("milliseconds")),
		"pexpirememberat": expire("at a Unix timestamp in milliseconds", argUnixTime("unix-time-milliseconds")),
	}
}
