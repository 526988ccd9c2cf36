package datatypes_test

import (
	"bytes"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestBitOpMeanwhile has things happen to bitmaps while they are combined: the result is of what they are in the end.
func TestBitOpMeanwhile(t *testing.T) {
	t.Parallel()
	const long = 3 << 20
	put := func(t *testing.T, f *fixture, key string, n int, b byte) {
		if _, err := f.Set(key, bytes.Repeat([]byte{b}, n), datatypes.SetOptions{}); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, f *fixture)
		want      []byte // the result
		err       error
	}{
		"a bitmap changes": {
			func(t *testing.T, f *fixture) { put(t, f, "b", long, 8) },
			bytes.Repeat([]byte{9}, long), nil,
		},
		"a bitmap becomes longer": {
			func(t *testing.T, f *fixture) { put(t, f, "b", long+5, 2) },
			append(bytes.Repeat([]byte{3}, long), 2, 2, 2, 2, 2), nil,
		},
		"one goes": {
			func(_ *testing.T, f *fixture) { f.keys.Del("a") },
			bytes.Repeat([]byte{2}, long), nil,
		},
		"all go": {
			func(_ *testing.T, f *fixture) { f.keys.FlushAll() },
			nil, nil,
		},
		"one becomes something else": {
			func(_ *testing.T, f *fixture) {
				f.keys.Del("a")
				f.lists.RPush("a", []byte("element"))
			},
			[]byte("before"), datatypes.ErrWrongType,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *fixture
			turns := 0
			f = newFixture(t, keyspace.Options{OnTurn: func() {
				if turns++; turns == 3 {
					c.meanwhile(t, f)
				}
			}})
			put(t, f, "a", long, 1)
			put(t, f, "b", long, 2)
			if _, err := f.Set("dst", []byte("before"), datatypes.SetOptions{}); err != nil {
				t.Fatal(err)
			}
			n, err := datatypes.NewBitmaps(f.view).Op(datatypes.BitOr, "dst", "a", "b")
			if err != c.err || err == nil && n != len(c.want) || turns < 3 {
				t.Errorf("%d, %v after %d turns", n, err, turns)
			}
			if got, ok, err := f.Get("dst"); err != nil || ok != (c.want != nil) || !bytes.Equal(got, c.want) {
				t.Errorf("the result is %d bytes, %.10x…, %v", len(got), got, err)
			}
			nothingBut(t, f, "a", "b", "dst")
		})
	}
}

// TestBitOpAtLimit: where there is no room for a second bitmap, the result takes the place of the one that there is.
func TestBitOpAtLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 8 << 20})
	const long = 3 << 20
	for _, key := range []string{"a", "dst"} {
		if _, err := f.Set(key, make([]byte, long), datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := datatypes.NewBitmaps(f.view).Op(datatypes.BitNot, "dst", "a"); n != long || err != nil {
		t.Error(n, err)
	}
	if got, _, err := f.Get("dst"); err != nil || !bytes.Equal(got, bytes.Repeat([]byte{0xff}, long)) {
		t.Errorf("the result is %d bytes, %.10x…, %v", len(got), got, err)
	}
}
