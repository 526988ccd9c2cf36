package difftest

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/internal/redistest"
)

// TestRedisAgainstItself runs random scripts on two servers of the same program: what differs there is the harness's
// own fault.
func TestRedisAgainstItself(t *testing.T) {
	t.Parallel()
	twin := redistest.Start(t)
	h := Start(t, func() (net.Conn, error) { return net.Dial("unix", twin.Socket()) })
	for _, protocol := range []int{2, 3} {
		h.Open(t, protocol).Search(t, Script(60, Strings(), Keyspace()), uint64(protocol)<<32, time.Now().Add(time.Second))
	}
}

// TestShrink has a server that answers STRLEN wrongly once a key was renamed, and expects to be left with the two
// commands that it takes to see it.
func TestShrink(t *testing.T) {
	t.Parallel()
	twin := redistest.Start(t)
	h := Start(t, func() (net.Conn, error) {
		back, err := net.Dial("unix", twin.Socket())
		if err != nil {
			return nil, err
		}
		ours, theirs := net.Pipe()
		go relay(theirs, back)
		return ours, nil
	})
	p := h.Open(t, 2)
	generate := Script(100, Strings(), Keyspace(), []Weighted{
		{1, func(g *Gen) Command { return Cmd("rename", g.Key(), g.Key()) }},
	})
	for seed := uint64(0); seed < 100; seed++ {
		d, err := p.Run(generate(NewGen(seed)))
		if err != nil {
			t.Fatal(err)
		}
		if d == nil {
			continue
		}
		small := p.Shrink(d)
		if len(small.Script) != 2 || small.Redis.Text == small.Larder.Text {
			t.Fatalf("shrunk to\n%v", small)
		}
		report := small.String()
		for _, want := range []string{"rename", "> strlen", "larder: :4711"} {
			if !strings.Contains(strings.ToLower(report), want) {
				t.Errorf("report lacks %q:\n%s", want, report)
			}
		}
		return
	}
	t.Fatal("no script differed")
}

// relay passes commands on to a Redis server and its replies back, but for the fault that TestShrink looks for.
func relay(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	in, out := bufio.NewReader(client), NewConn(server)
	renamed := false
	for {
		command, err := readValue(in)
		if err != nil {
			return
		}
		args := make([]string, len(command.Elems))
		for i, e := range command.Elems {
			args[i] = e.Text
		}
		reply, err := out.Do(args...)
		if err != nil {
			return
		}
		switch name := strings.ToLower(args[0]); {
		case name == "flushall":
			renamed = false
		case strings.HasPrefix(name, "rename"):
			renamed = true
		case name == "strlen" && renamed:
			reply = Value{Kind: Integer, Text: "4711"}
		}
		if _, err := client.Write(encode(nil, reply)); err != nil {
			return
		}
	}
}

// encode is the inverse of readValue.
func encode(dst []byte, v Value) []byte {
	switch {
	case v.Absent:
		return append(dst, string(v.Kind)+"-1\r\n"...)
	case v.Kind == Bulk || v.Kind == Verbatim:
		return append(dst, string(v.Kind)+strconv.Itoa(len(v.Text))+"\r\n"+v.Text+"\r\n"...)
	case !v.Kind.aggregate():
		return append(dst, string(v.Kind)+v.Text+"\r\n"...)
	}
	n := len(v.Elems)
	if v.Kind == Map {
		n /= 2
	}
	dst = append(dst, string(v.Kind)+strconv.Itoa(n)+"\r\n"...)
	for _, e := range v.Elems {
		dst = encode(dst, e)
	}
	return dst
}

func TestReadValue(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{
		"+OK\r\n", "-ERR x\r\n", ":-5\r\n", "$0\r\n\r\n", "$4\r\na\r\nb\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "_\r\n",
		"#t\r\n", ",1.5\r\n", "(12345678901234567890\r\n", "=5\r\ntxt:a\r\n", "*2\r\n:1\r\n*1\r\n$1\r\na\r\n",
		"%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n_\r\n", ">2\r\n+a\r\n+b\r\n",
	} {
		v, err := readValue(bufio.NewReader(strings.NewReader(wire)))
		if err != nil {
			t.Errorf("%q: %v", wire, err)
			continue
		}
		if got := string(encode(nil, v)); got != wire {
			t.Errorf("%q decoded to %v, which is %q", wire, v, got)
		}
	}
	for _, wire := range []string{"", "+OK", "+OK\n", "?x\r\n", "$x\r\n", "$-2\r\n", "$3\r\nab\r\n", "$2\r\nabc\r\n", "*2\r\n:1\r\n"} {
		if v, err := readValue(bufio.NewReader(strings.NewReader(wire))); err == nil {
			t.Errorf("%q decoded to %v", wire, v)
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	read := func(wire string) Value {
		v, err := readValue(bufio.NewReader(strings.NewReader(strings.ReplaceAll(wire, " ", "\r\n") + "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		name          string
		mode          Mode
		redis, larder string
		want          bool
	}{
		{"equal", Exact, "*2 :1 $1 a", "*2 :1 $1 a", true},
		{"element", Exact, "*2 :1 $1 a", "*2 :1 $1 b", false},
		{"kind", Exact, "+a", "$1 a", false},
		{"null", Exact, "$-1", "*-1", false},
		{"null protocol", Exact, "$-1", "_", false},
		{"order", Exact, "*2 :1 :2", "*2 :2 :1", false},
		{"free order", Unordered, "*2 :1 *2 :3 :4", "*2 *2 :4 :3 :1", true},
		{"free order, count", Unordered, "*2 :1 :1", "*1 :1", false},
		{"map order", Unordered, "%2 +a :1 +b :2", "%2 +b :2 +a :1", true},
		{"map pairs", Unordered, "%2 +a :1 +b :2", "%2 +a :2 +b :1", false},
		{"set order", Semantic, "*2 ~2 :1 :2 :3", "*2 ~2 :2 :1 :3", true},
		{"array order", Semantic, "*2 ~2 :1 :2 :3", "*2 :3 ~2 :1 :2", false},
		{"flat map order", UnorderedPairs, "*4 +a :1 +b :2", "*4 +b :2 +a :1", true},
		{"flat map pairs", UnorderedPairs, "*4 +a :1 +b :2", "*4 +a :2 +b :1", false},
		{"near", Near(5), ":100", ":105", true},
		{"not near", Near(5), ":100", ":106", false},
		{"near, negative", Near(5), ":-1", ":-2", false},
		{"near, error", Near(5), "-A", "-B", false},
		{"float", Float(1e-9), ",1.5", ",1.5000000001", true},
		{"not float", Float(1e-9), ",1.5", ",1.6", false},
		{"float, kind", Float(1e-9), ",1.5", "$3 1.5", false},
		{"kinds", SameKind, "$1 a", "$1 b", true},
		{"kinds, null", SameKind, "$1 a", "$-1", false},
		{"kinds, errors", SameKind, "-A", "-B", false},
		{"ignored", Ignore, ":1", "-ERR", true},
	}
	for _, tt := range tests {
		if got := tt.mode(read(tt.redis), read(tt.larder)); got != tt.want {
			t.Errorf("%s: %s and %s: %v", tt.name, tt.redis, tt.larder, got)
		}
	}
}

func TestCommandString(t *testing.T) {
	t.Parallel()
	if got, want := Cmd("SET", "a b", "", "\x00\xff\"", "x").String(), `SET "a b" "" "\x00\xff\"" x`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
