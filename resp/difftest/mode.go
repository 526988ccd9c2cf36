package difftest

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Mode decides whether two replies to the same command agree.
type Mode func(reference, subject Value) bool

// Exact wants the same bytes on the wire.
func Exact(reference, subject Value) bool {
	return reference.Kind == subject.Kind && reference.Absent == subject.Absent && reference.Text == subject.Text &&
		slices.EqualFunc(reference.Elems, subject.Elems, Exact)
}

// Semantic wants what means the same in RESP3: the elements of sets and the pairs of maps may be in any order, those of
// arrays may not.
func Semantic(reference, subject Value) bool {
	return Exact(sorted(reference, unorderedKind), sorted(subject, unorderedKind))
}

func unorderedKind(k Kind) bool { return k == Set || k == Map }

// Unordered wants the same elements in any order, at every level of nested aggregates. A map's pairs stay together.
func Unordered(reference, subject Value) bool {
	return Exact(sorted(reference, Kind.aggregate), sorted(subject, Kind.aggregate))
}

// UnorderedPairs is Unordered for what is a map in RESP3 and, at the first level, an array of its keys and values in
// RESP2.
func UnorderedPairs(reference, subject Value) bool {
	return Unordered(asMap(reference), asMap(subject))
}

func asMap(v Value) Value {
	if v.Kind == Array && len(v.Elems)%2 == 0 {
		v.Kind = Map
	}
	return v
}

// sorted returns v with the elements of aggregates of the given kinds in the order of their text.
func sorted(v Value, unordered func(Kind) bool) Value {
	if !v.Kind.aggregate() {
		return v
	}
	width := 1
	if v.Kind == Map {
		width = 2
	}
	groups := make([][]Value, 0, len(v.Elems)/width)
	for i := 0; i < len(v.Elems); i += width {
		group := make([]Value, 0, width)
		for _, e := range v.Elems[i : i+width] {
			group = append(group, sorted(e, unordered))
		}
		groups = append(groups, group)
	}
	if unordered(v.Kind) {
		slices.SortFunc(groups, func(a, b []Value) int {
			return strings.Compare(Value{Kind: Array, Elems: a}.String(), Value{Kind: Array, Elems: b}.String())
		})
	}
	v.Elems = slices.Concat(groups...)
	return v
}

// Scanned is Unordered for scans that end with their first call on both servers. How far others get depends on the
// tables.
func Scanned(reference, subject Value) bool {
	if unfinished(reference) || unfinished(subject) {
		return SameKind(reference, subject)
	}
	return Unordered(reference, subject)
}

func unfinished(scan Value) bool {
	return scan.Kind == Array && len(scan.Elems) == 2 && scan.Elems[0].Text != "0"
}

// SameOrDenser wants the same encoding, or the one that denser has for the reference's.
func SameOrDenser(denser map[string]string) Mode {
	return func(reference, subject Value) bool {
		other, ok := denser[reference.Text]
		return Exact(reference, subject) || ok && subject.Text == other
	}
}

// Near wants integers that differ by at most the given amount. Negative ones, and replies that are no integers, must
// be equal.
func Near(tolerance int64) Mode {
	return func(reference, subject Value) bool {
		a, ok1 := reference.Int()
		b, ok2 := subject.Int()
		if !ok1 || !ok2 || a < 0 || b < 0 {
			return Exact(reference, subject)
		}
		return max(a, b)-min(a, b) <= tolerance
	}
}

// Float wants numbers, as bulks or doubles, that differ by at most the given fraction. Other replies must be equal.
func Float(tolerance float64) Mode {
	return func(reference, subject Value) bool {
		a, err1 := strconv.ParseFloat(reference.Text, 64)
		b, err2 := strconv.ParseFloat(subject.Text, 64)
		if err1 != nil || err2 != nil || reference.Kind == Error {
			return Exact(reference, subject)
		}
		return reference.Kind == subject.Kind && (a == b || math.Abs(a-b) <= tolerance*math.Max(math.Abs(a), math.Abs(b)))
	}
}

// SameKind wants replies of one type, nulls and errors included, whatever they say. Errors must be equal.
func SameKind(reference, subject Value) bool {
	if reference.Kind == Error {
		return Exact(reference, subject)
	}
	return reference.Kind == subject.Kind && reference.Absent == subject.Absent
}

// SameSize wants replies of one type and, of aggregates, of as many elements, whatever these are. Errors must be equal.
func SameSize(reference, subject Value) bool {
	return SameKind(reference, subject) && len(reference.Elems) == len(subject.Elems)
}

// Ignore accepts everything.
func Ignore(reference, subject Value) bool { return true }
