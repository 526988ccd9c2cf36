package keyspace

import (
	"sync"
	"time"

	"github.com/larderkv/larder/internal/arena"
)

const (
	// idleInterval is the pause between rounds of maintenance that find little
	// to do; busyInterval the one between rounds that find much.
	idleInterval = 100 * time.Millisecond
	busyInterval = 7 * time.Millisecond

	// roundTime bounds the work of a round, so that maintenance takes less than a quarter of a core while there is much
	// to do. It is long beside what timers are late by.
	roundTime = 2 * time.Millisecond

	// sliceEntries is how many entries are looked at in one hold of a lock:
	// some tens of microseconds.
	sliceEntries = 512

	// compactSteps is how many buckets or segments are compacted in one hold.
	compactSteps = 32
)

// maintain is the keyspace's one goroutine.
func (ks *Keyspace) maintain() {
	timer := time.NewTimer(idleInterval)
	defer timer.Stop()
	for {
		select {
		case <-ks.stop:
			return
		case <-ks.mem.Demand():
			ks.prepare()
			continue
		case <-timer.C:
		}
		if ks.round() {
			timer.Reset(busyInterval)
		} else {
			ks.prepare() // without demand for long, what is ready is given up
			timer.Reset(idleInterval)
		}
	}
}

// Maintain does a part of the work that otherwise happens in the background:
// expiry of keys nobody asks for, freeing of dropped collections, compaction,
// memory back to the system. It reports whether much is left. Owners that
// turned maintenance off call it from time to time.
func (ks *Keyspace) Maintain() (more bool) {
	if ks.closed.Load() {
		return false
	}
	select {
	case <-ks.mem.Demand():
		ks.prepare()
		return ks.pass(time.Now())
	default:
	}
	if more = ks.pass(time.Now()); !more {
		ks.prepare()
	}
	return more
}

// round does slices of work on all shards in turn until there is nothing left to do or its time is over, and reports
// whether there is.
func (ks *Keyspace) round() (more bool) {
	start := time.Now()
	for more = true; more && time.Since(start) < roundTime; {
		more = ks.pass(start)
	}
	return more
}

// pass does a slice of work on each shard, as far as the time of the round allows.
func (ks *Keyspace) pass(start time.Time) (more bool) {
	now := ks.now()
	if recording(ks.recording.Load())&recordUses != 0 {
		ks.hot.Advance(now)
	}
	first := int(ks.random() & ks.shardMask)
	for i := range ks.shards {
		sh := ks.shards[(first+i)&int(ks.shardMask)]
		if sh.lock() != nil {
			return false
		}
		if sh.maintain(now) {
			more = true
		}
		sh.unlock()
		if time.Since(start) > roundTime {
			return true
		}
	}
	return more
}

// maintain does one slice of each kind of work.
func (sh *shard) maintain(now int64) (more bool) {
	garbage := len(sh.garbage) > 0
	if sh.freeSlice() {
		more = true
	}
	began := sh.ks.pauses.begin()
	seen, expired := 0, 0
	if sh.ks.heldExpiry.Load() == 0 {
		seen, expired = sh.sweepSlice(now, sliceEntries)
	}
	sh.ks.pauses.end(ExpireCycle, began)
	if expired*10 > seen {
		more = true
	}
	for db := range sh.ks.databases {
		ix := sh.index(db)
		if !ix.moving && ix.table.Skewed() {
			sh.startMove(ix)
		}
		if sh.moveSlice(ix, sliceEntries/16) {
			more = true
		}
	}
	// What is about to be freed is not worth moving, nor is it known what will have to move once it is.
	if !garbage && expired*4 <= seen && sh.compactSlice(compactSteps) {
		more = true
	}
	began = sh.ks.pauses.begin()
	if sh.ks.heldEviction.Load() == 0 && sh.meetLimit() {
		more = true
	}
	sh.ks.pauses.end(EvictionCycle, began)
	return more
}

// Hold makes maintenance leave expired keys until somebody asks for them, or memory above the limit to the writes
// that need some, until release is called. Holds add up.
func (ks *Keyspace) Hold(expiry, eviction bool) (release func()) {
	hold := func(n int32) {
		if expiry {
			ks.heldExpiry.Add(n)
		}
		if eviction {
			ks.heldEviction.Add(n)
		}
	}
	hold(1)
	return sync.OnceFunc(func() { hold(-1) })
}

const (
	// releaseSlice bounds the bytes that an operation gives back to the system beyond its own needs. Less would have
	// writes refused for pages that stand free.
	releaseSlice = 1 << 20

	// giveBackSlice bounds those that are given back in one hold where nobody needs them. The system takes about a
	// quarter of a microsecond for each KiB, and up to 3 for each row of pages.
	giveBackSlice = 128 << 10

	// keptPart is the part of a shard's memory that may be free pages, and minKept how many bytes may always be, kept
	// for the writes to come: returning them and taking others costs page faults.
	keptPart = 32
	minKept  = 256 << 10

	// evictSlice is how many keys maintenance evicts in one hold.
	evictSlice = 64
)

// freeSlice frees some garbage or gives free pages back, of which each takes as long as a slice may, and reports
// whether there is more to do. Garbage comes first: the more of it is freed, the longer are the rows of pages to give
// back. But no more than half of the memory is left free.
func (sh *shard) freeSlice() (more bool) {
	kept := sh.keptFree()
	if len(sh.garbage) > 0 && sh.arena.Releasable() <= max(kept, sh.arena.Resident()/2) {
		sh.collect(collectSlice)
	} else if sh.arena.Releasable() > kept {
		sh.arena.ReleaseFree(giveBackSlice)
	}
	return len(sh.garbage) > 0 || sh.arena.Releasable() > sh.keptFree()
}

// keptFree returns how many bytes of free pages are worth keeping: none where there is nothing else, nor where they are
// what keeps meetLimit waiting.
func (sh *shard) keptFree() int {
	if sh.arena.Used() == 0 || sh.farOverLimit() {
		return 0
	}
	return max(sh.arena.Resident()/keptPart, minKept)
}

// meetLimit evicts where memory exceeds the limit, as it does after the limit was lowered, and reports whether it still
// does. It evicts no more than it takes: pages that stand free and are yet to be given back count.
func (sh *shard) meetLimit() (more bool) {
	for range evictSlice {
		enough := min(sh.ks.mem.Resident()-sh.ks.maxBytes.Load(), releaseSlice)
		if !sh.farOverLimit() || sh.compact.active || int64(sh.arena.Releasable()) >= enough {
			break
		}
		if sh.evictOne() == 0 {
			return false
		}
	}
	return sh.farOverLimit()
}

// farOverLimit reports whether memory exceeds the limit by more than writers work off.
func (sh *shard) farOverLimit() bool {
	limit := sh.ks.maxBytes.Load()
	return limit > 0 && sh.ks.mem.Resident() > limit+limit/slack
}

// prepare has huge pages zeroed before a writer needs one, where the limit
// leaves room for them. Where it does not, those that are ready are given up.
func (ks *Keyspace) prepare() {
	const ahead = 8 * arena.ChunkSize
	if limit := ks.maxBytes.Load(); limit == 0 || ks.mem.Resident()+ahead < limit {
		ks.mem.Prepare()
		return
	}
	ks.mem.Trim()
}
