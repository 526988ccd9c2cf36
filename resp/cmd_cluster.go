package resp

func clusterCommands() []*command {
	const tell = flagStale
	const rule = flagAdmin | flagStale
	const change = rule | flagNoAsyncLoading
	varying := []string{"nondeterministic_output"}
	sub := func(name string, arity int, flags commandFlags, tips []string) *command {
		return &command{name: "cluster|" + name, handler: cmdNoCluster, arity: arity, flags: flags, tips: tips}
	}
	const hop = flagFast
	const cat = catConnection
	return []*command{
		{name: "cluster", arity: -2, subcommands: []*command{
			sub("addslots", -3, change, nil),
			sub("addslotsrange", -4, change, nil),
			sub("bumpepoch", 2, change, varying),
			sub("count-failure-reports", 3, rule, varying),
			sub("countkeysinslot", 3, tell, nil),
			sub("delslots", -3, change, nil),
			sub("delslotsrange", -4, change, nil),
			sub("failover", -2, change, nil),
			sub("flushslots", 2, change, nil),
			sub("forget", 3, change, nil),
			sub("getkeysinslot", 4, tell, varying),
			sub("help", 2, flagLoading|flagStale, nil),
			sub("info", 2, tell, varying),
			sub("keyslot", 3, tell, nil),
			sub("links", 2, tell, varying),
			sub("meet", -4, change, nil),
			sub("myid", 2, tell, nil),
			sub("nodes", 2, tell, varying),
			sub("replicas", 3, rule, varying),
			sub("replicate", 3, change, nil),
			sub("reset", -2, rule|flagNoScript, nil),
			sub("saveconfig", 2, change, nil),
			sub("set-config-epoch", 3, change, nil),
			sub("setslot", -4, change, nil),
			sub("shards", 2, tell, varying),
			sub("slaves", 3, rule, varying),
			sub("slots", 2, tell, varying),
		}},
		{name: "asking", handler: cmdNoCluster, arity: 1, flags: hop, category: cat},
		{name: "readonly", handler: cmdNoCluster, arity: 1, flags: hop | flagLoading | flagStale, category: cat},
		{name: "readwrite", handler: cmdNoCluster, arity: 1, flags: hop | flagLoading | flagStale, category: cat},
	}
}

// cmdNoCluster is CLUSTER, its HELP included, READONLY, READWRITE and ASKING on an instance that stands alone. Clients
// that look for a cluster take the error for the answer that there is none.
func cmdNoCluster(c *client, _ [][]byte) {
	c.writeError("ERR This instance has cluster support disabled")
}
