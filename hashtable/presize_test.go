package hashtable_test

import (
	"testing"

	"github.com/larderkv/larder/internal/arena"
)

// TestPresize: a table that was made for a number of entries takes them without a
// split, is dense then, and grows and shrinks like any other.
func TestPresize(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 1000, 1296, 1297, 5000, 100_000, 300_000} {
		f := newFixture(t, spread)
		if err := f.table.Presize(&f.env, n); err != nil {
			t.Fatal(err)
		}
		segments := f.table.Stats(f.env.Arena).Segments
		for r := arena.Ref(1); r <= arena.Ref(n); r++ {
			f.insert(r)
		}
		st := f.table.Stats(f.env.Arena)
		if n >= 64 && st.Segments > segments+segments/50 {
			t.Errorf("%d entries: %d segments became %d", n, segments, st.Segments)
		}
		if per := float64(st.Bytes) / float64(max(n, 1)); n >= 1000 && per > 7 {
			t.Errorf("%d entries: %.2f bytes an entry", n, per)
		}
		model := map[arena.Ref]bool{}
		for r := arena.Ref(1); r <= arena.Ref(2*n+10); r++ {
			if r > arena.Ref(n) {
				f.insert(r)
			}
			model[r] = true
		}
		f.check(model)
		for r := range model {
			if r%7 != 0 {
				delete(model, r)
				if !f.remove(r) {
					t.Fatalf("%d is not found", r)
				}
			}
		}
		f.check(model)
		f.close()
	}
}

// TestPresizeUnused: what was made and never filled is given back.
func TestPresizeUnused(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	if err := f.table.Presize(&f.env, 100_000); err != nil {
		t.Fatal(err)
	}
	f.check(map[arena.Ref]bool{})
	f.insert(1)
	f.insert(2)
	if err := f.table.Presize(&f.env, 100_000); err != nil { // does nothing: the table is not empty
		t.Fatal(err)
	}
	f.check(map[arena.Ref]bool{1: true, 2: true})
	f.remove(1)
	f.remove(2)
	f.check(map[arena.Ref]bool{})
}
