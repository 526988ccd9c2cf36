package datatypes_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
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
