package datatypes

import (
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// Operations on sets of many members, in steps: a [keyspace.LongOp] each.
//
// What is to be stored is built as a large set right in the arena where it will be, not gathered first: so it costs
// nothing besides, is counted as it grows, and finds the members that a union has already. All large sets of a cache are
// in the order of the same hash. So as one is read, the buckets that are looked into in others, and those that the result
// is written to, are neighbours of those before, and mostly in the processor's cache.

// stepWork is how many members are looked for or inserted in a step: some tens of microseconds.
const stepWork = 8 * batchSize

// step goes through batches for as long as a step may take, and does use with each.
func (a *algebra) step(use func() (keyspace.Progress, error)) (keyspace.Progress, error) {
	for work := 0; work < stepWork; work += batchSize * len(a.sets) {
		turn, cursor := a.turn, a.cursor
		if !a.next() {
			return keyspace.Done, nil
		}
		progress, err := use()
		if progress == keyspace.Keep { // the batch was not used
			a.turn, a.cursor = turn, cursor
		}
		if progress != keyspace.More || err != nil {
			return progress, err
		}
	}
	return keyspace.More, nil
}

// taken passes the batch on and says whether more is wanted.
func (a *algebra) taken() keyspace.Progress {
	if a.emit() {
		return keyspace.More
	}
	return keyspace.Done
}

// estimate returns about how many members the result will have: as many of each set as of its first ones, which are
// random ones. It returns zero where that would take too long to tell.
func (a *algebra) estimate() (n int) {
	switch {
	case len(a.sets) > maxAsked && a.op == opUnion:
		return a.sets[0].len()
	case len(a.sets) > maxAsked:
		return 0
	case a.op == opUnion:
		for i := range a.sets {
			n += a.estimateOf(i, a.sets[:i], false)
		}
		return n
	}
	return a.estimateOf(0, a.sets[1:], a.op == opInter)
}

// estimateOf returns about how many members of set i are in all others, or with shared false in none of them.
func (a *algebra) estimateOf(i int, others []setValue, shared bool) int {
	const sample = 4 * batchSize
	seen, kept := 0, 0
	for cursor, more := uint64(0), true; more; more = cursor != 0 && seen < sample {
		cursor = a.sets[i].next(cursor, &a.batch)
		seen += a.batch.n
		for j := range others {
			others[j].filter(&a.batch, shared)
		}
		kept += a.batch.n
	}
	return a.sets[i].len() * kept / max(seen, 1)
}

// combining is an operation of which the result is passed on when it is complete.
type combining struct {
	algebra *algebra
	found   memberCopies
	gather  bool
}

// combineMany does the operation that was loaded.
func (st Sets) combineMany(a *algebra) (int, error) {
	each := a.each
	o := &combining{algebra: a, gather: each != nil}
	a.each = nil
	if err := st.view.InSteps(o, a.keys); err != nil {
		return 0, err
	}
	if each != nil {
		o.found.each(each)
	}
	return a.count, nil
}

// Step implements keyspace.LongOp.
func (o *combining) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	a := o.algebra
	if err := a.reload(v); err != nil {
		return keyspace.Done, err
	}
	if anew {
		a.begin(a.op)
		o.found = o.found[:0]
	}
	return a.step(o.use)
}

func (o *combining) use() (keyspace.Progress, error) {
	progress := o.algebra.taken()
	if b := &o.algebra.batch; o.gather {
		for _, name := range b.names[:b.n] {
			o.found.add(name)
		}
	}
	return progress, nil
}

// Pause implements keyspace.LongOp.
func (o *combining) Pause() { o.found = withRoom(o.found, gatherRoom) }

// storing is an operation of which the result is made the value of a key.
type storing struct {
	algebra *algebra
	dst     string
	slot    *keyspace.Slot // of dst, in a step

	large    largeSet
	phase    buildPhase
	expected int    // members
	next     uint64 // where to go on presizing
	granted  int    // bytes that there is room for, beside those in use
}

// buildPhase is how far the building of a result has come.
type buildPhase uint8

const (
	notBegun  buildPhase = iota
	presizing            // the table is being made
	inserting            // members are being inserted
)

// storeMany makes dst hold the result of the operation that was loaded.
func (st Sets) storeMany(a *algebra, dst string) (int, error) {
	if err := st.view.InSteps(&storing{algebra: a, dst: dst}, a.keys, dst); err != nil {
		return 0, err
	}
	return a.count, nil
}

// Pause implements keyspace.LongOp.
func (o *storing) Pause() {}

// Step implements keyspace.LongOp.
func (o *storing) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	var s keyspace.Slot
	if err := s.Lock(v, o.dst); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	o.slot = &s
	if anew {
		o.abandon()
	}
	progress, err := o.advance(v)
	if err != nil {
		o.abandon()
	}
	return progress, err
}

func (o *storing) advance(v keyspace.View) (keyspace.Progress, error) {
	if err := o.algebra.reload(v); err != nil {
		return keyspace.Done, err
	}
	switch o.phase {
	case notBegun:
		return o.begin()
	case presizing:
		return keyspace.More, o.presize()
	}
	progress, err := o.algebra.step(o.use)
	if progress != keyspace.Done || err != nil {
		return progress, err
	}
	limits := setLimitsOf(v)
	return keyspace.Done, o.install(&limits)
}

// begin begins to build a new set, of which the table is made first. Where there is no room for what is
// expected, it grows with what comes.
func (o *storing) begin() (keyspace.Progress, error) {
	a := o.algebra
	a.result = nil
	a.begin(a.op)
	o.expected, o.granted = a.estimate(), 0
	o.large, o.phase = newLarge(o.slot), inserting
	if a.op == opUnion {
		a.result = &o.large
	}
	if o.slot.Grow(o.expected*hashtable.BytesPerEntry) == nil {
		o.phase = presizing
	}
	return keyspace.Keep, nil // since that may have moved or evicted what was loaded
}

// presize makes a part of the table.
func (o *storing) presize() (err error) {
	if o.next, err = o.large.root.Presize(o.large.env, o.expected, o.next); err != nil {
		return ErrOutOfMemory
	}
	if o.next == 0 {
		o.phase = inserting
	}
	return nil
}

// use inserts a batch. Where that moves or evicts something to make room, the batch is read again.
func (o *storing) use() (keyspace.Progress, error) {
	b := &o.algebra.batch
	if need := b.largeBytes() - o.granted; need > 0 {
		o.slot.Exists() // what moves from here on matters
		if err := o.slot.Grow(need); err != nil {
			return keyspace.Done, err
		}
		if o.slot.Moved() {
			o.granted += need
			return keyspace.Keep, nil
		}
	}
	o.granted = 0
	progress := o.algebra.taken()
	b.hash(o.large.env)
	for i, name := range b.names[:b.n] {
		o.algebra.shape.add(name)
		if _, err := o.large.insertHashed(name, b.hashes[i]); err != nil {
			return keyspace.Done, err
		}
	}
	return progress, nil
}

// largeBytes returns about how many bytes a large set takes for the members.
func (b *batch) largeBytes() (n int) {
	length, each := 0, memberBytes(0)
	for _, name := range b.names[:b.n] {
		if len(name) != length { // most are as long as the one before
			length, each = len(name), memberBytes(len(name))
		}
		n += each
	}
	return n
}

// install makes the set that was built the value of the key, as densely as it fits.
func (o *storing) install(l *setLimits) error {
	s := o.slot
	if o.algebra.count == 0 {
		o.abandon()
		storeNothing(s)
		return nil
	}
	stored := false
	var err error
	if o.algebra.shape.dense(l) {
		if stored, err = o.installDense(l); err != nil {
			return err
		}
	}
	if !stored {
		root, err := s.Put(keyspace.Set, setTable, members.RootSize, 0)
		if err != nil {
			return err
		}
		o.large.root.Store(root)
	}
	s.Notify(keyspace.ClassSet, storeEvents[o.algebra.op])
	return nil
}

// installDense reports whether the result was small enough.
func (o *storing) installDense(l *setLimits) (fits bool, err error) {
	d := lendDraft(&setValue{})
	defer d.release()
	for ref := range o.large.root.All(o.large.env.Arena) {
		if !d.insert(elementOf(o.large.member(ref)), l) {
			return false, nil
		}
	}
	if err := d.store(o.slot, 0); err != nil {
		return false, err
	}
	o.abandon()
	return true, nil
}

// abandon gives up the set that was begun.
func (o *storing) abandon() {
	if o.next != 0 {
		o.large.root.CancelPresize(o.large.env, o.expected, o.next)
	} else if o.phase != notBegun {
		var root [members.RootSize]byte
		o.large.root.Store(root[:])
		o.slot.Abandon(keyspace.Set, setTable, root[:])
	}
	o.phase, o.next = notBegun, 0
}
