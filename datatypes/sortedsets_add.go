package datatypes

import (
	"math"
	"slices"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/btree"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// sortedAdder is a ZADD or ZINCRBY: what is asked of it and what it has done.
type sortedAdder struct {
	options AddOptions
	incr    bool

	added, changed int
	score          float64 // of the last member
	refused        bool    // the options did not let the last member's score be changed
	packed         int     // how many members went through a dense set, where a negative zero loses its sign

	undo []undone
}

// undone is what it takes to take back what was done to an element.
type undone struct {
	ref   arena.Ref
	score float64
	added bool
}

// decide returns the score to be given to a member, whose present score is cur if it exists, and
// whether to do so. It fails with ErrNaN.
func (a *sortedAdder) decide(cur float64, exists bool, score float64) (to float64, act bool, err error) {
	o := &a.options
	a.refused = o.IfAbsent && exists || o.IfPresent && !exists
	if a.refused {
		return 0, false, nil
	}
	if exists && a.incr {
		if score += cur; math.IsNaN(score) {
			return 0, false, ErrNaN
		}
	}
	a.score = score
	if !exists {
		return score, true, nil
	}
	a.refused = o.IfGreater && score <= cur || o.IfLess && score >= cur
	return score, !a.refused && score != cur, nil
}

// count records what was done.
func (a *sortedAdder) count(existed bool) {
	if existed {
		a.changed++
	} else {
		a.added++
	}
}

func (a *sortedAdder) event() string {
	if a.incr {
		return "zincr"
	}
	return "zadd"
}

func (z SortedSets) add(key string, a *sortedAdder, members []Scored) error {
	if a.options.conflict() {
		return ErrConflict
	}
	if len(key) > keyspace.MaxSize {
		return ErrTooLarge
	}
	for i := range members {
		if len(members[i].Member) > keyspace.MaxSize {
			return ErrTooLarge
		}
	}
	var s keyspace.Slot
	if err := z.lock(&s, key); err != nil {
		return err
	}
	defer s.Unlock()
	limits := sortedLimitsOf(z.view)
	err := a.run(&s, members, &limits)
	if a.added+a.changed > 0 {
		s.Notify(keyspace.ClassSortedSet, a.event())
	}
	return err
}

// run does everything or, when it fails, nothing.
func (a *sortedAdder) run(s *keyspace.Slot, members []Scored, limits *sortedLimits) error {
	if v := sortedOf(s); v.enc != sortedTree {
		if done, err := a.dense(s, &v, members, limits); done || err != nil {
			return err
		}
	}
	return a.large(s, members)
}

// dense adds to a dense or a missing set. It returns false, without effect, if the set
// is to be dense no more.
func (a *sortedAdder) dense(s *keyspace.Slot, v *sortedValue, members []Scored, limits *sortedLimits) (done bool, err error) {
	d := lendSorted(v)
	defer d.release()
	for {
		for i := range members {
			if fits, err := a.draft(d, &members[i], limits); !fits || err != nil {
				a.added, a.changed, a.packed = 0, 0, i
				return false, err
			}
		}
		if a.added+a.changed == 0 {
			return true, nil
		}
		existed := s.Exists()
		if err = s.GrowTo(len(d.pack)); err == nil && existed && !s.Exists() {
			a.added, a.changed = 0, 0 // evicted to make room: once more, from nothing
			d.reset(&sortedValue{})
			continue
		}
		if err == nil {
			err = d.store(s, s.ExpireAt())
		}
		if err != nil {
			a.added, a.changed = 0, 0
		}
		return true, err
	}
}

// draft adds a member to a draft and reports whether it fits.
func (a *sortedAdder) draft(d *sortedDraft, m *Scored, limits *sortedLimits) (fits bool, err error) {
	p, exists := d.pack.find(m.Member)
	cur := 0.0
	if exists {
		cur = d.pack.scoreAt(p)
	}
	score, act, err := a.decide(cur, exists, m.Score)
	switch {
	case err != nil || !act:
		return true, err
	case exists:
		d.update(p, m.Member, score)
	case !d.insert(m.Member, score, limits):
		return false, nil
	}
	a.count(exists)
	return true, nil
}

// large adds to a set that is, or is to become, a large one.
func (a *sortedAdder) large(s *keyspace.Slot, members []Scored) error {
	need := 0
	for i := range members {
		need += sortedMemberBytes(len(members[i].Member))
	}
	if v := sortedOf(s); v.enc == sortedPack {
		need += v.pack.bytesAsLarge()
	}
	if err := s.Grow(need); err != nil {
		return err
	}
	v := sortedOf(s) // Grow may have evicted the key
	if v.enc == sortedTree {
		return a.update(s, &v.large, members)
	}
	s.BeginWrite()
	l, err := newLargeSorted(s.Env())
	if err != nil {
		return err
	}
	if err = l.insertDense(&v); err == nil {
		err = a.apply(&l, members, nil)
	}
	if err != nil {
		l.free()
		return err
	}
	if l.root.Len() == 0 { // no member may be added
		l.free()
		return nil
	}
	if err = l.put(s, s.ExpireAt()); err != nil {
		a.added, a.changed = 0, 0
	}
	return err
}

// update adds to a large set.
func (a *sortedAdder) update(s *keyspace.Slot, l *largeSorted, members []Scored) error {
	err := a.apply(l, members, s)
	if err != nil || a.added+a.changed > 0 {
		l.store(s.Value())
	}
	return err
}

// apply adds members to a set, which is the slot's unless that is nil. When it fails it has
// taken back what it had done.
func (a *sortedAdder) apply(l *largeSorted, all []Scored, s *keyspace.Slot) error {
	for i := range all {
		m := &all[i]
		ref := l.root.Find(l.env, m.Member)
		cur := 0.0
		if ref != 0 {
			cur = l.scoreOf(ref)
		}
		score, act, err := a.decide(cur, ref != 0, m.Score)
		if act && a.added+a.changed == 0 && s != nil {
			s.BeginWrite()
		}
		if i < a.packed && score == 0 {
			score = 0
		}
		existed := ref != 0
		switch {
		case !act:
		case existed:
			err = l.update(ref, score)
		default:
			ref, err = l.insert(m.Member, score)
		}
		if err != nil {
			a.takeBack(l)
			return err
		}
		if act {
			a.count(existed)
			if len(all) > 1 {
				a.undo = append(a.undo, undone{ref, cur, !existed})
			}
		}
	}
	return nil
}

// takeBack undoes what was done to a set, the last first.
func (a *sortedAdder) takeBack(l *largeSorted) {
	for _, u := range slices.Backward(a.undo) {
		if u.added {
			l.remove(u.ref)
		} else {
			_ = l.update(u.ref, u.score) // into the room that it takes up itself
		}
	}
	a.added, a.changed = 0, 0
}

// bytesAsLarge is about how many bytes the members take in a large set.
func (d densePack) bytesAsLarge() (n int) {
	for p := d.lp().First(); p < d.lp().End(); {
		member, _, next := d.read(p)
		n += sortedMemberBytes(member.Len())
		p = next
	}
	return n + sortedRootSize + btree.RootSize
}

// insertDense inserts the members of a dense or missing set into an empty one.
func (l *largeSorted) insertDense(v *sortedValue) (err error) {
	b := newSortedBuilder(l)
	v.each(0, v.len(), false, func(member string, score float64) bool {
		err = b.add(l, member, score)
		return err == nil
	})
	b.Finish()
	return err
}

// add appends a new member to the set and to the tree that is built.
func (b *sortedBuilder) add(l *largeSorted, member string, score float64) error {
	if l.root.Reserve(l.env, members.Scored.Size(len(member), 0)+buildReserve) != nil {
		return ErrOutOfMemory
	}
	ref := l.root.Insert(l.env, member, nil)
	members.SetScore(l.env.Arena, ref, score)
	b.Append(scoreKey(score), ref)
	return nil
}
