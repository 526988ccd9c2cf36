package resp

import (
	"errors"
	"runtime/debug"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// Offloading: commands that take long.
//
// An event loop serves many clients, who would all wait for a union of millions of members that one of them asks for. So the
// stores that handlers use do short operations only: one that finds that it would take long fails with ErrLong, having changed
// nothing. To tell costs it nothing, since it has just looked up how large its collections are. The handler's answer, that
// error, then makes the client wait, as for a blocking command, while a goroutine runs the handler once more: for a worker, a client
// with the same settings, stores that do all operations and replies of its own, which are the client's when it is done. A client that
// has sent its last is kept until then, for it may still read.

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
	own := queued{cmd: q.cmd, args: cloneArgs(q.args)}
	w.last.Store(q.cmd)
	c.worksElsewhere(q)
	c.offloaded = true
	c.srv.wg.Add(1)
	go func() {
		defer c.srv.wg.Done()
		intact := w.runOffloaded(&own)
		c.resume(seq, func(c *client) {
			c.takeReplies(w.out)
			c.closing = c.closing || !intact
		})
	}()
}

// takeReplies appends the replies of a worker. Nobody else has them, so what may be much is not copied if it need not be.
func (c *client) takeReplies(replies []byte) {
	if len(c.out) == 0 && len(replies) > keptBuffer {
		c.out = replies
		return
	}
	c.out = append(c.out, replies...)
}

// runOffloaded runs a command for another client. It returns false if that has failed by a defect of this program.
func (c *client) runOffloaded(q *queued) (intact bool) {
	defer func() {
		if p := recover(); p != nil {
			c.srv.log().Error("resp: panic in a command", "panic", p, "client", c.id, "stack", string(debug.Stack()))
			c.out, intact = nil, false
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
