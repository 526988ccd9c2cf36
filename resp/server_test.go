package resp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder/internal/redistest"
)

// transports are the ways in which a server can be reached.
var transports = map[string]func(t testing.TB, srv *Server) (dial func() net.Conn){
	"tcp": func(t testing.TB, srv *Server) func() net.Conn {
		return serveOn(t, srv, "tcp", "127.0.0.1:0", func(ln net.Listener) net.Listener { return ln })
	},
	"unix": func(t testing.TB, srv *Server) func() net.Conn {
		return serveOn(t, srv, "unix", filepath.Join(socketDir(t), "s"), func(ln net.Listener) net.Listener { return ln })
	},
	"goroutine": func(t testing.TB, srv *Server) func() net.Conn {
		return serveOn(t, srv, "tcp", "127.0.0.1:0", func(ln net.Listener) net.Listener { return opaqueListener{ln} })
	},
	"pipe": func(_ testing.TB, srv *Server) func() net.Conn { return srv.Dial },
}

// opaqueListener hides what kind of connections it accepts.
type opaqueListener struct{ net.Listener }

func (l opaqueListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return struct{ net.Conn }{conn}, err
}

// socketDir returns a directory whose name is short enough for a socket's address.
func socketDir(t testing.TB) string {
	dir, err := os.MkdirTemp("", "resp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func serveOn(t testing.TB, srv *Server, network, addr string, wrap func(net.Listener) net.Listener) func() net.Conn {
	t.Helper()
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(wrap(ln)) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; err != ErrServerClosed {
			t.Errorf("Serve returned %v", err)
		}
	})
	return func() net.Conn {
		conn, err := net.Dial(network, ln.Addr().String())
		if err != nil {
			t.Error(err)
			return nil
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		return conn
	}
}

// overTransports runs a test over each transport.
func overTransports(t *testing.T, change func(s *Server), test func(t *testing.T, srv *Server, dial func() net.Conn)) {
	for name, serve := range transports {
		t.Run(name, func(t *testing.T) {
			srv := newTestServer(t, change)
			test(t, srv, serve(t, srv))
		})
	}
}

// peer is a client's end of a connection.
type peer struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	t.Cleanup(func() { conn.Close() })
	return &peer{t, conn, bufio.NewReaderSize(conn, 1<<16)}
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := p.Write([]byte(text)); err != nil {
		p.t.Errorf("write: %v", err)
	}
}

func (p *peer) expect(want string) {
	p.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(p.r, got); err != nil || string(got) != want {
		p.t.Errorf("got %.300q, %v; want %.300q", got[:n], err, want)
	}
}

func (p *peer) do(text, want string) {
	p.t.Helper()
	p.send(text)
	p.expect(want)
}

// integer reads an integer reply.
func (p *peer) integer() int64 {
	p.t.Helper()
	line, _ := p.r.ReadString('\n')
	n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimPrefix(line, ":")), 10, 64)
	if err != nil {
		p.t.Errorf("got %q", line)
	}
	return n
}

// expectEnd checks that the connection ends without another byte.
func (p *peer) expectEnd() {
	p.t.Helper()
	rest, err := io.ReadAll(p.r)
	if len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Errorf("got %.100q, %v", rest, err)
	}
}

// eventually waits for what other goroutines are about to bring about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about that %s", what)
		}
	}
}

func (s *Server) clientCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

func TestServe(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		p.do("PING\r\n", "+PONG\r\n")
		p.do("SET k v\r\nGET k\r\n", "+OK\r\n$1\r\nv\r\n")
		const n = 20_000
		p.send(strings.Repeat("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", n))
		p.expect(strings.Repeat("$1\r\nv\r\n", n))
		p.do("nonsense\r\nQUIT\r\nPING\r\n", "-ERR unknown command 'nonsense', with args beginning with: \r\n+OK\r\n")
		p.expectEnd()
		eventually(t, "the client is gone", func() bool { return srv.clientCount() == 0 })
		if sum := srv.totals(); sum.Commands != n+5 || sum.BytesIn < n*20 || sum.BytesOut < n*7 {
			t.Errorf("counted %+v", sum)
		}
	})
}

func TestLargeValue(t *testing.T) {
	value := strings.Repeat("0123456789abcdef", 1<<18)
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		go p.send(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\nGET k\r\n", len(value), value))
		p.expect(fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n", len(value), value))
		p.do("PING\r\n", "+PONG\r\n")
	})
}

func TestManyClients(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				p := newPeer(t, dial())
				defer p.Close()
				for j := range 50 {
					p.do(fmt.Sprintf("SET k%d v%d\r\nGET k%d\r\n", i, j, i), fmt.Sprintf("+OK\r\n$%d\r\nv%d\r\n", len(fmt.Sprint(j))+1, j))
				}
			})
		}
		wg.Wait()
		eventually(t, "the clients are gone", func() bool { return srv.clientCount() == 0 })
	})
}

func TestHalfCommand(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		for _, half := range []string{"", "*", "*2\r\n", "*2\r\n$4\r\nECHO\r\n$100\r\nabc", "PIN", "*1\r\n$400000000\r\n"} {
			p := newPeer(t, dial())
			p.send(half)
			p.Close()
		}
		eventually(t, "the clients are gone", func() bool { return srv.clientCount() == 0 })
	})
}

// TestRepliesAfterHalfClose sends commands and the end of its stream before it reads.
func TestRepliesAfterHalfClose(t *testing.T) {
	srv := newTestServer(t, nil)
	for _, name := range []string{"tcp", "unix"} {
		p := newPeer(t, transports[name](t, srv)())
		p.send(strings.Repeat("PING\r\n", 1000))
		p.Conn.(interface{ CloseWrite() error }).CloseWrite()
		p.expect(strings.Repeat("+PONG\r\n", 1000))
		p.expectEnd()
	}
}

func TestProtocolErrorIsReadable(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		p.do("*1\r\nnonsense\r\n"+strings.Repeat("PING\r\n", 10_000), "-ERR Protocol error: expected '$', got 'n'\r\n")
		p.expectEnd()
	})
}

// TestNeverReads asks for far more than it takes. What waits for it must stay bounded, others must not notice, and when
// it reads at last, it gets everything.
func TestNeverReads(t *testing.T) {
	const size, n = 1 << 20, 150
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		slow, other := newPeer(t, dial()), newPeer(t, dial())
		value := strings.Repeat("x", size)
		other.do(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", size, value), "+OK\r\n")
		before := srv.totals().Commands
		slow.send(strings.Repeat("GET k\r\n", n))
		executed := func() int64 { return srv.totals().Commands - before }
		eventually(t, "commands are executed", func() bool { return executed() > 3 })
		other.do("PING\r\n", "+PONG\r\n")
		for _, c := range srv.snapshot() {
			if unsent := c.unsentLen.Load(); unsent > maxPendingReplies+size+64 {
				t.Errorf("%d bytes wait for a client", unsent)
			}
		}
		if commands := executed(); commands > n*2/3 {
			t.Errorf("%d of %d commands were executed", commands, n)
		}
		reply := []byte(fmt.Sprintf("$%d\r\n%s\r\n", size, value))
		got := make([]byte, len(reply))
		for i := range n {
			if _, err := io.ReadFull(slow.r, got); err != nil || !bytes.Equal(got, reply) {
				t.Fatalf("reply %d: %v", i, err)
			}
		}
		slow.send(strings.Repeat("GET k\r\n", n))
		slow.Close()
		eventually(t, "the client is gone", func() bool { return srv.clientCount() == 1 })
	})
}

// TestLargeReplies has few commands fill the output while the client reads as fast as it can: when all that was
// executed has been written, without a pause, the commands behind must have their turn.
func TestLargeReplies(t *testing.T) {
	const size, n = maxPendingReplies / 4, 24
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		value := strings.Repeat("x", size)
		p.do(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", size, value), "+OK\r\n")
		p.send(strings.Repeat("GET k\r\n", n))
		reply := []byte(fmt.Sprintf("$%d\r\n%s\r\n", size, value))
		got := make([]byte, len(reply))
		for i := range n {
			if _, err := io.ReadFull(p.r, got); err != nil || !bytes.Equal(got, reply) {
				t.Fatalf("reply %d: %v", i, err)
			}
		}
	})
}

// TestShutdown ends the server while replies wait for a client, which must get them.
func TestShutdown(t *testing.T) {
	const size, n = 1 << 20, 12
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		idle, busy, half := newPeer(t, dial()), newPeer(t, dial()), newPeer(t, dial())
		value := strings.Repeat("x", size)
		idle.do(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", size, value), "+OK\r\n")
		half.do("PING\r\n*1\r\n$4\r\nPI", "+PONG\r\n")
		before := srv.totals().Commands
		busy.send(strings.Repeat("GET k\r\n", n))
		eventually(t, "commands are executed", func() bool { return srv.totals().Commands > before })
		ended := make(chan error)
		go func() { ended <- srv.Shutdown(context.Background()) }()
		idle.expectEnd()
		half.expectEnd()
		busy.expect(strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", size, value), n))
		busy.expectEnd()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		newPeer(t, srv.Dial()).expectEnd()
		if err := srv.Serve(&net.TCPListener{}); err != ErrServerClosed {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	})
}

// TestShutdownGivesUp ends the server while a client does not take its replies.
func TestShutdownGivesUp(t *testing.T) {
	const size = 1 << 20
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		p.do(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", size, strings.Repeat("x", size)), "+OK\r\n")
		p.send(strings.Repeat("GET k\r\n", 100))
		eventually(t, "commands are executed", func() bool { return srv.totals().Commands > 1 })
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returned %v", err)
		}
	})
}

func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for name, serve := range transports {
		t.Run(name, func(t *testing.T) {
			srv := newTestServer(t, func(s *Server) { s.EnableDebug = true })
			dial := serve(t, srv)
			for range 10 {
				newPeer(t, dial()).do("PING\r\n", "+PONG\r\n")
			}
			newPeer(t, dial()).send("DEBUG SLEEP 1000\r\n")
			p := newPeer(t, dial())
			p.send("*2\r\n$3\r\nGET\r\n$10\r\nab")
			srv.Close()
		})
	}
	eventually(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before+1 })
}

func TestMaxClients(t *testing.T) {
	overTransports(t, func(s *Server) { s.MaxClients = 3 }, func(t *testing.T, srv *Server, dial func() net.Conn) {
		var peers []*peer
		for range 3 {
			p := newPeer(t, dial())
			p.do("PING\r\n", "+PONG\r\n")
			peers = append(peers, p)
		}
		for range 2 {
			p := newPeer(t, dial())
			p.expect("-ERR max number of clients reached\r\n")
			p.expectEnd()
		}
		peers[0].Close()
		eventually(t, "there is room again", func() bool { return srv.clientCount() == 2 })
		newPeer(t, dial()).do("PING\r\n", "+PONG\r\n")
	})
}

func TestClientKill(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		var ids []int64
		var victims []*peer
		for range 8 {
			p := newPeer(t, dial())
			p.send("CLIENT ID\r\n")
			ids = append(ids, p.integer())
			victims = append(victims, p)
		}
		killer := newPeer(t, dial())
		for i, id := range ids[:4] {
			killer.do(fmt.Sprintf("CLIENT KILL ID %d\r\n", id), ":1\r\n")
			victims[i].expectEnd()
		}
		killer.do("CLIENT KILL TYPE normal\r\n", ":4\r\n")
		for _, victim := range victims[4:] {
			victim.expectEnd()
		}
		killer.do("CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE normal SKIPME no\r\nPING\r\n", ":0\r\n:1\r\n")
		killer.expectEnd()
		eventually(t, "the clients are gone", func() bool { return srv.clientCount() == 0 })
	})
}

// TestKillWhileWriting kills a client that does not take its replies.
func TestKillWhileWriting(t *testing.T) {
	const size = 1 << 20
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		slow, killer := newPeer(t, dial()), newPeer(t, dial())
		slow.do(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", size, strings.Repeat("x", size)), "+OK\r\n")
		slow.send(strings.Repeat("GET k\r\n", 100))
		eventually(t, "commands are executed", func() bool { return srv.totals().Commands > 1 })
		killer.do("CLIENT KILL TYPE normal\r\n", ":1\r\n")
		eventually(t, "the client is gone", func() bool { return srv.clientCount() == 1 })
	})
}

func TestDebugSleep(t *testing.T) {
	overTransports(t, func(s *Server) { s.EnableDebug = true }, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p, other := newPeer(t, dial()), newPeer(t, dial())
		p.send("DEBUG SLEEP 0.02\r\nPING\r\n")
		other.do("PING\r\n", "+PONG\r\n")
		p.expect("+OK\r\n+PONG\r\n")
		p.send("DEBUG SLEEP 1000\r\n")
		p.Close()
		eventually(t, "the client is gone", func() bool { return srv.clientCount() == 1 })
	})
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, func(s *Server) { s.IdleTimeout = 10 * time.Second })
		idle, busy := newPeer(t, srv.Dial()), newPeer(t, srv.Dial())
		for range 15 {
			time.Sleep(time.Second)
			busy.do("PING\r\n", "+PONG\r\n")
		}
		idle.expectEnd()
		busy.do("PING\r\n", "+PONG\r\n")
		busy.Close()
		time.Sleep(time.Hour) // the coarse clock stands still while there is no client
		late := newPeer(t, srv.Dial())
		time.Sleep(5 * time.Second)
		late.do("PING\r\n", "+PONG\r\n")
	})
}

// TestDialInBubble checks that a bubble ends without further ado once the connections are closed.
func TestDialInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, func(s *Server) { s.EnableDebug = true })
		p := newPeer(t, srv.Dial())
		began := time.Now()
		p.do("DEBUG SLEEP 3600\r\n", "+OK\r\n")
		if slept := time.Since(began); slept < time.Hour {
			t.Errorf("slept %v", slept)
		}
		p.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		synctest.Wait()
	})
}

func TestListenAndServeUnix(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	srv := newTestServer(t, nil)
	served := make(chan error)
	go func() { served <- srv.ListenAndServe("unix:" + path) }()
	var conn net.Conn
	eventually(t, "the socket answers", func() bool {
		conn, err = net.Dial("unix", path)
		return err == nil
	})
	p := newPeer(t, conn)
	p.do("PING\r\n", "+PONG\r\n")
	p.send("CLIENT LIST\r\n")
	p.r.ReadString('\n')
	if list, _ := p.r.ReadString('\n'); !strings.Contains(list, " addr="+path+":0 laddr="+path+":0 ") || !strings.Contains(list, " flags=U ") {
		t.Errorf("CLIENT LIST: %q", list)
	}
	srv.Close()
	if err := <-served; err != ErrServerClosed {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is left behind")
	}
}

func TestNoCache(t *testing.T) {
	t.Parallel()
	var srv Server
	defer srv.Close()
	if err := srv.ListenAndServe("127.0.0.1:0"); err != ErrNoCache {
		t.Errorf("ListenAndServe returned %v", err)
	}
	if _, err := srv.Dial().Write([]byte("PING\r\n")); err == nil {
		t.Error("a server without a cache takes commands")
	}
}

func TestListenAndServeFails(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	for _, addr := range []string{"127.0.0.1:99999", "unix:" + filepath.Join(t.TempDir(), "no", "such", "place")} {
		if err := srv.ListenAndServe(addr); err == nil || err == ErrServerClosed {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// TestProtocolAgainstRedis sends the same bytes to both servers and compares what comes back until they close.
func TestProtocolAgainstRedis(t *testing.T) {
	inputs := map[string][]string{
		"": {
			"*x\r\n", "*-1\r\nPING\r\n", "*0\r\nPING\r\n", "*2147483648\r\n", "*1024x\r\n", "*+1\r\n", "* 1\r\n", "*01\r\n", "*\r\nPING\r\n",
			"*" + strings.Repeat("1", 70000), "*1\r\n$" + strings.Repeat("1", 70000), strings.Repeat("a", 200000),
			"*1\r\nx4\r\n", "*1\r\n\r\n", "*1\r\n$-1\r\n", "*1\r\n$x\r\n", "*1\r\n$536870913\r\n", "*1\r\n$4\r\nPINGxxPING\r\n",
			"*1\n$4\r\nPING\r\n", "*1\rx$4\r\nPING\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$+4\r\nPING\r\n",
			"*1\r\n$0\r\n\r\n", "*2\r\n$0\r\n\r\n$3\r\nabc\r\n", "\r\nPING\r\n", "\nPING\n", "   \r\nPING\r\n",
			"PING \"a\r\n", "PING 'a\r\n", "PING \"a\"b\r\n", `PING "a\x41\n\t\r\b\a\q\xzz"` + "\r\n", `PING 'a\'b\x41'` + "\r\n",
			"PING a\"b c\"\r\n", "PING a'b'\r\n", "PING \"\"\r\n", "\"PING\" hello\n", "PING \x0b\x0c\x09 a\r\n", "ECHO \"\"''\r\n",
			"PING\rPING\r\n", "PING a\r\r\n", "ping\r\nPING\r\nquit\r\nPING\r\n", "quit a b\r\n",
			"POST / HTTP/1.1\r\nHost: x\r\n\r\n", "Host: foo\r\nPING\r\n",
			"foo \"a\\r\\nb\" " + strings.Repeat("x", 300) + "\r\n", strings.Repeat("f", 200) + " a\r\n",
			"foo " + strings.Repeat(strings.Repeat("a", 30)+" ", 20) + "\r\n",
			"client\r\nclient foo\r\nclient id x\r\nclient foo a b\r\nCLIENT|ID\r\n",
			"hello 4\r\nhello a\r\nhello 3 auth\r\nhello 3 setname\r\nhello 3 setname a\\ b\r\nhello 3 foo\r\n",
			"hello \"3 \"\r\nhello 03\r\nhello -1\r\nhello 99999999999999999999\r\n",
			"hello 3 setname \"a b\"\r\nclient setname \"a b\"\r\nclient setname \"\"\r\nclient getname\r\nclient setname abc\r\nclient getname\r\nreset\r\nclient getname\r\n",
			"auth x\r\nauth a b\r\nauth default x\r\nauth a b c\r\nauth\r\n",
			"select\r\nselect x\r\nselect 16\r\nselect -1\r\nselect 5\r\nselect 99999999999999999999\r\nselect 3000000000\r\n",
			"echo\r\necho hi\r\necho a b\r\nping a b\r\nreset a\r\nreset\r\ntime a\r\ndebug\r\ndebug sleep 0\r\n",
			"client list type foo\r\nclient list type\r\nclient list id\r\nclient list id x\r\nclient list id 999 0\r\nclient list foo bar\r\n" +
				"client list type pubsub\r\nclient list type replica\r\nclient list type slave\r\nclient list type master\r\nclient list id -1\r\n",
			"client kill\r\nclient kill 1.2.3.4:5\r\nclient kill id\r\nclient kill id x\r\nclient kill id 0\r\nclient kill id 99999\r\n" +
				"client kill type foo\r\nclient kill type replica skipme yes\r\nclient kill user nobody\r\nclient kill addr 1.1.1.1:1\r\n" +
				"client kill skipme maybe\r\nclient kill foo bar\r\nclient kill id 99999 addr\r\nclient kill laddr 1.1.1.1:1\r\n" +
				"client kill a b c\r\nclient kill type normal id 1 skipme no\r\n",
			"client no-evict\r\nclient no-evict on\r\nclient no-evict off\r\nclient no-evict x\r\nclient no-evict on a\r\nclient getname a\r\nclient setname\r\n",
		},
		"sesame": {
			"*11\r\n", "*1\r\n$16385\r\n", "hello 4\r\n", "quit\r\n",
			"ping\r\nget a\r\nfoo\r\nhello\r\nhello 3\r\nhello 3 auth default x\r\nping\r\n",
			"auth sesame\r\nping\r\nreset\r\nping\r\n", "auth default sesame\r\nping\r\n",
			"auth x\r\nauth foo sesame\r\nauth\r\nauth a b c\r\n",
			"reset\r\nget\r\nselect 1\r\nclient id\r\ncommand count\r\necho\r\nhello foo bar\r\nhello 3 setname\r\nhello 3 auth x\r\nclient foo\r\nclient\r\n",
			"hello 2 auth default sesame setname \"a b\"\r\nping\r\nclient getname\r\n",
		},
	}
	for password, streams := range inputs {
		var flags []string
		if password != "" {
			flags = []string{"--requirepass", password}
		}
		if password == "" {
			flags = []string{"--enable-debug-command", "yes"}
		}
		redis := startRedis(t, flags...)
		srv := newTestServer(t, func(s *Server) { s.Password, s.EnableDebug = password, true })
		for _, input := range streams {
			want := exchange(t, redis(), input)
			if got := exchange(t, srv.Dial(), input); got != want {
				t.Errorf("%.80q\nredis:  %.400q\nlarder: %.400q", input, want, got)
			}
		}
	}
}

func startRedis(t *testing.T, flags ...string) (dial func() net.Conn) {
	socket := redistest.Start(t, flags...).Socket()
	return func() net.Conn {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// exchange returns all replies to input. An ECHO behind it tells the end of those, where the connection stays open.
func exchange(t *testing.T, conn net.Conn, input string) string {
	t.Helper()
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	mark := "$8\r\nthe end!\r\n"
	conn.Write([]byte(input + "\r\nHELLO 2 AUTH default sesame\r\nECHO \"the end!\"\r\n"))
	var got []byte
	buf := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buf)
		got = append(got, buf[:n]...)
		if bytes.HasSuffix(got, []byte(mark)) {
			at := bytes.LastIndex(got, []byte("*14\r\n$6\r\nserver"))
			return string(got[:max(0, at)]) + "and stays open"
		}
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%.80q: no end after %.100q", input, got)
			}
			return string(got) + "and is closed"
		}
	}
}

func TestClientListOrder(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	for i := range 5 {
		newPeer(t, srv.Dial()).do(fmt.Sprintf("SELECT %d\r\nCLIENT SETNAME n%d\r\nCLIENT SETINFO lib-name x\r\nCLIENT NO-EVICT on\r\n", i, i),
			"+OK\r\n+OK\r\n+OK\r\n+OK\r\n")
	}
	var names []string
	for _, c := range srv.snapshot() {
		line := string(c.appendInfo(nil, time.Now().Unix()))
		names = append(names, c.name)
		if want := fmt.Sprintf(" name=%s ", c.name); !strings.Contains(line, want) ||
			!strings.Contains(line, " flags=e ") || !strings.Contains(line, fmt.Sprintf(" db=%s ", c.name[1:])) ||
			!strings.Contains(line, " cmd=client|no-evict user=default redir=-1 resp=2 lib-name=x lib-ver=\n") {
			t.Errorf("got %q", line)
		}
	}
	if !slices.Equal(names, []string{"n0", "n1", "n2", "n3", "n4"}) {
		t.Errorf("got %q", names)
	}
}

// distantConn is a connection whose peer seems to be elsewhere.
type distantConn struct {
	net.Conn
	ip string
}

func (c distantConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.ip), Port: 1} }

func TestProtectedMode(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	ask := func(ip string) string {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		go srv.serveConn(distantConn{ours, ip})
		theirs.SetDeadline(time.Now().Add(10 * time.Second))
		go theirs.Write([]byte("PING\r\n"))
		line, err := bufio.NewReader(theirs).ReadString('\n')
		if err != nil {
			return err.Error()
		}
		return line
	}
	denied := "-" + errProtected.Error() + "\r\n"
	set := func(name, value string) {
		if err := srv.SetConfig(Setting{name, value}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(ip, want string) {
		t.Helper()
		if got := ask(ip); got != want {
			t.Errorf("from %s: %q, want %q", ip, got, want)
		}
	}
	for _, ip := range []string{"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"} {
		check(ip, "+PONG\r\n")
	}
	for _, ip := range []string{"192.0.2.1", "2001:db8::1", "0.0.0.0"} {
		check(ip, denied)
	}
	if n := srv.rejected.Load(); n != 3 {
		t.Errorf("%d connections rejected", n)
	}
	ca := newAuthority(t)
	_, _, cert := issue(t, ca, "server")
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go srv.serveConn(tls.Server(distantConn{ours, "192.0.2.1"}, &tls.Config{Certificates: []tls.Certificate{cert}}))
	secure := tls.Client(theirs, ca.clientConfig())
	secure.SetDeadline(time.Now().Add(10 * time.Second))
	if got, err := bufio.NewReader(secure).ReadString('\n'); got != denied {
		t.Errorf("by TLS: %q, %v", got, err)
	}
	if n := srv.rejected.Load(); n != 4 {
		t.Errorf("%d connections rejected", n)
	}
	set("requirepass", "secret")
	check("192.0.2.1", "-NOAUTH Authentication required.\r\n")
	if err := srv.SetUser("default", "nopass", "off"); err != nil {
		t.Fatal(err)
	}
	check("192.0.2.1", denied)
	srv.SetUser("default", "on")
	set("protected-mode", "no")
	check("192.0.2.1", "+PONG\r\n")
}
