package keyspace

import "math"

// Copy is a copy of a slot's value in the making, in the arena of the slot that is to hold it. Between its steps the
// slots may be unlocked, as long as the value and its expiry do not change; nobody finds the copy before it is installed.
type Copy struct {
	typ      Type
	encoding Encoding
	expireAt int64
	copier   Copier // nil for a value that is nothing but its bytes
	draft    *Draft // of such a value
	copied   int    // bytes of it
}

// NewCopy begins a copy of the slot's value. O(1).
func (s *Slot) NewCopy() *Copy {
	c := &Copy{typ: s.at.typ(), encoding: s.at.encoding(), expireAt: s.ExpireAt()}
	if k := s.at.kind(); k != nil {
		c.copier = k.Copier()
	}
	return c
}

// copyRoom is more than a step of a copy mostly takes.
const copyRoom = 2 * longSlice

// Some copies about budget elements more, or as many bytes as take that long, and reports whether that was all. When it
// fails, or from is evicted to make room, nothing of the copy is left.
func (c *Copy) Some(from, to *Slot, budget int) (done bool, err error) {
	if err := to.Grow(c.room(from)); err != nil || !from.Exists() {
		c.Abandon(to)
		return false, err
	}
	if c.copier == nil {
		done, err = c.someBytes(from, to)
	} else {
		done, err = c.copier.Some(to.Env(), from.Env(), from.Value(), budget)
	}
	if err != nil {
		c.Abandon(to)
	}
	return done, err
}

func (c *Copy) room(from *Slot) int {
	if c.copier == nil && c.draft == nil {
		return len(from.Value()) + copyRoom
	}
	return copyRoom
}

func (c *Copy) someBytes(from, to *Slot) (done bool, err error) {
	value := from.Value()
	if c.draft == nil {
		if c.draft, err = to.newDraft(c.typ, c.encoding, len(value), c.expireAt); err != nil {
			return false, err
		}
	}
	c.copied += copy(c.draft.Bytes(to)[c.copied:], value[c.copied:min(c.copied+longSlice, len(value))])
	return c.copied == len(value), nil
}

// Install makes the copy, which is complete, the value of a slot. When it fails, nothing of the copy is left.
func (c *Copy) Install(to *Slot) error {
	if c.draft != nil {
		return c.draft.Install(to)
	}
	root := c.copier.Root(nil)
	value, err := to.Put(c.typ, c.encoding, len(root), c.expireAt)
	if err != nil {
		to.Abandon(c.typ, c.encoding, root)
	}
	copy(value, root)
	return err
}

// Abandon gives up a copy that was not installed. To is the slot of the key that was to hold it.
func (c *Copy) Abandon(to *Slot) {
	if c.draft != nil {
		c.draft.Abandon(to)
		c.draft = nil
	}
	if c.copier == nil {
		return
	}
	if root := c.copier.Root(nil); len(root) > 0 {
		to.Abandon(c.typ, c.encoding, root)
	}
}

// CopyTo makes another slot hold a copy of the slot's value, with the expiry
// given. Both shards are locked, by a transaction if they differ. O(size).
func (s *Slot) CopyTo(to *Slot, expireAt int64) error {
	root := s.Value()
	k := s.at.kind()
	t, e := s.at.typ(), s.at.encoding()
	if k != nil {
		copier := k.Copier()
		_, err := copier.Some(to.Env(), s.Env(), root, math.MaxInt)
		if root = copier.Root(nil); err != nil {
			release(k, to, root)
			return err
		}
	}
	value, err := to.Put(t, e, len(root), expireAt)
	if err != nil {
		if k != nil {
			release(k, to, root)
		}
		return err
	}
	if k == nil {
		root = s.Value() // it may have moved
	}
	copy(value, root)
	return nil
}

// release frees a structure that no key holds.
func release(k *Kind, s *Slot, root []byte) {
	for len(root) > 0 && !k.Release(s.Env(), root, releaseNow) {
	}
}

// shortStructure is how many bytes a structure takes that is copied in about a tenth of a millisecond.
const shortStructure = 32 << 10

// CopiesAtOnce reports whether the slot's value, which exists, is copied so fast that it need not be done in steps.
func (s *Slot) CopiesAtOnce() bool {
	if s.at.kind() == nil {
		return len(s.value()) < longValue
	}
	return s.MemoryUsage() < shortStructure
}

// MovesAtOnce is CopiesAtOnce for MoveTo.
func (s *Slot) MovesAtOnce(to *Slot) bool {
	return s.shard == to.shard && s.at.kind() != nil || s.CopiesAtOnce()
}

// MoveTo makes another slot hold the slot's value and expiry and deletes the
// key. Within a shard a collection keeps its structure. O(1) within a shard,
// O(size) between shards.
func (s *Slot) MoveTo(to *Slot) error {
	if s.sync(); s.shard != to.shard || s.at.kind() == nil {
		if err := s.CopyTo(to, s.ExpireAt()); err != nil {
			return err
		}
		s.Delete()
		return nil
	}
	root := append([]byte(nil), s.Value()...)
	value, err := to.Put(s.at.typ(), s.at.encoding(), len(root), s.ExpireAt())
	if err != nil {
		return err
	}
	copy(value, root)
	s.sync()
	s.remove()
	s.shard.arena.Free(s.ref, s.at.size)
	s.ref = 0
	return nil
}
