package hashtable

import "github.com/larderkv/larder/internal/arena"

// Presize gives an empty table the segments that n entries need, so that
// inserting these splits none and rebuilds few: for who builds a large table at once. It fails
// without effect if the arena is exhausted. O(n / 1000).
func (t *Table) Presize(env *Env, n int) error {
	const most = maxSegment * bucketSlots * fillTarget / fillUnit
	if t.dir != 0 || n < minSegment {
		return nil
	}
	depth := uint32(0)
	for n>>depth > most {
		depth++
	}
	if depth > maxDepth {
		return arena.ErrExhausted
	}
	a := env.Arena
	if err := a.Reserve(segmentSize << depth); err != nil {
		return err
	}
	t.setDirectory(a, a.Alloc(segmentSize<<depth), depth)
	t.deepest = 1 << depth
	buckets := bucketsFor(uint32(n >> depth))
	if depth > 0 {
		buckets = max(buckets, minSegment)
	}
	size := int(buckets) * bucketSize
	for i := range uint64(1) << depth {
		if err := a.Reserve(size); err != nil {
			t.abandon(a, i, size)
			return err
		}
		block := a.Alloc(size)
		clear(a.Bytes(block, size))
		s := t.slot(a, i)
		*s = segment{}
		s.setBlock(a, block, buckets, uint8(depth))
	}
	return nil
}

// abandon frees the first segments of a table that was not completed.
func (t *Table) abandon(a *arena.Arena, segments uint64, size int) {
	for i := range segments {
		a.Free(t.slot(a, i).block, size)
	}
	a.Free(t.dir, segmentSize<<t.depth)
	*t = Table{}
}
