package datatypes_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

func (f *fixture) hyperLogLogs() datatypes.HyperLogLogs { return datatypes.NewHyperLogLogs(f.view) }

func TestHyperLogLogCalls(t *testing.T) {
	t.Parallel()
	// Each works on an empty HyperLogLog that was made in its place; the strings of
	// other tests are in the way.
	fresh := func(call func(st datatypes.HyperLogLogs, key string) error) func(datatypes.HyperLogLogs, string) error {
		return func(st datatypes.HyperLogLogs, key string) error {
			if _, err := st.Add(key); err != nil {
				return err
			}
			return call(st, key)
		}
	}
	calls[datatypes.HyperLogLogs]{
		"Add":       func(st datatypes.HyperLogLogs, key string) error { _, err := st.Add(key, "a"); return err },
		"Count":     func(st datatypes.HyperLogLogs, key string) error { _, err := st.Count(key); return err },
		"Merge":     func(st datatypes.HyperLogLogs, key string) error { return st.Merge(key, key) },
		"Registers": func(st datatypes.HyperLogLogs, key string) error { _, _, err := st.Registers(key); return err },
		"IsDense":   func(st datatypes.HyperLogLogs, key string) error { _, _, err := st.IsDense(key); return err },
		"Runs":      fresh(func(st datatypes.HyperLogLogs, key string) error { _, _, err := st.Runs(key); return err }),
	}.check(t, datatypes.NewHyperLogLogs)
}

// elementSet is what a HyperLogLog stands for.
type elementSet map[string]bool

// estimate is that of a HyperLogLog to which the elements of all sets are added
// one by one.
func estimate(t cleaner, sets ...elementSet) int64 {
	h, err := encoding.NewHLL(nil).Dense()
	for _, set := range sets {
		for element := range set {
			h.Add([]byte(element), 0)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := h.Count()
	if err != nil {
		t.Fatal(err)
	}
	return int64(n)
}

// TestHyperLogLogsAgainstModel compares estimates with those of sets of elements.
func TestHyperLogLogsAgainstModel(t *testing.T) {
	t.Parallel()
	keys := []string{"a", "b", "{b}", "c"}
	rapid.Check(t, func(rt *rapid.T) {
		f := open(rt)
		f.ks.Limits().HLLSparse.Store(int64(rapid.SampledFrom([]int{0, 100, 3000, 20000}).Draw(rt, "sparse")))
		st := f.hyperLogLogs()
		sets := map[string]elementSet{}
		key := func() string { return rapid.SampledFrom(keys).Draw(rt, "key") }
		someKeys := func() []string { return rapid.SliceOfN(rapid.SampledFrom(keys), 0, 4).Draw(rt, "keys") }
		rt.Repeat(map[string]func(*rapid.T){
			"Add": func(t *rapid.T) {
				k, from := key(), rapid.IntRange(0, 1000).Draw(t, "from")
				n := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 100), rapid.IntRange(0, 1500)).Draw(t, "elements")
				_, existed := sets[k]
				if !existed {
					sets[k] = elementSet{}
				}
				before := maps.Clone(sets[k])
				var elements []string
				for i := range n {
					elements = append(elements, fmt.Sprint(from+i))
					sets[k][elements[i]] = true
				}
				changed, err := st.Add(k, elements...)
				if err != nil || changed && existed && len(before) == len(sets[k]) || !changed && !existed {
					t.Fatalf("Add of %d to %d elements: %v, %v", len(sets[k])-len(before), len(before), changed, err)
				}
			},
			"Count": func(t *rapid.T) {
				ks := someKeys()
				var of []elementSet
				for _, k := range ks {
					of = append(of, sets[k])
				}
				if got, err := st.Count(ks...); err != nil || got != estimate(t, of...) {
					t.Fatalf("Count(%q) = %d, %v; want %d", ks, got, err, estimate(t, of...))
				}
			},
			"Merge": func(t *rapid.T) {
				dst, from := key(), someKeys()
				if err := st.Merge(dst, from...); err != nil {
					t.Fatal(err)
				}
				all := maps.Clone(sets[dst])
				if all == nil {
					all = elementSet{}
				}
				for _, k := range from {
					maps.Copy(all, sets[k])
				}
				sets[dst] = all
			},
			"": func(t *rapid.T) {
				for _, k := range keys {
					want, exists := sets[k]
					if ok, _ := f.keys.Exists(k); (ok == 1) != exists {
						t.Fatalf("%q exists: %v", k, ok == 1)
					}
					if got, err := st.Count(k); err != nil || got != estimate(t, want) {
						t.Fatalf("Count(%q) = %d, %v; want %d", k, got, err, estimate(t, want))
					}
				}
			},
		})
	})
}

func TestHyperLogLogDebugging(t *testing.T) {
	t.Parallel()
	f := open(t)
	st := f.hyperLogLogs()
	for _, key := range []string{"sparse", "dense"} {
		if _, err := st.Add(key, "a", "b", "c"); err != nil {
			t.Fatal(err)
		}
	}
	f.ks.Limits().HLLSparse.Store(0)
	for i := range 10 {
		st.Add("dense", fmt.Sprint(i))
		st.Add("dense", "a")
	}
	f.ks.Limits().HLLSparse.Store(3000)
	if dense, ok, err := st.IsDense("sparse"); dense || !ok || err != nil {
		t.Error("IsDense of a sparse one:", dense, ok, err)
	}
	if dense, ok, err := st.IsDense("dense"); !dense || !ok || err != nil {
		t.Error("IsDense of a dense one:", dense, ok, err)
	}
	if _, ok, err := st.IsDense("missing"); ok || err != nil {
		t.Error("IsDense of none:", ok, err)
	}
	const want = "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
	if runs, ok, err := st.Runs("sparse"); string(runs) != want || !ok || err != nil {
		t.Errorf("Runs: %s, %v, %v", runs, ok, err)
	}
	if _, ok, err := st.Runs("dense"); ok || err != datatypes.ErrNotSparse {
		t.Error("Runs of a dense one:", ok, err)
	}
	if _, ok, err := st.Runs("missing"); ok || err != nil {
		t.Error("Runs of none:", ok, err)
	}
	registers, ok, err := st.Registers("sparse")
	if len(registers) != 16384 || !ok || err != nil {
		t.Fatal("Registers:", len(registers), ok, err)
	}
	for at, rank := range registers {
		if want := map[int]uint8{8436: 1, 12711: 2, 15780: 1}[at]; rank != want {
			t.Errorf("register %d is %d, want %d", at, rank, want)
		}
	}
	if _, ok, err := st.Registers("missing"); ok || err != nil {
		t.Error("Registers of none:", ok, err)
	}
}

// TestHyperLogLogDamage: what fails changes nothing, whatever went well before.
func TestHyperLogLogDamage(t *testing.T) {
	t.Parallel()
	f := open(t)
	st := f.hyperLogLogs()
	const header = "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"
	damaged := header + "\x7f\x00" // has the first 16129 registers only
	f.put(t, "none", "no HyperLogLog", "number", "12", "damaged", damaged)
	st.Add("good", "x")
	good := f.text(t, "good")
	inside, outside := "a", ""
	for i := 0; outside == ""; i++ {
		if _, _, err := encoding.HLL(damaged).Add(fmt.Append(nil, i), 3000); err != nil {
			outside = fmt.Sprint(i)
		}
	}
	add := func(key string, elements ...string) func() error {
		return func() error { _, err := st.Add(key, elements...); return err }
	}
	count := func(keys ...string) func() error {
		return func() error { _, err := st.Count(keys...); return err }
	}
	merge := func(keys ...string) func() error { return func() error { return st.Merge(keys[0], keys[1:]...) } }
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"Add to none":        {add("none", "a"), datatypes.ErrNotHyperLogLog},
		"Add to a number":    {add("number", "a"), datatypes.ErrNotHyperLogLog},
		"Add to damaged":     {add("damaged", inside, outside), datatypes.ErrCorruptHyperLogLog},
		"Count none":         {count("none"), datatypes.ErrNotHyperLogLog},
		"Count damaged":      {count("damaged"), datatypes.ErrCorruptHyperLogLog},
		"Count two":          {count("good", "damaged"), datatypes.ErrCorruptHyperLogLog},
		"Count a number":     {count("good", "number"), datatypes.ErrNotHyperLogLog},
		"Merge damaged":      {merge("good", "good", "damaged"), datatypes.ErrCorruptHyperLogLog},
		"Merge into damaged": {merge("damaged", "good"), datatypes.ErrCorruptHyperLogLog},
		"Merge none":         {merge("good", "none"), datatypes.ErrNotHyperLogLog},
		"Merge into none":    {merge("none", "good"), datatypes.ErrNotHyperLogLog},
		"Runs":               {func() error { _, _, err := st.Runs("damaged"); return err }, nil},
		"Registers":          {func() error { _, _, err := st.Registers("damaged"); return err }, datatypes.ErrCorruptHyperLogLog},
	} {
		if err := test.do(); err != test.want {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		for key, want := range map[string]string{"none": "no HyperLogLog", "number": "12", "damaged": damaged, "good": good} {
			if got := f.text(t, key); got != want {
				t.Fatalf("%s made %s %q", name, key, got)
			}
		}
	}
}

// TestHyperLogLogEvents: what changes nothing tells nobody, and does not disturb
// those who watch the key.
func TestHyperLogLogEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	st := f.hyperLogLogs()
	var events []string
	cancel := f.ks.Listen(func(e keyspace.Event) {
		if e.Class != keyspace.ClassNew {
			events = append(events, e.Name+" "+e.Key)
		}
	})
	defer cancel()
	w := f.ks.NewWatch()
	defer w.Close()
	st.Add("h")
	st.Add("h")
	st.Add("h", "a", "b")
	if err := w.Add(f.view, "h"); err != nil {
		t.Fatal(err)
	}
	st.Add("h", "a")
	st.Count("h", "g")
	if changed, err := w.Changed(f.view); changed || err != nil {
		t.Error("after nothing: changed", changed, err)
	}
	st.Count("h") // stores the estimate
	if changed, err := w.Changed(f.view); !changed || err != nil {
		t.Error("after Count: changed", changed, err)
	}
	st.Merge("merged", "h")
	st.Merge("merged", "h")
	want := []string{"pfadd h", "pfadd h", "pfadd merged", "pfadd merged"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
}

// TestHyperLogLogsAtTheLimit: under noeviction what needs memory is refused and
// changes nothing; a dense HyperLogLog needs none.
func TestHyperLogLogsAtTheLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 4 << 20})
	st := f.hyperLogLogs()
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprint("element:", i))
	}
	if _, err := st.Add("dense", many...); err != nil {
		t.Fatal(err)
	}
	var sparse []string
	st.Add("sparse", "a")
	before := f.text(t, "sparse")
	for i := range 3000 {
		key := fmt.Sprint("h:", i)
		if _, err := st.Add(key, many[:2000]...); err != nil {
			if err != datatypes.ErrOutOfMemory {
				t.Fatal(err)
			}
			break
		}
		sparse = append(sparse, key)
	}
	if len(sparse) == 3000 {
		t.Fatal("Add was never refused")
	}
	refused := func(what string, err error) {
		t.Helper()
		if err != datatypes.ErrOutOfMemory {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := st.Add("sparse", many...)
	refused("Add that makes it dense", err)
	refused("Merge that makes it dense", st.Merge("sparse", "dense"))
	refused("Merge into a new key", st.Merge("new", "dense"))
	if got := f.text(t, "sparse"); got != before {
		t.Errorf("a refused change left %.40q", got)
	}
	if got := f.text(t, "new"); got != none {
		t.Errorf("a refused change left %.40q", got)
	}
	if changed, err := st.Add("dense", "one more", "and more", "and more still", strings.Repeat("x", 1000)); err != nil {
		t.Error("Add to a dense one:", changed, err)
	}
	if n, err := st.Count(slices.Concat(sparse, []string{"dense"})...); err != nil || n < 4000 {
		t.Error("Count:", n, err)
	}
	if err := st.Merge("dense", sparse...); err != nil {
		t.Error("Merge into a dense one:", err)
	}
}
