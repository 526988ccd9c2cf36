package datatypes

import (
	"slices"

	"github.com/larderkv/larder/internal/keyspace"
)

// Operations on sorted sets of many members, in steps: a [keyspace.LongOp] each.
//
// A step that reads does nothing but copy bytes. To make a result of them, which takes memory of the Go heap, and may
// make the goroutine help the garbage collector, is left for the pauses, when nothing is locked. So is to put it in
// order. What is to be stored is then built in order, in the arena where it will be.

const (
	// fewScored is how many members an operation on sorted sets may look at with the locks held throughout: about a
	// tenth of a millisecond.
	fewScored = 1024

	// scoredStep is how many of them are read or inserted in a step.
	scoredStep = 128
)

// scoredReader reads what the result of an operation on sorted sets is made of.
type scoredReader interface {
	// read reads on, or with anew from the start.
	read(v keyspace.View, anew bool) (keyspace.Progress, error)

	// digest adds what was read to the result.
	digest()

	// result returns it, in order.
	result() []Scored
}

// scoredCopies are copies of members and scores, in the order in which they were read.
type scoredCopies struct {
	text   []byte
	ends   []int // of members in text
	scores []float64
}

func (c *scoredCopies) add(member string, score float64) {
	c.text = append(c.text, member...)
	c.ends, c.scores = append(c.ends, len(c.text)), append(c.scores, score)
}

// drain calls fn with each and forgets them.
func (c *scoredCopies) drain(fn func(member []byte, score float64)) {
	start := 0
	for i, end := range c.ends {
		fn(c.text[start:end], c.scores[i])
		start = end
	}
	c.clear()
}

func (c *scoredCopies) clear() { c.text, c.ends, c.scores = c.text[:0], c.ends[:0], c.scores[:0] }

// scoredGathering is an operation of which the result is wanted, and not stored.
type scoredGathering struct{ scoredReader }

// gatherScored returns the result of an operation on the sorted sets at keys, in order.
func (z SortedSets) gatherScored(r scoredReader, keys []string) ([]Scored, error) {
	if err := z.view.InSteps(&scoredGathering{r}, keys); err != nil {
		return nil, err
	}
	r.digest()
	return r.result(), nil
}

// Step implements keyspace.LongOp.
func (o *scoredGathering) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	return o.read(v, anew)
}

// Pause implements keyspace.LongOp.
func (o *scoredGathering) Pause() { o.digest() }

// scoredStoring is an operation of which the result is made the value of a key.
type scoredStoring struct {
	scoredReader
	dst, event string
	phase      scoredPhase
	scored     []Scored // the result

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
	return len(o.scored), nil
}

// Pause implements keyspace.LongOp.
func (o *scoredStoring) Pause() {
	switch o.phase {
	case scoredRead:
		o.digest()
	case scoredSort:
		o.digest()
		o.scored = o.result()
		o.phase = scoredBegin
	}
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
		o.phase = scoredRead
	}
	limits := sortedLimitsOf(v)
	switch o.phase {
	case scoredRead:
		if progress, err = o.read(v, anew); progress == keyspace.Done && err == nil {
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
	if len(o.scored) <= l.entries {
		if err := o.slot.Grow(scoredBytes(o.scored)); err != nil {
			return keyspace.Done, err
		}
		return keyspace.Done, storeSorted(o.slot, o.scored, l, o.event)
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
	some := o.scored[o.built:min(o.built+scoredStep, len(o.scored))]
	if err := o.slot.Grow(scoredBytes(some)); err != nil {
		return keyspace.Done, err
	}
	for i := range some {
		if err := o.builder.add(&o.large, some[i].Member, some[i].Score); err != nil {
			return keyspace.Done, err
		}
	}
	if o.built += len(some); o.built < len(o.scored) {
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

// scoredCombining reads what makes the result of an operation on several sorted sets, which were loaded.
type scoredCombining struct {
	algebra *scoredAlgebra
	op      sortedOp
	count   bool // the members of the result are not wanted, but their number, which the algebra has in the end

	source int    // the one that is being read
	cursor uint64 // in it
	fresh  bool   // nothing of what was read has been digested
	copies scoredCopies
	places map[string]int // of a union, in scored
	scored []Scored
}

func (c *scoredCombining) read(v keyspace.View, anew bool) (keyspace.Progress, error) {
	a := c.algebra
	if err := a.reload(v); err != nil {
		return keyspace.Done, err
	}
	if anew {
		c.source, c.cursor, c.fresh = 0, 0, true
		c.copies.clear()
		a.order(c.op)
		a.found = 0
	}
	if c.op == sortedUnion {
		return c.readUnion(), nil
	}
	return c.readFirst(), nil
}

// readUnion reads some members of each set in turn.
func (c *scoredCombining) readUnion() keyspace.Progress {
	a := c.algebra
	c.cursor = a.sources[c.source].some(c.cursor, func(member string, score float64) bool {
		c.copies.add(member, score)
		return true
	})
	if c.cursor == 0 {
		c.source++
	}
	if c.source == len(a.sources) {
		return keyspace.Done
	}
	return keyspace.More
}

// readFirst reads some members of the first set and keeps those that belong to the result.
func (c *scoredCombining) readFirst() keyspace.Progress {
	a := c.algebra
	a.result, a.n = a.result[:0], 0
	shared, wanted := c.op == sortedInter, true
	c.cursor = a.sources[0].some(c.cursor, func(member string, score float64) bool {
		wanted = a.take(member, score, shared)
		return wanted
	})
	wanted = wanted && a.look(shared)
	if !c.count {
		for i := range a.result {
			c.copies.add(a.result[i].Member, a.result[i].Score)
		}
	}
	if !wanted || c.cursor == 0 {
		return keyspace.Done
	}
	return keyspace.More
}

func (c *scoredCombining) digest() {
	a := c.algebra
	if c.fresh {
		c.fresh, c.scored, c.places = false, c.scored[:0], nil
	}
	if c.op != sortedUnion {
		c.copies.drain(func(member []byte, score float64) { c.scored = append(c.scored, Scored{string(member), score}) })
		return
	}
	if c.places == nil {
		c.places = make(map[string]int)
	}
	c.copies.drain(func(member []byte, score float64) { c.scored = a.unite(c.scored, c.places, string(member), score) })
}

func (c *scoredCombining) result() []Scored {
	c.places = nil
	slices.SortFunc(c.scored, compareScored)
	return c.scored
}

// some calls fn with the members and weighted scores from a cursor on, as many as a step may read, and returns where to
// go on, zero at the end. A member is good until the step ends.
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
	copies scoredCopies
	fresh  bool // nothing of what was read has been digested
	scored []Scored
}

func (r *scoredRanging) read(v keyspace.View, anew bool) (keyspace.Progress, error) {
	if anew {
		r.taken, r.fresh = 0, true
		r.copies.clear()
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
	from.each(i, j, reverse, func(member string, score float64) bool {
		r.copies.add(member, score)
		return true
	})
	if r.taken += n; n < scoredStep {
		return keyspace.Done, nil
	}
	return keyspace.More, nil
}

func (r *scoredRanging) digest() {
	if r.fresh {
		r.fresh, r.scored = false, r.scored[:0]
	}
	r.copies.drain(func(member []byte, score float64) { r.scored = append(r.scored, Scored{string(member), score}) })
}

func (r *scoredRanging) result() []Scored { return r.scored }
