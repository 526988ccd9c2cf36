package resp

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// TestLongRemovals sends commands that remove most of large collections, over every transport, while other clients ask
// how much there is: they are told what was there before or what is left, and the replies to all come in order.
func TestLongRemovals(t *testing.T) {
	const n, kept = 20_000, 20
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		scored, members := make([]datatypes.Scored, n), make([]string, n)
		values := make([][]byte, n)
		for i := range n {
			members[i] = fmt.Sprint("m", i)
			scored[i] = datatypes.Scored{Member: members[i], Score: float64(i)}
			values[i] = []byte(members[i])
		}
		p, other := newPeer(t, dial()), newPeer(t, dial())
		for _, c := range []struct{ remove, reply, count string }{
			{fmt.Sprintf("ZREMRANGEBYRANK z %d -1", kept), fmt.Sprintf(":%d\r\n", n-kept), "ZCARD z"},
			{fmt.Sprintf("LTRIM l -%d -1", kept), "+OK\r\n", "LLEN l"},
			{fmt.Sprintf("SPOP s %d", n-kept), "", "SCARD s"},
			{fmt.Sprintf("ZPOPMAX z %d", n-kept), "", "ZCARD z"},
			{fmt.Sprintf("LPOP l %d", n-kept), "", "LLEN l"},
		} {
			srv.Cache.Keys().FlushAll()
			if _, err := srv.Cache.SortedSets().Add("z", scored...); err != nil {
				t.Fatal(err)
			}
			if _, err := srv.Cache.Sets().Add("s", members...); err != nil {
				t.Fatal(err)
			}
			if _, err := srv.Cache.Lists().RPush("l", values...); err != nil {
				t.Fatal(err)
			}
			p.send("ECHO before\r\n" + c.remove + "\r\n" + c.count + "\r\nECHO behind\r\n")
			for left := n; left != kept; {
				other.send("ECHO a\r\n" + c.count + "\r\nECHO b\r\n")
				other.expect("$1\r\na\r\n")
				line, err := other.r.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				if _, err := fmt.Sscanf(line, ":%d\r\n", &left); err != nil || left != n && left != kept {
					t.Fatalf("%s: %s replies %q, %v", c.remove, c.count, line, err)
				}
				other.expect("$1\r\nb\r\n")
			}
			p.expect("$6\r\nbefore\r\n" + c.reply)
			if c.reply == "" {
				elements := n - kept
				if strings.HasPrefix(c.remove, "ZPOP") {
					elements *= 2
				}
				p.expect(fmt.Sprintf("*%d\r\n", elements))
				for range elements {
					p.skipBulk()
				}
			}
			p.expect(fmt.Sprintf(":%d\r\n$6\r\nbehind\r\n", kept))
		}
	})
}

// skipBulk reads a bulk string.
func (p *peer) skipBulk() {
	p.t.Helper()
	for range 2 {
		if _, err := p.r.ReadString('\n'); err != nil {
			p.t.Fatal(err)
		}
	}
}
