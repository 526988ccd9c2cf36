package datatypes_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestLargeAlgebra combines sets whose representations and sizes differ by much.
func TestLargeAlgebra(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{})
	sets := map[string][]string{
		"evens":  nil,
		"thirds": nil,
		"ints":   integers(0, 300),
		"few":    {"6", "7", "12", "word", "7998"},
		"empty":  nil,
		"high":   integers(5000, 9000),
	}
	for i := range 4000 {
		sets["evens"] = append(sets["evens"], strconv.Itoa(2*i))
		sets["thirds"] = append(sets["thirds"], strconv.Itoa(3*i))
	}
	for key, members := range sets {
		f.add(t, key, members...)
	}
	encodings := map[string]bool{}
	for key := range sets {
		encodings[f.encoding(t, key)] = true
	}
	if len(encodings) != 4 { // of a missing key it is empty
		t.Fatalf("representations: %v", encodings)
	}
	index := map[string]map[string]bool{}
	for key, members := range sets {
		index[key] = map[string]bool{}
		for _, m := range members {
			index[key][m] = true
		}
	}
	names := []string{"evens", "thirds", "ints", "few", "empty", "high"}
	for i, a := range names {
		for j, b := range names {
			for _, keys := range [][]string{{a, b}, {a, b, names[(i+j)%6]}, {a, b, names[(i+1)%6], names[(j+2)%6], a}} {
				var inter, union, diff []string
				all := map[string]bool{}
				for _, key := range keys {
					for _, m := range sets[key] {
						all[m] = true
					}
				}
				for m := range all {
					union = append(union, m)
					in := 0
					for _, key := range keys[1:] {
						if index[key][m] {
							in++
						}
					}
					if index[a][m] && in == len(keys)-1 {
						inter = append(inter, m)
					}
					if index[a][m] && in == 0 {
						diff = append(diff, m)
					}
				}
				check := func(name string, op func(...string) ([]string, error), store func(string, ...string) (int, error), want []string) {
					t.Helper()
					slices.Sort(want)
					got, err := op(keys...)
					slices.Sort(got)
					if !slices.Equal(got, want) || err != nil {
						t.Errorf("%s of %q: %d members, %v, want %d", name, keys, len(got), err, len(want))
					}
					if n, err := store("stored", keys...); n != len(want) || err != nil {
						t.Errorf("%s of %q: stored %d, %v, want %d", name, keys, n, err, len(want))
					}
					if got := f.members(t, "stored"); !slices.Equal(got, want) {
						t.Errorf("%s of %q: %d members are stored, want %d", name, keys, len(got), len(want))
					}
				}
				check("Inter", f.sets.Inter, f.sets.InterStore, inter)
				check("Union", f.sets.Union, f.sets.UnionStore, union)
				check("Diff", f.sets.Diff, f.sets.DiffStore, diff)
				for _, limit := range []int{1, 10, 100_000} {
					if n, err := f.sets.InterLen(limit, keys...); n != min(limit, len(inter)) || err != nil {
						t.Errorf("InterLen of %q up to %d: %d, %v, want %d", keys, limit, n, err, len(inter))
					}
				}
			}
		}
	}
}

// TestSetMemory: what a member of a large set costs, by the count of the
// allocator, and that all of it is given back.
func TestSetMemory(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{Shards: 1})
	const n = 200_000
	batch := make([]string, 0, 1000)
	for i := range n {
		if batch = append(batch, fmt.Sprintf("member:%09d", i)); len(batch) == cap(batch) {
			f.add(t, "k", batch...)
			batch = batch[:0]
		}
	}
	used := f.ks.Stats().UsedBytes
	if per := float64(used) / n; per > 32 {
		t.Errorf("%.1f bytes a member, want at most 32", per)
	}
	usage, _, err := f.keys.MemoryUsage("k")
	if diff := float64(usage) - float64(used); err != nil || max(diff, -diff) > 1000 {
		t.Errorf("MemoryUsage is %d, %v; %d bytes are in use", usage, err, used)
	}
	if _, err := f.sets.UnionStore("copy", "k"); err != nil {
		t.Fatal(err)
	}
	if per := float64(f.ks.Stats().UsedBytes-used) / n; per > 32 {
		t.Errorf("%.1f bytes a member of a set that was stored", per)
	}
	f.keys.Del("k", "copy")
	if st := f.ks.Stats(); st.Garbage == 0 {
		t.Error("a large set was freed at once")
	}
	for range 100_000 {
		if !f.ks.Maintain() {
			break
		}
	}
	if st := f.ks.Stats(); st.UsedBytes != 0 || st.Garbage != 0 {
		t.Errorf("left of an empty cache: %+v", st)
	}
}

// TestStoredSetsGoOn: sets that are built in one go are like those that grew.
func TestStoredSetsGoOn(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{})
	f.add(t, "a", integers(0, 5000)...)
	f.add(t, "b", integers(2500, 7500)...)
	f.sets.UnionStore("c", "a", "b")
	f.add(t, "c", integers(7000, 20_000)...)
	if n, err := f.sets.Remove("c", integers(1000, 19_000)...); n != 18_000 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	want := append(integers(0, 1000), integers(19_000, 20_000)...)
	slices.Sort(want)
	if got := f.members(t, "c"); !slices.Equal(got, want) {
		t.Errorf("%d members", len(got))
	}
}

// TestSetsMoveAndCopy: a set stays what it is through compaction and on its way to
// another shard.
func TestSetsMoveAndCopy(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		const n = 700
		want := slices.Sorted(slices.Values(integers(0, n)))
		for i := range 40 {
			f.add(t, fmt.Sprint("set", i), integers(0, n)...)
		}
		for i := range 40 {
			if i%8 != 0 {
				f.keys.Del(fmt.Sprint("set", i))
			}
		}
		for range 20_000 {
			if !f.ks.Maintain() {
				break
			}
		}
		for i := 0; i < 40; i += 8 {
			if got := f.members(t, fmt.Sprint("set", i)); !slices.Equal(got, want) {
				t.Fatalf("set%d has %d members after compaction", i, len(got))
			}
		}
		for where, names := range pairs(t, f.fixture) {
			f.add(t, names[0], integers(0, n)...)
			if _, err := f.keys.Copy(names[0], names[1], datatypes.CopyOptions{}); err != nil {
				t.Fatal(err)
			}
			f.sets.Remove(names[0], "1")
			if got := f.members(t, names[1]); !slices.Equal(got, want) {
				t.Errorf("a copy in %s has %d members", where, len(got))
			}
			if err := f.keys.Rename(names[1], names[0]); err != nil {
				t.Fatal(err)
			}
			if got := f.members(t, names[0]); !slices.Equal(got, want) {
				t.Errorf("renamed in %s, a set has %d members", where, len(got))
			}
		}
	})
}

// TestSetsAtTheLimit: under noeviction a command that needs memory is refused as a
// whole; those that need none go on.
func TestSetsAtTheLimit(t *testing.T) {
	t.Parallel()
	base, keys, _ := full(t, keyspace.Options{Shards: 2})
	f := &setFixture{base, datatypes.NewSets(base.view)}
	f.keys.Del(keys[:500]...)
	for range 500 {
		f.ks.Maintain()
	}
	f.add(t, "ints", integers(0, 100)...)
	f.add(t, "words", "a", "b")
	var many []string
	for i := range 6000 {
		many = append(many, fmt.Sprint("member", i))
	}
	f.add(t, "large", many...)
	// Until both shards are full again: the first that refuses says nothing of the other.
	for i, refused := 0, 0; refused < 100; i++ {
		if _, err := f.Set(fmt.Sprint("filler", i), make([]byte, 1000), datatypes.SetOptions{}); err != nil {
			refused++
		}
	}
	long := strings.Repeat("l", 300_000)
	before := map[string][]string{"ints": f.members(t, "ints"), "words": f.members(t, "words"), "large": f.members(t, "large")}
	for i := range many {
		many[i] += "x"
	}
	for name, write := range map[string]func() error{
		"Add to a dense set":  func() error { _, err := f.sets.Add("ints", "101", long); return err },
		"Add many to it":      func() error { _, err := f.sets.Add("words", append(many, many...)...); return err },
		"Add to a large set":  func() error { _, err := f.sets.Add("large", "new", long); return err },
		"Add many to a large": func() error { _, err := f.sets.Add("large", many...); return err },
		"Add to a new set":    func() error { _, err := f.sets.Add("new", long, long+"1"); return err },
		"UnionStore":          func() error { _, err := f.sets.UnionStore("new", "large", "words"); return err },
		"UnionStore over one": func() error { _, err := f.sets.UnionStore("words", "large", "ints"); return err },
		"InterStore":          func() error { _, err := f.sets.InterStore("ints", "large", "large"); return err },
		"DiffStore":           func() error { _, err := f.sets.DiffStore("new", "large", "words"); return err },
	} {
		if err := write(); err != datatypes.ErrOutOfMemory {
			t.Errorf("%s: %v", name, err)
		}
		for key, want := range before {
			if got := f.members(t, key); !slices.Equal(got, want) {
				t.Errorf("%s: %s has %d members, before %d", name, key, len(got), len(want))
			}
		}
		if n, _ := f.keys.Exists("new"); n != 0 {
			t.Errorf("%s: a key came into being", name)
		}
	}
	if n, err := f.sets.Add("large", before["large"][0]); n != 0 || err != nil {
		t.Errorf("Add of what is there: %d, %v", n, err)
	}
	if n, err := f.sets.Remove("large", before["large"]...); n != len(before["large"]) || err != nil {
		t.Errorf("Remove: %d, %v", n, err)
	}
}

// TestSetsUnderEviction: where room is made by evicting keys, even those that an operation works
// on, each set is either as it should be or gone.
func TestSetsUnderEviction(t *testing.T) {
	t.Parallel()
	base := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 2 << 20, Policy: keyspace.AllKeysRandom})
	f := &setFixture{base, datatypes.NewSets(base.view)}
	for i := range 100 {
		key, other := fmt.Sprint("k", i%7), fmt.Sprint("k", (i+3)%7)
		from := i * 37 % 9000
		if _, err := f.sets.Add(key, integers(from, from+3000)...); err != nil && err != datatypes.ErrOutOfMemory {
			t.Fatal(err)
		}
		if _, err := f.sets.UnionStore("u", key, other); err != nil && err != datatypes.ErrOutOfMemory {
			t.Fatal(err)
		}
		if _, err := f.sets.Move(key, other, strconv.Itoa(from)); err != nil && err != datatypes.ErrOutOfMemory {
			t.Fatal(err)
		}
		for _, k := range []string{key, other, "u"} {
			for _, m := range f.members(t, k) {
				if n, err := strconv.Atoi(m); err != nil || n < 0 || n >= 12_000 {
					t.Fatalf("%s has %q", k, m)
				}
			}
		}
	}
	if st := f.ks.Stats(); st.ResidentBytes > st.MaxBytes+slack {
		t.Errorf("%d bytes are resident", st.ResidentBytes)
	}
}

// TestMoveIsAtomic: while a member moves between sets of two shards, it is in exactly
// one of them.
func TestMoveIsAtomic(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		names := pairs(t, f.fixture)["two shards"]
		a, b := names[0], names[1]
		f.add(t, a, "1", "2", "3")
		f.add(t, b, "4")
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				f.sets.Move(a, b, "1")
				f.sets.Move(b, a, "1")
			}
		})
		for range 3000 {
			union, err := f.sets.Union(a, b)
			if len(union) != 4 || err != nil {
				t.Fatalf("%q, %v", union, err)
			}
			if n, err := f.sets.InterLen(0, a, b); n != 0 || err != nil {
				t.Fatalf("%d members are in both, %v", n, err)
			}
		}
		close(stop)
		wg.Wait()
	})
}
