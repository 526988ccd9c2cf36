package resp

func operatorDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"client|pause": {
			summary: "Stop processing commands from clients for some time",
			since:   "2.9.50", group: "connection",
			complexity: "O(1)",
			history: []change{
				{"6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option."},
			},
			args: []argument{
				argInt("timeout"),
				argOneOf("mode", argToken("WRITE"), argToken("ALL")).from("6.2.0").optional(),
			},
		},
		"client|unpause": {
			summary: "Resume processing of clients that were paused",
			since:   "6.2.0", group: "connection",
			complexity: "O(N) Where N is the number of paused clients",
		},
		"lolwut": {
			summary: "Display some computer art and the Redis version",
			since:   "5.0.0", group: "server",
			args: []argument{
				argInt("version").after("VERSION").optional(),
			},
		},
		"monitor": {
			summary: "Listen for all requests received by the server in real time",
			since:   "1.0.0", group: "server",
		},
		"replicaof": {
			summary: "Make the server a replica of another instance, or promote it as master.",
			since:   "5.0.0", group: "server",
			complexity: "O(1)",
			args: []argument{
				argOneOf("args",
					argBlock("host-port", argString("host"), argInt("port")),
					argBlock("no-one", argToken("NO"), argToken("ONE"))),
			},
		},
		"role": {
			summary: "Return the role of the instance in the context of replication",
			since:   "2.8.12", group: "server",
			complexity: "O(1)",
		},
		"shutdown": {
			summary: "Synchronously save the dataset to disk and then shut down the server",
			since:   "1.0.0", group: "server",
			complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
			history: []change{
				{"7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers."},
			},
			args: []argument{
				argOneOf("nosave_save", argToken("NOSAVE"), argToken("SAVE")).optional(),
				argToken("NOW").from("7.0.0").optional(),
				argToken("FORCE").from("7.0.0").optional(),
				argToken("ABORT").from("7.0.0").optional(),
			},
		},
		"slaveof": {
			summary: "Make the server a replica of another instance, or promote it as master.",
			since:   "1.0.0", group: "server",
			complexity:      "O(1)",
			deprecatedSince: "5.0.0", replacedBy: "`REPLICAOF`",
			args: []argument{
				argOneOf("args",
					argBlock("host-port", argString("host"), argInt("port")),
					argBlock("no-one", argToken("NO"), argToken("ONE"))),
			},
		},
		"wait": {
			summary: "Wait for the synchronous replication of all the write commands sent in the context of the current connection",
			since:   "3.0.0", group: "generic",
			complexity: "O(1)",
			args: []argument{
				argInt("numreplicas"),
				argInt("timeout"),
			},
		},
	}
}
