package datatypes

import (
	"math"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
)

// SortedSets is the store of sorted sets: different members, each with a score, in the
// order of their scores and, where these are equal, of their bytes. Small ones are stored as one
// run of bytes, large ones in a table and a tree that together cost about 30 bytes a
// member beside the member itself.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use, keep no reference to
// their arguments and return memory of their own unless they say otherwise. A key that
// does not exist is an empty set, and a set that becomes empty is deleted.
// Besides the errors that they name they return ErrClosed, ErrWrongType if a key holds
// no sorted set, and those that make something grow ErrOutOfMemory and ErrTooLarge.
type SortedSets struct{ view keyspace.View }

// NewSortedSets returns the store of the sorted sets that v shows.
func NewSortedSets(v keyspace.View) SortedSets { return SortedSets{v} }

// Scored is a member of a sorted set and its score.
type Scored struct {
	Member string
	Score  float64
}

// lock locks a key that is to hold a sorted set.
func (z SortedSets) lock(s *keyspace.Slot, key string) error {
	if err := s.Lock(z.view, key); err != nil {
		return err
	}
	if err := s.Is(keyspace.SortedSet); err != nil {
		s.Unlock()
		return err
	}
	return nil
}

// lockRead is lock for an operation that reads.
func (z SortedSets) lockRead(s *keyspace.Slot, key string) error {
	if err := z.lock(s, key); err != nil {
		return err
	}
	s.Touch()
	return nil
}

// AddOptions are the options of AddWith and IncrByWith. The zero value adds and
// updates unconditionally.
type AddOptions struct {
	IfAbsent  bool // NX: only add members, change no score
	IfPresent bool // XX: only change scores, add no member
	IfGreater bool // GT: change a score only if the new one is greater
	IfLess    bool // LT: change a score only if the new one is less
}

func (o *AddOptions) conflict() bool {
	return o.IfAbsent && (o.IfPresent || o.IfGreater || o.IfLess) || o.IfGreater && o.IfLess
}

// Add adds members to a sorted set, or gives those that it has a new score, and returns how many
// it did not have. It is ZADD. O(log n) for each member.
//
// It returns ErrNotFloat for a score that is not a number.
func (z SortedSets) Add(key string, members ...Scored) (added int, err error) {
	added, _, err = z.AddWith(key, AddOptions{}, members...)
	return added, err
}

// AddWith is Add with options. It also returns of how many members it changed the
// score. It is ZADD with NX, XX, GT and LT; what ZADD returns with CH is the sum.
//
// Besides the errors of Add it returns ErrConflict for options that exclude each other.
func (z SortedSets) AddWith(key string, o AddOptions, members ...Scored) (added, changed int, err error) {
	for i := range members {
		if math.IsNaN(members[i].Score) {
			return 0, 0, ErrNotFloat
		}
	}
	a := sortedAdder{options: o}
	err = z.add(key, &a, members)
	return a.added, a.changed, err
}

// IncrBy adds delta to the score of a member, zero if it is not there, and
// returns the result. It is ZINCRBY. O(log n).
//
// It returns ErrNaN, without effect, if the result is not a number.
func (z SortedSets) IncrBy(key, member string, delta float64) (float64, error) {
	score, _, err := z.IncrByWith(key, AddOptions{}, member, delta)
	return score, err
}

// IncrByWith is IncrBy with options. It reports whether they let it change the score. It is
// ZADD with INCR.
func (z SortedSets) IncrByWith(key string, o AddOptions, member string, delta float64) (score float64, ok bool, err error) {
	if math.IsNaN(delta) {
		return 0, false, ErrNotFloat
	}
	a := sortedAdder{options: o, incr: true}
	one := [1]Scored{{member, delta}}
	if err = z.add(key, &a, one[:]); err != nil {
		return 0, false, err
	}
	return a.score, !a.refused, nil
}

// Remove removes members and returns how many of them there were. It is ZREM. O(log n) for each
// member.
func (z SortedSets) Remove(key string, members ...string) (removed int, err error) {
	return z.remove(key, "zrem", members, nil)
}

// remove is Remove that calls gone, if not nil, with the index of each member that is removed.
func (z SortedSets) remove(key, event string, members []string, gone func(i int)) (removed int, err error) {
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	deleted := false
	switch v.enc {
	case sortedPack:
		removed, err = removePacked(&s, &v, members, gone)
		deleted = !s.Exists()
	case sortedTree:
		removed, deleted = removeLarge(&s, &v.large, members, gone)
	}
	if removed > 0 {
		notifySorted(&s, event, deleted)
	}
	return removed, err
}

// notifySorted announces that members were removed.
func notifySorted(s *keyspace.Slot, event string, deleted bool) {
	s.Notify(keyspace.ClassSortedSet, event)
	if deleted {
		s.Notify(keyspace.ClassGeneric, "del")
	}
}

func removePacked(s *keyspace.Slot, v *sortedValue, members []string, gone func(i int)) (removed int, err error) {
	d := lendSorted(v)
	defer d.release()
	for i, m := range members {
		p, ok := d.pack.find(m)
		if !ok {
			continue
		}
		d.remove(p)
		removed++
		if gone != nil {
			gone(i)
		}
	}
	if removed == 0 {
		return 0, nil
	}
	if err := d.store(s, s.ExpireAt()); err != nil {
		return 0, err
	}
	return removed, nil
}

func removeLarge(s *keyspace.Slot, l *largeSorted, members []string, gone func(i int)) (removed int, deleted bool) {
	for i, m := range members {
		ref := l.root.Find(l.env, m)
		if ref == 0 {
			continue
		}
		if removed == 0 {
			s.BeginWrite()
		}
		l.remove(ref)
		removed++
		if gone != nil {
			gone(i)
		}
	}
	if removed == 0 {
		return 0, false
	}
	return removed, l.save(s)
}

// Score returns the score of a member. It is ZSCORE. O(1).
func (z SortedSets) Score(key, member string) (score float64, ok bool, err error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	score, ok = v.score(member)
	return score, ok, nil
}

// Scores calls fn with the score of each of the members in turn. It is ZMSCORE. O(members).
// fn must not use the cache.
func (z SortedSets) Scores(key string, members []string, fn func(score float64, ok bool)) error {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	if v.enc != sortedTree {
		for _, m := range members {
			fn(v.score(m))
		}
		return nil
	}
	var refs [together]arena.Ref
	for len(members) > 0 {
		some := members[:min(len(members), together)]
		v.large.root.FindBatch(v.large.env, some, refs[:])
		for _, ref := range refs[:len(some)] {
			if ref == 0 {
				fn(0, false)
			} else {
				fn(v.large.scoreOf(ref), true)
			}
		}
		members = members[len(some):]
	}
	return nil
}

// Len returns the number of members. It is ZCARD. O(1).
func (z SortedSets) Len(key string) (int, error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	return v.len(), nil
}

// Rank returns how many members are before one, and its score, with ok false if it is not there. It is ZRANK.
// O(log n).
func (z SortedSets) Rank(key, member string) (rank int, score float64, ok bool, err error) {
	rank, _, score, ok, err = z.ranks(key, member)
	return rank, score, ok, err
}

// RevRank is Rank from the other end: it returns how many members are behind one. It is ZREVRANK. O(log n).
func (z SortedSets) RevRank(key, member string) (rank int, score float64, ok bool, err error) {
	_, rank, score, ok, err = z.ranks(key, member)
	return rank, score, ok, err
}

func (z SortedSets) ranks(key, member string) (before, behind int, score float64, ok bool, err error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return 0, 0, 0, false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	before, score, ok = v.rank(member)
	return before, v.len() - 1 - before, score, ok, nil
}
