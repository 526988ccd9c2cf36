package resp

func slowlogCommands() []*command {
	const own = flagAdmin | flagLoading | flagStale
	return []*command{
		{name: "slowlog", arity: -2, subcommands: []*command{
			{name: "slowlog|get", handler: cmdSlowlogGet, arity: -2, flags: own,
				tips: []string{"request_policy:all_nodes", "nondeterministic_output"}},
			{name: "slowlog|help", handler: cmdSlowlogHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "slowlog|len", handler: cmdSlowlogLen, arity: 2, flags: own,
				tips: []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"}},
			{name: "slowlog|reset", handler: cmdSlowlogReset, arity: 2, flags: own,
				tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		}},
	}
}

// cmdSlowlogGet is SLOWLOG GET [count].
func cmdSlowlogGet(c *client, args [][]byte) {
	count := int64(10)
	switch len(args) {
	case 2:
	case 3:
		var ok bool
		if count, ok = parseInt(args[2]); !ok || count < -1 {
			c.writeError("ERR count should be greater than or equal to -1")
			return
		}
	default:
		c.writeError(errForm(args[1], "SLOWLOG"))
		return
	}
	entries := c.srv.ops().slowlog.last(count)
	c.writeArray(len(entries))
	for i := range entries {
		e := &entries[i]
		c.writeArray(6)
		c.writeInt(e.ID)
		c.writeInt(e.Time.Unix())
		c.writeInt(e.Duration.Microseconds())
		c.writeBulkStrings(e.Args)
		c.writeBulkString(e.ClientAddr)
		c.writeBulkString(e.ClientName)
	}
}

func cmdSlowlogLen(c *client, _ [][]byte) { c.writeInt(int64(c.srv.ops().slowlog.len())) }

func cmdSlowlogReset(c *client, _ [][]byte) {
	c.srv.ops().slowlog.reset()
	c.writeOK()
}

func cmdSlowlogHelp(c *client, _ [][]byte) {
	writeHelp(c, "SLOWLOG",
		"GET [<count>]",
		"Show the last slow commands, 10 or as many as told, -1 being all: number, time, microseconds, arguments, "+
			"address and name of the client.",
		"LEN", "Show how many there are.",
		"RESET", "Forget them.",
	)
}
