package encoding

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/larderkv/larder/internal/numeric"
)

// Listpack is a sequence of elements in one block of bytes:
//
//	size    4 bytes, of the whole
//	count   2 bytes, of elements; 65535 means that they must be counted
//	entry   …
//	end     0xff
//
// An entry begins with a byte that tells its kind and ends with its own length,
// written so that it can be read backwards:
//
//	0xxxxxxx                    integer 0 to 127
//	10xxxxxx text               text of up to 63 bytes
//	110xxxxx xxxxxxxx           integer of 13 bits
//	1110xxxx xxxxxxxx text      text of up to 4095 bytes
//	11110000 length[4] text     text of up to 4 GiB
//	1111nnnn integer            integer of 16, 24, 32 or 64 bits, nnnn from 1 to 4
//
// Elements are addressed by position, the offset of their entry. Positions run
// from First to End, which is where the element after the last would be; a change
// makes the positions after it invalid. Text that is the decimal form of a 64-bit
// integer is stored as that integer, and so cannot be told from it.
type Listpack []byte

const (
	listpackHeader = 6
	listpackEnd    = 0xff

	// EmptyListpackSize is the size of a listpack without elements.
	EmptyListpackSize = listpackHeader + 1

	// MaxListpackSize is the size beyond which no listpack may grow.
	MaxListpackSize = 1 << 30

	// uncounted is the count of listpacks with that many elements or more. Once
	// there, it stays.
	uncounted = math.MaxUint16
)

// The kinds of entries, as their first byte tells.
const (
	kindText6  = 0x80 // and above: 6 bits of length
	kindInt13  = 0xc0 // and above: 5 bits of the integer
	kindText12 = 0xe0 // and above: 4 bits of length
	kindText32 = 0xf0
	kindInt16  = 0xf1
	kindInt24  = 0xf2
	kindInt32  = 0xf3
	kindInt64  = 0xf4
)

// Element is a value in a listpack, or to be put into one: an integer or a text.
// An element that was read refers to the bytes of its listpack and is valid until
// those change. The zero Element is the empty text.
type Element struct {
	text  []byte
	n     int64
	isInt bool
}

// TextElement returns the element whose text is b. It refers to b.
func TextElement(b []byte) Element {
	n, isInt := numeric.ParseInt(b)
	return Element{text: b, n: n, isInt: isInt}
}

// BytesElement returns the element whose text is b, which is stored as it is even if
// it reads as an integer. It refers to b. Find does not find such an element by its text.
func BytesElement(b []byte) Element { return Element{text: b} }

// IntElement returns the element whose text is the decimal form of n.
func IntElement(n int64) Element { return Element{n: n, isInt: true} }

// Int returns the element as an integer, and whether it is one.
func (e Element) Int() (n int64, ok bool) { return e.n, e.isInt }

// Text returns the text of an element that is not an integer.
func (e Element) Text() (text []byte, ok bool) { return e.text, !e.isInt }

// Append appends the element's text, an integer in decimal.
func (e Element) Append(dst []byte) []byte {
	if e.isInt {
		return strconv.AppendInt(dst, e.n, 10)
	}
	return append(dst, e.text...)
}

// String returns a copy of the element's text, an integer in decimal.
func (e Element) String() string {
	if e.isInt {
		return strconv.FormatInt(e.n, 10)
	}
	return string(e.text)
}

// Len returns the length of the element's text, an integer's in decimal.
func (e Element) Len() int {
	if e.isInt {
		return numeric.IntLen(e.n)
	}
	return len(e.text)
}

// Size returns the bytes by which a listpack grows when the element is inserted.
func (e Element) Size() int {
	size := e.entrySize()
	return size + trailerSize(size)
}

// entrySize returns the size of the entry without its length at the end.
func (e Element) entrySize() int {
	if e.isInt {
		switch n := e.n; {
		case 0 <= n && n <= 127:
			return 1
		case -1<<12 <= n && n < 1<<12:
			return 2
		case math.MinInt16 <= n && n <= math.MaxInt16:
			return 3
		case -1<<23 <= n && n < 1<<23:
			return 4
		case math.MinInt32 <= n && n <= math.MaxInt32:
			return 5
		}
		return 9
	}
	switch n := len(e.text); {
	case n < 1<<6:
		return 1 + n
	case n < 1<<12:
		return 2 + n
	default:
		return 5 + n
	}
}

// put writes the entry to the beginning of dst and returns its size.
func (e Element) put(dst []byte) int {
	size := e.entrySize()
	e.write(dst, size)
	return size + putTrailer(dst[size:], size)
}

// write writes the entry, of the given size, without its length at the end.
func (e Element) write(dst []byte, size int) {
	if e.isInt {
		e.putInt(dst, size)
	} else {
		e.putText(dst, size)
	}
}

func (e Element) putInt(dst []byte, size int) {
	switch size {
	case 1:
		dst[0] = byte(e.n)
	case 2:
		dst[0], dst[1] = kindInt13|byte(e.n>>8)&0x1f, byte(e.n)
	case 3:
		dst[0] = kindInt16
		binary.LittleEndian.PutUint16(dst[1:], uint16(e.n))
	case 4:
		dst[0], dst[3] = kindInt24, byte(e.n>>16)
		binary.LittleEndian.PutUint16(dst[1:], uint16(e.n))
	case 5:
		dst[0] = kindInt32
		binary.LittleEndian.PutUint32(dst[1:], uint32(e.n))
	default:
		dst[0] = kindInt64
		binary.LittleEndian.PutUint64(dst[1:], uint64(e.n))
	}
}

func (e Element) putText(dst []byte, size int) {
	n := len(e.text)
	switch size - n {
	case 1:
		dst[0] = kindText6 | byte(n)
	case 2:
		dst[0], dst[1] = kindText12|byte(n>>8), byte(n)
	default:
		dst[0] = kindText32
		binary.LittleEndian.PutUint32(dst[1:], uint32(n))
	}
	copy(dst[size-n:], e.text)
}

// trailerSize returns the bytes that the length of an entry takes. The limits
// beyond the first are one less than what fits, as they are in Redis.
func trailerSize(size int) int {
	switch {
	case size < 1<<7:
		return 1
	case size < 1<<14-1:
		return 2
	case size < 1<<21-1:
		return 3
	case size < 1<<28-1:
		return 4
	}
	return 5
}

// putTrailer writes the length of an entry, the highest 7 bits first. All bytes
// but the first have their top bit set: who reads backwards goes on there.
func putTrailer(dst []byte, size int) int {
	n := trailerSize(size)
	for i := n - 1; i > 0; i-- {
		dst[i] = byte(size) | 0x80
		size >>= 7
	}
	dst[0] = byte(size) & 0x7f
	return n
}

// NewListpack makes an empty listpack in the capacity of dst, whose contents are
// overwritten, or on the heap if dst has less than EmptyListpackSize bytes.
func NewListpack(dst []byte) Listpack {
	lp := Listpack(slices.Grow(dst[:0], EmptyListpackSize)[:EmptyListpackSize])
	clear(lp)
	lp[listpackHeader] = listpackEnd
	lp.setSize()
	return lp
}

// PrefixListpack returns the listpack at the beginning of b, with the rest of b as
// its capacity.
func PrefixListpack(b []byte) Listpack { return Listpack(b[:binary.LittleEndian.Uint32(b)]) }

func (lp Listpack) setSize() { binary.LittleEndian.PutUint32(lp, uint32(len(lp))) }

func (lp Listpack) count() int { return int(binary.LittleEndian.Uint16(lp[4:])) }

// addCount changes the number of elements.
func (lp Listpack) addCount(delta int) {
	if n := lp.count(); n != uncounted {
		binary.LittleEndian.PutUint16(lp[4:], uint16(min(n+delta, uncounted)))
	}
}

// Len returns the number of elements. It takes O(1) time for fewer than 65535
// elements and O(n) from there on.
func (lp Listpack) Len() int {
	if n := lp.count(); n != uncounted {
		return n
	}
	return lp.distance(lp.First(), lp.End())
}

// Index returns how many elements there are before position p. O(n).
func (lp Listpack) Index(p int) int { return lp.distance(lp.First(), p) }

// distance counts the elements from p to q.
func (lp Listpack) distance(p, q int) int {
	n := 0
	for ; p < q; p = lp.Next(p) {
		n++
	}
	return n
}

// First returns the position of the first element, or End if there is none.
func (lp Listpack) First() int { return listpackHeader }

// End returns the position after the last element.
func (lp Listpack) End() int { return len(lp) - 1 }

// Next returns the position after p, which must not be End.
func (lp Listpack) Next(p int) int {
	if kind := lp[p]; kind < kindInt13 { // what most entries are
		size := 1
		if kind >= kindText6 {
			size += int(kind & 0x3f)
		}
		return p + size + 1
	}
	return lp.nextLong(p)
}

func (lp Listpack) nextLong(p int) int {
	size := lp.entrySize(p)
	return p + size + trailerSize(size)
}

// Prev returns the position before p, which must not be First.
func (lp Listpack) Prev(p int) int {
	size := 0
	for shift := 0; ; shift += 7 {
		p--
		size |= int(lp[p]&0x7f) << shift
		if lp[p] < 0x80 {
			return p - size
		}
	}
}

// entrySize returns the size of the entry at p without its length at the end.
func (lp Listpack) entrySize(p int) int {
	switch kind := lp[p]; {
	case kind < kindText6:
		return 1
	case kind < kindInt13:
		return 1 + int(kind&0x3f)
	case kind < kindText12:
		return 2
	case kind < kindText32:
		return 2 + (int(kind&0xf)<<8 | int(lp[p+1]))
	case kind == kindText32:
		return 5 + int(binary.LittleEndian.Uint32(lp[p+1:]))
	case kind < kindInt32:
		return 3 + int(kind-kindInt16)
	case kind == kindInt32:
		return 5
	}
	return 9
}

// At returns the element at p, which must not be End.
func (lp Listpack) At(p int) Element {
	e, _ := lp.Read(p)
	return e
}

// Read returns the element at p, which must not be End, and the position after it.
func (lp Listpack) Read(p int) (e Element, next int) {
	size := lp.entrySize(p)
	next = p + size + trailerSize(size)
	switch kind := lp[p]; {
	case kind < kindText6:
		return IntElement(int64(kind)), next
	case kind < kindInt13:
		return Element{text: lp[p+1 : p+size : p+size]}, next
	case kind < kindText12:
		return IntElement(int64(int8(kind<<3))<<5 | int64(lp[p+1])), next
	case kind < kindText32:
		return Element{text: lp[p+2 : p+size : p+size]}, next
	case kind == kindText32:
		return Element{text: lp[p+5 : p+size : p+size]}, next
	}
	return IntElement(littleEndianInt(lp[p+1 : p+size])), next
}

// littleEndianInt reads a signed integer of as many bytes as there are.
func littleEndianInt(b []byte) int64 {
	switch len(b) {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 3:
		return int64(int8(b[2]))<<16 | int64(binary.LittleEndian.Uint16(b))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

// All iterates over the positions and elements from first to last.
func (lp Listpack) All() iter.Seq2[int, Element] {
	return func(yield func(int, Element) bool) {
		for p := lp.First(); p < lp.End(); {
			e, next := lp.Read(p)
			if !yield(p, e) {
				return
			}
			p = next
		}
	}
}

// Backward iterates over the positions and elements from last to first.
func (lp Listpack) Backward() iter.Seq2[int, Element] {
	return func(yield func(int, Element) bool) {
		for p := lp.End(); p > lp.First(); {
			p = lp.Prev(p)
			if !yield(p, lp.At(p)) {
				return
			}
		}
	}
}

// Seek returns the position of the element at an index, counted from 0 at the
// first or from -1 at the last, and whether there is one. It walks from the end
// that is nearer and takes O(n) time.
func (lp Listpack) Seek(index int) (p int, ok bool) {
	if n := lp.count(); n != uncounted {
		if index >= n || index < -n {
			return 0, false
		}
		if index >= 0 && index > n/2 {
			index -= n
		} else if index < -n/2 {
			index += n
		}
	}
	if index >= 0 {
		p, index = lp.skip(lp.First(), index)
		for ; index > 0 && p < lp.End(); index-- {
			p = lp.Next(p)
		}
		return p, p < lp.End()
	}
	for p, index = lp.skipBack(lp.End(), index); index < 0; index++ {
		if p == lp.First() {
			return 0, false
		}
		p = lp.Prev(p)
	}
	return p, true
}

// stride is how many elements of one size are skipped together: none of the loads that
// tell their size waits for another, as finding the next element does for the length of the
// one before.
const stride = 8

// skip moves n elements on from p, or fewer, by strides of texts of one length. It returns how
// many remain.
func (lp Listpack) skip(p, n int) (to, left int) {
	for n >= stride && p < lp.End() {
		kind := lp[p]
		size := int(kind&0x3f) + 2
		if kind&0xc0 != kindText6 || p+stride*size > lp.End() {
			p = lp.Next(p)
			n--
			continue
		}
		run := lp[p : p+stride*size]
		if run[size] != kind || run[2*size] != kind || run[3*size] != kind || run[4*size] != kind ||
			run[5*size] != kind || run[6*size] != kind || run[7*size] != kind {
			p += size
			n--
			continue
		}
		p += stride * size
		n -= stride
	}
	return p, n
}

// skipBack moves back from p as skip moves on: n is negative, and so is what
// remains.
func (lp Listpack) skipBack(p, n int) (to, left int) {
	for n <= -stride && p > lp.First() {
		trailer := lp[p-1]
		size := int(trailer) + 1
		if trailer >= 0x80 || p-stride*size < lp.First() {
			p = lp.Prev(p)
			n++
			continue
		}
		run := lp[p-stride*size : p]
		if run[size-1] != trailer || run[2*size-1] != trailer || run[3*size-1] != trailer || run[4*size-1] != trailer ||
			run[5*size-1] != trailer || run[6*size-1] != trailer || run[7*size-1] != trailer {
			p -= size
			n++
			continue
		}
		p -= stride * size
		n += stride
	}
	return p, n
}

// Find returns the position of the first element from p on that equals e, looking
// at the one at p and at every one that comes stride elements after one looked
// at: a stride of 1 looks at all, a stride of 2 at the keys of a listpack that
// alternates keys and values. It reports whether there is one.
func (lp Listpack) Find(p int, e Element, stride int) (position int, ok bool) {
	if n := len(e.text); stride == 1 && !e.isInt && 8 <= n && n < 1<<6 {
		return lp.findText(p, &e)
	}
	for end := lp.End(); p < end; {
		if lp.equal(p, &e) {
			return p, true
		}
		for n := stride; n > 0 && p < end; n-- {
			p = lp.Next(p)
		}
	}
	return 0, false
}

// findText is Find for texts of 8 to 63 bytes. Texts of one length often follow one another, as
// names with numbers do. Where the next four elements are as long as e, their ends are
// compared together: none of the loads waits for another, as finding the next element does
// for the length of the one before.
func (lp Listpack) findText(p int, e *Element) (position int, ok bool) {
	n := len(e.text)
	kind, size := kindText6|byte(n), n+2
	tail := binary.LittleEndian.Uint64(e.text[n-8:])
	for end := lp.End(); p < end; p = lp.Next(p) {
		for p+4*size <= end {
			run := lp[p : p+4*size]
			if run[0] != kind || run[size] != kind || run[2*size] != kind || run[3*size] != kind {
				break
			}
			if binary.LittleEndian.Uint64(run[size-9:]) == tail || binary.LittleEndian.Uint64(run[2*size-9:]) == tail ||
				binary.LittleEndian.Uint64(run[3*size-9:]) == tail || binary.LittleEndian.Uint64(run[4*size-9:]) == tail {
				break
			}
			p += 4 * size
		}
		if p == end {
			break
		}
		if lp.equal(p, e) {
			return p, true
		}
	}
	return 0, false
}

// equal compares the element at p without making one of it. A listpack from
// elsewhere may have an integer's text as text, to which a TextElement is equal.
func (lp Listpack) equal(p int, e *Element) bool {
	kind, header := lp[p], 1
	switch {
	case kind < kindText6:
		return e.isInt && e.n == int64(kind)
	case kind < kindInt13:
		if n := int(kind & 0x3f); n != len(e.text) || n == 0 && e.isInt {
			return false
		}
	case kind < kindText12, kind > kindText32:
		return e.isInt && lp.At(p).n == e.n
	case kind < kindText32:
		header = 2
	default:
		header = 5
	}
	return bytes.Equal(lp[p+header:p+lp.entrySize(p)], e.text)
}

// Equal reports whether two elements have the same text.
func (e Element) Equal(other Element) bool {
	if e.isInt || other.isInt {
		return e.isInt == other.isInt && e.n == other.n
	}
	return bytes.Equal(e.text, other.text)
}

// Append inserts elements after the last.
func (lp Listpack) Append(elements ...Element) Listpack {
	return lp.Splice(lp.End(), lp.End(), elements...)
}

// Insert inserts elements before position p.
func (lp Listpack) Insert(p int, elements ...Element) Listpack {
	return lp.Splice(p, p, elements...)
}

// Replace replaces the element at p.
func (lp Listpack) Replace(p int, e Element) Listpack {
	return lp.Splice(p, lp.Next(p), e)
}

// Delete removes n elements from position p on, or as many as there are.
func (lp Listpack) Delete(p, n int) Listpack {
	q := p
	for ; n > 0 && q < lp.End(); n-- {
		q = lp.Next(q)
	}
	return lp.Splice(p, q)
}

// Splice replaces the elements from position p up to position q, which is not
// before p, by the given ones. Position p is valid afterwards and that of the
// first of them, if any. The size becomes SpliceSize, which must not exceed
// MaxListpackSize; nothing is allocated if the capacity is that large. It takes
// time linear in the bytes from p on.
func (lp Listpack) Splice(p, q int, elements ...Element) Listpack {
	size := lp.SpliceSize(p, q, elements...)
	if size > MaxListpackSize {
		panic("encoding: listpack too large")
	}
	old := len(lp)
	if delta := len(elements) - lp.distance(p, q); delta != 0 {
		lp.addCount(delta)
	}
	if size > old {
		lp = slices.Grow(lp, size-old)[:size]
	}
	if size != old {
		copy(lp[q+size-old:size], lp[q:old])
		lp = lp[:size]
		lp.setSize()
	}
	for i := range elements {
		p += elements[i].put(lp[p:])
	}
	return lp
}

// AppendRange inserts the elements of another listpack from position p up to
// position q, of which there are n, after the last. It takes time linear in their bytes.
func (lp Listpack) AppendRange(from Listpack, p, q, n int) Listpack {
	lp = append(lp[:lp.End()], from[p:q]...)
	lp = append(lp, listpackEnd)
	lp.setSize()
	lp.addCount(n)
	return lp
}

// PushFront inserts an element before the first of the listpack that begins at
// buf[start], without moving the others: it takes the place of the header, which is written
// in front of it. It returns where the listpack then begins; there must be as many bytes before
// start as the element's Size.
func PushFront(buf []byte, start int, e Element) int {
	size := e.Size()
	at := start - size
	copy(buf[at:at+listpackHeader], buf[start:])
	e.put(buf[at+listpackHeader:])
	reheader(buf, at, size, 1)
	return at
}

// CutFront removes the n elements before position p of the listpack that begins at
// buf[start], without moving the others. It returns where the listpack then begins.
func CutFront(buf []byte, start, p, n int) int {
	size := p - listpackHeader
	at := start + size
	copy(buf[at:at+listpackHeader], buf[start:])
	reheader(buf, at, -size, -n)
	return at
}

// reheader corrects the header at buf[at] by so many bytes and elements.
func reheader(buf []byte, at, bytes, elements int) {
	size := int(binary.LittleEndian.Uint32(buf[at:])) + bytes
	lp := Listpack(buf[at : at+size])
	lp.setSize()
	lp.addCount(elements)
}

// SpliceSize returns the size of the listpack after Splice with these arguments.
func (lp Listpack) SpliceSize(p, q int, elements ...Element) int {
	size := len(lp) - (q - p)
	for i := range elements {
		size += elements[i].Size()
	}
	return size
}

// ErrCorruptListpack means that bytes are not a listpack.
var ErrCorruptListpack = errors.New("encoding: corrupt listpack")

// ValidateListpack checks that b is a listpack, whose methods are safe to use
// then. It takes O(n) time.
func ValidateListpack(b []byte) error {
	lp := Listpack(b)
	if len(b) < EmptyListpackSize || len(b) > MaxListpackSize ||
		binary.LittleEndian.Uint32(b) != uint32(len(b)) || b[lp.End()] != listpackEnd {
		return ErrCorruptListpack
	}
	n, p := 0, lp.First()
	for ; p < lp.End(); n++ {
		size, ok := lp.validEntry(p)
		if !ok {
			return ErrCorruptListpack
		}
		p += size
	}
	if count := lp.count(); p != lp.End() || count != uncounted && count != n {
		return ErrCorruptListpack
	}
	return nil
}

// validEntry returns the size of the entry at p, its length at the end included,
// and whether all of it lies before the end of the listpack and is well formed.
func (lp Listpack) validEntry(p int) (size int, ok bool) {
	const longestHeader = 5
	if lp[p] > kindInt64 {
		return 0, false
	}
	if lp.End()-p < longestHeader {
		// Read the header from a copy with room behind it.
		var tail [longestHeader]byte
		copy(tail[:], lp[p:lp.End()])
		size = Listpack(tail[:]).entrySize(0)
	} else {
		size = lp.entrySize(p)
	}
	// A length of 4 GiB overflows where an int has 32 bits.
	if size < 1 || size > lp.End()-p {
		return 0, false
	}
	var trailer [5]byte
	n := putTrailer(trailer[:], size)
	if n > lp.End()-p-size || !bytes.Equal(lp[p+size:p+size+n], trailer[:n]) {
		return 0, false
	}
	return size + n, true
}
