package modeltest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/larderkv/larder/datatypes"
	"pgregory.net/rapid"
)

// elementNames are few, so that operations meet. Some are integers, as whose set a set may be stored, some only look like
// it, and some have lengths about that up to which a collection is dense.
var elementNames = []string{"x", "y", "z", "1", "2", "", "01", "-0", "9223372036854775807", "-9223372036854775808",
	"9223372036854775808", strings.Repeat("l", 63), strings.Repeat("m", 64), strings.Repeat("n", 65), strings.Repeat("o", 300)}

// Elements draws names of elements: members of sets and of sorted sets, and fields of hashes.
func Elements() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(elementNames[:3]),
		rapid.SampledFrom(elementNames[:5]),
		rapid.Map(rapid.IntRange(-5, 40), strconv.Itoa),
		rapid.SampledFrom(elementNames),
		rapid.StringN(0, 3, -1),
	)
}

// runs draws names that are different, up to 300 of them: enough for a collection to cease to be dense and to have a
// table of some segments.
func runs() *rapid.Generator[[]string] {
	return rapid.Custom(func(t *rapid.T) []string {
		prefix := rapid.SampledFrom([]string{"", "m"}).Draw(t, "prefix")
		from := rapid.IntRange(0, 100).Draw(t, "from")
		names := make([]string, rapid.OneOf(rapid.IntRange(1, 60), rapid.IntRange(60, 300)).Draw(t, "length"))
		for i := range names {
			names[i] = prefix + strconv.Itoa(from+i)
		}
		return names
	})
}

func (d *draws) element() string { return Elements().Draw(d.t, "element") }

// elements draws some names, which may be the same, or now and then many.
func (d *draws) elements() []string {
	if d.rarely(8) {
		return runs().Draw(d.t, "many")
	}
	return rapid.SliceOfN(Elements(), 1, 6).Draw(d.t, "elements")
}

// someElements draws some names.
func (d *draws) someElements() []string {
	return rapid.SliceOfN(Elements(), 1, 6).Draw(d.t, "elements")
}

// count draws how many elements are asked for; below zero is allowed where it means something else.
func (d *draws) count(least int) int {
	if d.rarely(6) {
		return d.between(least, 400)
	}
	return d.between(max(least, 0), 5)
}

// conditions are those of Expire, the last of which exclude each other.
var conditions = []datatypes.ExpireCond{datatypes.ExpireAlways, datatypes.ExpireNX, datatypes.ExpireXX, datatypes.ExpireGT, datatypes.ExpireLT,
	datatypes.ExpireXX | datatypes.ExpireGT, datatypes.ExpireXX | datatypes.ExpireLT, datatypes.ExpireNX | datatypes.ExpireXX, datatypes.ExpireGT | datatypes.ExpireLT}

func (d *draws) condition() datatypes.ExpireCond {
	if d.rarely(3) {
		return oneOf(d, conditions...)
	}
	return datatypes.ExpireAlways
}

// keysIn returns a function that returns the keys of a call whose arguments of some numbers are keys, or slices of them.
func keysIn(numbers ...int) func([]any) []string {
	return func(a []any) (keys []string) {
		for _, n := range numbers {
			switch arg := a[n].(type) {
			case string:
				keys = append(keys, arg)
			case []string:
				keys = append(keys, arg...)
			}
		}
		return slices.Compact(keys)
	}
}

// combining draws the keys of an operation on several collections.
func (d *draws) combining() []string {
	return rapid.SliceOfN(rapid.SampledFrom(d.names), 1, 4).Draw(d.t, "keys")
}

// onElement draws the arguments of a method that takes a key and an element.
func onElement(d *draws) []any { return args(d.key(), d.element()) }

// onElements draws the arguments of a method that takes a key and elements.
func onElements(d *draws) []any { return args(d.key(), d.elements()) }

// onCount draws the arguments of a method that takes a key and a count, which rarely is negative.
func onCount(d *draws) []any { return args(d.key(), d.count(-3)) }

// onExpire draws the arguments of Expire of hashes, sets and sorted sets.
func onExpire(d *draws) []any { return args(d.key(), d.ttl(), d.condition(), d.someElements()) }

// onExpireAt draws the arguments of ExpireAt of hashes, sets and sorted sets.
func onExpireAt(d *draws) []any { return args(d.key(), d.at(), d.condition(), d.someElements()) }
