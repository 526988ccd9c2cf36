package modeltest

import "github.com/larderkv/larder/datatypes"

// sortedSetLex does an operation by name to a sorted set, all of whose members it gives the same score first: of another
// what it does is not specified.
func sortedSetLex() method {
	return method{
		name:   "SortedSets.CountLex",
		args:   func(d *draws) []any { return args(d.lexical(d.key())) },
		keys:   func(a []any) []string { return a[0].(Operation).Keys() },
		silent: true,
		drive: func(c *checker, a []any) error {
			o := a[0].(Operation)
			if err := c.level(o.Keys()); err != nil {
				return err
			}
			return c.run(o)
		},
	}
}

// lexical draws an operation by name.
func (d *draws) lexical(key string) Operation {
	r := LexRanges().Draw(d.t, "range")
	from, to, _ := r.LexBounds()
	return oneOf(d,
		operation("SortedSets.AppendRange", nil, key, r),
		Operation{&method{name: "SortedSets.CountLex"}, args(key, from, to)},
		operation("SortedSets.Range", key, r),
		operation("SortedSets.RemoveRange", key, plainRange(r)),
		operation("SortedSets.RangeStore", key, key, r))
}

// level gives all members of sorted sets the same score.
func (c *checker) level(keys []string) error {
	for _, key := range keys {
		set, err := c.m.collection(key, datatypes.TypeSortedSet)
		if err != nil || !set.mixed() {
			continue
		}
		var members []datatypes.Scored
		for _, name := range set.names() {
			members = append(members, datatypes.Scored{Member: name})
		}
		if err := c.run(operation("SortedSets.Add", key, members)); err != nil {
			return err
		}
	}
	return nil
}

// mixed reports whether there are different scores.
func (c collection) mixed() bool {
	scores := map[float64]bool{}
	for _, m := range c {
		scores[m.score] = true
	}
	return len(scores) > 1
}
