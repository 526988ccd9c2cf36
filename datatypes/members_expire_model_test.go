package datatypes_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

// aging is a cache of collections whose members expire, and what it should hold: the members of each key, with their
// scores and when they expire, zero for never.
type aging struct {
	t     *rapid.T
	f     *setFixture
	z     datatypes.SortedSets
	typ   datatypes.Type
	there map[string]map[string]aged
}

type aged struct {
	score float64
	at    int64
}

var agingKeys = []string{"a", "b", "{t}1"}

func (m *aging) key() string { return rapid.SampledFrom(agingKeys).Draw(m.t, "key") }

func (m *aging) member() string {
	return strconv.Itoa(rapid.IntRange(0, 60).Draw(m.t, "member"))
}

func (m *aging) now() int64 { return m.f.clock.millis.Load() }

func (m *aging) is(what string, got, want any, err error) {
	m.t.Helper()
	if err != nil || got != want {
		m.t.Fatalf("%s: %v, %v; want %v", what, got, err, want)
	}
}

// sweep drops from the model what has expired.
func (m *aging) sweep() {
	now := m.now()
	for key, set := range m.there {
		maps.DeleteFunc(set, func(_ string, a aged) bool { return a.at != 0 && a.at < now })
		m.drop(key)
	}
}

func (m *aging) drop(key string) {
	if len(m.there[key]) == 0 {
		delete(m.there, key)
	}
}

func (m *aging) add() {
	key := m.key()
	set := m.there[key]
	if set == nil {
		set = map[string]aged{}
		m.there[key] = set
	}
	for range rapid.IntRange(1, 12).Draw(m.t, "members") {
		name := m.member()
		a := set[name]
		var err error
		if m.typ == datatypes.TypeSet {
			_, err = m.f.sets.Add(key, name)
		} else {
			a.score = float64(rapid.IntRange(-3, 3).Draw(m.t, "score"))
			_, err = m.z.Add(key, datatypes.Scored{Member: name, Score: a.score})
		}
		m.is("Add", nil, nil, err)
		set[name] = a
	}
}

func (m *aging) remove() {
	key, name := m.key(), m.member()
	_, had := m.there[key][name]
	var n int
	var err error
	if m.typ == datatypes.TypeSet {
		n, err = m.f.sets.Remove(key, name)
	} else {
		n, err = m.z.Remove(key, name)
	}
	m.is("Remove", n == 1, had, err)
	delete(m.there[key], name)
	m.drop(key)
}

func (m *aging) expire() {
	key, name := m.key(), m.member()
	at := m.now() + int64(rapid.IntRange(-1, 40).Draw(m.t, "ttl"))
	a, had := m.there[key][name]
	ok, err := m.f.keys.ExpireMemberAt(key, name, time.UnixMilli(at))
	m.is("ExpireMemberAt", ok, had, err)
	if !had {
		return
	}
	if at <= m.now() {
		delete(m.there[key], name)
		m.drop(key)
		return
	}
	a.at = at
	m.there[key][name] = a
}

func (m *aging) persist() {
	key, name := m.key(), m.member()
	a, had := m.there[key][name]
	ok, err := m.f.keys.PersistMember(key, name)
	m.is("PersistMember", ok, had && a.at != 0, err)
	if had {
		a.at = 0
		m.there[key][name] = a
	}
}

func (m *aging) age() {
	m.f.clock.advance(time.Duration(rapid.IntRange(1, 15).Draw(m.t, "ms")) * time.Millisecond)
	if rapid.Bool().Draw(m.t, "maintain") {
		for range rapid.IntRange(1, 50).Draw(m.t, "slices") {
			m.f.ks.Maintain()
		}
	}
	m.sweep()
}

// pop takes the lowest members, or of a set all.
func (m *aging) pop() {
	key := m.key()
	if m.typ == datatypes.TypeSet {
		got, err := m.f.sets.PopN(key, 100)
		m.is("PopN", len(got), len(m.there[key]), err)
		delete(m.there, key)
		return
	}
	n := rapid.IntRange(1, 5).Draw(m.t, "n")
	want := m.ordered(key)
	want = want[:min(n, len(want))]
	got, err := m.z.PopMin(key, n)
	if err != nil || !slices.Equal(got, want) {
		m.t.Fatalf("PopMin: %v, %v; want %v", got, err, want)
	}
	for _, e := range want {
		delete(m.there[key], e.Member)
	}
	m.drop(key)
}

// transfer copies or renames a key, with what its members live.
func (m *aging) transfer() {
	from, to := m.key(), m.key()
	set, ok := m.there[from]
	if from == to || !ok {
		return
	}
	if rapid.Bool().Draw(m.t, "rename") {
		m.is("Rename", nil, nil, m.f.keys.Rename(from, to))
		m.there[to] = set
		delete(m.there, from)
		return
	}
	done, err := m.f.keys.Copy(from, to, datatypes.CopyOptions{Replace: true})
	m.is("Copy", done, true, err)
	m.there[to] = maps.Clone(set)
}

// store stores the difference of two keys, whose members do not expire where they are put.
func (m *aging) store() {
	dst, from, but := m.key(), m.key(), m.key()
	var n int
	var err error
	if m.typ == datatypes.TypeSet {
		n, err = m.f.sets.DiffStore(dst, from, but)
	} else {
		n, err = m.z.DiffStore(dst, from, but)
	}
	set := map[string]aged{}
	for name, a := range m.there[from] {
		if _, ok := m.there[but][name]; !ok {
			set[name] = aged{score: a.score}
		}
	}
	m.is("DiffStore", n, len(set), err)
	m.there[dst] = set
	m.drop(dst)
}

// ordered returns the members of a key in the order of a sorted set.
func (m *aging) ordered(key string) []datatypes.Scored {
	var all []datatypes.Scored
	for name, a := range m.there[key] {
		all = append(all, datatypes.Scored{Member: name, Score: a.score})
	}
	slices.SortFunc(all, compareScored)
	return all
}

// names returns the names of a key's members in order.
func (m *aging) names(key string) []string { return slices.Sorted(maps.Keys(m.there[key])) }

// same compares everything that can be asked.
func (m *aging) same() {
	for _, key := range agingKeys {
		name := m.member()
		a, had := m.there[key][name]
		ttl, ok, err := m.f.keys.MemberTTL(key, name)
		m.is("MemberTTL", ok, had, err)
		if want := time.Duration(a.at-m.now()) * time.Millisecond; had && a.at != 0 && ttl != want || had && a.at == 0 && ttl != datatypes.NoTTL {
			m.t.Fatalf("%s of %s lives for %v, want %v", name, key, ttl, want)
		}
		other := m.key()
		if m.typ == datatypes.TypeSet {
			m.sameSet(key, other, name)
		} else {
			m.sameSorted(key, other)
		}
	}
	n, err := m.f.keys.Exists(agingKeys...)
	m.is("Exists", n, len(m.there), err)
}

func (m *aging) list(what string, got []string, err error, want []string) {
	m.t.Helper()
	slices.Sort(got)
	if got = slices.Compact(got); err != nil || !slices.Equal(got, want) {
		m.t.Fatalf("%s: %q, %v; want %q", what, got, err, want)
	}
}

// split returns the names of key's members that other has, too, and those that it has not.
func (m *aging) split(key, other string) (both, only []string) {
	for _, name := range m.names(key) {
		if _, ok := m.there[other][name]; ok {
			both = append(both, name)
		} else {
			only = append(only, name)
		}
	}
	return both, only
}

func (m *aging) sameSet(key, other, name string) {
	st, want := m.f.sets, m.names(key)
	n, err := st.Len(key)
	m.is("Len", n, len(want), err)
	has, err := st.Contains(key, name)
	m.is("Contains", has, slices.Contains(want, name), err)
	got, err := st.Union(key)
	m.list("Union", got, err, want)
	got, err = st.RandomN(key, 100)
	m.list("RandomN", got, err, want)
	m.list("Members", slices.Collect(st.Members(key)), nil, want)
	m.list("Sort", m.f.sorted(m.t, key, datatypes.SortOptions{Unsorted: true}), nil, want)
	both, only := m.split(key, other)
	got, err = st.Inter(key, other)
	m.list("Inter", got, err, both)
	got, err = st.Diff(key, other)
	m.list("Diff", got, err, only)
	n, err = st.InterLen(0, key, other)
	m.is("InterLen", n, len(both), err)
}

func (m *aging) sameSorted(key, other string) {
	all := m.ordered(key)
	n, err := m.z.Len(key)
	m.is("Len", n, len(all), err)
	got, err := m.z.AppendRange(nil, key, datatypes.ByRank(0, -1))
	if err != nil || !slices.Equal(got, all) {
		m.t.Fatalf("AppendRange: %v, %v; want %v", got, err, all)
	}
	infinite := datatypes.ScoreBound{Score: math.Inf(1)}
	positive := slices.DeleteFunc(slices.Clone(all), func(e datatypes.Scored) bool { return e.Score < 0 })
	n, err = m.z.Count(key, datatypes.ScoreBound{}, infinite)
	m.is("Count", n, len(positive), err)
	got, err = m.z.AppendRange(nil, key, datatypes.ByScore(datatypes.ScoreBound{}, infinite))
	if err != nil || !slices.Equal(got, positive) {
		m.t.Fatalf("AppendRange by score: %v, %v; want %v", got, err, positive)
	}
	for i, e := range all {
		rank, score, ok, err := m.z.Rank(key, e.Member)
		if err != nil || !ok || rank != i || score != e.Score {
			m.t.Fatalf("%q is at %d with %v, %v, %v; want %v at %d", e.Member, rank, score, ok, err, e, i)
		}
	}
	var scanned []datatypes.Scored
	for cursor := uint64(0); ; {
		some, next, err := m.z.Scan(key, cursor, datatypes.ElementScanOptions{})
		scanned = append(scanned, some...)
		if cursor = next; cursor == 0 || err != nil {
			break
		}
	}
	m.scored("Scan", scanned, nil, m.names(key))
	random, err := m.z.RandomN(key, 100)
	m.scored("RandomN", random, err, m.names(key))
	both, only := m.split(key, other)
	got, err = m.z.Inter(datatypes.CombineOptions{}, key, other)
	m.scored("Inter", got, err, both)
	got, err = m.z.Diff(key, other)
	m.scored("Diff", got, err, only)
	n, err = m.z.InterLen(0, key, other)
	m.is("InterLen", n, len(both), err)
}

func (m *aging) scored(what string, got []datatypes.Scored, err error, want []string) {
	m.t.Helper()
	var names []string
	for _, e := range got {
		names = append(names, e.Member)
	}
	m.list(what, names, err, want)
}

// TestMembersAgainstModel: members of sets and of sorted sets that have expired are neither seen nor counted by anything,
// whether maintenance has come to them or not.
func TestMembersAgainstModel(t *testing.T) {
	t.Parallel()
	for _, typ := range []datatypes.Type{datatypes.TypeSet, datatypes.TypeSortedSet} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				f := openSets(rt, keyspace.Options{})
				m := &aging{rt, f, f.sortedSets(), typ, map[string]map[string]aged{}}
				ops := []func(){m.add, m.add, m.expire, m.expire, m.expire, m.age, m.age, m.remove, m.persist, m.pop, m.transfer, m.store}
				for range rapid.IntRange(1, 50).Draw(rt, "steps") {
					ops[rapid.IntRange(0, len(ops)-1).Draw(rt, "op")]()
					m.same()
				}
				f.clock.advance(time.Hour)
				m.sweep()
				m.same()
				f.keys.Del(agingKeys...)
				leftOver(rt, f.fixture)
			})
		})
	}
}
