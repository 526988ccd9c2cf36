package keyspace

import (
	"cmp"
	"context"
	"slices"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// SizedKey is a key and the memory that it takes.
type SizedKey struct {
	DB    int
	Key   string
	Bytes int
}

// TypeSize is what the keys of one type take.
type TypeSize struct {
	Type    Type
	Keys    int
	Bytes   int64      // as Slot.MemoryUsage counts them
	Largest []SizedKey // the largest one first
}

// Largest walks over all keys and returns the types that there are with up to n of the largest keys of each.
//
// Shards are locked for slices of the walk, one at a time. A key that exists all the while and is not changed is
// counted once; while tables grow or shrink, some may be counted twice. It ends early with the context's error. O(keys).
func (ks *Keyspace) Largest(ctx context.Context, n int) ([]TypeSize, error) {
	w := sizeWalk{ks: ks, limit: n}
	for _, sh := range ks.shards {
		for db := range ks.databases {
			if err := w.walk(ctx, sh, db); err != nil {
				return nil, err
			}
		}
	}
	return slices.DeleteFunc(w.types[:], func(t TypeSize) bool { return t.Keys == 0 }), nil
}

// sizeWalk is a walk of Largest.
type sizeWalk struct {
	ks    *Keyspace
	limit int
	types [len(typeNames)]TypeSize // by Type
}

// walk looks at one database's part of a shard.
func (w *sizeWalk) walk(ctx context.Context, sh *shard, db int) error {
	for cursor, moves, more := uint64(0), uint8(0), true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := sh.lock(); err != nil {
			return err
		}
		ix := sh.index(db)
		if err := sh.finishMove(ix); err != nil {
			sh.unlock()
			return err
		}
		if moves != ix.moves { // the cursor means nothing any more
			cursor, moves = 0, ix.moves
		}
		cursor = w.slice(sh, db, cursor)
		more = cursor != 0
		sh.unlock()
	}
	return nil
}

// slice looks at the next entries from the cursor on and returns where to go on, zero at the end. The caller holds the
// lock.
func (w *sizeWalk) slice(sh *shard, db int, cursor uint64) uint64 {
	ix, now := sh.index(db), w.ks.now()
	for budget := sliceEntries; budget > 0; budget-- {
		refs, next := ix.table.Scan(&sh.env, ix, cursor, sh.scratch[:0])
		sh.scratch = refs
		sh.touchAll(refs)
		for _, ref := range refs {
			w.see(sh, db, ref, now)
		}
		budget -= len(refs)
		if cursor = next; cursor == 0 {
			break
		}
	}
	return cursor
}

func (w *sizeWalk) see(sh *shard, db int, ref arena.Ref, now int64) {
	p, at := sh.entry(ref)
	if at.expired(p, now) {
		return
	}
	size := sh.memoryUsage(p, &at)
	t := &w.types[at.typ()]
	t.Type = at.typ()
	t.Keys++
	t.Bytes += int64(size)
	last := len(t.Largest) - 1
	if w.limit == 0 || last+1 == w.limit && size <= t.Largest[last].Bytes {
		return
	}
	key := at.keyAt(p)
	if slices.ContainsFunc(t.Largest, func(k SizedKey) bool { return k.DB == db && k.Key == key }) {
		return // met again because the table has grown
	}
	if last+1 == w.limit {
		t.Largest = t.Largest[:last]
	}
	place, _ := slices.BinarySearchFunc(t.Largest, size, func(k SizedKey, size int) int { return cmp.Compare(size, k.Bytes) })
	t.Largest = slices.Insert(t.Largest, place, SizedKey{DB: db, Key: string([]byte(key)), Bytes: size})
}

// memoryUsage returns the bytes that the entry at p takes with all that belongs to it, its share of the table included.
func (sh *shard) memoryUsage(p unsafe.Pointer, at *layout) int {
	n := arena.ClassSize(at.size) + hashtable.BytesPerEntry
	if k := at.kind(); k != nil {
		n += k.Size(&sh.env, at.valueAt(p))
	}
	return n
}
