package keyspace

import (
	"fmt"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/eviction"
	"github.com/zeebo/xxh3"
)

// Policy says which keys are evicted when memory is at its limit. Names and
// meanings are those of Redis' maxmemory-policy.
type Policy uint8

// The policies.
const (
	NoEviction Policy = iota
	AllKeysLRU
	AllKeysLFU
	AllKeysRandom
	VolatileLRU
	VolatileLFU
	VolatileRandom
	VolatileTTL
)

var policyNames = [...]string{
	"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
	"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
}

// String returns Redis' name of the policy.
func (p Policy) String() string { return policyNames[p] }

// ParsePolicy returns the policy of a name.
func ParsePolicy(name string) (Policy, error) {
	for i, n := range policyNames {
		if n == name {
			return Policy(i), nil
		}
	}
	return 0, fmt.Errorf("larder: unknown eviction policy %q", name)
}

func (p Policy) volatile() bool { return p >= VolatileLRU }

// Policy returns the eviction policy in force.
func (ks *Keyspace) Policy() Policy { return Policy(ks.policy.Load()) }

// SetPolicy changes the eviction policy.
func (ks *Keyspace) SetPolicy(p Policy) {
	ks.policy.Store(uint32(p))
	ks.setRecording()
}

const (
	// slack is the part of the limit by which memory may exceed it before
	// writers help with compaction and evict for others besides themselves.
	slack = 64

	// hardSlack is the part from which on they do so with all their might.
	hardSlack = 32

	// assistSteps is how many buckets a writer compacts while memory exceeds
	// the limit, hardSteps while it exceeds it by much.
	assistSteps = 16
	hardSteps   = 128
)

// reserve makes sure that need more bytes keep the memory limit, evicting keys
// where the policy allows it. The caller holds the lock.
func (sh *shard) reserve(need int) error {
	limit := sh.ks.maxBytes.Load()
	if sh.ks.fits(need, limit) {
		return nil
	}
	began := sh.ks.pauses.begin()
	err := sh.makeRoom(need, limit)
	sh.ks.pauses.end(EvictionCycle, began)
	return err
}

// fits reports whether need more bytes stay within the limit.
func (ks *Keyspace) fits(need int, limit int64) bool {
	return limit <= 0 || ks.mem.Resident()+int64(need) <= limit
}

// makeRoom evicts as many bytes as are needed, so that the bytes in use do not
// grow at the limit. Which pages they leave and which the new ones take is
// chance; what the arenas exceed the limit by is a debt that writers pay off, by
// evicting more than they need and by compaction.
func (sh *shard) makeRoom(need int, limit int64) error {
	need = arena.ClassSize(need)
	debt := sh.missing(need, limit)
	if debt <= 0 || sh.arena.NeedsPages(need) == 0 && debt <= limit/slack {
		return nil
	}
	// Pages that stand free, beyond those that need takes, are given back before
	// anything is evicted for them.
	if free := int64(sh.arena.Releasable()); free > 0 && free >= debt+int64(need) {
		sh.arena.ReleaseFree(int(debt))
		return nil
	}
	target, steps := need, assistSteps
	excess := debt - int64(sh.arena.NeedsPages(need)) // without what is needed now, which may be much beside a small limit
	switch {
	case excess > limit/hardSlack:
		target, steps = 4*need, hardSteps
	case excess > limit/slack && int64(sh.arena.Compactable(0)) < excess:
		target = 2 * need
	}
	if err := sh.evict(need, target, limit); err != nil {
		return err
	}
	if excess > limit/slack {
		sh.compactSlice(steps)
		sh.arena.ReleaseFree(releaseSlice)
	}
	return nil
}

// missing returns by how much the limit would be exceeded once need more bytes were in use.
func (sh *shard) missing(need int, limit int64) int64 {
	return sh.ks.mem.Resident() + int64(sh.arena.NeedsPages(need)) - limit
}

// evict frees target bytes, if it can. It returns ErrOutOfMemory if that is less than need, and need does not fit. Others
// have to give something only when there is nothing left here: first the pages that they don't use, then their keys.
func (sh *shard) evict(need, target int, limit int64) error {
	asked := false
	for freed := 0; freed < target; {
		n := sh.freeSome()
		if n == 0 && !asked {
			asked = true
			if sh.releaseElsewhere(need, limit); sh.missing(need, limit) <= 0 {
				return nil
			}
		}
		if n == 0 {
			n = sh.evictElsewhere(need, limit)
		}
		if n == 0 && freed < need && sh.missing(need, limit) > 0 {
			return ErrOutOfMemory
		}
		if n == 0 {
			break
		}
		freed += n
	}
	return nil
}

// evictBlocks is how many blocks of a dropped collection are freed before the
// next look at whether that was enough.
const evictBlocks = 256

// freeSome frees blocks of what was dropped before, or evicts a key where there
// is nothing of the kind, and returns the bytes.
func (sh *shard) freeSome() int {
	if len(sh.garbage) == 0 {
		return sh.evictOne()
	}
	before := sh.arena.Used()
	sh.collect(evictBlocks)
	return before - sh.arena.Used()
}

// others calls fn with the other shards, one after the other from a random one on, until it returns false. Those whose
// lock is taken are passed over, since the caller holds one.
func (sh *shard) others(fn func(*shard) bool) {
	start := int(sh.src.Uint64())
	for i := range sh.ks.shards {
		other := sh.ks.shards[(start+i)&int(sh.ks.shardMask)]
		if other == sh || !other.mu.TryLock() {
			continue
		}
		more := fn(other)
		other.mu.Unlock()
		if !more {
			return
		}
	}
}

// releaseElsewhere gives free pages of other shards back until need fits.
func (sh *shard) releaseElsewhere(need int, limit int64) {
	sh.others(func(other *shard) bool {
		other.arena.ReleaseFree(int(sh.missing(need, limit)))
		return sh.missing(need, limit) > 0
	})
}

// evictElsewhere evicts from another shard and returns the bytes.
func (sh *shard) evictElsewhere(need int, limit int64) (freed int) {
	sh.others(func(other *shard) bool {
		freed = other.freeSome()
		other.arena.ReleaseFree(max(releaseSlice, int(sh.missing(need, limit))))
		other.endWrite()
		if other.owesEvents() {
			sh.helpers = append(sh.helpers, other)
		}
		return freed == 0
	})
	return freed
}

// victimTries bounds how often another victim is looked for because an operation has claimed the first.
const victimTries = 4

// evictOne evicts the best victim of a sample and returns the bytes that this
// frees at once, zero if there is nothing to evict.
func (sh *shard) evictOne() (freed int) {
	for tries := 0; freed == 0 && (tries == 0 || tries < victimTries && sh.claims != nil); tries++ {
		freed = sh.evictVictim()
	}
	return freed
}

func (sh *shard) evictVictim() int {
	policy := sh.ks.Policy()
	if policy == NoEviction {
		return 0
	}
	db, ok := sh.sampleDB(policy.volatile())
	if !ok {
		return 0
	}
	ix := sh.index(db)
	var ref arena.Ref
	if policy == AllKeysLFU {
		ref = sh.leastWorthy(ix)
	} else {
		ref = sh.sampleVictim(ix, policy)
	}
	if ref == 0 {
		return 0
	}
	p, at := sh.entry(ref)
	key := at.keyAt(p)
	if sh.isClaimed(db, key) {
		return 0
	}
	sh.beginWrite()
	if !ix.table.RemoveRef(&sh.env, ix, xxh3.HashStringSeed(key, ix.seedOf(ix.seed)), ref) {
		return 0
	}
	ix.recount(&at, nil)
	sh.epoch++
	if policy == AllKeysLFU {
		sh.worth.Evicted(policyHash(sh.ks.hash(key)), eviction.Meta(at.access()))
	}
	sh.counts.evicted++
	sh.dropped(ClassEvicted, "evicted", db, key)
	before := sh.arena.Used()
	sh.discard(ref, &at)
	return before - sh.arena.Used()
}

// sampleDB picks a database in proportion to its candidates.
func (sh *shard) sampleDB(volatile bool) (db int, ok bool) {
	candidates := func(ix *index) int {
		if volatile {
			return ix.volatile
		}
		return ix.table.Len()
	}
	total := 0
	for i := range sh.ks.databases {
		total += candidates(sh.index(i))
	}
	if total == 0 {
		return 0, false
	}
	pick := int(sh.src.Uint64() % uint64(total))
	for i := range sh.ks.databases {
		if pick -= candidates(sh.index(i)); pick < 0 {
			return i, true
		}
	}
	return 0, false
}

// sampleTries bounds the buckets looked at for a victim where few keys qualify.
const sampleTries = 256

// walkBuckets bounds the buckets walked where a sample found none of the few
// keys that qualify.
const walkBuckets = 4096

// sampleVictim looks at the entries of a random bucket, and of more while none
// qualifies; in the end of many in a row, where the last such walk ended.
func (sh *shard) sampleVictim(ix *index, policy Policy) arena.Ref {
	for range sampleTries {
		if ref, _ := sh.victimAt(ix, policy, sh.src.Uint64()); ref != 0 {
			return ref
		}
	}
	for range walkBuckets {
		ref, next := sh.victimAt(ix, policy, ix.hand)
		if ix.hand = next; ref != 0 {
			return ref
		}
	}
	return 0
}

// victimAt returns the best victim in the bucket at cursor, or zero, and the
// cursor of the next bucket.
func (sh *shard) victimAt(ix *index, policy Policy, cursor uint64) (best arena.Ref, next uint64) {
	refs, next := ix.table.Scan(&sh.env, ix, cursor, sh.scratch[:0])
	sh.scratch = refs
	sh.touchAll(refs)
	worst := int64(-1)
	for _, ref := range refs {
		p, at := sh.entry(ref)
		if policy.volatile() && !at.hasExpiry() {
			continue
		}
		var score int64
		switch policy {
		case AllKeysRandom, VolatileRandom:
			score = int64(sh.src.Uint64() >> 1)
		case VolatileTTL:
			score = 1<<62 - expiryOf(p)
		case VolatileLFU:
			score = 1<<32 - int64(eviction.Meta(at.access()).Worth(sh.worthTick.Load()))
		default:
			score = sh.age(at.access())
		}
		if score > worst {
			best, worst = ref, score
		}
	}
	return best, next
}
