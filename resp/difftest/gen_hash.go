package difftest

import "strconv"

// Hashes returns generators of the commands on hashes.
func Hashes() Group {
	return Group{
		{8, func(g *Gen) Command { return Cmd(append([]string{g.Case("hset"), g.Key()}, g.fields(3)...)...) }},
		{1, func(g *Gen) Command { return Cmd(append([]string{"hset", g.Key()}, g.manyFields()...)...) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"hmset", g.Key()}, g.fields(3)...)...) }},
		{3, func(g *Gen) Command { return Cmd("hsetnx", g.Key(), g.field(), g.Value()) }},
		{4, func(g *Gen) Command { return Cmd("hget", g.Key(), g.field()) }},
		{2, func(g *Gen) Command { return Cmd(append([]string{"hmget", g.Key()}, g.someFields()...)...) }},
		{2, func(g *Gen) Command { return Cmd("hgetall", g.Key()).By(UnorderedPairs) }},
		{1, func(g *Gen) Command { return Cmd("hkeys", g.Key()).By(Unordered) }},
		{1, func(g *Gen) Command { return Cmd("hvals", g.Key()).By(Unordered) }},
		{2, func(g *Gen) Command { return Cmd("hlen", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("hstrlen", g.Key(), g.field()) }},
		{1, func(g *Gen) Command { return Cmd("hexists", g.Key(), g.field()) }},
		{4, func(g *Gen) Command { return Cmd(append([]string{"hdel", g.Key()}, g.someFields()...)...) }},
		{3, func(g *Gen) Command { return Cmd("hincrby", g.Key(), g.field(), g.Int()) }},
		{3, func(g *Gen) Command { return Cmd("hincrbyfloat", g.Key(), g.field(), g.Float()) }},
		{2, func(g *Gen) Command { return g.randField() }},
		{2, func(g *Gen) Command { return g.fieldScan() }},
		{1, func(g *Gen) Command { return Cmd("object", "encoding", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("del", g.Key()) }},
		{1, func(g *Gen) Command { return Cmd("set", g.Key(), g.Value()) }},
	}
}

// field returns the name of a field: one of a few, so that commands meet, or anything.
func (g *Gen) field() string {
	if g.IntN(4) > 0 {
		return "f" + strconv.Itoa(g.IntN(6))
	}
	return g.Value()
}

// someFields returns from one to four names.
func (g *Gen) someFields() []string {
	fields := make([]string, 1+g.IntN(4))
	for i := range fields {
		fields[i] = g.field()
	}
	return fields
}

// fields returns from one to max fields and values.
func (g *Gen) fields(max int) []string {
	var out []string
	for range 1 + g.IntN(max) {
		out = append(out, g.field(), g.Value())
	}
	return out
}

// manyFields returns about as many fields as a dense hash has at most.
func (g *Gen) manyFields() []string {
	var out []string
	for i := range 508 + g.IntN(8) {
		out = append(out, "n"+strconv.Itoa(i), strconv.Itoa(g.IntN(1000)))
	}
	return out
}

// randField returns an HRANDFIELD whose fields do not count, unless it returns all. None asks for so many with
// repetitions that Redis, which would try, runs out of memory.
func (g *Gen) randField() Command {
	key := g.Key()
	switch g.IntN(4) {
	case 0:
		return Cmd("hrandfield", key).By(SameKind).Intact()
	case 1:
		count := pick(g, []string{"0", "1", "3", "-3", "-100", "abc", "", "9223372036854775808", "-9223372036854775808"})
		return Cmd("hrandfield", key, count).By(SameSize).Intact()
	case 2:
		count := pick(g, []string{"2", "-2", "-4611686018427387905", "4611686018427387904", "1.5"})
		option := pick(g, []string{"withvalues", "WithValues", "withscores", ""})
		if option != "withvalues" && count[0] == '-' {
			count = "-7"
		}
		return Cmd("hrandfield", key, count, option).By(SameSize).Intact()
	}
	if g.IntN(2) == 0 {
		return Cmd("hrandfield", key, "1000000").By(Unordered).Intact()
	}
	return Cmd("hrandfield", key, "1000000", g.Case("withvalues")).By(pairsDrawn).Intact()
}

// pairsDrawn is UnorderedPairs where RESP3 has an array of each pair.
func pairsDrawn(reference, subject Value) bool {
	if len(reference.Elems) > 0 && reference.Elems[0].Kind == Array {
		return Unordered(reference, subject)
	}
	return UnorderedPairs(reference, subject)
}

// fieldScan returns an HSCAN that sees the whole hash in one call, so that its reply does not depend on the table.
func (g *Gen) fieldScan() Command {
	if g.IntN(4) == 0 {
		cursor := pick(g, []string{"abc", " 0", "+0", "-0", "0x0", "18446744073709551616"})
		return Cmd("hscan", g.Key(), cursor, "count", "100000").By(fieldsScanned).Intact()
	}
	args := []string{"hscan", g.Key(), "0", "count", "100000"}
	args = append(args, g.Options([]string{"match", g.pattern()}, []string{"match", g.pattern()}, []string{"novalues"},
		[]string{"type", "hash"}, []string{"count", "0"}, []string{"count", "abc"}, []string{"match"})...)
	return Cmd(args...).By(fieldsScanned).Spoilt(SameKind)
}

// fieldsScanned is UnorderedPairs for what HSCAN returns behind the cursor.
func fieldsScanned(reference, subject Value) bool {
	if len(reference.Elems) != 2 || len(subject.Elems) != 2 {
		return Exact(reference, subject)
	}
	return Exact(reference.Elems[0], subject.Elems[0]) && UnorderedPairs(reference.Elems[1], subject.Elems[1])
}
