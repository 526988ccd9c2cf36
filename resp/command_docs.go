package resp

import (
	"strings"
	"sync"
)

// commandDoc is what COMMAND DOCS says of a command beyond the command table. Clients show these texts and generate
// code from them, so they are those of Redis 7.0's own reply, word for word.
type commandDoc struct {
	summary, since, group, complexity string

	internal                    bool // not meant for clients
	deprecatedSince, replacedBy string

	history []change
	args    []argument
}

// change is one entry of a command's history: the version and what it changed.
type change struct{ version, what string }

// argument describes one argument of a command's syntax. The constructors below and the methods that refine them read
// like the syntax itself: argInt("seconds").after("EX").optional() is the documentation's [EX seconds].
type argument struct {
	name, kind, token      string
	since, deprecatedSince string
	keySpec                int // index of the specification that finds the key; -1: none
	flags                  argumentFlags
	args                   []argument
}

type argumentFlags uint8

const (
	argOptional argumentFlags = 1 << iota
	argMultiple
	argMultipleToken
)

var argumentFlagNames = []string{"optional", "multiple", "multiple_token"}

func argKey(name string, spec int) argument { return argument{name: name, kind: "key", keySpec: spec} }
func argString(name string) argument        { return argOf("string", name) }
func argInt(name string) argument           { return argOf("integer", name) }
func argDouble(name string) argument        { return argOf("double", name) }
func argPattern(name string) argument       { return argOf("pattern", name) }
func argUnixTime(name string) argument      { return argOf("unix-time", name) }

// argToken is a word to be written as it is. Its argument's name is the word in lower case.
func argToken(token string) argument {
	return argument{name: strings.ToLower(token), kind: "pure-token", token: token, keySpec: -1}
}

// argOneOf is a choice of one of args.
func argOneOf(name string, args ...argument) argument { return argOf("oneof", name, args...) }

// argBlock is a sequence of args that belong together.
func argBlock(name string, args ...argument) argument { return argOf("block", name, args...) }

func argOf(kind, name string, args ...argument) argument {
	return argument{name: name, kind: kind, keySpec: -1, args: args}
}

func (a argument) after(token string) argument        { a.token = token; return a }
func (a argument) from(version string) argument       { a.since = version; return a }
func (a argument) deprecated(version string) argument { a.deprecatedSince = version; return a }
func (a argument) optional() argument                 { a.flags |= argOptional; return a }
func (a argument) multiple() argument                 { a.flags |= argMultiple; return a }

// multipleToken is for an argument that is repeated together with its token.
func (a argument) multipleToken() argument { a.flags |= argMultiple | argMultipleToken; return a }

// docOf returns the documentation of a command or, under "container|subcommand", of a subcommand.
func docOf(name string) *commandDoc { return commandDocs()[name] }

// commandDocs is built by the first COMMAND DOCS, so that a process that never asks does not hold it.
var commandDocs = sync.OnceValue(func() map[string]*commandDoc {
	docs := make(map[string]*commandDoc)
	for _, group := range []map[string]*commandDoc{
		aclDocs(), clusterDocs(), operatorDocs(),
		sortDocs(),
		stringDocs(), bitmapDocs(), geoDocs(), hashDocs(), hashExpiryDocs(), hyperLogLogDocs(), keyDocs(), commandCommandDocs(),
		connectionDocs(), serverDocs(), setDocs(), memberExpiryDocs(), sortedSetDocs(), transactionDocs(),
		pubsubDocs(),
		trackingDocs(),
		pubsubDocs(), listDocs(),
		slowlogDocs(), latencyDocs(), memoryDocs(), hotKeyDocs(),
	} {
		for name, doc := range group {
			docs[name] = doc
		}
	}
	return docs
})

func stringDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"get": {
			summary: "Get the value of a key", since: "1.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"set": {
			summary: "Set the string value of a key", since: "1.0.0", group: "string",
			complexity: "O(1)",
			history: []change{
				{"2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."},
				{"6.0.0", "Added the `KEEPTTL` option."},
				{"6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."},
				{"7.0.0", "Allowed the `NX` and `GET` options to be used together."},
			},
			args: []argument{
				argKey("key", 0),
				argString("value"),
				argOneOf("condition", argToken("NX"), argToken("XX")).from("2.6.12").optional(),
				argToken("GET").from("6.2.0").optional(),
				argOneOf("expiration",
					argInt("seconds").after("EX").from("2.6.12"),
					argInt("milliseconds").after("PX").from("2.6.12"),
					argUnixTime("unix-time-seconds").after("EXAT").from("6.2.0"),
					argUnixTime("unix-time-milliseconds").after("PXAT").from("6.2.0"),
					argToken("KEEPTTL").from("6.0.0"),
				).optional(),
			},
		},
		"getex": {
			summary: "Get the value of a key and optionally set its expiration", since: "6.2.0", group: "string",
			complexity: "O(1)",
			args: []argument{
				argKey("key", 0),
				argOneOf("expiration",
					argInt("seconds").after("EX"),
					argInt("milliseconds").after("PX"),
					argUnixTime("unix-time-seconds").after("EXAT"),
					argUnixTime("unix-time-milliseconds").after("PXAT"),
					argToken("PERSIST"),
				).optional(),
			},
		},
		"getdel": {
			summary: "Get the value of a key and delete the key", since: "6.2.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"getset": {
			summary: "Set the string value of a key and return its old value", since: "1.0.0", group: "string",
			complexity:      "O(1)",
			deprecatedSince: "6.2.0", replacedBy: "`SET` with the `!GET` argument",
			args: []argument{argKey("key", 0), argString("value")},
		},
		"setnx": {
			summary: "Set the value of a key, only if the key does not exist", since: "1.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argString("value")},
		},
		"setex": {
			summary: "Set the value and expiration of a key", since: "2.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argInt("seconds"), argString("value")},
		},
		"psetex": {
			summary: "Set the value and expiration in milliseconds of a key", since: "2.6.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argInt("milliseconds"), argString("value")},
		},
		"mget": {
			summary: "Get the values of all the given keys", since: "1.0.0", group: "string",
			complexity: "O(N) where N is the number of keys to retrieve.",
			args:       []argument{argKey("key", 0).multiple()},
		},
		"mset": {
			summary: "Set multiple keys to multiple values", since: "1.0.1", group: "string",
			complexity: "O(N) where N is the number of keys to set.",
			args:       []argument{argBlock("key_value", argKey("key", 0), argString("value")).multiple()},
		},
		"msetnx": {
			summary: "Set multiple keys to multiple values, only if none of the keys exist",
			since:   "1.0.1", group: "string",
			complexity: "O(N) where N is the number of keys to set.",
			args:       []argument{argBlock("key_value", argKey("key", 0), argString("value")).multiple()},
		},
		"append": {
			summary: "Append a value to a key", since: "2.0.0", group: "string",
			complexity: "O(1). The amortized time complexity is O(1) assuming the appended value is small and the " +
				"already present value is of any size, since the dynamic string library used by Redis will " +
				"double the free space available on every reallocation.",
			args: []argument{argKey("key", 0), argString("value")},
		},
		"strlen": {
			summary: "Get the length of the value stored in a key", since: "2.2.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"getrange": {
			summary: "Get a substring of the string stored at a key", since: "2.4.0", group: "string",
			complexity: "O(N) where N is the length of the returned string. The complexity is ultimately " +
				"determined by the returned length, but because creating a substring from an existing string " +
				"is very cheap, it can be considered O(1) for small strings.",
			args: []argument{argKey("key", 0), argInt("start"), argInt("end")},
		},
		"substr": {
			summary: "Get a substring of the string stored at a key", since: "1.0.0", group: "string",
			complexity: "O(N) where N is the length of the returned string. The complexity is ultimately " +
				"determined by the returned length, but because creating a substring from an existing string " +
				"is very cheap, it can be considered O(1) for small strings.",
			deprecatedSince: "2.0.0", replacedBy: "`GETRANGE`",
			args: []argument{argKey("key", 0), argInt("start"), argInt("end")},
		},
		"setrange": {
			summary: "Overwrite part of a string at key starting at the specified offset",
			since:   "2.2.0", group: "string",
			complexity: "O(1), not counting the time taken to copy the new string in place. Usually, this string " +
				"is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being " +
				"the length of the value argument.",
			args: []argument{argKey("key", 0), argInt("offset"), argString("value")},
		},
		"incr": {
			summary: "Increment the integer value of a key by one", since: "1.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"decr": {
			summary: "Decrement the integer value of a key by one", since: "1.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"incrby": {
			summary: "Increment the integer value of a key by the given amount", since: "1.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argInt("increment")},
		},
		"decrby": {
			summary: "Decrement the integer value of a key by the given number", since: "1.0.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argInt("decrement")},
		},
		"incrbyfloat": {
			summary: "Increment the float value of a key by the given amount", since: "2.6.0", group: "string",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argDouble("increment")},
		},
		"lcs": {
			summary: "Find longest common substring", since: "7.0.0", group: "string",
			complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
			args: []argument{
				argKey("key1", 0),
				argKey("key2", 0),
				argToken("LEN").optional(),
				argToken("IDX").optional(),
				argInt("len").after("MINMATCHLEN").optional(),
				argToken("WITHMATCHLEN").optional(),
			},
		},
	}
}

func keyDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"del": {
			summary: "Delete a key", since: "1.0.0", group: "generic",
			complexity: "O(N) where N is the number of keys that will be removed. When a key to remove holds a " +
				"value other than a string, the individual complexity for this key is O(M) where M is the " +
				"number of elements in the list, set, sorted set or hash. Removing a single key that holds a " +
				"string value is O(1).",
			args: []argument{argKey("key", 0).multiple()},
		},
		"unlink": {
			summary: "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.",
			since:   "4.0.0", group: "generic",
			complexity: "O(1) for each key removed regardless of its size. Then the command does O(N) work in a " +
				"different thread in order to reclaim memory, where N is the number of allocations the deleted " +
				"objects where composed of.",
			args: []argument{argKey("key", 0).multiple()},
		},
		"exists": {
			summary: "Determine if a key exists", since: "1.0.0", group: "generic",
			complexity: "O(N) where N is the number of keys to check.",
			history:    []change{{"3.0.3", "Accepts multiple `key` arguments."}},
			args:       []argument{argKey("key", 0).multiple()},
		},
		"type": {
			summary: "Determine the type stored at key", since: "1.0.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"rename": {
			summary: "Rename a key", since: "1.0.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argKey("newkey", 1)},
		},
		"renamenx": {
			summary: "Rename a key, only if the new key does not exist", since: "1.0.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"3.2.0", "The command no longer returns an error when source and destination names are the same."}},
			args:       []argument{argKey("key", 0), argKey("newkey", 1)},
		},
		"copy": {
			summary: "Copy a key", since: "6.2.0", group: "generic",
			complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
			args: []argument{
				argKey("source", 0),
				argKey("destination", 1),
				argInt("destination-db").after("DB").optional(),
				argToken("REPLACE").optional(),
			},
		},
		"move": {
			summary: "Move a key to another database", since: "1.0.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0), argInt("db")},
		},
		"swapdb": {
			summary: "Swaps two Redis databases", since: "4.0.0", group: "server",
			complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
			args:       []argument{argInt("index1"), argInt("index2")},
		},
		"dbsize": {
			summary: "Return the number of keys in the selected database", since: "1.0.0", group: "server",
			complexity: "O(1)",
		},
		"keys": {
			summary: "Find all keys matching the given pattern", since: "1.0.0", group: "generic",
			complexity: "O(N) with N being the number of keys in the database, under the assumption that the key " +
				"names in the database and the given pattern have limited length.",
			args: []argument{argPattern("pattern")},
		},
		"scan": {
			summary: "Incrementally iterate the keys space", since: "2.8.0", group: "generic",
			complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for " +
				"the cursor to return back to 0. N is the number of elements inside the collection.",
			history: []change{{"6.0.0", "Added the `TYPE` subcommand."}},
			args: []argument{
				argInt("cursor"),
				argPattern("pattern").after("MATCH").optional(),
				argInt("count").after("COUNT").optional(),
				argString("type").after("TYPE").from("6.0.0").optional(),
			},
		},
		"randomkey": {
			summary: "Return a random key from the keyspace", since: "1.0.0", group: "generic",
			complexity: "O(1)",
		},
		"touch": {
			summary: "Alters the last access time of a key(s). Returns the number of existing keys specified.",
			since:   "3.2.1", group: "generic",
			complexity: "O(N) where N is the number of keys that will be touched.",
			args:       []argument{argKey("key", 0).multiple()},
		},
		"expire": {
			summary: "Set a key's time to live in seconds", since: "1.0.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."}},
			args: []argument{
				argKey("key", 0),
				argInt("seconds"),
				argOneOf("condition",
					argToken("NX"),
					argToken("XX"),
					argToken("GT"),
					argToken("LT"),
				).from("7.0.0").optional(),
			},
		},
		"pexpire": {
			summary: "Set a key's time to live in milliseconds", since: "2.6.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."}},
			args: []argument{
				argKey("key", 0),
				argInt("milliseconds"),
				argOneOf("condition",
					argToken("NX"),
					argToken("XX"),
					argToken("GT"),
					argToken("LT"),
				).from("7.0.0").optional(),
			},
		},
		"expireat": {
			summary: "Set the expiration for a key as a UNIX timestamp", since: "1.2.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."}},
			args: []argument{
				argKey("key", 0),
				argUnixTime("unix-time-seconds"),
				argOneOf("condition",
					argToken("NX"),
					argToken("XX"),
					argToken("GT"),
					argToken("LT"),
				).from("7.0.0").optional(),
			},
		},
		"pexpireat": {
			summary: "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
			since:   "2.6.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."}},
			args: []argument{
				argKey("key", 0),
				argUnixTime("unix-time-milliseconds"),
				argOneOf("condition",
					argToken("NX"),
					argToken("XX"),
					argToken("GT"),
					argToken("LT"),
				).from("7.0.0").optional(),
			},
		},
		"ttl": {
			summary: "Get the time to live for a key in seconds", since: "1.0.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"2.8.0", "Added the -2 reply."}},
			args:       []argument{argKey("key", 0)},
		},
		"pttl": {
			summary: "Get the time to live for a key in milliseconds", since: "2.6.0", group: "generic",
			complexity: "O(1)",
			history:    []change{{"2.8.0", "Added the -2 reply."}},
			args:       []argument{argKey("key", 0)},
		},
		"expiretime": {
			summary: "Get the expiration Unix timestamp for a key", since: "7.0.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"pexpiretime": {
			summary: "Get the expiration Unix timestamp for a key in milliseconds", since: "7.0.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"persist": {
			summary: "Remove the expiration from a key", since: "2.2.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"object": {
			summary: "A container for object introspection commands", since: "2.2.3", group: "generic",
			complexity: "Depends on subcommand.",
		},
		"object|encoding": {
			summary: "Inspect the internal encoding of a Redis object", since: "2.2.3", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"object|help": {
			summary: "Show helpful text about the different subcommands", since: "6.2.0", group: "generic",
			complexity: "O(1)",
		},
		"object|freq": {
			summary: "Get the logarithmic access frequency counter of a Redis object", since: "4.0.0", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"object|idletime": {
			summary: "Get the time since a Redis object was last accessed", since: "2.2.3", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"object|refcount": {
			summary: "Get the number of references to the value of the key", since: "2.2.3", group: "generic",
			complexity: "O(1)",
			args:       []argument{argKey("key", 0)},
		},
		"flushdb": {
			summary: "Remove all keys from the current database", since: "1.0.0", group: "server",
			complexity: "O(N) where N is the number of keys in the selected database",
			history: []change{
				{"4.0.0", "Added the `ASYNC` flushing mode modifier."},
				{"6.2.0", "Added the `SYNC` flushing mode modifier."},
			},
			args: []argument{argOneOf("async", argToken("ASYNC").from("4.0.0"), argToken("SYNC").from("6.2.0")).optional()},
		},
		"flushall": {
			summary: "Remove all keys from all databases", since: "1.0.0", group: "server",
			complexity: "O(N) where N is the total number of keys in all databases",
			history: []change{
				{"4.0.0", "Added the `ASYNC` flushing mode modifier."},
				{"6.2.0", "Added the `SYNC` flushing mode modifier."},
			},
			args: []argument{argOneOf("async", argToken("ASYNC").from("4.0.0"), argToken("SYNC").from("6.2.0")).optional()},
		},
	}
}

func commandCommandDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"command": {
			summary: "Get array of Redis command details", since: "2.8.13", group: "server",
			complexity: "O(N) where N is the total number of Redis commands",
		},
		"command|help": {
			summary: "Show helpful text about the different subcommands", since: "5.0.0", group: "server",
			complexity: "O(1)",
		},
		"command|getkeysandflags": {
			summary: "Extract keys and access flags given a full Redis command", since: "7.0.0", group: "server",
			complexity: "O(N) where N is the number of arguments to the command",
		},
		"command|count": {
			summary: "Get total number of Redis commands", since: "2.8.13", group: "server",
			complexity: "O(1)",
		},
		"command|list": {
			summary: "Get an array of Redis command names", since: "7.0.0", group: "server",
			complexity: "O(N) where N is the total number of Redis commands",
			args: []argument{
				argOneOf("filterby",
					argString("module-name").after("MODULE"),
					argString("category").after("ACLCAT"),
					argPattern("pattern").after("PATTERN"),
				).after("FILTERBY").optional(),
			},
		},
		"command|docs": {
			summary: "Get array of specific Redis command documentation", since: "7.0.0", group: "server",
			complexity: "O(N) where N is the number of commands to look up",
			args:       []argument{argString("command-name").optional().multiple()},
		},
		"command|getkeys": {
			summary: "Extract keys given a full Redis command", since: "2.8.13", group: "server",
			complexity: "O(N) where N is the number of arguments to the command",
		},
		"command|info": {
			summary: "Get array of specific Redis command details, or all when no argument is given.",
			since:   "2.8.13", group: "server",
			complexity: "O(N) where N is the number of commands to look up",
			history:    []change{{"7.0.0", "Allowed to be called with no argument to get info on all commands."}},
			args:       []argument{argString("command-name").optional().multiple()},
		},
	}
}

func connectionDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"ping": {
			summary: "Ping the server", since: "1.0.0", group: "connection",
			complexity: "O(1)",
			args:       []argument{argString("message").optional()},
		},
		"echo": {
			summary: "Echo the given string", since: "1.0.0", group: "connection",
			complexity: "O(1)",
			args:       []argument{argString("message")},
		},
		"hello": {
			summary: "Handshake with Redis", since: "6.0.0", group: "connection",
			complexity: "O(1)",
			history: []change{
				{"6.2.0", "`protover` made optional; when called without arguments the command reports the current connection's context."},
			},
			args: []argument{
				argBlock("arguments",
					argInt("protover"),
					argBlock("username_password", argString("username"), argString("password")).after("AUTH").optional(),
					argString("clientname").after("SETNAME").optional(),
				).optional(),
			},
		},
		"auth": {
			summary: "Authenticate to the server", since: "1.0.0", group: "connection",
			complexity: "O(N) where N is the number of passwords defined for the user",
			history:    []change{{"6.0.0", "Added ACL style (username and password)."}},
			args:       []argument{argString("username").from("6.0.0").optional(), argString("password")},
		},
		"select": {
			summary: "Change the selected database for the current connection", since: "1.0.0", group: "connection",
			complexity: "O(1)",
			args:       []argument{argInt("index")},
		},
		"quit": {
			summary: "Close the connection", since: "1.0.0", group: "connection",
			complexity: "O(1)",
		},
		"reset": {
			summary: "Reset the connection", since: "6.2.0", group: "connection",
			complexity: "O(1)",
		},
		"client": {
			summary: "A container for client connection commands", since: "2.4.0", group: "connection",
			complexity: "Depends on subcommand.",
		},
		"client|list": {
			summary: "Get the list of client connections", since: "2.4.0", group: "connection",
			complexity: "O(N) where N is the number of client connections",
			history: []change{
				{"2.8.12", "Added unique client `id` field."},
				{"5.0.0", "Added optional `TYPE` filter."},
				{"6.0.0", "Added `user` field."},
				{"6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."},
				{"7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."},
				{"7.0.3", "Added `ssub` field."},
			},
			args: []argument{
				argOneOf("normal_master_replica_pubsub",
					argToken("NORMAL"),
					argToken("MASTER"),
					argToken("REPLICA"),
					argToken("PUBSUB"),
				).after("TYPE").from("5.0.0").optional(),
				argBlock("id", argInt("client-id").multiple()).after("ID").from("6.2.0").optional(),
			},
		},
		"client|getname": {
			summary: "Get the current connection name", since: "2.6.9", group: "connection",
			complexity: "O(1)",
		},
		"client|help": {
			summary: "Show helpful text about the different subcommands", since: "5.0.0", group: "connection",
			complexity: "O(1)",
		},
		"client|no-evict": {
			summary: "Set client eviction mode for the current connection", since: "7.0.0", group: "connection",
			complexity: "O(1)",
			args:       []argument{argOneOf("enabled", argToken("ON"), argToken("OFF"))},
		},
		"client|setname": {
			summary: "Set the current connection name", since: "2.6.9", group: "connection",
			complexity: "O(1)",
			args:       []argument{argString("connection-name")},
		},
		"client|unblock": {
			summary: "Unblock a client blocked in a blocking command from a different connection",
			since:   "5.0.0", group: "connection",
			complexity: "O(log N) where N is the number of client connections",
			args: []argument{argInt("client-id"),
				argOneOf("timeout_error", argToken("TIMEOUT"), argToken("ERROR")).optional()},
		},
		"client|id": {
			summary: "Returns the client ID for the current connection", since: "5.0.0", group: "connection",
			complexity: "O(1)",
		},
		"client|kill": {
			summary: "Kill the connection of a client", since: "2.4.0", group: "connection",
			complexity: "O(N) where N is the number of client connections",
			history: []change{
				{"2.8.12", "Added new filter format."},
				{"2.8.12", "`ID` option."},
				{"3.2.0", "Added `master` type in for `TYPE` option."},
				{"5.0.0", "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility."},
				{"6.2.0", "`LADDR` option."},
			},
			args: []argument{
				argOneOf("filter",
					argString("ip:port").deprecated("2.8.12"),
					argOneOf("new-format",
						argInt("client-id").after("ID").from("2.8.12").optional(),
						argOneOf("normal_master_slave_pubsub",
							argToken("NORMAL"),
							argToken("MASTER").from("3.2.0"),
							argToken("SLAVE"),
							argToken("REPLICA").from("5.0.0"),
							argToken("PUBSUB"),
						).after("TYPE").from("2.8.12").optional(),
						argString("username").after("USER").optional(),
						argString("ip:port").after("ADDR").optional(),
						argString("ip:port").after("LADDR").from("6.2.0").optional(),
						argString("yes/no").after("SKIPME").optional(),
					).multiple(),
				),
			},
		},
		"client|info": {
			summary: "Returns information about the current client connection.", since: "6.2.0", group: "connection",
			complexity: "O(1)",
		},
		"client|no-touch": {
			summary: "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.", since: "7.2.0",
			group:      "connection",
			complexity: "O(1)",
			args:       []argument{argOneOf("enabled", argToken("ON"), argToken("OFF"))},
		},
		"client|setinfo": {
			summary: "Sets information specific to the client or connection.", since: "7.2.0", group: "connection",
			complexity: "O(1)",
			args: []argument{
				argOneOf("attr", argString("libname").after("LIB-NAME"), argString("libver").after("LIB-VER")),
			},
		},
	}
}

func serverDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"config": {
			summary: "A container for server configuration commands", since: "2.0.0", group: "server",
			complexity: "Depends on subcommand.",
		},
		"config|resetstat": {
			summary: "Reset the stats returned by INFO", since: "2.0.0", group: "server",
			complexity: "O(1)",
		},
		"config|rewrite": {
			summary: "Rewrite the configuration file with the in memory configuration", since: "2.8.0", group: "server",
			complexity: "O(1)",
		},
		"config|help": {
			summary: "Show helpful text about the different subcommands", since: "5.0.0", group: "server",
			complexity: "O(1)",
		},
		"config|get": {
			summary: "Get the values of configuration parameters", since: "2.0.0", group: "server",
			complexity: "O(N) when N is the number of configuration parameters provided",
			history:    []change{{"7.0.0", "Added the ability to pass multiple pattern parameters in one call"}},
			args:       []argument{argBlock("parameter", argString("parameter")).multiple()},
		},
		"config|set": {
			summary: "Set configuration parameters to the given values", since: "2.0.0", group: "server",
			complexity: "O(N) when N is the number of configuration parameters provided",
			history:    []change{{"7.0.0", "Added the ability to set multiple parameters in one call."}},
			args:       []argument{argBlock("parameter_value", argString("parameter"), argString("value")).multiple()},
		},
		"info": {
			summary: "Get information and statistics about the server", since: "1.0.0", group: "server",
			complexity: "O(1)",
			history:    []change{{"7.0.0", "Added support for taking multiple section arguments."}},
			args:       []argument{argString("section").optional().multiple()},
		},
		"debug": {
			summary: "A container for debugging commands", since: "1.0.0", group: "server",
			complexity: "Depends on subcommand.",
			internal:   true,
		},
		"time": {
			summary: "Return the current server time", since: "2.6.0", group: "server",
			complexity: "O(1)",
		},
	}
}
