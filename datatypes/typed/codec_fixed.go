package typed

import (
	"fmt"
	"reflect"
	"slices"
)

// Fixed stores numbers, booleans, and arrays and structs of these, as the bytes that encoding/binary writes in
// little-endian order on every machine: fields one after the other, without padding, a boolean as one byte, blank
// fields as zeros. int, uint and uintptr take 8 bytes. It is the fastest codec, and does not allocate.
//
// Values don't tell what type they are of: a change of the type makes values of another size, which are refused
// as malformed, or of the same size, which are misread.
type Fixed[V any] struct{}

// AppendEncode implements Codec.
func (f Fixed[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	c, err := f.compile()
	if err != nil {
		return dst, err
	}
	return c.AppendEncode(dst, v)
}

// Decode implements Codec.
func (f Fixed[V]) Decode(b []byte) (v V, err error) {
	c, err := f.compile()
	if err != nil {
		return v, err
	}
	return c.Decode(b)
}

func (Fixed[V]) compile() (Codec[V], error) {
	l, err := layoutOf(reflect.TypeFor[V](), littleEndian)
	if err != nil {
		return nil, err
	}
	return fixed[V]{l}, nil
}

// fixed is Fixed with the layout at hand.
type fixed[V any] struct{ layout *layout }

func (f fixed[V]) AppendEncode(dst []byte, v V) ([]byte, error) {
	n := len(dst)
	dst = slices.Grow(dst, f.layout.size)[:n+f.layout.size]
	f.layout.encode(dst[n:], addressOf(&v))
	return dst, nil
}

func (f fixed[V]) Decode(b []byte) (v V, err error) {
	if len(b) != f.layout.size {
		return v, fmt.Errorf("%w: %d bytes instead of %d", ErrFormat, len(b), f.layout.size)
	}
	f.layout.decode(b, addressOf(&v))
	return v, nil
}

// layout says where the parts of a type lie in memory and where in an encoding.
type layout struct {
	steps []step
	size  int  // of an encoding
	gaps  bool // not all of an encoding is written by the steps
}

// step is a part of a value that is copied, or converted, as one.
type step struct {
	kind   stepKind
	offset uintptr // in memory
	size   uintptr // in memory
	at     int     // in the encoding
	wire   int     // its size in the encoding
}

type stepKind uint8

const (
	run      stepKind = iota // bytes that are the same in memory and encoding
	boolean                  // a byte that is to be 0 or 1
	signed                   // an integer in native order, perhaps shorter in memory
	unsigned                 // likewise, and floating-point numbers
)

// maxSteps bounds what a type is taken apart into: beyond it, another codec is no slower.
const maxSteps = 1 << 12

// layoutOf returns the layout of a type. With runs, numbers in memory are taken to be as they are in an encoding.
func layoutOf(t reflect.Type, runs bool) (*layout, error) {
	l := &layout{}
	if err := l.add(t, 0, runs); err != nil {
		return nil, fmt.Errorf("%w: %v, for Fixed: %w", ErrType, t, err)
	}
	return l, nil
}

func (l *layout) add(t reflect.Type, offset uintptr, runs bool) error {
	switch k := t.Kind(); {
	case k == reflect.Struct:
		return l.addStruct(t, offset, runs)
	case k == reflect.Array:
		return l.addArray(t, offset, runs)
	case k == reflect.Complex64 || k == reflect.Complex128:
		half := t.Size() / 2
		if err := l.addStep(unsigned, offset, half, int(half), runs); err != nil {
			return err
		}
		return l.addStep(unsigned, offset+half, half, int(half), runs)
	case k == reflect.Bool:
		return l.addStep(boolean, offset, 1, 1, runs)
	case k == reflect.Int:
		return l.addStep(signed, offset, t.Size(), 8, runs)
	case k == reflect.Uint || k == reflect.Uintptr:
		return l.addStep(unsigned, offset, t.Size(), 8, runs)
	case isScalar(k):
		return l.addStep(unsigned, offset, t.Size(), int(t.Size()), runs)
	}
	return fmt.Errorf("%v has no fixed size", t)
}

func (l *layout) addStruct(t reflect.Type, offset uintptr, runs bool) error {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			blank, err := layoutOf(f.Type, runs)
			if err != nil {
				return err
			}
			l.size += blank.size
			l.gaps = l.gaps || blank.size > 0
			continue
		}
		if err := l.add(f.Type, offset+f.Offset, runs); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

func (l *layout) addArray(t reflect.Type, offset uintptr, runs bool) error {
	e, n := t.Elem(), t.Len()
	one := &layout{}
	if err := one.add(e, 0, runs); err != nil {
		return err
	}
	if len(one.steps) == 1 && one.steps[0].kind == run && one.size == int(e.Size()) {
		return l.addStep(run, offset, t.Size(), int(t.Size()), runs)
	}
	for i := range n {
		if err := l.add(e, offset+uintptr(i)*e.Size(), runs); err != nil {
			return err
		}
	}
	return nil
}

// addStep adds a part of a value, to the run before it if it can be one with it.
func (l *layout) addStep(kind stepKind, offset, size uintptr, wire int, runs bool) error {
	if runs && kind != boolean && int(size) == wire {
		kind = run
	}
	at := l.size
	l.size += wire
	if n := len(l.steps); n > 0 && kind == run {
		if last := &l.steps[n-1]; last.kind == run && last.offset+last.size == offset && last.at+last.wire == at {
			last.size += size
			last.wire += wire
			return nil
		}
	}
	if len(l.steps) == maxSteps {
		return fmt.Errorf("more than %d parts", maxSteps)
	}
	l.steps = append(l.steps, step{kind, offset, size, at, wire})
	return nil
}
