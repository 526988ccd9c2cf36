//go:build larderdebug

package arena

import (
	"fmt"
	"unsafe" // poisons and inspects blocks that tracker knows to be within a chunk
)

const debugging = true

const (
	// Only the start of a span is filled: it may be hundreds of megabytes of which few are ever touched.
	freed  = 0xDB // contents of free memory in slabs
	garble = 0xA5 // contents of allocated memory before its first use
)

// tracker knows every live block and the n it was allocated for.
type tracker struct {
	live map[Ref]int
}

func (t *tracker) alloc(a *Arena, r Ref, n int) {
	if t.live == nil {
		t.live = make(map[Ref]int)
	}
	if _, ok := t.live[r]; ok {
		panic(fmt.Sprintf("arena: ref %#x handed out twice", r))
	}
	t.live[r] = n
	b := a.Bytes(r, min(ClassSize(n), maxRun))
	if n <= maxSmall {
		for i, c := range b[2:] {
			if c != freed {
				panic(fmt.Sprintf("arena: byte %d of the block %#x was written after it was freed", i+2, r))
			}
		}
	}
	fill(b, garble)
}

func (t *tracker) free(a *Arena, r Ref, n int) {
	was, ok := t.live[r]
	if !ok {
		panic(fmt.Sprintf("arena: free of %#x (%d bytes), which is no live block: freed twice or never allocated", r, n))
	}
	if ClassSize(was) != ClassSize(n) {
		panic(fmt.Sprintf("arena: free of %#x as %d bytes, but it was allocated for %d", r, n, was))
	}
	fill(a.Bytes(r, min(ClassSize(n), maxRun)), freed)
	delete(t.live, r)
}

func (t *tracker) extend(r Ref, from, to int) {
	if was, ok := t.live[r]; !ok || ClassSize(was) != ClassSize(from) {
		panic(fmt.Sprintf("arena: extend of %#x from %d bytes, but it was allocated for %d", r, from, was))
	}
	t.live[r] = to
}

// check panics unless the n bytes at r lie within one live block.
func (t *tracker) check(a *Arena, r Ref, n int) {
	start := a.blockStart(r)
	was, ok := t.live[start]
	if !ok {
		panic(fmt.Sprintf("arena: use of %#x, which is in no live block", r))
	}
	if n < 0 || int(r-start)*unit+n > ClassSize(was) {
		panic(fmt.Sprintf("arena: use of %d bytes at %#x, beyond the block %#x allocated for %d bytes", n, r, start, was))
	}
}

func (t *tracker) reset() { clear(t.live) }

// blockStart returns the ref of the block that r would lie in.
func (a *Arena) blockStart(r Ref) Ref {
	slot := int(r >> slotShift)
	if slot >= len(a.pages.slots) {
		return 0
	}
	s := &a.pages.slots[slot]
	id := uint32(r >> pageShift)
	switch {
	case s.kind == slotSpan:
		return Ref(slot) << slotShift
	case s.kind != slotChunk || id%pagesPerChunk < uint32(headerPages) || s.free.has(int(id%pagesPerChunk)):
		return 0
	}
	d := a.page(id)
	id -= uint32(d.back)
	start := Ref(id) << pageShift
	if d.class == runClass {
		return start
	}
	words := Ref(a.bins[d.class].words)
	return start + (r-start)/words*words
}

func fill(b []byte, c byte) {
	for i := range b {
		b[i] = c
	}
}

func poison(p unsafe.Pointer, n int) { fill(unsafe.Slice((*byte)(p), n), freed) }
