package resp

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/larderkv/larder/resp/difftest"
)

func TestLookupCommand(t *testing.T) {
	t.Parallel()
	for _, cmd := range commandList {
		for _, name := range []string{cmd.name, strings.ToUpper(cmd.name), strings.ToTitle(cmd.name[:1]) + cmd.name[1:]} {
			if got := lookupCommand([]byte(name)); got != cmd {
				t.Errorf("lookupCommand(%q) = %v", name, got)
			}
		}
		for _, name := range []string{cmd.name + "x", cmd.name[:len(cmd.name)-1], cmd.name + "\x00", "\x00" + cmd.name, cmd.name + "|"} {
			if got := lookupCommand([]byte(name)); got != nil && got.name != name {
				t.Errorf("lookupCommand(%q) = %v", name, got.name)
			}
		}
	}
	for _, name := range []string{"", "nosuch", "g\x45t\x00", strings.Repeat("x", 33), strings.Repeat("get", 100), "\x07et"} {
		if got := lookupCommand([]byte(name)); got != nil {
			t.Errorf("lookupCommand(%q) = %v", name, got.name)
		}
	}
}

func TestLookupCommandFoldsLettersOnly(t *testing.T) {
	t.Parallel()
	for _, cmd := range commandList {
		name := []byte(cmd.name)
		for i := range name {
			for ch := range 256 {
				other := bytes.Clone(name)
				other[i] = byte(ch)
				want := strings.ToLower(string(other))
				if got := lookupCommand(other); got != nil && got.name != want {
					t.Fatalf("lookupCommand(%q) = %v", other, got.name)
				}
			}
		}
	}
}

func TestLookupCommandDoesNotAllocate(t *testing.T) {
	args := [][]byte{[]byte("ExPiReTiMe"), []byte("key")}
	if n := testing.AllocsPerRun(100, func() { findCommand(args) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookupCommand(b *testing.B) {
	names := [][]byte{[]byte("GET"), []byte("SET"), []byte("get"), []byte("EXPIRE"), []byte("incrbyfloat"), []byte("PING")}
	i := 0
	for b.Loop() {
		lookupCommand(names[i%len(names)])
		i++
	}
}

func TestFindCommand(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	tests := []struct {
		args    []string
		name    string
		problem string
	}{
		{[]string{"GeT", "k"}, "get", ""},
		{[]string{"get"}, "", "wrong number of arguments for 'get' command"},
		{[]string{"get", "a", "b"}, "", "wrong number of arguments for 'get' command"},
		{[]string{"del"}, "", "wrong number of arguments for 'del' command"},
		{[]string{"Object", "ENCODING", "k"}, "object|encoding", ""},
		{[]string{"object"}, "", "wrong number of arguments for 'object' command"},
		{[]string{"object", "encoding"}, "", "wrong number of arguments for 'object|encoding' command"},
		{[]string{"object", "no\x00such"}, "", "unknown subcommand 'no'. Try OBJECT HELP."},
		{[]string{"command"}, "command", ""},
		{[]string{"command", "count"}, "command|count", ""},
		{[]string{"object|encoding", "k"}, "", "unknown command 'object|encoding', with args beginning with: 'k' "},
		{[]string{""}, "", "unknown command '', with args beginning with: "},
		{[]string{"foo", "a", "b c"}, "", "unknown command 'foo', with args beginning with: 'a' 'b c' "},
		{[]string{long, "a"}, "", "unknown command '" + long[:128] + "', with args beginning with: 'a' "},
		{[]string{"foo", long, "a"}, "", "unknown command 'foo', with args beginning with: '" + long[:128] + "' "},
	}
	for _, tt := range tests {
		args := make([][]byte, len(tt.args))
		for i, arg := range tt.args {
			args[i] = []byte(arg)
		}
		cmd, problem := findCommand(args)
		name := ""
		if cmd != nil {
			name = cmd.name
		}
		if name != tt.name || problem != tt.problem {
			t.Errorf("findCommand(%q) = %q, %q; want %q, %q", tt.args, name, problem, tt.name, tt.problem)
		}
	}
}

// TestCommandTable checks what must hold of any table.
func TestCommandTable(t *testing.T) {
	t.Parallel()
	var check func(cmd *command)
	check = func(cmd *command) {
		if cmd.name != strings.ToLower(cmd.name) || cmd.arity == 0 {
			t.Errorf("%s: arity %d", cmd.name, cmd.arity)
		}
		if (cmd.handler == nil) == (cmd.subcommands == nil) && cmd.name != "command" {
			t.Errorf("%s must have a handler or subcommands", cmd.name)
		}
		if cmd.flags&flagReadonly != 0 && cmd.flags&flagWrite != 0 {
			t.Errorf("%s both reads and writes", cmd.name)
		}
		if docOf(cmd.name) == nil {
			t.Errorf("%s has no documentation", cmd.name)
		}
		for _, sub := range cmd.subcommands {
			if !strings.HasPrefix(sub.name, cmd.name+"|") {
				t.Errorf("%s is among the subcommands of %s", sub.name, cmd.name)
			}
			check(sub)
		}
	}
	for _, cmd := range commandList {
		check(cmd)
	}
	for name := range commandDocs() {
		if namedCommand([]byte(name)) == nil {
			t.Errorf("there is documentation of %s, which is no command", name)
		}
	}
}

func TestKeySpecs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		spec keySpec
		args string
		want []int // nil: the arguments do not fit
	}{
		{"one", oneKey(1, keyRO)[0], "c k v", []int{1}},
		{"one, missing", oneKey(1, keyRO)[0], "c", nil},
		{"many", manyKeys(1, 1, keyRO)[0], "c k k", []int{1, 2}},
		{"every other", manyKeys(1, 2, keyRO)[0], "c k v k v", []int{1, 3}},
		{"all but the last", keySpec{index: 1, last: -2, step: 1}, "c k k x", []int{1, 2}},
		{"relative end", keySpec{index: 1, last: 1, step: 1}, "c k k x", []int{1, 2}},
		{"relative end, missing", keySpec{index: 1, last: 1, step: 1}, "c k", nil},
		{"first half", keySpec{keyword: "STREAMS", startFrom: 1, last: -1, step: 1, limit: 2}, "c streams k k x x", []int{2, 3}},
		{"keyword", keySpec{keyword: "KEYS", startFrom: 1, last: -1, step: 1}, "c x Keys k k", []int{3, 4}},
		{"keyword, missing", keySpec{keyword: "KEYS", startFrom: 1, last: -1, step: 1}, "c x k k", nil},
		{"keyword, backwards", keySpec{keyword: "KEYS", startFrom: -2, last: -1, step: 1}, "c keys x keys k k", []int{4, 5}},
		{"counted", keySpec{index: 1, keyNum: true, firstIndex: 1, step: 1}, "c 2 k k x", []int{2, 3}},
		{"counted, none", keySpec{index: 1, keyNum: true, firstIndex: 1, step: 1}, "c 0 x", nil},
		{"counted, too many", keySpec{index: 1, keyNum: true, firstIndex: 1, step: 1}, "c 4 k k x", nil},
		{"counted, negative", keySpec{index: 1, keyNum: true, firstIndex: 1, step: 1}, "c -1 k k x", nil},
		{"counted, no number", keySpec{index: 1, keyNum: true, firstIndex: 1, step: 1}, "c k k", nil},
		{"counted, huge", keySpec{index: 1, keyNum: true, firstIndex: 1, step: 1}, "c 9223372036854775807 k", nil},
	}
	for _, tt := range tests {
		cmd := &command{keys: []keySpec{tt.spec}}
		refs, ok := cmd.appendKeys(nil, bytes.Fields([]byte(tt.args)))
		var got []int
		for _, ref := range refs {
			got = append(got, ref.index)
		}
		if ok != (tt.want != nil) || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, got, ok, tt.want)
		}
	}
}

// TestOptionKeys: a key that an option names is found wherever the option stands, and however often.
func TestOptionKeys(t *testing.T) {
	t.Parallel()
	cmd := lookupCommand([]byte("georadius"))
	for args, want := range map[string][]int{
		"georadius k 1 1 1 m":                              {1},
		"georadius k 1 1 1 m store":                        {1},
		"georadius k 1 1 1 m asc STORE d":                  {1, 8},
		"georadius k 1 1 1 m storedist d store e asc":      {1, 9, 7},
		"georadius k 1 1 1 m store d count 1 any store e":  {1, 7, 12},
		"georadius store store store store store withdist": {1},
	} {
		refs, ok := cmd.appendKeys(nil, bytes.Fields([]byte(args)))
		var got []int
		for _, ref := range refs {
			got = append(got, ref.index)
		}
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", args, got, ok, want)
		}
	}
}

// grownCommands take as many arguments in Redis 7.0 as they do here at least.
var grownCommands = []string{"persist", "pttl", "ttl", "zrank", "zrevrank"}

// TestCommandInfoAgainstRedis compares the whole table with that of a real server.
func TestCommandInfoAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 3)
	for _, cmd := range commandList {
		if slices.Contains(newerCommands, cmd.name) {
			continue
		}
		redis := element(t, do(t, p.Reference, "COMMAND", "INFO", cmd.name), 0)
		larder := element(t, do(t, p.Subject, "COMMAND", "INFO", cmd.name), 0)
		if slices.Contains(grownCommands, cmd.name) && larder.Elems[1].Text == "-"+redis.Elems[1].Text {
			larder.Elems[1] = redis.Elems[1]
		}
		if r, l := served(redis), served(larder); !difftest.Semantic(r, l) {
			t.Errorf("COMMAND INFO %s\nredis:  %v\nlarder: %v", cmd.name, r, l)
		}
	}
}

// served takes the subcommands that only one of the servers has out of an element of COMMAND INFO, and sorts the rest.
func served(info difftest.Value) difftest.Value {
	const subcommands = 9
	if len(info.Elems) <= subcommands || info.Elems[subcommands].Kind != difftest.Array {
		return info
	}
	info.Elems = slices.Clone(info.Elems)
	list := &info.Elems[subcommands]
	list.Elems = slices.DeleteFunc(slices.Clone(list.Elems), func(sub difftest.Value) bool {
		return notInBoth(sub.Elems[0].Text)
	})
	slices.SortFunc(list.Elems, func(a, b difftest.Value) int { return strings.Compare(a.Elems[0].Text, b.Elems[0].Text) })
	return info
}

func notInBoth(name string) bool {
	return slices.Contains(newerCommands, name) || namedCommand([]byte(name)) == nil
}

// TestCommandDocsAgainstRedis compares the documentation of each command with that of a real server.
func TestCommandDocsAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 3)
	for _, cmd := range commandList {
		if slices.Contains(newerCommands, cmd.name) {
			continue
		}
		redis := element(t, do(t, p.Reference, "COMMAND", "DOCS", cmd.name), 1)
		larder := element(t, do(t, p.Subject, "COMMAND", "DOCS", cmd.name), 1)
		if r, l := documented(redis), documented(larder); !difftest.Semantic(r, l) {
			t.Errorf("COMMAND DOCS %s\nredis:  %v\nlarder: %v", cmd.name, r, l)
		}
	}
}

// documented takes the subcommands that only one of the servers has out of a value of COMMAND DOCS.
func documented(doc difftest.Value) difftest.Value {
	doc.Elems = slices.Clone(doc.Elems)
	for i := 0; i+1 < len(doc.Elems); i += 2 {
		if doc.Elems[i].Text != "subcommands" {
			continue
		}
		subs, kept := &doc.Elems[i+1], []difftest.Value(nil)
		for j := 0; j+1 < len(subs.Elems); j += 2 {
			if !notInBoth(subs.Elems[j].Text) {
				kept = append(kept, subs.Elems[j], subs.Elems[j+1])
			}
		}
		subs.Elems = kept
	}
	return doc
}

func do(t *testing.T, c *difftest.Conn, args ...string) difftest.Value {
	t.Helper()
	v, err := c.Do(args...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func element(t *testing.T, v difftest.Value, i int) difftest.Value {
	t.Helper()
	if i >= len(v.Elems) {
		t.Fatalf("no element %d in %v", i, v)
	}
	return v.Elems[i]
}

func TestDiffCommand(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		info := func(args ...string) difftest.Command { // equal but for the order of names
			return difftest.Cmd(append([]string{"command"}, args...)...).By(difftest.Unordered)
		}
		p.Check(t,
			info("info", "get", "nosuch", "GET|x", "MEMORY|usage", "", "|", "get|", "COMMAND|Count"),
			info("docs", "nosuch"),
			info("docs", "Object|Freq", "GET", "get"),
			difftest.Cmd("command", "count", "x"),
			difftest.Cmd("command", "nosuch"),
			difftest.Cmd("command", "list", "x"),
			difftest.Cmd("command", "list", "filterby"),
			difftest.Cmd("command", "list", "filterby", "nosuch", "x"),
			difftest.Cmd("command", "list", "filterby", "pattern"),
			difftest.Cmd("command", "list", "FilterBy", "pattern", "x", "y"),
			difftest.Cmd("command", "list", "filterby", "module", "x"),
			difftest.Cmd("command", "list", "filterby", "ACLCAT", "nosuch"),
			info("list", "filterby", "pattern", "e*xP*i[R]eT*"),
			info("list", "filterby", "PATTERN", "OBJECT|*"),
			info("list", "filterby", "pattern", "nosuch"),
			difftest.Cmd("command", "getkeys", "set"),
			difftest.Cmd("command", "getkeys", "nosuch", "a"),
			difftest.Cmd("command", "getkeys", "ping", "a"),
			difftest.Cmd("command", "getkeys", "get", "a", "b"),
			difftest.Cmd("command", "getkeys", "mset", "a", "b", "c"),
			difftest.Cmd("command", "getkeys", "MeMoRy", "USAGE", "a"),
			difftest.Cmd("command", "getkeys", "memory", "nosuch", "a"),
			difftest.Cmd("command", "getkeys", "lcs", "a", "b", "len"),
			difftest.Cmd("command", "getkeys", "scan", "0"),
			difftest.Cmd("command", "getkeys", "del", "a", "", "c"),
			info("getkeysandflags", "set", "a", "b"),
			info("getkeysandflags", "set", "a", "b", "GET"),
			info("getkeysandflags", "set", "a", "b", "nx", "ex", "3", "geT"),
			info("getkeysandflags", "rename", "a", "b"),
			info("getkeysandflags", "copy", "a", "b"),
			info("getkeysandflags", "mget", "a", "b"),
			info("getkeysandflags", "getex", "a"),
			info("getkeysandflags", "ping"),
			difftest.Cmd("command", "help", "x"),
			difftest.Cmd("command", "help").By(difftest.SameKind),
			difftest.Cmd("object", "help").By(difftest.SameKind),
			difftest.Cmd("memory", "help").By(difftest.SameKind),
		)
	}
}

// TestWildArguments calls every command with arguments that make little sense, in as many numbers as it takes, and
// expects one reply to each call.
func TestWildArguments(t *testing.T) {
	t.Parallel()
	// These end the connection, have another number of replies, change what later calls meet, or take their time.
	skipped := []string{"quit", "client|kill", "client|reply", "config|set", "debug", "pfselftest", "subscribe", "psubscribe", "ssubscribe",
		"unsubscribe", "punsubscribe", "sunsubscribe", "client|tracking", "client|pause", "memory|purge", "monitor"}
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	g := difftest.NewGen(1)
	var batch [][]string
	add := func(cmd *command) {
		if slices.Contains(skipped, cmd.name) || cmd.flags&flagBlocking != 0 {
			return
		}
		name := strings.Split(cmd.name, "|")
		least := max(cmd.arity, -cmd.arity) - len(name)
		for i := range 200 {
			args := slices.Clone(name)
			for range max(least-1, 0) + i%6 {
				args = append(args, g.Argument())
			}
			batch = append(batch, args)
		}
	}
	for _, cmd := range commandList {
		add(cmd)
		for _, sub := range cmd.subcommands {
			add(sub)
		}
	}
	batch = append(batch, []string{"HELLO", "2"}, []string{"ECHO", "end"})
	replies, err := c.Pipeline(batch)
	if err != nil {
		t.Fatal(err)
	}
	if end := replies[len(replies)-1]; end.String() != `"end"` {
		t.Errorf("the last of %d replies is %v", len(replies), end)
	}
	for i, reply := range replies {
		if reply.Kind == difftest.Error && !strings.Contains(reply.Text, " ") {
			t.Errorf("%q: %v", batch[i], reply)
		}
	}
}
