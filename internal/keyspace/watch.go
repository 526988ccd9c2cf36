package keyspace

import (
	"slices"
	"strings"
	"sync/atomic"
)

type watchKey struct {
	db  int
	key string
}

// Watch notices changes of a set of keys, as Redis' WATCH does. It is exact: a
// change of another key does not disturb it.
type Watch struct {
	ks    *Keyspace
	keys  []watchKey
	dirty atomic.Bool
}

// NewWatch returns a watch on no keys.
func (ks *Keyspace) NewWatch() *Watch { return &Watch{ks: ks} }

// Add watches keys of the view's database from here on. O(keys).
func (w *Watch) Add(v View, keys ...string) error {
	for _, key := range keys {
		var s Slot
		if err := s.Lock(v, key); err != nil {
			return err
		}
		k := watchKey{v.db, strings.Clone(key)}
		if s.shard.watched == nil {
			s.shard.watched = make(map[watchKey][]*Watch)
		}
		if !slices.Contains(s.shard.watched[k], w) {
			s.shard.watched[k] = append(s.shard.watched[k], w)
			w.keys = append(w.keys, k)
		}
		s.Unlock()
	}
	return nil
}

// Changed reports whether a watched key was written, deleted, evicted or
// flushed, or has expired. It looks at the watched keys' expiry through v, which may
// be inside of the transaction that depends on the answer.
func (w *Watch) Changed(v View) (bool, error) {
	for _, k := range w.keys {
		if w.dirty.Load() {
			return true, nil
		}
		kv := v
		kv.db = k.db
		var s Slot
		if err := s.Lock(kv, k.key); err != nil {
			return false, err
		}
		s.Unlock()
	}
	return w.dirty.Load(), nil
}

// Keys returns the watched keys.
func (w *Watch) Keys() []string {
	keys := make([]string, len(w.keys))
	for i, k := range w.keys {
		keys[i] = k.key
	}
	return keys
}

// Close ends the watch. It must not be called inside of a transaction.
func (w *Watch) Close() {
	for _, k := range w.keys {
		sh := w.ks.shardOf(k.key, w.ks.hash(k.key))
		sh.mu.Lock()
		rest := slices.DeleteFunc(sh.watched[k], func(o *Watch) bool { return o == w })
		if len(rest) == 0 {
			delete(sh.watched, k)
		} else {
			sh.watched[k] = rest
		}
		sh.mu.Unlock()
	}
	w.keys = nil
}

// signal tells the watches of a key that it changed.
func (sh *shard) signal(db int, key string) {
	for _, w := range sh.watched[watchKey{db, key}] {
		w.dirty.Store(true)
	}
}

// meetWatched deletes what has expired of the watched keys of two databases, in
// both, so that existence there is what clients would see.
func (sh *shard) meetWatched(v View, a, b int) {
	for k := range sh.watched {
		if k.db != a && k.db != b {
			continue
		}
		for _, db := range [2]int{a, b} {
			v.db = db
			var s Slot
			if s.Lock(v, k.key) == nil {
				s.Unlock()
			}
		}
	}
}

// signalDB tells the watches of a database's keys that all keys changed: those
// that exist before or after.
func (sh *shard) signalDB(db int, exists func(key string) bool) {
	for k, ws := range sh.watched {
		if k.db == db && exists(k.key) {
			for _, w := range ws {
				w.dirty.Store(true)
			}
		}
	}
}
