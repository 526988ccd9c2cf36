package resp

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/difftest"
)

func TestPubSubCommands(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"PUBLISH": {
			{"publish a hello", ":0"},
			{"spublish a hello", ":0"},
			{"publish a", "-ERR wrong number of arguments for 'publish' command"},
		},
		"PUBSUB": {
			{"pubsub channels", "*[]"},
			{"pubsub channels x", "*[]"},
			{"pubsub channels x y", "-ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP."},
			{"pubsub shardchannels", "*[]"},
			{"pubsub shardchannels x y", "-ERR unknown subcommand or wrong number of arguments for 'shardchannels'. Try PUBSUB HELP."},
			{"pubsub numsub", "*[]"},
			{"pubsub numsub a b", `*["a" :0 "b" :0]`},
			{"pubsub shardnumsub a", `*["a" :0]`},
			{"pubsub numpat", ":0"},
			{"pubsub numpat x", "-ERR wrong number of arguments for 'pubsub|numpat' command"},
			{"pubsub nosuch", "-ERR unknown subcommand 'nosuch'. Try PUBSUB HELP."},
		},
	})
}

func TestPubSubScenes(t *testing.T) {
	t.Parallel()
	runScenes(t, map[string]scene{
		"channels": {
			"1 SUBSCRIBE a b a", "2 PUBLISH a one", "2 PUBLISH b two", "2 PUBLISH c three", "2 PUBSUB NUMSUB a b c",
			"1 UNSUBSCRIBE a nosuch", "2 PUBLISH a four", "2 PUBLISH b five", "1 UNSUBSCRIBE", "1 GET k",
			"1 UNSUBSCRIBE", "1 PUNSUBSCRIBE", "1 SUNSUBSCRIBE",
		},
		"patterns": {
			"1 PSUBSCRIBE n?ws*", "1 SUBSCRIBE news", "2 PUBLISH news one", "2 PUBLISH newsletter two", "2 PUBLISH old three",
			"3 PSUBSCRIBE *", "2 PUBLISH news four", "2 PUBSUB NUMPAT", "2 PUBSUB CHANNELS ne*", "2 PUBSUB CHANNELS x*",
			"1 PUNSUBSCRIBE", "2 PUBLISH news five",
		},
		"shard channels": {
			"1 SSUBSCRIBE s", "2 SPUBLISH s one", "2 PUBLISH s two", "2 PUBSUB SHARDCHANNELS", "2 PUBSUB SHARDNUMSUB s t",
			"1 SUBSCRIBE s", "2 PUBLISH s three", "2 SPUBLISH s four", "1 UNSUBSCRIBE", "1 PING", "1 SUNSUBSCRIBE", "1 PING",
		},
		"what a subscriber may do": {
			"1 SUBSCRIBE a", "1 PING", "1 PING hello", "1 PING a b", "1 GET k", "1 SET k", "1 NOSUCH", "1 MULTI", "1 EXEC", "1 HELLO 3 x",
			"1 SSUBSCRIBE s", "1 PSUBSCRIBE p", "1 RESET", "1 GET k", "2 PUBSUB CHANNELS", "2 PUBSUB NUMPAT",
		},
		"quit":             {"1 SUBSCRIBE a", "1 QUIT", "2 PUBLISH a one"},
		"oneself":          {"1 SUBSCRIBE a", "1 PUBLISH a one", "2 PUBLISH a two", "1 PING"},
		"in a transaction": {"1 MULTI", "1 SUBSCRIBE a b", "1 GET k", "1 EXEC", "1 GET k", "2 PUBLISH a one", "1 UNSUBSCRIBE a b", "1 GET k"},
		"published in one": {"1 SUBSCRIBE a", "2 MULTI", "2 PUBLISH a one", "2 PUBLISH a two", "2 EXEC", "1 PING"},
		"odd names":        {`1 SUBSCRIBE ""`, `2 PUBLISH "" ""`, `2 PUBSUB CHANNELS ""`, `1 PSUBSCRIBE ""`, `2 PUBLISH "" x`},
	})
}

// TestSubscriberSwitchesProtocol checks that messages come in the protocol that is spoken when they come.
func TestSubscriberSwitchesProtocol(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	b.feed(t, []byte("HELLO 3\r\nSUBSCRIBE a\r\n"))
	b.c.pubsub().Publish("a", []byte("x"))
	if got := b.feed(t, nil); got != ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n" {
		t.Errorf("got %q", got)
	}
	got := b.feed(t, []byte("HELLO 2\r\nGET k\r\n"))
	if !strings.Contains(got, "-ERR Can't execute 'get'") {
		t.Errorf("got %q", got)
	}
	b.c.pubsub().Publish("a", []byte("x"))
	if got := b.feed(t, nil); got != "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n" {
		t.Errorf("got %q", got)
	}
}

// TestLastMessagesComeBeforeUnsubscribe checks that no message follows the answer after which a client expects replies.
func TestLastMessagesComeBeforeUnsubscribe(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	b.feed(t, []byte("SUBSCRIBE a\r\n"))
	b.c.pubsub().Publish("a", []byte("x"))
	b.s.lend(b.c)
	b.c.begun = len(b.c.out)
	cmdUnsubscribe(b.c, [][]byte{[]byte("unsubscribe")})
	b.c.writeOK()
	want := "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n" + "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n" + "+OK\r\n"
	if got := string(b.c.out); got != want {
		t.Errorf("got %q", got)
	}
}

// TestMessagesAreInOneOrder has several publishers and checks that all subscribers, on sockets and in process, see the
// same sequence.
func TestMessagesAreInOneOrder(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	const subscribers, publishers, each = 4, 3, 200
	var readers []*difftest.Conn
	for i := range subscribers {
		nc := srv.Dial()
		if i%2 == 0 {
			if nc, err = net.Dial("tcp", ln.Addr().String()); err != nil {
				t.Fatal(err)
			}
		}
		c := difftest.NewConn(nc)
		defer c.Close()
		do(t, c, "SUBSCRIBE", "a")
		readers = append(readers, c)
	}
	inProcess := srv.Cache.PubSub().Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}, Buffer: publishers * each})
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			c := difftest.NewConn(srv.Dial())
			defer c.Close()
			for i := range each {
				if v, err := c.Do("PUBLISH", "a", fmt.Sprint(p, ".", i)); err != nil || v.String() != ":"+strconv.Itoa(subscribers+1) {
					t.Error(v, err)
				}
			}
		})
	}
	wg.Wait()
	for range publishers * each {
		want := string((<-inProcess.Values()).Payload)
		for i, c := range readers {
			v, err := c.Receive(time.Now().Add(patience))
			if err != nil {
				t.Fatal(err)
			}
			if got := element(t, v, 2).Text; got != want {
				t.Fatalf("subscriber %d received %s where the one in process received %s", i, got, want)
			}
		}
	}
}

// TestSlowSubscriber publishes to a subscriber that does not read, and checks that it is disconnected before it costs
// more than its limit, while another goes on.
func TestSlowSubscriber(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	for _, kind := range []string{"tcp", "in process"} {
		t.Run(kind, func(t *testing.T) {
			control := difftest.NewConn(srv.Dial())
			defer control.Close()
			do(t, control, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 2mb 0 0")
			nc := srv.Dial()
			if kind == "tcp" {
				if nc, err = net.Dial("tcp", ln.Addr().String()); err != nil {
					t.Fatal(err)
				}
			}
			slow := difftest.NewConn(nc)
			defer slow.Close()
			do(t, slow, "SUBSCRIBE", "a")
			quick := srv.Cache.PubSub().Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}})
			defer quick.Close()
			message := strings.Repeat("m", 64<<10)
			var most int64
			sent := 0
			for ; do(t, control, "PUBLISH", "a", message).String() == ":2"; sent++ {
				<-quick.Values()
				for _, c := range srv.snapshot() {
					c.mu.Lock()
					most = max(most, c.unsentLen.Load()+int64(len(c.mail.out)))
					c.mu.Unlock()
				}
				if sent > 5000 {
					t.Fatal("300 MB were published")
				}
			}
			if most > 2<<20+64<<10 {
				t.Errorf("the subscriber was owed %d bytes", most)
			}
			if got := do(t, control, "PUBSUB", "NUMSUB", "a").String(); got != `*["a" :1]` {
				t.Error(got)
			}
		})
	}
}

// TestSoftOutputLimit checks that a client may exceed the soft limit for a while only.
func TestSoftOutputLimit(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	if err := srv.SetConfig(Setting{"client-output-buffer-limit", "pubsub 1mb 1kb 5"}); err != nil {
		t.Fatal(err)
	}
	c := newBench(srv).c
	c.setProfile(func(p *profile) { p.subs[0] = 1 })
	owes := func(n int64) bool {
		c.unsentLen.Store(n)
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.mayOwe(0)
	}
	srv.seconds.Store(1000)
	steps := []struct {
		after, owed int64
		ok          bool
	}{{0, 2000, true}, {5, 2000, true}, {1, 1000, true}, {0, 2000, true}, {5, 2000, true}, {1, 2000, false}, {0, 1000, true}, {0, 2 << 20, false}}
	for i, s := range steps {
		srv.seconds.Add(s.after)
		if owes(s.owed) != s.ok {
			t.Errorf("step %d: %+v", i, s)
		}
	}
}

func TestOutputLimitParameter(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 2)
	set := func(value string) difftest.Command {
		return difftest.Cmd("CONFIG", "SET", "client-output-buffer-limit", value)
	}
	get := difftest.Cmd("CONFIG", "GET", "client-output-buffer-limit")
	p.Check(t, get, set(""), set("pubsub"), set("pubsub 64mb 32mb 10"), get, set("foo 1 2 3"), set("pubsub 1 2 x"),
		set("master 1 2 3"), set("REPLICA 1gb 2mb 3 normal 500mb 400mb 30"), get, set("pubsub -1 2 3"), set("pubsub 1 2 -3"),
		set("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60 normal"), get)
}

// TestPubSubLeaksNothing checks that clients and streams that have gone leave nothing behind.
func TestPubSubLeaksNothing(t *testing.T) {
	srv := startCache(t)
	do(t, difftest.NewConn(srv.Dial()), "PING")
	before := runtime.NumGoroutine()
	pubsub := srv.Cache.PubSub()
	for range 10 {
		c := difftest.NewConn(srv.Dial())
		do(t, c, "SUBSCRIBE", "a")
		do(t, c, "PSUBSCRIBE", "b*")
		c.Close()
		ctx, cancel := context.WithCancel(context.Background())
		s := pubsub.Subscribe(ctx, datatypes.SubscribeOptions{Channels: []string{"a"}, Patterns: []string{"*"}})
		cancel()
		for range s.Values() {
		}
		if s.Err() != context.Canceled {
			t.Error(s.Err())
		}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if pubsub.NumPat() == 0 && len(pubsub.Channels("*")) == 0 && runtime.NumGoroutine() <= before {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d patterns, channels %v, %d goroutines, before %d", pubsub.NumPat(), pubsub.Channels("*"), runtime.NumGoroutine(), before)
		}
	}
}

func TestClientListShowsSubscriptions(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	b.feed(t, []byte("SUBSCRIBE a b\r\nPSUBSCRIBE c\r\nSSUBSCRIBE d\r\n"))
	if line := string(b.c.appendInfo(nil, 0)); !strings.Contains(line, " flags=P ") || !strings.Contains(line, " sub=2 psub=1 ssub=1 ") {
		t.Error(line)
	}
	if b.c.kind() != typePubSub {
		t.Error("not of the class pubsub")
	}
	b.feed(t, []byte("RESET\r\n"))
	if line := string(b.c.appendInfo(nil, 0)); !strings.Contains(line, " flags=N ") || !strings.Contains(line, " sub=0 psub=0 ssub=0 ") {
		t.Error(line)
	}
}

func TestAppendMessage(t *testing.T) {
	t.Parallel()
	m := &datatypes.Message{Kind: datatypes.Pattern, Pattern: "p*", Channel: "ps", Payload: []byte("x\r\n")}
	if got := appendMessage(nil, m); !bytes.Equal(got, []byte("*4\r\n$8\r\npmessage\r\n$2\r\np*\r\n$2\r\nps\r\n$3\r\nx\r\n\r\n")) {
		t.Errorf("got %q", got)
	}
}
