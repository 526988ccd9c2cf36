package datatypes

import (
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/keyspace"
)

// Operations on sorted sets of many members, in steps: a [keyspace.LongOp] each.
//
// The result is gathered in copies. It is put in order when nothing is locked, for no step is short enough for that, and
// what is to be stored is then built in order, in the arena where it will be.

const (
	// fewScored is how many members an operation on sorted sets may look at with the locks held throughout: about a
	// tenth of a millisecond.
	fewScored = 1024

	// scoredStep is how many of them are read or inserted in a step.
	scoredStep = 256
)

// scoredReader gathers the result of an operation on sorted sets.
type scoredReader interface {
	// read reads on, or with anew from the start, and appends what it finds to the result, in copies.
	read(v keyspace.View, anew bool, result *[]Scored) (keyspace.Progress, error)

	// inOrder reports whether the result comes in its order.
	inOrder() bool
}

// scoredGathering is an operation of which the result is wanted, and not stored.
type scoredGathering struct {
	scoredReader
	result []Scored
}

// gatherScored returns the result of an operation on the sorted sets at keys, in order.
func (z SortedSets) gatherScored(r scoredReader, keys []string) ([]Scored, error) {
	o := &scoredGathering{scoredReader: r}
	if err := z.view.InSteps(o, keys); err != nil {
		return nil, err
	}
	if !r.inOrder() {
		slices.SortFunc(o.result, compareScored)
	}
	return o.result, nil
}

// Step implements keyspace.LongOp.
func (o *scoredGathering) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	if anew {
		o.result = o.result[:0]
	}
	return o.read(v, anew, &o.result)
}

// Pause implements keyspace.LongOp.
func (o *scoredGathering) Pause() { o.result = withRoom(o.result, scoredStep) }

// scoredStoring is an operation of which the result is made the value of a key.
type scoredStoring struct {
	scoredReader
	dst, event string
	result     []Scored
	phase      scoredPhase

	slot    *keyspace.Slot // of dst, in a step
	large   largeSorted
	builder *sortedBuilder
	built   int // members
}

// scoredPhase is how far such an operation has come.
type scoredPhase uint8

const (
	scoredRead  scoredPhase = iota
	scoredSort              // all has been read
	scoredBegin             // and is in order
	scoredBuild             // a set is being built
)

// storeMany makes dst hold the result of an operation on the sorted sets at keys, and returns its size.
func (z SortedSets) storeMany(r scoredReader, dst, event string, keys []string) (int, error) {
	o := &scoredStoring{scoredReader: r, dst: dst, event: event}
	if err := z.view.InSteps(o, keys, dst); err != nil {
		return 0, err
	}
	return len(o.result), nil
}

// Pause implements keyspace.LongOp.
func (o *scoredStoring) Pause() {
	if o.phase == scoredRead {
		o.result = withRoom(o.result, scoredStep)
	}
	if o.phase != scoredSort {
		return
	}
	if !o.inOrder() {
		slices.SortFunc(o.result, compareScored)
	}
	o.phase = scoredBegin
}

// Step implements keyspace.LongOp.
func (o *scoredStoring) Step(v keyspace.View, anew bool) (progress keyspace.Progress, err error) {
	var s keyspace.Slot
	if err := s.Lock(v, o.dst); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	o.slot = &s
	if anew {
		o.abandon()
		o.result, o.phase = o.result[:0], scoredRead
	}
	limits := sortedLimitsOf(v)
	switch o.phase {
	case scoredRead:
		if progress, err = o.read(v, anew, &o.result); progress == keyspace.Done && err == nil {
			o.phase, progress = scoredSort, keyspace.More
		}
		return progress, err
	case scoredBegin:
		progress, err = o.begin(&limits)
	case scoredBuild:
		progress, err = o.build()
	}
	if err != nil {
		o.abandon()
	}
	return progress, err
}

// begin stores a result that is small, and begins to build a set of any other.
func (o *scoredStoring) begin(l *sortedLimits) (keyspace.Progress, error) {
	if len(o.result) <= l.entries {
		if err := o.slot.Grow(scoredBytes(o.result)); err != nil {
			return keyspace.Done, err
		}
		return keyspace.Done, storeSorted(o.slot, o.result, l, o.event)
	}
	large, err := newLargeSorted(o.slot.Env())
	if err != nil {
		return keyspace.Done, err
	}
	o.large, o.built, o.phase = large, 0, scoredBuild
	o.builder = newSortedBuilder(&o.large)
	return keyspace.More, nil
}

// build inserts some members, and installs the set after the last.
func (o *scoredStoring) build() (keyspace.Progress, error) {
	some := o.result[o.built:min(o.built+scoredStep, len(o.result))]
	if err := o.slot.Grow(scoredBytes(some)); err != nil {
		return keyspace.Done, err
	}
	for i := range some {
		if err := o.builder.add(&o.large, some[i].Member, some[i].Score); err != nil {
			return keyspace.Done, err
		}
	}
	if o.built += len(some); o.built < len(o.result) {
		return keyspace.More, nil
	}
	o.builder.Finish()
	o.builder = nil
	root, err := o.slot.Put(keyspace.SortedSet, sortedTree, sortedRootSize, 0)
	if err != nil {
		return keyspace.Done, err
	}
	o.large.store(root)
	o.slot.Notify(keyspace.ClassSortedSet, o.event)
	return keyspace.Done, nil
}

// abandon gives up the set that was begun.
func (o *scoredStoring) abandon() {
	if o.phase != scoredBuild {
		return
	}
	if o.builder != nil {
		o.builder.Finish()
	}
	var root [sortedRootSize]byte
	o.large.store(root[:])
	o.slot.Abandon(keyspace.SortedSet, sortedTree, root[:])
	o.builder, o.phase = nil, scoredRead
}

// scoredBytes returns about how many bytes a large sorted set takes for members.
func scoredBytes(scored []Scored) (n int) {
	length, each := 0, sortedMemberBytes(0)
	for i := range scored {
		if len(scored[i].Member) != length { // most are as long as the one before
			length = len(scored[i].Member)
			each = sortedMemberBytes(length)
		}
		n += each
	}
	return n
}

// scoredCombining reads the result of an operation on several sorted sets, which were loaded.
type scoredCombining struct {
	algebra *scoredAlgebra
	op      sortedOp

	source int    // the one that is being read
	cursor uint64 // in it
	places map[string]int
}

func (c *scoredCombining) inOrder() bool { return false }

func (c *scoredCombining) read(v keyspace.View, anew bool, result *[]Scored) (keyspace.Progress, error) {
	a := c.algebra
	if err := a.reload(v); err != nil {
		return keyspace.Done, err
	}
	if anew {
		c.source, c.cursor, a.n = 0, 0, 0
		a.order(c.op)
		c.places = make(map[string]int)
	}
	a.result = *result
	more := c.some()
	*result = a.result
	if more {
		return keyspace.More, nil
	}
	c.places = nil
	return keyspace.Done, nil
}

// some reads some members, and returns false after the last. What it keeps of them are copies.
func (c *scoredCombining) some() (more bool) {
	a := c.algebra
	last := 1 // of the sources that are read
	if c.op == sortedUnion {
		last = len(a.sources)
	}
	begin := len(a.result)
	src := &a.sources[c.source]
	if c.op == sortedUnion {
		c.cursor = src.some(c.cursor, func(member string, score float64) bool {
			a.unite(c.places, member, score)
			return true
		})
	} else {
		wanted := true
		c.cursor = src.some(c.cursor, func(member string, score float64) bool {
			wanted = a.take(member, score, c.op == sortedInter)
			return wanted
		})
		wanted = wanted && a.look(c.op == sortedInter)
		for i := range a.result[begin:] {
			a.result[begin+i].Member = strings.Clone(a.result[begin+i].Member)
		}
		if !wanted {
			return false
		}
	}
	if c.cursor == 0 {
		c.source++
	}
	return c.source < last
}

// some calls fn with the members and weighted scores from a cursor on, as many as a step may read, and returns where to go on,
// zero at the end. A member is good until the step ends.
func (src *scoredSource) some(cursor uint64, fn func(member string, score float64) (more bool)) uint64 {
	if src.set.enc != setNone {
		return src.someOfSet(cursor, fn)
	}
	from, to := int(cursor), min(int(cursor)+scoredStep, src.sorted.len())
	src.eachRank(from, to, fn)
	if to == src.sorted.len() {
		return 0
	}
	return uint64(to)
}

func (src *scoredSource) someOfSet(cursor uint64, fn func(member string, score float64) (more bool)) uint64 {
	var b batch
	for range scoredStep / batchSize {
		cursor = src.set.next(cursor, &b)
		if !src.useBatch(&b, fn) || cursor == 0 {
			break
		}
	}
	return cursor
}

// scoredRanging reads a range of one sorted set.
type scoredRanging struct {
	key    string
	of     Range
	stored bool // so the result must be in the order of sets, whatever that of the range
	taken  int  // members
}

func (r *scoredRanging) inOrder() bool { return true }

func (r *scoredRanging) read(v keyspace.View, anew bool, result *[]Scored) (keyspace.Progress, error) {
	if anew {
		r.taken = 0
	}
	var s keyspace.Slot
	if err := NewSortedSets(v).lock(&s, r.key); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	from := sortedOf(&s)
	i, j := from.span(&r.of)
	n := min(j-i-r.taken, scoredStep)
	reverse := r.of.Reverse && !r.stored
	if reverse {
		i, j = j-r.taken-n, j-r.taken
	} else {
		i, j = i+r.taken, i+r.taken+n
	}
	all := n < scoredStep
	from.each(i, j, reverse, func(member string, score float64) bool {
		*result = append(*result, Scored{strings.Clone(member), score})
		return true
	})
	if r.taken += n; all {
		return keyspace.Done, nil
	}
	return keyspace.More, nil
}
