package typed

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"reflect"
)

// Codec turns values into bytes and back. Codecs of keys must give different bytes for different keys, and the
// same for equal ones. Implementations must be safe for concurrent use.
type Codec[V any] interface {
	// AppendEncode appends the encoding of v to dst and returns the extended slice.
	AppendEncode(dst []byte, v V) ([]byte, error)

	// Decode returns the value of an encoding. It must not keep b, which is borrowed, and must survive
	// any bytes: other doors of the cache may write what they like.
	Decode(b []byte) (V, error)
}

// compiler is a codec whose work for the type is done once, when a map is made.
type compiler[V any] interface {
	compile() (Codec[V], error)
}

// compiled returns the codec that a map uses for c.
func compiled[V any](c Codec[V]) (Codec[V], error) {
	if c, ok := c.(compiler[V]); ok {
		return c.compile()
	}
	return c, nil
}

// String stores strings as they are.
type String[V ~string] struct{}

// AppendEncode implements Codec.
func (String[V]) AppendEncode(dst []byte, v V) ([]byte, error) { return append(dst, v...), nil }

// Decode implements Codec.
func (String[V]) Decode(b []byte) (V, error) { return V(b), nil }

// Bytes stores byte slices as they are. A nil slice comes back empty.
type Bytes[V ~[]byte] struct{}

// AppendEncode implements Codec.
func (Bytes[V]) AppendEncode(dst []byte, v V) ([]byte, error) { return append(dst, v...), nil }

// Decode implements Codec.
func (Bytes[V]) Decode(b []byte) (V, error) { return append(V{}, b...), nil }

// JSON stores values as encoding/json writes them.
type JSON[V any] struct{}

// AppendEncode implements Codec.
func (JSON[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	b, err := json.Marshal(v)
	return append(dst, b...), err
}

// Decode implements Codec.
func (JSON[V]) Decode(b []byte) (v V, err error) {
	err = json.Unmarshal(b, &v)
	return v, err
}

// Gob stores values as encoding/gob writes them, each with the description of its type: for values of
// some size.
type Gob[V any] struct{}

// AppendEncode implements Codec.
func (Gob[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	w := bytes.NewBuffer(dst)
	err := gob.NewEncoder(w).Encode(&v)
	return w.Bytes(), err
}

// Decode implements Codec.
func (Gob[V]) Decode(b []byte) (v V, err error) {
	err = gob.NewDecoder(bytes.NewReader(b)).Decode(&v)
	return v, err
}

// Funcs is a codec of two functions: for protocol buffers, say,
//
//	typed.Funcs[*pb.User]{
//		Append: func(dst []byte, u *pb.User) ([]byte, error) { return proto.MarshalOptions{}.MarshalAppend(dst, u) },
//		Parse:  func(b []byte) (*pb.User, error) { u := new(pb.User); return u, proto.Unmarshal(b, u) },
//	}
type Funcs[V any] struct {
	Append func(dst []byte, v V) ([]byte, error) // see Codec.AppendEncode
	Parse  func(b []byte) (V, error)             // see Codec.Decode
}

// AppendEncode implements Codec.
func (f Funcs[V]) AppendEncode(dst []byte, v V) ([]byte, error) { return f.Append(dst, v) }

// Decode implements Codec.
func (f Funcs[V]) Decode(b []byte) (V, error) { return f.Parse(b) }

func (f Funcs[V]) compile() (Codec[V], error) {
	if f.Append == nil || f.Parse == nil {
		return nil, fmt.Errorf("%w: a function of Funcs is nil", ErrOptions)
	}
	return f, nil
}

// Binary stores values by their own methods: AppendBinary or MarshalBinary, and UnmarshalBinary. V is the type
// that has them, or a pointer to it.
type Binary[V any] struct{}

// AppendEncode implements Codec.
func (Binary[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	switch m := selfEncoder[V, encoding.BinaryAppender, encoding.BinaryMarshaler](&v).(type) {
	case encoding.BinaryAppender:
		return m.AppendBinary(dst)
	case encoding.BinaryMarshaler:
		b, err := m.MarshalBinary()
		return append(dst, b...), err
	}
	return dst, typeError[V]("is nil, or has no method AppendBinary or MarshalBinary")
}

// Decode implements Codec.
func (Binary[V]) Decode(b []byte) (v V, err error) {
	u, ok := selfDecoder[V, encoding.BinaryUnmarshaler](&v)
	if !ok {
		return v, typeError[V]("has no method UnmarshalBinary")
	}
	return v, u.UnmarshalBinary(b)
}

func (c Binary[V]) compile() (Codec[V], error) {
	return c, selfCoding[V](
		[]reflect.Type{reflect.TypeFor[encoding.BinaryAppender](), reflect.TypeFor[encoding.BinaryMarshaler]()},
		reflect.TypeFor[encoding.BinaryUnmarshaler]())
}

// Text stores values by their own methods: AppendText or MarshalText, and UnmarshalText. V is the type that has
// them, or a pointer to it.
type Text[V any] struct{}

// AppendEncode implements Codec.
func (Text[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	switch m := selfEncoder[V, encoding.TextAppender, encoding.TextMarshaler](&v).(type) {
	case encoding.TextAppender:
		return m.AppendText(dst)
	case encoding.TextMarshaler:
		b, err := m.MarshalText()
		return append(dst, b...), err
	}
	return dst, typeError[V]("is nil, or has no method AppendText or MarshalText")
}

// Decode implements Codec.
func (Text[V]) Decode(b []byte) (v V, err error) {
	u, ok := selfDecoder[V, encoding.TextUnmarshaler](&v)
	if !ok {
		return v, typeError[V]("has no method UnmarshalText")
	}
	return v, u.UnmarshalText(b)
}

func (c Text[V]) compile() (Codec[V], error) {
	return c, selfCoding[V](
		[]reflect.Type{reflect.TypeFor[encoding.TextAppender](), reflect.TypeFor[encoding.TextMarshaler]()},
		reflect.TypeFor[encoding.TextUnmarshaler]())
}

// selfEncoder returns what of *v and v has the methods of A or, failing that, of B. A nil pointer has none:
// methods of what it points to would panic.
func selfEncoder[V, A, B any](v *V) any {
	if rv := reflect.ValueOf(v).Elem(); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return nil
	}
	for _, m := range [2]any{*v, v} {
		if _, ok := m.(A); ok {
			return m
		}
		if _, ok := m.(B); ok {
			return m
		}
	}
	return nil
}

// selfDecoder returns v, or a new value that *v is made to point to, if it has the methods of U.
func selfDecoder[V, U any](v *V) (U, bool) {
	if t := reflect.TypeFor[V](); t.Kind() == reflect.Pointer {
		*v = reflect.New(t.Elem()).Interface().(V)
		u, ok := any(*v).(U)
		return u, ok
	}
	u, ok := any(v).(U)
	return u, ok
}

// selfCoding returns ErrType if V has the methods of none of the encoders, or not those of the decoder.
func selfCoding[V any](encoders []reflect.Type, decoder reflect.Type) error {
	p := reflect.TypeFor[V]()
	if p.Kind() != reflect.Pointer {
		p = reflect.PointerTo(p)
	}
	if !p.Implements(decoder) {
		return typeError[V]("has no methods " + decoder.Name())
	}
	for _, e := range encoders {
		if p.Implements(e) {
			return nil
		}
	}
	return typeError[V]("has no methods " + encoders[0].Name() + " or " + encoders[1].Name())
}

func typeError[V any](what string) error {
	return fmt.Errorf("%w: %v %s", ErrType, reflect.TypeFor[V](), what)
}
