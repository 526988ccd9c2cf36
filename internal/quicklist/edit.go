package quicklist

import (
	"math"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
)

// EditNeed bounds the memory that Insert or Replace at an index with an element of so
// many bytes takes beyond what the list has.
func (l List) EditNeed(index, size int) int {
	if index < l.r.Len() {
		c, _ := l.Seek(index)
		lp := c.Pack()
		switch {
		case cap(lp)-len(lp) >= size:
			return 0
		case l.limit.Allows(len(lp)+size, lp.Len()+1):
			return arena.ClassSize(blockHeader + len(lp) + size)
		}
	}
	return size + size/8 + 2*l.limit.Bytes
}

// Insert adds an element before the one at an index, or behind the last. O(log n).
func (l List) Insert(index int, e encoding.Element) error {
	switch index {
	case 0:
		return l.Push(Left, e)
	case l.r.Len():
		return l.Push(Right, e)
	}
	size := e.Size()
	for {
		if err := l.reserve(size + encoding.EmptyListpackSize); err != nil {
			return err
		}
		c, offset := l.Seek(index)
		switch {
		case c.insert(offset, e, size):
			return nil
		case offset == 0:
			before, n := l.Seek(index - 1)
			if !before.insert(n+1, e, size) {
				l.insertBlock(index, e, size)
			}
			return nil
		case l.limit.Allows(size+encoding.EmptyListpackSize, 1):
			c.split(max(c.Pack().Len()/2, 1))
		default:
			c.split(offset)
		}
	}
}

// insert adds an element to the block if that may have it.
func (c *Cursor) insert(offset int, e encoding.Element, size int) bool {
	lp := c.Pack()
	n := lp.Len()
	if !c.l.limit.Allows(len(lp)+size, n+1) {
		return false
	}
	p := lp.End()
	if offset < n {
		p, _ = lp.Seek(offset)
	}
	c.splice(p, p, e)
	return true
}

// insertBlock adds an element in a block of its own, at an index where a block
// but the first begins.
func (l List) insertBlock(index int, e encoding.Element, size int) {
	ref, b := l.newBlock(size+encoding.EmptyListpackSize, Right)
	b.push(Right, e)
	l.tree().InsertAt(index-int(l.r.heads), 1, ref)
	l.r.count++
}

// split cuts the block in two, the first of which keeps n elements. Of the head the second part
// enters the tree, of the tail the first. Memory was reserved; the cursor is invalid afterwards.
func (c *Cursor) split(n int) {
	l, lp := c.l, c.Pack()
	p, _ := lp.Seek(n)
	all := lp.Len()
	from, to, moved := p, lp.End(), all-n
	if c.part == tail {
		from, to, moved = lp.First(), p, n
	}
	ref, b := l.newBlock(to-from+encoding.EmptyListpackSize, Right)
	b.pack().AppendRange(lp, from, to, moved)
	at := 0 // in the tree
	switch c.part {
	case middle:
		at = c.c.Position() + n
	case tail:
		at = l.r.tree.Weight()
	}
	lp.Delete(from, moved)
	c.recount(-moved)
	c.setRef(l.resize(c.ref, len(c.Pack()), Right))
	l.tree().InsertAt(at, moved, ref)
	l.r.count += uint64(moved)
}

// Replace puts another element in the place of the one at an index. O(log n).
func (l List) Replace(index int, e encoding.Element) error {
	size := e.Size()
	if err := l.reserve(size + encoding.EmptyListpackSize); err != nil {
		return err
	}
	c, offset := l.Seek(index)
	lp := c.Pack()
	p, _ := lp.Seek(offset)
	q, n := lp.Next(p), lp.Len()
	if n == 1 || l.limit.Allows(lp.SpliceSize(p, q, e), n) {
		c.splice(p, q, e)
		return nil
	}
	// The element behind or before it is inserted first, so that failing changes nothing.
	if err := l.Insert(index, e); err != nil {
		return err
	}
	l.delete(index + 1)
	return nil
}

// delete removes the element at an index.
func (l List) delete(index int) {
	c, offset := l.Seek(index)
	p, _ := c.Pack().Seek(offset)
	c.delete(p)
}

// delete removes the element at a position of the block and tidies up.
func (c *Cursor) delete(p int) {
	lp := c.Pack()
	if lp.Len() == 1 {
		c.discard(1)
		return
	}
	c.splice(p, lp.Next(p))
	c.tidy()
}

// Removal deletes the elements that equal another, and may do so in several goes between which nobody else changes the
// list.
type Removal struct {
	e    encoding.Element
	mark uint64
	side Side
	most int // yet to be removed
	at   int // where to go on: from there, or from before there
}

// NewRemoval returns the removal of up to most elements of l that equal e, the first ones seen from a side.
func (l List) NewRemoval(e encoding.Element, side Side, most int) Removal {
	r := Removal{e: e, mark: fingerprint(e), side: side, most: most}
	if side == Right {
		r.at = l.r.Len()
	}
	return r
}

// Some goes on for about the time in which budget blocks are passed over, and returns how many elements it removed, and
// whether there is no more to do. O(n).
func (r *Removal) Some(l List, budget int) (removed int, done bool) {
	for r.most > 0 && (r.side == Left && r.at < l.r.Len() || r.side == Right && r.at > 0) {
		if budget <= 0 {
			return removed, false
		}
		n, looked := r.block(l)
		r.most -= n
		removed += n
		if budget--; looked {
			budget -= lookCost
		}
	}
	return removed, true
}

// block goes on with the next block, and reports whether it had to be looked through.
func (r *Removal) block(l List) (n int, looked bool) {
	if r.side == Left {
		c, offset := l.Seek(r.at)
		if !l.block(c.ref).mayHold(r.mark) {
			r.at += c.Pack().Len() - offset
			return 0, false
		}
		seen, n := c.removeFrom(offset, r.e, r.most)
		r.at += seen - n
		return n, true
	}
	c, offset := l.Seek(r.at - 1)
	r.at -= offset + 1
	if !l.block(c.ref).mayHold(r.mark) {
		return 0, false
	}
	return c.removeBefore(offset, r.e, r.most), true
}

// Remove deletes up to most elements that equal e, the first ones seen from a side, and
// returns how many those were. O(n).
func (l List) Remove(e encoding.Element, side Side, most int) (removed int) {
	r := l.NewRemoval(e, side, most)
	removed, _ = r.Some(l, math.MaxInt)
	return removed
}

// removeFrom is Remove within the block, from an offset on. It returns how many
// elements were looked at and removed.
func (c *Cursor) removeFrom(offset int, e encoding.Element, most int) (looked, n int) {
	lp := c.Pack()
	had := lp.Len()
	p, _ := lp.Seek(offset)
	for n < most {
		at, ok := lp.Find(p, e, 1)
		if !ok {
			break
		}
		p = at
		lp = lp.Delete(p, 1)
		n++
	}
	c.removed(had, n)
	return had - offset, n
}

// removeBefore is Remove within the block, from an offset back.
func (c *Cursor) removeBefore(offset int, e encoding.Element, most int) (n int) {
	lp := c.Pack()
	had := lp.Len()
	p, _ := lp.Seek(offset)
	for {
		at := p
		first := at == lp.First()
		if !first {
			p = lp.Prev(at)
		}
		if lp.At(at).Equal(e) {
			lp = lp.Delete(at, 1)
			n++
		}
		if first || n == most {
			break
		}
	}
	c.removed(had, n)
	return n
}

// removed accounts for n of the elements that the block had.
func (c *Cursor) removed(had, n int) {
	switch {
	case n == 0:
	case n == had:
		c.discard(had)
	default:
		c.recount(-n)
		c.tidy()
	}
}
