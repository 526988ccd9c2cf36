package hashtable

import (
	"math/rand/v2"

	"github.com/larderkv/larder/internal/arena"
)

// Scan appends to dst the refs of all entries of one bucket and returns the
// cursor of the next; a cursor of zero begins a scan, and zero comes back when it is
// complete. O(entries of a bucket).
//
// A cursor is a position in hash order: everything that hashes below it has
// been returned. So whatever the table did between two calls, an entry that
// was present during the whole scan is returned at least once and one that was
// never present is not returned at all. An entry is returned again only when
// its bucket was rebuilt while the scan stood in the middle of it.
//
// Cursors use the upper 48 bits only.
func (t *Table) Scan(env *Env, entries Entries, cursor uint64, dst []arena.Ref) ([]arena.Ref, uint64) {
	if t.dir == 0 {
		return dst, 0
	}
	a := env.Arena
	i := t.slotIndex(cursor)
	s := t.slot(a, i)
	n := uint32(s.buckets)
	at := home(position(cursor, s.depth), n)
	block := a.Ptr(s.block)
	b := bucketAt(block, at)
	for d := range reach(n) + 1 {
		if d == 1 && b.near() == 0 && b.far() == 0 {
			break
		}
		dst = bucketAt(block, wrap(at+d, n)).appendAt(dst, d)
	}
	if b.far() > 0 {
		dst = t.appendStashed(env, entries, i, at, dst)
	}
	return dst, nextCursor(cursor, s.depth, at, n)
}

// appendAt appends the entries that live distance buckets past their home.
func (b *bucket) appendAt(dst []arena.Ref, distance uint32) []arena.Ref {
	for i, r := range b.refs {
		if r != 0 && b.distance(i) == distance {
			dst = append(dst, r)
		}
	}
	return dst
}

// appendStashed appends the stashed entries of segment i whose home is bucket
// at.
func (t *Table) appendStashed(env *Env, entries Entries, i uint64, at uint32, dst []arena.Ref) []arena.Ref {
	s := t.slot(env.Arena, i)
	stash := t.slot(env.Arena, t.first(i, s)).stash
	for stash != 0 {
		b := bucketAt(env.Arena.Ptr(stash), 0)
		n := 0
		for _, r := range b.refs {
			if r != 0 {
				env.refs[n] = r
				n++
			}
		}
		entries.Hashes(env.refs[:n], env.hashes[:n])
		for j, h := range env.hashes[:n] {
			if home(position(h, s.depth), uint32(s.buckets)) == at {
				dst = append(dst, env.refs[j])
			}
		}
		stash = arena.Ref(b.meta)
	}
	return dst
}

// Walk appends to dst the refs in one bucket, in no order of hashes, and
// returns the cursor of the next. A cursor of zero begins a walk, and zero comes
// back at its end. Unlike Scan it needs no hashes, so the entries may be
// freed along the way, but the table must not change until the end.
func (t *Table) Walk(a *arena.Arena, cursor uint64, dst []arena.Ref) ([]arena.Ref, uint64) {
	if t.dir == 0 {
		return dst, 0
	}
	const bits = 32
	i, nth := cursor>>bits, cursor&(1<<bits-1)
	s := t.slot(a, i)
	for _, r := range t.nthBucket(a, s, nth).refs {
		if r != 0 {
			dst = append(dst, r)
		}
	}
	if nth++; nth < uint64(s.buckets)+stashLen(a, s.stash) {
		return dst, i<<bits | nth
	}
	if i += 1 << (t.depth - uint32(s.depth)); i < 1<<t.depth {
		return dst, i << bits
	}
	return dst, 0
}

// Drain is Walk that frees the table as it goes: what it has passed, and at the
// end all of it, so that giving a large table up takes no long step. After the first call
// the table is good for Drain and Len only; Len is zero at the end.
func (t *Table) Drain(a *arena.Arena, cursor uint64, dst []arena.Ref) ([]arena.Ref, uint64) {
	if t.dir == 0 {
		return dst, 0
	}
	dst, next := t.Walk(a, cursor, dst)
	const bits = 32
	if next == 0 || next>>bits != cursor>>bits {
		s := t.slot(a, cursor>>bits)
		freeStash(a, s.stash)
		a.Free(s.block, int(s.buckets)*bucketSize)
	}
	if next == 0 {
		a.Free(t.dir, segmentSize<<t.depth)
		*t = Table{}
	}
	return dst, next
}

// Random returns an entry, each with the same probability, or zero when the
// table is empty. O(1) expected: segments and slots are drawn until an
// occupied one is accepted, and removals keep the table from getting sparse.
func (t *Table) Random(a *arena.Arena, src rand.Source) arena.Ref {
	if t.count == 0 {
		return 0
	}
	for {
		r := src.Uint64()
		i := t.slotIndex(r)
		s := t.slot(a, i)
		canon := t.slot(a, t.first(i, s))
		buckets := uint64(s.buckets) + stashLen(a, canon.stash)
		// A segment of a short prefix is drawn more often, one of many buckets
		// spreads its draws over more slots: accept in proportion to
		// buckets / probability, so that every slot is equally likely.
		bound := max(buckets, t.widest()) << (t.depth - uint32(s.depth))
		pick := reduce(src.Uint64(), bound)
		if pick >= buckets {
			continue
		}
		b := t.nthBucket(a, canon, pick)
		if ref := b.refs[reduce(r<<32, bucketSlots)]; ref != 0 {
			return ref
		}
	}
}

// widest bounds the buckets of a segment, the stash included, in a table that
// no one attacks.
func (t *Table) widest() uint64 {
	if t.depth == 0 {
		return 1
	}
	return maxSegment + maxSegment/8
}

// reduce maps 64 random bits to [0, n).
func reduce(r, n uint64) uint64 { return (r >> 32) * n >> 32 }

func stashLen(a *arena.Arena, stash arena.Ref) uint64 {
	n := uint64(0)
	for stash != 0 {
		n++
		stash = arena.Ref(bucketAt(a.Ptr(stash), 0).meta)
	}
	return n
}

// nthBucket returns a bucket of a segment, the stash following the others.
func (t *Table) nthBucket(a *arena.Arena, s *segment, i uint64) *bucket {
	if i < uint64(s.buckets) {
		return bucketAt(a.Ptr(s.block), uint32(i))
	}
	b := bucketAt(a.Ptr(s.stash), 0)
	for range i - uint64(s.buckets) {
		b = bucketAt(a.Ptr(arena.Ref(b.meta)), 0)
	}
	return b
}

// Stats describes a table.
type Stats struct {
	Entries  int
	Segments int
	Buckets  int // stash buckets included
	Stashed  int // entries that found no place near their home
	Bytes    int // memory of buckets and directory
	// Skewed reports more stashed entries than chance explains: someone
	// chooses keys whose hashes agree. The owner should rebuild the table
	// with hashes of another seed.
	Skewed bool
}

// Stats walks the directory. O(segments).
func (t *Table) Stats(a *arena.Arena) Stats {
	st := Stats{Entries: int(t.count), Stashed: int(t.stashed), Skewed: t.Skewed()}
	if t.dir == 0 {
		return st
	}
	for i := uint64(0); i < 1<<t.depth; {
		s := t.slot(a, i)
		st.Segments++
		st.Buckets += int(s.buckets) + int(stashLen(a, s.stash))
		i += 1 << (t.depth - uint32(s.depth))
	}
	st.Bytes = st.Buckets*bucketSize + segmentSize<<t.depth
	return st
}

// Skewed reports that the stash holds far more entries than random hashes put
// there: about 2 % at the highest fill. O(1).
func (t *Table) Skewed() bool {
	return uint64(t.stashed) > 8*bucketSlots+t.count/8
}
