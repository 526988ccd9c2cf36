package hashtable

import (
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

const (
	// positionBits is how many hash bits below a segment's prefix give an
	// entry's position in the segment. With minSegment buckets each bucket
	// covers at most 2^8 positions, so the eight bits of a tag and the bucket
	// together give the whole position back, and a segment is rebuilt without
	// reading one entry.
	positionBits = 14
	positions    = 1 << positionBits

	// A full-size segment holds between minSegment and maxSegment buckets: 4
	// to 8 KiB, several hundred to 1,500 entries. Rebuilding one takes
	// microseconds, so the work of growth comes in slices no caller notices.
	minSegment = 64
	maxSegment = 2 * minSegment

	// scanBits is the width of a scan position: a prefix of the hash. It
	// exceeds positionBits plus any depth a table reaches.
	scanBits = 48
	maxDepth = scanBits - positionBits

	// A segment grows when it is fuller than fillHigh/fillUnit and shrinks when it
	// is emptier than fillLow/fillUnit; a rebuild for shrinking aims at
	// fillTarget. The gaps between the three keep a table whose size hovers
	// around a threshold from rebuilding again and again.
	fillUnit   = 64
	fillHigh   = 60
	fillTarget = 54
	fillLow    = 38

	// The same for segments of several buckets but fewer than minSegment. A small table is looked up in the processor's
	// caches, where an entry away from its home costs more than the lookup of one at home, and the memory that emptier
	// buckets take is small. In a single bucket all entries are at home.
	smallHigh   = 46
	smallTarget = 40
	smallLow    = 26

	// A prefix may be this many bits longer than the number of entries
	// explains before the table stops splitting segments for it.
	depthSlack = 6

	// batch is how many entries are hashed together so that their cache
	// misses overlap.
	batch = 32
)

// BytesPerEntry is about what a table takes for an entry, at any size from some
// hundreds up.
const BytesPerEntry = bucketSize * fillUnit / (bucketSlots * (fillTarget + 2))

// Entries computes hashes of the entries whose refs a table holds. It is
// asked in batches so that an implementation can overlap its cache misses.
type Entries interface {
	// Hashes stores the hash of the entry at refs[i] in hashes[i].
	Hashes(refs []arena.Ref, hashes []uint64)
}

// Env is what a table's methods need beside the table: the arena its buckets
// live in and scratch space. One Env serves all tables of an arena. It is not
// safe for concurrent use.
type Env struct {
	Arena  *arena.Arena
	Seed   uint64 // secret, for the hashes of tables inside of values
	refs   [batch]arena.Ref
	hashes [batch]uint64
	slots  [bucketSlots]int
}

// Table is an index of refs by hash. It holds no Go pointers and may live in
// arena memory itself. The zero value is an empty table that uses no memory.
// See the package documentation for its layout and guarantees.
type Table struct {
	root    root // of dir and depth
	dir     arena.Ref
	depth   uint32
	count   uint64
	deepest uint32 // segments whose depth is the table's
	stashed uint32 // entries that live in stash buckets
}

// segment is a slot of the directory. A segment of a smaller depth than the
// table's fills several slots; the fields before count are the same in all of
// them, count and stash are kept in the first only.
type segment struct {
	way     Way // of the following three
	block   arena.Ref
	buckets uint16
	depth   uint8
	_       uint8
	count   uint32
	stash   arena.Ref
}

const segmentSize = 24

var _ [0]struct{} = [unsafe.Sizeof(segment{}) - segmentSize]struct{}{}

// Len returns the number of entries.
func (t *Table) Len() int { return int(t.count) }

// IsBlank reports whether the table has no memory. A table without entries may have some if it was presized.
func (t *Table) IsBlank() bool { return t.dir == 0 }

func (t *Table) slotIndex(h uint64) uint64 { return h >> 1 >> (63 - t.depth) }

func (t *Table) slot(a *arena.Arena, i uint64) *segment {
	return (*segment)(unsafe.Add(a.Ptr(t.dir), i*segmentSize))
}

// first returns the index of the first directory slot of the segment at i.
func (t *Table) first(i uint64, s *segment) uint64 {
	return i &^ (1<<(t.depth-uint32(s.depth)) - 1)
}

// position returns where in a segment of the given depth a hash belongs.
func position(h uint64, depth uint8) uint32 {
	return uint32(h << depth >> (64 - positionBits))
}

// home returns the bucket of a position among n buckets.
func home(pos, n uint32) uint32 { return pos * n >> positionBits }

// firstPosition returns the smallest position whose home is bucket i of n.
func firstPosition(i, n uint32) uint32 { return (i<<positionBits + n - 1) / n }

func wrap(i, n uint32) uint32 {
	if i >= n {
		return i - n
	}
	return i
}

func bucketAt(block unsafe.Pointer, i uint32) *bucket {
	return (*bucket)(unsafe.Add(block, i*bucketSize))
}

// reach is how many buckets past its home an entry may live among n buckets.
func reach(n uint32) uint32 { return min(maxDistance, n-1) }

func capacity(buckets uint32) uint32 { return buckets * bucketSlots }

func isFull(count, buckets uint32) bool {
	high := uint32(fillHigh)
	if 1 < buckets && buckets < minSegment {
		high = smallHigh
	}
	return count*fillUnit > capacity(buckets)*high
}

func isSparse(count, buckets uint32) bool {
	low := uint32(fillLow)
	if buckets < minSegment {
		low = smallLow
	}
	return count*fillUnit < capacity(buckets)*low
}

// roundBuckets rounds up to a number of buckets that fills an arena block.
func roundBuckets(n uint32) uint32 {
	return uint32(arena.ClassSize(int(n)*bucketSize) / bucketSize)
}

// bucketsFor returns how many buckets hold count entries at the target fill, or the most that a segment may have: those
// that chosen hashes lead to one segment have their place in the stash.
func bucketsFor(count uint32) uint32 {
	if !isFull(count, 1) {
		return 1
	}
	if n := bucketsAt(count, smallTarget); n < minSegment {
		return n
	}
	return min(max(minSegment, bucketsAt(count, fillTarget)), maxSegment)
}

func bucketsAt(count, fill uint32) uint32 {
	return roundBuckets(max(1, (count*fillUnit+bucketSlots*fill-1)/(bucketSlots*fill)))
}

// grownBuckets returns the next larger number of buckets: small segments grow
// by a quarter, since rebuilding them reads their entries; others by the arena's
// next class, which is an eighth.
func grownBuckets(n uint32) uint32 {
	if n < minSegment {
		return min(minSegment, roundBuckets(n+max(1, n/4)))
	}
	return roundBuckets(n + 1)
}

// Insert adds ref under hash h. The caller has made sure that the entry is
// not there yet and that the arena can provide InsertReserve bytes.
func (t *Table) Insert(env *Env, entries Entries, h uint64, ref arena.Ref) {
	if t.dir == 0 {
		t.create(env)
	}
	for {
		i := t.slotIndex(h)
		s := t.slot(env.Arena, i)
		canon := t.slot(env.Arena, t.first(i, s))
		n := uint32(s.buckets)
		if isFull(canon.count+1, n) && t.grow(env, entries, i) {
			continue
		}
		pos := position(h, s.depth)
		if place(env.Arena.Ptr(s.block), n, pos, ref) {
			canon.count++
			t.count++
			return
		}
		// A small segment whose neighbourhood is full grows early: reading its
		// entries costs little, and it needs no stash.
		if n < minSegment && canon.count*2 > capacity(n) && t.grow(env, entries, i) {
			continue
		}
		t.stash(env.Arena, canon, n, pos, ref)
		canon.count++
		t.count++
		return
	}
}

// InsertReserve bounds the bytes that one Insert may take from the arena:
// two full-size segments, stash buckets for both, and the directory doubled.
func (t *Table) InsertReserve() int {
	return 2*maxSegment*bucketSize + 4096 + segmentSize<<(t.depth+1)
}

func (t *Table) create(env *Env) {
	block := env.Arena.Alloc(bucketSize)
	clear(env.Arena.Bytes(block, bucketSize))
	t.setDirectory(env.Arena, env.Arena.Alloc(segmentSize), 0)
	t.deepest = 1
	s := t.slot(env.Arena, 0)
	*s = segment{}
	s.setBlock(env.Arena, block, 1, 0)
}

// place puts ref into its home bucket or one of the next few.
func place(block unsafe.Pointer, n, pos uint32, ref arena.Ref) bool {
	at := home(pos, n)
	for d := range reach(n) + 1 {
		b := bucketAt(block, wrap(at+d, n))
		if i := b.free(); i >= 0 {
			b.set(i, uint8(pos), ref, d)
			bucketAt(block, at).addSpill(d)
			return true
		}
	}
	return false
}

// stash puts ref into the segment's chain of overflow buckets.
func (t *Table) stash(a *arena.Arena, canon *segment, n, pos uint32, ref arena.Ref) {
	canon.stash = addToStash(a, canon.stash, uint8(pos), ref)
	bucketAt(a.Ptr(canon.block), home(pos, n)).addSpill(maxDistance + 1)
	t.stashed++
}

// addToStash returns the head of the chain after ref was added to it. The
// head is the only bucket of the chain with free slots while nothing is
// removed, so an add looks at one bucket.
func addToStash(a *arena.Arena, head arena.Ref, tag uint8, ref arena.Ref) arena.Ref {
	if head != 0 {
		b := bucketAt(a.Ptr(head), 0)
		if i := b.free(); i >= 0 {
			b.tags[i], b.refs[i] = tag, ref
			return head
		}
	}
	r := a.Alloc(bucketSize)
	b := bucketAt(a.Ptr(r), 0)
	*b = bucket{meta: uint32(head)}
	b.tags[0], b.refs[0] = tag, ref
	return r
}

func freeStash(a *arena.Arena, head arena.Ref) {
	for head != 0 {
		next := arena.Ref(bucketAt(a.Ptr(head), 0).meta)
		a.Free(head, bucketSize)
		head = next
	}
}

// Clear frees the table's memory and leaves it empty. The entries themselves
// are the caller's. O(segments).
func (t *Table) Clear(env *Env) {
	a := env.Arena
	if t.dir == 0 {
		return
	}
	for i := uint64(0); i < 1<<t.depth; {
		s := t.slot(a, i)
		step := uint64(1) << (t.depth - uint32(s.depth))
		freeStash(a, s.stash)
		a.Free(s.block, int(s.buckets)*bucketSize)
		i += step
	}
	a.Free(t.dir, segmentSize<<t.depth)
	*t = Table{}
}
