package resp

import (
	"slices"
	"strings"
	"testing"

	"github.com/larderkv/larder/resp/difftest"
)

const (
	wantWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value"
	wantPositive  = "-ERR value is out of range, must be positive"
)

func TestSetCommands(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"SADD SREM": {
			{"sadd k 1 2 3", ":3"},
			{"SADD k 3 4 4", ":1"},
			{"object encoding k", `"intset"`},
			{"scard k", ":4"},
			{"scard nokey", ":0"},
			{"srem k 1 5 1", ":1"},
			{"srem k 5", ":0"},
			{"srem nokey 1", ":0"},
			{"srem k 2 3 4", ":3"},
			{"exists k", ":0"},
			{`sadd k ""`, ":1"},
			{`sismember k ""`, ":1"},
			{"object encoding nokey", "$null"},
			{"set s v", "+OK"},
			{"sadd s 1", wantWrongType},
			{"srem s 1", wantWrongType},
			{"scard s", wantWrongType},
			{"get k", wantWrongType},
			{"type k", "+set"},
			{"sadd k", "-ERR wrong number of arguments for 'sadd' command"},
			{"srem k", "-ERR wrong number of arguments for 'srem' command"},
			{"scard", "-ERR wrong number of arguments for 'scard' command"},
		},
		"SISMEMBER SMISMEMBER": {
			{"sadd k 1 a", ":2"},
			{"sismember k 1", ":1"},
			{"sismember k 01", ":0"},
			{"sismember nokey 1", ":0"},
			{"smismember k 1 b a 1", "*[:1 :0 :1 :1]"},
			{"smismember nokey 1 b", "*[:0 :0]"},
			{"set s v", "+OK"},
			{"sismember s 1", wantWrongType},
			{"smismember s 1", wantWrongType},
			{"smismember k", "-ERR wrong number of arguments for 'smismember' command"},
		},
		"SMEMBERS": {
			{"smembers nokey", "*[]"},
			{"sadd k 7", ":1"},
			{"smembers k", `*["7"]`},
			{"set s v", "+OK"},
			{"smembers s", wantWrongType},
		},
		"SMOVE": {
			{"sadd k a", ":1"},
			{"smove k l b", ":0"},
			{"smove k l a", ":1"},
			{"exists k", ":0"},
			{"smembers l", `*["a"]`},
			{"smove l l a", ":1"},
			{"smove l l b", ":0"},
			{"set s v", "+OK"},
			{"smove nokey s a", ":0"},
			{"smove l s a", wantWrongType},
			{"smove s nokey a", wantWrongType},
			{"smove s s a", wantWrongType},
			{"smembers l", `*["a"]`},
		},
		"SPOP": {
			{"spop nokey", "$null"},
			{"spop nokey 3", "*[]"},
			{"sadd k a", ":1"},
			{"spop k 0", "*[]"},
			{"spop k", `"a"`},
			{"exists k", ":0"},
			{"sadd k a", ":1"},
			{"spop k 9223372036854775807", `*["a"]`},
			{"exists k", ":0"},
			{"spop k -1", wantPositive},
			{"spop k abc", wantPositive},
			{"spop k 1 2", wantSyntax},
			{"set s v", "+OK"},
			{"spop s", wantWrongType},
			{"spop s 0", wantWrongType},
			{"spop s -1", wantPositive},
		},
		"SRANDMEMBER": {
			{"srandmember nokey", "$null"},
			{"srandmember nokey 3", "*[]"},
			{"srandmember nokey -9223372036854775807", "*[]"},
			{"sadd k a", ":1"},
			{"srandmember k", `"a"`},
			{"srandmember k 0", "*[]"},
			{"srandmember k 5", `*["a"]`},
			{"srandmember k -3", `*["a" "a" "a"]`},
			{"srandmember k 9223372036854775807", `*["a"]`},
			{"srandmember k abc", wantWrongInt},
			{"srandmember k -9223372036854775808",
				"-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"},
			{"srandmember k 1 2", wantSyntax},
			{"scard k", ":1"},
			{"set s v", "+OK"},
			{"srandmember s", wantWrongType},
			{"srandmember s 0", wantWrongType},
			{"srandmember s abc", wantWrongInt},
		},
		"SSCAN": {
			{"sscan nokey 0", `*["0" *[]]`},
			{"sscan nokey 0 foo", `*["0" *[]]`},
			{"sscan nokey abc", "-ERR invalid cursor"},
			{"sadd k a", ":1"},
			{"sscan k 0", `*["0" *["a"]]`},
			{"sscan k 0 match b*", `*["0" *[]]`},
			{`sscan k 0 match ""`, `*["0" *[]]`},
			{"sscan k 0 match a* count 5", `*["0" *["a"]]`},
			{"sscan k 0 foo", wantSyntax},
			{"sscan k 0 match", wantSyntax},
			{"sscan k 0 count 0", wantSyntax},
			{"sscan k 0 count abc", wantWrongInt},
			{"sscan k 0 type set", wantSyntax},
			{"set s v", "+OK"},
			{"sscan s 0", wantWrongType},
			{"sscan s 0 foo", wantWrongType},
			{"sscan s abc", "-ERR invalid cursor"},
		},
		"SINTER SUNION SDIFF": {
			{"sadd a 1 2", ":2"},
			{"sadd b 2 3", ":2"},
			{"sinter a b", `*["2"]`},
			{"sinter a b nokey", "*[]"},
			{"sdiff a b", `*["1"]`},
			{"sdiff a b a", "*[]"},
			{"sdiff nokey a", "*[]"},
			{"sunion nokey", "*[]"},
			{"sinter a a b b", `*["2"]`},
			{"set s v", "+OK"},
			{"sinter nokey s", wantWrongType},
			{"sdiff nokey s", wantWrongType},
			{"sunion a s", wantWrongType},
			{"sinter", "-ERR wrong number of arguments for 'sinter' command"},
		},
		"SINTERSTORE SUNIONSTORE SDIFFSTORE": {
			{"sadd a 1 2", ":2"},
			{"sadd b 2 3", ":2"},
			{"sinterstore d a b", ":1"},
			{"smembers d", `*["2"]`},
			{"object encoding d", `"intset"`},
			{"sunionstore d a b", ":3"},
			{"sdiffstore d d b", ":1"},
			{"smembers d", `*["1"]`},
			{"set s v ex 100", "+OK"},
			{"sdiffstore s a b", ":1"},
			{"type s", "+set"},
			{"ttl s", ":-1"},
			{"sinterstore s a nokey", ":0"},
			{"exists s", ":0"},
			{"set s v", "+OK"},
			{"sinterstore d a s", wantWrongType},
			{"smembers d", `*["1"]`},
			{"sunionstore a a a", ":2"},
			{"sinterstore d", "-ERR wrong number of arguments for 'sinterstore' command"},
		},
		"SINTERCARD": {
			{"sadd a 1 2 3", ":3"},
			{"sadd b 2 3 4", ":3"},
			{"sintercard 2 a b", ":2"},
			{"sintercard 2 a b limit 1", ":1"},
			{"sintercard 2 a b LIMIT 0", ":2"},
			{"sintercard 2 a b limit 1 limit 5", ":2"},
			{"sintercard 1 a", ":3"},
			{"sintercard 2 a nokey", ":0"},
			{"sintercard 0 a", "-ERR numkeys should be greater than 0"},
			{"sintercard -1 a", "-ERR numkeys should be greater than 0"},
			{"sintercard abc a", "-ERR numkeys should be greater than 0"},
			{"sintercard 3 a b", "-ERR Number of keys can't be greater than number of args"},
			{"sintercard 9223372036854775807 a b", "-ERR Number of keys can't be greater than number of args"},
			{"sintercard 2 a b limit", wantSyntax},
			{"sintercard 2 a b foo 1", wantSyntax},
			{"sintercard 2 a b limit -1", "-ERR LIMIT can't be negative"},
			{"sintercard 2 a b limit abc", "-ERR LIMIT can't be negative"},
			{"set s v", "+OK"},
			{"sintercard 2 nokey s", wantWrongType},
		},
	})
}

// TestSetReplyTypes: in RESP3 what lists a set's members is a set, but for samples.
func TestSetReplyTypes(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	do(t, c, "HELLO", "3")
	do(t, c, "SADD", "k", "b", "a")
	for command, want := range map[string]difftest.Kind{
		"SMEMBERS k": difftest.Set, "SINTER k": difftest.Set, "SUNION k": difftest.Set, "SDIFF k": difftest.Set,
		"SPOP nokey 2": difftest.Set, "SRANDMEMBER k 2": difftest.Array, "SMISMEMBER k a": difftest.Array,
	} {
		if got := do(t, c, strings.Fields(command)...); got.Kind != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}

// TestSampleTooLarge: a count whose reply would not fit into memory is refused.
func TestSampleTooLarge(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	do(t, c, "SADD", "k", "a")
	if got := do(t, c, "SRANDMEMBER", "k", "-9000000000000000000").String(); got != "-ERR value is out of range" {
		t.Error(got)
	}
}

// TestLargeSetReplies reads a set back whose reply is longer than any buffer, whole
// and by SSCAN.
func TestLargeSetReplies(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	args := []string{"SADD", "k"}
	for i := range 20_000 {
		args = append(args, strings.Repeat("member", 5)+string(rune('a'+i%26))+strings.Repeat("x", i/26%100)+string(rune(0x1000+i)))
	}
	if got := do(t, c, args...).String(); got != ":20000" {
		t.Fatal(got)
	}
	want := slices.Sorted(slices.Values(args[2:]))
	texts := func(elems []difftest.Value) []string {
		var out []string
		for _, e := range elems {
			out = append(out, e.Text)
		}
		slices.Sort(out)
		return out
	}
	if got := texts(do(t, c, "SMEMBERS", "k").Elems); !slices.Equal(got, want) {
		t.Errorf("SMEMBERS returns %d members", len(got))
	}
	var scanned []difftest.Value
	for cursor := "0"; ; {
		reply := do(t, c, "SSCAN", "k", cursor, "COUNT", "500")
		scanned = append(scanned, reply.Elems[1].Elems...)
		if cursor = reply.Elems[0].Text; cursor == "0" {
			break
		}
	}
	if got := texts(scanned); !slices.Equal(got, want) {
		t.Errorf("SSCAN returns %d members", len(got))
	}
}
