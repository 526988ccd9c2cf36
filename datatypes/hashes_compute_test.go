package datatypes_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

func TestHashesCompute(t *testing.T) {
	t.Parallel()
	eachForm(t, func(t *testing.T, f *fixture, own []string) {
		h := f.hashes()
		h.Set("h", fieldsOf("a", "1", "b", "2", "c", "3")...)
		var b datatypes.Batch
		cancelled := errors.New("cancelled")
		ttl := f.ttl(t, "h")
		tests := []struct {
			name  string
			key   string
			patch datatypes.HashPatch
			err   error
			want  []string
			ttl   time.Duration
		}{
			{"nothing", "h", datatypes.HashPatch{}, nil, []string{"a=1", "b=2", "c=3"}, ttl},
			{"cancelled", "h", datatypes.HashPatch{Set: fieldsOf("a", "x")}, cancelled, []string{"a=1", "b=2", "c=3"}, ttl},
			{"negative", "h", datatypes.HashPatch{Set: fieldsOf("a", "x"), TTL: -2}, datatypes.ErrInvalidExpire, []string{"a=1", "b=2", "c=3"}, ttl},
			{"all", "h", datatypes.HashPatch{Set: fieldsOf("a", "9", "d", strings.Repeat("d", 300)), Delete: []string{"b", "nofield"}, TTL: time.Minute}, nil,
				[]string{"a=9", "c=3", "d=" + strings.Repeat("d", 300)}, time.Minute},
			{"deleted only", "h", datatypes.HashPatch{Delete: []string{"d"}}, nil, []string{"a=9", "c=3"}, time.Minute},
			{"eternal", "h", datatypes.HashPatch{TTL: datatypes.NoTTL}, nil, []string{"a=9", "c=3"}, datatypes.NoTTL},
			{"expiry only", "h", datatypes.HashPatch{TTL: time.Second}, nil, []string{"a=9", "c=3"}, time.Second},
			{"created", "new", datatypes.HashPatch{Set: fieldsOf("x", "y"), TTL: time.Hour}, nil, []string{"x=y"}, time.Hour},
			{"emptied", "new", datatypes.HashPatch{Set: fieldsOf("x", "z"), Delete: []string{"x"}, TTL: time.Hour}, nil, nil, missing},
			{"created again", "new", datatypes.HashPatch{Set: fieldsOf("x", "y")}, nil, []string{"x=y"}, datatypes.NoTTL},
			{"removed", "new", datatypes.HashPatch{Set: fieldsOf("x", "z"), Remove: true}, nil, nil, missing},
			{"nothing removed", "new", datatypes.HashPatch{Remove: true}, nil, nil, missing},
			{"nothing of nothing", "new", datatypes.HashPatch{Delete: []string{"x"}, TTL: time.Hour}, nil, nil, missing},
		}
		for _, tt := range tests {
			before, there := f.hash(t, tt.key), f.ttl(t, tt.key) != missing
			err := h.Compute(tt.key, []string{"a", "nofield", "c"}, &b, func(exists bool) (datatypes.HashPatch, error) {
				a, okA := b.Value(0)
				_, okNo := b.Value(1)
				if exists != there || b.Len() != 3 || okNo || okA != slices.Contains(before, "a="+string(a)) {
					t.Errorf("%s: called with %v, %q, %v, %v", tt.name, exists, a, okA, okNo)
				}
				if tt.err == cancelled {
					return tt.patch, cancelled
				}
				return tt.patch, nil
			})
			if err != tt.err {
				t.Errorf("%s: %v", tt.name, err)
			}
			want := tt.want
			if tt.key == "h" {
				want = append(slices.Clone(want), own...)
			}
			if got := f.hash(t, tt.key); !slices.Equal(got, want) || f.ttl(t, tt.key) != tt.ttl {
				t.Errorf("%s: holds %q for %v, want %q for %v", tt.name, got, f.ttl(t, tt.key), want, tt.ttl)
			}
		}
	})
}

// TestHashesComputeEvicts: at the memory limit a change of some fields of a hash is never left alone by its eviction.
func TestHashesComputeEvicts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{MaxBytes: 2 << 20, Policy: keyspace.AllKeysRandom, Shards: 1})
	h := f.hashes()
	var b datatypes.Batch
	evicted := 0
	for i := range 20_000 {
		key := fmt.Sprint("h", i*7919%3000)
		again := false
		err := h.Compute(key, nil, &b, func(exists bool) (datatypes.HashPatch, error) {
			if again && !exists {
				evicted++
			}
			again = exists
			if exists {
				return datatypes.HashPatch{Set: fieldsOf("a", strings.Repeat("x", i%3000))}, nil
			}
			return datatypes.HashPatch{Set: fieldsOf("a", "", "b", "2", "c", "3")}, nil
		})
		if err != nil && err != datatypes.ErrOutOfMemory {
			t.Fatal(err)
		}
		if n, err := h.Len(key); n != 3 && n != 0 || err != nil {
			t.Fatalf("%s has %d fields, %v", key, n, err)
		}
	}
	if f.ks.Stats().Evicted == 0 {
		t.Error("nothing was evicted")
	}
	t.Log("evicted by its own change:", evicted)
}
