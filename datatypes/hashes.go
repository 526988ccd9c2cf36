package datatypes

import (
	"cmp"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/chunked"
	"github.com/larderkv/larder/internal/keyspace"
)

// Hashes is the store of hashes: each maps fields to values, both byte
// sequences of up to 512 MiB. A field may have an expiry of its own; what has expired is
// neither returned nor counted by anything.
//
// Small hashes are kept dense, in one block of memory with their key, in which a field is
// found by looking at all of them; large ones have a table. Costs are given for large ones.
//
// A hash whose last field goes is deleted with its key. Like the other stores it is a small value
// whose methods are safe for concurrent use and keep no reference to their arguments. Besides the errors that
// they name all return ErrWrongType if the key holds something else, and ErrClosed, and those that
// change something ErrOutOfMemory.
type Hashes struct{ view keyspace.View }

// NewHashes returns the store of the hashes that v shows.
func NewHashes(v keyspace.View) Hashes { return Hashes{v} }

// Field is a field of a hash and its value.
type Field struct {
	Name  string
	Value []byte
}

// read locks a key to read its hash.
func (st Hashes) read(s *keyspace.Slot, key string) (h hashValue, err error) {
	if err = s.Lock(st.view, key); err != nil {
		return h, err
	}
	if err = h.open(s); err == nil {
		s.Touch()
	}
	return h, err
}

// change locks a key to change its hash, which will take up to need more bytes.
func (st Hashes) change(s *keyspace.Slot, key string, need int) (h hashValue, err error) {
	if err = lockGrow(s, st.view, key, need); err != nil {
		return h, err
	}
	err = h.open(s)
	return h, err
}

// reduce locks a key to change its hash, which will not take more bytes.
func (st Hashes) reduce(s *keyspace.Slot, key string) (h hashValue, err error) {
	if err = s.Lock(st.view, key); err != nil {
		return h, err
	}
	err = h.open(s)
	return h, err
}

// open loads the hash of a locked slot, which it unlocks if that holds something
// else.
func (h *hashValue) open(s *keyspace.Slot) error {
	if err := s.Is(keyspace.Hash); err != nil {
		s.Unlock()
		return err
	}
	h.load(s)
	return nil
}

// Set sets fields, which lose the expiry that they had, and returns how many of them
// are new. Of fields of the same name the last one counts. It is HSET and HMSET. O(fields).
//
// It returns ErrTooLarge.
func (st Hashes) Set(key string, fields ...Field) (added int, err error) {
	w := hashWrite{fields: fields}
	if err := w.measure(); err != nil || len(fields) == 0 {
		return 0, err
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, w.need)
	if err != nil {
		return 0, err
	}
	defer s.Unlock()
	if err := h.set(&s, &w, hashLimitsOf(st.view)); err != nil {
		return 0, err
	}
	s.Notify(keyspace.ClassHash, "hset")
	return w.added, nil
}

// SetIfAbsent sets a field if the hash does not have it yet, and reports whether it
// did. It is HSETNX. O(1).
//
// It returns ErrTooLarge.
func (st Hashes) SetIfAbsent(key, field string, value []byte) (set bool, err error) {
	fields := [1]Field{{field, value}}
	w := hashWrite{fields: fields[:]}
	if err := w.measure(); err != nil {
		return false, err
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, w.need)
	if err != nil {
		return false, err
	}
	defer s.Unlock()
	if _, ok := h.get(field); ok {
		return false, nil
	}
	if err := h.set(&s, &w, hashLimitsOf(st.view)); err != nil {
		return false, err
	}
	s.Notify(keyspace.ClassHash, "hset")
	return true, nil
}

// Get returns a copy of a field's value. It is HGET. O(1).
func (st Hashes) Get(key, field string) (value []byte, ok bool, err error) {
	value, ok, err = st.AppendGet(nil, key, field)
	if ok && value == nil {
		value = []byte{}
	}
	return value, ok, err
}

// AppendGet is Get that appends the value to dst and returns the extended slice. It
// allocates only if dst has too little room.
func (st Hashes) AppendGet(dst []byte, key, field string) (_ []byte, ok bool, err error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	v, ok := h.get(field)
	if !ok {
		return dst, false, nil
	}
	if err := st.view.TakeTimeFor(v.Len()); err != nil {
		return dst, false, err
	}
	return appendElement(dst, v), true, nil
}

// GetMany appends the values of fields to dst, nil for one that the hash does not
// have. All are of one moment. It is HMGET. O(fields); the cache misses of fields of a large
// hash overlap.
func (st Hashes) GetMany(dst [][]byte, key string, fields ...string) ([][]byte, error) {
	var b Batch
	if err := st.GetBatch(key, fields, &b); err != nil {
		return dst, err
	}
	return b.appendCopies(dst), nil
}

// GetBatch is GetMany into a batch, whose value i is that of field i.
func (st Hashes) GetBatch(key string, fields []string, b *Batch) error {
	b.batch.Clear()
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return err
	}
	defer s.Unlock()
	h.getMany(fields, func(value encoding.Element, ok bool) {
		if err = cmp.Or(err, st.view.TakeTimeFor(len(b.batch.Buffer())+value.Len())); err == nil {
			b.add(value, ok)
		}
	})
	return err
}

// add appends a value, or that there is none.
func (b *Batch) add(value encoding.Element, ok bool) {
	if !ok {
		b.batch.Add(b.batch.Buffer(), false)
		return
	}
	b.batch.Add(appendElement(b.batch.Buffer(), value), true)
}

// appendElement is encoding.Element.Append for elements that may be long.
func appendElement(dst []byte, e encoding.Element) []byte {
	if text, ok := e.Text(); ok {
		return chunked.Append(dst, text)
	}
	return e.Append(dst)
}

// addText appends a text as a value.
func (b *Batch) addText(text string) { b.batch.Add(append(b.batch.Buffer(), text...), true) }

// appendCopies appends the values to dst, nil for what there is not.
func (b *Batch) appendCopies(dst [][]byte) [][]byte {
	for i := range b.Len() {
		v, ok := b.Value(i)
		if ok {
			v = append([]byte{}, v...)
		}
		dst = append(dst, v)
	}
	return dst
}

// Len returns the number of fields, zero if the key does not exist. It is HLEN. O(1).
func (st Hashes) Len(key string) (int, error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return 0, err
	}
	defer s.Unlock()
	return h.len(), nil
}

// ValueLen returns the length of a field's value in bytes, zero if the hash does not have
// the field. It is HSTRLEN. O(1).
func (st Hashes) ValueLen(key, field string) (int, error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return 0, err
	}
	defer s.Unlock()
	v, _ := h.get(field)
	return v.Len(), nil
}

// Exists reports whether the hash has a field. It is HEXISTS. O(1).
func (st Hashes) Exists(key, field string) (bool, error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return false, err
	}
	defer s.Unlock()
	_, ok := h.get(field)
	return ok, nil
}

// Delete deletes fields and returns how many of them there were. It is HDEL. O(fields).
func (st Hashes) Delete(key string, fields ...string) (deleted int, err error) {
	var s keyspace.Slot
	h, err := st.reduce(&s, key)
	if err != nil {
		return 0, err
	}
	defer s.Unlock()
	deleted, err = h.remove(&s, fields)
	notifyRemoved(&s, "hdel", deleted)
	return deleted, err
}

// GetDel is GetMany that also deletes the fields. It is HGETDEL. O(fields).
func (st Hashes) GetDel(dst [][]byte, key string, fields ...string) ([][]byte, error) {
	var b Batch
	if err := st.GetDelBatch(key, fields, &b); err != nil {
		return dst, err
	}
	return b.appendCopies(dst), nil
}

// GetDelBatch is GetDel into a batch, whose value i is that of field i.
func (st Hashes) GetDelBatch(key string, fields []string, b *Batch) error {
	return st.take(key, fields, "hdel", b)
}

// take reads fields into a batch and deletes them, which event announces.
func (st Hashes) take(key string, fields []string, event string, b *Batch) error {
	b.batch.Clear()
	var s keyspace.Slot
	h, err := st.reduce(&s, key)
	if err != nil {
		return err
	}
	defer s.Unlock()
	s.Touch()
	removed, err := h.removeEach(&s, fields, b.add)
	notifyRemoved(&s, event, removed)
	return err
}

// notifyRemoved announces that n fields were deleted, and the key if it went with
// the last of them.
func notifyRemoved(s *keyspace.Slot, event string, n int) {
	if n == 0 {
		return
	}
	s.Notify(keyspace.ClassHash, event)
	if !s.Exists() {
		s.Notify(keyspace.ClassGeneric, "del")
	}
}
