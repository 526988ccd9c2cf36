package difftest

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Mode decides whether two replies to the same command agree.
type Mode func(redis, larder Value) bool

// Exact wants the same bytes on the wire.
func Exact(redis, larder Value) bool {
	return redis.Kind == larder.Kind && redis.Absent == larder.Absent && redis.Text == larder.Text &&
		slices.EqualFunc(redis.Elems, larder.Elems, Exact)
}

// Semantic wants what means the same in RESP3: the elements of sets and the pairs of maps may be in any order, those of
// arrays may not.
func Semantic(redis, larder Value) bool {
	return Exact(sorted(redis, unorderedKind), sorted(larder, unorderedKind))
}

func unorderedKind(k Kind) bool { return k == Set || k == Map }

// Unordered wants the same elements in any order, at every level of nested aggregates. A map's pairs stay together.
func Unordered(redis, larder Value) bool {
	return Exact(sorted(redis, Kind.aggregate), sorted(larder, Kind.aggregate))
}

// UnorderedPairs is Unordered for what is a map in RESP3 and, at the first level, an array of its keys and values in
// RESP2.
func UnorderedPairs(redis, larder Value) bool {
	return Unordered(asMap(redis), asMap(larder))
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

// Scanned is Unordered for scans that end with their first call on both servers. How far others get depends on the tables.
func Scanned(redis, larder Value) bool {
	if unfinished(redis) || unfinished(larder) {
		return SameKind(redis, larder)
	}
	return Unordered(redis, larder)
}

func unfinished(scan Value) bool {
	return scan.Kind == Array && len(scan.Elems) == 2 && scan.Elems[0].Text != "0"
}

// SameOrDenser wants the same encoding, or the one that denser has for redis-server's.
func SameOrDenser(denser map[string]string) Mode {
	return func(redis, larder Value) bool {
		other, ok := denser[redis.Text]
		return Exact(redis, larder) || ok && larder.Text == other
	}
}

// Near wants integers that differ by at most the given amount. Negative ones, and replies that are no integers, must
// be equal.
func Near(tolerance int64) Mode {
	return func(redis, larder Value) bool {
		a, ok1 := redis.Int()
		b, ok2 := larder.Int()
		if !ok1 || !ok2 || a < 0 || b < 0 {
			return Exact(redis, larder)
		}
		return max(a, b)-min(a, b) <= tolerance
	}
}

// Float wants numbers, as bulks or doubles, that differ by at most the given fraction. Other replies must be equal.
func Float(tolerance float64) Mode {
	return func(redis, larder Value) bool {
		a, err1 := strconv.ParseFloat(redis.Text, 64)
		b, err2 := strconv.ParseFloat(larder.Text, 64)
		if err1 != nil || err2 != nil || redis.Kind == Error {
			return Exact(redis, larder)
		}
		return redis.Kind == larder.Kind && (a == b || math.Abs(a-b) <= tolerance*math.Max(math.Abs(a), math.Abs(b)))
	}
}

// SameKind wants replies of one type, nulls and errors included, whatever they say. Errors must be equal.
func SameKind(redis, larder Value) bool {
	if redis.Kind == Error {
		return Exact(redis, larder)
	}
	return redis.Kind == larder.Kind && redis.Absent == larder.Absent
}

// SameSize wants replies of one type and, of aggregates, of as many elements, whatever these are. Errors must be equal.
func SameSize(redis, larder Value) bool {
	return SameKind(redis, larder) && len(redis.Elems) == len(larder.Elems)
}

// Ignore accepts everything.
func Ignore(redis, larder Value) bool { return true }
