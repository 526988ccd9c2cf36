package keyspace

import "github.com/larderkv/larder/internal/arena"

const (
	// evacuateBytes bounds what one compaction cycle moves.
	evacuateBytes = 8 << 20

	// tableBlock is the least size of the blocks of a large table's segments.
	// When a table grows, all its segments pass from one size to the next at
	// about the same time, and leave slabs of the former size half empty.
	tableBlock = 4096

	// A cycle that moves tables begins when it would free this part of a
	// shard's memory, a cycle that moves everything when it would free that.
	tableWaste  = 64
	memoryWaste = 16

	// minWaste is not worth any effort.
	minWaste = 64 << 10
)

// compactor is the hand that moves blocks out of sparsely used pages. A cycle
// marks the sparsest pages, walks all tables once and moves what lies there.
type compactor struct {
	active bool
	tables bool // only the tables' own blocks
	db     int
	cursor uint64
	index  *index

	// Within the bucket at cursor: how many entries are done and, of the
	// collection that comes next, where to go on.
	done  int
	inner uint64
	again bool // the bucket has more

	begun [2]memoryState // when the last cycle of everything, and the last of tables, was begun
}

// memoryState is what a choice of blocks to move depends on, roughly.
type memoryState struct{ waste, used int }

// unchangedSince reports whether memory is about as it was when the last cycle of a kind began. Then that
// has freed nothing, as what it chose is in none of the tables that it walked, and another would choose the
// same again. To choose takes microseconds for each chunk of the shard.
func (sh *shard) unchangedSince(m memoryState) bool {
	near := func(x, y int) bool { return max(x, y)-min(x, y) < minWaste }
	return near(sh.arena.Compactable(0), m.waste) && near(sh.arena.Used(), m.used)
}

// wasteful reports whether a part of the shard's memory lies idle in partly
// used pages.
func (sh *shard) wasteful(size, part int) bool {
	waste := sh.arena.Compactable(size)
	return waste > minWaste && waste*part > sh.arena.Resident()
}

// overLimit reports whether memory exceeds the limit.
func (sh *shard) overLimit() bool {
	limit := sh.ks.maxBytes.Load()
	return limit > 0 && sh.ks.mem.Resident() > limit
}

// The kinds of cycles: of everything, and of nothing but the blocks of tables.
const (
	cycleOfAll = iota
	cycleOfTables
)

// startCompaction begins a cycle if one is worth it. Where one of tables did not help, since the tables are those
// of collections or blocks of entries are as large, one of everything follows.
func (sh *shard) startCompaction() bool {
	var move int
	kind := cycleOfAll
	switch c := &sh.compact; {
	case sh.wasteful(tableBlock, tableWaste) && !sh.unchangedSince(c.begun[cycleOfTables]):
		kind = cycleOfTables
		move, _ = sh.arena.StartEvacuationOf(tableBlock, evacuateBytes)
	case (sh.wasteful(0, memoryWaste) || sh.overLimit() && sh.wasteful(0, tableWaste)) && !sh.unchangedSince(c.begun[cycleOfAll]):
		move, _ = sh.arena.StartEvacuation(evacuateBytes)
	default:
		return false
	}
	begun := sh.compact.begun
	begun[kind] = memoryState{sh.arena.Compactable(0), sh.arena.Used()}
	sh.compact = compactor{active: move > 0, tables: kind == cycleOfTables, begun: begun}
	return move > 0
}

// compactSlice advances compaction by some buckets, or segments of tables, and
// reports whether the cycle is to go on. The caller holds the lock.
func (sh *shard) compactSlice(steps int) (more bool) {
	c := &sh.compact
	if !c.active && !sh.startCompaction() {
		return false
	}
	sh.beginWrite()
	sh.epoch++
	for range steps {
		c.index = sh.index(c.db)
		t := &c.index.table
		t.Relocate(sh.arena, c.cursor)
		if c.tables {
			c.cursor = t.NextSegment(sh.arena, c.cursor)
		} else {
			c.again = false
			next := t.Visit(&sh.env, c.index, c.cursor, (*compactVisitor)(sh))
			if c.again {
				return true
			}
			c.done, c.inner = 0, 0
			c.cursor = next
		}
		if c.cursor != 0 {
			continue
		}
		if c.db++; c.db == len(sh.ks.databases) {
			sh.arena.EndEvacuation()
			c.active = false
			return false
		}
	}
	return true
}

type compactVisitor shard

// Visit implements hashtable.Visitor.
func (v *compactVisitor) Visit(refs []arena.Ref) {
	sh := (*shard)(v)
	for i, ref := range refs {
		if sh.arena.Evacuating(ref) {
			refs[i] = sh.moveEntry(ref)
		}
	}
	if sh.compact.index.structured > 0 {
		sh.relocateValues(refs)
	}
}

func (sh *shard) moveEntry(ref arena.Ref) arena.Ref {
	_, at := sh.entry(ref)
	to := sh.arena.Alloc(at.size)
	copy(sh.arena.Bytes(to, at.size), sh.arena.Bytes(ref, at.size))
	sh.arena.Free(ref, at.size)
	return to
}

// relocateValues moves the blocks of collections, of one large collection as
// many as a slice allows. Between slices the bucket may change; what is then passed over
// is left to the next cycle.
func (sh *shard) relocateValues(refs []arena.Ref) {
	c := &sh.compact
	sh.touchAll(refs)
	for _, ref := range refs[min(c.done, len(refs)):] {
		p, at := sh.entry(ref)
		if k := at.kind(); k != nil {
			if c.inner = k.Relocate(&sh.innerEnv, at.valueAt(p), c.inner, relocateBlocks); c.inner != 0 {
				c.again = true
				return
			}
		}
		c.done++
	}
}

// relocateBlocks is how many blocks of a collection are looked at in one slice.
const relocateBlocks = 512
