package modeltest

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// modelSortedSets are the sorted sets of a model, which are put in order whenever that matters.
type modelSortedSets struct{ m *Model }

// SortedSets returns the sorted sets of the model.
func (m *Model) SortedSets() SortedSets { return modelSortedSets{m} }

func (z modelSortedSets) find(key string) (collection, error) {
	return z.m.collection(key, datatypes.TypeSortedSet)
}

// rate gives a member a score and leaves its expiry as it is.
func rate(set collection, name string, score float64) {
	m := set[name]
	m.score = score
	set[name] = m
}

// inOrder returns members in the order of their scores and, where these are equal, of their bytes.
func inOrder(scores map[string]float64) []datatypes.Scored {
	all := make([]datatypes.Scored, 0, len(scores))
	for member, score := range scores {
		all = append(all, datatypes.Scored{Member: member, Score: score})
	}
	slices.SortFunc(all, func(a, b datatypes.Scored) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
	})
	return all
}

// scoresOf returns the members of a sorted set and their scores.
func scoresOf(set collection) map[string]float64 {
	scores := make(map[string]float64, len(set))
	for member, e := range set {
		scores[member] = e.score
	}
	return scores
}

// all returns the members of a sorted set in order.
func (z modelSortedSets) all(key string) ([]datatypes.Scored, error) {
	set, err := z.find(key)
	return inOrder(scoresOf(set)), err
}

func (z modelSortedSets) Add(key string, members ...datatypes.Scored) (added int, err error) {
	added, _, err = z.AddWith(key, datatypes.AddOptions{}, members...)
	return added, err
}

func (z modelSortedSets) AddWith(key string, o datatypes.AddOptions, members ...datatypes.Scored) (added, changed int, err error) {
	for _, m := range members {
		if math.IsNaN(m.Score) {
			return 0, 0, datatypes.ErrNotFloat
		}
	}
	if addConflict(o) {
		return 0, 0, datatypes.ErrConflict
	}
	set, err := z.find(key)
	if err != nil {
		return 0, 0, err
	}
	for _, m := range members {
		e, has := set[m.Member]
		if refuses(o, e.score, m.Score, has) {
			continue
		}
		rate(set, m.Member, m.Score)
		switch {
		case !has:
			added++
		case m.Score != e.score:
			changed++
		}
	}
	return added, changed, nil
}

func addConflict(o datatypes.AddOptions) bool {
	return o.IfAbsent && (o.IfPresent || o.IfGreater || o.IfLess) || o.IfGreater && o.IfLess
}

// refuses reports whether the options forbid that a member that has the score cur, if there is one, gets another.
func refuses(o datatypes.AddOptions, cur, score float64, has bool) bool {
	if !has {
		return o.IfPresent
	}
	return o.IfAbsent || o.IfGreater && score <= cur || o.IfLess && score >= cur
}

func (z modelSortedSets) IncrBy(key, member string, delta float64) (float64, error) {
	score, _, err := z.IncrByWith(key, datatypes.AddOptions{}, member, delta)
	return score, err
}

func (z modelSortedSets) IncrByWith(key string, o datatypes.AddOptions, member string, delta float64) (score float64, ok bool, err error) {
	if math.IsNaN(delta) {
		return 0, false, datatypes.ErrNotFloat
	}
	if addConflict(o) {
		return 0, false, datatypes.ErrConflict
	}
	set, err := z.find(key)
	if err != nil {
		return 0, false, err
	}
	e, has := set[member]
	if o.IfAbsent && has || o.IfPresent && !has {
		return 0, false, nil
	}
	score = e.score + delta
	switch {
	case math.IsNaN(score):
		return 0, false, datatypes.ErrNaN
	case refuses(o, e.score, score, has):
		return 0, false, nil
	}
	rate(set, member, score)
	return score, true, nil
}

func (z modelSortedSets) Remove(key string, members ...string) (removed int, err error) {
	set, err := z.find(key)
	if err != nil {
		return 0, err
	}
	removed = set.remove(members...)
	return removed, nil
}

func (z modelSortedSets) Score(key, member string) (score float64, ok bool, err error) {
	set, err := z.find(key)
	e, ok := set[member]
	return e.score, ok, err
}

func (z modelSortedSets) Scores(key string, members []string, fn func(score float64, ok bool)) error {
	set, err := z.find(key)
	if err != nil {
		return err
	}
	for _, member := range members {
		e, ok := set[member]
		fn(e.score, ok)
	}
	return nil
}

func (z modelSortedSets) Len(key string) (int, error) {
	set, err := z.find(key)
	return len(set), err
}

func (z modelSortedSets) Rank(key, member string) (rank int, score float64, ok bool, err error) {
	all, err := z.all(key)
	return rankIn(all, member, err)
}

func (z modelSortedSets) RevRank(key, member string) (rank int, score float64, ok bool, err error) {
	all, err := z.all(key)
	slices.Reverse(all)
	return rankIn(all, member, err)
}

func rankIn(all []datatypes.Scored, member string, err error) (int, float64, bool, error) {
	for rank, m := range all {
		if m.Member == member {
			return rank, m.Score, true, err
		}
	}
	return 0, 0, false, err
}

func (z modelSortedSets) AppendRange(dst []datatypes.Scored, key string, r datatypes.Range) ([]datatypes.Scored, error) {
	all, err := z.all(key)
	return append(dst, within(all, r)...), err
}

// within returns those of a sorted set's members that are in a range, in the range's order.
func within(all []datatypes.Scored, r datatypes.Range) (found []datatypes.Scored) {
	if r.Reverse {
		slices.Reverse(all)
	}
	for rank, m := range all {
		if inRange(r, rank, len(all), m) {
			found = append(found, m)
		}
	}
	if r.Offset < 0 || r.Offset > len(found) {
		return nil
	}
	found = found[r.Offset:]
	if r.Count > 0 && r.Count < len(found) {
		found = found[:r.Count]
	}
	return found
}

// inRange reports whether a member, which is of a rank from the range's beginning, is in a range of a sorted set with n
// members.
func inRange(r datatypes.Range, rank, n int, m datatypes.Scored) bool {
	if start, stop, ok := r.RankBounds(); ok {
		if start < 0 {
			start += n
		}
		if stop < 0 {
			stop += n
		}
		return start <= rank && rank <= stop
	}
	if min, max, ok := r.ScoreBounds(); ok {
		return (min.Score < m.Score || min.Score == m.Score && !min.Exclusive) &&
			(m.Score < max.Score || m.Score == max.Score && !max.Exclusive)
	}
	from, to, _ := r.LexBounds()
	return compareBound(from, m.Member) <= 0 && compareBound(to, m.Member) >= 0 &&
		!(from.Exclusive && from.Infinite == 0 && from.Member == m.Member) &&
		!(to.Exclusive && to.Infinite == 0 && to.Member == m.Member)
}

// compareBound returns -1 if a bound is before a member, and 1 if it is behind it.
func compareBound(b datatypes.LexBound, member string) int {
	return cmp.Or(b.Infinite, cmp.Compare(b.Member, member))
}

func (z modelSortedSets) Range(key string, r datatypes.Range) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		found, _ := z.AppendRange(nil, key, r)
		for _, m := range found {
			if !yield(m.Member, m.Score) {
				return
			}
		}
	}
}

func (z modelSortedSets) RangeByRank(key string, start, stop int) iter.Seq2[string, float64] {
	return z.Range(key, datatypes.ByRank(start, stop))
}

func (z modelSortedSets) Count(key string, min, max datatypes.ScoreBound) (int, error) {
	found, err := z.AppendRange(nil, key, datatypes.ByScore(min, max))
	return len(found), err
}

func (z modelSortedSets) CountLex(key string, from, to datatypes.LexBound) (int, error) {
	found, err := z.AppendRange(nil, key, datatypes.ByLex(from, to))
	return len(found), err
}

func (z modelSortedSets) RemoveRange(key string, r datatypes.Range) (removed int, err error) {
	found, err := z.AppendRange(nil, key, r)
	if err != nil {
		return 0, err
	}
	return z.Remove(key, membersOf(found)...)
}

func membersOf(scored []datatypes.Scored) []string {
	names := make([]string, len(scored))
	for i, m := range scored {
		names[i] = m.Member
	}
	return names
}

func (z modelSortedSets) PopMin(key string, n int) ([]datatypes.Scored, error) {
	return z.pop(key, n, false)
}

func (z modelSortedSets) PopMax(key string, n int) ([]datatypes.Scored, error) {
	return z.pop(key, n, true)
}

func (z modelSortedSets) pop(key string, n int, highest bool) ([]datatypes.Scored, error) {
	if n < 0 {
		return nil, datatypes.ErrOutOfRange
	}
	all, err := z.all(key)
	if err != nil {
		return nil, err
	}
	if highest {
		slices.Reverse(all)
	}
	popped := all[:min(n, len(all))]
	_, err = z.Remove(key, membersOf(popped)...)
	return popped, err
}

func (z modelSortedSets) PopFirst(n int, highest bool, keys ...string) (key string, popped []datatypes.Scored, ok bool, err error) {
	if n < 0 {
		return "", nil, false, datatypes.ErrOutOfRange
	}
	for _, key := range keys {
		size, err := z.Len(key)
		if err != nil {
			return "", nil, false, err
		}
		if size > 0 {
			popped, err = z.pop(key, n, highest)
			return key, popped, true, err
		}
	}
	return "", nil, false, nil
}

func (z modelSortedSets) Random(key string) (member datatypes.Scored, ok bool, err error) {
	members, err := z.RandomN(key, 1)
	if err != nil || len(members) == 0 {
		return datatypes.Scored{}, false, err
	}
	return members[0], true, nil
}

func (z modelSortedSets) RandomN(key string, n int) ([]datatypes.Scored, error) {
	all, err := z.all(key)
	return draw(all, n), err
}

func (z modelSortedSets) Scan(key string, _ uint64, o datatypes.ElementScanOptions) (members []datatypes.Scored, next uint64, err error) {
	set, err := z.find(key)
	for _, name := range matching(set.names(), o) {
		members = append(members, datatypes.Scored{Member: name, Score: set[name].score})
	}
	return members, 0, err
}

// source is one of the sets of an operation on several: what it has of each member, times its weight.
type source map[string]float64

// sources returns the weighted scores of sorted sets, and of sets, whose members have the score 1.
func (z modelSortedSets) sources(o datatypes.CombineOptions, keys []string) ([]source, error) {
	if len(keys) == 0 || o.Weights != nil && len(o.Weights) != len(keys) {
		return nil, datatypes.ErrConflict
	}
	sources := make([]source, len(keys))
	for i, key := range keys {
		scores, err := z.scores(key)
		if err != nil {
			return nil, err
		}
		if o.Weights != nil {
			for member, score := range scores {
				scores[member] = numeric(score * o.Weights[i])
			}
		}
		sources[i] = scores
	}
	return sources, nil
}

func (z modelSortedSets) scores(key string) (source, error) {
	if e := z.m.find(key); e != nil && e.typ == datatypes.TypeSet {
		members, err := z.m.Sets().Union(key)
		scores := source{}
		for _, member := range members {
			scores[member] = 1
		}
		return scores, err
	}
	set, err := z.find(key)
	return scoresOf(set), err
}

// numeric returns zero in place of what is not a number, such as the sum of both infinities.
func numeric(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

// aggregated returns what becomes of the scores of all members. As in Redis they are aggregated from the smallest set to
// the largest, which shows where both infinities meet a third score.
func aggregated(how datatypes.Aggregate, sources []source) map[string]float64 {
	result := map[string]float64{}
	bySize := slices.Clone(sources)
	slices.SortStableFunc(bySize, func(a, b source) int { return cmp.Compare(len(a), len(b)) })
	for _, scores := range bySize {
		for member, score := range scores {
			sum, has := result[member]
			switch {
			case !has:
				result[member] = score
			case how == datatypes.Sum:
				result[member] = numeric(sum + score)
			case how == datatypes.Min:
				result[member] = min(sum, score)
			default:
				result[member] = max(sum, score)
			}
		}
	}
	return result
}

func (z modelSortedSets) Union(o datatypes.CombineOptions, keys ...string) ([]datatypes.Scored, error) {
	sources, err := z.sources(o, keys)
	return inOrder(aggregated(o.Aggregate, sources)), err
}

func (z modelSortedSets) Inter(o datatypes.CombineOptions, keys ...string) ([]datatypes.Scored, error) {
	sources, err := z.sources(o, keys)
	result := aggregated(o.Aggregate, sources)
	for _, scores := range sources {
		maps.DeleteFunc(result, func(member string, _ float64) bool { _, has := scores[member]; return !has })
	}
	return inOrder(result), err
}

func (z modelSortedSets) Diff(keys ...string) ([]datatypes.Scored, error) {
	sources, err := z.sources(datatypes.CombineOptions{}, keys)
	if err != nil {
		return nil, err
	}
	result := sources[0]
	for _, scores := range sources[1:] {
		maps.DeleteFunc(result, func(member string, _ float64) bool { _, has := scores[member]; return has })
	}
	return inOrder(result), nil
}

func (z modelSortedSets) InterLen(limit int, keys ...string) (n int, err error) {
	members, err := z.Inter(datatypes.CombineOptions{}, keys...)
	if limit > 0 {
		return min(limit, len(members)), err
	}
	return len(members), err
}

func (z modelSortedSets) UnionStore(dst string, o datatypes.CombineOptions, keys ...string) (int, error) {
	result, err := z.Union(o, keys...)
	return z.store(dst, result, err)
}

func (z modelSortedSets) InterStore(dst string, o datatypes.CombineOptions, keys ...string) (int, error) {
	result, err := z.Inter(o, keys...)
	return z.store(dst, result, err)
}

func (z modelSortedSets) DiffStore(dst string, keys ...string) (int, error) {
	result, err := z.Diff(keys...)
	return z.store(dst, result, err)
}

func (z modelSortedSets) RangeStore(dst, src string, r datatypes.Range) (n int, err error) {
	found, err := z.AppendRange(nil, src, r)
	return z.store(dst, found, err)
}

// store makes dst hold just the members, none of which expires, and neither does the key.
func (z modelSortedSets) store(dst string, members []datatypes.Scored, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	set := collection{}
	for _, m := range members {
		rate(set, m.Member, m.Score)
	}
	z.m.replace(dst, datatypes.TypeSortedSet, set)
	return len(set), nil
}

func (z modelSortedSets) Expire(key string, ttl time.Duration, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error) {
	return z.m.expireElements(key, datatypes.TypeSortedSet, z.m.after(ttl), c, members)
}

func (z modelSortedSets) ExpireAt(key string, t time.Time, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error) {
	return z.m.expireElements(key, datatypes.TypeSortedSet, t.UnixMilli(), c, members)
}

func (z modelSortedSets) Persist(key string, members ...string) ([]datatypes.ExpireResult, error) {
	set, err := z.find(key)
	if err != nil {
		return nil, err
	}
	return set.persist(members), nil
}

func (z modelSortedSets) TTL(key, member string) (ttl time.Duration, ok bool, err error) {
	set, err := z.find(key)
	e := set.expiry(member, z.m.now)
	return e.TTL, e.Exists, err
}
