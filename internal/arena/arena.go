package arena

import (
	"fmt"
	"sync/atomic"
	"unsafe" // blocks are memory outside the Go heap; every access is derived from a mapped chunk's address
)

// A Ref addresses a place in an arena in units of 8 bytes. Zero is the nil ref; Alloc never returns it.
type Ref uint32

const (
	slotShift  = 18 // log2 of units per chunk
	pageShift  = 9  // log2 of units per page
	offsetMask = 1<<slotShift - 1
	maxSlots   = 1 << 14

	directorySize = maxSlots * int(unsafe.Sizeof(uintptr(0)))
	slotsPerPage  = PageSize / int(unsafe.Sizeof(uintptr(0)))
)

// directory maps slots to addresses.
type directory [maxSlots]unsafe.Pointer

// Arena hands out blocks of memory. It must not be used by two goroutines at once, except for Peek.
type Arena struct {
	dbg tracker // empty unless the build is tagged larderdebug

	dir  *directory
	used int
	live []int32 // per slot: bytes of live blocks in the chunk
	bins [numClasses]bin

	memory *Memory
	pages  pageTable

	evac       []uint64 // per page: being evacuated
	evacuating bool

	spare chunkMem // mapped for Reserve, nothing of it resident
	extra mapping  // likewise, a span
}

// Stats describes an arena at one moment. All sizes are in bytes.
type Stats struct {
	Used        int // sum of ClassSize over all live blocks
	Resident    int // pages held from the system
	FreePages   int // pages of Resident that hold no block
	Releasable  int // of FreePages: what ReleaseFree can return
	Compactable int // about what moving blocks together would free
	Mapped      int // address space of chunks and spans
	Chunks      int
	Spans       int
}

// New returns an empty arena that takes its memory from m. It costs no memory outside the Go heap before the first Alloc.
func New(m *Memory) *Arena {
	a := &Arena{memory: m}
	a.resetBins()
	return a
}

// Alloc returns a block of ClassSize(n) bytes with undefined contents, aligned to 8 bytes, or to 64 if ClassSize(n) is a
// multiple of 64. It panics if the system refuses memory, which [Arena.Reserve] rules out beforehand. O(1).
func (a *Arena) Alloc(n int) Ref {
	if uint(n) > maxSmall {
		return a.allocLarge(n)
	}
	b := &a.bins[classOf(n)]
	if b.id == 0 {
		a.newSlab(b)
	}
	d := b.head
	off := d.free
	if off != noBlock {
		d.free = *(*uint16)(unsafe.Add(b.base, uintptr(off)*unit))
	} else {
		off = d.bump
		d.bump = off + b.words
	}
	r := Ref(b.id)<<pageShift + Ref(off)
	size := int(b.words) * unit
	a.used += size
	a.live[r>>slotShift] += int32(size)
	b.count++
	d.used++
	if d.used == b.blocks {
		a.popFull(b)
	}
	if debugging {
		a.dbg.alloc(a, r, n)
	}
	return r
}

// Free ends the block r, for which n bytes were asked; any n with the same ClassSize will do. O(1).
func (a *Arena) Free(r Ref, n int) {
	if debugging {
		a.dbg.free(a, r, n)
	}
	if uint(n) > maxSmall {
		a.freeLarge(r, n)
		return
	}
	id := uint32(r >> pageShift)
	d := a.page(id)
	if d.back != 0 {
		id -= uint32(d.back)
		d = a.page(id)
	}
	b := &a.bins[d.class]
	*(*uint16)(a.at(r)) = d.free
	d.free = uint16(uint32(r) - id<<pageShift)
	size := int(b.words) * unit
	a.used -= size
	a.live[r>>slotShift] -= int32(size)
	b.count--
	used := d.used
	d.used = used - 1
	if used == 1 || used == b.blocks {
		a.relist(b, id, used)
	}
}

// Touch loads the beginning of the block r and the descriptor that Free will look at, so that the cache misses of many
// blocks which are about to be freed overlap. What it returns means nothing but that the loads must be made. O(1).
func (a *Arena) Touch(r Ref) uint64 {
	return *(*uint64)(a.at(r)) + uint64(a.page(uint32(r>>pageShift)).class)
}

func (a *Arena) allocLarge(n int) Ref {
	var r Ref
	var ok bool
	if uint(n) <= maxRun {
		r, ok = a.allocRun(pagesFor(n))
	} else {
		r, ok = a.allocSpan(n)
	}
	if !ok {
		panic(fmt.Sprintf("arena: no memory for a block of %d bytes", n))
	}
	if debugging {
		a.dbg.alloc(a, r, n)
	}
	return r
}

func (a *Arena) freeLarge(r Ref, n int) {
	if n <= maxRun {
		a.freeRun(r)
		return
	}
	a.freeSpan(r)
}

// at is Ptr without the checks of the debug build.
func (a *Arena) at(r Ref) unsafe.Pointer {
	return unsafe.Add(a.dir[r>>slotShift], uintptr(r&offsetMask)*unit)
}

// Ptr returns the address of r, which must lie within a live block. The address is good until the block is freed. O(1).
func (a *Arena) Ptr(r Ref) unsafe.Pointer {
	if debugging {
		a.dbg.check(a, r, 1)
	}
	return unsafe.Add(a.dir[r>>slotShift], uintptr(r&offsetMask)*unit)
}

// Bytes returns the n bytes at r, which must lie within one live block. Length and capacity are n. O(1).
func (a *Arena) Bytes(r Ref, n int) []byte {
	if debugging {
		a.dbg.check(a, r, n)
	}
	return unsafe.Slice((*byte)(unsafe.Add(a.dir[r>>slotShift], uintptr(r&offsetMask)*unit)), n)
}

// Cap returns how many bytes of the block r, for which n were asked, may be used: ClassSize(n). O(1).
func (a *Arena) Cap(r Ref, n int) int {
	if debugging {
		a.dbg.check(a, r, n)
	}
	return ClassSize(n)
}

// Extend makes the block r fit to bytes instead of from without moving it and reports whether it could. Contents up to
// the smaller of both stay. Blocks beyond 32 KiB grow if the pages behind them are free and shrink as long as they remain
// of their kind; smaller ones only within their class. O(1) for spans, O(pages) for runs.
func (a *Arena) Extend(r Ref, from, to int) bool {
	if debugging {
		a.dbg.check(a, r, from)
	}
	ok := a.extend(r, from, to)
	if debugging && ok {
		a.dbg.extend(r, from, to)
	}
	return ok
}

// Extends reports whether Extend would succeed, as far as that can be told without looking for free pages. O(1).
func (a *Arena) Extends(r Ref, from, to int) bool {
	if from > maxRun && to > maxRun {
		return ClassSize(to) <= a.pages.slots[r>>slotShift].size
	}
	return ClassSize(from) == ClassSize(to)
}

func (a *Arena) extend(r Ref, from, to int) bool {
	was, is := ClassSize(from), ClassSize(to)
	switch {
	case was == is:
		return true
	case from > maxRun && to > maxRun:
		return a.extendSpan(r, is/PageSize)
	case from > maxSmall && to > maxSmall && from <= maxRun && to <= maxRun:
		return a.extendRun(r, is/PageSize)
	}
	return false
}

// Peek returns the address of r for a reader that holds no lock and may therefore have read a stale or torn ref or
// length. It is nil unless [r, r+n) lies within mapped memory and within the first ChunkSize bytes of a chunk or span,
// so for a block that reaches further the reader takes the lock. Where [StaysMapped] is true, the n bytes can be read
// without a fault until [Memory.Close], though they may change at any time. O(1).
func (a *Arena) Peek(r Ref, n int) unsafe.Pointer {
	dir := (*directory)(atomic.LoadPointer((*unsafe.Pointer)(unsafe.Pointer(&a.dir))))
	off := uintptr(r&offsetMask) * unit
	if dir == nil || uintptr(n) > ChunkSize || off > ChunkSize-uintptr(n) { // the second is known where n is constant
		return nil
	}
	p := atomic.LoadPointer(&dir[r>>slotShift])
	if p == nil {
		return nil
	}
	return unsafe.Add(p, off)
}

// setSlot publishes an address, or nil, to users and to Peek.
func (a *Arena) setSlot(slot int, p unsafe.Pointer) { atomic.StorePointer(&a.dir[slot], p) }

func (a *Arena) setDirectory(p unsafe.Pointer) {
	atomic.StorePointer((*unsafe.Pointer)(unsafe.Pointer(&a.dir)), p)
}

// openDirectory makes the directory at the first use of the arena.
func (a *Arena) openDirectory() bool {
	if a.dir != nil {
		return true
	}
	p, ok := a.memory.takeDirectory()
	if ok {
		a.setDirectory(p)
	}
	return ok
}

// Reserve makes sure that memory is at hand: after nil, Alloc does not fail for blocks that together take up to n bytes
// if n is at most 1 MiB, nor for one block of n bytes and 1 MiB of smaller ones besides if it is larger. The next call
// of Reserve replaces the promise. It returns ErrExhausted if the system or the 32 GiB of refs do not allow it. Nothing
// becomes resident. O(1), with a call to the system where address space is added.
func (a *Arena) Reserve(n int) error {
	if uint(n) <= maxRun && a.spare.p != nil && a.pages.inUse < maxSlots {
		return nil
	}
	return a.reserve(n)
}

func (a *Arena) reserve(n int) error {
	if uint(n) > maxSpan || !a.openDirectory() {
		return ErrExhausted
	}
	if n > maxRun {
		return a.reserveSpan(n)
	}
	if a.pages.inUse == maxSlots {
		return a.reserveInside(n)
	}
	if a.spare.p != nil {
		return nil
	}
	return a.refillSpare()
}

func (a *Arena) refillSpare() error {
	c, ok := a.memory.takeChunk()
	if !ok {
		return ErrExhausted
	}
	// Where memory must be committed, the promise has to cover that.
	if !sysCommit(c.p, ChunkSize) {
		a.memory.release(c)
		return ErrExhausted
	}
	a.spare = c
	return nil
}

// reserveInside is for an arena whose slots are all taken: it looks for room in the chunks it has.
func (a *Arena) reserveInside(n int) error {
	if slot, _ := a.pages.find(min(2*pagesFor(n)+maxSmall*minSlabBlocks/PageSize, blockPages)); slot < 0 {
		return ErrExhausted
	}
	return nil
}

func (a *Arena) reserveSpan(n int) error {
	if a.pages.inUse > maxSlots-2 {
		return ErrExhausted
	}
	if a.spare.p == nil {
		if err := a.refillSpare(); err != nil {
			return err
		}
	}
	if a.extra.size >= n || a.findIdleSpan(pagesFor(n)) >= 0 {
		return nil
	}
	s, ok := a.memory.takeSpan(pagesFor(n) * PageSize)
	if !ok || !sysCommit(s.p, n) {
		return ErrExhausted
	}
	a.dropExtra()
	a.extra = s
	return nil
}

func (a *Arena) dropExtra() {
	if a.extra.p == nil {
		return
	}
	sysRelease(a.extra.p, a.extra.size)
	a.memory.putSpan(a.extra)
	a.extra = mapping{}
}

// Used returns the sum of ClassSize over all live blocks. O(1).
func (a *Arena) Used() int { return a.used }

// Stats describes the arena. O(1), though it looks at every size class.
func (a *Arena) Stats() Stats {
	t := &a.pages
	return Stats{
		Used:        a.used,
		Resident:    t.resident * PageSize,
		FreePages:   t.freePages * PageSize,
		Releasable:  t.idlePages * PageSize,
		Compactable: a.Compactable(0),
		Mapped:      t.mapped,
		Chunks:      t.chunks,
		Spans:       t.spans,
	}
}

// Reset frees every block at once and returns the memory to the system, in time proportional to the memory held. All
// refs become invalid.
func (a *Arena) Reset() {
	for slot := range a.pages.slots {
		a.dropSlot(slot)
	}
	clear(a.evac)
	clear(a.live)
	a.evacuating = false
	a.used = 0
	a.resetBins()
	a.dbg.reset()
}

// Destroy is Reset for an arena that will not be used again: it also gives up what Reserve and the directory hold.
func (a *Arena) Destroy() {
	a.Reset()
	if a.spare.p != nil {
		a.memory.release(a.spare)
	}
	a.spare = chunkMem{}
	a.dropExtra()
	if a.dir == nil {
		return
	}
	d := unsafe.Pointer(a.dir)
	a.setDirectory(nil)
	a.addResident(-a.pages.dirPages)
	a.pages.dirPages = 0
	a.memory.putDirectory(d)
}
