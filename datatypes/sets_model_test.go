package datatypes_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

// setModel is a cache of sets and what it should hold.
type setModel struct {
	t    *rapid.T
	f    *setFixture
	sets map[string]map[string]bool

	// A scan that goes on while other things happen.
	scanKey string
	cursor  uint64
	there   map[string]bool // what was there since it began
	once    map[string]bool // what was there at some time since
	seen    map[string]bool
}

func (m *setModel) key() string { return rapid.SampledFrom(modelKeys[:5]).Draw(m.t, "key") }

func (m *setModel) keys() []string {
	return rapid.SliceOfN(rapid.SampledFrom(modelKeys[:5]), 1, 6).Draw(m.t, "keys")
}

func (m *setModel) member() string {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-40, 40), strconv.Itoa),
		rapid.SampledFrom([]string{"", "a", "01", "9223372036854775807", strings.Repeat("l", 70)}),
		rapid.StringN(0, 3, -1),
	).Draw(m.t, "member")
}

func (m *setModel) members() []string {
	if rapid.IntRange(0, 9).Draw(m.t, "many") == 0 {
		from := rapid.IntRange(-100, 2000).Draw(m.t, "from")
		return integers(from, from+rapid.IntRange(0, 1500).Draw(m.t, "length"))
	}
	var out []string
	for range rapid.IntRange(1, 6).Draw(m.t, "length") {
		out = append(out, m.member())
	}
	return out
}

// put makes the model's set what it is to be.
func (m *setModel) put(key string, set map[string]bool) {
	m.sets[key] = set
	if key != m.scanKey || m.there == nil {
		return
	}
	maps.DeleteFunc(m.there, func(name string, _ bool) bool { return !set[name] })
	maps.Copy(m.once, set)
}

func equal[T comparable](m *setModel, what string, got, want T, err error) {
	m.t.Helper()
	if err != nil || got != want {
		m.t.Fatalf("%s: %v, %v; want %v", what, got, err, want)
	}
}

func (m *setModel) add() {
	key, names := m.key(), m.members()
	set := maps.Clone(m.sets[key])
	if set == nil {
		set = map[string]bool{}
	}
	before := len(set)
	for _, name := range names {
		set[name] = true
	}
	got, err := m.f.sets.Add(key, names...)
	equal(m, "Add", got, len(set)-before, err)
	m.put(key, set)
}

func (m *setModel) remove() {
	key, names := m.key(), m.members()
	if rapid.IntRange(0, 3).Draw(m.t, "all") == 0 {
		names = slices.Sorted(maps.Keys(m.sets[key]))
	}
	set := maps.Clone(m.sets[key])
	for _, name := range names {
		delete(set, name)
	}
	got, err := m.f.sets.Remove(key, names...)
	equal(m, "Remove", got, len(m.sets[key])-len(set), err)
	m.put(key, set)
}

func (m *setModel) ask() {
	key, names := m.key(), m.members()
	got, err := m.f.sets.ContainsEach(nil, key, names...)
	equal(m, "ContainsEach", len(got), len(names), err)
	for i, name := range names {
		equal(m, "ContainsEach", got[i], m.sets[key][name], nil)
	}
	name := m.member()
	one, err := m.f.sets.Contains(key, name)
	equal(m, "Contains", one, m.sets[key][name], err)
}

func (m *setModel) move() {
	from, to, name := m.key(), m.key(), m.member()
	got, err := m.f.sets.Move(from, to, name)
	equal(m, "Move", got, m.sets[from][name], err)
	if !got {
		return
	}
	for key, present := range map[string]bool{from: from == to, to: true} {
		set := maps.Clone(m.sets[key])
		if set == nil {
			set = map[string]bool{}
		}
		if set[name] = true; !present {
			delete(set, name)
		}
		m.put(key, set)
	}
}

func (m *setModel) pop() {
	key := m.key()
	n := rapid.IntRange(0, 2*len(m.sets[key])+1).Draw(m.t, "n")
	var got []string
	var err error
	if n == 1 {
		var ok bool
		got = []string{""}
		if got[0], ok, err = m.f.sets.Pop(key); !ok {
			got = nil
		}
	} else {
		got, err = m.f.sets.PopN(key, n)
	}
	equal(m, "PopN", len(got), min(n, len(m.sets[key])), err)
	set := maps.Clone(m.sets[key])
	for _, name := range got {
		equal(m, "popped "+name, set[name], true, nil)
		delete(set, name)
	}
	m.put(key, set)
}

func (m *setModel) random() {
	key := m.key()
	set := m.sets[key]
	n := rapid.IntRange(-10, len(set)+2).Draw(m.t, "n")
	got, err := m.f.sets.RandomN(key, n)
	want := min(n, len(set))
	if n < 0 && len(set) > 0 {
		want = -n
	}
	equal(m, "RandomN", len(got), max(want, 0), err)
	different := map[string]bool{}
	for _, name := range got {
		equal(m, "random "+name, set[name], true, nil)
		different[name] = true
	}
	if n > 0 {
		equal(m, "different members", len(different), len(got), nil)
	}
	name, ok, err := m.f.sets.Random(key)
	equal(m, "Random", ok, len(set) > 0, err)
	equal(m, "Random", set[name], ok, nil)
}

// combined is the result of an operation.
func (m *setModel) combined(op string, keys []string) map[string]bool {
	result := maps.Clone(m.sets[keys[0]])
	if result == nil {
		result = map[string]bool{}
	}
	for _, key := range keys[1:] {
		other := m.sets[key]
		switch op {
		case "Inter":
			maps.DeleteFunc(result, func(name string, _ bool) bool { return !other[name] })
		case "Union":
			maps.Copy(result, other)
		case "Diff":
			maps.DeleteFunc(result, func(name string, _ bool) bool { return other[name] })
		}
	}
	return result
}

func (m *setModel) combine() {
	op, keys := rapid.SampledFrom([]string{"Inter", "Union", "Diff"}).Draw(m.t, "op"), m.keys()
	want := m.combined(op, keys)
	if rapid.Bool().Draw(m.t, "store") {
		store := map[string]func(string, ...string) (int, error){
			"Inter": m.f.sets.InterStore, "Union": m.f.sets.UnionStore, "Diff": m.f.sets.DiffStore,
		}[op]
		dst := m.key()
		got, err := store(dst, keys...)
		equal(m, op+"Store", got, len(want), err)
		m.put(dst, want)
		return
	}
	list := map[string]func(...string) ([]string, error){
		"Inter": m.f.sets.Inter, "Union": m.f.sets.Union, "Diff": m.f.sets.Diff,
	}[op]
	got, err := list(keys...)
	slices.Sort(got)
	if !slices.Equal(got, slices.Sorted(maps.Keys(want))) || err != nil {
		m.t.Fatalf("%s of %q: %q, %v; want %v", op, keys, got, err, want)
	}
	if op == "Inter" {
		limit := rapid.IntRange(0, len(want)+1).Draw(m.t, "limit")
		n, err := m.f.sets.InterLen(limit, keys...)
		if limit > 0 {
			equal(m, "InterLen", n, min(limit, len(want)), err)
		} else {
			equal(m, "InterLen", n, len(want), err)
		}
	}
}

// scan goes on with the scan, or begins another, and checks at the end that it kept its
// guarantee.
func (m *setModel) scan() {
	if m.there == nil {
		m.scanKey, m.cursor = m.key(), 0
		m.there, m.once, m.seen = maps.Clone(m.sets[m.scanKey]), maps.Clone(m.sets[m.scanKey]), map[string]bool{}
		if m.there == nil {
			m.there, m.once = map[string]bool{}, map[string]bool{}
		}
	}
	count := rapid.IntRange(0, 200).Draw(m.t, "count")
	got, next, err := m.f.sets.Scan(m.scanKey, m.cursor, datatypes.ElementScanOptions{Count: count})
	equal(m, "Scan", 0, 0, err)
	for _, name := range got {
		equal(m, "scanned "+name, m.once[name], true, nil)
		m.seen[name] = true
	}
	if m.cursor = next; next != 0 {
		return
	}
	for name := range m.there {
		if !m.seen[name] {
			m.t.Fatalf("the scan missed %q", name)
		}
	}
	m.there = nil
}

func (m *setModel) rarely() {
	switch rapid.IntRange(0, 4).Draw(m.t, "rarely") {
	case 0, 1:
		limit := func(name string) int64 {
			return rapid.SampledFrom([]int64{0, 3, 20, 512, 2000}).Draw(m.t, name)
		}
		m.f.limit(limit("ints"), limit("entries"), limit("value"))
	case 2:
		m.f.ks.Maintain()
	case 3:
		from, to := m.key(), m.key()
		if len(m.sets[from]) > 0 && from != to {
			equal(m, "Rename", 0, 0, m.f.keys.Rename(from, to))
			m.put(to, m.sets[from])
			m.put(from, nil)
		}
	default:
		from, to := m.key(), m.key()
		if from != to && len(m.sets[from]) > 0 {
			_, err := m.f.keys.Copy(from, to, datatypes.CopyOptions{Replace: true})
			equal(m, "Copy", 0, 0, err)
			m.put(to, maps.Clone(m.sets[from]))
		}
	}
}

func (m *setModel) check() {
	for _, key := range modelKeys[:5] {
		set := m.sets[key]
		got, err := m.f.sets.Union(key)
		equal(m, "Union", len(got), len(set), err)
		for _, name := range got {
			equal(m, "member "+name, set[name], true, nil)
		}
		n, err := m.f.sets.Len(key)
		equal(m, "Len", n, len(set), err)
		exists, err := m.f.keys.Exists(key)
		equal(m, "Exists", exists == 1, len(set) > 0, err)
		var iterated []string
		for name := range m.f.sets.Members(key) {
			iterated = append(iterated, name)
		}
		slices.Sort(iterated)
		if !slices.Equal(iterated, slices.Sorted(maps.Keys(set))) {
			m.t.Fatalf("Members: %q", iterated)
		}
	}
}

// TestSetModel does random operations on sets and on a model of maps, under limits
// that change, and compares them. In the end no memory is in use.
func TestSetModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &setModel{t: t, f: openSets(t, keyspace.Options{Shards: 4}), sets: map[string]map[string]bool{}}
		act := func(do func()) func(*rapid.T) { return func(t *rapid.T) { m.t = t; do() } }
		t.Repeat(map[string]func(*rapid.T){
			"add": act(m.add), "add2": act(m.add), "remove": act(m.remove), "ask": act(m.ask), "move": act(m.move),
			"pop": act(m.pop), "random": act(m.random), "combine": act(m.combine), "combine2": act(m.combine),
			"scan": act(m.scan), "scan2": act(m.scan), "rarely": act(m.rarely), "check": act(m.check),
		})
		m.check()
		if err := m.f.view.FlushAll(false); err != nil {
			t.Fatal(err)
		}
		for i := 0; m.f.ks.Maintain(); i++ {
			if i > 100000 {
				t.Fatalf("maintenance does not end: %+v", m.f.ks.Stats())
			}
		}
		if st := m.f.ks.Stats(); st.UsedBytes != 0 || st.Keys != 0 || st.Garbage != 0 {
			t.Fatalf("left of an empty cache: %+v", st)
		}
	})
}
