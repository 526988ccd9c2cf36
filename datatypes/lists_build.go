package datatypes

import (
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
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

// listDraft is a large list in the making, in the arena of the slot of its key, which may be unlocked between steps:
// nobody finds it before it is installed. The zero value is not begun.
type listDraft struct {
	ref  arena.Ref // of its root; zero before it is begun
	next int       // of the values that it is to have
}

// storeSome is storeList in steps: each is called with the slot of the key, locked. When it fails nothing is left of the
// list.
func (d *listDraft) storeSome(s *keyspace.Slot, v keyspace.View, values *keyspace.Batch, event string) (keyspace.Progress, error) {
	if values.Len() == 0 || mayBeDense(values) {
		return keyspace.Done, storeList(v, s.Key(), values, event)
	}
	if err := d.push(s, v, values); err != nil {
		d.abandon(s)
		return keyspace.Done, err
	}
	if d.next < values.Len() {
		return keyspace.More, nil
	}
	if err := d.install(s); err != nil {
		return keyspace.Done, err
	}
	s.Notify(keyspace.ClassList, event)
	return keyspace.Done, nil
}

// mayBeDense reports whether values are so few and short that a dense list may hold them, in which none takes less than
// two bytes.
func mayBeDense(values *keyspace.Batch) bool {
	return values.Len() <= maxDenseList/2 && len(values.Buffer()) <= briefBytes
}

// push adds values for as long as a step may take.
func (d *listDraft) push(s *keyspace.Slot, v keyspace.View, values *keyspace.Batch) error {
	limit := quicklist.LimitOf(v.Keyspace().Limits().ListSize.Load())
	to, bytes := d.next, 0
	for ; to < values.Len() && to-d.next < gatherStep && bytes < gatherRoom; to++ {
		bytes += elementAt(values, to).Size()
	}
	if err := s.Grow(bytes + bytes/8 + quicklist.RootSize + 2*limit.Bytes); err != nil {
		return err
	}
	a := s.Arena()
	if d.ref == 0 {
		if a.Reserve(quicklist.RootSize) != nil {
			return ErrOutOfMemory
		}
		d.ref = quicklist.NewRoot(a)
	}
	l := quicklist.RootAt(a, d.ref).List(a, limit)
	for ; d.next < to; d.next++ {
		if l.Push(Right, elementAt(values, d.next)) != nil {
			return ErrOutOfMemory
		}
	}
	return nil
}

// install makes the list the value of the key. When it fails, nothing is left of the list.
func (d *listDraft) install(s *keyspace.Slot) error {
	value, err := s.Put(keyspace.List, listBlocks, listRefSize, 0)
	if err != nil {
		d.abandon(s)
		return err
	}
	setListRoot(value, d.ref)
	d.ref = 0
	return nil
}

// abandon gives up what was made of the list, which is not begun then.
func (d *listDraft) abandon(s *keyspace.Slot) {
	if d.ref != 0 {
		var root [listRefSize]byte
		setListRoot(root[:], d.ref)
		s.Abandon(keyspace.List, listBlocks, root[:])
	}
	*d = listDraft{}
}
