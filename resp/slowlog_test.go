package resp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp/difftest"
)

// loggedArgs returns the arguments in a reply to SLOWLOG GET.
func loggedArgs(v difftest.Value) string {
	var out strings.Builder
	for _, entry := range v.Elems {
		fmt.Fprintln(&out, entry.Elems[3])
	}
	return out.String()
}

// TestDiffSlowlog compares what is kept of commands, secrets among them, with a real server.
func TestDiffSlowlog(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		numbers := func(n int) string { return strings.TrimSpace(strings.Repeat("1 ", n)) }
		script := []string{
			"auth a", "auth a b", "hello 3 auth u p setname x", "hello 3 setname x auth u p", "hello 3 setname auth setname x auth u p", "hello 2 auth u",
			"hello 2", "acl setuser bob on >pw", "acl getuser bob", "acl deluser bob", "acl dryrun default get x", "acl whoami",
			"config set maxmemory x requirepass pw", "config set REQUIREPASS pw maxmemory x", "config set maxmemory 0", "config get requirepass",
			"get", "nosuch", "get a", "mget " + numbers(31), "mget " + numbers(32), "mget " + numbers(100),
			"set k " + strings.Repeat("x", 128), "set k " + strings.Repeat("x", 129), "set " + strings.Repeat("k", 1000) + " v",
			"multi", "set k v", "incr k", "exec", "client setname bob", "lpush k v", "client reply skip",
		}
		for _, c := range []*difftest.Conn{p.Reference, p.Subject} {
			do(t, c, "config", "set", "slowlog-max-len", "1000", "slowlog-log-slower-than", "0")
			do(t, c, "slowlog", "reset")
			for _, line := range script {
				if strings.HasSuffix(line, "skip") {
					if err := c.Send(strings.Fields(line)...); err != nil {
						t.Fatal(err)
					}
					continue
				}
				do(t, c, strings.Fields(line)...)
			}
			if err := c.Send("echo", "skipped"); err != nil {
				t.Fatal(err)
			}
			do(t, c, "config", "set", "slowlog-log-slower-than", "-1")
		}
		redis, larder := do(t, p.Reference, "slowlog", "get", "-1"), do(t, p.Subject, "slowlog", "get", "-1")
		if r, l := loggedArgs(redis), loggedArgs(larder); r != l {
			t.Errorf("RESP%d\nredis:\n%s\nlarder:\n%s", protocol, r, l)
		}
		for _, name := range []string{"bob", ""} {
			r, l := redis.Elems[0].Elems[5].Text, larder.Elems[0].Elems[5].Text
			if r != l {
				t.Errorf("the client's name is %q, not %q (%s)", l, r, name)
			}
		}
		p.Check(t,
			difftest.Cmd("slowlog", "len"),
			difftest.Cmd("slowlog", "get", "0"),
			difftest.Cmd("slowlog", "get", "-2"),
			difftest.Cmd("slowlog", "get", "x"),
			difftest.Cmd("slowlog", "get", "1", "2"),
			difftest.Cmd("slowlog", "len", "x"),
			difftest.Cmd("slowlog", "nosuch"),
			difftest.Cmd("slowlog"),
			difftest.Cmd("slowlog", "help").By(difftest.SameKind),
			difftest.Cmd("slowlog", "reset"),
			difftest.Cmd("slowlog", "len"),
			difftest.Cmd("slowlog", "get"),
			difftest.Cmd("config", "set", "slowlog-max-len", "-1"),
			difftest.Cmd("config", "set", "slowlog-log-slower-than", "-2"),
		)
	}
}

// TestHelloSecrets: names and passwords are hidden wherever AUTH stands, and nothing else is.
func TestHelloSecrets(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"hello":                                "",
		"hello 3":                              "",
		"hello 3 auth u p":                     "34",
		"hello 3 AUTH auth auth setname x":     "34",
		"hello 3 setname auth auth u p":        "56",
		"hello 3 auth u":                       "",
		"hello 3 auth u p auth v q":            "3467",
		"hello 3 setname x setname y auth u p": "78",
	} {
		args := bytes.Fields([]byte(line))
		got := ""
		for i := range args {
			if secretOfHello(args, i) {
				got += fmt.Sprint(i)
			}
		}
		if got != want {
			t.Errorf("%s: hidden are %q, want %q", line, got, want)
		}
	}
}

func TestSlowlogKeepsTheLast(t *testing.T) {
	t.Parallel()
	l := slowlog{max: 3}
	for i := range 10 {
		l.add(SlowlogEntry{Args: []string{fmt.Sprint(i)}})
	}
	ids := func(n int64) (ids string) {
		for _, e := range l.last(n) {
			ids += fmt.Sprint(e.ID, e.Args, " ")
		}
		return ids
	}
	if got := ids(-1); got != "9 [9] 8 [8] 7 [7] " || l.len() != 3 || ids(2) != "9 [9] 8 [8] " || ids(100) != got {
		t.Errorf("got %s", got)
	}
	l.setLimit(1)
	if l.len() != 3 {
		t.Error("a new limit takes effect at once")
	}
	if l.add(SlowlogEntry{}); l.len() != 1 {
		t.Errorf("%d entries beyond the limit", l.len())
	}
	l.setLimit(0)
	if l.add(SlowlogEntry{}); l.len() != 0 {
		t.Errorf("%d entries though none are wanted", l.len())
	}
	l.setLimit(1)
	if l.add(SlowlogEntry{}); ids(-1) != "12 [] " {
		t.Errorf("got %s", ids(-1))
	}
	l.reset()
	if l.add(SlowlogEntry{}); ids(-1) != "13 [] " {
		t.Errorf("numbers begin anew: %s", ids(-1))
	}
}

// sleepyPing makes PING take as many milliseconds as its argument says.
func sleepyPing(t *testing.T) {
	stub(t, func(c *client, args [][]byte) {
		n, _ := parseInt(args[len(args)-1])
		time.Sleep(time.Duration(n) * time.Millisecond)
		c.writeOK()
	})
}

// inBubble runs fn with a server on the fake time of a bubble, in which what does not sleep takes no time.
func inBubble(t *testing.T, fn func(t *testing.T, srv *Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{NoMaintenance: true})
		if err != nil {
			t.Fatal(err)
		}
		srv := &Server{Cache: cache, EnableDebug: true}
		srv.init()
		defer cache.Close()
		defer srv.Close()
		fn(t, srv)
	})
}

// entries returns the slow log as durations and arguments, the first entry first, and empties it.
func entries(srv *Server) (list []string) {
	all := srv.Slowlog(-1)
	for i := len(all) - 1; i >= 0; i-- {
		list = append(list, fmt.Sprintf("%v %s", all[i].Duration, strings.Join(all[i].Args, " ")))
	}
	srv.ResetSlowlog()
	return list
}

func expectEntries(t *testing.T, srv *Server, want ...string) {
	t.Helper()
	if got := entries(srv); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSlowBatches(t *testing.T) {
	sleepyPing(t)
	inBubble(t, func(t *testing.T, srv *Server) {
		b := newBench(srv)
		send := func(lines ...string) {
			t.Helper()
			var in strings.Builder
			for _, line := range lines {
				args := strings.Fields(line)
				fmt.Fprintf(&in, "*%d\r\n", len(args))
				for _, arg := range args {
					fmt.Fprintf(&in, "$%d\r\n%s\r\n", len(arg), arg)
				}
			}
			b.feed(t, []byte(in.String()))
		}
		send("PING 9")
		send("PING 10")
		expectEntries(t, srv, "10ms PING 10")
		send("PING 4", "ECHO a", "PING 5")
		expectEntries(t, srv)
		send("GET a", "SET a b", "PING 20")
		expectEntries(t, srv, "20ms SET a b ... (2 more commands of a pipeline)")
		send("PING 6", "PING 11", "PING 6") // which are timed one by one now
		expectEntries(t, srv, "11ms PING 11")
		for range closeLook {
			send("PING 0")
		}
		send("PING 6", "PING 11", "PING 6")
		expectEntries(t, srv, "23ms PING 6 ... (2 more commands of a pipeline)")
		for range 2 * closeLook { // a batch that is slow though no command is keeps the eye on the client
			send("PING 6", "PING 6")
		}
		expectEntries(t, srv)
		for range closeLook {
			send("PING 0")
		}
		send("nosuch", "PING 1", "PING 12")
		expectEntries(t, srv, "13ms PING 1 ... (2 more commands of a pipeline)")
		for range closeLook {
			send("PING 0")
		}
		send("MULTI", "PING 3", "PING 15", "EXEC")
		expectEntries(t, srv, "15ms PING 15")
		send("MULTI", "PING 3", "PING 15")
		send("EXEC")
		expectEntries(t, srv, "15ms PING 15")
		if err := srv.SetConfig(Setting{"slowlog-log-slower-than", "-1"}); err != nil {
			t.Fatal(err)
		}
		send("PING 100")
		expectEntries(t, srv)
		if srv.watching() != watchNothing {
			t.Error("time is watched though nobody wants to know it")
		}
	})
}

func TestSlowCommands(t *testing.T) {
	sleepyPing(t)
	inBubble(t, func(t *testing.T, srv *Server) {
		if err := srv.SetConfig(Setting{"slowlog-log-slower-than", "999"}); err != nil {
			t.Fatal(err)
		}
		s := openSession(t, srv)
		for _, args := range [][]string{{"ping", "1"}, {"ping", "0"}, {"multi"}, {"ping", "2"}, {"ping", "0"}, {"ping", "3"}, {"exec"}, {"debug", "sleep", "0.004"}} {
			s.do(args...)
		}
		expectEntries(t, srv, "1ms ping 1", "2ms ping 2", "3ms ping 3", "4ms debug sleep 0.004")
		s.c.Close()
		synctest.Wait()
	})
}

// TestWaitingIsNotSlow: the time for which a command waits does not count; that for which DEBUG SLEEP sleeps does.
func TestWaitingIsNotSlow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *Server) {
		for _, threshold := range []string{"0", "10000"} {
			if err := srv.SetConfig(Setting{"slowlog-log-slower-than", threshold}); err != nil {
				t.Fatal(err)
			}
			s, other := openSession(t, srv), openSession(t, srv)
			if err := s.c.Send("BLPOP", "list", "0"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			other.do("LPUSH", "list", "a")
			s.do("DEBUG", "SLEEP", "0.05") // reads the reply to BLPOP
			time.Sleep(time.Second)
			want := []string{"50ms DEBUG SLEEP 0.05"}
			if threshold == "0" {
				want = []string{"0s LPUSH list a", "0s BLPOP list 0", "50ms DEBUG SLEEP 0.05"}
			}
			expectEntries(t, srv, want...)
			s.c.Close()
			other.c.Close()
			synctest.Wait()
		}
	})
}

func TestTimingDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector pools forget at random")
	}
	for _, setting := range []Setting{{"latency-tracking", "yes"}, {"slowlog-log-slower-than", "10000"}, {"slowlog-log-slower-than", "-1"}} {
		srv := newTestServer(t, nil)
		if err := srv.SetConfig(setting); err != nil {
			t.Fatal(err)
		}
		b := newBench(srv)
		input := []byte(strings.Repeat("*2\r\n$3\r\nGET\r\n$5\r\nnokey\r\n*1\r\n$6\r\nDBSIZE\r\n", 10))
		b.feed(t, input)
		sent := func([]byte) {}
		if n := testing.AllocsPerRun(100, func() { b.serve(t, input, sent) }); n != 0 {
			t.Errorf("%v: %v allocations", setting, n)
		}
	}
}

// TestOffloadedAreTimed: the time that a command takes elsewhere is its own, and it is one call.
func TestOffloadedAreTimed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *Server) {
		s := openSession(t, srv)
		defer s.c.Close()
		for i := range 1100 {
			s.do("set", fmt.Sprint(i), "")
		}
		for _, setting := range []Setting{{"slowlog-log-slower-than", "0"}, {"latency-tracking", "yes"}} {
			if err := srv.SetConfig(setting); err != nil {
				t.Fatal(err)
			}
		}
		s.do("keys", "7")
		s.do("memory", "bigkeys", "count", "x")
		s.do("memory", "bigkeys", "count", "1")
		expectEntries(t, srv, "0s keys 7", "0s memory bigkeys count x", "0s memory bigkeys count 1")
		for _, st := range srv.CommandStats() {
			want := int64(1)
			switch st.Name {
			case "keys":
			case "memory|bigkeys":
				want = 2
			default:
				continue
			}
			if st.Calls != want || st.Latency.Count() != want || st.Failed != want-1 {
				t.Errorf("%s: %d calls, %d timed, %d failed", st.Name, st.Calls, st.Latency.Count(), st.Failed)
			}
		}
		synctest.Wait()
	})
}
