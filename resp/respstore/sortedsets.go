package respstore

import (
	"errors"
	"iter"
	"maps"
	"time"

	"github.com/larderkv/larder/datatypes"
)

type sortedSets struct{ c *Client }

func (z sortedSets) Add(key string, members ...datatypes.Scored) (int, error) {
	if len(members) == 0 {
		_, err := z.Len(key)
		return 0, err
	}
	return z.c.do("ZADD", key, scoredWords(members)).length()
}

// AddWith tells the new members by the sizes before and after. The reply to ZADD counts those and, with CH, the changed
// ones.
func (z sortedSets) AddWith(key string, o datatypes.AddOptions, members ...datatypes.Scored) (added, changed int, err error) {
	size := []string{"ZCARD", key}
	if len(members) == 0 {
		_, err := z.Len(key)
		return 0, 0, err
	}
	replies := z.c.exec(size, words([]any{"ZADD", key, addWords(o), "CH", scoredWords(members)}), size)
	var n [3]int
	for _, i := range []int{1, 0, 2} { // ZADD refuses options before it looks at the type
		if n[i], err = replies[i].length(); err != nil {
			return 0, 0, err
		}
	}
	added = n[2] - n[0]
	return added, n[1] - added, nil
}

// scores returns members and their scores as a map.
func (z sortedSets) scores(r reply) (map[string]float64, error) {
	members, err := r.scored()
	scores := map[string]float64{}
	for _, m := range members {
		scores[m.Member] = m.Score
	}
	return scores, err
}

func (z sortedSets) AppendRange(dst []datatypes.Scored, key string, r datatypes.Range) ([]datatypes.Scored, error) {
	members, err := z.rangeOf(key, r)
	return append(dst, members...), err
}

// rangeOf returns the members of a range. Those of a range of names come without scores, which are then read with them.
func (z sortedSets) rangeOf(key string, r datatypes.Range) ([]datatypes.Scored, error) {
	if _, _, byName := r.LexBounds(); !byName {
		return z.c.do("ZRANGE", key, rangeWords(r), "WITHSCORES").scored()
	}
	replies := z.c.exec(words([]any{"ZRANGE", key, rangeWords(r)}), words([]any{"ZRANGE", key, 0, -1, "WITHSCORES"}))
	names, err := replies[0].texts()
	if err != nil {
		return nil, err
	}
	scores, err := z.scores(replies[1])
	members := make([]datatypes.Scored, len(names))
	for i, name := range names {
		members[i] = datatypes.Scored{Member: name, Score: scores[name]}
	}
	return members, err
}

func (z sortedSets) Count(key string, min, max datatypes.ScoreBound) (int, error) {
	return z.c.do("ZCOUNT", key, scoreWord(min), scoreWord(max)).length()
}

func (z sortedSets) CountLex(key string, from, to datatypes.LexBound) (int, error) {
	return z.c.do("ZLEXCOUNT", key, lexWord(from), lexWord(to)).length()
}

func (z sortedSets) Diff(keys ...string) ([]datatypes.Scored, error) {
	return z.c.do("ZDIFF", len(keys), keys, "WITHSCORES").scored()
}

func (z sortedSets) DiffStore(dst string, keys ...string) (int, error) {
	return z.c.do("ZDIFFSTORE", dst, len(keys), keys).length()
}

func (z sortedSets) IncrBy(key, member string, delta float64) (float64, error) {
	return z.c.do("ZINCRBY", key, delta, member).float()
}

func (z sortedSets) IncrByWith(key string, o datatypes.AddOptions, member string, delta float64) (score float64, ok bool, err error) {
	r := z.c.do("ZADD", key, addWords(o), "INCR", delta, member)
	if !r.exists() {
		return 0, false, r.err
	}
	score, err = r.float()
	return score, err == nil, err
}

func (z sortedSets) Inter(o datatypes.CombineOptions, keys ...string) ([]datatypes.Scored, error) {
	return z.c.do("ZINTER", len(keys), keys, combineWords(o), "WITHSCORES").scored()
}

func (z sortedSets) InterLen(limit int, keys ...string) (int, error) {
	return z.c.do("ZINTERCARD", len(keys), keys, "LIMIT", max(limit, 0)).length()
}

func (z sortedSets) InterStore(dst string, o datatypes.CombineOptions, keys ...string) (int, error) {
	return z.c.do("ZINTERSTORE", dst, len(keys), keys, combineWords(o)).length()
}

func (z sortedSets) Len(key string) (int, error) { return z.c.do("ZCARD", key).length() }

func (z sortedSets) PopFirst(n int, highest bool, keys ...string) (key string, popped []datatypes.Scored, ok bool, err error) {
	end := "MIN"
	if highest {
		end = "MAX"
	}
	r := z.c.do("ZMPOP", len(keys), keys, end, "COUNT", n)
	if r.err != nil || len(r.v.Elems) != 2 {
		return "", nil, false, r.err
	}
	for _, pair := range r.v.Elems[1].Elems {
		one, err := reply{v: pair}.scored()
		if err != nil {
			return "", nil, false, err
		}
		popped = append(popped, one...)
	}
	return r.v.Elems[0].Text, popped, true, nil
}

func (z sortedSets) PopMax(key string, n int) ([]datatypes.Scored, error) {
	return z.c.do("ZPOPMAX", key, n).scored()
}

func (z sortedSets) PopMin(key string, n int) ([]datatypes.Scored, error) {
	return z.c.do("ZPOPMIN", key, n).scored()
}

func (z sortedSets) Random(key string) (member datatypes.Scored, ok bool, err error) {
	members, err := z.RandomN(key, 1)
	if err != nil || len(members) == 0 {
		return datatypes.Scored{}, false, err
	}
	return members[0], true, nil
}

func (z sortedSets) RandomN(key string, n int) ([]datatypes.Scored, error) {
	return z.c.do("ZRANDMEMBER", key, n, "WITHSCORES").scored()
}

func (z sortedSets) Range(key string, r datatypes.Range) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for m := range each(z.rangeOf(key, r)) {
			if !yield(m.Member, m.Score) {
				return
			}
		}
	}
}

func (z sortedSets) RangeByRank(key string, start, stop int) iter.Seq2[string, float64] {
	return z.Range(key, datatypes.ByRank(start, stop))
}

func (z sortedSets) RangeStore(dst, src string, r datatypes.Range) (int, error) {
	return z.c.do("ZRANGESTORE", dst, src, rangeWords(r)).length()
}

// rank does a command that tells a rank, and reads the score.
func (z sortedSets) rank(command, key, member string) (rank int, score float64, ok bool, err error) {
	replies := z.c.exec([]string{command, key, member}, []string{"ZSCORE", key, member})
	if !replies[0].exists() {
		return 0, 0, false, replies[0].err
	}
	if rank, err = replies[0].length(); err == nil {
		score, err = replies[1].float()
	}
	return rank, score, err == nil, err
}

func (z sortedSets) Rank(key, member string) (int, float64, bool, error) {
	return z.rank("ZRANK", key, member)
}

func (z sortedSets) RevRank(key, member string) (int, float64, bool, error) {
	return z.rank("ZREVRANK", key, member)
}

func (z sortedSets) Remove(key string, members ...string) (int, error) {
	if len(members) == 0 {
		_, err := z.Len(key)
		return 0, err
	}
	return z.c.do("ZREM", key, members).length()
}

func (z sortedSets) RemoveRange(key string, r datatypes.Range) (int, error) {
	if start, stop, ok := r.RankBounds(); ok {
		return z.c.do("ZREMRANGEBYRANK", key, start, stop).length()
	}
	if min, max, ok := r.ScoreBounds(); ok {
		return z.c.do("ZREMRANGEBYSCORE", key, scoreWord(min), scoreWord(max)).length()
	}
	from, to, _ := r.LexBounds()
	return z.c.do("ZREMRANGEBYLEX", key, lexWord(from), lexWord(to)).length()
}

func (z sortedSets) Scan(key string, cursor uint64, o datatypes.ElementScanOptions) ([]datatypes.Scored, uint64, error) {
	elements, next, err := z.c.do("ZSCAN", key, int64(cursor), scanWords(o)).page()
	if err != nil {
		return nil, 0, err
	}
	members, err := elements.scored()
	return members, next, err
}

func (z sortedSets) Score(key, member string) (score float64, ok bool, err error) {
	r := z.c.do("ZSCORE", key, member)
	if !r.exists() {
		return 0, false, r.err
	}
	score, err = r.float()
	return score, err == nil, err
}

func (z sortedSets) Scores(key string, members []string, fn func(score float64, ok bool)) error {
	if len(members) == 0 {
		_, err := z.Len(key)
		return err
	}
	r := z.c.do("ZMSCORE", key, members)
	for _, e := range r.v.Elems {
		score, err := replyOf(e).float()
		fn(score, replyOf(e).exists() && err == nil)
	}
	return r.err
}

func (z sortedSets) Union(o datatypes.CombineOptions, keys ...string) ([]datatypes.Scored, error) {
	return z.c.do("ZUNION", len(keys), keys, combineWords(o), "WITHSCORES").scored()
}

func (z sortedSets) UnionStore(dst string, o datatypes.CombineOptions, keys ...string) (int, error) {
	return z.c.do("ZUNIONSTORE", dst, len(keys), keys, combineWords(o)).length()
}

// The commands on the expiration of members are for all types.

func (z sortedSets) Expire(string, time.Duration, datatypes.ExpireCond, ...string) ([]datatypes.ExpireResult, error) {
	return nil, errors.ErrUnsupported
}

func (z sortedSets) ExpireAt(string, time.Time, datatypes.ExpireCond, ...string) ([]datatypes.ExpireResult, error) {
	return nil, errors.ErrUnsupported
}

func (z sortedSets) Persist(string, ...string) ([]datatypes.ExpireResult, error) {
	return nil, errors.ErrUnsupported
}

func (z sortedSets) TTL(string, string) (time.Duration, bool, error) {
	return 0, false, errors.ErrUnsupported
}

func scoredWords(members []datatypes.Scored) (out []string) {
	for _, m := range members {
		out = append(out, words([]any{m.Score, m.Member})...)
	}
	return out
}

func addWords(o datatypes.AddOptions) (out []string) {
	for word, set := range maps.All(map[string]bool{"NX": o.IfAbsent, "XX": o.IfPresent, "GT": o.IfGreater, "LT": o.IfLess}) {
		if set {
			out = append(out, word)
		}
	}
	return out
}

// combineWords returns the options of a union or an intersection.
func combineWords(o datatypes.CombineOptions) (out []string) {
	if o.Weights != nil {
		out = append(out, "WEIGHTS")
		for _, weight := range o.Weights {
			out = append(out, words([]any{weight})...)
		}
	}
	return append(out, "AGGREGATE", [...]string{datatypes.Sum: "SUM", datatypes.Min: "MIN", datatypes.Max: "MAX"}[o.Aggregate])
}

// rangeWords returns a range as ZRANGE has it. Reversed ones have their higher end first.
func rangeWords(r datatypes.Range) (out []string) {
	if start, stop, ok := r.RankBounds(); ok {
		return reversed(words([]any{start, stop}), r.Reverse)
	}
	if min, max, ok := r.ScoreBounds(); ok {
		out = append(out, scoreWord(min), scoreWord(max))
		if r.Reverse {
			out[0], out[1] = out[1], out[0]
		}
		out = append(out, "BYSCORE")
	} else if from, to, ok := r.LexBounds(); ok {
		out = append(out, lexWord(from), lexWord(to))
		if r.Reverse {
			out[0], out[1] = out[1], out[0]
		}
		out = append(out, "BYLEX")
	}
	out = reversed(out, r.Reverse)
	if r.Offset != 0 || r.Count != 0 {
		out = append(out, limitWords(r.Offset, r.Count)...)
	}
	return out
}

func reversed(out []string, reverse bool) []string {
	if reverse {
		out = append(out, "REV")
	}
	return out
}

func scoreWord(b datatypes.ScoreBound) string {
	word := words([]any{b.Score})[0]
	if b.Exclusive {
		return "(" + word
	}
	return word
}

func lexWord(b datatypes.LexBound) string {
	switch {
	case b.Infinite < 0:
		return "-"
	case b.Infinite > 0:
		return "+"
	case b.Exclusive:
		return "(" + b.Member
	}
	return "[" + b.Member
}
