package encoding

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"slices"
)

// Intset is a sorted array of different integers in one block of bytes:
//
//	width    4 bytes: the size of an integer, 2, 4 or 8
//	count    4 bytes
//	integer  …
//
// The width is that of the widest integer that was ever inserted; removal does not
// narrow it. Lookups take O(log n) time, changes O(n).
type Intset []byte

const (
	intsetHeader = 8

	// EmptyIntsetSize is the size of an intset without integers.
	EmptyIntsetSize = intsetHeader
)

// NewIntset makes an empty intset in the capacity of dst, whose contents are
// overwritten, or on the heap if dst has less than EmptyIntsetSize bytes.
func NewIntset(dst []byte) Intset {
	s := Intset(slices.Grow(dst[:0], EmptyIntsetSize)[:EmptyIntsetSize])
	s.setHeader(2, 0)
	return s
}

func (s Intset) setHeader(width, n int) {
	binary.LittleEndian.PutUint32(s, uint32(width))
	binary.LittleEndian.PutUint32(s[4:], uint32(n))
}

func (s Intset) width() int { return int(binary.LittleEndian.Uint32(s)) }

// Len returns the number of integers.
func (s Intset) Len() int { return int(binary.LittleEndian.Uint32(s[4:])) }

// At returns the integer at an index, in ascending order from 0 to Len()-1.
func (s Intset) At(index int) int64 { return s.at(index, s.width()) }

func (s Intset) at(index, width int) int64 {
	b := s[intsetHeader+index*width:]
	switch width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

func (s Intset) put(index, width int, n int64) {
	b := s[intsetHeader+index*width:]
	switch width {
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(n))
	default:
		binary.LittleEndian.PutUint64(b, uint64(n))
	}
}

func intWidth(n int64) int {
	switch {
	case math.MinInt16 <= n && n <= math.MaxInt16:
		return 2
	case math.MinInt32 <= n && n <= math.MaxInt32:
		return 4
	}
	return 8
}

// Find returns the index of n and true, or the index at which it would be
// inserted and false.
func (s Intset) Find(n int64) (index int, found bool) {
	width := s.width()
	low, high := 0, s.Len()
	for low < high {
		middle := int(uint(low+high) / 2)
		switch v := s.at(middle, width); {
		case v == n:
			return middle, true
		case v < n:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

// Contains reports whether n is in the set.
func (s Intset) Contains(n int64) bool {
	_, found := s.Find(n)
	return found
}

// All iterates over the integers in ascending order.
func (s Intset) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		width := s.width()
		for i := range s.Len() {
			if !yield(s.at(i, width)) {
				return
			}
		}
	}
}

// InsertSize returns the size of the set after n is inserted, which it must not
// contain.
func (s Intset) InsertSize(n int64) int {
	return intsetHeader + (s.Len()+1)*max(s.width(), intWidth(n))
}

// Insert inserts n and reports whether it was absent. Nothing is allocated if the
// capacity is at least InsertSize.
func (s Intset) Insert(n int64) (set Intset, inserted bool) {
	index, found := s.Find(n)
	if found {
		return s, false
	}
	size, length, width := s.InsertSize(n), s.Len(), s.width()
	s = slices.Grow(s, size-len(s))[:size]
	if wider := intWidth(n); wider > width {
		// Every integer moves up, so the last goes first. The new one, being too
		// wide for the others, is the least or the greatest.
		for i := length - 1; i >= 0; i-- {
			v := s.at(i, width)
			if i >= index {
				s.put(i+1, wider, v)
			} else {
				s.put(i, wider, v)
			}
		}
		width = wider
	} else {
		hole := intsetHeader + index*width
		copy(s[hole+width:], s[hole:])
	}
	s.put(index, width, n)
	s.setHeader(width, length+1)
	return s, true
}

// Remove removes n and reports whether it was present.
func (s Intset) Remove(n int64) (set Intset, removed bool) {
	index, found := s.Find(n)
	if !found {
		return s, false
	}
	width := s.width()
	hole := intsetHeader + index*width
	copy(s[hole:], s[hole+width:])
	s.setHeader(width, s.Len()-1)
	return s[:len(s)-width], true
}

// ErrCorruptIntset means that bytes are not an intset.
var ErrCorruptIntset = errors.New("encoding: corrupt intset")

// ValidateIntset checks that b is an intset, whose methods are safe to use then.
// It takes O(n) time.
func ValidateIntset(b []byte) error {
	if len(b) < intsetHeader {
		return ErrCorruptIntset
	}
	s := Intset(b)
	width, n := uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))
	if width != 2 && width != 4 && width != 8 || intsetHeader+n*width != uint64(len(b)) {
		return ErrCorruptIntset
	}
	for i := 1; i < s.Len(); i++ {
		if s.At(i-1) >= s.At(i) {
			return ErrCorruptIntset
		}
	}
	return nil
}
