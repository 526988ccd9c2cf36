package datatypes

import (
	"github.com/larderkv/larder/internal/keyspace"
)

// A sorted set is represented in one of two ways:
//
//   - listpack: a densePack right in the key's entry, as long as there are no more than
//     zset-max-listpack-entries members, none longer than zset-max-listpack-value
//   - skiplist, as OBJECT ENCODING has it: a largeSorted, which is a table and a
//     B+tree; sortedVolatile is the same with members that expire
//
// A sorted set only ever goes down this list as it grows. Removal never converts it,
// so one whose size hovers around a limit is not converted again and again; one that is
// built anew, by ZUNIONSTORE and its like, gets the dense representation if it fits.
const (
	sortedNone keyspace.Encoding = iota // no sorted set at all
	sortedPack
	sortedTree
	sortedVolatile
)

func init() {
	keyspace.RegisterKind(keyspace.SortedSet, sortedPack, &keyspace.Kind{Name: "listpack"})
}

// sortedLimits are the limits of dense sorted sets at the time of an operation.
type sortedLimits struct{ entries, value int }

func sortedLimitsOf(v keyspace.View) sortedLimits {
	l := v.Keyspace().Limits()
	return sortedLimits{int(l.ZSetEntries.Load()), int(l.ZSetValue.Load())}
}

// dense reports whether a listpack may have n members of which none is longer than
// longest.
func (l *sortedLimits) dense(n, longest int) bool { return n <= l.entries && longest <= l.value }

// sortedValue is what a slot holds, seen as a sorted set. It borrows the value and is
// valid until that changes or moves. The zero value is an empty set.
type sortedValue struct {
	enc   keyspace.Encoding // sortedTree for sortedVolatile too
	pack  densePack
	large largeSorted
}

// sortedOf returns the slot's sorted set, which the caller knows to be one if anything.
func sortedOf(s *keyspace.Slot) (v sortedValue) {
	if !s.Exists() {
		return v
	}
	if s.Encoding() == sortedPack {
		v.enc, v.pack = sortedPack, s.Value()
	} else {
		v.enc, v.large = sortedTree, largeSortedOf(s)
	}
	return v
}

func (v *sortedValue) len() int {
	switch v.enc {
	case sortedPack:
		return v.pack.len()
	case sortedTree:
		return v.large.root.Len()
	}
	return 0
}

// score returns the score of a member.
func (v *sortedValue) score(member string) (score float64, ok bool) {
	switch v.enc {
	case sortedPack:
		return v.pack.score(member)
	case sortedTree:
		return v.large.score(member)
	}
	return 0, false
}

// rank returns how many members are before one, and its score.
func (v *sortedValue) rank(member string) (rank int, score float64, ok bool) {
	switch v.enc {
	case sortedPack:
		return v.pack.rank(member)
	case sortedTree:
		return v.large.rank(member)
	}
	return 0, 0, false
}

// each calls fn with the members of ranks from i up to j, in falling order if reverse, until
// fn returns false. The member is borrowed.
func (v *sortedValue) each(i, j int, reverse bool, fn func(member string, score float64) bool) {
	switch {
	case i >= j:
	case v.enc == sortedPack:
		v.pack.each(i, j, reverse, fn)
	case v.enc == sortedTree:
		v.large.each(i, j, reverse, fn)
	}
}

// place is a point between members: where one of a score and name is or would be, or
// before or behind all of a score.
type place struct {
	score  float64
	member string
	at     placeAt
}

type placeAt uint8

const (
	atMember placeAt = iota
	behindMember
	beforeScore
	behindScore
)

// rankOf returns how many members are before a place.
func (v *sortedValue) rankOf(p place) int {
	switch v.enc {
	case sortedPack:
		return v.pack.rankOf(p)
	case sortedTree:
		return v.large.rankOf(p)
	}
	return 0
}

// scoreAt returns the score of a rank.
func (v *sortedValue) scoreAt(rank int) (score float64) {
	v.at(rank, func(_ []byte, s float64) { score = s })
	return score
}
