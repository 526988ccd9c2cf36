package modeltest

import (
	"cmp"
	"iter"
	"math"
	"time"

	"github.com/larderkv/larder/datatypes"
	"pgregory.net/rapid"
)

// SortedSets are the methods of datatypes.SortedSets that are compared with the model.
type SortedSets interface {
	Add(key string, members ...datatypes.Scored) (added int, err error)
	AddWith(key string, o datatypes.AddOptions, members ...datatypes.Scored) (added, changed int, err error)
	AppendRange(dst []datatypes.Scored, key string, r datatypes.Range) ([]datatypes.Scored, error)
	Count(key string, min, max datatypes.ScoreBound) (int, error)
	CountLex(key string, from, to datatypes.LexBound) (int, error)
	Diff(keys ...string) ([]datatypes.Scored, error)
	DiffStore(dst string, keys ...string) (int, error)
	Expire(key string, ttl time.Duration, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error)
	ExpireAt(key string, t time.Time, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error)
	IncrBy(key, member string, delta float64) (float64, error)
	IncrByWith(key string, o datatypes.AddOptions, member string, delta float64) (score float64, ok bool, err error)
	Inter(o datatypes.CombineOptions, keys ...string) ([]datatypes.Scored, error)
	InterLen(limit int, keys ...string) (n int, err error)
	InterStore(dst string, o datatypes.CombineOptions, keys ...string) (int, error)
	Len(key string) (int, error)
	Persist(key string, members ...string) ([]datatypes.ExpireResult, error)
	PopFirst(n int, highest bool, keys ...string) (key string, popped []datatypes.Scored, ok bool, err error)
	PopMax(key string, n int) ([]datatypes.Scored, error)
	PopMin(key string, n int) ([]datatypes.Scored, error)
	Random(key string) (member datatypes.Scored, ok bool, err error)
	RandomN(key string, n int) (members []datatypes.Scored, err error)
	Range(key string, r datatypes.Range) iter.Seq2[string, float64]
	RangeByRank(key string, start, stop int) iter.Seq2[string, float64]
	RangeStore(dst, src string, r datatypes.Range) (n int, err error)
	Rank(key, member string) (rank int, score float64, ok bool, err error)
	Remove(key string, members ...string) (removed int, err error)
	RemoveRange(key string, r datatypes.Range) (removed int, err error)
	RevRank(key, member string) (rank int, score float64, ok bool, err error)
	Scan(key string, cursor uint64, o datatypes.ElementScanOptions) (members []datatypes.Scored, next uint64, err error)
	Score(key, member string) (score float64, ok bool, err error)
	Scores(key string, members []string, fn func(score float64, ok bool)) error
	TTL(key, member string) (ttl time.Duration, ok bool, err error)
	Union(o datatypes.CombineOptions, keys ...string) ([]datatypes.Scored, error)
	UnionStore(dst string, o datatypes.CombineOptions, keys ...string) (int, error)
}

var _ SortedSets = datatypes.SortedSets{}

var sortedSetMethods = []method{
	{name: "SortedSets.Score", args: onElement},
	{name: "SortedSets.Add", args: func(d *draws) []any { return args(d.key(), d.scored(true)) }, often: true},
	{name: "SortedSets.AppendRange", args: func(d *draws) []any { return args(nil, d.key(), d.scoreOrRank()) }, keys: keysIn(1), often: true},
	{name: "SortedSets.Remove", args: onElements},
	{name: "SortedSets.Len", args: oneKey},
	{name: "SortedSets.Rank", args: onElement, follow: ranking((*Model).rank)},
	{name: "SortedSets.RevRank", args: onElement, follow: ranking((*Model).revRank)},
	{name: "SortedSets.AddWith", args: func(d *draws) []any { return args(d.key(), d.addOptions(), d.scored(false)) }},
	{name: "SortedSets.IncrBy", args: func(d *draws) []any { return args(d.key(), d.element(), d.score()) }},
	{name: "SortedSets.IncrByWith", args: func(d *draws) []any { return args(d.key(), d.addOptions(), d.element(), d.score()) }, follow: increasing},
	{name: "SortedSets.Scores", args: func(d *draws) []any { return args(d.key(), d.elements(), &scoreList{}) }},
	{name: "SortedSets.Count", args: func(d *draws) []any { return args(d.key(), d.scoreBound(), d.scoreBound()) }},
	{name: "SortedSets.Range", args: func(d *draws) []any { return args(d.key(), d.scoreOrRank()) }},
	{name: "SortedSets.RangeByRank", args: func(d *draws) []any { return args(d.key(), d.index(), d.index()) }},
	{name: "SortedSets.RemoveRange", args: func(d *draws) []any { return args(d.key(), plainRange(d.scoreOrRank())) }},
	{name: "SortedSets.RangeStore", args: func(d *draws) []any { return args(d.key(), d.key(), d.scoreOrRank()) }, keys: keysIn(0, 1)},
	{name: "SortedSets.PopMin", args: onCount},
	{name: "SortedSets.PopMax", args: onCount},
	{name: "SortedSets.PopFirst", args: func(d *draws) []any { return args(d.count(1), d.rarely(2), d.combining()) }, keys: keysIn(2)},
	{name: "SortedSets.Union", args: onCombine, keys: keysIn(1)},
	{name: "SortedSets.Inter", args: onCombine, keys: keysIn(1)},
	{name: "SortedSets.Diff", args: func(d *draws) []any { return args(d.combining()) }, keys: keysIn(0)},
	{name: "SortedSets.InterLen", args: func(d *draws) []any { return args(d.count(0), d.combining()) }, keys: keysIn(1)},
	{name: "SortedSets.UnionStore", args: onCombineStore, keys: keysIn(0, 2)},
	{name: "SortedSets.InterStore", args: onCombineStore, keys: keysIn(0, 2)},
	{name: "SortedSets.DiffStore", args: onStore, keys: keysIn(0, 1)},
	{name: "SortedSets.Random", args: oneKey, follow: choosing(datatypes.TypeSortedSet, one, false)},
	{name: "SortedSets.RandomN", args: onCount, follow: choosing(datatypes.TypeSortedSet, second, false)},
	{name: "SortedSets.TTL", args: onElement},
	{name: "SortedSets.Expire", args: onExpire, expires: true, often: true},
	{name: "SortedSets.ExpireAt", args: onExpireAt, expires: true},
	{name: "SortedSets.Persist", args: onElements},
}

func sortedSetReads(key string) []Operation {
	reads := []Operation{operation("SortedSets.AppendRange", nil, key, datatypes.ByRank(0, -1))}
	for _, name := range elementNames[:3] {
		reads = append(reads, operation("SortedSets.TTL", key, name))
	}
	return reads
}

// sortedSetScan scans a sorted set while members come, change and go.
func sortedSetScan() method {
	return scanning("SortedSets.Scan", datatypes.TypeSortedSet,
		changing("SortedSets.Add", "SortedSets.Remove", func(d *draws) any { return d.scored(false) }))
}

// tiny is a difference of scores that survives a sum of some of them.
const tiny = 1.0 / (1 << 20)

// Scores draws scores: small numbers, of which many are equal, some that hardly differ, and both infinities.
func Scores() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 3), func(n int) float64 { return float64(n) }),
		rapid.Map(rapid.IntRange(-20, 20), func(n int) float64 { return float64(n) / 4 }),
		rapid.SampledFrom([]float64{1 + tiny, 1 - tiny, -tiny, math.Copysign(0, -1), 1 << 40, math.Inf(1), math.Inf(-1)}),
	)
}

// ScoreBounds draws ends of ranges of scores.
func ScoreBounds() *rapid.Generator[datatypes.ScoreBound] {
	return rapid.Custom(func(t *rapid.T) datatypes.ScoreBound {
		return datatypes.ScoreBound{Score: Scores().Draw(t, "score"), Exclusive: rapid.Bool().Draw(t, "exclusive")}
	})
}

// LexBounds draws ends of ranges of names.
func LexBounds() *rapid.Generator[datatypes.LexBound] {
	return rapid.Custom(func(t *rapid.T) datatypes.LexBound {
		if rapid.IntRange(0, 5).Draw(t, "kind") == 5 {
			return datatypes.LexBound{Infinite: rapid.SampledFrom([]int{-1, 1}).Draw(t, "infinite")}
		}
		return datatypes.LexBound{Member: Elements().Draw(t, "member"), Exclusive: rapid.Bool().Draw(t, "exclusive")}
	})
}

// Ranges draws ranges by rank and by score, some of them reversed, those by score with limits.
func Ranges() *rapid.Generator[datatypes.Range] {
	return rapid.Custom(func(t *rapid.T) datatypes.Range {
		if rapid.Bool().Draw(t, "by score") {
			min, max := ScoreBounds().Draw(t, "min"), ScoreBounds().Draw(t, "max")
			if min.Score > max.Score && mostly(t) {
				min, max = max, min
			}
			return refined(t, datatypes.ByScore(min, max))
		}
		r := datatypes.ByRank(Indexes().Draw(t, "start"), Indexes().Draw(t, "stop"))
		r.Reverse = rapid.Bool().Draw(t, "reverse")
		return r
	})
}

// LexRanges draws ranges by name. What one returns of a sorted set whose members have different scores is not specified.
func LexRanges() *rapid.Generator[datatypes.Range] {
	return rapid.Custom(func(t *rapid.T) datatypes.Range {
		from, to := LexBounds().Draw(t, "from"), LexBounds().Draw(t, "to")
		if cmp.Or(from.Infinite-to.Infinite, cmp.Compare(from.Member, to.Member)) > 0 && mostly(t) {
			from, to = to, from
		}
		return refined(t, datatypes.ByLex(from, to))
	})
}

// mostly is true three times in four: for ranges that are not empty.
func mostly(t *rapid.T) bool {
	return rapid.SampledFrom([]bool{true, true, true, false}).Draw(t, "mostly")
}

// refined draws the direction and the limit of a range.
func refined(t *rapid.T, r datatypes.Range) datatypes.Range {
	r.Reverse = rapid.Bool().Draw(t, "reverse")
	if rapid.Bool().Draw(t, "limit") {
		r.Offset, r.Count = rapid.IntRange(-1, 5).Draw(t, "offset"), rapid.IntRange(0, 8).Draw(t, "count")
	}
	return r
}

// plainRange returns a range without direction and limit.
func plainRange(r datatypes.Range) datatypes.Range {
	r.Reverse, r.Offset, r.Count = false, 0, 0
	return r
}

func (d *draws) score() float64                   { return Scores().Draw(d.t, "score") }
func (d *draws) scoreBound() datatypes.ScoreBound { return ScoreBounds().Draw(d.t, "bound") }
func (d *draws) scoreOrRank() datatypes.Range     { return Ranges().Draw(d.t, "range") }

// scored draws some members, which may be the same, or now and then many. Rarely a score is refused, if it may be.
func (d *draws) scored(refused bool) (members []datatypes.Scored) {
	if d.rarely(8) {
		step := oneOf(d, 0, 1, -1, tiny)
		for i, name := range runs().Draw(d.t, "many") {
			members = append(members, datatypes.Scored{Member: name, Score: float64(i) * step})
		}
		return members
	}
	for _, name := range d.someElements() {
		members = append(members, datatypes.Scored{Member: name, Score: d.score()})
	}
	if refused && d.rarely(30) {
		members[len(members)-1].Score = math.NaN()
	}
	return members
}

// addOptions draws options, which rarely exclude each other.
func (d *draws) addOptions() datatypes.AddOptions {
	return oneOf(d, datatypes.AddOptions{IfAbsent: true}, datatypes.AddOptions{IfPresent: true}, datatypes.AddOptions{IfGreater: true},
		datatypes.AddOptions{IfLess: true}, datatypes.AddOptions{IfPresent: true, IfGreater: true}, datatypes.AddOptions{IfPresent: true, IfLess: true},
		datatypes.AddOptions{IfAbsent: true, IfPresent: true}, datatypes.AddOptions{IfGreater: true, IfLess: true})
}

// combineOptions draws options for n keys. There is no weight of zero, by which an infinite score is no number.
func (d *draws) combineOptions(n int) (o datatypes.CombineOptions) {
	if d.rarely(2) {
		o.Weights = rapid.SliceOfN(rapid.SampledFrom([]float64{1, 2, 0.5, -1}), n, n).Draw(d.t, "weights")
	}
	o.Aggregate = oneOf(d, datatypes.Sum, datatypes.Min, datatypes.Max)
	return o
}

func onCombine(d *draws) []any {
	keys := d.combining()
	return args(d.combineOptions(len(keys)), keys)
}

func onCombineStore(d *draws) []any {
	keys := d.combining()
	return args(d.key(), d.combineOptions(len(keys)), keys)
}

// scoreList is the function for Scores.
type scoreList struct{}

func (*scoreList) bind() (fn any, seen func() []any) {
	var saw []any
	fn = func(score float64, ok bool) {
		if !ok {
			score = 0 // what it is then does not matter
		}
		saw = append(saw, score, ok)
	}
	return fn, func() []any { return saw }
}

// String tells the function's type.
func (*scoreList) String() string { return "func(float64, bool)" }

func (m *Model) rank(key, member string) (int, float64, bool, error) {
	return m.SortedSets().Rank(key, member)
}
func (m *Model) revRank(key, member string) (int, float64, bool, error) {
	return m.SortedSets().RevRank(key, member)
}

// ranking returns a follow for a method that returns a rank and a score, which do not matter if there is none.
func ranking(rank func(m *Model, key, member string) (int, float64, bool, error)) func(*Model, []any, Reply) error {
	return func(m *Model, a []any, got Reply) error {
		rank, score, ok, err := rank(m, a[0].(string), a[1].(string))
		want := Reply{Values: []any{rank, score, ok}, Err: err}
		if !ok && err == nil && got.Err == nil {
			got.Values, want.Values = got.Values[2:], want.Values[2:]
		}
		return got.differ(want, ordered)
	}
}

// increasing follows IncrByWith, whose score does not matter if it was refused.
func increasing(m *Model, a []any, got Reply) error {
	score, ok, err := m.SortedSets().IncrByWith(a[0].(string), a[1].(datatypes.AddOptions), a[2].(string), a[3].(float64))
	want := Reply{Values: []any{score, ok}, Err: err}
	if !ok && err == nil && got.Err == nil {
		got.Values, want.Values = got.Values[1:], want.Values[1:]
	}
	return got.differ(want, ordered)
}
