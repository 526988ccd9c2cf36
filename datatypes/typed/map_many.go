package typed

import (
	"iter"

	"github.com/larderkv/larder/datatypes"
)

// GetMany returns the values of those of the keys that have one. Cache misses of the keys overlap, except with
// Sliding. Each value is consistent by itself: use In to read several of one moment. O(keys).
func (m *Map[K, V]) GetMany(keys ...K) (map[K]V, error) {
	if m.o.Sliding {
		return m.getEach(keys)
	}
	sc := borrow()
	defer sc.release()
	names, err := m.copies(keys)
	if err != nil {
		return nil, err
	}
	if err := m.strings.GetBatch(names, &sc.batch); err != nil {
		return nil, err
	}
	values := make(map[K]V, len(keys))
	for i, key := range keys {
		b, ok := sc.batch.Value(i)
		if !ok || isNotFound(b) {
			continue
		}
		if values[key], err = m.decode(names[i], b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (m *Map[K, V]) getEach(keys []K) (map[K]V, error) {
	values := make(map[K]V, len(keys))
	for _, key := range keys {
		v, ok, err := m.Get(key)
		if err != nil {
			return nil, err
		}
		if ok {
			values[key] = v
		}
	}
	return values, nil
}

// copies returns the names of keys.
func (m *Map[K, V]) copies(keys []K) ([]string, error) {
	names := make([]string, len(keys))
	for i, key := range keys {
		var err error
		if names[i], err = m.Name(key); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// setSlice is how many entries SetMany encodes before it stores them.
const setSlice = 64

// SetMany is Set for each of a sequence, say maps.All(m). Cache misses of neighbouring entries overlap. It
// stops at the first error; of the entries before that, the last may not be set. O(entries).
func (m *Map[K, V]) SetMany(entries iter.Seq2[K, V]) error {
	w := manyWriter[K, V]{m: m}
	for key, value := range entries {
		if err := w.add(key, value); err != nil {
			return err
		}
	}
	return w.flush()
}

// manyWriter collects encoded entries and stores them together.
type manyWriter[K comparable, V any] struct {
	m      *Map[K, V]
	sc     scratch
	names  []string
	values [][]byte
	o      []datatypes.SetOptions
}

func (w *manyWriter[K, V]) add(key K, value V) error {
	name, err := w.m.Name(key)
	if err != nil {
		return err
	}
	if err := w.m.encode(&w.sc, value); err != nil {
		return err
	}
	w.names = append(w.names, name)
	w.values = append(w.values, append([]byte(nil), w.sc.value...))
	w.o = append(w.o, w.m.expiry(name, key, value, datatypes.SetOptions{}))
	if len(w.names) < setSlice {
		return nil
	}
	return w.flush()
}

func (w *manyWriter[K, V]) flush() error {
	w.m.keys.Prefetch(w.names, &w.sc.batch)
	for i, name := range w.names {
		if _, err := w.m.strings.Set(name, w.values[i], w.o[i]); err != nil {
			return err
		}
	}
	w.names, w.values, w.o = w.names[:0], w.values[:0], w.o[:0]
	return nil
}

// All returns an iterator over the entries. It holds no lock while its body runs and has the guarantee of Keys.Scan:
// an entry that is there all the while is returned, once or more. What does not decode is passed over, as is what is
// deleted meanwhile; reads don't count for Sliding. It ends early when the cache is closed. O(keys of the database).
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		var b datatypes.Batch
		for names := range m.scan() {
			if m.strings.GetBatch(names, &b) != nil {
				return
			}
			for i, name := range names {
				key, value, ok := m.entry(name, &b, i)
				if ok && !yield(key, value) {
					return
				}
			}
		}
	}
}

// entry decodes what All found.
func (m *Map[K, V]) entry(name string, b *datatypes.Batch, i int) (key K, value V, ok bool) {
	text, ok := b.Value(i)
	if !ok || isNotFound(text) {
		return key, value, false
	}
	key, err := m.names.parse(name)
	if err != nil {
		return key, value, false
	}
	value, err = m.o.Value.Decode(text)
	return key, value, err == nil
}

// Clear deletes all entries, those that are there from beginning to end at least, and returns how many. It is SCAN
// and UNLINK. O(keys of the database).
func (m *Map[K, V]) Clear() (deleted int, err error) {
	for names := range m.scan() {
		n, err := m.keys.Unlink(names...)
		if err != nil {
			return deleted, err
		}
		deleted += n
	}
	_, err = m.keys.Len() // a closed cache ends the scan
	return deleted, err
}

// scanCount is how many keys of the database a step of a scan looks at.
const scanCount = 256

// scan returns an iterator over the names of the map's keys, some at a time.
func (m *Map[K, V]) scan() iter.Seq[[]string] {
	o := datatypes.ScanOptions{Match: literal(m.o.Prefix) + "*", Count: scanCount, Type: datatypes.TypeString}
	return func(yield func([]string) bool) {
		for cursor := uint64(0); ; {
			names, next, err := m.keys.Scan(cursor, o)
			if err != nil || len(names) > 0 && !yield(names) {
				return
			}
			if cursor = next; cursor == 0 {
				return
			}
		}
	}
}

// literal returns the glob pattern that matches only s.
func literal(s string) string {
	var b []byte
	for i := range len(s) {
		switch s[i] {
		case '*', '?', '[', ']', '\\':
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}
