package datatypes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// otherShard returns a key that is not in the shard of key.
func (f *fixture) otherShard(key string) string {
	for i := 0; ; i++ {
		if other := fmt.Sprint("other", i); !f.sameShard(key, other) {
			return other
		}
	}
}

// checkSorted checks that a key holds n members as putSorted puts them.
func checkSorted(t testing.TB, f *fixture, key string, n int) {
	t.Helper()
	z := f.sortedSets()
	got, err := z.AppendRange(nil, key, datatypes.ByRank(0, -1))
	if err != nil || len(got) != n {
		t.Fatalf("%s holds %d members, %v; want %d", key, len(got), err, n)
	}
	for i, m := range got {
		want := datatypes.Scored{Member: fmt.Sprintf("member:%06d", i), Score: float64(i)}
		if m != want {
			t.Fatalf("member %d of %s is %+v", i, key, m)
		}
		if rank, score, ok, _ := z.Rank(key, m.Member); !ok || rank != i || score != m.Score {
			t.Fatalf("%+v of %s is found at %d, %v, %v", m, key, rank, score, ok)
		}
	}
}

// TestSortedSetMemory: the bytes of a sorted set are what MEMORY USAGE says, and all come back.
func TestSortedSetMemory(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 100, 129, 5000} {
		f := open(t)
		putSorted(t, f, "k", n)
		used := f.ks.Stats().UsedBytes
		usage, _, err := f.keys.MemoryUsage("k")
		if d := int64(usage) - used; err != nil || d < -200 || d > 200 {
			t.Errorf("%d members take %d bytes, by usage %d, %v", n, used, usage, err)
		}
		there := f.otherShard("k")
		for _, to := range []string{"{k}", there} {
			if _, err := f.keys.Copy("k", to, datatypes.CopyOptions{}); err != nil {
				t.Fatal(err)
			}
			checkSorted(t, f, to, n)
		}
		checkSorted(t, f, "k", n)
		if err := f.keys.Rename("k", f.otherShard("k")+"2"); err != nil {
			t.Fatal(err)
		}
		f.view.Flush(false)
		leftOver(t, f)
	}
}

// TestSortedSetRelease: a dropped sorted set is freed in slices.
func TestSortedSetRelease(t *testing.T) {
	t.Parallel()
	f := open(t)
	putSorted(t, f, "k", 20_000)
	used := f.ks.Stats().UsedBytes
	f.keys.Del("k")
	if now := f.ks.Stats().UsedBytes; now < used/2 {
		t.Errorf("%d of %d bytes were freed at once", used-now, used)
	}
	leftOver(t, f)
}

// TestSortedSetCompaction deletes nine of ten sorted sets and members and expects the memory of the
// rest to come together, undamaged.
func TestSortedSetCompaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	z := f.sortedSets()
	src := rand.New(rand.NewPCG(1, 2))
	const sets, size, large = 300, 200, 30_000
	all := make(map[string][]datatypes.Scored)
	fill := func(key string, n int) {
		for i := range n {
			m := datatypes.Scored{Member: fmt.Sprintf("%s:%06d", key, i), Score: src.NormFloat64()}
			if _, err := z.Add(key, m); err != nil {
				t.Fatal(err)
			}
			all[key] = append(all[key], m)
		}
	}
	for i := range sets {
		fill(fmt.Sprint(i), size)
	}
	fill("large", large)
	for key := range all {
		if key != "large" && src.IntN(10) > 0 {
			f.keys.Del(key)
			delete(all, key)
		}
	}
	all["large"] = slices.DeleteFunc(all["large"], func(m datatypes.Scored) bool {
		gone := src.IntN(10) > 0
		if gone {
			z.Remove("large", m.Member)
		}
		return gone
	})
	for range 3000 {
		f.ks.Maintain()
	}
	for key, want := range all {
		slices.SortFunc(want, compareScored)
		got, err := z.AppendRange(nil, key, datatypes.ByRank(0, -1))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s is damaged: %d members, %v, want %d", key, len(got), err, len(want))
		}
		for i, m := range want {
			if rank, score, ok, _ := z.Rank(key, m.Member); !ok || rank != i || score != m.Score {
				t.Fatalf("%+v of %s is found at %d, %v, %v", m, key, rank, score, ok)
			}
		}
	}
	if st := f.ks.Stats(); st.ResidentBytes > st.UsedBytes*3/2+1<<20 {
		t.Errorf("%d bytes are resident, %d in use", st.ResidentBytes, st.UsedBytes)
	}
	f.view.Flush(false)
	leftOver(t, f)
}
