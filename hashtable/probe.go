package hashtable

import (
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

// peekStash is how many stash buckets a probe that runs without a lock looks
// at: a chain that is being changed could otherwise lead it in circles.
const peekStash = 16

// Probe walks the entries that may have a given hash. It is valid until the
// table changes, other than by Replace.
//
//	p := t.Probe(a, h)
//	for ref := p.Next(); ref != 0; ref = p.Next() {
//		if … the entry at ref has the key … { break }
//	}
type Probe struct {
	at    *bucket // the bucket under the cursor, nil at the end
	home  *bucket
	arena *arena.Arena
	canon *segment // the segment's first directory slot
	block unsafe.Pointer
	first uint64 // index of canon
	n     uint32 // buckets of the segment
	index uint32 // of home
	step  uint32 // buckets past home; beyond reach: buckets of the stash
	limit uint32 // steps after which the probe gives up
	slot  uint32
	mask  matches
	tag   uint8
	short bool
}

// Probe starts a search for the entries of hash h. O(1).
func (t *Table) Probe(a *arena.Arena, h uint64) (p Probe) {
	p.Start(t, a, h)
	return p
}

// Start is Table.Probe for a probe that has its place already.
func (p *Probe) Start(t *Table, a *arena.Arena, h uint64) {
	if t.dir == 0 {
		*p = Probe{}
		return
	}
	i := t.slotIndex(h)
	s := t.slot(a, i)
	first := t.first(i, s)
	p.arena, p.canon, p.first = a, t.slot(a, first), first
	p.step, p.limit, p.slot, p.short = 0, ^uint32(0), 0, false
	p.start(a.Ptr(s.block), uint32(s.buckets), s.depth, h)
}

// Peek is Probe for a caller that holds no lock while others change the table. valid tells whether nothing has changed
// since the caller began; Peek asks it before it trusts an address that it read. The probe may then return arbitrary
// refs, which the caller discards when it learns of the change; it never reads memory that is not mapped and always
// ends. A probe that could not look everywhere says so by Short.
func (t *Table) Peek(a *arena.Arena, h uint64, valid func() bool) Probe {
	root := t.loadRoot()
	if root == 0 {
		return Probe{}
	}
	i := root.slotIndex(h)
	s := root.slot(i)
	way := s.loadWay()
	if way == 0 || !valid() {
		return Probe{short: true}
	}
	first := i &^ (1<<((root.depth()-way.depth())&63) - 1)
	p := Probe{arena: a, canon: root.slot(first), first: first, limit: maxDistance + peekStash}
	p.start(way.block(), way.buckets(), uint8(way.depth()), h)
	return p
}

func (p *Probe) start(block unsafe.Pointer, n uint32, depth uint8, h uint64) {
	pos := position(h, depth)
	p.block, p.n, p.index, p.tag = block, n, home(pos, n), uint8(pos)
	p.home = bucketAt(block, p.index)
	p.at = p.home
	p.mask = p.home.match(p.tag)
}

// Next returns the ref of the next candidate, or zero when there is none.
func (p *Probe) Next() arena.Ref {
	for p.at != nil {
		for p.mask != 0 {
			p.slot = p.mask.first()
			p.mask = p.mask.rest()
			if ref := p.at.refs[p.slot]; ref != 0 {
				return ref
			}
		}
		p.advance()
	}
	return 0
}

// Short reports that the probe ended before it had looked everywhere. It is
// always false for probes that Table.Probe began.
func (p *Probe) Short() bool { return p.short }

// advance moves to the next bucket that may hold entries of the home bucket.
func (p *Probe) advance() {
	near, far := p.home.near(), p.home.far()
	p.step++
	if p.step == 1 && near == 0 {
		p.step++
	}
	if p.step > 1 && far == 0 {
		p.at = nil
		return
	}
	if p.step > p.limit {
		p.at, p.short = nil, true
		return
	}
	switch r := reach(p.n); {
	case p.step <= r:
		p.at = bucketAt(p.block, wrap(p.index+p.step, p.n))
	case p.inStash():
		p.stashBucket(arena.Ref(p.at.meta))
	default:
		p.step = maxDistance + 1
		p.stashBucket(p.canon.stash)
	}
	if p.at != nil {
		p.mask = p.at.match(p.tag)
	}
}

func (p *Probe) inStash() bool { return p.step > maxDistance+1 }

func (p *Probe) stashBucket(ref arena.Ref) {
	p.at = nil
	if ref == 0 {
		return
	}
	if b := p.arena.Peek(ref, bucketSize); b != nil {
		p.at = bucketAt(b, 0)
	}
}

// Replace puts ref in the place of the entry that p.Next returned last.
func (p *Probe) Replace(ref arena.Ref) { p.at.refs[p.slot] = ref }

// Remove takes the entry that p.Next returned last out of the table. O(1),
// but for the occasional rebuild of one segment.
func (t *Table) Remove(env *Env, entries Entries, p *Probe) {
	if p.step > maxDistance {
		t.removeStashed(env.Arena, p.canon, p.home, p.at, int(p.slot))
	} else {
		p.at.refs[p.slot] = 0
		p.home.removeSpill(p.step)
		pull(p.block, p.n, wrap(p.index+p.step, p.n), int(p.slot))
	}
	p.canon.count--
	t.count--
	t.shrink(env, entries, p.first)
}

// pull fills the hole in bucket i with an entry that is homed there but lives
// further on.
func pull(block unsafe.Pointer, n, i uint32, hole int) {
	b := bucketAt(block, i)
	if b.near() == 0 && b.far() == 0 {
		return
	}
	for d := uint32(1); d <= reach(n); d++ {
		from := bucketAt(block, wrap(i+d, n))
		slot := from.atDistance(d)
		if slot < 0 {
			continue
		}
		b.set(hole, from.tags[slot], from.refs[slot], 0)
		b.removeSpill(d)
		from.refs[slot] = 0
		return
	}
}

// removeStashed takes the entry in a slot of stash bucket b out of the chain.
// An entry of the chain's first bucket fills the hole, so that only that
// bucket has free slots.
func (t *Table) removeStashed(a *arena.Arena, canon *segment, home, b *bucket, slot int) {
	home.removeSpill(maxDistance + 1)
	t.stashed--
	head := bucketAt(a.Ptr(canon.stash), 0)
	if b != head {
		last := head.lastUsed()
		b.tags[slot], b.refs[slot] = head.tags[last], head.refs[last]
		slot = last
	}
	head.refs[slot] = 0
	if head.lastUsed() < 0 {
		ref := canon.stash
		canon.stash = arena.Ref(head.meta)
		a.Free(ref, bucketSize)
	}
}
