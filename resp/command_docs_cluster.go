package resp

func clusterDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"cluster": {
			summary: "A container for cluster commands",
			since:   "3.0.0", group: "cluster",
			complexity: "Depends on subcommand.",
		},
		"cluster|addslots": {
			summary: "Assign new hash slots to receiving node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of hash slot arguments",
			args: []argument{
				argInt("slot").multiple(),
			},
		},
		"cluster|addslotsrange": {
			summary: "Assign new hash slots to receiving node",
			since:   "7.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
			args: []argument{
				argBlock("start-slot_end-slot", argInt("start-slot"), argInt("end-slot")).multiple(),
			},
		},
		"cluster|bumpepoch": {
			summary: "Advance the cluster config epoch",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"cluster|count-failure-reports": {
			summary: "Return the number of failure reports active for a given node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(N) where N is the number of failure reports",
			args: []argument{
				argString("node-id"),
			},
		},
		"cluster|countkeysinslot": {
			summary: "Return the number of local keys in the specified hash slot",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argInt("slot"),
			},
		},
		"cluster|delslots": {
			summary: "Set hash slots as unbound in receiving node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of hash slot arguments",
			args: []argument{
				argInt("slot").multiple(),
			},
		},
		"cluster|delslotsrange": {
			summary: "Set hash slots as unbound in receiving node",
			since:   "7.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
			args: []argument{
				argBlock("start-slot_end-slot", argInt("start-slot"), argInt("end-slot")).multiple(),
			},
		},
		"cluster|failover": {
			summary: "Forces a replica to perform a manual failover of its master.",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argOneOf("options", argToken("FORCE"), argToken("TAKEOVER")).optional(),
			},
		},
		"cluster|flushslots": {
			summary: "Delete a node's own slots information",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"cluster|forget": {
			summary: "Remove a node from the nodes table",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argString("node-id"),
			},
		},
		"cluster|getkeysinslot": {
			summary: "Return local key names in the specified hash slot",
			since:   "3.0.0", group: "cluster",
			complexity: "O(log(N)) where N is the number of requested keys",
			args: []argument{
				argInt("slot"),
				argInt("count"),
			},
		},
		"cluster|help": {
			summary: "Show helpful text about the different subcommands",
			since:   "5.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"cluster|info": {
			summary: "Provides info about Redis Cluster node state",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"cluster|keyslot": {
			summary: "Returns the hash slot of the specified key",
			since:   "3.0.0", group: "cluster",
			complexity: "O(N) where N is the number of bytes in the key",
			args: []argument{
				argString("key"),
			},
		},
		"cluster|links": {
			summary: "Returns a list of all TCP links to and from peer nodes in cluster",
			since:   "7.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of Cluster nodes",
		},
		"cluster|meet": {
			summary: "Force a node cluster to handshake with another node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			history: []change{
				{"4.0.0", "Added the optional `cluster_bus_port` argument."},
			},
			args: []argument{
				argString("ip"),
				argInt("port"),
				argInt("cluster_bus_port").from("4.0.0").optional(),
			},
		},
		"cluster|myid": {
			summary: "Return the node id",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"cluster|nodes": {
			summary: "Get Cluster config for the node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of Cluster nodes",
		},
		"cluster|replicas": {
			summary: "List replica nodes of the specified master node",
			since:   "5.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argString("node-id"),
			},
		},
		"cluster|replicate": {
			summary: "Reconfigure a node as a replica of the specified master node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argString("node-id"),
			},
		},
		"cluster|reset": {
			summary: "Reset a Redis Cluster node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
			args: []argument{
				argOneOf("hard_soft", argToken("HARD"), argToken("SOFT")).optional(),
			},
		},
		"cluster|saveconfig": {
			summary: "Forces the node to save cluster state on disk",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"cluster|set-config-epoch": {
			summary: "Set the configuration epoch in a new node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argInt("config-epoch"),
			},
		},
		"cluster|setslot": {
			summary: "Bind a hash slot to a specific node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
			args: []argument{
				argInt("slot"),
				argOneOf("subcommand",
					argString("node-id").after("IMPORTING"), argString("node-id").after("MIGRATING"), argString("node-id").after("NODE"), argToken("STABLE")),
			},
		},
		"cluster|shards": {
			summary: "Get array of cluster slots to node mappings",
			since:   "7.0.0", group: "cluster",
			complexity: "O(N) where N is the total number of cluster nodes",
		},
		"cluster|slaves": {
			summary: "List replica nodes of the specified master node",
			since:   "3.0.0", group: "cluster",
			complexity:      "O(1)",
			deprecatedSince: "5.0.0", replacedBy: "`CLUSTER REPLICAS`",
			args: []argument{
				argString("node-id"),
			},
		},
		"cluster|slots": {
			summary: "Get array of Cluster slot to node mappings",
			since:   "3.0.0", group: "cluster",
			complexity:      "O(N) where N is the total number of Cluster nodes",
			deprecatedSince: "7.0.0", replacedBy: "`CLUSTER SHARDS`",
			history: []change{
				{"4.0.0", "Added node IDs."},
				{"7.0.0", "Added additional networking metadata field."},
			},
		},
		"asking": {
			summary: "Sent by cluster clients after an -ASK redirect",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"readonly": {
			summary: "Enables read queries for a connection to a cluster replica node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
		"readwrite": {
			summary: "Disables read queries for a connection to a cluster replica node",
			since:   "3.0.0", group: "cluster",
			complexity: "O(1)",
		},
	}
}
