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

// TestLongCommands sends commands on collections so large that they take long, each in the midst of others, over every transport.
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
