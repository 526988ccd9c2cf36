package resp

import (
	"errors"
	"sync"

	"github.com/larderkv/larder/datatypes"
)

// scratch is the working memory of whoever serves clients, one at a time: an event loop has one, a goroutine of a
// connection borrows one while it has commands to execute. Thanks to it a client that has neither unread input nor
// unsent replies holds no buffer.
type scratch struct {
	queue []queued
	args  [][]byte // arguments of the queued commands, one after another
	keys  []string
	batch datatypes.Batch
	spans []span

	in  []byte // where input is read to
	out []byte // where replies are gathered, nil while a client has it

	// Storage that clients gave back.
	spare      [][]byte
	spareSpans [][]span
}

// queued is a command that has been parsed and waits for its turn in the batch.
type queued struct {
	cmd     *command // nil if problem says why it cannot be executed
	args    [][]byte
	problem string
	end     int // where the command ends in the input
}

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// maxSpare is the number of buffers kept for clients that need storage of their own.
const maxSpare = 16

// take returns an empty buffer of at least n bytes.
func (s *scratch) take(n int) []byte {
	for i, b := range s.spare {
		if n <= cap(b) && cap(b) <= max(4*n, 2048) {
			last := len(s.spare) - 1
			s.spare[i] = s.spare[last]
			s.spare[last] = nil
			s.spare = s.spare[:last]
			return b[:0]
		}
	}
	return make([]byte, 0, max(n, 512))
}

// give keeps a buffer for a later take.
func (s *scratch) give(b []byte) {
	if len(s.spare) < maxSpare && 0 < cap(b) && cap(b) <= keptBuffer {
		s.spare = append(s.spare, b[:0])
	}
}

// forget drops the references to input that the last batch has left behind.
func (s *scratch) forget() {
	clear(s.queue)
	clear(s.args)
	clear(s.keys)
}

// lend gives the client what it needs to have commands executed.
func (s *scratch) lend(c *client) {
	if c.out == nil {
		c.out, s.out = s.out, nil
		if c.out == nil {
			c.out = make([]byte, 0, 4096)
		}
	}
	if c.in.missing == 0 {
		c.in.spans = s.spans[:0]
	}
}

// settle takes back what was lent, so far as the client does not need it while it waits for its socket.
func (s *scratch) settle(c *client) {
	s.settleReplies(c)
	s.settleArguments(c)
	s.settleInput(c)
}

func (s *scratch) settleReplies(c *client) {
	if c.pending() > 0 {
		return
	}
	switch {
	case cap(c.out) > keptBuffer:
		c.srv.spare.give(c.out)
	case s.out == nil:
		s.out = c.out[:0]
	}
	c.out, c.sent = nil, 0
}

// settleArguments leaves a client with an incomplete command a copy of what was found of it, unless it has that.
func (s *scratch) settleArguments(c *client) {
	r := &c.in
	switch {
	case r.missing == 0 && r.ownSpans:
		s.giveSpans(r.spans)
		r.spans, r.ownSpans = nil, false
	case r.missing == 0:
		s.spans, r.spans = r.spans[:0], nil
		if cap(s.spans) > keptSpans {
			s.spans = nil
		}
	case !r.ownSpans:
		s.spans = r.spans[:0]
		r.spans, r.ownSpans = append(s.takeSpans(), r.spans...), true
	}
}

// keptSpans is the number of arguments beyond which the record of a command's arguments is left to the collector.
const keptSpans = keptBuffer / 8

func (s *scratch) takeSpans() []span {
	last := len(s.spareSpans) - 1
	if last < 0 {
		return make([]span, 0, 8)
	}
	spans := s.spareSpans[last]
	s.spareSpans = s.spareSpans[:last]
	return spans
}

func (s *scratch) giveSpans(spans []span) {
	if len(s.spareSpans) < maxSpare && cap(spans) <= 64 {
		s.spareSpans = append(s.spareSpans, spans[:0])
	}
}

// settleInput leaves a client with unread input a buffer of its own that is not much larger, and one without any none.
func (s *scratch) settleInput(c *client) {
	r := &c.in
	unread := r.unread()
	if r.ownBuf && 0 < unread && cap(r.buf) <= max(4*unread, readLen) {
		return
	}
	lent, owned := r.buf, r.ownBuf
	if unread > 0 {
		r.move(s.take(unread))
		r.ownBuf = true
	} else {
		*r = reader{}
	}
	if owned {
		s.forget()
		s.give(lent)
		c.srv.spare.give(lent)
	}
}

var errQueryBuffer = errors.New("query buffer limit reached")

// room returns where to read a client's input to. Little unread input is moved to the shared buffer. A large command
// stays in a buffer of its own, which grows as data arrives: at most to twice of what has come, whatever was announced.
func (s *scratch) room(c *client, limit int) ([]byte, error) {
	r := &c.in
	if r.unread() >= limit {
		return nil, errQueryBuffer
	}
	if r.unread() <= readLen/4 {
		if s.in == nil {
			s.in = make([]byte, readLen)
		}
		own, owned := r.buf, r.ownBuf
		if owned || len(r.buf) == 0 || &r.buf[0] != &s.in[0] || r.start > 0 {
			r.move(s.in)
		}
		if owned {
			s.give(own)
		}
		r.ownBuf = false
		return s.in[len(r.buf):], nil
	}
	s.grow(c, limit)
	most := min(cap(r.buf), r.start+limit+readLen/4)
	return r.buf[len(r.buf):most], nil
}

// extend is room for a reader that always has its own buffer, which is shrunk to idle bytes when it is empty.
func (r *reader) extend(idle, limit int) ([]byte, error) {
	unread := r.unread()
	if unread >= limit {
		return nil, errQueryBuffer
	}
	switch free := cap(r.buf) - len(r.buf); {
	case unread == 0 && (cap(r.buf) == 0 || cap(r.buf) > keptBuffer):
		r.move(make([]byte, 0, idle))
	case unread == 0:
		r.move(r.buf)
	case r.start > 0 && cap(r.buf)-unread >= max(free, unread, idle/2):
		r.move(r.buf)
	case free < max(idle/2, unread/4):
		size := 2 * cap(r.buf)
		if awaited := r.awaited(); awaited > 0 {
			size = min(size, unread+awaited+idle)
		}
		r.move(make([]byte, 0, min(size, limit+idle)))
	}
	return r.buf[len(r.buf):cap(r.buf)], nil
}

// grow makes room for at least a quarter of a shared buffer in the client's own. A kept buffer that holds all of the
// argument in progress saves moving it again and again.
func (s *scratch) grow(c *client, limit int) {
	r := &c.in
	unread := r.unread()
	if r.ownBuf && cap(r.buf)-len(r.buf) >= readLen/4 {
		return
	}
	if r.ownBuf && r.start > 0 && cap(r.buf)-unread >= max(readLen/4, unread) {
		r.move(r.buf)
		return
	}
	size := 2 * unread
	if awaited := r.awaited(); awaited > 0 {
		size = min(size, unread+awaited)
	}
	size = min(max(size, unread+readLen/4), limit+readLen/4)
	old, owned := r.buf, r.ownBuf
	if kept := c.srv.spare.take(unread + r.awaited()); kept != nil {
		r.move(kept)
	} else {
		r.move(s.take(size))
	}
	if owned {
		s.give(old)
		c.srv.spare.give(old)
	}
	r.ownBuf = true
}
