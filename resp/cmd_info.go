package resp

func infoCommands() []*command {
	return []*command{
		{name: "info", handler: cmdInfo, arity: -1, flags: flagLoading | flagStale, category: catDangerous, wholeCache: true,
			tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}},
	}
}

// cmdInfo is INFO [section …].
func cmdInfo(c *client, args [][]byte) {
	sections := make([]string, len(args)-1)
	for i, arg := range args[1:] {
		sections[i] = string(arg)
	}
	c.writeVerbatim("txt", c.srv.report(c.inspected(), sections))
}
