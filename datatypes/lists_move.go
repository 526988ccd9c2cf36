package datatypes

import (
	"strings"

	"github.com/larderkv/larder/internal/keyspace"
)

// Move removes the element at one side of a list, adds it at a side of another, or the
// same, and returns it. ok is false if the first does not exist. It is LMOVE and, from right to
// left, RPOPLPUSH. O(1).
//
// It returns ErrConflict for a side that is neither Left nor Right.
func (st Lists) Move(from, to string, fromSide, toSide Side) (value []byte, ok bool, err error) {
	return copied(st.AppendMove(nil, from, to, fromSide, toSide))
}

// AppendMove is Move that appends the element to dst. It allocates only if dst has too
// little room.
func (st Lists) AppendMove(dst []byte, from, to string, fromSide, toSide Side) (_ []byte, ok bool, err error) {
	if err := areSides(fromSide, toSide); err != nil {
		return dst, false, err
	}
	tx, err := st.view.Begin(from, to)
	if err != nil {
		return dst, false, err
	}
	defer tx.End()
	return moveElement(tx.View(st.view), dst, from, to, fromSide, toSide)
}

// areSides returns ErrConflict unless all sides are ends of a list.
func areSides(sides ...Side) error {
	for _, side := range sides {
		if side != Left && side != Right {
			return ErrConflict
		}
	}
	return nil
}

// moveElement is AppendMove with the shards of both keys locked.
func moveElement(v keyspace.View, dst []byte, from, to string, fromSide, toSide Side) (_ []byte, ok bool, err error) {
	var src, into keyspace.Slot
	l, ok, err := Lists{v}.lock(&src, from)
	if err != nil || !ok {
		return dst, false, err
	}
	defer src.Unlock()
	target := &src
	if from != to {
		if err := into.Lock(v, to); err != nil {
			return dst, false, err
		}
		defer into.Unlock()
		if err := into.Is(keyspace.List); err != nil {
			return dst, false, err
		}
		target = &into
	}
	start := len(dst)
	dst = l.edge(fromSide).Append(dst)
	value := dst[start:]
	m := openList(target, v)
	if err := m.grow(target, toSide, elementBound(value), 1); err != nil {
		return dst[:start], false, err
	}
	if !src.Exists() {
		return dst[:start], false, nil // evicted to make room
	}
	m = openList(target, v)
	values := [1][]byte{value}
	if err := m.push(target, toSide, values[:]); err != nil {
		return dst[:start], false, err
	}
	target.Notify(keyspace.ClassList, pushEvents[toSide])
	l = openList(&src, v)
	l.popped(&src, fromSide, 1)
	return dst, true, nil
}

// ListPopped is what was removed from a list. Without values it is nothing.
type ListPopped struct {
	Key    string
	Values [][]byte // from the outside in
}

// MPop removes up to count elements, one if count is less, at a side of the first of several lists
// that exists. Without values in the result there was none. It is LMPOP. O(keys + count).
//
// It returns ErrConflict for a side that is neither Left nor Right.
func (st Lists) MPop(side Side, count int, keys ...string) (ListPopped, error) {
	if err := areSides(side); err != nil {
		return ListPopped{}, err
	}
	for {
		popped, many, err := st.popFirstFew(side, max(count, 1), keys)
		if !many || err != nil {
			return popped, err
		}
		popped.Values, _, err = st.popMany(popped.Key, side, max(count, 1))
		if err != nil || len(popped.Values) > 0 {
			return popped, err
		}
	}
}

// popFirstFew is MPop unless there are many elements to pop at the key that it returns.
func (st Lists) popFirstFew(side Side, count int, keys []string) (popped ListPopped, many bool, err error) {
	tx, err := st.view.Begin(keys...)
	if err != nil {
		return ListPopped{}, false, err
	}
	defer tx.End()
	inside := Lists{tx.View(st.view)}
	for _, key := range keys {
		values, ok, many, err := inside.popFew(key, side, count)
		if err != nil {
			return ListPopped{}, false, err
		}
		if many {
			return ListPopped{Key: strings.Clone(key)}, true, st.view.TakeTime()
		}
		if ok {
			return ListPopped{strings.Clone(key), values}, false, nil
		}
	}
	return ListPopped{}, false, nil
}
