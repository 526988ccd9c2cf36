package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/chunked"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/numeric"
)

// Strings is the store of string values: byte sequences of up to 512 MiB,
// binary safe, that also serve as integers and floating point numbers. Small
// integers are stored as integers.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use, keep no reference to
// their arguments and return memory of their own unless they say otherwise.
// Besides the errors that they name they return ErrClosed, and those that change
// something ErrOutOfMemory.
type Strings struct{ view keyspace.View }

// NewStrings returns the store of the strings that v shows.
func NewStrings(v keyspace.View) Strings { return Strings{v} }

// SetOptions are the options of Set. The zero value sets unconditionally and
// without expiry.
type SetOptions struct {
	TTL       time.Duration // EX, PX: time until the key expires; zero: never
	ExpireAt  time.Time     // EXAT, PXAT: when the key expires; zero: never
	KeepTTL   bool          // KEEPTTL: keep the expiry that the key has
	IfAbsent  bool          // NX: only if the key does not exist
	IfPresent bool          // XX: only if the key exists
}

func (o *SetOptions) conflict() bool {
	return o.IfAbsent && o.IfPresent || o.KeepTTL && (o.TTL != 0 || !o.ExpireAt.IsZero())
}

// plain reports whether none of the options is set.
func (o *SetOptions) plain() bool {
	return o.TTL == 0 && o.ExpireAt.IsZero() && !(o.KeepTTL || o.IfAbsent || o.IfPresent)
}

func (o *SetOptions) allows(exists bool) bool {
	return !(o.IfAbsent && exists || o.IfPresent && !exists)
}

func (o *SetOptions) deadline(s *keyspace.Slot) (int64, error) {
	if o.KeepTTL {
		return s.ExpireAt(), nil
	}
	return deadline(s, o.TTL, o.ExpireAt)
}

// Set makes key hold value, whatever it held before, and reports whether the
// conditions of o let it. It is SET, and with options SETNX, SETEX and PSETEX. O(1).
//
// It returns ErrInvalidExpire for a negative TTL, ErrConflict for options that
// exclude each other and ErrTooLarge.
func (st Strings) Set(key string, value []byte, o SetOptions) (stored bool, err error) {
	if o.plain() {
		if !isInt(value) && st.view.Overwrite(key, value) {
			return true, nil
		}
	} else if o.conflict() {
		return false, ErrConflict
	}
	if err := st.view.TakeTimeFor(len(value)); err != nil {
		return false, err
	}
	var s keyspace.Slot
	if err := lockGrow(&s, st.view, key, len(value)); err != nil {
		return false, err
	}
	defer s.Unlock()
	return set(&s, value, &o)
}

func isInt(value []byte) bool {
	if len(value) > numeric.MaxIntLen {
		return false
	}
	_, ok := numeric.ParseInt(value)
	return ok
}

// lockGrow locks a key for an operation that adds n bytes to its value. Where
// they can't be stored at all, nothing is evicted for them.
func lockGrow(s *keyspace.Slot, v keyspace.View, key string, n int) error {
	if len(key) > keyspace.MaxSize || n > keyspace.MaxSize {
		return ErrTooLarge
	}
	return s.LockGrow(v, key, n)
}

// lockString locks a key that holds a string or nothing. With the error nothing is locked.
func lockString(s *keyspace.Slot, v keyspace.View, key string) error {
	if err := s.Lock(v, key); err != nil {
		return err
	}
	if err := s.Is(keyspace.String); err != nil {
		s.Unlock()
		return err
	}
	return nil
}

// lockRead is lockString for an operation that hands the value out, which is a use of the key.
func lockRead(s *keyspace.Slot, v keyspace.View, key string) error {
	if err := lockString(s, v, key); err != nil {
		return err
	}
	s.Touch()
	return nil
}

// set stores value in a locked slot as the options have it.
func set(s *keyspace.Slot, value []byte, o *SetOptions) (stored bool, err error) {
	expireAt, err := o.deadline(s)
	if err != nil {
		return false, err
	}
	if !o.allows(s.Exists()) {
		return false, nil
	}
	if err := store(s, value, expireAt); err != nil {
		return false, err
	}
	o.notifySet(s, expireAt)
	return true, nil
}

// notifySet announces that the slot's key was set under the options.
func (o *SetOptions) notifySet(s *keyspace.Slot, expireAt int64) {
	s.Notify(keyspace.ClassString, "set")
	if expireAt != 0 && !o.KeepTTL {
		s.Notify(keyspace.ClassGeneric, "expire")
	}
}

// store makes the slot hold value, as an integer if it reads as one.
func store(s *keyspace.Slot, value []byte, expireAt int64) error {
	if n, ok := numeric.ParseInt(value); ok {
		return storeInt(s, n, expireAt)
	}
	b, err := s.Put(keyspace.String, keyspace.Embedded, len(value), expireAt)
	if err != nil {
		return err
	}
	chunked.Copy(b, value)
	return nil
}

func storeInt(s *keyspace.Slot, n, expireAt int64) error {
	b, err := s.Put(keyspace.String, keyspace.Int, keyspace.IntWidth(n), expireAt)
	if err != nil {
		return err
	}
	keyspace.PutInt(b, n)
	return nil
}

// SetGet is Set that also returns what the key held before, whether or not
// the conditions let it store the new value. It is SET with GET, and GETSET. O(1).
//
// It returns ErrWrongType, without effect, if the key holds no string.
func (st Strings) SetGet(key string, value []byte, o SetOptions) (old []byte, existed, stored bool, err error) {
	if o.conflict() {
		return nil, false, false, ErrConflict
	}
	var s keyspace.Slot
	if err := lockGrow(&s, st.view, key, len(value)); err != nil {
		return nil, false, false, err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.String); err != nil {
		return nil, false, false, err
	}
	if err := st.view.TakeTimeFor(len(value) + len(s.Value())); err != nil {
		return nil, false, false, err
	}
	s.Touch()
	if existed = s.Exists(); existed {
		old = s.AppendString(make([]byte, 0, len(s.Value())))
	}
	stored, err = set(&s, value, &o)
	return old, existed, stored, err
}

// Get returns a copy of the key's value. It is GET. O(1) plus the copy.
//
// It returns ErrWrongType if the key holds no string.
func (st Strings) Get(key string) (value []byte, ok bool, err error) {
	value, ok, err = st.view.AppendString(nil, key)
	if ok && value == nil {
		value = []byte{}
	}
	return value, ok, err
}

// AppendGet is Get that appends the value to dst and returns the extended slice. It
// allocates only if dst has too little room.
func (st Strings) AppendGet(dst []byte, key string) (_ []byte, ok bool, err error) {
	return st.view.AppendString(dst, key)
}

// View calls fn with the key's value where it lies, without a copy, and
// returns the error of fn. If the key does not exist, fn is not called and ok is false.
//
// fn holds the lock of the key's shard: it must be quick, must not use the
// cache, and must neither change value nor keep it. A small integer is shown as its text in
// a buffer that is just as temporary. O(1) beside fn.
//
// It returns ErrWrongType, without calling fn, if the key holds no string.
func (st Strings) View(key string, fn func(value []byte) error) (ok bool, err error) {
	var s keyspace.Slot
	if err := lockRead(&s, st.view, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	if !s.Exists() {
		return false, nil
	}
	return true, fn(s.Text())
}

// GetDel is Get that also deletes the key. It is GETDEL. O(1).
func (st Strings) GetDel(key string) (value []byte, ok bool, err error) {
	value, ok, err = st.AppendGetDel(nil, key)
	if ok && value == nil {
		value = []byte{}
	}
	return value, ok, err
}

// AppendGetDel is GetDel that appends the value to dst and returns the extended slice. It
// allocates only if dst has too little room.
func (st Strings) AppendGetDel(dst []byte, key string) (_ []byte, ok bool, err error) {
	var s keyspace.Slot
	if err := lockRead(&s, st.view, key); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	if err := st.view.TakeTimeFor(len(s.Value())); err != nil {
		return dst, false, err
	}
	if !s.Exists() {
		return dst, false, nil
	}
	dst = s.AppendString(dst)
	s.Delete()
	s.Notify(keyspace.ClassGeneric, "del")
	return dst, true, nil
}

// Len returns the length of the key's value in bytes, zero if the key does not
// exist. It is STRLEN. O(1).
func (st Strings) Len(key string) (int, error) {
	var s keyspace.Slot
	if err := lockRead(&s, st.view, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	return textLen(&s), nil
}

func textLen(s *keyspace.Slot) int {
	if s.Exists() && s.Encoding() == keyspace.Int {
		return numeric.IntLen(keyspace.IntValue(s.Value()))
	}
	return len(s.Value())
}

// Append adds value to the end of what the key holds and returns the new
// length. A key that does not exist is created. It is APPEND. O(len(value)) amortised.
//
// It returns ErrWrongType and ErrTooLarge.
func (st Strings) Append(key string, value []byte) (length int, err error) {
	if err := st.view.TakeTimeFor(len(value)); err != nil {
		return 0, err
	}
	length, far, err := st.appendNear(key, value)
	if !far {
		return length, err
	}
	return st.appendFar(key, value)
}

// appendNear is Append unless that takes long.
func (st Strings) appendNear(key string, value []byte) (length int, far bool, err error) {
	var s keyspace.Slot
	if err := lockString(&s, st.view, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	if size := textLen(&s); growsFar(&s, size, len(value)) && size+len(value) <= keyspace.MaxSize {
		return 0, true, nil
	}
	if err := grow(&s, textLen(&s)+len(value)); err != nil {
		return 0, false, err
	}
	if !s.Exists() {
		if err := store(&s, value, 0); err != nil {
			return 0, false, err
		}
	} else if err := extend(&s, textLen(&s), value); err != nil {
		return 0, false, err
	}
	s.Notify(keyspace.ClassString, "append")
	return textLen(&s), false, nil
}

func (st Strings) appendFar(key string, value []byte) (length int, err error) {
	need := func(size int) int { return size + len(value) }
	err = lengthen(st.view, key, need, func(s *keyspace.Slot, b []byte, size int) {
		copy(b[size:], value)
		s.Notify(keyspace.ClassString, "append")
		length = len(b)
	})
	return length, err
}

// SetRange overwrites the key's value from offset on and returns the length it
// then has. A value that is too short is first padded with zero bytes. It is SETRANGE.
// O(len(value)), and O(length) where the value grows.
//
// It returns ErrOutOfRange for a negative offset, ErrWrongType and ErrTooLarge.
func (st Strings) SetRange(key string, offset int64, value []byte) (length int, err error) {
	if offset < 0 {
		return 0, ErrOutOfRange
	}
	length, far, err := st.setRangeNear(key, offset, value)
	if !far {
		return length, err
	}
	return st.setRangeFar(key, int(offset), value)
}

// setRangeNear is SetRange unless that takes long.
func (st Strings) setRangeNear(key string, offset int64, value []byte) (length int, far bool, err error) {
	var s keyspace.Slot
	if err := lockString(&s, st.view, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	if len(value) == 0 {
		return textLen(&s), false, nil
	}
	if offset > keyspace.MaxSize-int64(len(value)) {
		return 0, false, ErrTooLarge
	}
	if growsFar(&s, int(offset), len(value)) {
		return 0, true, nil
	}
	if err := st.view.TakeTimeFor(len(value) + max(0, int(offset)-textLen(&s))); err != nil {
		return 0, false, err
	}
	if err := grow(&s, max(textLen(&s), int(offset)+len(value))); err != nil {
		return 0, false, err
	}
	if err := extend(&s, int(offset), value); err != nil {
		return 0, false, err
	}
	s.Notify(keyspace.ClassString, "setrange")
	return len(s.Value()), false, nil
}

func (st Strings) setRangeFar(key string, offset int, value []byte) (length int, err error) {
	need := func(int) int { return offset + len(value) }
	err = lengthen(st.view, key, need, func(s *keyspace.Slot, b []byte, _ int) {
		copy(b[offset:], value)
		s.Notify(keyspace.ClassString, "setrange")
		length = len(b)
	})
	return length, err
}

// grow makes room for the slot's string to have n bytes.
func grow(s *keyspace.Slot, n int) error {
	if len(s.Key()) > keyspace.MaxSize || n > keyspace.MaxSize {
		return ErrTooLarge
	}
	return s.GrowTo(n)
}

// extend writes value at an offset of the slot's string, which grows with zero
// bytes to hold it.
func extend(s *keyspace.Slot, offset int, value []byte) error {
	size := textLen(s)
	b, err := s.RawString(max(size, offset+len(value)))
	if err != nil {
		return err
	}
	if offset > size {
		clear(b[size:offset])
	}
	chunked.Copy(b[offset:], value)
	return nil
}

// GetRange returns the bytes from start to end, both included, of the key's
// value. Negative positions count from the end. It is GETRANGE and SUBSTR. O(end - start).
func (st Strings) GetRange(key string, start, end int64) ([]byte, error) {
	return st.AppendGetRange(nil, key, start, end)
}

// AppendGetRange is GetRange that appends to dst.
func (st Strings) AppendGetRange(dst []byte, key string, start, end int64) ([]byte, error) {
	var s keyspace.Slot
	if err := lockRead(&s, st.view, key); err != nil {
		return dst, err
	}
	defer s.Unlock()
	if !s.Exists() {
		return dst, nil
	}
	text := s.Text()
	from, to := clampRange(start, end, int64(len(text)))
	if err := st.view.TakeTimeFor(int(to - from)); err != nil {
		return dst, err
	}
	return chunked.Append(dst, text[from:to]), nil
}

// clampRange turns Redis' inclusive range into a half-open one within [0, n).
func clampRange(start, end, n int64) (from, to int64) {
	if start < 0 && end < 0 && start > end {
		return 0, 0
	}
	return clampBounds(start, end, n)
}

// clampBounds is clampRange where bounds before the beginning count as the
// first element even if they are in the wrong order.
func clampBounds(start, end, n int64) (from, to int64) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if start > end {
		return 0, 0
	}
	return start, end + 1
}
