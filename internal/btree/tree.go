package btree

import (
	"unsafe" // for the size of a root only

	"github.com/larderkv/larder/internal/arena"
)

// Tree is the root of a tree. The zero value is an empty tree, which takes no
// memory. It holds no Go pointers.
type Tree struct {
	root   arena.Ref
	height uint32 // levels, zero when empty
	weight uint64
	leaves uint32
	inners uint32
}

// RootSize is the number of bytes of a Tree.
const RootSize = int(unsafe.Sizeof(Tree{}))

// Weight returns the sum of all weights: of an ordered tree the number of its items. O(1).
func (t *Tree) Weight() int { return int(t.weight) }

// Bytes returns how much memory the nodes take. O(1).
func (t *Tree) Bytes() int { return int(t.leaves)*leafSize + int(t.inners)*innerSize }

// InsertReserve bounds the bytes that one insertion may take from the arena.
func (t *Tree) InsertReserve() int { return leafSize + (int(t.height)+1)*innerSize }

// Order is what an ordered tree asks of the owner of its items.
type Order interface {
	// Key returns the key of an item.
	Key(ref arena.Ref) uint64
	// Compare compares the text of an item with text. Items of one key are in
	// the order of their texts, which are distinct.
	Compare(ref arena.Ref, text string) int
}

// Ordered is a tree with its items in order. It is a small value, made for the
// operation at hand.
type Ordered struct{ core }

// Ordered returns the tree as an ordered one in arena a.
func (t *Tree) Ordered(a *arena.Arena, o Order) Ordered { return Ordered{core{t, a, o}} }

// Sequence is a tree whose items are where they were put. It is a small value, made for the
// operation at hand.
type Sequence struct{ core }

// Sequence returns the tree as a sequence in arena a.
func (t *Tree) Sequence(a *arena.Arena) Sequence { return Sequence{core{t: t, a: a}} }

// core is what both faces share.
type core struct {
	t *Tree
	a *arena.Arena
	o Order // nil for a sequence
}

// A Point is a place between the items of an ordered tree.
type Point struct {
	Key  uint64
	Text string
	Side Side
}

// Side says where at its key a point is.
type Side uint8

const (
	// AtText is where an item with the point's text is or would be: before it.
	AtText Side = iota
	// BehindText is behind such an item.
	BehindText
	// BeforeKey is before all items of the key.
	BeforeKey
	// BehindKey is behind all items of the key.
	BehindKey
)

// behind reports whether the point is behind an item of the point's key.
func (c *core) behind(p *Point, ref arena.Ref) bool {
	switch p.Side {
	case AtText:
		return c.o.Compare(ref, p.Text) < 0
	case BehindText:
		return c.o.Compare(ref, p.Text) <= 0
	}
	return p.Side == BehindKey
}

// Seek returns a cursor at the first item that is behind p, or past the end. O(log n).
func (o Ordered) Seek(p Point) Cursor {
	var c Cursor
	o.descend(&c, &p)
	c.normalize()
	return c
}

// descend leads the cursor to the leaf where p is. The cursor's index may be the
// count of that leaf.
func (co *core) descend(c *Cursor, p *Point) {
	c.core = *co
	ref := co.t.root
	for h := int(co.t.height) - 1; h > 0; h-- {
		n := innerAt(co.a, ref)
		i := co.childOf(n, p)
		c.path[h] = step{n, i}
		ref = n.kids[i]
	}
	if ref != 0 {
		c.leaf = leafAt(co.a, ref)
		c.i = co.indexOf(c.leaf, p)
	}
}

// childOf returns the child in which p is: the last whose first item is not
// behind p. An item equal to p counts as before it, so that the search for an item that
// exists ends in its leaf.
func (co *core) childOf(n *inner, p *Point) int {
	i := n.keysBelow(p.Key)
	if p.Side != BeforeKey && i < int(n.count) && n.keys[i] == p.Key {
		j := i + n.keysSame(i)
		for i < j {
			m := int(uint(i+j) / 2)
			if p.Side == BehindKey || co.o.Compare(n.firsts[m], p.Text) <= 0 {
				i = m + 1
			} else {
				j = m
			}
		}
	}
	return max(i-1, 0)
}

// keysSame returns how many children from i on begin with the same key.
func (n *inner) keysSame(i int) int {
	j := i + 1
	for j < int(n.count) && n.keys[j] == n.keys[i] {
		j++
	}
	return j - i
}

// indexOf returns the index of the first item of l behind p. Only items whose hint
// ties with that of p are looked at.
func (co *core) indexOf(l *leaf, p *Point) int {
	h, where := l.hint(p.Key)
	switch where {
	case below:
		return 0
	case above:
		return int(l.count)
	}
	i, j := l.tagsBelow(h), l.tagsBelow(h+1)
	for i < j {
		m := int(uint(i+j) / 2)
		if co.pointBehind(l, m, p) {
			i = m + 1
		} else {
			j = m
		}
	}
	return i
}

func (co *core) pointBehind(l *leaf, i int, p *Point) bool {
	switch key := co.keyAt(l, i); {
	case key < p.Key:
		return true
	case key > p.Key:
		return false
	}
	return co.behind(p, l.refs[i])
}

// At returns a cursor at the item that holds a position, a sum of weights, and how far the
// position is within the item. It is past the end if the position is. O(log n).
func (co core) At(position int) (c Cursor, offset int) {
	offset = co.seekPosition(&c, position)
	return c, offset
}

func (co *core) seekPosition(c *Cursor, position int) (offset int) {
	c.core = *co
	t := co.t
	if position < 0 || uint64(position) >= t.weight {
		co.last(c)
		if c.leaf != nil {
			c.i = int(c.leaf.count)
		}
		return 0
	}
	left, ref := uint64(position), t.root
	for h := int(t.height) - 1; h > 0; h-- {
		n := innerAt(co.a, ref)
		i := 0
		for ; left >= n.weights[i]; i++ {
			left -= n.weights[i]
		}
		c.path[h] = step{n, i}
		ref = n.kids[i]
	}
	c.leaf = leafAt(co.a, ref)
	if co.o != nil {
		c.i = int(left)
		return 0
	}
	for ; left >= uint64(c.leaf.tags[c.i]); c.i++ {
		left -= uint64(c.leaf.tags[c.i])
	}
	return int(left)
}

// First returns a cursor at the first item. O(log n).
func (co core) First() (c Cursor) {
	c.core = co
	c.dive(int(co.t.height), co.t.root, false)
	return c
}

// Last returns a cursor at the last item. O(log n).
func (co core) Last() (c Cursor) {
	c.core = co
	co.last(&c)
	return c
}

func (co *core) last(c *Cursor) { c.dive(int(co.t.height), co.t.root, true) }

// weightOf sums the weights of a leaf's items from i up to j.
func (co *core) weightOf(l *leaf, i, j int) uint64 {
	if co.o != nil {
		return uint64(j - i)
	}
	sum := uint64(0)
	for _, w := range l.tags[i:j] {
		sum += uint64(w)
	}
	return sum
}
