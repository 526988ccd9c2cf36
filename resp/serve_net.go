package resp

import (
	"errors"
	"net"
	"os"
	"time"
)

// netReadLen is the input buffer that a connection with a goroutine keeps while it is idle.
const netReadLen = 4 << 10

// netConn serves a connection of any kind by a goroutine of its own, which reads, executes and writes in turn. While it
// waits for input, others interrupt it by a read deadline that has passed.
type netConn struct {
	srv    *Server
	conn   net.Conn
	client *client
	woken  chan struct{} // holds a token when the mailbox has to be looked at

	refused bool // by protected mode, which can be said only when TLS has been agreed on
}

// aLongTimeAgo is a deadline that has passed.
var aLongTimeAgo = time.Unix(1, 0)

func (n *netConn) counters() *counters { return &n.srv.netCount }

// wake interrupts the goroutine's wait; a connection that is to be killed is closed, for the goroutine may be writing.
func (n *netConn) wake(c *client) {
	c.mu.Lock()
	kill := c.mail.kill != ""
	c.mu.Unlock()
	if kill {
		n.conn.Close()
	}
	select {
	case n.woken <- struct{}{}:
	default:
	}
	n.conn.SetReadDeadline(aLongTimeAgo)
}

// run serves the connection to its end.
func (n *netConn) run() {
	c := n.client
	defer c.srv.wg.Done()
	defer c.detach()
	defer n.conn.Close()
	if !n.handshake() || c.mailed.Load() && !n.serve() {
		return
	}
	if n.refused {
		c.srv.turnAway(n.conn, errProtected)
		return
	}
	for {
		interrupted, err := n.read()
		if err != nil {
			c.draining = true
		}
		if interrupted {
			// The deadline is lifted before the mailbox is emptied: what is posted in between sets it again.
			n.conn.SetReadDeadline(time.Time{})
		}
		if !n.serve() {
			return
		}
	}
}

// read waits for input or an interruption. A client whose command waits is read no further than one buffer, or its end.
func (n *netConn) read() (interrupted bool, err error) {
	c := n.client
	if c.waiting && (c.draining || c.in.unread() >= readLen) {
		<-n.woken
		return true, nil
	}
	room, err := c.in.extend(netReadLen, int(c.srv.settings.maxQuery.Load()))
	if err != nil {
		c.srv.log().Warn("resp: connection closed", "error", err, "id", c.id, "addr", c.addr)
		n.conn.Close()
		return false, err
	}
	got, err := n.conn.Read(room)
	c.in.buf = c.in.buf[:len(c.in.buf)+got]
	c.srv.netCount.bytesIn.Add(int64(got))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true, nil
	}
	return false, err
}

// serve executes what has been received and writes the replies. It returns false when the connection is to be closed.
func (n *netConn) serve() bool {
	c := n.client
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	s.lend(c)
	if c.collect() {
		return false
	}
	for more := true; more; {
		more = c.process(s)
		if !n.flush() {
			return false
		}
	}
	if c.finish() {
		return false
	}
	s.settleReplies(c)
	s.settleArguments(c)
	s.forget()
	c.publish()
	return true
}

// flush writes the pending replies.
func (n *netConn) flush() bool {
	c := n.client
	if c.pending() == 0 {
		return true
	}
	if c.pending() >= flushLen { // the write may take as long as the client likes
		c.unsentLen.Store(int64(c.pending()))
		c.account()
	}
	_, err := n.conn.Write(c.out[c.sent:])
	c.srv.netCount.bytesOut.Add(int64(len(c.out) - c.sent))
	c.out, c.sent = c.out[:0], 0
	return err == nil
}
