package datatypes

import (
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/members"
)

// batchSize is how many members of a set are worked on together.
const batchSize = 64

// batch is some members of one set, borrowed until that changes. Each has a
// handle, by which setValue.at finds it again: the index in an intset, the position in a
// listpack, the ref in a large set.
type batch struct {
	n       int
	set     int // number of the set among those of an operation
	names   [batchSize]string
	handles [batchSize]uint32

	hashed bool // the hashes are those of the names
	hashes [batchSize]uint64

	refs   [batchSize]arena.Ref
	digits [batchSize][maxDigits]byte
}

// next fills the batch from a cursor on and returns where to go on. A cursor of
// zero begins, and zero comes back at the end.
func (v *setValue) next(cursor uint64, b *batch) uint64 {
	b.n, b.hashed = 0, false
	switch v.enc {
	case setIntset:
		return v.nextInts(cursor, b)
	case setListpack:
		return v.nextElements(cursor, b)
	case setTable:
		return v.large.next(cursor, b)
	}
	return 0
}

func (v *setValue) nextInts(cursor uint64, b *batch) uint64 {
	i, end := int(cursor), v.ints.Len()
	for ; i < end && b.n < batchSize; i++ {
		b.add(uint32(i), v.at(uint32(i), b.digits[b.n][:]))
	}
	if i == end {
		return 0
	}
	return uint64(i)
}

func (v *setValue) nextElements(cursor uint64, b *batch) uint64 {
	p := max(int(cursor), v.pack.First())
	for p < v.pack.End() && b.n < batchSize {
		e, next := v.pack.Read(p)
		b.add(uint32(p), textOf(e, b.digits[b.n][:]))
		p = next
	}
	if p == v.pack.End() {
		return 0
	}
	return uint64(p)
}

func (l *largeSet) next(cursor uint64, b *batch) uint64 {
	refs, cursor := l.root.Walk(l.env.Arena, cursor, b.refs[:0])
	for _, ref := range refs {
		b.add(uint32(ref), l.member(ref))
	}
	return cursor
}

func (b *batch) add(handle uint32, name string) {
	b.names[b.n], b.handles[b.n] = name, handle
	b.n++
}

// at returns the member of a handle, an integer of a dense set in digits.
func (v *setValue) at(handle uint32, digits []byte) string {
	if v.enc == setTable {
		return v.large.member(arena.Ref(handle))
	}
	if v.enc == setIntset {
		return textOf(v.denseAt(int(handle)), digits)
	}
	return textOf(v.pack.At(int(handle)), digits)
}

// filter keeps of the batch the members that are in the set, or with wanted false
// those that are not. The cache misses of the lookups overlap.
func (v *setValue) filter(b *batch, wanted bool) {
	if v.enc == setTable {
		b.hash(v.large.env)
		v.large.root.FindHashed(v.large.env, b.names[:b.n], b.hashes[:b.n], b.refs[:])
		b.keep(func(i int) bool { return (b.refs[i] != 0) == wanted })
		return
	}
	b.keep(func(i int) bool { return v.has(b.names[i]) == wanted })
}

// hash makes sure that the hashes are those of the names, which are the same in all arenas of a cache.
func (b *batch) hash(env *hashtable.Env) {
	if !b.hashed {
		members.HashBatch(env, b.names[:b.n], b.hashes[:])
		b.hashed = true
	}
}

// keep keeps the members for whose indexes fn returns true.
func (b *batch) keep(fn func(i int) bool) {
	n := 0
	for i := range b.n {
		if fn(i) {
			b.names[n], b.handles[n], b.hashes[n] = b.names[i], b.handles[i], b.hashes[i]
			n++
		}
	}
	b.n = n
}

// eachHandle calls fn with the handles of a dense set.
func (v *setValue) eachHandle(fn func(handle uint32)) {
	switch v.enc {
	case setIntset:
		for i := range v.ints.Len() {
			fn(uint32(i))
		}
	case setListpack:
		for p := range v.pack.All() {
			fn(uint32(p))
		}
	}
}
