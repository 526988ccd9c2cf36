package clienttest

import (
	"bufio"
	"context"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// redisCLI prepares redis-cli with a server.
func redisCLI(t testing.TB, s *site, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		missing(t, "redis-cli is not installed")
	}
	host, port, err := net.SplitHostPort(s.door(t, "tcp").addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, path, append([]string{"-h", host, "-p", port}, args...)...)
}

// said fails unless redis-cli said everything, patterns of regexps, in that order.
func said(t testing.TB, out string, patterns ...string) {
	t.Helper()
	rest := out
	for _, p := range patterns {
		at := regexp.MustCompile(p).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("no %q in what remains of\n%s", p, out)
		}
		rest = rest[at[1]:]
	}
}

// stock fills a server with a key of each type, of which one is the largest.
func stock(t testing.TB, s *site) {
	t.Helper()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		must(s.cache.Strings().Set("string:"+strconv.Itoa(i), []byte("x"), datatypes.SetOptions{}))
	}
	must(s.cache.Strings().Set("string:big", make([]byte, 100_000), datatypes.SetOptions{}))
	for i := range 50 {
		name := strconv.Itoa(i)
		must(s.cache.Lists().RPush("list:big", []byte(name)))
		must(s.cache.Sets().Add("set:big", name))
		must(s.cache.Hashes().Set("hash:big", datatypes.Field{Name: name, Value: []byte("v")}))
		must(s.cache.SortedSets().Add("zset:big", datatypes.Scored{Member: name, Score: float64(i)}))
	}
}

// TestRedisCLIReports has redis-cli go through the keys of a server and report on them.
func TestRedisCLIReports(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{MaxBytes: 64 << 20, Policy: larder.AllKeysLFU}) // without a limit no frequency is kept
	stock(t, s)
	for range 50 {
		if _, _, err := s.cache.Strings().Get("string:7"); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args     []string
		patterns []string
	}{
		"bigkeys": {[]string{"--bigkeys"}, []string{
			`Sampled 205 keys in the keyspace!`,
			`Biggest +list found '"list:big"' has 50 items`, `Biggest +hash found '"hash:big"' has 50 fields`,
			`Biggest string found '"string:big"' has 100000 bytes`, `Biggest +set found '"set:big"' has 50 members`,
			`Biggest +zset found '"zset:big"' has 50 members`,
		}},
		"memkeys": {[]string{"--memkeys"}, []string{
			`Sampled 205 keys in the keyspace!`, `Biggest string found '"string:big"' has 1\d{5} bytes`, `201 strings with 1\d{5} bytes`,
		}},
		"hotkeys": {[]string{"--hotkeys"}, []string{
			`Sampled 205 keys in the keyspace!`, `hot key found with counter: [1-9]\d*\s+keyname: "string:7"`,
		}},
		"scan":         {[]string{"--scan", "--pattern", "*:big"}, []string{}},
		"latency":      {[]string{"--raw", "--latency", "-i", "1"}, []string{`^\d+ \d+ \d+\.\d+ [1-9]\d*`}},
		"RESP3":        {[]string{"-3", "--no-raw", "HGETALL", "hash:big"}, []string{`(?m)^ *1# "`, `=> "v"`, `(?m)^50# "`}},
		"JSON":         {[]string{"--json", "-3", "ZRANGE", "zset:big", "0", "0", "WITHSCORES"}, []string{`\[\["0",0(\.0)?\]\]`}},
		"repeat":       {[]string{"-r", "3", "ECHO", "x"}, []string{`^x\nx\nx\n$`}},
		"info":         {[]string{"INFO", "server"}, []string{`redis_version:7\.0\.15`, `redis_mode:standalone`}},
		"COMMAND DOCS": {[]string{"COMMAND", "DOCS", "get"}, []string{`Get the value of a key`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := redisCLI(t, s, c.args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			said(t, string(out), c.patterns...)
			if name == "scan" {
				want(t, "keys", len(strings.Fields(string(out))), nil, 5)
			}
		})
	}
}

// start runs a program that goes on until it is killed at the end of the test, and returns its lines.
func start(t testing.TB, cmd *exec.Cmd) *bufio.Scanner {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it is gone then
		cmd.Wait()         //nolint:errcheck // it was killed
	})
	return bufio.NewScanner(out)
}

// find reads lines until one matches.
func find(t testing.TB, lines *bufio.Scanner, pattern string) {
	t.Helper()
	for want := regexp.MustCompile(pattern); ; {
		if !lines.Scan() {
			t.Fatalf("no line matches %s", pattern)
		}
		if want.MatchString(lines.Text()) {
			return
		}
	}
}

// TestRedisCLIStat has redis-cli show every now and then what a server is doing.
func TestRedisCLIStat(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	stock(t, s)
	lines := start(t, redisCLI(t, s, "--stat", "-i", "0.01"))
	find(t, lines, `^keys +mem +clients`)
	find(t, lines, `^205 +\S+ +1 +0 `)
	client := goRedis(t, s.door(t, "tcp"), 3)
	if err := client.Set(limited(t), "another", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	find(t, lines, `^206 +\S+ +2 +0 `)
}

// TestRedisCLIReadsCommands gives redis-cli commands on its standard input.
func TestRedisCLIReadsCommands(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	cmd := redisCLI(t, s)
	cmd.Stdin = strings.NewReader("set k 'a b'\nget k\nmulti\nincr n\nexec\nlpush k x\nselect 3\ndbsize\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said(t, string(out), `^OK\n`, `^a b\n`, `^OK\nQUEUED\n1\n`, `^WRONGTYPE`, `OK\n0\n`)
}

// TestRedisCLIInteractive has redis-cli run in a terminal, as people do.
func TestRedisCLIInteractive(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("script"); err != nil {
		missing(t, "there is no script, which makes a terminal")
	}
	s := serve(t, larder.Options{})
	inner := redisCLI(t, s)
	cmd := exec.CommandContext(limited(t), "script", "-qfec", strings.Join(inner.Args, " "), "/dev/null")
	cmd.Env = append(cmd.Environ(), "TERM=dumb", "HOME="+t.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := start(t, cmd)
	for _, do := range []struct{ line, shown string }{
		{"set k v", `OK\r?$`},
		{"get k", `"v"`},
		{"hello 3", `"proto" => \(integer\) 3`},
		{"hgetall nosuch", `\(empty hash\)`},
		{"help get", `Get the value of a key`},
		{"nosuch", `ERR unknown command 'nosuch'`},
		{"subscribe news", `1\) "subscribe"`},
	} {
		io.WriteString(in, do.line+"\r")
		find(t, lines, do.shown)
	}
	eventually(t, "redis-cli has subscribed", func() bool { return s.cache.PubSub().Publish("news", []byte("extra, extra")) > 0 })
	find(t, lines, `3\) "extra, extra"`)
}

// TestRedisCLIMonitor has redis-cli show what other clients do.
func TestRedisCLIMonitor(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	lines := start(t, redisCLI(t, s, "MONITOR"))
	find(t, lines, `^OK$`)
	client := goRedis(t, s.door(t, "tcp"), 3)
	if err := client.Set(limited(t), "k", "a \"b\"", 0).Err(); err != nil {
		t.Fatal(err)
	}
	find(t, lines, `^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "set" "k" "a \\"b\\""$`)
}
