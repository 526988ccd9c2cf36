package arena

import "unsafe" // addresses within a span, for calls to the system

// maxPopulate is how many pages of a span are populated by one call; the others are left to faults. It is
// a few milliseconds' worth.
const maxPopulate = 4 << 20 / PageSize

// allocSpan gives a block its own mapping. Slot 0 is left to chunks: a span there would have the nil ref.
func (a *Arena) allocSpan(n int) (Ref, bool) {
	if uint(n) > maxSpan {
		return 0, false
	}
	pages := pagesFor(n)
	i := a.findIdleSpan(pages)
	if i < 0 {
		var ok bool
		if i, ok = a.addSpan(pages * PageSize); !ok {
			return 0, false
		}
	}
	t := &a.pages
	t.slots[i].kind = slotSpan
	t.spans++
	t.idlers--
	if !a.resizeSpan(i, pages) {
		a.retireSpan(i)
		return 0, false
	}
	return Ref(i) << slotShift, true
}

// addSpan maps a span and files it as idle.
func (a *Arena) addSpan(size int) (int, bool) {
	m := a.extra
	if m.size >= size {
		a.extra = mapping{}
	} else {
		var ok bool
		if m, ok = a.memory.takeSpan(size); !ok {
			return 0, false
		}
	}
	i, ok := a.takeSlot(1)
	if !ok {
		a.memory.putSpan(m)
		return 0, false
	}
	a.pages.slots[i] = slot{kind: slotIdleSpan, size: m.size}
	a.pages.mapped += m.size
	a.pages.idlers++
	a.setSlot(i, m.p)
	return i, true
}

// findIdleSpan returns the slot of the smallest freed span that holds so many pages, or -1.
func (a *Arena) findIdleSpan(pages int) int {
	t := &a.pages
	best := -1
	if t.idlers == 0 {
		return best
	}
	for i := range t.slots {
		s := &t.slots[i]
		if s.kind == slotIdleSpan && s.size >= pages*PageSize && (best < 0 || s.size < t.slots[best].size) {
			best = i
		}
	}
	return best
}

// resizeSpan sets the length of a span's block and counts the difference. Pages behind the block that were in use stay
// resident until ReleaseFree.
func (a *Arena) resizeSpan(i, pages int) bool {
	t := &a.pages
	s := &t.slots[i]
	if pages > s.high && !a.raiseSpan(i, pages) {
		return false
	}
	a.used += (pages - s.pages) * PageSize
	t.freePages -= pages - s.pages
	a.addIdle(i, s.pages-pages)
	s.pages = pages
	return true
}

// raiseSpan makes the pages of a span resident up to the given one.
func (a *Arena) raiseSpan(i, pages int) bool {
	s := &a.pages.slots[i]
	p, more := unsafe.Add(a.dir[i], s.high*PageSize), pages-s.high
	if !sysCommit(p, more*PageSize) {
		return false
	}
	if sysPopulates && more > 1 {
		sysPopulate(p, min(more, maxPopulate)*PageSize)
	}
	a.addResident(more)
	a.pages.freePages += more
	a.addIdle(i, more)
	s.high = pages
	return true
}

func (a *Arena) extendSpan(r Ref, pages int) bool {
	i := int(r >> slotShift)
	return pages*PageSize <= a.pages.slots[i].size && a.resizeSpan(i, pages)
}

func (a *Arena) freeSpan(r Ref) { a.retireSpan(int(r >> slotShift)) }

// retireSpan ends the block but leaves its pages, which ReleaseFree returns in slices: a large span takes long.
func (a *Arena) retireSpan(i int) {
	a.resizeSpan(i, 0)
	a.pages.slots[i].kind = slotIdleSpan
	a.pages.spans--
	a.pages.idlers++
}

// releaseTail returns up to n pages behind the block of a span, and an idle span itself when nothing of it is left.
func (a *Arena) releaseTail(i, n int) int {
	s := &a.pages.slots[i]
	n = min(n, s.high-s.pages)
	s.high -= n
	sysRelease(unsafe.Add(a.dir[i], s.high*PageSize), n*PageSize)
	a.pages.freePages -= n
	a.addIdle(i, -n)
	a.addResident(-n)
	if s.kind == slotIdleSpan && s.high == 0 {
		a.dropSpan(i)
	}
	return n
}

// dropSpan gives an idle span back.
func (a *Arena) dropSpan(i int) {
	s := &a.pages.slots[i]
	m := mapping{a.dir[i], s.size}
	if s.high > 0 {
		sysRelease(m.p, s.high*PageSize)
		a.pages.freePages -= s.high
		a.addResident(-s.high)
	}
	a.pages.idlers--
	a.freeSlot(i)
	a.memory.putSpan(m)
}
