package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// Item is a key and its value.
type Item struct {
	Key   string
	Value []byte
}

// MGet appends the values of keys to dst, nil for a key that does not exist or
// holds no string. All are of one moment. It is MGET. O(keys).
func (st Strings) MGet(dst [][]byte, keys ...string) ([][]byte, error) {
	b := Batch{batch: keyspace.Batch{Atomic: true}}
	if err := st.view.ReadBatch(keys, &b.batch); err != nil {
		return dst, err
	}
	for i := range keys {
		v, ok := b.Value(i)
		if ok && v == nil {
			v = []byte{}
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// MSet sets all items at once: nobody sees some of them set and others not.
// Expiries are removed. Of items with the same key the last one counts. It is MSET. O(items).
func (st Strings) MSet(items ...Item) error {
	_, err := st.mset(items, false)
	return err
}

// MSetNX is MSet that does nothing if one of the keys exists, and reports
// whether it set them. It is MSETNX. O(items).
func (st Strings) MSetNX(items ...Item) (bool, error) { return st.mset(items, true) }

func (st Strings) mset(items []Item, ifAbsent bool) (bool, error) {
	keys, size := make([]string, len(items)), 0
	for i, item := range items {
		keys[i] = item.Key
		size += len(item.Value)
		if len(item.Key) > keyspace.MaxSize || len(item.Value) > keyspace.MaxSize {
			return false, ErrTooLarge
		}
	}
	if err := st.view.TakeTimeFor(size); err != nil {
		return false, err
	}
	tx, err := st.view.Begin(keys...)
	if err != nil {
		return false, err
	}
	defer tx.End()
	v := tx.View(st.view)
	if ifAbsent {
		if n, err := forEach(v, keys, findKey); n > 0 || err != nil {
			return false, err
		}
	}
	if err := tx.Reserve(v, keys, func(i int) int { return len(items[i].Value) }); err != nil {
		return false, err
	}
	for _, item := range items {
		if err := setItem(v, item, &SetOptions{}); err != nil {
			return false, err
		}
	}
	return true, nil
}

func setItem(v keyspace.View, item Item, o *SetOptions) error {
	var s keyspace.Slot
	if err := s.Lock(v, item.Key); err != nil {
		return err
	}
	defer s.Unlock()
	_, err := set(&s, item.Value, o)
	return err
}

// Batch holds the values that GetBatch read. Reuse it from call to call: its
// buffers grow to what is needed, and reads stop allocating. The zero value is ready for
// use. It must not be used by two goroutines at once.
type Batch struct{ batch keyspace.Batch }

// Cap returns how many bytes of values the batch has memory for.
func (b *Batch) Cap() int { return cap(b.batch.Buffer()) }

// Len returns the number of keys of the last read.
func (b *Batch) Len() int { return b.batch.Len() }

// Value returns the value of key i, which stays valid until the next read, and
// whether the key holds a string.
func (b *Batch) Value(i int) (value []byte, ok bool) { return b.batch.Value(i) }

// GetBatch reads many keys into b. It is several times as fast per key as Get
// where values are out of the processor's cache, because the cache misses of up to 64
// keys overlap. Each value is consistent by itself; use MGet for values of one moment.
// O(keys).
func (st Strings) GetBatch(keys []string, b *Batch) error {
	b.batch.Atomic = false
	return st.view.ReadBatch(keys, &b.batch)
}

// MGetBatch is MGet into a batch: all values are of one moment. O(keys).
func (st Strings) MGetBatch(keys []string, b *Batch) error {
	b.batch.Atomic = true
	return st.view.ReadBatch(keys, &b.batch)
}

// SetBatch sets many items, each as Set does; the cache misses of neighbouring
// items overlap. It stops at the first error, the items before which are set. Use MSet to
// set all at once. O(items).
func (st Strings) SetBatch(items []Item, o SetOptions) error {
	if o.conflict() {
		return ErrConflict
	}
	var keys [batchKeys]string
	var b keyspace.Batch
	for len(items) > 0 {
		n := min(len(items), batchKeys)
		for i, item := range items[:n] {
			keys[i] = item.Key
		}
		st.view.Prefetch(keys[:n], &b)
		for _, item := range items[:n] {
			if _, err := st.Set(item.Key, item.Value, o); err != nil {
				return err
			}
		}
		items = items[n:]
	}
	return nil
}

// batchKeys is how many items SetBatch prefetches together.
const batchKeys = 32

// Prefetch brings the entries of keys, of the first 64 at most, into the
// processor's cache, with their cache misses overlapping, for operations on them that
// follow at once. It is what the server does with the commands of a pipeline. b is
// scratch space. O(keys).
func (k Keys) Prefetch(keys []string, b *Batch) { k.view.Prefetch(keys, &b.batch) }
