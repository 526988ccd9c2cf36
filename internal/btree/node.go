package btree

import (
	"math/bits"
	"unsafe" // nodes are arena blocks of exactly these layouts, reached by refs that the tree owns

	"github.com/larderkv/larder/internal/arena"
)

const (
	leafMax  = 82
	innerMax = 42
	leafMin  = leafMax / 2
	innerMin = innerMax / 2

	// A neighbour takes items of a full node if it has at least this much room.
	leafRoom  = leafMax / 16
	innerRoom = innerMax / 16

	leafSize  = 512
	innerSize = 1024

	// maxHeight exceeds the height of a tree of 2^32 items, though nodes at its
	// edges may hold fewer than half of what fits.
	maxHeight = 10
)

// tag is what a leaf holds beside an item's ref: the weight in a sequence, the
// hint in an ordered tree.
type tag uint16

const (
	tagLanes = 4 // tags in a machine word
	tagWords = (leafMax + tagLanes - 1) / tagLanes

	// Hints have 15 bits, so that the 16th takes the carries when four are compared at
	// once. The last value fills what is unused.
	unusedHint = 1<<15 - 1
	maxHint    = unusedHint - 1
)

type leaf struct {
	base  uint64 // the frame of the hints
	shift uint8
	_     uint8
	count uint16
	_     uint32
	tags  [tagWords * tagLanes]tag
	refs  [leafMax]arena.Ref
}

// inner describes its children in four arrays. The first item of a child is
// known in ordered trees only.
type inner struct {
	count   uint64
	keys    [innerMax]uint64 // of the first item
	weights [innerMax]uint64
	kids    [innerMax]arena.Ref
	firsts  [innerMax]arena.Ref // the first item
	_       [8]byte
}

var (
	_ [0]struct{} = [unsafe.Sizeof(leaf{}) - leafSize]struct{}{}
	_ [0]struct{} = [unsafe.Sizeof(inner{}) - innerSize]struct{}{}
)

func leafAt(a *arena.Arena, ref arena.Ref) *leaf   { return (*leaf)(a.Ptr(ref)) }
func innerAt(a *arena.Arena, ref arena.Ref) *inner { return (*inner)(a.Ptr(ref)) }

// tagsBelow returns how many of the leaf's hints are less than h, at most
// unusedHint. Hints are sorted, so it is the index of the first that is not.
func (l *leaf) tagsBelow(h tag) int {
	const (
		ones = 0x0001_0001_0001_0001
		tops = ones << 15
	)
	words := (*[tagWords]uint64)(unsafe.Pointer(&l.tags))
	limit := uint64(h) * ones
	n := 0
	for _, w := range words {
		// The top bit of a lane stays where the hint is not below h.
		n += bits.OnesCount64(^((w | tops) - limit) & tops)
	}
	return n
}

// open shifts items to make room for n more at index i.
func (l *leaf) open(i, n int) {
	end := int(l.count)
	copy(l.refs[i+n:], l.refs[i:end])
	copy(l.tags[i+n:], l.tags[i:end])
	l.count += uint16(n)
}

// cut removes the items from i up to j.
func (l *leaf) cut(i, j int) {
	end := int(l.count)
	copy(l.refs[i:], l.refs[j:end])
	copy(l.tags[i:], l.tags[j:end])
	l.count -= uint16(j - i)
	l.blank(int(l.count), end)
}

// blank fills unused tags from i up to j.
func (l *leaf) blank(i, j int) {
	for k := range l.tags[i:j] {
		l.tags[i+k] = unusedHint
	}
}

// child is what an inner node knows of one of its children.
type child struct {
	key    uint64
	weight uint64
	kid    arena.Ref
	first  arena.Ref
}

func (n *inner) child(i int) child {
	return child{n.keys[i], n.weights[i], n.kids[i], n.firsts[i]}
}

func (n *inner) set(i int, c child) {
	n.keys[i], n.weights[i], n.kids[i], n.firsts[i] = c.key, c.weight, c.kid, c.first
}

func (n *inner) insert(i int, c child) {
	end := int(n.count)
	copy(n.keys[i+1:], n.keys[i:end])
	copy(n.weights[i+1:], n.weights[i:end])
	copy(n.kids[i+1:], n.kids[i:end])
	copy(n.firsts[i+1:], n.firsts[i:end])
	n.count++
	n.set(i, c)
}

// cut removes the children from i up to j.
func (n *inner) cut(i, j int) {
	end := int(n.count)
	copy(n.keys[i:], n.keys[j:end])
	copy(n.weights[i:], n.weights[j:end])
	copy(n.kids[i:], n.kids[j:end])
	copy(n.firsts[i:], n.firsts[j:end])
	n.count -= uint64(j - i)
}

// keysBelow returns how many children's first keys are less than key.
func (n *inner) keysBelow(key uint64) int {
	below := uint64(0)
	for _, k := range n.keys[:n.count] {
		_, less := bits.Sub64(k, key, 0)
		below += less
	}
	return int(below)
}

// weightBefore sums the weights of the children before i.
func (n *inner) weightBefore(i int) uint64 {
	sum := uint64(0)
	for _, w := range n.weights[:i] {
		sum += w
	}
	return sum
}
