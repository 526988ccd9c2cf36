package keyspace

// CopyTo makes another slot hold a copy of the slot's value, with the expiry
// given. Both shards are locked, by a transaction if they differ. O(size).
func (s *Slot) CopyTo(to *Slot, expireAt int64) error {
	root := s.Value()
	k := s.at.kind()
	if k != nil {
		var err error
		if root, err = k.Copy(to.Env(), s.Env(), root, nil); err != nil {
			return err
		}
	}
	t, e, n := s.at.typ(), s.at.encoding(), len(root)
	value, err := to.Put(t, e, n, expireAt)
	if err != nil {
		if k != nil {
			for !k.Release(to.Env(), root, releaseNow) {
			}
		}
		return err
	}
	if k == nil {
		root = s.Value() // it may have moved
	}
	copy(value, root)
	return nil
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
