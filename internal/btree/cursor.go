package btree

import "github.com/larderkv/larder/internal/arena"

// Cursor is at an item of a tree, or past its end.
//
//	for c := tree.First(); c.Valid(); c.Next() { … c.Ref() … }
type Cursor struct {
	core
	leaf *leaf
	i    int
	path [maxHeight]step // by level; that of leaves is unused
}

// step is where a path goes on from an inner node.
type step struct {
	n *inner
	i int
}

// Valid reports whether the cursor is at an item.
func (c *Cursor) Valid() bool { return c.leaf != nil && c.i < int(c.leaf.count) }

// Ref returns the item.
func (c *Cursor) Ref() arena.Ref { return c.leaf.refs[c.i] }

// Weight returns the weight of the item.
func (c *Cursor) Weight() int {
	if c.o != nil {
		return 1
	}
	return int(c.leaf.tags[c.i])
}

// Next moves to the item behind, or past the end. O(1) amortized.
func (c *Cursor) Next() { c.Advance(1) }

// Prev moves to the item before. From the first it moves to no item. From past the
// end it moves to the last. O(1) amortized.
func (c *Cursor) Prev() {
	if c.leaf == nil {
		return
	}
	if c.i > 0 {
		c.i--
		return
	}
	c.turn(true)
}

// Ahead returns the items from the cursor's on that are in the same leaf, to be read
// before the tree changes. It is not empty if the cursor is valid. The caller
// may load them all before it looks at the first.
func (c *Cursor) Ahead() []arena.Ref { return c.leaf.refs[c.i:c.leaf.count] }

// Behind is Ahead for the way back: the items of the leaf up to the
// cursor's, that one included.
func (c *Cursor) Behind() []arena.Ref { return c.leaf.refs[:c.i+1] }

// Advance moves n items on, at most as many as Ahead returns.
func (c *Cursor) Advance(n int) {
	c.i += n
	c.normalize()
}

// Retreat moves n items back, at most as many as Behind returns.
func (c *Cursor) Retreat(n int) {
	c.i -= n - 1
	c.Prev()
}

// normalize moves from behind the last item of a leaf to the next leaf, if
// there is one.
func (c *Cursor) normalize() {
	if c.leaf != nil && c.i >= int(c.leaf.count) {
		c.turn(false)
	}
}

// turn moves to the first item of the next leaf, or to the last of the leaf before. At the end
// it stays behind the last item; before the first, it leaves the tree.
func (c *Cursor) turn(back bool) {
	for h := 1; h < int(c.t.height); h++ {
		s := &c.path[h]
		switch {
		case back && s.i > 0:
			s.i--
		case !back && s.i+1 < int(s.n.count):
			s.i++
		default:
			continue
		}
		c.dive(h, s.n.kids[s.i], back)
		return
	}
	if back {
		c.leaf = nil
	}
}

// dive goes down to the first or last item of the subtree at ref, which has so many levels.
func (c *Cursor) dive(levels int, ref arena.Ref, last bool) {
	if ref == 0 {
		return
	}
	for h := levels - 1; h > 0; h-- {
		n := innerAt(c.a, ref)
		i := 0
		if last {
			i = int(n.count) - 1
		}
		c.path[h] = step{n, i}
		ref = n.kids[i]
	}
	c.leaf, c.i = leafAt(c.a, ref), 0
	if last {
		c.i = int(c.leaf.count) - 1
	}
}

// Position returns the sum of the weights before the item: of an ordered tree
// its rank. O(log n).
func (c *Cursor) Position() int {
	if c.leaf == nil {
		return 0
	}
	sum := c.weightOf(c.leaf, 0, c.i)
	for h := 1; h < int(c.t.height); h++ {
		s := &c.path[h]
		sum += s.n.weightBefore(s.i)
	}
	return int(sum)
}

// SetRef makes the item be known by another ref: its block has moved. O(log n).
func (c *Cursor) SetRef(ref arena.Ref) {
	c.leaf.refs[c.i] = ref
	if c.i == 0 && c.o != nil {
		c.eachFirst(func(s *step) { s.n.firsts[s.i] = ref })
	}
}

// eachFirst visits the steps of the path that describe the subtrees of which the
// leaf's first item is the first.
func (c *Cursor) eachFirst(fn func(s *step)) {
	for h := 1; h < int(c.t.height); h++ {
		fn(&c.path[h])
		if c.path[h].i > 0 {
			return
		}
	}
}

// refreshFirst brings what inner nodes know of the leaf's first item up to date.
func (c *Cursor) refreshFirst() {
	if c.o == nil || c.leaf.count == 0 || c.t.height < 2 {
		return
	}
	ref, key := c.leaf.refs[0], c.keyAt(c.leaf, 0)
	c.eachFirst(func(s *step) { s.n.firsts[s.i], s.n.keys[s.i] = ref, key })
}

// weigh adds to the weight of all that the leaf is part of.
func (c *Cursor) weigh(delta uint64) {
	c.t.weight += delta
	for h := 1; h < int(c.t.height); h++ {
		s := &c.path[h]
		s.n.weights[s.i] += delta
	}
}

// MaxWeight is that of an item of a sequence.
const MaxWeight = 1<<16 - 1

// SetWeight changes the weight of an item of a sequence. O(log n).
func (c *Cursor) SetWeight(w int) {
	delta := uint64(w) - uint64(c.leaf.tags[c.i])
	c.leaf.tags[c.i] = tag(w)
	c.weigh(delta)
}
