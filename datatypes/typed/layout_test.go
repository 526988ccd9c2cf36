package typed

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"unsafe"
)

// TestLayoutWithoutRuns: taken apart into numbers, as on a machine that is not little-endian, a value has the
// encoding that it has when it is copied as a whole.
func TestLayoutWithoutRuns(t *testing.T) {
	type value struct {
		A int8
		B uint64
		C bool
		D [2]int16
		E float32
		F int
		_ uint16
		G complex128
	}
	v := value{A: -1, B: 1 << 60, C: true, D: [2]int16{-2, 300}, E: math.E, F: -5, G: complex(1, 2)}
	var encodings [2][]byte
	for i, runs := range []bool{littleEndian, false} {
		l, err := layoutOf(reflect.TypeFor[value](), runs)
		if err != nil {
			t.Fatal(err)
		}
		b := bytes.Repeat([]byte{0xff}, l.size)
		l.encode(b, unsafe.Pointer(&v))
		var back value
		if l.decode(b, unsafe.Pointer(&back)); back != v {
			t.Errorf("%v comes back as %v", v, back)
		}
		encodings[i] = b
	}
	if !bytes.Equal(encodings[0], encodings[1]) {
		t.Errorf("%x\n%x", encodings[0], encodings[1])
	}
	l, err := layoutOf(reflect.TypeFor[[1 << 20]uint32](), true)
	if err != nil || len(l.steps) != 1 {
		t.Errorf("an array of numbers has %d steps, %v", len(l.steps), err)
	}
}
