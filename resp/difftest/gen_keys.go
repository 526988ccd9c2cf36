package difftest

import "strconv"

// Keyspace returns generators of the commands on keys of any type and on whole databases.
func Keyspace() Group {
	return Group{
		{2, func(g *Gen) Command { return Cmd(append([]string{"del"}, g.Keys(3)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"unlink"}, g.Keys(3)...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"exists"}, g.Keys(3)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"touch"}, g.Keys(3)...)...) }},
		{1, func(g *Gen) Command { return Cmd("type", g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("rename", g.Key(), g.Key()) }},
		{2, func(g *Gen) Command { return Cmd("renamenx", g.Key(), g.Key()) }},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"copy", g.Key(), g.Key()},
				g.Options([]string{"replace"}, []string{"replace"}, []string{"db", g.database()})...)...)
		}},
		{2, func(g *Gen) Command { return Cmd("move", g.Key(), g.database()) }},
		{1, func(g *Gen) Command { return Cmd("swapdb", g.database(), g.database()) }},
		{2, func(g *Gen) Command { return Cmd("select", strconv.Itoa(g.IntN(Databases))) }},
		{1, func(g *Gen) Command { return Cmd("select", g.database()) }},
		{1, func(g *Gen) Command { return Cmd("dbsize") }},
		{2, func(g *Gen) Command { return Cmd("keys", g.pattern()).By(Unordered) }},
		{2, func(g *Gen) Command { return g.scan() }},
		{1, func(g *Gen) Command { return Cmd("randomkey").By(SameKind) }},
		{2, func(g *Gen) Command { return g.expire("expire", false, true) }},
		{2, func(g *Gen) Command { return g.expire("pexpire", true, true) }},
		{2, func(g *Gen) Command { return g.expire("expireat", false, false) }},
		{2, func(g *Gen) Command { return g.expire("pexpireat", true, false) }},
		{1, func(g *Gen) Command { return Cmd("ttl", g.Key()).By(nearSeconds).Intact() }},
		{1, func(g *Gen) Command { return Cmd("pttl", g.Key()).By(nearMillis).Intact() }},
		{1, func(g *Gen) Command { return Cmd("expiretime", g.Key()).By(nearSeconds) }},
		{1, func(g *Gen) Command { return Cmd("pexpiretime", g.Key()).By(nearMillis) }},
		{1, func(g *Gen) Command { return Cmd("persist", g.Key()).Intact() }},
		{2, func(g *Gen) Command { return g.object() }},
		{1, func(g *Gen) Command { return Cmd("memory", g.Case("usage"), g.Key()).By(SameKind) }},
		{1, func(g *Gen) Command { return Cmd("memory", "usage", g.Key(), "samples", g.Int()).By(SameKind) }},
		{1, func(g *Gen) Command { return g.flush() }},
	}
}

func (g *Gen) database() string {
	if g.IntN(6) == 0 {
		return pick(g, []string{"-1", "16", "99", "abc", "", "+1", "01", "2147483648", "-2147483649", "9223372036854775808"})
	}
	return strconv.Itoa(g.IntN(Databases))
}

var patterns = []string{
	"*", "", "?", "[abc]", "[^a]", "[a-b]*", "{t}*", "*1*", "\\a", "\\*", "**", "a*", "*\xff", "k\x00*", "[", "[a", "[^",
	"[]", "a\\", "h\\*\\[l\\]\\?o\\\\", "??", "*l?n*g", "[c-a]", "[a-", "10", "x*y", "*[^0-9]", "*long*long*long*nope",
}

func (g *Gen) pattern() string { return pick(g, patterns) }

// scan returns a SCAN that sees the whole database in one call, so that its reply does not depend on the table.
func (g *Gen) scan() Command {
	if g.IntN(4) == 0 {
		cursor := pick(g, []string{"abc", "", " 0", "0 ", "+0", "-0", "00", "0x0", "-", "18446744073709551616", "--0", "\t0"})
		return Cmd(append([]string{"scan", cursor, "count", "1000000"}, g.Options([]string{"match", g.pattern()})...)...).By(Unordered).Spoilt(SameKind)
	}
	args := []string{"scan", "0"}
	args = append(args, g.Options([]string{"match", g.pattern()},
		[]string{"type", pick(g, []string{"string", "STRING", "list", "nosuch", ""})},
		[]string{"count", pick(g, []string{"0", "-1", "abc", "", "9223372036854775808"})})...)
	return Cmd(append(args, "count", "1000000")...).By(Unordered).Spoilt(SameKind)
}

// expire returns one of the commands that set an expiration. With an option, which may compare it to the one before,
// a relative time is never given twice.
func (g *Gen) expire(name string, milliseconds, relative bool) Command {
	when := g.absolute(milliseconds)
	if g.IntN(6) == 0 {
		when = g.Past()
	}
	if relative {
		when = g.relative(milliseconds)
	}
	options := g.Options([]string{"nx"}, []string{"xx"}, []string{"gt"}, []string{"lt"}, []string{"no"})
	if relative && len(options) > 0 {
		when = pick(g, []string{g.TTL(milliseconds), g.TTL(milliseconds), "0", "-5", "abc"})
	}
	return Cmd(append([]string{g.Case(name), g.Key(), when}, options...)...)
}

func (g *Gen) object() Command {
	switch sub := pick(g, []string{"encoding", "freq", "idletime", "refcount", "nosuch"}); sub {
	case "idletime", "refcount": // Redis shares the objects of small numbers among keys
		return Cmd("object", g.Case(sub), g.Key()).By(SameKind)
	default:
		return Cmd("object", g.Case(sub), g.Key())
	}
}

func (g *Gen) flush() Command {
	if g.IntN(3) > 0 {
		return Cmd("dbsize")
	}
	return Cmd(append([]string{pick(g, []string{"flushdb", "flushdb", "flushall"})},
		g.Options([]string{"async"}, []string{"sync"}, []string{"now"})...)...)
}
