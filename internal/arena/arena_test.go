package arena

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func newArena(t testing.TB) *Arena {
	t.Helper()
	m := NewMemory()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return New(m)
}

func TestClasses(t *testing.T) {
	t.Parallel()
	prev := 0
	for n := range maxSmall + 1 {
		size := ClassSize(n)
		c := classOf(n)
		switch {
		case size < n || size < unit:
			t.Fatalf("ClassSize(%d) = %d", n, size)
		case size < prev:
			t.Fatalf("ClassSize(%d) = %d, less than for a smaller block", n, size)
		case c > 0 && int(classes[c-1].size) >= n && n > 0:
			t.Fatalf("classOf(%d) = %d, but class %d holds it", n, c, c-1)
		case n > 128 && (size-n)*8 > size:
			t.Fatalf("ClassSize(%d) = %d wastes more than an eighth", n, size)
		case n > 0 && n <= 128 && size-n >= 8:
			t.Fatalf("ClassSize(%d) = %d", n, size)
		case size >= 512 && size%64 != 0:
			t.Fatalf("ClassSize(%d) = %d is no multiple of 64", n, size)
		}
		prev = size
	}
	for n := 64; n <= 1024; n += 64 {
		if ClassSize(n) != n {
			t.Errorf("ClassSize(%d) = %d, want an exact class", n, ClassSize(n))
		}
	}
	for c, k := range classes {
		if k.blocks < minSlabBlocks || int(k.blocks)*int(k.size) > int(k.pages)*PageSize || k.pages > 40 {
			t.Errorf("class %d: %+v", c, k)
		}
	}
	for n, want := range map[int]int{0: 8, maxSmall + 1: maxSmall + PageSize, maxRun: maxRun, maxRun + 1: maxRun + PageSize} {
		if got := ClassSize(n); got != want {
			t.Errorf("ClassSize(%d) = %d, want %d", n, got, want)
		}
	}
}

// model is what an arena should hold: every block with its length and contents.
type model struct {
	t      *rapid.T
	a      *Arena
	blocks []block
	used   int
	next   uint64
}

type block struct {
	r   Ref
	n   int
	tag uint64
}

// stamp fills the block with a pattern that depends on the tag and the position, at its start, end, and page borders.
func stamp(b []byte, tag uint64) {
	for i := 0; i < len(b); i = nextStamp(i, len(b)) {
		b[i] = byte(tag*31 + uint64(i)*7)
	}
}

func stamped(b []byte, tag uint64) error {
	for i := 0; i < len(b); i = nextStamp(i, len(b)) {
		if want := byte(tag*31 + uint64(i)*7); b[i] != want {
			return fmt.Errorf("byte %d of %d is %#x, want %#x", i, len(b), b[i], want)
		}
	}
	return nil
}

func nextStamp(i, n int) int {
	if i < 64 || i >= n-64 {
		return i + 1
	}
	return min(i+PageSize/2-1, n-64)
}

func (m *model) alloc(n int) {
	if err := m.a.Reserve(n); err != nil {
		m.t.Fatalf("Reserve(%d): %v", n, err)
	}
	r := m.a.Alloc(n)
	if r == 0 {
		m.t.Fatalf("Alloc(%d) gave the nil ref", n)
	}
	m.next++
	m.blocks = append(m.blocks, block{r, n, m.next})
	m.used += ClassSize(n)
	if ClassSize(n)%64 == 0 && uintptr(m.a.Ptr(r))%64 != 0 {
		m.t.Fatalf("Alloc(%d) = %#x is not aligned", n, r)
	}
	stamp(m.a.Bytes(r, n), m.next)
}

func (m *model) verify(b block) {
	if err := stamped(m.a.Bytes(b.r, b.n), b.tag); err != nil {
		m.t.Fatalf("block %+v: %v", b, err)
	}
	if got := m.a.Cap(b.r, b.n); got != ClassSize(b.n) {
		m.t.Fatalf("Cap(%+v) = %d", b, got)
	}
}

func (m *model) free(i int) {
	b := m.blocks[i]
	m.verify(b)
	m.a.Free(b.r, b.n)
	m.used -= ClassSize(b.n)
	m.blocks[i] = m.blocks[len(m.blocks)-1]
	m.blocks = m.blocks[:len(m.blocks)-1]
}

func (m *model) extend(i, to int) {
	b := &m.blocks[i]
	if !m.a.Extend(b.r, b.n, to) {
		return
	}
	m.used += ClassSize(to) - ClassSize(b.n)
	kept := m.a.Bytes(b.r, min(b.n, to))
	if len(kept) > 64 && b.n == to {
		if err := stamped(kept, b.tag); err != nil {
			m.t.Fatalf("extend %+v to %d: %v", *b, to, err)
		}
	}
	b.n = to
	stamp(m.a.Bytes(b.r, to), b.tag)
}

// move does what the owner of the refs does in a compaction.
func (m *model) move() {
	for i := range m.blocks {
		b := &m.blocks[i]
		if !m.a.Evacuating(b.r) {
			continue
		}
		to := m.a.Alloc(b.n)
		if m.a.Evacuating(to) {
			m.t.Fatalf("Alloc gave %#x, which is being evacuated", to)
		}
		copy(m.a.Bytes(to, b.n), m.a.Bytes(b.r, b.n))
		m.a.Free(b.r, b.n)
		b.r = to
	}
}

func (m *model) check() {
	if got := m.a.Stats(); got.Used != m.used || m.a.Used() != m.used {
		m.t.Fatalf("Used = %d, want %d", got.Used, m.used)
	}
	if err := consistent(m.a); err != nil {
		m.t.Fatal(err)
	}
	mem := m.a.memory
	if got, want := mem.Resident(), m.a.Resident()+len(mem.ready)*ChunkSize; got != int64(want) {
		m.t.Fatalf("Memory.Resident = %d, want %d", got, want)
	}
}

// consistent recomputes every count of an arena from its bitmaps and descriptors.
func consistent(a *Arena) error {
	t := &a.pages
	live, resident, idle, free := 0, t.dirPages, 0, 0
	var count, slabs [numClasses]int
	for i := range t.slots {
		s := &t.slots[i]
		switch s.kind {
		case slotFree:
			continue
		case slotSpan, slotIdleSpan:
			live += s.pages * PageSize
			resident += s.high
			free += s.high - s.pages
			idle += s.high - s.pages
			continue
		}
		var gap bitmap
		for w := range gap {
			gap[w] = s.free[w] & s.touched[w]
			if ^s.free[w]&^s.touched[w] != 0 {
				return fmt.Errorf("slot %d: pages in use are not counted as resident", i)
			}
		}
		resident += s.touched.count(0, pagesPerChunk)
		free += gap.count(0, pagesPerChunk)
		switch {
		case !s.huge:
			idle += gap.count(0, pagesPerChunk)
			if s.empty() {
				idle += headerPages
			}
		case s.empty():
			idle += pagesPerChunk
		}
		if n := s.free.count(0, pagesPerChunk); n != int(s.nfree) {
			return fmt.Errorf("slot %d: nfree = %d, want %d", i, s.nfree, n)
		}
		if _, longest := s.free.findRun(pagesPerChunk + 1); !s.barred && longest > int(t.room[i]) {
			return fmt.Errorf("slot %d: room = %d, but there is a row of %d", i, t.room[i], longest)
		}
		chunk := 0
		for _, d := range a.heads(i) {
			if d.class == runClass {
				chunk += int(d.used) * PageSize
				continue
			}
			chunk += int(d.used) * int(classes[d.class].size)
			count[d.class] += int(d.used)
			slabs[d.class]++
		}
		if chunk != int(a.live[i]) {
			return fmt.Errorf("slot %d: live = %d, want %d", i, a.live[i], chunk)
		}
		live += chunk
	}
	for c := range a.bins {
		if b := &a.bins[c]; b.count != count[c] || b.slabs != slabs[c] {
			return fmt.Errorf("class %d: %d blocks in %d slabs, want %d in %d", c, b.count, b.slabs, count[c], slabs[c])
		}
	}
	got := [4]int{a.used, t.resident, t.idlePages, t.freePages}
	if want := [4]int{live, resident, idle, free}; got != want {
		return fmt.Errorf("used, resident, idle, free = %v, want %v", got, want)
	}
	return nil
}

func size() *rapid.Generator[int] {
	return rapid.OneOf(
		rapid.IntRange(0, 200),
		rapid.IntRange(0, 200),
		rapid.IntRange(0, maxSmall),
		rapid.IntRange(maxSmall+1, maxRun),
		rapid.IntRange(maxRun+1, 3*maxRun),
	)
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mem := NewMemory()
		defer mem.Close()
		mem.HugeFrom = rapid.SampledFrom([]int{hugeFrom, 1}).Draw(t, "huge from")
		m := &model{t: t, a: New(mem)}
		pick := func(t *rapid.T) int { return rapid.IntRange(0, len(m.blocks)-1).Draw(t, "block") }
		some := func(act func(t *rapid.T)) func(t *rapid.T) {
			return func(t *rapid.T) {
				if len(m.blocks) == 0 {
					t.Skip("empty")
				}
				act(t)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"alloc": func(t *rapid.T) { m.alloc(size().Draw(t, "n")) },
			"batch": func(t *rapid.T) {
				n := rapid.IntRange(0, 300).Draw(t, "n")
				for range rapid.IntRange(1, 300).Draw(t, "count") {
					m.alloc(n)
				}
			},
			"free":   some(func(t *rapid.T) { m.free(pick(t)) }),
			"extend": some(func(t *rapid.T) { m.extend(pick(t), size().Draw(t, "to")) }),
			"thin": some(func(t *rapid.T) {
				keep := rapid.IntRange(1, 20).Draw(t, "keep")
				for i := len(m.blocks) - 1; i >= 0; i-- {
					if i%keep != 0 {
						m.free(i)
					}
				}
			}),
			"prepare": func(*rapid.T) { mem.Prepare() },
			"release": func(t *rapid.T) { m.a.ReleaseFree(rapid.IntRange(0, 4<<20).Draw(t, "max")) },
			"compact": func(t *rapid.T) {
				m.a.StartEvacuation(rapid.IntRange(0, 1<<20).Draw(t, "max"))
				if rapid.Bool().Draw(t, "move") {
					m.a.Reserve(1 << 20)
					if m.a.evacuating {
						m.move()
					}
				}
				if rapid.Bool().Draw(t, "end") {
					m.a.EndEvacuation()
				}
			},
			"": func(*rapid.T) { m.check() },
		})
		for _, b := range m.blocks {
			m.verify(b)
		}
		for len(m.blocks) > 0 {
			m.free(len(m.blocks) - 1)
		}
		m.check()
		m.a.EndEvacuation()
		m.a.ReleaseFree(1 << 30)
		if s := m.a.Stats(); s.Used != 0 || s.Chunks != 0 || s.Spans != 0 || s.Resident != m.a.pages.dirPages*PageSize {
			t.Fatalf("after freeing everything: %+v", s)
		}
		m.a.Destroy()
		mem.Trim()
		if got := mem.Resident(); got != 0 {
			t.Fatalf("Memory.Resident = %d after Destroy", got)
		}
	})
}

func TestAccountingOfManyArenas(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	defer m.Close()
	sum := 0
	arenas := make([]*Arena, 5)
	for i := range arenas {
		arenas[i] = New(m)
		for n := range 5000 {
			arenas[i].Alloc(n % 3000)
		}
		sum += arenas[i].Stats().Resident
	}
	if got := m.Resident(); got != int64(sum) {
		t.Errorf("Memory.Resident = %d, the arenas hold %d", got, sum)
	}
	for _, a := range arenas {
		a.Destroy()
	}
	if got := m.Resident(); got != 0 {
		t.Errorf("Memory.Resident = %d after Destroy", got)
	}
}

func TestResetLeavesAUsableArena(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	for range 2 {
		for n := range 4000 {
			a.Alloc(n)
		}
		a.Alloc(5 << 20)
		a.Reset()
		if err := consistent(a); err != nil {
			t.Fatal(err)
		}
		if s := a.Stats(); s.Used != 0 || s.Chunks != 0 || s.Spans != 0 || s.Mapped != 0 {
			t.Fatalf("after Reset: %+v", s)
		}
	}
}

// TestFreeReturnsNothing empties many chunks and checks that this leaves them to ReleaseFree, which returns them in
// slices and then one huge page at a time.
func TestFreeReturnsNothing(t *testing.T) {
	t.Parallel()
	const slice = 64 << 10
	a := newArena(t)
	a.memory.HugePages, a.memory.HugeFrom = true, 3
	var refs []Ref
	for a.Stats().Chunks < 8 {
		refs = append(refs, a.Alloc(1000))
		select {
		case <-a.memory.Demand():
			a.memory.Prepare()
		default:
		}
	}
	full := a.Stats()
	for _, r := range refs {
		a.Free(r, 1000)
	}
	a.releaseEmptySlabs()
	if s := a.Stats(); s.Resident != full.Resident || s.Chunks != full.Chunks || s.Releasable != s.Resident-a.pages.dirPages*PageSize {
		t.Fatalf("stats went from %+v to %+v", full, s)
	}
	a.memory.Trim()
	a.memory.idle = patience // so that no huge page is kept
	returned, huge := 0, 0
	for i := range a.pages.slots {
		if a.pages.slots[i].huge {
			huge++
		}
	}
	for a.Stats().Releasable > 0 {
		before := a.Stats()
		n := a.ReleaseFree(slice)
		after := a.Stats()
		if n == ChunkSize {
			returned++
		} else if n > slice || n == 0 {
			t.Errorf("ReleaseFree = %d", n)
		}
		if before.Resident-after.Resident != n || before.Chunks-after.Chunks > 1 || a.memory.Resident() != int64(after.Resident) {
			t.Fatalf("ReleaseFree = %d, stats from %+v to %+v, counted %d", n, before, after, a.memory.Resident())
		}
		if err := consistent(a); err != nil {
			t.Fatal(err)
		}
	}
	if s := a.Stats(); s.Chunks != 0 || huge == 0 || returned != huge {
		t.Errorf("%d of %d huge pages were returned; then %+v", returned, huge, s)
	}
}

func TestOneBlockDoesNotThrash(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	a.Free(a.Alloc(56), 56)
	before := a.Stats()
	for range 100 {
		a.Free(a.Alloc(56), 56)
	}
	if got := a.Stats(); got != before || got.Chunks != 1 {
		t.Errorf("stats went from %+v to %+v", before, got)
	}
}

func TestReleaseAfterDeletion(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	var refs []Ref
	for range 100_000 {
		refs = append(refs, a.Alloc(56))
	}
	full := a.Stats().Resident
	for _, r := range refs[:90_000] {
		a.Free(r, 56)
	}
	for a.Stats().Releasable > 0 {
		before := a.Stats()
		n := a.ReleaseFree(64 << 10)
		after := a.Stats()
		if n > 64<<10 || before.Releasable-after.Releasable != n || before.Resident-after.Resident != n {
			t.Fatalf("ReleaseFree = %d, stats from %+v to %+v", n, before, after)
		}
	}
	if got := a.Stats().Resident; got > full/8 {
		t.Errorf("Resident is %d of %d after nine tenths were freed", got, full)
	}
}

func TestCompaction(t *testing.T) {
	t.Parallel()
	for _, huge := range []bool{false, true} {
		t.Run(fmt.Sprintf("huge=%v", huge), func(t *testing.T) {
			t.Parallel()
			a := newArena(t)
			a.memory.HugePages = huge
			refs := scattered(a)
			used := a.Used()
			var free int
			for round := 0; ; round++ {
				move, gain := a.StartEvacuation(used / 4)
				if move == 0 {
					break
				}
				if move > used/4 || gain < move || round > 30 {
					t.Fatalf("round %d: StartEvacuation = %d, %d with %d used", round, move, gain, used)
				}
				free += gain
				if moved := evacuate(a, refs); moved != move {
					t.Fatalf("moved %d, want %d", moved, move)
				}
				a.EndEvacuation()
				if err := consistent(a); err != nil {
					t.Fatal(err)
				}
			}
			a.ReleaseFree(1 << 30)
			limit := used * 5 / 4
			if huge {
				limit += ChunkSize // the last of them may be left partly filled
			}
			if s := a.Stats(); s.Used != used || s.Resident > limit {
				t.Errorf("compaction left %+v, used was %d", s, used)
			}
			for r, n := range refs {
				if err := stamped(a.Bytes(r, n), uint64(n)); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// scattered fills some chunks with blocks of three classes and frees nine tenths at random.
func scattered(a *Arena) map[Ref]int {
	rnd := rand.New(rand.NewPCG(1, 2))
	refs := make(map[Ref]int)
	for a.Stats().Chunks < hugeFrom+8 {
		for _, n := range [3]int{56, 200, 3000} {
			refs[a.Alloc(n)] = n
		}
	}
	for r, n := range refs {
		if rnd.IntN(10) != 0 {
			a.Free(r, n)
			delete(refs, r)
			continue
		}
		stamp(a.Bytes(r, n), uint64(n))
	}
	return refs
}

func evacuate(a *Arena, refs map[Ref]int) (moved int) {
	var chosen []Ref
	for r := range refs {
		if a.Evacuating(r) {
			chosen = append(chosen, r)
		}
	}
	for _, r := range chosen {
		n := refs[r]
		to := a.Alloc(n)
		copy(a.Bytes(to, n), a.Bytes(r, n))
		a.Free(r, n)
		delete(refs, r)
		refs[to] = n
		moved += ClassSize(n)
	}
	return moved
}

func TestEvacuationOfNothing(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	if move, free := a.StartEvacuation(1 << 20); move != 0 || free != 0 {
		t.Errorf("empty arena: %d, %d", move, free)
	}
	for n := range 2000 {
		a.Alloc(n % 50 * 8)
	}
	if move, free := a.StartEvacuation(1 << 20); move != 0 || free != 0 {
		t.Errorf("dense arena: %d, %d", move, free)
	}
	a.EndEvacuation()
}

func TestSpans(t *testing.T) {
	t.Parallel()
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("address space")
	}
	a := newArena(t)
	big := 512<<20 + 64
	if !sysKeeps {
		big = 8<<20 + 64 // the Go runtime would clear all of it
	}
	sizes := []int{maxRun + 1, big, 3 << 20}
	refs := make([]Ref, len(sizes))
	for i, n := range sizes {
		if err := a.Reserve(n); err != nil {
			t.Fatal(err)
		}
		refs[i] = a.Alloc(n)
		stamp(a.Bytes(refs[i], 4096), uint64(n))
		a.Bytes(refs[i], n)[n-1] = 7
	}
	used := a.Used()
	if !a.Extend(refs[2], 3<<20, 3<<20+600<<10) {
		t.Error("a span has no room to grow")
	}
	if got := a.Used() - used; got != 600<<10 {
		t.Errorf("Extend added %d bytes", got)
	}
	if a.Extend(refs[2], 3<<20+600<<10, 30<<20) {
		t.Error("a span grew beyond its mapping")
	}
	if a.Extend(refs[2], 3<<20+600<<10, 100) {
		t.Error("a span became a small block")
	}
	if err := stamped(a.Bytes(refs[2], 4096), 3<<20); err != nil {
		t.Error(err)
	}
	a.Free(refs[1], big)
	if got := a.Alloc(big - 5); got != refs[1] {
		t.Errorf("a freed span was not reused: %#x, want %#x", got, refs[1])
	}
	a.Free(refs[1], big)
	for a.ReleaseFree(100<<20) > 0 {
	}
	if s := a.Stats(); s.Spans != 2 || s.Resident > s.Used+64<<10 {
		t.Errorf("after release: %+v", s)
	}
	if err := consistent(a); err != nil {
		t.Error(err)
	}
}

func TestRunsGrowInPlace(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	r := a.Alloc(40 << 10)
	copy(a.Bytes(r, 5), "hello")
	n := 40 << 10
	for step := 40 << 10; n+step <= maxRun; n += step {
		if !a.Extend(r, n, n+step) {
			t.Fatalf("no growth from %d in an empty chunk", n)
		}
	}
	wall := a.Alloc(64 << 10)
	if a.Extend(r, n, n+PageSize) {
		t.Error("a run grew into its neighbour")
	}
	if !a.Extend(r, n, 33<<10) || a.Extend(r, 33<<10, 100) {
		t.Error("shrinking")
	}
	if string(a.Bytes(r, 5)) != "hello" || a.Used() != 36<<10+64<<10 {
		t.Errorf("used %d", a.Used())
	}
	a.Free(wall, 64<<10)
	a.Free(r, 33<<10)
	a.ReleaseFree(1 << 30)
	if s := a.Stats(); s.Used != 0 || s.Chunks != 0 {
		t.Errorf("%+v", s)
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	for _, n := range []int{0, 1, 1 << 20, 2 << 20, 10 << 20} {
		if err := a.Reserve(n); err != nil {
			t.Errorf("Reserve(%d): %v", n, err)
		}
	}
	if got := a.Stats().Resident; got != 0 {
		t.Errorf("Reserve made %d bytes resident", got)
	}
	for _, n := range []int{-1, maxSpan + 1, int(^uint(0) >> 1)} {
		if err := a.Reserve(n); !errors.Is(err, ErrExhausted) {
			t.Errorf("Reserve(%d): %v", n, err)
		}
	}
}

func TestReserveWhenAllSlotsAreTaken(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	if err := a.Reserve(100); err != nil {
		t.Fatal(err)
	}
	a.Alloc(100)
	a.pages.inUse = maxSlots
	if err := a.Reserve(100); err != nil {
		t.Errorf("there is room inside, but Reserve says %v", err)
	}
	if err := a.Reserve(2 << 20); !errors.Is(err, ErrExhausted) {
		t.Errorf("a span without a slot: %v", err)
	}
	for range 2 {
		a.Alloc(900 << 10)
	}
	if err := a.Reserve(1 << 20); !errors.Is(err, ErrExhausted) {
		t.Errorf("no room left: %v", err)
	}
}

func TestAllocRefusesNonsense(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	for _, n := range []int{-1, -1 << 30, maxSpan + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Alloc(%d) returned", n)
				}
			}()
			a.Alloc(n)
		}()
	}
	if err := consistent(a); err != nil {
		t.Error(err)
	}
}

func TestPeekNeverFaults(t *testing.T) {
	t.Parallel()
	if !StaysMapped {
		t.Skip("freed memory may fault here")
	}
	a := newArena(t)
	if a.Peek(1, 1) != nil {
		t.Error("Peek into an arena without memory")
	}
	var blocks []block
	for i := range 3000 {
		n := i % 100 * 60
		blocks = append(blocks, block{r: a.Alloc(n), n: n})
	}
	blocks = append(blocks, block{r: a.Alloc(5 << 20), n: 5 << 20})
	copy(a.Bytes(blocks[7].r, 4), "abcd")
	if got := unsafe.Slice((*byte)(a.Peek(blocks[7].r, 4)), 4); string(got) != "abcd" {
		t.Errorf("Peek = %q", got)
	}
	for _, b := range blocks {
		a.Free(b.r, b.n)
	}
	a.ReleaseFree(1 << 30)
	for _, b := range blocks {
		touch(a, uint32(b.r), int64(b.n))
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 4<<slotShift)).Draw(t, "ref")
		touch(a, r, rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 2*ChunkSize)).Draw(t, "n"))
	})
}

func touch(a *Arena, r uint32, n int64) byte {
	p := a.Peek(Ref(r), int(n))
	if p == nil || n == 0 {
		return 0
	}
	b := unsafe.Slice((*byte)(p), n)
	return b[0] ^ b[n/2] ^ b[n-1]
}

// Readers follow refs while the owner allocates, frees and releases.
func TestPeekWhileTheArenaChanges(t *testing.T) {
	t.Parallel()
	if !StaysMapped {
		t.Skip("freed memory may fault here")
	}
	a := newArena(t)
	stop := make(chan struct{})
	done := make(chan byte)
	go func() {
		rnd := rand.New(rand.NewPCG(3, 4))
		var sum byte
		for {
			select {
			case <-stop:
				done <- sum
				return
			default:
			}
			sum ^= touch(a, rnd.Uint32N(6<<slotShift), rnd.Int64N(70_000))
		}
	}()
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		var blocks []block
		for range 400 {
			n := 1 << rnd.IntN(17)
			blocks = append(blocks, block{r: a.Alloc(n), n: n})
		}
		blocks = append(blocks, block{r: a.Alloc(2 << 20), n: 2 << 20})
		for _, b := range blocks {
			a.Free(b.r, b.n)
		}
		a.ReleaseFree(rnd.IntN(4 << 20))
	}
	close(stop)
	<-done
}

func TestPreparedChunks(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	defer m.Close()
	m.HugePages = true
	m.Prepare()
	if m.Resident() != 0 {
		t.Errorf("Prepare without demand took %d bytes", m.Resident())
	}
	a := New(m)
	for a.Stats().Chunks <= hugeFrom {
		a.Alloc(512 << 10)
	}
	select {
	case <-m.Demand():
	default:
		t.Fatal("a large arena took a chunk, and nobody heard")
	}
	m.Prepare()
	if got := m.Resident() - int64(a.Stats().Resident); got != 2*ChunkSize {
		t.Errorf("prepared %d bytes, want two chunks", got)
	}
	var before int64
	for a.Stats().Chunks <= hugeFrom+1 {
		before = m.Resident()
		a.Alloc(512 << 10)
	}
	if m.Resident() != before {
		t.Errorf("Resident went from %d to %d when a prepared chunk was taken", before, m.Resident())
	}
	if err := consistent(a); err != nil {
		t.Error(err)
	}
	m.Prepare()
	for range patience + 1 {
		m.Prepare()
	}
	if got := m.Resident(); got != int64(a.Stats().Resident) {
		t.Errorf("prepared chunks are kept without demand: %d bytes, arena %d", got, a.Stats().Resident)
	}
}

func TestBitmap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b bitmap
		var want [pagesPerChunk]bool
		for range rapid.IntRange(0, 40).Draw(t, "ops") {
			start := rapid.IntRange(0, pagesPerChunk).Draw(t, "start")
			n := rapid.IntRange(0, pagesPerChunk-start).Draw(t, "n")
			on := rapid.Bool().Draw(t, "on")
			if on {
				b.set(start, n)
			} else {
				b.clear(start, n)
			}
			for i := start; i < start+n; i++ {
				want[i] = on
			}
		}
		checkBitmap(t, &b, &want)
	})
}

func checkBitmap(t *rapid.T, b *bitmap, want *[pagesPerChunk]bool) {
	prev, sum := -1, 0
	for i, on := range want {
		if b.has(i) != on {
			t.Fatalf("bit %d = %v", i, !on)
		}
		if got := b.prevClear(i); got != prev {
			t.Fatalf("prevClear(%d) = %d, want %d", i, got, prev)
		}
		if !on {
			prev = i
		} else {
			sum++
		}
	}
	if got := b.count(0, pagesPerChunk); got != sum {
		t.Fatalf("count = %d, want %d", got, sum)
	}
	set, clear, row, longest := pagesPerChunk, pagesPerChunk, 0, 0
	for i := pagesPerChunk - 1; i >= 0; i-- {
		if want[i] {
			set, row = i, row+1
		} else {
			clear, row = i, 0
		}
		longest = max(longest, row)
		if b.nextSet(i) != set || b.nextClear(i) != clear {
			t.Fatalf("from %d: next set %d, clear %d, want %d, %d", i, b.nextSet(i), b.nextClear(i), set, clear)
		}
	}
	if start, got := b.findRun(longest + 1); start != -1 || got != longest {
		t.Fatalf("findRun(%d) = %d, %d", longest+1, start, got)
	}
	if start, _ := b.findRun(longest); longest > 0 && (start < 0 || b.count(start, longest) != longest) {
		t.Fatalf("findRun(%d) = %d", longest, start)
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	a := New(m)
	b := a.Bytes(a.Alloc(8), 8)
	binary.LittleEndian.PutUint64(b, 1)
	if !bytes.Equal(b, []byte{1, 0, 0, 0, 0, 0, 0, 0}) {
		t.Error(b)
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Error(err)
	}
	if m.Resident() != 0 || m.Mapped() != 0 {
		t.Errorf("after Close: %d resident, %d mapped", m.Resident(), m.Mapped())
	}
	if err := New(m).Reserve(1); !errors.Is(err, ErrExhausted) && StaysMapped {
		t.Errorf("Reserve after Close: %v", err)
	}
}
