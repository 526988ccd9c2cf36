package quicklist

import (
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/btree"
)

// Cursor is at a block of a list. It is valid until the list changes.
//
//	for c, i := l.Seek(n); c.Valid(); c.Next() { … c.Pack() … }
type Cursor struct {
	l    List
	part part
	ref  arena.Ref // zero past either end
	c    btree.Cursor
}

// part is one of the places where blocks are.
type part uint8

const (
	head part = iota
	middle
	tail
)

// Seek returns a cursor at the block that holds the element at an index, and how many
// elements are before that in the block. The index must be that of an element. O(log n).
func (l List) Seek(index int) (c Cursor, offset int) {
	c.l = l
	if index < int(l.r.heads) {
		c.ref = l.r.head
		return c, index
	}
	index -= int(l.r.heads)
	if index < l.r.tree.Weight() {
		c.c, offset = l.tree().At(index)
		c.part, c.ref = middle, c.c.Ref()
		return c, offset
	}
	c.part, c.ref = tail, l.r.tail
	return c, index - l.r.tree.Weight()
}

// Valid reports whether the cursor is at a block.
func (c *Cursor) Valid() bool { return c.ref != 0 }

// Pack returns the block's elements, of which there is at least one.
func (c *Cursor) Pack() encoding.Listpack { return c.l.block(c.ref).pack() }

// Next moves to the block behind, or past the end. O(1) amortized.
func (c *Cursor) Next() {
	switch c.part {
	case head:
		c.enter(c.l.tree().First(), tail)
	case middle:
		c.c.Next()
		c.enter(c.c, tail)
	default:
		c.ref = 0
	}
}

// Prev moves to the block before, or past the beginning. O(1) amortized.
func (c *Cursor) Prev() {
	switch c.part {
	case head:
		c.ref = 0
	case middle:
		c.c.Prev()
		c.enter(c.c, head)
	default:
		c.enter(c.l.tree().Last(), head)
	}
}

// enter moves to a block of the tree, or to what is beyond if there is none.
func (c *Cursor) enter(in btree.Cursor, beyond part) {
	if in.Valid() {
		c.c, c.part, c.ref = in, middle, in.Ref()
		return
	}
	if c.part, c.ref = beyond, c.l.r.tail; beyond == head {
		c.ref = c.l.r.head
	}
}

// setRef has the block moved.
func (c *Cursor) setRef(ref arena.Ref) {
	switch c.ref = ref; c.part {
	case head:
		c.l.r.head = ref
	case middle:
		c.c.SetRef(ref)
	default:
		c.l.r.tail = ref
	}
}

// recount notes that the block has n elements more, or fewer, and some are left.
func (c *Cursor) recount(n int) {
	c.l.r.count += uint64(n)
	switch c.part {
	case head:
		c.l.r.heads += uint64(n)
	case middle:
		c.c.SetWeight(c.c.Weight() + n)
	}
}

// discard frees the block, which has no elements left of the n it had. The
// cursor is invalid afterwards.
func (c *Cursor) discard(n int) {
	c.l.freeBlock(c.ref)
	c.l.r.count -= uint64(n)
	switch c.part {
	case head:
		c.l.r.head, c.l.r.heads = 0, 0
	case middle:
		c.c.Delete()
	default:
		c.l.r.tail = 0
	}
	c.ref = 0
}

// splice replaces what is between two positions of the block, which then has at least one element.
// Memory was reserved.
func (c *Cursor) splice(p, q int, elements ...encoding.Element) {
	b := c.l.block(c.ref)
	if len(elements) > 0 {
		b.setFilterSize(0)
	}
	lp := b.pack()
	had, size := lp.Len(), lp.SpliceSize(p, q, elements...)
	if b.start()+size > len(b) {
		c.setRef(c.l.resize(c.ref, size, Right))
		lp = c.Pack()
	}
	c.recount(lp.Splice(p, q, elements...).Len() - had)
}

// tidy follows deletions in the block: it gives back memory, and joins the block with a
// neighbour in the tree if both are sparse. The cursor is invalid afterwards.
func (c *Cursor) tidy() {
	l := c.l
	lp := c.Pack()
	if l.reserve(l.limit.Bytes) != nil {
		return
	}
	if c.part == middle && len(lp) < l.limit.Bytes/3 {
		next, prev := *c, *c
		if next.c.Next(); next.c.Valid() && c.join(&next) {
			return
		}
		if prev.c.Prev(); prev.c.Valid() {
			prev.ref = prev.c.Ref()
			if prev.join(c) {
				return
			}
		}
	}
	if size := len(l.block(c.ref)); arena.ClassSize(blockHeader+len(lp)) <= size/4*3 {
		c.setRef(l.resize(c.ref, len(lp), Right))
	}
}

// join takes over the elements of the block behind, unless they are too many.
func (c *Cursor) join(next *Cursor) bool {
	next.ref = next.c.Ref()
	lp, more := c.Pack(), next.Pack()
	size, n := len(lp)+len(more)-encoding.EmptyListpackSize, more.Len()
	if size > c.l.limit.Bytes/4*3 || lp.Len()+n > c.l.limit.Count {
		return false
	}
	b := c.l.block(c.ref)
	b.setFilterSize(0)
	if b.start()+size > len(b) {
		c.setRef(c.l.resize(c.ref, size, Right))
	}
	lp = c.Pack()
	lp.AppendRange(more, more.First(), more.End(), n)
	c.recount(n)
	next.discard(n)
	return true
}
