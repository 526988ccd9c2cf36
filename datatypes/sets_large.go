package datatypes

import (
	"math"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

func init() {
	registerMembers(keyspace.Set, setTable, setVolatile, "hashtable", keyspace.ClassSet, "sexpired")
}

// largeSet is a set of any size: a collection of members whose root is the
// value in the entry. It is loaded for the time of an operation and, if that
// changes it, saved.
type largeSet struct {
	root members.Root
	env  *hashtable.Env
}

// largeOf returns the large set that the slot holds.
func largeOf(s *keyspace.Slot) largeSet { return largeSet{members.Load(s.Value()), s.Env()} }

// newLarge returns an empty set in the slot's arena, which put makes the slot's
// value.
func newLarge(s *keyspace.Slot) largeSet { return largeSet{members.New(members.Plain), s.Env()} }

func (l *largeSet) has(member string) bool { return l.root.Find(l.env, member) != 0 }

// member returns the member of an element, borrowed from the arena.
func (l *largeSet) member(ref arena.Ref) string { return members.Plain.Member(l.env.Arena, ref) }

// save stores the set in the slot that it was loaded from, or deletes that if the
// set is empty. It reports whether it did.
func (l *largeSet) save(s *keyspace.Slot) (deleted bool) {
	l.root.Store(s.Value())
	if l.root.Len() > 0 {
		return false
	}
	s.Delete()
	return true
}

// put makes the slot hold a new set. If it fails, it frees the set.
func (l *largeSet) put(s *keyspace.Slot, expireAt int64) error {
	b, err := s.Put(keyspace.Set, setTable, members.RootSize, expireAt)
	if err != nil {
		l.free()
		return err
	}
	l.root.Store(b)
	return nil
}

// free frees a set that no slot holds.
func (l *largeSet) free() {
	for !l.root.Release(l.env, math.MaxInt) {
	}
}

// memberBytes is about how many bytes a large set takes for a member.
func memberBytes(length int) int {
	return members.Plain.Size(length, 0) + hashtable.BytesPerEntry
}

// memberRoom bounds, with an eighth of the member, what the block of a member takes
// beside it.
const memberRoom = 16

// insert adds a member that is absent.
func (l *largeSet) insert(member string) (arena.Ref, error) {
	return l.insertHashed(member, members.Hash(l.env, member))
}

func (l *largeSet) insertHashed(member string, hash uint64) (arena.Ref, error) {
	if l.root.Reserve(l.env, len(member)+len(member)/8+memberRoom) != nil {
		return 0, ErrOutOfMemory
	}
	return l.root.InsertHashed(l.env, member, hash, nil), nil
}

// add adds those of the members that are absent, all or, when it fails, none. A
// single member is absent.
func (l *largeSet) add(names []string) (added int, err error) {
	var few [16]arena.Ref
	fresh := few[:0]
	for _, name := range names {
		if len(names) > 1 && l.has(name) { // perhaps since it was given twice
			continue
		}
		ref, err := l.insert(name)
		if err != nil {
			for _, ref := range fresh {
				l.root.RemoveRef(l.env, ref)
			}
			return 0, err
		}
		fresh = append(fresh, ref)
	}
	return len(fresh), nil
}

// missing returns about how many bytes the set would grow by if members were added.
func (l *largeSet) missing(names []string) (bytes int) {
	if len(names) == 1 {
		if l.has(names[0]) {
			return 0
		}
		return memberBytes(len(names[0]))
	}
	var refs [findTogether]arena.Ref
	for len(names) > 0 {
		some := names[:min(len(names), findTogether)]
		l.root.FindBatch(l.env, some, refs[:])
		for i, name := range some {
			if refs[i] == 0 {
				bytes += memberBytes(len(name))
			}
		}
		names = names[len(some):]
	}
	return bytes
}

// findTogether is how many members are looked for at a time, so that their cache
// misses overlap.
const findTogether = 32

// appendHas appends to dst for each of the members whether the set has it.
func (l *largeSet) appendHas(dst []bool, names []string) []bool {
	var refs [findTogether]arena.Ref
	for len(names) > 0 {
		some := names[:min(len(names), findTogether)]
		l.root.FindBatch(l.env, some, refs[:])
		for i := range some {
			dst = append(dst, refs[i] != 0)
		}
		names = names[len(some):]
	}
	return dst
}
