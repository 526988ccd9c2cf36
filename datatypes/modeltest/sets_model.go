package modeltest

import (
	"iter"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// modelSets are the sets of a model. Where a store has a choice, of random members or of their order, the model goes by
// the order of the members' bytes.
type modelSets struct{ m *Model }

// Sets returns the sets of the model.
func (m *Model) Sets() Sets { return modelSets{m} }

func (st modelSets) find(key string) (collection, error) {
	return st.m.collection(key, datatypes.TypeSet)
}

// findAll returns the sets of keys.
func (st modelSets) findAll(keys []string) ([]collection, error) {
	sets := make([]collection, len(keys))
	for i, key := range keys {
		var err error
		if sets[i], err = st.find(key); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

func (st modelSets) Add(key string, members ...string) (added int, err error) {
	set, err := st.find(key)
	if err != nil {
		return 0, err
	}
	for _, member := range members {
		if set.add(member) {
			added++
		}
	}
	return added, nil
}

func (st modelSets) Remove(key string, members ...string) (removed int, err error) {
	set, err := st.find(key)
	if err != nil {
		return 0, err
	}
	removed = set.remove(members...)
	return removed, nil
}

func (st modelSets) Contains(key, member string) (bool, error) {
	set, err := st.find(key)
	return set.has(member), err
}

func (st modelSets) ContainsEach(dst []bool, key string, members ...string) ([]bool, error) {
	set, err := st.find(key)
	if err != nil {
		return dst, err
	}
	for _, member := range members {
		dst = append(dst, set.has(member))
	}
	return dst, nil
}

func (st modelSets) Len(key string) (int, error) {
	set, err := st.find(key)
	return len(set), err
}

// Move takes a member, without its expiry. As in Redis a source that does not exist is no error whatever the destination
// holds.
func (st modelSets) Move(from, to, member string) (moved bool, err error) {
	if st.m.find(from) == nil {
		return false, nil
	}
	sets, err := st.findAll([]string{from, to})
	if err != nil {
		return false, err
	}
	if !sets[0].has(member) || from == to {
		return sets[0].has(member), nil
	}
	sets[0].remove(member)
	sets[1].add(member)
	return true, nil
}

func (st modelSets) Pop(key string) (member string, ok bool, err error) {
	popped, err := st.PopN(key, 1)
	if err != nil || len(popped) == 0 {
		return "", false, err
	}
	return popped[0], true, nil
}

func (st modelSets) PopN(key string, n int) (members []string, err error) {
	if n < 0 {
		return nil, datatypes.ErrOutOfRange
	}
	members, err = st.RandomN(key, n)
	if err == nil {
		_, err = st.Remove(key, members...)
	}
	return members, err
}

func (st modelSets) Random(key string) (member string, ok bool, err error) {
	members, err := st.RandomN(key, 1)
	if err != nil || len(members) == 0 {
		return "", false, err
	}
	return members[0], true, nil
}

func (st modelSets) RandomN(key string, n int) ([]string, error) {
	set, err := st.find(key)
	return draw(set.names(), n), err
}

func (st modelSets) Scan(key string, _ uint64, o datatypes.ElementScanOptions) (members []string, next uint64, err error) {
	set, err := st.find(key)
	return matching(set.names(), o), 0, err
}

func (st modelSets) Members(key string) iter.Seq[string] {
	set, _ := st.find(key)
	return slices.Values(set.names())
}

func (st modelSets) Inter(keys ...string) ([]string, error) {
	return st.combine(keys, func(member string, sets []collection) bool {
		return !slices.ContainsFunc(sets, func(set collection) bool { return !set.has(member) })
	})
}

func (st modelSets) Union(keys ...string) ([]string, error) {
	return st.combine(keys, func(string, []collection) bool { return true })
}

func (st modelSets) Diff(keys ...string) ([]string, error) {
	return st.combine(keys, func(member string, sets []collection) bool {
		return sets[0].has(member) && !slices.ContainsFunc(sets[1:], func(set collection) bool { return set.has(member) })
	})
}

// combine returns those members of the sets that are wanted.
func (st modelSets) combine(keys []string, wanted func(member string, sets []collection) bool) ([]string, error) {
	sets, err := st.findAll(keys)
	if err != nil {
		return nil, err
	}
	found := collection{}
	for _, set := range sets {
		for member := range set {
			if wanted(member, sets) {
				found.add(member)
			}
		}
	}
	return found.names(), nil
}

func (st modelSets) InterLen(limit int, keys ...string) (int, error) {
	members, err := st.Inter(keys...)
	if limit > 0 {
		return min(limit, len(members)), err
	}
	return len(members), err
}

func (st modelSets) InterStore(dst string, keys ...string) (int, error) {
	members, err := st.Inter(keys...)
	return st.store(dst, members, err)
}

func (st modelSets) UnionStore(dst string, keys ...string) (int, error) {
	members, err := st.Union(keys...)
	return st.store(dst, members, err)
}

func (st modelSets) DiffStore(dst string, keys ...string) (int, error) {
	members, err := st.Diff(keys...)
	return st.store(dst, members, err)
}

// store makes dst hold just the members, none of which expires, and neither does the key.
func (st modelSets) store(dst string, members []string, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	set := collection{}
	for _, member := range members {
		set.add(member)
	}
	st.m.replace(dst, datatypes.TypeSet, set)
	return len(set), nil
}

func (st modelSets) Expire(key string, ttl time.Duration, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error) {
	return st.m.expireElements(key, datatypes.TypeSet, st.m.after(ttl), c, members)
}

func (st modelSets) ExpireAt(key string, t time.Time, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error) {
	return st.m.expireElements(key, datatypes.TypeSet, t.UnixMilli(), c, members)
}

func (st modelSets) Persist(key string, members ...string) ([]datatypes.ExpireResult, error) {
	set, err := st.find(key)
	if err != nil {
		return nil, err
	}
	return set.persist(members), nil
}

func (st modelSets) TTL(key, member string) (ttl time.Duration, ok bool, err error) {
	set, err := st.find(key)
	e := set.expiry(member, st.m.now)
	return e.TTL, e.Exists, err
}
