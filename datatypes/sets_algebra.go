package datatypes

import (
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/zeebo/xxh3"
)

// algebra is the work space of an operation on several sets, whose shards are
// locked. Sets are read in batches, and members of one are looked for in another
// batch by batch. The operation is a number of turns, in each of which one of the sets is read from its
// beginning to its end; between two batches it may pause, and go on when the sets were loaded again.
//
// The members of the result are passed on, counted, added to a set that is being built, or picked: kept as
// handles, from which a set is built once its size is known.
type algebra struct {
	op   setOp
	keys []string
	sets []setValue // of keys
	seed uint64     // of the members' hashes

	turn   int    // number of the turn
	cursor uint64 // in the set that is being read

	batch  batch
	index  index
	places []int // of mergeInts

	count  int // of members of the result
	limit  int // of the members that are wanted
	each   func(member []byte)
	pick   bool
	picks  []picked
	shape  shape
	result *largeSet // in which members of a union are looked for rather than in the sets
}

// picked is a member of one of the sets of an operation: the number of the set, and
// the member's handle there.
type picked struct{ set, handle uint32 }

// algebraPool keeps operations on sets from allocating their work space.
var algebraPool = sync.Pool{New: func() any { return new(algebra) }}

// keptPicks is the length beyond which lists are left to the garbage collector.
const keptPicks = 1 << 14

func lendAlgebra() *algebra {
	a := algebraPool.Get().(*algebra)
	a.limit = math.MaxInt
	return a
}

func (a *algebra) release() {
	if cap(a.picks) > keptPicks || cap(a.index.slots) > keptPicks || cap(a.sets) > keptPicks {
		return
	}
	clear(a.sets)
	clear(a.keys)
	a.each, a.pick, a.result = nil, false, nil
	algebraPool.Put(a)
}

// setOp is an operation on several sets.
type setOp uint8

const (
	opInter setOp = iota
	opUnion
	opDiff
)

// storeEvents are the events of the forms that store the result.
var storeEvents = [...]string{opInter: "sinterstore", opUnion: "sunionstore", opDiff: "sdiffstore"}

// load finds the sets of keys, which are to be used. A key without one is an empty set.
func (a *algebra) load(v keyspace.View, keys []string) error {
	a.keys = append(a.keys[:0], keys...)
	a.sets = a.sets[:0]
	for _, key := range a.keys {
		set, err := a.find(v, key, true)
		if err != nil {
			return err
		}
		a.sets = append(a.sets, set)
	}
	return nil
}

// reload finds the sets again that load has found, where they are now.
func (a *algebra) reload(v keyspace.View) (err error) {
	for i, key := range a.keys {
		if a.sets[i], err = a.find(v, key, false); err != nil {
			return err
		}
	}
	return nil
}

func (a *algebra) find(v keyspace.View, key string, use bool) (setValue, error) {
	var s keyspace.Slot
	if err := NewSets(v).lock(&s, key); err != nil {
		return setValue{}, err
	}
	defer s.Unlock()
	if use {
		s.Touch()
	}
	a.seed = s.Env().Seed
	return setOf(&s), nil
}

// adopt makes v the only set, of which a result is to be picked.
func (a *algebra) adopt(v *setValue) {
	a.keys, a.sets = append(a.keys[:0], ""), append(a.sets[:0], *v)
	a.begin(opUnion)
	a.pick = true
}

func (a *algebra) reset() {
	a.turn, a.cursor = 0, 0
	a.count, a.picks, a.shape = 0, a.picks[:0], shape{}
	a.index.reset()
}

// begin begins an operation on the sets that were loaded. An intersection goes through the smallest set,
// whichever that is, and asks the others in the order of their sizes. A union begins with the largest.
func (a *algebra) begin(op setOp) {
	a.reset()
	a.op = op
	if op != opDiff {
		sort.Stable((*bySize)(a))
	}
}

// bySize is the order of the sets, with their keys, that suits the operation.
type bySize algebra

func (o *bySize) Len() int { return len(o.sets) }

func (o *bySize) Less(i, j int) bool {
	if o.op == opUnion {
		i, j = j, i
	}
	return o.sets[i].len() < o.sets[j].len()
}

func (o *bySize) Swap(i, j int) {
	o.sets[i], o.sets[j] = o.sets[j], o.sets[i]
	o.keys[i], o.keys[j] = o.keys[j], o.keys[i]
}

// run does an operation on the sets that were loaded.
func (a *algebra) run(op setOp) {
	a.begin(op)
	if op == opInter && !slices.ContainsFunc(a.sets, func(v setValue) bool { return v.enc != setIntset }) {
		a.mergeInts()
		return
	}
	for a.next() && a.emit() {
	}
}

// work returns about how many members the operation has to look at.
func (a *algebra) work() (n int) {
	least := math.MaxInt
	for i := range a.sets {
		n += a.sets[i].len()
		least = min(least, a.sets[i].len())
	}
	if a.op == opInter {
		return min(n, least)
	}
	return n
}

// reading returns the number of the set that is being read, and false at the end.
func (a *algebra) reading() (i int, ok bool) {
	switch {
	case a.op == opUnion:
		return a.turn, a.turn < len(a.sets)
	case a.op == opInter:
		return 0, a.turn == 0 && len(a.sets) > 0
	}
	// A difference reads the smaller sets first.
	for ; a.turn < len(a.sets)-1; a.turn++ {
		if a.isSmall(a.turn + 1) {
			return a.turn + 1, true
		}
	}
	return 0, a.turn < len(a.sets)
}

// next reads a batch and keeps of it what belongs to the result. It returns false at the end.
func (a *algebra) next() bool {
	i, ok := a.reading()
	if !ok {
		return false
	}
	a.batch.set = i
	a.cursor = a.sets[i].next(a.cursor, &a.batch)
	switch a.op {
	case opInter:
		a.keepShared()
	case opUnion:
		a.keepNew(i)
	case opDiff:
		a.keepOwn(i)
	}
	if a.cursor == 0 {
		a.turn++
	}
	return true
}

// emit passes the batch on to the result. It returns false when no more are wanted.
func (a *algebra) emit() (more bool) {
	b := &a.batch
	b.n = min(b.n, a.limit-a.count)
	a.count += b.n
	for j := range b.n {
		if a.each != nil {
			a.each(bytesOf(b.names[j]))
		}
		if a.pick {
			a.shape.add(b.names[j])
			a.picks = append(a.picks, picked{uint32(b.set), b.handles[j]})
		}
	}
	return a.count < a.limit
}

func (a *algebra) keepShared() {
	for i := 1; i < len(a.sets) && a.batch.n > 0; i++ {
		a.sets[i].filter(&a.batch, true)
	}
}

// maxAsked is the number of sets up to which a union asks each for the members
// of those after it.
const maxAsked = 3

// keepNew keeps the members of set i that those before it do not have. Of many sets it remembers the members
// instead of asking all of them.
func (a *algebra) keepNew(i int) {
	switch {
	case a.result != nil:
		if i > 0 {
			set := setValue{enc: setTable, large: *a.result}
			set.filter(&a.batch, false)
		}
	case len(a.sets) > maxAsked:
		a.remember()
	default:
		for j := 0; j < i && a.batch.n > 0; j++ {
			a.sets[j].filter(&a.batch, false)
		}
	}
}

// keepOwn keeps the members of the first set that the others do not have. It asks those sets that are
// not much smaller; the members of others are remembered before, since to read them is less work than
// to ask for every member of the first.
func (a *algebra) keepOwn(i int) {
	b := &a.batch
	if i > 0 {
		a.remember()
		b.n = 0
		return
	}
	for j := 1; j < len(a.sets) && b.n > 0; j++ {
		if !a.isSmall(j) {
			a.sets[j].filter(b, false)
		}
	}
	if len(a.index.members) > 0 {
		b.keep(func(j int) bool { return !a.index.has(b.names[j], a.hash(b.names[j])) })
	}
}

// isSmall reports whether to read all of a set is less work than to ask it for each
// member of the first.
func (a *algebra) isSmall(i int) bool { return 2*a.sets[i].len() <= a.sets[0].len() }

// remember adds the batch to the index and keeps those members that are new to it.
func (a *algebra) remember() {
	b := &a.batch
	b.keep(func(j int) bool { return a.index.add(b.names[j], a.hash(b.names[j])) })
}

// hash returns a hash of a member with the cache's secret seed: the index cannot be made
// slow on purpose.
func (a *algebra) hash(name string) uint32 { return uint32(xxh3.HashStringSeed(name, a.seed)) }

// mergeInts is an intersection of sets of integers: in step, since all are sorted.
func (a *algebra) mergeInts() {
	if len(a.sets) == 0 {
		return
	}
	b := &a.batch
	b.n, b.set = 0, 0
	a.places = append(a.places[:0], make([]int, len(a.sets))...)
	for i := range a.sets[0].ints.Len() {
		n := a.sets[0].ints.At(i)
		if !a.advance(n) {
			continue
		}
		b.add(uint32(i), textOf(encoding.IntElement(n), b.digits[b.n][:]))
		if b.n == batchSize {
			if !a.emit() {
				return
			}
			b.n = 0
		}
	}
	a.emit()
}

// advance moves the place in each set but the first up to n and reports whether all of
// them have it.
func (a *algebra) advance(n int64) bool {
	for j := 1; j < len(a.sets); j++ {
		ints, at := a.sets[j].ints, a.places[j]
		for at < ints.Len() && ints.At(at) < n {
			at++
		}
		a.places[j] = at
		if at == ints.Len() || ints.At(at) != n {
			return false
		}
	}
	return true
}
