package keyspace

import "strings"

// Claims.
//
// An operation that changes a great deal of one value, such as to remove a million members, cannot begin anew when
// somebody comes in between, for a part of it is done. So it claims the key: in turns it has the shard's lock, between
// which others use other keys of the shard. Who wants the key itself waits until the claim is given up, as for a lock,
// and never sees the value between before and after. That goes for all ways to a key: slots wait, and transactions do
// before they hold anything; expiry, eviction and the sweep leave a claimed key alone. Only what lists keys sees that it
// is there.
//
// Claims cannot deadlock: who has one waits for nothing but shards' locks, and who waits for one holds nothing. Events of
// the operation come when the claim is given up, since a listener may ask for the key.

// claim is one operation's claim on keys.
type claim struct {
	done   chan struct{} // closed when it is given up
	wrote  bool          // the key was changed, which is told in the end
	events []Event       // likewise
}

// InTurns calls turn with the slot of a key, which is locked, again and again until it has nothing left to do or fails.
// After each turn others have theirs with the shard, but nobody has the key. A turn should take some tens of
// microseconds. What it borrowed from the arena in the turn before may have moved; the key, if it existed, exists.
//
// Changes and events are told after the last turn. Within a transaction others have no turn.
func (v View) InTurns(key string, turn func(s *Slot) (more bool, err error)) error {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return err
	}
	for v.tx() != nil {
		if more, err := turn(&s); !more || err != nil {
			return err
		}
	}
	s.claim = &claim{done: make(chan struct{})}
	s.shard.addClaim(v.db, key, s.claim)
	defer s.giveUp()
	for turns := 1; ; turns++ {
		more, err := turn(&s)
		if !more || err != nil {
			return err
		}
		v.ks.yield(turns, s.letOthers())
		if err := s.regain(); err != nil {
			return err
		}
	}
}

// addClaim claims a key, which nobody has. The caller holds the lock, as in all that follows.
func (sh *shard) addClaim(db int, key string, c *claim) {
	if sh.claims == nil {
		sh.claims = make(map[watchKey]*claim)
	}
	sh.claims[watchKey{db, strings.Clone(key)}] = c
}

// dropClaim takes a claim off a key.
func (sh *shard) dropClaim(db int, key string) {
	delete(sh.claims, watchKey{db, key})
	if len(sh.claims) == 0 {
		sh.claims = nil
	}
}

// isClaimed reports whether a key must be left alone.
func (sh *shard) isClaimed(db int, key string) bool {
	return sh.claims != nil && sh.claims[watchKey{db, key}] != nil
}

// letOthers releases the shard after a turn and reports whether somebody has waited for it. Events stay queued.
func (s *Slot) letOthers() (contended bool) {
	contended = s.shard.waiting.Load() > 0
	s.shard.endWrite()
	s.shard.mu.Unlock()
	return contended
}

// regain locks the shard for the next turn.
func (s *Slot) regain() error {
	sh := s.shard
	if err := sh.lock(); err != nil {
		close(s.claim.done) // nobody asks for claims any more
		s.claim = nil
		return err
	}
	s.find()
	return nil
}

// giveUp tells of what was changed, and releases the shard and the key, unless both are lost.
func (s *Slot) giveUp() {
	c := s.claim
	if c == nil {
		return
	}
	s.claim = nil
	s.shard.dropClaim(s.view.db, s.key)
	if c.wrote {
		s.beginWrite()
	}
	s.shard.pending = append(s.shard.pending, c.events...)
	close(c.done)
	s.Unlock()
}

// notify puts an event off until the claim is given up.
func (c *claim) notify(s *Slot, class EventClass, name string) {
	if s.shard.ks.events.want(class) {
		c.events = append(c.events, Event{Class: class, Name: name, DB: s.view.db, Key: strings.Clone(s.key)})
	}
}

// lockKey locks the shard when nobody has claimed the key.
func (sh *shard) lockKey(v View, key string) error {
	if err := sh.lock(); err != nil || sh.claims == nil {
		return err
	}
	for {
		c := sh.claims[watchKey{v.db, key}]
		if c == nil {
			return nil
		}
		sh.unlock()
		if err := v.wait(c); err != nil {
			return err
		}
		if err := sh.lock(); err != nil {
			return err
		}
	}
}

// wait waits until a claim is given up, unless the view has no time for that.
func (v View) wait(c *claim) error {
	if err := v.TakeTime(); err != nil {
		return err
	}
	<-c.done
	return nil
}
