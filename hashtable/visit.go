package hashtable

import "github.com/larderkv/larder/internal/arena"

// Visitor is shown the entries of a table, some at a time, by Visit.
type Visitor interface {
	// Visit may replace refs: by zero to remove the entry, by another ref when
	// the same entry lives elsewhere from here on. An entry that it removes it
	// may free.
	Visit(refs []arena.Ref)
}

// Visit shows the visitor the entries of one bucket and returns the cursor of
// the next, as Scan does. An entry that moves within its segment between two
// calls may be shown twice or not at all: it serves maintenance that comes by
// again. O(entries of a bucket).
func (t *Table) Visit(env *Env, entries Entries, cursor uint64, v Visitor) uint64 {
	next, last := t.visit(env, entries, cursor, v)
	if last {
		t.shrinkVisited(env, entries, cursor)
	}
	return next
}

// VisitInPlace is Visit for a visitor that removes nothing. The table keeps its structure: a Walk may go on after
// it.
func (t *Table) VisitInPlace(env *Env, entries Entries, cursor uint64, v Visitor) uint64 {
	next, _ := t.visit(env, entries, cursor, v)
	return next
}

// visit shows the visitor one bucket. It reports whether that was the last of its segment.
func (t *Table) visit(env *Env, entries Entries, cursor uint64, v Visitor) (_ uint64, last bool) {
	if t.dir == 0 {
		return 0, false
	}
	a := env.Arena
	i := t.slotIndex(cursor)
	s := *t.slot(a, i)
	n := uint32(s.buckets)
	at := home(position(cursor, s.depth), n)
	next := nextCursor(cursor, s.depth, at, n)
	removed := 0
	if at == 0 {
		removed = t.visitStash(env, entries, i, v)
	}
	// What a removal pulls into the bucket has not been shown.
	for k := -1; k != 0; removed += k {
		k = t.visitBucket(env, i, at, v)
	}
	t.slot(a, t.first(i, &s)).count -= uint32(removed)
	t.count -= uint64(removed)
	if removed > 0 && t.count == 0 {
		t.Clear(env)
		return next, false
	}
	return next, at+1 == n
}

// shrinkVisited gives memory back after a visitor saw the last bucket of the segment that the cursor is in. Until then
// the segment keeps its size: a visitor that removes much leaves one end empty and the other full, and in fewer buckets
// the full end would not fit. For the same reason a segment waits for the upper half of its prefix to be visited before
// the two are merged.
func (t *Table) shrinkVisited(env *Env, entries Entries, cursor uint64) {
	for t.dir != 0 {
		i := t.slotIndex(cursor)
		before := *t.slot(env.Arena, i)
		half := uint64(1) << (t.depth - uint32(before.depth))
		if i&half == 0 && before.buckets == minSegment {
			return
		}
		t.shrink(env, entries, i)
		if t.dir == 0 {
			return
		}
		if after := t.slot(env.Arena, t.slotIndex(cursor)); after.depth == before.depth && after.buckets == before.buckets {
			return
		}
	}
}

// nextCursor returns the first position in hash order behind bucket at.
func nextCursor(cursor uint64, depth uint8, at, n uint32) uint64 {
	shift := 64 - depth
	prefix := cursor >> shift
	if at+1 == n {
		return (prefix + 1) << shift
	}
	return prefix<<shift | uint64(firstPosition(at+1, n))<<(shift-positionBits)
}

// load copies the occupied slots of a bucket to the scratch space.
func (env *Env) load(b *bucket) int {
	n := 0
	for slot, r := range b.refs {
		if r != 0 {
			env.refs[n], env.slots[n] = r, slot
			n++
		}
	}
	return n
}

func (t *Table) visitBucket(env *Env, i uint64, at uint32, v Visitor) (removed int) {
	s := t.slot(env.Arena, i)
	block, n := env.Arena.Ptr(s.block), uint32(s.buckets)
	b := bucketAt(block, at)
	k := env.load(b)
	v.Visit(env.refs[:k])
	for j, ref := range env.refs[:k] {
		slot := env.slots[j]
		b.refs[slot] = ref
		if ref == 0 {
			d := b.distance(slot)
			bucketAt(block, wrap(at+n-d, n)).removeSpill(d)
			removed++
		}
	}
	if removed == 0 {
		return 0
	}
	for j, ref := range env.refs[:k] {
		if ref == 0 {
			pull(block, n, at, env.slots[j])
		}
	}
	return removed
}

func (t *Table) visitStash(env *Env, entries Entries, i uint64, v Visitor) (removed int) {
	a := env.Arena
	s := t.slot(a, i)
	block, n := a.Ptr(s.block), uint32(s.buckets)
	canon := t.slot(a, t.first(i, s))
	for r := canon.stash; r != 0; {
		b := bucketAt(a.Ptr(r), 0)
		r = arena.Ref(b.meta)
		k := env.load(b)
		entries.Hashes(env.refs[:k], env.hashes[:k])
		v.Visit(env.refs[:k])
		for j, ref := range env.refs[:k] {
			slot := env.slots[j]
			b.refs[slot] = ref
			if ref == 0 {
				b.refs[slot] = ^arena.Ref(0) // occupied until removeStashed frees it
				t.removeStashed(a, canon, bucketAt(block, home(position(env.hashes[j], s.depth), n)), b, slot)
				removed++
			}
		}
	}
	return removed
}

// RemoveRef removes the entry at ref, whose hash is h, and reports whether it
// was there. O(1).
func (t *Table) RemoveRef(env *Env, entries Entries, h uint64, ref arena.Ref) bool {
	p := t.Probe(env.Arena, h)
	for r := p.Next(); r != 0; r = p.Next() {
		if r == ref {
			t.Remove(env, entries, &p)
			return true
		}
	}
	return false
}

// Relocate moves the table's own blocks that stand in the way of compaction:
// those of the segment at a cursor and, at cursor zero, the directory.
func (t *Table) Relocate(a *arena.Arena, cursor uint64) {
	if t.dir == 0 {
		return
	}
	if cursor == 0 {
		t.setDirectory(a, relocated(a, t.dir, segmentSize<<t.depth), t.depth)
	}
	i := t.slotIndex(cursor)
	s := t.slot(a, i)
	first := t.first(i, s)
	block := relocated(a, s.block, int(s.buckets)*bucketSize)
	if block != s.block {
		for j := range uint64(1) << (t.depth - uint32(s.depth)) {
			t.slot(a, first+j).setBlock(a, block, uint32(s.buckets), s.depth)
		}
	}
	for link := &t.slot(a, first).stash; *link != 0; {
		*link = relocated(a, *link, bucketSize)
		link = (*arena.Ref)(&bucketAt(a.Ptr(*link), 0).meta)
	}
}

// NextSegment returns the cursor at which the segment behind that of cursor
// begins, zero at the end.
func (t *Table) NextSegment(a *arena.Arena, cursor uint64) uint64 {
	if t.dir == 0 {
		return 0
	}
	shift := 64 - t.slot(a, t.slotIndex(cursor)).depth
	return (cursor>>shift + 1) << shift
}

// relocated returns where a block of size bytes is after it was moved, if it
// had to be.
func relocated(a *arena.Arena, ref arena.Ref, size int) arena.Ref {
	if !a.Evacuating(ref) {
		return ref
	}
	to := a.Alloc(size)
	copy(a.Bytes(to, size), a.Bytes(ref, size))
	a.Free(ref, size)
	return to
}
