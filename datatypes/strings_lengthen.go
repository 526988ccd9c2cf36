package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// Long strings that become longer must be copied where there is no room behind them, and what is between the end and an
// offset beyond must be cleared. Where that takes long, it is done to a draft of the string, in turns.

const (
	// longGrowth is how many bytes are copied or cleared with the lock held throughout.
	longGrowth = 1 << 20

	// lengthenStep is how many of them are in a turn: some tens of microseconds' work.
	lengthenStep = 128 << 10
)

// growsFar reports whether it takes long to make the slot's string as long as it must be for n bytes at an offset.
func growsFar(s *keyspace.Slot, offset, n int) bool {
	size := textLen(s)
	return offset+n > size && (offset-size > longGrowth || size > longGrowth && !s.GrowsInPlace(offset+n))
}

// lengthen makes a string at least as long as need says, given how long it is, by zero bytes at its end. In the end it
// calls write with the bytes, to be changed, and how many there were before.
func lengthen(v keyspace.View, key string, need func(size int) int, write func(s *keyspace.Slot, b []byte, size int)) error {
	if err := v.TakeTime(); err != nil {
		return err
	}
	l := &lengthening{need: need, write: write}
	return v.InTurns(key, l.turn)
}

// lengthening is a lengthen under way.
type lengthening struct {
	need  func(size int) int
	write func(s *keyspace.Slot, b []byte, size int)
	size  int // of the string as it is
	draft *keyspace.Draft
	at    int // bytes of the draft that are as they will be, but for what is written
}

func (l *lengthening) turn(s *keyspace.Slot) (more bool, err error) {
	if err := s.Is(keyspace.String); err != nil {
		return false, err
	}
	if l.draft == nil {
		return true, l.begin(s)
	}
	text, b := s.Text(), l.draft.Bytes(s)
	part := b[l.at:min(l.at+lengthenStep, len(b))]
	clear(part[copy(part, after(text, l.at)):])
	if l.at += len(part); l.at < len(b) {
		return true, nil
	}
	if err := l.draft.Install(s); err != nil {
		return false, err
	}
	l.write(s, s.Value(), l.size)
	return false, nil
}

func (l *lengthening) begin(s *keyspace.Slot) (err error) {
	l.size = textLen(s)
	n := max(l.need(l.size), l.size)
	if n > keyspace.MaxSize || len(s.Key()) > keyspace.MaxSize {
		return ErrTooLarge
	}
	if err := s.Grow(n); err != nil {
		return err
	}
	l.draft, err = s.NewDraft(n, s.ExpireAt())
	return err
}
