package resp

func configCommands() []*command {
	const own = flagAdmin | flagNoScript | flagLoading | flagStale
	return []*command{
		{name: "config", arity: -2, subcommands: []*command{
			{name: "config|get", handler: cmdConfigGet, arity: -3, flags: own},
			{name: "config|help", handler: cmdConfigHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "config|resetstat", handler: cmdConfigResetStat, arity: 2, flags: own, wholeCache: true},
			{name: "config|rewrite", handler: cmdConfigRewrite, arity: 2, flags: own},
			{name: "config|set", handler: cmdConfigSet, arity: -4, flags: own, secret: secretOfConfigSet,
				tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		}},
	}
}

// cmdConfigGet is CONFIG GET pattern [pattern …].
func cmdConfigGet(c *client, args [][]byte) {
	patterns := make([]string, len(args)-2)
	for i, arg := range args[2:] {
		patterns[i] = string(arg)
	}
	settings := c.srv.Config(patterns...)
	c.writeMap(len(settings))
	for _, setting := range settings {
		c.writeBulkString(setting.Name)
		c.writeBulkString(setting.Value)
	}
}

// cmdConfigSet is CONFIG SET parameter value [parameter value …].
func cmdConfigSet(c *client, args [][]byte) {
	pairs := args[2:]
	if len(pairs)%2 != 0 {
		c.writeError(errSyntax)
		return
	}
	settings := make([]Setting, 0, len(pairs)/2)
	for ; len(pairs) > 0; pairs = pairs[2:] {
		settings = append(settings, Setting{string(pairs[0]), string(pairs[1])})
	}
	if err := c.srv.SetConfig(settings...); err != nil {
		c.writeError("ERR " + err.Error())
		return
	}
	c.writeOK()
}

// cmdConfigResetStat is CONFIG RESETSTAT.
func cmdConfigResetStat(c *client, _ [][]byte) {
	c.srv.resetStats(c.inspected())
	c.writeOK()
}

// cmdConfigRewrite is CONFIG REWRITE.
func cmdConfigRewrite(c *client, _ [][]byte) { c.writeOutcome(c.srv.RewriteConfig()) }

func cmdConfigHelp(c *client, _ [][]byte) {
	writeHelp(c, "CONFIG",
		"GET <pattern> [<pattern> ...]", "Show the parameters whose names match, and their values.",
		"SET <parameter> <value> [<parameter> <value> ...]", "Change parameters, all of them or none.",
		"RESETSTAT", "Begin the counters of INFO anew.",
		"REWRITE", "Write the parameters to the configuration file that the server was started with.",
	)
}
