package eviction

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	// miniSize bounds the entries of a miniature; it holds between half as many and as many when the cache is larger.
	miniSize = 512
	// tunePeriod is how many sampled accesses, as a share of the miniature's size, lie between decisions.
	tunePeriod = 2
	// A decision forgets a twentieth of the hits counted so far, so that the last twenty or so periods count.
	tuneKeep = 0.95
	// tuneDeviations is the gain in hits that makes changing over worth it, in standard deviations of the number of hits
	// that chance alone would give. A change costs as many misses as there are entries on the wrong side of the window.
	tuneDeviations = 0.7
)

// settings are the candidates. A wide window goes by recency, and the half-life means little to it. Five capacities is
// the half-life that forgets soon enough where popularity moves; four times as long, hits of a key that is used every ten
// capacities or so still add up.
var settings = [...]Setting{{3, 5}, {3, 20}, {26, 5}, {90, 5}, {250, 5}}

// Tuner chooses the setting for all shards of a cache. It simulates the policy for each candidate on the same sample of
// keys, in miniatures whose capacity is the same fraction of the cache's.
type Tuner struct {
	choice atomic.Int32 // of settings
	shift  atomic.Int32 // one key in 1<<shift is sampled

	mu       sync.Mutex
	minis    [len(settings)]mini
	hits     [len(settings)]float64 // of total
	total    float64
	best     int
	seen     int // since the last decision
	capacity atomic.Int64
}

// NewTuner makes the tuner of a cache that holds about capacity entries when full.
func NewTuner(capacity int, seed uint64) *Tuner {
	t := &Tuner{}
	for i := range t.minis {
		t.minis[i].init(seed + uint64(i)<<32)
	}
	t.Resize(capacity)
	return t
}

// Resize tells the tuner how many entries the cache holds when full.
func (t *Tuner) Resize(capacity int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	capacity = max(1, capacity)
	t.capacity.Store(int64(capacity))
	shift := bits.Len(uint(capacity-1) / miniSize)
	t.shift.Store(int32(shift))
	for i := range t.minis {
		t.minis[i].resize(max(1, capacity>>shift), capacity, settings[i])
	}
}

// Capacity is what Resize was told last.
func (t *Tuner) Capacity() int { return int(t.capacity.Load()) }

// Setting is the best of the candidates, for Policy.Tune.
func (t *Tuner) Setting() Setting { return settings[t.choice.Load()] }

// Samples reports whether accesses of the hash are to be shown to Observe: those of hashes whose lower 32 bits are below
// SampledBelow, so that in a table ordered by these they stand together.
func (t *Tuner) Samples(hash uint64) bool {
	return uint64(uint32(hash)) < t.SampledBelow()
}

// SampledBelow is the end of the range that Samples tells.
func (t *Tuner) SampledBelow() uint64 { return 1 << (32 - t.shift.Load()) }

// Admit shows the tuner an entry that Samples and that was in the cache before the tuner had been shown its accesses, and
// its worth. With all of them the miniatures begin as full as the cache is. Otherwise they would have to fill up before
// they differ.
func (t *Tuner) Admit(hash uint64, worth int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.minis {
		t.minis[i].admit(uint32(hash>>32), worth)
	}
}

// Observe records an access of a sampled key: an insertion, or a hit that changed the entry's metadata. It gives up when
// another goroutine is at it, and reports whether Setting has changed.
func (t *Tuner) Observe(hash uint64) bool {
	if !t.mu.TryLock() {
		return false
	}
	defer t.mu.Unlock()
	key := uint32(hash >> 32)
	for i := range t.minis {
		if t.minis[i].access(key) {
			t.hits[i]++
		}
	}
	t.total++
	t.seen++
	if t.seen < max(16, t.minis[0].policy.capacity/tunePeriod) {
		return false
	}
	t.seen = 0
	return t.decide()
}

func (t *Tuner) decide() bool {
	best := t.best
	for i, h := range t.hits {
		if h > t.hits[best] {
			best = i
		}
	}
	changed := best != t.best && t.hits[best]-t.hits[t.best] > t.chance(t.hits[best])
	if changed {
		t.best = best
		t.choice.Store(int32(best))
	}
	for i := range t.hits {
		t.hits[i] *= tuneKeep
	}
	t.total *= tuneKeep
	return changed
}

// chance is by how much a candidate with that many hits may be ahead by chance. Hits vary with the root of their number,
// and where hits are the rule, with that of the misses.
func (t *Tuner) chance(hits float64) float64 {
	return 1 + tuneDeviations*math.Sqrt(max(1, min(hits, t.total-hits)))
}

// mini is a cache of fingerprints, without values.
type mini struct {
	policy Policy
	n      int
	keys   []uint32
	metas  []Meta
	index  []uint16 // open addressing; position in keys plus one
}

func (m *mini) init(seed uint64) { m.policy.rng = seed*2 + 1 }

func (m *mini) resize(capacity, whole int, s Setting) {
	m.policy.resize(capacity, ghostSlots(whole)*capacity/whole)
	m.policy.Tune(s)
	for m.n > capacity {
		m.drop(m.n - 1)
	}
	if len(m.keys) == capacity {
		return
	}
	m.keys = append(make([]uint32, 0, capacity), m.keys[:m.n]...)[:capacity]
	m.metas = append(make([]Meta, 0, capacity), m.metas[:m.n]...)[:capacity]
	m.index = make([]uint16, 2<<bits.Len(uint(capacity-1)))
	for i, k := range m.keys[:m.n] {
		m.index[m.slot(k)] = uint16(i + 1)
	}
}

func spread(key uint32) uint64 { return uint64(key) * 0x9E3779B97F4A7C15 }

func (m *mini) home(key uint32) int { return int(spread(key) >> 32 & uint64(len(m.index)-1)) }

// slot is where the index has the key, or the empty slot where it belongs.
func (m *mini) slot(key uint32) int {
	i := m.home(key)
	for m.index[i] != 0 && m.keys[m.index[i]-1] != key {
		i = (i + 1) & (len(m.index) - 1)
	}
	return i
}

// admit takes in a key that is missing while there is room, as an entry of the main part.
func (m *mini) admit(key uint32, worth int) {
	i := m.slot(key)
	if m.index[i] != 0 || m.n == len(m.keys) {
		return
	}
	m.add(i, key, mainMeta(worth, m.policy.tick))
}

// add puts a key behind the others, of which the index has the slot.
func (m *mini) add(slot int, key uint32, meta Meta) {
	m.keys[m.n], m.metas[m.n] = key, meta
	m.n++
	m.index[slot] = uint16(m.n)
}

// access reports a hit; a key that is missing is inserted.
func (m *mini) access(key uint32) bool {
	i := m.slot(key)
	if at := m.index[i]; at != 0 {
		m.metas[at-1] = m.metas[at-1].Touch(m.policy.tick)
		return true
	}
	full := m.n == len(m.keys)
	if full {
		m.evict()
		i = m.slot(key)
	}
	m.add(i, key, m.policy.Insert(miniHash(key), full))
	return false
}

// miniHash keeps the key's bits in the lower half, where the policy's ring finds them.
func miniHash(key uint32) uint64 { return spread(key)&^(1<<32-1) | uint64(key) }

func (m *mini) evict() {
	s := m.policy.Search()
	for !s.Enough() {
		if at, hint := s.NextBucket(); hint {
			if i := m.index[m.slot(at)]; i != 0 {
				m.consider(&s, int(i-1))
			}
		}
		for range 7 {
			m.consider(&s, int(m.policy.random()>>32*uint64(m.n)>>32))
		}
	}
	v := s.Choose()
	if v.Promote {
		m.metas[v.Promoted] = v.PromotedMeta
	}
	m.policy.Evicted(miniHash(m.keys[v.Evict]), m.metas[v.Evict])
	m.remove(int(v.Evict))
}

func (m *mini) consider(s *Search, i int) { m.metas[i] = s.Consider(uint32(i), m.metas[i]) }

func (m *mini) drop(i int) {
	m.policy.Remove(m.metas[i])
	m.remove(i)
}

// remove takes the i-th key out, puts the last in its place and closes the gap in the index.
func (m *mini) remove(i int) {
	mask := len(m.index) - 1
	gap := m.slot(m.keys[i])
	for j := (gap + 1) & mask; m.index[j] != 0; j = (j + 1) & mask {
		home := m.home(m.keys[m.index[j]-1])
		if (j-home)&mask >= (j-gap)&mask {
			m.index[gap] = m.index[j]
			gap = j
		}
	}
	m.index[gap] = 0
	m.n--
	if i != m.n {
		last := m.slot(m.keys[m.n])
		m.keys[i], m.metas[i] = m.keys[m.n], m.metas[m.n]
		m.index[last] = uint16(i + 1)
	}
}
