package difftest

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/internal/redistest"
	"github.com/larderkv/larder/resp"
)

// larderServer returns an endpoint of a server over an empty cache.
func larderServer(t *testing.T) Endpoint {
	t.Helper()
	cache, err := larder.Open(larder.Options{Policy: larder.NoEviction})
	if err != nil {
		t.Fatal(err)
	}
	srv := &resp.Server{Cache: cache}
	t.Cleanup(func() {
		srv.Close()
		cache.Close()
	})
	return Endpoint{Dial: func() (net.Conn, error) { return srv.Dial(), nil }}
}

// fault is what goes wrong between a client and a server: commands that are altered on their way, and replies. The
// arguments are the client's.
type fault struct {
	command func(args []string) []string
	reply   func(args []string, v Value) Value
}

// faulty returns an endpoint that passes everything on to another, but for a fault.
func faulty(back Endpoint, f func() fault) Endpoint {
	return Endpoint{Dial: func() (net.Conn, error) {
		server, err := back.Dial()
		if err != nil {
			return nil, err
		}
		ours, theirs := net.Pipe()
		go relay(theirs, NewConn(server), f())
		return ours, nil
	}}
}

func relay(client net.Conn, server *Conn, f fault) {
	defer client.Close()
	defer server.Close()
	in := bufio.NewReader(client)
	for {
		command, err := readValue(in)
		if err != nil {
			return
		}
		args := make([]string, len(command.Elems))
		for i, e := range command.Elems {
			args[i] = e.Text
		}
		sent := args
		if f.command != nil {
			sent = f.command(args)
		}
		reply, err := server.Do(sent...)
		if err != nil {
			return
		}
		if f.reply != nil {
			reply = f.reply(args, reply)
		}
		if _, err := client.Write(encode(nil, reply)); err != nil {
			return
		}
	}
}

// is reports whether a command has this name, and a number of arguments that it takes.
func is(args []string, name string, least int) bool {
	return strings.EqualFold(args[0], name) && len(args) >= least
}

// TestFaultsAreFoundAndShrunk plants faults behind one of two servers of the same program, and expects to be left with
// no more commands than it takes to see them.
func TestFaultsAreFoundAndShrunk(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		group []Group
		fault func() fault
		want  []string // the names of the commands that remain
		words int      // how many words they have at most
	}{
		{"a length once a key was renamed", []Group{Strings(), Keyspace()}, func() fault {
			renamed := false
			return fault{reply: func(args []string, v Value) Value {
				switch {
				case is(args, "flushall", 1):
					renamed = false
				case is(args, "rename", 1):
					renamed = true
				case is(args, "strlen", 1) && renamed:
					return Value{Kind: Integer, Text: "4711"}
				}
				return v
			}}
		}, []string{"rename", "strlen"}, 3},
		{"a time to live that SET should remove", []Group{Strings(), Keyspace()}, func() fault {
			return fault{command: func(args []string) []string {
				if is(args, "set", 3) && len(args) == 3 {
					return append(args, "keepttl")
				}
				return args
			}}
		}, []string{"", "set", ""}, 10},
		{"DEL deletes the first key only", []Group{Strings(), Keyspace()}, func() fault {
			return fault{command: func(args []string) []string {
				if is(args, "del", 3) {
					return args[:2]
				}
				return args
			}}
		}, []string{"", "del"}, 6},
		{"LINSERT BEFORE inserts behind", []Group{Lists()}, func() fault {
			return fault{command: func(args []string) []string {
				if is(args, "linsert", 5) && strings.EqualFold(args[2], "before") {
					return append([]string{args[0], args[1], "after"}, args[3:]...)
				}
				return args
			}}
		}, []string{"", "linsert", ""}, 12},
		{"a rank one too high", []Group{SortedSets()}, func() fault {
			return fault{reply: func(args []string, v Value) Value {
				if n, ok := v.Int(); ok && is(args, "zrevrank", 2) {
					v.Text = strconv.FormatInt(n+1, 10)
				}
				return v
			}}
		}, []string{"", "zrevrank"}, 7},
		{"a union without the second set", []Group{Sets()}, func() fault {
			return fault{command: func(args []string) []string {
				if is(args, "sunionstore", 4) {
					return append(append([]string{}, args[:3]...), args[4:]...)
				}
				return args
			}}
		}, []string{"", "sunionstore"}, 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := larderServer(t)
			d, err := Find(larderServer(t), faulty(server, tt.fault), Options{Groups: tt.group})
			if err != nil {
				t.Fatal(err)
			}
			if d == nil {
				t.Fatal("no script differed")
			}
			t.Logf("seed %d\n%v", d.Seed, d)
			if len(d.Script) != len(tt.want) || words(d.Script) > tt.words {
				t.Fatalf("%d commands of %d words, want %d of at most %d", len(d.Script), words(d.Script), len(tt.want), tt.words)
			}
			for i, name := range tt.want {
				if name != "" && !is(d.Script[i].Args, name, 1) {
					t.Errorf("command %d is %v, want %s", i, d.Script[i], name)
				}
			}
		})
	}
}

// TestLoose has a difference that the caller knows of, and one that is behind it.
func TestLoose(t *testing.T) {
	t.Parallel()
	known := func() fault {
		return fault{reply: func(args []string, v Value) Value {
			switch {
			case is(args, "object", 2) && v.Kind == Bulk, is(args, "getrange", 1) && v.Kind == Bulk:
				v.Text = "other"
			}
			return v
		}}
	}
	o := Options{Groups: []Group{Strings()}, Protocols: []int{2}, Scripts: 50}
	for _, tt := range []struct {
		loose map[string]Mode
		found string
	}{
		{nil, "object encoding"},
		{map[string]Mode{"object encoding": SameKind}, "getrange"},
		{map[string]Mode{"object": Ignore, "getrange": Ignore}, ""},
	} {
		o.Loose = tt.loose
		d, err := Find(larderServer(t), faulty(larderServer(t), known), o)
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		if d != nil {
			found = strings.ToLower(d.Script[len(d.Script)-1].String())
		}
		if tt.found == "" && found != "" || !strings.HasPrefix(found, tt.found) {
			t.Errorf("loose %v: found %q, want %q", tt.loose, found, tt.found)
		}
	}
}

// TestKeysAreNotLost refuses to empty a server that somebody uses.
func TestKeysAreNotLost(t *testing.T) {
	t.Parallel()
	empty, used := larderServer(t), larderServer(t)
	c, err := used.connect(2)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	set := func() {
		if v, err := c.Do("SET", "precious", "1"); err != nil || v.Text != "OK" {
			t.Fatal(v, err)
		}
	}
	set()
	o := Options{Scripts: 1, Length: 1}
	for _, pair := range [][2]Endpoint{{empty, used}, {used, empty}} {
		if _, err := Find(pair[0], pair[1], o); err == nil || !strings.Contains(err.Error(), "Options.Flush") {
			t.Errorf("error %v", err)
		}
	}
	if v, err := c.Do("GET", "precious"); err != nil || v.Text != "1" {
		t.Fatalf("the key is %v, error %v", v, err)
	}
	o.Flush = true
	if d, err := Find(empty, used, o); d != nil || err != nil {
		t.Errorf("difference %v, error %v", d, err)
	}
	if v, err := c.Do("DBSIZE"); err != nil || v.Text != "0" {
		t.Errorf("%v keys are left, error %v", v, err)
	}
}

// TestPassword connects to a server that wants one, through a socket.
func TestPassword(t *testing.T) {
	t.Parallel()
	cache, err := larder.Open(larder.Options{Policy: larder.NoEviction})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &resp.Server{Cache: cache, Password: "secret"}
	go srv.Serve(ln)
	defer srv.Close()
	server := At(ln.Addr().String())
	for _, tt := range []struct {
		username, password, fails string
	}{
		{"", "secret", ""}, {"default", "secret", ""}, {"default", "wrong", "WRONGPASS"}, {"", "", "NOAUTH"},
	} {
		server.Username, server.Password = tt.username, tt.password
		_, err := Find(server, larderServer(t), Options{Scripts: 1})
		if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
			t.Errorf("%+v: error %v", tt, err)
		}
	}
}

// TestRedisAgainstItself runs random scripts on two servers of the same program: what differs there is the harness's
// own fault.
func TestRedisAgainstItself(t *testing.T) {
	t.Parallel()
	Compare(t, At(redistest.Start(t).Socket()), At(redistest.Start(t).Socket()), Options{Scripts: 50})
}

// TestReproduction pastes a reproduction into redis-cli and expects the reply that it shows.
func TestReproduction(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		if os.Getenv("LARDER_TEST_REQUIRE") == "1" {
			t.Fatal(err)
		}
		t.Skip("redis-cli is not installed")
	}
	for _, protocol := range []int{2, 3} {
		p := Open(t, At(server.Socket()), larderServer(t), protocol)
		d, err := p.Run([]Command{
			Cmd("set", "a b\"'\\\r\n\x00\xff", ""), Cmd("append", "a b\"'\\\r\n\x00\xff", "# comment"),
			Cmd("getrange", "a b\"'\\\r\n\x00\xff", "2", "-1").By(func(Value, Value) bool { return false }),
		})
		if err != nil || d == nil {
			t.Fatal(d, err)
		}
		cmd := exec.Command(cli, "-s", server.Socket())
		cmd.Stdin = strings.NewReader(d.Reproduction())
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if got := lines[len(lines)-1]; got != d.Reference.Text || got != "comment" {
			t.Errorf("RESP%d: redis-cli printed %q, want %q", protocol, got, d.Reference.Text)
		}
	}
}

// TestNewGen expects a seed to be enough to have a script again.
func TestNewGen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // in which it stays the same second
		write := Script(60, Data()...)
		texts := make([]string, 2)
		for i := range texts {
			for _, c := range write(NewGen(7)) {
				texts[i] += c.String() + "\n"
			}
		}
		if texts[0] != texts[1] {
			t.Error("two scripts of one seed differ")
		}
	})
}
