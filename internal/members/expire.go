package members

import (
	"math"
	"math/bits"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

const (
	// fewVolatile is how many elements may expire before they get a wheel.
	fewVolatile = 16

	digitBits = 3
	digits    = 1 << digitBits
	farLevel  = 14 // for times whose difference has more digits: some 139 years away
	wheelSize = int(unsafe.Sizeof(wheel{}))
)

// wheel has lists of elements by when they expire. All elements on it expire at
// base or later, but for those added with an earlier time because the clock went back:
// these are on base's list.
//
// A time is on the level of its first digit that differs from those of base, level 0
// being the last digit, and there on the list of the digit's value. As base only moves to where
// the first list begins, a time's place is the same as when it was added.
type wheel struct {
	base  int64
	lists [farLevel + 1][digits]arena.Ref
	used  [farLevel + 1]uint8 // bit n: lists[…][n] is not empty
}

func (w *wheel) place(at int64) (level, digit int) {
	at = max(at, w.base)
	if at == w.base {
		return 0, int(at) & (digits - 1)
	}
	level = (bits.Len64(uint64(at^w.base)) - 1) / digitBits
	if level >= farLevel {
		return farLevel, 0
	}
	return level, int(at>>(level*digitBits)) & (digits - 1)
}

// first returns the first list and when its time begins. The wheel has one.
func (w *wheel) first() (level, digit int, at int64) {
	for w.used[level] == 0 {
		level++
	}
	digit = bits.TrailingZeros8(w.used[level])
	if level == farLevel {
		const shift = farLevel * digitBits
		return level, digit, (w.base>>shift + 1) << shift
	}
	shift := level * digitBits
	at = w.base>>(shift+digitBits)<<(shift+digitBits) | int64(digit)<<shift
	return level, digit, at
}

func (r *Root) wheelAt(a *arena.Arena) *wheel { return (*wheel)(a.Ptr(r.wheel)) }

// Volatile returns the number of elements that expire. O(1).
func (r *Root) Volatile() int { return int(r.volatile) }

// Earliest returns a time, in Unix milliseconds, before which no element
// expires. O(1).
func (r *Root) Earliest() int64 {
	if r.volatile == 0 {
		return math.MaxInt64
	}
	return r.earliest
}

// Lapsed reports whether elements may have expired before now, in Unix
// milliseconds, so that Purge is called for. O(1).
func (r *Root) Lapsed(now int64) bool { return r.Earliest() < now }

// SetExpireAt makes an element expire at a time, in Unix milliseconds and later than now, and
// returns the element, which may have moved. The caller has reserved the bytes of a block. O(1).
func (r *Root) SetExpireAt(env *hashtable.Env, ref arena.Ref, at, now int64) arena.Ref {
	a := env.Arena
	before := a.Used()
	l := r.shape.layoutOf(a.Ptr(ref))
	if l.linked {
		r.forget(a, ref)
	} else {
		ref = r.rewrite(env, ref, r.shape.Value(a, ref), true)
	}
	r.link(a, ref, at, now)
	r.account(env, before)
	return ref
}

// Persist makes an element expire no more and reports whether it did. The
// room for an expiry stays until the element moves to another block. O(1).
func (r *Root) Persist(env *hashtable.Env, ref arena.Ref) bool {
	if r.shape.ExpireAt(env.Arena, ref) == 0 {
		return false
	}
	before := env.Arena.Used()
	r.forget(env.Arena, ref)
	r.account(env, before)
	return true
}

// link puts an element that has room for it on a list. base bounds all times to come
// from below.
func (r *Root) link(a *arena.Arena, ref arena.Ref, at, base int64) {
	p := a.Ptr(ref)
	l := r.shape.layoutOf(p)
	l.setExpiry(p, at)
	if r.volatile == 0 || at < r.earliest {
		r.earliest = at
	}
	r.volatile++
	if r.wheel == 0 && r.volatile > fewVolatile {
		r.addWheel(a, base)
	}
	r.push(a, ref, at)
}

// push puts an element on the list of its time.
func (r *Root) push(a *arena.Arena, ref arena.Ref, at int64) {
	head := &r.list
	if r.wheel != 0 {
		w := r.wheelAt(a)
		level, digit := w.place(at)
		head = &w.lists[level][digit]
		w.used[level] |= 1 << digit
	}
	p := a.Ptr(ref)
	l := r.shape.layoutOf(p)
	l.setNext(p, *head)
	l.setPrev(p, 0)
	if *head != 0 {
		r.setPrev(a, *head, ref)
	}
	*head = ref
}

// addWheel moves the elements that expire to a wheel.
func (r *Root) addWheel(a *arena.Arena, base int64) {
	r.wheel = a.Alloc(wheelSize)
	*r.wheelAt(a) = wheel{base: base}
	for ref := r.list; ref != 0; {
		p := a.Ptr(ref)
		l := r.shape.layoutOf(p)
		next := l.next(p)
		r.push(a, ref, l.expiry(p))
		ref = next
	}
	r.list = 0
}

func (r *Root) dropWheel(a *arena.Arena) {
	if r.wheel != 0 {
		a.Free(r.wheel, wheelSize)
	}
	r.wheel = 0
}

// forget takes an element off the list that it is on, if any.
func (r *Root) forget(a *arena.Arena, ref arena.Ref) {
	p := a.Ptr(ref)
	l := r.shape.layoutOf(p)
	if !l.linked || l.expiry(p) == 0 {
		return
	}
	next, prev := l.next(p), l.prev(p)
	if next != 0 {
		r.setPrev(a, next, prev)
	}
	if prev != 0 {
		q := a.Ptr(prev)
		m := r.shape.layoutOf(q)
		m.setNext(q, next)
	} else {
		r.setHead(a, l.expiry(p), ref, next)
	}
	l.setExpiry(p, 0)
	if r.volatile--; r.volatile == 0 {
		r.dropWheel(a)
	}
}

func (r *Root) setPrev(a *arena.Arena, ref, prev arena.Ref) {
	p := a.Ptr(ref)
	l := r.shape.layoutOf(p)
	l.setPrev(p, prev)
}

// setHead makes another element the first of the list that begins with is, whose
// elements expire about at.
func (r *Root) setHead(a *arena.Arena, at int64, is, next arena.Ref) {
	if r.list == is {
		r.list = next
		return
	}
	w := r.wheelAt(a)
	level, digit := w.place(at)
	w.lists[level][digit] = next
	if next == 0 {
		w.used[level] &^= 1 << digit
	}
}

// takeLinks gives the element at to the place that the one at from has on a list.
func (r *Root) takeLinks(a *arena.Arena, from, to arena.Ref) {
	p, q := a.Ptr(from), a.Ptr(to)
	l, m := r.shape.layoutOf(p), r.shape.layoutOf(q)
	at, next, prev := l.expiry(p), l.next(p), l.prev(p)
	m.setExpiry(q, at)
	m.setNext(q, next)
	m.setPrev(q, prev)
	if at == 0 {
		return
	}
	if next != 0 {
		r.setPrev(a, next, to)
	}
	if prev == 0 {
		r.setHead(a, at, from, to)
		return
	}
	p = a.Ptr(prev)
	l = r.shape.layoutOf(p)
	l.setNext(p, to)
}

// Purge removes elements that expired before now, in Unix milliseconds, and
// looks at no more than budget of those that expire. It reports how many it removed and whether
// there may be more. If gone is not nil, it is called for each before it is removed, and must leave the
// collection alone. The time is O(1) for each element that expires, over its life, beside
// the removals themselves.
func (r *Root) Purge(env *hashtable.Env, now int64, budget int, gone func(arena.Ref)) (removed int, more bool) {
	before := env.Arena.Used()
	for r.Lapsed(now) {
		if budget <= 0 {
			more = true
			break
		}
		if r.wheel == 0 {
			removed += r.purgeFew(env, now, gone)
			break
		}
		if r.list == 0 && !r.turn(env.Arena, now) {
			break
		}
		removed += r.sort(env, now, &budget, gone)
	}
	r.account(env, before)
	return removed, more
}

// purgeFew removes what has expired from the one list there is.
func (r *Root) purgeFew(env *hashtable.Env, now int64, gone func(arena.Ref)) (removed int) {
	earliest := int64(math.MaxInt64)
	for ref := r.list; ref != 0; {
		p := env.Arena.Ptr(ref)
		l := r.shape.layoutOf(p)
		next, at := l.next(p), l.expiry(p)
		if at < now {
			r.lapse(env, ref, gone)
			removed++
		} else {
			earliest = min(earliest, at)
		}
		ref = next
	}
	r.earliest = earliest
	return removed
}

func (r *Root) lapse(env *hashtable.Env, ref arena.Ref, gone func(arena.Ref)) {
	if gone != nil {
		gone(ref)
	}
	r.forget(env.Arena, ref)
	r.unindex(env, ref)
}

// turn moves the wheel on to its first list, which is to be sorted then. It
// reports false if that list's time begins at now or later.
func (r *Root) turn(a *arena.Arena, now int64) bool {
	w := r.wheelAt(a)
	level, digit, at := w.first()
	if at >= now {
		r.earliest = at
		return false
	}
	r.list = w.lists[level][digit]
	w.lists[level][digit] = 0
	w.used[level] &^= 1 << digit
	w.base = max(w.base, at)
	return true
}

// sort removes elements that have expired from the list that is being sorted and puts the
// others on lists of lower levels, until the list is empty or the budget spent.
func (r *Root) sort(env *hashtable.Env, now int64, budget *int, gone func(arena.Ref)) (removed int) {
	a := env.Arena
	for ; r.list != 0 && *budget > 0; *budget-- {
		ref := r.list
		p := a.Ptr(ref)
		l := r.shape.layoutOf(p)
		at := l.expiry(p)
		if at < now {
			r.lapse(env, ref, gone)
			removed++
			continue
		}
		if r.list = l.next(p); r.list != 0 {
			r.setPrev(a, r.list, 0)
		}
		r.push(a, ref, at)
	}
	return removed
}
