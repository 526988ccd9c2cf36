package resp

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
)

func TestClientPauseErrors(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{"CLIENT PAUSE UNPAUSE": {
		{"client pause", "-ERR wrong number of arguments for 'client|pause' command"},
		{"client pause x", "-ERR timeout is not an integer or out of range"},
		{"client pause -1", "-ERR timeout is negative"},
		{"client pause 1 x", "-ERR CLIENT PAUSE mode must be WRITE or ALL"},
		{"client pause x x", "-ERR CLIENT PAUSE mode must be WRITE or ALL"},
		{"client pause 1 all x", "-ERR unknown subcommand or wrong number of arguments for 'pause'. Try CLIENT HELP."},
		{"client pause 99999999999999999999", "-ERR timeout is not an integer or out of range"},
		{"client unpause x", "-ERR wrong number of arguments for 'client|unpause' command"},
		{"client unpause", "+OK"},
		{"client pause 0", "+OK"},
		{"client pause 1 WRITE", "+OK"},
		{"set k v", "+OK"},
		{"client unpause", "+OK"},
	}})
}

// TestPauseWrites: what writes is put off, with everything that the client has sent after it; what reads is not.
func TestPauseWrites(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p, other := newPeer(t, dial()), newPeer(t, dial())
		p.do("SET a 1\r\nCLIENT PAUSE 3600000 WRITE\r\n", "+OK\r\n+OK\r\n")
		p.do("GET a\r\nnosuch\r\nSET a\r\n", "$1\r\n1\r\n-ERR unknown command 'nosuch', with args beginning with: \r\n"+
			"-ERR wrong number of arguments for 'set' command\r\n")
		p.do("MULTI\r\nGET a\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n*1\r\n$1\r\n1\r\n")
		waiting := 0
		for _, input := range []string{
			"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n|+OK\r\n$1\r\n2\r\n",
			"SET b \"x y\"\r\nGET b\r\n|+OK\r\n$3\r\nx y\r\n",
			"PING\r\nPUBLISH c m\r\nPING\r\n|+PONG\r\n:0\r\n+PONG\r\n",
			"PFCOUNT h\r\n|:0\r\n",
			"MULTI\r\nPING\r\nSET c 1\r\nEXEC\r\n|+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n+OK\r\n",
			"CLIENT REPLY SKIP\r\nSET d 1\r\nGET d\r\n|$1\r\n1\r\n",
		} {
			input, replies, _ := strings.Cut(input, "|")
			q := newPeer(t, dial())
			q.send(input)
			waiting++
			eventually(t, input+" waits", func() bool { return strings.Contains(srv.Info("clients"), "blocked_clients:"+itoa(int64(waiting))) })
			defer q.expect(replies)
		}
		if list := srv.Info("clients"); !strings.Contains(list, "blocked_clients:6\r\n") {
			t.Error(list)
		}
		other.do("GET a\r\nGET b\r\nEXISTS c d\r\nCLIENT UNPAUSE\r\nPING\r\n", "$1\r\n1\r\n$-1\r\n:0\r\n+OK\r\n+PONG\r\n")
	})
}

// TestPauseAll puts off all commands, UNPAUSE included, but not errors and monitors; the time of the longest pause and
// the strictest kind hold.
func TestPauseAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, nil)
		p, monitor := newPeer(t, srv.Dial()), newPeer(t, srv.Dial())
		monitor.do("MONITOR\r\n", "+OK\r\n")
		start := time.Now()
		p.do("CLIENT PAUSE 60000 WRITE\r\nCLIENT PAUSE 10 ALL\r\nnosuch\r\n",
			"+OK\r\n+OK\r\n-ERR unknown command 'nosuch', with args beginning with: \r\n")
		p.send("CLIENT UNPAUSE\r\nPING\r\n")
		monitor.do("PING\r\n", "+PONG\r\n")
		if took := time.Since(start); took != 0 {
			t.Errorf("the monitor was served after %v", took)
		}
		p.expect("+OK\r\n+PONG\r\n")
		if took := time.Since(start); took != time.Minute {
			t.Errorf("paused for %v", took)
		}
		synctest.Wait()
		if srv.conditions.Load() != conditionMonitored || len(srv.pauses.held) != 0 {
			t.Errorf("conditions %b, %d held", srv.conditions.Load(), len(srv.pauses.held))
		}
		p.Close()
		monitor.Close()
		srv.Close()
	})
}

// TestPauseHoldsMaintenance: nothing expires by itself while clients are paused.
func TestPauseHoldsMaintenance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		srv := &Server{Cache: cache}
		defer srv.Close()
		p := newPeer(t, srv.Dial())
		defer p.Close()
		p.do("SET k v PX 10\r\nCLIENT PAUSE 60000 WRITE\r\n", "+OK\r\n+OK\r\n")
		time.Sleep(59 * time.Second)
		if n := cache.Stats().Keys; n != 1 {
			t.Errorf("%d keys during the pause", n)
		}
		time.Sleep(10 * time.Second)
		if n := cache.Stats().Keys; n != 0 {
			t.Errorf("%d keys after it", n)
		}
	})
}

// TestPausesOfServersOfOneCache: when the pause of one server ends, that of another goes on.
func TestPausesOfServersOfOneCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		var peers [2]*peer
		for i := range peers {
			srv := &Server{Cache: cache}
			defer srv.Close()
			peers[i] = newPeer(t, srv.Dial())
			defer peers[i].Close()
		}
		peers[0].do("SET k v PX 10\r\nCLIENT PAUSE 60000 WRITE\r\n", "+OK\r\n+OK\r\n")
		peers[1].do("CLIENT PAUSE 5000 WRITE\r\n", "+OK\r\n")
		time.Sleep(59 * time.Second)
		if n := cache.Stats().Keys; n != 1 {
			t.Errorf("%d keys when one server's pause has ended and the other's has not", n)
		}
		time.Sleep(10 * time.Second)
		if n := cache.Stats().Keys; n != 0 {
			t.Errorf("%d keys after both", n)
		}
	})
}

// TestPausedClientGoes leaves nothing behind of a client that goes while its command is put off, nor can it be unblocked.
func TestPausedClientGoes(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p, other := newPeer(t, dial()), newPeer(t, dial())
		other.do("PING\r\n", "+PONG\r\n")
		p.send("CLIENT ID\r\n")
		p.r.Peek(1)
		id := p.integer()
		p.do("CLIENT PAUSE 3600000 WRITE\r\n", "+OK\r\n")
		p.send("SET k v\r\n")
		eventually(t, "it waits", func() bool { return srv.clientNumbered(id).blocked.Load() != nil })
		other.do("CLIENT UNBLOCK "+itoa(id)+"\r\n", ":0\r\n")
		p.Close()
		eventually(t, "it is gone", func() bool {
			srv.pauses.mu.Lock()
			defer srv.pauses.mu.Unlock()
			return len(srv.pauses.held) == 0 && srv.clientCount() == 1
		})
		other.do("CLIENT UNPAUSE\r\nEXISTS k\r\n", "+OK\r\n:0\r\n")
	})
}
