package datatypes

import (
	"github.com/larderkv/larder/internal/keyspace"
)

// The operations on several sets read them at one moment. Others that use keys of the
// same shards wait meanwhile: milliseconds for sets of a hundred thousand members.

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

// InterEach calls fn with each member that Inter would return, where it lies,
// without a copy. fn holds the locks of the keys' shards: it must be quick, must not
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
	tx, err := st.view.Begin(keys...)
	if err != nil {
		return 0, err
	}
	defer tx.End()
	a := lendAlgebra()
	defer a.release()
	if err := a.load(tx.View(st.view), keys); err != nil {
		return 0, err
	}
	if limit > 0 {
		a.limit = limit
	}
	a.each = each
	a.run(op)
	return a.count, nil
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
	err = within(st.view, append([]string{dst}, keys...), func(v keyspace.View) error {
		n, err = storeCombined(v, op, dst, keys)
		return err
	})
	return n, err
}

func storeCombined(v keyspace.View, op setOp, dst string, keys []string) (int, error) {
	var s keyspace.Slot
	if err := s.Lock(v, dst); err != nil {
		return 0, err
	}
	defer s.Unlock()
	a := lendAlgebra()
	defer a.release()
	if err := a.plan(&s, v, op, keys); err != nil {
		return 0, err
	}
	if a.count == 0 {
		if s.Exists() {
			s.Delete()
			s.Notify(keyspace.ClassGeneric, "del")
		}
		return 0, nil
	}
	limits := setLimitsOf(v)
	if err := a.build(&s, &limits, 0); err != nil {
		return 0, err
	}
	s.Notify(keyspace.ClassSet, storeEvents[op])
	return a.count, nil
}

// plan picks the result of an operation and makes room for it in the slot. If that
// evicts or moves something, maybe members that were picked, it picks again.
func (a *algebra) plan(s *keyspace.Slot, v keyspace.View, op setOp, keys []string) error {
	a.pick = true
	for granted := 0; ; {
		if err := a.load(v, keys); err != nil {
			return err
		}
		a.run(op)
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
	}
}
