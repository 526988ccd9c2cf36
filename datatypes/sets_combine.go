package datatypes

import (
	"github.com/larderkv/larder/internal/keyspace"
)

// The operations on several sets see them as they are at one moment. Those that have many members to look at work
// in steps (sets_steps.go), so that others who use keys of the same shards wait for some tens of microseconds at most,
// unless the sets change all the time.

// fewMembers is how many members an operation may look at with the locks held throughout: about a tenth of a
// millisecond.
const fewMembers = 2048

// Inter returns the members that all of the sets have, in no order. It is SINTER.
// O(size of the smallest set × sets), whatever the order of the keys.
func (st Sets) Inter(keys ...string) ([]string, error) { return st.combined(opInter, keys) }

// Union returns the members that any of the sets has, in no order. It is SUNION.
// O(sum of the sizes).
func (st Sets) Union(keys ...string) ([]string, error) { return st.combined(opUnion, keys) }

// Diff returns the members of the first set that none of the others has, in no
// order. It is SDIFF. O(size of the first set × sets), and never more than O(sum of the sizes) if
// the others are smaller.
func (st Sets) Diff(keys ...string) ([]string, error) { return st.combined(opDiff, keys) }

func (st Sets) combined(op setOp, keys []string) (result []string, err error) {
	_, err = st.combine(op, keys, 0, func(m []byte) { result = append(result, string(m)) })
	return result, err
}

// InterEach calls fn with each member that Inter would return, if there are few where they lie,
// without a copy. fn may hold the locks of the keys' shards: it must be quick, must not
// use the cache, and must neither change the bytes nor keep them.
func (st Sets) InterEach(keys []string, fn func(member []byte)) error {
	_, err := st.combine(opInter, keys, 0, fn)
	return err
}

// UnionEach calls fn with each member that Union would return, as InterEach does.
func (st Sets) UnionEach(keys []string, fn func(member []byte)) error {
	_, err := st.combine(opUnion, keys, 0, fn)
	return err
}

// DiffEach calls fn with each member that Diff would return, as InterEach does.
func (st Sets) DiffEach(keys []string, fn func(member []byte)) error {
	_, err := st.combine(opDiff, keys, 0, fn)
	return err
}

// InterLen returns how many members all of the sets have, but no more than limit
// if that is positive, at which number it stops. It is SINTERCARD. O(size of the smallest set × sets).
func (st Sets) InterLen(limit int, keys ...string) (int, error) {
	return st.combine(opInter, keys, limit, nil)
}

// Each calls fn with each member of a set, as InterEach does. It is SMEMBERS. O(members).
func (st Sets) Each(key string, fn func(member []byte)) error {
	_, err := st.combine(opUnion, []string{key}, 0, fn)
	return err
}

// combine passes the result of an operation to each, which may be nil, and returns
// its size.
func (st Sets) combine(op setOp, keys []string, limit int, each func([]byte)) (int, error) {
	a := lendAlgebra()
	defer a.release()
	if limit > 0 {
		a.limit = limit
	}
	a.each = each
	many, err := a.combineFew(st.view, op, keys)
	if err != nil || !many {
		return a.count, err
	}
	return st.combineMany(a)
}

// combineFew does an operation at once, unless there are many members to look at.
func (a *algebra) combineFew(v keyspace.View, op setOp, keys []string) (many bool, err error) {
	tx, err := v.Begin(keys...)
	if err != nil {
		return false, err
	}
	defer tx.End()
	if err := a.load(tx.View(v), keys); err != nil {
		return false, err
	}
	a.op = op
	if a.work() > fewMembers {
		return true, v.TakeTime()
	}
	a.run(op)
	return false, nil
}

// InterStore makes dst hold the set that Inter would return, whatever it held before, and
// returns its size. An empty result deletes dst. It is SINTERSTORE. O(Inter).
func (st Sets) InterStore(dst string, keys ...string) (int, error) {
	return st.store(opInter, dst, keys)
}

// UnionStore is InterStore for Union. It is SUNIONSTORE. O(Union).
func (st Sets) UnionStore(dst string, keys ...string) (int, error) {
	return st.store(opUnion, dst, keys)
}

// DiffStore is InterStore for Diff. It is SDIFFSTORE. O(Diff).
func (st Sets) DiffStore(dst string, keys ...string) (int, error) {
	return st.store(opDiff, dst, keys)
}

func (st Sets) store(op setOp, dst string, keys []string) (n int, err error) {
	if len(dst) > keyspace.MaxSize {
		return 0, ErrTooLarge
	}
	a := lendAlgebra()
	defer a.release()
	many := false
	err = within(st.view, append([]string{dst}, keys...), func(v keyspace.View) error {
		if err := a.load(v, keys); err != nil {
			return err
		}
		a.op = op
		if many = a.work() > fewMembers; many {
			return st.view.TakeTime()
		}
		return a.storeFew(v, dst)
	})
	if many && err == nil {
		return st.storeMany(a, dst)
	}
	return a.count, err
}

// storeFew makes dst hold the result of an operation on the sets that were loaded.
func (a *algebra) storeFew(v keyspace.View, dst string) error {
	var s keyspace.Slot
	if err := s.Lock(v, dst); err != nil {
		return err
	}
	defer s.Unlock()
	if err := a.plan(&s, v); err != nil {
		return err
	}
	if a.count == 0 {
		storeNothing(&s)
		return nil
	}
	limits := setLimitsOf(v)
	if err := a.build(&s, &limits, 0); err != nil {
		return err
	}
	s.Notify(keyspace.ClassSet, storeEvents[a.op])
	return nil
}

// storeNothing stores an empty result.
func storeNothing(s *keyspace.Slot) {
	if s.Exists() {
		s.Delete()
		s.Notify(keyspace.ClassGeneric, "del")
	}
}

// plan picks the result of an operation and makes room for it in the slot. If that
// evicts or moves something, maybe members that were picked, it picks again.
func (a *algebra) plan(s *keyspace.Slot, v keyspace.View) error {
	a.pick = true
	for granted := 0; ; {
		a.run(a.op)
		need := a.shape.bytes - granted
		if need <= 0 {
			return nil
		}
		s.Exists() // what moves from here on matters
		if err := s.Grow(need); err != nil {
			return err
		}
		if !s.Moved() {
			return nil
		}
		granted += need
		if err := a.reload(v); err != nil {
			return err
		}
	}
}
