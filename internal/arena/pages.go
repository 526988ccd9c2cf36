package arena

import (
	"math/bits"
	"unsafe" // addresses of page runs, for calls to the system
)

const (
	blockPages = pagesPerChunk - headerPages // pages of a chunk that can hold blocks

	hugeFrom = 32 // chunks an arena has before it asks for huge pages

	// A fault costs several times what populating a page among others does. So rows of fresh pages are populated at once,
	// as long as they are a small share of the arena and done within some ten microseconds.
	aheadShare = 64
	maxAhead   = 32

	groupSlots = 64
	maxGroups  = maxSlots / groupSlots
)

// kind says what a slot of the directory holds.
type kind uint8

const (
	slotFree kind = iota
	slotChunk
	slotSpan     // one live block
	slotIdleSpan // a freed block whose pages may still be resident
)

// slot is the bookkeeping of one slot. It holds no pointers.
type slot struct {
	free    bitmap // pages of a chunk that are neither header nor part of a slab or run
	touched bitmap // pages of a chunk that count as resident
	kind    kind
	huge    bool
	barred  bool   // wholly under evacuation: nothing is allocated here
	nfree   uint16 // bits in free
	size    int    // bytes mapped
	pages   int    // pages of a span's block
	high    int    // pages of a span that count as resident
}

// pageTable finds free pages. For each slot room bounds the longest row of free pages from above; for each group of slots
// groupRoom bounds room. Bounds are raised at once when pages become free and lowered when a search fails, so that a
// search skips whatever cannot serve it.
type pageTable struct {
	slots     []slot
	idle      []int32 // per slot: pages that are resident, free, and can be returned
	room      []uint16
	groupRoom [maxGroups]uint16

	lowSlot int // no slot below is free
	inUse   int // slots taken
	chunks  int
	spans   int
	idlers  int // idle spans
	mapped  int

	resident  int // pages, those of the directory included
	freePages int // resident pages without a block
	idlePages int // sum of idle
	dirPages  int // pages of the directory that were written
}

// find returns the lowest place of n free pages in a row, or -1.
func (t *pageTable) find(n int) (slot, start int) {
	for g := 0; g*groupSlots < len(t.room); g++ {
		if int(t.groupRoom[g]) < n {
			continue
		}
		if slot, start = t.findInGroup(g, n); slot >= 0 {
			return slot, start
		}
	}
	return -1, 0
}

func (t *pageTable) findInGroup(g, n int) (slot, start int) {
	most := uint16(0)
	for slot := g * groupSlots; slot < min((g+1)*groupSlots, len(t.room)); slot++ {
		if int(t.room[slot]) >= n {
			start, longest := t.slots[slot].free.findRun(n)
			if start >= 0 {
				return slot, start
			}
			t.room[slot] = uint16(longest)
		}
		most = max(most, t.room[slot])
	}
	t.groupRoom[g] = most
	return -1, 0
}

func (t *pageTable) raise(slot, n int) {
	t.room[slot] = max(t.room[slot], uint16(n))
	g := slot / groupSlots
	t.groupRoom[g] = max(t.groupRoom[g], uint16(n))
}

// addResident counts pages that became resident, or ceased to be.
func (a *Arena) addResident(pages int) {
	if pages == 0 {
		return
	}
	a.pages.resident += pages
	a.memory.resident.Add(int64(pages) * PageSize)
}

// takeSlot returns the lowest free slot, which is at least from.
func (a *Arena) takeSlot(from int) (int, bool) {
	t := &a.pages
	if !a.openDirectory() {
		return 0, false
	}
	i := max(t.lowSlot, from)
	for i < len(t.slots) && t.slots[i].kind != slotFree {
		i++
	}
	if i >= maxSlots {
		return 0, false
	}
	for len(t.slots) <= i {
		t.slots = append(t.slots, slot{})
		t.idle = append(t.idle, 0)
		t.room = append(t.room, 0)
		a.live = append(a.live, 0)
		a.evac = append(a.evac, make([]uint64, pagesPerChunk/64)...)
	}
	if t.lowSlot >= from {
		t.lowSlot = i + 1
	}
	t.inUse++
	if i/slotsPerPage >= t.dirPages {
		a.addResident(i/slotsPerPage + 1 - t.dirPages)
		t.dirPages = i/slotsPerPage + 1
	}
	return i, true
}

func (a *Arena) freeSlot(i int) {
	t := &a.pages
	a.setSlot(i, nil)
	t.mapped -= t.slots[i].size
	t.idlePages -= int(t.idle[i])
	t.idle[i] = 0
	t.room[i] = 0
	t.slots[i] = slot{}
	t.lowSlot = min(t.lowSlot, i)
	t.inUse--
}

// addChunk takes a chunk with no block in it.
func (a *Arena) addChunk() (int, bool) {
	t := &a.pages
	i, ok := a.takeSlot(0)
	if !ok {
		return 0, false
	}
	mem, ok := a.obtainChunk()
	if !ok {
		t.lowSlot = min(t.lowSlot, i)
		t.inUse--
		return 0, false
	}
	s := &t.slots[i]
	*s = slot{kind: slotChunk, huge: mem.huge, nfree: uint16(blockPages), size: ChunkSize}
	s.free.set(headerPages, int(s.nfree))
	t.chunks++
	t.mapped += ChunkSize
	switch {
	case mem.populated:
		s.touched.set(0, pagesPerChunk)
		t.resident += pagesPerChunk // the Memory has counted it
	default:
		s.touched.set(0, headerPages)
		a.addResident(headerPages)
	}
	if mem.populated {
		t.freePages += int(s.nfree)
		a.addIdle(i, int(s.nfree))
	}
	a.countEmpty(i, 1)
	a.setSlot(i, mem.p)
	t.raise(i, int(s.nfree))
	return i, true
}

// obtainChunk prefers prepared chunks for a large arena, and for a small one chunks of which nothing is resident. Where
// none is prepared it takes small pages: the caller of Alloc must not wait until the system has found and zeroed a huge
// one, for which it may have to move others.
func (a *Arena) obtainChunk() (chunkMem, bool) {
	large := a.pages.chunks >= a.memory.HugeFrom && a.memory.roomFor(roomForHuge)
	if large {
		if mem, ok := a.memory.takeReady(); ok {
			return mem, true
		}
	}
	mem := a.spare
	a.spare = chunkMem{}
	if mem.p == nil {
		var ok bool
		if mem, ok = a.memory.takeChunk(); !ok {
			return mem, false
		}
	}
	if !sysCommit(mem.p, headerPages*PageSize) {
		a.memory.release(mem)
		return mem, false
	}
	a.memory.advise(&mem, false)
	return mem, true
}

// addIdle counts pages of a slot that are free and resident, or ceased to be. Those of a huge page cannot be returned
// by themselves.
func (a *Arena) addIdle(i, pages int) {
	if a.pages.slots[i].huge {
		return
	}
	a.pages.idle[i] += int32(pages)
	a.pages.idlePages += pages
}

// countEmpty counts, by 1, what can be returned of a chunk only when all of it is free: the header, or the whole huge
// page. By -1 it ceases to.
func (a *Arena) countEmpty(i, by int) {
	pages := by * headerPages
	if a.pages.slots[i].huge {
		pages = by * pagesPerChunk
	}
	a.pages.idle[i] += int32(pages)
	a.pages.idlePages += pages
}

func (s *slot) empty() bool { return s.kind == slotChunk && int(s.nfree) == blockPages }

// allocPages takes n pages in a row and returns the number of the first.
func (a *Arena) allocPages(n int) (uint32, bool) {
	slot, start := a.pages.find(n)
	if slot < 0 || !a.takePages(slot, start, n) {
		var ok bool
		if slot, ok = a.addChunk(); !ok {
			return 0, false
		}
		start = headerPages
		if !a.takePages(slot, start, n) {
			return 0, false
		}
	}
	return uint32(slot*pagesPerChunk + start), true
}

// takePages fails only where memory must be committed and the system refuses.
func (a *Arena) takePages(slot, start, n int) bool {
	t := &a.pages
	s := &t.slots[slot]
	if s.touched.count(start, n) < n && !a.touch(slot, start, n) {
		return false
	}
	if s.empty() {
		a.countEmpty(slot, -1)
	}
	t.freePages -= n
	a.addIdle(slot, -n)
	s.free.clear(start, n)
	s.nfree -= uint16(n)
	if s.nfree == 0 {
		t.room[slot] = 0
	}
	return true
}

// touch makes n free pages resident, and where that is cheaper than faults to come, some that follow.
func (a *Arena) touch(slot, start, n int) bool {
	s := &a.pages.slots[slot]
	n = a.ahead(s, start, n)
	p := unsafe.Add(a.dir[slot], start*PageSize)
	if !sysCommit(p, n*PageSize) {
		return false
	}
	if sysPopulates && n > 1 {
		sysPopulate(p, n*PageSize)
	}
	fresh := n - s.touched.count(start, n)
	s.touched.set(start, n)
	a.pages.freePages += fresh
	a.addIdle(slot, fresh)
	a.addResident(fresh)
	return true
}

// ahead returns how many pages to touch when n at start are needed.
func (a *Arena) ahead(s *slot, start, n int) int {
	if !sysPopulates || !a.memory.roomFor(int64(n+maxAhead)*PageSize) {
		return n
	}
	most := min(a.pages.resident/aheadShare, maxAhead)
	for n < most && start+n < pagesPerChunk && s.free.has(start+n) && !s.touched.has(start+n) {
		n++
	}
	return n
}

// freePages takes back pages. Also a chunk that is empty then stays: to return it takes long.
func (a *Arena) freePages(id uint32, n int) {
	t := &a.pages
	slot, start := int(id/pagesPerChunk), int(id%pagesPerChunk)
	s := &t.slots[slot]
	if a.evacuating {
		a.clearEvac(id, n)
	}
	s.free.set(start, n)
	s.nfree += uint16(n)
	t.freePages += n
	a.addIdle(slot, n)
	if s.empty() {
		a.countEmpty(slot, 1)
	}
	if !s.barred {
		t.raise(slot, s.free.nextClear(start+n)-s.free.prevClear(start)-1)
	}
}

// dropChunk gives a chunk back, whatever it holds.
func (a *Arena) dropChunk(i int) {
	t := &a.pages
	s := &t.slots[i]
	mem := chunkMem{p: a.dir[i], huge: s.huge}
	resident := s.touched.count(0, pagesPerChunk)
	free := 0
	for w := range s.free {
		free += bits.OnesCount64(s.free[w] & s.touched[w])
	}
	t.resident -= resident
	t.freePages -= free
	t.chunks--
	a.freeSlot(i)
	a.memory.putChunk(mem, resident*PageSize)
}

func (a *Arena) dropSlot(i int) {
	switch a.pages.slots[i].kind {
	case slotChunk:
		a.dropChunk(i)
	case slotSpan:
		a.retireSpan(i)
		a.dropSpan(i)
	case slotIdleSpan:
		a.dropSpan(i)
	}
}

func (a *Arena) allocRun(n int) (Ref, bool) {
	id, ok := a.allocPages(n)
	if !ok {
		return 0, false
	}
	*a.page(id) = page{class: runClass, used: uint16(n)}
	if debugging {
		a.linkRun(id, 1, n)
	}
	a.countRun(id, n)
	return Ref(id) << pageShift, true
}

// linkRun lets the checks of the debug build find the start of a run from any of its pages.
func (a *Arena) linkRun(id uint32, from, to int) {
	for i := from; i < to; i++ {
		*a.page(id + uint32(i)) = page{class: runClass, back: uint8(i)}
	}
}

func (a *Arena) countRun(id uint32, pages int) {
	a.used += pages * PageSize
	a.live[id/pagesPerChunk] += int32(pages * PageSize)
}

func (a *Arena) freeRun(r Ref) {
	id := uint32(r >> pageShift)
	n := int(a.page(id).used)
	a.countRun(id, -n)
	a.freePages(id, n)
}

func (a *Arena) extendRun(r Ref, n int) bool {
	id := uint32(r >> pageShift)
	d := a.page(id)
	had := int(d.used)
	if n < had {
		d.used = uint16(n)
		a.countRun(id, n-had)
		a.freePages(id+uint32(n), had-n)
		return true
	}
	slot, end := int(id/pagesPerChunk), int(id%pagesPerChunk)+had
	s := &a.pages.slots[slot]
	grow := n - had
	if s.barred || end+grow > pagesPerChunk || s.free.count(end, grow) < grow || !a.takePages(slot, end, grow) {
		return false
	}
	d.used = uint16(n)
	if debugging {
		a.linkRun(id, had, n)
	}
	a.countRun(id, grow)
	return true
}

// ReleaseFree returns up to maxBytes of resident pages without a block to the system and reports how many bytes that
// were. Pages of high slots go first, since allocation prefers low ones. It costs one call to the system for each row of
// pages; so does a later use of them. A huge page goes as a whole, at the cost of few small ones, however little of
// maxBytes is left; and where the Memory has use for it, another arena gets it instead of the system.
func (a *Arena) ReleaseFree(maxBytes int) int {
	a.releaseEmptySlabs()
	budget, done := maxBytes/PageSize, 0
	for i := len(a.pages.slots) - 1; i >= 0 && done < budget && a.pages.idlePages > 0; i-- {
		if a.pages.idle[i] == 0 {
			continue
		}
		switch s := &a.pages.slots[i]; {
		case s.kind != slotChunk:
			done += a.releaseTail(i, budget-done)
		case s.huge:
			a.dropChunk(i)
			done += pagesPerChunk
		default:
			done += a.releasePages(i, budget-done)
		}
	}
	return done * PageSize
}

// releasePages returns up to n free pages of chunk i, and the rest of it with the last.
func (a *Arena) releasePages(i, n int) int {
	s := &a.pages.slots[i]
	var idle bitmap
	for w := range idle {
		idle[w] = s.free[w] & s.touched[w]
	}
	done := 0
	for start := idle.nextSet(0); start < pagesPerChunk && done < n; {
		end := min(idle.nextClear(start), start+n-done)
		sysRelease(unsafe.Add(a.dir[i], start*PageSize), (end-start)*PageSize)
		s.touched.clear(start, end-start)
		done += end - start
		start = idle.nextSet(end)
	}
	a.pages.freePages -= done
	a.addIdle(i, -done)
	a.addResident(-done)
	if s.empty() && int(a.pages.idle[i]) == headerPages && n-done >= headerPages {
		a.dropChunk(i)
		done += headerPages
	}
	return done
}
