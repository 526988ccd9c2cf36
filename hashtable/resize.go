package hashtable

import (
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

// builder fills the blocks of a segment that replaces one or two others.
type builder struct {
	arena   *arena.Arena
	block   arena.Ref
	base    unsafe.Pointer
	buckets uint32
	depth   uint8
	count   uint32
	stash   arena.Ref
	stashed uint32
	used    [maxSegment]uint8 // slots of each bucket, filled from the first on
}

func newBuilder(a *arena.Arena, buckets uint32, depth uint8) builder {
	size := int(buckets) * bucketSize
	block := a.Alloc(size)
	clear(a.Bytes(block, size))
	return builder{arena: a, block: block, base: a.Ptr(block), buckets: buckets, depth: depth}
}

// add puts an entry into its home bucket, into one of the next few, or into the stash: place of tables for a block that
// is being filled, and so knows where the free slots are.
func (b *builder) add(pos uint32, ref arena.Ref) {
	b.count++
	at := home(pos, b.buckets)
	if slot := b.used[at]; slot < bucketSlots {
		b.used[at] = slot + 1
		to := bucketAt(b.base, at)
		to.tags[slot], to.refs[slot] = uint8(pos), ref // the distance is zero already
		return
	}
	b.addBeyond(at, pos, ref)
}

func (b *builder) addBeyond(at, pos uint32, ref arena.Ref) {
	n := b.buckets
	for d := uint32(1); d <= reach(n); d++ {
		i := wrap(at+d, n)
		slot := b.used[i]
		if slot == bucketSlots {
			continue
		}
		b.used[i] = slot + 1
		bucketAt(b.base, i).set(int(slot), uint8(pos), ref, d)
		bucketAt(b.base, at).addSpill(d)
		return
	}
	b.stash = addToStash(b.arena, b.stash, uint8(pos), ref)
	bucketAt(b.base, at).addSpill(maxDistance + 1)
	b.stashed++
}

// install makes the built segment the one that the directory slots from first
// on lead to.
func (t *Table) install(b *builder, first uint64) {
	span := uint64(1) << (t.depth - uint32(b.depth))
	for i := first; i < first+span; i++ {
		s := t.slot(b.arena, i)
		s.count, s.stash = 0, 0
		s.setBlock(b.arena, b.block, b.buckets, b.depth)
	}
	s := t.slot(b.arena, first)
	s.count, s.stash = b.count, b.stash
	t.stashed += b.stashed
}

// release frees the blocks of a segment whose entries have moved.
func (t *Table) release(a *arena.Arena, s *segment) {
	for r := s.stash; r != 0; {
		b := bucketAt(a.Ptr(r), 0)
		for _, ref := range b.refs {
			if ref != 0 {
				t.stashed--
			}
		}
		r = arena.Ref(b.meta)
	}
	freeStash(a, s.stash)
	a.Free(s.block, int(s.buckets)*bucketSize)
}

// grow makes room in the segment at directory slot i. It reports false when
// the segment may not be split further.
func (t *Table) grow(env *Env, entries Entries, i uint64) bool {
	s := t.slot(env.Arena, i)
	if s.buckets < maxSegment {
		t.rebuild(env, entries, i, grownBuckets(uint32(s.buckets)))
		return true
	}
	deeper := uint32(s.depth) + 1
	if deeper > maxDepth || 1<<deeper > (t.count/(minSegment*4)+1)<<depthSlack {
		return false
	}
	t.split(env, entries, i)
	return true
}

// rebuild replaces the segment at slot i by one of n buckets.
func (t *Table) rebuild(env *Env, entries Entries, i uint64, n uint32) {
	first := t.first(i, t.slot(env.Arena, i))
	old := *t.slot(env.Arena, first)
	to := newBuilder(env.Arena, n, old.depth)
	if old.buckets >= minSegment {
		moveByTag(env, entries, &old, &to, 0, 0)
	} else {
		moveByHash(env, entries, &old, &to, &to)
	}
	t.release(env.Arena, &old)
	t.install(&to, first)
}

// split replaces the segment at slot i by two of the next depth.
func (t *Table) split(env *Env, entries Entries, i uint64) {
	a := env.Arena
	if uint32(t.slot(a, i).depth) == t.depth {
		t.doubleDirectory(a)
		i *= 2
	}
	first := t.first(i, t.slot(a, i))
	old := *t.slot(a, first)
	n := max(minSegment, bucketsFor(old.count/2))
	lower := newBuilder(a, n, old.depth+1)
	upper := newBuilder(a, n, old.depth+1)
	moveByHash(env, entries, &old, &lower, &upper)
	t.release(a, &old)
	t.install(&lower, first)
	t.install(&upper, first+1<<(t.depth-uint32(lower.depth)))
	if uint32(lower.depth) == t.depth {
		t.deepest += 2
	}
}

// merge joins the segment at slot i with the other half of their common
// prefix, if that is a segment too and both fit.
func (t *Table) merge(env *Env, entries Entries, i uint64) {
	a := env.Arena
	s := t.slot(a, i)
	half := uint64(1) << (t.depth - uint32(s.depth))
	first := t.first(i, s) &^ half
	lower, upper := *t.slot(a, first), *t.slot(a, first+half)
	if lower.depth != upper.depth {
		return
	}
	count := lower.count + upper.count
	if count*fillUnit > capacity(maxSegment)*fillTarget {
		return
	}
	to := newBuilder(a, max(minSegment, bucketsFor(count)), lower.depth-1)
	moveByTag(env, entries, &lower, &to, 1, 0)
	moveByTag(env, entries, &upper, &to, 1, positions/2)
	t.release(a, &lower)
	t.release(a, &upper)
	t.install(&to, first)
	if uint32(lower.depth) == t.depth {
		t.deepest -= 2
		t.halveDirectory(a)
	}
}

// shrink gives memory back after a removal from the segment at slot i.
func (t *Table) shrink(env *Env, entries Entries, i uint64) {
	s := t.slot(env.Arena, i)
	count := t.slot(env.Arena, t.first(i, s)).count
	n := uint32(s.buckets)
	if !isSparse(count, n) {
		return
	}
	if t.count == 0 {
		t.Clear(env)
		return
	}
	target := bucketsFor(count)
	if s.depth > 0 {
		target = max(target, minSegment)
	}
	switch {
	case target < n:
		t.rebuild(env, entries, i, target)
	case s.depth > 0 && n == minSegment:
		t.merge(env, entries, i)
	}
}

func (t *Table) doubleDirectory(a *arena.Arena) {
	size := segmentSize << t.depth
	dir := a.Alloc(2 * size)
	from := unsafe.Slice((*segment)(a.Ptr(t.dir)), 1<<t.depth)
	to := unsafe.Slice((*segment)(a.Ptr(dir)), 2<<t.depth)
	for i, s := range from {
		to[2*i], to[2*i+1] = s, s
	}
	a.Free(t.dir, size)
	t.setDirectory(a, dir, t.depth+1)
	t.deepest = 0
}

func (t *Table) halveDirectory(a *arena.Arena) {
	for t.deepest == 0 && t.depth > 0 {
		size := segmentSize << t.depth
		dir := a.Alloc(size / 2)
		from := unsafe.Slice((*segment)(a.Ptr(t.dir)), 1<<t.depth)
		to := unsafe.Slice((*segment)(a.Ptr(dir)), 1<<(t.depth-1))
		for i := range to {
			to[i] = from[2*i]
			if uint32(to[i].depth) == t.depth-1 {
				t.deepest++
			}
		}
		a.Free(t.dir, size)
		t.setDirectory(a, dir, t.depth-1)
	}
}

// moveByTag adds a segment's entries to a builder without reading them: the
// position of each is its bucket and tag. The new position is the old one
// shifted right by shift, plus offset. Stashed entries are hashed again.
func moveByTag(env *Env, entries Entries, s *segment, to *builder, shift, offset uint32) {
	n := uint32(s.buckets)
	block := env.Arena.Ptr(s.block)
	var first [maxSegment]uint32 // position of each bucket
	for i := range n {
		first[i] = firstPosition(i, n)
	}
	for i := range n {
		b := bucketAt(block, i)
		for slot, ref := range b.refs {
			if ref == 0 {
				continue
			}
			base := first[wrap(i+n-b.distance(slot), n)]
			pos := base + uint32(b.tags[slot]-uint8(base))
			to.add(pos>>shift+offset, ref)
		}
	}
	moveStash(env, entries, s, to, to)
}

// moveByHash adds a segment's entries to lower or upper by their hashes: by
// the first bit below the segment's prefix, unless both are the same builder.
func moveByHash(env *Env, entries Entries, s *segment, lower, upper *builder) {
	block := env.Arena.Ptr(s.block)
	n := 0
	for i := range uint32(s.buckets) {
		for _, ref := range bucketAt(block, i).refs {
			if ref == 0 {
				continue
			}
			env.refs[n] = ref
			if n++; n == batch {
				env.addHashed(entries, n, s.depth, lower, upper)
				n = 0
			}
		}
	}
	env.addHashed(entries, n, s.depth, lower, upper)
	moveStash(env, entries, s, lower, upper)
}

func moveStash(env *Env, entries Entries, s *segment, lower, upper *builder) {
	for r := s.stash; r != 0; {
		b := bucketAt(env.Arena.Ptr(r), 0)
		n := 0
		for _, ref := range b.refs {
			if ref != 0 {
				env.refs[n] = ref
				n++
			}
		}
		env.addHashed(entries, n, s.depth, lower, upper)
		r = arena.Ref(b.meta)
	}
}

func (env *Env) addHashed(entries Entries, n int, depth uint8, lower, upper *builder) {
	if n == 0 {
		return
	}
	entries.Hashes(env.refs[:n], env.hashes[:n])
	for i, h := range env.hashes[:n] {
		to := lower
		if h<<depth>>63 == 1 {
			to = upper
		}
		to.add(position(h, to.depth), env.refs[i])
	}
}
