package resp

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// TestOffload: while a command that takes long is under way, other clients of the same loop are served, and what its own
// has sent behind it waits.
func TestOffload(t *testing.T) {
	var runs atomic.Int32
	finish := make(chan struct{})
	stub(t, func(c *client, args [][]byte) {
		runs.Add(1)
		if c.takesLong() {
			return
		}
		<-finish
		c.writeBulk(args[1])
	})
	srv := newTestServer(t, func(s *Server) { s.Loops = 1 })
	dial := transports["tcp"](t, srv)
	patient, other := newPeer(t, dial()), newPeer(t, dial())
	patient.send("ECHO before\r\nPING argument\r\nECHO behind\r\n")
	patient.expect("$6\r\nbefore\r\n")
	other.do("ECHO meanwhile\r\n", "$9\r\nmeanwhile\r\n")
	patient.send("ECHO last\r\n")
	other.do("ECHO meanwhile\r\n", "$9\r\nmeanwhile\r\n")
	close(finish)
	patient.expect("$8\r\nargument\r\n$6\r\nbehind\r\n$4\r\nlast\r\n")
	if n := runs.Load(); n != 2 {
		t.Errorf("the handler ran %d times, want once for the client and once for its worker", n)
	}
}

// TestOffloadOutlivesClient: a client that goes leaves its worker to end by itself, and Close waits for that.
func TestOffloadOutlivesClient(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	stub(t, func(c *client, _ [][]byte) {
		if c.takesLong() {
			return
		}
		close(begun)
		<-finish
		c.writeSimple("PONG")
		ended.Store(true)
	})
	srv := newTestServer(t, nil)
	dial := transports["tcp"](t, srv)
	p, other := newPeer(t, dial()), newPeer(t, dial())
	p.send("PING\r\n")
	<-begun
	other.do("CLIENT KILL TYPE normal SKIPME yes\r\n", ":1\r\n")
	other.Close()
	eventually(t, "the client is gone", func() bool { return srv.clientCount() == 0 })
	close(finish)
	srv.Close()
	if !ended.Load() {
		t.Error("the server did not wait for the worker")
	}
}

// TestOffloadPanics: a defect met by a worker costs its client the connection and nobody else anything.
func TestOffloadPanics(t *testing.T) {
	stub(t, func(c *client, _ [][]byte) {
		if !c.takesLong() {
			panic("oh dear")
		}
	})
	srv := newTestServer(t, nil)
	dial := transports["tcp"](t, srv)
	p, other := newPeer(t, dial()), newPeer(t, dial())
	p.send("ECHO a\r\nPING\r\nECHO b\r\n")
	p.expect("$1\r\na\r\n")
	p.expectEnd()
	other.do("ECHO c\r\n", "$1\r\nc\r\n")
}

// TestLongCommands sends commands on collections so large that they take long, each in the midst of others, over every
// transport.
func TestLongCommands(t *testing.T) {
	const n = 5000
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		for i := range n {
			srv.Cache.Sets().Add("a", fmt.Sprint("m", i))
			srv.Cache.Sets().Add("b", fmt.Sprint("m", i+n/2))
			srv.Cache.SortedSets().Add("z", datatypes.Scored{Member: fmt.Sprint("m", i), Score: float64(i)})
			srv.Cache.Hashes().Set("h", datatypes.Field{Name: fmt.Sprint("m", i), Value: []byte("v")})
			srv.Cache.Lists().RPush("l", []byte(fmt.Sprint("m", i)))
		}
		p.do("ECHO x\r\nSUNIONSTORE dst a b\r\nSCARD dst\r\nSINTERCARD 2 a b\r\nSDIFFSTORE dst a b\r\nSCARD dst\r\n",
			fmt.Sprintf("$1\r\nx\r\n:%d\r\n:%d\r\n:%d\r\n:%d\r\n:%d\r\n", n+n/2, n+n/2, n/2, n/2, n/2))
		p.do("MULTI\r\nSINTERSTORE dst a b\r\nSCARD dst\r\nEXEC\r\n",
			fmt.Sprintf("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:%d\r\n:%d\r\n", n/2, n/2))
		p.do("CLIENT REPLY SKIP\r\nSUNIONSTORE dst a b\r\nECHO y\r\n", "$1\r\ny\r\n")
		p.do("CLIENT REPLY OFF\r\nSUNIONSTORE dst a b\r\nCLIENT REPLY ON\r\nECHO z\r\n", "+OK\r\n$1\r\nz\r\n")
		for _, command := range []string{"SMEMBERS a", "SUNION a", "HKEYS h", "LRANGE l 0 -1", "ZRANGE z 0 -1", "ZUNION 2 z a"} {
			p.send(command + "\r\nECHO x\r\n")
			p.expectMembers(n)
			p.expect("$1\r\nx\r\n")
		}
		p.do("ZUNIONSTORE dst 2 z a\r\nZRANGESTORE dst z 0 -1\r\nZINTERCARD 2 z a\r\nECHO x\r\n", fmt.Sprintf(":%d\r\n:%d\r\n:%d\r\n$1\r\nx\r\n", n, n, n))
		p.do("FLUSHALL\r\nDBSIZE\r\n", "+OK\r\n:0\r\n")
	})
}

// expectMembers expects an array of n different strings.
func (p *peer) expectMembers(n int) {
	p.t.Helper()
	p.expect(fmt.Sprintf("*%d\r\n", n))
	seen := make(map[string]bool, n)
	for range n {
		length, err := p.r.ReadString('\n')
		if err != nil || !strings.HasPrefix(length, "$") {
			p.t.Fatalf("%q, %v", length, err)
		}
		seen[line(p.t, p.r)] = true
	}
	if len(seen) != n {
		p.t.Errorf("%d different members, want %d", len(seen), n)
	}
}

func line(t testing.TB, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOffloadOfLastCommand: a client that sends a command that takes long and nothing after it gets the reply.
func TestOffloadOfLastCommand(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newTestServer(t, nil)
			conn := transport(t, srv)()
			half, ok := conn.(interface{ CloseWrite() error })
			if !ok {
				t.Skip("it cannot be closed by halves")
			}
			value := strings.Repeat("x", 1<<20)
			if _, err := srv.Cache.Strings().Set("k", []byte(value), datatypes.SetOptions{}); err != nil {
				t.Fatal(err)
			}
			p := newPeer(t, conn)
			p.send("GET k\r\n")
			if err := half.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			p.expect(fmt.Sprintf("$%d\r\n%s\r\n", len(value), value))
			p.expectEnd()
		})
	}
}

// TestLongValues: long values are written and read whole, and in order with what comes before and behind them in one
// pipeline, again and again, from buffers that others have used.
func TestLongValues(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		for round, n := range []int{300 << 10, 2<<20 + 1, 700 << 10} {
			v, w := strings.Repeat("v", n), strings.Repeat("w", n)
			bulk := func(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }
			argument := func(words ...string) string {
				text := fmt.Sprintf("*%d\r\n", len(words))
				for _, word := range words {
					text += bulk(word)
				}
				return text
			}
			number := func(n int) string { return fmt.Sprintf(":%d\r\n", n) }
			for _, step := range [][2]string{
				{argument("SET", "k", v), "+OK\r\n"},
				{argument("GETSET", "k", w), bulk(v)},
				{argument("APPEND", "k", v), number(2 * n)},
				{"STRLEN k\r\n", number(2 * n)},
				{fmt.Sprintf("GETRANGE k 0 %d\r\n", n-1), bulk(w)},
				{fmt.Sprintf("GETRANGE k %d -1\r\n", n), bulk(v)},
				{argument("SETRANGE", "k", "0", v), number(2 * n)},
				{"GET k\r\n", bulk(v + v)},
				{"GETEX k EX 100\r\n", bulk(v + v)},
				{"TTL k\r\n", ":100\r\n"},
				{argument("MSET", "k", w, "l", v), "+OK\r\n"},
				{"MGET k nosuch l\r\n", "*3\r\n" + bulk(w) + "$-1\r\n" + bulk(v)},
				{"GETDEL k\r\n", bulk(w)},
				{"GETDEL k\r\n", "$-1\r\n"},
				{argument("SET", "k", w, "NX", "GET"), "$-1\r\n"},
				{argument("HSET", "h", "f", v), number(1)},
				{"HGET h f\r\n", bulk(v)},
				{"HMGET h f nosuch\r\n", "*2\r\n" + bulk(v) + "$-1\r\n"},
				{"HGET k f\r\n", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"},
				{"MULTI\r\nGET k\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n" + bulk(w)},
				{"CLIENT REPLY SKIP\r\nGET k\r\n", ""},
			} {
				go p.Write([]byte("ECHO x\r\n" + step[0] + "ECHO y\r\n"))
				p.expect("$1\r\nx\r\n" + step[1] + "$1\r\ny\r\n")
				if t.Failed() {
					t.Fatalf("round %d: %.40q", round, step[0])
				}
			}
			p.do("DEL k l h\r\n", ":3\r\n")
		}
	})
}

// TestSpareBuffersExpire: what nobody has used for a while is left to the collector.
func TestSpareBuffersExpire(t *testing.T) {
	t.Parallel()
	var s spareBuffers
	s.give(make([]byte, keptBuffer))
	s.give(make([]byte, largestKept+1))
	if s.bytes() != 0 {
		t.Error("a buffer is kept that is too small or too large")
	}
	s.give(make([]byte, 1<<20))
	if s.take(1<<20+1) != nil || s.take(1000) != nil {
		t.Error("a buffer is lent that is too small or much too large")
	}
	b := s.take(1 << 20)
	if len(b) != 0 || cap(b) < 1<<20 || s.bytes() != 0 {
		t.Errorf("%d of %d bytes, %d kept", len(b), cap(b), s.bytes())
	}
	s.give(b)
	s.expire()
	if s.bytes() == 0 {
		t.Error("dropped though it was just used")
	}
	s.expire()
	if s.bytes() != 0 || s.takeLargest() != nil {
		t.Error("kept though nobody uses it")
	}
}
