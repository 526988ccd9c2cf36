package typed_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes/typed"
)

// point has padding in memory, none in an encoding.
type point struct {
	Seen  bool
	Where [2]struct {
		Axis  uint8
		Value float64
	}
	Count int32
	_     [3]byte
	ID    [4]byte
}

type color int

type label string

type user struct {
	Name string
	Age  int
	Tags []string `json:",omitempty"`
}

func somePoint() (p point) {
	p.Seen, p.Count, p.ID = true, -7, [4]byte{1, 2, 3, 4}
	p.Where[0].Axis, p.Where[0].Value = 1, math.Pi
	p.Where[1].Axis, p.Where[1].Value = 2, math.Inf(-1)
	return p
}

// codecTest is a value with its encoding.
type codecTest struct {
	name string
	run  func(t *testing.T)
}

// encodes tests that a value is encoded as text and comes back, and that a map does the same with the codec.
func encodes[V any](name string, c typed.Codec[V], v V, text string) codecTest {
	return codecTest{name, func(t *testing.T) {
		cache := openCache(t)
		m := newMap(t, cache, typed.MapOptions[string, V]{Value: c})
		if err := m.Set("k", v); err != nil {
			t.Fatal(err)
		}
		if got := raw(t, cache, "k"); text != "" && got != text {
			t.Errorf("is stored as %q, want %q", got, text)
		}
		got, ok, err := m.Get("k")
		if diff := cmp.Diff(v, got, cmp.AllowUnexported(user{}), cmp.Comparer(func(a, b point) bool { return a == b }),
			cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || !ok || err != nil {
			t.Errorf("comes back as %v, %v, %v:\n%s", got, ok, err, diff)
		}
		if c == nil {
			return
		}
		b, err := c.AppendEncode([]byte("before"), v)
		if err != nil || !bytes.HasPrefix(b, []byte("before")) {
			t.Fatalf("AppendEncode returned %q, %v", b, err)
		}
		again, err := c.Decode(b[len("before"):])
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("Decode returned %v, %v", again, err)
		}
	}}
}

func TestCodecs(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr("10.0.0.1")
	when := time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC)
	ada := user{"Ada", 36, []string{"math"}}
	tests := []codecTest{
		encodes("string", typed.String[string]{}, "a\x00b", "a\x00b"),
		encodes("empty string", typed.String[label]{}, "", ""),
		encodes("bytes", typed.Bytes[[]byte]{}, []byte("xyz"), "xyz"),
		encodes("json", typed.JSON[user]{}, ada, `{"Name":"Ada","Age":36,"Tags":["math"]}`),
		encodes("json of a pointer", typed.JSON[*user]{}, &ada, `{"Name":"Ada","Age":36,"Tags":["math"]}`),
		encodes("gob", typed.Gob[user]{}, ada, ""),
		encodes("gob of a pointer", typed.Gob[*user]{}, &ada, ""),
		encodes("binary", typed.Binary[time.Time]{}, when, ""),
		encodes("binary of a pointer", typed.Binary[*url.URL]{}, &url.URL{Scheme: "http", Host: "x"}, "http://x"),
		encodes("text", typed.Text[netip.Addr]{}, addr, "10.0.0.1"),
		encodes("text of a time", typed.Text[time.Time]{}, when, "2024-02-29T12:00:00.000000005Z"),
		encodes("decimal", typed.Decimal[int]{}, -12, "-12"),
		encodes("decimal of a small type", typed.Decimal[int8]{}, math.MinInt8, "-128"),
		encodes("decimal, unsigned", typed.Decimal[uint64]{}, math.MaxUint64, "18446744073709551615"),
		encodes("decimal of a float", typed.Decimal[float64]{}, 0.1, "0.1"),
		encodes("decimal of a short float", typed.Decimal[float32]{}, 0.1, "0.1"),
		encodes("decimal of true", typed.Decimal[bool]{}, true, "1"),
		encodes("decimal of false", typed.Decimal[bool]{}, false, "0"),
		encodes("decimal of a duration", typed.Decimal[time.Duration]{}, time.Second, "1000000000"),
		encodes("fixed", typed.Fixed[uint32]{}, 0x01020304, "\x04\x03\x02\x01"),
		encodes("fixed of an int", typed.Fixed[int]{}, -2, "\xfe\xff\xff\xff\xff\xff\xff\xff"),
		encodes("fixed of a bool", typed.Fixed[bool]{}, true, "\x01"),
		encodes("fixed of a complex", typed.Fixed[complex64]{}, complex(1, -1), "\x00\x00\x80\x3f\x00\x00\x80\xbf"),
		encodes("fixed of an array", typed.Fixed[[3]uint16]{}, [3]uint16{1, 2, 3}, "\x01\x00\x02\x00\x03\x00"),
		encodes("fixed of a struct", typed.Fixed[point]{}, somePoint(), ""),
		encodes("fixed of nothing", typed.Fixed[struct{}]{}, struct{}{}, ""),
		encodes("by default, string", nil, "plain", "plain"),
		encodes("by default, string type", nil, label("plain"), "plain"),
		encodes("by default, bytes", nil, []byte{0, 1}, "\x00\x01"),
		encodes("by default, int", nil, color(3), "3"),
		encodes("by default, struct", nil, ada, `{"Name":"Ada","Age":36,"Tags":["math"]}`),
		encodes("by default, JSON before binary", nil, when, `"2024-02-29T12:00:00.000000005Z"`),
		encodes("by default, binary", nil, url.URL{Host: "x", Path: "/y"}, "//x/y"),
		encodes("functions", typed.Funcs[int]{
			Append: func(dst []byte, v int) ([]byte, error) { return append(dst, byte(v)), nil },
			Parse:  func(b []byte) (int, error) { return int(b[0]), nil },
		}, 65, "A"),
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

// refuses tests that a codec is refused for a type.
func refuses[V any](name string, c typed.Codec[V], want error) codecTest {
	return codecTest{name, func(t *testing.T) {
		if _, err := typed.NewMap(openCache(t), typed.MapOptions[string, V]{Value: c}); !errors.Is(err, want) {
			t.Errorf("NewMap returned %v", err)
		}
		var v V
		if _, ok := c.(typed.Funcs[V]); ok {
			return
		}
		if _, err := c.AppendEncode(nil, v); !errors.Is(err, want) {
			t.Errorf("AppendEncode returned %v", err)
		}
		if _, err := c.Decode([]byte("12")); !errors.Is(err, want) {
			t.Errorf("Decode returned %v", err)
		}
	}}
}

func TestCodecsOfTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []codecTest{
		refuses("fixed string", typed.Fixed[string]{}, typed.ErrType),
		refuses("fixed pointer", typed.Fixed[*int]{}, typed.ErrType),
		refuses("fixed struct with a slice", typed.Fixed[user]{}, typed.ErrType),
		refuses("fixed array of structs with a map", typed.Fixed[[2]struct{ M map[int]int }]{}, typed.ErrType),
		refuses("fixed with too many parts", typed.Fixed[[5000]bool]{}, typed.ErrType),
		refuses("decimal string", typed.Decimal[string]{}, typed.ErrType),
		refuses("decimal struct", typed.Decimal[user]{}, typed.ErrType),
		refuses("binary without methods", typed.Binary[user]{}, typed.ErrType),
		refuses("text without methods", typed.Text[int]{}, typed.ErrType),
		refuses("functions that are nil", typed.Funcs[int]{}, typed.ErrOptions),
	} {
		t.Run(tt.name, tt.run)
	}
	if _, err := (typed.Binary[*url.URL]{}).AppendEncode(nil, nil); !errors.Is(err, typed.ErrType) {
		t.Errorf("encoding a nil pointer: %v", err)
	}
	type pair struct{ A, B int }
	if _, err := typed.NewMap(openCache(t), typed.MapOptions[pair, int]{}); !errors.Is(err, typed.ErrType) {
		t.Errorf("keys without a codec: %v", err)
	}
}

// malformed tests that bytes are refused, by the codec and by a map.
func malformed[V any](name string, c typed.Codec[V], text string) codecTest {
	return codecTest{name, func(t *testing.T) {
		if v, err := c.Decode([]byte(text)); err == nil {
			t.Errorf("Decode returned %v", v)
		}
		cache := openCache(t)
		m := newMap(t, cache, typed.MapOptions[string, V]{Prefix: "p:", Value: c})
		if err := cache.Strings().MSet(item("p:k", text)); err != nil {
			t.Fatal(err)
		}
		v, ok, err := m.Get("k")
		var d *typed.DecodeError
		if ok || !errors.As(err, &d) || d.Key != "p:k" {
			t.Errorf("Get returned %v, %v, %v", v, ok, err)
		}
		for k, v := range m.All() {
			t.Errorf("All has %v, %v", k, v)
		}
	}}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for _, tt := range []codecTest{
		malformed("json", typed.JSON[user]{}, "{"),
		malformed("gob", typed.Gob[user]{}, "\x05\xff"),
		malformed("binary", typed.Binary[time.Time]{}, "\x00"),
		malformed("text", typed.Text[netip.Addr]{}, "10.0.0"),
		malformed("decimal", typed.Decimal[int]{}, "1x"),
		malformed("decimal, too large", typed.Decimal[int8]{}, "128"),
		malformed("decimal, negative", typed.Decimal[uint]{}, "-1"),
		malformed("decimal, no number", typed.Decimal[float64]{}, ""),
		malformed("decimal, no boolean", typed.Decimal[bool]{}, "2"),
		malformed("fixed, short", typed.Fixed[uint16]{}, "1"),
		malformed("fixed, long", typed.Fixed[uint16]{}, "123"),
	} {
		t.Run(tt.name, tt.run)
	}
	for _, c := range []typed.Codec[int8]{typed.Decimal[int8]{}} {
		if _, err := c.Decode([]byte("300")); !errors.Is(err, typed.ErrFormat) {
			t.Errorf("%T: %v", c, err)
		}
	}
}

// TestFixedIsBinary: Fixed writes what encoding/binary does.
func TestFixedIsBinary(t *testing.T) {
	t.Parallel()
	p := somePoint()
	want, err := binary.Append(nil, binary.LittleEndian, &p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := typed.Fixed[point]{}.AppendEncode(nil, p)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v\n%x", got, err, want)
	}
}

// FuzzFixed: whatever bytes a type of fixed size is decoded from, it is as encoding/binary decodes it, and encodes
// to the same but for booleans and blank fields.
func FuzzFixed(f *testing.F) {
	b, err := typed.Fixed[point]{}.AppendEncode(nil, somePoint())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(make([]byte, len(b)))
	f.Add(b[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := typed.Fixed[point]{}.Decode(b)
		var want point
		if len(b) != binary.Size(want) {
			if !errors.Is(err, typed.ErrFormat) {
				t.Fatalf("%d bytes: %v", len(b), err)
			}
			return
		}
		if _, err := binary.Decode(b, binary.LittleEndian, &want); err != nil {
			t.Fatal(err)
		}
		encoded, err1 := typed.Fixed[point]{}.AppendEncode(nil, got)
		reference, err2 := binary.Append(nil, binary.LittleEndian, &want)
		if err != nil || err1 != nil || err2 != nil || !bytes.Equal(encoded, reference) {
			t.Errorf("%v, %v, %v\n%x\n%x", err, err1, err2, encoded, reference)
		}
	})
}

// FuzzDecimal: what decodes as a scalar comes back the same from its own encoding; nothing panics.
func FuzzDecimal(f *testing.F) {
	for _, text := range []string{"0", "-128", "255", "1e400", "NaN", "true", "1_0", "0x10", "+1", "", "18446744073709551615"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again(t, typed.Decimal[int8]{}, b)
		again(t, typed.Decimal[uint64]{}, b)
		again(t, typed.Decimal[int]{}, b)
		again(t, typed.Decimal[float32]{}, b)
		again(t, typed.Decimal[float64]{}, b)
		again(t, typed.Decimal[bool]{}, b)
	})
}

func again[V comparable](t *testing.T, c typed.Codec[V], b []byte) {
	v, err := c.Decode(b)
	if err != nil {
		if !errors.Is(err, typed.ErrFormat) {
			t.Errorf("%T of %q: %v", c, b, err)
		}
		return
	}
	text, err := c.AppendEncode(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := c.Decode(text); w != v && v == v || err != nil {
		t.Errorf("%T of %q is %v, and %v from %q, %v", c, b, v, w, text, err)
	}
}
