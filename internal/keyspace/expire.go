package keyspace

import (
	"math"
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

// expire deletes the slot's key because its time has come.
func (sh *shard) expire(s *Slot) {
	sh.counts.expired++
	s.Notify(ClassExpired, "expired")
	s.lapsing = true
	s.Delete()
	s.lapsing = false
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
	again   bool // the bucket has more elements that expired
}

// sweepSlice shows the hand about budget entries and reports how many it saw
// and how many of those had expired; elements that expired count as both. The
// caller holds the lock.
func (sh *shard) sweepSlice(now int64, budget int) (seen, expired int) {
	sw := &sh.sweep
	sw.now, sw.seen, sw.expired = now, 0, 0
	for skipped := 0; sw.seen < budget && skipped < len(sh.ks.databases); {
		sw.index = sh.index(sw.db)
		if sw.index.volatile == 0 && sw.index.perishable == 0 {
			sw.db, sw.cursor = (sw.db+1)%len(sh.ks.databases), 0
			skipped++
			continue
		}
		sw.again = false
		next := sw.index.table.Visit(&sh.env, sw.index, sw.cursor, (*sweepVisitor)(sh))
		if sw.again {
			break
		}
		sw.cursor = next
		sw.seen++
		if sw.cursor == 0 {
			sw.db = (sw.db + 1) % len(sh.ks.databases)
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
	if 2*sw.expired > sw.seen { // and so will most of these have
		sh.touchToFree(refs)
	} else {
		sh.touchAll(refs)
	}
	sw.seen += len(refs)
	for i, ref := range refs {
		p, at := sh.entry(ref)
		switch {
		case sh.claims != nil && sh.isClaimed(sw.db, at.keyAt(p)):
		case at.hasExpiry() && at.expired(p, sw.now):
			sw.expired++
			sh.counts.expired++
			sh.drop(ref, ClassExpired, "expired")
			refs[i] = 0
		case sw.index.perishable > 0 && sh.sweepElements(p, &at):
			sh.drop(ref, ClassGeneric, "del")
			refs[i] = 0
		}
	}
}

// drop removes an entry that the sweep takes out of the table.
func (sh *shard) drop(ref arena.Ref, class EventClass, event string) {
	sh.beginWrite()
	p, at := sh.entry(ref)
	sh.sweep.index.recount(&at, nil)
	sh.forget(&at)
	sh.dropped(class, event, sh.sweep.db, at.keyAt(p))
	sh.discard(ref, &at)
}

// sweepElements removes elements of an entry's value that have expired, as
// many as a slice allows, and reports whether none are left.
func (sh *shard) sweepElements(p unsafe.Pointer, at *layout) (empty bool) {
	sw := &sh.sweep
	k := at.kind()
	if k == nil || k.Elements == nil || k.Elements.Earliest(at.valueAt(p)) >= sw.now {
		return false
	}
	sh.beginWrite()
	removed, more, left := k.Elements.Expire(&sh.innerEnv, at.valueAt(p), sw.now, sliceEntries)
	sw.seen += removed
	sw.expired += removed
	sw.again = sw.again || more
	if removed > 0 {
		sh.dropped(k.Elements.Class, k.Elements.Event, sw.db, at.keyAt(p))
	}
	return left == 0
}

// expireElements removes all elements of the slot's value that have expired,
// and the key if none are left. O(elements that expired), amortised.
func (s *Slot) expireElements() {
	k := s.at.kind()
	if k == nil || k.Elements == nil || k.Elements.Earliest(s.value()) >= s.Now() {
		return
	}
	s.shard.beginWrite()
	removed, _, left := k.Elements.Expire(s.Env(), s.value(), s.Now(), math.MaxInt)
	if removed == 0 {
		return
	}
	s.beginWrite() // tells those who watch the key
	s.Notify(k.Elements.Class, k.Elements.Event)
	if left == 0 {
		s.Delete()
		s.Notify(ClassGeneric, "del")
	}
}

// dropped announces that maintenance removes a key or elements of it.
func (sh *shard) dropped(class EventClass, name string, db int, key string) {
	if len(sh.watched) > 0 {
		sh.signal(db, key, lapsed)
	}
	sh.changed(db, key, 0)
	sh.notify(class, name, db, key)
}
