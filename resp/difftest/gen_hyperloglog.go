package difftest

import "strconv"

// HyperLogLogs returns generators of the commands on HyperLogLogs. PFDEBUG GETREG, which converts the string in Redis
// only, is left out. Of scripts that may damage strings, no PFADD must have more than one element: Redis adds those
// that precede the first to meet the damage.
func HyperLogLogs(maxElements int) Group {
	return Group{
		{6, func(g *Gen) Command {
			return Cmd(append([]string{g.Case("pfadd"), g.Key()}, g.elements(min(5, maxElements))...)...)
		}},
		{2, func(g *Gen) Command { return Cmd(append([]string{"pfadd", g.Key()}, g.elements(maxElements)...)...) }},
		{3, func(g *Gen) Command { return Cmd("pfcount", g.Key()) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"pfcount"}, g.Keys(4)...)...) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"pfmerge"}, g.Keys(4)...)...) }},
		{1, func(g *Gen) Command {
			return Cmd("pfdebug", g.Case(pick(g, []string{"encoding", "decode", "foo"})), g.Key())
		}},
		{1, func(g *Gen) Command { return Cmd("copy", g.Key(), g.Key(), "replace") }},
		{1, func(g *Gen) Command { return Cmd("expire", g.Key(), g.TTL(false)) }},
		{1, func(g *Gen) Command {
			return Cmd("set", g.Key(), pick(g, []string{"HYLL", "12", "no HyperLogLog at all"}))
		}},
	}
}

// elements returns up to max elements of a few thousand.
func (g *Gen) elements(max int) []string {
	elements := make([]string, g.IntN(max+1))
	for i := range elements {
		elements[i] = strconv.Itoa(g.IntN(5000))
	}
	return elements
}
