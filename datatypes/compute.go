package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// Op says what Compute is to do with what its function returned.
type Op uint8

// The operations.
const (
	OpCancel Op = iota // leave the key as it is
	OpSet              // make the key hold the new value and keep its expiry
	OpDelete           // delete the key
)

// Compute calls fn with the key's value, or with ok false if it does not exist,
// and does what fn says, as one step. It is the primitive of which read-modify-write
// operations are built: compare-and-set, conditional delete, merges. O(1) plus the copies.
//
// fn holds the lock of the key's shard: it must be quick and must not use the
// cache. old is valid until fn returns; the new value may share its memory. Compute
// returns ErrWrongType, without calling fn, if the key holds no string, ErrTooLarge, and ErrConflict for an op that is
// none of the above.
func (st Strings) Compute(key string, fn func(old []byte, ok bool) (value []byte, op Op)) error {
	return st.ComputeEx(key, func(old []byte, _ time.Duration, ok bool) ([]byte, SetOptions, Op) {
		value, op := fn(old, ok)
		return value, SetOptions{KeepTTL: true}, op
	})
}

// ComputeEx is Compute that also tells fn how long the key has still to live, NoTTL if it does not
// expire, and lets it say with OpSet when the new value expires.
//
// Besides the errors of Compute it returns those of Set for the options.
func (st Strings) ComputeEx(key string, fn func(old []byte, ttl time.Duration, ok bool) (value []byte, o SetOptions, op Op)) error {
	var s keyspace.Slot
	if err := s.LockGrow(st.view, key, 0); err != nil {
		return err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.String); err != nil {
		return err
	}
	s.Touch()
	var old []byte
	ttl := NoTTL
	if s.Exists() {
		old, ttl = s.AppendString(make([]byte, 0, len(s.Value()))), slotTTL(&s)
	}
	value, o, op := fn(old, ttl, s.Exists())
	switch op {
	case OpCancel:
		return nil
	case OpSet:
		return computed(&s, value, &o)
	case OpDelete:
		deleteSlot(&s)
		return nil
	}
	return ErrConflict
}

// computed sets what the function of ComputeEx returned.
func computed(s *keyspace.Slot, value []byte, o *SetOptions) error {
	if o.conflict() {
		return ErrConflict
	}
	expireAt, err := o.deadline(s) // before making room, which may evict the key
	if err != nil || !o.allows(s.Exists()) {
		return err
	}
	if err := grow(s, len(value)); err != nil {
		return err
	}
	if err := store(s, value, expireAt); err != nil {
		return err
	}
	o.notifySet(s, expireAt)
	return nil
}
