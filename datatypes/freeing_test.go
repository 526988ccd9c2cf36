package datatypes_test

import (
	"fmt"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestFreeingInSlices deletes large values of every type, and a database of many keys, and checks that neither the
// deletion nor any slice of maintenance frees more than a few hundred blocks, and that nothing is left.
func TestFreeingInSlices(t *testing.T) {
	t.Parallel()
	const n = 30_000
	member := func(i int) string { return fmt.Sprintf("member:%010d", i) }
	fill := map[string]func(f *fixture, i int) error{
		"set": func(f *fixture, i int) error {
			_, err := datatypes.NewSets(f.view).Add("k", member(i))
			return err
		},
		"hash": func(f *fixture, i int) error {
			_, err := datatypes.NewHashes(f.view).Set("k", datatypes.Field{Name: member(i), Value: make([]byte, 32)})
			return err
		},
		"sorted set": func(f *fixture, i int) error {
			_, err := datatypes.NewSortedSets(f.view).Add("k", datatypes.Scored{Member: member(i), Score: float64(i * 7919 % n)})
			return err
		},
		"list": func(f *fixture, i int) error {
			_, err := f.lists.RPush("k", []byte(member(i)), make([]byte, 300))
			return err
		},
		"keys": func(f *fixture, i int) error {
			_, err := f.Set(member(i), make([]byte, 32), datatypes.SetOptions{})
			return err
		},
	}
	// 256 of the nodes of a tree, which are the largest blocks that there are so many of, and a segment of a table.
	// Blocks of a list are pages, of which a leaf of its tree leads to some dozens.
	most := map[string]int64{"list": 700 << 10}
	const mostOf = 256*512 + 16<<10
	for what, add := range fill {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, keyspace.Options{Shards: 1})
			for i := range n {
				if err := add(f, i); err != nil {
					t.Fatal(err)
				}
			}
			used := f.ks.Stats().UsedBytes
			slices := 0
			check := func() {
				now := f.ks.Stats().UsedBytes
				if used-now > max(most[what], mostOf) {
					t.Errorf("slice %d frees %d bytes", slices, used-now)
				}
				used = now
			}
			if _, err := f.keys.Del("k"); err != nil {
				t.Fatal(err)
			}
			if err := f.keys.FlushAsync(); err != nil {
				t.Fatal(err)
			}
			check()
			for more := true; more; slices++ {
				more = f.ks.Maintain()
				check()
			}
			if used != 0 || slices < 30 {
				t.Errorf("%d bytes are left after %d slices", used, slices)
			}
		})
	}
}
