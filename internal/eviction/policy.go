// Package eviction decides which entry of a shard is evicted.
//
// # The idea
//
// An entry's worth is the number of its hits, each counted half for every half-life (some capacities' worth of
// insertions) that has passed since: recency and frequency in one number. Kept as a logarithm it needs no
// decay pass. A worth of 2^(x/halfLife) falls by one step of x with each two ticks of the shard's clock, so the
// entry stores the step at which its worth will have fallen to one: its deadline, seven bits modulo 128. Reading
// a hot entry changes its deadline at most once a step, of which a half-life has twenty.
//
// A new entry enters the window, where only the time since its last touch counts. When the window is over its share,
// its oldest entry is compared with the least worthy entry of the main part (everything else): it moves to the
// main part if it is worth more than the other one would be after one more hit, and is evicted otherwise. The extra
// hit is what keeps a loop longer than the cache from pushing itself out: of two equals the resident stays.
// Evicted entries leave a fingerprint in the ghost table, a byte each, so that a key which comes back soon is worth
// two hits and not one, or three if its hits were many. What the ghost remembers fades with the half-life as well:
// otherwise a loop longer than the cache would push itself out after all.
//
// Nothing is linked. The least worthy and the oldest are taken from the entries of a few buckets at random. Only the
// window must not be left to chance while it is small, since a sample would rarely hold one of its entries: a ring
// remembers the hashes of the latest insertions and leads to their buckets.
//
// How large a share of the cache the window deserves depends on the load: next to nothing for loops
// and for stable popularity, nearly everything for bursts. So does the half-life: where popularity is stable and most
// keys are rare, a small cache sees hardly any key twice within a few capacities, and has to remember for longer. The
// half-life is how long the clock's ticks are, so that changing it leaves every deadline as it is. The Tuner finds out by
// simulation: it runs one miniature of this very algorithm per candidate setting on a sample of the keys and lets the
// cache follow the best, by as much as chance does not explain. (Caffeine's W-TinyLFU climbs the hill of its own hit
// ratio instead: Einziger, Eytan, Friedman, Manes, "Adaptive Software Cache Management", Middleware 2018. That needs no
// miniatures, and a change that was wrong to find out. Miniatures by hash of the key are those of Waldspurger,
// Saemundsson, Ahmad, Park, "Cache Modeling and Optimization using Miniature Simulations", ATC 2017.)
//
// # Cost
//
// One byte in each entry; in each shard one byte per 16/15 entries for the ghost and four bytes per 64 entries for the
// ring: two bytes an entry altogether, plus half a KiB a shard for the ghost, and the Tuner, some 28 KiB a cache. A touch
// is a table lookup. An eviction looks at one or two buckets in the common case.
package eviction

import (
	"math"
	"math/bits"
)

const (
	ticksPerStep     = 2  // of worths; the window, which goes by time alone, tells every tick
	halfLife         = 20 // steps in which a worth halves
	ticksPerHalfLife = halfLife * ticksPerStep

	deadlineBits = 7
	worthMin     = -40 // in steps; a worth of a quarter of a hit
	worthMax     = 87  // about twenty hits

	windowFlag = 1 << 7
	countBits  = 3 // hits of a window entry, less one
	ageBits    = 4 // tick of its last touch: two capacities at the least, which few entries spend in the window unseen

	// sampleSize is how many entries an eviction looks at, if the buckets it draws give as many: two buckets as a rule.
	sampleSize = 16
	// maxBuckets bounds the search for a window entry that chance keeps from the sample.
	maxBuckets = 5

	// minRing is the least number of insertions that the ring remembers, and overshoot by how many entries the window may be
	// over its target without having been cut. Room is not made entry by entry: several may come in, and as many go at once.
	minRing   = 16
	overshoot = 8

	// fadeTicks is in how many ticks each slot of the ghost fades once, one and a half half-lives. At the first time it
	// forgets that the hits were many, and at the next the key: by then a hit counts a half to a fifth.
	fadeTicks = ticksPerHalfLife * 3 / 2

	// moreGhost is how many slots more a ghost has, though not more than three for each entry: a small shard with few keys
	// should tell from its history as much as a large one, and half a KiB is nothing beside the pages that it has.
	moreGhost = 512
)

// Meta is an entry's share of the policy's memory. It has two layouts:
//
//	main    0ddddddd  deadline, the step modulo 128
//	window  1ttttccc  tick of the last touch modulo 16, hits less one
type Meta uint8

// afterHit[x-worthMin] is the worth of an entry of worth x once it is hit.
var afterHit [worthMax - worthMin + 1]int8

// countWorth[c] is the worth of c+1 hits at once.
var countWorth [1 << countBits]int8

func init() {
	log := func(hits float64) int8 {
		return int8(min(worthMax, math.Round(math.Log2(hits)*halfLife)))
	}
	for i := range afterHit {
		afterHit[i] = log(1 + math.Exp2(float64(i+worthMin)/halfLife))
	}
	for c := range countWorth {
		countWorth[c] = log(float64(c + 1))
	}
}

// InWindow reports whether the entry is in the window.
func (m Meta) InWindow() bool { return m&windowFlag != 0 }

// Worth is the logarithm of the entry's decayed hit count, halfLife a doubling, 0 for one hit just now.
func (m Meta) Worth(tick uint32) int {
	if m.InWindow() {
		return max(worthMin, int(countWorth[m&(1<<countBits-1)])-m.idle(tick)/ticksPerStep)
	}
	// The deadline lies between worthMin behind the step and worthMax ahead of it: Refresh sees to it.
	return int((uint8(m)-uint8(tick/ticksPerStep)-uint8(worthMin&0x7f))&(1<<deadlineBits-1)) + worthMin
}

// idle is how many ticks ago a window entry was touched.
func (m Meta) idle(tick uint32) int {
	return int((tick - uint32(m)>>countBits) & (1<<ageBits - 1))
}

func mainMeta(worth int, tick uint32) Meta {
	return Meta((tick/ticksPerStep + uint32(worth)) & (1<<deadlineBits - 1))
}

func windowMeta(count int, tick uint32) Meta {
	return Meta(windowFlag | (tick&(1<<ageBits-1))<<countBits | uint32(count))
}

// Touch is the entry's metadata after a hit. It equals m for every further hit of a hot entry
// within a tick: then the entry must not be written. It takes no state but the shard's tick, so that readers
// without the lock may call it.
func (m Meta) Touch(tick uint32) Meta {
	if m.InWindow() {
		return windowMeta(min(int(m&(1<<countBits-1))+1, 1<<countBits-1), tick)
	}
	return mainMeta(int(afterHit[m.Worth(tick)-worthMin]), tick)
}

// Setting is what the Tuner finds out about the load.
type Setting struct {
	window int // share of the entries that the window should hold, in 1/256
	memory int // half-life of a hit, in capacities' worth of insertions
}

// Policy is the state of one shard. All methods need the shard's lock.
type Policy struct {
	tick      uint32 // readers load it without the lock: see Tick
	untilTick int
	tickLen   int

	capacity int
	memory   int // of the setting
	window   int // entries in the window
	target   int // entries the window should hold

	ghost []uint8
	fade  int // the slot that fades next
	faded int // what is left of the slots due, in parts of fadeTicks*tickLen

	ring []uint32 // hashes of the latest insertions, oldest at head
	head int
	held int

	rng uint64
}

// New makes the policy of a shard that holds about capacity entries when full.
func New(capacity int, seed uint64) *Policy {
	p := &Policy{rng: seed | 1}
	p.Resize(capacity)
	p.Tune(settings[0])
	return p
}

func ghostSlots(capacity int) int { return max(1, capacity*15/16+min(3*capacity, moreGhost)) }

// Resize tells the policy how many entries the shard holds when full. Most of the history is kept. Call it when the
// estimate has moved by an eighth or more.
func (p *Policy) Resize(capacity int) {
	capacity = max(1, capacity)
	p.resize(capacity, ghostSlots(capacity))
}

func (p *Policy) resize(capacity, ghost int) {
	if capacity == p.capacity {
		return
	}
	p.capacity = capacity
	p.resizeGhost(max(1, ghost))
	p.resizeRing(max(minRing, capacity/64))
	p.setTicks()
}

func (p *Policy) setTicks() {
	p.tickLen = max(1, p.capacity*p.memory/ticksPerHalfLife)
	p.untilTick = min(max(p.untilTick, 1), p.tickLen)
}

func (p *Policy) resizeGhost(n int) {
	old := p.ghost
	p.ghost = make([]uint8, n)
	if len(old) == 0 {
		return
	}
	// A slot covers a range of hashes, and the same range keeps its fingerprint.
	for i := range p.ghost {
		p.ghost[i] = old[i*len(old)/n]
	}
}

func (p *Policy) resizeRing(n int) {
	old := p.ring
	keep := min(p.held, n)
	p.ring = make([]uint32, n)
	for i := range keep {
		p.ring[i] = old[(p.head+p.held-keep+i)%len(old)]
	}
	p.head, p.held = 0, keep
}

// Capacity is what Resize was told last.
func (p *Policy) Capacity() int { return p.capacity }

// Bytes is the memory of the ghost table and the ring.
func (p *Policy) Bytes() int { return len(p.ghost) + 4*len(p.ring) }

// Tune puts a setting into force.
func (p *Policy) Tune(s Setting) {
	p.target = max(1, p.capacity*s.window/256)
	if p.memory != s.memory {
		p.memory = s.memory
		p.setTicks()
	}
}

// Tick is the shard's clock, to be given to Touch.
func (p *Policy) Tick() uint32 { return p.tick }

// Insert is the metadata of a new entry. full says whether room had to be made for it: entries that arrive while
// there is room belong to the main part at once.
func (p *Policy) Insert(hash uint64, full bool) Meta {
	p.untilTick--
	if p.untilTick <= 0 {
		p.untilTick = p.tickLen
		p.tick++
	}
	p.fadeGhost()
	hits := p.recall(hash)
	if !full {
		return mainMeta(int(countWorth[hits-1]), p.tick)
	}
	p.window++
	if p.held == len(p.ring) {
		p.popRing()
	}
	p.ring[(p.head+p.held)%len(p.ring)] = uint32(hash)
	p.held++
	return windowMeta(hits-1, p.tick)
}

// fadeGhost lets as many slots fade as are due with an insertion.
func (p *Policy) fadeGhost() {
	p.faded += len(p.ghost)
	for period := fadeTicks * p.tickLen; p.faded >= period; p.faded -= period {
		if p.fade++; p.fade >= len(p.ghost) {
			p.fade = 0
		}
		if g := &p.ghost[p.fade]; *g&1 != 0 {
			*g &^= 1
		} else {
			*g = 0
		}
	}
}

func (p *Policy) popRing() uint32 {
	h := p.ring[p.head]
	p.head = (p.head + 1) % len(p.ring)
	p.held--
	return h
}

// Remove tells the policy that an entry has gone for another reason than eviction.
func (p *Policy) Remove(m Meta) {
	if m.InWindow() && p.window > 0 {
		p.window--
	}
}

// Evicted remembers an entry that Victim chose.
func (p *Policy) Evicted(hash uint64, m Meta) {
	p.Remove(m)
	slot, print := p.ghostOf(hash)
	if m.Worth(p.tick) >= halfLife/2 {
		print |= 1
	}
	// A frequent key gives way to a rare one at the second attempt only.
	if p.ghost[slot]&1 > print&1 {
		p.ghost[slot] &^= 1
		return
	}
	p.ghost[slot] = print
}

// ghostOf is the hash's slot and its fingerprint, whose lowest bit is free to say that the key was hit often. The hash is
// mixed first, since all hashes of a shard may share some bits. Fingerprint 0 is left to empty slots.
func (p *Policy) ghostOf(hash uint64) (slot int, print uint8) {
	hash *= 0x9E3779B97F4A7C15
	hi, _ := bits.Mul64(hash, uint64(len(p.ghost)))
	return int(hi), max(2, uint8(hash>>24)&^1)
}

// recall is the number of hits that a new entry starts with: 1, or more if its key was evicted lately.
func (p *Policy) recall(hash uint64) int {
	slot, print := p.ghostOf(hash)
	g := p.ghost[slot]
	if g&^1 != print {
		return 1
	}
	p.ghost[slot] = 0
	return 2 + int(g&1)
}

// Search is one eviction under way. The shard draws buckets, at NextBucket's hint or at random, and shows their entries
// to Consider until Enough; Choose then names the victim. A bucket may come up twice. A shard without entries must not
// search.
type Search struct {
	p       *Policy
	seen    int
	buckets int
	shrink  bool // the window is over its share
	hasMain bool
	hasWin  bool
	main    uint32
	win     uint32
	winMeta Meta
	worth   int
	idle    int
}

// Search starts an eviction.
func (p *Policy) Search() Search {
	return Search{p: p, shrink: p.window > p.target}
}

// NextBucket says where to look for candidates: in the bucket of a hash whose lower 32 bits are at, or in a bucket that
// the random number at chooses. hint tells the two apart for tables that draw random buckets in another way.
func (s *Search) NextBucket() (at uint32, hint bool) {
	s.buckets++
	p := s.p
	small := p.window <= p.held+p.held/4
	if s.shrink && !s.hasWin && p.held > 0 && (small || s.buckets > 2) {
		return p.popRing(), true
	}
	return uint32(p.random() >> 32), false
}

func (p *Policy) random() uint64 {
	p.rng ^= p.rng << 13
	p.rng ^= p.rng >> 7
	p.rng ^= p.rng << 17
	return p.rng * 0x2545F4914F6CDD1D
}

// Consider shows one entry, by any name the shard likes, to the search. It returns the entry's metadata as it should
// be from here on: what differs must be written back.
func (s *Search) Consider(entry uint32, m Meta) Meta {
	s.seen++
	p := s.p
	if !m.InWindow() {
		w := m.Worth(p.tick)
		if !s.hasMain || w < s.worth {
			s.hasMain, s.main, s.worth = true, entry, w
		}
		return p.refresh(m, w)
	}
	idle := m.idle(p.tick)
	if s.hasWin && idle <= s.idle {
		if entry == s.win || p.window <= p.target+p.target/8+overshoot {
			return m
		}
		// The target has just shrunk: younger entries leave the window uncontested.
		p.window--
		return mainMeta(m.Worth(p.tick), p.tick)
	}
	s.hasWin, s.win, s.winMeta, s.idle = true, entry, m, idle
	return m
}

// refresh keeps deadlines from falling out of the clock's range.
func (p *Policy) refresh(m Meta, worth int) Meta {
	if worth < worthMin+8 {
		return mainMeta(worthMin+8, p.tick)
	}
	return m
}

// Enough reports whether the search has seen enough.
func (s *Search) Enough() bool {
	if s.seen == 0 {
		return false
	}
	if s.buckets >= maxBuckets {
		return true
	}
	if s.shrink && !s.hasWin || !s.shrink && !s.hasMain {
		return false
	}
	return s.seen >= sampleSize
}

// Verdict is the end of a search. Evict goes. If Promote is set, the window entry Promoted stays and takes PromotedMeta.
type Verdict struct {
	Evict        uint32
	Promote      bool
	Promoted     uint32
	PromotedMeta Meta
}

// Choose ends the search.
func (s *Search) Choose() Verdict {
	p := s.p
	switch {
	case !s.hasWin || s.hasMain && !s.shrink:
		return Verdict{Evict: s.main}
	case !s.hasMain:
		return Verdict{Evict: s.win}
	}
	worth := s.winMeta.Worth(p.tick)
	if worth <= int(afterHit[s.worth-worthMin]) {
		return Verdict{Evict: s.win}
	}
	p.window--
	return Verdict{Evict: s.main, Promote: true, Promoted: s.win, PromotedMeta: mainMeta(worth, p.tick)}
}
