package modeltest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

func (k modelKeys) Sort(key string, o datatypes.SortOptions) (sorted [][]byte, err error) {
	elements, err := k.m.elements(key)
	if err != nil {
		return nil, err
	}
	if elements, err = k.m.sorted(elements, o); err != nil {
		return nil, err
	}
	for _, e := range elements {
		if len(o.Get) == 0 {
			sorted = append(sorted, []byte(e))
		}
		for _, pattern := range o.Get {
			sorted = append(sorted, k.m.lead(pattern, e))
		}
	}
	return sorted, nil
}

func (k modelKeys) SortStore(dst, key string, o datatypes.SortOptions) (int, error) {
	if e := k.m.find(key); e != nil && e.typ == datatypes.TypeSet && o.Unsorted {
		o.Unsorted, o.By, o.Alpha = false, "", true // so that the result is always the same
	}
	values, err := k.Sort(key, o)
	if err != nil {
		return 0, err
	}
	list := &entry{typ: datatypes.TypeList}
	for _, v := range values {
		list.list = append(list.list, string(v))
	}
	k.m.entries[dst] = list
	return len(values), nil
}

// elements returns the elements that can be sorted: those of a list or a sorted set in order, those of a set in that of
// their bytes.
func (m *Model) elements(key string) ([]string, error) {
	e := m.find(key)
	switch {
	case e == nil:
		return nil, nil
	case e.typ == datatypes.TypeList:
		return slices.Clone(e.list), nil
	case e.typ == datatypes.TypeSet:
		return slices.Sorted(maps.Keys(e.members)), nil
	case e.typ == datatypes.TypeSortedSet:
		return slices.SortedFunc(maps.Keys(e.members), func(a, b string) int {
			return cmp.Or(cmp.Compare(e.members[a].score, e.members[b].score), strings.Compare(a, b))
		}), nil
	}
	return nil, datatypes.ErrWrongType
}

// sorted puts elements in order and returns those that are wanted.
func (m *Model) sorted(elements []string, o datatypes.SortOptions) ([]string, error) {
	weigh := func(e string) []byte {
		if o.By == "" {
			return []byte(e)
		}
		return m.lead(o.By, e)
	}
	compare := func(a, b string) int { return compareTexts(weigh(a), weigh(b)) }
	if !o.Alpha {
		compare = func(a, b string) int {
			x, _ := weight(weigh(a))
			y, _ := weight(weigh(b))
			return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
		}
	}
	switch {
	case o.Unsorted && o.Desc:
		slices.Reverse(elements)
	case !o.Unsorted:
		for _, e := range elements {
			if _, ok := weight(weigh(e)); !ok && !o.Alpha {
				return nil, datatypes.ErrNotWeight
			}
		}
		slices.SortStableFunc(elements, func(a, b string) int {
			if o.Desc {
				a, b = b, a
			}
			return compare(a, b)
		})
	}
	from := min(max(o.Offset, 0), len(elements))
	to := len(elements)
	if o.Count != 0 {
		to = min(from+max(o.Count, 0), to)
	}
	return elements[from:to], nil
}

// compareTexts compares bytes. Those that do not exist are before all others.
func compareTexts(a, b []byte) int {
	if a == nil || b == nil {
		return cmp.Compare(b2i(a != nil), b2i(b != nil))
	}
	return strings.Compare(string(a), string(b))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// weight reads a number as strtod of C does, from a text that ends with its first zero byte. What is no text counts as
// zero.
func weight(text []byte) (float64, bool) {
	s, _, _ := strings.Cut(string(text), "\x00")
	if s == "" {
		return 0, true
	}
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f)
}

// lead returns what a pattern leads to from an element, nil if that is nothing.
func (m *Model) lead(pattern, element string) []byte {
	if pattern == "#" {
		return []byte(element)
	}
	prefix, suffix, ok := strings.Cut(pattern, "*")
	if !ok {
		return nil
	}
	suffix, field, inHash := strings.Cut(suffix, "->")
	e := m.find(prefix + element + suffix)
	switch {
	case e == nil:
		return nil
	case !inHash && e.typ == datatypes.TypeString:
		return []byte(e.text)
	case inHash && e.typ == datatypes.TypeHash:
		if f, ok := e.members[field]; ok {
			return []byte(f.value)
		}
	}
	return nil
}
