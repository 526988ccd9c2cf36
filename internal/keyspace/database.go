package keyspace

import (
	"unsafe" // size of an index, to pad it; and a reader's way to it, whose number the mask bounds

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// database is what a view is of. Its indexes, one a shard, lie one behind the other, and with
// them all else that a reader without a lock needs to find one: the fewer loads wait for each
// other before a bucket is known, the sooner its cache miss begins.
type database struct {
	short   shortSeed      // of the keyspace's seed
	mask    uint64         // the keyspace's shardMask
	first   unsafe.Pointer // of indexes
	ks      *Keyspace
	db      int
	indexes []paddedIndex // by shard
}

// index is a database's part of a shard. Readers without a lock look at its first cache line only, and
// follow the pointers there, which never change, whatever happens to the contents.
type index struct {
	arena *arena.Arena
	shard *shard
	ks    *Keyspace
	contents
}

// contents is what of an index is flushed, or exchanged with another.
type contents struct {
	table hashtable.Table
	seed  uint64 // of the table's hashes; zero: the keyspace's

	volatile   int    // keys with an expiry
	structured int    // keys whose value has blocks of its own
	perishable int    // keys whose value has elements that may expire
	hand       uint64 // where the search for rare victims goes on

	// byType counts keys by every type that a header can hold. Refs have 32 bits, so no count needs more.
	byType [1 << encodingShift]uint32

	// While a table moves to hashes of another seed its remaining entries
	// are in old.
	old       hashtable.Table
	oldSeed   uint64
	oldCursor uint64
	moving    bool

	// moves counts the seeds that the table has had: cursors of a scan mean
	// nothing under another.
	moves uint8
}

// paddedIndex keeps writers of neighbouring shards out of each other's cache lines.
type paddedIndex struct {
	index
	_ [(cacheLine - unsafe.Sizeof(index{})%cacheLine) % cacheLine]byte
}

func (d *database) open(ks *Keyspace, db int) {
	*d = database{short: newShortSeed(ks.seed), mask: ks.shardMask, ks: ks, db: db, indexes: make([]paddedIndex, len(ks.shards))}
	d.first = unsafe.Pointer(&d.indexes[0])
	for i, sh := range ks.shards {
		d.indexes[i].index = index{arena: sh.arena, shard: sh, ks: ks}
	}
}

// index returns the database's part of a shard.
func (d *database) index(sh *shard) *index { return &d.indexes[sh.number].index }

// indexOf returns the database's part of the shard that a hash belongs to, unless its key has a {tag}.
func (d *database) indexOf(h uint64) *index {
	return (*index)(unsafe.Add(d.first, uintptr(h&d.mask)*unsafe.Sizeof(paddedIndex{})))
}

// index returns the shard's part of a database.
func (sh *shard) index(db int) *index { return sh.ks.databases[db].index(sh) }
