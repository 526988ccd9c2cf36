package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// Bitmaps is the store of string values seen as sequences of bits. Bit 0 is the
// most significant one of the first byte. Bits beyond the end are zero, as are
// those of a key that does not exist, and writing one makes the string grow, to 512 MiB
// at most.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use and keep no reference to
// their arguments. Besides the errors that they name they return ErrClosed and
// ErrWrongType, and those that change something ErrOutOfMemory.
type Bitmaps struct{ view keyspace.View }

// NewBitmaps returns the store of the bitmaps that v shows.
func NewBitmaps(v keyspace.View) Bitmaps { return Bitmaps{v} }

// maxBits is the number of bits in the longest string.
const maxBits = keyspace.MaxSize * 8

// Set makes a bit one or zero and returns what it was. It is SETBIT. O(1), and
// O(length) where the string grows.
//
// It returns ErrBitOffset.
func (b Bitmaps) Set(key string, offset int64, on bool) (old bool, err error) {
	if offset < 0 || offset >= maxBits {
		return false, ErrBitOffset
	}
	old, far, err := b.setNear(key, offset, on)
	if !far {
		return old, err
	}
	return false, b.setFar(key, offset, on)
}

// setNear is Set unless that takes long.
func (b Bitmaps) setNear(key string, offset int64, on bool) (old, far bool, err error) {
	var s keyspace.Slot
	if err := lockString(&s, b.view, key); err != nil {
		return false, false, err
	}
	defer s.Unlock()
	if growsFar(&s, int(offset/8), 1) {
		return false, true, nil
	}
	bits, grown, err := writableBits(&s, offset)
	if err != nil {
		return false, false, err
	}
	old = setBit(bits, offset, on)
	if old != on || grown {
		s.Notify(keyspace.ClassString, "setbit")
	}
	return old, false, nil
}

// setFar is Set of a bit that is far beyond the end.
func (b Bitmaps) setFar(key string, offset int64, on bool) error {
	need := func(int) int { return int(offset/8) + 1 }
	return lengthen(b.view, key, need, func(s *keyspace.Slot, bits []byte, _ int) {
		setBit(bits, offset, on)
		s.Notify(keyspace.ClassString, "setbit")
	})
}

// setBit sets a bit and returns what it was.
func setBit(bits []byte, offset int64, on bool) (old bool) {
	p, mask := &bits[offset/8], byte(0x80)>>(offset%8)
	old = *p&mask != 0
	if *p &^= mask; on {
		*p |= mask
	}
	return old
}

// writableBits returns the slot's string for changes, made long enough to have
// the bit last, and whether it had to grow. It fails without effect.
func writableBits(s *keyspace.Slot, last int64) (bits []byte, grown bool, err error) {
	size, need := textLen(s), int(last/8)+1
	if size >= need && s.Encoding() != keyspace.Int {
		s.BeginWrite()
		s.SetEncoding(keyspace.Raw)
		return s.Value(), false, nil
	}
	if err := grow(s, max(size, need)); err != nil {
		return nil, false, err
	}
	size = textLen(s) // making room may have evicted the key
	bits, err = s.RawString(max(size, need))
	if err != nil {
		return nil, false, err
	}
	clear(bits[size:])
	return bits, size < need, nil
}

// Get returns a bit. It is GETBIT. O(1).
//
// It returns ErrBitOffset.
func (b Bitmaps) Get(key string, offset int64) (bool, error) {
	if offset < 0 || offset >= maxBits {
		return false, ErrBitOffset
	}
	var s keyspace.Slot
	if err := lockRead(&s, b.view, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	bits := s.Text()
	if offset/8 >= int64(len(bits)) {
		return false, nil
	}
	return bits[offset/8]<<(offset%8)&0x80 != 0, nil
}

// BitUnit is what the bounds of a BitRange count.
type BitUnit uint8

// The units.
const (
	Everything BitUnit = iota // nothing: the range is the whole string
	InBytes                   // BYTE
	InBits                    // BIT
)

// BitRange is a part of a bitmap. Its zero value is all of it.
type BitRange struct {
	Start, End int64   // the first and the last, counted from the end if negative
	Unit       BitUnit // of Start and End
	Open       bool    // the range has no end, and End does not count
}

// within returns the bits of the range in a string of n bytes: those from one up
// to another, or none if from is not less than to.
func (r *BitRange) within(n int) (from, to int64) {
	if r.Unit == Everything {
		return 0, int64(n) * 8
	}
	size, scale := int64(n), int64(8)
	if r.Unit == InBits {
		size, scale = size*8, 1
	}
	end := r.End
	if r.Open {
		end = size - 1
	}
	from, to = clampBounds(r.Start, end, size)
	return from * scale, to * scale
}

// reversed reports whether the range ends before it starts, counted from the
// end. To BITCOUNT it is empty then, however far before the beginning both are.
func (r *BitRange) reversed() bool {
	return r.Unit != Everything && !r.Open && r.Start < 0 && r.End < 0 && r.Start > r.End
}

// Count returns how many bits of a range are one. It is BITCOUNT. O(length of the
// range).
func (b Bitmaps) Count(key string, r BitRange) (int64, error) {
	var s keyspace.Slot
	if err := lockRead(&s, b.view, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	if r.reversed() {
		return 0, nil
	}
	bits := s.Text()
	from, to := r.within(len(bits))
	return countBits(bits, from, to), nil
}

// Pos returns the position of the first bit in a range that is one, or zero. It
// is -1 if there is none. Where the range has no end, a zero follows the last bit of the
// string. It is BITPOS. O(length of the range).
func (b Bitmaps) Pos(key string, bit bool, r BitRange) (int64, error) {
	var s keyspace.Slot
	if err := lockRead(&s, b.view, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	if !s.Exists() { // nothing but zeros
		if bit {
			return -1, nil
		}
		return 0, nil
	}
	bits := s.Text()
	from, to := r.within(len(bits))
	if from >= to {
		return -1, nil
	}
	if at := findBit(bits, from, to, bit); at >= 0 {
		return at, nil
	}
	if !bit && (r.Open || r.Unit == Everything) {
		return to, nil
	}
	return -1, nil
}

// BitOp is an operation on whole bitmaps.
type BitOp uint8

// The operations.
const (
	BitAnd BitOp = iota
	BitOr
	BitXor
	BitNot // of one bitmap
)

// Op makes dst hold what an operation on the bitmaps of keys gives, whatever it
// held before, and returns the length in bytes: that of the longest, to which the others are
// filled up with zeros. Where that is zero, dst is deleted. All of it happens at once. It
// is BITOP. O(length × keys).
//
// It returns ErrConflict for BitNot of other than one key, and for no keys.
func (b Bitmaps) Op(op BitOp, dst string, keys ...string) (length int, err error) {
	if len(keys) == 0 || op == BitNot && len(keys) != 1 || op > BitNot {
		return 0, ErrConflict
	}
	length, long, err := b.opShort(op, dst, keys, fewBits)
	if !long || err != nil {
		return length, err
	}
	length, err = b.opLong(op, dst, keys)
	if err == ErrOutOfMemory { // though there may be room for it in the place of what dst holds
		length, _, err = b.opShort(op, dst, keys, keyspace.MaxSize)
	}
	return length, err
}

// fewBits is how many bytes are combined with the locks held throughout: some hundred microseconds' work.
const fewBits = 2 << 20

// opShort is Op unless one of the bitmaps is longer than most bytes.
func (b Bitmaps) opShort(op BitOp, dst string, keys []string, most int) (length int, long bool, err error) {
	var few [9]string
	tx, err := b.view.Begin(append(append(few[:0], dst), keys...)...)
	if err != nil {
		return 0, false, err
	}
	defer tx.End()
	v := tx.View(b.view)
	if length, err = longestText(v, keys); err != nil {
		return 0, false, err
	}
	if length > most {
		return 0, true, b.view.TakeTime()
	}
	var s keyspace.Slot
	if err := s.Lock(v, dst); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	if s.Type() != keyspace.String || textLen(&s) < length {
		// What is evicted to make room may be one of the bitmaps.
		if err := grow(&s, length); err != nil {
			return 0, false, err
		}
	}
	length, err = combineKeys(&s, v, op, keys)
	return length, false, err
}

// longestText returns the length of the longest string of keys.
func longestText(v keyspace.View, keys []string) (longest int, err error) {
	for _, key := range keys {
		var s keyspace.Slot
		if err := s.Lock(v, key); err != nil {
			return 0, err
		}
		if err := s.Is(keyspace.String); err != nil {
			return 0, err
		}
		longest = max(longest, textLen(&s))
	}
	return longest, nil
}

// combineKeys stores the result of an operation in the slot dst.
func combineKeys(dst *keyspace.Slot, v keyspace.View, op BitOp, keys []string) (length int, err error) {
	var few [8][]byte
	from, own := few[:0], 0
	for _, key := range keys {
		var s keyspace.Slot
		if err := s.Lock(v, key); err != nil {
			return 0, err
		}
		s.Touch()
		length = max(length, textLen(&s))
		switch {
		case key == dst.Key():
			own++
		case s.Exists() && s.Encoding() == keyspace.Int:
			from = append(from, s.AppendString(nil)) // Text would be overwritten by the next
		default:
			from = append(from, s.Value())
		}
	}
	if length == 0 {
		storeNoBits(dst)
		return 0, nil
	}
	bits, err := resultBits(dst, own, length)
	if err != nil {
		return 0, err
	}
	combineBits(op, bits, own, from)
	dst.Notify(keyspace.ClassString, "set")
	return length, nil
}

// storeNoBits stores an empty result.
func storeNoBits(dst *keyspace.Slot) {
	if dst.Exists() {
		dst.Delete()
		dst.Notify(keyspace.ClassGeneric, "del")
	}
}

// resultBits makes the slot hold a string of n bytes without an expiry. If it is
// one of the bitmaps, its own bits stay, followed by zeros.
func resultBits(s *keyspace.Slot, own, n int) ([]byte, error) {
	if own == 0 {
		return s.Put(keyspace.String, keyspace.Raw, n, 0)
	}
	size := textLen(s)
	bits, err := s.RawStringUntil(n, 0)
	if err != nil {
		return nil, err
	}
	clear(bits[size:])
	return bits, nil
}
