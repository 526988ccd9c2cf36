package resp

import (
	"cmp"
	"slices"
	"sync/atomic"
	"unsafe"
)

// The memory of clients: their input and output buffers, transactions, watched keys, subscriptions and prefixes. Owners
// keep the figure of a client, and with it the sum, whenever they have served it and something has changed. It counts
// against maxmemory, as the table of tracked keys does, and may have a limit of its own, maxmemory-clients: beyond that
// the clients that hold most are disconnected.

// footprint is what a client holds, as its owner last saw it.
type footprint struct {
	input  atomic.Int64 // capacity of the buffer for input
	output atomic.Int64 // of the one for replies
	queued atomic.Int64 // arguments of commands that wait for EXEC or the end of a pause
	topics int64        // subscriptions; the owner's
	total  atomic.Int64 // all of it, and the client itself
}

const (
	clientSize = int64(unsafe.Sizeof(client{}))

	// topicCost is about what a subscription, or a prefix, costs beside its name: entries of two maps.
	topicCost = 96

	// leastClientMemory is the least limit that is in force, as in Redis.
	leastClientMemory = 128 << 10
)

// account notes what the client holds.
func (c *client) account() {
	f := &c.footprint
	input, output, queued := int64(cap(c.in.buf)), int64(cap(c.out)), c.queuedBytes()
	total := clientSize + input + output + queued + f.topics + c.watchedBytes()
	if total == f.total.Load() {
		return
	}
	f.input.Store(input)
	f.output.Store(output)
	f.queued.Store(queued)
	c.srv.holdMore(total - f.total.Swap(total))
}

// queuedBytes returns the size of the commands that wait to be executed.
func (c *client) queuedBytes() (n int64) {
	if c.tx != nil {
		n = int64(c.tx.size)
	}
	if c.delayed != nil {
		n += int64(argsSize(c.delayed.args))
	}
	return n
}

// watchedBytes returns what the keys take that the client watches.
func (c *client) watchedBytes() int64 {
	if c.watch == nil {
		return 0
	}
	return int64(c.watch.Size())
}

// memory returns what the client holds, with the messages that wait for it.
func (c *client) memory() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.footprint.total.Load() + int64(len(c.mail.out))
}

// holdMore adds to what all clients hold. It may be called with any lock held.
func (s *Server) holdMore(n int64) {
	s.clientMemory.Add(n)
	if n > 0 {
		s.checkCrowd()
	}
}

// checkCrowd has clients evicted if they hold more than they may.
func (s *Server) checkCrowd() {
	if s.settings.maxClientMemory.Load() == 0 || s.clientMemory.Load() <= s.clientMemoryLimit() {
		return
	}
	select {
	case s.crowded <- struct{}{}:
	default:
	}
}

// clientMemoryLimit returns the limit in bytes, the largest number if there is none. A share of maxmemory is none without
// that.
func (s *Server) clientMemoryLimit() int64 {
	limit := s.settings.maxClientMemory.Load()
	if limit < 0 {
		limit = int64(float64(s.Cache.MaxBytes()) * float64(-limit) / 100)
	}
	if limit == 0 {
		return 1<<63 - 1
	}
	return max(limit, leastClientMemory)
}

// evictClients disconnects the clients that hold most until the others are within the limit.
func (s *Server) evictClients() {
	limit := s.clientMemoryLimit()
	type holder struct {
		c     *client
		bytes int64
	}
	var holders []holder
	sum := int64(0)
	for _, c := range s.snapshot() {
		holders = append(holders, holder{c, c.memory()})
		sum += holders[len(holders)-1].bytes
	}
	slices.SortFunc(holders, func(a, b holder) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, h := range holders {
		if sum <= limit {
			return
		}
		if h.c.spared() {
			continue
		}
		s.log().Warn("resp: client evicted", "id", h.c.id, "addr", h.c.addr, "bytes", h.bytes)
		s.evicted.Add(1) // before anybody can see that the client is gone
		h.c.kill("maxmemory-clients")
		sum -= h.bytes
	}
}

// spared reports whether the client must not be evicted.
func (c *client) spared() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.noEvict
}

// charge has the cache count what clients hold against its limit.
func (s *Server) charge() {
	s.setCharge(s.clientMemory.Load() + s.spare.bytes() + s.tracker.memory())
}

func (s *Server) setCharge(bytes int64) {
	s.chargeMu.Lock()
	defer s.chargeMu.Unlock()
	if bytes != s.charged {
		s.Cache.Charge(int(bytes - s.charged))
		s.charged = bytes
	}
}
