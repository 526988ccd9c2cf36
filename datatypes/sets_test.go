package datatypes_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

var setCalls = calls[datatypes.Sets]{
	"Add":          func(st datatypes.Sets, key string) error { _, err := st.Add(key, "m"); return err },
	"Remove":       func(st datatypes.Sets, key string) error { _, err := st.Remove(key, "m"); return err },
	"Contains":     func(st datatypes.Sets, key string) error { _, err := st.Contains(key, "m"); return err },
	"ContainsEach": func(st datatypes.Sets, key string) error { _, err := st.ContainsEach(nil, key, "m"); return err },
	"Len":          func(st datatypes.Sets, key string) error { _, err := st.Len(key); return err },
	"Move":         func(st datatypes.Sets, key string) error { _, err := st.Move(key, key, "m"); return err },
	"Pop":          func(st datatypes.Sets, key string) error { _, _, err := st.Pop(key); return err },
	"AppendPop":    func(st datatypes.Sets, key string) error { _, _, err := st.AppendPop(nil, key); return err },
	"PopN":         func(st datatypes.Sets, key string) error { _, err := st.PopN(key, 2); return err },
	"PopEach":      func(st datatypes.Sets, key string) error { return st.PopEach(key, 2, func([]byte) {}) },
	"Random":       func(st datatypes.Sets, key string) error { _, _, err := st.Random(key); return err },
	"AppendRandom": func(st datatypes.Sets, key string) error { _, _, err := st.AppendRandom(nil, key); return err },
	"RandomN":      func(st datatypes.Sets, key string) error { _, err := st.RandomN(key, 2); return err },
	"RandomEach":   func(st datatypes.Sets, key string) error { return st.RandomEach(key, -2, func([]byte) {}) },
	"Each":         func(st datatypes.Sets, key string) error { return st.Each(key, func([]byte) {}) },
	"Inter":        func(st datatypes.Sets, key string) error { _, err := st.Inter(key, key); return err },
	"Union":        func(st datatypes.Sets, key string) error { _, err := st.Union(key); return err },
	"Diff":         func(st datatypes.Sets, key string) error { _, err := st.Diff(key, key); return err },
	"InterEach":    func(st datatypes.Sets, key string) error { return st.InterEach([]string{key}, func([]byte) {}) },
	"UnionEach":    func(st datatypes.Sets, key string) error { return st.UnionEach([]string{key}, func([]byte) {}) },
	"DiffEach":     func(st datatypes.Sets, key string) error { return st.DiffEach([]string{key}, func([]byte) {}) },
	"InterLen":     func(st datatypes.Sets, key string) error { _, err := st.InterLen(1, key, key); return err },
	"InterStore":   func(st datatypes.Sets, key string) error { _, err := st.InterStore(key, key); return err },
	"UnionStore":   func(st datatypes.Sets, key string) error { _, err := st.UnionStore(key, key); return err },
	"DiffStore":    func(st datatypes.Sets, key string) error { _, err := st.DiffStore(key, key, key); return err },
	"Expire":       func(st datatypes.Sets, key string) error { _, err := st.Expire(key, second, 0, "m"); return err },
	"ExpireAt":     func(st datatypes.Sets, key string) error { _, err := st.ExpireAt(key, at(second), 0, "m"); return err },
	"TTL":          func(st datatypes.Sets, key string) error { _, _, err := st.TTL(key, "m"); return err },
	"Persist":      func(st datatypes.Sets, key string) error { _, err := st.Persist(key, "m"); return err },
	"Scan": func(st datatypes.Sets, key string) error {
		_, _, err := st.Scan(key, 0, datatypes.ElementScanOptions{})
		return err
	},
	"Members": func(st datatypes.Sets, key string) error {
		for range st.Members(key) {
			break
		}
		_, err := st.Len(key) // an iterator has nowhere to put an error
		return err
	},
}

func TestSetCalls(t *testing.T) {
	t.Parallel()
	setCalls.check(t, datatypes.NewSets)
}

// setLimits are limits under which sets are represented in one way each.
var setLimits = map[string]struct{ ints, entries, value int64 }{
	"intset":    {1 << 20, 1 << 20, 1 << 20},
	"listpack":  {0, 1 << 20, 1 << 20},
	"hashtable": {0, 0, 0},
}

// setFixture is a fixture with sets.
type setFixture struct {
	*fixture
	sets datatypes.Sets
}

func openSets(t cleaner, o keyspace.Options) *setFixture {
	f := newFixture(t, o)
	return &setFixture{f, datatypes.NewSets(f.view)}
}

func (f *setFixture) limit(ints, entries, value int64) {
	l := f.ks.Limits()
	l.SetIntset.Store(ints)
	l.SetEntries.Store(entries)
	l.SetValue.Store(value)
}

// eachSetEncoding runs a test under limits that make all sets of integers be of
// one representation.
func eachSetEncoding(t *testing.T, test func(t *testing.T, f *setFixture)) {
	t.Parallel()
	for name, l := range setLimits {
		t.Run(name, func(t *testing.T) {
			f := openSets(t, keyspace.Options{})
			f.limit(l.ints, l.entries, l.value)
			f.add(t, "probe", "1")
			if got := f.encoding(t, "probe"); got != name {
				t.Fatalf("sets are %s", got)
			}
			f.keys.Del("probe")
			test(t, f)
		})
	}
}

func (f *setFixture) add(t testing.TB, key string, members ...string) {
	t.Helper()
	if _, err := f.sets.Add(key, members...); err != nil {
		t.Fatal(err)
	}
}

func (f *setFixture) encoding(t testing.TB, key string) string {
	t.Helper()
	name, _, err := f.keys.Encoding(key)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// members returns the members of a set in order.
func (f *setFixture) members(t testing.TB, key string) []string {
	t.Helper()
	members, err := f.sets.Union(key)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(members)
	if n, err := f.sets.Len(key); n != len(members) || err != nil {
		t.Errorf("%q has %d members, Len says %d, %v", key, len(members), n, err)
	}
	return members
}

// want fails unless the set has the members that are separated by blanks.
func (f *setFixture) want(t testing.TB, key, members string) {
	t.Helper()
	if got := strings.Join(f.members(t, key), " "); got != members {
		t.Errorf("%q has %q, want %q", key, got, members)
	}
	if exists, _ := f.keys.Exists(key); (exists == 1) != (members != "") {
		t.Errorf("%q exists: %d", key, exists)
	}
}

func integers(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

func TestSetBasics(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		steps := []struct {
			do      func(key string, members ...string) (int, error)
			members string
			want    int
			set     string
		}{
			{f.sets.Remove, "1 2", 0, ""},
			{f.sets.Add, "", 0, ""},
			{f.sets.Add, "3 1 2", 3, "1 2 3"},
			{f.sets.Add, "1 4 4 3", 1, "1 2 3 4"},
			{f.sets.Add, "1", 0, "1 2 3 4"},
			{f.sets.Add, "-9223372036854775808 9223372036854775807", 2, "-9223372036854775808 1 2 3 4 9223372036854775807"},
			{f.sets.Remove, "", 0, "-9223372036854775808 1 2 3 4 9223372036854775807"},
			{f.sets.Remove, "5 01 a", 0, "-9223372036854775808 1 2 3 4 9223372036854775807"},
			{f.sets.Remove, "-9223372036854775808 3 3 5 2", 3, "1 4 9223372036854775807"},
			{f.sets.Remove, "1 4 9223372036854775807", 3, ""},
			{f.sets.Add, "007", 1, "007"},
			{f.sets.Remove, "7", 0, "007"},
		}
		for _, step := range steps {
			got, err := step.do("k", strings.Fields(step.members)...)
			if got != step.want || err != nil {
				t.Errorf("%q: %d, %v, want %d", step.members, got, err, step.want)
			}
			f.want(t, "k", step.set)
		}
	})
}

func TestSetContains(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		f.add(t, "k", integers(0, 100)...)
		ask := append(integers(-5, 105), "", "a", "01", "+1")
		got, err := f.sets.ContainsEach([]bool{true}, "k", ask...)
		if err != nil || len(got) != 1+len(ask) || !got[0] {
			t.Fatalf("%v, %v", got, err)
		}
		for i, m := range ask {
			want := 5 <= i && i < 105
			one, err := f.sets.Contains("k", m)
			if one != want || got[i+1] != want || err != nil {
				t.Errorf("%q is a member: %v, %v, %v", m, one, got[i+1], err)
			}
		}
		none, err := f.sets.ContainsEach(nil, "x", "1", "2")
		if diff := cmp.Diff([]bool{false, false}, none); diff != "" || err != nil {
			t.Error(none, err)
		}
	})
}

// TestSetEncodings: which representation a set has by its members and its
// history.
func TestSetEncodings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	tests := []struct {
		name    string
		members []string
		want    string
	}{
		{"integers", integers(0, 512), "intset"},
		{"too many integers", integers(0, 513), "hashtable"},
		{"words", []string{"a", "b"}, "listpack"},
		{"an integer among words", []string{"1", "a"}, "listpack"},
		{"as many as a listpack takes", append(integers(0, 127), "a"), "listpack"},
		{"one more", append(integers(0, 128), "a"), "hashtable"},
		{"as long as a listpack takes", []string{long}, "listpack"},
		{"longer", []string{long + "x"}, "hashtable"},
		{"longer among integers", []string{"1", long + "x"}, "hashtable"},
		{"almost integers", []string{"1", "02"}, "listpack"},
		{"the empty member", []string{""}, "listpack"},
	}
	for _, tt := range tests {
		f := openSets(t, keyspace.Options{})
		f.add(t, "at once", tt.members...)
		for _, m := range tt.members {
			f.add(t, "one by one", m)
		}
		for _, key := range []string{"at once", "one by one"} {
			if got := f.encoding(t, key); got != tt.want {
				t.Errorf("%s, %s: %s, want %s", tt.name, key, got, tt.want)
			}
			want := slices.Sorted(slices.Values(tt.members))
			if diff := cmp.Diff(want, f.members(t, key)); diff != "" {
				t.Errorf("%s, %s: -want +got\n%s", tt.name, key, diff)
			}
		}
		if n, err := f.sets.UnionStore("stored", "one by one"); n != len(tt.members) || err != nil {
			t.Error(n, err)
		}
		if got := f.encoding(t, "stored"); got != tt.want {
			t.Errorf("%s, stored: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestSetConversions: a set that shrinks stays what it is, one that is built anew
// gets the densest representation.
func TestSetConversions(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{})
	f.add(t, "k", integers(0, 513)...)
	f.sets.Remove("k", integers(1, 513)...)
	if got := f.encoding(t, "k"); got != "hashtable" {
		t.Errorf("after removal: %s", got)
	}
	if _, err := f.sets.UnionStore("k", "k"); err != nil || f.encoding(t, "k") != "intset" {
		t.Errorf("built anew: %s, %v", f.encoding(t, "k"), err)
	}
	f.add(t, "k", "a")
	f.sets.Remove("k", "a")
	if got := f.encoding(t, "k"); got != "listpack" {
		t.Errorf("without its only word: %s", got)
	}
	f.limit(512, 0, 64)
	f.want(t, "k", "0")
	if got := f.encoding(t, "k"); got != "listpack" {
		t.Errorf("before it grows: %s", got)
	}
	f.add(t, "k", "1")
	if got := f.encoding(t, "k"); got != "hashtable" {
		t.Errorf("when it grows: %s", got)
	}
	f.want(t, "k", "0 1")
}

func TestSetMove(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		tests := []struct {
			name, from, to, member string
			moved                  bool
			wantFrom, wantTo       string
		}{
			{"to a new set", "1 2", "", "1", true, "2", "1"},
			{"to a set", "1 2", "3", "1", true, "2", "1 3"},
			{"the last", "1", "3", "1", true, "", "1 3"},
			{"what the other has", "1 2", "1 3", "1", true, "2", "1 3"},
			{"what is not there", "1 2", "3", "3", false, "1 2", "3"},
			{"from nowhere", "", "3", "3", false, "", "3"},
		}
		for _, tt := range tests {
			for where, names := range pairs(t, f.fixture) {
				from, to := names[0], names[1]
				f.keys.Del(from, to)
				f.add(t, from, strings.Fields(tt.from)...)
				f.add(t, to, strings.Fields(tt.to)...)
				moved, err := f.sets.Move(from, to, tt.member)
				if moved != tt.moved || err != nil {
					t.Errorf("%s in %s: %v, %v", tt.name, where, moved, err)
				}
				f.want(t, from, tt.wantFrom)
				f.want(t, to, tt.wantTo)
			}
		}
		f.keys.Del("k")
		f.add(t, "k", "1", "2")
		for member, want := range map[string]bool{"1": true, "3": false} {
			if moved, err := f.sets.Move("k", "k", member); moved != want || err != nil {
				t.Errorf("%s to the same set: %v, %v", member, moved, err)
			}
		}
		f.want(t, "k", "1 2")
		f.putHash(t, "h")
		if _, err := f.sets.Move("k", "h", "1"); err != datatypes.ErrWrongType {
			t.Errorf("to a hash: %v", err)
		}
		if moved, err := f.sets.Move("x", "h", "1"); moved || err != nil {
			t.Errorf("from nowhere to a hash: %v, %v", moved, err)
		}
		f.want(t, "k", "1 2")
	})
}

// TestSetEvents: the events of each command, in their order.
func TestSetEvents(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{Shards: 1})
	var events []string
	cancel := f.ks.Listen(func(e keyspace.Event) { events = append(events, e.Name+" "+e.Key) })
	defer cancel()
	must := func(_ any, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		do   func()
		want string
	}{
		{func() { must(f.sets.Add("a", "1", "2")) }, "sadd a"},
		{func() { must(f.sets.Add("a", "1")) }, ""},
		{func() { must(f.sets.Remove("a", "3")) }, ""},
		{func() { must(f.sets.Remove("a", "2")) }, "srem a"},
		{func() { must(f.sets.Remove("a", "1")) }, "srem a, del a"},
		{func() { must(f.sets.Add("a", "1", "2", "3")) }, "sadd a"},
		{func() { must(f.sets.Move("a", "b", "1")) }, "srem a, sadd b"},
		{func() { must(f.sets.Add("a", "1")) }, "sadd a"},
		{func() { must(f.sets.Move("a", "b", "1")) }, "srem a"},
		{func() { must(f.sets.Move("b", "a", "1")) }, "srem b, del b, sadd a"},
		{func() { must(f.sets.Move("a", "a", "1")) }, ""},
		{func() { must(f.sets.PopN("a", 0)) }, ""},
		{func() { must(f.sets.PopN("a", 1)) }, "spop a"},
		{func() { must(f.sets.UnionStore("c", "a")) }, "sunionstore c"},
		{func() { must(f.sets.InterStore("d", "a", "c")) }, "sinterstore d"},
		{func() { must(f.sets.DiffStore("e", "a", "x")) }, "sdiffstore e"},
		{func() { must(f.sets.DiffStore("e", "a", "c")) }, "del e"},
		{func() { must(f.sets.DiffStore("e", "a", "c")) }, ""},
		{func() { must(f.sets.PopN("a", 5)) }, "spop a, del a"},
		{func() { _, _, err := f.sets.Pop("a"); must(nil, err) }, ""},
		{func() { _, _, err := f.sets.Pop("c"); must(nil, err) }, "spop c"},
		{func() { _, _, err := f.sets.Pop("c"); must(nil, err) }, "spop c, del c"},
	}
	for i, step := range steps {
		events = nil
		step.do()
		if got := strings.Join(events, ", "); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

// TestSetKeepsTTL: changes of a set leave the key's expiry alone; a stored result has
// none.
func TestSetKeepsTTL(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		f.add(t, "k", integers(0, 50)...)
		f.keys.Expire("k", second, 0)
		changes := map[string]func() error{
			"Add":    func() error { _, err := f.sets.Add("k", "100", "101"); return err },
			"Remove": func() error { _, err := f.sets.Remove("k", "100"); return err },
			"Pop":    func() error { _, _, err := f.sets.Pop("k"); return err },
			"PopN":   func() error { _, err := f.sets.PopN("k", 45); return err },
			"Move":   func() error { _, err := f.sets.Move("k", "other", f.members(t, "k")[0]); return err },
		}
		for _, name := range []string{"Add", "Remove", "Pop", "PopN", "Move"} {
			if err := changes[name](); err != nil || f.ttl(t, "k") != second {
				t.Errorf("%s: TTL %v, %v", name, f.ttl(t, "k"), err)
			}
		}
		if _, err := f.sets.UnionStore("k", "k"); err != nil || f.ttl(t, "k") != noTTL {
			t.Errorf("UnionStore: TTL %v, %v", f.ttl(t, "k"), err)
		}
	})
}

// TestTooLargeForSets: what is no key or no member is refused before anything is taken
// for it.
func TestTooLargeForSets(t *testing.T) {
	t.Parallel()
	f := openSets(t, keyspace.Options{})
	memory := make([]byte, keyspace.MaxSize+1) // never touched, so never resident
	huge := unsafe.String(&memory[0], len(memory))
	for name, call := range map[string]func() error{
		"Add":           func() error { _, err := f.sets.Add("k", "a", huge); return err },
		"Add to it":     func() error { _, err := f.sets.Add(huge, "a"); return err },
		"Move":          func() error { _, err := f.sets.Move("k", "l", huge); return err },
		"Move to it":    func() error { _, err := f.sets.Move("k", huge, "a"); return err },
		"Union into it": func() error { _, err := f.sets.UnionStore(huge, "k"); return err },
	} {
		if err := call(); err != datatypes.ErrTooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, _ := f.keys.Len(); n != 0 {
		t.Errorf("%d keys", n)
	}
}
