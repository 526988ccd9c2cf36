package quicklist

import (
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/btree"
)

// releaseCost is how many small blocks could be freed in the time that one of the list's takes, which are pages.
const releaseCost = 8

// Release frees as much as takes the time of about budget small blocks, and reports whether nothing is left.
// Between calls only Release may be called. O(budget).
func (l List) Release(budget int) (done bool) {
	for _, side := range [2]Side{Left, Right} {
		if end := l.end(side); *end != 0 {
			l.freeBlock(*end)
			*end = 0
			budget -= releaseCost
		}
	}
	return l.tree().Release(max(budget/releaseCost, 1), l.freeBlock)
}

// Copy is a copy of a list in the making.
type Copy struct {
	to      List
	builder btree.Builder
	begun   bool
	copied  int // elements of the tree
}

// Some copies about budget blocks more of l, which has not changed since the first call, to the root r, which was empty
// and is in another arena, or in the same. It reports whether that was all. After Finish, what there is when it fails is
// good for Release.
func (c *Copy) Some(l List, to *arena.Arena, r *Root, budget int) (done bool, err error) {
	if !c.begun {
		c.begun = true
		c.to = r.List(to, l.limit)
		r.count, r.heads = l.r.count, l.r.heads
		c.builder.Build(&r.tree, to, nil)
		if r.head, err = l.copyBlock(c.to, l.r.head); err != nil {
			return false, err
		}
		if r.tail, err = l.copyBlock(c.to, l.r.tail); err != nil {
			return false, err
		}
	}
	if c.copied == l.r.tree.Weight() {
		return true, nil
	}
	b, _ := l.tree().At(c.copied)
	for ; b.Valid() && budget > 0; budget-- {
		ref, err := l.copyBlock(c.to, b.Ref())
		if err != nil {
			return false, err
		}
		c.builder.AppendWeight(b.Weight(), ref)
		c.copied += b.Weight()
		b.Next()
	}
	return c.copied == l.r.tree.Weight(), nil
}

// Finish completes what was copied so far.
func (c *Copy) Finish() { c.builder.Finish() }

// copyBlock copies a block; that of nothing is nothing. It leaves memory reserved for
// the tree to grow.
func (l List) copyBlock(to List, ref arena.Ref) (arena.Ref, error) {
	if ref == 0 {
		return 0, nil
	}
	from := l.block(ref)
	if err := to.a.Reserve(len(from) + btree.BuildReserve(1)); err != nil {
		return 0, err
	}
	copied := to.a.Alloc(len(from))
	copy(to.a.Bytes(copied, len(from)), from)
	to.r.bytes += uint64(len(from))
	return copied, nil
}

// Relocate moves the blocks that stand in the way of compaction (Arena.Evacuating), looking at
// about budget of them. It starts at cursor and returns where to go on, zero
// at the end.
func (l List) Relocate(cursor uint64, budget int) (next uint64) {
	if cursor == 0 {
		for _, side := range [2]Side{Left, Right} {
			if end := l.end(side); *end != 0 && l.a.Evacuating(*end) {
				*end = l.move(*end)
			}
		}
	}
	return l.tree().Relocate(cursor, budget, l.move)
}

func (l List) move(ref arena.Ref) arena.Ref {
	size := len(l.block(ref))
	to := l.a.Alloc(size)
	copy(l.a.Bytes(to, size), l.a.Bytes(ref, size))
	l.a.Free(ref, size)
	return to
}
