package typed

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/larderkv/larder/datatypes"
)

// recordField is a field of a struct that is one of a hash.
type recordField struct {
	name      string
	index     []int // for reflect.Value.FieldByIndex
	typ       reflect.Type
	pointer   bool // the field is a pointer to typ
	omitEmpty bool
	form      fieldForm
}

// fieldForm is how a field is stored.
type fieldForm uint8

const (
	asText fieldForm = iota + 1 // by its text methods
	asScalar
	asPlainString
	asPlainBytes
	asJSON
)

func newRecordField(sf *reflect.StructField, tag recordTag, index []int) (*recordField, error) {
	f := &recordField{name: tag.name, index: index, typ: sf.Type, omitEmpty: tag.omitEmpty}
	if f.name == "" {
		f.name = sf.Name
	}
	if f.typ.Kind() == reflect.Pointer {
		f.typ, f.pointer = f.typ.Elem(), true
	}
	switch k := f.typ.Kind(); {
	case tag.json:
		f.form = asJSON
	case hasText(f.typ):
		f.form = asText
	case k == reflect.String:
		f.form = asPlainString
	case k == reflect.Slice && f.typ.Elem().Kind() == reflect.Uint8:
		f.form = asPlainBytes
	case isScalar(k):
		f.form = asScalar
	default:
		return nil, fmt.Errorf("field %s: %v can only be stored as JSON, which takes the tag `larder:\"%s,json\"`", sf.Name, sf.Type, tag.name)
	}
	return f, nil
}

// hasText reports whether a type has text methods, both ways.
func hasText(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) &&
		(p.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextAppender]()))
}

// encode appends what is stored of a field, which is addressable, and reports whether anything is.
func (f *recordField) encode(dst []byte, v reflect.Value) (_ []byte, there bool, err error) {
	if f.pointer {
		if v.IsNil() {
			return dst, false, nil
		}
		v = v.Elem()
	} else if f.omitEmpty && v.IsZero() {
		return dst, false, nil
	}
	switch f.form {
	case asText:
		dst, err = appendText(dst, v.Addr().Interface())
	case asScalar:
		dst = appendScalar(dst, v.Addr().UnsafePointer(), f.typ.Kind(), f.typ.Size())
	case asPlainString:
		dst = append(dst, v.String()...)
	case asPlainBytes:
		dst = append(dst, v.Bytes()...)
	case asJSON:
		var b []byte
		b, err = json.Marshal(v.Interface())
		dst = append(dst, b...)
	}
	return dst, true, err
}

func appendText(dst []byte, v any) ([]byte, error) {
	if a, ok := v.(encoding.TextAppender); ok {
		return a.AppendText(dst)
	}
	b, err := v.(encoding.TextMarshaler).MarshalText()
	return append(dst, b...), err
}

// decode sets a field, which is zero, from what is stored.
func (f *recordField) decode(b []byte, v reflect.Value) error {
	if f.pointer {
		v.Set(reflect.New(f.typ))
		v = v.Elem()
	}
	switch f.form {
	case asText:
		return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(b)
	case asScalar:
		if err := parseScalar(b, v.Addr().UnsafePointer(), f.typ.Kind(), f.typ.Size()); err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
	case asPlainString:
		v.SetString(string(b))
	case asPlainBytes:
		v.SetBytes(append([]byte{}, b...))
	case asJSON:
		return json.Unmarshal(b, v.Addr().Interface())
	}
	return nil
}

// integer reports whether IncrBy works on the field.
func (f *recordField) integer() bool {
	k := f.typ.Kind()
	return f.form == asScalar && k >= reflect.Int && k <= reflect.Uintptr
}

// add appends the sum of what is stored, if there is anything, and delta.
func (f *recordField) add(dst, text []byte, there bool, delta int64) (_ []byte, n int64, err error) {
	if there {
		if n, err = strconv.ParseInt(string(text), 10, 64); err != nil {
			return dst, 0, datatypes.ErrFieldNotInteger
		}
	}
	if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta || !f.holds(n+delta) {
		return dst, 0, datatypes.ErrOverflow
	}
	n += delta
	return strconv.AppendInt(dst, n, 10), n, nil
}

// holds reports whether n is a value of the field's type.
func (f *recordField) holds(n int64) bool {
	if f.typ.Kind() >= reflect.Uint {
		return n >= 0 && !reflect.Zero(f.typ).OverflowUint(uint64(n))
	}
	return !reflect.Zero(f.typ).OverflowInt(n)
}
