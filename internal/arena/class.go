package arena

import "math/bits"

const (
	unit     = 8        // bytes a step of a Ref
	maxSmall = 32 << 10 // largest block of a slab
	maxRun   = 1 << 20  // largest block made of pages of a chunk

	numClasses = 80
	fineLimit  = 1024 // up to here the class comes from a table

	minSlabBlocks = 4
	maxTail       = 32 // at most 1/maxTail of a slab is left over behind its last block
)

// class is the geometry of one size class.
type class struct {
	size   uint32 // bytes a block
	pages  uint16 // pages a slab
	blocks uint16 // blocks a slab
}

var (
	classes   = makeClasses()
	fineClass = makeFineClass()
)

func makeClasses() (t [numClasses]class) {
	for c := range t {
		size := classBytes(c)
		pages := slabPages(size)
		t[c] = class{uint32(size), uint16(pages), uint16(pages * PageSize / size)}
	}
	return t
}

// classBytes steps by 8 up to 128, then in eight steps per doubling.
func classBytes(c int) int {
	if c < 16 {
		return (c + 1) * unit
	}
	return (c%8 + 9) << (c/8 + 2)
}

// slabPages is the least number of pages that holds enough blocks and wastes little behind the last.
func slabPages(size int) int {
	pages := (minSlabBlocks*size + PageSize - 1) / PageSize
	for pages*PageSize%size*maxTail > pages*PageSize {
		pages++
	}
	return pages
}

func makeFineClass() (t [fineLimit/unit + 1]uint8) {
	c := 0
	for i := range t {
		for classBytes(c) < i*unit {
			c++
		}
		t[i] = uint8(c)
	}
	return t
}

// classOf returns the class that serves n bytes, 0 <= n <= maxSmall.
func classOf(n int) int {
	if n <= fineLimit {
		return int(fineClass[uint(n+unit-1)/unit])
	}
	e := bits.Len32(uint32(n - 1))
	return e*8 - 56 + (n-1)>>(e-4)
}

// ClassSize returns the bytes that a block for n bytes takes: n rounded up to its size class, or beyond 32 KiB to
// whole pages. It costs O(1).
func ClassSize(n int) int {
	if uint(n) <= maxSmall {
		return int(classes[classOf(n)].size)
	}
	return pagesFor(n) * PageSize
}

func pagesFor(n int) int { return int((uint(n) + PageSize - 1) / PageSize) }
