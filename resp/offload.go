package resp

import (
	"errors"
	"runtime/debug"
	"slices"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/chunked"
)

// Offloading: commands that take long.
//
// An event loop serves many clients, who would all wait for a union of millions of members that one of them asks for. So
// the stores that handlers use do short operations only: one that finds that it would take long fails with ErrLong,
// having changed nothing. To tell costs it nothing, since it has just looked up how large its collections are. The
// handler's answer, that error, then makes the client wait, as for a blocking command, while a goroutine runs the handler
// once more: for a worker, a client with the same settings, stores that do all operations and replies of its own, which
// are the client's when it is done. A client that has sent its last is kept until then, for it may still read.

// worker returns a client that stands for this one off the loop.
func (c *client) worker() *client {
	w := &client{
		srv:           c.srv,
		id:            c.id,
		owner:         c.owner,
		bound:         make(map[int]larder.DB),
		errors:        c.errors,
		resp:          c.resp,
		authenticated: c.authenticated,
		rights:        c.rights,
		tracking:      c.tracking,
		offLoop:       true,
	}
	w.fd.Store(-1)
	w.noTouch = c.noTouch
	w.selectDB(c.db)
	return w
}

// isLong reports whether an operation was refused because it takes long. Then the client waits, and the
// command is offloaded when its handler has returned.
func (c *client) isLong(err error) bool {
	if !errors.Is(err, datatypes.ErrLong) {
		return false
	}
	if !c.long {
		c.long = true
		c.deferReply(nil)
		c.out = c.out[:c.begun]
	}
	return true
}

// takesLong is isLong for handlers that see by themselves how much there is to do.
func (c *client) takesLong() bool { return !c.offLoop && c.exec == nil && c.isLong(datatypes.ErrLong) }

// offload has a goroutine run the command whose handler has found that it takes long.
func (c *client) offload(q *queued) {
	w, seq := c.worker(), c.waitSeq
	args, borrowed := c.takeArgs(q.args)
	own := queued{cmd: q.cmd, args: args}
	w.last.Store(q.cmd)
	c.worksElsewhere(q)
	c.offloaded = true
	c.srv.wg.Add(1)
	go func() {
		defer c.srv.wg.Done()
		w.out = c.srv.spare.takeLargest()
		intact := w.runOffloaded(&own)
		c.srv.spare.give(borrowed)
		w.trim()
		c.resume(seq, func(c *client) {
			c.takeReplies(w)
			c.closing = c.closing || !intact
		})
	}()
}

// takeArgs returns arguments for a worker, and the buffer in which they lie unless that is theirs alone. Large ones are
// not copied: the client parts with its input buffer, and goes on with another one for what is behind them.
func (c *client) takeArgs(args [][]byte) (own [][]byte, borrowed []byte) {
	r := &c.in
	if cap(r.buf) <= keptBuffer || r.unread() > argsSize(args) {
		return cloneArgs(args), nil
	}
	borrowed = r.buf
	rest := r.buf[r.start:]
	r.buf = append([]byte(nil), rest...)
	r.pos, r.start = r.pos-r.start, 0
	r.ownBuf = r.ownBuf && len(rest) > 0
	return slices.Clone(args), borrowed
}

// trim moves replies that leave most of a large buffer empty to one of their own.
func (c *client) trim() {
	if cap(c.out) <= keptBuffer || c.pending() > cap(c.out)/4 {
		return
	}
	small := chunked.Append(nil, c.out[c.sent:])
	c.srv.spare.give(c.out)
	c.out, c.sent = small, 0
}

// takeReplies appends the replies of a worker. Nobody else has them, so what may be much is not copied if it need not be.
func (c *client) takeReplies(w *client) {
	if len(c.out) == 0 && len(w.out) > keptBuffer {
		c.out, c.sent = w.out, w.sent
		c.begun = c.sent
		return
	}
	c.out = chunked.Append(c.out, w.out[w.sent:])
	c.srv.spare.give(w.out)
}

// runOffloaded runs a command for another client. It returns false if that has failed by a defect of this program.
func (c *client) runOffloaded(q *queued) (intact bool) {
	defer func() {
		if p := recover(); p != nil {
			c.srv.log().Error("resp: panic in a command", "panic", p, "client", c.id, "stack", string(debug.Stack()))
			c.out, c.sent, intact = nil, 0, false
		}
	}()
	q.cmd.handler(c, q.args)
	return true
}

// cloneArgs returns a copy of arguments that are to outlive the input that they lie in.
func cloneArgs(args [][]byte) [][]byte {
	n := 0
	for _, arg := range args {
		n += len(arg)
	}
	data, own := make([]byte, 0, n), make([][]byte, len(args))
	for i, arg := range args {
		at := len(data)
		data = append(data, arg...)
		own[i] = data[at:len(data):len(data)]
	}
	return own
}
