package keyspace

import (
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/eviction"
)

// Eviction by worth, which allkeys-lfu stands for: see package eviction.

const (
	// nearlyFull is the part of the limit that may be free in a full cache.
	nearlyFull = 64

	// nearlyFullEntries is how many further entries a full cache may have room for. One eviction
	// frees up to four times what it was asked for, see makeRoom, and an entry may be larger than a 64th of the limit.
	nearlyFullEntries = 4
)

// full reports whether a new entry of n bytes, which has its memory, took the place of another.
func (sh *shard) full(n int) bool {
	limit := sh.ks.maxBytes.Load()
	return limit > 0 && !sh.ks.fits(nearlyFullEntries*n, limit-limit/nearlyFull)
}

// fitWorth sizes what the policy remembers by the keys there are when memory
// is full. It is charged to the memory limit.
func (sh *shard) fitWorth(keys int) {
	began := sh.worth == nil
	if began {
		sh.worth = eviction.New(keys, sh.src.Uint64())
		sh.ks.mem.Charge(sh.worth.Bytes())
	} else if far(keys, sh.worth.Capacity()) {
		before := sh.worth.Bytes()
		sh.worth.Resize(keys)
		sh.ks.mem.Charge(sh.worth.Bytes() - before)
	}
	sh.worth.Tune(sh.ks.fitTuner(keys * len(sh.ks.shards)))
	if began {
		sh.fillTuner()
	}
}

// fillTuner shows the tuner which of the keys that it samples the shard holds. O(keys sampled).
func (sh *shard) fillTuner() {
	t := sh.ks.tuner.Load()
	for db := range sh.ks.databases {
		ix := sh.index(db)
		if ix.seed != 0 || ix.table.Len() == 0 {
			continue // in the order of another hash
		}
		for cursor := uint64(0); cursor>>32 < t.SampledBelow(); {
			sh.scratch, cursor = ix.table.Scan(&sh.env, ix, cursor, sh.scratch[:0])
			for _, ref := range sh.scratch {
				p, at := sh.entry(ref)
				if h := policyHash(sh.ks.hash(at.keyAt(p))); t.Samples(h) {
					t.Admit(h, eviction.Meta(at.access()).Worth(sh.worth.Tick()))
				}
			}
			if cursor == 0 {
				break
			}
		}
	}
}

// far reports whether an estimate is off by more than an eighth.
func far(n, from int) bool { return n > from+from/8 || n < from-from/8 }

// fitTuner returns the setting that the tuner holds best.
func (ks *Keyspace) fitTuner(keys int) eviction.Setting {
	t := ks.tuner.Load()
	if t == nil {
		t = eviction.NewTuner(keys, ks.seed)
		if !ks.tuner.CompareAndSwap(nil, t) {
			t = ks.tuner.Load()
		}
	}
	if far(keys, t.Capacity()) {
		t.Resize(keys)
	}
	return t.Setting()
}

// leastWorthy returns the entry to evict. The index is not empty.
func (sh *shard) leastWorthy(ix *index) arena.Ref {
	sh.fitWorth(sh.keys())
	s := sh.worth.Search()
	for !s.Enough() {
		at, _ := s.NextBucket()
		refs, _ := ix.table.Scan(&sh.env, ix, uint64(at)<<32, sh.scratch[:0])
		sh.scratch = refs
		sh.touchAll(refs)
		for _, ref := range refs {
			p, layout := sh.entry(ref)
			was := layout.access()
			if m := uint16(s.Consider(uint32(ref), eviction.Meta(was))); m != was {
				setAccess(p, m)
			}
		}
	}
	v := s.Choose()
	if v.Promote {
		setAccess(sh.arena.Ptr(arena.Ref(v.Promoted)), uint16(v.PromotedMeta))
	}
	return arena.Ref(v.Evict)
}

// keys returns the number of keys of all databases.
func (sh *shard) keys() (n int) {
	for i := range sh.ks.databases {
		n += sh.index(i).len()
	}
	return n
}

// forget tells the policy of a key that goes for another reason than eviction.
func (sh *shard) forget(at *layout) {
	if sh.worth != nil {
		sh.worth.Remove(eviction.Meta(at.access()))
	}
}
