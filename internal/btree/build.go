package btree

import "github.com/larderkv/larder/internal/arena"

// Builder makes a tree of items that come in order, with nodes that are full.
// It is large; keep one where many trees are built.
type Builder struct {
	core
	n       int // items of the leaf to come
	keys    [leafMax]uint64
	refs    [leafMax]arena.Ref
	weights [leafMax]tag
	spine   [maxHeight]arena.Ref // the last node of each level, but of leaves
}

// BuildReserve bounds the bytes that n items in a row, added by a Builder, take from the arena.
func BuildReserve(n int) int {
	leaves := n/leafMax + 2
	return leaves*leafSize + (leaves/(innerMax-1)+maxHeight)*innerSize
}

// Build begins to fill a tree, which must be empty. The tree is not to be used until
// Finish.
func (b *Builder) Build(t *Tree, a *arena.Arena, o Order) {
	b.core = core{t, a, o}
	b.n = 0
	clear(b.spine[:])
}

// Append adds an item to an ordered tree, behind all others. O(1) amortized.
func (b *Builder) Append(key uint64, ref arena.Ref) { b.add(key, 1, ref) }

// AppendWeight adds an item to a sequence. O(1) amortized.
func (b *Builder) AppendWeight(weight int, ref arena.Ref) { b.add(0, tag(weight), ref) }

func (b *Builder) add(key uint64, weight tag, ref arena.Ref) {
	if b.n == leafMax {
		b.flush()
	}
	b.keys[b.n], b.weights[b.n], b.refs[b.n] = key, weight, ref
	b.n++
}

// Finish completes the tree. O(log n).
func (b *Builder) Finish() {
	if b.n > 0 {
		b.flush()
	}
}

// flush makes a leaf of the items.
func (b *Builder) flush() {
	ref := b.newLeaf()
	l := leafAt(b.a, ref)
	l.count = uint16(b.n)
	copy(l.refs[:], b.refs[:b.n])
	if b.o == nil {
		copy(l.tags[:], b.weights[:b.n])
	} else {
		l.draw(b.keys[0], b.keys[b.n-1])
		for i, k := range b.keys[:b.n] {
			l.tags[i], _ = l.hint(k)
		}
	}
	c := child{key: b.keys[0], weight: b.weightOf(l, 0, b.n), kid: ref, first: b.refs[0]}
	b.n = 0
	b.t.weight += c.weight
	b.attach(1, c)
}

// attach adds a child to the last node of a level. The weights of the nodes above are kept
// up to date, so the tree is whole after every leaf.
func (b *Builder) attach(level int, c child) {
	t := b.t
	if level > int(t.height) {
		t.root, t.height = c.kid, uint32(level)
		return
	}
	if level == int(t.height) {
		b.raiseOver(c.weight)
		b.spine[level] = t.root
	}
	n := innerAt(b.a, b.spine[level])
	if n.count < innerMax {
		n.insert(int(n.count), c)
		for h := level + 1; h < int(t.height); h++ {
			up := innerAt(b.a, b.spine[h])
			up.weights[up.count-1] += c.weight
		}
		return
	}
	ref := b.newInner()
	innerAt(b.a, ref).insert(0, c)
	b.spine[level] = ref
	b.attach(level+1, child{key: c.key, weight: c.weight, kid: ref, first: c.first})
}

// raiseOver puts a root above the present one, of which all weight is but the last, which is
// not part of it yet.
func (b *Builder) raiseOver(last uint64) {
	b.t.weight -= last
	b.raise()
	b.t.weight += last
}
