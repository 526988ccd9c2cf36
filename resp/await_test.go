package resp

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// blockedClients waits until as many clients wait for data.
func blockedClients(t testing.TB, srv *Server, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d clients wait", n), func() bool {
		count := 0
		for _, c := range srv.snapshot() {
			if c.blocked.Load() != nil {
				count++
			}
		}
		return count == n
	})
}

// TestBlockedInTurn: clients are served in the order in which they came, before the writer goes on, and what they have
// sent behind the command that waits is executed then.
func TestBlockedInTurn(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		var waiting []*peer
		for i := range 3 {
			p := newPeer(t, dial())
			p.send("BLPOP a b 0\r\nECHO behind\r\n")
			blockedClients(t, srv, i+1)
			waiting = append(waiting, p)
		}
		writer := newPeer(t, dial())
		writer.do("RPUSH b 1 2\r\nLLEN b\r\n", ":2\r\n:0\r\n")
		waiting[0].expect("*2\r\n$1\r\nb\r\n$1\r\n1\r\n$6\r\nbehind\r\n")
		waiting[1].expect("*2\r\n$1\r\nb\r\n$1\r\n2\r\n$6\r\nbehind\r\n")
		blockedClients(t, srv, 1)
		writer.do("MULTI\r\nRPUSH a 3\r\nRPUSH b 4\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n:1\r\n")
		waiting[2].expect("*2\r\n$1\r\na\r\n$1\r\n3\r\n$6\r\nbehind\r\n")
		writer.do("LRANGE b 0 -1\r\n", "*1\r\n$1\r\n4\r\n")
		blockedClients(t, srv, 0)
	})
}

func TestBlockedMove(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		last, first, writer := newPeer(t, dial()), newPeer(t, dial()), newPeer(t, dial())
		last.send("BLMPOP 0 1 b RIGHT COUNT 9\r\n")
		blockedClients(t, srv, 1)
		first.send("BLMOVE a b LEFT LEFT 0\r\n")
		blockedClients(t, srv, 2)
		writer.do("LPUSH a v\r\nEXISTS a b\r\n", ":1\r\n:0\r\n")
		first.expect("$1\r\nv\r\n")
		last.expect("*2\r\n$1\r\nb\r\n*1\r\n$1\r\nv\r\n")
		first.send("BRPOPLPUSH a b 0\r\n")
		blockedClients(t, srv, 1)
		writer.do("SET b s\r\nLPUSH a w\r\nLLEN a\r\n", "+OK\r\n:1\r\n:1\r\n")
		first.expect("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n")
	})
}

// TestBlockedGone: a client that is killed, or closes the connection, takes nothing.
func TestBlockedGone(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		killed, closed, admin := newPeer(t, dial()), newPeer(t, dial()), newPeer(t, dial())
		killed.send("CLIENT ID\r\n")
		id := killed.integer()
		killed.send("BLPOP k 0\r\n")
		closed.send("BLPOP k 0\r\n")
		blockedClients(t, srv, 2)
		admin.send("CLIENT LIST\r\nINFO clients\r\n")
		var list strings.Builder
		for !strings.Contains(list.String(), "blocked_clients") {
			line, err := admin.r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			list.WriteString(line)
		}
		if got := list.String(); strings.Count(got, " flags=b") != 2 || !strings.Contains(got, "blocked_clients:2\r\n") {
			t.Errorf("got %s", got)
		}
		for line := "?"; line != "\r\n"; {
			line, _ = admin.r.ReadString('\n')
		}
		admin.do(fmt.Sprintf("CLIENT KILL ID %d\r\n", id), ":1\r\n")
		killed.expectEnd()
		closed.Close()
		eventually(t, "one client is left", func() bool { return srv.clientCount() == 1 })
		admin.do("LPUSH k v\r\nLLEN k\r\n", ":1\r\n:1\r\n")
	})
}

// TestClientUnblock: a client that waits is told to go on.
func TestClientUnblock(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p, admin := newPeer(t, dial()), newPeer(t, dial())
		p.send("CLIENT ID\r\n")
		id := p.integer()
		for reason, want := range map[string]string{
			"": "*-1\r\n", " timeout": "*-1\r\n", " ERROR": "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n",
		} {
			p.send("BLPOP k 0\r\nPING\r\n")
			blockedClients(t, srv, 1)
			unblock := fmt.Sprintf("CLIENT UNBLOCK %d%s\r\n", id, reason)
			admin.do(unblock+unblock, ":1\r\n:0\r\n")
			p.expect(want + "+PONG\r\n")
		}
		admin.do("RPUSH k v\r\nLLEN k\r\n", ":1\r\n:1\r\n")
	})
	runTables(t, map[string][]row{"errors": {
		{"client unblock 99999999", ":0"},
		{"client unblock -1 error", ":0"},
		{"client unblock x", wantWrongInt},
		{"client unblock x foo", "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"},
		{"client unblock 1 timeout x", "-ERR unknown subcommand or wrong number of arguments for 'unblock'. Try CLIENT HELP."},
	}})
}

func TestBlockedShutdown(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		p.send("ECHO a\r\nBRPOP k 0\r\n")
		p.expect("$1\r\na\r\n")
		blockedClients(t, srv, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		p.expectEnd()
		if n, err := srv.Cache.Lists().RPush("k", []byte("v")); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}

// TestBlockedTimeout: the timeout is waited for to the millisecond, and what comes after it is not taken.
func TestBlockedTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, nil)
		p := newPeer(t, srv.Dial())
		for timeout, want := range map[string]time.Duration{
			"1.5": 1500 * time.Millisecond, "0.0004": time.Millisecond, "10": 10 * time.Second,
		} {
			start := time.Now()
			p.do("BLPOP k "+timeout+"\r\n", "*-1\r\n")
			if d := time.Since(start); d != want {
				t.Errorf("timeout %s came after %v", timeout, d)
			}
		}
		srv.Cache.Lists().RPush("k", []byte("v"))
		p.do("LLEN k\r\n", ":1\r\n")
		p.do("BLPOP k 1\r\n", "*2\r\n$1\r\nk\r\n$1\r\nv\r\n")
		p.send("BLPOP k 1000\r\n")
		synctest.Wait()
		srv.Cache.Close()
		p.expect("-ERR cache is closed\r\n")
		p.Close()
		srv.Close()
	})
}

// TestBlockedNotInMulti: within a transaction nothing waits.
func TestBlockedNotInMulti(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"MULTI": {
			{"multi", "+OK"},
			{"blpop k 0", "+QUEUED"},
			{"blmove k l left right 0", "+QUEUED"},
			{"blmpop 0 1 k left", "+QUEUED"},
			{"rpush k a b c d", "+QUEUED"},
			{"brpop k 0", "+QUEUED"},
			{"brpoplpush k k 0", "+QUEUED"},
			{"blmove k l left right 0", "+QUEUED"},
			{"exec", `*[*null $null *null :4 *["k" "d"] "c" "c"]`},
			{"lrange k 0 -1", `*["a" "b"]`},
		},
	})
}
