package modeltest

import (
	"iter"
	"strconv"

	"github.com/larderkv/larder/datatypes"
)

// Lists are the methods of datatypes.Lists that are compared with the model.
type Lists interface {
	All(key string) iter.Seq[[]byte]
	Index(key string, index int) (value []byte, ok bool, err error)
	Insert(key string, before bool, pivot, value []byte) (length int, err error)
	LPop(key string) (value []byte, ok bool, err error)
	LPopN(key string, n int) (values [][]byte, ok bool, err error)
	LPush(key string, values ...[]byte) (length int, err error)
	LPushX(key string, values ...[]byte) (length int, err error)
	Len(key string) (int, error)
	MPop(side datatypes.Side, count int, keys ...string) (datatypes.ListPopped, error)
	Move(from, to string, fromSide, toSide datatypes.Side) (value []byte, ok bool, err error)
	Pos(key string, value []byte, o datatypes.PosOptions) (indexes []int, err error)
	RPop(key string) (value []byte, ok bool, err error)
	RPopN(key string, n int) (values [][]byte, ok bool, err error)
	RPush(key string, values ...[]byte) (length int, err error)
	RPushX(key string, values ...[]byte) (length int, err error)
	Range(key string, start, stop int) (values [][]byte, err error)
	Remove(key string, count int, value []byte) (removed int, err error)
	Set(key string, index int, value []byte) error
	Trim(key string, start, stop int) error
}

var _ Lists = datatypes.Lists{}

var listMethods = []method{
	{name: "Lists.RPush", args: push},
	{name: "Lists.LPush", args: push},
	{name: "Lists.Range", args: func(d *draws) []any { return args(d.key(), d.index(), d.index()) }},
	{name: "Lists.LPop", args: oneKey},
	{name: "Lists.RPop", args: oneKey},
	{name: "Lists.Len", args: oneKey},
	{name: "Lists.Index", args: func(d *draws) []any { return args(d.key(), d.index()) }},
	{name: "Lists.Set", args: func(d *draws) []any { return args(d.key(), d.index(), d.value()) }},
	{name: "Lists.Insert", args: func(d *draws) []any { return args(d.key(), d.rarely(2), d.value(), d.value()) }},
	{name: "Lists.Remove", args: func(d *draws) []any { return args(d.key(), d.between(-3, 3), d.value()) }},
	{name: "Lists.Trim", args: func(d *draws) []any { return args(d.key(), d.index(), d.index()) }},
	{name: "Lists.Move", args: func(d *draws) []any { return args(d.key(), d.key(), d.side(), d.side()) }, keys: keysIn(0, 1)},
	{name: "Lists.LPopN", args: popMany},
	{name: "Lists.RPopN", args: popMany},
	{name: "Lists.MPop", args: func(d *draws) []any { return args(d.side(), d.between(-1, 6), d.keys(0)) },
		keys: keysIn(2)},
	{name: "Lists.Pos", args: func(d *draws) []any { return args(d.key(), d.value(), d.posOptions()) }},
	{name: "Lists.LPushX", args: push},
	{name: "Lists.RPushX", args: push},
	{name: "Lists.All", args: oneKey},
}

func listReads(key string) []Operation {
	return []Operation{operation("Lists.Range", key, 0, -1), operation("Lists.Len", key)}
}

// push draws the arguments of a push, rarely of so many elements that a list becomes a large one.
func push(d *draws) []any {
	const many = 200
	if d.rarely(8) {
		values := make([][]byte, many)
		for i := range values {
			values[i] = []byte("value " + strconv.Itoa(i%31))
		}
		return args(d.key(), values)
	}
	values := [][]byte{}
	for range d.between(1, 4) {
		values = append(values, d.value())
	}
	return args(d.key(), values)
}

func popMany(d *draws) []any { return args(d.key(), oneOf(d, 1, 2, 5, 0, -1, 150, 2000)) }

// side draws an end of a list, rarely something that is none.
func (d *draws) side() datatypes.Side {
	if d.rarely(20) {
		return 7
	}
	return oneOf(d, datatypes.Left, datatypes.Right)
}

func (d *draws) posOptions() datatypes.PosOptions {
	return datatypes.PosOptions{Rank: d.between(-3, 3), Count: d.between(0, 3), MaxLen: oneOf(d, 0, 1, 3, 10, 500)}
}
