package keyspace

import "github.com/larderkv/larder/internal/arena"

// expire deletes the slot's key because its time has come.
func (sh *shard) expire(s *Slot) {
	sh.counts.expired++
	s.Notify(ClassExpired, "expired")
	s.Delete()
}

// sweeper is the hand that looks for expired keys nobody asks for. It walks
// the databases that have keys with an expiry, bucket by bucket.
type sweeper struct {
	db     int
	cursor uint64

	// Of the walk in progress.
	index   *index
	now     int64
	seen    int
	expired int
}

// sweepSlice shows the hand about budget entries and reports how many it saw
// and how many of those had expired. The caller holds the lock.
func (sh *shard) sweepSlice(now int64, budget int) (seen, expired int) {
	sw := &sh.sweep
	sw.now, sw.seen, sw.expired = now, 0, 0
	for skipped := 0; sw.seen < budget && skipped < len(sh.indexes); {
		sw.index = &sh.indexes[sw.db]
		if sw.index.volatile == 0 {
			sw.db, sw.cursor = (sw.db+1)%len(sh.indexes), 0
			skipped++
			continue
		}
		sw.cursor = sw.index.table.Visit(&sh.env, sw.index, sw.cursor, (*sweepVisitor)(sh))
		sw.seen++
		if sw.cursor == 0 {
			sw.db = (sw.db + 1) % len(sh.indexes)
			skipped++
		}
	}
	return sw.seen, sw.expired
}

type sweepVisitor shard

// Visit implements hashtable.Visitor.
func (v *sweepVisitor) Visit(refs []arena.Ref) {
	sh := (*shard)(v)
	sw := &sh.sweep
	sh.touchAll(refs)
	sw.seen += len(refs)
	for i, ref := range refs {
		p, at := sh.entry(ref)
		if !at.hasExpiry() || !at.expired(p, sw.now) {
			continue
		}
		sh.beginWrite()
		sw.expired++
		sh.counts.expired++
		sw.index.recount(&at, nil)
		sh.forget(&at)
		sh.dropped(ClassExpired, "expired", sw.db, at.keyAt(p))
		sh.discard(ref, &at)
		refs[i] = 0
	}
}

// dropped announces that maintenance removes a key.
func (sh *shard) dropped(class EventClass, name string, db int, key string) {
	if len(sh.watched) > 0 {
		sh.signal(db, key)
	}
	sh.notify(class, name, db, key)
}
