package btree

import "github.com/larderkv/larder/internal/arena"

// Delete removes the cursor's item from the tree. The cursor must not be used
// any more. O(log n).
func (c *Cursor) Delete() {
	c.remove(c.i, c.i+1)
}

// remove takes the items from i up to j out of the cursor's leaf.
func (c *Cursor) remove(i, j int) {
	l := c.leaf
	c.weigh(-c.weightOf(l, i, j))
	l.cut(i, j)
	if i == 0 {
		c.refreshFirst()
	}
	for level := 0; level < int(c.t.height)-1; level++ {
		if !c.repair(level) {
			break
		}
	}
	c.lower()
}

// repair sees to it that the node at a level of the path, which has lost something, is half full. It
// reports whether that took a child from the node above.
func (c *Cursor) repair(level int) (shrunk bool) {
	s := &c.path[level+1]
	most, least, _ := c.capacity(level)
	n := c.count(s.n.kids[s.i], level)
	if n == 0 {
		c.drop(s, level)
		return true
	}
	if n >= least || s.n.count == 1 {
		return false
	}
	left := max(s.i-1, 0)
	if c.count(s.n.kids[left], level)+c.count(s.n.kids[left+1], level) > most {
		c.balance(s.n, left, level)
		return false
	}
	c.shift(s.n, left, level, c.count(s.n.kids[left+1], level))
	c.free(s.n.kids[left+1], level)
	s.n.cut(left+1, left+2)
	return true
}

// drop removes an empty child. If it was the first, the nodes above learn of the new first.
func (c *Cursor) drop(s *step, level int) {
	c.free(s.n.kids[s.i], level)
	s.n.cut(s.i, s.i+1)
	if c.o == nil || s.i > 0 || s.n.count == 0 {
		return
	}
	key, first := s.n.keys[0], s.n.firsts[0]
	for h := level + 2; h < int(c.t.height); h++ {
		up := &c.path[h]
		up.n.keys[up.i], up.n.firsts[up.i] = key, first
		if up.i > 0 {
			return
		}
	}
}

func (co *core) free(ref arena.Ref, level int) {
	if level == 0 {
		co.a.Free(ref, leafSize)
		co.t.leaves--
		return
	}
	co.a.Free(ref, innerSize)
	co.t.inners--
}

// lower removes levels that are not needed any more.
func (co *core) lower() {
	t := co.t
	for t.height > 0 {
		level := int(t.height) - 1
		n := co.count(t.root, level)
		if n > 1 || n == 1 && level == 0 {
			return
		}
		was := t.root
		t.root = 0
		if n == 1 {
			t.root = innerAt(co.a, was).kids[0]
		}
		co.free(was, level)
		t.height--
		if n == 0 {
			t.height = 0
		}
	}
}

// DeleteRange removes the items from position i up to position j, both of which are those of an
// item or the end, and shows each to fn first, which must not use the tree but may free it. O(log n + items).
func (co core) DeleteRange(i, j int, fn func(ref arena.Ref)) {
	var refs [leafMax]arena.Ref
	for left := min(j, co.t.Weight()) - i; left > 0; {
		var c Cursor
		co.seekPosition(&c, i)
		end := c.i
		for end < int(c.leaf.count) && left > 0 {
			left -= int(co.weightOf(c.leaf, end, end+1))
			end++
		}
		n := copy(refs[:], c.leaf.refs[c.i:end])
		c.remove(c.i, end)
		for _, ref := range refs[:n] {
			fn(ref)
		}
	}
}
