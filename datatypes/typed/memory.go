package typed

import (
	"encoding/binary"
	"math"
	"reflect"
	"strconv"
	"unsafe"
)

// All of the package's use of unsafe is here. It reads and writes variables of types that are numbers, booleans,
// strings, slices of bytes, or arrays and structs of numbers and booleans, through pointers to them, at offsets that
// reflect gives for the type, and never beyond its size. No pointer is read or written as anything else, and none
// outlives the call it is passed to. It is there so that values that fit into registers or a cache line need no
// allocation, which the same through package reflect would cost.

// littleEndian tells whether numbers lie in memory as they are stored.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// loadUint reads an unsigned integer of a size in bytes.
func loadUint(p unsafe.Pointer, size uintptr) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(p))
	case 2:
		return uint64(*(*uint16)(p))
	case 4:
		return uint64(*(*uint32)(p))
	}
	return *(*uint64)(p)
}

// loadInt is loadUint with the sign extended.
func loadInt(p unsafe.Pointer, size uintptr) int64 {
	unused := 64 - 8*size
	return int64(loadUint(p, size)<<unused) >> unused
}

// storeUint writes the low bytes of n.
func storeUint(p unsafe.Pointer, size uintptr, n uint64) {
	switch size {
	case 1:
		*(*uint8)(p) = uint8(n)
	case 2:
		*(*uint16)(p) = uint16(n)
	case 4:
		*(*uint32)(p) = uint32(n)
	default:
		*(*uint64)(p) = n
	}
}

// appendScalar appends the text of a number or boolean of the kind and size.
func appendScalar(dst []byte, p unsafe.Pointer, kind reflect.Kind, size uintptr) []byte {
	switch {
	case kind == reflect.Bool && *(*bool)(p):
		return append(dst, '1')
	case kind == reflect.Bool:
		return append(dst, '0')
	case kind == reflect.Float32:
		return strconv.AppendFloat(dst, float64(*(*float32)(p)), 'g', -1, 32)
	case kind == reflect.Float64:
		return strconv.AppendFloat(dst, *(*float64)(p), 'g', -1, 64)
	case kind >= reflect.Uint && kind <= reflect.Uintptr:
		return strconv.AppendUint(dst, loadUint(p, size), 10)
	}
	return strconv.AppendInt(dst, loadInt(p, size), 10)
}

// parseScalar is the inverse of appendScalar.
func parseScalar(b []byte, p unsafe.Pointer, kind reflect.Kind, size uintptr) error {
	bits := int(8 * size)
	switch {
	case kind == reflect.Bool:
		v, err := strconv.ParseBool(string(b))
		*(*bool)(p) = v
		return err
	case kind == reflect.Float32 || kind == reflect.Float64:
		f, err := strconv.ParseFloat(string(b), bits)
		if kind == reflect.Float32 {
			storeUint(p, size, uint64(math.Float32bits(float32(f))))
		} else {
			storeUint(p, size, math.Float64bits(f))
		}
		return err
	case kind >= reflect.Uint && kind <= reflect.Uintptr:
		n, err := strconv.ParseUint(string(b), 10, bits)
		storeUint(p, size, n)
		return err
	}
	n, err := strconv.ParseInt(string(b), 10, bits)
	storeUint(p, size, uint64(n))
	return err
}

// isScalar reports whether appendScalar knows the kind.
func isScalar(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Uintptr || k == reflect.Float32 || k == reflect.Float64
}

// encode writes the variable at p to b, which has the layout's size.
func (l *layout) encode(b []byte, p unsafe.Pointer) {
	if l.gaps {
		clear(b)
	}
	for i := range l.steps {
		s := &l.steps[i]
		from, to := unsafe.Add(p, s.offset), b[s.at:s.at+s.wire]
		switch s.kind {
		case run:
			copy(to, unsafe.Slice((*byte)(from), s.size))
		case boolean:
			to[0] = *(*byte)(from)
		case signed:
			putUint(to, uint64(loadInt(from, s.size)))
		case unsigned:
			putUint(to, loadUint(from, s.size))
		}
	}
}

// decode is the inverse of encode.
func (l *layout) decode(b []byte, p unsafe.Pointer) {
	for i := range l.steps {
		s := &l.steps[i]
		from, to := b[s.at:s.at+s.wire], unsafe.Add(p, s.offset)
		switch s.kind {
		case run:
			copy(unsafe.Slice((*byte)(to), s.size), from)
		case boolean: // a bool of any other bits than those of false and true is undefined
			*(*bool)(to) = from[0] != 0
		case signed, unsigned:
			storeUint(to, s.size, getUint(from))
		}
	}
}

func putUint(b []byte, n uint64) {
	for i := range b {
		b[i] = byte(n >> (8 * i))
	}
}

func getUint(b []byte) (n uint64) {
	for i, c := range b {
		n |= uint64(c) << (8 * i)
	}
	return n
}

// addressOf returns the address of a variable.
func addressOf[V any](v *V) unsafe.Pointer { return unsafe.Pointer(v) }

// asString returns the string that a variable of a string type holds, setString sets it.
func asString[V any](v *V) string     { return *(*string)(unsafe.Pointer(v)) }
func setString[V any](v *V, s string) { *(*string)(unsafe.Pointer(v)) = s }

// asBytes and setBytes are the same for types that are slices of bytes.
func asBytes[V any](v *V) []byte     { return *(*[]byte)(unsafe.Pointer(v)) }
func setBytes[V any](v *V, b []byte) { *(*[]byte)(unsafe.Pointer(v)) = b }

// borrowed returns bytes as a string that changes with them. The stores keep no reference to the keys that they are
// given, so it may be one for the time of a call.
func borrowed(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
