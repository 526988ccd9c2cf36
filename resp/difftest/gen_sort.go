package difftest

import (
	"slices"
	"strconv"
	"strings"
)

// Sorts returns generators of SORT and of what can be sorted, by which each of the keys may be a weight of others. Where
// Redis leaves the order to chance, any will do.
func Sorts() Group {
	return Group{
		{6, func(g *Gen) Command { return Cmd(append([]string{"rpush", g.Key()}, g.sortables(8)...)...).Intact() }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"rpush", g.Key()}, g.sortables(200)...)...).Intact() }},
		{5, func(g *Gen) Command { return Cmd(append([]string{"sadd", g.Key()}, g.sortables(8)...)...).Intact() }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"sadd", g.Key()}, g.integers()...)...).Intact() }},
		{5, func(g *Gen) Command {
			args := []string{"zadd", g.Key()}
			for _, member := range g.sortables(6) {
				args = append(args, strconv.Itoa(g.IntN(9)), member)
			}
			return Cmd(args...).Intact()
		}},
		{5, func(g *Gen) Command { return Cmd("set", g.Key(), g.sortable()).Intact() }},
		{4, func(g *Gen) Command {
			return Cmd("hset", g.Key(), g.sortable(), g.sortable(), "f", g.sortable()).Intact()
		}},
		{2, func(g *Gen) Command { return Cmd("del", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("expire", g.Key(), g.TTL(false)) }},
		{2, func(g *Gen) Command { return Cmd("object", "encoding", g.Key()) }},
		{8, func(g *Gen) Command {
			return g.sort(g.Options(sortLimit(g), []string{"alpha"}, []string{"desc"}, []string{"asc"})...)
		}},
		{8, func(g *Gen) Command {
			options := g.Options(sortLimit(g), []string{"desc"}, []string{"asc"}, []string{"get", g.sortPattern()}, []string{"get", "#"})
			return g.sort(slices.Insert(options, 0, "by", g.sortPattern())...).Intact()
		}},
		{3, func(g *Gen) Command {
			options := append(g.Options([]string{"desc"}, []string{"get", g.sortPattern()}), "alpha", "by", g.sortPattern())
			return Cmd(append([]string{g.Case("sort"), g.Key()}, options...)...).By(Unordered).Intact()
		}},
		{3, func(g *Gen) Command {
			options := append(g.Options(sortLimit(g), []string{"desc"}, []string{"get", g.sortPattern()}), "by", "nosort", "store", g.Key())
			return Cmd(append([]string{"sort", g.Key()}, options...)...).Intact()
		}},
		{2, func(g *Gen) Command {
			options := append(g.Options([]string{"desc"}, []string{"get", "#"}), "by", "nosort")
			return Cmd(append([]string{"sort", g.Key()}, options...)...).By(Unordered).Intact()
		}},
		{1, func(g *Gen) Command {
			return Cmd(append([]string{"command", "getkeysandflags", "sort", g.Key()},
				g.Options(sortLimit(g), []string{"by", "store"}, []string{"get", "x"}, []string{"store", g.Key()}, []string{"store", g.Key()})...)...).Intact()
		}},
	}
}

// sort returns a sort whose order is certain, one in three stored.
func (g *Gen) sort(options ...string) Command {
	name := g.Case(pick(g, []string{"sort", "sort", "sort_ro"}))
	if g.IntN(3) == 0 {
		name = "sort"
		options = append(options, "store", g.Key())
	}
	return Cmd(append([]string{name, g.Key()}, options...)...)
}

func sortLimit(g *Gen) []string {
	return []string{"limit", strconv.Itoa(g.IntN(9) - 2), strconv.Itoa(g.IntN(9) - 2)}
}

// sortPattern returns a pattern by which elements lead to others of the few keys.
func (g *Gen) sortPattern() string {
	return pick(g, []string{"*", "{t}*", "1*", "*->f", "{t}*->f", "*->1", "*->", "*->->", "h*[l]?o\\*"})
}

// sortables returns from one to max elements.
func (g *Gen) sortables(max int) []string {
	out := make([]string, 1+g.IntN(max))
	for i := range out {
		out[i] = g.sortable()
	}
	return out
}

// sortable returns an element or a weight, mostly a number. None is out of range: Redis may refuse the next number
// then, too. And none has a zero byte, where Redis ends comparing.
func (g *Gen) sortable() string {
	switch g.IntN(12) {
	case 0:
		return pick(g, []string{"a", "b", "c"})
	case 1:
		return pick(g, []string{"", " 3", "+5", "05", "1.0", "1e1", "0x10", "inf", "-inf", "9007199254740993", "-0", strings.Repeat("9", 70)})
	}
	return strconv.Itoa(g.IntN(14) - 3)
}
