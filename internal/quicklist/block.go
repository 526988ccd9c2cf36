package quicklist

import (
	"encoding/binary"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
)

// Side is an end of a list.
type Side uint8

// The ends.
const (
	Left  Side = iota // where the first element is
	Right             // where the last element is
)

// Other returns the opposite side.
func (s Side) Other() Side { return s ^ 1 }

// blockHeader precedes the listpack's part of a block.
const blockHeader = 12

// block is the whole of a block's memory.
type block []byte

func (b block) start() int      { return int(binary.LittleEndian.Uint32(b)) }
func (b block) setStart(at int) { binary.LittleEndian.PutUint32(b, uint32(at)) }

// end returns where what the listpack may take ends.
func (b block) end() int { return len(b) - b.filterSize() }

// pack returns the listpack. Its capacity is what it may grow to where it is.
func (b block) pack() encoding.Listpack {
	end := b.end()
	return encoding.PrefixListpack(b[b.start():end:end])
}

// room returns how many bytes an element at a side may take.
func (b block) room(side Side) int {
	if side == Left {
		return b.start() - blockHeader
	}
	return b.end() - b.start() - len(b.pack())
}

// push adds an element, for which there is room.
func (b block) push(side Side, e encoding.Element) {
	if side == Left {
		b.setStart(encoding.PushFront(b, b.start(), e))
		return
	}
	b.pack().Append(e)
}

// drop removes n elements, fewer than there are.
func (b block) drop(side Side, n int) {
	lp := b.pack()
	if side == Left {
		p, _ := lp.Seek(n)
		b.setStart(encoding.CutFront(b, b.start(), p, n))
		return
	}
	p, _ := lp.Seek(-n)
	lp.Delete(p, n)
}

func (l List) block(ref arena.Ref) block {
	size := binary.LittleEndian.Uint32(l.a.Bytes(ref, blockHeader)[4:])
	return block(l.a.Bytes(ref, int(size)))
}

// newBlock returns a block with an empty listpack that may grow to n bytes by
// elements at a side.
func (l List) newBlock(n int, side Side) (arena.Ref, block) {
	size := arena.ClassSize(blockHeader + n)
	ref := l.a.Alloc(size)
	b := block(l.a.Bytes(ref, size))
	binary.LittleEndian.PutUint32(b[4:], uint32(size))
	b.setFilterSize(0)
	at := blockHeader
	if side == Left {
		at = size - encoding.EmptyListpackSize
	}
	b.setStart(at)
	encoding.NewListpack(b[at:])
	l.r.bytes += uint64(size)
	return ref, b
}

func (l List) freeBlock(ref arena.Ref) {
	size := len(l.block(ref))
	l.r.bytes -= uint64(size)
	l.a.Free(ref, size)
}

// resize gives a listpack a block in which it may grow to n bytes by elements at a
// side, or moves it to the other end of the block that it has. The block has no filter.
func (l List) resize(ref arena.Ref, n int, side Side) arena.Ref {
	from := l.block(ref)
	to, moved := from, ref
	if arena.ClassSize(blockHeader+n) != len(from) {
		moved, to = l.newBlock(n, side)
	}
	lp := from.pack()
	at := blockHeader
	if side == Left {
		at = len(to) - len(lp)
	}
	copy(to[at:], lp)
	to.setStart(at)
	to.setFilterSize(0)
	if moved != ref {
		l.freeBlock(ref)
	}
	return moved
}
