package datatypes

import (
	"math"

	"github.com/larderkv/larder/internal/keyspace"
)

// FieldType is the type of an integer in a bitmap, as u8 or i16 are in BITFIELD.
// Its bits follow one another from the most significant to the least.
type FieldType struct {
	Signed bool
	Bits   int // from 1 to 64, to 63 if it is not signed
}

func (t FieldType) valid() bool { return t.Bits >= 1 && (t.Bits <= 63 || t.Bits == 64 && t.Signed) }

// limits returns the smallest and the largest integer of the type.
func (t FieldType) limits() (lowest, highest int64) {
	if t.Signed {
		highest = math.MaxInt64 >> (64 - t.Bits)
		return -highest - 1, highest
	}
	return 0, math.MaxInt64 >> (63 - t.Bits)
}

// wrap returns the integer of the type that has the lowest bits of n.
func (t FieldType) wrap(n int64) int64 {
	if t.Signed {
		return n << (64 - t.Bits) >> (64 - t.Bits)
	}
	return int64(uint64(n) << (64 - t.Bits) >> (64 - t.Bits))
}

// FieldAction is what a FieldOp does.
type FieldAction uint8

// The actions.
const (
	FieldGet    FieldAction = iota // GET: the result is the integer
	FieldSet                       // SET: the result is what the integer was
	FieldIncrBy                    // INCRBY: the result is the sum
)

// FieldOverflow is what a FieldOp does with a number that its type does not have.
type FieldOverflow uint8

// What can be done.
const (
	FieldWrap     FieldOverflow = iota // WRAP: leave out the bits that are too many
	FieldSaturate                      // SAT: take the nearest that there is
	FieldFail                          // FAIL: do not write, and have no result
)

// FieldOp is one operation of BITFIELD.
type FieldOp struct {
	Action   FieldAction
	Type     FieldType
	Offset   int64 // of the first bit
	Value    int64 // for FieldSet and FieldIncrBy
	Overflow FieldOverflow
}

func (o *FieldOp) last() int64 { return o.Offset + int64(o.Type.Bits) - 1 }

// check finds out whether the operation makes sense, apart from the bitmap.
func (o *FieldOp) check() error {
	if !o.Type.valid() {
		return ErrFieldType
	}
	if o.Offset < 0 || o.Offset >= maxBits || o.Action != FieldGet && o.last() >= maxBits {
		return ErrBitOffset
	}
	return nil
}

// FieldResult is what a FieldOp gave. OK is false where FieldFail kept it from
// writing.
type FieldResult struct {
	Value int64
	OK    bool
}

// Field does operations on integers in a bitmap, one after another and all at
// once, and returns their results. It is BITFIELD, and without an action that writes
// BITFIELD_RO. O(operations), and O(length) where the string grows.
//
// It returns ErrFieldType and ErrBitOffset, before anything is done.
func (b Bitmaps) Field(key string, ops ...FieldOp) ([]FieldResult, error) {
	return b.AppendField(make([]FieldResult, 0, len(ops)), key, ops...)
}

// AppendField is Field that appends the results to dst.
func (b Bitmaps) AppendField(dst []FieldResult, key string, ops ...FieldOp) ([]FieldResult, error) {
	last := int64(-1) // of the bits that may be written
	for i := range ops {
		if err := ops[i].check(); err != nil {
			return dst, err
		}
		if ops[i].Action != FieldGet {
			last = max(last, ops[i].last())
		}
	}
	results, far, err := b.fieldsNear(dst, key, ops, last)
	if !far {
		return results, err
	}
	err = lengthen(b.view, key, func(int) int { return int(last/8) + 1 }, func(s *keyspace.Slot, bits []byte, _ int) {
		dst = doFields(s, dst, bits, ops, true)
	})
	return dst, err
}

// fieldsNear is AppendField unless that takes long, given the last of the bits that may be written, negative if none may.
func (b Bitmaps) fieldsNear(dst []FieldResult, key string, ops []FieldOp, last int64) (_ []FieldResult, far bool, err error) {
	var s keyspace.Slot
	if err := lockRead(&s, b.view, key); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	switch {
	case last < 0:
		bits := s.Text()
		for i := range ops {
			dst = append(dst, FieldResult{ops[i].get(bits), true})
		}
		return dst, false, nil
	case growsFar(&s, int(last/8), 1):
		return dst, true, nil
	}
	bits, grown, err := writableBits(&s, last)
	if err != nil {
		return dst, false, err
	}
	return doFields(&s, dst, bits, ops, grown), false, nil
}

// doFields does operations on the slot's string, which is long enough for them, and has become longer for them or not.
func doFields(s *keyspace.Slot, dst []FieldResult, bits []byte, ops []FieldOp, grown bool) []FieldResult {
	wrote := false
	for i := range ops {
		r, changed := ops[i].do(bits)
		wrote = wrote || changed || grown && r.OK && ops[i].Action != FieldGet
		dst = append(dst, r)
	}
	if wrote {
		s.Notify(keyspace.ClassString, "setbit")
	}
	return dst
}

// do does the operation on a string that is long enough for it if it writes.
func (o *FieldOp) do(bits []byte) (r FieldResult, changed bool) {
	old := o.get(bits)
	if o.Action == FieldGet {
		return FieldResult{old, true}, false
	}
	next, ok := o.next(old)
	if !ok {
		return FieldResult{}, false
	}
	storeField(bits, o.Offset, o.Type.Bits, uint64(next))
	if o.Action == FieldSet {
		return FieldResult{old, true}, next != old
	}
	return FieldResult{next, true}, next != old
}

// next returns what to write where old stands, if anything.
func (o *FieldOp) next(old int64) (n int64, ok bool) {
	lowest, highest := o.Type.limits()
	var below, above bool
	switch n = o.Value; {
	case o.Action == FieldIncrBy:
		n += old // wraps around where 64 bits are too few
		below = o.Value < 0 && (n > old || n < lowest)
		above = o.Value > 0 && (n < old || n > highest)
	case o.Type.Signed:
		// Numbers so low that 64 bits don't hold what they are short of highest by
		// count as too high, as they do to Redis.
		above = n > highest || highest-n < 0 && o.Type.Bits < 64
		below = n < lowest && !above
	default: // negative is large
		above = n < 0 || n > highest
	}
	switch {
	case !below && !above:
		return n, true
	case o.Overflow == FieldFail:
		return 0, false
	case o.Overflow == FieldWrap:
		return o.Type.wrap(n), true
	case below:
		return lowest, true
	}
	return highest, true
}

// get returns the integer, which may lie partly or wholly behind the end.
func (o *FieldOp) get(bits []byte) int64 {
	return o.Type.wrap(int64(loadField(bits, o.Offset, o.Type.Bits)))
}

// loadField returns n bits from an offset on. They are in nine bytes at most.
func loadField(p []byte, offset int64, n int) (x uint64) {
	last := offset + int64(n) - 1
	for at := offset / 8; at <= last/8; at++ {
		var b byte
		if at < int64(len(p)) {
			b = p[at]
		}
		if at < last/8 {
			x = x<<8 | uint64(b)
			continue
		}
		used := last%8 + 1
		x = x<<used | uint64(b>>(8-used))
	}
	return x
}

// storeField writes the lowest n bits of x from an offset on.
func storeField(p []byte, offset int64, n int, x uint64) {
	end := offset + int64(n)
	for n > 0 {
		// The last bits that are left, as far as they are in one byte.
		at := (end - 1) / 8
		unused := (at+1)*8 - end
		take := min(int64(n), 8-unused)
		mask := byte(1<<take-1) << unused
		p[at] = p[at]&^mask | byte(x)<<unused&mask
		x >>= take
		end -= take
		n -= int(take)
	}
}
