package typed

import (
	"encoding"
	"encoding/json"
	"reflect"
)

// defaultValue returns the codec of values for which none is named; see MapOptions.Value.
func defaultValue[V any]() Codec[V] {
	t := reflect.TypeFor[V]()
	switch k := t.Kind(); {
	case k == reflect.String:
		return plainString[V]{}
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return plainBytes[V]{}
	case isScalar(k):
		return Decimal[V]{}
	case implements[json.Marshaler](t) || implements[encoding.TextMarshaler](t):
		return JSON[V]{}
	}
	if c, err := (Binary[V]{}).compile(); err == nil {
		return c
	}
	return JSON[V]{}
}

// defaultKey returns the codec of keys for which none is named; see MapOptions.Key.
func defaultKey[K any]() (Codec[K], error) {
	switch k := reflect.TypeFor[K]().Kind(); {
	case k == reflect.String:
		return plainString[K]{}, nil
	case isScalar(k):
		return Decimal[K]{}, nil
	}
	c, err := (Text[K]{}).compile()
	if err != nil {
		return nil, typeError[K]("needs a codec to be a key: it is no string, number or boolean, and has no text methods")
	}
	return c, nil
}

// implements reports whether values of the type, or pointers to them, have the methods of I.
func implements[I any](t reflect.Type) bool {
	i := reflect.TypeFor[I]()
	return t.Implements(i) || reflect.PointerTo(t).Implements(i)
}

// plainString is String for a type known to be a string.
type plainString[V any] struct{}

func (plainString[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	return append(dst, asString(&v)...), nil
}

func (plainString[V]) Decode(b []byte) (v V, err error) {
	setString(&v, string(b))
	return v, nil
}

// plainBytes is Bytes for a type known to be a slice of bytes.
type plainBytes[V any] struct{}

func (plainBytes[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	return append(dst, asBytes(&v)...), nil
}

func (plainBytes[V]) Decode(b []byte) (v V, err error) {
	setBytes(&v, append([]byte{}, b...))
	return v, nil
}
