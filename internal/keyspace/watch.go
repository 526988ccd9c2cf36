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
	size  int       // about what they take
	heeds happening // what makes the watch dirty
	dirty atomic.Bool
}

// happening is what watches are told of.
type happening uint8

const (
	written happening = 1 << iota // an operation changed the key
	lapsed                        // the key, or elements of its value, expired or were evicted
	undone                        // the key was to be deleted, but does not exist
)

// NewWatch returns a watch on no keys.
func (ks *Keyspace) NewWatch() *Watch { return &Watch{ks: ks, heeds: written | lapsed} }

// NewLease returns a watch on no keys for who reads elsewhere what the keys are to hold. What was read
// remains true when a key lapses, but not when somebody wants the key deleted, whether or not it exists.
func (ks *Keyspace) NewLease() *Watch { return &Watch{ks: ks, heeds: written | undone} }

// Dirty reports whether the watch noticed something. Unlike Changed it does not look at what has expired unnoticed.
func (w *Watch) Dirty() bool { return w.dirty.Load() }

func (w *Watch) tell(h happening) {
	if w.heeds&h != 0 {
		w.dirty.Store(true)
	}
}

// Add watches keys of the view's database from here on. Where a key is claimed it waits, whatever the view. O(keys).
func (w *Watch) Add(v View, keys ...string) error {
	v = v.Patient()
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
			w.size += len(key) + watchedKeyCost
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
		kv.database = &kv.ks.databases[k.db]
		var s Slot
		if err := s.Lock(kv, k.key); err != nil {
			return false, err
		}
		s.Unlock()
	}
	return w.dirty.Load(), nil
}

// watchedKeyCost is about what a watched key takes beside its bytes: entries of the shard's map, with a list of one, and
// of the watch's.
const watchedKeyCost = 128

// Size returns about how many bytes of the Go heap the watch takes.
func (w *Watch) Size() int { return w.size }

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
		sh.unwatch(k, w)
		sh.mu.Unlock()
	}
	w.keys, w.size = nil, 0
}

// leave is Close for who holds the locks of the keys' shards.
func (w *Watch) leave() {
	for _, k := range w.keys {
		w.ks.shardOf(k.key, w.ks.hash(k.key)).unwatch(k, w)
	}
	w.keys, w.size = nil, 0
}

func (sh *shard) unwatch(k watchKey, w *Watch) {
	rest := slices.DeleteFunc(sh.watched[k], func(o *Watch) bool { return o == w })
	if len(rest) == 0 {
		delete(sh.watched, k)
	} else {
		sh.watched[k] = rest
	}
}

// signal tells the watches of a key what happened to it.
func (sh *shard) signal(db int, key string, h happening) {
	for _, w := range sh.watched[watchKey{db, key}] {
		w.tell(h)
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
			v.database = &v.ks.databases[db]
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
		if k.db != db {
			continue
		}
		h := undone
		if exists(k.key) {
			h = written
		}
		for _, w := range ws {
			w.tell(h)
		}
	}
}
