package datatypes_test

import (
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

// many is a number of members that operations on sets take several steps for.
const many = 12_000

// fillSet adds the members of the numbers from on to a set.
func fillSet(t testing.TB, st datatypes.Sets, key string, from, n int, format string) map[string]bool {
	t.Helper()
	model := make(map[string]bool, n)
	names := make([]string, 0, n)
	for i := range n {
		names = append(names, fmt.Sprintf(format, from+i))
		model[names[i]] = true
	}
	if n > 0 {
		if _, err := st.Add(key, names...); err != nil {
			t.Fatal(err)
		}
	}
	return model
}

// TestCombineMany compares operations on large sets, and on such with small ones, with maps.
func TestCombineMany(t *testing.T) {
	t.Parallel()
	const text, number = "member:%d", "%d"
	type source struct {
		from, n int
		format  string
	}
	for name, sources := range map[string][]source{
		"two":           {{0, many, text}, {many / 2, many, text}},
		"one":           {{0, many, text}},
		"the same":      {{0, many, text}, {0, many, text}},
		"unequal":       {{0, many, text}, {many - 50, 100, text}, {0, 5, text}},
		"small first":   {{many - 50, 100, text}, {0, many, text}},
		"many":          {{0, many, text}, {1000, many, text}, {2000, many, text}, {2500, 100, text}, {0, 3000, text}, {0, 1, text}},
		"integers":      {{0, many, number}, {many / 2, many, number}, {many, 200, number}},
		"mixed":         {{0, many, number}, {0, 300, text}, {0, 100, number}},
		"nothing":       {{0, many, text}, {0, 0, text}},
		"nothing first": {{0, 0, text}, {0, many, text}},
		"few shared":    {{0, many, text}, {many - 3, many, text}},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			st := datatypes.NewSets(f.view)
			var keys []string
			var models []map[string]bool
			for i, src := range sources {
				keys = append(keys, fmt.Sprint("set:", i))
				models = append(models, fillSet(t, st, keys[i], src.from, src.n, src.format))
			}
			union, inter, diff := map[string]bool{}, map[string]bool{}, maps.Clone(models[0])
			for _, model := range models {
				maps.Copy(union, model)
			}
			for m := range models[0] {
				if !slices.ContainsFunc(models, func(model map[string]bool) bool { return !model[m] }) {
					inter[m] = true
				}
				if slices.ContainsFunc(models[1:], func(model map[string]bool) bool { return model[m] }) {
					delete(diff, m)
				}
			}
			check := func(op string, want map[string]bool, read func(...string) ([]string, error), store func(string, ...string) (int, error)) {
				t.Helper()
				got, err := read(keys...)
				if err != nil {
					t.Fatal(op, err)
				}
				sameMembers(t, op, got, want)
				// Into a key that holds something, and into one of the sources.
				f.put(t, "dst", "a string")
				if n, err := store("dst", keys...); n != len(want) || err != nil {
					t.Errorf("%s stored %d, %v, want %d", op, n, err, len(want))
				}
				stored, err := st.Union("dst")
				if err != nil {
					t.Fatal(op, err)
				}
				sameMembers(t, op+" stored", stored, want)
				if ok, _ := f.keys.Exists("dst"); (ok == 1) != (len(want) > 0) {
					t.Errorf("%s: an empty result must leave no key", op)
				}
			}
			check("union", union, st.Union, st.UnionStore)
			check("inter", inter, st.Inter, st.InterStore)
			check("diff", diff, st.Diff, st.DiffStore)
			for _, limit := range []int{0, 1, 700, many} {
				want := len(inter)
				if limit > 0 {
					want = min(want, limit)
				}
				if n, err := st.InterLen(limit, keys...); n != want || err != nil {
					t.Errorf("InterLen up to %d is %d, %v, want %d", limit, n, err, want)
				}
			}
			if n, err := st.UnionStore(keys[0], keys...); n != len(union) || err != nil {
				t.Errorf("a union stored in its first set has %d members, %v, want %d", n, err, len(union))
			}
		})
	}
}

func sameMembers(t *testing.T, what string, got []string, want map[string]bool) {
	t.Helper()
	seen := make(map[string]bool, len(got))
	for _, m := range got {
		if seen[m] || !want[m] {
			t.Fatalf("%s: %q is given twice or does not belong to it", what, m)
		}
		seen[m] = true
	}
	if len(seen) != len(want) {
		t.Fatalf("%s has %d members, want %d", what, len(seen), len(want))
	}
}

// TestStoreManyDense: a small result of large sets is stored densely.
func TestStoreManyDense(t *testing.T) {
	t.Parallel()
	f := open(t)
	st := datatypes.NewSets(f.view)
	fillSet(t, st, "a", 0, many, "%d")
	fillSet(t, st, "b", many-5, many, "%d")
	if n, err := st.InterStore("dst", "a", "b"); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if name, _, err := f.keys.Encoding("dst"); name != "intset" || err != nil {
		t.Errorf("the result is a %s, %v", name, err)
	}
}

// TestCombineManyIsAtomic moves members between two sets while others combine them: whatever is in one of
// them at every moment must be in each union once and in no intersection. Meanwhile maintenance moves blocks of
// the same shard about.
func TestCombineManyIsAtomic(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	st := datatypes.NewSets(f.view)
	fillSet(t, st, "a", 0, many/2, "member:%d")
	fillSet(t, st, "b", many/2, many/2, "member:%d")
	var stop atomic.Bool
	var background, readers sync.WaitGroup
	background.Go(func() {
		from, to := "a", "b"
		for i := 0; !stop.Load(); i++ {
			if i%many == 0 {
				from, to = to, from
			}
			if _, err := st.Move(from, to, fmt.Sprintf("member:%d", i%many)); err != nil {
				t.Error(err)
				return
			}
			f.ks.Maintain()
		}
	})
	background.Go(func() {
		for i := 0; !stop.Load(); i++ { // what makes the shard's pages sparse
			key := fmt.Sprint("noise:", i%64)
			fillSet(t, st, key, 0, 500, "member:%d")
			f.keys.Del(fmt.Sprint("noise:", (i*7)%64))
		}
	})
	for range 2 {
		readers.Go(func() {
			for range 6 {
				if n, err := st.UnionStore("dst", "a", "b"); n != many || err != nil {
					t.Errorf("the union has %d members, %v", n, err)
				}
				if n, err := st.InterLen(0, "b", "a"); n != 0 || err != nil {
					t.Errorf("the intersection has %d members, %v", n, err)
				}
				if members, err := st.Union("b", "a"); len(members) != many || err != nil {
					t.Errorf("a union of %d members, %v", len(members), err)
				}
			}
		})
	}
	readers.Wait()
	stop.Store(true)
	background.Wait()
}

// TestCombineManyInTransaction: within a transaction the operations are a part of what it does at once.
func TestCombineManyInTransaction(t *testing.T) {
	t.Parallel()
	f := open(t)
	st := datatypes.NewSets(f.view)
	fillSet(t, st, "a", 0, many, "member:%d")
	tx, err := f.view.Begin("a", "dst")
	if err != nil {
		t.Fatal(err)
	}
	in := datatypes.NewSets(tx.View(f.view))
	n, err := in.UnionStore("dst", "a")
	if n != many || err != nil {
		t.Errorf("stored %d, %v", n, err)
	}
	if n, err := in.Len("dst"); n != many || err != nil {
		t.Errorf("the transaction sees %d members, %v", n, err)
	}
	tx.End()
	if _, err := st.Remove("a", "member:1"); err != nil { // the watch on it is gone with the transaction
		t.Error(err)
	}
}

// TestStoreManyOutOfMemory: a result for which there is no room leaves all as it was, and no memory in use.
func TestStoreManyOutOfMemory(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2, MaxBytes: 8 << 20})
	st := datatypes.NewSets(f.view)
	const half = 60_000
	fillSet(t, st, "a", 0, half, "a member of some length:%d")
	fillSet(t, st, "b", half, half, "a member of some length:%d")
	if _, err := st.Add("dst", "kept"); err != nil {
		t.Fatal(err)
	}
	settle(f)
	before := f.ks.Stats().UsedBytes
	for range 3 {
		if n, err := st.UnionStore("dst", "a", "b"); n != 0 || !errors.Is(err, datatypes.ErrOutOfMemory) {
			t.Fatalf("stored %d, %v", n, err)
		}
		settle(f)
		if after := f.ks.Stats().UsedBytes; after != before {
			t.Fatalf("%d bytes in use, %d before", after, before)
		}
	}
	if members, err := st.Union("dst"); !slices.Equal(members, []string{"kept"}) || err != nil {
		t.Errorf("the destination holds %q, %v", members, err)
	}
	if n, err := st.InterLen(0, "a", "b"); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// TestStoreManyEvicts: where keys may be evicted, a result finds room, and the sets that it is of are complete or gone.
func TestStoreManyEvicts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2, MaxBytes: 12 << 20, Policy: keyspace.AllKeysLRU})
	st := datatypes.NewSets(f.view)
	for i := range 60_000 {
		f.put(t, fmt.Sprint("filler:", i), "a value that takes some room, as do all of those that are filled in")
	}
	for round := range 20 {
		fillSet(t, st, "a", 0, many, "member:%d")
		fillSet(t, st, "b", many/2, many, "member:%d")
		n, err := st.UnionStore("dst", "a", "b")
		switch {
		case err != nil:
			t.Fatal(err)
		case n != 0 && n != many && n != many+many/2:
			t.Fatalf("round %d: %d members, which is no union of whole sets", round, n)
		}
	}
}

// TestFreeMany: what large sets, results, and results that were given up have taken is all given back.
func TestFreeMany(t *testing.T) {
	t.Parallel()
	f := open(t)
	st := datatypes.NewSets(f.view)
	empty := f.ks.Stats().UsedBytes
	fillSet(t, st, "a", 0, many, "member:%d")
	fillSet(t, st, "b", many/2, many, "member:%d")
	var stop atomic.Bool
	var writer sync.WaitGroup
	writer.Go(func() { // has the operations begin anew
		for i := 0; !stop.Load(); i++ {
			st.Add("a", fmt.Sprint("new:", i%100))
			st.Remove("a", fmt.Sprint("new:", i%100))
		}
	})
	for range 10 {
		if _, err := st.UnionStore("dst", "a", "b"); err != nil {
			t.Fatal(err)
		}
		if _, err := st.DiffStore("dst", "a", "b"); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	writer.Wait()
	if n, err := f.keys.Del("a", "b", "dst"); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	settle(f)
	if used := f.ks.Stats().UsedBytes; used != empty {
		t.Errorf("%d bytes in use, want %d", used, empty)
	}
}

// settle does all that maintenance has to do.
func settle(f *fixture) {
	for f.ks.Maintain() {
	}
}

// TestShortOnlySets: stores that do short operations only refuse what takes long, and nothing else.
func TestShortOnlySets(t *testing.T) {
	t.Parallel()
	f := open(t)
	st, short := datatypes.NewSets(f.view), datatypes.NewSets(f.view.ShortOnly())
	fillSet(t, st, "large", 0, many, "member:%d")
	fillSet(t, st, "small", 0, 100, "member:%d")
	if _, err := short.UnionStore("dst", "large", "small"); !errors.Is(err, datatypes.ErrLong) {
		t.Errorf("a long union: %v", err)
	}
	if _, err := short.Union("large"); !errors.Is(err, datatypes.ErrLong) {
		t.Errorf("all members of a large set: %v", err)
	}
	if n, err := short.InterStore("dst", "large", "small"); n != 100 || err != nil {
		t.Errorf("an intersection with a small set: %d, %v", n, err)
	}
}
