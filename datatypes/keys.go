package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// Type is the data type of a key's value.
type Type = keyspace.Type

// The types. Their texts are those of the TYPE command.
const (
	TypeString    = keyspace.String
	TypeList      = keyspace.List
	TypeSet       = keyspace.Set
	TypeSortedSet = keyspace.SortedSet
	TypeHash      = keyspace.Hash
)

// Keys has the operations on keys whatever their type. Like the typed stores it
// is a small value whose methods are safe for concurrent use, and all of them return
// ErrClosed after Close.
type Keys struct{ view keyspace.View }

// NewKeys returns the key operations on what v shows.
func NewKeys(v keyspace.View) Keys { return Keys{v} }

// Now returns the time by the cache's clock, which is what expiries are counted by. It is TIME.
func (k Keys) Now() time.Time { return k.view.Keyspace().Now() }

// within runs fn with the shards of keys locked.
func within(v keyspace.View, keys []string, fn func(keyspace.View) error) error {
	tx, err := v.Begin(keys...)
	if err != nil {
		return err
	}
	defer tx.End()
	return fn(tx.View(v))
}

// keyOp is what forEach does with a key that exists. It is no function, since a
// slot that is passed to one would be allocated.
type keyOp uint8

const (
	findKey keyOp = iota
	lookKey
	touchKey
	deleteKey
)

// forEach returns how many of the keys exist and does op with each of those.
func forEach(v keyspace.View, keys []string, op keyOp) (n int, err error) {
	for _, key := range keys {
		var s keyspace.Slot
		if err := s.Lock(v, key); err != nil {
			return n, err
		}
		if s.Exists() {
			n++
		}
		switch op {
		case lookKey:
			s.Look()
		case touchKey:
			s.Touch()
		case deleteKey:
			deleteSlot(&s)
		}
		s.Unlock()
	}
	return n, nil
}

func deleteSlot(s *keyspace.Slot) {
	if !s.Exists() {
		s.DeleteNothing()
		return
	}
	s.Delete()
	s.Notify(keyspace.ClassGeneric, "del")
}

// atomically is forEach for a command that is atomic over its keys.
func (k Keys) atomically(keys []string, op keyOp) (int, error) {
	if len(keys) == 1 {
		return forEach(k.view, keys, op)
	}
	tx, err := k.view.Begin(keys...)
	if err != nil {
		return 0, err
	}
	defer tx.End()
	return forEach(tx.View(k.view), keys, op)
}

// Del deletes keys, all at once, and returns how many existed. The memory of
// large collections is freed in the background. It is DEL. O(keys).
func (k Keys) Del(keys ...string) (int, error) { return k.atomically(keys, deleteKey) }

// Unlink is Del, which never waits for memory to be freed either. It is UNLINK. O(keys).
func (k Keys) Unlink(keys ...string) (int, error) { return k.Del(keys...) }

// Exists returns how many of the keys exist; one that is given twice counts
// twice. It is EXISTS. O(keys).
func (k Keys) Exists(keys ...string) (int, error) { return k.atomically(keys, lookKey) }

// Touch counts as a read of the keys for eviction and returns how many exist. It is
// TOUCH. O(keys).
func (k Keys) Touch(keys ...string) (int, error) { return k.atomically(keys, touchKey) }

// Type returns the type of the key's value, with ok false if the key does not
// exist. It is TYPE. O(1).
func (k Keys) Type(key string) (t Type, ok bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(k.view, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	s.Look()
	return s.Type(), s.Exists(), nil
}

// Rename gives a key another name, replacing what the other name held. Value and
// expiry stay. It is RENAME. O(1) where both names are in one shard, as those with the same
// {tag} are; else O(size of the value).
//
// It returns ErrNoSuchKey if from does not exist.
func (k Keys) Rename(from, to string) error {
	_, err := k.rename(from, to, true)
	return err
}

// RenameNX is Rename that does nothing, and returns false, if the other name
// exists. It is RENAMENX.
func (k Keys) RenameNX(from, to string) (bool, error) { return k.rename(from, to, false) }

func (k Keys) rename(from, to string, replace bool) (renamed bool, err error) {
	long := false
	err = within(k.view, []string{from, to}, func(v keyspace.View) error {
		renamed, long, err = rename(v, from, to, replace)
		return err
	})
	if !long {
		return renamed, err
	}
	return k.copyLong(&copying{from: from, to: to, db: k.view.DB(), replace: replace, move: true})
}

// rename renames a key, unless it has a value that takes long to move.
func rename(v keyspace.View, from, to string, replace bool) (renamed, long bool, err error) {
	var src, dst keyspace.Slot
	if err := src.Lock(v, from); err != nil {
		return false, false, err
	}
	defer src.Unlock()
	if !src.Exists() {
		return false, false, ErrNoSuchKey
	}
	if err := dst.Lock(v, to); err != nil {
		return false, false, err
	}
	defer dst.Unlock()
	if !replace && dst.Exists() {
		return false, false, nil
	}
	if from == to {
		return true, false, nil
	}
	if !src.MovesAtOnce(&dst) {
		return false, true, nil
	}
	replaced := dst.Exists()
	if err := src.MoveTo(&dst); err != nil {
		return false, false, err
	}
	notifyRenamed(&src, &dst, replaced)
	return true, false, nil
}

func notifyRenamed(src, dst *keyspace.Slot, replaced bool) {
	if replaced {
		dst.Notify(keyspace.ClassNew, "new")
	}
	src.Notify(keyspace.ClassGeneric, "rename_from")
	dst.Notify(keyspace.ClassGeneric, "rename_to")
}

// CopyOptions are the options of Copy.
type CopyOptions struct {
	DB      *int // the database of the destination; nil: the same
	Replace bool // replace what the destination holds
}

// Copy makes key to hold a copy of the value and the expiry of key from. It
// returns false if from does not exist, or if to does and is not to be replaced. It is COPY.
// O(size of the value).
//
// It returns ErrSameObject, ErrInvalidDB and ErrOutOfMemory.
func (k Keys) Copy(from, to string, o CopyOptions) (copied bool, err error) {
	target := k.view
	if o.DB != nil {
		if target, err = k.view.In(*o.DB); err != nil {
			return false, err
		}
	}
	if from == to && target.DB() == k.view.DB() {
		return false, ErrSameObject
	}
	long := false
	err = within(k.view, []string{from, to}, func(v keyspace.View) error {
		dv, _ := v.In(target.DB())
		copied, long, err = copyKey(v, dv, from, to, o.Replace)
		return err
	})
	if !long {
		return copied, err
	}
	return k.copyLong(&copying{from: from, to: to, db: target.DB(), replace: o.Replace})
}

// copyKey copies a key of one view to one of another, unless it has a value that takes long to copy.
func copyKey(v, dv keyspace.View, from, to string, replace bool) (copied, long bool, err error) {
	var src, dst keyspace.Slot
	if err := dst.Lock(dv, to); err != nil {
		return false, false, err
	}
	defer dst.Unlock()
	if err := src.Lock(v, from); err != nil {
		return false, false, err
	}
	defer src.Unlock()
	if !src.Exists() || dst.Exists() && !replace {
		return false, false, nil
	}
	if !src.CopiesAtOnce() {
		return false, true, nil
	}
	if err := dst.Grow(src.MemoryUsage()); err != nil {
		return false, false, err
	}
	if !src.Exists() {
		return false, false, nil // evicted to make room
	}
	replaced := dst.Exists()
	if err := src.CopyTo(&dst, src.ExpireAt()); err != nil {
		return false, false, err
	}
	notifyCopied(&dst, replaced)
	return true, false, nil
}

func notifyCopied(dst *keyspace.Slot, replaced bool) {
	if replaced {
		dst.Notify(keyspace.ClassNew, "new")
	}
	dst.Notify(keyspace.ClassGeneric, "copy_to")
}

// Move moves a key to another database. It returns false if it does not exist
// here or does exist there. It is MOVE. O(1) for strings and collections alike.
//
// It returns ErrSameObject if db is the store's own, and ErrInvalidDB.
func (k Keys) Move(key string, db int) (moved bool, err error) {
	target, err := k.view.In(db)
	if err != nil {
		return false, err
	}
	if target.DB() == k.view.DB() {
		return false, ErrSameObject
	}
	err = within(k.view, []string{key}, func(v keyspace.View) error {
		dv, _ := v.In(db)
		var src, dst keyspace.Slot
		if err := src.Lock(v, key); err != nil {
			return err
		}
		defer src.Unlock()
		if err := dst.Lock(dv, key); err != nil {
			return err
		}
		defer dst.Unlock()
		if !src.Exists() || dst.Exists() {
			return nil
		}
		if err := src.MoveTo(&dst); err != nil {
			return err
		}
		moved = true
		src.Notify(keyspace.ClassGeneric, "move_from")
		dst.Notify(keyspace.ClassGeneric, "move_to")
		return nil
	})
	return moved, err
}

// Len returns the number of keys in the database. Keys that expired count
// until they are met. It is DBSIZE. O(shards).
func (k Keys) Len() (int, error) {
	n, _, err := k.view.Len()
	return n, err
}

// Flush deletes all keys of the database. It returns when their memory is
// free; other operations get their turn meanwhile. It is FLUSHDB. O(keys).
func (k Keys) Flush() error { return k.view.Flush(false) }

// FlushAsync is Flush that leaves freeing the memory to the background. It is
// FLUSHDB ASYNC. O(shards).
func (k Keys) FlushAsync() error { return k.view.Flush(true) }

// FlushAll deletes all keys of all databases at one moment and returns when their
// memory is free. It is FLUSHALL. O(keys).
func (k Keys) FlushAll() error { return k.view.FlushAll(false) }

// FlushAllAsync is FlushAll that leaves freeing the memory to the background. It is FLUSHALL
// ASYNC. O(databases × shards).
func (k Keys) FlushAllAsync() error { return k.view.FlushAll(true) }

// SwapDB exchanges the contents of two databases at one moment. It is SWAPDB.
// O(shards). It returns ErrInvalidDB.
func (k Keys) SwapDB(a, b int) error { return k.view.SwapDB(a, b) }

// Random returns a key, every one with the same probability, with ok false if the
// database is empty. It is RANDOMKEY. O(shards) expected.
func (k Keys) Random() (key string, ok bool, err error) { return k.view.Random() }

// inspect locks a key that exists, and counts that as a lookup but as no use. Otherwise nothing is locked.
func (k Keys) inspect(s *keyspace.Slot, key string) (ok bool, err error) {
	if err := s.Lock(k.view, key); err != nil {
		return false, err
	}
	s.Inspect()
	if !s.Exists() {
		s.Unlock()
		return false, nil
	}
	return true, nil
}

// Encoding returns the name of the representation of the key's value. It is
// OBJECT ENCODING. O(1).
func (k Keys) Encoding(key string) (name string, ok bool, err error) {
	var s keyspace.Slot
	if ok, err := k.inspect(&s, key); !ok {
		return "", false, err
	}
	defer s.Unlock()
	return s.EncodingName(), true, nil
}

// Freq returns the access frequency of a key, on Redis' logarithmic scale of 0 to 255, as
// the policy estimates it. It is OBJECT FREQ. O(1).
func (k Keys) Freq(key string) (freq int, ok bool, err error) {
	var s keyspace.Slot
	if ok, err := k.inspect(&s, key); !ok {
		return 0, false, err
	}
	defer s.Unlock()
	return s.Freq(), true, nil
}

// IdleTime returns for how long a key was not used, as exactly as the eviction policy
// knows it. It is OBJECT IDLETIME. O(1).
func (k Keys) IdleTime(key string) (idle time.Duration, ok bool, err error) {
	var s keyspace.Slot
	if ok, err := k.inspect(&s, key); !ok {
		return 0, false, err
	}
	defer s.Unlock()
	return s.IdleTime(), true, nil
}

// RefCount returns 1 for a key that exists: values are never shared. It is
// OBJECT REFCOUNT. O(1).
func (k Keys) RefCount(key string) (n int, ok bool, err error) {
	var s keyspace.Slot
	if ok, err := k.inspect(&s, key); !ok {
		return 0, false, err
	}
	defer s.Unlock()
	return 1, true, nil
}

// MemoryUsage returns the bytes of memory that a key takes: its entry and all
// that belongs to the value, as the allocator counts them, and its share of the table. It is
// MEMORY USAGE. O(1) for strings.
func (k Keys) MemoryUsage(key string) (bytes int, ok bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(k.view, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	if !s.Exists() {
		return 0, false, nil
	}
	return s.MemoryUsage(), true, nil
}
