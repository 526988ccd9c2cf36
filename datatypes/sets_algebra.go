package datatypes

import (
	"math"
	"slices"
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/zeebo/xxh3"
)

// algebra is the work space of an operation on several sets, whose shards are
// locked. Sets are read in batches, and members of one are looked for in another
// batch by batch.
//
// The result of an operation is passed on, counted, or picked: kept as handles, from
// which a new set is built once its size is known.
type algebra struct {
	sets []setValue
	seed uint64 // of the members' hashes

	mostDense int // a set of more members is not dense

	batch  batch
	index  index
	places []int // of mergeInts

	count int // of members of the result
	limit int // of the members that are wanted
	each  func(member []byte)
	pick  bool
	picks []picked
	whole bool // all members of the first set are picked besides
	shape shape
}

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
	a.index.sets = nil
	a.each, a.pick = nil, false
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

// load finds the sets of keys. A key without one is an empty set.
func (a *algebra) load(v keyspace.View, keys []string) error {
	limits := setLimitsOf(v)
	a.sets, a.mostDense = a.sets[:0], max(limits.ints, limits.entries)
	for _, key := range keys {
		set, err := a.find(v, key)
		if err != nil {
			return err
		}
		a.sets = append(a.sets, set)
	}
	return nil
}

func (a *algebra) find(v keyspace.View, key string) (setValue, error) {
	var s keyspace.Slot
	if err := NewSets(v).lock(&s, key); err != nil {
		return setValue{}, err
	}
	defer s.Unlock()
	s.Touch()
	a.seed = s.Env().Seed
	return setOf(&s), nil
}

// adopt makes v the only set, of which a result is to be picked.
func (a *algebra) adopt(v *setValue) {
	a.sets = append(a.sets[:0], *v)
	a.reset()
	a.pick = true
}

func (a *algebra) reset() { a.count, a.picks, a.whole, a.shape = 0, a.picks[:0], false, shape{} }

// run does an operation on the sets that were loaded.
func (a *algebra) run(op setOp) {
	a.reset()
	if len(a.sets) == 0 {
		return
	}
	switch op {
	case opInter:
		a.inter()
	case opUnion:
		a.union()
	case opDiff:
		a.diff()
	}
}

// emit passes the batch, of which all members are of set i, on to the result. It
// returns false when no more are wanted.
func (a *algebra) emit(i int) (more bool) {
	b := &a.batch
	b.n = min(b.n, a.limit-a.count)
	a.count += b.n
	for j := range b.n {
		if a.each != nil {
			a.each(bytesOf(b.names[j]))
		}
		if a.pick {
			a.shape.add(b.names[j])
			a.picks = append(a.picks, picked{uint32(i), b.handles[j]})
		}
	}
	return a.count < a.limit
}

// inter goes through the smallest set, whichever that is, and asks the others
// in the order of their sizes.
func (a *algebra) inter() {
	slices.SortStableFunc(a.sets, func(x, y setValue) int { return x.len() - y.len() })
	if !slices.ContainsFunc(a.sets, func(v setValue) bool { return v.enc != setIntset }) {
		a.mergeInts()
		return
	}
	a.eachBatch(0, func() {
		for i := 1; i < len(a.sets) && a.batch.n > 0; i++ {
			a.sets[i].filter(&a.batch, true)
		}
	})
}

// union passes on the largest set, then of each other what those before it do
// not have. Of many sets it remembers the members instead of asking all of them.
func (a *algebra) union() {
	slices.SortStableFunc(a.sets, func(x, y setValue) int { return y.len() - x.len() })
	remember := len(a.sets) > maxAsked
	a.index.reset(a.sets)
	for i := range a.sets {
		if i == 0 && !remember && a.pickWhole() {
			continue
		}
		a.eachBatch(i, func() {
			if remember {
				a.remember(i)
				return
			}
			for j := 0; j < i && a.batch.n > 0; j++ {
				a.sets[j].filter(&a.batch, false)
			}
		})
	}
}

// pickWhole picks all of the first set, unread, if a set that has them is sure to be a
// large one.
func (a *algebra) pickWhole() bool {
	first := &a.sets[0]
	if !a.pick || first.enc != setTable || first.len() <= a.mostDense {
		return false
	}
	a.whole = true
	a.count += first.len()
	a.shape.addUnread(first.len(), first.large.root.Bytes())
	return true
}

// maxAsked is the number of sets up to which a union asks each for the members
// of those after it.
const maxAsked = 3

// eachBatch passes on what narrow leaves of the batches of set i.
func (a *algebra) eachBatch(i int, narrow func()) {
	for cursor, more := uint64(0), true; more; more = more && cursor != 0 {
		cursor = a.sets[i].next(cursor, &a.batch)
		narrow()
		more = a.emit(i)
	}
}

// remember adds the batch, of set i, to the index and keeps those members that are
// new to it.
func (a *algebra) remember(i int) {
	b := &a.batch
	b.keep(func(j int) bool {
		return a.index.add(b.names[j], a.hash(b.names[j]), picked{uint32(i), b.handles[j]})
	})
}

// hash returns a hash of a member with the cache's secret seed: the index cannot be made
// slow on purpose.
func (a *algebra) hash(name string) uint32 { return uint32(xxh3.HashStringSeed(name, a.seed)) }

// diff passes on what the other sets do not have of the first. It asks those sets that are
// not much smaller; the members of others it remembers, since to read them is less work than
// to ask for every member of the first.
func (a *algebra) diff() {
	first, others := &a.sets[0], a.sets[1:]
	if first.len() == 0 {
		return
	}
	a.index.reset(a.sets)
	for i := range others {
		if a.isSmall(&others[i]) {
			a.readAll(i + 1)
		}
	}
	indexed := len(a.index.members) > 0
	a.eachBatch(0, func() {
		b := &a.batch
		for i := range others {
			if b.n > 0 && !a.isSmall(&others[i]) {
				others[i].filter(b, false)
			}
		}
		if indexed {
			b.keep(func(j int) bool { return !a.index.has(b.names[j], a.hash(b.names[j])) })
		}
	})
}

// isSmall reports whether to read all of a set is less work than to ask it for each
// member of the first.
func (a *algebra) isSmall(set *setValue) bool { return 2*set.len() <= a.sets[0].len() }

// readAll adds set i to the index.
func (a *algebra) readAll(i int) {
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		cursor = a.sets[i].next(cursor, &a.batch)
		a.remember(i)
	}
}

// mergeInts is inter for sets of integers: in step, since all are sorted.
func (a *algebra) mergeInts() {
	b := &a.batch
	b.n = 0
	a.places = append(a.places[:0], make([]int, len(a.sets))...)
	for i := range a.sets[0].ints.Len() {
		n := a.sets[0].ints.At(i)
		if !a.advance(n) {
			continue
		}
		b.add(uint32(i), textOf(encoding.IntElement(n), b.digits[b.n][:]))
		if b.n == batchSize {
			if !a.emit(0) {
				return
			}
			b.n = 0
		}
	}
	a.emit(0)
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
