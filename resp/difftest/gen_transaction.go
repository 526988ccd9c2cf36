package difftest

// Transactions returns generators of the commands that make transactions of others.
func Transactions() Group {
	return Group{
		{20, func(g *Gen) Command { return Cmd(g.Case("multi")) }},
		{20, func(g *Gen) Command { return Cmd(g.Case("exec")).By(elementwise) }},
		{2, func(g *Gen) Command { return Cmd("discard") }},
		{6, func(g *Gen) Command { return Cmd(append([]string{"watch"}, g.Keys(3)...)...) }},
		{2, func(g *Gen) Command { return Cmd("unwatch") }},
	}
}

// elementwise compares the replies of a transaction: an array of replies, of which some are in any order and some
// depend on the clock. What they should have been is seen when the same commands run outside of one.
func elementwise(reference, subject Value) bool {
	if reference.Kind != Array || subject.Kind != Array || len(reference.Elems) != len(subject.Elems) {
		return Exact(reference, subject)
	}
	for i, r := range reference.Elems {
		l := subject.Elems[i]
		if !Unordered(r, l) && !nearMillis(r, l) && !(r.Kind == l.Kind && r.Kind != Error) {
			return false
		}
	}
	return true
}
