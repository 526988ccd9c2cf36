package difftest

import "strconv"

// Sets returns generators of the commands on sets. What a server removes at random the other does not, so SPOP takes
// everything or nothing.
func Sets() Group {
	return Group{
		{8, func(g *Gen) Command { return Cmd(append([]string{g.Case("sadd"), g.Key()}, g.Members(6)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"sadd", g.Key()}, g.integers()...)...) }},
		{4, func(g *Gen) Command { return Cmd(append([]string{"srem", g.Key()}, g.Members(5)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"srem", g.Key()}, g.integers()...)...) }},
		{2, func(g *Gen) Command { return Cmd("sismember", g.Key(), g.Member()) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"smismember", g.Key()}, g.Members(4)...)...) }},
		{2, func(g *Gen) Command { return Cmd("scard", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("smembers", g.Key()).By(Unordered) }},
		{3, func(g *Gen) Command { return Cmd("smove", g.Key(), g.Key(), g.Member()) }},
		{1, func(g *Gen) Command { return Cmd("spop", g.Key(), pick(g, wholeCounts)).By(Unordered).Intact() }},
		{1, func(g *Gen) Command { return Cmd("srandmember", g.Key()).By(SameKind) }},
		{1, func(g *Gen) Command { return Cmd("srandmember", g.Key(), pick(g, wholeCounts)).By(Unordered).Intact() }},
		{1, func(g *Gen) Command {
			return Cmd("srandmember", g.Key(), strconv.Itoa(g.IntN(40)-20)).By(SameSize).Intact()
		}},
		{1, func(g *Gen) Command { return g.sscan() }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"sinter"}, g.Keys(4)...)...).By(Unordered) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"sunion"}, g.Keys(6)...)...).By(Unordered) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"sdiff"}, g.Keys(5)...)...).By(Unordered) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"sinterstore", g.Key()}, g.Keys(3)...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"sunionstore", g.Key()}, g.Keys(6)...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"sdiffstore", g.Key()}, g.Keys(4)...)...) }},
		{2, func(g *Gen) Command { return g.sintercard() }},
		{2, func(g *Gen) Command { return Cmd("object", "encoding", g.Key()) }},
	}
}

// wholeCounts are counts for which all members are taken, or none.
var wholeCounts = []string{"0", "1000000", "9223372036854775807", "9223372036854775808", "abc", "", "-0", "1.0"}

// Member returns a random element of a collection: mostly one of few, so that collections overlap.
func (g *Gen) Member() string {
	switch g.IntN(8) {
	case 0:
		return g.Value()
	case 1, 2, 3:
		return pick(g, []string{"a", "b", "c", "d", "e"})
	}
	return strconv.Itoa(g.IntN(12) - 3)
}

// Members returns from one to max random elements, with repetitions.
func (g *Gen) Members(max int) []string {
	out := make([]string, 1+g.IntN(max))
	for i := range out {
		out[i] = g.Member()
	}
	return out
}

// integers returns about as many integers as an intset may have.
func (g *Gen) integers() []string {
	first, n := g.IntN(3)-1, 509+g.IntN(6)
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(first + i)
	}
	return out
}

// sscan returns an SSCAN that sees the whole set in one call.
func (g *Gen) sscan() Command {
	cursor := "0"
	if g.IntN(5) == 0 {
		cursor = pick(g, []string{"abc", "", " 0", "0 ", "+0", "-0", "00", "-", "18446744073709551616"})
	}
	args := []string{"sscan", g.Key(), cursor}
	args = append(args, g.Options([]string{"match", g.pattern()},
		[]string{"count", pick(g, []string{"0", "-1", "abc", "", "9223372036854775808"})}, []string{"type", "set"})...)
	return Cmd(append(args, "count", "1000000")...).By(Unordered).Spoilt(SameKind)
}

func (g *Gen) sintercard() Command {
	keys := g.Keys(4)
	n := strconv.Itoa(len(keys))
	if g.IntN(6) == 0 {
		n = g.Int()
	}
	args := append([]string{"sintercard", n}, keys...)
	return Cmd(append(args, g.Options([]string{"limit", g.Int()}, []string{"limit", "2"})...)...)
}
