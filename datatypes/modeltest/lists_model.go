package modeltest

import (
	"iter"
	"math"
	"slices"

	"github.com/larderkv/larder/datatypes"
)

// modelLists are the lists of a model.
type modelLists struct{ m *Model }

// Lists returns the lists of the model.
func (m *Model) Lists() Lists { return modelLists{m} }

// read returns the elements of a list.
func (st modelLists) read(key string) ([]string, error) {
	e, err := st.m.get(key, datatypes.TypeList)
	if e == nil || err != nil {
		return nil, err
	}
	return e.list, nil
}

// write changes the elements of a list.
func (st modelLists) write(key string, list []string) {
	e, _ := st.m.open(key, datatypes.TypeList)
	e.list = list
}

func values(list []string) [][]byte {
	all := make([][]byte, len(list))
	for i, e := range list {
		all[i] = []byte(e)
	}
	return all
}

// turned returns a list as it is seen from a side.
func turned(list []string, side datatypes.Side) []string {
	list = slices.Clone(list)
	if side == datatypes.Right {
		slices.Reverse(list)
	}
	return list
}

// push adds values at a side, one after another.
func (st modelLists) push(key string, side datatypes.Side, mustExist bool, added [][]byte) (int, error) {
	list, err := st.read(key)
	if err != nil || len(added) == 0 || mustExist && len(list) == 0 {
		return len(list), err
	}
	list = turned(list, side)
	for _, v := range added {
		list = slices.Insert(list, 0, string(v))
	}
	st.write(key, turned(list, side))
	return len(list), nil
}

func (st modelLists) LPush(key string, values ...[]byte) (int, error) {
	return st.push(key, datatypes.Left, false, values)
}

func (st modelLists) RPush(key string, values ...[]byte) (int, error) {
	return st.push(key, datatypes.Right, false, values)
}

func (st modelLists) LPushX(key string, values ...[]byte) (int, error) {
	return st.push(key, datatypes.Left, true, values)
}

func (st modelLists) RPushX(key string, values ...[]byte) (int, error) {
	return st.push(key, datatypes.Right, true, values)
}

// pop removes up to n elements at a side.
func (st modelLists) pop(key string, side datatypes.Side, n int) (popped [][]byte, ok bool, err error) {
	if n < 0 {
		return nil, false, datatypes.ErrOutOfRange
	}
	list, err := st.read(key)
	if err != nil || list == nil {
		return nil, false, err
	}
	list = turned(list, side)
	n = min(n, len(list))
	st.write(key, turned(list[n:], side))
	return values(list[:n]), true, nil
}

func (st modelLists) pop1(key string, side datatypes.Side) ([]byte, bool, error) {
	popped, ok, err := st.pop(key, side, 1)
	if !ok {
		return nil, false, err
	}
	return popped[0], true, nil
}

func (st modelLists) LPop(key string) ([]byte, bool, error) { return st.pop1(key, datatypes.Left) }
func (st modelLists) RPop(key string) ([]byte, bool, error) { return st.pop1(key, datatypes.Right) }

func (st modelLists) LPopN(key string, n int) ([][]byte, bool, error) {
	return st.pop(key, datatypes.Left, n)
}

func (st modelLists) RPopN(key string, n int) ([][]byte, bool, error) {
	return st.pop(key, datatypes.Right, n)
}

func (st modelLists) Len(key string) (int, error) {
	list, err := st.read(key)
	return len(list), err
}

// at returns the index from the left that another means, and whether there is an element.
func at(index, n int) (int, bool) {
	if index < 0 {
		index += n
	}
	return index, index >= 0 && index < n
}

func (st modelLists) Index(key string, index int) ([]byte, bool, error) {
	list, err := st.read(key)
	i, ok := at(index, len(list))
	if !ok {
		return nil, false, err
	}
	return []byte(list[i]), true, nil
}

// part returns the elements from start to stop, both included.
func part(list []string, start, stop int) []string {
	n := len(list)
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	if stop = min(stop, n-1); start > stop {
		return nil
	}
	return list[start : stop+1]
}

func (st modelLists) Range(key string, start, stop int) ([][]byte, error) {
	list, err := st.read(key)
	return values(part(list, start, stop)), err
}

func (st modelLists) Trim(key string, start, stop int) error {
	list, err := st.read(key)
	if err == nil && list != nil {
		st.write(key, part(list, start, stop))
	}
	return err
}

func (st modelLists) All(key string) iter.Seq[[]byte] {
	list, _ := st.read(key)
	return slices.Values(values(list))
}

func (st modelLists) Set(key string, index int, value []byte) error {
	list, err := st.read(key)
	if err != nil {
		return err
	}
	if list == nil {
		return datatypes.ErrNoSuchKey
	}
	i, ok := at(index, len(list))
	if !ok {
		return datatypes.ErrNoSuchIndex
	}
	list[i] = string(value)
	return nil
}

func (st modelLists) Insert(key string, before bool, pivot, value []byte) (int, error) {
	list, err := st.read(key)
	if err != nil || list == nil {
		return 0, err
	}
	i := slices.Index(list, string(pivot))
	if i < 0 {
		return -1, nil
	}
	if !before {
		i++
	}
	list = slices.Insert(slices.Clone(list), i, string(value))
	st.write(key, list)
	return len(list), nil
}

func (st modelLists) Remove(key string, count int, value []byte) (removed int, err error) {
	list, err := st.read(key)
	if err != nil || list == nil {
		return 0, err
	}
	side, most := datatypes.Left, count
	switch {
	case count == 0:
		most = len(list)
	case count < 0:
		side, most = datatypes.Right, -count
	}
	list = slices.DeleteFunc(turned(list, side), func(e string) bool {
		if e != string(value) || removed == most {
			return false
		}
		removed++
		return true
	})
	st.write(key, turned(list, side))
	return removed, nil
}

// isSide reports whether a side is an end of a list.
func isSide(side datatypes.Side) bool { return side == datatypes.Left || side == datatypes.Right }

func (st modelLists) Move(from, to string, fromSide, toSide datatypes.Side) ([]byte, bool, error) {
	if !isSide(fromSide) || !isSide(toSide) {
		return nil, false, datatypes.ErrConflict
	}
	list, err := st.read(from)
	if err != nil || list == nil {
		return nil, false, err
	}
	if _, err := st.read(to); err != nil {
		return nil, false, err
	}
	value, _, _ := st.pop1(from, fromSide)
	if from == to { // which, should it be empty now, keeps its expiry
		list = turned(st.m.entries[from].list, toSide)
		st.write(to, turned(slices.Insert(list, 0, string(value)), toSide))
		return value, true, nil
	}
	st.push(to, toSide, false, [][]byte{value})
	return value, true, nil
}

func (st modelLists) MPop(side datatypes.Side, count int, keys ...string) (datatypes.ListPopped, error) {
	if !isSide(side) {
		return datatypes.ListPopped{}, datatypes.ErrConflict
	}
	for _, key := range keys {
		popped, ok, err := st.pop(key, side, max(count, 1))
		if err != nil {
			return datatypes.ListPopped{}, err
		}
		if ok {
			return datatypes.ListPopped{Key: key, Values: popped}, nil
		}
	}
	return datatypes.ListPopped{}, nil
}

func (st modelLists) Pos(key string, value []byte, o datatypes.PosOptions) (found []int, err error) {
	list, err := st.read(key)
	if err != nil {
		return nil, err
	}
	side, skip := datatypes.Left, max(o.Rank-1, 0)
	if o.Rank < 0 {
		side, skip = datatypes.Right, -o.Rank-1
	}
	unlessZero := func(n int) int {
		if n == 0 {
			return math.MaxInt
		}
		return n
	}
	most, looks := unlessZero(o.Count), unlessZero(o.MaxLen)
	for i, e := range turned(list, side) {
		if side == datatypes.Right {
			i = len(list) - 1 - i
		}
		if looks--; looks < 0 || len(found) == most {
			break
		}
		if e != string(value) {
			continue
		}
		if skip--; skip < 0 {
			found = append(found, i)
		}
	}
	return found, nil
}
