package resp

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp/difftest"
)

func TestKeyCommands(t *testing.T) {
	t.Parallel()
	const wrongDB = "-ERR DB index is out of range"
	const wideDB = "-ERR value is out of range, value must between -2147483648 and 2147483647"
	const sameObject = "-ERR source and destination objects are the same"
	runTables(t, map[string][]row{
		"DEL EXISTS TOUCH UNLINK TYPE": {
			{"mset a 1 b 2 c 3", "+OK"},
			{"exists a b nokey a", ":3"},
			{"touch a nokey a", ":2"},
			{"type a", "+string"},
			{"type nokey", "+none"},
			{"del a nokey a", ":1"},
			{"unlink b c b", ":2"},
			{"dbsize", ":0"},
			{"del", "-ERR wrong number of arguments for 'del' command"},
			{"type", "-ERR wrong number of arguments for 'type' command"},
			{"type a b", "-ERR wrong number of arguments for 'type' command"},
		},
		"RENAME": {
			{"rename nokey a", "-ERR no such key"},
			{"rename nokey nokey", "-ERR no such key"},
			{"renamenx nokey a", "-ERR no such key"},
			{"set a 1 ex 100", "+OK"},
			{"set b 2", "+OK"},
			{"rename a a", "+OK"},
			{"renamenx a a", ":0"},
			{"renamenx a b", ":0"},
			{"rename a b", "+OK"},
			{"get b", `"1"`},
			{"ttl b", ":100"},
			{"exists a", ":0"},
			{"renamenx b c", ":1"},
			{"ttl c", ":100"},
			{"set d 4", "+OK"},
			{"rename d c", "+OK"},
			{"ttl c", ":-1"},
			{"dbsize", ":1"},
		},
		"COPY": {
			{"copy nokey a", ":0"},
			{"copy nokey nokey", sameObject},
			{"set a 1 ex 100", "+OK"},
			{"copy a b", ":1"},
			{"get b", `"1"`},
			{"ttl b", ":100"},
			{"set a 2", "+OK"},
			{"copy a b", ":0"},
			{"copy a b REPLACE", ":1"},
			{"get b", `"2"`},
			{"ttl b", ":-1"},
			{"copy a a", sameObject},
			{"copy a a db 0", sameObject},
			{"copy a a db 1", ":1"},
			{"copy a a db 1", ":0"},
			{"copy a a Db 1 replace", ":1"},
			{"copy a c replace replace db 1 db 0", ":1"},
			{"copy a b db", wantSyntax},
			{"copy a b foo", wantSyntax},
			{"copy a b db abc", wantWrongInt},
			{"copy a b db 2147483648", wideDB},
			{"copy a b db 99 foo", wrongDB},
			{"copy a b db -1", wrongDB},
			{"select 1", "+OK"},
			{"get a", `"2"`},
			{"copy a a db 1", sameObject},
			{"dbsize", ":1"},
		},
		"MOVE": {
			{"set a 1 ex 100", "+OK"},
			{"move a 0", sameObject},
			{"move nokey 0", sameObject},
			{"move nokey 1", ":0"},
			{"move a 1", ":1"},
			{"exists a", ":0"},
			{"select 1", "+OK"},
			{"get a", `"1"`},
			{"ttl a", ":100"},
			{"set b 2", "+OK"},
			{"select 0", "+OK"},
			{"set b 3", "+OK"},
			{"move b 1", ":0"},
			{"get b", `"3"`},
			{"move b 99", wrongDB},
			{"move b -1", wrongDB},
			{"move b abc", wantWrongInt},
			{"move b -2147483649", wideDB},
		},
		"SWAPDB": {
			{"set a 1", "+OK"},
			{"swapdb 0 1", "+OK"},
			{"get a", "$null"},
			{"dbsize", ":0"},
			{"select 1", "+OK"},
			{"get a", `"1"`},
			{"swapdb 1 1", "+OK"},
			{"swapdb 0 99", wrongDB},
			{"swapdb -1 0", wrongDB},
			{"swapdb abc 0", "-ERR invalid first DB index"},
			{"swapdb 0 abc", "-ERR invalid second DB index"},
			{"swapdb 99 2147483648", "-ERR invalid second DB index"},
			{"get a", `"1"`},
		},
		"KEYS": {
			{"mset hello 1", "+OK"},
			{"keys h*o", `*["hello"]`},
			{"keys h[a-e]l?o", `*["hello"]`},
			{"keys h[^a-e]llo", "*[]"},
			{"keys x*", "*[]"},
			{`keys ""`, "*[]"},
			{`set "" v`, "+OK"},
			{`keys ""`, `*[""]`},
			{"keys ?", "*[]"},
			{"keys h* x", "-ERR wrong number of arguments for 'keys' command"},
		},
		"SCAN": {
			{"scan 0", `*["0" *[]]`},
			{"set a 1", "+OK"},
			{"scan 0 count 100000", `*["0" *["a"]]`},
			{"scan 0 COUNT 100000 match b*", `*["0" *[]]`},
			{`scan 0 match "" count 100000`, `*["0" *[]]`},
			{"scan 0 match b* match a count 1 count 100000", `*["0" *["a"]]`},
			{"scan 0 type STRING count 100000", `*["0" *["a"]]`},
			{"scan 0 type list count 100000", `*["0" *[]]`},
			{"scan 0 type nosuch count 100000", `*["0" *[]]`},
			{"scan -0 count 100000", `*["0" *["a"]]`},
			{`scan "" count 100000`, `*["0" *["a"]]`},
			{"scan abc", "-ERR invalid cursor"},
			{"scan abc foo", "-ERR invalid cursor"},
			{"scan 18446744073709551616", "-ERR invalid cursor"},
			{"scan 0x0", "-ERR invalid cursor"},
			{"scan 0 count 0", wantSyntax},
			{"scan 0 count -1", wantSyntax},
			{"scan 0 count abc", wantWrongInt},
			{"scan 0 count", wantSyntax},
			{"scan 0 match", wantSyntax},
			{"scan 0 foo bar", wantSyntax},
		},
		"RANDOMKEY": {
			{"randomkey", "$null"},
			{"set a 1", "+OK"},
			{"randomkey", `"a"`},
			{"randomkey x", "-ERR wrong number of arguments for 'randomkey' command"},
		},
		"EXPIRE": {
			{"expire nokey 100", ":0"},
			{"ttl nokey", ":-2"},
			{"pttl nokey", ":-2"},
			{"expiretime nokey", ":-2"},
			{"pexpiretime nokey", ":-2"},
			{"persist nokey", ":0"},
			{"set k v", "+OK"},
			{"ttl k", ":-1"},
			{"pttl k", ":-1"},
			{"expiretime k", ":-1"},
			{"pexpiretime k", ":-1"},
			{"persist k", ":0"},
			{"expire k 100", ":1"},
			{"ttl k", ":100"},
			{"pexpire k 200000", ":1"},
			{"ttl k", ":200"},
			{"expireat k 9000000000", ":1"},
			{"expiretime k", ":9000000000"},
			{"pexpireat k 9000000000500", ":1"},
			{"pexpiretime k", ":9000000000500"},
			{"expiretime k", ":9000000001"},
			{"pexpireat k 9000000000499", ":1"},
			{"expiretime k", ":9000000000"},
			{"persist k", ":1"},
			{"persist k", ":0"},
			{"ttl k", ":-1"},
			{"expire k 0", ":1"},
			{"exists k", ":0"},
			{"set k v", "+OK"},
			{"expire k -100", ":1"},
			{"exists k", ":0"},
			{"set k v", "+OK"},
			{"pexpireat k 1000", ":1"},
			{"exists k", ":0"},
			{"set k v", "+OK"},
			{"expireat k 0", ":1"},
			{"exists k", ":0"},
			{"set k v", "+OK"},
			{"expire k -9223372036854775", ":1"},
			{"exists k", ":0"},
		},
		"EXPIRE conditions": {
			{"set k v", "+OK"},
			{"expireat k 9000000000 xx", ":0"},
			{"expireat k 9000000000 gt", ":0"},
			{"ttl k", ":-1"},
			{"expireat k 9000000000 LT", ":1"},
			{"persist k", ":1"},
			{"expireat k 9000000000 nx", ":1"},
			{"expireat k 9000000001 nx", ":0"},
			{"expireat k 9000000000 gt", ":0"},
			{"expireat k 9000000000 lt", ":0"},
			{"expireat k 9000000001 gt", ":1"},
			{"expireat k 9000000002 lt", ":0"},
			{"expireat k 8999999999 lt xx", ":1"},
			{"expireat k 9000000000 xx gt xx", ":1"},
			{"expireat k 9000000005 xx", ":1"},
			{"expiretime k", ":9000000005"},
			{"expireat k 1 gt", ":0"},
			{"expireat k 1 lt", ":1"},
			{"exists k", ":0"},
		},
		"EXPIRE errors": {
			{"set k v", "+OK"},
			{"expire k abc", wantWrongInt},
			{"expire k 1.0", wantWrongInt},
			{`expire k ""`, wantWrongInt},
			{"expire k 10 foo", "-ERR Unsupported option foo"},
			{"expire k abc foo", "-ERR Unsupported option foo"},
			{"expire k 10 nx xx", "-ERR NX and XX, GT or LT options at the same time are not compatible"},
			{"expire k 10 gt nx", "-ERR NX and XX, GT or LT options at the same time are not compatible"},
			{"expire k 10 gt lt", "-ERR GT and LT options at the same time are not compatible"},
			{"expire k 10 gt lt nx", "-ERR NX and XX, GT or LT options at the same time are not compatible"},
			{"expire k 9223372036854776", "-ERR invalid expire time in 'expire' command"},
			{"expire k 9223372036854775", "-ERR invalid expire time in 'expire' command"},
			{"expire k -9223372036854776", "-ERR invalid expire time in 'expire' command"},
			{"expire nokey 9223372036854776", "-ERR invalid expire time in 'expire' command"},
			{"pexpire k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command"},
			{"expireat k 9223372036854776", "-ERR invalid expire time in 'expireat' command"},
			{"pexpireat k 9223372036854775807", ":1"},
			{"pexpiretime k", ":9223372036854775807"},
			{"expireat k 9223372036854775", ":1"},
			{"pexpiretime k", ":9223372036854775000"},
			{"expire k 10 nx extra", "-ERR Unsupported option extra"},
			{"expire k", "-ERR wrong number of arguments for 'expire' command"},
		},
		"OBJECT MEMORY": {
			{"mset i 100 e short l a-value-of-more-than-forty-four-bytes-is-not-embedded", "+OK"},
			{"object encoding i", `"int"`},
			{"object encoding e", `"embstr"`},
			{"object encoding l", `"raw"`},
			{"append e x", ":6"},
			{"object encoding e", `"raw"`},
			{"object encoding nokey", "$null"},
			{"object freq nokey", "$null"},
			{"object idletime nokey", "$null"},
			{"object refcount nokey", "$null"},
			{"object refcount e", ":1"},
			{"object idletime e", ":0"},
			{"object freq e", errNoFreqReply},
			{"object", "-ERR wrong number of arguments for 'object' command"},
			{"object nosuch", "-ERR unknown subcommand 'nosuch'. Try OBJECT HELP."},
			{"object encoding", "-ERR wrong number of arguments for 'object|encoding' command"},
			{"memory usage nokey", "$null"},
			{"memory usage e samples", wantSyntax},
			{"memory usage e samples -1", wantSyntax},
			{"memory usage e samples abc", wantWrongInt},
			{"memory usage e foo 1", wantSyntax},
		},
		"FLUSH": {
			{"mset a 1 b 2", "+OK"},
			{"flushdb foo", wantSyntax},
			{"flushall sync async", wantSyntax},
			{"dbsize", ":2"},
			{"select 1", "+OK"},
			{"set c 3", "+OK"},
			{"flushdb ASYNC", "+OK"},
			{"dbsize", ":0"},
			{"select 0", "+OK"},
			{"dbsize", ":2"},
			{"flushdb", "+OK"},
			{"dbsize", ":0"},
			{"set a 1", "+OK"},
			{"select 2", "+OK"},
			{"flushall sync", "+OK"},
			{"select 0", "+OK"},
			{"dbsize", ":0"},
			{"set a 1", "+OK"},
			{"flushall async", "+OK"},
			{"exists a", ":0"},
			{"dbsize x", "-ERR wrong number of arguments for 'dbsize' command"},
		},
	})
}

const errNoFreqReply = "-" + errNoFreq

// TestMemoryUsageGrows checks what a table cannot: that the figure covers the value.
func TestMemoryUsageGrows(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	last := int64(0)
	for n := 100; n <= 10_000_000; n *= 10 {
		do(t, c, "SETRANGE", "k", strconv.Itoa(n-1), "x")
		used, ok := do(t, c, "MEMORY", "USAGE", "k", "SAMPLES", "0").Int()
		if !ok || used <= last || used < int64(n) || used > int64(n)*5/4+200 {
			t.Errorf("a value of %d bytes takes %d", n, used)
		}
		last = used
	}
}

// TestScanAll compares whole scans, call by call until the cursor is back at zero, with what KEYS returns.
func TestScanAll(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	checkScans(t, c)
}

// TestDiffScanAll does the same on both servers and compares what is found.
func TestDiffScanAll(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 3)
	redis, larder := checkScans(t, p.Reference), checkScans(t, p.Subject)
	if !slices.EqualFunc(redis, larder, slices.Equal) {
		t.Error("scans differ")
	}
}

func checkScans(t *testing.T, c *difftest.Conn) [][]string {
	t.Helper()
	var batch [][]string
	for i := range 1000 {
		batch = append(batch, []string{"SET", fmt.Sprintf("key:%d", i), "v"})
	}
	if _, err := c.Pipeline(batch); err != nil {
		t.Fatal(err)
	}
	var found [][]string
	for _, options := range [][]string{
		nil, {"COUNT", "1"}, {"COUNT", "7"}, {"COUNT", "100000"}, {"MATCH", "key:*5"}, {"MATCH", "*", "TYPE", "string"},
		{"MATCH", "key:1?", "COUNT", "3"}, {"TYPE", "list"}, {"MATCH", ""},
	} {
		keys := scanAll(t, c, options)
		found = append(found, keys)
		if len(options) > 0 && options[0] == "COUNT" && len(keys) != 1000 {
			t.Errorf("SCAN %q found %d keys of 1000", options, len(keys))
		}
		if len(options) == 2 && options[0] == "MATCH" {
			var want []string
			for _, v := range do(t, c, "KEYS", options[1]).Elems {
				want = append(want, v.Text)
			}
			slices.Sort(want)
			if !slices.Equal(keys, want) {
				t.Errorf("SCAN %q found %d keys, KEYS %d", options, len(keys), len(want))
			}
		}
	}
	return found
}

// scanAll scans from the beginning to the end and returns the keys in order.
func scanAll(t *testing.T, c *difftest.Conn, options []string) []string {
	t.Helper()
	found := map[string]bool{}
	for cursor, calls := "0", 0; ; calls++ {
		reply := do(t, c, append([]string{"SCAN", cursor}, options...)...)
		for _, key := range element(t, reply, 1).Elems {
			found[key.Text] = true
		}
		if cursor = element(t, reply, 0).Text; cursor == "0" {
			return slices.Sorted(maps.Keys(found))
		}
		if calls > 100_000 {
			t.Fatal("the scan does not end")
		}
	}
}

// TestHelp checks the form of the replies, whose words are this server's own.
func TestHelp(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	for _, container := range []string{"COMMAND", "MEMORY", "OBJECT"} {
		reply := do(t, c, container, "HELP")
		lines := reply.Elems
		if len(lines) < 5 || lines[0].Text != container+" <subcommand> [<arg> [value] [opt] ...]. Subcommands are:" ||
			lines[len(lines)-2].Text != "HELP" {
			t.Errorf("%s HELP: %v", container, reply)
		}
		for _, line := range lines {
			if line.Kind != difftest.Simple {
				t.Errorf("%s HELP: %v is no status", container, line)
			}
		}
	}
}

// setClock is a clock that stands still until it is moved.
type setClock struct{ millis atomic.Int64 }

func (c *setClock) Now() time.Time { return time.UnixMilli(c.millis.Load()) }

// TestExpiry moves the clock past the times that keys have to live.
func TestExpiry(t *testing.T) {
	t.Parallel()
	clock := &setClock{}
	clock.millis.Store(1_000_000_000_000)
	c := difftest.NewConn(startServer(t, larder.Options{Clock: clock, NoMaintenance: true}).Dial())
	defer c.Close()
	steps := []struct {
		advance int64
		row
	}{
		{0, row{"SET a 1 PX 1500", "+OK"}},
		{0, row{"SET b 1 EX 10", "+OK"}},
		{0, row{"SET c 1 EXAT 1000000002", "+OK"}},
		{0, row{"PTTL a", ":1500"}},
		{0, row{"TTL a", ":2"}},
		{0, row{"PEXPIRETIME b", ":1000000010000"}},
		{100, row{"TTL a", ":1"}},
		{1399, row{"GET a", `"1"`}},
		{0, row{"PTTL a", ":1"}},
		{0, row{"TTL a", ":0"}},
		{1, row{"PTTL a", ":0"}}, // in its last millisecond a key is still there
		{0, row{"GET a", `"1"`}},
		{1, row{"GET a", "$null"}},
		{0, row{"PTTL a", ":-2"}},
		{0, row{"TYPE a", "+none"}},
		{0, row{"EXPIRE a 10", ":0"}},
		{0, row{"SET a 2 XX", "$null"}},
		{0, row{"SET a 2 NX KEEPTTL", "+OK"}},
		{0, row{"TTL a", ":-1"}},
		{500, row{"EXISTS a b c", ":2"}},
		{0, row{"KEYS c", "*[]"}},
		{0, row{"RENAME c d", "-ERR no such key"}},
		{0, row{"APPEND c x", ":1"}},
		{0, row{"TTL c", ":-1"}},
		{0, row{"PERSIST b", ":1"}},
		{1 << 40, row{"GET b", `"1"`}},
		{0, row{"INCR b", ":2"}},
		{0, row{"PEXPIRE b 1", ":1"}},
		{2, row{"INCR b", ":1"}},
		{0, row{"TTL b", ":-1"}},
	}
	for i, step := range steps {
		clock.millis.Add(step.advance)
		if got := do(t, c, step.args()...).String(); got != step.want {
			t.Errorf("step %d: %s: got %s, want %s", i, step.command, got, step.want)
		}
	}
}

// TestOutOfMemory fills a cache that evicts nothing.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startServer(t, larder.Options{Policy: larder.NoEviction, MaxBytes: 8 << 20}).Dial())
	defer c.Close()
	const oom = "-OOM command not allowed when used memory > 'maxmemory'."
	value := strings.Repeat("v", 1000)
	stored := 0
	for ; ; stored++ {
		reply := do(t, c, "SET", strconv.Itoa(stored), value).String()
		if reply == oom {
			break
		}
		if reply != "+OK" || stored > 8<<20/1000 {
			t.Fatalf("%d values of 1000 bytes stored in 8 MiB: %s", stored, reply)
		}
	}
	huge := strings.Repeat("v", 1<<20)
	for _, args := range [][]string{
		{"SET", "0", huge}, {"GETSET", "0", huge}, {"APPEND", "0", huge}, {"SETRANGE", "0", "1000000", "x"},
		{"MSET", "new", "1", "0", huge}, {"MSETNX", "new", "1", "new2", huge}, {"SETEX", "new", "10", huge},
	} {
		if got := do(t, c, args...).String(); got != oom {
			t.Errorf("%s: %s", args[0], got)
		}
	}
	for _, want := range []row{
		{"STRLEN 0", ":1000"}, {"EXISTS new new2", ":0"}, {"DBSIZE", ":" + strconv.Itoa(stored)}, {"TTL 0", ":-1"},
		{"DEL 0 1 2 3 4", ":5"}, {"SET 0 x", "+OK"}, {"GET 0", `"x"`},
	} {
		if got := do(t, c, want.args()...).String(); got != want.want {
			t.Errorf("%s: got %s, want %s", want.command, got, want.want)
		}
	}
}

// TestKeysAfterClose: KEYS of a cache that is closed is an error, as all else is.
func TestKeysAfterClose(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	srv.Cache.Close()
	newPeer(t, srv.Dial()).do("KEYS *\r\n", "-ERR cache is closed\r\n")
}
