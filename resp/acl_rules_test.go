package resp

import (
	"slices"
	"strings"

	"github.com/larderkv/larder/resp/difftest"
)

// accessRules returns a function that writes scripts which give users random rights and then ask what they are. Commands
// that Redis 7.0 lacks do not matter.
func accessRules(newer []string) func(*difftest.Gen) []difftest.Command {
	same := sameWords(newer)
	return func(g *difftest.Gen) []difftest.Command {
		script := []difftest.Command{difftest.Cmd("CONFIG", "SET", "acl-pubsub-default", pick(g, []string{"allchannels", "resetchannels"}))}
		for range 1 + g.IntN(6) {
			user := pick(g, ruledUsers)
			set := []string{"ACL", "SETUSER", user}
			for range g.IntN(6) {
				set = append(set, accessRule(g))
			}
			script = append(script,
				difftest.Cmd(set...), difftest.Cmd("ACL", "LIST").By(same), difftest.Cmd("ACL", "GETUSER", user).By(same), difftest.Cmd("ACL", "USERS"))
			for range 5 {
				script = append(script, difftest.Cmd(append([]string{"ACL", "DRYRUN", user}, pick(g, dryRuns)...)...))
			}
		}
		return script
	}
}

var ruledUsers = []string{"ann", "bob"}

// forgetAccessRules is what has to run before such a script.
var forgetAccessRules = []difftest.Command{
	difftest.Cmd(append([]string{"ACL", "DELUSER"}, ruledUsers...)...), difftest.Cmd("CONFIG", "SET", "acl-pubsub-default", "resetchannels"),
}

// sameWords wants texts of the same words in any order, but for rules about the newer commands. Redis lists the commands
// of a user in the order of a hash table that differs from run to run.
func sameWords(newer []string) difftest.Mode {
	return func(redis, larder difftest.Value) bool {
		return difftest.Unordered(wordwise(redis, newer), wordwise(larder, newer))
	}
}

func wordwise(v difftest.Value, newer []string) difftest.Value {
	v.Elems = slices.Clone(v.Elems)
	for i := range v.Elems {
		v.Elems[i] = wordwise(v.Elems[i], newer)
	}
	if v.Kind == difftest.Bulk && !v.Absent {
		fields := strings.FieldsFunc(v.Text, func(r rune) bool { return r == ' ' || r == '(' || r == ')' })
		fields = slices.DeleteFunc(fields, func(rule string) bool { return slices.Contains(newer, rule[1:]) })
		slices.Sort(fields)
		v.Text = strings.Join(fields, " ")
	}
	return v
}

func accessRule(g *difftest.Gen) string {
	switch g.IntN(12) {
	case 0, 1, 2:
		return g.Case(selectorRule(g))
	case 3, 4, 5, 6:
		return selectorRule(g)
	case 7, 8:
		rules := make([]string, g.IntN(5))
		for i := range rules {
			rules[i] = selectorRule(g)
		}
		return "(" + strings.Join(rules, " ") + ")"
	case 9:
		return pick(g, oddRules)
	}
	return pick(g, userRules)
}

func selectorRule(g *difftest.Gen) string {
	switch g.IntN(8) {
	case 0, 1:
		return pick(g, []string{"+", "-"}) + "@" + pick(g, categories)
	case 2, 3:
		return pick(g, []string{"+", "-"}) + pick(g, ruledCommands)
	}
	return pick(g, selectorRules)
}

var (
	userRules = []string{
		"on", "off", "nopass", "resetpass", "reset", "clearselectors", "sanitize-payload", "skip-sanitize-payload",
		">secret", ">other", "<secret", "<other", "",
		"#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
		"!2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
	}
	selectorRules = []string{
		"~*", "allkeys", "resetkeys", "~a", "~b*", "%R~c", "%W~c", "%RW~d*", "%wr~[ab]", "%R~?", "%W~*",
		"&*", "allchannels", "resetchannels", "&news", "&n*",
		"allcommands", "nocommands", "+@all", "-@all",
		"+select|0", "+get|a", "+get|B", "+config|get", "-config|set", "+object|encoding", "+memory|usage", "-client|kill",
	}
	categories = []string{
		"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
		"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
	}
	ruledCommands = []string{
		"get", "set", "del", "mget", "mset", "copy", "rename", "config", "client", "object", "acl", "command", "ping", "auth",
		"hello", "reset", "xadd", "eval", "script", "zadd", "hset", "publish", "subscribe", "flushall", "keys", "bitop", "getex",
	}
	oddRules = []string{
		"+nosuch", "-nosuch", "+@nosuch", "-@", "+", "-", "~", "&", "%", "%~a", "%R", "%RR~a", "%X~a", "#12", "!zz", "(", ")", "(on)",
		"(~a", "~b)", "(+nosuch)", "(~a ~* ~b)", "( ~a  +get )", "+config|nosuch", "-config|nosuch", "+config|get|x", "-get|a",
		"+get|", "|", "+|get", "~a b", "&a b", "nosuch", "~a\tb", "(~\"a b\")", "((~a))", "+GET", "-@READ", "AllKeys",
	}
	dryRuns = [][]string{
		{"get", "a"}, {"get", "B"}, {"get", "bx"}, {"set", "a", "1"}, {"set", "c", "1"}, {"set", "c", "1", "get"}, {"set", "dd", "1", "GET"},
		{"mget", "a", "b", "c"}, {"mset", "a", "1", "b", "2"}, {"copy", "c", "dd"}, {"copy", "dd", "c"}, {"rename", "a", "b"},
		{"del", "a"}, {"exists", "c"}, {"append", "c", "x"}, {"incr", "c"}, {"getdel", "c"}, {"getex", "c"}, {"getex", "c", "persist"},
		{"bitop", "and", "c", "a", "b"}, {"bitcount", "c"}, {"setbit", "c", "1", "1"}, {"getset", "c", "1"}, {"strlen", "c"},
		{"object", "encoding", "c"}, {"object", "help"}, {"memory", "usage", "c"}, {"config", "get", "x"}, {"config", "set", "x", "y"},
		{"config"}, {"client", "id"}, {"client", "kill", "x"}, {"acl", "whoami"}, {"command"}, {"command", "count"}, {"select", "0"},
		{"select", "1"}, {"ping"}, {"auth", "x"}, {"hello"}, {"reset"}, {"flushall"}, {"keys", "*"}, {"scan", "0"}, {"randomkey"},
		{"publish", "news", "x"}, {"publish", "other", "x"}, {"spublish", "news", "x"}, {"subscribe", "news", "nothing"}, {"subscribe", "news", "x"},
		{"psubscribe", "n*"}, {"psubscribe", "news"}, {"psubscribe", "ne*"}, {"ssubscribe", "news"}, {"unsubscribe", "x"}, {"pubsub", "channels"},
		{"sadd", "c", "1"}, {"smove", "c", "dd", "1"}, {"sinterstore", "dd", "c", "a"}, {"sintercard", "2", "a", "c"}, {"sunion", "a", "b"},
		{"hset", "c", "f", "v"}, {"hget", "c", "f"}, {"hincrby", "dd", "f", "1"}, {"watch", "c"}, {"multi"}, {"swapdb", "0", "1"}, {"move", "c", "1"},
		{"nosuch"}, {"get"}, {"touch", "a", "c"}, {"expire", "c", "1"}, {"ttl", "c"}, {"lcs", "a", "c"}, {"pfadd", "c"}, {"type", "c"},
	}
)

func pick[T any](g *difftest.Gen, from []T) T { return from[g.IntN(len(from))] }
