package resptest

import (
	"slices"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// Database is a numbered database, with shorthands for what tests do most. For all else there
// are the typed stores, of which it has the methods too.
type Database struct{ larder.DB }

// Set makes a key hold a string.
func (db Database) Set(key, value string) error {
	_, err := db.Strings().Set(key, []byte(value), datatypes.SetOptions{})
	return err
}

// Get returns the string that a key holds, or ErrKeyNotFound.
func (db Database) Get(key string) (string, error) {
	v, ok, err := db.Strings().Get(key)
	return string(v), orNotFound(ok, err)
}

// orNotFound is the error of a reading that found something or not.
func orNotFound(ok bool, err error) error {
	if err == nil && !ok {
		return ErrKeyNotFound
	}
	return err
}

// Incr adds to the integer that a key holds and returns the sum.
func (db Database) Incr(key string, delta int) (int, error) {
	n, err := db.Strings().IncrBy(key, int64(delta))
	return int(n), err
}

// IncrByFloat adds to the number that a key holds and returns the sum.
func (db Database) IncrByFloat(key string, delta float64) (float64, error) {
	return db.Strings().IncrByFloat(key, delta)
}

// Incrfloat is IncrByFloat.
func (db Database) Incrfloat(key string, delta float64) (float64, error) {
	return db.IncrByFloat(key, delta)
}

// Exists reports whether a key exists.
func (db Database) Exists(key string) bool {
	n, err := db.DB.Keys().Exists(key)
	must(err)
	return n > 0
}

// Del deletes a key and reports whether it existed.
func (db Database) Del(key string) bool {
	n, err := db.DB.Keys().Del(key)
	must(err)
	return n > 0
}

// Unlink is Del.
func (db Database) Unlink(key string) bool { return db.Del(key) }

// Type returns the name of a key's type, the empty string for a key that does not exist.
func (db Database) Type(key string) string {
	t, ok, err := db.DB.Keys().Type(key)
	must(err)
	if !ok {
		return ""
	}
	return t.String()
}

// TTL returns how long a key has still to live, zero if it does not exist or does not expire.
func (db Database) TTL(key string) time.Duration {
	ttl, ok, err := db.DB.Keys().TTL(key)
	must(err)
	if !ok || ttl == datatypes.NoTTL {
		return 0
	}
	return ttl
}

// SetTTL makes a key expire after ttl; zero or less makes it live for ever.
func (db Database) SetTTL(key string, ttl time.Duration) {
	var err error
	if ttl > 0 {
		_, err = db.DB.Keys().Expire(key, ttl, datatypes.ExpireAlways)
	} else {
		_, err = db.DB.Keys().Persist(key)
	}
	must(err)
}

// Keys returns all keys in order.
func (db Database) Keys() []string { return slices.Sorted(db.DB.Keys().All()) }

// FlushDB deletes all keys.
func (db Database) FlushDB() { must(db.DB.Keys().Flush()) }
