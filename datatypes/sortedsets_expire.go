package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// Expire makes members expire after ttl; one that is not positive removes them, whatever the
// condition. It returns what became of each member. A member that has expired is neither seen nor counted
// by any method; a change of its score leaves the expiry as it is. O(log n) for each member; a small sorted
// set becomes a large one.
//
// It returns ErrConflict for conditions that exclude each other and ErrInvalidExpire for a time
// beyond what 64 bits of milliseconds hold.
func (z SortedSets) Expire(key string, ttl time.Duration, c ExpireCond, members ...string) ([]ExpireResult, error) {
	return z.expire(key, z.view.Now()+ceilMillis(ttl), c, members)
}

// ExpireAt is Expire with a point in time, to the millisecond.
func (z SortedSets) ExpireAt(key string, t time.Time, c ExpireCond, members ...string) ([]ExpireResult, error) {
	ms, err := unixMilli(t)
	if err != nil {
		return nil, err
	}
	return z.expire(key, ms, c, members)
}

func (z SortedSets) expire(key string, at int64, c ExpireCond, names []string) ([]ExpireResult, error) {
	if c.conflict() {
		return nil, ErrConflict
	}
	if at <= z.view.Now() {
		return z.expireNow(key, names)
	}
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return nil, err
	}
	defer s.Unlock()
	if v := sortedOf(&s); v.enc == sortedPack && c.allows(0, at) && v.hasAny(names) {
		if err := enlargeSorted(&s, &v); err != nil {
			return nil, err
		}
	}
	if err := s.Grow(expiryRoom * len(names)); err != nil {
		return nil, err
	}
	v := sortedOf(&s) // Grow may have evicted the key
	return v.expire(&s, names, at, c)
}

// expireNow removes members because they were told to expire at a time that has come.
func (z SortedSets) expireNow(key string, names []string) ([]ExpireResult, error) {
	results := allMissing(names)
	_, err := z.remove(key, "zexpired", names, func(i int) { results[i] = ExpireDeleted })
	if err != nil {
		return nil, err
	}
	return results, nil
}

func (v *sortedValue) hasAny(names []string) bool {
	for _, name := range names {
		if _, ok := v.score(name); ok {
			return true
		}
	}
	return false
}

// enlargeSorted gives a dense set the large representation, unless making room for that evicts it.
func enlargeSorted(s *keyspace.Slot, v *sortedValue) error {
	if err := s.Grow(v.pack.bytesAsLarge()); err != nil {
		return err
	}
	if !s.Exists() {
		return nil
	}
	*v = sortedOf(s)
	s.BeginWrite()
	l, err := newLargeSorted(s.Env())
	if err != nil {
		return err
	}
	if err = l.insertDense(v); err != nil {
		l.free()
		return err
	}
	return l.put(s, s.ExpireAt())
}

// expire makes members of a large or a missing set expire at a time to come.
func (v *sortedValue) expire(s *keyspace.Slot, names []string, at int64, c ExpireCond) ([]ExpireResult, error) {
	results := make([]ExpireResult, len(names))
	changed := false
	for i, name := range names {
		ref, is, ok := v.expiry(name)
		switch {
		case !ok:
			results[i] = ExpireMissing
			continue
		case ref == 0 || !c.allows(is, at):
			continue // refused
		}
		if v.large.root.Reserve(v.large.env, members.Scored.Size(len(name), 0)+expiryRoom) != nil {
			return nil, ErrOutOfMemory
		}
		s.BeginWrite()
		v.large.setExpireAt(ref, at, s.Now())
		v.large.store(s.Value())
		if s.Encoding() != sortedVolatile {
			s.SetEncoding(sortedVolatile)
		}
		results[i], changed = ExpireDone, true
	}
	if changed {
		s.Notify(keyspace.ClassSortedSet, "zexpire")
	}
	return results, nil
}

// setExpireAt makes an element expire. It may get another block, of which the tree is told.
func (l *largeSorted) setExpireAt(ref arena.Ref, at, now int64) {
	c := l.at(ref)
	if to := l.root.SetExpireAt(l.env, ref, at, now); to != ref {
		c.SetRef(to)
	}
}

// expiry returns the element of a member, zero in a dense set, when it expires, zero for never, and whether
// there is such a member.
func (v *sortedValue) expiry(name string) (ref arena.Ref, at int64, ok bool) {
	if v.enc != sortedTree {
		_, ok = v.score(name)
		return 0, 0, ok
	}
	if ref = v.large.root.Find(v.large.env, name); ref == 0 {
		return 0, 0, false
	}
	return ref, members.Scored.ExpireAt(v.large.env.Arena, ref), true
}

// Persist makes members expire no more and returns what became of each. O(members).
func (z SortedSets) Persist(key string, members ...string) ([]ExpireResult, error) {
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return nil, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	results := make([]ExpireResult, len(members))
	changed := false
	for i, name := range members {
		ref, at, ok := v.expiry(name)
		switch {
		case !ok:
			results[i] = ExpireMissing
		case at == 0:
			results[i] = ExpireNoTTL
		default:
			s.BeginWrite()
			v.large.root.Persist(v.large.env, ref)
			v.large.store(s.Value())
			results[i], changed = ExpireDone, true
		}
	}
	if changed {
		s.Notify(keyspace.ClassSortedSet, "zpersist")
	}
	return results, nil
}

// TTL returns how long a member has still to live, NoTTL if it does not expire, and whether the sorted set has it. O(1).
func (z SortedSets) TTL(key, member string) (ttl time.Duration, ok bool, err error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	_, at, ok := v.expiry(member)
	if ok && at == 0 {
		return NoTTL, true, nil
	}
	return fromMillis(max(at-s.Now(), 0)), ok, nil
}
