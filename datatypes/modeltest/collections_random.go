package modeltest

import (
	"fmt"

	"github.com/larderkv/larder/datatypes"
)

// Random members are what the store chooses: the model can only tell whether they are a choice that was asked for.

// element is what a collection has, as a store returns it: a name and, of a hash or a sorted set, the value or the score.
type element struct {
	name  string
	value string
	score float64
}

// elements returns those of a reply's value.
func elementsOf(value any) (all []element) {
	switch v := value.(type) {
	case string:
		all = append(all, element{name: v})
	case datatypes.Scored:
		all = append(all, element{name: v.Member, score: v.Score})
	case []string:
		for _, name := range v {
			all = append(all, element{name: name})
		}
	case []datatypes.Field:
		for _, f := range v {
			all = append(all, element{name: f.Name, value: string(f.Value)})
		}
	case []datatypes.Scored:
		for _, m := range v {
			all = append(all, element{name: m.Member, score: m.Score})
		}
	case []pair:
		for _, p := range v {
			all = append(all, elementOfPair(p))
		}
	}
	return all
}

// elementOfPair returns what an iterator has yielded.
func elementOfPair(p pair) element {
	name := p.Key.(string)
	if score, ok := p.Value.(float64); ok {
		return element{name: name, score: score}
	}
	return element{name: name, value: string(p.Value.([]byte))}
}

// is reports whether the collection has just this element.
func (c collection) is(e element) bool {
	m, has := c[e.name]
	return has && m.value == e.value && m.score == e.score
}

// chosen returns what is wrong with a choice of n elements of a collection, or with one of -n of which each is of all.
func (c collection) chosen(all []element, n int) error {
	want := -n
	if n >= 0 {
		want = min(n, len(c))
	}
	if len(c) == 0 {
		want = 0
	}
	if len(all) != want {
		return fmt.Errorf("%d elements, want %d of %d", len(all), want, len(c))
	}
	seen := map[string]bool{}
	for _, e := range all {
		if !c.is(e) {
			return fmt.Errorf("%s is not there, or not so", literal(e.name))
		}
		if n >= 0 && seen[e.name] {
			return fmt.Errorf("%s comes twice", literal(e.name))
		}
		seen[e.name] = true
	}
	return nil
}

// choosing returns a follow for a method of a store of a type that returns elements of the key that is its first
// argument: count tells how many. If they are taken, the model's go too.
func choosing(t datatypes.Type, count func(a []any) int, take bool) func(*Model, []any, Reply) error {
	return func(m *Model, a []any, got Reply) error {
		c, err := m.collection(a[0].(string), t)
		n := count(a)
		if take && n < 0 {
			err = datatypes.ErrOutOfRange // whatever the key holds
		}
		if err != nil || got.Err != nil {
			return got.differ(Reply{Err: err}, ordered)
		}
		all := elementsOf(got.Values[0])
		if len(got.Values) > 1 && !got.Values[1].(bool) { // a single one, that is not there
			all = nil
		}
		if err := c.chosen(all, n); err != nil {
			return fmt.Errorf("%w: %s", err, got)
		}
		if take {
			for _, e := range all {
				c.remove(e.name)
			}
		}
		return nil
	}
}

// one is the count of methods that return one element.
func one([]any) int { return 1 }

// second is the count of methods whose second argument it is.
func second(a []any) int { return a[1].(int) }

// iterating returns a follow for a method that iterates over all elements of a key, in any order and maybe over some
// twice.
func iterating(t datatypes.Type) func(*Model, []any, Reply) error {
	return func(m *Model, a []any, got Reply) error {
		c, _ := m.collection(a[0].(string), t)
		seen := map[string]bool{}
		for _, e := range elementsOf(got.Values[0]) {
			if !c.is(e) {
				return fmt.Errorf("%s is not there, or not so: %s", literal(e.name), got)
			}
			seen[e.name] = true
		}
		for _, name := range c.names() {
			if !seen[name] {
				return fmt.Errorf("%s is missing: %s", literal(name), got)
			}
		}
		return nil
	}
}
