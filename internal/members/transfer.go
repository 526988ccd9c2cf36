package members

import (
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

// Release frees about budget blocks of the collection and reports whether none is
// left. After the first call the root is good for further calls only.
func (r *Root) Release(env *hashtable.Env, budget int) (done bool) {
	a := env.Arena
	if r.bytes > 0 { // the first call: from here on earliest is a cursor
		r.dropWheel(a)
		r.bytes, r.volatile, r.earliest = 0, 0, 0
	}
	var room [2 * batch]arena.Ref
	for ; budget > 0; budget-- {
		if r.table.IsBlank() {
			return true
		}
		refs, next := r.table.Drain(a, uint64(r.earliest), room[:0])
		touch(a, refs)
		for _, ref := range refs {
			r.free(a, ref)
		}
		budget -= len(refs)
		r.earliest = int64(next)
	}
	return r.table.IsBlank()
}

// Copy is a copy of a collection in the making.
type Copy struct {
	Root   Root
	cursor uint64
	base   int64
	begun  bool
}

// Some copies about budget elements more of r, which has not changed since the first call, from an arena to another, or
// to the same. It reports whether that was all. What there is when it fails is a collection too.
func (c *Copy) Some(r *Root, to, from *hashtable.Env, budget int) (done bool, err error) {
	if !c.begun {
		c.begun = true
		c.Root = New(r.shape)
		if c.base = r.earliest; r.wheel != 0 {
			c.base = r.wheelAt(from.Arena).base
		}
	}
	var room [2 * batch]arena.Ref
	for ; budget > 0; budget-- {
		refs, next := r.table.Walk(from.Arena, c.cursor, room[:0])
		touch(from.Arena, refs)
		for _, ref := range refs {
			if err := c.Root.add(to, from, ref, c.base); err != nil {
				return false, err
			}
		}
		if c.cursor = next; next == 0 {
			return true, nil
		}
		budget -= len(refs)
	}
	return false, nil
}

// add adds a copy of an element in another arena.
func (r *Root) add(to, from *hashtable.Env, ref arena.Ref, base int64) error {
	l := r.shape.layoutOf(from.Arena.Ptr(ref))
	if err := r.Reserve(to, arena.ClassSize(l.size)); err != nil {
		return err
	}
	before := to.Arena.Used()
	p, at := from.Arena.Ptr(ref), int64(0)
	if l.linked {
		at = l.expiry(p)
	}
	c := r.shape.put(to.Arena, l.memberAt(p), l.valueAt(p), at != 0)
	if r.shape == Scored {
		SetScore(to.Arena, c, Score(from.Arena, ref))
	}
	r.table.Insert(to, r.shape.entries(to), Hash(to, r.shape.Member(to.Arena, c)), c)
	if at != 0 {
		r.link(to.Arena, c, at, base)
	}
	r.account(to, before)
	return nil
}

// Relocate moves blocks that stand in the way of compaction, looking at about budget
// of them from the cursor on. It returns where to go on, zero at the end. If moved is not nil,
// it is called for each element that moved, while both places can be read; it must leave the collection
// alone.
func (r *Root) Relocate(env *hashtable.Env, cursor uint64, budget int, moved func(from, to arena.Ref)) (next uint64) {
	a := env.Arena
	if cursor == 0 && r.wheel != 0 && a.Evacuating(r.wheel) {
		to := a.Alloc(wheelSize)
		copy(a.Bytes(to, wheelSize), a.Bytes(r.wheel, wheelSize))
		a.Free(r.wheel, wheelSize)
		r.wheel = to
	}
	v := &mover{r, a, moved, 0}
	entries := r.shape.entries(env)
	for v.seen < budget {
		r.table.Relocate(a, cursor)
		cursor = r.table.VisitInPlace(env, entries, cursor, v)
		if cursor == 0 {
			return 0
		}
		v.seen++
	}
	return cursor
}

type mover struct {
	root  *Root
	arena *arena.Arena
	moved func(from, to arena.Ref)
	seen  int
}

// Visit implements hashtable.Visitor.
func (m *mover) Visit(refs []arena.Ref) {
	m.seen += len(refs)
	for i, ref := range refs {
		if m.arena.Evacuating(ref) {
			refs[i] = m.move(ref)
		}
	}
}

func (m *mover) move(ref arena.Ref) arena.Ref {
	a, s := m.arena, m.root.shape
	l := s.layoutOf(a.Ptr(ref))
	to := a.Alloc(l.size)
	copy(a.Bytes(to, l.size), a.Bytes(ref, l.size))
	if l.linked {
		m.root.takeLinks(a, ref, to)
	}
	if m.moved != nil {
		m.moved(ref, to)
	}
	a.Free(ref, l.size)
	return to
}
