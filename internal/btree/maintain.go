package btree

import "github.com/larderkv/larder/internal/arena"

// Release frees nodes from the end of the tree on, up to budget nodes and items, and
// reports whether none is left. It shows each item to fn before, which may free it; fn may be nil where
// items are freed otherwise. Between calls only Release may be called. O(budget).
func (co core) Release(budget int, fn func(ref arena.Ref)) (done bool) {
	for budget > 0 && co.t.height > 0 {
		budget -= co.releaseLast(fn)
	}
	return co.t.height == 0
}

// releaseLast frees the last leaf and the nodes above it of which nothing is left. It
// returns how many nodes and items that were.
func (co *core) releaseLast(fn func(ref arena.Ref)) (freed int) {
	var c Cursor
	c.core = *co
	co.last(&c)
	t := co.t
	if fn != nil {
		freed = int(c.leaf.count)
		for _, ref := range c.leaf.refs[:freed] {
			fn(ref)
		}
	}
	for level := range int(t.height) {
		freed++
		if level == int(t.height)-1 {
			co.free(t.root, level)
			*t = Tree{}
			return freed
		}
		up := &c.path[level+1]
		co.free(up.n.kids[up.i], level)
		if up.n.count--; up.n.count > 0 {
			return freed
		}
	}
	return freed
}

// Relocate moves the blocks that stand in the way of compaction (Arena.Evacuating). It goes on
// at a position and returns where to go on next time, zero at the end; in between the tree may change. In
// each call it looks at about budget items. An item to be moved is shown to move, which returns
// its new ref after it has moved it; with move nil, items stay. O(log n + budget).
func (co core) Relocate(position uint64, budget int, move func(ref arena.Ref) arena.Ref) (next uint64) {
	for budget > 0 && position < co.t.weight {
		c, _ := co.At(int(position))
		c.relocatePath()
		budget -= int(c.leaf.count)
		position = uint64(c.Position()) + co.weightOf(c.leaf, c.i, int(c.leaf.count))
		if move != nil {
			c.moveItems(move)
		}
	}
	if position >= co.t.weight {
		return 0
	}
	return position
}

func (c *Cursor) moveItems(move func(ref arena.Ref) arena.Ref) {
	for c.i = range int(c.leaf.count) {
		if ref := c.Ref(); c.a.Evacuating(ref) {
			c.SetRef(move(ref))
		}
	}
}

// relocatePath moves the nodes of the path, from the root down.
func (c *Cursor) relocatePath() {
	link := &c.t.root
	for level := int(c.t.height) - 1; level > 0; level-- {
		c.relocate(link, innerSize)
		s := &c.path[level]
		s.n = innerAt(c.a, *link)
		link = &s.n.kids[s.i]
	}
	c.relocate(link, leafSize)
	c.leaf = leafAt(c.a, *link)
}

func (c *Cursor) relocate(link *arena.Ref, size int) {
	was := *link
	if !c.a.Evacuating(was) {
		return
	}
	*link = c.a.Alloc(size)
	copy(c.a.Bytes(*link, size), c.a.Bytes(was, size))
	c.a.Free(was, size)
}
