package resp

import (
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder/resp/difftest"
)

func TestSortCommands(t *testing.T) {
	t.Parallel()
	const notWeight = "-ERR One or more scores can't be converted into double"
	runTables(t, map[string][]row{
		"numbers": {
			{"sort nokey", "*[]"},
			{"rpush l 10 9 -1 2 1.5 0x10 1e1 inf -inf +5", ":10"},
			{"sort l", `*["-inf" "-1" "1.5" "2" "+5" "9" "10" "1e1" "0x10" "inf"]`},
			{"SORT l DESC", `*["inf" "0x10" "1e1" "10" "9" "+5" "2" "1.5" "-1" "-inf"]`},
			{"sort l desc ASC limit 1 2", `*["-1" "1.5"]`},
			{"sort l limit -3 1", `*["-inf"]`},
			{"sort l limit 8 100", `*["0x10" "inf"]`},
			{"sort l limit 10 1", "*[]"},
			{"sort l limit 0 0", "*[]"},
			{"sort l limit 8 -1", `*["0x10" "inf"]`},
			{"sort_ro l limit 0 1", `*["-inf"]`},
			{"rpush l x", ":11"},
			{"sort l", notWeight},
			{"sort l limit 0 0", notWeight},
			{"sort l store d", notWeight},
			{"exists d", ":0"},
			{"rpush ties 1 1.0 +1 01", ":4"},
			{"sort ties", `*["+1" "01" "1" "1.0"]`},
			{"sort ties desc", `*["1.0" "1" "01" "+1"]`},
			{"rpush empty 1 \"\" -1", ":3"},
			{"sort empty", `*["-1" "" "1"]`},
			{"rpush nan nan", ":1"},
			{"sort nan", notWeight},
		},
		"texts": {
			{"rpush l b a 1 B 10 9", ":6"},
			{"sort l alpha", `*["1" "10" "9" "B" "a" "b"]`},
			{"sort l alpha desc limit 1 2", `*["a" "B"]`},
			{"sadd s b a c", ":3"},
			{"sort s alpha desc", `*["c" "b" "a"]`},
			{"zadd z 3 a 2 c 1 b", ":3"},
			{"sort z alpha", `*["a" "b" "c"]`},
		},
		"unsorted": {
			{"rpush l b a 1", ":3"},
			{"sort l by nosort", `*["b" "a" "1"]`},
			{"sort l by nosort desc", `*["1" "a" "b"]`},
			{"sort l by nosort desc limit 1 1", `*["a"]`},
			{"sort l by \"\" limit 1 5", `*["a" "1"]`},
			{"sort l by nosort by w_*", `*["b" "a" "1"]`},
			{"sort l by w_* by nosort", `*["b" "a" "1"]`},
			{"zadd z 3 a 2 c 1 b", ":3"},
			{"sort z by nosort", `*["b" "c" "a"]`},
			{"sort z by nosort desc", `*["a" "c" "b"]`},
			{"sort z by nosort desc limit 1 2", `*["c" "b"]`},
			{"sort z by nosort limit 0 1 store d", ":1"},
			{"lrange d 0 -1", `*["b"]`},
			{"sadd is 5 3 1", ":3"},
			{"sort is by nosort desc limit 0 2", `*["1" "3"]`},
			{"sadd s c a b 2 1", ":5"},
			{"sort s by nosort store d", ":5"},
			{"lrange d 0 -1", `*["1" "2" "a" "b" "c"]`},
			{"sort s by nosort desc limit 1 2 store d", ":2"},
			{"lrange d 0 -1", `*["b" "a"]`},
			{"sort s by nosort by w_* store d", ":5"},
			{"lrange d 0 -1", `*["1" "2" "a" "b" "c"]`},
		},
		"BY and GET": {
			{"rpush l a b 1", ":3"},
			{"mset w_a 3 w_b 2", "+OK"},
			{"sort l by w_*", `*["1" "b" "a"]`},
			{"sort l by w_* desc", `*["a" "b" "1"]`},
			{"sort l by w_* get w_* get # get nostar", `*[$null "1" $null "2" "b" $null "3" "a" $null]`},
			{"sort l by w_* get #", `*["1" "b" "a"]`},
			{"sort l by w_* limit 1 1 get w_*", `*["2"]`},
			{"hset h_a f 1 g x", ":2"},
			{"hset h_b f 9", ":1"},
			{"sort l by h_*->f", `*["1" "a" "b"]`},
			{"sort l by h_*->f get h_*->g get h_*->f", `*[$null $null "x" "1" $null "9"]`},
			{"sort l by nosort get w_*->f get h_* get h_*->nofield", "*[$null $null $null $null $null $null $null $null $null]"},
			{"set h_a-> arrow", "+OK"},
			{"sort l by nosort get h_*->", `*["arrow" $null $null]`},
			{"sort l by h_*->g", notWeight},
			{"sort l alpha by h_*->g limit 2 1", `*["a"]`},
			{"sort l alpha by w_*", `*["1" "b" "a"]`},
			{"sort l alpha by w_* desc", `*["a" "b" "1"]`},
			{"set w_1 \"\"", "+OK"},
			{"sort l by w_* limit 0 1", `*["1"]`},
			{"hset user:1->x v 5", ":1"},
			{"sort l by user:1->*", `*["1" "a" "b"]`},
			{"sort l by nosort get *->v", "*[$null $null $null]"},
			{"rpush many 1 2 3 4 5 6 7 8 9", ":9"},
			{"mset k1 x k2 x k3 y", "+OK"},
			{"sort many by k* alpha get #", `*["4" "5" "6" "7" "8" "9" "1" "2" "3"]`},
			{"sort many by k* alpha desc", `*["3" "1" "2" "4" "5" "6" "7" "8" "9"]`},
		},
		"STORE": {
			{"rpush l 3 1 2", ":3"},
			{"set d x ex 100", "+OK"},
			{"sort l store d", ":3"},
			{"type d", "+list"},
			{"ttl d", ":-1"},
			{"lrange d 0 -1", `*["1" "2" "3"]`},
			{"sort l desc store l", ":3"},
			{"lrange l 0 -1", `*["3" "2" "1"]`},
			{"set w_2 two", "+OK"},
			{"sort l get w_* get # store d", ":6"},
			{"lrange d 0 -1", `*["" "1" "two" "2" "" "3"]`},
			{"sort l limit 5 5 store d", ":0"},
			{"exists d", ":0"},
			{"sort l store a store b", ":3"},
			{"exists a b", ":1"},
			{"set d x", "+OK"},
			{"sort nokey store d", ":0"},
			{"exists d", ":0"},
		},
		"errors": {
			{"set s v", "+OK"},
			{"hset h f v", ":1"},
			{"sort s", wantWrongType},
			{"sort h", wantWrongType},
			{"sort h store s", wantWrongType},
			{"sort_ro s", wantWrongType},
			{"get s", `"v"`},
			{"rpush l 1", ":1"},
			{"sort l xx", wantSyntax},
			{"sort l limit", wantSyntax},
			{"sort l limit 0", wantSyntax},
			{"sort l limit a b", wantWrongInt},
			{"sort l limit 0 9223372036854775808", wantWrongInt},
			{"sort l limit 9223372036854775807 9223372036854775807", "*[]"},
			{"sort l by", wantSyntax},
			{"sort l get", wantSyntax},
			{"sort l store", wantSyntax},
			{"sort_ro l store d", wantSyntax},
			{"sort", "-ERR wrong number of arguments for 'sort' command"},
			{"sort_ro", "-ERR wrong number of arguments for 'sort_ro' command"},
		},
		"MULTI": {
			{"rpush l a b", ":2"},
			{"multi", "+OK"},
			{"mset w_a 2 w_b 1", "+QUEUED"},
			{"sort l by w_* get w_* get #", "+QUEUED"},
			{"sort l by w_* store d", "+QUEUED"},
			{"lrange d 0 -1", "+QUEUED"},
			{"exec", `*[+OK *["1" "b" "2" "a"] :2 *["b" "a"]]`},
			{"multi", "+OK"},
			{"sort l alpha desc store e", "+QUEUED"},
			{"sort_ro e alpha", "+QUEUED"},
			{"exec", `*[:2 *["a" "b"]]`},
		},
	})
}

func TestSortKeys(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"GETKEYS": {
			{"command getkeys sort k by w_* get # store d", `*["k" "d"]`},
			{"command getkeys sort k store d store e limit 0 1", `*["k" "e"]`},
			{"command getkeys sort k get store d", `*["k"]`},
			{"command getkeys sort k by store d", `*["k"]`},
			{"command getkeys sort k limit store d", `*["k"]`},
			{"command getkeys sort k store", `*["k"]`},
			{"command getkeys sort_ro k store d", `*["k"]`},
			{"command getkeysandflags sort k store d", `*[*["k" *[+RO +access]] *["d" *[+OW +update]]]`},
		},
	})
}

// TestSortTarget: no key is written that access rules, or a transaction, do not know of.
func TestSortTarget(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	for _, r := range []row{
		{"command getkeys sort k store by store d", `*["k" "d"]`},
		{"command getkeys sort k store limit store d", `*["k" "d"]`},
		{"rpush k 2 1", ":2"},
		{"multi", "+OK"},
		{"sort k store by store d", "+QUEUED"},
		{"exec", "*[:2]"},
		{"lrange d 0 -1", `*["1" "2"]`},
	} {
		if got := do(t, c, r.args()...).String(); got != r.want {
			t.Errorf("%s: got %s, want %s", r.command, got, r.want)
		}
	}
}

// TestSortAccess: who may not read every key may not have keys read whose names nobody knows beforehand.
func TestSortAccess(t *testing.T) {
	t.Parallel()
	const (
		noBy  = "-ERR BY option of SORT denied due to insufficient ACL permissions."
		noGet = "-ERR GET option of SORT denied due to insufficient ACL permissions."
		noKey = "-NOPERM this user has no permissions to access one of the keys used as arguments"
	)
	rules := []string{"~l ~d +@all", "%R~* %W~d +@all", "~l +@all (%R~* +sort)", "~l +@all (%R~* +get)", "%W~* %R~l* +@all",
		"~l +@all (%R~* +sort_ro)", "%W~d ~l +@all", "allkeys +sort"}
	calls := []string{"sort l", "sort l by nosort", "sort l by w_*", "sort l get #", "sort l get x", "sort l store d get #",
		"sort_ro l get #", "sort l by w_* xx", "sort l xx by w_*", "sort l limit a b by w_*", "sort l store e", "sort l store d"}
	table := []row{{"rpush l 2 1", ":2"}}
	var script []difftest.Command
	add := func(command string) { script = append(script, difftest.Cmd(row{command: command}.args()...)) }
	add(table[0].command)
	for _, rule := range rules {
		add("auth default x")
		if at := strings.IndexByte(rule, '('); at >= 0 {
			script = append(script, difftest.Cmd(append(row{command: "acl setuser u reset on nopass " + rule[:at]}.args(), rule[at:])...))
		} else {
			add("acl setuser u reset on nopass " + rule)
		}
		add("auth u x")
		for _, call := range calls {
			add(call)
		}
		for _, queued := range []string{"multi", "sort l by w_*", "sort l store d", "exec"} {
			add(queued)
		}
	}
	add("auth default x")
	t.Run("redis", func(t *testing.T) { startDiff(t).Open(t, 2).Check(t, script...) })

	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	for _, r := range append(table, []row{
		{"acl setuser u on nopass ~l ~d +@all", "+OK"},
		{"auth u x", "+OK"},
		{"sort l by nosort", `*["2" "1"]`},
		{"sort l by w_*", noBy},
		{"sort l get #", noGet},
		{"sort_ro l get x store", noGet},
		{"sort l xx get x", wantSyntax},
		{"sort l store e", noKey},
		{"sort l store d", ":2"},
		{"auth default x", "+OK"},
		{"acl setuser u %R~*", "+OK"},
		{"auth u x", "+OK"},
		{"sort l by w_* get #", `*["1" "2"]`},
	}...) {
		if got := do(t, c, r.args()...).String(); got != r.want {
			t.Errorf("%s: got %s, want %s", r.command, got, r.want)
		}
	}
}

// TestLongSort: a sort that takes long is offloaded, for the client's user and to the same end.
func TestLongSort(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	const n = 6000
	push := []string{"rpush", "l"}
	for i := range n {
		push = append(push, strconv.Itoa(i*7919%n))
	}
	do(t, c, push...)
	for _, r := range []row{
		{"sort l limit 3000 2", `*["3000" "3001"]`},
		{"sort l desc store d", ":6000"},
		{"lindex d 0", `"5999"`},
		{"set w5 -1", "+OK"},
		{"sort l by w* limit 0 1 get #", `*["5"]`},
		{"acl setuser u on nopass ~l ~d +@all", "+OK"},
		{"auth u x", "+OK"},
		{"sort l limit 3000 2", `*["3000" "3001"]`},
		{"sort l by w* limit 0 1", "-ERR BY option of SORT denied due to insufficient ACL permissions."},
	} {
		if got := do(t, c, r.args()...).String(); got != r.want {
			t.Errorf("%s: got %s, want %s", r.command, got, r.want)
		}
	}
}
