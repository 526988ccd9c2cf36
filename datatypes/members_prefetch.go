package datatypes

import (
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// PrefetchElements brings the elements of a large set, hash or sorted set, the members or fields of these names, into the
// processor's cache, with their cache misses overlapping, for operations on them that follow at once. It is what the
// server does with a pipeline that goes on with one key. For a collection of which the cache may hold all, or
// anything else, it does nothing. O(names).
func (k Keys) PrefetchElements(key string, names []string) {
	var s keyspace.Slot
	if s.Lock(k.view, key) != nil {
		return
	}
	defer s.Unlock()
	if !inTable(&s) {
		return
	}
	const cached = 1 << 20 // bytes, of a processor's second cache
	root := members.Load(s.Value())
	if root.Bytes() <= cached {
		return
	}
	var refs [findTogether]arena.Ref
	for len(names) > 0 {
		n := min(len(names), findTogether)
		root.FindBatch(s.Env(), names[:n], refs[:])
		names = names[n:]
	}
}

// inTable reports whether the slot holds a collection whose value begins with a members.Root.
func inTable(s *keyspace.Slot) bool {
	switch s.Type() {
	case keyspace.Set:
		return s.Encoding() >= setTable
	case keyspace.Hash:
		return s.Encoding() >= hashTable
	case keyspace.SortedSet:
		return s.Encoding() >= sortedTree
	}
	return false
}
