package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// GetExOptions are the options of GetEx: at most one is set. The zero value
// leaves the expiry as it is.
type GetExOptions struct {
	TTL      time.Duration // EX, PX
	ExpireAt time.Time     // EXAT, PXAT
	Persist  bool          // PERSIST: the key expires no more
}

// GetEx is Get that also changes when the key expires. A time in the past deletes
// the key. It is GETEX. O(1).
func (st Strings) GetEx(key string, o GetExOptions) (value []byte, ok bool, err error) {
	value, ok, err = st.AppendGetEx(nil, key, o)
	if ok && value == nil {
		value = []byte{}
	}
	return value, ok, err
}

// AppendGetEx is GetEx that appends the value to dst and returns the extended
// slice. It allocates only if dst has too little room.
func (st Strings) AppendGetEx(dst []byte, key string, o GetExOptions) (_ []byte, ok bool, err error) {
	if o.Persist && (o.TTL != 0 || !o.ExpireAt.IsZero()) {
		return dst, false, ErrConflict
	}
	var s keyspace.Slot
	if err := s.LockGrow(st.view, key, 0); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.String); err != nil {
		return dst, false, err
	}
	s.Touch()
	if !s.Exists() {
		return dst, false, nil
	}
	expireAt, err := deadline(&s, o.TTL, o.ExpireAt)
	if err != nil {
		return dst, false, err
	}
	if err := st.view.TakeTimeFor(len(s.Value())); err != nil {
		return dst, false, err
	}
	dst = s.AppendString(dst)
	switch {
	case expireAt != 0:
		err = expireSlot(&s, expireAt)
	case o.Persist && s.ExpireAt() != 0:
		if err = s.SetExpireAt(0); err == nil {
			s.Notify(keyspace.ClassGeneric, "persist")
		}
	}
	return dst, true, err
}

// AppendGetTTL is AppendGet that also returns how long the key has still to live, NoTTL
// if it does not expire. It is GET and PTTL of one moment. O(1) plus the copy.
func (st Strings) AppendGetTTL(dst []byte, key string) (_ []byte, ttl time.Duration, ok bool, err error) {
	var s keyspace.Slot
	if err := lockRead(&s, st.view, key); err != nil {
		return dst, 0, false, err
	}
	defer s.Unlock()
	if !s.Exists() {
		return dst, 0, false, nil
	}
	return s.AppendString(dst), slotTTL(&s), true, nil
}

// slotTTL returns how long the slot's key has still to live.
func slotTTL(s *keyspace.Slot) time.Duration {
	at := s.ExpireAt()
	if at == 0 {
		return NoTTL // without asking for the time
	}
	return ttlAt(at, s.Now())
}
