package btree

import "github.com/larderkv/larder/internal/arena"

// Insert adds an item, whose key and text are given besides its block having
// them. No item has the same. O(log n).
func (o Ordered) Insert(key uint64, text string, ref arena.Ref) {
	var c Cursor
	p := Point{Key: key, Text: text}
	for {
		o.descend(&c, &p)
		if o.roomAt(&c) {
			break
		}
	}
	h, where := c.leaf.hint(key)
	if where != inside {
		o.reframe(c.leaf, key)
		h, _ = c.leaf.hint(key)
	}
	c.put(ref, h, 1, key)
}

// InsertAt adds an item of a weight from 1 to MaxWeight where a position is, which must
// be that of an item or the end: between that item and the one before. O(log n).
func (s Sequence) InsertAt(position, weight int, ref arena.Ref) {
	var c Cursor
	for {
		s.seekPosition(&c, position)
		if s.roomAt(&c) {
			break
		}
		c = Cursor{}
	}
	c.put(ref, tag(weight), uint64(weight), 0)
}

// put places an item at the cursor, in a leaf that has room.
func (c *Cursor) put(ref arena.Ref, t tag, weight, key uint64) {
	l := c.leaf
	l.open(c.i, 1)
	l.refs[c.i], l.tags[c.i] = ref, t
	c.weigh(weight)
	if c.i == 0 && c.o != nil {
		c.eachFirst(func(s *step) { s.n.firsts[s.i], s.n.keys[s.i] = ref, key })
	}
}

// roomAt reports whether the cursor's leaf has room for an item. If not, it gives it some,
// or comes closer to that, after which the caller looks for the place again.
func (co *core) roomAt(c *Cursor) bool {
	if c.leaf == nil {
		co.t.root = co.newLeaf()
		co.t.height = 1
		c.leaf = leafAt(co.a, co.t.root)
		return true
	}
	if c.leaf.count < leafMax {
		return true
	}
	co.makeRoom(c, 0, c.run())
	return false
}

// run tells whether items come in order.
type run uint8

const (
	random  run = iota
	rising      // the next goes behind the last
	falling     // the next goes before the first
)

// run guesses from the cursor's place in a full leaf.
func (c *Cursor) run() run {
	first, last := c.edges()
	switch {
	case last && c.i == int(c.leaf.count):
		return rising
	case first && c.i == 0:
		return falling
	}
	return random
}

// edges reports whether the cursor's leaf is the first, or the last, of the tree.
func (c *Cursor) edges() (first, last bool) {
	first, last = true, true
	for h := 1; h < int(c.t.height); h++ {
		s := &c.path[h]
		first = first && s.i == 0
		last = last && s.i == int(s.n.count)-1
	}
	return first, last
}

// makeRoom gives items of the full node at a level of the path to a neighbour, or splits
// it. If it can't, because the node above is full, that one is given room.
func (co *core) makeRoom(c *Cursor, level int, r run) {
	if level == int(co.t.height)-1 {
		co.raise()
		return
	}
	up := &c.path[level+1]
	switch {
	case r == random && co.spill(up, level):
	case up.n.count == innerMax:
		co.makeRoom(c, level+1, r)
	default:
		co.split(up, level, r)
	}
}

// raise puts a new root above the present one.
func (co *core) raise() {
	t := co.t
	was := child{weight: t.weight, kid: t.root}
	if t.height == 1 {
		l := leafAt(co.a, t.root)
		was.first = l.refs[0]
		if co.o != nil {
			was.key = co.keyAt(l, 0)
		}
	} else {
		n := innerAt(co.a, t.root)
		was.first, was.key = n.firsts[0], n.keys[0]
	}
	ref := co.newInner()
	innerAt(co.a, ref).insert(0, was)
	t.root = ref
	t.height++
}

func (co *core) newLeaf() arena.Ref {
	ref := co.a.Alloc(leafSize)
	l := leafAt(co.a, ref)
	l.base, l.shift, l.count = 0, 0, 0
	l.blank(0, len(l.tags))
	co.t.leaves++
	return ref
}

func (co *core) newInner() arena.Ref {
	ref := co.a.Alloc(innerSize)
	innerAt(co.a, ref).count = 0
	co.t.inners++
	return ref
}

// count returns how much is in the node at ref.
func (co *core) count(ref arena.Ref, level int) int {
	if level == 0 {
		return int(leafAt(co.a, ref).count)
	}
	return int(innerAt(co.a, ref).count)
}

func (co *core) capacity(level int) (most, least, room int) {
	if level == 0 {
		return leafMax, leafMin, leafRoom
	}
	return innerMax, innerMin, innerRoom
}

// spill moves items from the full child at s to a neighbour that has room, so
// that both have the same.
func (co *core) spill(s *step, level int) bool {
	most, _, room := co.capacity(level)
	for _, left := range [2]int{s.i - 1, s.i} {
		if left < 0 || left+1 == int(s.n.count) {
			continue
		}
		other := 2*left + 1 - s.i
		if n := co.count(s.n.kids[other], level); n+room <= most {
			co.balance(s.n, left, level)
			return true
		}
	}
	return false
}

// split cuts the child at s in two. When items come in order, the part behind
// which, or before which, the next goes gets one item and the other keeps the rest.
func (co *core) split(s *step, level int, r run) {
	most, _, _ := co.capacity(level)
	keep := most / 2
	switch r {
	case rising:
		keep = most - 1
	case falling:
		keep = 1
	}
	var ref arena.Ref
	if level == 0 {
		ref = co.newLeaf()
	} else {
		ref = co.newInner()
	}
	s.n.insert(s.i+1, child{kid: ref})
	co.shift(s.n, s.i, level, keep-most)
	if level == 0 {
		co.tighten(leafAt(co.a, s.n.kids[s.i]))
	}
}

// balance makes children left and left+1 of n hold the same number of items.
func (co *core) balance(n *inner, left, level int) {
	a, b := co.count(n.kids[left], level), co.count(n.kids[left+1], level)
	co.shift(n, left, level, (b-a)/2)
}

// shift moves the first k items of child left+1 of n to child left, or, with k
// negative, the last -k the other way.
func (co *core) shift(n *inner, left, level, k int) {
	var moved uint64
	if level == 0 {
		moved = co.shiftItems(leafAt(co.a, n.kids[left]), leafAt(co.a, n.kids[left+1]), k)
	} else {
		moved = shiftChildren(innerAt(co.a, n.kids[left]), innerAt(co.a, n.kids[left+1]), k)
	}
	if k < 0 {
		moved = -moved
	}
	n.weights[left] += moved
	n.weights[left+1] -= moved
	co.refresh(n, left+1, level)
}

// refresh brings up to date what n knows of the first item of child i.
func (co *core) refresh(n *inner, i, level int) {
	if co.o == nil || co.count(n.kids[i], level) == 0 {
		return
	}
	if level > 0 {
		kid := innerAt(co.a, n.kids[i])
		n.keys[i], n.firsts[i] = kid.keys[0], kid.firsts[0]
		return
	}
	kid := leafAt(co.a, n.kids[i])
	n.keys[i], n.firsts[i] = co.keyAt(kid, 0), kid.refs[0]
}

func (co *core) shiftItems(l, r *leaf, k int) (moved uint64) {
	if k >= 0 {
		moved = co.weightOf(r, 0, k)
		if k > 0 {
			co.transfer(l, int(l.count), r, 0, k)
		}
		return moved
	}
	from := int(l.count) + k
	moved = co.weightOf(l, from, int(l.count))
	co.transfer(r, 0, l, from, -k)
	return moved
}

func shiftChildren(l, r *inner, k int) (moved uint64) {
	if k >= 0 {
		for i := range k {
			moved += r.weights[i]
			l.set(int(l.count)+i, r.child(i))
		}
		l.count += uint64(k)
		r.cut(0, k)
		return moved
	}
	from := int(l.count) + k
	for i := int(l.count) - 1; i >= from; i-- {
		moved += l.weights[i]
		r.insert(0, l.child(i))
	}
	l.count = uint64(from)
	return moved
}
