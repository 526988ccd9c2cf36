package quicklist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/arena"
	"pgregory.net/rapid"
)

// reporter is what these tests need of testing.TB; rapid.T has it too.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newArena(t testing.TB) *arena.Arena {
	m := arena.NewMemory()
	a := arena.New(m)
	t.Cleanup(func() {
		a.Destroy()
		m.Close()
	})
	return a
}

func element(s string) encoding.Element { return encoding.TextElement([]byte(s)) }

// check walks a list both ways, looks at every count in it and returns its
// elements.
func check(t reporter, l List) (all []string) {
	t.Helper()
	blocks, bytes := 0, 0
	at := 0
	visit := func(c *Cursor) {
		b := l.block(c.ref)
		lp := b.pack()
		if err := encoding.ValidateListpack(lp); err != nil || lp.Len() == 0 {
			t.Fatalf("block at %d: %d elements, %v", at, lp.Len(), err)
		}
		if !l.limit.Allows(len(lp), lp.Len()) && lp.Len() > 1 {
			t.Fatalf("block at %d: %d bytes and %d elements", at, len(lp), lp.Len())
		}
		if b.start() < blockHeader {
			t.Fatalf("block at %d begins at %d", at, b.start())
		}
		weight := lp.Len()
		switch c.part {
		case head:
			weight = int(l.r.heads)
		case middle:
			weight = c.c.Weight()
		case tail:
			weight = l.tails()
		}
		if weight != lp.Len() {
			t.Fatalf("block at %d has %d elements, is counted for %d", at, lp.Len(), weight)
		}
		if len(b.filter()) > 0 && c.part != middle {
			t.Fatalf("block at %d has a filter and is an end", at)
		}
		for _, e := range lp.All() {
			all = append(all, e.String())
			if !b.mayHold(fingerprint(e)) {
				t.Fatalf("block at %d: %q is missing in the filter", at, e)
			}
		}
		at += lp.Len()
		bytes += len(b)
		blocks++
	}
	if l.r.Len() == 0 {
		if *l.r != (Root{}) {
			t.Fatalf("empty, but %+v", *l.r)
		}
		return nil
	}
	for c, _ := l.Seek(0); c.Valid(); c.Next() {
		visit(&c)
	}
	if len(all) != l.r.Len() || bytes != int(l.r.bytes) {
		t.Fatalf("%d elements in %d bytes, counted for %d in %d", len(all), bytes, l.r.Len(), l.r.bytes)
	}
	for c, _ := l.Seek(l.r.Len() - 1); c.Valid(); c.Prev() {
		blocks--
		at -= c.Pack().Len()
	}
	if blocks != 0 || at != 0 {
		t.Fatalf("on the way back %d blocks with %d elements are missing", blocks, at)
	}
	return all
}

// model is a list and what it should hold.
type model struct {
	List
	t    reporter
	want []string
}

func (m *model) same() {
	m.t.Helper()
	if got := check(m.t, m.List); !slices.Equal(got, m.want) {
		m.t.Fatalf("got  %.2000q\nwant %.2000q", got, m.want)
	}
	if used := m.a.Used(); used != m.r.Bytes() {
		m.t.Fatalf("%d bytes in use, said to be %d", used, m.r.Bytes())
	}
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("%v", err)
	}
}

func (m *model) push(side Side, s string) {
	m.must(m.Push(side, element(s)))
	if side == Left {
		m.want = slices.Insert(m.want, 0, s)
	} else {
		m.want = append(m.want, s)
	}
}

func (m *model) drop(side Side, n int) {
	m.Drop(side, n)
	if side == Left {
		m.want = m.want[n:]
	} else {
		m.want = m.want[:len(m.want)-n]
	}
}

func (m *model) remove(side Side, s string, most int) {
	want := 0
	remove := func(i int) {
		if m.want[i] == s && want < most {
			m.want = slices.Delete(m.want, i, i+1)
			want++
		}
	}
	m.want = slices.Clone(m.want)
	if side == Right {
		for i := len(m.want) - 1; i >= 0; i-- {
			remove(i)
		}
	} else {
		slices.Reverse(m.want)
		for i := len(m.want) - 1; i >= 0; i-- {
			remove(i)
		}
		slices.Reverse(m.want)
	}
	if got := m.Remove(element(s), side, most); got != want {
		m.t.Fatalf("removed %d of %q, want %d", got, s, want)
	}
}

func (m *model) find(s string, learn bool) {
	m.t.Helper()
	if got, want := m.Find(element(s), learn), slices.Index(m.want, s); got != want {
		m.t.Fatalf("%q is found at %d, want %d", s, got, want)
	}
}

// filters returns how many blocks have one.
func (m *model) filters() (n int) {
	for c, _ := m.Seek(0); c.Valid(); c.Next() {
		n += min(m.block(c.ref).filterSize(), 1)
	}
	return n
}

// texts are of few values, so that some are found again, and of all sizes.
func text(src *rand.Rand) string {
	switch src.IntN(12) {
	case 0:
		return strings.Repeat("x", src.IntN(150))
	case 1:
		return strings.Repeat("large", 40+src.IntN(300))
	case 2:
		return fmt.Sprint(src.Int64() >> src.IntN(64))
	}
	return fmt.Sprint("t", src.IntN(20))
}

func TestAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		src := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		limit := rapid.SampledFrom([]Limit{{NodeBytes, 1}, {NodeBytes, 5}, {300, 20}, {400, maxCount}, {1000, maxCount}}).Draw(rt, "limit")
		m := &model{List: new(Root).List(newArena(t), limit), t: rt}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			op, n := rapid.IntRange(0, 10).Draw(rt, "op"), rapid.IntRange(1, 150).Draw(rt, "n")
			side := Side(rapid.IntRange(0, 1).Draw(rt, "side"))
			for range n {
				have := len(m.want)
				switch {
				case op < 3 || have == 0:
					m.push(side, text(src))
				case op < 5:
					i, s := src.IntN(have+1), text(src)
					m.must(m.Insert(i, element(s)))
					m.want = slices.Insert(slices.Clone(m.want), i, s)
				case op < 6:
					i, s := src.IntN(have), text(src)
					m.must(m.Replace(i, element(s)))
					m.want = slices.Clone(m.want)
					m.want[i] = s
				case op < 7:
					m.drop(side, 1)
				case op < 8:
					m.drop(side, min(have, src.IntN(10)))
				case op == 10:
					m.find(text(src), n%2 == 0)
				}
			}
			switch have := len(m.want); {
			case have == 0:
			case op == 8:
				m.drop(side, src.IntN(have+1))
			case op == 9:
				m.remove(side, m.want[src.IntN(have)], src.IntN(2*have))
			}
			m.same()
		}
		m.Drop(Left, len(m.want))
		m.want = nil
		m.same()
	})
}

func TestEdges(t *testing.T) {
	t.Parallel()
	m := &model{List: new(Root).List(newArena(t), Limit{300, 10}), t: t}
	for i := range 100 {
		m.push(Right, fmt.Sprint("element ", i))
	}
	for len(m.want) > 0 {
		for i := range m.want {
			c, offset := m.Seek(i)
			p, _ := c.Pack().Seek(offset)
			if got := c.Pack().At(p).String(); got != m.want[i] {
				t.Fatalf("element %d is %q, want %q", i, got, m.want[i])
			}
		}
		for side, want := range map[Side]string{Left: m.want[0], Right: m.want[len(m.want)-1]} {
			lp := m.Edge(side)
			p := lp.First()
			if side == Right {
				p = lp.Prev(lp.End())
			}
			if got := lp.At(p).String(); got != want {
				t.Fatalf("at side %d is %q, want %q", side, got, want)
			}
		}
		m.same()
		m.drop(Side(len(m.want)%2), 1+len(m.want)/50)
	}
}

// TestFilters: searches of a long list give its blocks filters, which see to it that nothing is overlooked after any
// change.
func TestFilters(t *testing.T) {
	t.Parallel()
	src := rand.New(rand.NewPCG(1, 2))
	a := newArena(t)
	m := &model{List: new(Root).List(a, Limit{1000, maxCount}), t: t}
	const values = 1000
	valueOf := func(n int) string {
		if n%3 == 0 {
			return fmt.Sprint(n - values/2)
		}
		return fmt.Sprint("e", n)
	}
	value := func() string { return valueOf(src.IntN(values)) }
	for range 10_000 {
		m.push(Right, value())
	}
	m.find("missing", false)
	if n := m.filters(); n != 0 {
		t.Fatalf("%d filters before anything was to be learned", n)
	}
	m.find("missing", true)
	if n := m.filters(); n != filtersPerSearch {
		t.Fatalf("%d filters after a search, want %d", n, filtersPerSearch)
	}
	searched := func() {
		t.Helper()
		for range 20 {
			m.find(value(), true)
			m.find("missing", true)
		}
		m.same()
		if m.filters() < filtersPerSearch {
			t.Fatalf("only %d filters", m.filters())
		}
	}
	searched()
	for range 300 {
		i, s := src.IntN(len(m.want)), value()
		m.must(m.Insert(i, element(s)))
		m.want = slices.Insert(m.want, i, s)
		m.find(s, i%2 == 0)
	}
	searched()
	for range 300 {
		i, s := src.IntN(len(m.want)), value()
		m.must(m.Replace(i, element(s)))
		m.want[i] = s
		m.find(s, i%2 == 0)
	}
	searched()
	var r Root
	m.must(copyAll(m.List, a, &r, 1<<20))
	c := &model{r.List(a, m.limit), t, m.want}
	if got, want := c.filters(), m.filters(); got != want || check(t, c.List) == nil {
		t.Fatalf("a copy has %d filters, want %d", got, want)
	}
	for !c.Release(1 << 10) {
	}
	for _, side := range []Side{Left, Right} { // until blocks with filters are the ends
		for range 20 {
			m.drop(side, 100)
			for range 10 {
				s := value()
				m.push(side, s)
				m.find(s, false)
			}
			m.same()
		}
		searched()
	}
	for n := range values / 10 * 9 { // until blocks are joined
		m.remove(Side(n%2), valueOf(n), len(m.want))
		m.same()
		m.find("missing", true)
	}
}

// TestDensity: elements pushed in order take the bytes of their entries and
// little more, at whichever end.
func TestDensity(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Left, Right} {
		m := &model{List: new(Root).List(newArena(t), LimitOf(-2)), t: t}
		const n = 100_000
		for i := range n {
			m.must(m.Push(side, element(fmt.Sprintf("element:%08d", i))))
		}
		check(t, m.List)
		if got := float64(m.a.Used()) / n; got > 18.2 {
			t.Errorf("side %d: %.2f bytes an element", side, got)
		}
		m.a.ReleaseFree(1 << 30)
		if got := float64(m.a.Stats().Resident) / n; got > 19 {
			t.Errorf("side %d: %.2f resident bytes an element", side, got)
		}
	}
}

// TestQueue: a list that is used as a queue stays as small as what is in it.
func TestQueue(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Left, Right} {
		m := &model{List: new(Root).List(newArena(t), LimitOf(-2)), t: t}
		for i := range 20_000 {
			m.push(side, fmt.Sprint("job ", i))
			if len(m.want) > 100 {
				m.drop(side.Other(), 1)
			}
		}
		m.same()
		if m.a.Used() > 2*NodeBytes {
			t.Errorf("side %d: %d bytes for %d elements", side, m.a.Used(), len(m.want))
		}
		for len(m.want) > 5 {
			m.drop(side, 1)
		}
		m.same()
		if m.a.Used() > 512 {
			t.Errorf("side %d: %d bytes for %d elements", side, m.a.Used(), len(m.want))
		}
	}
}

// copyAll copies a list, so many blocks at a time.
func copyAll(l List, to *arena.Arena, r *Root, budget int) error {
	var c Copy
	defer c.Finish()
	for {
		if done, err := c.Some(l, to, r, budget); done || err != nil {
			return err
		}
	}
}

func TestReleaseAndCopy(t *testing.T) {
	t.Parallel()
	a, other := newArena(t), newArena(t)
	for _, n := range []int{1, 5, 50, 5000} {
		m := &model{List: new(Root).List(a, Limit{300, 10}), t: t}
		for i := range n {
			m.push(Side(i/7%2), fmt.Sprint("element ", i))
		}
		var r Root
		if err := copyAll(m.List, other, &r, 3); err != nil {
			t.Fatal(err)
		}
		c := &model{r.List(other, m.limit), t, m.want}
		c.same()
		for _, l := range []List{m.List, c.List} {
			for steps := 1; !l.Release(10); steps++ {
				if steps > n {
					t.Fatalf("%d elements are not freed in %d steps", n, steps)
				}
			}
			if used := l.a.Used(); used != 0 {
				t.Errorf("%d elements: %d bytes are left", n, used)
			}
		}
	}
}

func TestRelocate(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	m := &model{List: new(Root).List(a, Limit{1000, 50}), t: t}
	const filler = 768 // bytes, as the blocks have
	var between []arena.Ref
	for i := range 20_000 {
		m.push(Right, fmt.Sprint("element ", i))
		if i%10 == 0 {
			between = append(between, a.Alloc(filler))
		}
	}
	for _, ref := range between {
		a.Free(ref, filler)
	}
	moved := func(ref arena.Ref) bool { return a.Evacuating(ref) }
	if blocks, _ := a.StartEvacuation(1 << 30); blocks == 0 {
		t.Fatalf("nothing to move: %+v", a.Stats())
	}
	standing := 0
	for c, _ := m.Seek(0); c.Valid(); c.Next() {
		if moved(c.ref) {
			standing++
		}
	}
	for cursor := uint64(0); ; {
		if cursor = m.Relocate(cursor, 20); cursor == 0 {
			break
		}
	}
	for c, _ := m.Seek(0); c.Valid(); c.Next() {
		if moved(c.ref) {
			t.Fatal("a block stands in the way")
		}
	}
	if standing == 0 {
		t.Fatal("no block stood in the way")
	}
	a.EndEvacuation()
	m.same()
}

func TestLimitOf(t *testing.T) {
	t.Parallel()
	for setting, want := range map[int64]Limit{
		-1: {4096, maxCount}, -2: {8192, maxCount}, -5: {65536, maxCount}, -6: {65536, maxCount},
		0: {8192, 1}, 1: {8192, 1}, 128: {8192, 128}, 1 << 40: {8192, maxCount},
	} {
		if got := LimitOf(setting); got != want {
			t.Errorf("%d: %+v, want %+v", setting, got, want)
		}
	}
}
