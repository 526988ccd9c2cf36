package datatypes_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// lending are the methods that call a function of the caller's, most of them with a lock held.
var lending = map[string]func(s stores, touch func()){
	"Strings.View": func(s stores, touch func()) {
		s.strings.View("string", func([]byte) error { touch(); return nil })
	},
	"Strings.Compute": func(s stores, touch func()) {
		s.strings.Compute("string", func(old []byte, _ bool) ([]byte, datatypes.Op) {
			touch()
			return append(old, 'x'), datatypes.OpSet
		})
	},
	"Strings.ComputeEx": func(s stores, touch func()) {
		s.strings.ComputeEx("string", func([]byte, time.Duration, bool) ([]byte, datatypes.SetOptions, datatypes.Op) {
			touch()
			return nil, datatypes.SetOptions{}, datatypes.OpDelete
		})
	},
	"Hashes.Compute": func(s stores, touch func()) {
		s.hashes.Compute("hash", []string{"1"}, new(datatypes.Batch), func(bool) (datatypes.HashPatch, error) {
			touch()
			return datatypes.HashPatch{Remove: true}, nil
		})
	},
	"Hashes.All": func(s stores, touch func()) {
		for range s.hashes.All("hash") {
			touch()
		}
	},
	"Lists.ViewRange": func(s stores, touch func()) {
		s.lists.ViewRange("list", 0, -1, func(int) { touch() }, func([]byte) { touch() })
	},
	"Lists.All": func(s stores, touch func()) {
		for range s.lists.All("list") {
			touch()
		}
	},
	"Sets.Each":       func(s stores, touch func()) { s.sets.Each("set", func([]byte) { touch() }) },
	"Sets.InterEach":  func(s stores, touch func()) { s.sets.InterEach([]string{"set", "other"}, func([]byte) { touch() }) },
	"Sets.UnionEach":  func(s stores, touch func()) { s.sets.UnionEach([]string{"set", "other"}, func([]byte) { touch() }) },
	"Sets.DiffEach":   func(s stores, touch func()) { s.sets.DiffEach([]string{"set", "none"}, func([]byte) { touch() }) },
	"Sets.RandomEach": func(s stores, touch func()) { s.sets.RandomEach("set", 6, func([]byte) { touch() }) },
	"Sets.DrawEach":   func(s stores, touch func()) { s.sets.RandomEach("set", -6, func([]byte) { touch() }) },
	"Sets.PopEach":    func(s stores, touch func()) { s.sets.PopEach("set", 6, func([]byte) { touch() }) },
	"Sets.PopAllEach": func(s stores, touch func()) { s.sets.PopEach("set", 1<<20, func([]byte) { touch() }) },
	"Sets.Members": func(s stores, touch func()) {
		for range s.sets.Members("set") {
			touch()
		}
	},
	"SortedSets.Scores": func(s stores, touch func()) {
		s.sorted.Scores("sorted", []string{"1", "2", "none", "3"}, func(float64, bool) { touch() })
	},
	"SortedSets.PopEach": func(s stores, touch func()) {
		s.sorted.PopEach("sorted", 6, true, func(int) { touch() }, func([]byte, float64) { touch() })
	},
	"SortedSets.PopFirstEach": func(s stores, touch func()) {
		s.sorted.PopFirstEach(1<<20, false, []string{"none", "sorted"}, func(string, int) { touch() }, func([]byte, float64) { touch() })
	},
	"SortedSets.RandomEach": func(s stores, touch func()) {
		s.sorted.RandomEach("sorted", 6, func(int) { touch() }, func([]byte, float64) { touch() })
	},
	"SortedSets.RangeEach": func(s stores, touch func()) {
		s.sorted.RangeEach("sorted", datatypes.ByRank(0, -1), func(int) { touch() }, func([]byte, float64) { touch() })
	},
	"SortedSets.RangeByRank": func(s stores, touch func()) {
		for range s.sorted.RangeByRank("sorted", 0, -1) {
			touch()
		}
	},
	"Geo.Positions": func(s stores, touch func()) {
		s.geo.Positions("sorted", []string{"1", "2", "none", "3"}, func(datatypes.Position, bool) { touch() })
	},
	"Keys.All": func(s stores, touch func()) {
		for range s.keys.All() {
			touch()
		}
	},
}

// stores are those of a keyspace.
type stores struct {
	*fixture
	strings datatypes.Strings
	hashes  datatypes.Hashes
	sets    datatypes.Sets
	sorted  datatypes.SortedSets
	geo     datatypes.Geo
}

func openStores(t *testing.T) stores {
	f := open(t)
	return stores{f, f.Strings, datatypes.NewHashes(f.view), datatypes.NewSets(f.view), datatypes.NewSortedSets(f.view),
		datatypes.NewGeo(f.view)}
}

// fill makes a key of each type, with n elements each.
func (s stores) fill(t *testing.T, n int) {
	t.Helper()
	s.put(t, "string", "some text")
	for i := range n {
		name := strconv.Itoa(i)
		_, err1 := s.hashes.Set("hash", datatypes.Field{Name: name, Value: []byte(name)})
		_, err2 := s.lists.RPush("list", []byte(name))
		_, err3 := s.sets.Add("set", "member"+name)
		_, err4 := s.sets.Add("other", "member"+name)
		_, err5 := s.sorted.Add("sorted", datatypes.Scored{Member: name, Score: float64(i)})
		for _, err := range []error{err1, err2, err3, err4, err5} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkWhole compares what collections say of themselves with what is in them, and writes to each.
func (s stores) checkWhole(t *testing.T) {
	t.Helper()
	hash, _ := s.hashes.Len("hash")
	list, _ := s.lists.Len("list")
	set, _ := s.sets.Len("set")
	sorted, _ := s.sorted.Len("sorted")
	for name, n := range map[string][2]int{
		"hash":   {hash, len(maps.Collect(s.hashes.All("hash")))},
		"list":   {list, len(slices.Collect(s.lists.All("list")))},
		"set":    {set, len(slices.Collect(s.sets.Members("set")))},
		"sorted": {sorted, len(maps.Collect(s.sorted.RangeByRank("sorted", 0, -1)))},
	} {
		if n[0] != n[1] {
			t.Errorf("the %s says that it has %d elements and has %d", name, n[0], n[1])
		}
	}
	s.fill(t, 3)
}

// emptied deletes all keys and returns how many bytes are in use.
func (s stores) emptied(t *testing.T) int64 {
	t.Helper()
	for key := range s.keys.All() {
		if _, err := s.keys.Del(key); err != nil {
			t.Fatal(err)
		}
	}
	for s.ks.Maintain() {
	}
	return s.ks.Stats().UsedBytes
}

// TestPanicsOfCallers: a function of the caller's that panics leaves no lock behind, no value half changed, and no memory
// that nobody knows of.
func TestPanicsOfCallers(t *testing.T) {
	for name, lend := range lending {
		for _, size := range []int{5, 700} {
			undisturbed := openStores(t)
			undisturbed.fill(t, size)
			undisturbed.checkWhole(t)
			empty := undisturbed.emptied(t)
			for _, at := range []int{1, 2, 5} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, size, at), func(t *testing.T) {
					s := openStores(t)
					s.fill(t, size)
					panicAtCall(t, at, func(touch func()) { lend(s, touch) })
					s.checkWhole(t)
					if n := s.emptied(t); n != empty {
						t.Errorf("%d bytes are in use by nothing, instead of %d", n, empty)
					}
				})
			}
		}
	}
}

// panicAtCall runs f, which calls touch now and then, and has a call of it panic. f must let the panic pass.
func panicAtCall(t *testing.T, n int, f func(touch func())) {
	t.Helper()
	calls := 0
	defer func() {
		t.Helper()
		if r := recover(); calls == n && r != "mine" {
			t.Errorf("the panic became %v", r)
		}
	}()
	f(func() {
		if calls++; calls == n {
			panic("mine")
		}
	})
}
