package eviction

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// cache is a plain map under a Policy, the smallest store that can drive one.
type cache struct {
	p       *Policy
	t       *Tuner
	cap     int
	buckets [][]item
	n       int
	batch   int // entries evicted at once
	evicted int
}

type item struct {
	hash uint64
	m    Meta
}

func newCache(capacity int, tuned bool) *cache {
	c := &cache{p: New(capacity, 1), cap: capacity, batch: 1, buckets: make([][]item, max(1, capacity/8))}
	if tuned {
		c.t = NewTuner(capacity, 2)
	}
	return c
}

func (c *cache) bucket(at uint32) int { return int(uint64(at) * uint64(len(c.buckets)) >> 32) }

func (c *cache) access(key int) bool {
	r := rand.New(rand.NewPCG(uint64(key), 9))
	hash := r.Uint64()
	b := c.bucket(uint32(hash))
	for i := range c.buckets[b] {
		if e := &c.buckets[b][i]; e.hash == hash {
			if m := e.m.Touch(c.p.Tick()); m != e.m {
				e.m = m
				c.observe(hash)
			}
			return true
		}
	}
	if c.n == c.cap {
		for range min(c.batch, c.n) {
			c.evict()
		}
	}
	c.buckets[b] = append(c.buckets[b], item{hash, c.p.Insert(hash, c.evicted > 0)})
	c.n++
	c.observe(hash)
	return false
}

func (c *cache) observe(hash uint64) {
	if c.t != nil && c.t.Samples(hash) && c.t.Observe(hash) {
		c.p.Tune(c.t.Setting())
	}
}

// fillTuner shows the tuner what there is before the first eviction.
func (c *cache) fillTuner() {
	for _, b := range c.buckets {
		for _, e := range b {
			if c.t.Samples(e.hash) {
				c.t.Admit(e.hash, e.m.Worth(c.p.Tick()))
			}
		}
	}
}

func (c *cache) evict() {
	if c.t != nil && c.evicted == 0 {
		c.fillTuner()
	}
	c.evicted++
	s := c.p.Search()
	for !s.Enough() {
		at, _ := s.NextBucket()
		b := c.bucket(at)
		for i := range c.buckets[b] {
			e := &c.buckets[b][i]
			e.m = s.Consider(uint32(b)<<8|uint32(i), e.m)
		}
	}
	v := s.Choose()
	if v.Promote {
		c.buckets[v.Promoted>>8][v.Promoted&255].m = v.PromotedMeta
	}
	b, i := c.buckets[v.Evict>>8], v.Evict&255
	c.p.Evicted(b[i].hash, b[i].m)
	b[i] = b[len(b)-1]
	c.buckets[v.Evict>>8] = b[:len(b)-1]
	c.n--
}

func (c *cache) windowed() (n int) {
	for _, b := range c.buckets {
		for _, e := range b {
			if e.m.InWindow() {
				n++
			}
		}
	}
	return n
}

func TestMetaIsOneByte(t *testing.T) {
	if n := unsafe.Sizeof(Meta(0)); n != 1 {
		t.Fatalf("Meta takes %d bytes", n)
	}
}

func TestWorthSurvivesTheClock(t *testing.T) {
	for tick := uint32(math.MaxUint32 - 300); tick != 300; tick++ {
		for w := worthMin; w <= worthMax; w++ {
			if got := mainMeta(w, tick).Worth(tick); got != w {
				t.Fatalf("tick %d: worth %d came back as %d", tick, w, got)
			}
		}
	}
}

func TestWorthFallsByOneAStep(t *testing.T) {
	m := mainMeta(worthMax, 1000)
	for d := uint32(0); d < (worthMax-worthMin)*ticksPerStep; d++ {
		if got := m.Worth(1000 + d); got != worthMax-int(d/ticksPerStep) {
			t.Fatalf("after %d ticks: %d", d, got)
		}
	}
	w := windowMeta(0, 1000)
	for d := uint32(0); d < 1<<ageBits; d++ {
		if got := w.Worth(1000 + d); got != -int(d/ticksPerStep) {
			t.Fatalf("window, after %d ticks: %d", d, got)
		}
	}
}

func TestTouchNeverLowersAndComesToRest(t *testing.T) {
	for _, m := range []Meta{mainMeta(worthMin, 77), mainMeta(0, 77), windowMeta(0, 77)} {
		for range 100 {
			n := m.Touch(77)
			if n.Worth(77) < m.Worth(77) {
				t.Fatalf("%08b: worth fell from %d to %d", m, m.Worth(77), n.Worth(77))
			}
			m = n
		}
		if m.Touch(77) != m {
			t.Errorf("%08b is still written after a hundred hits within one tick", m)
		}
	}
}

func TestGhostRemembersOnce(t *testing.T) {
	p := New(1000, 1)
	m := p.Insert(0xabcdef, true)
	if c := m & (1<<countBits - 1); c != 0 {
		t.Fatalf("a stranger starts with %d hits", c+1)
	}
	p.Evicted(0xabcdef, m)
	if c := p.Insert(0xabcdef, true) & (1<<countBits - 1); c != 1 {
		t.Fatalf("a key that came back starts with %d hits", c+1)
	}
	p.Evicted(0x123456, mainMeta(halfLife, p.tick))
	if c := p.Insert(0x123456, true) & (1<<countBits - 1); c != 2 {
		t.Fatalf("a frequent key that came back starts with %d hits", c+1)
	}
	if c := p.Insert(0x123456, true) & (1<<countBits - 1); c != 0 {
		t.Fatalf("the memory was not used up: %d hits", c+1)
	}
}

// TestGhostFades: what was hit often is remembered as hit once after a while, and forgotten after twice that.
func TestGhostFades(t *testing.T) {
	const n = 1000
	p := New(n, 1)
	pass := func() {
		for i := range fadeTicks * p.tickLen {
			p.Insert(uint64(i)|1<<63, false)
		}
	}
	recalled := func() (hits [4]int) {
		for i := range uint64(100) {
			slot, print := p.ghostOf(i)
			if g := p.ghost[slot]; g&^1 == print {
				hits[2+g&1]++
			}
		}
		return hits
	}
	for i := range uint64(100) {
		p.Evicted(i, mainMeta(halfLife, p.tick))
	}
	if got := recalled(); got[3] < 90 {
		t.Fatalf("just evicted: %v of 100 keys with so many hits", got)
	}
	pass()
	if got := recalled(); got[3] > 0 || got[2] < 90 {
		t.Errorf("after one pass: %v of 100 keys with so many hits", got)
	}
	pass()
	if got := recalled(); got[3]+got[2] > 0 {
		t.Errorf("after two passes: %v of 100 keys with so many hits", got)
	}
}

func TestResizeKeepsTheHistory(t *testing.T) {
	for _, to := range []int{4000, 8000, 5000} {
		p := New(4000, 1)
		hashes := make([]uint64, 500)
		for i := range hashes {
			hashes[i] = rand.Uint64()
			p.Evicted(hashes[i], mainMeta(0, 0))
		}
		p.Resize(to)
		known := 0
		for _, h := range hashes {
			if p.recall(h) > 1 {
				known++
			}
		}
		if known < 250 {
			t.Errorf("resized to %d: %d of 500 known", to, known)
		}
	}
}

func TestMemoryIsTwoBytesAnEntry(t *testing.T) {
	const n = 1 << 20
	p := New(n, 1)
	if got := n + len(p.ghost) + 4*len(p.ring); got > 2*n+1024 {
		t.Errorf("%d bytes for %d entries", got, n)
	}
}

func TestWindowCountStaysTrue(t *testing.T) {
	for _, tuned := range []bool{false, true} {
		c := newCache(300, tuned)
		r := rand.New(rand.NewPCG(1, 1))
		for i := range 30000 {
			c.access(int(math.Pow(3000, r.Float64())) + i/5000*50)
			if i%997 == 0 {
				c.p.Tune(settings[i/997%len(settings)])
			}
		}
		if got := c.windowed(); got != c.p.window {
			t.Errorf("tuned %v: %d entries in the window, %d counted", tuned, got, c.p.window)
		}
	}
}

func hitRatio(c *cache, n int, next func(i int) int) float64 {
	hits := 0
	for i := range n {
		if c.access(next(i)) && i >= n/2 {
			hits++
		}
	}
	return float64(hits) / float64(n-n/2)
}

func TestLoopKeepsItsShare(t *testing.T) {
	c := newCache(500, true)
	if got := hitRatio(c, 60000, func(i int) int { return i % 1000 }); got < 0.45 {
		t.Errorf("a loop twice the cache's size hits %.2f; half of it could stay", got)
	}
}

func TestBurstsAreCaught(t *testing.T) {
	// Each key is used three times, 200 accesses apart, and never again: only recency helps.
	c := newCache(1000, true)
	if got := hitRatio(c, 90000, func(i int) int { return i/600*200 + i%200 }); got < 0.6 {
		t.Errorf("hit ratio %.2f where LRU has 0.67", got)
	}
	if c.t.Setting() == settings[0] {
		t.Error("the window never grew")
	}
}

func TestScanDoesNotFlush(t *testing.T) {
	c := newCache(1000, true)
	hot, fresh := 0, 1<<20
	got := hitRatio(c, 100000, func(i int) int {
		if i%2 == 0 {
			hot = (hot + 7) % 900
			return hot
		}
		fresh++
		return fresh
	})
	if got < 0.45 {
		t.Errorf("hit ratio %.2f with a scan beside 900 hot keys; 0.5 is all", got)
	}
}

func TestTinyCaches(t *testing.T) {
	for n := 1; n < 40; n++ {
		c := newCache(n, true)
		for i := range 2000 {
			c.access(i * i % 97)
			if c.n > n {
				t.Fatalf("%d entries in a cache of %d", c.n, n)
			}
		}
	}
}

func TestTunerResizes(t *testing.T) {
	tu := NewTuner(100, 1)
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{100, 3000, 1 << 20, 50, 1, 700} {
		tu.Resize(n)
		for range 20000 {
			if h := r.Uint64N(5000) * 0x9E3779B97F4A7C15; tu.Samples(h) {
				tu.Observe(h)
			}
		}
		for i := range tu.minis {
			m := &tu.minis[i]
			if m.n > n || m.n > miniSize {
				t.Fatalf("miniature of %d entries for a cache of %d", m.n, n)
			}
			for j, k := range m.keys[:m.n] {
				if int(m.index[m.slot(k)]) != j+1 {
					t.Fatalf("index lost key %d of %d", j, m.n)
				}
			}
		}
	}
}

func BenchmarkTouch(b *testing.B) {
	m := mainMeta(0, 0)
	for i := 0; b.Loop(); i++ {
		m = m.Touch(uint32(i >> 2))
	}
}

func BenchmarkEvictInsert(b *testing.B) {
	const n = 1 << 16
	p := New(n, 1)
	metas := make([]Meta, n)
	h := uint64(1)
	for i := range metas {
		metas[i] = p.Insert(h, false)
	}
	for b.Loop() {
		h = h*6364136223846793005 + 1442695040888963407
		s := p.Search()
		for !s.Enough() {
			at, _ := s.NextBucket()
			at = at >> 19 << 3
			for i := at; i < at+8; i++ {
				metas[i] = s.Consider(i, metas[i])
			}
		}
		v := s.Choose()
		if v.Promote {
			metas[v.Promoted] = v.PromotedMeta
		}
		p.Evicted(h^uint64(v.Evict), metas[v.Evict])
		metas[v.Evict] = p.Insert(h, true)
	}
}

func BenchmarkObserve(b *testing.B) {
	t := NewTuner(1<<20, 1)
	h := uint64(1)
	for b.Loop() {
		h = h*6364136223846793005 + 1442695040888963407
		t.Observe(h ^ h>>29)
	}
}
