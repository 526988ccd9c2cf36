package members

import (
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/zeebo/xxh3"
)

// Root is a collection of elements. It holds no pointers: its owner keeps its
// bytes, in the arena, and loads them for the time of an operation.
//
//	root := members.Load(s.Value())
//	… root.Insert(s.Env(), member, nil) …
//	root.Store(s.Value())
//
// Roots of larger structures embed it, and may be loaded and stored in the same
// way as a whole. New makes an empty one.
type Root struct {
	table    hashtable.Table
	bytes    int64     // of all blocks, those of the table included
	earliest int64     // no element expires before; while releasing, the cursor
	volatile uint32    // elements that expire
	list     arena.Ref // of elements that expire: all without a wheel, else those being sorted
	wheel    arena.Ref // zero while few elements expire
	shape    Shape
}

// RootSize is the number of bytes of a Root.
const RootSize = int(unsafe.Sizeof(Root{}))

// New returns an empty collection of elements of a shape. It has no blocks.
func New(s Shape) Root { return Root{shape: s} }

// Load returns the root in b, which Store wrote.
func Load(b []byte) (r Root) {
	copy(r.raw(), b)
	return r
}

// Store writes the root to the first RootSize bytes of b.
func (r *Root) Store(b []byte) { copy(b, r.raw()) }

// raw is the root as bytes. It has no pointers, so any bytes that were a root
// are one.
func (r *Root) raw() []byte { return unsafe.Slice((*byte)(unsafe.Pointer(r)), RootSize) }

// Shape returns the shape of the elements.
func (r *Root) Shape() Shape { return r.shape }

// Len returns the number of elements. O(1).
func (r *Root) Len() int { return r.table.Len() }

// Bytes returns the exact number of bytes that the collection takes in the
// arena, without the root. O(1).
func (r *Root) Bytes() int { return int(r.bytes) }

// Hash returns the hash under which a member is found.
func Hash(env *hashtable.Env, member string) uint64 { return xxh3.HashStringSeed(member, env.Seed) }

// plainEntries and scoredEntries implement hashtable.Entries for an Env. They are
// pointers so that handing one over takes no memory.
type (
	plainEntries  hashtable.Env
	valuedEntries hashtable.Env
	scoredEntries hashtable.Env
)

func (e *plainEntries) Hashes(refs []arena.Ref, hashes []uint64) {
	Plain.hashes((*hashtable.Env)(e), refs, hashes)
}

func (e *valuedEntries) Hashes(refs []arena.Ref, hashes []uint64) {
	Valued.hashes((*hashtable.Env)(e), refs, hashes)
}

func (e *scoredEntries) Hashes(refs []arena.Ref, hashes []uint64) {
	Scored.hashes((*hashtable.Env)(e), refs, hashes)
}

func (s Shape) entries(env *hashtable.Env) hashtable.Entries {
	switch s {
	case Valued:
		return (*valuedEntries)(env)
	case Scored:
		return (*scoredEntries)(env)
	}
	return (*plainEntries)(env)
}

func (s Shape) hashes(env *hashtable.Env, refs []arena.Ref, hashes []uint64) {
	touch(env.Arena, refs)
	for i, ref := range refs {
		hashes[i] = Hash(env, s.Member(env.Arena, ref))
	}
}

// Find returns the element of a member, zero if there is none. O(1).
func (r *Root) Find(env *hashtable.Env, member string) arena.Ref {
	if r.table.Len() == 0 {
		return 0
	}
	p := r.table.Probe(env.Arena, Hash(env, member))
	return r.match(env.Arena, &p, member)
}

func (r *Root) match(a *arena.Arena, p *hashtable.Probe, member string) arena.Ref {
	for ref := p.Next(); ref != 0; ref = p.Next() {
		if r.shape.is(a.Ptr(ref), member) {
			return ref
		}
	}
	return 0
}

// Reserve makes sure that inserting or replacing elements whose blocks take n
// bytes together cannot fail, within what Arena.Reserve promises. It replaces what
// was reserved before.
func (r *Root) Reserve(env *hashtable.Env, n int) error {
	return env.Arena.Reserve(n + r.table.InsertReserve() + wheelSize)
}

// Presize prepares an empty collection for n elements, so that inserting them
// does not rebuild the table again and again: for who builds a large collection. It does so in steps,
// from next on, zero at first, and returns where to go on, zero at the end. Before the end the collection is
// good for Presize and CancelPresize only. If it fails the collection is as it was at first. O(1).
func (r *Root) Presize(env *hashtable.Env, n int, next uint64) (uint64, error) {
	before := env.Arena.Used()
	next, err := r.table.PresizeSome(env, n, next, presizeSegments)
	r.account(env, before)
	return next, err
}

// presizeSegments is how many segments, of 4 to 8 KiB that must be cleared, are made in a step.
const presizeSegments = 32

// CancelPresize frees what Presize, which is not done, has taken.
func (r *Root) CancelPresize(env *hashtable.Env, n int, next uint64) {
	before := env.Arena.Used()
	r.table.CancelPresize(env, n, next)
	r.account(env, before)
}

// Insert adds an element that is not there yet and returns it. A Scored one has the
// score zero. The caller has reserved the bytes of the block. O(1).
func (r *Root) Insert(env *hashtable.Env, member string, value []byte) arena.Ref {
	return r.InsertHashed(env, member, Hash(env, member), value)
}

// InsertHashed is Insert for a member whose hash is known.
func (r *Root) InsertHashed(env *hashtable.Env, member string, hash uint64, value []byte) arena.Ref {
	before := env.Arena.Used()
	ref := r.shape.put(env.Arena, member, value, false)
	r.table.Insert(env, r.shape.entries(env), hash, ref)
	r.account(env, before)
	return ref
}

// account adds to the count of bytes what was allocated or freed since.
func (r *Root) account(env *hashtable.Env, before int) {
	r.bytes += int64(env.Arena.Used() - before)
}

// put writes a new element to a block of its own.
func (s Shape) put(a *arena.Arena, member string, value []byte, linked bool) arena.Ref {
	if s == Plain && len(member) <= maxNarrowMember && !linked { // the common case
		ref := a.Alloc(1 + len(member))
		p := a.Ptr(ref)
		*(*uint8)(p) = uint8(len(member))
		copy(unsafe.Slice((*byte)(unsafe.Add(p, 1)), len(member)), member)
		return ref
	}
	l := s.newLayout(len(member), len(value), linked)
	ref := a.Alloc(l.size)
	p := a.Ptr(ref)
	if s == Scored {
		*(*uint64)(p) = 0
	}
	s.writeHead(p, &l)
	if linked {
		l.setExpiry(p, 0)
	}
	copy(unsafe.Slice((*byte)(unsafe.Add(p, l.member)), len(member)), member)
	copy(l.valueAt(p), value)
	return ref
}

// Replace gives an element another value and returns the element, which may have moved. Its
// expiry stays. The value must not be that of an element. The caller has reserved the bytes of the block. O(1).
func (r *Root) Replace(env *hashtable.Env, ref arena.Ref, value []byte) arena.Ref {
	a := env.Arena
	p := a.Ptr(ref)
	l := r.shape.layoutOf(p)
	to := r.shape.newLayout(l.value-l.member, len(value), l.linked)
	before := a.Used()
	if to.wide == l.wide && a.Extend(ref, l.size, to.size) {
		r.shape.writeHead(p, &to)
		copy(to.valueAt(p), value)
	} else {
		ref = r.rewrite(env, ref, value, l.linked && l.expiry(p) != 0)
	}
	r.account(env, before)
	return ref
}

// rewrite puts an element with another value, or with room for an expiry, in the
// place of one, which is freed. An expiry is kept.
func (r *Root) rewrite(env *hashtable.Env, ref arena.Ref, value []byte, linked bool) arena.Ref {
	a := env.Arena
	p := a.Ptr(ref)
	l := r.shape.layoutOf(p)
	to := r.shape.put(a, l.memberAt(p), value, linked)
	if r.shape == Scored {
		SetScore(a, to, Score(a, ref))
	}
	if linked && l.linked {
		r.takeLinks(a, ref, to)
	}
	r.lead(env, ref, to)
	a.Free(ref, l.size)
	return to
}

// lead makes the table lead to an element's new place.
func (r *Root) lead(env *hashtable.Env, from, to arena.Ref) {
	p := r.table.Probe(env.Arena, Hash(env, r.shape.Member(env.Arena, from)))
	for ref := p.Next(); ref != from; ref = p.Next() {
	}
	p.Replace(to)
}

// Remove removes a member and reports whether it was there. O(1).
func (r *Root) Remove(env *hashtable.Env, member string) bool {
	if r.table.Len() == 0 {
		return false
	}
	p := r.table.Probe(env.Arena, Hash(env, member))
	ref := r.match(env.Arena, &p, member)
	if ref == 0 {
		return false
	}
	before := env.Arena.Used()
	r.forget(env.Arena, ref)
	r.table.Remove(env, r.shape.entries(env), &p)
	r.free(env.Arena, ref)
	r.account(env, before)
	return true
}

// RemoveRef removes an element of the collection. O(1).
func (r *Root) RemoveRef(env *hashtable.Env, ref arena.Ref) {
	before := env.Arena.Used()
	r.forget(env.Arena, ref)
	r.unindex(env, ref)
	r.account(env, before)
}

// unindex takes an element out of the table and frees it.
func (r *Root) unindex(env *hashtable.Env, ref arena.Ref) {
	h := Hash(env, r.shape.Member(env.Arena, ref))
	r.table.RemoveRef(env, r.shape.entries(env), h, ref)
	r.free(env.Arena, ref)
}

func (r *Root) free(a *arena.Arena, ref arena.Ref) {
	l := r.shape.layoutOf(a.Ptr(ref))
	a.Free(ref, l.size)
}
