package difftest

import "strconv"

// Lists returns generators of the commands on lists. Those that wait have a timeout so short that a script goes on.
func Lists() Group {
	return Group{
		{6, func(g *Gen) Command { return Cmd(append([]string{g.Case("lpush"), g.Key()}, g.listValues(6)...)...) }},
		{6, func(g *Gen) Command { return Cmd(append([]string{g.Case("rpush"), g.Key()}, g.listValues(6)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"rpush", g.Key()}, g.listValues(300)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"lpush", g.Key()}, g.listValues(300)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"lpushx", g.Key()}, g.listValues(3)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"rpushx", g.Key()}, g.listValues(3)...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"lpop", g.Key()}, g.popCount()...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"rpop", g.Key()}, g.popCount()...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"lmpop"}, g.poppedKeys()...)...) }},
		{2, func(g *Gen) Command { return Cmd("llen", g.Key()) }},
		{4, func(g *Gen) Command { return Cmd("lrange", g.Key(), g.index(), g.index()) }},
		{3, func(g *Gen) Command { return Cmd("lindex", g.Key(), g.index()) }},
		{3, func(g *Gen) Command { return Cmd("lset", g.Key(), g.index(), g.Value()) }},
		{4, func(g *Gen) Command {
			where := g.Case(pick(g, []string{"before", "after", "after", "foo"}))
			return Cmd("linsert", g.Key(), where, g.Value(), g.Value())
		}},
		{3, func(g *Gen) Command { return Cmd("lrem", g.Key(), g.index(), g.Value()) }},
		{2, func(g *Gen) Command { return Cmd("ltrim", g.Key(), g.index(), g.index()) }},
		{4, func(g *Gen) Command {
			return Cmd(append([]string{"lpos", g.Key(), g.Value()}, g.posOptions()...)...)
		}},
		{3, func(g *Gen) Command { return Cmd("lmove", g.Key(), g.Key(), g.side(), g.side()) }},
		{2, func(g *Gen) Command { return Cmd("rpoplpush", g.Key(), g.Key()) }},
		{1, func(g *Gen) Command {
			return Cmd(append(append([]string{"blpop"}, g.Keys(3)...), g.timeout())...).Intact()
		}},
		{1, func(g *Gen) Command {
			return Cmd(append(append([]string{"brpop"}, g.Keys(3)...), g.timeout())...).Intact()
		}},
		{1, func(g *Gen) Command {
			return Cmd(append([]string{"blmpop", g.timeout()}, g.poppedKeys()...)...).Intact()
		}},
		{1, func(g *Gen) Command { return Cmd("blmove", g.Key(), g.Key(), g.side(), g.side(), g.timeout()).Intact() }},
		{1, func(g *Gen) Command { return Cmd("brpoplpush", g.Key(), g.Key(), g.timeout()).Intact() }},
		{1, func(g *Gen) Command { return Cmd("set", g.Key(), g.Value()) }},
		{1, func(g *Gen) Command { return Cmd("object", "encoding", g.Key()) }},
	}
}

// listValues returns from one to max values.
func (g *Gen) listValues(max int) []string {
	values := make([]string, 1+g.IntN(max))
	for i := range values {
		values[i] = g.Value()
	}
	return values
}

// index returns a position in a list, sometimes an odd one.
func (g *Gen) index() string {
	if g.IntN(4) == 0 {
		return strconv.Itoa(g.IntN(600) - 300)
	}
	return g.Int()
}

func (g *Gen) popCount() []string {
	switch g.IntN(6) {
	case 0:
		return []string{g.oddNumber()}
	case 1, 2:
		return []string{strconv.Itoa(g.IntN(20))}
	}
	return nil
}

func (g *Gen) side() string {
	return g.Case(pick(g, []string{"left", "right", "left", "right", "left", "right", "up"}))
}

// poppedKeys returns the arguments of LMPOP.
func (g *Gen) poppedKeys() []string {
	keys := g.Keys(3)
	n := strconv.Itoa(len(keys))
	if g.IntN(10) == 0 {
		n = g.oddNumber()
	}
	args := append(append([]string{n}, keys...), g.side())
	if g.IntN(2) == 0 {
		args = append(args, g.Case("count"), pick(g, []string{"1", "2", "5", "100", "0", "-1", "x"}))
	}
	return args
}

func (g *Gen) posOptions() []string {
	return g.Options([]string{"rank", pick(g, []string{"1", "2", "-1", "-2", "5", g.Int()})},
		[]string{"count", pick(g, []string{"0", "1", "3", g.Int()})}, []string{"maxlen", pick(g, []string{"0", "10", "200", g.Int()})})
}

// timeout returns one that passes within milliseconds, or is none.
func (g *Gen) timeout() string {
	return pick(g, []string{"0.001", "0.001", "1e-3", "0.0001", "-1", "-0.5", "nan", "inf", "", "abc", "1e300", "1e5000"})
}
