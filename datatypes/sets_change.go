package datatypes

import (
	"slices"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
)

// addMembers adds members to the slot's set, all or, when it fails, none.
func addMembers(s *keyspace.Slot, members []string, l *setLimits) (added int, err error) {
	v := setOf(s)
	if v.enc == setTable {
		return addLarge(s, &v.large, members, l)
	}
	missing := members // from the first that is
	for len(missing) > 0 && v.has(missing[0]) {
		missing = missing[1:]
	}
	if len(missing) == 0 {
		return 0, nil
	}
	d := lendDraft(&v)
	defer d.release()
	before := d.len()
	for i, m := range missing {
		if now := d.value(); i > 0 && now.has(m) {
			continue
		}
		if !d.insert(elementOf(m), l) {
			return convert(s, &v, members, l)
		}
	}
	if err := s.GrowTo(len(d.bytes())); err != nil {
		return 0, err
	}
	if before > 0 && !s.Exists() {
		return addMembers(s, members, l) // to the key that was evicted to make room
	}
	if err := d.store(s, s.ExpireAt()); err != nil {
		return 0, err
	}
	return d.len() - before, nil
}

// addLarge adds members to a large set.
func addLarge(s *keyspace.Slot, set *largeSet, members []string, l *setLimits) (added int, err error) {
	need := set.missing(members)
	if need == 0 {
		return 0, nil
	}
	if err := s.Grow(need); err != nil {
		return 0, err
	}
	if !s.Exists() {
		return addMembers(s, members, l)
	}
	s.BeginWrite()
	*set = largeOf(s)
	if added, err = set.add(members); added > 0 {
		set.save(s)
	}
	return added, err
}

// convert makes a large set of a dense one, or of none, and adds members to it.
func convert(s *keyspace.Slot, v *setValue, members []string, l *setLimits) (added int, err error) {
	need := v.largeBytes()
	for _, m := range members {
		need += memberBytes(len(m))
	}
	if err := s.Grow(need); err != nil {
		return 0, err
	}
	if v.enc != setNone && !s.Exists() {
		return addMembers(s, members, l)
	}
	s.BeginWrite()
	*v = setOf(s)
	set := newLarge(s)
	if err := set.insertAll(v); err != nil {
		set.free()
		return 0, err
	}
	if added, err = set.add(members); err != nil {
		set.free()
		return 0, err
	}
	if err := set.put(s, s.ExpireAt()); err != nil {
		return 0, err
	}
	return added, nil
}

// largeBytes returns about how many bytes a dense set takes as a large one.
func (v *setValue) largeBytes() (n int) {
	switch v.enc {
	case setIntset:
		for i := range v.ints.All() {
			n += memberBytes(encoding.IntElement(i).Len())
		}
	case setListpack:
		for _, e := range v.pack.All() {
			n += memberBytes(e.Len())
		}
	}
	return n
}

// insertAll adds the members of a set that has none of those that are there.
func (l *largeSet) insertAll(v *setValue) error {
	a := lendAlgebra()
	defer a.release()
	b := &a.batch
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		cursor = v.next(cursor, b)
		for _, name := range b.names[:b.n] {
			if _, err := l.insert(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeMembers removes members from the slot's set, and the key if none are
// left, and calls gone, unless it is nil, with the index of each. When it fails, all are still there.
func removeMembers(s *keyspace.Slot, members []string, gone func(i int)) (removed int, err error) {
	v := setOf(s)
	if v.enc == setTable {
		return v.large.remove(s, members, gone), nil
	}
	if !slices.ContainsFunc(members, v.has) {
		return 0, nil
	}
	d := lendDraft(&v)
	defer d.release()
	for i, m := range members {
		if d.remove(elementOf(m)) {
			removed++
			if gone != nil {
				gone(i)
			}
		}
	}
	if err := d.store(s, s.ExpireAt()); err != nil {
		return 0, err
	}
	return removed, nil
}

// remove removes members from the large set of the slot and calls gone, unless it is nil, with the index of each.
func (l *largeSet) remove(s *keyspace.Slot, members []string, gone func(i int)) (removed int) {
	for i, m := range members {
		if !l.has(m) { // what is not there must not begin a write
			continue
		}
		s.BeginWrite()
		l.root.Remove(l.env, m)
		removed++
		if gone != nil {
			gone(i)
		}
	}
	if removed > 0 {
		l.save(s)
	}
	return removed
}
