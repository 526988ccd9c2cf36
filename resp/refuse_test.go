package resp

import (
	"net"
	"testing"
)

func TestRefuse(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		p := newPeer(t, dial())
		p.do("SET k v\r\n", "+OK\r\n")
		const text = "LOADING Redis is loading the dataset in memory"
		for range 100 { // whatever comes after Refuse has returned is refused
			srv.Refuse(text)
			p.do("GET k\r\nPING\r\nNOSUCH\r\n", "-"+text+"\r\n-"+text+"\r\n-"+text+"\r\n")
			srv.Refuse("")
			p.do("GET k\r\n", "$1\r\nv\r\n")
		}
		p.do("MULTI\r\nSET k w\r\n", "+OK\r\n+QUEUED\r\n")
		srv.Refuse(text)
		p.do("EXEC\r\n", "-EXECABORT Transaction discarded because of: "+text+"\r\n")
		newPeer(t, dial()).do("PING\r\n", "-"+text+"\r\n")
		srv.Refuse("")
		p.do("GET k\r\n", "$1\r\nv\r\n")
	})
}
