package datatypes

import (
	"github.com/larderkv/larder/internal/keyspace"
)

// Sets is the store of sets: unordered collections of different members, each
// a byte sequence. Small sets are stored as one run of bytes, sets of integers
// as sorted integers, large ones in a table that costs about 14 bytes a member beside the
// member itself.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use, keep no reference to
// their arguments and return memory of their own unless they say otherwise. A key that
// does not exist is an empty set, and a set that becomes empty is deleted.
// Besides the errors that they name they return ErrClosed, ErrWrongType if a key holds
// no set, and those that make something grow ErrOutOfMemory and ErrTooLarge.
type Sets struct{ view keyspace.View }

// NewSets returns the store of the sets that v shows.
func NewSets(v keyspace.View) Sets { return Sets{v} }

// lock locks a key that is to hold a set.
func (st Sets) lock(s *keyspace.Slot, key string) error {
	if err := s.Lock(st.view, key); err != nil {
		return err
	}
	if err := s.Is(keyspace.Set); err != nil {
		s.Unlock()
		return err
	}
	return nil
}

// Add adds members to a set and returns how many of them it did not have. A
// key that does not exist is created. It is SADD. O(members).
func (st Sets) Add(key string, members ...string) (added int, err error) {
	if tooLarge(key, members) {
		return 0, ErrTooLarge
	}
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	limits := setLimitsOf(st.view)
	if added, err = addMembers(&s, members, &limits); added > 0 {
		s.Notify(keyspace.ClassSet, "sadd")
	}
	return added, err
}

func tooLarge(key string, members []string) bool {
	if len(key) > keyspace.MaxSize {
		return true
	}
	for _, m := range members {
		if len(m) > keyspace.MaxSize {
			return true
		}
	}
	return false
}

// Remove removes members from a set and returns how many of them it had. It is
// SREM. O(members), in a small set O(members × size).
func (st Sets) Remove(key string, members ...string) (removed int, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	if removed, err = removeMembers(&s, members, nil); removed > 0 {
		notifyGone(&s, "srem")
	}
	return removed, err
}

// notifyGone announces that members were removed from the slot's set, and that it is
// gone if it is.
func notifyGone(s *keyspace.Slot, event string) {
	s.Notify(keyspace.ClassSet, event)
	if !s.Exists() {
		s.Notify(keyspace.ClassGeneric, "del")
	}
}

// Contains reports whether a set has a member. It is SISMEMBER. O(1).
func (st Sets) Contains(key, member string) (bool, error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	return v.has(member), nil
}

// ContainsEach appends to dst for each of the members whether the set has it.
// All answers are of one moment. It is SMISMEMBER. O(members).
func (st Sets) ContainsEach(dst []bool, key string, members ...string) ([]bool, error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return dst, err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	if v.enc == setTable {
		return v.large.appendHas(dst, members), nil
	}
	for _, m := range members {
		dst = append(dst, v.has(m))
	}
	return dst, nil
}

// Len returns the number of members of a set. It is SCARD. O(1).
func (st Sets) Len(key string) (int, error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	return v.len(), nil
}

// Move moves a member from one set to another, at one moment, and reports whether the
// first had it. It is SMOVE. O(1).
func (st Sets) Move(from, to, member string) (moved bool, err error) {
	if tooLarge(to, []string{member}) {
		return false, ErrTooLarge
	}
	err = within(st.view, []string{from, to}, func(v keyspace.View) error {
		moved, err = moveMember(v, from, to, member)
		return err
	})
	return moved, err
}

func moveMember(v keyspace.View, from, to, member string) (bool, error) {
	var src, dst keyspace.Slot
	if err := src.Lock(v, from); err != nil {
		return false, err
	}
	defer src.Unlock()
	if !src.Exists() {
		return false, nil
	}
	if err := dst.Lock(v, to); err != nil {
		return false, err
	}
	defer dst.Unlock()
	if err := src.Is(keyspace.Set); err != nil {
		return false, err
	}
	if err := dst.Is(keyspace.Set); err != nil {
		return false, err
	}
	if set := setOf(&src); !set.has(member) || from == to {
		return set.has(member), nil
	}
	limits := setLimitsOf(v)
	added, err := addMembers(&dst, []string{member}, &limits)
	if err != nil {
		return false, err
	}
	removed, err := removeMembers(&src, []string{member}, nil)
	if removed == 0 { // for want of memory, or because it was evicted to make room
		if added > 0 {
			removeMembers(&dst, []string{member}, nil)
		}
		return false, err
	}
	notifyGone(&src, "srem")
	if added > 0 {
		dst.Notify(keyspace.ClassSet, "sadd")
	}
	return true, nil
}
