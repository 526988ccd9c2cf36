package resp

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHandOver moves sockets to and fro between loops while they are used, posted to and killed.
func TestHandOver(t *testing.T) {
	srv := newTestServer(t, func(s *Server) { s.Loops = 3 })
	dial := transports["tcp"](t, srv)
	const n = 16
	stop := make(chan struct{})
	var movers, users sync.WaitGroup
	newPeer(t, dial()).do("PING\r\n", "+PONG\r\n") // starts the loops
	for i := range n {
		users.Go(func() {
			p := newPeer(t, dial())
			for j := range 300 {
				p.do(fmt.Sprintf("ECHO %d\r\n", 100+j), fmt.Sprintf("$3\r\n%d\r\n", 100+j))
			}
			if i%4 == 0 {
				p.Close()
			}
		})
	}
	movers.Go(func() {
		for turn := 0; ; turn++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			for _, c := range srv.snapshot() {
				c.post(func(c *client) { shuffle(c.owner.(*sock), turn) })
			}
		}
	})
	users.Wait()
	close(stop)
	movers.Wait()
	eventually(t, "a quarter of the clients is gone", func() bool { return srv.clientCount() == 1+n*3/4 })
	killer := newPeer(t, dial())
	killer.do("CLIENT KILL TYPE normal SKIPME no\r\nPING\r\n", fmt.Sprintf(":%d\r\n", 2+n*3/4))
	killer.expectEnd()
	eventually(t, "the clients are gone", func() bool { return srv.clientCount() == 0 })
}

// shuffle runs on k's loop and hands another one of its sockets over.
func shuffle(k *sock, turn int) {
	l := k.loop.Load()
	for i := range l.socks {
		if other := l.socks[(i+turn)%len(l.socks)]; other != nil && other != k {
			l.handOver(other, l.peers[(l.index+1+turn%2)%len(l.peers)])
			return
		}
	}
}

// TestConnectionsGather checks that connections begin on one loop as long as it has time to spare.
func TestConnectionsGather(t *testing.T) {
	srv := newTestServer(t, func(s *Server) { s.Loops = 4 })
	dial := transports["tcp"](t, srv)
	for range 20 {
		newPeer(t, dial()).do("PING\r\n", "+PONG\r\n")
	}
	loops := map[*loop]bool{}
	for _, c := range srv.snapshot() {
		loops[c.owner.(*sock).loop.Load()] = true
	}
	if len(loops) != 1 {
		t.Errorf("20 connections with nothing to do are on %d loops", len(loops))
	}
}

func TestRelieveAndRetire(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	var loops []*loop
	for i := range 3 {
		l, err := newLoop(srv)
		if err != nil {
			t.Fatal(err)
		}
		defer l.close()
		l.index = i
		loops = append(loops, l)
	}
	now := time.Now()
	for i, l := range loops {
		l.peers = loops
		l.load.stamp.Store(now.UnixNano())
		l.load.share.Store([]int64{990, 300, 100}[i])
	}
	count := func() (n [3]int) {
		for i, l := range loops {
			l.lookAround()
			for _, k := range l.socks {
				if k != nil {
					n[i]++
				}
			}
		}
		return n
	}
	for range 10 {
		loops[0].join(testSock(t, srv, loops[0]))
	}
	count()
	loops[0].relieve(now)
	if got := count(); got != [3]int{5, 0, 5} {
		t.Errorf("relieved: %v", got)
	}
	loops[0].load.share.Store(450)
	loops[2].retire(now)
	if got := count(); got != [3]int{10, 0, 0} {
		t.Errorf("retired: %v", got)
	}
}

// testSock returns one end of a connection as a loop's socket.
func testSock(t *testing.T, srv *Server, l *loop) *sock {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	k := &sock{slot: -1}
	raw, _ := conn.(*net.TCPConn).SyscallConn()
	raw.Control(func(fd uintptr) { k.fd = dup(int(fd)) })
	k.loop.Store(l)
	k.client = srv.newClient(k, k.fd, conn.RemoteAddr(), conn.LocalAddr())
	return k
}

// TestListedWhileConnecting has clients listed while others connect, which the race detector watches.
func TestListedWhileConnecting(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	dial := serveOn(t, srv, "tcp", "127.0.0.1:0", func(ln net.Listener) net.Listener { return ln })
	asks := dial()
	defer asks.Close()
	asks.Write([]byte(strings.Repeat("CLIENT LIST\r\nPING\r\n", 200) + "QUIT\r\n"))
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() {
		for range 200 {
			dial().Close()
		}
	})
	asks.SetDeadline(time.Now().Add(60 * time.Second))
	replies, err := io.ReadAll(asks)
	if n := strings.Count(string(replies), "+PONG\r\n"); err != nil || n != 200 {
		t.Errorf("%d lists, %v", n, err)
	}
}
