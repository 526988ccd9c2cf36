package resp

import (
	"net"
	"testing"
)

// TestBlockedSortedPop: clients that wait for sorted sets are served in the order in which they came, by whatever makes a
// key hold one.
func TestBlockedSortedPop(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		first, second, third, writer := newPeer(t, dial()), newPeer(t, dial()), newPeer(t, dial()), newPeer(t, dial())
		first.send("BZPOPMIN a b 0\r\n")
		blockedClients(t, srv, 1)
		second.send("BZPOPMAX b 0\r\n")
		blockedClients(t, srv, 2)
		third.send("BZMPOP 0 2 a b MIN COUNT 5\r\n")
		blockedClients(t, srv, 3)
		writer.do("ZADD b 1 x 2 y 3 z 4 w\r\nEXISTS b\r\n", ":4\r\n:0\r\n")
		first.expect("*3\r\n$1\r\nb\r\n$1\r\nx\r\n$1\r\n1\r\n")
		second.expect("*3\r\n$1\r\nb\r\n$1\r\nw\r\n$1\r\n4\r\n")
		third.expect("*2\r\n$1\r\nb\r\n*2\r\n*2\r\n$1\r\ny\r\n$1\r\n2\r\n*2\r\n$1\r\nz\r\n$1\r\n3\r\n")
		first.send("BZPOPMAX a 0\r\n")
		blockedClients(t, srv, 1)
		writer.do("SADD a m\r\nZADD c 5 n\r\nRENAME c a\r\nEXISTS a\r\n", ":1\r\n:1\r\n+OK\r\n:0\r\n")
		first.expect("*3\r\n$1\r\na\r\n$1\r\nn\r\n$1\r\n5\r\n")
	})
}
