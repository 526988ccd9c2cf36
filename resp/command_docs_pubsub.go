package resp

func pubsubDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"subscribe": {
			summary: "Listen for messages published to the given channels",
			since:   "2.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of channels to subscribe to.",
			args:       []argument{argString("channel").multiple()},
		},
		"psubscribe": {
			summary: "Listen for messages published to channels matching the given patterns",
			since:   "2.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of patterns the client is already subscribed to.",
			args:       []argument{argBlock("pattern", argPattern("pattern")).multiple()},
		},
		"ssubscribe": {
			summary: "Listen for messages published to the given shard channels",
			since:   "7.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of shard channels to subscribe to.",
			args:       []argument{argString("shardchannel").multiple()},
		},
		"unsubscribe": {
			summary: "Stop listening for messages posted to the given channels",
			since:   "2.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of clients already subscribed to a channel.",
			args:       []argument{argString("channel").optional().multiple()},
		},
		"punsubscribe": {
			summary: "Stop listening for messages posted to channels matching the given patterns",
			since:   "2.0.0", group: "pubsub",
			complexity: "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).",
			args:       []argument{argPattern("pattern").optional().multiple()},
		},
		"sunsubscribe": {
			summary: "Stop listening for messages posted to the given shard channels",
			since:   "7.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of clients already subscribed to a shard channel.",
			args:       []argument{argString("shardchannel").optional().multiple()},
		},
		"publish": {
			summary: "Post a message to a channel",
			since:   "2.0.0", group: "pubsub",
			complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
			args:       []argument{argString("channel"), argString("message")},
		},
		"spublish": {
			summary: "Post a message to a shard channel",
			since:   "7.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
			args:       []argument{argString("shardchannel"), argString("message")},
		},
		"pubsub": {
			summary: "A container for Pub/Sub commands",
			since:   "2.8.0", group: "pubsub",
			complexity: "Depends on subcommand.",
		},
		"pubsub|channels": {
			summary: "List active channels",
			since:   "2.8.0", group: "pubsub",
			complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
			args:       []argument{argPattern("pattern").optional()},
		},
		"pubsub|help": {
			summary: "Show helpful text about the different subcommands",
			since:   "6.2.0", group: "pubsub",
			complexity: "O(1)",
		},
		"pubsub|numpat": {
			summary: "Get the count of unique patterns pattern subscriptions",
			since:   "2.8.0", group: "pubsub",
			complexity: "O(1)",
		},
		"pubsub|numsub": {
			summary: "Get the count of subscribers for channels",
			since:   "2.8.0", group: "pubsub",
			complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
			args:       []argument{argString("channel").optional().multiple()},
		},
		"pubsub|shardchannels": {
			summary: "List active shard channels",
			since:   "7.0.0", group: "pubsub",
			complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
			args:       []argument{argPattern("pattern").optional()},
		},
		"pubsub|shardnumsub": {
			summary: "Get the count of subscribers for shard channels",
			since:   "7.0.0", group: "pubsub",
			complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
			args:       []argument{argString("shardchannel").optional().multiple()},
		},
	}
}
