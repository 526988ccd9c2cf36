package quicklist

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
	"github.com/zeebo/xxh3"
)

// A block of the tree may have a filter, a Bloom filter of the elements in it: who looks for a value
// passes over most blocks without having read them. A list that nobody searches has none;
// each search of a long one gives filters to some of the blocks that it had to look through.
//
// Every element of a block with a filter is in the filter. So the filter goes when an element is
// added, and when the block becomes an end, and stays when elements go.
//
//	… listpack … filter, up to the end of the block

const (
	// With fewer elements than this, looking at them all costs about as much as asking a filter.
	leastFiltered = 32

	// A filter has a byte for each element, two if the block has room that is not used otherwise. But it makes no
	// block larger by more than this part.
	filterShare = 8
)

// filtersPerSearch is how many blocks a search gives filters: so many that a list of some hundred thousand
// elements has them all after some dozens of searches, and so few that a single search does not take much longer
// for it.
const filtersPerSearch = 32

// fingerprint is the hash of an element from which its bits in a filter follow. Equal elements have equal ones, in
// whichever form they are stored.
func fingerprint(e encoding.Element) uint64 {
	text, isText := e.Text()
	if isText {
		e = encoding.TextElement(text)
	}
	n, isInt := e.Int()
	if !isInt {
		return xxh3.Hash(text)
	}
	const odd = 0x9e3779b97f4a7c15 // of the golden ratio
	hi, lo := bits.Mul64(uint64(n)^odd, odd)
	return hi ^ lo
}

// marks returns which bits of a filter of so many bytes an element sets.
func marks(size int, fingerprint uint64) [2]uint64 {
	bits := 8 * uint64(size)
	return [2]uint64{uint64(uint32(fingerprint)) * bits >> 32, fingerprint >> 32 * bits >> 32}
}

// filter returns the filter, empty if there is none.
func (b block) filter() []byte { return b[b.end():] }

func (b block) filterSize() int { return int(binary.LittleEndian.Uint32(b[8:])) }

func (b block) setFilterSize(n int) { binary.LittleEndian.PutUint32(b[8:], uint32(n)) }

// mayHold reports whether an element with that fingerprint can be in the block.
func (b block) mayHold(fingerprint uint64) bool {
	filter := b.filter()
	if len(filter) == 0 {
		return true
	}
	for _, i := range marks(len(filter), fingerprint) {
		if filter[i/8]&(1<<(i%8)) == 0 {
			return false
		}
	}
	return true
}

// fill makes a filter of the elements in what the block does not use.
func (b block) fill() {
	lp := b.pack()
	b.setFilterSize(min(len(b)-b.start()-len(lp), 2*lp.Len()))
	filter := b.filter()
	clear(filter)
	for _, e := range lp.All() {
		for _, i := range marks(len(filter), fingerprint(e)) {
			filter[i/8] |= 1 << (i % 8)
		}
	}
}

// SearchNeed bounds the memory that Find takes.
func (l List) SearchNeed() int {
	if !l.long() {
		return 0
	}
	larger := arena.ClassSize(l.limit.Bytes + l.limit.Bytes/filterShare)
	return larger + filtersPerSearch*(larger-l.limit.Bytes)
}

// addFilter gives the block at the cursor, which is of the tree and has none, a filter, if it is worth it and there
// is memory for it.
func (c *Cursor) addFilter() (added bool) {
	l, b := c.l, c.l.block(c.ref)
	lp := b.pack()
	n := lp.Len()
	if n < leastFiltered {
		return false
	}
	least := min(n, len(lp)/filterShare)
	if cap(lp)-len(lp) < least {
		size := len(lp) + least
		if l.a.Reserve(arena.ClassSize(blockHeader+size)) != nil {
			return false
		}
		c.setRef(l.resize(c.ref, size, Right))
	}
	l.block(c.ref).fill()
	return true
}

// Search looks for the first element that equals another, and may do so in several goes between which the list does not
// change.
type Search struct {
	e       encoding.Element
	mark    uint64
	at      int // where to go on
	filters int // blocks to be given filters
}

// NewSearch returns a search of l. With learn it also gives blocks that it looks through in vain filters, which moves
// them and takes up to SearchNeed bytes in a go.
func (l List) NewSearch(e encoding.Element, learn bool) Search {
	s := Search{e: e, mark: fingerprint(e)}
	if learn && l.long() {
		s.filters = filtersPerSearch
	}
	return s
}

// lookCost is how many blocks are passed over in the time that it takes to look through one.
const lookCost = 32

// Some goes on for about the time in which budget blocks are passed over. It returns the index of the element, or -1, and
// whether that is the answer. O(n), and where blocks have filters a small part of that.
func (s *Search) Some(l List, budget int) (index int, done bool) {
	if s.at == l.r.Len() {
		return -1, true
	}
	for c, _ := l.Seek(s.at); c.Valid(); c.Next() {
		if budget <= 0 {
			return -1, false
		}
		budget--
		b := l.block(c.ref)
		if b.mayHold(s.mark) {
			budget -= lookCost
			lp := b.pack()
			if p, ok := lp.Find(lp.First(), s.e, 1); ok {
				return s.at + lp.Index(p), true
			}
			if s.filters > 0 && c.part == middle && b.filterSize() == 0 && c.addFilter() {
				s.filters--
			}
		}
		s.at += c.Pack().Len()
	}
	return -1, true
}

// Learns reports whether the search may yet give filters to blocks.
func (s *Search) Learns() bool { return s.filters > 0 }

// Find returns the index of the first element that equals e, or -1. O(n).
func (l List) Find(e encoding.Element, learn bool) int {
	s := l.NewSearch(e, learn)
	index, _ := s.Some(l, math.MaxInt)
	return index
}
