package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// ExpireMember makes a member of a set or a sorted set, or a field of a hash, expire after ttl; one that is not positive
// removes it. It reports whether the key has the member. It is EXPIREMEMBER and PEXPIREMEMBER of KeyDB. O(1), in a sorted
// set O(log n); a small collection becomes a large one.
//
// It returns ErrWrongType if the key holds something else and ErrInvalidExpire for a time beyond what 64 bits of
// milliseconds hold. Expire of Hashes, Sets and SortedSets takes several at once, and conditions.
func (k Keys) ExpireMember(key, member string, ttl time.Duration) (bool, error) {
	return k.expireMember(key, member, k.view.Now()+ceilMillis(ttl))
}

// ExpireMemberAt is ExpireMember with a point in time, to the millisecond. It is EXPIREMEMBERAT and PEXPIREMEMBERAT of
// KeyDB.
func (k Keys) ExpireMemberAt(key, member string, t time.Time) (bool, error) {
	ms, err := unixMilli(t)
	if err != nil {
		return false, err
	}
	return k.expireMember(key, member, ms)
}

func (k Keys) expireMember(key, member string, at int64) (ok bool, err error) {
	err = k.withMembers(key, func(v keyspace.View, t Type) error {
		var results []ExpireResult
		var err error
		switch t {
		case TypeHash:
			results, err = Hashes{v}.expire(key, at, ExpireAlways, []string{member})
		case TypeSortedSet:
			results, err = SortedSets{v}.expire(key, at, ExpireAlways, []string{member})
		default:
			results, err = Sets{v}.expire(key, at, ExpireAlways, []string{member})
		}
		ok = err == nil && results[0] != ExpireMissing
		return err
	})
	return ok, err
}

// PersistMember makes a member, or a field, expire no more, and reports whether it did. It is PERSIST of KeyDB with a
// member. O(1).
func (k Keys) PersistMember(key, member string) (ok bool, err error) {
	err = k.withMembers(key, func(v keyspace.View, t Type) error {
		var results []ExpireResult
		var err error
		switch t {
		case TypeHash:
			results, err = Hashes{v}.Persist(key, member)
		case TypeSortedSet:
			results, err = SortedSets{v}.Persist(key, member)
		default:
			results, err = Sets{v}.Persist(key, member)
		}
		ok = err == nil && results[0] == ExpireDone
		return err
	})
	return ok, err
}

// MemberTTL returns how long a member, or a field, has still to live, NoTTL if it does not expire, and ok false if the
// key does not have it. It is TTL and PTTL of KeyDB with a member. O(1).
func (k Keys) MemberTTL(key, member string) (ttl time.Duration, ok bool, err error) {
	err = k.withMembers(key, func(v keyspace.View, t Type) error {
		var err error
		switch t {
		case TypeHash:
			ttl, ok, err = Hashes{v}.TTL(key, member)
		case TypeSortedSet:
			ttl, ok, err = SortedSets{v}.TTL(key, member)
		default:
			ttl, ok, err = Sets{v}.TTL(key, member)
		}
		return err
	})
	return ttl, ok, err
}

// withMembers runs fn with a key locked and the type of its value. A key that does not exist, or holds no members, is the
// store of sets' to deal with.
func (k Keys) withMembers(key string, fn func(v keyspace.View, t Type) error) error {
	return within(k.view, []string{key}, func(v keyspace.View) error {
		var s keyspace.Slot
		if err := s.Lock(v, key); err != nil {
			return err
		}
		t := s.Type()
		s.Unlock()
		return fn(v, t)
	})
}
