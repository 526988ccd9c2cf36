package members

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"pgregory.net/rapid"
)

// newEnv returns an arena that is checked to be empty at the end, if the test
// released what it made.
func newEnv(t cleaner) *hashtable.Env {
	m := arena.NewMemory()
	t.Cleanup(func() { m.Close() })
	return &hashtable.Env{Arena: arena.New(m), Seed: 99}
}

type cleaner interface {
	Cleanup(func())
	Fatalf(string, ...any)
	Helper()
}

func insert(t cleaner, r *Root, env *hashtable.Env, member, value string) arena.Ref {
	t.Helper()
	if err := r.Reserve(env, r.shape.Size(len(member), len(value))); err != nil {
		t.Fatalf("reserve: %v", err)
	}
	return r.Insert(env, member, []byte(value))
}

// TestFullChunk fills chunks with elements without a value, of which blocks have no byte left, up to the last of a chunk.
// The race detector's build finds pointers that lead beyond it.
func TestFullChunk(t *testing.T) {
	t.Parallel()
	const block = 16
	env := newEnv(t)
	r := New(Scored)
	for i := range 2 * arena.ChunkSize / block {
		insert(t, &r, env, fmt.Sprintf("%0*d", block-scoreSize-1, i), "")
	}
	release(t, &r, env)
}

func release(t cleaner, r *Root, env *hashtable.Env) {
	t.Helper()
	for i := 0; !r.Release(env, 100); i++ {
		if i > 1_000_000 {
			t.Fatalf("release does not end")
		}
	}
	if n := env.Arena.Used(); n != 0 {
		t.Fatalf("%d bytes left", n)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		shape         Shape
		member, value int
		want          int
	}{
		{Plain, 7, 0, 8}, {Plain, 8, 0, 16}, {Plain, 16, 0, 24}, {Plain, 23, 0, 24}, {Plain, 63, 0, 64}, {Plain, 64, 0, 72},
		{Valued, 16, 32, 56}, {Valued, 3, 3, 8}, {Valued, 16, 255, 288}, {Valued, 16, 256, 288},
		{Scored, 16, 0, 32}, {Scored, 7, 0, 16},
	} {
		if got := tt.shape.Size(tt.member, tt.value); got != tt.want {
			t.Errorf("shape %d, member of %d, value of %d: %d bytes, want %d", tt.shape, tt.member, tt.value, got, tt.want)
		}
	}
}

// lengths are those at which the form of a head changes.
var lengths = []int{0, 1, 62, 63, 64, 65, 254, 255, 256, 257, 40_000}

// TestElements writes and reads elements of all forms.
func TestElements(t *testing.T) {
	t.Parallel()
	for _, shape := range []Shape{Plain, Valued, Scored} {
		env := newEnv(t)
		r := New(shape)
		for _, m := range lengths {
			for _, v := range lengths {
				if shape != Valued && v != 0 {
					continue
				}
				member := fmt.Sprintf("%0*d", max(m, 2), v)[:m]
				if r.Find(env, member) != 0 {
					continue // too short to differ
				}
				value := strings.Repeat("v", v)
				ref := insert(t, &r, env, member, value)
				checkElement(t, &r, env, ref, member, value)
				if shape == Scored {
					SetScore(env.Arena, ref, float64(m))
				}
				ref = r.SetExpireAt(env, ref, 1234, 1000)
				checkElement(t, &r, env, ref, member, value)
				if at := shape.ExpireAt(env.Arena, ref); at != 1234 {
					t.Errorf("expires at %d", at)
				}
				if shape == Scored && Score(env.Arena, ref) != float64(m) {
					t.Errorf("score is %v, want %d", Score(env.Arena, ref), m)
				}
			}
		}
		if r.Bytes() != env.Arena.Used() {
			t.Errorf("counts %d bytes, uses %d", r.Bytes(), env.Arena.Used())
		}
		release(t, &r, env)
	}
}

func checkElement(t *testing.T, r *Root, env *hashtable.Env, ref arena.Ref, member, value string) {
	t.Helper()
	if got := r.Find(env, member); got != ref {
		t.Errorf("member of %d bytes, value of %d: found at %d, not at %d", len(member), len(value), got, ref)
	}
	m, v := r.shape.Pair(env.Arena, ref)
	if m != member || string(v) != value || r.shape.Member(env.Arena, ref) != member || string(r.shape.Value(env.Arena, ref)) != value {
		t.Errorf("member of %d bytes, value of %d: read %d and %d", len(member), len(value), len(m), len(v))
	}
}

// model is what a collection should hold.
type model struct {
	t   *rapid.T
	env *hashtable.Env
	r   Root
	now int64
	is  map[string]*modelElement
}

type modelElement struct {
	value string
	score float64
	at    int64
}

func (m *model) member() string {
	if rapid.IntRange(0, 9).Draw(m.t, "long") == 0 {
		return strings.Repeat("m", rapid.SampledFrom(lengths).Draw(m.t, "length"))
	}
	return fmt.Sprint(rapid.IntRange(0, 120).Draw(m.t, "member"))
}

func (m *model) value() string {
	if m.r.shape != Valued {
		return ""
	}
	return strings.Repeat("v", rapid.SampledFrom(lengths).Draw(m.t, "value"))
}

func (m *model) put() {
	member, value := m.member(), m.value()
	if e := m.is[member]; e != nil {
		ref := m.r.Find(m.env, member)
		m.reserve(member, value)
		if got := m.r.Replace(m.env, ref, []byte(value)); got != m.r.Find(m.env, member) {
			m.t.Fatalf("replaced element is not found")
		}
		e.value = value
		return
	}
	insert(m.t, &m.r, m.env, member, value)
	m.is[member] = &modelElement{value: value}
}

func (m *model) reserve(member, value string) {
	if err := m.r.Reserve(m.env, m.r.shape.Size(len(member), len(value))+linkSize); err != nil {
		m.t.Fatalf("reserve: %v", err)
	}
}

func (m *model) remove() {
	member := m.member()
	ref := m.r.Find(m.env, member)
	if (ref != 0) != (m.is[member] != nil) {
		m.t.Fatalf("%q is at %d, in the model %v", member, ref, m.is[member])
	}
	if ref != 0 && rapid.Bool().Draw(m.t, "by ref") {
		m.r.RemoveRef(m.env, ref)
	} else if m.r.Remove(m.env, member) != (ref != 0) {
		m.t.Fatalf("wrong report of removing %q", member)
	}
	delete(m.is, member)
}

func (m *model) expire() {
	for range rapid.SampledFrom([]int{1, 1, 30}).Draw(m.t, "elements") {
		m.expireOne()
	}
}

func (m *model) expireOne() {
	member := m.member()
	ref := m.r.Find(m.env, member)
	if ref == 0 {
		return
	}
	e := m.is[member]
	if rapid.IntRange(0, 4).Draw(m.t, "persist") == 0 {
		if did := m.r.Persist(m.env, ref); did != (e.at != 0) {
			m.t.Fatalf("persist %v, expiry was %d", did, e.at)
		}
		e.at = 0
		return
	}
	shift := rapid.IntRange(0, 46).Draw(m.t, "magnitude")
	e.at = m.now + rapid.Int64Range(0, 1<<shift).Draw(m.t, "ttl")
	m.reserve(member, e.value)
	ref = m.r.SetExpireAt(m.env, ref, e.at, m.now)
	if m.r.Find(m.env, member) != ref {
		m.t.Fatalf("element with an expiry is not found")
	}
}

func (m *model) pass() {
	m.now += rapid.Int64Range(0, 1<<rapid.IntRange(0, 44).Draw(m.t, "magnitude")).Draw(m.t, "passed")
	want := map[string]bool{}
	for member, e := range m.is {
		if e.at != 0 && e.at < m.now {
			want[member] = true
		}
	}
	budget := rapid.SampledFrom([]int{1, 3, 1000}).Draw(m.t, "budget")
	removed := 0
	for more := true; more; {
		var n int
		n, more = m.r.Purge(m.env, m.now, budget, func(ref arena.Ref) {
			member := m.r.shape.Member(m.env.Arena, ref)
			if !want[member] {
				m.t.Fatalf("%q expired at %d, want %+v", member, m.now, m.is[member])
			}
			delete(want, member)
			delete(m.is, strings.Clone(member))
		})
		removed += n
		if more && rapid.IntRange(0, 3).Draw(m.t, "between") == 0 {
			m.meanwhile(want)
		}
	}
	if len(want) > 0 || m.r.Lapsed(m.now) && m.r.Volatile() > 0 {
		m.t.Fatalf("%d elements did not expire, %d did", len(want), removed)
	}
}

// meanwhile changes elements between slices of a purge.
func (m *model) meanwhile(want map[string]bool) {
	member := m.member()
	if ref := m.r.Find(m.env, member); ref != 0 {
		m.r.RemoveRef(m.env, ref)
		delete(m.is, member)
		delete(want, member)
		return
	}
	ref := insert(m.t, &m.r, m.env, member, "")
	m.reserve(member, "")
	at := m.now + 5
	m.r.SetExpireAt(m.env, ref, at, m.now)
	m.is[member] = &modelElement{at: at}
}

func (m *model) score() {
	if m.r.shape != Scored {
		return
	}
	member := m.member()
	if ref := m.r.Find(m.env, member); ref != 0 {
		m.is[member].score = rapid.Float64().Draw(m.t, "score")
		SetScore(m.env.Arena, ref, m.is[member].score)
	}
}

// copy goes on with a copy, in the same arena.
func (m *model) copy() {
	var copied Copy
	budget := rapid.IntRange(1, 1000).Draw(m.t, "budget")
	for done := false; !done; {
		var err error
		if done, err = copied.Some(&m.r, m.env, m.env, budget); err != nil {
			m.t.Fatalf("copy: %v", err)
		}
	}
	c := copied.Root
	for !m.r.Release(m.env, 7) {
	}
	var b [RootSize]byte
	c.Store(b[:])
	m.r = Load(b[:])
}

func (m *model) batch() {
	names := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return m.member() }), 0, 80).Draw(m.t, "members")
	refs := make([]arena.Ref, len(names))
	m.r.FindBatch(m.env, names, refs)
	for i, name := range names {
		if want := m.r.Find(m.env, name); refs[i] != want {
			m.t.Fatalf("batch finds %q at %d, not at %d", name, refs[i], want)
		}
	}
}

func (m *model) check() {
	if m.r.Len() != len(m.is) || m.r.Bytes() != m.env.Arena.Used() {
		m.t.Fatalf("%d elements in %d bytes, want %d in %d", m.r.Len(), m.r.Bytes(), len(m.is), m.env.Arena.Used())
	}
	volatile := 0
	for ref := range m.r.All(m.env.Arena) {
		member, value := m.r.shape.Pair(m.env.Arena, ref)
		e := m.is[member]
		if e == nil || e.value != string(value) || e.at != m.r.shape.ExpireAt(m.env.Arena, ref) {
			m.t.Fatalf("%q holds a value of %d bytes and expires at %d, want %+v", member, len(value), m.r.shape.ExpireAt(m.env.Arena, ref), e)
		}
		if m.r.shape == Scored && Score(m.env.Arena, ref) != e.score {
			m.t.Fatalf("%q has score %v, want %v", member, Score(m.env.Arena, ref), e.score)
		}
		if e.at != 0 {
			volatile++
		}
	}
	if volatile != m.r.Volatile() {
		m.t.Fatalf("%d elements expire, counted %d", volatile, m.r.Volatile())
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, env: newEnv(t), now: 1_700_000_000_000, is: map[string]*modelElement{}}
		m.r = New(rapid.SampledFrom([]Shape{Plain, Valued, Scored}).Draw(t, "shape"))
		for i := range rapid.IntRange(0, 100).Draw(t, "elements") {
			insert(t, &m.r, m.env, fmt.Sprint(i), "")
			m.is[fmt.Sprint(i)] = &modelElement{}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(*rapid.T) { m.put() }, "remove": func(*rapid.T) { m.remove() },
			"expire": func(*rapid.T) { m.expire() }, "pass": func(*rapid.T) { m.pass() },
			"score": func(*rapid.T) { m.score() }, "copy": func(*rapid.T) { m.copy() },
			"batch": func(*rapid.T) { m.batch() },
			"":      func(*rapid.T) { m.check() },
		})
		release(t, &m.r, m.env)
	})
}

// TestScanKeepsItsGuarantee: what stays is seen, what was never there is not, while
// the collection grows and shrinks between calls.
func TestScanKeepsItsGuarantee(t *testing.T) {
	t.Parallel()
	src := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		env := newEnv(t)
		r := New(Plain)
		const stay = 300
		for i := range stay {
			insert(t, &r, env, fmt.Sprint("stay", i), "")
		}
		seen := map[string]bool{}
		var refs []arena.Ref
		others := 0
		for cursor := uint64(0); ; {
			refs, cursor = r.Scan(env, cursor, 10, refs[:0])
			for _, ref := range refs {
				seen[strings.Clone(r.shape.Member(env.Arena, ref))] = true
			}
			if cursor == 0 {
				break
			}
			target := src.IntN(5000)
			for ; others < target; others++ {
				insert(t, &r, env, fmt.Sprint("other", others), "")
			}
			for ; others > target; others-- {
				r.Remove(env, fmt.Sprint("other", others-1))
			}
		}
		for i := range stay {
			if !seen[fmt.Sprint("stay", i)] {
				t.Fatalf("element %d was not scanned", i)
			}
		}
		for m := range seen {
			if !strings.HasPrefix(m, "stay") && !strings.HasPrefix(m, "other") {
				t.Errorf("scan invented %q", m)
			}
		}
		release(t, &r, env)
	}
}

// TestRandomIsFair draws often enough that an unfair choice shows: the statistic has a
// chi-square distribution of n-1 degrees of freedom.
func TestRandomIsFair(t *testing.T) {
	t.Parallel()
	const n, draws = 200, 40_000
	env := newEnv(t)
	r := New(Plain)
	for i := range n {
		insert(t, &r, env, fmt.Sprint(i), "")
	}
	src := rand.NewPCG(3, 4)
	for name, draw := range map[string]func(count map[arena.Ref]int) (each int){
		"random":    func(c map[arena.Ref]int) int { c[r.Random(env.Arena, src)]++; return 1 },
		"few":       func(c map[arena.Ref]int) int { return countAll(c, r.Sample(env.Arena, src, 10, nil)) },
		"many":      func(c map[arena.Ref]int) int { return countAll(c, r.Sample(env.Arena, src, 100, nil)) },
		"first one": func(c map[arena.Ref]int) int { c[r.Sample(env.Arena, src, 100, nil)[0]]++; return 1 },
	} {
		count := map[arena.Ref]int{}
		total := 0
		for total < draws {
			total += draw(count)
		}
		chi, want := 0.0, float64(total)/n
		for ref := range r.All(env.Arena) {
			d := float64(count[ref]) - want
			chi += d * d / want
		}
		if limit := n - 1 + 5*math.Sqrt(2*(n-1)); chi > limit {
			t.Errorf("%s: statistic %.0f, at most %.0f", name, chi, limit)
		}
	}
	for _, k := range []int{0, 1, 49, 50, 51, 199, 200, 201} {
		refs := r.Sample(env.Arena, src, k, nil)
		slices.Sort(refs)
		if len(slices.Compact(refs)) != min(k, n) {
			t.Errorf("sample of %d has %d different elements", k, len(slices.Compact(refs)))
		}
	}
}

func countAll(count map[arena.Ref]int, refs []arena.Ref) int {
	for _, ref := range refs {
		count[ref]++
	}
	return len(refs)
}

// TestRelocate removes most of many elements and moves the rest together.
func TestRelocate(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	r := New(Valued)
	const n = 60_000
	for i := range n {
		ref := insert(t, &r, env, fmt.Sprint(i), "a value")
		r.Reserve(env, 100)
		if i%4 == 0 {
			r.SetExpireAt(env, ref, int64(1000+i), 1000)
		}
	}
	kept := map[string]bool{}
	src := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		if src.IntN(10) == 0 {
			kept[fmt.Sprint(i)] = true
		} else {
			r.Remove(env, fmt.Sprint(i))
		}
	}
	moved := map[arena.Ref]arena.Ref{}
	if move, _ := env.Arena.StartEvacuation(1 << 30); move == 0 {
		t.Fatal("nothing to move")
	}
	for cursor, first := uint64(0), true; cursor != 0 || first; first = false {
		cursor = r.Relocate(env, cursor, 100, func(from, to arena.Ref) {
			if r.shape.Member(env.Arena, from) != r.shape.Member(env.Arena, to) {
				t.Error("moved element is another")
			}
			moved[to] = from
		})
	}
	env.Arena.EndEvacuation()
	if len(moved) == 0 {
		t.Error("no element moved")
	}
	for m := range kept {
		if ref := r.Find(env, m); ref == 0 || string(r.shape.Value(env.Arena, ref)) != "a value" {
			t.Fatalf("%s is lost", m)
		}
	}
	if r.Bytes() != env.Arena.Used() {
		t.Errorf("counts %d bytes, uses %d", r.Bytes(), env.Arena.Used())
	}
	for now := int64(1000); now < 1000+n; now += 9973 {
		r.Purge(env, now, 1<<30, nil)
		for m := range kept {
			i, _ := strconv.Atoi(m)
			expired := i%4 == 0 && int64(1000+i) < now
			if expired != (r.Find(env, m) == 0) {
				t.Fatalf("at %d: %s has expired: %v", now, m, expired)
			}
		}
	}
	release(t, &r, env)
}

// TestPurgeIsAmortised counts how often elements are looked at over their lives.
func TestPurgeIsAmortised(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	r := New(Plain)
	const n = 20_000
	src := rand.New(rand.NewPCG(7, 8))
	for i := range n {
		ref := insert(t, &r, env, fmt.Sprint(i), "")
		r.Reserve(env, 100)
		r.SetExpireAt(env, ref, 1_000_000+src.Int64N(3_600_000), 1_000_000)
	}
	looks, removed := 0, 0
	for now := int64(1_000_000); removed < n; now += 100 {
		for more := true; more; looks++ {
			var k int
			k, more = r.Purge(env, now, 1, nil)
			removed += k
		}
	}
	if looks > 12*n {
		t.Errorf("%d looks for %d elements", looks, n)
	}
	release(t, &r, env)
}

func BenchmarkFind(b *testing.B) {
	m := arena.NewMemory()
	defer m.Close()
	env := &hashtable.Env{Arena: arena.New(m), Seed: 1}
	r := New(Plain)
	names := make([]string, 1<<20)
	for i := range names {
		names[i] = fmt.Sprintf("member:%09d", i)
		r.Reserve(env, 64)
		r.Insert(env, names[i], nil)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	b.Run("one", func(b *testing.B) {
		for i := range b.N {
			if r.Find(env, names[i%len(names)]) == 0 {
				b.Fatal()
			}
		}
	})
	b.Run("batch", func(b *testing.B) {
		refs := make([]arena.Ref, 1024)
		for i := 0; i < b.N; i += 1024 {
			r.FindBatch(env, names[i%len(names):][:1024], refs)
		}
	})
}
