package resp

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestReplicationCommands(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"ROLE": {
			{"role", `*["master" :0 *[]]`},
			{"role x", "-ERR wrong number of arguments for 'role' command"},
		},
		"REPLICAOF SLAVEOF": {
			{"replicaof no one", "+OK"},
			{"SlaveOf NO ONE", "+OK"},
			{"replicaof no x", "-ERR Invalid master port"},
			{"slaveof localhost 65536", "-ERR Invalid master port"},
			{"slaveof localhost -1", "-ERR Invalid master port"},
		},
		"WAIT": {
			{"wait 0 0", ":0"},
			{"wait -1 0", ":0"},
			{"wait 1 1", ":0"},
			{"wait x 0", "-ERR value is not an integer or out of range"},
			{"wait 0 x", "-ERR timeout is not an integer or out of range"},
			{"wait 0 -1", "-ERR timeout is negative"},
			{"wait 1", "-ERR wrong number of arguments for 'wait' command"},
			{"multi", "+OK"},
			{"wait 1 0", "+QUEUED"},
			{"exec", "*[:0]"},
		},
	})
	runNewerTables(t, map[string][]row{"REPLICAOF": {
		{"replicaof localhost 6379", "-ERR larder does not replicate other servers"},
	}})
}

// TestWaitTakesItsTime: WAIT answers when its timeout ends, not before, and blocks nobody else.
func TestWaitTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, nil)
		p, other := newPeer(t, srv.Dial()), newPeer(t, srv.Dial())
		start := time.Now()
		p.send("WAIT 1 1500\r\nPING\r\n")
		other.do("PING\r\n", "+PONG\r\n")
		p.expect(":0\r\n+PONG\r\n")
		if took := time.Since(start); took != 1500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		p.Close()
		other.Close()
		srv.Close()
	})
}

// TestUnblockWait ends waits for ever.
func TestUnblockWait(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p, other := newPeer(t, dial()), newPeer(t, dial())
		for how, reply := range map[string]string{"": ":0", " timeout": ":0", " error": "-UNBLOCKED client unblocked via CLIENT UNBLOCK"} {
			p.do("WAIT 0 0\r\nPING\r\n", ":0\r\n+PONG\r\n")
			p.send("CLIENT ID\r\n")
			p.r.Peek(1)
			id := p.integer()
			p.send("WAIT 1 0\r\n")
			eventually(t, "the client is blocked", func() bool { return srv.clientNumbered(id).blocked.Load() != nil })
			other.do("CLIENT UNBLOCK "+itoa(id)+how+"\r\n", ":1\r\n")
			p.expect(reply + "\r\n")
			other.do("CLIENT UNBLOCK "+itoa(id)+how+"\r\n", ":0\r\n")
		}
	})
}
