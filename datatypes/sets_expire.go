package datatypes

import (
	"slices"
	"time"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// Expire makes members expire after ttl; one that is not positive removes them, whatever the condition. It returns what
// became of each member. Adding a member again leaves its expiry as it is; what Move, UnionStore and their like put into
// another set does not expire there. No command does it for several members: Keys.ExpireMember is EXPIREMEMBER of KeyDB.
// O(members); a small set becomes a large one.
//
// It returns ErrConflict for conditions that exclude each other and ErrInvalidExpire for a time beyond what 64 bits of
// milliseconds hold.
func (st Sets) Expire(key string, ttl time.Duration, c ExpireCond, members ...string) ([]ExpireResult, error) {
	return st.expire(key, st.view.Now()+ceilMillis(ttl), c, members)
}

// ExpireAt is Expire with a point in time, to the millisecond.
func (st Sets) ExpireAt(key string, t time.Time, c ExpireCond, members ...string) ([]ExpireResult, error) {
	ms, err := unixMilli(t)
	if err != nil {
		return nil, err
	}
	return st.expire(key, ms, c, members)
}

func (st Sets) expire(key string, at int64, c ExpireCond, names []string) ([]ExpireResult, error) {
	if c.conflict() {
		return nil, ErrConflict
	}
	if at <= st.view.Now() {
		return st.expireNow(key, names)
	}
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return nil, err
	}
	defer s.Unlock()
	v := setOf(&s)
	if !slices.ContainsFunc(names, v.has) {
		return allMissing(names), nil
	}
	need := expiryRoom * len(names)
	enlarges := v.enc != setTable && c.allows(0, at)
	if enlarges {
		need += v.largeBytes()
	}
	if err := s.Grow(need); err != nil {
		return nil, err
	}
	v = setOf(&s) // Grow may have evicted the key
	if enlarges && v.enc != setNone {
		if err := enlarge(&s, &v); err != nil {
			return nil, err
		}
		v = setOf(&s)
	}
	return v.expire(&s, names, at, c)
}

// expireNow removes members because they were told to expire at a time that has come.
func (st Sets) expireNow(key string, names []string) ([]ExpireResult, error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return nil, err
	}
	defer s.Unlock()
	results := allMissing(names)
	removed, err := removeMembers(&s, names, func(i int) { results[i] = ExpireDeleted })
	if err != nil {
		return nil, err
	}
	if removed > 0 {
		notifyGone(&s, "sexpired")
	}
	return results, nil
}

// allMissing returns the results where none of the elements is there.
func allMissing(names []string) []ExpireResult {
	return slices.Repeat([]ExpireResult{ExpireMissing}, len(names))
}

// enlarge makes the slot's dense set, which is v, a large one.
func enlarge(s *keyspace.Slot, v *setValue) error {
	s.BeginWrite()
	l := newLarge(s)
	if err := l.insertAll(v); err != nil {
		l.free()
		return err
	}
	return l.put(s, s.ExpireAt())
}

// expire makes members of a large or a missing set expire at a time to come; a dense one is where the condition lets
// none of its members expire.
func (v *setValue) expire(s *keyspace.Slot, names []string, at int64, c ExpireCond) ([]ExpireResult, error) {
	results := make([]ExpireResult, len(names))
	l := &v.large
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
		if l.root.Reserve(l.env, members.Plain.Size(len(name), 0)+expiryRoom) != nil {
			return nil, ErrOutOfMemory
		}
		s.BeginWrite()
		l.root.SetExpireAt(l.env, ref, at, s.Now())
		l.save(s)
		if s.Encoding() != setVolatile {
			s.SetEncoding(setVolatile)
		}
		results[i], changed = ExpireDone, true
	}
	if changed {
		s.Notify(keyspace.ClassSet, "sexpire")
	}
	return results, nil
}

// Persist makes members expire no more and returns what became of each. O(members).
func (st Sets) Persist(key string, members ...string) ([]ExpireResult, error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return nil, err
	}
	defer s.Unlock()
	v := setOf(&s)
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
			v.large.save(&s)
			results[i], changed = ExpireDone, true
		}
	}
	if changed {
		s.Notify(keyspace.ClassSet, "spersist")
	}
	return results, nil
}

// TTL returns how long a member has still to live, NoTTL if it does not expire, and whether the set has it. O(1).
func (st Sets) TTL(key, member string) (ttl time.Duration, ok bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	_, at, ok := v.expiry(member)
	switch {
	case !ok:
		return 0, false, nil
	case at == 0:
		return NoTTL, true, nil
	}
	return fromMillis(max(at-s.Now(), 0)), true, nil
}

// expiry returns the element of a member, zero in a dense set, when it expires, zero for never, and whether the set has
// it.
func (v *setValue) expiry(member string) (ref arena.Ref, at int64, ok bool) {
	if v.enc != setTable {
		return 0, 0, v.has(member)
	}
	if ref = v.large.root.Find(v.large.env, member); ref == 0 {
		return 0, 0, false
	}
	return ref, members.Plain.ExpireAt(v.large.env.Arena, ref), true
}
