package datatypes

import "github.com/larderkv/larder/internal/keyspace"

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
// returns ErrWrongType, without calling fn, if the key holds no string, and ErrTooLarge.
func (st Strings) Compute(key string, fn func(old []byte, ok bool) (value []byte, op Op)) error {
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
	if s.Exists() {
		old = s.AppendString(make([]byte, 0, len(s.Value())))
	}
	value, op := fn(old, s.Exists())
	switch op {
	case OpSet:
		expireAt := s.ExpireAt() // before making room, which may evict the key
		if err := grow(&s, len(value)); err != nil {
			return err
		}
		if err := store(&s, value, expireAt); err != nil {
			return err
		}
		s.Notify(keyspace.ClassString, "set")
	case OpDelete:
		if s.Exists() {
			s.Delete()
			s.Notify(keyspace.ClassGeneric, "del")
		}
	}
	return nil
}
