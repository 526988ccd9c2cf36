package typed

import (
	"fmt"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/zeebo/xxh3"
)

// Source is where values are kept: a *larder.Cache, a larder.DB or a *larder.Tx.
type Source interface {
	Strings() datatypes.Strings
	Hashes() datatypes.Hashes
	Keys() datatypes.Keys
}

// MapOptions configure a map. The zero value is usable for keys that are strings, numbers, booleans, or have
// text methods, and any values.
type MapOptions[K comparable, V any] struct {
	// Prefix is what the names of the map's keys in the cache begin with. Maps, and whatever else is in the
	// same database, must have prefixes of which none begins with another.
	Prefix string

	// Key encodes keys. Nil stores strings as they are, numbers and booleans as Decimal, and other types as Text.
	Key Codec[K]

	// Value encodes values. Nil stores strings and bytes as they are, numbers and booleans as Decimal, types that have
	// binary methods but neither JSON nor text methods as Binary, and all else as JSON.
	Value Codec[V]

	// TTL is how long an entry lives. Zero is until it is deleted or evicted.
	TTL time.Duration

	// EntryTTL, if not nil, returns how long an entry lives, instead of TTL. Zero is TTL; datatypes.NoTTL is until it
	// is deleted or evicted.
	EntryTTL func(key K, value V) time.Duration

	// Jitter is the share of its TTL, from 0 to 1, by which an entry may live shorter, so that entries which are set
	// together don't expire together. By how much is decided by a hash of the key: the same key always gets the same.
	Jitter float64

	// Sliding makes every read of an entry set its TTL again, to what it would be if the entry were set. A read
	// then is a write to the cache. EntryTTL can't be used with it.
	Sliding bool
}

func (o *MapOptions[K, V]) validate() error {
	switch {
	case o.TTL < 0:
		return fmt.Errorf("%w: TTL is negative: %v", ErrOptions, o.TTL)
	case !(o.Jitter >= 0 && o.Jitter <= 1):
		return fmt.Errorf("%w: Jitter is %v, not within 0 and 1", ErrOptions, o.Jitter)
	case o.Sliding && o.TTL == 0:
		return fmt.Errorf("%w: Sliding without a TTL", ErrOptions)
	case o.Sliding && o.EntryTTL != nil:
		return fmt.Errorf("%w: Sliding with EntryTTL", ErrOptions)
	}
	return nil
}

// Map is a map of keys to values of Go types, kept as strings in a cache: what is under a key is what the codec
// writes and nothing else. Its methods are safe for concurrent use, as far as those of its source are.
//
// Besides the errors that they name, methods return those of the codecs, ErrClosed, datatypes.ErrWrongType if a key
// holds no string, and, those that change something, datatypes.ErrOutOfMemory and datatypes.ErrTooLarge. What is no
// value of the type makes a *DecodeError.
type Map[K comparable, V any] struct {
	strings datatypes.Strings
	keys    datatypes.Keys
	names   namer[K]
	o       MapOptions[K, V]

	// Of a loader:
	stale    time.Duration // for how long entries are kept beyond their TTL
	negative bool          // there may be notFound in the place of values, the TTL of which no read is to change
}

// NewMap returns the map that lies in a source under the prefix of the options. It returns ErrOptions and
// ErrType.
func NewMap[K comparable, V any](src Source, o MapOptions[K, V]) (*Map[K, V], error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	names, err := newNamer(o.Prefix, o.Key)
	if err != nil {
		return nil, err
	}
	m := &Map[K, V]{strings: src.Strings(), keys: src.Keys(), names: names, o: o}
	if m.o.Value == nil {
		m.o.Value = defaultValue[V]()
	}
	m.o.Value, err = compiled(m.o.Value)
	return m, err
}

// In returns the same map in another source: inside of Update, in the transaction.
func (m *Map[K, V]) In(src Source) *Map[K, V] {
	other := *m
	other.strings, other.keys = src.Strings(), src.Keys()
	return &other
}

// Name returns what a key is called in the cache: for transactions, which declare the names of their keys, and
// for other doors.
func (m *Map[K, V]) Name(key K) (string, error) { return m.names.copyOf(key) }

// notFound is stored in the place of a value that was looked for and not found; see LoaderOptions.NotFoundTTL.
// No codec of this package writes it but for a string or bytes of just this content.
const notFound = "\x00larder: not found"

func isNotFound(b []byte) bool { return len(b) == len(notFound) && string(b) == notFound }

// Get returns the value of a key. It is GET, or GETEX with Sliding. O(1) beside the codec.
func (m *Map[K, V]) Get(key K) (value V, ok bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := m.names.name(sc, key)
	if err != nil {
		return value, false, err
	}
	if ok, err = m.read(sc, name); !ok || err != nil || isNotFound(sc.value) {
		return value, false, err
	}
	value, err = m.decode(name, sc.value)
	return value, err == nil, err
}

// read reads an encoding into the scratch space.
func (m *Map[K, V]) read(sc *scratch, name string) (ok bool, err error) {
	if m.o.Sliding && !m.negative {
		sc.value, ok, err = m.strings.AppendGetEx(sc.value[:0], name, datatypes.GetExOptions{TTL: m.slidingTTL(name)})
		return ok, err
	}
	sc.value, ok, err = m.strings.AppendGet(sc.value[:0], name)
	if ok && m.o.Sliding && !isNotFound(sc.value) {
		_, err = m.keys.Expire(name, m.slidingTTL(name), datatypes.ExpireAlways)
	}
	return ok, err
}

func (m *Map[K, V]) slidingTTL(name string) time.Duration { return m.jittered(name, m.o.TTL) }

func (m *Map[K, V]) decode(name string, b []byte) (V, error) {
	v, err := m.o.Value.Decode(b)
	if err != nil {
		return v, &DecodeError{string([]byte(name)), err}
	}
	return v, nil
}

// encode encodes a value in the scratch space.
func (m *Map[K, V]) encode(sc *scratch, value V) error {
	b, err := m.o.Value.AppendEncode(sc.value[:0], value)
	if err != nil {
		return err
	}
	sc.value = b
	if isNotFound(b) {
		return ErrReserved
	}
	return nil
}

// Has reports whether there is a value for a key. It does not count as a read for Sliding. It is EXISTS. O(1).
func (m *Map[K, V]) Has(key K) (bool, error) {
	sc := borrow()
	defer sc.release()
	name, err := m.names.name(sc, key)
	if err != nil {
		return false, err
	}
	if n, err := m.keys.Exists(name); n == 0 || err != nil {
		return false, err
	}
	sc.value, err = m.strings.AppendGetRange(sc.value[:0], name, 0, int64(len(notFound)))
	return !isNotFound(sc.value), err
}

// Set makes key have a value, for the TTL of the options. It is SET. O(1) beside the codec.
func (m *Map[K, V]) Set(key K, value V) error {
	_, err := m.SetWith(key, value, datatypes.SetOptions{})
	return err
}

// SetWith is Set with the options of Strings.Set, and reports whether their conditions let it. A TTL or a time
// in them, or KeepTTL, stands in place of the TTL of the map, without its jitter; a TTL of datatypes.NoTTL makes the
// entry live until it is deleted or evicted.
func (m *Map[K, V]) SetWith(key K, value V, o datatypes.SetOptions) (stored bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := m.names.name(sc, key)
	if err != nil {
		return false, err
	}
	if err := m.encode(sc, value); err != nil {
		return false, err
	}
	o = m.expiry(name, key, value, o)
	if o.IfAbsent || o.IfPresent {
		return m.setIf(name, sc.value, o)
	}
	return m.strings.Set(name, sc.value, o)
}

// setIf is Strings.Set that takes a value which was not found for absent.
func (m *Map[K, V]) setIf(name string, b []byte, o datatypes.SetOptions) (stored bool, err error) {
	if o.IfAbsent && o.IfPresent {
		return false, datatypes.ErrConflict
	}
	wanted := o.IfPresent
	o.IfAbsent, o.IfPresent = false, false
	err = m.strings.ComputeEx(name, func(old []byte, _ time.Duration, ok bool) ([]byte, datatypes.SetOptions, datatypes.Op) {
		if stored = (ok && !isNotFound(old)) == wanted; !stored {
			return nil, o, datatypes.OpCancel
		}
		return b, o, datatypes.OpSet
	})
	return stored && err == nil, err
}

// expiry completes the options of a write by when the entry expires.
func (m *Map[K, V]) expiry(name string, key K, value V, o datatypes.SetOptions) datatypes.SetOptions {
	switch {
	case o.KeepTTL:
	case o.TTL == datatypes.NoTTL:
		o.TTL = 0
	case o.TTL > 0:
		o.TTL += m.stale
	case !o.ExpireAt.IsZero():
		o.ExpireAt = o.ExpireAt.Add(m.stale)
	case o.TTL == 0:
		o.TTL = m.ttl(name, key, value)
	}
	return o
}

// ttl returns for how long an entry is kept, zero for ever.
func (m *Map[K, V]) ttl(name string, key K, value V) time.Duration {
	ttl := m.o.TTL
	if m.o.EntryTTL != nil {
		switch own := m.o.EntryTTL(key, value); {
		case own < 0:
			return 0
		case own > 0:
			ttl = own
		}
	}
	if ttl == 0 {
		return 0
	}
	return m.jittered(name, ttl) + m.stale
}

// jittered shortens a TTL by what is the key's share of the jitter.
func (m *Map[K, V]) jittered(name string, ttl time.Duration) time.Duration {
	if m.o.Jitter == 0 {
		return ttl
	}
	share := float64(xxh3.HashString(name)>>11) / (1 << 53)
	return max(ttl-time.Duration(float64(ttl)*m.o.Jitter*share), 1)
}

// Compute calls fn with the value of a key, or with ok false if there is none, and does what fn says, as one step. A
// value that is set keeps the expiry of the one it replaces, unless the map is Sliding; otherwise it gets the TTL
// that Set would give it. O(1) beside the codec.
//
// fn holds a lock of the cache: it must be quick and must not use the cache. Nothing is changed if it panics, or if the
// codec fails.
func (m *Map[K, V]) Compute(key K, fn func(old V, ok bool) (value V, op datatypes.Op)) error {
	sc := borrow()
	defer sc.release()
	name, err := m.names.name(sc, key)
	if err != nil {
		return err
	}
	var failed error
	err = m.strings.ComputeEx(name, func(b []byte, _ time.Duration, ok bool) ([]byte, datatypes.SetOptions, datatypes.Op) {
		var old V
		if ok = ok && !isNotFound(b); ok {
			if old, failed = m.decode(name, b); failed != nil {
				return nil, datatypes.SetOptions{}, datatypes.OpCancel
			}
		}
		value, op := fn(old, ok)
		if op != datatypes.OpSet {
			return nil, datatypes.SetOptions{}, op
		}
		if failed = m.encode(sc, value); failed != nil {
			return nil, datatypes.SetOptions{}, datatypes.OpCancel
		}
		if ok && !m.o.Sliding {
			return sc.value, datatypes.SetOptions{KeepTTL: true}, op
		}
		return sc.value, datatypes.SetOptions{TTL: m.ttl(name, key, value)}, op
	})
	if failed != nil {
		return failed
	}
	return err
}

// Delete deletes keys, one after the other, and returns how many were there. It is DEL. O(keys).
func (m *Map[K, V]) Delete(keys ...K) (deleted int, err error) { return m.names.del(m.keys, keys) }

// TTL returns how long the entry of a key has still to live, datatypes.NoTTL if it does not expire, and ok false if
// there is none. It is PTTL. O(1).
func (m *Map[K, V]) TTL(key K) (ttl time.Duration, ok bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := m.names.name(sc, key)
	if err != nil {
		return 0, false, err
	}
	sc.value, ttl, ok, err = m.strings.AppendGetTTL(sc.value[:0], name)
	switch {
	case !ok || err != nil || isNotFound(sc.value):
		return 0, false, err
	case ttl != datatypes.NoTTL:
		ttl -= m.stale
	}
	return ttl, true, nil
}

// Expire makes the entry of a key live for ttl from now, for ever if it is datatypes.NoTTL, and reports whether there
// is one. One of another ttl that is not positive is deleted. O(size of the value).
func (m *Map[K, V]) Expire(key K, ttl time.Duration) (ok bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := m.names.name(sc, key)
	if err != nil {
		return false, err
	}
	err = m.strings.ComputeEx(name, func(b []byte, _ time.Duration, there bool) ([]byte, datatypes.SetOptions, datatypes.Op) {
		ok = there && !isNotFound(b)
		switch {
		case !ok:
			return nil, datatypes.SetOptions{}, datatypes.OpCancel
		case ttl == datatypes.NoTTL:
			return b, datatypes.SetOptions{}, datatypes.OpSet
		case ttl <= 0:
			return nil, datatypes.SetOptions{}, datatypes.OpDelete
		}
		return b, datatypes.SetOptions{TTL: ttl + m.stale}, datatypes.OpSet
	})
	return ok && err == nil, err
}
