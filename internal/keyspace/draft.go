package keyspace

import "github.com/larderkv/larder/internal/arena"

// Draft is a long string, or another value that is nothing but its bytes, in the making, in the arena of the slot of
// its key. Whoever fills it may unlock the slot in between; nobody finds it before it is installed. Whether and how the
// key exists until then does not matter.
type Draft struct {
	ref arena.Ref // of the entry to be
	at  layout
}

// NewDraft returns a draft of a string of n bytes, which are undefined. The caller has made room. It fails without
// effect.
func (s *Slot) NewDraft(n int, expireAt int64) (*Draft, error) {
	return s.newDraft(String, Raw, n, expireAt)
}

func (s *Slot) newDraft(t Type, e Encoding, n int, expireAt int64) (*Draft, error) {
	if len(s.key) > MaxSize || n > MaxSize {
		return nil, ErrTooLarge
	}
	at, a := newLayout(t, e, expireAt != 0, len(s.key), n), s.shard.arena
	if a.Reserve(at.size) != nil {
		return nil, ErrOutOfMemory
	}
	d := &Draft{a.Alloc(at.size), at}
	at.write(a.Ptr(d.ref), expireAt, s.key)
	return d, nil
}

// Bytes returns the bytes of the string, borrowed until the slot is unlocked.
func (d *Draft) Bytes(s *Slot) []byte { return d.at.valueAt(s.shard.arena.Ptr(d.ref)) }

// Install makes the draft the value of its key. When it fails, nothing of the draft is left.
func (d *Draft) Install(s *Slot) error {
	a := s.shard.arena
	if a.Reserve(s.index.table.InsertReserve()) != nil {
		d.Abandon(s)
		return ErrOutOfMemory
	}
	if len(s.shard.queues) > 0 {
		s.shard.markReady(s.view.db, s.key)
	}
	s.beginWrite()
	if s.Exists() {
		s.supersede(d.ref, a.Ptr(d.ref))
	} else {
		s.enter(d.ref, a.Ptr(d.ref))
	}
	return nil
}

// Abandon gives up a draft that was not installed.
func (d *Draft) Abandon(s *Slot) { s.shard.arena.Free(d.ref, d.at.size) }
