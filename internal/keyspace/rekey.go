package keyspace

import (
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// A table in which far more entries miss their place than chance explains
// holds keys that someone chose. It is moved, bucket by bucket, to a table whose
// hashes have a fresh seed. While that lasts keys are looked for in both.

// startMove begins to move a skewed table to hashes of another seed.
func (sh *shard) startMove(ix *index) {
	sh.beginWrite()
	sh.epoch++
	ix.old, ix.oldSeed = ix.table, ix.seed
	ix.table, ix.seed = hashtable.Table{}, randomSeed()
	ix.oldCursor = 0
	ix.moving = true
	ix.moves = (ix.moves + 1) & maxMoves
}

// moveSlice moves the entries of about n buckets and reports whether more are
// left. The caller holds the lock.
func (sh *shard) moveSlice(ix *index, n int) (more bool) {
	if !ix.moving {
		return false
	}
	sh.beginWrite()
	sh.epoch++
	m := mover{sh, ix}
	for range n {
		if ix.old.Len() == 0 {
			ix.old.Clear(&sh.env)
			ix.moving = false
			return false
		}
		if sh.reserveMove(ix) != nil {
			return true
		}
		// What is passed over because the table shrinks, the next round finds.
		ix.oldCursor = ix.old.Visit(&sh.env, oldEntries{ix}, ix.oldCursor, m)
	}
	return true
}

// finishMove moves what is left at once, for operations that need one table.
func (sh *shard) finishMove(ix *index) error {
	for ix.moving {
		if sh.reserveMove(ix) != nil {
			return ErrOutOfMemory
		}
		sh.moveSlice(ix, 1<<10)
	}
	return nil
}

// reserveMove makes sure that the system has memory for a bucket's entries to
// move.
func (sh *shard) reserveMove(ix *index) error {
	const further = 64 << 10 // bounds what all inserts but the first take
	return sh.arena.Reserve(further + ix.table.InsertReserve())
}

type mover struct {
	sh *shard
	ix *index
}

// Visit implements hashtable.Visitor: it takes all entries over.
func (m mover) Visit(refs []arena.Ref) {
	for i, ref := range refs {
		h := [1]uint64{}
		m.ix.Hashes([]arena.Ref{ref}, h[:])
		m.ix.table.Insert(&m.sh.innerEnv, m.ix, h[0], ref)
		refs[i] = 0
	}
}
