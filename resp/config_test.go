package resp

import (
	"context"
	"log/slog"
	"math"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/resp/difftest"
	"pgregory.net/rapid"
)

// TestParameterTable checks what must hold of any table.
func TestParameterTable(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	srv.init()
	byName := func(a, b parameter) int { return strings.Compare(a.name, b.name) }
	if !slices.IsSortedFunc(parameters, byName) {
		t.Error("the table is not sorted")
	}
	for _, p := range parameters {
		if p.name != strings.ToLower(p.name) || p.usage == "" || p.get == nil || findParameter(p.name).name != p.name {
			t.Errorf("%s: incomplete or declared twice", p.name)
		}
		if v, err := p.kind.parse(p.standard); err != nil || p.kind.format(v) != p.standard {
			t.Errorf("%s: default %q is read as %v, %v", p.name, p.standard, v, err)
		}
		inForce := p.kind.format(p.get(srv))
		if _, err := p.kind.parse(inForce); err != nil {
			t.Errorf("%s: %q is in force and no value: %v", p.name, inForce, err)
		}
		// These are as the program has them: its logger, and its tls.Config.
		own := p.name == "loglevel" || p.name == "tls-auth-clients"
		if p.set != nil && inForce != p.standard && !own {
			t.Errorf("%s is %q in a server that was told nothing, want %q", p.name, inForce, p.standard)
		}
	}
}

// TestSetConfigTakesWhatConfigGives sets every parameter that can be set to its own value.
func TestSetConfigTakesWhatConfigGives(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	var settings []Setting
	for _, p := range Parameters() {
		if !p.Fixed {
			settings = append(settings, srv.Config(p.Name)...)
		}
	}
	if err := srv.SetConfig(settings...); err != nil {
		t.Fatal(err)
	}
	for _, setting := range settings {
		if got := srv.Config(setting.Name); len(got) != 1 || got[0] != setting {
			t.Errorf("%v became %v", setting, got)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind       kind
		text, want string // want begins with ! for an error that contains the rest
	}{
		{integer{-5, 9}, "-5", "-5"},
		{integer{-5, 9}, "9", "9"},
		{integer{-5, 9}, "10", "!between -5 and 9 inclusive"},
		{integer{-5, 9}, "-6", "!between -5 and 9 inclusive"},
		{integer{-5, 9}, "", "!couldn't be parsed"},
		{integer{-5, 9}, "07", "!couldn't be parsed"},
		{integer{-5, 9}, " 7", "!couldn't be parsed"},
		{integer{-5, 9}, "9223372036854775808", "!couldn't be parsed"},
		{memory{integer{0, math.MaxInt64}}, "1kb", "1024"},
		{memory{integer{0, math.MaxInt64}}, "3G", "3000000000"},
		{memory{integer{0, math.MaxInt64}}, "", "0"},
		{memory{integer{0, math.MaxInt64}}, "-1", "!must be a memory value"},
		{memory{integer{0, math.MaxInt64}}, "1e3", "!must be a memory value"},
		{memory{integer{0, 5}}, "18446744073709551615", "!between 0 and 5"},
		{octal{0o777}, "700", "700"},
		{octal{0o777}, "0070", "70"},
		{octal{0o777}, "1000", "!between 0 and 777 inclusive"},
		{octal{0o777}, "-1", "!between 0 and 777 inclusive"},
		{octal{0o777}, "8", "!octal"},
		{yesNo{}, "YES", "yes"},
		{yesNo{}, "no", "no"},
		{yesNo{}, "true", "!must be 'yes' or 'no'"},
		{choice{"a", "b"}, "B", "b"},
		{choice{"a", "b"}, "", "!one of the following: a, b"},
		{anyText{}, "any\x00thing", "any\x00thing"},
		{only("no"), "NO", "no"},
		{only("no"), "yes", "!no other value than 'no'"},
		{only(""), "900 1", "!no other value than ''"},
	}
	for _, tt := range tests {
		v, err := tt.kind.parse(tt.text)
		problem, failing := strings.CutPrefix(tt.want, "!")
		switch {
		case failing && (err == nil || !strings.Contains(err.Error(), problem)):
			t.Errorf("%T %q: error %v, want %q", tt.kind, tt.text, err, problem)
		case !failing && err != nil:
			t.Errorf("%T %q: %v", tt.kind, tt.text, err)
		case !failing && tt.kind.format(v) != tt.want:
			t.Errorf("%T %q: %q, want %q", tt.kind, tt.text, tt.kind.format(v), tt.want)
		}
	}
}

// TestLimits: limits of dense collections have their older names too, and zero is a limit.
func TestLimits(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{"limits": {
		{"config get hash-max-listpack-entries", `*["hash-max-listpack-entries" "512"]`},
		{"config set hash-max-ziplist-entries 5", "+OK"},
		{"config get hash-max-listpack-entries", `*["hash-max-listpack-entries" "5"]`},
		{"config set hash-max-listpack-entries 0", "+OK"},
		{"config get hash-max-ziplist-entries", `*["hash-max-ziplist-entries" "0"]`},
		{"config set hash-max-listpack-entries -1", "-ERR CONFIG SET failed (possibly related to argument 'hash-max-listpack-entries') - " +
			"argument must be between 0 and 9223372036854775807 inclusive"},
		{"config set hash-max-listpack-entries 512", "+OK"},
		{"config set zset-max-listpack-value 1k", "+OK"},
		{"config get zset-max-ziplist-value", `*["zset-max-ziplist-value" "1000"]`},
		{"config set zset-max-ziplist-value 64 zset-max-ziplist-entries 3", "+OK"},
		{"config get zset-max-listpack-entries", `*["zset-max-listpack-entries" "3"]`},
		{"config set zset-max-listpack-entries 128", "+OK"},
		{"config set list-max-listpack-size -5", "+OK"},
		{"config get list-max-ziplist-size", `*["list-max-ziplist-size" "-5"]`},
		{"config set list-max-ziplist-size 2147483648", "-ERR CONFIG SET failed (possibly related to argument 'list-max-ziplist-size') - " +
			"argument must be between -2147483648 and 2147483647 inclusive"},
		{"config set list-max-ziplist-size -2", "+OK"},
		{"config get hll-sparse-max-bytes", `*["hll-sparse-max-bytes" "3000"]`},
		{"config get set-max-intset-entries", `*["set-max-intset-entries" "512"]`},
	}})
}

func TestConfigTakesEffect(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	err := srv.SetConfig(Setting{"MaxMemory", "32mb"}, Setting{"maxmemory-policy", "Volatile-TTL"}, Setting{"timeout", "7"},
		Setting{"maxclients", "1"}, Setting{"proto-max-bulk-len", "1mb"}, Setting{"client-query-buffer-limit", "2mb"},
		Setting{"tcp-keepalive", "0"}, Setting{"requirepass", "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if n, p := srv.Cache.MaxBytes(), srv.Cache.Policy().String(); n != 32<<20 || p != "volatile-ttl" {
		t.Errorf("the cache has %d, %s", n, p)
	}
	conn := newPeer(t, srv.Dial())
	conn.do("GET a\r\n", "-NOAUTH Authentication required.\r\n")
	conn.do("AUTH secret\r\n", "+OK\r\n")
	conn.do("CONFIG SET requirepass \"\"\r\n", "+OK\r\n")
	conn.do("CONFIG GET requirepass\r\n", "*2\r\n$11\r\nrequirepass\r\n$0\r\n\r\n")
	newPeer(t, srv.Dial()).expect("-ERR max number of clients reached\r\n")
	conn.do("CONFIG SET maxclients 2\r\n", "+OK\r\n")
	newPeer(t, srv.Dial()).do("PING\r\n", "+PONG\r\n") // and without a password
	conn.do("*2\r\n$4\r\nECHO\r\n$1048577\r\n", "-ERR Protocol error: invalid bulk length\r\n")
}

// TestSetConfigIsAtomic has the last of several settings fail.
func TestSetConfigIsAtomic(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	before := srv.Config("*")
	changes := []Setting{{"timeout", "9"}, {"maxclients", "5"}, {"requirepass", "x"}, {"maxmemory-policy", "allkeys-lru"}}
	for _, bad := range []Setting{{"databases", "2"}, {"nosuch", "1"}, {"tcp-keepalive", "x"}, {"TIMEOUT", "8"},
		{"loglevel", "debug"}} { // the last is refused by the log, after all the others were made
		if err := srv.SetConfig(append(slices.Clone(changes), bad)...); err == nil {
			t.Errorf("%v is accepted", bad)
		}
		if after := srv.Config("*"); !slices.Equal(before, after) {
			t.Errorf("%v: the parameters become %v, were %v", bad, after, before)
		}
	}
	newPeer(t, srv.Dial()).do("PING\r\n", "+PONG\r\n")
}

func TestConfigPatterns(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	tests := []struct {
		patterns string
		want     string
	}{
		{"timeout", "timeout"},
		{"TimeOut", "TimeOut"},
		{"TIME*", "timeout"},
		{"TIMEOUT timeout ti*t", "TIMEOUT"},
		{"ti*t TIMEOUT", "timeout"},
		{"maxmem* maxmemory", "maxmemory maxmemory-clients maxmemory-policy"},
		{"maxmemory maxmem*", "maxmemory maxmemory-clients maxmemory-policy"},
		{"[pt]o?t", "port"},
		{"nosuch", ""},
		{`time\out`, ""},
		{"*-no-*", ""},
	}
	for _, tt := range tests {
		var names []string
		for _, setting := range srv.Config(strings.Fields(tt.patterns)...) {
			names = append(names, setting.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.patterns, got, tt.want)
		}
	}
	if got := len(srv.Config("*")); got != len(parameters) {
		t.Errorf("* finds %d of %d", got, len(parameters))
	}
}

// TestConfigOfListeners asks for what a server listens on.
func TestConfigOfListeners(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	ask := func(name string) string { return srv.Config(name)[0].Value }
	for name, want := range map[string]string{"port": "0", "bind": "", "unixsocket": "", "unixsocketperm": "0"} {
		if got := ask(name); got != want {
			t.Errorf("without listeners %s is %q", name, got)
		}
	}
	path := filepath.Join(socketDir(t), "s")
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unix, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, ln := range []net.Listener{tcp, unix} {
		go srv.Serve(ln)
	}
	eventually(t, "two listeners", func() bool { return len(srv.boundAddrs()) == 2 })
	port := strconv.Itoa(tcp.Addr().(*net.TCPAddr).Port)
	for name, want := range map[string]string{"port": port, "bind": "127.0.0.1", "unixsocket": path} {
		if got := ask(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := ask("unixsocketperm"); runtime.GOOS != "windows" && got == "0" {
		t.Error("the socket has no permissions")
	}
}

func TestBindName(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{"0.0.0.0": "*", "::": "::*", "127.0.0.1": "127.0.0.1", "::1": "::1"} {
		if got := bindName(net.ParseIP(ip)); got != want {
			t.Errorf("%s: %q", ip, got)
		}
	}
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, seconds := range []string{"300", "0", "1"} {
		if err := srv.SetConfig(Setting{"tcp-keepalive", seconds}); err != nil {
			t.Fatal(err)
		}
		if err := srv.setKeepAlive(conn); err != nil {
			t.Errorf("%s: %v", seconds, err)
		}
	}
	if err := srv.setKeepAlive(srv.Dial()); err != nil {
		t.Error(err)
	}
}

// movableLevel is a handler that implements LevelSetter.
type movableLevel struct {
	slog.Handler
	level *slog.LevelVar
}

func (h movableLevel) SetLevel(level slog.Level) { h.level.Set(level) }

func TestLogLevel(t *testing.T) {
	t.Parallel()
	level := new(slog.LevelVar)
	handler := movableLevel{slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level}), level}
	srv := startCache(t)
	srv.Logger = slog.New(handler)
	for i, name := range logLevels {
		if err := srv.SetConfig(Setting{"loglevel", name}); err != nil {
			t.Fatal(err)
		}
		if got := srv.Config("loglevel")[0].Value; got != name {
			t.Errorf("loglevel is %s, want %s", got, name)
		}
		if !srv.Logger.Enabled(context.Background(), slogLevels[i]) || srv.Logger.Enabled(context.Background(), slogLevels[i]-1) {
			t.Errorf("at %s the logger's level is %v", name, level)
		}
		if l, ok := LogLevel(strings.ToUpper(name)); !ok || l != slogLevels[i] {
			t.Errorf("LogLevel(%s) = %v, %v", name, l, ok)
		}
	}
	if _, ok := LogLevel("loud"); ok {
		t.Error("there is a level loud")
	}

	fixed := startCache(t)
	fixed.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	if err := fixed.SetConfig(Setting{"loglevel", "notice"}); err != nil {
		t.Errorf("setting the level in force: %v", err)
	}
	if err := fixed.SetConfig(Setting{"loglevel", "debug"}); err == nil {
		t.Error("a level is set that the logger does not have")
	}
}

// TestSetConfigModel compares random settings with a map.
func TestSetConfigModel(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	names := []string{"timeout", "tcp-keepalive", "maxclients", "maxmemory", "requirepass", "maxmemory-policy", "port", "save"}
	values := []string{"0", "1", "64mb", "x", "", "allkeys-lfu", "-1", "4294967296", "noeviction"}
	rapid.Check(t, func(t *rapid.T) {
		model := make(map[string]string)
		for _, setting := range srv.Config("*") {
			model[setting.Name] = setting.Value
		}
		settings := make([]Setting, rapid.IntRange(1, 4).Draw(t, "n"))
		for i := range settings {
			settings[i] = Setting{rapid.SampledFrom(names).Draw(t, "name"), rapid.SampledFrom(values).Draw(t, "value")}
		}
		if err := srv.SetConfig(settings...); err == nil {
			for _, setting := range settings {
				v, err := findParameter(setting.Name).kind.parse(setting.Value)
				if err != nil {
					t.Fatalf("%v was accepted", setting)
				}
				model[setting.Name] = findParameter(setting.Name).kind.format(v)
			}
		}
		for _, setting := range srv.Config("*") {
			if model[setting.Name] != setting.Value {
				t.Fatalf("%s is %q, want %q", setting.Name, setting.Value, model[setting.Name])
			}
		}
	})
}

// TestDiffConfig compares the errors, and what both servers have, with redis-server.
func TestDiffConfig(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		get := func(patterns ...string) difftest.Command {
			return difftest.Cmd(append([]string{"config", "get"}, patterns...)...).By(difftest.UnorderedPairs)
		}
		set := func(pairs ...string) difftest.Command {
			return difftest.Cmd(append([]string{"config", "set"}, pairs...)...)
		}
		p.Check(t,
			get("save"), get("appendonly"), get("maxmemory"), get("MaxMemory", "maxmemory", "timeout"), get("nosuch"),
			get("databases", "maxclients", "tcp-keepalive", "proto-max-bulk-len", "client-query-buffer-limit", "requirepass"),
			get("*-bulk-*", "cluster-enabled", "enable-debug-command", "maxmemory-policy"),
			get("tim[e]out"), get("TIME*"), get(""), get("unixsocketperm\x00"),
			set("maxmemory", "abc"), set("maxmemory", "-1"), set("maxmemory", "1e3"), set("maxmemory", " 1"), set("maxmemory", "100xb"),
			set("maxmemory-policy", "foo"), set("maxmemory-policy", ""), set("maxmemory-policy", "AllKeys-LRU"), get("maxmemory-policy"),
			set("databases", "3"), set("unixsocket", "x"), set("unixsocketperm", "700"), set("enable-debug-command", "yes"),
			set("cluster-enabled", "no"), set("io-threads", "2"),
			set("timeout", "abc"), set("timeout", "-1"), set("timeout", "99999999999"), set("timeout", ""), set("timeout", "05"),
			set("tcp-keepalive", "-1"), set("tcp-keepalive", "10"), get("tcp-keepalive"),
			set("maxclients", "0"), set("maxclients", "9999999999"), set("maxclients", "x"), set("maxclients", "900"), get("maxclients"),
			set("proto-max-bulk-len", "1mb"), get("proto-max-bulk-len"), set("client-query-buffer-limit", "1gb"),
			set("loglevel", "foo"), set("loglevel", "nothing"),
			set("nosuch", "1"), set("no'such\r\n", "1"), set("", ""),
			set("maxmemory", "0", "maxmemory", "1"), set("maxmemory", "0", "MaxMemory", "1"), set("maxmemory", "0", "nosuch", "1"),
			set("maxmemory", "0", "timeout"), set("maxmemory", "5mb", "timeout", "abc"), get("maxmemory"),
			set("timeout", "5", "databases", "3"), set("nosuch", "1", "databases", "3"), set("databases", "3", "nosuch", "1"),
			set("timeout", "abc", "databases", "3"), set("timeout", "abc", "maxmemory", "abc"), get("timeout"),
			set("timeout", "1", "timeout", "abc", "databases", "2"), set("maxmemory", "1", "databases", "2", "maxmemory", "3"),
			set("Timeout", "17", "TCP-keepalive", "0", "maxmemory", "64mb"), get("time*", "tcp-k*", "maxmemory"),
			set("timeout", "0", "maxmemory", "0"), set("save", ""), set("appendonly", "no"), set("requirepass", ""),
			set(), set("a"), get(), difftest.Cmd("config"), difftest.Cmd("config", "nosuch"), difftest.Cmd("config", "get|x"),
			difftest.Cmd("config", "resetstat"), difftest.Cmd("config", "resetstat", "x"),
			difftest.Cmd("config", "rewrite"), difftest.Cmd("config", "rewrite", "x"), difftest.Cmd("config", "help", "x"),
		)
	}
}

func TestConfigHelp(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	conn := difftest.NewConn(srv.Dial())
	defer conn.Close()
	help := do(t, conn, "CONFIG", "HELP")
	if len(help.Elems) != 11 || !strings.HasPrefix(help.Elems[0].Text, "CONFIG <subcommand>") {
		t.Errorf("%v", help)
	}
}

func TestConfigChangesAtOnce(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	done := make(chan struct{})
	for i := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range 200 {
				v := strconv.Itoa(1000*i + n)
				srv.SetConfig(Setting{"timeout", v}, Setting{"tcp-keepalive", v})
				srv.Config("*")
			}
		}()
	}
	for range 4 {
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("changes do not end")
		}
	}
	if got := srv.Config("tcp-keepalive", "timeout"); got[0].Value != got[1].Value {
		t.Errorf("half of a change: %v", got)
	}
}
