package difftest

import "strconv"

// Bitmaps returns generators of the commands on bitmaps.
func Bitmaps() Group {
	return Group{
		{4, func(g *Gen) Command {
			return Cmd("setbit", g.Key(), g.bitOffset(), pick(g, []string{"0", "1", "1", "2"}))
		}},
		{2, func(g *Gen) Command { return Cmd("getbit", g.Key(), g.bitOffset()) }},
		{3, func(g *Gen) Command { return Cmd(append([]string{"bitcount", g.Key()}, g.bitRange()...)...) }},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"bitpos", g.Key(), pick(g, []string{"0", "1"})}, g.bitRange()...)...)
		}},
		{4, func(g *Gen) Command {
			op := g.Case(pick(g, []string{"and", "or", "xor", "not"}))
			return Cmd(append([]string{"bitop", op, g.Key()}, g.Keys(1+g.IntN(5))...)...)
		}},
		{4, func(g *Gen) Command { return Cmd(append([]string{"bitfield", g.Key()}, g.fieldOps()...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"bitfield_ro", g.Key()}, g.fieldOps()...)...) }},
		{4, func(g *Gen) Command { return Cmd("set", g.Key(), g.Value()) }},
		{1, func(g *Gen) Command { return Cmd("set", g.Key(), g.Value(), "ex", g.TTL(false)) }},
	}
}

// bitOffset returns an offset that is not so large that the value becomes slow to compare.
func (g *Gen) bitOffset() string {
	switch g.IntN(10) {
	case 0:
		return pick(g, []string{"-1", "4294967296", "9223372036854775807", "abc", "", "#1", "007"})
	case 1:
		return strconv.Itoa(g.IntN(20000))
	}
	return strconv.Itoa(g.IntN(200))
}

// bitRange returns the arguments of a range, from none to too many.
func (g *Gen) bitRange() []string {
	n := g.IntN(4)
	if g.IntN(8) == 0 {
		n++
	}
	return []string{g.Int(), g.Int(), g.Case(pick(g, []string{"bit", "bit", "byte", "foo"})), "1"}[:n]
}

// fieldOps returns operations of BITFIELD.
func (g *Gen) fieldOps() []string {
	var ops []string
	for range g.IntN(5) {
		switch g.IntN(4) {
		case 0:
			ops = append(ops, g.Case("get"), g.fieldType(), g.fieldOffset())
		case 1:
			ops = append(ops, g.Case("set"), g.fieldType(), g.fieldOffset(), g.Int())
		case 2:
			ops = append(ops, g.Case("incrby"), g.fieldType(), g.fieldOffset(), g.Int())
		case 3:
			ops = append(ops, g.Case("overflow"), g.Case(pick(g, []string{"wrap", "sat", "sat", "fail"})))
		}
	}
	return ops
}

func (g *Gen) fieldType() string {
	switch g.IntN(12) {
	case 0:
		return pick(g, []string{"u64", "i65", "u0", "i-1", "x8", "u", "", "I8"})
	case 1:
		return pick(g, []string{"i64", "u63", "i1", "u1"})
	}
	return pick(g, []string{"i", "u"}) + strconv.Itoa(1+g.IntN(63))
}

func (g *Gen) fieldOffset() string {
	if g.IntN(3) == 0 {
		return "#" + strconv.Itoa(g.IntN(20))
	}
	return g.bitOffset()
}
