package hashtable

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

const (
	bucketSlots = 12
	bucketSize  = 64

	// maxDistance is how many buckets past its home an entry may live. Two
	// bits a slot record the distance, so it cannot grow beyond three.
	maxDistance = 3

	// farSaturated marks a far count that is no longer exact: it stays until
	// the segment is rebuilt.
	farSaturated = 15

	nearShift = 24
	farShift  = 28
)

// bucket is one cache line: the tags come first so that two word loads from
// the start of the line bring every tag and the metadata.
//
// A slot is free when its ref is zero; the tag of a free slot means nothing.
// meta holds, from the low end: two bits of distance for each slot (how many
// buckets past its home the entry lives), four bits of near count (entries
// homed here that live one bucket further), four bits of far count (entries
// homed here that live further still, or in the stash; saturating).
//
// In a stash bucket meta is the ref of the next stash bucket instead.
type bucket struct {
	tags [bucketSlots]uint8
	meta uint32
	refs [bucketSlots]arena.Ref
}

// A bucket must stay exactly one cache line.
var _ [0]struct{} = [unsafe.Sizeof(bucket{}) - bucketSize]struct{}{}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// zeroBytes sets the high bit of each zero byte of x, and leaves the other bits undefined. A byte of value 1 just
// above a zero byte may be set as well; callers compare the entry anyway.
func zeroBytes(x uint64) uint64 { return (x - lowBits) &^ x }

// match returns the slots whose tag may equal tag, free slots included.
func (b *bucket) match(tag uint8) matches {
	pattern := uint64(tag) * lowBits
	low := binary.LittleEndian.Uint64(b.tags[:8]) ^ pattern
	high := uint64(binary.LittleEndian.Uint32(b.tags[8:])) ^ pattern
	return matches(zeroBytes(low)&highBits | zeroBytes(high)>>4&0x08080808)
}

// matches is a set of slots: bit 8i+7 stands for slot i of the first eight, bit
// 8i+3 for slot 8+i.
type matches uint64

// slotOf tells the slot by the bit that stands for it, or by 64 for no bit.
var slotOf = func() (slots [65]uint8) {
	for i := range uint8(bucketSlots) {
		if i < 8 {
			slots[8*i+7] = i
		} else {
			slots[8*(i-8)+3] = i
		}
	}
	return slots
}()

// first returns the first slot in the order of bits. The set is not empty.
func (m matches) first() uint32 {
	return uint32(slotOf[bits.TrailingZeros64(uint64(m))])
}

// rest returns the set without its first slot.
func (m matches) rest() matches { return m & (m - 1) }

// Bucket is a bucket as readers without a lock see it: it may change under them.
type Bucket bucket

// Match returns the refs whose tag may equal tag.
func (b *Bucket) Match(tag uint8) Matches {
	return Matches{&b.refs, (*bucket)(b).match(tag)}
}

// Spills reports whether entries that belong to the bucket are elsewhere, where a Probe finds them.
func (b *Bucket) Spills() bool { return b.meta>>nearShift != 0 }

// Matches is a set of refs, to be walked once.
//
//	for m := b.Match(tag); !m.Empty(); m.Drop() { … m.Ref() … }
type Matches struct {
	refs *[bucketSlots]arena.Ref
	set  matches
}

// Empty reports whether the set is.
func (m *Matches) Empty() bool { return m.set == 0 }

// Ref returns a ref of a set that is not empty. It is zero for a free slot.
func (m *Matches) Ref() arena.Ref {
	return *(*arena.Ref)(unsafe.Add(unsafe.Pointer(m.refs), m.set.first()*refSize))
}

// Drop takes out the ref that Ref returned.
func (m *Matches) Drop() { m.set = m.set.rest() }

const refSize = uint32(unsafe.Sizeof(arena.Ref(0)))

// free returns the first free slot, or -1.
func (b *bucket) free() int {
	for i, r := range b.refs {
		if r == 0 {
			return i
		}
	}
	return -1
}

// lastUsed returns the last occupied slot, or -1.
func (b *bucket) lastUsed() int {
	for i := bucketSlots - 1; i >= 0; i-- {
		if b.refs[i] != 0 {
			return i
		}
	}
	return -1
}

func (b *bucket) distance(slot int) uint32 { return b.meta >> (2 * slot) & 3 }

func (b *bucket) set(slot int, tag uint8, ref arena.Ref, distance uint32) {
	b.tags[slot] = tag
	b.refs[slot] = ref
	b.meta = b.meta&^(3<<(2*slot)) | distance<<(2*slot)
}

func (b *bucket) near() uint32 { return b.meta >> nearShift & 15 }
func (b *bucket) far() uint32  { return b.meta >> farShift }

// addSpill records in a home bucket that one of its entries lives distance
// buckets further.
func (b *bucket) addSpill(distance uint32) {
	switch {
	case distance == 0:
	case distance == 1:
		b.meta += 1 << nearShift
	case b.far() < farSaturated:
		b.meta += 1 << farShift
	}
}

func (b *bucket) removeSpill(distance uint32) {
	switch {
	case distance == 0:
	case distance == 1:
		b.meta -= 1 << nearShift
	case b.far() < farSaturated:
		b.meta -= 1 << farShift
	}
}

// atDistance returns a slot whose entry lives distance buckets past its home,
// or -1.
func (b *bucket) atDistance(distance uint32) int {
	for i, r := range b.refs {
		if r != 0 && b.distance(i) == distance {
			return i
		}
	}
	return -1
}
