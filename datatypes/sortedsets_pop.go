package datatypes

import (
	"math/rand/v2"
	"slices"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
)

// PopMin removes up to n members of the lowest scores and returns them, the lowest first. It is
// ZPOPMIN. O(log n + members). It returns ErrOutOfRange for a negative n.
func (z SortedSets) PopMin(key string, n int) ([]Scored, error) { return z.pop(key, n, false) }

// PopMax removes up to n members of the highest scores and returns them, the highest first. It is
// ZPOPMAX. O(log n + members). It returns ErrOutOfRange for a negative n.
func (z SortedSets) PopMax(key string, n int) ([]Scored, error) { return z.pop(key, n, true) }

func (z SortedSets) pop(key string, n int, highest bool) (popped []Scored, err error) {
	err = z.PopEach(key, n, highest, func(int) {}, func(member []byte, score float64) {
		popped = append(popped, Scored{string(member), score})
	})
	return popped, err
}

// PopEach calls begin with how many members PopMin would return, or PopMax if highest, then fn
// with each of them, as RangeEach does, and then removes them. Many are removed first.
func (z SortedSets) PopEach(key string, n int, highest bool, begin func(n int), fn func(member []byte, score float64)) error {
	if n < 0 {
		return ErrOutOfRange
	}
	many, err := z.popFew(key, n, highest, begin, fn)
	if !many || err != nil {
		return err
	}
	popped, err := z.popMany(key, n, highest)
	if err == nil {
		popped.emit(begin, fn)
	}
	return err
}

// popFew is PopEach unless there are many members to pop.
func (z SortedSets) popFew(key string, n int, highest bool, begin func(int), fn func([]byte, float64)) (many bool, err error) {
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	if min(n, v.len()) > fewRemoved {
		return true, z.view.TakeTime()
	}
	return false, popSorted(&s, n, highest, begin, fn)
}

// end returns the ranks of up to n members at an end.
func (v *sortedValue) end(n int, highest bool) (i, j int) {
	n = min(n, v.len())
	if highest {
		return v.len() - n, v.len()
	}
	return 0, n
}

// popSorted pops from the slot's set. When it fails, begin and fn have not been called.
func popSorted(s *keyspace.Slot, n int, highest bool, begin func(int), fn func([]byte, float64)) error {
	v := sortedOf(s)
	i, j := v.end(n, highest)
	event := popEvent(highest)
	// A dense set is only changed in a draft, so that v stays readable and an
	// error comes before the first call.
	if v.enc == sortedPack && j > i {
		was := lendSorted(&v)
		defer was.release()
		if err := v.remove(s, i, j, event); err != nil {
			return err
		}
		was.emit(i, j, highest, begin, fn)
		return nil
	}
	v.emit(i, j, highest, begin, fn)
	return v.remove(s, i, j, event)
}

func popEvent(highest bool) string {
	if highest {
		return "zpopmax"
	}
	return "zpopmin"
}

// emit shows the members of ranks from i up to j.
func (v *sortedValue) emit(i, j int, reverse bool, begin func(int), fn func([]byte, float64)) {
	begin(j - i)
	v.each(i, j, reverse, func(member string, score float64) bool {
		fn(bytesOf(member), score)
		return true
	})
}

func (d *sortedDraft) emit(i, j int, reverse bool, begin func(int), fn func([]byte, float64)) {
	v := sortedValue{enc: sortedPack, pack: d.pack}
	v.emit(i, j, reverse, begin, fn)
}

// PopFirst is PopMin, or PopMax if highest, of the first of the keys that holds a sorted set, and
// returns that key too, with ok false if none does. It is ZMPOP. O(keys + log n + members).
func (z SortedSets) PopFirst(n int, highest bool, keys ...string) (key string, popped []Scored, ok bool, err error) {
	ok, err = z.PopFirstEach(n, highest, keys, func(k string, _ int) { key = k }, func(member []byte, score float64) {
		popped = append(popped, Scored{string(member), score})
	})
	return key, popped, ok, err
}

// PopFirstEach is PopFirst in the way of PopEach. begin also gets the key.
func (z SortedSets) PopFirstEach(n int, highest bool, keys []string, begin func(key string, n int), fn func(member []byte, score float64)) (ok bool, err error) {
	if n < 0 {
		return false, ErrOutOfRange
	}
	for {
		key, ok, many, err := z.popFirstFew(n, highest, keys, begin, fn)
		if !many || err != nil {
			return ok, err
		}
		popped, err := z.popMany(key, n, highest)
		if err != nil {
			return false, err
		}
		if len(popped.ends) > 0 {
			popped.emit(func(n int) { begin(key, n) }, fn)
			return true, nil
		}
	}
}

// popFirstFew is PopFirstEach unless there are many members to pop of the key that it returns.
func (z SortedSets) popFirstFew(n int, highest bool, keys []string, begin func(string, int), fn func([]byte, float64)) (key string, ok, many bool, err error) {
	tx, err := z.view.Begin(keys...)
	if err != nil {
		return "", false, false, err
	}
	defer tx.End()
	inside := SortedSets{tx.View(z.view)}
	for _, key := range keys {
		size, err := inside.Len(key)
		if err != nil {
			return "", false, false, err
		}
		if size == 0 {
			continue
		}
		if min(n, size) > fewRemoved {
			return key, true, true, z.view.TakeTime()
		}
		_, err = inside.popFew(key, n, highest, func(n int) { begin(key, n) }, fn)
		return key, true, false, err
	}
	return "", false, false, nil
}

// Random returns a random member, each with the same probability, with ok false
// if there is none. It is ZRANDMEMBER. O(log n), in a small set O(size).
func (z SortedSets) Random(key string) (member Scored, ok bool, err error) {
	some, err := z.RandomN(key, 1)
	if err != nil || len(some) == 0 {
		return Scored{}, false, err
	}
	return some[0], true, nil
}

// RandomN returns n different random members, each choice of n with the same
// probability, or all members if there are no more. A negative n asks for -n members that are
// chosen independently, so that one may come several times. It is ZRANDMEMBER with a count.
// O(n log size) expected.
//
// It returns ErrOutOfRange for more than 2^24 members that are chosen independently.
func (z SortedSets) RandomN(key string, n int) (members []Scored, err error) {
	err = z.RandomEach(key, n, func(int) {}, func(member []byte, score float64) {
		members = append(members, Scored{string(member), score})
	})
	return members, err
}

// RandomEach calls begin with how many members RandomN would return, then fn with each of them, as
// RangeEach does.
func (z SortedSets) RandomEach(key string, n int, begin func(n int), fn func(member []byte, score float64)) error {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	size, src := v.len(), s.Source()
	switch {
	case size == 0:
		begin(0)
	case n >= size:
		v.emit(0, size, false, begin, fn)
	case n >= 0:
		begin(n)
		v.sample(n, src, fn)
	case n < -maxDraws:
		return ErrOutOfRange
	default:
		begin(-n)
		for ; n < 0; n++ {
			v.at(below(src, size), fn)
		}
	}
	return nil
}

// at shows the member of a rank.
func (v *sortedValue) at(rank int, fn func([]byte, float64)) {
	v.each(rank, rank+1, false, func(member string, score float64) bool {
		fn(bytesOf(member), score)
		return true
	})
}

// sample shows n different random members, of which there are more.
func (v *sortedValue) sample(n int, src rand.Source, fn func([]byte, float64)) {
	size := v.len()
	if n > size/4 {
		// Each is chosen with the probability that makes up for those before it.
		v.each(0, size, false, func(member string, score float64) bool {
			if below(src, size) < n {
				fn(bytesOf(member), score)
				n--
			}
			size--
			return n > 0
		})
		return
	}
	taken := make(map[int]struct{}, n)
	for len(taken) < n {
		rank := below(src, size)
		if _, again := taken[rank]; !again {
			taken[rank] = struct{}{}
			v.at(rank, fn)
		}
	}
}

// Scan returns some members and the cursor with which to ask for more; it starts
// with cursor zero, and zero comes back at the end. A small set is returned whole. It is
// ZSCAN. O(Count).
//
// A member that is in the set during the whole scan is returned at least once, whatever
// happens meanwhile; one that is never in it then is not returned. A member may be
// returned twice. The cursor is all there is to a scan.
func (z SortedSets) Scan(key string, cursor uint64, o ElementScanOptions) (members []Scored, next uint64, err error) {
	members, next, _, err = z.ScanDense(key, cursor, o)
	return members, next, err
}

// ScanDense is Scan that reports, too, whether the set is dense. Redis prints the scores of such sets in another form.
func (z SortedSets) ScanDense(key string, cursor uint64, o ElementScanOptions) (members []Scored, next uint64, dense bool, err error) {
	var s keyspace.Slot
	if err := z.lockRead(&s, key); err != nil {
		return nil, 0, false, err
	}
	defer s.Unlock()
	add := func(member string, score float64) bool {
		if o.wants(member) {
			members = append(members, Scored{string(bytesOf(member)), score})
		}
		return true
	}
	v := sortedOf(&s)
	if v.enc != sortedTree {
		v.each(0, v.len(), false, add)
		return members, 0, true, nil
	}
	var room [4 * scanCount]arena.Ref
	refs, next := v.large.root.Scan(v.large.env, cursor, o.count(), room[:0])
	for _, ref := range refs {
		add(v.large.member(ref), v.large.scoreOf(ref))
	}
	return slices.Clip(members), next, false, nil
}
