package resp

import (
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/internal/acl"
)

// client is one connection as the protocol sees it: its state, its unread input and its unsent replies. What moves the
// bytes, an event loop or a goroutine, is its owner.
//
// Everything in it belongs to the owner's goroutine, in which handlers run too, but for the fields under mu and the
// atomics. Other goroutines reach a client through push, resume and kill.
type client struct {
	srv   *Server
	id    int64
	owner owner

	db            int
	stores        larder.DB         // those of db
	bound         map[int]larder.DB // stores by database, of those selected so far
	errors        *errorCounts      // nil: not counted
	resp          int               // protocol version, 2 or 3
	authenticated bool
	rights        *acl.User // the user, nobody before authentication
	guard         *guard    // nil as long as there was nothing to check

	in    reader
	out   []byte // replies; those before sent have been written to the socket
	sent  int
	begun int // where in out the reply to the command being executed begins

	modes modes        // in which a command is not simply executed
	tx    *transaction // nil but between MULTI and EXEC
	exec  *larder.Tx   // nil but while EXEC runs the commands of a transaction

	tracking *tracking // nil unless the client has its reads tracked

	timing

	closing   bool // close once the replies are sent; execute nothing more
	draining  bool // close once what has been received is answered
	failed    bool // closing because the input cannot be followed
	waiting   bool // a command has deferred its reply
	long      bool // for it is to be offloaded
	offloaded bool // a worker runs it
	offLoop   bool // this is a worker
	waitSeq   uint64
	onCancel  func()      // ends what a deferred command waits for when its client goes
	deferred  atomic.Bool // as waiting, for others
	delayed   *queued     // a command that is to be executed first, once a pause is over

	fd         atomic.Int64 // -1 if the owner knows of none; others list the client before its socket is with its loop
	addr       string
	localAddr  string
	unixSocket bool
	since      int64 // second of the server's coarse clock at which the client connected
	lastActive atomic.Int64
	last       atomic.Pointer[command] // the command executed last
	calls      int64                   // of last that are not counted yet
	unreadLen  atomic.Int64
	unsentLen  atomic.Int64

	blocked atomic.Pointer[blocked] // not nil while the command waits for data

	killed atomic.Bool // by kill: the client is no longer counted among the others
	mailed atomic.Bool // the mailbox is not empty
	mu     sync.Mutex
	mail   mailbox
	pushed atomic.Int64 // bytes of c.out that were pushed, at most
	footprint
	soft int64 // second since which output is above the soft limit, under mu
	profile
}

// profile is what CLIENT LIST of others shows. It changes under the client's mu and is read by the owner without.
type profile struct {
	name       string
	libName    string
	libVersion string
	shownDB    int
	shownRESP  int
	user       *acl.User
	subs       [3]int // subscriptions, by datatypes.TopicKind
	noEvict    bool
	noTouch    bool
	queued     int // commands in a transaction, or notInMulti
	watch      *larder.Watch
	monitor    bool   // sees what all clients execute
	tracked    string // flags of CLIENT LIST about tracking
	redirect   int64  // as CLIENT GETREDIR
}

// mailbox holds what other goroutines want of a client until its owner sees to it.
type mailbox struct {
	out   []byte          // complete replies
	list  keyList         // the last of them, if it may get longer
	calls []func(*client) // run by the owner between two commands
	kill  string          // reason to close the connection at once, if not empty
	drain bool            // close the connection as soon as the replies are sent
	gone  bool            // the client is closed: nobody empties the mailbox any more
}

// owner moves a client's bytes.
type owner interface {
	// wake makes the owner look into the client's mailbox soon. It may be called from any goroutine and does not block.
	wake(c *client)
	counters() *counters
}

// counters are what owners count, each for the clients that it serves.
type counters struct {
	commands atomic.Int64
	bytesIn  atomic.Int64
	bytesOut atomic.Int64
	_        [5]int64 // keeps the counters of two loops off one cache line
	lookups  larder.Counters
	callCounts
}

// newClient returns a client that owner serves. It becomes known to the server by add.
func (s *Server) newClient(o owner, fd int, remote, local net.Addr) *client {
	c := &client{
		srv:        s,
		id:         s.nextID.Add(1),
		owner:      o,
		resp:       2,
		errors:     &s.operation.errors,
		addr:       addrText(remote, local),
		localAddr:  addrText(local, local),
		unixSocket: local != nil && local.Network() == "unix",
		profile:    profile{shownRESP: 2, queued: notInMulti, redirect: notTracked},
	}
	c.fd.Store(int64(fd))
	c.resetUser()
	c.bound = make(map[int]larder.DB)
	c.selectDB(0)
	return c
}

// addrText writes an address as CLIENT LIST does. The peer of a unix socket has no name of its own and goes by that of
// the socket.
func addrText(addr, local net.Addr) string {
	if addr == nil {
		return "?:0"
	}
	if addr.Network() != "unix" {
		return addr.String()
	}
	return local.String() + ":0"
}

// pending returns the number of bytes of replies that are not sent.
func (c *client) pending() int { return len(c.out) - c.sent }

// compactReplies moves what is not sent to the front once the sent part is the larger one. It is for those who are about
// to add to it: what only waits for its socket, which may be much, stays where it is.
func (c *client) compactReplies() {
	if c.sent == 0 || c.sent < len(c.out)/2 {
		return
	}
	c.out = c.out[:copy(c.out, c.out[c.sent:])]
	c.sent = 0
}

// abandon drops what a client whose connection has ended was in the middle of.
func (c *client) abandon() {
	c.in.rewind(len(c.in.buf))
	c.out, c.sent = c.out[:0], 0
	c.delayed = nil
}

// runnable reports whether commands of the client may be executed.
func (c *client) runnable() bool {
	return !c.closing && !c.waiting && c.pending() < maxPendingReplies
}

// finish turns draining into closing when there is nothing left to execute: input was consumed as far as it is complete,
// or a deferred reply stands in the way, unless that is sure to come. It reports whether the connection can be closed.
func (c *client) finish() bool {
	if c.draining && !c.offloaded && (c.waiting || c.pending() < maxPendingReplies) {
		c.closing = true
	}
	return c.closing && c.pending() == 0
}

// process executes the commands that are complete in the input, in order, appending their replies to c.out. It stops
// early when enough replies have gathered to be written, and then reports that the caller is to write and call again.
//
// A panic in a handler is a defect of this program, not of the client: it is logged with its stack, the connection is
// closed after the replies to the commands before it, and the other clients are served on.
func (c *client) process(s *scratch) (again bool) {
	defer func() {
		if p := recover(); p != nil {
			c.srv.log().Error("resp: panic in a command", "panic", p, "client", c.id, "addr", c.addr,
				"stack", string(debug.Stack()))
			c.out = c.out[:max(c.begun, c.sent)]
			c.closing = true
			again = false
		}
	}()
	c.compactReplies()
	enough := c.pending() + flushLen
	for c.runnable() {
		if c.pending() >= enough {
			return true
		}
		if !c.takeDelayed(s) && !c.parse(s) {
			return false
		}
		c.execute(s)
		again = true
	}
	// More may be executed once the replies are written, unless that is not what stands in the way.
	return again && !c.closing && !c.waiting
}

// parse queues the commands that are complete in the input, at most a batch of them. It reports whether there is any.
//
// What is parsed ahead may have to be parsed again, when an earlier command of the batch blocks, closes the connection
// or fills the output. Inline commands are rewritten by parsing, so they make a batch of their own; and so does every
// command of a client that has not authenticated, since the next one's limits depend on it.
func (c *client) parse(s *scratch) bool {
	lim := parseLimits{maxBulk: c.srv.settings.maxBulk.Load(), unauthenticated: c.mustAuthenticate()}
	most := batchLen
	if lim.unauthenticated {
		most = 1
	}
	s.queue, s.args = s.queue[:0], s.args[:0]
	for len(s.queue) < most {
		if len(s.queue) > 0 && c.in.missing == 0 && c.in.pos < len(c.in.buf) && c.in.buf[c.in.pos] != '*' {
			break
		}
		status := c.in.next(&lim)
		if status == parseMore {
			break
		}
		if status == parseError {
			if len(s.queue) == 0 {
				c.protocolError(c.in.err)
			} else {
				c.in.rewind(s.queue[len(s.queue)-1].end)
			}
			break
		}
		c.enqueue(s)
		if status == parseInline {
			break
		}
	}
	if len(s.queue) > 1 {
		c.prefetch(s)
	}
	return len(s.queue) > 0
}

// enqueue appends the command that the reader has found.
func (c *client) enqueue(s *scratch) {
	first := len(s.args)
	command := c.in.buf[c.in.start:c.in.pos]
	for _, sp := range c.in.spans {
		s.args = append(s.args, command[sp.from:sp.to:sp.to])
	}
	q := queued{args: s.args[first:len(s.args):len(s.args)], end: c.in.pos}
	q.cmd, q.problem = findCommand(q.args)
	s.queue = append(s.queue, q)
	c.in.consume()
}

// execute runs the queued commands as long as the client may go on.
func (c *client) execute(s *scratch) {
	watch := c.srv.watching()
	if watch != watchNothing {
		c.beginBatch(watch)
	}
	done := 0
	for done < len(s.queue) && c.runnable() {
		c.begun = len(c.out)
		c.call(&s.queue[done])
		done++
	}
	if done < len(s.queue) {
		c.in.rewind(s.queue[done-1].end)
	}
	if c.long {
		c.long = false
		c.offload(&s.queue[done-1])
	}
	c.owner.counters().commands.Add(int64(done))
	c.countCalls()
	if watch != watchNothing {
		c.endBatch(watch, s.queue[:done])
	}
}

// call executes one command.
func (c *client) call(q *queued) {
	if c.modes != 0 || c.srv.conditions.Load() != 0 {
		c.callInMode(q)
		return
	}
	if q.cmd == nil || !c.rights.Unrestricted() {
		if problem := c.objection(q); problem != "" {
			c.refuse(q, problem)
			return
		}
	}
	c.run(q)
}

// run executes a command to which there is no objection.
func (c *client) run(q *queued) {
	if c.last.Load() != q.cmd {
		c.begins(q.cmd)
	}
	c.calls++
	q.cmd.handler(c, q.args)
}

// objection returns the text of the error reply to a command that may not be executed, empty if it may.
func (c *client) objection(q *queued) string {
	if c.modes&modeRefused != 0 {
		return *c.srv.refusal.Load()
	}
	if q.cmd == nil {
		return "ERR " + q.problem
	}
	problem := c.denial(q)
	switch {
	case problem != "":
		return problem
	case c.tx != nil && q.cmd.flags&flagNoMulti != 0:
		return "ERR Command not allowed inside a transaction"
	case c.modes&modeSubscribed != 0 && !q.cmd.whileSubscribed:
		return "ERR Can't execute '" + q.cmd.name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
			"are allowed in this context"
	}
	return ""
}

// refuse answers what is not a command, or not called as or when it may be.
func (c *client) refuse(q *queued, problem string) {
	// A browser that was made to post to this port must not get its body executed line by line.
	if equalFold(q.args[0], "post") || equalFold(q.args[0], "host:") {
		c.srv.log().Warn("resp: connection closed that speaks HTTP", "addr", c.addr)
		c.closing = true
		return
	}
	c.rejects(q)
	if c.tx != nil {
		c.tx.failed = true
	}
	if equalFold(q.args[0], "exec") {
		c.endTransaction()
		problem = "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(problem, "ERR ")
	}
	c.appendError(problem)
}

// protocolError answers input that cannot be followed and ends the connection.
func (c *client) protocolError(text string) {
	c.srv.log().Debug("resp: protocol error", "addr", c.addr, "id", c.id, "error", text)
	c.appendError("ERR Protocol error: " + text)
	c.closing, c.failed = true, true
}

// publish tells the other goroutines what they may want to know of the client.
func (c *client) publish() {
	c.stir()
	c.srv.tracker.endBatch()
	if n := int64(c.in.unread()); c.unreadLen.Load() != n {
		c.unreadLen.Store(n)
	}
	if n := int64(c.pending()); c.unsentLen.Load() != n {
		c.unsentLen.Store(n)
	}
	if c.pushed.Load() != 0 && c.pending() == 0 {
		c.pushed.Store(0)
	}
	c.account()
}

// stir notes that the client is not idle.
func (c *client) stir() {
	if now := c.srv.seconds.Load(); c.lastActive.Load() != now {
		c.lastActive.Store(now)
	}
}

// Deferred replies

// deferReply makes the running handler end without a reply: nothing more of this client is executed until resume is
// called with the number that it returns. When the client goes first, cancel is called, if not nil.
func (c *client) deferReply(cancel func()) (seq uint64) {
	c.waiting = true
	c.deferred.Store(true)
	c.waitSeq++
	c.onCancel = cancel
	return c.waitSeq
}

// undefer takes deferReply back: the handler answers after all. Who has waited has not been idle; that is said before it
// is said that the wait is over, and read the other way round.
func (c *client) undefer() {
	c.stir()
	c.waiting = false
	c.deferred.Store(false)
	c.onCancel = nil
}

// resume ends the wait that deferReply began, by having the owner call reply. It may be called from any goroutine; of
// several calls for one wait the first counts.
func (c *client) resume(seq uint64, reply func(c *client)) {
	c.post(func(c *client) {
		if !c.waiting || c.waitSeq != seq {
			return
		}
		c.undefer()
		c.offloaded = false
		c.begun = len(c.out)
		c.answerHeld(reply)
		c.hush(false)
	})
}

// The mailbox

// post has the owner call fn between two commands of the client, with replies going to c.out.
func (c *client) post(fn func(c *client)) {
	c.mu.Lock()
	if c.mail.gone {
		c.mu.Unlock()
		return
	}
	c.mail.calls = append(c.mail.calls, fn)
	c.mu.Unlock()
	c.notify()
}

// push sends a message that answers no command, from any goroutine. It is given as an array, as which a client that
// speaks RESP2 gets it. A client that lets too much gather is disconnected.
func (c *client) push(message []byte) {
	c.deliver(len(message), func(m *mailbox) { m.add(message, c.shownRESP > 2) })
}

// send is push for a line that is the same in both protocols.
func (c *client) send(line []byte) {
	c.deliver(len(line), func(m *mailbox) { m.add(line, false) })
}

// deliver has put put something of about n bytes into the mailbox, with the mutex held.
func (c *client) deliver(n int, put func(m *mailbox)) {
	c.mu.Lock()
	if c.mail.gone || c.mail.kill != "" {
		c.mu.Unlock()
		return
	}
	if !c.mayOwe(n) {
		c.mu.Unlock()
		c.kill(outputLimitReached)
		return
	}
	before := len(c.mail.out)
	put(&c.mail)
	c.srv.holdMore(int64(len(c.mail.out) - before))
	c.mu.Unlock()
	c.notify()
}

// add adds a message, with another first byte if it is a push of RESP3.
func (m *mailbox) add(message []byte, push bool) {
	at := len(m.out)
	m.out = append(m.out, message...)
	if push {
		m.out[at] = '>'
	}
	m.list = keyList{}
}

// takePushes moves what was pushed so far in front of the reply to the command being executed.
func (c *client) takePushes() {
	if !c.mailed.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = slices.Insert(c.out, c.begun, c.mail.out...)
	c.begun += len(c.mail.out)
	c.pushed.Add(int64(len(c.mail.out)))
	c.dropMail()
}

// appendPushes moves what was pushed so far behind the reply to the command being executed.
func (c *client) appendPushes() {
	if !c.mailed.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = append(c.out, c.mail.out...)
	c.pushed.Add(int64(len(c.mail.out)))
	c.dropMail()
}

// dropMail forgets the messages that wait, with the mutex held.
func (c *client) dropMail() {
	c.srv.holdMore(-int64(len(c.mail.out)))
	c.mail.out = nil
}

// kill has the owner close the connection, without sending what is pending.
func (c *client) kill(reason string) {
	c.killed.Store(true)
	c.mu.Lock()
	c.mail.kill = reason
	c.dropMail()
	c.mu.Unlock()
	c.mailed.Store(true)
	c.owner.wake(c)
}

// drain has the owner close the connection once the replies to what it has received are sent.
func (c *client) drain() {
	c.mu.Lock()
	c.mail.drain = true
	c.mu.Unlock()
	c.notify()
}

// notify has the owner look into the mailbox, unless it has been told to and has not done so yet.
func (c *client) notify() {
	if !c.mailed.Swap(true) {
		c.owner.wake(c)
	}
}

// keptMail is the capacity up to which a mailbox keeps its buffer.
const keptMail = 1 << 10

// collect empties the mailbox. It reports whether the connection is to be closed at once.
func (c *client) collect() (kill bool) {
	if !c.mailed.Load() {
		return false
	}
	c.compactReplies()
	c.mailed.Store(false)
	c.mu.Lock()
	mail := c.mail
	c.srv.holdMore(-int64(len(mail.out)))
	c.mail = mailbox{}
	if mail.kill == "" && len(mail.out) > 0 {
		c.out = append(c.out, mail.out...)
		c.pushed.Add(int64(len(mail.out)))
		c.unsentLen.Store(int64(c.pending())) // before the mailbox, which mayOwe counts too, takes more
		if cap(mail.out) <= keptMail {
			c.mail.out = mail.out[:0]
		}
	}
	c.mu.Unlock()
	if mail.kill != "" {
		c.srv.log().Debug("resp: connection killed", "id", c.id, "addr", c.addr, "reason", mail.kill)
		return true
	}
	for _, call := range mail.calls {
		call(c)
	}
	c.draining = c.draining || mail.drain
	return false
}

// detach ends the client's life as far as others are concerned. The owner calls it once, when the connection is closed.
func (c *client) detach() {
	c.mu.Lock()
	c.dropMail()
	c.mail = mailbox{gone: true}
	c.mu.Unlock()
	if c.onCancel != nil {
		c.onCancel()
		c.onCancel = nil
	}
	c.endTransaction()
	c.pubsub().Leave(c)
	c.srv.tracker.disable(c)
	c.stopMonitor()
	c.srv.remove(c)
	c.srv.holdMore(-c.footprint.total.Swap(0))
}
