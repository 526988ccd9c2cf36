package resp

import (
	"context"
	"net"
	"strconv"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestShutdownCommandErrors(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{"SHUTDOWN": {
		{"shutdown x", "-ERR syntax error"},
		{"shutdown save nosave", "-ERR syntax error"},
		{"shutdown abort now", "-ERR syntax error"},
		{"shutdown abort", "-ERR No shutdown in progress."},
		{"multi", "+OK"},
		{"shutdown abort", "-ERR Command not allowed inside a transaction"},
		{"exec", "-EXECABORT Transaction discarded because of previous errors."},
	}})
	runNewerTables(t, map[string][]row{"SHUTDOWN": {
		{"shutdown", "-ERR SHUTDOWN is not allowed: the program that this server is part of has not provided for it"},
		{"shutdown save", "-ERR larder keeps nothing on disk; there is no SHUTDOWN SAVE"},
		{"ping", "+PONG"},
	}})
}

func TestShutdownCommand(t *testing.T) {
	for _, form := range []string{"SHUTDOWN", "SHUTDOWN NOSAVE NOW FORCE", "shutdown now nosave"} {
		ended := make(chan error, 1)
		stop := func(s *Server) { s.OnShutdown = func() { ended <- s.Shutdown(context.Background()) } }
		overTransports(t, stop, func(t *testing.T, srv *Server, dial func() net.Conn) {
			p, other := newPeer(t, dial()), newPeer(t, dial())
			other.do("PING\r\n", "+PONG\r\n")
			p.do("PING\r\n"+form+"\r\nPING\r\n", "+PONG\r\n")
			if err := <-ended; err != nil {
				t.Error(err)
			}
			p.expectEnd()
			other.expectEnd()
		})
	}
}
