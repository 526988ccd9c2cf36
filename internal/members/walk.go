package members

import (
	"iter"
	"math/rand/v2"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// batch is how many elements are looked for together. It is about as many
// misses as processors overlap.
const batch = 32

// FindBatch stores the element of members[i], zero if there is none, in refs[i].
// The cache misses of many lookups overlap. O(len(members)).
func (r *Root) FindBatch(env *hashtable.Env, members []string, refs []arena.Ref) {
	var hashes [batch]uint64
	for len(members) > 0 {
		n := min(len(members), batch)
		HashBatch(env, members[:n], hashes[:])
		r.findBatch(env, members[:n], hashes[:n], refs)
		members, refs = members[n:], refs[n:]
	}
}

// FindHashed is FindBatch for members whose hashes are known.
func (r *Root) FindHashed(env *hashtable.Env, members []string, hashes []uint64, refs []arena.Ref) {
	for len(members) > 0 {
		n := min(len(members), batch)
		r.findBatch(env, members[:n], hashes[:n], refs)
		members, hashes, refs = members[n:], hashes[n:], refs[n:]
	}
}

// HashBatch stores the hash of members[i] in hashes[i].
func HashBatch(env *hashtable.Env, members []string, hashes []uint64) {
	for i, m := range members {
		hashes[i] = Hash(env, m)
	}
}

// findBatch touches all buckets, then each member's first candidate, in loops so short
// that the processor runs ahead of their misses, and then compares. Most elements are in their first bucket.
// Only where that has sent entries elsewhere is an element that is not there looked for by a probe.
func (r *Root) findBatch(env *hashtable.Env, members []string, hashes []uint64, refs []arena.Ref) {
	if r.table.Len() == 0 {
		clear(refs[:len(members)])
		return
	}
	var buckets [batch]*hashtable.Bucket
	var tags [batch]uint8
	var candidates [batch]hashtable.Matches
	a := env.Arena
	for i, h := range hashes {
		buckets[i], tags[i] = r.table.Way(h).Bucket(h)
	}
	sum := uint8(0)
	for _, b := range buckets[:len(members)] {
		sum += *(*uint8)(unsafe.Pointer(b))
	}
	for i := range members {
		candidates[i] = buckets[i].Match(tags[i])
		refs[i] = nextRef(&candidates[i])
	}
	for _, ref := range refs[:len(members)] {
		if ref != 0 {
			sum += *(*uint8)(a.Ptr(ref))
		}
	}
	keep(sum)
	for i, m := range members {
		for refs[i] != 0 && !r.shape.is(a.Ptr(refs[i]), m) {
			refs[i] = nextRef(&candidates[i])
		}
		if refs[i] == 0 && buckets[i].Spills() {
			p := r.table.Probe(a, hashes[i])
			refs[i] = r.match(a, &p, m)
		}
	}
}

// nextRef takes the next ref out of m, zero if there is none.
func nextRef(m *hashtable.Matches) (ref arena.Ref) {
	for ref == 0 && !m.Empty() {
		ref = m.Ref()
		m.Drop()
	}
	return ref
}

// cursorShift makes room above a scan's cursor: the table uses the upper bits only.
const cursorShift = 16

// Scan appends elements from the cursor on to dst, at least count of them unless it
// comes to the end, and returns where to go on. A cursor of zero begins a scan, and
// zero comes back at its end. An element that is there during the whole scan is returned
// at least once, whatever else is added or removed between calls. O(count).
func (r *Root) Scan(env *hashtable.Env, cursor uint64, count int, dst []arena.Ref) ([]arena.Ref, uint64) {
	at, begin := cursor<<cursorShift, len(dst)
	entries := r.shape.entries(env)
	for seen := 0; seen < count; {
		n := len(dst)
		dst, at = r.table.Scan(env, entries, at, dst)
		if at == 0 {
			break
		}
		seen += max(len(dst)-n, 1) // a slice is bounded even where buckets are empty
	}
	touch(env.Arena, dst[begin:])
	return dst, at >> cursorShift
}

// walkRoom is the room in a list that one step of a walk may take.
const walkRoom = 12

// Walk appends elements to dst while there is room for those of another bucket, which
// has up to 12 of them, and returns the cursor of the next; zero begins a walk and comes back at its
// end. Their cache misses have been taken, all at once. The collection must not change
// during a walk. O(elements returned).
func (r *Root) Walk(a *arena.Arena, cursor uint64, dst []arena.Ref) ([]arena.Ref, uint64) {
	begin := len(dst)
	for len(dst)+walkRoom <= cap(dst) {
		if dst, cursor = r.table.Walk(a, cursor, dst); cursor == 0 {
			break
		}
	}
	touch(a, dst[begin:])
	return dst, cursor
}

// All iterates over the elements, in no order. The collection must not change
// meanwhile. O(n).
func (r *Root) All(a *arena.Arena) iter.Seq[arena.Ref] {
	return func(yield func(arena.Ref) bool) {
		var room [2 * batch]arena.Ref
		for cursor := uint64(0); ; {
			refs := room[:0]
			for len(refs) < batch {
				if refs, cursor = r.table.Walk(a, cursor, refs); cursor == 0 {
					break
				}
			}
			touch(a, refs)
			for _, ref := range refs {
				if !yield(ref) {
					return
				}
			}
			if cursor == 0 {
				return
			}
		}
	}
}

// Random returns an element, each with the same probability, zero if there is
// none. O(1) expected.
func (r *Root) Random(a *arena.Arena, src rand.Source) arena.Ref { return r.table.Random(a, src) }

// Sample appends n different elements to dst, each choice of n with the same
// probability; all if there are no more. O(n) expected.
func (r *Root) Sample(a *arena.Arena, src rand.Source, n int, dst []arena.Ref) []arena.Ref {
	begin, all := len(dst), r.Len()
	if n >= all {
		for ref := range r.All(a) {
			dst = append(dst, ref)
		}
		return dst
	}
	if n > all/4 {
		return r.reservoir(a, src, n, dst)
	}
	taken := make(map[arena.Ref]struct{}, n)
	for len(dst)-begin < n {
		ref := r.table.Random(a, src)
		if _, again := taken[ref]; !again {
			taken[ref] = struct{}{}
			dst = append(dst, ref)
		}
	}
	return dst
}

// reservoir samples by looking at every element.
func (r *Root) reservoir(a *arena.Arena, src rand.Source, n int, dst []arena.Ref) []arena.Ref {
	rng := rand.New(src)
	begin, seen := len(dst), 0
	for ref := range r.All(a) {
		if seen++; seen <= n {
			dst = append(dst, ref)
		} else if i := rng.IntN(seen); i < n {
			dst[begin+i] = ref
		}
	}
	picked := dst[begin:]
	rng.Shuffle(n, func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
	return dst
}
