package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// setShare is the share of requests that write.
const setShare = 0.2

// loopReply is a kind of reply. Its length is known beforehand, for every key is there.
type loopReply struct {
	start string
	len   int
}

var (
	getReply = loopReply{"$32", len("$32\r\n") + valueSize + len("\r\n")}
	setReply = loopReply{"+OK", len("+OK\r\n")}
)

type loopConn struct {
	fd      int
	waiting []loopRequest // not answered, from head on
	head    int
}

type loopRequest struct {
	due   time.Time
	reply *loopReply
	owed  int // bytes of it that have not come
}

// looper is an openLoop that is running.
type looper struct {
	openLoop
	epoll  int
	conns  []loopConn
	random *rand.Rand
	result *loopResult
	get    []byte // a request, in which the key is replaced
	set    []byte
	in     []byte
	events [256]unix.EpollEvent
}

func (o openLoop) run(port int) (*loopResult, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Without this the kernel lets sleeps take 50 µs more than asked for.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return nil, err
	}
	l := &looper{
		openLoop: o, random: newRand(o.seed), result: new(loopResult), in: make([]byte, 64<<10),
		get: fmt.Appendf(nil, "*2\r\n$3\r\nGET\r\n$%d\r\n%*s\r\n", keySize, keySize, ""),
		set: fmt.Appendf(nil, "*3\r\n$3\r\nSET\r\n$%d\r\n%*s\r\n$%d\r\n%*s\r\n", keySize, keySize, "", valueSize, valueSize, ""),
	}
	defer l.close()
	if err := l.connect(port); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := l.loop(begun); err != nil {
		return nil, err
	}
	l.result.rate = float64(l.result.latency.Count()) / time.Since(begun).Seconds()
	return l.result, nil
}

func (l *looper) connect(port int) (err error) {
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for i := range l.clients {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		l.conns = append(l.conns, loopConn{fd: fd})
		err = errors.Join(
			unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}),
			unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
			unix.SetNonblock(fd, true),
			unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *looper) close() {
	for i := range l.conns {
		unix.Close(l.conns[i].fd)
	}
	unix.Close(l.epoll)
}

// loop sends and receives until the time is over.
func (l *looper) loop(begun time.Time) error {
	end, due := begun.Add(l.took), begun
	if l.rate == 0 {
		for i := range l.conns {
			if err := l.send(&l.conns[i], begun); err != nil {
				return err
			}
		}
		due = end
	}
	for {
		now := time.Now()
		for ; !due.After(now) && due.Before(end); due = due.Add(l.interval()) {
			if err := l.send(&l.conns[l.random.IntN(l.clients)], due); err != nil {
				return err
			}
		}
		if !now.Before(end) {
			return nil
		}
		if err := l.receive(due.Sub(now)); err != nil {
			return err
		}
	}
}

// interval is a time between two requests: they come as those of many independent clients do.
func (l *looper) interval() time.Duration {
	return time.Duration(l.random.ExpFloat64() / l.rate * float64(time.Second))
}

// send sends one request that was due.
func (l *looper) send(c *loopConn, due time.Time) error {
	message, keyAt, reply := l.get, len("*2\r\n$3\r\nGET\r\n$16\r\n"), &getReply
	if l.random.Float64() < setShare {
		message, reply = l.set, &setReply
	}
	putKey(message[keyAt:], l.random.Uint64N(uint64(l.keys)))
	n, err := unix.Write(c.fd, message)
	if err != nil || n < len(message) {
		return fmt.Errorf("a server has stopped reading: wrote %d of %d bytes, %w", n, len(message), err)
	}
	l.result.late.Record(time.Since(due))
	c.waiting = append(c.waiting, loopRequest{due, reply, reply.len})
	return nil
}

// receive takes what has come, waiting for it at most as long as that.
func (l *looper) receive(most time.Duration) error {
	timeout := unix.NsecToTimespec(max(most, 0).Nanoseconds())
	ready := []unix.PollFd{{Fd: int32(l.epoll), Events: unix.POLLIN}}
	if n, err := unix.Ppoll(ready, &timeout, nil); n == 0 || err != nil {
		return ignoreInterrupt(err)
	}
	n, err := unix.EpollWait(l.epoll, l.events[:], 0)
	if err != nil {
		return ignoreInterrupt(err)
	}
	for _, ev := range l.events[:n] {
		if err := l.read(&l.conns[ev.Fd]); err != nil {
			return err
		}
	}
	return nil
}

func ignoreInterrupt(err error) error {
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

func (l *looper) read(c *loopConn) error {
	n, err := unix.Read(c.fd, l.in)
	if n <= 0 || err != nil {
		return fmt.Errorf("a server has closed a connection: %w", err)
	}
	now, in := time.Now(), l.in[:n]
	for len(in) > 0 && c.head < len(c.waiting) {
		r := &c.waiting[c.head]
		if begun := min(len(in), len(r.reply.start)); r.owed == r.reply.len && string(in[:begun]) != r.reply.start[:begun] {
			return fmt.Errorf("a reply begins with %q, not with %s", in[:begun], r.reply.start)
		}
		part := min(len(in), r.owed)
		in = in[part:]
		if r.owed -= part; r.owed > 0 {
			break
		}
		l.result.latency.Record(now.Sub(r.due))
		if c.head++; c.head == len(c.waiting) {
			c.waiting, c.head = c.waiting[:0], 0
		}
		if l.rate == 0 {
			if err := l.send(c, now); err != nil {
				return err
			}
		}
	}
	if len(in) > 0 {
		return fmt.Errorf("%d bytes that nobody asked for: %q", len(in), in)
	}
	return nil
}
