package arena

import (
	"errors"
	"sync"
	"sync/atomic"
	"unsafe" // carries the addresses of mappings; nothing is dereferenced here
)

const (
	// ChunkSize is the unit in which memory is mapped.
	ChunkSize = 2 << 20
	// PageSize is the unit in which memory is accounted and returned to the system.
	PageSize = 4096

	pagesPerChunk = ChunkSize / PageSize

	maxSpan   = 1 << 30
	spanSlack = 4               // a span has 1/spanSlack of its size as room to grow
	pageRound = PageSize*16 - 1 // spans are mapped in units of 64 KiB

	firstRegion = 4 // chunks mapped by the first call to the system; doubles up to maxRegion
	maxReady    = 3 // chunks kept prepared
	patience    = 8 // Prepares without demand after which prepared chunks are given up

	roomForHuge = 8 * ChunkSize // what the limit must leave for chunks that are wholly resident
)

// ErrExhausted is returned by [Arena.Reserve] when the system refuses memory or the arena's refs are used up.
var ErrExhausted = errors.New("arena: memory or refs exhausted")

// chunkMem is memory of ChunkSize bytes on its way between a Memory and an arena.
type chunkMem struct {
	p         unsafe.Pointer
	huge      bool // advised to be a huge page
	populated bool // wholly resident
}

// Memory maps memory for the arenas that share it and counts what they hold. It is safe for concurrent use.
type Memory struct {
	// HugePages makes arenas of at least HugeFrom chunks ask for huge pages. Both may be changed until the first arena is
	// used.
	HugePages bool
	HugeFrom  int

	limit    atomic.Int64
	resident atomic.Int64
	_        [48]byte
	mapped   atomic.Int64
	demand   atomic.Int32
	wake     chan struct{}

	preparing sync.Mutex // keeps Close away from a chunk being populated; taken before mu

	mu      sync.Mutex
	closed  bool
	grow    int       // chunks of the next region
	region  mapping   // what is left of the newest region
	regions []mapping // everything mapped, for Close
	free    []chunkMem
	ready   []chunkMem // resident, and counted so
	spans   []mapping  // not resident
	dirs    []unsafe.Pointer
	idle    int // Prepares since the last demand
}

// mapping is a range of addresses obtained from the system.
type mapping struct {
	p    unsafe.Pointer
	size int
}

// NewMemory returns a Memory that has not mapped anything. Huge pages are on where the system offers them.
func NewMemory() *Memory {
	return &Memory{HugePages: hugePagesOffered(), HugeFrom: hugeFrom, grow: min(firstRegion, maxRegion), wake: make(chan struct{}, 1)}
}

// Resident returns the bytes of pages that arenas took and that were not returned to the system, over all arenas,
// headers, directories and prepared chunks included. It costs one atomic load.
func (m *Memory) Resident() int64 { return m.resident.Load() }

// Charge counts n bytes more, or fewer, that the owner holds elsewhere as resident, so that they fall under the same
// limit.
func (m *Memory) Charge(n int) { m.resident.Add(int64(n)) }

// SetLimit says how many bytes the owner wants to be resident at most, zero for no limit. It is no bound: near it the
// arenas take what they need page by page, without looking ahead.
func (m *Memory) SetLimit(bytes int64) { m.limit.Store(bytes) }

// roomFor reports whether n more resident bytes stay clear of the limit.
func (m *Memory) roomFor(n int64) bool {
	limit := m.limit.Load()
	return limit == 0 || m.resident.Load()+n <= limit
}

// Mapped returns the bytes of address space in use. Most of it may never have been touched.
func (m *Memory) Mapped() int64 { return m.mapped.Load() }

// Demand returns a channel that receives when a large arena took a chunk, which is the moment to call [Memory.Prepare].
func (m *Memory) Demand() <-chan struct{} { return m.wake }

// Prepare makes chunks ready for large arenas, so that a caller of Alloc does not wait until the system has zeroed one.
// It does nothing while there is no demand, and gives prepared chunks up after several calls without demand. It is meant
// for a background goroutine; each chunk takes some hundred microseconds.
func (m *Memory) Prepare() {
	m.preparing.Lock()
	defer m.preparing.Unlock()
	want := m.target(int(m.demand.Swap(0)))
	for m.prepareOne(want) {
	}
}

// target returns how many chunks should be ready, given how many were asked for since the last call.
func (m *Memory) target(demand int) int {
	m.mu.Lock()
	if demand > 0 {
		m.idle = 0
	} else {
		m.idle++
	}
	tired := m.idle >= patience
	m.mu.Unlock()
	if tired {
		m.Trim()
	}
	if demand == 0 {
		return 0
	}
	return min(demand+1, maxReady)
}

func (m *Memory) prepareOne(want int) bool {
	m.mu.Lock()
	if m.closed || len(m.ready) >= want {
		m.mu.Unlock()
		return false
	}
	c, ok := m.takeFree()
	m.mu.Unlock()
	if !ok || !m.populate(&c) {
		return false
	}
	m.resident.Add(ChunkSize)

	m.mu.Lock()
	defer m.mu.Unlock()
	m.ready = append(m.ready, c)
	return true
}

func (m *Memory) populate(c *chunkMem) bool {
	if !sysCommit(c.p, ChunkSize) {
		return false
	}
	m.advise(c, m.HugePages)
	sysPopulate(c.p, ChunkSize)
	c.populated = true
	return true
}

func (m *Memory) advise(c *chunkMem, huge bool) {
	if c.huge == huge {
		return
	}
	sysHuge(c.p, ChunkSize, huge)
	c.huge = huge
}

// Trim returns all prepared chunks to the system and reports their bytes.
func (m *Memory) Trim() int {
	m.mu.Lock()
	ready := m.ready
	m.ready = nil
	m.mu.Unlock()
	for _, c := range ready {
		m.release(c)
	}
	n := len(ready) * ChunkSize
	m.resident.Add(-int64(n))
	return n
}

// Close unmaps everything. No arena of m may be used any more, not even by Peek. A second call does nothing.
func (m *Memory) Close() error {
	m.preparing.Lock()
	defer m.preparing.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	var err error
	for _, r := range m.regions {
		err = errors.Join(err, sysUnmap(r))
	}
	m.region, m.regions, m.free, m.ready, m.spans, m.dirs = mapping{}, nil, nil, nil, nil, nil
	m.resident.Store(0)
	m.mapped.Store(0)
	return err
}

// takeChunk returns a chunk of which nothing is resident.
func (m *Memory) takeChunk() (chunkMem, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takeFree()
}

func (m *Memory) takeFree() (chunkMem, bool) {
	if n := len(m.free); n > 0 {
		c := m.free[n-1]
		m.free[n-1] = chunkMem{}
		m.free = m.free[:n-1]
		return c, true
	}
	if m.region.size == 0 && !m.addRegion() {
		return chunkMem{}, false
	}
	c := chunkMem{p: m.region.p}
	m.region.size -= ChunkSize
	if m.region.size > 0 {
		m.region.p = unsafe.Add(m.region.p, ChunkSize)
	}
	return c, true
}

// addRegion maps several chunks at once, fewer if the system refuses.
func (m *Memory) addRegion() bool {
	if m.closed {
		return false
	}
	for ; m.grow > 0; m.grow /= 2 {
		if r, whole, ok := sysMapChunks(m.grow); ok {
			m.keep(whole)
			m.region = r
			m.grow = min(2*m.grow, maxRegion)
			return true
		}
	}
	m.grow = 1
	return false
}

func (m *Memory) keep(r mapping) {
	m.mapped.Add(int64(r.size))
	if sysKeeps {
		m.regions = append(m.regions, r)
	}
}

// takeReady returns a prepared chunk, whose residency is counted already, and calls for more.
func (m *Memory) takeReady() (chunkMem, bool) {
	m.demand.Add(1)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.ready)
	if n == 0 {
		return chunkMem{}, false
	}
	c := m.ready[n-1]
	m.ready[n-1] = chunkMem{}
	m.ready = m.ready[:n-1]
	return c, true
}

// putChunk takes back a chunk that counts as resident with the given bytes.
func (m *Memory) putChunk(c chunkMem, resident int) {
	if c.huge && m.putReady(c) {
		m.resident.Add(int64(ChunkSize - resident))
		return
	}
	m.release(c)
	m.resident.Add(-int64(resident))
}

// putReady keeps a chunk for the next arena that asks, if there is demand for such chunks.
func (m *Memory) putReady(c chunkMem) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ready) >= maxReady || m.idle >= patience || m.closed || !m.roomFor(roomForHuge) {
		return false
	}
	c.populated = true
	m.ready = append(m.ready, c)
	return true
}

// release gives the pages of c back to the system, which takes long enough to be done without the lock.
func (m *Memory) release(c chunkMem) {
	if !sysKeeps {
		m.mapped.Add(-ChunkSize)
		return
	}
	sysRelease(c.p, ChunkSize)
	c.populated = false
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, c)
}

// takeSpan returns a mapping of at least size bytes of which nothing is resident, the smallest that fits.
func (m *Memory) takeSpan(size int) (mapping, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	best := -1
	for i, s := range m.spans {
		if s.size >= size && (best < 0 || s.size < m.spans[best].size) {
			best = i
		}
	}
	if best < 0 {
		return m.mapSpan(size)
	}
	s, last := m.spans[best], len(m.spans)-1
	m.spans[best] = m.spans[last]
	m.spans[last] = mapping{}
	m.spans = m.spans[:last]
	return s, true
}

// mapSpan adds room to grow if the system has the addresses.
func (m *Memory) mapSpan(size int) (mapping, bool) {
	if m.closed || size > maxSpan {
		return mapping{}, false
	}
	roomy := max((size+size/spanSlack+pageRound)&^pageRound, ChunkSize)
	for _, n := range [2]int{roomy, max(size, ChunkSize)} {
		if s, ok := sysMap(n); ok {
			m.keep(s)
			return s, true
		}
	}
	return mapping{}, false
}

// putSpan takes back a span of which nothing is resident.
func (m *Memory) putSpan(s mapping) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !sysKeeps {
		m.mapped.Add(-int64(s.size))
		return
	}
	m.spans = append(m.spans, s)
}

func (m *Memory) takeDirectory() (unsafe.Pointer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.dirs); n > 0 && sysCommit(m.dirs[n-1], directorySize) {
		d := m.dirs[n-1]
		m.dirs = m.dirs[:n-1]
		return d, true
	}
	d, whole, ok := sysMapDirectory()
	if ok {
		m.keep(whole)
	}
	return d, ok
}

// putDirectory takes back a directory whose slots are all nil.
func (m *Memory) putDirectory(d unsafe.Pointer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !sysKeeps {
		m.mapped.Add(-int64(directorySize))
		return
	}
	sysRelease(d, directorySize)
	m.dirs = append(m.dirs, d)
}
