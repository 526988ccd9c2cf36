package datatypes

import (
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/quicklist"
)

// Operations that change much of a list, in turns: the list is claimed meanwhile (keyspace.View.InTurns).

const (
	// fewDropped is how many elements are dropped at an end with the lock held throughout. Even where each is so long
	// that it has a block of its own that takes a tenth of a millisecond.
	fewDropped = 1024

	// droppedInTurn is how many of them are dropped in a turn.
	droppedInTurn = 512

	// fewSearched is how many elements are looked at with the lock held throughout: some tens of microseconds.
	fewSearched = 8 << 10

	// searchedInTurn is how many blocks, of some hundred elements, a turn passes over, or a small part of that if it has
	// to look through them; searchedAtOnce is the same for an operation that mostly is done then.
	searchedInTurn = 1 << 10
	searchedAtOnce = 2 << 10
)

// popMany is popN in turns.
func (st Lists) popMany(key string, side Side, n int) (values [][]byte, ok bool, err error) {
	err = st.view.InTurns(key, func(s *keyspace.Slot) (more bool, err error) {
		if err := s.Is(keyspace.List); err != nil || !s.Exists() {
			return false, err
		}
		l := openList(s, st.view)
		if ok = true; values == nil {
			n = min(n, l.len())
			values = make([][]byte, 0, n)
		}
		part := min(n-len(values), gatherStep)
		values = l.copies(side, part, values)
		if len(values) < n {
			l.drop(s, side, part)
			return true, nil
		}
		l.popped(s, side, part)
		return false, nil
	})
	return values, ok, err
}

// trimMany is Trim in turns.
func (st Lists) trimMany(key string, start, stop int) error {
	begun := false
	var from, to int
	return st.view.InTurns(key, func(s *keyspace.Slot) (more bool, err error) {
		if err := s.Is(keyspace.List); err != nil || !s.Exists() {
			return false, err
		}
		l := openList(s, st.view)
		if !begun {
			begun = true
			from, to = rangeOf(start, stop, l.len())
		}
		behind := l.len() - to
		switch {
		case to <= from || from+behind <= droppedInTurn:
			l.trim(s, from, to)
			return false, nil
		case behind > 0:
			l.drop(s, Right, min(behind, droppedInTurn))
		default:
			l.drop(s, Left, droppedInTurn)
			from, to = from-droppedInTurn, to-droppedInTurn
		}
		return true, nil
	})
}

// insertFar is Insert in turns.
func (st Lists) insertFar(key string, before bool, pivot, value []byte) (length int, err error) {
	q := listSearch{e: encoding.TextElement(pivot)}
	err = st.view.InTurns(key, func(s *keyspace.Slot) (more bool, err error) {
		if err := s.Is(keyspace.List); err != nil || !s.Exists() {
			return false, err
		}
		l := openList(s, st.view)
		index, done := q.some(s, st.view, &l, searchedInTurn)
		if done {
			length, err = st.insertBeside(s, &l, index, before, value)
		}
		return !done, err
	})
	return length, err
}

// removeMany is Remove in turns.
func (st Lists) removeMany(key string, count int, value []byte) (removed int, err error) {
	o := listRemoval{view: st.view, count: count, search: listSearch{e: encoding.TextElement(value)}}
	err = st.view.InTurns(key, o.turn)
	return o.removed, err
}

// listRemoval removes elements that equal another. It looks for the first of them before, since most searches find none.
type listRemoval struct {
	view    keyspace.View
	count   int
	search  listSearch
	found   bool
	blocks  quicklist.Removal
	removed int
}

func (o *listRemoval) turn(s *keyspace.Slot) (more bool, err error) {
	if err := s.Is(keyspace.List); err != nil || !s.Exists() {
		return false, err
	}
	l := openList(s, o.view)
	if !o.found {
		index, done := o.search.some(s, o.view, &l, searchedInTurn)
		if !done || index < 0 {
			return !done, nil
		}
	}
	side, most := l.sideOf(o.count)
	if !l.large() { // it has become small since
		o.removed = l.remove(s, o.search.e, side, most)
		notifyLRem(s, l.len() > 0)
		return false, nil
	}
	if !o.found {
		o.found, o.blocks = true, l.blocks().NewRemoval(o.search.e, side, most)
	}
	s.BeginWrite()
	n, done := o.blocks.Some(l.blocks(), searchedInTurn)
	if o.removed += n; done {
		notifyLRem(s, l.len() > 0)
	}
	return !done, nil
}
