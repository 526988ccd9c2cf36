package modeltest

import (
	"math/big"
	"strings"

	"github.com/larderkv/larder/datatypes"
)

// modelBitmaps are the bitmaps of a model: its strings, seen as texts of zeros and ones.
type modelBitmaps struct{ m *Model }

// Bitmaps returns the bitmaps of the model.
func (m *Model) Bitmaps() Bitmaps { return modelBitmaps{m} }

// read returns the bits of a key.
func (st modelBitmaps) read(key string) (bits string, ok bool, err error) {
	text, ok, err := modelStrings(st).read(key)
	return bitsOf(text), ok, err
}

// write changes the bits of a key, which keeps its expiry if it exists.
func (st modelBitmaps) write(key, bits string) { modelStrings(st).write(key, textOf(bits)) }

func bitsOf(text string) string {
	var b strings.Builder
	for i := range len(text) {
		for mask := byte(0x80); mask != 0; mask >>= 1 {
			b.WriteByte(digit(text[i]&mask != 0))
		}
	}
	return b.String()
}

// textOf is the opposite of bitsOf.
func textOf(bits string) string {
	text := make([]byte, len(bits)/8)
	for i := range bits {
		text[i/8] = text[i/8]<<1 | (bits[i] - '0')
	}
	return string(text)
}

func digit(on bool) byte { return '0' + byte(b2i(on)) }

// padded returns bits with zeros behind them, so that there are n and whole bytes.
func padded(bits string, n int64) string {
	if missing := (n+7)/8*8 - int64(len(bits)); missing > 0 {
		bits += strings.Repeat("0", int(missing))
	}
	return bits
}

// maxBits is the number of bits that a string may have.
const maxBits = maxSize * 8

func (st modelBitmaps) Get(key string, offset int64) (bool, error) {
	if offset < 0 || offset >= maxBits {
		return false, datatypes.ErrBitOffset
	}
	bits, _, err := st.read(key)
	return offset < int64(len(bits)) && bits[offset] == '1', err
}

func (st modelBitmaps) Set(key string, offset int64, on bool) (bool, error) {
	old, err := st.Get(key, offset)
	if err != nil {
		return false, err
	}
	bits, _, _ := st.read(key)
	bits = padded(bits, offset+1)
	st.write(key, bits[:offset]+string(digit(on))+bits[offset+1:])
	return old, nil
}

// bitsWithin returns the part of the bits that a range means, and where it begins.
func bitsWithin(bits string, r datatypes.BitRange) (part string, from int) {
	n, unit := len(bits), 1
	if r.Unit == datatypes.InBytes {
		n, unit = n/8, 8
	}
	start, end := int(r.Start), int(r.End)
	if r.Open {
		end = n - 1
	}
	if r.Unit == datatypes.Everything {
		start, end = 0, n-1
	}
	from, to := span(start, end, n)
	return bits[from*unit : to*unit], from * unit
}

func (st modelBitmaps) Count(key string, r datatypes.BitRange) (int64, error) {
	bits, _, err := st.read(key)
	if r.Unit != datatypes.Everything && !r.Open && r.Start < 0 && r.End < 0 && r.Start > r.End {
		return 0, err // though both may mean the first
	}
	part, _ := bitsWithin(bits, r)
	return int64(strings.Count(part, "1")), err
}

func (st modelBitmaps) Pos(key string, bit bool, r datatypes.BitRange) (int64, error) {
	bits, ok, err := st.read(key)
	if err != nil {
		return 0, err
	}
	if !ok && !bit {
		return 0, nil
	}
	part, from := bitsWithin(bits, r)
	at := strings.IndexByte(part, digit(bit))
	switch {
	case at >= 0:
		return int64(from + at), nil
	case !bit && part != "" && (r.Open || r.Unit == datatypes.Everything):
		return int64(len(bits)), nil // zeros follow the end
	}
	return -1, nil
}

func (st modelBitmaps) Op(op datatypes.BitOp, dst string, keys ...string) (int, error) {
	if len(keys) == 0 || op == datatypes.BitNot && len(keys) != 1 || op > datatypes.BitNot {
		return 0, datatypes.ErrConflict
	}
	var all []string
	longest := 0
	for _, key := range keys {
		bits, _, err := st.read(key)
		if err != nil {
			return 0, err
		}
		all = append(all, bits)
		longest = max(longest, len(bits))
	}
	st.m.Forget(dst)
	if longest > 0 {
		st.write(dst, combined(op, all, longest))
	}
	return longest / 8, nil
}

// combined returns what an operation gives for each of n bits.
func combined(op datatypes.BitOp, all []string, n int) string {
	result := make([]byte, n)
	for i := range result {
		ones := 0
		for _, bits := range all {
			ones += b2i(i < len(bits) && bits[i] == '1')
		}
		result[i] = digit(map[datatypes.BitOp]bool{
			datatypes.BitAnd: ones == len(all),
			datatypes.BitOr:  ones > 0,
			datatypes.BitXor: ones%2 == 1,
			datatypes.BitNot: ones == 0,
		}[op])
	}
	return string(result)
}

func (st modelBitmaps) Field(key string, ops ...datatypes.FieldOp) ([]datatypes.FieldResult, error) {
	need := int64(0) // bits that may be written
	for _, o := range ops {
		t, last := o.Type, o.Offset+int64(o.Type.Bits)-1
		switch {
		case t.Bits < 1 || t.Bits > 64 || t.Bits == 64 && !t.Signed:
			return nil, datatypes.ErrFieldType
		case o.Offset < 0 || o.Offset >= maxBits || o.Action != datatypes.FieldGet && last >= maxBits:
			return nil, datatypes.ErrBitOffset
		case o.Action != datatypes.FieldGet:
			need = max(need, last+1)
		}
	}
	bits, _, err := st.read(key)
	if err != nil {
		return nil, err
	}
	var results []datatypes.FieldResult
	bits = padded(bits, need)
	for _, o := range ops {
		next, r := fieldOp(bits, o)
		bits, results = next, append(results, r)
	}
	if need > 0 {
		st.write(key, bits)
	}
	return results, nil
}

// fieldOp does an operation on bits, in integers without bounds, and returns them as they are then.
func fieldOp(bits string, o datatypes.FieldOp) (string, datatypes.FieldResult) {
	old := field(bits, o.Offset, o.Type)
	if o.Action == datatypes.FieldGet {
		return bits, datatypes.FieldResult{Value: old.Int64(), OK: true}
	}
	next := big.NewInt(o.Value)
	switch {
	case o.Action == datatypes.FieldIncrBy:
		next.Add(next, old)
	case !o.Type.Signed:
		next.SetUint64(uint64(o.Value)) // what is negative is large
	}
	next, ok := fitted(next, o)
	if !ok {
		return bits, datatypes.FieldResult{}
	}
	bits = bits[:o.Offset] + binary(next, o.Type.Bits) + bits[o.Offset+int64(o.Type.Bits):]
	if o.Action == datatypes.FieldSet {
		next = old
	}
	return bits, datatypes.FieldResult{Value: next.Int64(), OK: true}
}

// field returns the integer at an offset. What lies behind the end is zero.
func field(bits string, offset int64, t datatypes.FieldType) *big.Int {
	part := bits[min(offset, int64(len(bits))):]
	part = padded(part, int64(t.Bits))[:t.Bits]
	n, _ := new(big.Int).SetString(part, 2)
	if t.Signed && part[0] == '1' {
		n.Sub(n, power(t.Bits))
	}
	return n
}

// fitted returns a number as one that the type of an operation has.
func fitted(n *big.Int, o datatypes.FieldOp) (*big.Int, bool) {
	size := power(o.Type.Bits)
	lowest, highest := big.NewInt(0), new(big.Int).Sub(size, big.NewInt(1))
	if o.Type.Signed {
		half := power(o.Type.Bits - 1)
		lowest, highest = new(big.Int).Neg(half), new(big.Int).Sub(half, big.NewInt(1))
	}
	switch {
	case n.Cmp(lowest) >= 0 && n.Cmp(highest) <= 0:
		return n, true
	case o.Overflow == datatypes.FieldFail:
		return nil, false
	case o.Overflow == datatypes.FieldSaturate && n.Cmp(lowest) < 0:
		return lowest, true
	case o.Overflow == datatypes.FieldSaturate:
		return highest, true
	}
	n = new(big.Int).Mod(n, size)
	if n.Cmp(highest) > 0 {
		n.Sub(n, size)
	}
	return n, true
}

// binary returns the lowest bits of a number.
func binary(n *big.Int, bits int) string {
	digits := new(big.Int).Mod(n, power(bits)).Text(2)
	return strings.Repeat("0", bits-len(digits)) + digits
}

// power returns a power of two.
func power(n int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(n)) }
