package datatypes_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// full returns a keyspace that took as many keys as its limit allows, whose
// values all are the same.
func full(t *testing.T, o keyspace.Options) (f *fixture, keys []string, value []byte) {
	t.Helper()
	o.MaxBytes = 4 << 20
	f = newFixture(t, o)
	value = bytes.Repeat([]byte("v"), 1000)
	for refused := 0; ; refused = 0 {
		key := fmt.Sprintf("key:%05d", len(keys))
		_, err := f.Set(key, value, datatypes.SetOptions{})
		for ; err == datatypes.ErrOutOfMemory; refused++ {
			if refused == 100 { // compaction found nothing more
				return f, keys, value
			}
			for range 50 {
				f.ks.Maintain()
			}
			_, err = f.Set(key, value, datatypes.SetOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		if keys = append(keys, key); len(keys) > 5000 {
			t.Fatalf("%d bytes are stored in %d", len(keys)*len(value), o.MaxBytes)
		}
	}
}

// slack is what memory may exceed its limit by.
const slack = 4<<20/32 + 1<<16

// TestWritesAtTheLimit: under noeviction a write that needs memory returns
// ErrOutOfMemory and changes nothing; others go on.
func TestWritesAtTheLimit(t *testing.T) {
	t.Parallel()
	f, keys, value := full(t, keyspace.Options{Shards: 2})
	large := bytes.Repeat([]byte("l"), 300_000)
	var many []datatypes.Item
	for i := range 300 {
		many = append(many, datatypes.Item{Key: fmt.Sprint("new:", i), Value: value})
	}
	mixed := append([]datatypes.Item{{Key: keys[0], Value: []byte("changed")}}, many...)
	writes := map[string]func() error{
		"Set":              func() error { _, err := f.Set(keys[0], large, datatypes.SetOptions{}); return err },
		"Set of a new key": func() error { _, err := f.Set("new", large, datatypes.SetOptions{}); return err },
		"SetGet":           func() error { _, _, _, err := f.SetGet(keys[0], large, datatypes.SetOptions{}); return err },
		"MSet":             func() error { return f.MSet(mixed...) },
		"MSetNX":           func() error { _, err := f.MSetNX(many...); return err },
		"Append":           func() error { _, err := f.Append(keys[0], large); return err },
		"SetRange":         func() error { _, err := f.SetRange(keys[0], 300_000, []byte("x")); return err },
		"Compute": func() error {
			return f.Compute(keys[0], func([]byte, bool) ([]byte, datatypes.Op) { return large, datatypes.OpSet })
		},
	}
	for name, write := range writes {
		if err := write(); err != datatypes.ErrOutOfMemory {
			t.Errorf("%s: %v", name, err)
		}
		if n, _ := f.keys.Len(); n != len(keys) {
			t.Fatalf("%s: %d keys, before %d", name, n, len(keys))
		}
		for _, key := range keys {
			if got := f.text(t, key); got != string(value) {
				t.Fatalf("%s changed %s to %.20q", name, key, got)
			}
		}
	}
	if st := f.ks.Stats(); st.ResidentBytes > st.MaxBytes+slack {
		t.Errorf("%d bytes are resident", st.ResidentBytes)
	}
	for i, key := range keys {
		if i%2 == 0 {
			f.keys.Del(key)
		}
	}
	for range 500 { // compaction
		f.ks.Maintain()
	}
	if err := f.MSet(many...); err != nil {
		t.Errorf("MSet after deletions: %v", err)
	}
}

// TestGrowthAtTheLimit: values that grow in small steps come to the limit too.
func TestGrowthAtTheLimit(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"one large": 1 << 20, "some medium": 20_000, "many small": 200} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 4 << 20})
			step := bytes.Repeat([]byte("s"), 50+size/50)
			stored := 0
			for i := 0; ; i++ {
				key := fmt.Sprint(i * len(step) / size)
				if name == "one large" {
					key = "key"
				}
				_, err := f.Append(key, step)
				if err == datatypes.ErrOutOfMemory {
					break
				}
				if stored += len(step); stored > 5<<20 {
					t.Fatalf("%d bytes were stored", stored)
				}
			}
			if stored < 1<<20 {
				t.Errorf("only %d bytes were stored", stored)
			}
			// A large value that moves takes its memory twice until maintenance comes by.
			for range 100 {
				f.ks.Maintain()
			}
			if st := f.ks.Stats(); st.ResidentBytes > st.MaxBytes+slack {
				t.Errorf("%d bytes are resident", st.ResidentBytes)
			}
		})
	}
}

// TestComputeKeepsTheTTL even where it makes room by evicting the very key.
func TestComputeKeepsTheTTL(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 2 << 20, Policy: keyspace.AllKeysRandom})
	old := bytes.Repeat([]byte("o"), 400_000)
	grown := bytes.Repeat([]byte("n"), 900_000)
	for i := range 50 {
		f.Set("k", old, datatypes.SetOptions{TTL: second})
		f.Set("other", old, datatypes.SetOptions{})
		err := f.Compute("k", func([]byte, bool) ([]byte, datatypes.Op) { return grown, datatypes.OpSet })
		if err != nil {
			continue
		}
		if got, ttl := f.text(t, "k"), f.ttl(t, "k"); got != string(grown) || ttl != second {
			t.Fatalf("round %d: value of %d bytes, TTL %v", i, len(got), ttl)
		}
	}
}
