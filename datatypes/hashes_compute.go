package datatypes

import (
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// HashPatch is a change of a hash. The zero value changes nothing.
type HashPatch struct {
	Set    []Field       // fields to set; they lose the expiry that they had
	Delete []string      // fields to delete
	TTL    time.Duration // time until the key expires; zero: as before; NoTTL: never
	Remove bool          // delete the key, and do nothing else
}

// Compute reads fields of a hash into a batch, whose value i is that of field i, calls fn, and makes the change that it
// returns, as one step: a transaction of HMGET, HSET, HDEL, and PEXPIRE or PERSIST, or DEL. O(fields). An error of fn
// cancels the change and is returned.
//
// fn is told whether there is a hash, and may look into the batch. It holds the lock of the key's shard: it must be
// quick and must not use the cache. It may be called again if making room for the change evicts the hash.
//
// It returns ErrInvalidExpire for another negative TTL, and ErrTooLarge.
func (st Hashes) Compute(key string, fields []string, b *Batch, fn func(exists bool) (HashPatch, error)) error {
	b.batch.Clear()
	var s keyspace.Slot
	h, err := st.change(&s, key, 0)
	if err != nil {
		return err
	}
	defer s.Unlock()
	s.Touch()
	for {
		b.batch.Clear()
		h.getMany(fields, b.add)
		exists := s.Exists()
		p, err := fn(exists)
		if err != nil {
			return err
		}
		if p.Remove {
			deleteSlot(&s)
			return nil
		}
		w := hashWrite{fields: p.Set}
		if err := w.measure(); err != nil {
			return err
		}
		if p.TTL < 0 && p.TTL != NoTTL {
			return ErrInvalidExpire
		}
		if err := s.Grow(w.need + h.enlargedSize() + expiryRoom); err != nil {
			return err
		}
		if h.load(&s); s.Exists() == exists {
			return h.patch(&s, &w, &p, hashLimitsOf(st.view))
		}
	}
}

// patch makes a change for which there is room.
func (h *hashValue) patch(s *keyspace.Slot, w *hashWrite, p *HashPatch, l hashLimits) error {
	if len(p.Set) > 0 {
		want := h.len()
		if err := h.set(s, w, l); err != nil {
			return err
		}
		s.Notify(keyspace.ClassHash, "hset")
		want += w.added
		if h.load(s); h.len() != want { // it was evicted in spite of all, and what is there now is a part
			s.Delete()
			s.Notify(keyspace.ClassEvicted, "evicted")
			return ErrOutOfMemory
		}
	}
	removed, err := h.remove(s, p.Delete)
	if notifyRemoved(s, "hdel", removed); err != nil || !s.Exists() {
		return err
	}
	switch {
	case p.TTL > 0:
		return expireSlot(s, s.Now()+ceilMillis(p.TTL))
	case p.TTL == NoTTL && s.ExpireAt() != 0:
		if err := s.SetExpireAt(0); err != nil {
			return err
		}
		s.Notify(keyspace.ClassGeneric, "persist")
	}
	return nil
}
