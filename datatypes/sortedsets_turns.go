package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// Operations that remove many members of a sorted set, in turns: the set is claimed meanwhile (keyspace.View.InTurns).

// fewRemoved is how many elements are removed with the lock held throughout: about a tenth of a millisecond.
const fewRemoved = 256

// sortedRemoval removes the members of a range of ranks.
type sortedRemoval struct {
	event   string
	highest bool // from the highest rank down
	begun   bool
	whole   bool // all of the set, which therefore stays as it is until the end
	i, j    int  // the ranks yet to be removed, or of the whole set to be copied
	removed int
	copies  *scoredCopies // of what is removed, in that order; nil if nobody wants them
}

// removeMany removes the members of ranks that span chooses, and returns how many there were.
func (z SortedSets) removeMany(key string, r *sortedRemoval, span func(v *sortedValue) (i, j int)) (removed int, err error) {
	err = z.view.InTurns(key, func(s *keyspace.Slot) (more bool, err error) {
		if err := s.Is(keyspace.SortedSet); err != nil {
			return false, err
		}
		v := sortedOf(s)
		if !r.begun {
			r.begun = true
			r.i, r.j = span(&v)
			r.whole = r.j-r.i == v.len()
		}
		return r.turn(s, &v)
	})
	return r.removed, err
}

// turn removes some members of the slot's set, which is v.
func (r *sortedRemoval) turn(s *keyspace.Slot, v *sortedValue) (more bool, err error) {
	n := min(r.j-r.i, scoredStep)
	if r.whole && r.copies == nil || v.enc != sortedTree {
		n = r.j - r.i // at once
	}
	i, j := r.i, r.i+n
	if r.highest {
		i, j = r.j-n, r.j
	}
	if r.copies != nil {
		v.each(i, j, r.highest, func(member string, score float64) bool {
			r.copies.add(member, score)
			return true
		})
	}
	r.removed += n
	switch {
	case n == r.j-r.i && r.whole:
		return false, v.remove(s, 0, v.len(), r.event)
	case n == r.j-r.i:
		return false, v.remove(s, i, j, r.event)
	case !r.whole:
		s.BeginWrite()
		v.large.removeRange(i, j)
		v.large.store(s.Value())
		r.j -= n
	case r.highest:
		r.j -= n
	default:
		r.i += n
	}
	return true, nil
}

// removeRangeMany is RemoveRange in turns.
func (z SortedSets) removeRangeMany(key string, of Range) (int, error) {
	r := &sortedRemoval{event: removeEvents[of.by]}
	return z.removeMany(key, r, func(v *sortedValue) (i, j int) { return v.span(&of) })
}

// popMany pops members in turns and returns copies.
func (z SortedSets) popMany(key string, n int, highest bool) (*scoredCopies, error) {
	r := &sortedRemoval{event: popEvent(highest), highest: highest, copies: &scoredCopies{}}
	_, err := z.removeMany(key, r, func(v *sortedValue) (i, j int) { return v.end(n, highest) })
	return r.copies, err
}

// emit shows the copies, after how many there are.
func (c *scoredCopies) emit(begin func(n int), fn func(member []byte, score float64)) {
	begin(len(c.ends))
	c.drain(fn)
}
