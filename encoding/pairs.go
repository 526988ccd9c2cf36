package encoding

import (
	"encoding/binary"
	"math"
	"slices"
)

// Pairs is a sequence of keys and values in one block of bytes, for few pairs that
// are only walked forward:
//
//	count   2 bytes, of pairs; 65535 means that they must be counted
//	key     an entry of a listpack, without the length at its end
//	value   likewise
//	…
//
// It is what a listpack of keys and values is without what serves to walk it backward and to know its size: a tenth
// smaller where texts are short. It is for memory only; in a snapshot the same pairs are a listpack.
//
// Pairs are addressed by position, the offset of their key, from First to End. A
// change makes the positions after it invalid.
type Pairs []byte

const pairsHeader = 2

// NewPairs makes an empty sequence in the capacity of dst, whose contents are
// overwritten, or on the heap if dst has too little.
func NewPairs(dst []byte) Pairs { return append(dst[:0], 0, 0) }

// Len returns the number of pairs. It takes O(1) time for fewer than 65535
// pairs and O(n) from there on.
func (ps Pairs) Len() int {
	n := ps.count()
	if n < uncounted {
		return n
	}
	n = 0
	for p := ps.First(); p < ps.End(); p = ps.Next(p) {
		n++
	}
	return n
}

func (ps Pairs) count() int { return int(binary.LittleEndian.Uint16(ps)) }

// addCount counts pairs that come or go. Once there are uncounted pairs, it stays.
func (ps Pairs) addCount(delta int) {
	if n := ps.count(); n < uncounted {
		binary.LittleEndian.PutUint16(ps, uint16(min(n+delta, math.MaxUint16)))
	}
}

// First returns the position of the first pair, or End if there is none.
func (ps Pairs) First() int { return pairsHeader }

// End returns the position after the last pair.
func (ps Pairs) End() int { return len(ps) }

// Next returns the position after the pair at p, which must not be End.
func (ps Pairs) Next(p int) int {
	v := ps.valueAt(p)
	return v + Listpack(ps).entrySize(v)
}

func (ps Pairs) valueAt(p int) int { return p + Listpack(ps).entrySize(p) }

// Read returns the pair at p, which must not be End, and the position after it.
func (ps Pairs) Read(p int) (key, value Element, next int) {
	v := ps.valueAt(p)
	next = v + Listpack(ps).entrySize(v)
	return Listpack(ps).At(p), Listpack(ps).At(v), next
}

// Value returns the value of the pair at p.
func (ps Pairs) Value(p int) Element { return Listpack(ps).At(ps.valueAt(p)) }

// Find returns the position of the first pair whose key equals e, and whether
// there is one.
func (ps Pairs) Find(e Element) (position int, ok bool) {
	for p := ps.First(); p < ps.End(); p = ps.Next(p) {
		if Listpack(ps).equal(p, &e) {
			return p, true
		}
	}
	return 0, false
}

// Append appends a pair.
func (ps Pairs) Append(key, value Element) Pairs {
	ps = ps.put(len(ps), key)
	ps = ps.put(len(ps), value)
	ps.addCount(1)
	return ps
}

// put writes an entry at p, behind which nothing is kept.
func (ps Pairs) put(p int, e Element) Pairs {
	size := e.entrySize()
	ps = slices.Grow(ps[:p], size)[:p+size]
	e.write(ps[p:], size)
	return ps
}

// Replace gives the pair at p another value.
func (ps Pairs) Replace(p int, value Element) Pairs {
	v := ps.valueAt(p)
	from, size := Listpack(ps).entrySize(v), value.entrySize()
	old := len(ps)
	if size > from {
		ps = slices.Grow(ps, size-from)[:old+size-from]
	}
	copy(ps[v+size:], ps[v+from:old])
	value.write(ps[v:], size)
	return ps[:old+size-from]
}

// Overwrite gives the pair at p another value if that takes as many bytes as the
// present one, and reports whether it did.
func (ps Pairs) Overwrite(p int, value Element) bool {
	v := ps.valueAt(p)
	size := value.entrySize()
	if size != Listpack(ps).entrySize(v) {
		return false
	}
	value.write(ps[v:], size)
	return true
}

// Delete removes the pair at p.
func (ps Pairs) Delete(p int) Pairs {
	next := ps.Next(p)
	ps = ps[:p+copy(ps[p:], ps[next:])]
	ps.addCount(-1)
	return ps
}
