package keyspace

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/eviction"
	"github.com/zeebo/xxh3"
)

const cacheLine = 64

// shard holds the keys of one part of the hash space, for every database.
//
// mu excludes all others from everything in it but one thing: optimistic
// readers, who take no lock. They read version before and after and discard
// what they saw unless it was the same even number both times. So whoever
// changes a table or an entry calls beginWrite first, while holding mu.
type shard struct {
	_       [cacheLine]byte
	version atomic.Uint64
	arena   *arena.Arena

	worthTick atomic.Uint32 // of worth, for readers that hold no lock

	_        [cacheLine]byte
	mu       sync.Mutex
	waiting  atomic.Int32 // how many wait for mu
	writing  bool         // version is odd
	ks       *Keyspace
	number   int
	env      hashtable.Env
	innerEnv hashtable.Env // for tables that change while another is visited
	src      *rand.PCG
	worth    *eviction.Policy // nil until something is evicted by worth
	scratch  []arena.Ref
	digits   []byte // scratch space of Slot.Text
	touched  uint64 // keeps the loads of touchAll alive
	counts   counts
	epoch    uint64 // changes when tables do, or when entries move

	delivering atomic.Bool
	relief     atomic.Bool // somebody came who would have delivered
	watched    map[watchKey][]*Watch
	claims     map[watchKey]*claim // nil while there are none
	queues     map[watchKey]*waitQueue
	ready      []*waitQueue // to be served before the lock is released
	pending    []Event
	helpers    []*shard // which have evicted for this one, and whose events are to be delivered
	garbage    []garbage
	sweep      sweeper
	compact    compactor
	_          [cacheLine]byte
}

// counts are a shard's statistics, kept under its lock.
type counts struct {
	expired uint64
	evicted uint64
}

func newShard(ks *Keyspace, number int) *shard {
	a := arena.New(ks.mem)
	sh := &shard{
		ks:       ks,
		number:   number,
		arena:    a,
		env:      hashtable.Env{Arena: a, Seed: ks.seed},
		innerEnv: hashtable.Env{Arena: a, Seed: ks.seed},
		src:      newSource(ks.seed, number),
	}
	return sh
}

// acquire takes mu. Who waits for it is counted, so that a long operation can tell that somebody does.
func (sh *shard) acquire() {
	if sh.mu.TryLock() {
		return
	}
	sh.waiting.Add(1)
	sh.mu.Lock()
	sh.waiting.Add(-1)
}

// lock takes the shard's lock.
func (sh *shard) lock() error {
	sh.acquire()
	if sh.ks.closed.Load() {
		sh.mu.Unlock()
		return ErrClosed
	}
	return nil
}

// beginWrite makes optimistic readers discard what they read from here to
// unlock. The caller holds mu.
func (sh *shard) beginWrite() {
	if sh.writing {
		return
	}
	sh.writing = true
	storeVersion(&sh.version, sh.version.Load()+1)
	storeFence()
}

// endWrite lets optimistic readers in again.
func (sh *shard) endWrite() {
	if sh.writing {
		sh.writing = false
		storeVersion(&sh.version, sh.version.Load()+1)
	}
}

// unlock ends the write, if one was begun, and releases the lock, after those
// who waited for what was written were served. Events of the operation are delivered
// after it.
func (sh *shard) unlock() {
	if len(sh.ready) > 0 {
		sh.serveAndUnlock()
		return
	}
	sh.endWrite()
	deliver := sh.owesEvents()
	sh.mu.Unlock()
	if deliver {
		sh.deliver()
	}
}

// tableHash returns the hash under which a key whose keyspace hash is h stands
// in the table.
func (ix *index) tableHash(key string, h uint64) uint64 {
	if ix.seed == 0 {
		return h
	}
	return xxh3.HashStringSeed(key, ix.seed)
}

// Hashes implements hashtable.Entries for the table.
func (ix *index) Hashes(refs []arena.Ref, hashes []uint64) {
	hashEntries(ix.arena, ix.seedOf(ix.seed), refs, hashes)
}

func (ix *index) seedOf(seed uint64) uint64 {
	if seed == 0 {
		return ix.ks.seed
	}
	return seed
}

// oldEntries implements hashtable.Entries for the table that is being left.
type oldEntries struct{ *index }

func (ix oldEntries) Hashes(refs []arena.Ref, hashes []uint64) {
	hashEntries(ix.arena, ix.seedOf(ix.oldSeed), refs, hashes)
}

// hashEntries touches all headers before it hashes the first key, so that
// their cache misses overlap.
func hashEntries(a *arena.Arena, seed uint64, refs []arena.Ref, hashes []uint64) {
	for i, r := range refs {
		hashes[i] = *(*uint64)(a.Ptr(r))
	}
	for i, r := range refs {
		p := a.Ptr(r)
		l := layoutOf(p)
		hashes[i] = xxh3.HashStringSeed(l.keyAt(p), seed)
	}
}

func oldHash(ix *index, key string, h uint64) uint64 {
	if ix.oldSeed == 0 {
		return h
	}
	return xxh3.HashStringSeed(key, ix.oldSeed)
}

// entry returns the entry of ref and its layout.
func (sh *shard) entry(ref arena.Ref) (unsafe.Pointer, layout) {
	p := sh.arena.Ptr(ref)
	return p, layoutOf(p)
}
