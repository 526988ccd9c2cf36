package hashtable_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"pgregory.net/rapid"
)

// mix spreads the bits of an entry's number: a bijection, so that hashes of
// different entries differ (Stafford's variant 13 of the MurmurHash3 finalizer).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// numbers are entries that are nothing but their refs.
type numbers struct{ mask uint64 }

func (n numbers) hash(ref arena.Ref) uint64 { return mix(uint64(ref)) & n.mask }

func (n numbers) Hashes(refs []arena.Ref, hashes []uint64) {
	for i, r := range refs {
		hashes[i] = n.hash(r)
	}
}

var spread = numbers{mask: math.MaxUint64}

// reporter is what testing.T, testing.B and rapid.T have in common.
type reporter interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

type fixture struct {
	t       reporter
	memory  *arena.Memory
	env     hashtable.Env
	table   hashtable.Table
	entries numbers
}

func newFixture(t reporter, entries numbers) *fixture {
	m := arena.NewMemory()
	f := &fixture{t: t, memory: m, entries: entries}
	f.env.Arena = arena.New(m)
	return f
}

func (f *fixture) close() {
	f.table.Clear(&f.env)
	if used := f.env.Arena.Stats().Used; used != 0 {
		f.t.Errorf("cleared table holds %d bytes", used)
	}
	f.memory.Close()
}

func (f *fixture) insert(ref arena.Ref) {
	if err := f.env.Arena.Reserve(f.table.InsertReserve()); err != nil {
		f.t.Fatal(err)
	}
	f.table.Insert(&f.env, f.entries, f.entries.hash(ref), ref)
}

func (f *fixture) remove(ref arena.Ref) bool {
	return f.table.RemoveRef(&f.env, f.entries, f.entries.hash(ref), ref)
}

func (f *fixture) has(ref arena.Ref) bool {
	p := f.table.Probe(f.env.Arena, f.entries.hash(ref))
	for r := p.Next(); r != 0; r = p.Next() {
		if r == ref {
			return true
		}
	}
	return false
}

func (f *fixture) peek(ref arena.Ref) bool {
	p := f.table.Peek(f.env.Arena, f.entries.hash(ref), func() bool { return true })
	for r := p.Next(); r != 0; r = p.Next() {
		if r == ref {
			return true
		}
	}
	return p.Short()
}

func (f *fixture) scan() (refs []arena.Ref) {
	for cursor := uint64(0); ; {
		refs, cursor = f.table.Scan(&f.env, f.entries, cursor, refs)
		if cursor == 0 {
			return refs
		}
	}
}

func (f *fixture) walk() (refs []arena.Ref) {
	for cursor := uint64(0); ; {
		refs, cursor = f.table.Walk(f.env.Arena, cursor, refs)
		if cursor == 0 {
			return refs
		}
	}
}

// check compares the table with the set of refs it should hold.
func (f *fixture) check(model map[arena.Ref]bool) {
	f.t.Helper()
	if f.table.Len() != len(model) {
		f.t.Fatalf("Len() = %d, want %d", f.table.Len(), len(model))
	}
	for name, refs := range map[string][]arena.Ref{"Scan": f.scan(), "Walk": f.walk()} {
		slices.Sort(refs)
		if len(slices.Compact(refs)) != len(model) || len(refs) != len(model) {
			f.t.Fatalf("%s returned %d refs, want %d", name, len(refs), len(model))
		}
		for _, r := range refs {
			if !model[r] {
				f.t.Fatalf("%s returned %d, which is not in the table", name, r)
			}
		}
	}
	for r := range model {
		if !f.has(r) || !f.peek(r) {
			f.t.Fatalf("ref %d is not found", r)
		}
	}
}

// masks are hash qualities: random, few prefixes, few positions, all equal.
var masks = []uint64{math.MaxUint64, math.MaxUint64 >> 40, 0xff00_0000_0000_0000, 0}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := numbers{rapid.SampledFrom(masks).Draw(t, "mask")}
		f := newFixture(t, entries)
		defer f.close()
		model := map[arena.Ref]bool{}
		space := rapid.SampledFrom([]uint32{10, 200, 5000}).Draw(t, "space")
		if entries.mask == 0 {
			space = min(space, 200)
		}
		steps := rapid.SliceOfN(rapid.Uint32(), 1, 60).Draw(t, "steps")
		for _, s := range steps {
			ref := arena.Ref(1 + s>>3%space)
			run := arena.Ref(1)
			if s&4 != 0 {
				run = arena.Ref(space / 4)
			}
			for r := ref; r < ref+run; r++ {
				if s&3 == 0 {
					if f.remove(r) != model[r] {
						t.Fatalf("remove of %d: want %v", r, model[r])
					}
					delete(model, r)
				} else if !model[r] {
					f.insert(r)
					model[r] = true
				}
			}
		}
		f.check(model)
		for r := range model {
			f.remove(r)
		}
		if n := f.env.Arena.Stats().Used; n != 0 {
			t.Fatalf("empty table holds %d bytes", n)
		}
	})
}

func TestGrowAndShrink(t *testing.T) {
	const n = 200_000
	f := newFixture(t, spread)
	defer f.close()
	model := map[arena.Ref]bool{}
	for r := arena.Ref(1); r <= n; r++ {
		f.insert(r)
		model[r] = true
		if r&(r-1) == 0 || r == 300 {
			f.check(model)
		}
	}
	f.check(model)
	for r := arena.Ref(1); r <= n; r++ {
		if !f.remove(r) {
			t.Fatalf("ref %d is not found", r)
		}
		delete(model, r)
		if left := n - r; left&(left-1) == 0 {
			f.check(model)
		}
	}
}

func TestDensity(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	worst := 0.0
	for r := arena.Ref(1); r <= 300_000; r++ {
		f.insert(r)
		if r < 200 || r%97 != 0 {
			continue
		}
		perEntry := float64(f.env.Arena.Stats().Used) / float64(r)
		if r < 2000 {
			if perEntry > 9 {
				t.Fatalf("%.2f bytes an entry at %d entries", perEntry, r)
			}
			continue
		}
		worst = max(worst, perEntry)
	}
	if worst > 7 {
		t.Errorf("up to %.2f bytes an entry, want at most 7", worst)
	}
}

func TestTinyTableIsTiny(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	for r := arena.Ref(1); r <= 10; r++ {
		f.insert(r)
	}
	if used := f.env.Arena.Stats().Used; used > 128 {
		t.Errorf("10 entries take %d bytes", used)
	}
}

// TestScanGuarantee changes the table between the calls of a scan: what is
// there all the time must be returned, what is never there must not.
func TestScanGuarantee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFixture(t, spread)
		defer f.close()
		size := rapid.SampledFrom([]arena.Ref{5, 100, 1000, 20_000}).Draw(t, "size")
		stay := func(r arena.Ref) bool { return r%8 == 0 }
		for r := arena.Ref(1); r <= size; r++ {
			f.insert(r)
		}
		there := size // refs up to it, and those that stay, are in the table
		seen := map[arena.Ref]bool{}
		src := rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)
		var refs []arena.Ref
		for cursor := uint64(0); ; {
			refs, cursor = f.table.Scan(&f.env, f.entries, cursor, refs[:0])
			for _, r := range refs {
				seen[r] = true
			}
			if cursor == 0 {
				break
			}
			switch src.Uint64() % 8 {
			case 0: // grow
				for to := min(there*2, 4*size); there < to; {
					if there++; there > size || !stay(there) {
						f.insert(there)
					}
				}
			case 1: // shrink
				for to := there / 3; there > to; there-- {
					if there > size || !stay(there) {
						f.remove(there)
					}
				}
			}
		}
		for r := arena.Ref(8); r <= size; r += 8 {
			if !seen[r] {
				t.Fatalf("ref %d was there during the whole scan and was not returned", r)
			}
		}
		for r := range seen {
			if r > 4*size {
				t.Fatalf("ref %d was never there", r)
			}
		}
	})
}

// TestRandomIsFair draws often and compares the counts with the uniform
// distribution by chi-square, for tables at several stages of growth and
// emptied by removals.
func TestRandomIsFair(t *testing.T) {
	tests := map[string]struct{ insert, keep arena.Ref }{
		"one bucket":  {7, 7},
		"one segment": {500, 500},
		"segments":    {20_000, 20_000},
		"emptied":     {50_000, 700},
		"last one":    {30_000, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, spread)
			defer f.close()
			for r := arena.Ref(1); r <= tt.insert; r++ {
				f.insert(r)
			}
			for r := tt.keep + 1; r <= tt.insert; r++ {
				f.remove(r)
			}
			const perEntry = 30
			src := rand.NewPCG(1, 2)
			counts := make([]int, tt.keep+1)
			for range perEntry * tt.keep {
				counts[f.table.Random(f.env.Arena, src)]++
			}
			chi := 0.0
			for _, n := range counts[1:] {
				d := float64(n - perEntry)
				chi += d * d / perEntry
			}
			// Of a chi-square variable with k degrees of freedom the mean is k, the
			// deviation √2k: five deviations are beyond chance.
			k := float64(tt.keep) - 1
			if limit := k + 5*math.Sqrt(2*k) + 1; chi > limit {
				t.Errorf("chi-square is %.0f with %.0f degrees of freedom", chi, k)
			}
		})
	}
}

// TestRandomIsCheapWhenEmptied counts the draws of randomness that sampling
// takes from a table that shrank to a hundredth.
func TestRandomIsCheapWhenEmptied(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	for r := arena.Ref(1); r <= 100_000; r++ {
		f.insert(r)
	}
	for r := arena.Ref(1001); r <= 100_000; r++ {
		f.remove(r)
	}
	src := &countingSource{Source: rand.NewPCG(3, 4)}
	const draws = 10_000
	for range draws {
		f.table.Random(f.env.Arena, src)
	}
	if per := float64(src.n) / draws; per > 12 {
		t.Errorf("%.1f random numbers a draw", per)
	}
}

type countingSource struct {
	rand.Source
	n int
}

func (s *countingSource) Uint64() uint64 {
	s.n++
	return s.Source.Uint64()
}

func TestChosenHashes(t *testing.T) {
	f := newFixture(t, numbers{math.MaxUint64 >> 48})
	defer f.close()
	for r := arena.Ref(1); r <= 5000; r++ {
		f.insert(r)
	}
	st := f.table.Stats(f.env.Arena)
	if !st.Skewed {
		t.Errorf("5000 entries of one prefix are not reported: %+v", st)
	}
	if st.Bytes > 5000*32 {
		t.Errorf("chosen hashes make the table take %d bytes", st.Bytes)
	}
	g := newFixture(t, spread)
	defer g.close()
	for r := arena.Ref(1); r <= 50_000; r++ {
		g.insert(r)
		if g.table.Skewed() {
			t.Fatalf("random hashes are reported as chosen at %d entries", r)
		}
	}
}

// someChosen are entries of which the first have hashes of one prefix.
type someChosen struct{ chosen arena.Ref }

func (e someChosen) hash(r arena.Ref) uint64 {
	if r <= e.chosen {
		return numbers{math.MaxUint64 >> 40}.hash(r)
	}
	return spread.hash(r)
}

func (e someChosen) Hashes(refs []arena.Ref, hashes []uint64) {
	for i, r := range refs {
		hashes[i] = e.hash(r)
	}
}

// TestRandomBesideChosenHashes has a segment split, and shrink, that many more entries belong to than it has room for.
func TestRandomBesideChosenHashes(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	const n = 40_000
	e := someChosen{n / 4}
	for r := arena.Ref(1); r <= n; r++ {
		if err := f.env.Arena.Reserve(f.table.InsertReserve()); err != nil {
			t.Fatal(err)
		}
		f.table.Insert(&f.env, e, e.hash(r), r)
	}
	for r := arena.Ref(n); r > 0; r-- {
		if !f.table.RemoveRef(&f.env, e, e.hash(r), r) {
			t.Fatalf("%d is not found", r)
		}
	}
}

func TestReplace(t *testing.T) {
	f := newFixture(t, numbers{})
	defer f.close()
	for r := arena.Ref(1); r <= 40; r++ {
		f.insert(r)
	}
	p := f.table.Probe(f.env.Arena, 0)
	for r := p.Next(); r != 0; r = p.Next() {
		p.Replace(r + 100)
	}
	for r := arena.Ref(101); r <= 140; r++ {
		if !f.has(r) || f.has(r-100) {
			t.Fatalf("ref %d was not replaced", r-100)
		}
	}
}

// shift is a visitor that removes refs divisible by three and adds 1<<20 to
// the others once.
type shift struct{ removed, moved int }

func (s *shift) Visit(refs []arena.Ref) {
	for i, r := range refs {
		switch {
		case r >= 1<<20:
		case r%3 == 0:
			refs[i] = 0
			s.removed++
		default:
			refs[i] = r + 1<<20
			s.moved++
		}
	}
}

// moved are entries whose refs may have changed by shift.
type moved struct{ numbers }

func (m moved) Hashes(refs []arena.Ref, hashes []uint64) {
	for i, r := range refs {
		hashes[i] = m.hash(r & (1<<20 - 1))
	}
}

// TestDrain: a table that is drained returns each entry once and its memory as it goes.
func TestDrain(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 13, 1000, 50_000} {
		for _, entries := range []numbers{spread, {mask: 255 << 50}} {
			f := newFixture(t, entries)
			for ref := range arena.Ref(n) {
				f.insert(ref + 1)
			}
			seen := map[arena.Ref]bool{}
			before, halfway := f.env.Arena.Used(), 0
			want := f.table.Len()
			for cursor, first := uint64(0), true; cursor != 0 || first; first = false {
				var refs []arena.Ref
				refs, cursor = f.table.Drain(f.env.Arena, cursor, nil)
				for _, ref := range refs {
					if seen[ref] {
						t.Fatalf("entry %d comes twice", ref)
					}
					seen[ref] = true
				}
				if halfway == 0 && len(seen) > want/2 {
					halfway = f.env.Arena.Used()
				}
			}
			if len(seen) != want || f.table.Len() != 0 {
				t.Errorf("drained %d of %d entries, %d are left", len(seen), want, f.table.Len())
			}
			if want > 10_000 && halfway > before*2/3 {
				t.Errorf("of %d bytes %d are left halfway", before, halfway)
			}
			f.close()
		}
	}
}

func TestVisit(t *testing.T) {
	for _, mask := range masks[:3] {
		f := newFixture(t, numbers{mask})
		const n = 3000
		for r := arena.Ref(1); r <= n; r++ {
			f.insert(r)
		}
		v := &shift{}
		for range 3 { // later rounds see what moved while it was visited
			for cursor := uint64(0); ; {
				cursor = f.table.Visit(&f.env, moved{f.entries}, cursor, v)
				if cursor == 0 {
					break
				}
			}
		}
		if v.removed != n/3 || v.moved != n-n/3 || f.table.Len() != n-n/3 {
			t.Errorf("mask %x: removed %d, moved %d, left %d", mask, v.removed, v.moved, f.table.Len())
		}
		f.close()
	}
}

func TestWay(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	if f.table.Way(1) != 0 {
		t.Error("a way leads into an empty table")
	}
	bucket := func(r arena.Ref) (*hashtable.Bucket, uint8) {
		way := f.table.Way(f.entries.hash(r))
		if way == 0 {
			t.Fatalf("no way to ref %d", r)
		}
		return way.Bucket(f.entries.hash(r))
	}
	for r := arena.Ref(1); r <= 5000; r++ {
		f.insert(r)
		if b, _ := bucket(r); uintptr(unsafe.Pointer(b))%64 != 0 {
			t.Fatalf("the bucket of ref %d is at %p", r, b)
		}
	}
	home := 0
	for r := arena.Ref(1); r <= 5000; r++ {
		b, tag := bucket(r)
		for m := b.Match(tag); !m.Empty(); m.Drop() {
			if m.Ref() == r {
				home++
			}
		}
	}
	if home < 5000*3/4 {
		t.Errorf("%d of 5000 entries are in the bucket where they are looked for first", home)
	}
}

func TestRelocate(t *testing.T) {
	f := newFixture(t, spread)
	defer f.close()
	model := map[arena.Ref]bool{}
	// Sparse pages: blocks of bucket size between those of the table.
	var holes []arena.Ref
	for r := arena.Ref(1); r <= 20_000; r++ {
		f.insert(r)
		model[r] = true
		holes = append(holes, f.env.Arena.Alloc(4096), f.env.Arena.Alloc(4608))
	}
	for i, h := range holes {
		f.env.Arena.Free(h, 4096+i%2*512)
	}
	for range 4 {
		if move, _ := f.env.Arena.StartEvacuation(1 << 30); move == 0 {
			break
		}
		for cursor := uint64(0); ; {
			f.table.Relocate(f.env.Arena, cursor)
			if cursor = f.table.Visit(&f.env, f.entries, cursor, &stay{}); cursor == 0 {
				break
			}
		}
		f.env.Arena.EndEvacuation()
	}
	f.check(model)
	f.env.Arena.ReleaseFree(1 << 30)
	if st := f.env.Arena.Stats(); st.Resident > 2*st.Used {
		t.Errorf("after compaction %d bytes are resident for %d in use", st.Resident, st.Used)
	}
}

type stay struct{}

func (*stay) Visit([]arena.Ref) {}

func BenchmarkInsert(b *testing.B) {
	f := newFixture(b, spread)
	r := arena.Ref(0)
	for b.Loop() {
		r++
		f.insert(r)
	}
}

func BenchmarkProbe(b *testing.B) {
	f := newFixture(b, spread)
	const n = 1 << 16
	for r := arena.Ref(1); r <= n; r++ {
		f.insert(r)
	}
	r := arena.Ref(0)
	for b.Loop() {
		r = r*5 + 1
		if !f.has(1 + r%n) {
			b.Fatal("not found")
		}
	}
}
