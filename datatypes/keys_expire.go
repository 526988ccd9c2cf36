package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// ExpireCond restricts when Expire changes a key's expiry. Conditions may be
// combined where Redis allows it: ExpireXX with ExpireGT or ExpireLT.
type ExpireCond uint8

// The conditions of Expire.
const (
	ExpireNX ExpireCond = 1 << iota // only if the key has no expiry
	ExpireXX                        // only if the key has an expiry
	ExpireGT                        // only to a later time; no expiry counts as the latest
	ExpireLT                        // only to an earlier time

	ExpireAlways ExpireCond = 0
)

func (c ExpireCond) conflict() bool {
	return c&ExpireNX != 0 && c != ExpireNX || c&ExpireGT != 0 && c&ExpireLT != 0
}

// allows reports whether the expiry may change from one time to another in
// Unix milliseconds; from is zero for none.
func (c ExpireCond) allows(from, to int64) bool {
	switch {
	case c&ExpireNX != 0 && from != 0:
		return false
	case c&ExpireXX != 0 && from == 0:
		return false
	case c&ExpireGT != 0 && (from == 0 || to <= from):
		return false
	case c&ExpireLT != 0 && from != 0 && to >= from:
		return false
	}
	return true
}

// Expire makes a key expire after ttl; one that is not positive deletes it. It returns
// whether the key exists and the condition let it. It is EXPIRE and PEXPIRE. O(1).
//
// It returns ErrConflict for conditions that exclude each other and
// ErrInvalidExpire for a time beyond what 64 bits of milliseconds hold.
func (k Keys) Expire(key string, ttl time.Duration, c ExpireCond) (bool, error) {
	return k.expire(key, k.view.Now()+ceilMillis(ttl), c)
}

// ExpireAt is Expire with a point in time, to the millisecond. It is EXPIREAT and
// PEXPIREAT. O(1).
func (k Keys) ExpireAt(key string, t time.Time, c ExpireCond) (bool, error) {
	ms, err := unixMilli(t)
	if err != nil {
		return false, err
	}
	return k.expire(key, ms, c)
}

func (k Keys) expire(key string, at int64, c ExpireCond) (bool, error) {
	if c.conflict() {
		return false, ErrConflict
	}
	var s keyspace.Slot
	if err := s.LockGrow(k.view, key, 0); err != nil {
		return false, err
	}
	defer s.Unlock()
	if !s.Exists() {
		return false, nil
	}
	if !c.allows(s.ExpireAt(), at) {
		return false, nil
	}
	return true, expireSlot(&s, at)
}

// expireSlot sets the expiry of a key that exists, or deletes it when the
// time has come.
func expireSlot(s *keyspace.Slot, at int64) error {
	if at <= s.Now() {
		s.Delete()
		s.Notify(keyspace.ClassGeneric, "del")
		return nil
	}
	if err := s.SetExpireAt(at); err != nil {
		return err
	}
	s.Notify(keyspace.ClassGeneric, "expire")
	return nil
}

// Persist removes a key's expiry and reports whether it had one. It is
// PERSIST. O(1).
func (k Keys) Persist(key string) (bool, error) {
	var s keyspace.Slot
	if err := s.Lock(k.view, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	if s.ExpireAt() == 0 {
		return false, nil
	}
	if err := s.SetExpireAt(0); err != nil {
		return false, err
	}
	s.Notify(keyspace.ClassGeneric, "persist")
	return true, nil
}

// NoTTL is the TTL of a key that does not expire.
const NoTTL time.Duration = -1

// TTL returns how long a key has still to live, NoTTL if it does not expire,
// and ok false if it does not exist. A time of more than the 292 years that a
// duration holds is cut to those. It is TTL and PTTL. O(1).
func (k Keys) TTL(key string) (ttl time.Duration, ok bool, err error) {
	at, now, ok, err := k.expiry(key)
	if !ok || err != nil {
		return 0, ok, err
	}
	return ttlAt(at, now), true, nil
}

// ttlAt returns how long a key that expires at a time has still to live.
func ttlAt(at, now int64) time.Duration {
	if at == 0 {
		return NoTTL
	}
	return fromMillis(max(at-now, 0))
}

// ExpireTime returns when a key expires, the zero time if it does not, and ok false
// if it does not exist. It is EXPIRETIME and PEXPIRETIME. O(1).
func (k Keys) ExpireTime(key string) (t time.Time, ok bool, err error) {
	at, _, ok, err := k.expiry(key)
	if !ok || err != nil || at == 0 {
		return time.Time{}, ok, err
	}
	return time.UnixMilli(at), true, nil
}

func (k Keys) expiry(key string) (at, now int64, ok bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(k.view, key); err != nil {
		return 0, 0, false, err
	}
	defer s.Unlock()
	s.Look()
	if !s.Exists() {
		return 0, 0, false, nil
	}
	return s.ExpireAt(), s.Now(), true, nil
}
