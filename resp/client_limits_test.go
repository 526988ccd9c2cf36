package resp

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// TestIdleTimeoutSparesListeners: who waits for something, or is only sent something, is not idle.
func TestIdleTimeoutSparesListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, func(s *Server) { s.IdleTimeout, s.EnableDebug = 10*time.Second, true })
		dial := func(command, reply string) *peer {
			p := newPeer(t, srv.Dial())
			p.do(command+"\r\n", reply)
			return p
		}
		idle := dial("PING", "+PONG\r\n")
		subscriber := dial("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
		monitor := dial("MONITOR", "+OK\r\n")
		blocked, asleep := dial("BLPOP l 60", ""), dial("DEBUG SLEEP 60", "")
		time.Sleep(59 * time.Second)
		idle.expectEnd()
		busy := dial("PUBLISH c m", ":1\r\n")
		subscriber.expect("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n")
		blocked.expect("*-1\r\n")
		asleep.expect("+OK\r\n")
		if line, err := monitor.r.ReadString('\n'); err != nil || !strings.Contains(line, `"BLPOP"`) {
			t.Errorf("the monitor got %q, %v", line, err)
		}
		for _, p := range []*peer{busy, subscriber, monitor, blocked, asleep} {
			p.Close()
		}
		srv.Close()
	})
}

// TestQueryBufferLimit: a command that grows beyond the limit costs its client the connection, and nobody else anything.
func TestQueryBufferLimit(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p, other := newPeer(t, dial()), newPeer(t, dial())
		other.do("CONFIG SET client-query-buffer-limit 1mb\r\n", "+OK\r\n")
		p.do("PING\r\n", "+PONG\r\n")
		go p.Write([]byte("*2\r\n$4\r\nECHO\r\n$16777216\r\n" + strings.Repeat("x", 4<<20)))
		p.expectEnd()
		eventually(t, "it is gone", func() bool { return srv.clientCount() == 1 })
		other.do("PING\r\n", "+PONG\r\n")
		if held := srv.clientMemory.Load(); held > 1<<20 {
			t.Errorf("%d bytes are held", held)
		}
	})
}

// TestOutputLimitOfReplies: a client that does not read what it has asked for is disconnected, whatever its class allows
// more than that.
func TestOutputLimitOfReplies(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		if _, err := srv.Cache.Strings().Set("big", make([]byte, 8<<20), datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
		p, other := newPeer(t, dial()), newPeer(t, dial())
		other.do("CONFIG SET client-output-buffer-limit \"normal 2mb 0 0\"\r\n", "+OK\r\n")
		p.send(strings.Repeat("GET big\r\n", 3))
		eventually(t, "it is gone", func() bool { return srv.clientCount() == 1 })
		other.do("GET nosuch\r\n", "$-1\r\n")
	})
}

// TestHalfCommandsAreBounded: many clients that each send half of a large command cost together what maxmemory-clients
// allows.
func TestHalfCommandsAreBounded(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		if err := srv.SetConfig(Setting{"maxmemory-clients", "8mb"}); err != nil {
			t.Fatal(err)
		}
		const clients = 20
		for range clients {
			p := newPeer(t, dial())
			go p.Write([]byte(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", 4<<20, strings.Repeat("x", 1<<20))))
		}
		eventually(t, "some are evicted", func() bool { return srv.evicted.Load() > 0 })
		eventually(t, "the others hold little", func() bool {
			return srv.clientMemory.Load() <= 8<<20 && srv.clientCount() == clients-int(srv.evicted.Load())
		})
	})
}
