package difftest

import (
	"strconv"
	"strings"
)

// SortedSets returns generators of the commands on sorted sets.
func SortedSets() Group {
	return append([]Weighted{
		{8, func(g *Gen) Command { return Cmd(g.zadd()...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"zadd", g.Key()}, g.scoredMembers(150)...)...) }},
		{3, func(g *Gen) Command { return Cmd("zincrby", g.Key(), g.score(), g.member()) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"zrem", g.Key()}, g.members(4)...)...) }},
		{2, func(g *Gen) Command { return Cmd("zscore", g.Key(), g.member()) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"zmscore", g.Key()}, g.members(4)...)...) }},
		{1, func(g *Gen) Command { return Cmd("zcard", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("zcount", g.Key(), g.scoreBound(), g.scoreBound()) }},
		{2, func(g *Gen) Command { return Cmd("zrank", g.Key(), g.member()).Intact() }},
		{2, func(g *Gen) Command { return Cmd("zrevrank", g.Key(), g.member()).Intact() }},
		{4, func(g *Gen) Command {
			return Cmd(append([]string{"zrange", g.Key(), g.Int(), g.Int()}, g.rangeOptions("rev", "byscore")...)...)
		}},
		{4, func(g *Gen) Command {
			return Cmd(append([]string{"zrange", g.Key(), g.scoreBound(), g.scoreBound(), "byscore"}, g.rangeOptions("rev")...)...)
		}},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"zrevrange", g.Key(), g.Int(), g.Int()}, g.rangeOptions()...)...)
		}},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"zrangebyscore", g.Key(), g.scoreBound(), g.scoreBound()}, g.rangeOptions()...)...)
		}},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"zrevrangebyscore", g.Key(), g.scoreBound(), g.scoreBound()}, g.rangeOptions()...)...)
		}},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"zrangestore", g.Key(), g.Key(), g.Int(), g.Int()}, g.rangeOptions("rev")...)...)
		}},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"zrangestore", g.Key(), g.Key(), g.scoreBound(), g.scoreBound(), "byscore"}, g.rangeOptions("rev")...)...)
		}},
		{1, func(g *Gen) Command { return Cmd("zremrangebyrank", g.Key(), g.Int(), g.Int()) }},
		{1, func(g *Gen) Command { return Cmd("zremrangebyscore", g.Key(), g.scoreBound(), g.scoreBound()) }},
		{1, func(g *Gen) Command { return Cmd("zpopmin", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("zpopmax", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd(pick(g, []string{"zpopmin", "zpopmax"}), g.Key(), g.count()) }},
		{2, func(g *Gen) Command {
			args := append([]string{"zmpop"}, g.counted(3)...)
			return Cmd(append(append(args, g.Case(pick(g, []string{"min", "max"}))), g.Options([]string{"count", g.count()})...)...)
		}},
		{1, func(g *Gen) Command {
			args := append([]string{pick(g, []string{"bzpopmin", "bzpopmax"})}, g.Keys(3)...)
			return Cmd(append(args, "0.01")...).Intact()
		}},
		{1, func(g *Gen) Command {
			args := append([]string{"bzmpop", "0.01"}, g.counted(3)...)
			return Cmd(append(append(args, g.Case(pick(g, []string{"min", "max"}))), g.Options([]string{"count", g.count()})...)...).Intact()
		}},
		{1, func(g *Gen) Command { return Cmd("zrandmember", g.Key()).By(SameKind).Intact() }},
		{2, func(g *Gen) Command {
			return Cmd(append([]string{"zrandmember", g.Key(), strconv.Itoa(g.IntN(300))}, g.Options([]string{"withscores"})...)...).By(SameKind).Intact()
		}},
		{2, func(g *Gen) Command {
			return Cmd(append([]string{"zscan", g.Key(), "0"}, g.Options([]string{"match", "*1*"}, []string{"count", g.Int()})...)...).
				By(Scanned).Intact()
		}},
		{3, func(g *Gen) Command { return Cmd(g.combination(pick(g, []string{"zunion", "zinter"}))...) }},
		{4, func(g *Gen) Command {
			return Cmd(g.combination(pick(g, []string{"zunionstore", "zinterstore"}), g.Key())...)
		}},
		{2, func(g *Gen) Command {
			return Cmd(append(append([]string{"zdiff"}, g.counted(3)...), g.Options([]string{"withscores"})...)...)
		}},
		{2, func(g *Gen) Command { return Cmd(append([]string{"zdiffstore", g.Key()}, g.counted(3)...)...) }},
		{2, func(g *Gen) Command {
			return Cmd(append(append([]string{"zintercard"}, g.counted(3)...), g.Options([]string{"limit", g.Int()})...)...)
		}},
		{2, func(g *Gen) Command { return Cmd("object", "encoding", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("set", g.Key(), g.Value()) }},
		{1, func(g *Gen) Command { return Cmd("expire", g.Key(), g.TTL(false)) }},
		{1, func(g *Gen) Command { return Cmd("copy", g.Key(), g.Key(), "replace") }},
		{1, func(g *Gen) Command { return Cmd("rename", g.Key(), g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("del", g.Key()) }},
	}, lexCommands()...)
}

// lexCommands return generators of the commands that go by name alone. What they do where scores differ is unspecified,
// so they have keys of their own.
func lexCommands() Group {
	key := func(g *Gen) string { return pick(g, []string{"lex1", "lex2"}) }
	return Group{
		{5, func(g *Gen) Command {
			args := []string{"zadd", key(g)}
			for _, m := range g.members(30) {
				args = append(args, "0", m)
			}
			return Cmd(args...).Intact()
		}},
		{2, func(g *Gen) Command { return Cmd("zlexcount", key(g), g.lexBound(), g.lexBound()) }},
		{2, func(g *Gen) Command {
			return Cmd(append([]string{"zrangebylex", key(g), g.lexBound(), g.lexBound()}, g.rangeOptions()...)...)
		}},
		{2, func(g *Gen) Command {
			return Cmd(append([]string{"zrevrangebylex", key(g), g.lexBound(), g.lexBound()}, g.rangeOptions()...)...)
		}},
		{2, func(g *Gen) Command {
			return Cmd(append([]string{"zrange", key(g), g.lexBound(), g.lexBound(), "bylex"}, g.rangeOptions("rev")...)...)
		}},
		{1, func(g *Gen) Command { return Cmd("zremrangebylex", key(g), g.lexBound(), g.lexBound()) }},
		{1, func(g *Gen) Command { return Cmd("del", key(g)) }},
	}
}

// member returns a member of a sorted set: one of few, of the forms and lengths at which representations change.
func (g *Gen) member() string {
	switch g.IntN(12) {
	case 0:
		return pick(g, values)
	case 1:
		return strings.Repeat("m", 63+g.IntN(3))
	case 2:
		return strconv.Itoa(g.IntN(20))
	}
	return pick(g, []string{"a", "b", "c", "d", "e", "aa", "B", "ab", "m\x00", "-1", "007"})
}

func (g *Gen) members(most int) []string {
	members := make([]string, 1+g.IntN(most))
	for i := range members {
		members[i] = g.member()
	}
	return members
}

// score returns a score as an argument, sometimes an odd one.
func (g *Gen) score() string {
	switch g.IntN(8) {
	case 0:
		return g.Float()
	case 1:
		return pick(g, []string{"inf", "-inf", "+inf", "-0", "0", "1e308", "-1e308", "0x1p3", "1e-320", "(1", "9007199254740993"})
	case 2:
		return strconv.FormatFloat(g.NormFloat64(), 'g', -1, 64)
	}
	return strconv.Itoa(g.IntN(11) - 4)
}

func (g *Gen) scoreBound() string {
	if g.IntN(4) == 0 {
		return "(" + g.score()
	}
	return g.score()
}

func (g *Gen) lexBound() string {
	switch g.IntN(8) {
	case 0:
		return pick(g, []string{"-", "+", "-", "+", "", "a", "+a", "--", "[", "("})
	case 1:
		return "-"
	case 2:
		return "+"
	}
	return pick(g, []string{"[", "("}) + g.member()
}

// scoredMembers returns pairs of score and member, sometimes as many as turn a dense sorted set into a large one.
func (g *Gen) scoredMembers(most int) []string {
	var out []string
	many := g.IntN(3) == 0
	for i := range 1 + g.IntN(most) {
		member := g.member()
		if many {
			member = "m" + strconv.Itoa(i)
		}
		score := strconv.Itoa(g.IntN(20) - 5)
		if g.IntN(4) == 0 {
			score = strconv.FormatFloat(g.NormFloat64(), 'g', -1, 64)
		}
		out = append(out, score, member)
	}
	return out
}

func (g *Gen) zadd() []string {
	args := append([]string{g.Case("zadd"), g.Key()}, g.Options([]string{"nx"}, []string{"xx"}, []string{"gt"}, []string{"lt"},
		[]string{"ch"}, []string{"ch"}, []string{"incr"})...)
	for range 1 + g.IntN(3) {
		args = append(args, g.score(), g.member())
		if g.IntN(2) == 0 {
			break
		}
	}
	return args
}

// rangeOptions returns options of a range, of which some commands have more than others.
func (g *Gen) rangeOptions(more ...string) []string {
	options := [][]string{{"withscores"}, {"withscores"}, {"limit", g.Int(), g.Int()}}
	for _, word := range more {
		options = append(options, []string{word})
	}
	return g.Options(options...)
}

func (g *Gen) count() string {
	if g.IntN(6) == 0 {
		return g.oddNumber()
	}
	return strconv.Itoa(g.IntN(6))
}

// counted returns a number of keys and the keys.
func (g *Gen) counted(most int) []string {
	keys := g.Keys(most)
	n := strconv.Itoa(len(keys))
	if g.IntN(12) == 0 {
		n = g.oddNumber()
	}
	return append([]string{n}, keys...)
}

// combination returns an operation on several sorted sets.
func (g *Gen) combination(name string, args ...string) []string {
	args = append([]string{name}, args...)
	keys := g.Keys(3)
	args = append(append(args, strconv.Itoa(len(keys))), keys...)
	weights := []string{"weights"}
	for range keys {
		weights = append(weights, g.score())
	}
	return append(args, g.Options(weights, weights, []string{"aggregate", g.Case(pick(g, []string{"sum", "min", "max", "avg"}))},
		[]string{"withscores"}, []string{"withscores"})...)
}
