package datatypes

import (
	"math/rand/v2"
	"slices"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
)

// Pop removes a random member, each with the same probability, and returns it,
// with ok false if there is none. It is SPOP. O(1), in a small set O(size).
func (st Sets) Pop(key string) (member string, ok bool, err error) {
	b, ok, err := st.AppendPop(nil, key)
	return string(b), ok, err
}

// AppendPop is Pop that appends the member to dst.
func (st Sets) AppendPop(dst []byte, key string) (_ []byte, ok bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	if !s.Exists() {
		return dst, false, nil
	}
	v := setOf(&s)
	out, err := v.appendPop(dst, &s)
	if err != nil {
		return dst, false, err
	}
	notifyGone(&s, "spop")
	return out, true, nil
}

// appendPop removes a random member of the slot's set, which is v, and appends it
// to dst.
func (v *setValue) appendPop(dst []byte, s *keyspace.Slot) ([]byte, error) {
	if v.enc == setTable {
		s.BeginWrite()
		ref := v.large.root.Random(v.large.env.Arena, s.Source())
		dst = append(dst, v.large.member(ref)...)
		v.large.root.RemoveRef(v.large.env, ref)
		v.large.save(s)
		return dst, nil
	}
	e := v.denseAt(below(s.Source(), v.len()))
	dst = e.Append(dst)
	d := lendDraft(v)
	defer d.release()
	d.remove(e)
	return dst, d.store(s, s.ExpireAt())
}

// below returns a random number from 0 to n-1.
func below(src rand.Source, n int) int { return int(src.Uint64() >> 32 * uint64(n) >> 32) }

// Random returns a random member, each with the same probability, with ok false
// if there is none. It is SRANDMEMBER. O(1), in a small set O(size).
func (st Sets) Random(key string) (member string, ok bool, err error) {
	b, ok, err := st.AppendRandom(nil, key)
	return string(b), ok, err
}

// AppendRandom is Random that appends the member to dst.
func (st Sets) AppendRandom(dst []byte, key string) (_ []byte, ok bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	s.Touch()
	if !s.Exists() {
		return dst, false, nil
	}
	v := setOf(&s)
	if v.enc == setTable {
		return append(dst, v.large.member(v.large.root.Random(v.large.env.Arena, s.Source()))...), true, nil
	}
	return v.denseAt(below(s.Source(), v.len())).Append(dst), true, nil
}

// RandomN returns n different random members, each choice of n with the same
// probability, or all members if there are no more. A negative n asks for -n members that are
// chosen independently, so that one may come several times. It is SRANDMEMBER with a count. O(n)
// expected, in a small set O(n × size).
//
// It returns ErrOutOfRange for more than 2^24 members that are chosen independently.
func (st Sets) RandomN(key string, n int) (members []string, err error) {
	err = st.RandomEach(key, n, func(m []byte) { members = append(members, string(m)) })
	return members, err
}

// RandomEach calls fn with each member that RandomN would return, as Each does.
func (st Sets) RandomEach(key string, n int, fn func(member []byte)) error {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return err
	}
	defer s.Unlock()
	s.Touch()
	v := setOf(&s)
	switch {
	case n == 0 || v.enc == setNone:
	case n < -maxDraws:
		return ErrOutOfRange
	case n < 0:
		v.draw(-n, s.Source(), fn)
	default:
		v.sample(n, s.Source(), func(handle uint32) {
			var digits [maxDigits]byte
			fn(bytesOf(v.at(handle, digits[:])))
		})
	}
	return nil
}

// draw calls fn with n random members, chosen independently.
func (v *setValue) draw(n int, src rand.Source, fn func([]byte)) {
	var digits [maxDigits]byte
	for range n {
		if v.enc == setTable {
			fn(bytesOf(v.large.member(v.large.root.Random(v.large.env.Arena, src))))
			continue
		}
		fn(bytesOf(textOf(v.denseAt(below(src, v.len())), digits[:])))
	}
}

// sample calls fn with the handles of n different random members, or of all if
// there are no more.
func (v *setValue) sample(n int, src rand.Source, fn func(handle uint32)) {
	if v.enc == setTable {
		for _, ref := range v.large.root.Sample(v.large.env.Arena, src, n, nil) {
			fn(uint32(ref))
		}
		return
	}
	// Each is chosen with the probability that makes up for those before it.
	left := v.len()
	v.eachHandle(func(handle uint32) {
		if below(src, left) < n {
			fn(handle)
			n--
		}
		left--
	})
}

// PopN removes n different random members, each choice of n with the same
// probability, or all members if there are no more, and returns them. It is SPOP with a
// count. O(n) expected, in a small set O(size).
func (st Sets) PopN(key string, n int) (members []string, err error) {
	err = st.PopEach(key, n, func(m []byte) { members = append(members, string(m)) })
	return members, err
}

// PopEach calls fn with each member that it removes as PopN does, as Each does. Many are removed first.
// It returns ErrOutOfRange for a negative n.
func (st Sets) PopEach(key string, n int, fn func(member []byte)) error {
	if n < 0 {
		return ErrOutOfRange
	}
	many, err := st.popFew(key, n, fn)
	if !many || err != nil {
		return err
	}
	return st.popMany(key, n, fn)
}

// popFew is PopEach unless there are many members to pop one by one.
func (st Sets) popFew(key string, n int, fn func(member []byte)) (many bool, err error) {
	var s keyspace.Slot
	if err := st.lock(&s, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	if n == 0 || !s.Exists() {
		return false, nil
	}
	v, limits := setOf(&s), setLimitsOf(st.view)
	if v.enc == setTable && min(n, v.len()) > fewRemoved {
		return true, st.view.TakeTime()
	}
	if err := v.pop(n, &s, &limits, fn); err != nil {
		return false, err
	}
	notifyGone(&s, "spop")
	return false, nil
}

// popRebuild is how many times as many members as stay must go for it to be
// less work to build a new set of those that stay.
const popRebuild = 5

// pop removes n random members of the slot's set, which is v, and calls fn with
// each while it is still there.
func (v *setValue) pop(n int, s *keyspace.Slot, l *setLimits, fn func([]byte)) error {
	stay := v.len() - n
	switch {
	case stay <= 0:
		v.eachMember(fn)
		s.Delete()
		return nil
	case v.enc != setTable:
		return v.popDense(n, s, fn)
	case v.mostGo(n):
		return v.popMost(stay, s, l, fn)
	}
	s.BeginWrite()
	v.popLarge(s, n, fn)
	return nil
}

// mostGo reports whether so few members of a large set stay when n are popped that a new set is to be built of them.
func (v *setValue) mostGo(n int) bool {
	return v.enc == setTable && v.large.root.Volatile() == 0 && popRebuild*(v.len()-n) < n
}

// popLarge is pop for some members of a large set. The write has begun.
func (v *setValue) popLarge(s *keyspace.Slot, n int, fn func([]byte)) {
	popped := v.large.root.Sample(v.large.env.Arena, s.Source(), n, nil)
	for _, ref := range popped { // before any is removed: a panic of fn leaves the set as it was
		fn(bytesOf(v.large.member(ref)))
	}
	for _, ref := range popped {
		v.large.root.RemoveRef(v.large.env, ref)
	}
	v.large.save(s)
}

func (v *setValue) popDense(n int, s *keyspace.Slot, fn func([]byte)) error {
	d := lendDraft(v)
	defer d.release()
	v.sample(n, s.Source(), func(handle uint32) {
		var digits [maxDigits]byte
		name := v.at(handle, digits[:])
		d.remove(elementOf(name))
		fn(bytesOf(name))
	})
	return d.store(s, s.ExpireAt())
}

// popMost is pop for when few members stay: a new set is built of them.
func (v *setValue) popMost(stay int, s *keyspace.Slot, l *setLimits, fn func([]byte)) error {
	a := lendAlgebra()
	defer a.release()
	a.adopt(v)
	staying := v.large.root.Sample(v.large.env.Arena, s.Source(), stay, nil)
	slices.Sort(staying)
	for more := true; more && a.next(); {
		b := &a.batch
		for i, name := range b.names[:b.n] {
			ref := arena.Ref(b.handles[i])
			if _, stays := slices.BinarySearch(staying, ref); !stays {
				fn(bytesOf(name))
			}
		}
		b.keep(func(i int) bool {
			_, stays := slices.BinarySearch(staying, arena.Ref(b.handles[i]))
			return stays
		})
		more = a.emit()
	}
	return a.build(s, l, s.ExpireAt())
}

// eachMember calls fn with every member.
func (v *setValue) eachMember(fn func([]byte)) {
	a := lendAlgebra()
	defer a.release()
	a.adopt(v)
	a.pick, a.each = false, fn
	a.run(opUnion)
}
