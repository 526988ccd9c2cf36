package resp

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// The connection that Dial returns: two queues of bytes, one for each direction. It differs from net.Pipe in that a
// write returns as soon as its bytes are queued, and from a socket in that it waits on nothing but condition variables
// and timers, which testing/synctest understands.

const (
	pipeCommands = 1 << 20           // unread bytes from the client
	pipeReplies  = maxPendingReplies // unread bytes to the client
)

// newPipe returns the two ends of a connection, the server's first.
func newPipe() (server, client net.Conn) {
	commands, replies := newPipeQueue(pipeCommands), newPipeQueue(pipeReplies)
	return &pipeEnd{from: commands, to: replies}, &pipeEnd{from: replies, to: commands}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe:0" }

// pipeEnd is one end of a connection.
type pipeEnd struct{ from, to *pipeQueue }

func (p *pipeEnd) Read(b []byte) (int, error)  { return p.from.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error) { return p.to.write(b) }
func (p *pipeEnd) LocalAddr() net.Addr         { return pipeAddr{} }
func (p *pipeEnd) RemoteAddr() net.Addr        { return pipeAddr{} }

// Close lets the other end read what has been written, and nothing after that.
func (p *pipeEnd) Close() error {
	p.from.closeReading()
	p.to.closeWriting()
	return nil
}

func (p *pipeEnd) SetDeadline(t time.Time) error {
	p.from.setDeadline(&p.from.reading, t)
	p.to.setDeadline(&p.to.writing, t)
	return nil
}

func (p *pipeEnd) SetReadDeadline(t time.Time) error {
	p.from.setDeadline(&p.from.reading, t)
	return nil
}

func (p *pipeEnd) SetWriteDeadline(t time.Time) error {
	p.to.setDeadline(&p.to.writing, t)
	return nil
}

// pipeQueue is one direction of a connection.
type pipeQueue struct {
	limit int

	mu      sync.Mutex
	changed sync.Cond
	buf     []byte // buf[head:] is unread
	head    int
	closed  bool // by the writer: end of file after what is unread
	broken  bool // by the reader
	reading deadline
	writing deadline
}

// deadline is that of one side of a queue.
type deadline struct {
	timer  *time.Timer
	set    uint64 // counts settings, so that a timer that comes late knows it
	passed bool
}

func newPipeQueue(limit int) *pipeQueue {
	q := &pipeQueue{limit: limit}
	q.changed.L = &q.mu
	return q
}

func (q *pipeQueue) len() int { return len(q.buf) - q.head }

// read prefers data to a deadline that has passed.
func (q *pipeQueue) read(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.broken:
			return 0, net.ErrClosed
		case q.len() > 0 || len(b) == 0:
			return q.take(b), nil
		case q.closed:
			return 0, io.EOF
		case q.reading.passed:
			return 0, os.ErrDeadlineExceeded
		}
		q.changed.Wait()
	}
}

// take moves bytes out of the queue and lets go of a large buffer that has become empty.
func (q *pipeQueue) take(b []byte) int {
	wasFull := q.len() >= q.limit
	n := copy(b, q.buf[q.head:])
	q.head += n
	if q.len() == 0 {
		q.head, q.buf = 0, q.buf[:0]
		if cap(q.buf) > keptBuffer {
			q.buf = nil
		}
	}
	if wasFull {
		q.changed.Broadcast()
	}
	return n
}

func (q *pipeQueue) write(b []byte) (n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.closed:
			return n, net.ErrClosed
		case q.broken:
			return n, io.ErrClosedPipe
		case q.writing.passed:
			return n, os.ErrDeadlineExceeded
		case n == len(b):
			return n, nil
		}
		if room := q.limit - q.len(); room > 0 {
			n += q.put(b[n:min(len(b), n+room)])
			continue
		}
		q.changed.Wait()
	}
}

// put appends to the queue, using the space of what has been read before it takes more.
func (q *pipeQueue) put(b []byte) int {
	if q.len() == 0 {
		q.changed.Broadcast()
	}
	if q.head > 0 && len(q.buf)+len(b) > cap(q.buf) {
		q.buf = q.buf[:copy(q.buf, q.buf[q.head:])]
		q.head = 0
	}
	q.buf = append(q.buf, b...)
	return len(b)
}

func (q *pipeQueue) closeWriting() {
	q.mu.Lock()
	q.closed = true
	q.writing.stop()
	q.changed.Broadcast()
	q.mu.Unlock()
}

func (q *pipeQueue) closeReading() {
	q.mu.Lock()
	q.broken = true
	q.buf, q.head = nil, 0
	q.reading.stop()
	q.changed.Broadcast()
	q.mu.Unlock()
}

func (q *pipeQueue) setDeadline(d *deadline, t time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d.stop()
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		q.changed.Broadcast()
		return
	}
	set := d.set
	d.timer = time.AfterFunc(wait, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if d.set == set {
			d.passed = true
			q.changed.Broadcast()
		}
	})
}

// stop lifts the deadline.
func (d *deadline) stop() {
	d.set++
	d.passed = false
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
