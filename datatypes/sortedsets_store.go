package datatypes

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/keyspace"
)

// UnionStore makes dst hold the sorted set that Union would return, whatever it held before, and
// returns its size. An empty result deletes dst. It is ZUNIONSTORE. O(Union).
func (z SortedSets) UnionStore(dst string, o CombineOptions, keys ...string) (int, error) {
	return z.store(sortedUnion, dst, &o, keys)
}

// InterStore is UnionStore for Inter. It is ZINTERSTORE. O(Inter).
func (z SortedSets) InterStore(dst string, o CombineOptions, keys ...string) (int, error) {
	return z.store(sortedInter, dst, &o, keys)
}

// DiffStore is UnionStore for Diff. It is ZDIFFSTORE. O(Diff).
func (z SortedSets) DiffStore(dst string, keys ...string) (int, error) {
	return z.store(sortedDiff, dst, &CombineOptions{}, keys)
}

func (z SortedSets) store(op sortedOp, dst string, o *CombineOptions, keys []string) (n int, err error) {
	if len(keys) == 0 || o.Weights != nil && len(o.Weights) != len(keys) {
		return 0, ErrConflict
	}
	var a scoredAlgebra
	n, err = z.storeResult(dst, keys, sortedStoreEvents[op], func(v keyspace.View) ([]Scored, error) {
		if err := a.load(v, keys, o); err != nil {
			return nil, err
		}
		if a.work(op) > fewScored {
			return nil, errMany
		}
		a.run(op)
		return a.result, nil
	})
	if err == errMany {
		return z.storeMany(&scoredCombining{algebra: &a, op: op}, dst, sortedStoreEvents[op], keys)
	}
	return n, err
}

// errMany is what computing a result fails with when there are many members to look at, and time to do that in steps.
var errMany = errors.New("many members")

// RangeStore makes dst hold the members of a range of the sorted set at src, whatever it held
// before, and returns how many there are. An empty range deletes dst. It is ZRANGESTORE. O(log n + members).
func (z SortedSets) RangeStore(dst, src string, r Range) (n int, err error) {
	n, err = z.storeResult(dst, []string{src}, "zrangestore", func(v keyspace.View) (found []Scored, err error) {
		var s keyspace.Slot
		if err := NewSortedSets(v).lockRead(&s, src); err != nil {
			return nil, err
		}
		defer s.Unlock()
		from := sortedOf(&s)
		i, j := from.span(&r)
		if j-i > fewScored {
			return nil, errMany
		}
		found = make([]Scored, 0, j-i)
		from.each(i, j, false, func(member string, score float64) bool {
			if from.enc == sortedPack {
				member = strings.Clone(member)
			}
			found = append(found, Scored{member, score})
			return true
		})
		return found, nil
	})
	if err == errMany {
		return z.storeMany(&scoredRanging{key: src, of: r, stored: true}, dst, "zrangestore", []string{src})
	}
	return n, err
}

// distinct returns the members in order, each once with the last of its scores.
func distinct(scored []Scored) []Scored {
	last := make(map[string]float64, len(scored))
	for _, m := range scored {
		last[m.Member] = m.Score
	}
	found := make([]Scored, 0, len(last))
	for member, score := range last {
		found = append(found, Scored{member, score})
	}
	slices.SortFunc(found, compareScored)
	return found
}

// storeResult makes dst hold what compute returns: different members in order, which may refer
// to those of the sorted sets at keys. It is called with all locked, and again if making room for its
// result has evicted or moved something.
func (z SortedSets) storeResult(dst string, keys []string, event string, compute func(keyspace.View) ([]Scored, error)) (n int, err error) {
	if len(dst) > keyspace.MaxSize {
		return 0, ErrTooLarge
	}
	err = within(z.view, append([]string{dst}, keys...), func(v keyspace.View) error {
		var s keyspace.Slot
		if err := s.Lock(v, dst); err != nil {
			return err
		}
		defer s.Unlock()
		result, err := computeAndGrow(&s, v, compute)
		if err == errMany {
			err = cmp.Or(z.view.TakeTime(), err)
		}
		if err != nil {
			return err
		}
		limits := sortedLimitsOf(v)
		n = len(result)
		return storeSorted(&s, result, &limits, event)
	})
	return n, err
}

// computeAndGrow computes a result for which there is room.
func computeAndGrow(s *keyspace.Slot, v keyspace.View, compute func(keyspace.View) ([]Scored, error)) ([]Scored, error) {
	for granted := 0; ; {
		result, err := compute(v)
		if err != nil {
			return nil, err
		}
		need := -granted
		for i := range result {
			need += sortedMemberBytes(len(result[i].Member))
		}
		if need <= 0 {
			return result, nil
		}
		s.Exists() // what moves from here on matters
		if err := s.Grow(need); err != nil {
			return nil, err
		}
		if !s.Moved() {
			return result, nil
		}
		granted += need
	}
}

// storeSorted makes the slot hold just the members, which are in order.
func storeSorted(s *keyspace.Slot, result []Scored, l *sortedLimits, event string) error {
	if len(result) == 0 {
		if s.Exists() {
			s.Delete()
			s.Notify(keyspace.ClassGeneric, "del")
		}
		return nil
	}
	if err := buildSorted(s, result, l); err != nil {
		return err
	}
	s.Notify(keyspace.ClassSortedSet, event)
	return nil
}

func buildSorted(s *keyspace.Slot, result []Scored, l *sortedLimits) error {
	longest := 0
	for i := range result {
		longest = max(longest, len(result[i].Member))
	}
	if l.dense(len(result), longest) {
		return buildDense(s, result)
	}
	s.BeginWrite()
	large, err := newLargeSorted(s.Env())
	if err != nil {
		return err
	}
	b := newSortedBuilder(&large)
	for i := range result {
		if err = b.add(&large, result[i].Member, result[i].Score); err != nil {
			break
		}
	}
	b.Finish()
	if err != nil {
		large.free()
		return err
	}
	return large.put(s, 0)
}

func buildDense(s *keyspace.Slot, result []Scored) error {
	d := lendSorted(&sortedValue{})
	defer d.release()
	var room [8]byte
	lp := d.pack.lp()
	for i := range result {
		lp = lp.Append(elementOf(result[i].Member), scoreElement(result[i].Score, &room))
	}
	d.pack = densePack(lp)
	return d.store(s, 0)
}
