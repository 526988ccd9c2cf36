package datatypes_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// fillSorted adds members numbered from on to a sorted set, each with a score that depends on its number.
func fillSorted(t testing.TB, z datatypes.SortedSets, key string, from, n int, factor float64) map[string]float64 {
	t.Helper()
	model := make(map[string]float64, n)
	scored := make([]datatypes.Scored, 0, n)
	for i := range n {
		m := datatypes.Scored{Member: fmt.Sprintf("member:%d", from+i), Score: factor * float64((from+i)*7919%n)}
		scored = append(scored, m)
		model[m.Member] = m.Score
	}
	if _, err := z.Add(key, scored...); err != nil {
		t.Fatal(err)
	}
	return model
}

// orderedModel returns the members of a model as sorted sets have them.
func orderedModel(model map[string]float64) []datatypes.Scored {
	scored := make([]datatypes.Scored, 0, len(model))
	for member, score := range model {
		scored = append(scored, datatypes.Scored{Member: member, Score: score})
	}
	slices.SortFunc(scored, func(x, y datatypes.Scored) int {
		return cmp.Or(cmp.Compare(x.Score, y.Score), cmp.Compare(x.Member, y.Member))
	})
	return scored
}

// TestCombineManyScored compares operations on large sorted sets, one of them together with a set, with maps.
func TestCombineManyScored(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := datatypes.NewSortedSets(f.view)
	a := fillSorted(t, z, "a", 0, many, 1)
	b := fillSorted(t, z, "b", many/2, many, 2)
	set := fillSet(t, datatypes.NewSets(f.view), "set", many/4, many, "member:%d")
	keys := []string{"a", "b", "set"}
	o := datatypes.CombineOptions{Weights: []float64{1, 10, 100}}
	union, inter, diff := maps.Clone(a), map[string]float64{}, maps.Clone(a)
	for m, score := range b {
		union[m] += 10 * score
		delete(diff, m)
		if _, shared := a[m]; shared && set[m] {
			inter[m] = a[m] + 10*score + 100
		}
	}
	for m := range set {
		union[m] += 100
		delete(diff, m)
	}
	check := func(op string, want map[string]float64, result []datatypes.Scored, err error, store func() (int, error)) {
		t.Helper()
		if err != nil || !slices.Equal(result, orderedModel(want)) {
			t.Errorf("%s returned %d members, %v, not the %d of the model", op, len(result), err, len(want))
		}
		if n, err := store(); n != len(want) || err != nil {
			t.Errorf("%s stored %d, %v, want %d", op, n, err, len(want))
		}
		stored, err := z.AppendRange(nil, "dst", datatypes.ByRank(0, -1))
		if err != nil || !slices.Equal(stored, orderedModel(want)) {
			t.Errorf("%s stored %d members, %v, not the %d of the model", op, len(stored), err, len(want))
		}
	}
	result, err := z.Union(o, keys...)
	check("union", union, result, err, func() (int, error) { return z.UnionStore("dst", o, keys...) })
	result, err = z.Inter(o, keys...)
	check("inter", inter, result, err, func() (int, error) { return z.InterStore("dst", o, keys...) })
	result, err = z.Diff(keys...)
	check("diff", diff, result, err, func() (int, error) { return z.DiffStore("dst", keys...) })
	for _, limit := range []int{0, 1, 3000} {
		want := len(inter)
		if limit > 0 {
			want = min(limit, want)
		}
		if n, err := z.InterLen(limit, keys...); n != want || err != nil {
			t.Errorf("InterLen up to %d is %d, %v, want %d", limit, n, err, want)
		}
	}
	if _, err := z.InterStore("dst", datatypes.CombineOptions{}, "a", "none"); err != nil {
		t.Error(err)
	}
	if n, _ := f.keys.Exists("dst"); n != 0 {
		t.Error("an empty result must leave no key")
	}
}

// TestRangeMany reads and stores long ranges, both ways and with limits.
func TestRangeMany(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := datatypes.NewSortedSets(f.view)
	all := orderedModel(fillSorted(t, z, "a", 0, many, 1))
	for name, r := range map[string]datatypes.Range{
		"all":              datatypes.ByRank(0, -1),
		"a part":           datatypes.ByRank(100, 100+4*256-1),
		"reverse":          {Reverse: true},
		"limited":          {Offset: 10, Count: 5000},
		"reverse, limited": {Reverse: true, Offset: 10, Count: 5000},
	} {
		if name != "all" && name != "a part" {
			whole := datatypes.ByRank(0, -1)
			whole.Reverse, whole.Offset, whole.Count = r.Reverse, r.Offset, r.Count
			r = whole
		}
		want := slices.Clone(all)
		if name == "a part" {
			want = want[100 : 100+4*256]
		}
		if r.Reverse {
			slices.Reverse(want)
		}
		if r.Count > 0 {
			want = want[r.Offset : r.Offset+r.Count]
		}
		got, err := z.AppendRange(nil, "a", r)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d members, %v, not those wanted", name, len(got), err)
		}
		n, err := z.RangeStore("dst", "a", r)
		stored, _ := z.AppendRange(nil, "dst", datatypes.ByRank(0, -1))
		if r.Reverse {
			slices.Reverse(want)
		}
		if n != len(want) || err != nil || !slices.Equal(stored, want) {
			t.Errorf("%s: stored %d, %v, %d of them found, want %d", name, n, err, len(stored), len(want))
		}
	}
}

// TestCombineManyScoredIsAtomic moves members between two sorted sets while others combine them.
func TestCombineManyScoredIsAtomic(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	z := datatypes.NewSortedSets(f.view)
	fillSorted(t, z, "a", 0, many/2, 1)
	fillSorted(t, z, "b", many/2, many/2, 1)
	var stop atomic.Bool
	var writer, readers sync.WaitGroup
	writer.Go(func() {
		from, to := "a", "b"
		for i := 0; !stop.Load(); i++ {
			if i%many == 0 {
				from, to = to, from
			}
			if err := moveScored(f, from, to, fmt.Sprintf("member:%d", i%many)); err != nil {
				t.Error(err)
				return
			}
			f.ks.Maintain()
		}
	})
	for range 2 {
		readers.Go(func() {
			for range 3 {
				if n, err := z.UnionStore("dst", datatypes.CombineOptions{}, "a", "b"); n != many || err != nil {
					t.Errorf("the union has %d members, %v", n, err)
				}
				if n, err := z.InterLen(0, "a", "b"); n != 0 || err != nil {
					t.Errorf("the intersection has %d members, %v", n, err)
				}
			}
		})
	}
	readers.Wait()
	stop.Store(true)
	writer.Wait()
}

func moveScored(f *fixture, from, to, member string) error {
	tx, err := f.view.Begin(from, to)
	if err != nil {
		return err
	}
	defer tx.End()
	z := datatypes.NewSortedSets(tx.View(f.view))
	score, ok, err := z.Score(from, member)
	if !ok || err != nil {
		return err
	}
	if _, err := z.Add(to, datatypes.Scored{Member: member, Score: score}); err != nil {
		return err
	}
	_, err = z.Remove(from, member)
	return err
}

// TestStoreManyScoredOutOfMemory: a result for which there is no room leaves all as it was, and no memory in use.
func TestStoreManyScoredOutOfMemory(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2})
	z := datatypes.NewSortedSets(f.view)
	const half = 50_000
	for _, key := range []string{"a", "b"} {
		for i := range 10 {
			scored := make([]datatypes.Scored, half/10)
			for j := range scored {
				scored[j] = datatypes.Scored{Member: fmt.Sprint(key, i, ":", j), Score: float64(j)}
			}
			if _, err := z.Add(key, scored...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := z.Add("dst", datatypes.Scored{Member: "kept"}); err != nil {
		t.Fatal(err)
	}
	settle(f)
	before := f.ks.Stats().UsedBytes
	f.ks.SetMaxBytes(before + before/2) // the result takes as much as the sources
	for range 2 {
		if n, err := z.UnionStore("dst", datatypes.CombineOptions{}, "a", "b"); n != 0 || !errors.Is(err, datatypes.ErrOutOfMemory) {
			t.Fatalf("stored %d, %v", n, err)
		}
		settle(f)
		if after := f.ks.Stats().UsedBytes; after != before {
			t.Fatalf("%d bytes in use, %d before", after, before)
		}
	}
	if n, err := z.Len("dst"); n != 1 || err != nil {
		t.Errorf("the destination has %d members, %v", n, err)
	}
}
