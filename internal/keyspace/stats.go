package keyspace

import (
	"slices"
	"sync/atomic"
)

// Counters count lookups. Whoever serves many lookups from one goroutine keeps
// one of its own, so that counting writes no shared cache line.
type Counters struct {
	Hits   atomic.Uint64
	Misses atomic.Uint64
	_      [cacheLine - 16]byte
}

func (v *View) count(hit bool) {
	if v.session == nil || v.session.stats == nil {
		return
	}
	if hit {
		v.session.stats.Hits.Add(1)
	} else {
		v.session.stats.Misses.Add(1)
	}
}

// Stats describe a keyspace.
type Stats struct {
	Keys     int    // in all databases, expired ones that were not met yet included
	Volatile int    // keys with an expiry
	Expired  uint64 // keys that expired
	Evicted  uint64 // keys that were evicted

	UsedBytes     int64 // blocks that hold keys, values and indexes
	ResidentBytes int64 // what the arenas hold of the system's memory
	MaxBytes      int64
	Shards        int
	Garbage       int // dropped collections and tables whose memory is being freed
	Skewed        int // tables under attack by chosen keys
}

// Stats sums over all shards, taking one lock after the other. O(shards).
func (ks *Keyspace) Stats() Stats { return ks.view(0).Stats() }

// Stats is Keyspace.Stats for a view that may be inside of a transaction over all
// shards.
func (v View) Stats() Stats {
	ks := v.ks
	st := Stats{ResidentBytes: ks.mem.Resident(), MaxBytes: ks.MaxBytes(), Shards: len(ks.shards)}
	for _, sh := range ks.shards {
		if v.enter(sh) != nil {
			return Stats{}
		}
		for db := range sh.ks.databases {
			ix := sh.index(db)
			st.Keys += ix.len()
			st.Volatile += ix.volatile
			if ix.moving || ix.table.Skewed() {
				st.Skewed++
			}
		}
		st.Expired += sh.counts.expired
		st.Evicted += sh.counts.evicted
		st.UsedBytes += int64(sh.arena.Stats().Used)
		st.Garbage += len(sh.garbage)
		v.leave(sh)
	}
	return st
}

// DBStats describe a database.
type DBStats struct {
	DB       int
	Keys     int           // expired ones that were not met yet included
	Volatile int           // keys with an expiry
	ByType   [Hash + 1]int // keys, indexed by the Type of their values
}

// DBStats returns statistics of the databases that hold keys, in their order. O(databases × shards).
func (ks *Keyspace) DBStats() []DBStats { return ks.view(0).DBStats() }

// DBStats is Keyspace.DBStats for a view that may be inside of a transaction over all shards.
func (v View) DBStats() []DBStats {
	all := make([]DBStats, len(v.ks.databases))
	for _, sh := range v.ks.shards {
		if v.enter(sh) != nil {
			return nil
		}
		for i := range sh.ks.databases {
			all[i].add(sh.index(i))
		}
		v.leave(sh)
	}
	for i := range all {
		all[i].DB = i
	}
	return slices.DeleteFunc(all, func(st DBStats) bool { return st.Keys == 0 })
}

func (st *DBStats) add(ix *index) {
	st.Keys += ix.len()
	st.Volatile += ix.volatile
	for t := range st.ByType {
		st.ByType[t] += int(ix.byType[t])
	}
}

// Len returns the number of keys of the view's database, expired ones that
// were not met yet included. O(shards).
func (v View) Len() (keys, volatile int, err error) {
	for _, sh := range v.ks.shards {
		if err := v.enter(sh); err != nil {
			return 0, 0, err
		}
		keys += v.index(sh).len()
		volatile += v.index(sh).volatile
		v.leave(sh)
	}
	return keys, volatile, nil
}

func (ix *index) len() int { return ix.table.Len() + ix.old.Len() }

// enter locks a shard, unless the view's transaction holds it already.
func (v View) enter(sh *shard) error {
	if tx := v.tx(); tx != nil {
		return tx.covers(sh)
	}
	return sh.lock()
}

func (v View) leave(sh *shard) {
	if v.tx() == nil {
		sh.unlock()
	}
}
