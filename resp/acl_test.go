package resp

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/internal/acl"
	"github.com/larderkv/larder/resp/difftest"
)

func TestDiffACL(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	seed := firstSeed()
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		p.Before = forgetAccessRules
		p.Search(t, accessRules(newerCommands), seed, time.Now().Add(*diffTime))
	}
}

func TestDiffACLCommands(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		h.Open(t, protocol).Check(t,
			difftest.Cmd("acl", "cat"),
			difftest.Cmd("acl", "cat", "nosuch"),
			difftest.Cmd("acl", "cat", "@read"),
			difftest.Cmd("acl", "cat", "Bitmap").By(difftest.Unordered),
			difftest.Cmd("acl", "cat", "a", "b"),
			difftest.Cmd("acl", "genpass").By(difftest.SameKind),
			difftest.Cmd("acl", "genpass", "0"),
			difftest.Cmd("acl", "genpass", "5").By(difftest.SameKind),
			difftest.Cmd("acl", "genpass", "4097"),
			difftest.Cmd("acl", "genpass", "x"),
			difftest.Cmd("acl", "GenPass", "1", "2"),
			difftest.Cmd("acl", "whoami"),
			difftest.Cmd("acl", "whoami", "x"),
			difftest.Cmd("acl", "deluser", "default"),
			difftest.Cmd("acl", "deluser", "nosuch"),
			difftest.Cmd("acl", "getuser", "nosuch"),
			difftest.Cmd("acl", "getuser", "default"),
			difftest.Cmd("acl", "setuser", "a b"),
			difftest.Cmd("acl", "setuser", "a\x00b"),
			difftest.Cmd("acl", "setuser", "default", "(~x", "+get", ")", "~y"),
			difftest.Cmd("acl", "setuser", "x", "(~x", "+get", "~y"),
			difftest.Cmd("acl", "load"),
			difftest.Cmd("acl", "save"),
			difftest.Cmd("acl", "log", "reset"),
			difftest.Cmd("acl", "log", "x"),
			difftest.Cmd("acl", "log", "-1"),
			difftest.Cmd("acl", "log", "1", "2"),
			difftest.Cmd("acl", "help").By(difftest.SameKind),
			difftest.Cmd("auth", "x"),
			difftest.Cmd("auth", "nosuch", "x"),
			difftest.Cmd("auth", "default", "x"),
			difftest.Cmd("auth", "a", "b", "c"),
			difftest.Cmd("hello", "3", "auth", "nosuch", "x"),
			difftest.Cmd("acl", "setuser", "joe", "reset", "on", ">pw", "+@all", "-flushall", "~a*", "%R~b*", "&news"),
			difftest.Cmd("client", "kill", "user", "nosuch"),
			difftest.Cmd("client", "kill", "user", "joe"),
			difftest.Cmd("auth", "joe", "bad"),
			difftest.Cmd("auth", "joe", "pw"),
			difftest.Cmd("acl", "whoami"),
			difftest.Cmd("set", "a", "1"),
			difftest.Cmd("set", "b", "1"),
			difftest.Cmd("get", "b"),
			difftest.Cmd("mget", "a", "b", "c"),
			difftest.Cmd("copy", "b", "a"),
			difftest.Cmd("copy", "a", "b"),
			difftest.Cmd("flushall"),
			difftest.Cmd("config", "nosuch"),
			difftest.Cmd("reset"),
			difftest.Cmd("acl", "whoami"),
			difftest.Cmd("hello", "3", "auth", "joe", "pw").By(difftest.SameKind),
			difftest.Cmd("acl", "whoami"),
			difftest.Cmd("acl", "setuser", "joe", "off"),
			difftest.Cmd("acl", "whoami"),
			difftest.Cmd("get", "c"),
			difftest.Cmd("reset"),
			difftest.Cmd("auth", "joe", "pw"),
			difftest.Cmd("acl", "log").By(sameDenials),
			difftest.Cmd("acl", "deluser", "joe", "joe"),
		)
	}
}

// sameDenials compares replies of ACL LOG but for the age and the client of the entries.
func sameDenials(redis, larder difftest.Value) bool {
	return len(redis.Elems) > 0 && difftest.Exact(timeless(redis), timeless(larder))
}

func timeless(log difftest.Value) difftest.Value {
	log.Elems = slices.Clone(log.Elems)
	for i := range log.Elems {
		entry := &log.Elems[i]
		entry.Elems = slices.Clone(entry.Elems)
		for j := 0; j+1 < len(entry.Elems); j += 2 {
			if name := entry.Elems[j].Text; name == "age-seconds" || name == "client-info" {
				entry.Elems[j+1] = difftest.Value{Kind: entry.Elems[j+1].Kind}
			}
		}
	}
	return log
}

// TestCatalogAgainstRedis checks that rules can name exactly what they can in Redis, and what larder has beyond it.
func TestCatalogAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 3)
	have := make(map[string]aclCategory)
	var add func(cmds []*command)
	add = func(cmds []*command) {
		for _, cmd := range cmds {
			if !slices.Contains(newerCommands, cmd.name) {
				have[cmd.name] = cmd.category
			}
			add(cmd.subcommands)
		}
	}
	add(commandList)
	eachUnserved(func(name string, category aclCategory) { have[name] = category })
	for i, name := range acl.CategoryNames {
		for _, member := range do(t, p.Reference, "ACL", "CAT", name).Elems {
			if have[member.Text]>>i&1 == 0 {
				t.Errorf("%s is not in @%s", member.Text, name)
			}
			have[member.Text] &^= 1 << i
		}
	}
	for name, left := range have {
		if left != 0 {
			t.Errorf("%s is in categories that it is not in for Redis: %b", name, left)
		}
	}
}

// session is a connection whose replies a test compares as text.
type session struct {
	t testing.TB
	c *difftest.Conn
}

func openSession(t testing.TB, srv *Server) *session {
	s := &session{t, difftest.NewConn(srv.Dial())}
	t.Cleanup(func() { s.c.Close() })
	return s
}

func (s *session) do(args ...string) string {
	s.t.Helper()
	v, err := s.c.Do(args...)
	if err != nil {
		return "closed"
	}
	return v.String()
}

// expect sends a command whose words are separated by blanks.
func (s *session) expect(command, want string) {
	s.t.Helper()
	if got := s.do(strings.Fields(command)...); got != want {
		s.t.Errorf("%s: got %s, want %s", command, got, want)
	}
}

// TestNothingGetsThrough calls every command as users who lack one right each.
func TestNothingGetsThrough(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	g := difftest.NewGen(1)
	eachCommand(func(cmd *command) {
		if cmd.handler == nil || cmd.flags&flagNoAuth != 0 {
			return
		}
		for i, name := range acl.CategoryNames {
			if cmd.category>>i&1 != 0 {
				mustDeny(t, srv, g, cmd, acl.DeniedCommand, "allkeys", "allchannels", "+@all", "-@"+name)
			}
		}
		mustDeny(t, srv, g, cmd, acl.DeniedCommand, "allkeys", "allchannels", "+@all", "-"+cmd.name)
		mustDeny(t, srv, g, cmd, acl.DeniedCommand, "allkeys", "allchannels", "(allkeys -@all)")
		var access acl.Access
		for i := range cmd.keys {
			option := i > 0 && (cmd.keys[i].keyword != "" || cmd.keys[i].unknown) // a key that not every call has
			if !option && cmd.keys[i].flags&(keyNotKey|keyIncomplete|keyVariable) == 0 {
				access |= cmd.keys[i].flags.access()
			}
		}
		if access&acl.Read != 0 {
			mustDeny(t, srv, g, cmd, acl.DeniedKey, "%W~*", "allchannels", "+@all")
		}
		if access&acl.Write != 0 {
			mustDeny(t, srv, g, cmd, acl.DeniedKey, "%R~*", "allchannels", "+@all")
		}
		if len(cmd.keys) > 0 && cmd.keys[0].flags&keyNotKey == 0 {
			mustDeny(t, srv, g, cmd, acl.DeniedKey, "~allowed", "allchannels", "+@all", "(%R~* %W~nosuch -@all)")
		}
		if cmd.channels != nil {
			mustDeny(t, srv, g, cmd, acl.DeniedChannel, "allkeys", "&allowed", "+@all")
		}
	})
}

func eachCommand(fn func(cmd *command)) {
	var each func(cmds []*command)
	each = func(cmds []*command) {
		for _, cmd := range cmds {
			fn(cmd)
			each(cmd.subcommands)
		}
	}
	each(commandList)
}

// mustDeny calls the command with several lists of arguments as a user of the given rules. All calls whose keys and
// channels can be told are to be denied.
func mustDeny(t *testing.T, srv *Server, g *difftest.Gen, cmd *command, reason acl.Reason, rules ...string) {
	t.Helper()
	if err := srv.SetUser("joe", append([]string{"reset", "on", "nopass"}, rules...)...); err != nil {
		t.Fatal(err)
	}
	s := openSession(t, srv)
	s.expect("auth joe x", "+OK")
	for range 4 {
		args := sampleCall(g, cmd)
		if args == nil {
			t.Errorf("%s: no call of it has been found", cmd.name)
			return
		}
		want := "-" + denialText(acl.Denial{Reason: reason}, cmd)
		if cmd.name == "exec" {
			want = "-EXECABORT Transaction discarded because of: " + want[1:]
		}
		if got := s.do(args...); got != want {
			t.Errorf("with %q, %q: got %s, want %s", rules, args, got, want)
		}
	}
	s.c.Close()
}

// sampleCall returns a call of the command in which its keys can be told, nil if none was found.
func sampleCall(g *difftest.Gen, cmd *command) []string {
	name := strings.Split(cmd.name, "|")
	least := max(cmd.arity, -cmd.arity)
	for try := range 1000 {
		args := slices.Clone(name)
		for len(args) < least || cmd.arity < 0 && len(args) < least+try%5 {
			args = append(args, []string{"some", "1", "2", "x", g.Argument()}[g.IntN(5)])
		}
		if needsKeyword := len(cmd.keys) > 0 && cmd.keys[0].keyword != ""; needsKeyword && len(args) > 2 {
			args[len(args)-2] = cmd.keys[0].keyword
		}
		raw := make([][]byte, len(args))
		for i, arg := range args {
			raw[i] = []byte(arg)
		}
		refs, ok := cmd.appendKeys(nil, raw)
		hasKeys := slices.ContainsFunc(cmd.keys, func(s keySpec) bool { return s.flags&keyNotKey == 0 })
		if cmd.takes(len(args)) && (!hasKeys || ok && len(refs) > 0) {
			return args
		}
	}
	return nil
}

// TestOptionKeysAreGuarded: keys that options name are checked as well, each of them.
func TestOptionKeysAreGuarded(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	if err := srv.SetUser("joe", "reset", "on", "nopass", "+@all", "~mine*"); err != nil {
		t.Fatal(err)
	}
	s := openSession(t, srv)
	s.expect("auth joe x", "+OK")
	const denied = "-NOPERM this user has no permissions to access one of the keys used as arguments"
	s.expect("georadius mine 1 1 1 m store mine2", ":0")
	s.expect("georadius mine 1 1 1 m store yours", denied)
	s.expect("georadius mine 1 1 1 m store mine2 store yours", denied)
	s.expect("georadius mine 1 1 1 m storedist yours store mine2", denied)
	s.expect("georadiusbymember mine m 1 m asc storedist yours", denied)
	s.expect("georadius yours 1 1 1 m store mine", denied)
}

// TestNoKeyIsReached calls all commands with wild arguments as a user who may not touch any key that there is, and looks
// at what the store has seen of it.
func TestNoKeyIsReached(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	admin := openSession(t, srv)
	admin.expect("mset a 1 b 2 c 3", "+OK")
	admin.expect("acl setuser joe on nopass +@all -@admin -@dangerous -@connection -@transaction -@blocking ~nosuchkey", "+OK")
	lookups := func() string {
		found := regexp.MustCompile(`keyspace_hits:\d+|keyspace_misses:\d+`).FindAllString(admin.do("info", "stats"), -1)
		return strings.Join(found, " ")
	}
	before, keys := lookups(), srv.Cache.Stats().Keys
	s := openSession(t, srv)
	s.expect("auth joe x", "+OK")
	g := difftest.NewGen(2)
	var batch [][]string
	eachCommand(func(cmd *command) {
		if cmd.handler == nil || len(cmd.keys) == 0 {
			return
		}
		for i := range 100 {
			args := strings.Split(cmd.name, "|")
			for range max(cmd.arity, -cmd.arity) - len(args) + i%6 {
				args = append(args, g.Argument())
			}
			if i%3 == 0 && len(args) > 2 {
				args[1+g.IntN(2)] = []string{"a", "b", "1", "2"}[g.IntN(4)]
			}
			batch = append(batch, args)
		}
	})
	if _, err := s.c.Pipeline(batch); err != nil {
		t.Fatal(err)
	}
	if after := lookups(); after != before || len(after) < 10 {
		t.Errorf("%s, before %s", after, before)
	}
	if n := srv.Cache.Stats().Keys; n != keys {
		t.Errorf("%d keys, %d before", n, keys)
	}
	admin.expect("mget a b c", `*["1" "2" "3"]`)
}

func TestACLWithoutAllocation(t *testing.T) {
	srv := startCache(t)
	if err := srv.SetUser("joe", "on", "nopass", "+@read", "~key:*", "~other:*", "(+@write ~w*)"); err != nil {
		t.Fatal(err)
	}
	b := newBench(srv)
	b.feed(t, []byte("AUTH joe x\r\n"))
	input := []byte("*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n")
	if n := testing.AllocsPerRun(100, func() { b.serve(t, input, func([]byte) {}) }); n != 0 {
		t.Errorf("%v allocations a command", n)
	}
}

func TestACLChangesUnderWay(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	admin, joe := openSession(t, srv), openSession(t, srv)
	admin.expect("acl setuser joe on >pw +@all -acl|list ~*", "+OK")
	joe.expect("auth joe pw", "+OK")
	joe.expect("set x 1", "+OK")
	joe.expect("acl list", "-NOPERM this user has no permissions to run the 'acl|list' command")
	admin.expect("acl setuser joe -set", "+OK")
	joe.expect("set x 1", "-NOPERM this user has no permissions to run the 'set' command")
	joe.expect("get x", `"1"`)
	admin.expect("acl setuser joe off", "+OK")
	joe.expect("get x", `"1"`)
	openSession(t, srv).expect("auth joe pw", "-"+errWrongPassword)
	admin.expect("acl setuser joe on -@all +acl|deluser +acl|whoami", "+OK")
	joe.expect("acl whoami", `"joe"`)
	second := openSession(t, srv)
	second.expect("auth joe pw", "+OK")
	joe.expect("acl deluser joe", ":1")
	joe.expect("ping", "closed")
	second.expect("ping", "closed")
	admin.expect("ping", "+PONG")

	admin.expect("acl setuser default off", "+OK")
	admin.expect("ping", "+PONG")
	openSession(t, srv).expect("ping", "-NOAUTH Authentication required.")
	admin.expect("acl setuser default on resetpass >secret", "+OK")
	late := openSession(t, srv)
	late.expect("ping", "-NOAUTH Authentication required.")
	admin.expect("acl setuser default nopass -@all +ping", "+OK")
	late.expect("ping", "+PONG")
	late.expect("echo x", "-NOPERM this user has no permissions to run the 'echo' command")
}

func TestACLFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.acl")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("user joe on >pw ~* +@all\nuser default on nopass +@all ~*\n")
	srv := startCache(t)
	srv.ACLFile = file
	admin, joe := openSession(t, srv), openSession(t, srv)
	joe.expect("auth joe pw", "+OK")

	write("user joe on >pw ~* +nosuch\n\nuser joe on\nusr\n")
	admin.expect("acl load", "-ERR "+fmt.Sprintf("%[1]s:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. "+
		"WARNING: Duplicate user 'joe' found on line 3. %[1]s:4 should start with user keyword followed by the username. "+
		"WARNING: ACL errors detected, no change to the previously active ACL rules was performed", file))
	joe.expect("ping", "+PONG")

	admin.expect("acl setuser ann on nopass +ping", "+OK")
	admin.expect("acl save", "+OK")
	saved, err := os.ReadFile(file)
	if want := strings.Join(srv.Users(), "\n") + "\n"; err != nil || string(saved) != want || !strings.Contains(want, "user ann on nopass") {
		t.Errorf("saved %q, %v, want %q", saved, err, want)
	}
	admin.expect("acl load", "+OK")
	joe.expect("ping", "closed")
	admin.expect("ping", "+PONG")
	if got := strings.Join(srv.Users(), "\n") + "\n"; got != string(saved) {
		t.Errorf("loaded %q, saved %q", got, saved)
	}

	write("user default on >x +@all ~*\n")
	admin.expect("acl load", "+OK")
	admin.expect("acl users", `*["default"]`)
	openSession(t, srv).expect("ping", "-NOAUTH Authentication required.")
	os.Remove(file)
	admin.expect("acl load", "-ERR Error loading ACLs, opening file '"+file+"': No such file or directory")
}

// TestDiffACLFile has both servers load the same files.
func TestDiffACLFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.acl")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	srv := startCache(t)
	srv.ACLFile = file
	h := startHarness(t, func() (net.Conn, error) { return srv.Dial(), nil }, "--aclfile", file)
	p := h.Open(t, 2)
	for _, text := range []string{
		"user joe on >x ~a +get\nuser default on nopass ~* &* +@all",
		"user joe on  >x   ~a\t +get\n \t \nuser ann on\r\n",
		"user joe on >x (~a +get) (+set ~b %R~c) ( ) +@all -@write &news\n",
		"user joe reset on skip-sanitize-payload #" + strings.Repeat("0", 64) + " allkeys allchannels allcommands -config|set\n",
		"user  on\n",
		"# comment\nuser joe on",
		"user joe ( ~a\nuser\nuser ann",
		"user joe +nosuch foo +@nosuch bar\nuser joe on\nuser a\tb on\n",
		"user joe \"q\nuser ann on\nuser ann off\nUSER x",
		"user joe on +get|\nuser ann <x\nuser bob !x\nuser carl #x\nuser dan ~* ~a &* &b\nuser eve +config|nosuch +config|get|x",
		"user default on nopass ~* &* +@all -acl|nosuch",
		"",
	} {
		write(text)
		p.Check(t, difftest.Cmd("ACL", "LOAD"), difftest.Cmd("ACL", "LIST").By(sameWords(newerCommands)), difftest.Cmd("ACL", "USERS"))
	}
}

func TestACLFileThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	srv.ACLFile = filepath.Join(t.TempDir(), "nosuch")
	openSession(t, srv).expect("ping", "closed")
	if err := srv.ListenAndServe("127.0.0.1:0"); err == nil || err == ErrServerClosed {
		t.Errorf("ListenAndServe returned %v", err)
	}
}

func TestACLInTransactions(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	admin, joe := openSession(t, srv), openSession(t, srv)
	admin.expect("acl setuser joe on nopass +@all ~x", "+OK")
	joe.expect("auth joe pw", "+OK")
	joe.expect("multi", "+OK")
	joe.expect("get y", "-NOPERM this user has no permissions to access one of the keys used as arguments")
	joe.expect("exec", "-EXECABORT Transaction discarded because of previous errors.")

	joe.expect("multi", "+OK")
	joe.expect("set x 1", "+QUEUED")
	joe.expect("get x", "+QUEUED")
	admin.expect("acl setuser joe -set", "+OK")
	const changed = "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: "
	joe.expect("exec", "*["+changed+"no permission to execute the command or subcommand $null]")

	joe.expect("multi", "+OK")
	joe.expect("get x", "+QUEUED")
	admin.expect("acl setuser joe resetkeys ~z", "+OK")
	joe.expect("exec", "*["+changed+"no permission to touch the specified keys]")

	admin.expect("acl setuser joe +@all resetkeys ~x", "+OK")
	joe.expect("multi", "+OK")
	joe.expect("auth default x", "+QUEUED")
	joe.expect("exec", "*[+OK]")
	admin.expect("set y 2", "+OK")
	joe.expect("get y", `"2"`)
	contexts := ""
	for _, e := range srv.users.Log.Latest(10) {
		contexts += e.Context + " " + e.Object + ", "
	}
	if contexts != "multi x, multi set, multi y, " {
		t.Errorf("logged: %s", contexts)
	}
}

func TestACLEndsSubscriptions(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	admin := openSession(t, srv)
	admin.expect("acl setuser joe on nopass +@all allchannels", "+OK")
	subscribed := func(command string) *session {
		s := openSession(t, srv)
		s.expect("auth joe x", "+OK")
		if got := s.do(strings.Fields(command)...); !strings.HasPrefix(got, "*[") {
			t.Fatalf("%s: %s", command, got)
		}
		return s
	}
	news, other, pattern, shard := subscribed("subscribe news"), subscribed("subscribe other"), subscribed("psubscribe n*"), subscribed("ssubscribe shard")
	admin.expect("acl setuser joe resetchannels &n* &shard", "+OK")
	for s, want := range map[*session]string{news: `*["pong" ""]`, other: "closed", pattern: `*["pong" ""]`, shard: `*["pong" ""]`} {
		s.expect("ping", want)
	}
	admin.expect("acl setuser joe resetchannels &news", "+OK")
	for s, want := range map[*session]string{news: `*["pong" ""]`, pattern: "closed", shard: "closed"} {
		s.expect("ping", want)
	}
	news.expect("subscribe other", "-NOPERM this user has no permissions to access one of the channels used as arguments")
}
