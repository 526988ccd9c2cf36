package datatypes

import (
	"github.com/larderkv/larder/internal/keyspace"
)

// Operations that change much of a list, in turns: the list is claimed meanwhile (keyspace.View.InTurns).

const (
	// fewDropped is how many elements are dropped at an end with the lock held throughout. Even where each is so long that it
	// has a block of its own that takes a tenth of a millisecond.
	fewDropped = 1024

	// droppedInTurn is how many of them are dropped in a turn.
	droppedInTurn = 512
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
