package typed

import (
	"fmt"
	"reflect"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// RecordOptions configure records. The zero value is usable for keys that are strings, numbers, booleans, or
// have text methods.
type RecordOptions[K comparable] struct {
	// Prefix is what the names of the records' keys in the cache begin with; see MapOptions.
	Prefix string

	// Key encodes keys. Nil stores strings as they are, numbers and booleans as Decimal, and other types as Text.
	Key Codec[K]

	// TTL is how long a record lives from when it is set, changes of single fields excepted. Zero is until it is
	// deleted or evicted.
	TTL time.Duration

	// Sliding makes every read of a record set its TTL again. A read then is a write to the cache.
	Sliding bool
}

// Records is a map of keys to structs, each kept as a hash with a field for each field of the struct, as any Redis
// client reads and writes it. Parts of a record can be read and changed by themselves.
//
// The field of the hash has the name of the struct's, or that of its tag: `larder:"name"`, or, for structs that are
// there for another client, `redis:"name"`; one with the name "-" is left out, as are unexported ones. Numbers are
// stored as decimal text, booleans as 1 and 0, strings and bytes as they are, types with text methods, such as
// time.Time, as their text. A pointer that is nil, and with the tag `larder:"name,omitempty"` a zero value, is stored
// as no field; a field of the hash that is missing is read as zero. With `larder:"name,json"` a field is stored as
// JSON, whatever its type. The fields of embedded structs are those of the struct itself. Fields of the hash that the
// struct does not have are ignored and stay.
//
// A record of which no field is there is none. Its methods are safe for concurrent use, as far as those of its source
// are. Besides the errors that they name, methods return ErrClosed, datatypes.ErrWrongType if a key holds no hash,
// *DecodeError, and, those that change something, datatypes.ErrOutOfMemory and datatypes.ErrTooLarge.
type Records[K comparable, V any] struct {
	hashes datatypes.Hashes
	keys   datatypes.Keys
	names  namer[K]
	o      RecordOptions[K]
	plan   *recordPlan
}

// NewRecords returns the records that lie in a source under the prefix of the options. It returns ErrType if V is no
// struct, or has a field of another type than those that can be stored, and ErrOptions.
func NewRecords[K comparable, V any](src Source, o RecordOptions[K]) (*Records[K, V], error) {
	if o.TTL < 0 || o.Sliding && o.TTL == 0 {
		return nil, fmt.Errorf("%w: TTL is %v, Sliding %v", ErrOptions, o.TTL, o.Sliding)
	}
	names, err := newNamer(o.Prefix, o.Key)
	if err != nil {
		return nil, err
	}
	plan, err := newRecordPlan(reflect.TypeFor[V]())
	if err != nil {
		return nil, err
	}
	return &Records[K, V]{src.Hashes(), src.Keys(), names, o, plan}, nil
}

// In returns the same records in another source: inside of Update, in the transaction.
func (r *Records[K, V]) In(src Source) *Records[K, V] {
	other := *r
	other.hashes, other.keys = src.Hashes(), src.Keys()
	return &other
}

// Name returns what a key is called in the cache.
func (r *Records[K, V]) Name(key K) (string, error) { return r.names.copyOf(key) }

// Get returns a record; its fields are of one moment. It is HMGET. O(fields).
func (r *Records[K, V]) Get(key K) (value V, ok bool, err error) {
	return r.read(key, r.plan.all, r.plan.names)
}

// GetFields is Get of some fields of the hash; the others are zero. It returns ErrNoField for one that the struct
// does not have, and ok false if the record has none of them.
func (r *Records[K, V]) GetFields(key K, fields ...string) (value V, ok bool, err error) {
	picked, err := r.plan.pick(fields)
	if err != nil {
		return value, false, err
	}
	return r.read(key, picked, fields)
}

func (r *Records[K, V]) read(key K, fields []*recordField, names []string) (value V, ok bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return value, false, err
	}
	if err := r.hashes.GetBatch(name, names, &sc.batch); err != nil {
		return value, false, err
	}
	if ok, err = decodeRecord(fields, reflect.ValueOf(&value).Elem(), &sc.batch); err != nil {
		var none V
		return none, false, &DecodeError{string([]byte(name)), err}
	}
	if ok && r.o.Sliding {
		_, err = r.keys.Expire(name, r.o.TTL, datatypes.ExpireAlways)
	}
	return value, ok, err
}

// Has reports whether there is a record, or a hash of other fields. It is EXISTS. O(1).
func (r *Records[K, V]) Has(key K) (bool, error) {
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return false, err
	}
	n, err := r.keys.Exists(name)
	return n > 0, err
}

// Set makes key have a record, for the TTL of the options, as one step. It is HSET, HDEL of what is stored as no
// field, and PEXPIRE. O(fields).
func (r *Records[K, V]) Set(key K, value V) error {
	return r.set(key, value, r.plan.all, func(bool) time.Duration { return r.fullTTL() })
}

// fullTTL is the TTL of a record that is set as a whole.
func (r *Records[K, V]) fullTTL() time.Duration {
	if r.o.TTL == 0 {
		return datatypes.NoTTL
	}
	return r.o.TTL
}

// SetFields is Set of some fields of the hash, named as they are there; what value has in others is ignored. The
// others stay, and so does the expiry, unless there was no record. It returns ErrNoField.
func (r *Records[K, V]) SetFields(key K, value V, fields ...string) error {
	picked, err := r.plan.pick(fields)
	if err != nil {
		return err
	}
	return r.set(key, value, picked, r.partTTL)
}

// partTTL is the TTL that a change of a record gives it.
func (r *Records[K, V]) partTTL(exists bool) time.Duration {
	if exists && !r.o.Sliding {
		return 0
	}
	return r.o.TTL
}

func (r *Records[K, V]) set(key K, value V, fields []*recordField, ttl func(exists bool) time.Duration) error {
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return err
	}
	patch, err := encodeRecord(fields, reflect.ValueOf(&value).Elem(), sc)
	if err != nil {
		return err
	}
	return r.hashes.Compute(name, nil, &sc.batch, func(exists bool) (datatypes.HashPatch, error) {
		patch.TTL = ttl(exists)
		return patch, nil
	})
}

// Update calls fn with a record, or with ok false if there is none, and does what fn says, as one step. With OpSet,
// the fields that differ are set, or deleted; the expiry stays, unless there was no record. O(fields).
//
// fn holds a lock of the cache: it must be quick and must not use the cache. It may be called again. Nothing is
// changed if it panics.
func (r *Records[K, V]) Update(key K, fn func(old V, ok bool) (value V, op datatypes.Op)) error {
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return err
	}
	return r.hashes.Compute(name, r.plan.names, &sc.batch, func(exists bool) (datatypes.HashPatch, error) {
		var old V
		ok, err := decodeRecord(r.plan.all, reflect.ValueOf(&old).Elem(), &sc.batch)
		if err != nil {
			return datatypes.HashPatch{}, &DecodeError{string([]byte(name)), err}
		}
		value, op := fn(old, ok)
		switch op {
		case datatypes.OpSet:
			patch, err := encodeRecord(r.plan.all, reflect.ValueOf(&value).Elem(), sc)
			dropSame(&patch, r.plan.names, &sc.batch)
			patch.TTL = r.partTTL(exists)
			return patch, err
		case datatypes.OpDelete:
			return datatypes.HashPatch{Remove: true}, nil
		}
		return datatypes.HashPatch{}, nil
	})
}

// IncrBy adds delta to a field of the hash that is an integer, zero if it is not there, and returns the result. The
// expiry stays, unless there was no record. It is HINCRBY. O(1).
//
// It returns ErrNoField, ErrType if the field is no integer, datatypes.ErrFieldNotInteger if what is there is none,
// and datatypes.ErrOverflow if the field's type does not hold the result, all without effect.
func (r *Records[K, V]) IncrBy(key K, field string, delta int64) (n int64, err error) {
	picked, err := r.plan.pick([]string{field})
	if err != nil {
		return 0, err
	}
	if !picked[0].integer() {
		return 0, fmt.Errorf("%w: field %s is no integer", ErrType, field)
	}
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return 0, err
	}
	err = r.hashes.Compute(name, []string{field}, &sc.batch, func(exists bool) (datatypes.HashPatch, error) {
		text, ok := sc.batch.Value(0)
		sc.value, n, err = picked[0].add(sc.value[:0], text, ok, delta)
		return datatypes.HashPatch{Set: []datatypes.Field{{Name: field, Value: sc.value}}, TTL: r.partTTL(exists)}, err
	})
	return n, err
}

// Delete deletes records, one after the other, with all fields that they have, and returns how many were there. It is
// DEL. O(keys).
func (r *Records[K, V]) Delete(keys ...K) (deleted int, err error) { return r.names.del(r.keys, keys) }

// TTL returns how long a record has still to live, datatypes.NoTTL if it does not expire, and ok false if there is
// none. It is PTTL. O(1).
func (r *Records[K, V]) TTL(key K) (ttl time.Duration, ok bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return 0, false, err
	}
	return r.keys.TTL(name)
}

// Expire makes a record live for ttl from now, for ever if it is datatypes.NoTTL, and reports whether there is one.
// One of another ttl that is not positive is deleted. It is PEXPIRE and PERSIST. O(1).
func (r *Records[K, V]) Expire(key K, ttl time.Duration) (ok bool, err error) {
	sc := borrow()
	defer sc.release()
	name, err := r.names.name(sc, key)
	if err != nil {
		return false, err
	}
	if ttl != datatypes.NoTTL {
		return r.keys.Expire(name, ttl, datatypes.ExpireAlways)
	}
	if _, err := r.keys.Persist(name); err != nil {
		return false, err
	}
	n, err := r.keys.Exists(name)
	return n > 0, err
}
