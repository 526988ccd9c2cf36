package datatypes

import (
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/quicklist"
)

// storeList makes a key hold the list of just the values, whatever it held before, or nothing if there are none. It fails
// without effect.
func storeList(v keyspace.View, key string, values *keyspace.Batch, event string) error {
	var s keyspace.Slot
	if err := s.Lock(v, key); err != nil {
		return err
	}
	defer s.Unlock()
	if values.Len() == 0 {
		deleteSlot(&s)
		return nil
	}
	if err := buildList(&s, v, values); err != nil {
		return err
	}
	s.Notify(keyspace.ClassList, event)
	return nil
}

// buildList makes the slot hold a list of values, of which there are some.
func buildList(s *keyspace.Slot, v keyspace.View, values *keyspace.Batch) error {
	l := listValue{a: s.Arena(), limit: quicklist.LimitOf(v.Keyspace().Limits().ListSize.Load())}
	n, size := values.Len(), encoding.EmptyListpackSize
	for i := range n {
		size += elementAt(values, i).Size()
	}
	if err := l.growDense(s, size, n, size); err != nil {
		return err
	}
	if !l.fitsDense(size, n) {
		return l.build(s, 0, func(b quicklist.List) error {
			for i := range n {
				if b.Push(Right, elementAt(values, i)) != nil {
					return ErrOutOfMemory
				}
			}
			return nil
		})
	}
	if err := l.resizeDense(s, size); err != nil {
		return err
	}
	for i := range n {
		l.dense = l.dense.Append(elementAt(values, i))
	}
	return nil
}

func elementAt(values *keyspace.Batch, i int) encoding.Element {
	text, _ := values.Value(i)
	return encoding.TextElement(text)
}
