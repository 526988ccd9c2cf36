package typed

import (
	"fmt"
	"reflect"
)

// Decimal stores integers, floating-point numbers and booleans as Redis does: as text, a boolean as 1 or 0. So
// INCR and its like work on them, by every door, and the cache keeps integers in as few bytes as they need. It does not
// allocate.
type Decimal[V any] struct{}

// AppendEncode implements Codec.
func (Decimal[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	t := reflect.TypeFor[V]()
	if !isScalar(t.Kind()) {
		return dst, typeError[V]("is no number or boolean")
	}
	return appendScalar(dst, addressOf(&v), t.Kind(), t.Size()), nil
}

// Decode implements Codec.
func (Decimal[V]) Decode(b []byte) (v V, err error) {
	t := reflect.TypeFor[V]()
	if !isScalar(t.Kind()) {
		return v, typeError[V]("is no number or boolean")
	}
	if err := parseScalar(b, addressOf(&v), t.Kind(), t.Size()); err != nil {
		var zero V
		return zero, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return v, nil
}

func (c Decimal[V]) compile() (Codec[V], error) {
	if !isScalar(reflect.TypeFor[V]().Kind()) {
		return nil, typeError[V]("is no number or boolean")
	}
	return c, nil
}
