package datatypes

import (
	"iter"
	"math"
	"sort"

	"github.com/larderkv/larder/internal/keyspace"
)

// Range says which members of a sorted set are meant: those of a run of ranks, of
// scores or of names. ByRank, ByScore and ByLex make one; the fields refine it.
type Range struct {
	by          rangeBy
	start, stop int
	min, max    ScoreBound
	from, to    LexBound

	Reverse bool // REV: from the last to the first; ranks count from the last too
	Offset  int  // LIMIT: how many of the members to pass over; none are left if it is negative
	Count   int  // LIMIT: the most members to return; zero: no limit
}

type rangeBy uint8

const (
	byRank rangeBy = iota
	byScores
	byLex
)

// ByRank returns the range of the members of ranks from start to stop, both
// included. The first rank is 0; negative ranks count from the end, -1 being the last.
func ByRank(start, stop int) Range { return Range{by: byRank, start: start, stop: stop} }

// ScoreBound is where a range of scores begins or ends. The zero value is the score zero, included.
type ScoreBound struct {
	Score     float64 // may be infinite
	Exclusive bool    // members of just this score are not part of the range
}

// ByScore returns the range of the members whose scores lie between min and max, which are part of it unless they
// are Exclusive.
func ByScore(min, max ScoreBound) Range { return Range{by: byScores, min: min, max: max} }

// LexBound is where a range of names begins or ends. The zero value is the empty
// name, included: the beginning of all.
type LexBound struct {
	Member    string
	Exclusive bool // this name itself is not part of the range
	Infinite  int  // -1: before all names, 1: behind all names; zero: where Member is
}

// ByLex returns the range of the members that lie between from and to in the order of their bytes. It is meant for
// sorted sets all of whose members have the same score, or whose names are in the same order as their scores; in others
// what it returns is not specified.
func ByLex(from, to LexBound) Range { return Range{by: byLex, from: from, to: to} }

// RankBounds returns the ranks of a range that ByRank has made, with ok false for another. With its
// like it lets a store of the caller's own tell what it is asked for.
func (r Range) RankBounds() (start, stop int, ok bool) { return r.start, r.stop, r.by == byRank }

// ScoreBounds returns the scores of a range that ByScore has made, with ok false for another.
func (r Range) ScoreBounds() (min, max ScoreBound, ok bool) { return r.min, r.max, r.by == byScores }

// LexBounds returns the names of a range that ByLex has made, with ok false for another.
func (r Range) LexBounds() (from, to LexBound, ok bool) { return r.from, r.to, r.by == byLex }

// lowest and highest return the places at which a bound begins, or ends, a range.
func (b ScoreBound) lowest() place {
	if b.Exclusive {
		return place{score: b.Score, at: behindScore}
	}
	return place{score: b.Score, at: beforeScore}
}

func (b ScoreBound) highest() place {
	if b.Exclusive {
		return place{score: b.Score, at: beforeScore}
	}
	return place{score: b.Score, at: behindScore}
}

// span returns the ranks of the range, from i up to j. O(log n).
func (v *sortedValue) span(r *Range) (i, j int) {
	n := v.len()
	if n == 0 {
		return 0, 0
	}
	switch r.by {
	case byRank:
		i, j = r.ranks(n)
	case byScores:
		i, j = v.scores(r, n)
	case byLex:
		i, j = v.lexRank(&r.from, n, atMember), v.lexRank(&r.to, n, behindMember)
	}
	return r.limit(i, max(i, j))
}

func (r *Range) ranks(n int) (i, j int) {
	start, stop := r.start, r.stop
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	if start > stop || start >= n {
		return 0, 0
	}
	i, j = start, min(stop, n-1)+1
	if r.Reverse {
		i, j = n-j, n-i
	}
	return i, j
}

func (v *sortedValue) scores(r *Range, n int) (i, j int) {
	j = n
	if r.min.Exclusive || !math.IsInf(r.min.Score, -1) {
		i = v.rankOf(r.min.lowest())
	}
	if r.max.Exclusive || !math.IsInf(r.max.Score, 1) {
		j = v.rankOf(r.max.highest())
	}
	return i, j
}

// lexRank returns how many members are before a bound. Included is where the bound is if it
// is not exclusive. O(log n), and O(log² n) where not all scores are the same.
func (v *sortedValue) lexRank(b *LexBound, n int, included placeAt) int {
	switch {
	case b.Infinite < 0:
		return 0
	case b.Infinite > 0:
		return n
	}
	at := included
	if b.Exclusive {
		at = atMember + behindMember - included
	}
	if score := v.scoreAt(0); score == v.scoreAt(n-1) {
		return v.rankOf(place{score: score, member: b.Member, at: at})
	}
	return sort.Search(n, func(rank int) (beyond bool) {
		v.each(rank, rank+1, false, func(member string, _ float64) bool {
			beyond = member > b.Member || member == b.Member && at == atMember
			return true
		})
		return beyond
	})
}

// limit applies Offset and Count.
func (r *Range) limit(i, j int) (int, int) {
	if r.Offset < 0 || r.Offset >= j-i {
		return i, i
	}
	count := r.Count
	if count <= 0 || count > j-i-r.Offset {
		count = j - i - r.Offset
	}
	if r.Reverse {
		j -= r.Offset
		return j - count, j
	}
	i += r.Offset
	return i, i + count
}

// RangeEach calls begin with how many members there are in a range, then fn with each of
// them where it lies, without a copy. It is ZRANGE, ZRANGEBYSCORE, ZRANGEBYLEX and their REV forms.
// O(log n + members), and O(size) in a small set.
//
// Both may hold the lock of the key's shard: they must be quick, must not use
// the cache, and must neither change the bytes nor keep them. They do not if there are many members, which are copied
// first.
func (z SortedSets) RangeEach(key string, r Range, begin func(n int), fn func(member []byte, score float64)) error {
	many, err := z.rangeFew(key, &r, begin, fn)
	if !many || err != nil {
		return err
	}
	result, err := z.gatherScored(&scoredRanging{key: key, of: r}, []string{key})
	if err != nil {
		return err
	}
	begin(len(result))
	for i := range result {
		fn(bytesOf(result[i].Member), result[i].Score)
	}
	return nil
}

// rangeFew is RangeEach unless there are many members.
func (z SortedSets) rangeFew(key string, r *Range, begin func(n int), fn func(member []byte, score float64)) (many bool, err error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	i, j := v.span(r)
	if j-i > fewScored {
		return true, z.view.TakeTime()
	}
	begin(j - i)
	v.each(i, j, r.Reverse, func(member string, score float64) bool {
		fn(bytesOf(member), score)
		return true
	})
	return false, nil
}

// AppendRange appends the members of a range to dst. O(log n + members).
func (z SortedSets) AppendRange(dst []Scored, key string, r Range) ([]Scored, error) {
	err := z.RangeEach(key, r, func(int) {}, func(member []byte, score float64) {
		dst = append(dst, Scored{string(member), score})
	})
	return dst, err
}

// Range returns an iterator over the members of a range. It holds no lock while its body
// runs. The first 256 members are of one moment; of a longer range the rest
// is read as the iteration proceeds, and goes on behind the member that came last. It ends early when the
// key ceases to hold a sorted set or the cache is closed; use AppendRange where errors
// matter. O(log n + members).
func (z SortedSets) Range(key string, r Range) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		batch, left, err := z.firstBatch(key, &r)
		for err == nil {
			for _, m := range batch {
				if !yield(m.Member, m.Score) {
					return
				}
			}
			if left -= len(batch); left <= 0 || len(batch) == 0 {
				return
			}
			batch, err = z.nextBatch(batch, key, &r, left)
		}
	}
}

// RangeByRank is Range by rank. It is ZRANGE.
func (z SortedSets) RangeByRank(key string, start, stop int) iter.Seq2[string, float64] {
	return z.Range(key, ByRank(start, stop))
}

// firstBatch returns the first members of a range, and how many there are in all.
func (z SortedSets) firstBatch(key string, r *Range) (batch []Scored, all int, err error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return nil, 0, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	i, j := v.span(r)
	return v.appendBatch(make([]Scored, 0, min(j-i, iterCount)), i, j, r.Reverse), j - i, nil
}

// nextBatch returns what comes behind the last of a batch, in its place.
func (z SortedSets) nextBatch(batch []Scored, key string, r *Range, left int) ([]Scored, error) {
	last := batch[len(batch)-1]
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return nil, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	i, j := 0, v.len()
	if r.by != byRank {
		i, j = v.span(&Range{by: r.by, min: r.min, max: r.max, from: r.from, to: r.to})
	}
	if r.Reverse {
		j = min(j, v.rankOf(place{score: last.Score, member: last.Member, at: atMember}))
		i = max(i, j-left)
	} else {
		i = max(i, v.rankOf(place{score: last.Score, member: last.Member, at: behindMember}))
		j = min(j, i+left)
	}
	return v.appendBatch(batch[:0], i, j, r.Reverse), nil
}

// appendBatch appends copies of up to iterCount members.
func (v *sortedValue) appendBatch(dst []Scored, i, j int, reverse bool) []Scored {
	v.each(i, j, reverse, func(member string, score float64) bool {
		dst = append(dst, Scored{string(bytesOf(member)), score})
		return len(dst) < iterCount
	})
	return dst
}

// Count returns how many members have scores between min and max, see ByScore. It is ZCOUNT. O(log n).
func (z SortedSets) Count(key string, min, max ScoreBound) (int, error) {
	return z.count(key, ByScore(min, max))
}

// CountLex returns how many members lie between from and to, see ByLex. It is ZLEXCOUNT. O(log n).
func (z SortedSets) CountLex(key string, from, to LexBound) (int, error) {
	return z.count(key, ByLex(from, to))
}

func (z SortedSets) count(key string, r Range) (int, error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	i, j := v.span(&r)
	return j - i, nil
}

// removeEvents are what is announced when a range is removed.
var removeEvents = [...]string{byRank: "zremrangebyrank", byScores: "zremrangebyscore", byLex: "zremrangebylex"}

// RemoveRange removes the members of a range and returns how many there were. It is ZREMRANGEBYRANK,
// ZREMRANGEBYSCORE and ZREMRANGEBYLEX. O(log n + members).
func (z SortedSets) RemoveRange(key string, r Range) (removed int, err error) {
	removed, many, err := z.removeFew(key, &r)
	if !many || err != nil {
		return removed, err
	}
	return z.removeRangeMany(key, r)
}

// removeFew is RemoveRange unless there are many members to be removed one by one.
func (z SortedSets) removeFew(key string, r *Range) (removed int, many bool, err error) {
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	i, j := v.span(r)
	if j-i > fewRemoved && j-i < v.len() {
		return 0, true, z.view.TakeTime()
	}
	return j - i, false, v.remove(&s, i, j, removeEvents[r.by])
}

// remove removes the members of ranks from i up to j of the slot's set, which is v.
func (v *sortedValue) remove(s *keyspace.Slot, i, j int, event string) error {
	deleted := false
	switch {
	case i >= j:
		return nil
	case j-i == v.len():
		s.Delete()
		deleted = true
	case v.enc == sortedPack:
		d := lendSorted(v)
		defer d.release()
		d.removeRange(i, j)
		if err := d.store(s, s.ExpireAt()); err != nil {
			return err
		}
	default:
		s.BeginWrite()
		v.large.removeRange(i, j)
		v.large.store(s.Value())
	}
	notifySorted(s, event, deleted)
	return nil
}
