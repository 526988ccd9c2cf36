package resp

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Balance between the loops.
//
// A loop that has many sockets to serve finds several ready whenever it looks, and so waits, is woken and switched to
// less often per command. The same load on two loops that are half idle was measured to cost twice the time of the
// processor. So connections are gathered on as few loops as can carry them: they begin on the first loop that is not
// busy, a loop without time to spare hands half of its active sockets to an idle one, and a loop with little to do hands
// them back.
//
// How busy a loop is goes by the processor time of its thread. A loop that is merely kept from running, because the
// machine has no processor free, does not call for another one.

const (
	balanceWindow = 100 * time.Millisecond

	// Shares of a processor, in thousandths.
	loadFull  = 920 // hand over from here
	loadSpare = 500 // take over up to here
	loadSum   = 600 // what two loops may have together to be made one

	fullWindows  = 3  // how many windows in a row a loop must be full to hand over
	spareWindows = 20 // and have little to do to hand back
)

// loopLoad is what a loop knows of its own business. Other loops read share and stamp.
type loopLoad struct {
	share atomic.Int64 // of a processor, in the last window
	stamp atomic.Int64 // when the last window ended, in nanoseconds

	began   time.Time
	thread  int   // the thread on which the window began
	used    int64 // its processor time then
	window  int   // number of the window
	full    int   // full windows in a row
	relaxed int   // windows with little to do in a row
}

// busy returns the loop's share of a processor. One that has not measured lately has had nothing to do.
func (m *loopLoad) busy(now time.Time) int64 {
	if now.UnixNano()-m.stamp.Load() > int64(3*balanceWindow) {
		return 0
	}
	return m.share.Load()
}

// measure ends a window when it is time. It returns false if there is nothing to be concluded.
func (m *loopLoad) measure(now time.Time) bool {
	elapsed := now.Sub(m.began)
	if elapsed < balanceWindow {
		return false
	}
	thread, used := syscall.Gettid(), threadTime()
	sameThread, share := thread == m.thread, (used-m.used)*1000/int64(elapsed)
	m.began, m.thread, m.used = now, thread, used
	m.window++
	if !sameThread {
		return false
	}
	m.share.Store(share)
	m.stamp.Store(now.UnixNano())
	m.full, m.relaxed = countIf(share >= loadFull, m.full), countIf(share < loadSpare, m.relaxed)
	return true
}

func countIf(condition bool, n int) int {
	if condition {
		return n + 1
	}
	return 0
}

// threadTime returns the processor time that the calling thread has used, in nanoseconds.
func threadTime() int64 {
	const clockThreadCPUTime = 3
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPUTime, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

// balance looks, once a window, whether another loop should have some of this one's sockets.
func (l *loop) balance(now time.Time) {
	if len(l.peers) < 2 || !l.load.measure(now) {
		return
	}
	if l.load.full >= fullWindows {
		l.load.full = 0
		l.relieve(now)
		return
	}
	if l.load.relaxed >= spareWindows && l.index > 0 {
		l.load.relaxed = 0
		l.retire(now)
	}
}

// relieve hands every second active socket to the loop that has the least to do.
func (l *loop) relieve(now time.Time) {
	var to *loop
	least := int64(loadSpare)
	for _, peer := range l.peers {
		if share := peer.load.busy(now); peer != l && share < least {
			to, least = peer, share
		}
	}
	if to == nil {
		return
	}
	stay := true
	for _, k := range l.socks {
		if k == nil || k.served < l.load.window-1 {
			continue
		}
		if !stay {
			l.handOver(k, to)
		}
		stay = !stay
	}
}

// retire hands all sockets to an earlier loop that can carry them as well.
func (l *loop) retire(now time.Time) {
	for _, to := range l.peers[:l.index] {
		if to.load.busy(now)+l.load.share.Load() > loadSum {
			continue
		}
		for _, k := range l.socks {
			if k != nil {
				l.handOver(k, to)
			}
		}
		return
	}
}

// handOver makes another loop serve a socket, unless it is about to be served here.
func (l *loop) handOver(k *sock, to *loop) {
	if k.queued {
		return
	}
	l.mu.Lock()
	mailed := k.mailed
	if !mailed {
		syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_DEL, k.fd, nil)
		l.vacate(k)
		k.loop.Store(to)
	}
	l.mu.Unlock()
	// From here on the other loop may be serving the socket already, for the sake of its mailbox.
	if !mailed {
		to.join(k)
	}
}
