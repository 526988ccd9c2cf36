package resp

import "sync"

// spareBuffers keeps the buffers of large requests and replies for the next of them.
//
// Megabytes of fresh memory cost a page fault each 4 KiB, as much as copying them, and as garbage they have the collector
// run, which stops everybody. So who reads large values again and again is served from the same buffers. When nobody has
// taken any for a second they are left to the collector.
type spareBuffers struct {
	mu   sync.Mutex
	kept [][]byte
	size int64 // of all that are kept
	used bool  // since the last call of expire
}

const (
	// mostLarge is the number of buffers kept, about as many as are written to at the same time.
	mostLarge = 4

	// largestKept is the capacity beyond which a buffer is not kept: that of the largest reply at which more are put off.
	largestKept = maxPendingReplies
)

// take returns an empty buffer of at least n bytes, nil if none is kept that is not much larger.
func (s *spareBuffers) take(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, b := range s.kept {
		if n <= cap(b) && cap(b)/4 <= n {
			return s.remove(i)
		}
	}
	return nil
}

// takeLargest returns an empty buffer for who does not know how much it will hold, nil if none is kept.
func (s *spareBuffers) takeLargest() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := -1
	for i, b := range s.kept {
		if best < 0 || cap(b) > cap(s.kept[best]) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return s.remove(best)
}

// remove takes a buffer out, with the mutex held.
func (s *spareBuffers) remove(i int) []byte {
	b, last := s.kept[i], len(s.kept)-1
	s.kept[i], s.kept[last] = s.kept[last], nil
	s.kept = s.kept[:last]
	s.size -= int64(cap(b))
	s.used = true
	return b[:0]
}

// give keeps a buffer that nobody uses any more.
func (s *spareBuffers) give(b []byte) {
	if cap(b) <= keptBuffer || cap(b) > largestKept {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) < mostLarge {
		s.kept = append(s.kept, b[:0])
		s.size += int64(cap(b))
	}
}

// expire drops what was not used since the call before.
func (s *spareBuffers) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.used {
		clear(s.kept)
		s.kept, s.size = s.kept[:0], 0
	}
	s.used = false
}

// bytes returns the memory kept.
func (s *spareBuffers) bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}
