package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larderkv/larder/resp/difftest"
)

const wantNotHLL = "-WRONGTYPE Key is not a valid HyperLogLog string value."

func TestHyperLogLogCommands(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"PFADD PFCOUNT": {
			{"pfadd h", ":1"},
			{"pfadd h", ":0"},
			{"get h", `"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"`},
			{"object encoding h", `"raw"`},
			{"pfcount h", ":0"},
			{"get h", `"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"`},
			{"pfadd h a b c", ":1"},
			{"pfadd h a b c", ":0"},
			{"pfadd h c d", ":1"},
			{"pfcount h", ":4"},
			{"getrange h 8 15", `"\x04\x00\x00\x00\x00\x00\x00\x00"`},
			{"pfadd h d", ":0"},
			{"getrange h 8 15", `"\x04\x00\x00\x00\x00\x00\x00\x00"`},
			{"pfadd h e", ":1"},
			{"getrange h 8 15", `"\x04\x00\x00\x00\x00\x00\x00\x80"`},
			{`pfadd h ""`, ":1"},
			{"pfadd g e f g", ":1"},
			{"pfcount h g nokey", ":8"},
			{"pfcount nokey", ":0"},
			{"pfcount nokey nokey2", ":0"},
			{"expire h 1000", ":1"},
			{"pfadd h z", ":1"},
			{"ttl h", ":1000"},
			{"copy h i", ":1"},
			{"pfcount i", ":7"},
			{"exists nokey", ":0"},
			{"pfadd", "-ERR wrong number of arguments for 'pfadd' command"},
			{"pfcount", "-ERR wrong number of arguments for 'pfcount' command"},
		},
		"PFMERGE": {
			{"pfadd a 1 2 3", ":1"},
			{"pfadd b 3 4 5", ":1"},
			{"pfmerge c a b nokey", "+OK"},
			{"pfcount c", ":5"},
			{"pfmerge a b", "+OK"},
			{"pfcount a", ":5"},
			{"pfmerge d", "+OK"},
			{"pfcount d", ":0"},
			{"object encoding d", `"raw"`},
			{"pfmerge e nokey", "+OK"},
			{"strlen e", ":18"},
			{"expire a 1000", ":1"},
			{"pfmerge a c", "+OK"},
			{"ttl a", ":1000"},
			{"pfmerge", "-ERR wrong number of arguments for 'pfmerge' command"},
		},
		"other strings": {
			{"mset s foo n 12 short HYLL", "+OK"},
			{"pfadd s a", wantNotHLL},
			{"pfadd s", wantNotHLL},
			{"pfadd n a", wantNotHLL},
			{"pfcount s", wantNotHLL},
			{"pfcount nokey n", wantNotHLL},
			{"pfcount short", wantNotHLL},
			{"pfmerge s nokey", wantNotHLL},
			{"pfmerge nokey s", wantNotHLL},
			{"exists nokey", ":0"},
			{"pfdebug encoding s", wantNotHLL},
			{"pfdebug foo s", wantNotHLL},
			{"get s", `"foo"`},
			{"zadd z 1 a", ":1"},
			{"pfadd z a", wantWrongType},
			{"pfcount z", wantWrongType},
			{"pfcount nokey z", wantWrongType},
			{"pfmerge z nokey", wantWrongType},
			{"pfmerge nokey z", wantWrongType},
			{"pfdebug encoding z", wantWrongType},
			{"pfdebug foo z", wantWrongType},
			{"type z", "+zset"},
		},
		"PFDEBUG": {
			{"pfadd h a b c", ":1"},
			{"pfdebug encoding h", "+sparse"},
			{"pfdebug Decode h", `"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"`},
			{"pfdebug foo h", "-ERR Unknown PFDEBUG subcommand 'foo'"},
			{"pfdebug encoding nokey", "-ERR The specified key does not exist"},
			{"pfdebug getreg nokey", "-ERR The specified key does not exist"},
			{"pfdebug foo nokey", "-ERR The specified key does not exist"},
			{"pfdebug encoding", "-ERR wrong number of arguments for 'pfdebug' command"},
			{"pfselftest", "+OK"},
		},
	})
}

// TestHyperLogLogDamage gives both servers strings that barely are HyperLogLogs, or barely not.
func TestHyperLogLogDamage(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	const head, zero8 = "HYLL\x01\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x80"
	dense := "HYLL\x00\x00\x00\x00" + zero8
	values := []string{
		head + zero8, head + zero8[:7], head + zero8 + "\x7f\xfe", head + zero8 + "\x7f\xff\x00",
		head + zero8 + "\x7f\xff\x7f\xff", head + zero8 + "\x80", head + zero8 + strings.Repeat("\x3f", 255),
		head + zero8 + strings.Repeat("\x3f", 256), head + zero8 + strings.Repeat("\x3f", 257),
		head + zero8 + strings.Repeat("\xff", 4096), "HYLL\x02" + head[5:] + zero8 + "\x7f\xff", "hyll" + head[4:] + zero8 + "\x7f\xff",
		"HYLL\x01abc" + zero8 + "\x7f\xff", head + "\x07\x00\x00\x00\x00\x00\x00\x00\x7f\xff",
		dense, dense + strings.Repeat("\x00", 12287), dense + strings.Repeat("\x00", 12288), dense + strings.Repeat("\x00", 12289),
		dense + strings.Repeat("\xff", 12288), dense + strings.Repeat("\x41\x10\x04", 4096), dense + strings.Repeat("\xb2\x2c\xcb", 4096),
	}
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		for _, v := range values {
			set := difftest.Cmd("set", "h", v)
			get, count := difftest.Cmd("get", "h"), difftest.Cmd("pfcount", "h")
			p.Check(t, set, count, get, difftest.Cmd("object", "encoding", "h"), count)
			p.Check(t, set, difftest.Cmd("pfadd", "h", "a"), get, count, difftest.Cmd("pfadd", "h", "b"), get)
			p.Check(t, set, difftest.Cmd("pfcount", "h", "none"), get)
			p.Check(t, set, difftest.Cmd("pfmerge", "h"), get, count)
			p.Check(t, set, difftest.Cmd("pfadd", "other", "b"), difftest.Cmd("pfmerge", "h", "other"), get, count)
			p.Check(t, set, difftest.Cmd("pfadd", "other", "b"), difftest.Cmd("pfmerge", "other", "h"), difftest.Cmd("get", "other"))
			p.Check(t, set, difftest.Cmd("pfdebug", "encoding", "h"))
			p.Check(t, set, difftest.Cmd("pfdebug", "getreg", "h"))
		}
	}
}

// TestHyperLogLogGrowth compares the strings from the first element to the dense form.
func TestHyperLogLogGrowth(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 2)
	var script []difftest.Command
	for i := range 2500 {
		script = append(script, difftest.Cmd("pfadd", "h", fmt.Sprint("element:", i)))
		if i%50 == 0 {
			script = append(script, difftest.Cmd("get", "h"), difftest.Cmd("pfcount", "h"), difftest.Cmd("get", "h"),
				difftest.Cmd("pfmerge", "other", "h"), difftest.Cmd("get", "other"), difftest.Cmd("pfcount", "h", "other"))
		}
	}
	p.Check(t, script...)
}
