package datatypes

import (
	"slices"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// Reading much of one large hash or list, in steps: a [keyspace.LongOp] each, which gathers copies in a batch.

const (
	// fewElements is how many elements are read with the lock held throughout: about a tenth of a millisecond.
	fewElements = 2048

	// gatherStep is how many of them are read in a step.
	gatherStep = 512
)

// hashGathering reads all of a hash.
type hashGathering struct {
	key    string
	part   HashPart
	batch  *Batch
	cursor uint64
}

// Step implements keyspace.LongOp.
func (o *hashGathering) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	var s keyspace.Slot
	if err := s.Lock(v, o.key); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.Hash); err != nil {
		return keyspace.Done, err
	}
	if anew {
		o.cursor = 0
		o.batch.batch.Clear()
	}
	var h hashValue
	h.load(&s)
	if h.enc != hashTable { // it has become small since
		h.each(func(field string, value encoding.Element) bool {
			o.batch.addPart(o.part, field, value)
			return true
		})
		return keyspace.Done, nil
	}
	for range gatherStep / batchSize {
		if o.cursor = o.some(h.env, &h.root); o.cursor == 0 {
			return keyspace.Done, nil
		}
	}
	return keyspace.More, nil
}

// some reads some fields and returns the cursor of the next.
func (o *hashGathering) some(env *hashtable.Env, root *members.Root) uint64 {
	var room [batchSize]arena.Ref
	refs, next := root.Walk(env.Arena, o.cursor, room[:0])
	for _, ref := range refs {
		field, value := members.Valued.Pair(env.Arena, ref)
		o.batch.addPart(o.part, field, encoding.TextElement(value))
	}
	return next
}

// Pause implements keyspace.LongOp.
func (o *hashGathering) Pause() { o.batch.batch.MakeRoom(gatherRoom, 2*gatherStep) }

// listGathering reads a range of a list.
type listGathering struct {
	key         string
	start, stop int
	batch       Batch
}

// Step implements keyspace.LongOp.
func (o *listGathering) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	if anew {
		o.batch.batch.Clear()
	}
	var s keyspace.Slot
	if err := s.Lock(v, o.key); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.List); err != nil || !s.Exists() {
		return keyspace.Done, err
	}
	l := openList(&s, v)
	from, to := rangeOf(o.start, o.stop, l.len())
	from += o.batch.Len()
	n := min(to-from, gatherStep)
	l.each(from, n, func(e encoding.Element) bool {
		o.batch.add(e, true)
		return true
	})
	if from+n == to {
		return keyspace.Done, nil
	}
	return keyspace.More, nil
}

// Pause implements keyspace.LongOp.
func (o *listGathering) Pause() { o.batch.batch.MakeRoom(gatherRoom, gatherStep) }

// gatherRoom is room for as many bytes as a step mostly gathers.
const gatherRoom = 64 << 10

// withRoom returns s with room for n more, which makes its growth, and the copying of what there is, a matter of
// the pauses between steps.
func withRoom[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return slices.Grow(s, max(n, len(s)))
}
