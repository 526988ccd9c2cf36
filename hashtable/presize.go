package hashtable

import (
	"math"

	"github.com/larderkv/larder/internal/arena"
)

// Presize gives an empty table the segments that n entries need, so that
// inserting these splits none and rebuilds few: for who builds a large table at once. It fails
// without effect if the arena is exhausted. O(n / 1000).
func (t *Table) Presize(env *Env, n int) error {
	_, err := t.PresizeSome(env, n, 0, math.MaxInt)
	return err
}

// PresizeSome is Presize in steps. It makes up to most segments from number next on, zero at first, and returns where to
// go on, zero at the end. Before the end the table is good for nothing but PresizeSome and CancelPresize. O(most).
func (t *Table) PresizeSome(env *Env, n int, next uint64, most int) (uint64, error) {
	if next == 0 && (t.dir != 0 || n < minSegment) {
		return 0, nil
	}
	a := env.Arena
	if next == 0 {
		if err := t.presizeDirectory(a, n); err != nil {
			return 0, err
		}
	}
	size, all := t.presizedSegment(n), uint64(1)<<t.depth
	for ; next < all && most > 0; most-- {
		if err := a.Reserve(size); err != nil {
			t.CancelPresize(env, n, next)
			return 0, err
		}
		block := a.Alloc(size)
		clear(a.Bytes(block, size))
		s := t.slot(a, next)
		*s = segment{}
		s.setBlock(a, block, uint32(size/bucketSize), uint8(t.depth))
		next++
	}
	if next == all {
		return 0, nil
	}
	return next, nil
}

func (t *Table) presizeDirectory(a *arena.Arena, n int) error {
	const most = maxSegment * bucketSlots * fillTarget / fillUnit
	depth := uint32(0)
	for n>>depth > most {
		depth++
	}
	if depth > maxDepth {
		return arena.ErrExhausted
	}
	if err := a.Reserve(segmentSize << depth); err != nil {
		return err
	}
	t.setDirectory(a, a.Alloc(segmentSize<<depth), depth)
	t.deepest = 1 << depth
	return nil
}

// presizedSegment returns the bytes of a segment in a table for n entries.
func (t *Table) presizedSegment(n int) int {
	buckets := bucketsFor(uint32(n >> t.depth))
	if t.depth > 0 {
		buckets = max(buckets, minSegment)
	}
	return int(buckets) * bucketSize
}

// CancelPresize frees the first segments of a table for n entries that was not completed, those before next.
func (t *Table) CancelPresize(env *Env, n int, next uint64) {
	a, size := env.Arena, t.presizedSegment(n)
	for i := range next {
		a.Free(t.slot(a, i).block, size)
	}
	a.Free(t.dir, segmentSize<<t.depth)
	*t = Table{}
}
