package datatypes

import (
	"iter"
	"math"
	"slices"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/quicklist"
)

// Lists is the store of lists: sequences of values with two ends. Indexes count from 0
// at the left and from -1 at the right. Work at the ends is O(1), access by index
// O(log n). A list exists as long as it has elements.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use, keep no reference to
// their arguments and return memory of their own unless they say otherwise.
// Besides the errors that they name they return ErrClosed, ErrWrongType if the key holds no
// list, and those that add something ErrOutOfMemory and ErrTooLarge.
type Lists struct{ view keyspace.View }

// NewLists returns the store of the lists that v shows.
func NewLists(v keyspace.View) Lists { return Lists{v} }

// Side is an end of a list.
type Side = quicklist.Side

// The ends of a list.
const (
	Left  = quicklist.Left  // where the first element is; LEFT
	Right = quicklist.Right // where the last element is; RIGHT
)

// The names of events, by side.
var (
	pushEvents = [...]string{Left: "lpush", Right: "rpush"}
	popEvents  = [...]string{Left: "lpop", Right: "rpop"}
)

// LPush adds values at the left, one after another, so that the last of them becomes
// the first element, and returns the length. A key that does not exist is created. It is
// LPUSH. O(values).
func (st Lists) LPush(key string, values ...[]byte) (length int, err error) {
	return st.push(key, Left, false, values)
}

// RPush adds values at the right and returns the length. A key that does not exist is
// created. It is RPUSH. O(values).
func (st Lists) RPush(key string, values ...[]byte) (length int, err error) {
	return st.push(key, Right, false, values)
}

// LPushX is LPush that does nothing, and returns 0, if the key does not exist. It is
// LPUSHX. O(values).
func (st Lists) LPushX(key string, values ...[]byte) (length int, err error) {
	return st.push(key, Left, true, values)
}

// RPushX is RPush that does nothing, and returns 0, if the key does not exist. It is
// RPUSHX. O(values).
func (st Lists) RPushX(key string, values ...[]byte) (length int, err error) {
	return st.push(key, Right, true, values)
}

func (st Lists) push(key string, side Side, ifPresent bool, values [][]byte) (length int, err error) {
	bytes := 0
	for _, v := range values {
		if len(v) > keyspace.MaxSize || len(key) > keyspace.MaxSize {
			return 0, ErrTooLarge
		}
		bytes += elementBound(v)
	}
	var s keyspace.Slot
	if err := s.Lock(st.view, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.List); err != nil {
		return 0, err
	}
	l := openList(&s, st.view)
	if len(values) == 0 || ifPresent && !s.Exists() {
		return l.len(), nil
	}
	if err := l.grow(&s, side, bytes, len(values)); err != nil {
		return 0, err
	}
	if l = openList(&s, st.view); ifPresent && !s.Exists() {
		return 0, nil
	}
	if err := l.push(&s, side, values); err != nil {
		return 0, err
	}
	s.Notify(keyspace.ClassList, pushEvents[side])
	return l.len(), nil
}

// elementBound bounds the bytes that a value takes in a listpack.
func elementBound(v []byte) int {
	if len(v) < 64 {
		return len(v) + 2
	}
	return len(v) + 10
}

// LPop removes the first element and returns it. It is LPOP. O(1).
func (st Lists) LPop(key string) (value []byte, ok bool, err error) {
	return copied(st.AppendLPop(nil, key))
}

// RPop removes the last element and returns it. It is RPOP. O(1).
func (st Lists) RPop(key string) (value []byte, ok bool, err error) {
	return copied(st.AppendRPop(nil, key))
}

// copied makes a value that was appended to nothing one that is not nil.
func copied(value []byte, ok bool, err error) ([]byte, bool, error) {
	if ok && value == nil {
		value = []byte{}
	}
	return value, ok, err
}

// AppendLPop is LPop that appends the value to dst. It allocates only if dst has too
// little room.
func (st Lists) AppendLPop(dst []byte, key string) (_ []byte, ok bool, err error) {
	return st.appendPop(dst, key, Left)
}

// AppendRPop is RPop that appends the value to dst. It allocates only if dst has too
// little room.
func (st Lists) AppendRPop(dst []byte, key string) (_ []byte, ok bool, err error) {
	return st.appendPop(dst, key, Right)
}

func (st Lists) appendPop(dst []byte, key string, side Side) (_ []byte, ok bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return dst, false, err
	}
	defer s.Unlock()
	dst = l.edge(side).Append(dst)
	l.popped(&s, side, 1)
	return dst, true, nil
}

// lock locks a key for a use of its list. Unless ok it has been unlocked again.
func (st Lists) lock(s *keyspace.Slot, key string) (l listValue, ok bool, err error) {
	if err := s.Lock(st.view, key); err != nil {
		return l, false, err
	}
	if err := s.Is(keyspace.List); err != nil {
		s.Unlock()
		return l, false, err
	}
	s.Touch()
	if !s.Exists() {
		s.Unlock()
		return l, false, nil
	}
	return openList(s, st.view), true, nil
}

// popped removes n elements at a side, at most as many as there are, with the
// events of a pop.
func (l *listValue) popped(s *keyspace.Slot, side Side, n int) {
	left := l.drop(s, side, n)
	s.Notify(keyspace.ClassList, popEvents[side])
	emptied(s, left)
}

// emptied announces that the key is gone, unless there are elements left.
func emptied(s *keyspace.Slot, left bool) {
	if !left {
		s.Notify(keyspace.ClassGeneric, "del")
	}
}

// LPopN removes up to n elements at the left and returns them in their order. ok is
// false if the key does not exist. It is LPOP with a count. O(n). It returns ErrOutOfRange for a negative n.
func (st Lists) LPopN(key string, n int) (values [][]byte, ok bool, err error) {
	return st.popN(key, Left, n)
}

// RPopN removes up to n elements at the right and returns them, the last one first. ok is
// false if the key does not exist. It is RPOP with a count. O(n). It returns ErrOutOfRange for a negative n.
func (st Lists) RPopN(key string, n int) (values [][]byte, ok bool, err error) {
	return st.popN(key, Right, n)
}

func (st Lists) popN(key string, side Side, n int) (values [][]byte, ok bool, err error) {
	if n < 0 {
		return nil, false, ErrOutOfRange
	}
	values, ok, many, err := st.popFew(key, side, n)
	if !many || err != nil {
		return values, ok, err
	}
	return st.popMany(key, side, n)
}

// popFew is popN unless there are many elements to pop.
func (st Lists) popFew(key string, side Side, n int) (values [][]byte, ok, many bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return nil, false, false, err
	}
	defer s.Unlock()
	if min(n, l.len()) > fewElements {
		return nil, true, true, st.view.TakeTime()
	}
	return l.pop(&s, side, n), true, false, nil
}

// pop removes up to n elements at a side and returns them from the outside in.
func (l *listValue) pop(s *keyspace.Slot, side Side, n int) [][]byte {
	if n = min(n, l.len()); n == 0 {
		return nil
	}
	values := l.copies(side, n, make([][]byte, 0, n))
	l.popped(s, side, n)
	return values
}

// copies appends copies of n elements at a side, from the outside in.
func (l *listValue) copies(side Side, n int, values [][]byte) [][]byte {
	from, had := 0, len(values)
	if side == Right {
		from = l.len() - n
	}
	l.each(from, n, func(e encoding.Element) bool {
		values = append(values, e.Append(make([]byte, 0, e.Len())))
		return true
	})
	if side == Right {
		slices.Reverse(values[had:])
	}
	return values
}

// Len returns the number of elements, zero if the key does not exist. It is LLEN.
// O(1).
func (st Lists) Len(key string) (int, error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return 0, err
	}
	defer s.Unlock()
	return l.len(), nil
}

// Index returns a copy of the element at an index. It is LINDEX. O(log n).
func (st Lists) Index(key string, index int) (value []byte, ok bool, err error) {
	return copied(st.AppendIndex(nil, key, index))
}

// AppendIndex is Index that appends the element to dst. It allocates only if dst has too
// little room.
func (st Lists) AppendIndex(dst []byte, key string, index int) (_ []byte, ok bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return dst, false, err
	}
	defer s.Unlock()
	if index, ok = inList(index, l.len()); !ok {
		return dst, false, nil
	}
	return l.at(index).Append(dst), true, nil
}

// inList returns the index from the left that another means in a list of n elements, and
// whether there is an element.
func inList(index, n int) (int, bool) {
	if index < 0 {
		index += n
	}
	return index, 0 <= index && index < n
}

// Range returns copies of the elements from start to stop, both included. What is out of
// range is left out. It is LRANGE. O(log n + elements).
func (st Lists) Range(key string, start, stop int) (values [][]byte, err error) {
	err = st.ViewRange(key, start, stop,
		func(n int) { values = make([][]byte, 0, n) },
		func(v []byte) { values = append(values, append([]byte{}, v...)) })
	return values, err
}

// ViewRange is Range that makes no copies: it calls begin with the number of elements,
// which may be zero, and then each with one after another.
//
// Both may hold the lock of the key's shard: they must be quick, must not use the cache, and must
// neither change values nor keep them. They do not if there are many elements, which are copied first.
func (st Lists) ViewRange(key string, start, stop int, begin func(n int), each func(value []byte)) error {
	many, err := st.viewFew(key, start, stop, begin, each)
	if !many || err != nil {
		return err
	}
	o := &listGathering{key: key, start: start, stop: stop}
	if err := st.view.InSteps(o, []string{key}); err != nil {
		return err
	}
	begin(o.batch.Len())
	for i := range o.batch.Len() {
		value, _ := o.batch.Value(i)
		each(value)
	}
	return nil
}

// viewFew is ViewRange unless there are many elements.
func (st Lists) viewFew(key string, start, stop int, begin func(n int), each func(value []byte)) (many bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil {
		return false, err
	}
	if !ok {
		begin(0)
		return false, nil
	}
	defer s.Unlock()
	from, to := rangeOf(start, stop, l.len())
	if to-from > fewElements {
		return true, st.view.TakeTime()
	}
	begin(to - from)
	var digits []byte
	l.each(from, to-from, func(e encoding.Element) bool {
		text, ok := e.Text()
		if !ok {
			digits = e.Append(digits[:0])
			text = digits
		}
		each(text)
		return true
	})
	return false, nil
}

// rangeOf turns an inclusive range into a half-open one within [0, n).
func rangeOf(start, stop, n int) (from, to int) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		return 0, 0
	}
	return start, stop + 1
}

// All returns an iterator over copies of the elements from left to right. It holds no lock
// while its body runs, and goes on at the next index whatever was pushed or
// removed meanwhile. It ends early when the key comes to hold something else or the cache
// is closed. O(n).
func (st Lists) All(key string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for at := 0; ; {
			values, err := st.Range(key, at, at+iterCount-1)
			if err != nil || len(values) == 0 {
				return
			}
			for _, v := range values {
				if !yield(v) {
					return
				}
			}
			at += len(values)
		}
	}
}

// Set replaces the element at an index. It is LSET. O(log n).
//
// It returns ErrNoSuchKey if the key does not exist and ErrNoSuchIndex.
func (st Lists) Set(key string, index int, value []byte) error {
	if len(value) > keyspace.MaxSize {
		return ErrTooLarge
	}
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil {
		return err
	}
	if !ok {
		return ErrNoSuchKey
	}
	defer s.Unlock()
	if index, ok = inList(index, l.len()); !ok {
		return ErrNoSuchIndex
	}
	if err := l.growEdit(&s, index, elementBound(value), 0); err != nil {
		return err
	}
	if l = openList(&s, st.view); !s.Exists() {
		return ErrNoSuchKey // evicted to make room
	}
	if err := l.set(&s, index, encoding.TextElement(value)); err != nil {
		return err
	}
	s.Notify(keyspace.ClassList, "lset")
	return nil
}

// growEdit makes room for count elements, of so many bytes, to be inserted at an
// index, or with a count of zero for one to be replaced.
func (l *listValue) growEdit(s *keyspace.Slot, index, bytes, count int) error {
	if l.large() {
		return s.Grow(l.blocks().EditNeed(index, bytes))
	}
	return l.growDense(s, bytes, count, bytes+2*l.limit.Bytes)
}

// set replaces the element at an index. It fails without effect.
func (l *listValue) set(s *keyspace.Slot, index int, e encoding.Element) error {
	if !l.large() {
		p, _ := l.dense.Seek(index)
		if size := l.dense.SpliceSize(p, l.dense.Next(p), e); l.fitsDense(size, l.dense.Len()) {
			err := l.resizeDense(s, size)
			if err == nil {
				l.dense = l.dense.Replace(p, e)
			}
			return err
		}
	}
	return l.edit(s, func(b quicklist.List) error {
		if b.Replace(index, e) != nil {
			return ErrOutOfMemory
		}
		return nil
	})
}

// Insert adds a value before the first element that equals pivot, or behind that. It returns
// the length, -1 if there is no such element, 0 if the key does not exist. It is LINSERT. O(n)
// to find the pivot, though a list that is searched again and again comes to know better where to look, and O(log n)
// to insert.
func (st Lists) Insert(key string, before bool, pivot, value []byte) (length int, err error) {
	if len(value) > keyspace.MaxSize {
		return 0, ErrTooLarge
	}
	length, many, err := st.insertNear(key, before, pivot, value)
	if !many || err != nil {
		return length, err
	}
	return st.insertFar(key, before, pivot, value)
}

// insertNear is Insert unless it takes long to find the pivot.
func (st Lists) insertNear(key string, before bool, pivot, value []byte) (length int, many bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return 0, false, err
	}
	defer s.Unlock()
	q := listSearch{e: encoding.TextElement(pivot)}
	index, done := q.some(&s, st.view, &l, searchedAtOnce)
	if !done {
		return 0, true, st.view.TakeTime()
	}
	length, err = st.insertBeside(&s, &l, index, before, value)
	return length, false, err
}

// insertBeside inserts a value before or behind the element at an index, -1 for none.
func (st Lists) insertBeside(s *keyspace.Slot, l *listValue, index int, before bool, value []byte) (length int, err error) {
	if !s.Exists() {
		return 0, nil // evicted to make room
	}
	if index < 0 {
		return -1, nil
	}
	if !before {
		index++
	}
	return st.insertAt(s, l, index, value)
}

func (st Lists) insertAt(s *keyspace.Slot, l *listValue, index int, value []byte) (length int, err error) {
	if err := l.growEdit(s, index, elementBound(value), 1); err != nil {
		return 0, err
	}
	if *l = openList(s, st.view); !s.Exists() {
		return 0, nil // evicted to make room
	}
	if err := l.insert(s, index, encoding.TextElement(value)); err != nil {
		return 0, err
	}
	s.Notify(keyspace.ClassList, "linsert")
	return l.len(), nil
}

// insert adds an element before the one at an index, or behind the last. It fails
// without effect.
func (l *listValue) insert(s *keyspace.Slot, index int, e encoding.Element) error {
	if !l.large() {
		if size, n := len(l.dense)+e.Size(), l.dense.Len(); l.fitsDense(size, n+1) {
			if err := l.resizeDense(s, size); err != nil {
				return err
			}
			p := l.dense.End()
			if index < n {
				p, _ = l.dense.Seek(index)
			}
			l.dense = l.dense.Insert(p, e)
			return nil
		}
	}
	return l.edit(s, func(b quicklist.List) error {
		if b.Insert(index, e) != nil {
			return ErrOutOfMemory
		}
		return nil
	})
}

// Remove deletes elements that equal value and returns how many: with count above zero that
// many from the left on, with count below zero from the right on, with zero all. It is LREM. O(n).
func (st Lists) Remove(key string, count int, value []byte) (removed int, err error) {
	removed, many, err := st.removeFew(key, count, value)
	if !many || err != nil {
		return removed, err
	}
	return st.removeMany(key, count, value)
}

// removeFew is Remove unless there are many elements to be looked at.
func (st Lists) removeFew(key string, count int, value []byte) (removed int, many bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return 0, false, err
	}
	defer s.Unlock()
	if l.len() > fewSearched {
		return 0, true, st.view.TakeTime()
	}
	e := encoding.TextElement(value)
	q := listSearch{e: e}
	if index, _ := q.some(&s, st.view, &l, math.MaxInt); index < 0 {
		return 0, false, nil
	}
	side, most := l.sideOf(count)
	removed = l.remove(&s, e, side, most)
	notifyLRem(&s, l.len() > 0)
	return removed, false, nil
}

// sideOf returns from which side on how many elements are to be removed, as LREM's count says it.
func (l *listValue) sideOf(count int) (side Side, most int) {
	switch {
	case count < 0 && -count > 0:
		return Right, -count
	case count < 0: // the least integer
		return Right, l.len()
	case count == 0:
		return Left, l.len()
	}
	return Left, count
}

// notifyLRem announces LREM, which deletes the key with the last element.
func notifyLRem(s *keyspace.Slot, left bool) {
	if !left {
		s.Delete()
	}
	s.Notify(keyspace.ClassList, "lrem")
	emptied(s, left)
}

// remove deletes up to most elements that equal e, the first ones seen from a side.
func (l *listValue) remove(s *keyspace.Slot, e encoding.Element, side Side, most int) (removed int) {
	s.BeginWrite()
	if l.large() {
		return l.blocks().Remove(e, side, most)
	}
	lp := l.dense
	if side == Left {
		for p, ok := lp.Find(lp.First(), e, 1); ok && removed < most; p, ok = lp.Find(p, e, 1) {
			lp = lp.Delete(p, 1)
			removed++
		}
	} else {
		for p := lp.End(); p > lp.First() && removed < most; {
			if p = lp.Prev(p); lp.At(p).Equal(e) {
				lp = lp.Delete(p, 1)
				removed++
			}
		}
	}
	if l.dense = lp; lp.Len() > 0 {
		l.shrinkDense(s)
	}
	return removed
}

// Trim removes all elements but those from start to stop, both included. It is LTRIM. O(log n
// + removed).
func (st Lists) Trim(key string, start, stop int) error {
	many, err := st.trimFew(key, start, stop)
	if !many || err != nil {
		return err
	}
	return st.trimMany(key, start, stop)
}

// trimFew is Trim unless there are many elements to be removed from a list of which some are left.
func (st Lists) trimFew(key string, start, stop int) (many bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return false, err
	}
	defer s.Unlock()
	from, to := rangeOf(start, stop, l.len())
	if to > from && l.len()-(to-from) > fewDropped {
		return true, st.view.TakeTime()
	}
	l.trim(&s, from, to)
	return false, nil
}

// trim removes all elements but those of indexes from from up to to.
func (l *listValue) trim(s *keyspace.Slot, from, to int) {
	n := l.len()
	left := to > from
	if !left {
		s.Delete()
	}
	if left && to < n {
		l.drop(s, Right, n-to)
	}
	if left && from > 0 {
		l.drop(s, Left, from)
	}
	s.Notify(keyspace.ClassList, "ltrim")
	emptied(s, left)
}
