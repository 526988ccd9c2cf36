package datatypes

import (
	"encoding/binary"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/quicklist"
)

// The representations of a list. Redis 7.0 calls both quicklist, which is what
// they are: the dense one is the single node of a short list.
const (
	listDense  keyspace.Encoding = iota // a listpack, maybe with unused bytes behind it
	listBlocks                          // the ref of a quicklist.Root
)

func init() {
	keyspace.RegisterKind(keyspace.List, listDense, &keyspace.Kind{Name: "quicklist"})
	keyspace.RegisterKind(keyspace.List, listBlocks, &keyspace.Kind{
		Name:     "quicklist",
		Release:  releaseList,
		Copier:   func() keyspace.Copier { return new(listCopier) },
		Relocate: relocateList,
		Size:     listSize,
	})
}

// listRoot returns the ref that a large list's value is: of its root.
func listRoot(value []byte) arena.Ref { return arena.Ref(binary.LittleEndian.Uint32(value)) }

func setListRoot(value []byte, ref arena.Ref) { binary.LittleEndian.PutUint32(value, uint32(ref)) }

// listRefSize is the size of such a value.
const listRefSize = 4

// listAt returns a large list for what does not depend on the size of nodes.
func listAt(env *hashtable.Env, value []byte) quicklist.List {
	return quicklist.RootAt(env.Arena, listRoot(value)).List(env.Arena, quicklist.Limit{})
}

func releaseList(env *hashtable.Env, value []byte, budget int) (done bool) {
	if done = listAt(env, value).Release(budget); done {
		env.Arena.Free(listRoot(value), quicklist.RootSize)
	}
	return done
}

// listCopier implements keyspace.Copier.
type listCopier struct {
	ref  arena.Ref // of the root of the copy
	copy quicklist.Copy
}

// elementsOfBlock is how many elements could be copied in the time that a block takes.
const elementsOfBlock = 8

func (c *listCopier) Some(to, from *hashtable.Env, value []byte, budget int) (done bool, err error) {
	if c.ref == 0 {
		if to.Arena.Reserve(quicklist.RootSize) != nil {
			return false, ErrOutOfMemory
		}
		c.ref = quicklist.NewRoot(to.Arena)
	}
	done, err = c.copy.Some(listAt(from, value), to.Arena, quicklist.RootAt(to.Arena, c.ref), max(budget/elementsOfBlock, 1))
	if err != nil {
		return false, ErrOutOfMemory
	}
	return done, nil
}

func (c *listCopier) Root(dst []byte) []byte {
	if c.ref == 0 {
		return dst
	}
	c.copy.Finish()
	return binary.LittleEndian.AppendUint32(dst, uint32(c.ref))
}

func relocateList(env *hashtable.Env, value []byte, cursor uint64, budget int) (next uint64) {
	a := env.Arena
	if ref := listRoot(value); a.Evacuating(ref) {
		to := a.Alloc(quicklist.RootSize)
		copy(a.Bytes(to, quicklist.RootSize), a.Bytes(ref, quicklist.RootSize))
		a.Free(ref, quicklist.RootSize)
		setListRoot(value, to)
	}
	return listAt(env, value).Relocate(cursor, budget)
}

func listSize(env *hashtable.Env, value []byte) int {
	return arena.ClassSize(quicklist.RootSize) + quicklist.RootAt(env.Arena, listRoot(value)).Bytes()
}

// maxDenseList bounds a dense list whatever the size of nodes: its elements move
// when one is pushed at the left.
const maxDenseList = 8 << 10

// listValue is the list in a locked slot, as it was when it was opened and as methods of
// listValue have changed it since. What follows a call of Grow must open it anew: the key may have been
// evicted, or its blocks moved. It has no pointer to the slot, which could not be on the stack then.
type listValue struct {
	a     *arena.Arena
	limit quicklist.Limit
	root  *quicklist.Root   // in the arena; nil if the list is dense
	dense encoding.Listpack // likewise; nil if the list is large or does not exist
}

// openList returns the list of a key that holds one or does not exist.
func openList(s *keyspace.Slot, v keyspace.View) (l listValue) {
	l.a, l.limit = s.Arena(), quicklist.LimitOf(v.Keyspace().Limits().ListSize.Load())
	switch value := s.Value(); {
	case value == nil:
	case s.Encoding() == listBlocks:
		l.root = quicklist.RootAt(l.a, listRoot(value))
	default:
		l.dense = encoding.PrefixListpack(value)
	}
	return l
}

func (l *listValue) large() bool { return l.root != nil }

func (l *listValue) blocks() quicklist.List { return l.root.List(l.a, l.limit) }

func (l *listValue) len() int {
	switch {
	case l.large():
		return l.root.Len()
	case l.dense != nil:
		return l.dense.Len()
	}
	return 0
}

// fitsDense reports whether a dense list may become of that size.
func (l *listValue) fitsDense(bytes, count int) bool {
	return bytes <= maxDenseList && l.limit.Allows(bytes, count)
}

// grow makes room for count elements of together so many bytes at a side.
func (l *listValue) grow(s *keyspace.Slot, side Side, bytes, count int) error {
	if l.large() {
		return s.Grow(l.blocks().PushNeed(side, bytes))
	}
	return l.growDense(s, bytes, count, bytes)
}

// growDense makes room for a dense list to get so many bytes and elements more, or to become
// large, when edit bytes are added to that.
func (l *listValue) growDense(s *keyspace.Slot, bytes, count, edit int) error {
	size := encoding.EmptyListpackSize
	if l.dense != nil {
		size, count = len(l.dense), count+l.dense.Len()
	}
	if l.fitsDense(size+bytes, count) {
		return s.GrowTo(size + bytes)
	}
	return s.Grow(2*size + edit + edit/8 + quicklist.RootSize + l.limit.Bytes)
}

// push adds elements one after another at a side. It fails without effect.
func (l *listValue) push(s *keyspace.Slot, side Side, values [][]byte) error {
	if !l.large() {
		size, n := 0, len(values)
		for _, v := range values {
			size += encoding.TextElement(v).Size()
		}
		if l.dense != nil {
			size, n = size+len(l.dense), n+l.dense.Len()
		} else {
			size += encoding.EmptyListpackSize
		}
		if l.fitsDense(size, n) {
			return l.pushDense(s, side, values, size)
		}
	}
	return l.edit(s, func(b quicklist.List) error {
		for i, v := range values {
			if err := b.Push(side, encoding.TextElement(v)); err != nil {
				b.Drop(side, i)
				return ErrOutOfMemory
			}
		}
		return nil
	})
}

// pushDense adds elements to a dense list, or a new one, which then is of the given
// size.
func (l *listValue) pushDense(s *keyspace.Slot, side Side, values [][]byte, size int) error {
	if err := l.resizeDense(s, size); err != nil {
		return err
	}
	for _, v := range values {
		at := l.dense.End()
		if side == Left {
			at = l.dense.First()
		}
		l.dense = l.dense.Insert(at, encoding.TextElement(v))
	}
	return nil
}

// resizeDense prepares a dense list, which is made if the key does not exist, for changes by which it
// becomes of a size.
func (l *listValue) resizeDense(s *keyspace.Slot, size int) error {
	if l.dense == nil {
		b, err := s.Put(keyspace.List, listDense, size, 0)
		if err == nil {
			l.dense = encoding.NewListpack(b)
		}
		return err
	}
	value := s.Value()
	if size <= len(value) {
		s.BeginWrite()
		return nil
	}
	value, err := s.Resize(size)
	if err == nil {
		l.dense = encoding.PrefixListpack(value)
	}
	return err
}

// edit calls fn with the blocks of the list, which becomes large if it is not. If fn fails it
// must have changed nothing.
func (l *listValue) edit(s *keyspace.Slot, fn func(quicklist.List) error) error {
	if l.large() {
		s.BeginWrite()
		return fn(l.blocks())
	}
	return l.build(s, s.ExpireAt(), fn)
}

// build makes the slot hold a large list of what the dense one has and fn changes or adds. It fails without effect.
func (l *listValue) build(s *keyspace.Slot, expireAt int64, fn func(quicklist.List) error) error {
	s.BeginWrite()
	a := l.a
	if a.Reserve(quicklist.RootSize) != nil {
		return ErrOutOfMemory
	}
	ref := quicklist.NewRoot(a)
	root := quicklist.RootAt(a, ref)
	b := root.List(a, l.limit)
	err := l.copyPack(b)
	if err == nil {
		err = fn(b)
	}
	var value []byte
	if err == nil {
		value, err = s.Put(keyspace.List, listBlocks, listRefSize, expireAt)
	}
	if err != nil {
		b.Drop(Left, root.Len())
		a.Free(ref, quicklist.RootSize)
		return err
	}
	setListRoot(value, ref)
	l.root, l.dense = root, nil
	return nil
}

// copyPack pushes the elements of the dense list to a large one.
func (l *listValue) copyPack(to quicklist.List) error {
	if l.dense == nil {
		return nil
	}
	for _, e := range l.dense.All() {
		if to.Push(Right, e) != nil {
			return ErrOutOfMemory
		}
	}
	return nil
}

// edge returns the element at a side of a list that is not empty, borrowed until
// the next change.
func (l *listValue) edge(side Side) encoding.Element {
	lp := l.edgePack(side)
	if side == Left {
		return lp.At(lp.First())
	}
	return lp.At(lp.Prev(lp.End()))
}

func (l *listValue) edgePack(side Side) encoding.Listpack {
	if !l.large() {
		return l.dense
	}
	return l.blocks().Edge(side)
}

// drop removes n elements at a side, and the key with the last one. It reports whether any
// are left.
func (l *listValue) drop(s *keyspace.Slot, side Side, n int) (left bool) {
	if n >= l.len() {
		s.Delete()
		return false
	}
	s.BeginWrite()
	if l.large() {
		l.blocks().Drop(side, n)
		return true
	}
	p := l.dense.First()
	if side == Right {
		p, _ = l.dense.Seek(-n)
	}
	l.dense = l.dense.Delete(p, n)
	l.shrinkDense(s)
	return true
}

// shrinkDense gives up the memory behind a dense list that has become shorter. That takes
// other memory, and is left where there is none.
func (l *listValue) shrinkDense(s *keyspace.Slot) {
	if have := len(s.Value()); arena.ClassSize(len(l.dense)) > arena.ClassSize(have)*3/4 {
		return
	}
	if value, err := s.Resize(len(l.dense)); err == nil {
		l.dense = encoding.PrefixListpack(value)
	}
}

// listCursor is at a part of a list: the whole if it is dense, else a block. It
// is valid until the list changes.
type listCursor struct {
	encoding.Listpack
	large bool
	c     quicklist.Cursor
}

// seek returns a cursor at the part that holds the element at an index, and how
// many elements of that part are before it.
func (l *listValue) seek(index int) (c listCursor, offset int) {
	if !l.large() {
		c.Listpack = l.dense
		return c, index
	}
	c.large = true
	c.c, offset = l.blocks().Seek(index)
	c.Listpack = c.c.Pack()
	return c, offset
}

// next moves to the part behind, or to none.
func (c *listCursor) next() bool { return c.step(false) }

// prev moves to the part before, or to none.
func (c *listCursor) prev() bool { return c.step(true) }

func (c *listCursor) step(back bool) bool {
	if !c.large {
		return false
	}
	if back {
		c.c.Prev()
	} else {
		c.c.Next()
	}
	if !c.c.Valid() {
		return false
	}
	c.Listpack = c.c.Pack()
	return true
}

// at returns the element at an index.
func (l *listValue) at(index int) encoding.Element {
	c, offset := l.seek(index)
	p, _ := c.Seek(offset)
	return c.At(p)
}

// each calls fn with n elements from an index on, as long as it returns true.
func (l *listValue) each(index, n int, fn func(encoding.Element) bool) {
	if n <= 0 {
		return
	}
	c, offset := l.seek(index)
	p, _ := c.Seek(offset)
	for {
		for p < c.End() {
			e, next := c.Read(p)
			if !fn(e) {
				return
			}
			if n--; n == 0 {
				return
			}
			p = next
		}
		if !c.next() {
			return
		}
		p = c.First()
	}
}

// listSearch looks for the first element that equals another, which it may do in several goes between which the list does
// not change. It makes what helps later searches, unless that takes more memory than there is; for which the key may be
// evicted.
type listSearch struct {
	e      encoding.Element
	blocks quicklist.Search // of a large list
	begun  bool
}

// some goes on for as long as budget allows, and returns the index, or -1, and whether that is the answer. It opens the
// list anew.
func (q *listSearch) some(s *keyspace.Slot, v keyspace.View, l *listValue, budget int) (index int, done bool) {
	if !l.large() {
		return l.find(q.e), true
	}
	if !q.begun || q.blocks.Learns() {
		learn := s.Grow(l.blocks().SearchNeed()) == nil
		if *l = openList(s, v); !l.large() {
			return l.find(q.e), true
		}
		if !q.begun {
			q.begun, q.blocks = true, l.blocks().NewSearch(q.e, learn)
		}
		s.Rearrange()
	}
	return q.blocks.Some(l.blocks(), budget)
}

// find returns the index of the first element that equals e, or -1.
func (l *listValue) find(e encoding.Element) int {
	switch {
	case l.large():
		return l.blocks().Find(e, false)
	case l.dense != nil:
		if p, ok := l.dense.Find(l.dense.First(), e, 1); ok {
			return l.dense.Index(p)
		}
	}
	return -1
}
