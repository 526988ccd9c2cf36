package datatypes_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

// sorted returns what Sort does, with none for what is missing.
func (f *fixture) sorted(t cleaner, key string, o datatypes.SortOptions) []string {
	values, err := f.keys.Sort(key, o)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, v := range values {
		if v == nil {
			out = append(out, none)
		} else {
			out = append(out, string(v))
		}
	}
	return out
}

// sortModel says what a sort should return.
type sortModel struct {
	typ      datatypes.Type
	elements []string          // as they were added
	weights  map[string]string // by element, where there are any
	fields   map[string]string // the same as fields of hashes
	o        datatypes.SortOptions
}

// put makes the cache hold what the model has.
func (m *sortModel) put(t cleaner, f *fixture, key string) {
	sets, z, h := datatypes.NewSets(f.view), f.sortedSets(), f.hashes()
	for i, e := range m.elements {
		var err error
		switch m.typ {
		case datatypes.TypeList:
			_, err = f.lists.RPush(key, []byte(e))
		case datatypes.TypeSet:
			_, err = sets.Add(key, e)
		default:
			_, err = z.Add(key, datatypes.Scored{Member: e, Score: float64(i)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for e, w := range m.weights {
		if _, err := f.Set("w:"+e+":x", []byte(w), datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for e, w := range m.fields {
		if _, err := h.Set("h:"+e, datatypes.Field{Name: "f", Value: []byte(w)}); err != nil {
			t.Fatal(err)
		}
	}
}

// follow returns what a pattern leads to.
func (m *sortModel) follow(pattern, element string) (value string, ok bool) {
	switch pattern {
	case "#", "":
		return element, true
	case "w:*:x":
		value, ok = m.weights[element]
	case "h:*->f":
		value, ok = m.fields[element]
	}
	return value, ok
}

// compare compares elements by what they are sorted by.
func (m *sortModel) compare(a, b string) int {
	x, xok := m.follow(m.o.By, a)
	y, yok := m.follow(m.o.By, b)
	c := 0
	if !m.o.Alpha {
		n, _ := strconv.ParseFloat(x, 64)
		k, _ := strconv.ParseFloat(y, 64)
		if c = cmp.Compare(n, k); c == 0 {
			c = strings.Compare(a, b)
		}
	} else if c = strings.Compare(x, y); xok != yok {
		if c = 1; yok {
			c = -1
		}
	}
	if m.o.Desc {
		c = -c
	}
	return c
}

// want returns the result, and whether the order of elements that compare equal is one of several that may be.
func (m *sortModel) want() []string {
	sorted := slices.Clone(m.elements)
	switch {
	case !m.o.Unsorted:
		slices.SortStableFunc(sorted, m.compare)
	case m.o.Desc:
		slices.Reverse(sorted)
	}
	from := min(max(m.o.Offset, 0), len(sorted))
	to := len(sorted)
	if m.o.Count != 0 {
		to = min(from+max(m.o.Count, 0), to)
	}
	out := []string{}
	for _, e := range sorted[from:to] {
		for _, pattern := range m.o.Get {
			value, ok := m.follow(pattern, e)
			if !ok {
				value = none
			}
			out = append(out, value)
		}
		if len(m.o.Get) == 0 {
			out = append(out, e)
		}
	}
	return out
}

func drawSort(t *rapid.T) *sortModel {
	m := &sortModel{weights: map[string]string{}, fields: map[string]string{}}
	m.typ = rapid.SampledFrom([]datatypes.Type{datatypes.TypeList, datatypes.TypeSet, datatypes.TypeSortedSet}).Draw(t, "type")
	text := rapid.OneOf(
		rapid.Map(rapid.IntRange(-20, 20), strconv.Itoa),
		rapid.SampledFrom([]string{"1.5", "1e1", "+5", "05", "-inf", "0x1p4", "99999999999999999999"}),
	)
	m.elements = rapid.SliceOfN(text, 0, rapid.SampledFrom([]int{3, 30, 300}).Draw(t, "most")).Draw(t, "elements")
	if m.typ != datatypes.TypeList {
		slices.Sort(m.elements)
		m.elements = slices.Compact(m.elements)
	}
	for _, e := range m.elements {
		if rapid.Bool().Draw(t, "weighty") {
			m.weights[e] = text.Draw(t, "weight")
		}
		if rapid.Bool().Draw(t, "field") {
			m.fields[e] = text.Draw(t, "value")
		}
	}
	patterns := []string{"w:*:x", "h:*->f", "h:*->nosuch", "h:*", "w:*:x->f", "nostar"}
	m.o = datatypes.SortOptions{
		By:       rapid.SampledFrom(append(patterns, "")).Draw(t, "by"),
		Unsorted: rapid.IntRange(0, 4).Draw(t, "unsorted") == 0,
		Alpha:    rapid.Bool().Draw(t, "alpha"),
		Desc:     rapid.Bool().Draw(t, "desc"),
		Offset:   rapid.IntRange(-2, 40).Draw(t, "offset"),
		Count:    rapid.IntRange(-1, 40).Draw(t, "count"),
		Get:      rapid.SliceOfN(rapid.SampledFrom(append(patterns, "#")), 0, 3).Draw(t, "get"),
	}
	// What the order of the table decides cannot be foreseen.
	if m.typ == datatypes.TypeSet && m.o.Unsorted {
		m.o.Unsorted = false
	}
	if m.typ != datatypes.TypeList && m.o.Alpha && m.o.By != "" {
		m.o.Alpha = false
	}
	return m
}

// TestSortModel compares sorts of everything that can be sorted with the model, and what is stored with what is returned.
func TestSortModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawSort(t)
		f := open(t)
		m.put(t, f, "k")
		want := m.want()
		if got := f.sorted(t, "k", m.o); !slices.Equal(got, want) {
			t.Fatalf("%v sorted by %+v: %q; want %q", m.typ, m.o, got, want)
		}
		for i := range want {
			if want[i] == none {
				want[i] = ""
			}
		}
		dst := rapid.SampledFrom([]string{"k", "other"}).Draw(t, "dst")
		n, err := f.keys.SortStore(dst, "k", m.o)
		if got := f.elements(t, dst); n != len(want) || err != nil || !slices.Equal(got, want) && len(want) > 0 {
			t.Fatalf("stored: %d, %v, %q; want %q", n, err, got, want)
		}
		if len(want) == 0 {
			if found, _ := f.keys.Exists(dst); found != 0 {
				t.Fatal("an empty result is a key")
			}
		}
		f.keys.Flush()
		leftBehind(t, f)
	})
}

// leftBehind fails if memory is in use.
func leftBehind(t cleaner, f *fixture) {
	for range 100 {
		f.ks.Maintain()
	}
	if st := f.ks.Stats(); st.UsedBytes != 0 {
		t.Fatal(fmt.Sprintf("%d bytes are left", st.UsedBytes))
	}
}

// TestSortUnforeseen: what the table's order decides is complete, and a window of it has the right size.
func TestSortUnforeseen(t *testing.T) {
	t.Parallel()
	f := open(t)
	names := integers(0, 1000)
	for i := range names {
		names[i] = "m" + names[i]
	}
	if _, err := datatypes.NewSets(f.view).Add("k", names...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	seen := map[string]bool{}
	for offset := 0; offset < 1200; offset += 150 {
		for _, e := range f.sorted(t, "k", datatypes.SortOptions{Unsorted: true, Offset: offset, Count: 150}) {
			seen[e] = true
		}
	}
	if len(seen) != len(names) {
		t.Errorf("%d of %d elements were seen", len(seen), len(names))
	}
	for _, n := range []int{0, 1, 500, 999} {
		f.put(t, "w"+names[n], strconv.Itoa(n))
	}
	got := f.sorted(t, "k", datatypes.SortOptions{By: "w*", Alpha: true, Offset: 996})
	if want := []string{names[0], names[1], names[500], names[999]}; !slices.Equal(got, want) {
		t.Errorf("those with a weight: %q, want %q", got, want)
	}
}

// TestSortWindows: a window of a long list is what it is in all of it, whatever the order before.
func TestSortWindows(t *testing.T) {
	t.Parallel()
	const n = 5000
	rng := rand.New(rand.NewPCG(1, 2))
	orders := map[string]func(i int) int{
		"random":  func(int) int { return rng.IntN(n) },
		"sorted":  func(i int) int { return i },
		"reverse": func(i int) int { return n - i },
		"equal":   func(int) int { return 7 },
		"organ":   func(i int) int { return min(i, n-i) },
	}
	for name, order := range orders {
		f := open(t)
		want := make([]string, n)
		values := make([][]byte, n)
		for i := range n {
			values[i] = strconv.AppendInt(nil, int64(order(i)), 10)
			want[i] = string(values[i])
		}
		if _, err := f.lists.RPush("k", values...); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(want, func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return x - y
		})
		for _, w := range [][2]int{{0, 1}, {0, 10}, {n - 1, 1}, {n / 2, 100}, {n - 10, 100}, {1, n - 2}, {0, n}} {
			got := f.sorted(t, "k", datatypes.SortOptions{Offset: w[0], Count: w[1]})
			if !slices.Equal(got, want[w[0]:min(w[0]+w[1], n)]) {
				t.Errorf("%s, %v: %q", name, w, got)
			}
		}
	}
}

// TestSortExpired: neither elements nor weights that have expired are seen, be it while the sort looks for them.
func TestSortExpired(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	sets := datatypes.NewSets(f.view)
	sets.Add("k", "1", "2", "3", "k")
	sets.Expire("k", time.Second, datatypes.ExpireAlways, "2")
	f.putTTL(t, "w1", "9", time.Second)
	f.put(t, "w3", "5")
	f.hashes().Set("h1", datatypes.Field{Name: "f", Value: []byte("x")})
	f.hashes().Expire("h1", time.Second, 0, "f")
	f.clock.advance(time.Minute)
	o := datatypes.SortOptions{By: "w*", Get: []string{"#", "w*", "h*->f", "*"}}
	want := []string{"1", none, none, none, "k", none, none, none, "3", "5", none, none}
	if got := f.sorted(t, "k", o); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSortErrors(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.pushed(t, "k", "1", "x")
	f.put(t, "s", "v", "dst", "old")
	for _, o := range []datatypes.SortOptions{{}, {Count: -1}, {By: "*"}} {
		f.put(t, "1", "no number")
		if _, err := f.keys.Sort("k", o); err != datatypes.ErrNotWeight {
			t.Errorf("%+v: %v", o, err)
		}
		if _, err := f.keys.SortStore("dst", "k", o); err != datatypes.ErrNotWeight {
			t.Errorf("%+v, stored: %v", o, err)
		}
	}
	if _, err := f.keys.Sort("s", datatypes.SortOptions{}); err != datatypes.ErrWrongType {
		t.Errorf("of a string: %v", err)
	}
	if _, err := f.keys.SortStore("dst", "s", datatypes.SortOptions{}); err != datatypes.ErrWrongType {
		t.Errorf("of a string, stored: %v", err)
	}
	if got := f.text(t, "dst"); got != "old" {
		t.Errorf("the destination became %q", got)
	}
}

// TestSortStoreAtTheLimit: a result for which there is no memory leaves the destination as it is.
func TestSortStoreAtTheLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 4 << 20})
	f.put(t, "old", "value")
	for i := range 200 {
		if _, err := f.lists.RPush("k", fmt.Appendf(nil, "%0200d", i)); err != nil {
			t.Fatal(err)
		}
	}
	o := datatypes.SortOptions{Get: slices.Repeat([]string{"#"}, 200)}
	for _, dst := range []string{"old", "new", "k"} {
		if _, err := f.keys.SortStore(dst, "k", o); err != datatypes.ErrOutOfMemory {
			t.Errorf("%s: %v", dst, err)
		}
	}
	if got := f.text(t, "old"); got != "value" {
		t.Errorf("the destination became %.20q", got)
	}
	if n, _ := f.lists.Len("k"); n != 200 {
		t.Errorf("%d elements are left", n)
	}
	if n, _ := f.keys.Exists("new"); n != 0 {
		t.Error("there is a new key")
	}
}

// TestSortInTransaction: within a transaction a sort reads what that holds, and nothing else.
func TestSortInTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 64})
	f.pushed(t, "{t}k", "1", "2")
	f.put(t, "{t}w1", "2", "{t}w2", "1")
	dst := f.otherShard("{t}k")
	var tx keyspace.Tx
	if err := tx.Begin(f.view, "{t}k"); err != nil {
		t.Fatal(err)
	}
	inside := datatypes.NewKeys(tx.View(f.view))
	got, err := inside.Sort("{t}k", datatypes.SortOptions{By: "{t}w*"})
	if err != nil || len(got) != 2 || string(got[0]) != "2" {
		t.Errorf("by keys that the transaction holds: %q, %v", got, err)
	}
	if n, err := inside.SortStore("{t}d", "{t}k", datatypes.SortOptions{By: "{t}w*"}); n != 2 || err != nil {
		t.Errorf("stored: %d, %v", n, err)
	}
	elsewhere := 0
	for i := range 20 {
		_, err := inside.Sort("{t}k", datatypes.SortOptions{By: fmt.Sprint(i) + "*"})
		if err == datatypes.ErrNotDeclared {
			elsewhere++
		} else if err != nil {
			t.Errorf("by other keys: %v", err)
		}
	}
	if elsewhere == 0 {
		t.Error("keys of other shards were read")
	}
	if _, err := inside.SortStore(dst, "{t}k", datatypes.SortOptions{By: "{t}w*"}); err != datatypes.ErrNotDeclared {
		t.Errorf("stored elsewhere: %v", err)
	}
	tx.Release()
	if n, _ := f.keys.Exists(dst); n != 0 {
		t.Error("something was stored elsewhere")
	}
}

// TestSortEvents: a stored result is announced, and so is that nothing was stored where something was.
func TestSortEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.pushed(t, "k", "2", "1")
	var events []string
	cancel := f.ks.Listen(func(e keyspace.Event) { events = append(events, e.Name+" "+e.Key) })
	defer cancel()
	f.keys.SortStore("d", "k", datatypes.SortOptions{})
	f.keys.SortStore("d", "nokey", datatypes.SortOptions{})
	f.keys.SortStore("d", "nokey", datatypes.SortOptions{})
	if got := strings.Join(events, ", "); got != "sortstore d, del d" {
		t.Errorf("events: %s", got)
	}
}

// TestSortIsAtomic: a sort by weights sees those of one moment.
func TestSortIsAtomic(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.pushed(t, "k", "a", "b", "c")
	items := func(n int) []datatypes.Item {
		value := strconv.AppendInt(nil, int64(n), 10)
		return []datatypes.Item{{Key: "wa", Value: value}, {Key: "wb", Value: value}, {Key: "wc", Value: value}}
	}
	if err := f.MSet(items(0)...); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
				f.MSet(items(n)...)
			}
		}
	})
	for range 2000 {
		got, err := f.keys.Sort("k", datatypes.SortOptions{By: "w*", Get: []string{"w*"}})
		if err != nil || len(got) != 3 || string(got[0]) != string(got[1]) || string(got[1]) != string(got[2]) {
			t.Errorf("weights of different moments: %q, %v", got, err)
			break
		}
	}
	close(stop)
	writer.Wait()
}

// TestSortLocks: a sort that follows no patterns waits for nobody who uses other keys.
func TestSortLocks(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.pushed(t, "k", "2", "1")
	other := f.otherShard("k")
	var tx keyspace.Tx
	if err := tx.Begin(f.view, other); err != nil {
		t.Fatal(err)
	}
	defer tx.Release()
	for _, o := range []datatypes.SortOptions{{}, {Get: []string{"#"}}, {Unsorted: true, By: "w*"}} {
		if _, err := f.keys.Sort("k", o); err != nil {
			t.Error(err)
		}
		if _, err := f.keys.SortStore("k", "k", o); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkSort sorts a list of a million numbers.
func BenchmarkSort(b *testing.B) {
	f := newFixture(b, keyspace.Options{})
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		values := make([][]byte, 1000)
		for i := range values {
			values[i] = strconv.AppendUint(nil, rng.Uint64N(1e9), 10)
		}
		f.lists.RPush("k", values...)
	}
	var batch datatypes.Batch
	for _, o := range []datatypes.SortOptions{{}, {Count: 10}, {Alpha: true, Count: 10}, {Unsorted: true, Count: 10}} {
		b.Run(fmt.Sprintf("count=%d,alpha=%v,unsorted=%v", o.Count, o.Alpha, o.Unsorted), func(b *testing.B) {
			for b.Loop() {
				if err := f.keys.SortBatch("k", o, &batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestShortOnlySorts: stores that do short operations only refuse long sorts, and nothing else.
func TestShortOnlySorts(t *testing.T) {
	t.Parallel()
	f := open(t)
	short := datatypes.NewKeys(f.view.ShortOnly())
	types := map[string]datatypes.Type{"l": datatypes.TypeList, "s": datatypes.TypeSet, "z": datatypes.TypeSortedSet}
	for key := range types {
		m := sortModel{typ: types[key], elements: integers(0, 5000)}
		m.put(t, f, key)
		for name, o := range map[string]datatypes.SortOptions{"all": {}, "by a pattern": {By: "w*", Count: 1}, "unsorted": {Unsorted: true}} {
			if _, err := short.Sort(key, o); err != datatypes.ErrLong {
				t.Errorf("%s, %s: %v", key, name, err)
			}
			if _, err := short.SortStore("d", key, o); err != datatypes.ErrLong {
				t.Errorf("%s, %s, stored: %v", key, name, err)
			}
		}
		if got, err := short.Sort(key, datatypes.SortOptions{Unsorted: true, Count: 10}); len(got) != 10 || err != nil {
			t.Errorf("%s, some: %q, %v", key, got, err)
		}
	}
	if n, _ := f.keys.Exists("d"); n != 0 {
		t.Error("something was stored")
	}
}
