package keyspace

import (
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// Kind tells the keyspace how to handle values whose bytes are the root of a
// larger structure in the same arena. Each function is called with the shard
// locked and within a write.
//
// A kind that has only a name is one of dense values, which are nothing but
// their bytes.
type Kind struct {
	// Name is what OBJECT ENCODING calls it.
	Name string

	// Release frees up to budget blocks of what root refers to, keeping track in
	// root of what is left, and reports whether nothing is.
	Release func(env *hashtable.Env, root []byte, budget int) (done bool)

	// Copier returns what copies one value to another arena (or to the same).
	Copier func() Copier

	// Relocate moves the blocks that stand in the way of compaction
	// (Arena.Evacuating), up to budget of them, and updates root. It starts where
	// cursor says and returns where to go on, zero at the end.
	Relocate func(env *hashtable.Env, root []byte, cursor uint64, budget int) (next uint64)

	// Size returns the bytes the structure takes beside the root.
	Size func(env *hashtable.Env, root []byte) int

	// Elements is for kinds whose elements may expire, nil for others. A value has
	// an encoding of such a kind from when the first of its elements gets an expiry.
	Elements *ElementExpiry
}

// Copier copies a value in steps, in which the value does not change, though its blocks may move.
type Copier interface {
	// Some copies about budget elements more of the structure of root and reports whether that was all.
	Some(to, from *hashtable.Env, root []byte, budget int) (done bool, err error)

	// Root ends the copying, whether or not it is complete, and appends the bytes of the copy's root to dst, or nothing
	// if there is no block yet.
	Root(dst []byte) []byte
}

// ElementExpiry tells how elements of values expire. No operation on a key sees those
// that have: they are removed whenever a slot finds the key, and by maintenance, a
// slice at a time. What maintenance has not come to by then, the slot has to work off: O(1)
// for each element that expired. A key of which all elements expired counts as one, and scans list
// it, until it is met, as an expired key counts.
type ElementExpiry struct {
	// Class and Event announce that elements of a key expired.
	Class EventClass
	Event string

	// Earliest returns a time in Unix milliseconds before which no element
	// of the value expires.
	Earliest func(root []byte) int64

	// Expire removes elements that expired before now, up to about budget of
	// them, and returns how many it removed, whether there may be more, and how many are
	// left.
	Expire func(env *hashtable.Env, root []byte, now int64, budget int) (removed int, more bool, left int)
}

// By type and encoding: the kinds of structures, and the names of all kinds.
var (
	kinds     [16][16]*Kind
	kindNames [16][16]string
)

// RegisterKind declares how values of a type and encoding are handled. It is
// called from the init functions of the typed stores.
func RegisterKind(t Type, e Encoding, k *Kind) {
	kindNames[t][e] = k.Name
	if k.Release != nil {
		kinds[t][e] = k
	}
}

// kind returns nil for a value that is nothing but its bytes.
func (l *layout) kind() *Kind { return kinds[l.typ()][l.encoding()] }

// releaseNow is how many blocks of a structure are freed at once by the
// operation that drops it; what is beyond goes to maintenance.
const releaseNow = 64

// collectSlice is how many blocks are freed in one hold of a shard's lock. Where all of them, and what describes their
// pages, are out of the processor's cache, that takes about a tenth of a millisecond.
const collectSlice = 256

// garbage is something dropped whose memory is freed in slices: the entry of
// a collection, or a table with all its entries.
type garbage struct {
	ref    arena.Ref
	table  hashtable.Table
	cursor uint64
}

// discard frees an entry that is in no table any more. It may be called by a
// visitor of the keyspace's table, which has the scratch space of env in use.
func (sh *shard) discard(ref arena.Ref, at *layout) {
	if k := at.kind(); k != nil && !k.Release(&sh.innerEnv, at.valueAt(sh.arena.Ptr(ref)), releaseNow) {
		sh.garbage = append(sh.garbage, garbage{ref: ref})
		return
	}
	sh.arena.Free(ref, at.size)
}

// Abandon has maintenance free a structure in the slot's arena that no key holds: root is what a value of that type
// and encoding would be.
func (s *Slot) Abandon(t Type, e Encoding, root []byte) {
	at := newLayout(t, e, false, 0, len(root))
	a := s.shard.arena
	if a.Reserve(at.size) != nil {
		for !at.kind().Release(s.Env(), root, releaseNow) {
		}
		return
	}
	ref := a.Alloc(at.size)
	p := a.Ptr(ref)
	at.write(p, 0, "")
	copy(at.valueAt(p), root)
	s.shard.garbage = append(s.shard.garbage, garbage{ref: ref})
}

// collect frees about budget blocks of garbage and reports whether any is
// left. The caller holds the lock.
func (sh *shard) collect(budget int) (more bool) {
	for budget > 0 && len(sh.garbage) > 0 {
		last := len(sh.garbage) - 1
		g := sh.garbage[last]
		sh.garbage = sh.garbage[:last]
		sh.beginWrite()
		var done bool
		if g.ref != 0 {
			done = sh.collectEntry(g.ref, budget)
			budget = 0
		} else {
			budget, done = sh.collectTable(&g, budget)
		}
		if !done {
			sh.garbage = append(sh.garbage, g)
		}
	}
	return len(sh.garbage) > 0
}

func (sh *shard) collectEntry(ref arena.Ref, budget int) (done bool) {
	p, at := sh.entry(ref)
	if !at.kind().Release(&sh.env, at.valueAt(p), budget) {
		return false
	}
	sh.arena.Free(ref, at.size)
	return true
}

// collectTable frees a dropped table and its entries bucket by bucket. Nobody
// finds the table any more, so its refs may dangle.
func (sh *shard) collectTable(g *garbage, budget int) (left int, done bool) {
	for budget > 0 {
		refs, next := g.table.Drain(sh.arena, g.cursor, sh.scratch[:0])
		sh.scratch = refs
		sh.touchToFree(refs)
		for _, ref := range refs {
			_, at := sh.entry(ref)
			sh.discard(ref, &at)
		}
		budget -= len(refs) + 1
		if g.cursor = next; next == 0 {
			return budget, true
		}
	}
	return 0, false
}

// touchAll loads the headers of entries so that their cache misses overlap.
func (sh *shard) touchAll(refs []arena.Ref) {
	var sum uint64
	for _, ref := range refs {
		sum += *(*uint64)(sh.arena.Ptr(ref))
	}
	sh.touched = sum
}

// touchToFree is touchAll for entries that are about to be freed.
func (sh *shard) touchToFree(refs []arena.Ref) {
	var sum uint64
	for _, ref := range refs {
		sum += sh.arena.Touch(ref)
	}
	sh.touched = sum
}
