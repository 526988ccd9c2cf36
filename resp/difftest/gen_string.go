package difftest

import "strconv"

// Strings returns generators of the commands on strings.
func Strings() Group {
	return Group{
		{8, func(g *Gen) Command {
			return Cmd(append([]string{g.Case("set"), g.Key(), g.Value()}, g.setOptions()...)...)
		}},
		{4, func(g *Gen) Command { return Cmd(g.Case("get"), g.Key()) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"getex", g.Key()}, g.getExOptions()...)...) }},
		{1, func(g *Gen) Command { return Cmd("getdel", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("getset", g.Key(), g.Value()) }},
		{2, func(g *Gen) Command { return Cmd("setnx", g.Key(), g.Value()) }},
		{1, func(g *Gen) Command { return Cmd("setex", g.Key(), g.relative(false), g.Value()) }},
		{1, func(g *Gen) Command { return Cmd("psetex", g.Key(), g.relative(true), g.Value()) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"mget"}, g.Keys(4)...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"mset"}, g.pairs(4)...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"msetnx"}, g.pairs(3)...)...) }},
		{3, func(g *Gen) Command { return Cmd("append", g.Key(), g.Value()) }},
		{1, func(g *Gen) Command { return Cmd("strlen", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("getrange", g.Key(), g.Int(), g.Int()) }},
		{1, func(g *Gen) Command { return Cmd("substr", g.Key(), g.Int(), g.Int()) }},
		{2, func(g *Gen) Command { return Cmd("setrange", g.Key(), g.offset(), g.Value()) }},
		{2, func(g *Gen) Command { return Cmd("incr", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("decr", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("incrby", g.Key(), g.Int()) }},
		{2, func(g *Gen) Command { return Cmd("decrby", g.Key(), g.Int()) }},
		{3, func(g *Gen) Command { return Cmd("incrbyfloat", g.Key(), g.Float()) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"lcs", g.Key(), g.Key()}, g.lcsOptions()...)...) }},
	}
}

func (g *Gen) setOptions() []string {
	return g.Options([]string{"nx"}, []string{"xx"}, []string{"get"}, []string{"get"}, []string{"keepttl"},
		[]string{"ex", g.relative(false)}, []string{"px", g.relative(true)},
		[]string{"exat", g.absolute(false)}, []string{"pxat", g.absolute(true)}, []string{"persist"})
}

func (g *Gen) getExOptions() []string {
	return g.Options([]string{"ex", g.relative(false)}, []string{"px", g.relative(true)},
		[]string{"exat", g.absolute(false)}, []string{"pxat", g.absolute(true)}, []string{"exat", g.Past()},
		[]string{"pxat", g.Past()}, []string{"persist"}, []string{"keepttl"})
}

func (g *Gen) lcsOptions() []string {
	return g.Options([]string{"len"}, []string{"idx"}, []string{"idx"}, []string{"withmatchlen"},
		[]string{"minmatchlen", g.Int()})
}

// relative returns a time to live as an argument, sometimes an odd one.
func (g *Gen) relative(milliseconds bool) string {
	if g.IntN(5) == 0 {
		return g.oddNumber()
	}
	return g.TTL(milliseconds)
}

// absolute returns a point in time as an argument, sometimes an odd one.
func (g *Gen) absolute(milliseconds bool) string {
	if g.IntN(5) == 0 {
		return g.oddNumber()
	}
	return g.Time(milliseconds)
}

// offset returns an argument of SETRANGE: one that is not so large that the value becomes slow to compare.
func (g *Gen) offset() string {
	switch g.IntN(8) {
	case 0:
		return pick(g, []string{"-1", "536870912", "9223372036854775807", "9223372036854775808", "abc", "", " 1", "-0"})
	case 1:
		return strconv.Itoa(g.IntN(3000))
	}
	return strconv.Itoa(g.IntN(50))
}

func (g *Gen) pairs(max int) []string {
	var out []string
	for _, key := range g.Keys(max) {
		out = append(out, key, g.Value())
	}
	return out
}
