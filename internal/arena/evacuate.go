package arena

import "math/bits"

const (
	// A class is worth compacting if this share of its slabs could go.
	minExcess = 16
	// Slabs and chunks fuller than sparse/4 are not moved.
	sparse = 3
)

// excess returns how many slabs of b its blocks do not need.
func (b *bin) excess() int {
	need := (b.count + int(b.blocks) - 1) / int(b.blocks)
	return b.slabs - need
}

// Compactable estimates the bytes that moving blocks of at least size bytes
// together would free. For all blocks, of size 0 up, that includes the free pages of huge
// chunks, which only go back to the system with the whole chunk; of these one chunk's
// worth is never counted, since no move can spare the last one. O(classes).
func (a *Arena) Compactable(size int) int {
	sum := 0
	if size == 0 {
		sum = max(0, (a.pages.freePages-a.pages.idlePages)*PageSize-ChunkSize)
	}
	for c := classOf(min(size, maxSmall)); c < numClasses; c++ {
		sum += a.bins[c].excess() * int(a.bins[c].pages) * PageSize
	}
	return sum
}

// StartEvacuation chooses blocks whose departure lets pages be freed, at most maxBytes of them, and returns how many
// bytes are to be moved and about how many will become free; zeros if nothing is worth it. The chosen blocks stay
// valid, but their memory is not allocated from until EndEvacuation. Chunks of huge pages are chosen whole, elsewhere
// slabs; spans never. It costs a look at the descriptors of all pages of chunks with gaps, about 2 µs a chunk.
func (a *Arena) StartEvacuation(maxBytes int) (move, free int) {
	a.EndEvacuation()
	a.releaseEmptySlabs()
	e := evacuation{arena: a, budget: maxBytes}
	for c := range a.bins {
		b := &a.bins[c]
		if x := b.excess(); x*minExcess >= b.slabs {
			e.excess[c] = x
		}
	}
	e.chooseChunks()
	e.chooseSlabs()
	a.evacuating = e.move > 0
	return e.move, e.free
}

// StartEvacuationOf is StartEvacuation that chooses only slabs of blocks of at
// least size bytes. It chooses them in chunks of huge pages too: their pages
// then serve other blocks.
func (a *Arena) StartEvacuationOf(size, maxBytes int) (move, free int) {
	a.EndEvacuation()
	a.releaseEmptySlabs()
	e := evacuation{arena: a, budget: maxBytes, anywhere: true}
	for c := classOf(min(size, maxSmall)); c < numClasses; c++ {
		e.excess[c] = a.bins[c].excess()
	}
	e.chooseSlabs()
	a.evacuating = e.move > 0
	return e.move, e.free
}

// evacuation is the state of one choice.
type evacuation struct {
	arena  *Arena
	budget int // bytes that may still be chosen
	move   int
	free   int
	excess [numClasses]int // slabs that may still be chosen

	anywhere bool // also single slabs of huge chunks
}

func (e *evacuation) take(live, gain int) {
	e.budget -= live
	e.move += live
	e.free += gain
}

// chooseChunks takes huge chunks that all others together could absorb, the sparser half first and from the high end.
func (e *evacuation) chooseChunks() {
	t := &e.arena.pages
	chunks, huge, live, all := 0, 0, 0, 0
	for i := range t.slots {
		s := &t.slots[i]
		if s.kind != slotChunk || s.empty() {
			continue
		}
		chunks++
		all += int(e.arena.live[i])
		if s.huge {
			huge++
			live += int(e.arena.live[i])
		}
	}
	const room = blockPages * PageSize
	need := (all + all/minExcess + room - 1) / room
	excess := min(chunks-need, huge)
	if huge == 0 || excess*minExcess < chunks {
		return
	}
	excess = e.sweepChunks(excess, min(live/huge, room*sparse/4))
	e.sweepChunks(excess, room*sparse/4)
}

// sweepChunks chooses up to n huge chunks with at most limit live bytes and returns how many more are wanted.
func (e *evacuation) sweepChunks(n, limit int) int {
	t := &e.arena.pages
	for i := len(t.slots) - 1; i >= 0 && n > 0; i-- {
		s := &t.slots[i]
		live := int(e.arena.live[i])
		if s.kind != slotChunk || s.empty() || !s.huge || s.barred || live > limit || live > e.budget {
			continue
		}
		e.take(live, ChunkSize)
		e.arena.bar(i, e.excess[:])
		n--
	}
	return n
}

// bar marks everything in chunk i and takes its slabs out of their lists.
func (a *Arena) bar(i int, excess []int) {
	s := &a.pages.slots[i]
	s.barred = true
	a.pages.room[i] = 0
	for id, d := range a.heads(i) {
		if d.class == runClass {
			a.markEvac(id, 1)
			continue
		}
		b := &a.bins[d.class]
		a.markSlab(b, id, d)
		excess[d.class]--
	}
}

func (a *Arena) markSlab(b *bin, id uint32, d *page) {
	if d.used < b.blocks {
		a.unlink(b, id)
	}
	a.markEvac(id, int(b.pages))
}

// heads visits the first page of every slab and run of chunk i. The visitor must not free pages.
func (a *Arena) heads(i int) func(yield func(uint32, *page) bool) {
	return func(yield func(uint32, *page) bool) {
		free := &a.pages.slots[i].free
		for p := free.nextClear(headerPages); p < pagesPerChunk; p = free.nextClear(p) {
			id := uint32(i*pagesPerChunk + p)
			d := a.page(id)
			n := int(d.used)
			if d.class != runClass {
				n = int(classes[d.class].pages)
			}
			if !yield(id, d) {
				return
			}
			p += n
		}
	}
}

// chooseSlabs takes sparse slabs outside huge chunks, never more of a class than the rest of it has room for.
func (e *evacuation) chooseSlabs() {
	var limit, sparser [numClasses]int
	wanted := 0
	for c := range e.excess {
		if e.excess[c] <= 0 {
			continue
		}
		wanted += e.excess[c]
		b := &e.arena.bins[c]
		limit[c] = int(b.blocks) * sparse / 4
		sparser[c] = min(limit[c], b.count/b.slabs)
	}
	if wanted == 0 {
		return
	}
	e.sweepSlabs(&sparser)
	e.sweepSlabs(&limit)
}

func (e *evacuation) sweepSlabs(limit *[numClasses]int) {
	t := &e.arena.pages
	for i := len(t.slots) - 1; i >= 0 && e.budget > 0; i-- {
		s := &t.slots[i]
		inUse := (blockPages - int(s.nfree)) * PageSize
		if s.kind != slotChunk {
			continue
		}
		if !e.anywhere && (s.huge || (inUse-int(e.arena.live[i]))*minExcess < inUse) {
			continue
		}
		e.sweepChunk(i, limit)
	}
}

func (e *evacuation) sweepChunk(i int, limit *[numClasses]int) {
	a := e.arena
	for id, d := range a.heads(i) {
		c := d.class
		if c == runClass || e.excess[c] <= 0 || int(d.used) > limit[c] || a.pageEvacuating(id) {
			continue
		}
		b := &a.bins[c]
		live := int(d.used) * int(b.words) * unit
		if live > e.budget {
			continue
		}
		e.take(live, int(b.pages)*PageSize)
		e.excess[c]--
		a.markSlab(b, id, d)
	}
}

// Evacuating reports whether the owner should move the block r. It is meant for the time between StartEvacuation and
// EndEvacuation. O(1).
func (a *Arena) Evacuating(r Ref) bool {
	return a.evac[r>>(pageShift+6)]>>(r>>pageShift&63)&1 != 0
}

func (a *Arena) pageEvacuating(id uint32) bool { return a.evac[id/64]>>(id%64)&1 != 0 }

func (a *Arena) markEvac(id uint32, n int) {
	for i := id; i < id+uint32(n); i++ {
		a.evac[i/64] |= 1 << (i % 64)
	}
}

func (a *Arena) clearEvac(id uint32, n int) {
	for i := id; i < id+uint32(n); i++ {
		a.evac[i/64] &^= 1 << (i % 64)
	}
}

// EndEvacuation lets memory that was not emptied be allocated from again. Without an evacuation it does nothing.
func (a *Arena) EndEvacuation() {
	if !a.evacuating {
		return
	}
	a.evacuating = false
	for w := range a.evac {
		for a.evac[w] != 0 {
			a.unmark(uint32(w*64 + bits.TrailingZeros64(a.evac[w])))
		}
	}
	t := &a.pages
	for i := range t.slots {
		if s := &t.slots[i]; s.barred {
			s.barred = false
			_, longest := s.free.findRun(pagesPerChunk)
			t.raise(i, longest)
		}
	}
}

// unmark returns the slab or run at id to normal use. Slabs that were emptied are gone already.
func (a *Arena) unmark(id uint32) {
	d := a.page(id)
	if d.class == runClass {
		a.clearEvac(id, 1)
		return
	}
	b := &a.bins[d.class]
	a.clearEvac(id, int(b.pages))
	if d.used < b.blocks {
		a.push(b, id)
	}
}
