package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// Lease is the right to fill a key with what is being read from elsewhere. Without one, a value that was
// read before it changed at its source may be stored after the new one was, or after the key was deleted because
// of the change, and stay. With a lease this can't happen:
//
//	lease, err := c.Strings().Lease("user:1")
//	if err != nil { … }
//	defer lease.Close()
//	value := … // read it from the source
//	stored, err := lease.Set(value, datatypes.SetOptions{TTL: time.Minute})
//
// A lease is lost when anybody, by whichever door, writes or flushes the key, or deletes it with Del or Unlink, be it
// there or not. It is not lost when the key expires or is evicted. There may be several leases of a key; the first to
// be used ends the others. Its methods are safe for concurrent use, except Close.
type Lease struct {
	view  keyspace.View
	watch *keyspace.Watch
	key   string
}

// Lease returns a lease of a key, to be closed. It has no command in Redis. O(1).
//
// It must not be used inside of a transaction.
func (st Strings) Lease(key string) (*Lease, error) {
	w := st.view.Keyspace().NewLease()
	if err := w.Add(st.view, key); err != nil {
		return nil, err
	}
	return &Lease{st.view, w, w.Keys()[0]}, nil
}

// Held reports whether the lease is not lost yet.
func (l *Lease) Held() bool { return !l.watch.Dirty() }

// Exists reports whether the key exists. It does not count as a lookup, as that of who found the key missing has.
func (l *Lease) Exists() (bool, error) {
	var s keyspace.Slot
	if err := s.Lock(l.view, l.key); err != nil {
		return false, err
	}
	defer s.Unlock()
	return s.Exists(), nil
}

// Set sets the key as Strings.Set does, if the lease is held, and reports whether it did. It returns the errors of
// Strings.Set.
func (l *Lease) Set(value []byte, o SetOptions) (stored bool, err error) {
	if o.conflict() {
		return false, ErrConflict
	}
	var s keyspace.Slot
	if err := lockGrow(&s, l.view, l.key, len(value)); err != nil {
		return false, err
	}
	defer s.Unlock()
	if !l.Held() {
		return false, nil
	}
	return set(&s, value, &o)
}

// Delete deletes the key if the lease is held, and reports whether there was something to delete.
func (l *Lease) Delete() (deleted bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(l.view, l.key); err != nil {
		return false, err
	}
	defer s.Unlock()
	if !l.Held() || !s.Exists() {
		return false, nil
	}
	deleteSlot(&s)
	return true, nil
}

// Close ends the lease. It has to be closed whatever became of it.
func (l *Lease) Close() { l.watch.Close() }
