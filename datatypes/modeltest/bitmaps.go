package modeltest

import "github.com/larderkv/larder/datatypes"

// Bitmaps are the methods of datatypes.Bitmaps that are compared with the model.
type Bitmaps interface {
	Count(key string, r datatypes.BitRange) (int64, error)
	Field(key string, ops ...datatypes.FieldOp) ([]datatypes.FieldResult, error)
	Get(key string, offset int64) (bool, error)
	Op(op datatypes.BitOp, dst string, keys ...string) (length int, err error)
	Pos(key string, bit bool, r datatypes.BitRange) (int64, error)
	Set(key string, offset int64, on bool) (old bool, err error)
}

var _ Bitmaps = datatypes.Bitmaps{}

var bitmapMethods = []method{
	{name: "Bitmaps.Get", args: func(d *draws) []any { return args(d.key(), d.bit()) }},
	{name: "Bitmaps.Set", args: func(d *draws) []any { return args(d.key(), d.bit(), !d.rarely(3)) }},
	{name: "Bitmaps.Count", args: func(d *draws) []any { return args(d.key(), d.bitRange()) }},
	{name: "Bitmaps.Pos", args: func(d *draws) []any { return args(d.key(), !d.rarely(2), d.bitRange()) }},
	{name: "Bitmaps.Op", args: bitOp, keys: keysIn(1, 2)},
	{name: "Bitmaps.Field", args: func(d *draws) []any { return args(d.key(), d.fieldOps()) }},
}

// bit draws the position of a bit, rarely where none can be.
func (d *draws) bit() int64 {
	if d.rarely(20) {
		return oneOf[int64](d, -1, maxSize*8)
	}
	return int64(oneOf(d, d.between(0, 20), d.between(0, 3000)))
}

func (d *draws) bitRange() (r datatypes.BitRange) {
	r.Unit = oneOf(d, datatypes.Everything, datatypes.InBytes, datatypes.InBits)
	if r.Unit != datatypes.Everything {
		r.Start, r.End, r.Open = int64(d.index()), int64(d.index()), d.rarely(3)
	}
	return r
}

// bitOp draws the arguments of Op, rarely a number of bitmaps, or an operation, that is wrong.
func bitOp(d *draws) []any {
	if d.rarely(3) {
		return args(datatypes.BitNot, d.key(), d.keys(1)[:1])
	}
	op := oneOf(d, datatypes.BitAnd, datatypes.BitOr, datatypes.BitXor)
	if d.rarely(12) {
		op = oneOf[datatypes.BitOp](d, datatypes.BitNot, 9)
	}
	return args(op, d.key(), d.keys(0))
}

// fieldOps draws operations on integers, rarely on one that there cannot be.
func (d *draws) fieldOps() (ops []datatypes.FieldOp) {
	for range d.between(0, 4) {
		o := datatypes.FieldOp{
			Action:   oneOf(d, datatypes.FieldGet, datatypes.FieldSet, datatypes.FieldIncrBy),
			Type:     datatypes.FieldType{Bits: d.between(1, 63), Signed: d.rarely(2)},
			Offset:   int64(oneOf(d, d.between(0, 20), d.between(0, 300))),
			Overflow: oneOf(d, datatypes.FieldWrap, datatypes.FieldSaturate, datatypes.FieldFail),
			Value:    oneOf[int64](d, int64(d.between(-300, 300)), 1<<62, -1<<62, 1<<63-1),
		}
		if d.rarely(8) {
			o.Type.Bits = oneOf(d, 64, 0, 65)
		}
		if d.rarely(20) {
			o.Offset = oneOf[int64](d, -1, maxSize*8)
		}
		ops = append(ops, o)
	}
	return ops
}
