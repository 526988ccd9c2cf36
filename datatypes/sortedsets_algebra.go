package datatypes

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
)

// Aggregate says what becomes of the scores that a member has in several sorted sets.
type Aggregate uint8

// The ways to aggregate.
const (
	Sum Aggregate = iota
	Min
	Max
)

// CombineOptions are the options of Union and Inter and their kin. The zero value adds scores as they are.
type CombineOptions struct {
	Weights   []float64 // WEIGHTS: what the scores of each key are multiplied by; nil: 1 for all
	Aggregate Aggregate // AGGREGATE
}

// scoredSource is one of the sets of an operation: a sorted set, or a set, whose
// members have the score 1.
type scoredSource struct {
	key    string
	sorted sortedValue
	set    setValue
	weight float64
}

func (src *scoredSource) len() int { return src.sorted.len() + src.set.len() }

// each calls fn with each member and its weighted score. The member is good for as
// long as the operation lasts.
func (src *scoredSource) each(fn func(member string, score float64) (more bool)) {
	if src.set.enc != setNone {
		src.eachOfSet(fn)
		return
	}
	src.eachRank(0, src.sorted.len(), fn)
}

// eachRank is each for the ranks from i up to j of a sorted set.
func (src *scoredSource) eachRank(i, j int, fn func(member string, score float64) (more bool)) {
	dense := src.sorted.enc != sortedTree
	src.sorted.each(i, j, false, func(member string, score float64) bool {
		if dense {
			member = strings.Clone(member)
		}
		return fn(member, score*src.weight)
	})
}

func (src *scoredSource) eachOfSet(fn func(member string, score float64) (more bool)) {
	var b batch
	for cursor, more := uint64(0), true; more; more = more && cursor != 0 {
		cursor = src.set.next(cursor, &b)
		more = src.useBatch(&b, fn)
	}
}

// useBatch calls fn with the members of a batch of the set.
func (src *scoredSource) useBatch(b *batch, fn func(member string, score float64) (more bool)) (more bool) {
	for _, member := range b.names[:b.n] {
		if src.set.enc != setTable {
			member = strings.Clone(member)
		}
		if !fn(member, src.weight) {
			return false
		}
	}
	return true
}

// scoredAlgebra is an operation on several sorted sets, whose shards are locked. Its result
// refers to members where they lie.
type scoredAlgebra struct {
	sources   []scoredSource
	aggregate Aggregate
	limit     int // of the members that are wanted; zero: all
	found     int // of those
	result    []Scored

	n     int // of the members that are being looked for
	names [together]string
	score [together]float64
	refs  [together]arena.Ref
}

// sortedOp is an operation on several sorted sets.
type sortedOp uint8

const (
	sortedUnion sortedOp = iota
	sortedInter
	sortedDiff
)

var sortedStoreEvents = [...]string{sortedUnion: "zunionstore", sortedInter: "zinterstore", sortedDiff: "zdiffstore"}

// load finds the sets of keys.
func (a *scoredAlgebra) load(v keyspace.View, keys []string, o *CombineOptions) error {
	a.sources, a.aggregate = a.sources[:0], o.Aggregate
	for i, key := range keys {
		src, err := scoredSourceOf(v, key, true)
		if err != nil {
			return err
		}
		src.key, src.weight = key, 1
		if o.Weights != nil {
			src.weight = o.Weights[i]
		}
		a.sources = append(a.sources, src)
	}
	return nil
}

// reload finds the sets again that load has found, where they are now.
func (a *scoredAlgebra) reload(v keyspace.View) error {
	for i := range a.sources {
		was := &a.sources[i]
		src, err := scoredSourceOf(v, was.key, false)
		if err != nil {
			return err
		}
		src.key, src.weight = was.key, was.weight
		*was = src
	}
	return nil
}

func (a *scoredAlgebra) work(op sortedOp) (n int) {
	least := math.MaxInt
	for i := range a.sources {
		n += a.sources[i].len()
		least = min(least, a.sources[i].len())
	}
	switch op {
	case sortedInter:
		return least
	case sortedDiff:
		return a.sources[0].len()
	}
	return n
}

func scoredSourceOf(v keyspace.View, key string, use bool) (src scoredSource, err error) {
	var s keyspace.Slot
	if err := s.Lock(v, key); err != nil {
		return src, err
	}
	defer s.Unlock()
	if use {
		s.Touch()
	}
	if s.Type() == keyspace.Set {
		src.set = setOf(&s)
		return src, nil
	}
	if err := s.Is(keyspace.SortedSet); err != nil {
		return src, err
	}
	src.sorted = sortedOf(&s)
	return src, nil
}

// run computes the result, in order.
func (a *scoredAlgebra) run(op sortedOp) {
	clear(a.result)
	a.result = a.result[:0]
	a.order(op)
	if op == sortedUnion {
		a.union()
	} else {
		a.filter(op == sortedInter)
	}
	slices.SortFunc(a.result, compareScored)
}

// order puts the sources in the order in which they are best read.
func (a *scoredAlgebra) order(op sortedOp) {
	if op != sortedDiff {
		slices.SortStableFunc(a.sources, func(x, y scoredSource) int { return cmp.Compare(x.len(), y.len()) })
	}
}

func compareScored(x, y Scored) int {
	switch {
	case x.Score < y.Score:
		return -1
	case x.Score > y.Score:
		return 1
	}
	return strings.Compare(x.Member, y.Member)
}

// combine returns what becomes of two scores of a member.
func (a *scoredAlgebra) combine(x, y float64) float64 {
	switch {
	case a.aggregate == Sum:
		return number(x + y)
	case a.aggregate == Min && y < x, a.aggregate == Max && y > x:
		return y
	}
	return x
}

// number returns zero in place of what is not a number, such as the sum of
// both infinities.
func number(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

func (a *scoredAlgebra) union() {
	places := make(map[string]int)
	for i := range a.sources {
		a.sources[i].each(func(member string, score float64) bool {
			a.result = a.unite(a.result, places, member, score)
			return true
		})
	}
}

// unite adds a member to a union, or its score to that which the member has there. places are those of the members
// in the union.
func (a *scoredAlgebra) unite(union []Scored, places map[string]int, member string, score float64) []Scored {
	score = number(score)
	if at, known := places[member]; known {
		union[at].Score = a.combine(union[at].Score, score)
		return union
	}
	places[member] = len(union)
	return append(union, Scored{member, score})
}

// filter takes the members of the first set that are in all others, or with shared
// false in none of them.
func (a *scoredAlgebra) filter(shared bool) {
	a.n, a.found = 0, 0
	a.sources[0].each(func(member string, score float64) bool { return a.take(member, score, shared) })
	a.look(shared)
}

// take gathers a member of the first set, to be looked up with others. It returns false when no more are wanted.
func (a *scoredAlgebra) take(member string, score float64, shared bool) (more bool) {
	a.names[a.n], a.score[a.n] = member, number(score)
	if a.n++; a.n < together {
		return true
	}
	return a.look(shared)
}

// look looks the members that were gathered up in the other sets and passes on those that
// qualify. It returns false when no more are wanted.
func (a *scoredAlgebra) look(shared bool) (more bool) {
	for i := range a.sources[1:] {
		a.lookIn(&a.sources[i+1], shared)
	}
	for i := range a.n {
		if a.limit > 0 && a.found == a.limit {
			break
		}
		a.result = append(a.result, Scored{a.names[i], a.score[i]})
		a.found++
	}
	a.n = 0
	return a.limit == 0 || a.found < a.limit
}

func (a *scoredAlgebra) lookIn(src *scoredSource, shared bool) {
	src.find(a.names[:a.n], a.refs[:])
	n := 0
	for i, name := range a.names[:a.n] {
		score, found := src.found(name, a.refs[i])
		if found != shared {
			continue
		}
		a.names[n], a.score[n] = name, a.score[i]
		if shared {
			a.score[n] = a.combine(a.score[i], score*src.weight)
		}
		n++
	}
	a.n = n
}

// find looks members of a large set up together, so that their cache misses overlap.
func (src *scoredSource) find(names []string, refs []arena.Ref) {
	switch {
	case src.sorted.enc == sortedTree:
		src.sorted.large.root.FindBatch(src.sorted.large.env, names, refs)
	case src.set.enc == setTable:
		src.set.large.root.FindBatch(src.set.large.env, names, refs)
	}
}

// found returns the score of a member, with what find has found.
func (src *scoredSource) found(name string, ref arena.Ref) (score float64, ok bool) {
	switch {
	case src.set.enc == setTable:
		return 1, ref != 0
	case src.set.enc != setNone:
		return 1, src.set.has(name)
	case src.sorted.enc != sortedTree:
		return src.sorted.score(name)
	case ref == 0:
		return 0, false
	}
	return src.sorted.large.scoreOf(ref), true
}

// Union returns the members that any of the sorted sets has, in order, each with what becomes of its
// scores. Keys may hold sets too, whose members have the score 1. It is ZUNION. O(n log n) for n
// members in all.
//
// It returns ErrConflict if there are weights, but not as many as keys.
func (z SortedSets) Union(o CombineOptions, keys ...string) ([]Scored, error) {
	return z.combined(sortedUnion, &o, keys)
}

// Inter returns the members that all of the sorted sets have, as Union does. It is ZINTER.
// O(size of the smallest set × sets), whatever the order of the keys.
func (z SortedSets) Inter(o CombineOptions, keys ...string) ([]Scored, error) {
	return z.combined(sortedInter, &o, keys)
}

// Diff returns the members of the first sorted set that none of the others has, with their scores
// there. It is ZDIFF. O(size of the first set × sets).
func (z SortedSets) Diff(keys ...string) ([]Scored, error) {
	return z.combined(sortedDiff, &CombineOptions{}, keys)
}

// InterLen returns how many members all of the sorted sets have, but no more than limit
// if that is positive, at which number it stops. It is ZINTERCARD. O(size of the smallest set × sets).
func (z SortedSets) InterLen(limit int, keys ...string) (n int, err error) {
	a := scoredAlgebra{limit: max(limit, 0)}
	many, err := z.within(&a, sortedInter, &CombineOptions{}, keys, func(result []Scored) { n = len(result) })
	if !many || err != nil {
		return n, err
	}
	if _, err := z.gatherScored(&scoredCombining{algebra: &a, op: sortedInter, count: true}, keys); err != nil {
		return 0, err
	}
	return a.found, nil
}

// Combinable returns ErrWrongType if one of the keys holds neither a sorted set nor a set. O(keys).
func (z SortedSets) Combinable(keys ...string) error {
	return within(z.view, keys, func(v keyspace.View) error {
		return (&scoredAlgebra{}).load(v, keys, &CombineOptions{})
	})
}

func (z SortedSets) combined(op sortedOp, o *CombineOptions, keys []string) (result []Scored, err error) {
	var a scoredAlgebra
	many, err := z.within(&a, op, o, keys, func(found []Scored) {
		result = make([]Scored, len(found))
		for i, m := range found {
			result[i] = Scored{strings.Clone(m.Member), m.Score}
		}
	})
	if !many || err != nil {
		return result, err
	}
	return z.gatherScored(&scoredCombining{algebra: &a, op: op}, keys)
}

// within calls fn with the result of an operation while what it refers to is locked, unless there are many members to
// look at.
func (z SortedSets) within(a *scoredAlgebra, op sortedOp, o *CombineOptions, keys []string, fn func([]Scored)) (many bool, err error) {
	if len(keys) == 0 || o.Weights != nil && len(o.Weights) != len(keys) {
		return false, ErrConflict
	}
	err = within(z.view, keys, func(v keyspace.View) error {
		if err := a.load(v, keys, o); err != nil {
			return err
		}
		if many = a.work(op) > fewScored; many {
			return z.view.TakeTime()
		}
		a.run(op)
		fn(a.result)
		return nil
	})
	return many, err
}
