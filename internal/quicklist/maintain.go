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

// Copy makes a root, which must be empty, lead to the same list in another arena, or in the same. It
// fails without effect. O(n).
func (l List) Copy(to *arena.Arena, r *Root) error {
	r.count, r.heads = l.r.count, l.r.heads
	c := r.List(to, l.limit)
	if err := l.copyBlocks(c); err != nil {
		for !c.Release(1 << 10) {
		}
		*r = Root{}
		return err
	}
	return nil
}

func (l List) copyBlocks(to List) (err error) {
	if to.r.head, err = l.copyBlock(to, l.r.head); err != nil {
		return err
	}
	if to.r.tail, err = l.copyBlock(to, l.r.tail); err != nil {
		return err
	}
	var b btree.Builder
	b.Build(&to.r.tree, to.a, nil)
	defer b.Finish()
	for c := l.tree().First(); c.Valid(); c.Next() {
		ref, err := l.copyBlock(to, c.Ref())
		if err != nil {
			return err
		}
		b.AppendWeight(c.Weight(), ref)
	}
	return nil
}

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
