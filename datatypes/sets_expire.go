package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// ExpireMember makes a member expire after ttl; one that is not positive removes the member. It
// reports whether the set has it. Adding the member again leaves its expiry as it is; what Move,
// UnionStore and their like put into another set does not expire there. It is EXPIREMEMBER of
// KeyDB. O(1); a small set becomes a large one.
func (st Sets) ExpireMember(key, member string, ttl time.Duration) (ok bool, err error) {
	return st.expireMember(key, member, st.view.Now()+ceilMillis(ttl))
}

// ExpireMemberAt is ExpireMember with a point in time, to the millisecond. It is
// EXPIREMEMBERAT and PEXPIREMEMBERAT of KeyDB. It returns ErrInvalidExpire for a time beyond what
// 64 bits of milliseconds hold.
func (st Sets) ExpireMemberAt(key, member string, t time.Time) (ok bool, err error) {
	ms, err := unixMilli(t)
	if err != nil {
		return false, err
	}
	return st.expireMember(key, member, ms)
}

func (st Sets) expireMember(key, member string, at int64) (ok bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	v := setOf(&s)
	if !v.has(member) {
		return false, nil
	}
	if at <= s.Now() {
		if _, err := removeMembers(&s, []string{member}); err != nil {
			return false, err
		}
		notifyGone(&s, "sexpired")
		return true, nil
	}
	need := expiryRoom
	if v.enc != setTable {
		need += v.largeBytes()
	}
	if err := s.Grow(need); err != nil {
		return false, err
	}
	if v = setOf(&s); v.enc == setNone { // evicted to make room
		return false, nil
	}
	if err := expireIn(&s, &v, member, at); err != nil {
		return false, err
	}
	return true, nil
}

// expireIn makes a member of the slot's set, which is v, expire at a time to come.
func expireIn(s *keyspace.Slot, v *setValue, member string, at int64) error {
	s.BeginWrite()
	if v.enc != setTable {
		if err := enlarge(s, v); err != nil {
			return err
		}
		*v = setOf(s)
	}
	l := &v.large
	if l.root.Reserve(l.env, members.Plain.Size(len(member), 0)+expiryRoom) != nil {
		return ErrOutOfMemory
	}
	l.root.SetExpireAt(l.env, l.root.Find(l.env, member), at, s.Now())
	l.save(s)
	if s.Encoding() != setVolatile {
		s.SetEncoding(setVolatile)
	}
	s.Notify(keyspace.ClassSet, "sexpire")
	return nil
}

// enlarge makes the slot's dense set, which is v, a large one.
func enlarge(s *keyspace.Slot, v *setValue) error {
	l := newLarge(s)
	if err := l.insertAll(v); err != nil {
		l.free()
		return err
	}
	return l.put(s, s.ExpireAt())
}

// PersistMember makes a member expire no more, and reports whether it did. It
// is PERSIST of KeyDB. O(1).
func (st Sets) PersistMember(key, member string) (ok bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	v := setOf(&s)
	if at, _ := v.expireAt(member); at == 0 {
		return false, nil
	}
	s.BeginWrite()
	v.large.root.Persist(v.large.env, v.large.root.Find(v.large.env, member))
	v.large.save(&s)
	s.Notify(keyspace.ClassSet, "spersist")
	return true, nil
}

// MemberTTL returns how long a member has still to live, NoTTL if it does not
// expire, and ok false if the set does not have it. It is TTL and PTTL of KeyDB. O(1).
func (st Sets) MemberTTL(key, member string) (ttl time.Duration, ok bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	at, ok := v.expireAt(member)
	switch {
	case !ok:
		return 0, false, nil
	case at == 0:
		return NoTTL, true, nil
	}
	return fromMillis(max(at-s.Now(), 0)), true, nil
}

// expireAt returns when a member expires, zero for never, and whether the set has
// it.
func (v *setValue) expireAt(member string) (at int64, ok bool) {
	if v.enc != setTable {
		return 0, v.has(member)
	}
	ref := v.large.root.Find(v.large.env, member)
	if ref == 0 {
		return 0, false
	}
	return members.Plain.ExpireAt(v.large.env.Arena, ref), true
}
