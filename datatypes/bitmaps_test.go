package datatypes_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

func (f *fixture) bitmaps() datatypes.Bitmaps { return datatypes.NewBitmaps(f.view) }

func TestBitmapCalls(t *testing.T) {
	t.Parallel()
	calls[datatypes.Bitmaps]{
		"Set":   func(b datatypes.Bitmaps, key string) error { _, err := b.Set(key, 3, true); return err },
		"Get":   func(b datatypes.Bitmaps, key string) error { _, err := b.Get(key, 3); return err },
		"Count": func(b datatypes.Bitmaps, key string) error { _, err := b.Count(key, datatypes.BitRange{}); return err },
		"Pos": func(b datatypes.Bitmaps, key string) error {
			_, err := b.Pos(key, true, datatypes.BitRange{})
			return err
		},
		"Op": func(b datatypes.Bitmaps, key string) error { _, err := b.Op(datatypes.BitNot, key, key); return err },
		"Field": func(b datatypes.Bitmaps, key string) error {
			_, err := b.Field(key, datatypes.FieldOp{Type: datatypes.FieldType{Bits: 8}})
			return err
		},
		"AppendField": func(b datatypes.Bitmaps, key string) error {
			_, err := b.AppendField(nil, key, datatypes.FieldOp{Action: datatypes.FieldSet, Type: datatypes.FieldType{Bits: 8}})
			return err
		},
	}.check(t, datatypes.NewBitmaps)
}

// bitModel is a bitmap as a text of zeros and ones, its length a multiple of 8.
type bitModel string

func modelOf(value string) bitModel {
	var b strings.Builder
	for i := range len(value) {
		fmt.Fprintf(&b, "%08b", value[i])
	}
	return bitModel(b.String())
}

// padded returns the bitmap with zeros up to n bits, rounded up to bytes.
func (m bitModel) padded(n int) bitModel {
	n = (n + 7) / 8 * 8
	return m + bitModel(strings.Repeat("0", max(0, n-len(m))))
}

func (m bitModel) bytes() string {
	out := make([]byte, len(m)/8)
	for i, bit := range m {
		out[i/8] = out[i/8]<<1 | byte(bit-'0')
	}
	return string(out)
}

// slice returns the bits of a range with inclusive bounds, and where they start.
func (m bitModel) slice(r datatypes.BitRange) (bitModel, int64) {
	n, unit := int64(len(m)), int64(1)
	start, end := r.Start, r.End
	if r.Unit == datatypes.InBytes {
		n, unit = n/8, 8
	}
	if r.Open {
		end = n - 1
	}
	if r.Unit == datatypes.Everything {
		start, end = 0, n-1
	}
	if start < 0 {
		start = max(0, n+start)
	}
	if end < 0 {
		end = max(0, n+end)
	}
	end = min(end, n-1)
	if start > end {
		return "", 0
	}
	return m[start*unit : (end+1)*unit], start * unit
}

func (m bitModel) field(f datatypes.FieldType, offset int64) *big.Int {
	n, _ := new(big.Int).SetString(string(m.padded(int(offset) + f.Bits)[offset:][:f.Bits]), 2)
	if f.Signed && n.Bit(f.Bits-1) == 1 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(f.Bits)))
	}
	return n
}

// do is the meaning of a FieldOp in integers without bounds.
func (m bitModel) do(o datatypes.FieldOp) (bitModel, datatypes.FieldResult) {
	old := m.field(o.Type, o.Offset)
	if o.Action == datatypes.FieldGet {
		return m, datatypes.FieldResult{Value: old.Int64(), OK: true}
	}
	size := new(big.Int).Lsh(big.NewInt(1), uint(o.Type.Bits))
	lowest, highest := new(big.Int), new(big.Int).Sub(size, big.NewInt(1))
	if o.Type.Signed {
		lowest = new(big.Int).Neg(new(big.Int).Rsh(size, 1))
		highest.Add(highest, lowest)
	}
	next := big.NewInt(o.Value)
	if o.Action == datatypes.FieldIncrBy {
		next.Add(next, old)
	} else if !o.Type.Signed {
		next.SetUint64(uint64(o.Value))
	}
	if next.Cmp(lowest) < 0 || next.Cmp(highest) > 0 {
		switch o.Overflow {
		case datatypes.FieldFail:
			return m, datatypes.FieldResult{}
		case datatypes.FieldSaturate:
			if next.Cmp(lowest) < 0 {
				next = lowest
			} else {
				next = highest
			}
		case datatypes.FieldWrap:
			next.Mod(next, size)
			if next.Cmp(highest) > 0 {
				next.Sub(next, size)
			}
		}
	}
	raw := new(big.Int).Mod(next, size)
	digits := fmt.Sprintf("%0*s", o.Type.Bits, raw.Text(2))
	m = m[:o.Offset] + bitModel(digits) + m[o.Offset+int64(o.Type.Bits):]
	if o.Action == datatypes.FieldSet {
		next = old
	}
	return m, datatypes.FieldResult{Value: next.Int64(), OK: true}
}

// TestBitmapsAgainstModel compares every method with what it means for texts of
// zeros and ones.
func TestBitmapsAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := open(rt)
		m := &bitmapRun{t: rt, f: f, b: f.bitmaps(), model: map[string]bitModel{}}
		for _, key := range bitmapKeys {
			if rapid.Bool().Draw(rt, "exists") {
				m.store(key, rapid.OneOf(rapid.StringN(0, 200, 300), rapid.SampledFrom([]string{"12", "-7", ""})).Draw(rt, "value"))
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"":       m.compare,
			"Set":    m.set,
			"Get":    m.get,
			"Count":  m.count,
			"Pos":    m.pos,
			"Op":     m.op,
			"Field":  m.field,
			"String": func(*rapid.T) { m.store(m.key(), m.draw()) },
		})
	})
}

var bitmapKeys = []string{"a", "b", "{b}", "c"}

type bitmapRun struct {
	t     *rapid.T
	f     *fixture
	b     datatypes.Bitmaps
	model map[string]bitModel
}

func (m *bitmapRun) key() string { return rapid.SampledFrom(bitmapKeys).Draw(m.t, "key") }

func (m *bitmapRun) draw() string {
	return string(rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 300),
		rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0xff}), 0, 200),
		rapid.SampledFrom([][]byte{[]byte("12"), []byte("-1234567"), bytes.Repeat([]byte{0}, 9000), bytes.Repeat([]byte{255}, 20000)}),
	).Draw(m.t, "value"))
}

func (m *bitmapRun) store(key, value string) {
	if _, err := m.f.Set(key, []byte(value), datatypes.SetOptions{}); err != nil {
		m.t.Fatal(err)
	}
	m.model[key] = modelOf(value)
}

func (m *bitmapRun) compare(t *rapid.T) {
	m.t = t
	for _, key := range bitmapKeys {
		want, exists := m.model[key]
		got, ok, err := m.f.Get(key)
		if err != nil || ok != exists || string(got) != want.bytes() {
			t.Fatalf("%q is %q, %v, %v; want %q, %v", key, got, ok, err, want.bytes(), exists)
		}
	}
}

func (m *bitmapRun) set(t *rapid.T) {
	m.t = t
	key, at, on := m.key(), rapid.IntRange(0, 3000).Draw(t, "offset"), rapid.Bool().Draw(t, "bit")
	bits := m.model[key].padded(at + 1)
	old, err := m.b.Set(key, int64(at), on)
	if err != nil || old != (bits[at] == '1') {
		t.Fatalf("Set(%q, %d): %v, %v", key, at, old, err)
	}
	digit := bitModel("0")
	if on {
		digit = "1"
	}
	m.model[key] = bits[:at] + digit + bits[at+1:]
}

func (m *bitmapRun) get(t *rapid.T) {
	m.t = t
	key, at := m.key(), rapid.IntRange(0, 3000).Draw(t, "offset")
	got, err := m.b.Get(key, int64(at))
	if want := m.model[key].padded(at + 1)[at] == '1'; err != nil || got != want {
		t.Fatalf("Get(%q, %d): %v, %v", key, at, got, err)
	}
}

func (m *bitmapRun) bitRange() datatypes.BitRange {
	bound := rapid.OneOf(rapid.Int64Range(-40, 40), rapid.Int64Range(-2500, 2500), rapid.Int64())
	return datatypes.BitRange{
		Start: bound.Draw(m.t, "start"), End: bound.Draw(m.t, "end"),
		Unit: datatypes.BitUnit(rapid.IntRange(0, 2).Draw(m.t, "unit")), Open: rapid.Bool().Draw(m.t, "open"),
	}
}

func (m *bitmapRun) count(t *rapid.T) {
	m.t = t
	key, r := m.key(), m.bitRange()
	part, _ := m.model[key].slice(r)
	want := int64(strings.Count(string(part), "1"))
	if r.Unit != datatypes.Everything && !r.Open && r.Start < 0 && r.End < 0 && r.Start > r.End {
		want = 0
	}
	if got, err := m.b.Count(key, r); err != nil || got != want {
		t.Fatalf("Count(%q, %+v) of %s: %d, %v; want %d", key, r, m.model[key], got, err, want)
	}
}

func (m *bitmapRun) pos(t *rapid.T) {
	m.t = t
	key, r, bit := m.key(), m.bitRange(), rapid.Bool().Draw(t, "bit")
	bits, exists := m.model[key]
	part, start := bits.slice(r)
	digit := "0"
	if bit {
		digit = "1"
	}
	want := int64(strings.Index(string(part), digit))
	switch {
	case !exists && !bit:
		want = 0
	case want >= 0:
		want += start
	case !bit && part != "" && (r.Open || r.Unit == datatypes.Everything):
		want = int64(len(bits))
	}
	if got, err := m.b.Pos(key, bit, r); err != nil || got != want {
		t.Fatalf("Pos(%q, %v, %+v) of %s: %d, %v; want %d", key, bit, r, bits, got, err, want)
	}
}

func (m *bitmapRun) op(t *rapid.T) {
	m.t = t
	op := datatypes.BitOp(rapid.IntRange(0, 3).Draw(t, "op"))
	most := 5
	if op == datatypes.BitNot {
		most = 1
	}
	keys := rapid.SliceOfN(rapid.SampledFrom(append(bitmapKeys, "none")), 1, most).Draw(t, "keys")
	longest := 0
	for _, key := range keys {
		longest = max(longest, len(m.model[key]))
	}
	result := []byte(m.model[keys[0]].padded(longest))
	for _, key := range keys[1:] {
		bits := m.model[key].padded(longest)
		for i := range result {
			a, b := result[i] == '1', bits[i] == '1'
			result[i] = '0'
			if op == datatypes.BitAnd && a && b || op == datatypes.BitOr && (a || b) || op == datatypes.BitXor && a != b {
				result[i] = '1'
			}
		}
	}
	if op == datatypes.BitNot {
		for i := range result {
			result[i] ^= '0' ^ '1'
		}
	}
	dst := m.key()
	length, err := m.b.Op(op, dst, keys...)
	if err != nil || length != longest/8 {
		t.Fatalf("Op(%v, %q, %q): %d, %v; want %d", op, dst, keys, length, err, longest/8)
	}
	if delete(m.model, dst); longest > 0 {
		m.model[dst] = bitModel(result)
	}
}

func (m *bitmapRun) field(t *rapid.T) {
	m.t = t
	key := m.key()
	bits, exists := m.model[key]
	var ops []datatypes.FieldOp
	writes, need := false, 0
	for range rapid.IntRange(0, 4).Draw(t, "ops") {
		signed := rapid.Bool().Draw(t, "signed")
		o := datatypes.FieldOp{
			Action:   datatypes.FieldAction(rapid.IntRange(0, 2).Draw(t, "action")),
			Type:     datatypes.FieldType{Signed: signed, Bits: rapid.IntRange(1, 63).Draw(t, "bits")},
			Offset:   rapid.Int64Range(0, 300).Draw(t, "offset"),
			Overflow: datatypes.FieldOverflow(rapid.IntRange(0, 2).Draw(t, "overflow")),
			Value: rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64Range(math.MinInt64/2, math.MaxInt64),
				rapid.Just[int64](math.MaxInt64)).Draw(t, "value"),
		}
		if signed && o.Type.Bits == 63 {
			o.Type.Bits = 64
		}
		if ops = append(ops, o); o.Action != datatypes.FieldGet {
			writes, need = true, max(need, int(o.Offset)+o.Type.Bits)
		}
	}
	bits = bits.padded(need)
	want := []datatypes.FieldResult{}
	for _, o := range ops {
		var r datatypes.FieldResult
		bits, r = bits.do(o)
		want = append(want, r)
	}
	got, err := m.b.Field(key, ops...)
	if err != nil || !cmp.Equal(got, want) {
		t.Fatalf("Field(%q, %+v): %v, %v; want %v", key, ops, got, err, want)
	}
	if exists || writes {
		m.model[key] = bits
	}
}

func TestBitmapsBadInput(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "abc")
	b := f.bitmaps()
	u8 := datatypes.FieldType{Bits: 8}
	const beyond = keyspace.MaxSize * 8
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"Set before": {func() error { _, err := b.Set("k", -1, true); return err }, datatypes.ErrBitOffset},
		"Set beyond": {func() error { _, err := b.Set("k", beyond, true); return err }, datatypes.ErrBitOffset},
		"Get before": {func() error { _, err := b.Get("k", -1); return err }, datatypes.ErrBitOffset},
		"Get beyond": {func() error { _, err := b.Get("k", beyond); return err }, datatypes.ErrBitOffset},
		"Op of none": {func() error { _, err := b.Op(datatypes.BitAnd, "k"); return err }, datatypes.ErrConflict},
		"NOT of two": {func() error { _, err := b.Op(datatypes.BitNot, "k", "k", "k"); return err }, datatypes.ErrConflict},
		"Op unknown": {func() error { _, err := b.Op(99, "k", "k"); return err }, datatypes.ErrConflict},
		"no bits":    {func() error { _, err := b.Field("k", datatypes.FieldOp{}); return err }, datatypes.ErrFieldType},
		"u64": {func() error {
			_, err := b.Field("k", datatypes.FieldOp{Type: datatypes.FieldType{Bits: 64}})
			return err
		}, datatypes.ErrFieldType},
		"i65": {func() error {
			_, err := b.Field("k", datatypes.FieldOp{Type: datatypes.FieldType{Signed: true, Bits: 65}})
			return err
		}, datatypes.ErrFieldType},
		"read before": {func() error { _, err := b.Field("k", datatypes.FieldOp{Type: u8, Offset: -1}); return err }, datatypes.ErrBitOffset},
		"read beyond": {func() error { _, err := b.Field("k", datatypes.FieldOp{Type: u8, Offset: beyond}); return err }, datatypes.ErrBitOffset},
		"read over":   {func() error { _, err := b.Field("k", datatypes.FieldOp{Type: u8, Offset: beyond - 4}); return err }, nil},
		"write over": {func() error {
			_, err := b.Field("k", datatypes.FieldOp{Action: datatypes.FieldSet, Type: u8},
				datatypes.FieldOp{Action: datatypes.FieldSet, Type: u8, Offset: beyond - 4})
			return err
		}, datatypes.ErrBitOffset},
	} {
		if err := test.do(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if got := f.text(t, "k"); got != "abc" {
			t.Fatalf("%s changed the value to %q", name, got)
		}
	}
}

// TestBitmapEvents: operations that change nothing tell nobody.
func TestBitmapEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	var events []string
	cancel := f.ks.Listen(func(e keyspace.Event) {
		if e.Class != keyspace.ClassNew {
			events = append(events, e.Name+" "+e.Key)
		}
	})
	defer cancel()
	b := f.bitmaps()
	u8 := datatypes.FieldType{Bits: 8}
	set := func(n int64) datatypes.FieldOp {
		return datatypes.FieldOp{Action: datatypes.FieldSet, Type: u8, Value: n}
	}
	fail := datatypes.FieldOp{Action: datatypes.FieldSet, Type: u8, Value: 300, Overflow: datatypes.FieldFail}
	b.Set("new", 7, false)
	b.Set("new", 7, false)
	b.Set("new", 7, true)
	b.Set("new", 7, true)
	b.Field("field", set(0))
	b.Field("field", set(0))
	b.Field("field", set(1), set(2))
	b.Field("failed", fail)
	b.Op(datatypes.BitAnd, "and", "new")
	b.Op(datatypes.BitAnd, "and", "missing")
	b.Op(datatypes.BitAnd, "and", "missing")
	want := []string{"setbit new", "setbit new", "setbit field", "setbit field", "set and", "del and"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
	if got := f.text(t, "failed"); got != "\x00" {
		t.Errorf("a failed SET left %q", got)
	}
}

// TestBitmapsAtTheLimit: under noeviction a write that needs memory is refused
// and changes nothing.
func TestBitmapsAtTheLimit(t *testing.T) {
	t.Parallel()
	f, keys, value := full(t, keyspace.Options{Shards: 2})
	b := f.bitmaps()
	for name, write := range map[string]func() error{
		"Set":              func() error { _, err := b.Set(keys[0], 8<<20, true); return err },
		"Set of a new key": func() error { _, err := b.Set("new", 8<<20, true); return err },
		"Field": func() error {
			op := datatypes.FieldOp{Action: datatypes.FieldSet, Type: datatypes.FieldType{Bits: 8}, Offset: 8 << 20}
			_, err := b.Field(keys[0], op)
			return err
		},
	} {
		if err := write(); err != datatypes.ErrOutOfMemory {
			t.Errorf("%s: %v", name, err)
		}
		for _, key := range keys {
			if got := f.text(t, key); got != string(value) {
				t.Fatalf("%s changed %s to %.20q", name, key, got)
			}
		}
	}
	many := 0
	for i := range 1000 { // until there is no room for another
		_, err := b.Op(datatypes.BitOr, fmt.Sprint("new:", i), keys[:3]...)
		if err == nil {
			many++
			continue
		}
		if err != datatypes.ErrOutOfMemory {
			t.Fatal(err)
		}
	}
	if many == 1000 {
		t.Error("Op was never refused")
	}
	if n, _ := f.keys.Len(); n != len(keys)+many {
		t.Errorf("%d keys, want %d", n, len(keys)+many)
	}
	if _, err := b.Op(datatypes.BitNot, keys[0], keys[0]); err != nil {
		t.Errorf("Op in place: %v", err)
	}
}

// TestBitmapOpEvicting: what is evicted to make room for the result may be what
// the result is of.
func TestBitmapOpEvicting(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 2 << 20, Policy: keyspace.AllKeysRandom})
	ones := bytes.Repeat([]byte{0xff}, 400_000)
	for i := range 100 {
		f.Set("a", ones, datatypes.SetOptions{})
		f.Set("b", ones[:300_000], datatypes.SetOptions{})
		f.Set("c", ones, datatypes.SetOptions{})
		length, err := f.bitmaps().Op(datatypes.BitOr, "a", "b", "a", "c")
		if err != nil {
			continue
		}
		if got, _ := f.Len("a"); got != length {
			t.Fatalf("round %d: %d bytes, Op says %d", i, got, length)
		}
		got, err := f.bitmaps().Count("a", datatypes.BitRange{})
		if err != nil || got != int64(length)*8 {
			t.Fatalf("round %d: %d of %d bits, %v", i, got, length*8, err)
		}
	}
}
