package resp

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Event loops.
//
// With short commands nearly all the time of a server goes into system calls, and what package net adds to them, parking
// and waking a goroutine per request, is a fifth on top. So on Linux a few goroutines each run a loop over an epoll set
// and share the sockets among them. Reads and writes never block and are made as raw system calls, which the scheduler
// is not told of. Only the wait for events is announced to it, and only after a look has found that there is none.
//
// The set is edge-triggered: the kernel says once that a socket has become readable or writable, and the loop remembers
// that until it has met the end of what there is. A read that returns less than was asked for has met it.

// epollET is syscall.EPOLLET without its sign.
const epollET = 1 << 31

const socketEvents = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | epollET

const hangupEvents = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR

// wakeSlot stands for the loop's eventfd among the events.
const wakeSlot = -1

// yieldAfter is how long a loop runs before it lets other goroutines have its turn.
//
// It has another purpose beside fairness. The scheduler's monitor looks at least every ten milliseconds for goroutines
// that have run for ten. One that it meets in a system call it robs of its processor, and then keeps watch at intervals
// of 20 microseconds for a while, which was measured to cost a tenth of the time of a busy loop.
const yieldAfter = 5 * time.Millisecond

type loop struct {
	srv     *Server
	epoll   int
	event   int // eventfd that interrupts the wait
	socks   []*sock
	free    []int32       // unused elements of socks
	again   []*sock       // to be served once more before the next wait
	reused  []*sock       // storage for mailed
	yielded time.Duration // when the loop last let others have their turn, as monotonic tells it
	events  [128]syscall.EpollEvent
	count   counters
	load    loopLoad
	index   int     // in peers
	peers   []*loop // all loops of the server
	scratch

	mu       sync.Mutex
	joining  []*sock
	mailed   []*sock // whose client's mailbox is to be looked at
	waking   bool    // the eventfd has been written since the loop looked at what is above
	stopping bool
	stopped  bool // the descriptors are closed
}

// sock is a socket served by a loop.
type sock struct {
	loop   atomic.Pointer[loop] // changes under the old loop's mu
	client *client
	fd     int
	slot   int32 // in loop.socks, negative while it is in none
	served int   // the loop's window in which it was served last

	readable bool // may hold input
	blocked  bool // took less than all replies; writable will be said
	hangup   bool // the peer has closed its side at least: read until the end is seen
	queued   bool // is in again
	mailed   bool // is in loop.mailed; under loop.mu
}

// serveOnLoop hands a plain TCP or unix connection to a loop. It returns false when it is of another kind.
func (s *Server) serveOnLoop(conn net.Conn) bool {
	var raw syscall.RawConn
	var err error
	switch conn := conn.(type) {
	case *net.TCPConn:
		raw, err = conn.SyscallConn()
	case *net.UnixConn:
		raw, err = conn.SyscallConn()
	default:
		return false
	}
	if err != nil {
		conn.Close()
		return true
	}
	l := s.pickLoop()
	if l == nil {
		return false
	}
	k := &sock{fd: -1, slot: -1}
	k.loop.Store(l)
	k.client = s.newClient(k, -1, conn.RemoteAddr(), conn.LocalAddr())
	if err := s.add(k.client, false); err != nil {
		s.turnAway(conn, err)
		return true
	}
	raw.Control(func(fd uintptr) { k.fd = dup(int(fd)) })
	conn.Close()
	if k.fd < 0 {
		k.client.detach()
		return true
	}
	k.client.fd.Store(int64(k.fd))
	l.join(k)
	return true
}

// dup returns a descriptor of the same socket that package net does not know of, negative if there can be none.
func dup(fd int) int {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1
	}
	return int(n)
}

// pickLoop returns the loop that is to take a connection: the first that has time to spare, or else the least busy one.
// It returns nil when there is none or the server is closed.
func (s *Server) pickLoop() *loop {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.startLoops() {
		return nil
	}
	now := time.Now()
	best := s.loops[0]
	for _, l := range s.loops {
		share := l.load.busy(now)
		if share < loadSpare {
			return l
		}
		if share < best.load.busy(now) {
			best = l
		}
	}
	return best
}

// startLoops starts the event loops unless they run, with s.mu held. It returns false if there can be none.
func (s *Server) startLoops() bool {
	if len(s.loops) > 0 {
		return true
	}
	loops := make([]*loop, 0, orDefault(s.Loops, runtime.GOMAXPROCS(0)))
	for len(loops) < cap(loops) {
		l, err := newLoop(s)
		if err != nil {
			s.log().Error("resp: no event loop", "error", err)
			break
		}
		l.index = len(loops)
		loops = append(loops, l)
	}
	for _, l := range loops {
		l.peers = loops
		s.wg.Add(1)
		go l.run()
	}
	s.loops = loops
	return len(loops) > 0
}

func newLoop(s *Server) (*loop, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	event, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		syscall.Close(epoll)
		return nil, errno
	}
	l := &loop{srv: s, epoll: epoll, event: int(event)}
	// Edge-triggered, the eventfd never needs to be read: every write of it is an event.
	wake := syscall.EpollEvent{Events: syscall.EPOLLIN | epollET, Fd: wakeSlot}
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, l.event, &wake); err != nil {
		syscall.Close(l.event)
		syscall.Close(epoll)
		return nil, err
	}
	return l, nil
}

// run serves until the loop is stopped.
func (l *loop) run() {
	defer l.srv.wg.Done()
	for {
		woken := false
		for i, n := 0, l.wait(); i < n; i++ {
			ev := &l.events[i]
			if ev.Fd == wakeSlot {
				woken = true
				continue
			}
			if k := l.socks[ev.Fd]; k != nil {
				k.note(ev.Events)
				l.serve(k)
			}
		}
		l.serveAgain()
		// Sockets join only here, so that no event of this turn can be meant for another one in the same slot.
		if woken && l.lookAround() {
			l.close()
			return
		}
	}
}

// wait returns the number of events, waiting for the first if there is nothing else to do.
func (l *loop) wait() int {
	n := l.poll()
	if now := monotonic(); now-l.yielded > yieldAfter {
		l.balance(time.Now())
		runtime.Gosched()
		l.yielded = now
	}
	if n > 0 || len(l.again) > 0 {
		return n
	}
	for {
		n, _, errno := syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.epoll),
			uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)), ^uintptr(0), 0, 0)
		if errno == 0 {
			return int(n)
		}
		if errno != syscall.EINTR {
			panic("resp: epoll_wait: " + errno.Error())
		}
	}
}

// poll returns the number of events that are there.
func (l *loop) poll() int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.epoll),
		uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// serveAgain serves the sockets that had more to read than one turn allows.
func (l *loop) serveAgain() {
	n := len(l.again)
	for _, k := range l.again[:n] {
		if k.fd < 0 {
			continue
		}
		k.queued = false
		l.serve(k)
	}
	rest := copy(l.again, l.again[n:])
	clear(l.again[rest:])
	l.again = l.again[:rest]
}

// lookAround sees to what other goroutines want of the loop, and reports whether it is to end.
func (l *loop) lookAround() (stop bool) {
	l.mu.Lock()
	joining, mailed := l.joining, l.mailed
	l.joining, l.mailed = nil, l.reused[:0]
	l.waking = false
	for _, k := range mailed {
		k.mailed = false
	}
	stop = l.stopping
	l.mu.Unlock()
	for _, k := range joining {
		l.admit(k)
	}
	for _, k := range mailed {
		if k.loop.Load() == l && k.fd >= 0 {
			l.serve(k)
		}
	}
	clear(mailed)
	l.reused = mailed
	return stop
}

// admit begins to serve a socket.
func (l *loop) admit(k *sock) {
	if k.fd < 0 {
		return
	}
	if n := len(l.free); n > 0 {
		k.slot = l.free[n-1]
		l.free = l.free[:n-1]
		l.socks[k.slot] = k
	} else {
		k.slot = int32(len(l.socks))
		l.socks = append(l.socks, k)
	}
	ev := syscall.EpollEvent{Events: socketEvents, Fd: k.slot}
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, k.fd, &ev); err != nil {
		l.srv.log().Error("resp: connection lost", "error", err)
		l.drop(k)
		return
	}
	if k.client.mailed.Load() {
		l.serve(k)
	}
}

// drop ends a connection.
func (l *loop) drop(k *sock) {
	if k.client.failed {
		k.discardInput()
	}
	syscall.Close(k.fd)
	k.fd = -1
	l.vacate(k)
	k.client.detach()
}

// vacate gives up the socket's slot.
func (l *loop) vacate(k *sock) {
	if k.slot < 0 {
		return
	}
	l.socks[k.slot] = nil
	l.free = append(l.free, k.slot)
	k.slot = -1
}

// close ends all connections and the loop itself.
func (l *loop) close() {
	for _, k := range l.socks {
		if k != nil {
			l.drop(k)
		}
	}
	l.mu.Lock()
	l.stopped = true
	joining := l.joining
	l.joining = nil
	syscall.Close(l.event)
	syscall.Close(l.epoll)
	l.mu.Unlock()
	for _, k := range joining {
		syscall.Close(k.fd)
		k.client.detach()
	}
}

// join gives the loop a socket to serve. It may be called from any goroutine.
func (l *loop) join(k *sock) {
	l.mu.Lock()
	stopped := l.stopped
	if !stopped {
		l.joining = append(l.joining, k)
		l.interrupt()
	}
	l.mu.Unlock()
	if stopped {
		syscall.Close(k.fd)
		k.client.detach()
	}
}

func (l *loop) stop() {
	l.mu.Lock()
	l.stopping = true
	l.interrupt()
	l.mu.Unlock()
}

// interrupt ends the loop's wait, with l.mu held.
func (l *loop) interrupt() {
	if l.waking || l.stopped {
		return
	}
	l.waking = true
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(l.event), uintptr(unsafe.Pointer(&one)), 8)
}

// wake has the loop look into the client's mailbox. It may be called from any goroutine.
func (k *sock) wake(*client) {
	l := k.loop.Load()
	l.mu.Lock()
	for now := k.loop.Load(); now != l; now = k.loop.Load() {
		l.mu.Unlock()
		l = now
		l.mu.Lock()
	}
	if !k.mailed {
		k.mailed = true
		l.mailed = append(l.mailed, k)
	}
	l.interrupt()
	l.mu.Unlock()
}

func (k *sock) counters() *counters { return &k.loop.Load().count }

// note remembers what epoll says of the socket.
func (k *sock) note(events uint32) {
	if events&(syscall.EPOLLIN|hangupEvents) != 0 {
		k.readable = true
	}
	if events&hangupEvents != 0 {
		k.hangup = true
	}
	if events&(syscall.EPOLLOUT|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		k.blocked = false
	}
}

// serve does for a socket what can be done without waiting.
func (l *loop) serve(k *sock) {
	c, s := k.client, &l.scratch
	k.served = l.load.window
	s.lend(c)
	if c.collect() || !l.advance(k) || !k.queued && c.finish() {
		l.drop(k)
		c.abandon()
		s.settle(c)
		return
	}
	s.settle(c)
	c.publish()
}

// advance answers what has been received, and reads once, until it has written enough for one turn. It returns false when
// the connection is broken.
func (l *loop) advance(k *sock) bool {
	c, s := k.client, &l.scratch
	budget := writeLen
	if !k.flush(&budget) { // at first, lest more is executed in each turn than is written
		return false
	}
	for turn := 0; ; turn++ {
		for more := true; more && budget > 0; {
			full := !c.runnable()
			more = (c.in.unread() > 0 || c.delayed != nil) && c.process(s)
			if !k.flush(&budget) {
				return false
			}
			// Where the socket took all of what stood in the way, it will not say again that it can be written.
			more = more || full && c.runnable()
		}
		if budget <= 0 || c.pending() > 0 && !k.blocked {
			l.queueAgain(k)
			return true
		}
		switch {
		case c.waiting && k.hangup && !c.offloaded:
			return false
		case !k.readable || !c.runnable():
			return true
		case turn > 0:
			l.queueAgain(k)
			return true
		}
		if !k.read(s) {
			return false
		}
	}
}

func (l *loop) queueAgain(k *sock) {
	if !k.queued {
		k.queued = true
		l.again = append(l.again, k)
	}
}

// read appends what the socket holds to the client's input. It returns false when the connection is broken or sends
// more than it may. The peer's end of file lets what has been received be answered.
func (k *sock) read(s *scratch) bool {
	c := k.client
	room, err := s.room(c, int(c.srv.settings.maxQuery.Load()))
	if err != nil {
		c.srv.log().Warn("resp: connection closed", "error", err, "id", c.id, "addr", c.addr)
		return false
	}
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(k.fd), uintptr(unsafe.Pointer(&room[0])), uintptr(len(room)))
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			k.readable = false
			return true
		case errno != 0:
			return false
		case n == 0:
			k.readable = false
			c.draining = true
			return true
		}
		c.in.buf = c.in.buf[:len(c.in.buf)+int(n)]
		k.loop.Load().count.bytesIn.Add(int64(n))
		k.readable = int(n) == len(room) || k.hangup
		return true
	}
}

// flush writes the pending replies as far as the socket takes them, but no more than what is left of the turn's budget.
// It returns false when the connection is broken.
func (k *sock) flush(budget *int) bool {
	c := k.client
	for *budget > 0 && !k.blocked && c.pending() > 0 {
		part := c.out[c.sent:min(c.sent+*budget, len(c.out))]
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(k.fd), uintptr(unsafe.Pointer(&part[0])), uintptr(len(part)))
		switch errno {
		case 0:
			c.sent += int(n)
			*budget -= int(n)
			k.loop.Load().count.bytesOut.Add(int64(n))
		case syscall.EINTR:
		case syscall.EAGAIN:
			k.blocked = true
		default:
			return false
		}
	}
	if c.pending() == 0 {
		c.out, c.sent = c.out[:0], 0
	}
	return true
}

// discardInput lets a client that has sent what cannot be followed read why: closing a socket with unread input would
// reset the connection and take the reply away.
func (k *sock) discardInput() {
	syscall.Shutdown(k.fd, syscall.SHUT_WR)
	buf := make([]byte, readLen)
	syscall.RawSyscall(syscall.SYS_READ, uintptr(k.fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
}
