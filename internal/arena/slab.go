package arena

import "unsafe" // descriptors lie in the first two pages of every chunk

const (
	headerPages = pagesPerChunk * int(unsafe.Sizeof(page{})) / PageSize

	noBlock  = 0xFFFF // offsets within a slab end far below
	runClass = 0xFF
)

// page describes one page of a chunk. For pages that follow the first of a slab only back is meaningful, and for free
// pages nothing is.
type page struct {
	class uint8  // size class, or runClass
	back  uint8  // distance to the first page of the slab
	used  uint16 // live blocks of a slab; pages of a run
	free  uint16 // first free block that was in use before, in units from the start of the slab
	bump  uint16 // first block never used; when free is noBlock and the slab is not full, there is one
	prev  uint32 // neighbours in the bin's list, as page numbers; 0 is none, since page 0 is a header
	next  uint32
}

// Both must hold for the header to be whole pages and for ids to be Refs without their lower bits.
var (
	_ [0]struct{} = [headerPages*PageSize - pagesPerChunk*16]struct{}{}
	_ [0]struct{} = [slotShift - pageShift - 9]struct{}{}
)

// keptPages is the most that an empty slab may take to be kept, so that a block that comes and goes makes no slab each
// time. Making a larger one is little beside the use of its blocks, and one kept in each class would add up: tables pass
// through all classes as they grow.
const keptPages = 1

// bin holds the slabs of one size class that have room. Full slabs are in no list. A slab without any block is
// kept only while it is alone in its list, and no larger than keptPages.
type bin struct {
	head   *page          // descriptor of the first slab
	base   unsafe.Pointer // address of its first block
	id     uint32         // its page number; 0 if the list is empty
	words  uint16         // units per block
	blocks uint16         // blocks per slab
	class  uint8
	pages  uint8 // pages per slab
	count  int   // live blocks of the class
	slabs  int   // slabs of the class, full ones included
}

func (a *Arena) resetBins() {
	for c := range a.bins {
		k := &classes[c]
		a.bins[c] = bin{words: uint16(k.size / unit), blocks: k.blocks, class: uint8(c), pages: uint8(k.pages)}
	}
}

// page returns the descriptor of a page, numbered through all slots.
func (a *Arena) page(id uint32) *page {
	return (*page)(unsafe.Add(a.dir[id/pagesPerChunk], uintptr(id%pagesPerChunk)*unsafe.Sizeof(page{})))
}

// newSlab fills the empty list of b.
func (a *Arena) newSlab(b *bin) {
	id, ok := a.allocPages(int(b.pages))
	if !ok {
		panic("arena: no memory for a slab")
	}
	*a.page(id) = page{class: b.class, free: noBlock}
	for i := uint32(1); i < uint32(b.pages); i++ {
		*a.page(id + i) = page{class: b.class, back: uint8(i)}
	}
	b.slabs++
	if debugging {
		poison(a.at(Ref(id)<<pageShift), int(b.pages)*PageSize)
	}
	a.setHead(b, id)
}

// setHead makes slab id the first of the list without looking at its links.
func (a *Arena) setHead(b *bin, id uint32) {
	b.id = id
	if id == 0 {
		b.head, b.base = nil, nil
		return
	}
	b.head = a.page(id)
	b.base = a.at(Ref(id) << pageShift)
}

// popFull takes the first slab, which has no room left, from the list.
func (a *Arena) popFull(b *bin) {
	next := b.head.next
	b.head.next = 0
	a.setHead(b, next)
	if next != 0 {
		b.head.prev = 0
	}
}

// push puts a slab with room in front, so that slabs that were full are filled up first and sparse ones drain.
func (a *Arena) push(b *bin, id uint32) {
	if b.id != 0 && b.head.used == 0 {
		a.releaseSlab(b, b.id)
	}
	d := a.page(id)
	d.prev, d.next = 0, b.id
	if b.id != 0 {
		b.head.prev = id
	}
	a.setHead(b, id)
}

func (a *Arena) unlink(b *bin, id uint32) {
	d := a.page(id)
	if d.next != 0 {
		a.page(d.next).prev = d.prev
	}
	if d.prev != 0 {
		a.page(d.prev).next = d.next
	} else {
		a.setHead(b, d.next)
	}
	d.prev, d.next = 0, 0
}

// relist puts a slab where it belongs after a Free that left it with its first free block or without live ones. used
// counts the blocks before.
func (a *Arena) relist(b *bin, id uint32, used uint16) {
	if a.evacuating && a.pageEvacuating(id) {
		if used == 1 {
			a.dropSlab(b, id)
		}
		return
	}
	if used == b.blocks {
		a.push(b, id)
		return
	}
	if d := a.page(id); d.prev != 0 || d.next != 0 || b.pages > keptPages {
		a.releaseSlab(b, id)
	}
}

// releaseSlab gives up an empty slab that is in the list of b.
func (a *Arena) releaseSlab(b *bin, id uint32) {
	a.unlink(b, id)
	a.dropSlab(b, id)
}

// dropSlab gives up an empty slab that is in no list.
func (a *Arena) dropSlab(b *bin, id uint32) {
	b.slabs--
	a.freePages(id, int(b.pages))
}

// releaseEmptySlabs gives up the slabs that were kept although they are empty.
func (a *Arena) releaseEmptySlabs() {
	for c := range a.bins {
		if b := &a.bins[c]; b.id != 0 && b.head.used == 0 {
			a.releaseSlab(b, b.id)
		}
	}
}
