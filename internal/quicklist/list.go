package quicklist

import (
	"unsafe" // a root is an arena block of exactly its layout

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/btree"
)

// Root is what leads to the blocks. It holds no Go pointers, so that it may be in
// the arena itself. The zero value is an empty list, which takes no memory.
type Root struct {
	tree  btree.Tree
	count uint64 // elements
	bytes uint64 // of all blocks
	head  arena.Ref
	tail  arena.Ref
	heads uint64 // elements in head
}

// RootSize is the number of bytes of a Root.
const RootSize = int(unsafe.Sizeof(Root{}))

// NewRoot returns a block with the root of an empty list. RootSize bytes were reserved.
func NewRoot(a *arena.Arena) arena.Ref {
	ref := a.Alloc(RootSize)
	*RootAt(a, ref) = Root{}
	return ref
}

// RootAt returns the root in a block.
func RootAt(a *arena.Arena, ref arena.Ref) *Root { return (*Root)(a.Ptr(ref)) }

// Len returns the number of elements. O(1).
func (r *Root) Len() int { return int(r.count) }

// Bytes returns the exact number of bytes that the list takes in the arena,
// without the root. O(1).
func (r *Root) Bytes() int { return int(r.bytes) + r.tree.Bytes() }

// Limit bounds a block. A single element may be larger.
type Limit struct {
	Bytes int // of the block, all told
	Count int // of elements
}

// NodeBytes is the size of blocks where the setting does not say another.
const NodeBytes = 8 << 10

const maxCount = 1<<15 - 1

// LimitOf returns what a value of Redis' list-max-listpack-size means: a number of
// elements, or from -1 to -5 a size from 4 to 64 KiB.
func LimitOf(setting int64) Limit {
	if setting < 0 {
		return Limit{4 << 10 << (min(-setting, 5) - 1), maxCount}
	}
	return Limit{NodeBytes, int(min(max(setting, 1), maxCount))}
}

// Allows reports whether a listpack may have so many bytes and elements.
func (l Limit) Allows(bytes, count int) bool {
	return bytes <= l.Bytes-blockHeader && count <= l.Count
}

// List is a list to work with. It is a small value, made for the operation at
// hand.
type List struct {
	r     *Root
	a     *arena.Arena
	limit Limit
}

// List returns the list of the root in arena a.
func (r *Root) List(a *arena.Arena, limit Limit) List { return List{r, a, limit} }

func (l List) tree() btree.Sequence { return l.r.tree.Sequence(l.a) }

// tails returns the number of elements in the tail block.
func (l List) tails() int { return int(l.r.count-l.r.heads) - l.r.tree.Weight() }

func (l List) end(side Side) *arena.Ref {
	if side == Left {
		return &l.r.head
	}
	return &l.r.tail
}

// added notes n more elements at an end, or fewer.
func (l List) added(side Side, n int) {
	l.r.count += uint64(n)
	if side == Left {
		l.r.heads += uint64(n)
	}
}

// reserve makes sure that there is memory for a few blocks with a listpack of n bytes, and for
// the tree to take one.
func (l List) reserve(n int) error {
	return l.a.Reserve(blockHeader + n + 2*l.limit.Bytes + l.r.tree.InsertReserve())
}

// PushNeed bounds the memory that pushing elements of together n bytes takes at
// a side beyond what the list has.
func (l List) PushNeed(side Side, n int) int {
	if end := *l.end(side); end != 0 {
		if b := l.block(end); n <= b.room(side) {
			return 0
		}
	}
	return n + n/8 + l.limit.Bytes/4
}

// Push adds an element at a side. O(1) amortized.
func (l List) Push(side Side, e encoding.Element) error {
	size, end := e.Size(), l.end(side)
	if *end == 0 {
		return l.pushBlock(side, e, size)
	}
	b := l.block(*end)
	lp := b.pack()
	if !l.limit.Allows(len(lp)+size, lp.Len()+1) {
		return l.pushBlock(side, e, size)
	}
	if b.room(side) < size {
		if err := l.reserve(len(lp) + size); err != nil {
			return err
		}
		*end = l.resize(*end, l.roomy(len(lp)+size), side)
		b = l.block(*end)
	}
	b.push(side, e)
	l.added(side, 1)
	return nil
}

// pushBlock adds an element in a block of its own.
func (l List) pushBlock(side Side, e encoding.Element, size int) error {
	size += encoding.EmptyListpackSize
	if err := l.reserve(size); err != nil {
		return err
	}
	l.retire(side)
	ref, b := l.newBlock(l.roomy(size), side)
	b.push(side, e)
	*l.end(side) = ref
	l.added(side, 1)
	return nil
}

// roomy returns the size up to which a listpack at an end, which now needs n bytes, shall
// grow without another block: to the end if the list is so large that an unused block is
// little of it.
func (l List) roomy(n int) int {
	if !l.long() {
		return n
	}
	return max(n, l.limit.Bytes-blockHeader)
}

// long reports whether a block is little of the list.
func (l List) long() bool { return l.r.bytes >= 16*uint64(l.limit.Bytes) }

// retire has the block at an end, if there is one, enter the tree, as small as
// it can be.
func (l List) retire(side Side) {
	end := l.end(side)
	if *end != 0 {
		b := l.block(*end)
		if n := len(b.pack()); arena.ClassSize(blockHeader+n) < len(b) {
			*end = l.resize(*end, n, Right)
		}
	}
	switch {
	case *end == 0:
	case side == Left:
		l.tree().InsertAt(0, int(l.r.heads), *end)
		l.r.heads = 0
	default:
		l.tree().InsertAt(l.r.tree.Weight(), l.tails(), *end)
	}
	*end = 0
}

// adopt makes the tree's block at a side the end of the list, if that is
// missing.
func (l List) adopt(side Side) {
	end := l.end(side)
	if *end != 0 || l.r.tree.Weight() == 0 {
		return
	}
	var c btree.Cursor
	if side == Left {
		c = l.tree().First()
		l.r.heads = uint64(c.Weight())
	} else {
		c = l.tree().Last()
	}
	*end = c.Ref()
	l.block(*end).setFilterSize(0)
	c.Delete()
}

// edge returns the block at a side of a list that is not empty, and of which
// end it is.
func (l List) edge(side Side) (arena.Ref, Side) {
	l.adopt(side)
	if end := *l.end(side); end != 0 {
		return end, side
	}
	return *l.end(side.Other()), side.Other()
}

// Edge returns the listpack at a side of a list that is not empty.
func (l List) Edge(side Side) encoding.Listpack {
	ref, _ := l.edge(side)
	return l.block(ref).pack()
}

// Drop removes n elements at a side, fewer than there are or all. O(log n), and O(1) for
// one, beside the blocks that are freed.
func (l List) Drop(side Side, n int) {
	for n > 0 && l.r.count > 0 {
		ref, end := l.edge(side)
		b := l.block(ref)
		have := b.pack().Len()
		if n < have {
			b.drop(side, n)
			l.added(end, -n)
			l.slim(end)
			return
		}
		l.freeBlock(ref)
		*l.end(end) = 0
		l.added(end, -have)
		n -= have
		n -= l.dropMiddle(side, n)
	}
}

// dropMiddle removes whole blocks of the tree at a side that have no more than n elements together,
// and returns how many those were.
func (l List) dropMiddle(side Side, n int) int {
	t, weight := l.tree(), l.r.tree.Weight()
	if n == 0 || weight == 0 || *l.end(side) != 0 {
		return 0
	}
	from, to := 0, weight
	switch {
	case n >= weight:
	case side == Left:
		_, offset := t.At(n)
		to = n - offset
	default:
		c, offset := t.At(weight - n)
		if from = weight - n; offset > 0 {
			from += c.Weight() - offset
		}
	}
	t.DeleteRange(from, to, l.freeBlock)
	l.r.count -= uint64(to - from)
	return to - from
}

// slim gives a block at an end that has become much too large a smaller one.
func (l List) slim(side Side) {
	const least = 256 // bytes not worth the effort
	end := l.end(side)
	b := l.block(*end)
	if n := len(b.pack()); len(b) > least && n < len(b)/4 && l.reserve(n) == nil {
		*end = l.resize(*end, n+n/2, side)
	}
}
