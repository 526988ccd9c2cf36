package members

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

// Shape says what the elements of a collection have besides their member.
type Shape uint8

// The shapes.
const (
	Plain  Shape = iota // nothing
	Valued              // a value of any length
	Scored              // a score
)

// This file reads and writes element blocks where they lie. That is sound
// because every offset is computed from the lengths in the block's own head, which put wrote for
// the size that was allocated, and because a block stays where it is until it is freed,
// which only the owner does.

const (
	scoreSize = 8
	linkSize  = 16 // expiry and two refs

	flagExpiry = 1 << 7 // there is room for an expiry
	flagWide   = 1 << 6 // lengths stand in words of their own

	maxNarrowMember = 1<<6 - 1
	maxNarrowValue  = 1<<8 - 1
)

// layout says where the parts of an element are.
type layout struct {
	link   int // offset of expiry and links, if there is room for them
	member int
	value  int
	size   int
	wide   bool
	linked bool // there is room for an expiry
}

// newLayout returns the layout of an element to be written.
func (s Shape) newLayout(member, value int, linked bool) layout {
	l := layout{linked: linked, wide: member > maxNarrowMember || s == Valued && value > maxNarrowValue}
	l.place(s.headAt(), s.headSize(l.wide), member, value)
	return l
}

// layoutOf reads the layout of the element at p.
func (s Shape) layoutOf(p unsafe.Pointer) layout {
	at := s.headAt()
	head := *(*uint8)(unsafe.Add(p, at))
	l := layout{linked: head&flagExpiry != 0, wide: head&flagWide != 0}
	member, value := int(head&maxNarrowMember), 0
	if l.wide {
		member = int(load32(unsafe.Add(p, at+1)))
	}
	switch {
	case s != Valued:
	case l.wide:
		value = int(load32(unsafe.Add(p, at+5)))
	default:
		value = int(*(*uint8)(unsafe.Add(p, at+1)))
	}
	l.place(at, s.headSize(l.wide), member, value)
	return l
}

func (l *layout) place(head, headSize, member, value int) {
	l.link = head + headSize
	l.member = l.link
	if l.linked {
		l.member += linkSize
	}
	l.value = l.member + member
	l.size = l.value + value
}

func (s Shape) headAt() int {
	if s == Scored {
		return scoreSize
	}
	return 0
}

func (s Shape) headSize(wide bool) int {
	switch {
	case s == Valued && wide:
		return 9
	case s == Valued:
		return 2
	case wide:
		return 5
	}
	return 1
}

// writeHead writes flags and lengths.
func (s Shape) writeHead(p unsafe.Pointer, l *layout) {
	at := s.headAt()
	head := uint8(0)
	if l.linked {
		head = flagExpiry
	}
	member, value := l.value-l.member, l.size-l.value
	if !l.wide {
		*(*uint8)(unsafe.Add(p, at)) = head | uint8(member)
		if s == Valued {
			*(*uint8)(unsafe.Add(p, at+1)) = uint8(value)
		}
		return
	}
	*(*uint8)(unsafe.Add(p, at)) = head | flagWide
	store32(unsafe.Add(p, at+1), uint32(member))
	if s == Valued {
		store32(unsafe.Add(p, at+5), uint32(value))
	}
}

func (l *layout) memberAt(p unsafe.Pointer) string {
	return unsafe.String((*byte)(unsafe.Add(p, l.member)), l.value-l.member)
}

func (l *layout) valueAt(p unsafe.Pointer) []byte {
	if l.size == l.value { // no value, behind what may be the last byte of a chunk
		return unsafe.Slice((*byte)(p), 0)
	}
	return unsafe.Slice((*byte)(unsafe.Add(p, l.value)), l.size-l.value)
}

// is reports whether the element at p has the given member. The common case,
// a short member without room for an expiry, is told by the first byte.
func (s Shape) is(p unsafe.Pointer, member string) bool {
	at := s.headAt()
	if n := len(member); n <= maxNarrowMember && *(*uint8)(unsafe.Add(p, at)) == uint8(n) {
		return unsafe.String((*byte)(unsafe.Add(p, at+s.headSize(false))), n) == member
	}
	l := s.layoutOf(p)
	return l.memberAt(p) == member
}

// Member returns an element's member, borrowed from the arena: it is valid until the
// element moves or goes.
func (s Shape) Member(a *arena.Arena, ref arena.Ref) string {
	p := a.Ptr(ref)
	at := s.headAt()
	if head := *(*uint8)(unsafe.Add(p, at)); head <= maxNarrowMember { // most are short, without room for an expiry
		return unsafe.String((*byte)(unsafe.Add(p, at+s.headSize(false))), head)
	}
	l := s.layoutOf(p)
	return l.memberAt(p)
}

// Value returns an element's value, borrowed from the arena like its member. It is empty unless the
// shape is Valued.
func (s Shape) Value(a *arena.Arena, ref arena.Ref) []byte {
	p := a.Ptr(ref)
	l := s.layoutOf(p)
	return l.valueAt(p)
}

// Pair returns an element's member and value, borrowed from the arena.
func (s Shape) Pair(a *arena.Arena, ref arena.Ref) (member string, value []byte) {
	p := a.Ptr(ref)
	l := s.layoutOf(p)
	return l.memberAt(p), l.valueAt(p)
}

// ExpireAt returns when an element expires in Unix milliseconds, zero for
// never.
func (s Shape) ExpireAt(a *arena.Arena, ref arena.Ref) int64 {
	p := a.Ptr(ref)
	l := s.layoutOf(p)
	if !l.linked {
		return 0
	}
	return l.expiry(p)
}

// Size returns the bytes of the block of an element with a member and value of
// these lengths, without an expiry.
func (s Shape) Size(member, value int) int {
	l := s.newLayout(member, value, false)
	return arena.ClassSize(l.size)
}

// Score returns the score of a Scored element.
func Score(a *arena.Arena, ref arena.Ref) float64 {
	return math.Float64frombits(*(*uint64)(a.Ptr(ref)))
}

// SetScore changes the score of a Scored element in place.
func SetScore(a *arena.Arena, ref arena.Ref, score float64) {
	*(*uint64)(a.Ptr(ref)) = math.Float64bits(score)
}

// touch loads the heads of elements so that their cache misses overlap.
func touch(a *arena.Arena, refs []arena.Ref) {
	sum := uint8(0)
	for _, ref := range refs {
		sum += *(*uint8)(a.Ptr(ref))
	}
	keep(sum)
}

// keep is where a value goes whose computation must not be left out.
//
//go:noinline
func keep(uint8) {}

func (l *layout) expiry(p unsafe.Pointer) int64 {
	return int64(binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, l.link))[:]))
}

func (l *layout) setExpiry(p unsafe.Pointer, ms int64) {
	binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(p, l.link))[:], uint64(ms))
}

// next and prev are the neighbours on the list of those that expire.
func (l *layout) next(p unsafe.Pointer) arena.Ref { return arena.Ref(load32(unsafe.Add(p, l.link+8))) }
func (l *layout) prev(p unsafe.Pointer) arena.Ref { return arena.Ref(load32(unsafe.Add(p, l.link+12))) }

func (l *layout) setNext(p unsafe.Pointer, ref arena.Ref) {
	store32(unsafe.Add(p, l.link+8), uint32(ref))
}
func (l *layout) setPrev(p unsafe.Pointer, ref arena.Ref) {
	store32(unsafe.Add(p, l.link+12), uint32(ref))
}

func load32(p unsafe.Pointer) uint32     { return binary.LittleEndian.Uint32((*[4]byte)(p)[:]) }
func store32(p unsafe.Pointer, n uint32) { binary.LittleEndian.PutUint32((*[4]byte)(p)[:], n) }
