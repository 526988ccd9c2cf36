package resp

func aclDocs() map[string]*commandDoc {
	username := argString("username")
	const perUser = "O(N). Where N is the number of configured users."
	return map[string]*commandDoc{
		"acl": {
			summary: "A container for Access List Control commands ", since: "6.0.0", group: "server",
			complexity: "Depends on subcommand.",
		},
		"acl|cat": {
			summary: "List the ACL categories or the commands inside a category", since: "6.0.0", group: "server",
			complexity: "O(1) since the categories and commands are a fixed set.",
			args:       []argument{argString("categoryname").optional()},
		},
		"acl|deluser": {
			summary: "Remove the specified ACL users and the associated rules", since: "6.0.0", group: "server",
			complexity: "O(1) amortized time considering the typical user.",
			args:       []argument{username.multiple()},
		},
		"acl|dryrun": {
			summary: "Returns whether the user can execute the given command without executing the command.",
			since:   "7.0.0", group: "server",
			complexity: "O(1).",
			args:       []argument{username, argString("command"), argString("arg").optional().multiple()},
		},
		"acl|genpass": {
			summary: "Generate a pseudorandom secure password to use for ACL users", since: "6.0.0", group: "server",
			complexity: "O(1)",
			args:       []argument{argInt("bits").optional()},
		},
		"acl|getuser": {
			summary: "Get the rules for a specific ACL user", since: "6.0.0", group: "server",
			complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
			history: []change{
				{"6.2.0", "Added Pub/Sub channel patterns."},
				{"7.0.0", "Added selectors and changed the format of key and channel patterns from a list to their rule representation."},
			},
			args: []argument{username},
		},
		"acl|help": {
			summary: "Show helpful text about the different subcommands", since: "6.0.0", group: "server",
			complexity: "O(1)",
		},
		"acl|list": {
			summary: "List the current ACL rules in ACL config file format", since: "6.0.0", group: "server",
			complexity: perUser,
		},
		"acl|load": {
			summary: "Reload the ACLs from the configured ACL file", since: "6.0.0", group: "server",
			complexity: perUser,
		},
		"acl|log": {
			summary: "List latest events denied because of ACLs in place", since: "6.0.0", group: "server",
			complexity: "O(N) with N being the number of entries shown.",
			args:       []argument{argOneOf("operation", argInt("count"), argToken("RESET")).optional()},
		},
		"acl|save": {
			summary: "Save the current ACL rules in the configured ACL file", since: "6.0.0", group: "server",
			complexity: perUser,
		},
		"acl|setuser": {
			summary: "Modify or create the rules for a specific ACL user", since: "6.0.0", group: "server",
			complexity: "O(N). Where N is the number of rules provided.",
			history: []change{
				{"6.2.0", "Added Pub/Sub channel patterns."},
				{"7.0.0", "Added selectors and key based permissions."},
			},
			args: []argument{username, argString("rule").optional().multiple()},
		},
		"acl|users": {
			summary: "List the username of all the configured ACL rules", since: "6.0.0", group: "server",
			complexity: perUser,
		},
		"acl|whoami": {
			summary: "Return the name of the user associated to the current connection", since: "6.0.0", group: "server",
			complexity: "O(1)",
		},
	}
}
