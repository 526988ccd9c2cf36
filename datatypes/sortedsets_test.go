package datatypes_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

func (f *fixture) sortedSets() datatypes.SortedSets { return datatypes.NewSortedSets(f.view) }

func drain(seq iter.Seq2[string, float64]) (n int) {
	for range seq {
		n++
	}
	return n
}

func TestSortedSetCalls(t *testing.T) {
	t.Parallel()
	type sorted = datatypes.SortedSets
	ignore := func(int) {}
	each := func([]byte, float64) {}
	// What iterates tells of no error, so Len is asked for it.
	length := func(z sorted, key string) error { _, err := z.Len(key); return err }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	unlessEnded := func(err error) error {
		if err == context.Canceled {
			return nil
		}
		return err
	}
	calls[sorted]{
		"Add":     func(z sorted, key string) error { _, err := z.Add(key, datatypes.Scored{}); return err },
		"AddWith": func(z sorted, key string) error { _, _, err := z.AddWith(key, datatypes.AddOptions{}); return err },
		"IncrBy":  func(z sorted, key string) error { _, err := z.IncrBy(key, "m", 1); return err },
		"IncrByWith": func(z sorted, key string) error {
			_, _, err := z.IncrByWith(key, datatypes.AddOptions{}, "m", 1)
			return err
		},
		"Remove":      func(z sorted, key string) error { _, err := z.Remove(key, "m"); return err },
		"Score":       func(z sorted, key string) error { _, _, err := z.Score(key, "m"); return err },
		"Scores":      func(z sorted, key string) error { return z.Scores(key, nil, func(float64, bool) {}) },
		"Len":         length,
		"Rank":        func(z sorted, key string) error { _, _, _, err := z.Rank(key, "m"); return err },
		"RevRank":     func(z sorted, key string) error { _, _, _, err := z.RevRank(key, "m"); return err },
		"RangeEach":   func(z sorted, key string) error { return z.RangeEach(key, datatypes.ByRank(0, -1), ignore, each) },
		"AppendRange": func(z sorted, key string) error { _, err := z.AppendRange(nil, key, datatypes.Range{}); return err },
		"Range":       func(z sorted, key string) error { drain(z.Range(key, datatypes.Range{})); return length(z, key) },
		"RangeByRank": func(z sorted, key string) error { drain(z.RangeByRank(key, 0, -1)); return length(z, key) },
		"Count":       func(z sorted, key string) error { _, err := z.Count(key, least, most); return err },
		"CountLex":    func(z sorted, key string) error { _, err := z.CountLex(key, first, last); return err },
		"RemoveRange": func(z sorted, key string) error { _, err := z.RemoveRange(key, datatypes.Range{}); return err },
		"PopMin":      func(z sorted, key string) error { _, err := z.PopMin(key, 1); return err },
		"PopMax":      func(z sorted, key string) error { _, err := z.PopMax(key, 1); return err },
		"PopEach":     func(z sorted, key string) error { return z.PopEach(key, 1, true, ignore, each) },
		"PopFirst":    func(z sorted, key string) error { _, _, _, err := z.PopFirst(1, true, key); return err },
		"PopFirstEach": func(z sorted, key string) error {
			_, err := z.PopFirstEach(1, true, []string{key}, func(string, int) {}, each)
			return err
		},
		"Random":     func(z sorted, key string) error { _, _, err := z.Random(key); return err },
		"RandomN":    func(z sorted, key string) error { _, err := z.RandomN(key, 1); return err },
		"RandomEach": func(z sorted, key string) error { return z.RandomEach(key, 1, ignore, each) },
		"ScanDense": func(z sorted, key string) error {
			_, _, _, err := z.ScanDense(key, 0, datatypes.ElementScanOptions{})
			return err
		},
		"Scan": func(z sorted, key string) error {
			_, _, err := z.Scan(key, 0, datatypes.ElementScanOptions{})
			return err
		},
		"Expire": func(z sorted, key string) error { _, err := z.Expire(key, second, 0, "m"); return err },
		"ExpireAt": func(z sorted, key string) error {
			_, err := z.ExpireAt(key, at(second), datatypes.ExpireAlways, "m")
			return err
		},
		"Persist": func(z sorted, key string) error { _, err := z.Persist(key, "m"); return err },
		"TTL":     func(z sorted, key string) error { _, _, err := z.TTL(key, "m"); return err },
		"BPopMin": func(z sorted, key string) error {
			_, _, _, err := z.BPopMin(ended, key)
			return unlessEnded(err)
		},
		"BPopMax": func(z sorted, key string) error {
			_, _, _, err := z.BPopMax(ended, key)
			return unlessEnded(err)
		},
		"BPopFirst": func(z sorted, key string) error {
			_, err := z.BPopFirst(ended, 1, false, key)
			return unlessEnded(err)
		},
		"BeginPopFirst": func(z sorted, key string) error {
			_, w, err := z.BeginPopFirst(1, false, []string{key}, func(datatypes.SortedPopped, error) {})
			if w != nil {
				w.Cancel()
			}
			return err
		},
		"Combinable": func(z sorted, key string) error { return z.Combinable(key) },
		"Union":      func(z sorted, key string) error { _, err := z.Union(datatypes.CombineOptions{}, key); return err },
		"Inter":      func(z sorted, key string) error { _, err := z.Inter(datatypes.CombineOptions{}, key); return err },
		"Diff":       func(z sorted, key string) error { _, err := z.Diff(key); return err },
		"InterLen":   func(z sorted, key string) error { _, err := z.InterLen(0, key); return err },
		"UnionStore": func(z sorted, key string) error {
			_, err := z.UnionStore(key, datatypes.CombineOptions{}, key)
			return err
		},
		"InterStore": func(z sorted, key string) error {
			_, err := z.InterStore(key, datatypes.CombineOptions{}, key)
			return err
		},
		"DiffStore":  func(z sorted, key string) error { _, err := z.DiffStore(key, key); return err },
		"RangeStore": func(z sorted, key string) error { _, err := z.RangeStore(key, key, datatypes.Range{}); return err },
	}.check(t, datatypes.NewSortedSets)
}

// The ends of all scores and names.
var (
	least = datatypes.ScoreBound{Score: math.Inf(-1)}
	most  = datatypes.ScoreBound{Score: math.Inf(1)}
	first = datatypes.LexBound{Infinite: -1}
	last  = datatypes.LexBound{Infinite: 1}
)

// sortedModel is a cache with sorted sets and maps that should be equal to them.
type sortedModel struct {
	t    *rapid.T
	f    *fixture
	z    datatypes.SortedSets
	sets map[string]map[string]float64
}

func compareScored(a, b datatypes.Scored) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), strings.Compare(a.Member, b.Member))
}

// inOrder returns the members of a set of the model in order.
func inOrder(set map[string]float64) []datatypes.Scored {
	members := make([]datatypes.Scored, 0, len(set))
	for member, score := range set {
		members = append(members, datatypes.Scored{Member: member, Score: score})
	}
	slices.SortFunc(members, compareScored)
	return members
}

func (m *sortedModel) key() string {
	return rapid.SampledFrom([]string{"a", "b", "{t}1", "{t}2"}).Draw(m.t, "key")
}

func (m *sortedModel) member() string {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 60), func(n int) string { return fmt.Sprint(n) }),
		rapid.Map(rapid.IntRange(0, 40), func(n int) string { return fmt.Sprint("member:", n) }),
		rapid.SampledFrom([]string{"", "\x00", "\xff", strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("y", 300)}),
	).Draw(m.t, "member")
}

func (m *sortedModel) score() float64 {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 5), func(n int) float64 { return float64(n) }),
		rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), 1e300, -1e300, 5e-324, 1 << 53, 1<<53 + 2, 0.1}),
		rapid.Float64(),
	).Draw(m.t, "score")
}

// set returns a set of the model, which exists even when empty.
func (m *sortedModel) set(key string) map[string]float64 {
	if m.sets[key] == nil {
		m.sets[key] = make(map[string]float64)
	}
	return m.sets[key]
}

func (m *sortedModel) add() {
	key := m.key()
	set := m.set(key)
	o := datatypes.AddOptions{
		IfAbsent: rapid.IntRange(0, 5).Draw(m.t, "nx") == 0, IfPresent: rapid.IntRange(0, 5).Draw(m.t, "xx") == 0,
		IfGreater: rapid.IntRange(0, 5).Draw(m.t, "gt") == 0, IfLess: rapid.IntRange(0, 5).Draw(m.t, "lt") == 0,
	}
	var members []datatypes.Scored
	for range rapid.IntRange(1, 12).Draw(m.t, "members") {
		members = append(members, datatypes.Scored{Member: m.member(), Score: m.score()})
	}
	added, changed, err := m.z.AddWith(key, o, members...)
	if o.IfAbsent && (o.IfPresent || o.IfGreater || o.IfLess) || o.IfGreater && o.IfLess {
		expect(nil2(m), "AddWith", added, 0, err, datatypes.ErrConflict)
		return
	}
	wantAdded, wantChanged := 0, 0
	for _, x := range members {
		cur, exists := set[x.Member]
		switch {
		case !exists && !o.IfPresent:
			wantAdded++
			set[x.Member] = x.Score
		case exists && !o.IfAbsent && x.Score != cur && !(o.IfGreater && x.Score < cur) && !(o.IfLess && x.Score > cur):
			wantChanged++
			set[x.Member] = x.Score
		}
	}
	expect(nil2(m), "AddWith", [2]int{added, changed}, [2]int{wantAdded, wantChanged}, err, nil)
}

// nil2 returns a model for expect.
func nil2(m *sortedModel) *model { return &model{t: m.t} }

func (m *sortedModel) incr() {
	key, member, delta := m.key(), m.member(), m.score()
	set := m.set(key)
	got, err := m.z.IncrBy(key, member, delta)
	want := set[member] + delta
	if math.IsNaN(want) {
		expect(nil2(m), "IncrBy", 0, 0, err, datatypes.ErrNaN)
		return
	}
	expect(nil2(m), "IncrBy", got, want, err, nil)
	set[member] = want
}

func (m *sortedModel) remove() {
	key := m.key()
	var members []string
	want := 0
	for range rapid.IntRange(1, 10).Draw(m.t, "members") {
		members = append(members, m.member())
	}
	got, err := m.z.Remove(key, members...)
	for _, member := range members {
		if _, ok := m.set(key)[member]; ok {
			want++
			delete(m.sets[key], member)
		}
	}
	expect(nil2(m), "Remove", got, want, err, nil)
}

// scoreRange draws a range of scores and returns which scores are in it.
func (m *sortedModel) scoreRange() (r datatypes.Range, in func(float64) bool) {
	low := datatypes.ScoreBound{Score: m.score(), Exclusive: rapid.Bool().Draw(m.t, "exclusive")}
	high := datatypes.ScoreBound{Score: m.score(), Exclusive: rapid.Bool().Draw(m.t, "exclusive")}
	return datatypes.ByScore(low, high), func(s float64) bool {
		return (s > low.Score || s == low.Score && !low.Exclusive) && (s < high.Score || s == high.Score && !high.Exclusive)
	}
}

// rangeOf draws a range of a set of the model and returns its members.
func (m *sortedModel) rangeOf(key string) (r datatypes.Range, want []datatypes.Scored) {
	all := inOrder(m.set(key))
	reverse := rapid.Bool().Draw(m.t, "reverse")
	if rapid.Bool().Draw(m.t, "by rank") {
		start, stop := rapid.IntRange(-70, 70).Draw(m.t, "start"), rapid.IntRange(-70, 70).Draw(m.t, "stop")
		r = datatypes.ByRank(start, stop)
		if reverse {
			slices.Reverse(all)
		}
		if start < 0 {
			start = max(start+len(all), 0)
		}
		if stop < 0 {
			stop += len(all)
		}
		for i, x := range all {
			if i >= start && i <= stop {
				want = append(want, x)
			}
		}
	} else {
		var in func(float64) bool
		r, in = m.scoreRange()
		for _, x := range all {
			if in(x.Score) {
				want = append(want, x)
			}
		}
		if reverse {
			slices.Reverse(want)
		}
	}
	r.Reverse = reverse
	if rapid.Bool().Draw(m.t, "limited") {
		r.Offset, r.Count = rapid.IntRange(-1, 10).Draw(m.t, "offset"), rapid.IntRange(0, 10).Draw(m.t, "count")
		if r.Offset < 0 {
			return r, nil
		}
		want = want[min(r.Offset, len(want)):]
		if r.Count > 0 {
			want = want[:min(r.Count, len(want))]
		}
	}
	return r, want
}

func (m *sortedModel) ranges() {
	key := m.key()
	r, want := m.rangeOf(key)
	got, err := m.z.AppendRange(nil, key, r)
	if err != nil || !slices.Equal(got, want) {
		m.t.Fatalf("range %+v of %s: got %v, %v; want %v", r, key, got, err, want)
	}
	got = nil
	for member, score := range m.z.Range(key, r) {
		got = append(got, datatypes.Scored{Member: member, Score: score})
	}
	if !slices.Equal(got, want) {
		m.t.Fatalf("iterating range %+v of %s: got %v; want %v", r, key, got, want)
	}
}

func (m *sortedModel) removeRange() {
	key := m.key()
	r, want := m.rangeOf(key)
	got, err := m.z.RemoveRange(key, r)
	expect(nil2(m), "RemoveRange", got, len(want), err, nil)
	for _, x := range want {
		delete(m.sets[key], x.Member)
	}
}

func (m *sortedModel) rangeStore() {
	src, dst := m.key(), m.key()
	r, want := m.rangeOf(src)
	got, err := m.z.RangeStore(dst, src, r)
	expect(nil2(m), "RangeStore", got, len(want), err, nil)
	m.sets[dst] = make(map[string]float64)
	for _, x := range want {
		m.sets[dst][x.Member] = x.Score
	}
}

func (m *sortedModel) pop() {
	key, n, highest := m.key(), rapid.IntRange(0, 12).Draw(m.t, "n"), rapid.Bool().Draw(m.t, "highest")
	want := inOrder(m.set(key))
	pop := m.z.PopMin
	if highest {
		pop = m.z.PopMax
		slices.Reverse(want)
	}
	want = want[:min(n, len(want))]
	got, err := pop(key, n)
	if err != nil || !slices.Equal(got, want) {
		m.t.Fatalf("popped %v, %v; want %v", got, err, want)
	}
	for _, x := range want {
		delete(m.sets[key], x.Member)
	}
}

// combined returns what an operation makes of sets of the model, which aggregate by the maximum.
func (m *sortedModel) combined(op string, keys []string, weights []float64) map[string]float64 {
	out := make(map[string]float64)
	for i, key := range keys {
		for member, score := range m.set(key) {
			if op != "diff" {
				if score *= weights[i]; math.IsNaN(score) {
					score = 0
				}
			}
			if cur, ok := out[member]; !ok || op == "diff" && i == 0 {
				out[member] = score
			} else if op != "diff" {
				out[member] = max(cur, score)
			}
		}
	}
	for member := range out {
		in := 0
		for _, key := range keys {
			if _, ok := m.sets[key][member]; ok {
				in++
			}
		}
		_, inFirst := m.sets[keys[0]][member]
		if op == "inter" && in < len(keys) || op == "diff" && !(in == 1 && inFirst && !slices.Contains(keys[1:], keys[0])) {
			delete(out, member)
		}
	}
	return out
}

func (m *sortedModel) combine() {
	op := rapid.SampledFrom([]string{"union", "inter", "diff"}).Draw(m.t, "op")
	keys := make([]string, rapid.IntRange(1, 3).Draw(m.t, "keys"))
	weights := make([]float64, len(keys))
	for i := range keys {
		keys[i], weights[i] = m.key(), rapid.SampledFrom([]float64{1, 2, -1, 0.5}).Draw(m.t, "weight")
	}
	o := datatypes.CombineOptions{Weights: weights, Aggregate: datatypes.Max}
	want := m.combined(op, keys, weights)
	if rapid.Bool().Draw(m.t, "store") {
		dst := m.key()
		var got int
		var err error
		switch op {
		case "union":
			got, err = m.z.UnionStore(dst, o, keys...)
		case "inter":
			got, err = m.z.InterStore(dst, o, keys...)
		default:
			got, err = m.z.DiffStore(dst, keys...)
		}
		expect(nil2(m), op+" stored", got, len(want), err, nil)
		m.sets[dst] = want
		return
	}
	var got []datatypes.Scored
	var err error
	switch op {
	case "union":
		got, err = m.z.Union(o, keys...)
	case "inter":
		got, err = m.z.Inter(o, keys...)
		limit := rapid.IntRange(0, 5).Draw(m.t, "limit")
		n, err := m.z.InterLen(limit, keys...)
		wantLen := len(want)
		if limit > 0 {
			wantLen = min(limit, wantLen)
		}
		expect(nil2(m), "InterLen", n, wantLen, err, nil)
	default:
		got, err = m.z.Diff(keys...)
	}
	if err != nil || !slices.Equal(got, inOrder(want)) {
		m.t.Fatalf("%s of %q: got %v, %v; want %v", op, keys, got, err, inOrder(want))
	}
}

// move takes a set to another key in one of the ways there are.
func (m *sortedModel) move() {
	from, to := m.key(), m.key()
	if from == to {
		return
	}
	if rapid.Bool().Draw(m.t, "copy") {
		copied, err := m.f.keys.Copy(from, to, datatypes.CopyOptions{Replace: true})
		expect(nil2(m), "Copy", copied, len(m.set(from)) > 0, err, nil)
		if copied {
			m.sets[to] = maps.Clone(m.sets[from])
		}
		return
	}
	err := m.f.keys.Rename(from, to)
	if len(m.set(from)) == 0 {
		expect(nil2(m), "Rename", 0, 0, err, datatypes.ErrNoSuchKey)
		return
	}
	expect(nil2(m), "Rename", 0, 0, err, nil)
	m.sets[to] = m.sets[from]
	delete(m.sets, from)
}

// same compares everything there is.
func (m *sortedModel) same() {
	keys := 0
	for key, set := range m.sets {
		all := inOrder(set)
		got, err := m.z.AppendRange(nil, key, datatypes.ByRank(0, -1))
		if err != nil || !slices.Equal(got, all) {
			m.t.Fatalf("%s is %v, %v; want %v", key, got, err, all)
		}
		if len(all) == 0 {
			continue
		}
		keys++
		i := rapid.IntRange(0, len(all)-1).Draw(m.t, "i")
		rank, score, ok, err := m.z.Rank(key, all[i].Member)
		behind, _, _, _ := m.z.RevRank(key, all[i].Member)
		if err != nil || !ok || rank != i || score != all[i].Score || behind != len(all)-1-i {
			m.t.Fatalf("rank of %q is %d, %d from behind, score %v, %v, %v; want %d, %v", all[i].Member, rank, behind, score, ok, err, i, all[i].Score)
		}
		in := 0
		r, inside := m.scoreRange()
		for _, x := range all {
			if inside(x.Score) {
				in++
			}
		}
		found, _ := m.z.AppendRange(nil, key, r)
		if len(found) != in {
			m.t.Fatalf("%d members in %+v, want %d", len(found), r, in)
		}
		asked := []string{m.member(), all[i].Member, m.member()}
		at := 0
		err = m.z.Scores(key, asked, func(score float64, ok bool) {
			want, there := set[asked[at]]
			if at++; score != want || ok != there {
				m.t.Fatalf("score of %q is %v, %v", asked[at-1], score, ok)
			}
		})
		if err != nil || at != len(asked) {
			m.t.Fatalf("%d scores, %v", at, err)
		}
	}
	if n, _ := m.f.keys.Len(); n != keys {
		m.t.Fatalf("%d keys, want %d", n, keys)
	}
}

func TestSortedSetsAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := open(rt)
		f.ks.Limits().ZSetEntries.Store(rapid.SampledFrom([]int64{0, 5, 30, 128}).Draw(rt, "entries"))
		m := &sortedModel{rt, f, f.sortedSets(), make(map[string]map[string]float64)}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			switch rapid.IntRange(0, 12).Draw(rt, "op") {
			case 0, 1, 2, 3, 4:
				m.add()
			case 5:
				m.incr()
			case 6:
				m.remove()
			case 7:
				m.ranges()
			case 8:
				m.removeRange()
			case 9:
				m.rangeStore()
			case 10:
				m.pop()
			case 11:
				m.combine()
			case 12:
				m.move()
			}
			m.same()
		}
		f.keys.Del("a", "b", "{t}1", "{t}2")
		leftOver(rt, f)
	})
}

// leftOver checks that an empty keyspace uses no memory.
func leftOver(t interface{ Fatalf(string, ...any) }, f *fixture) {
	for range 200 {
		f.ks.Maintain()
	}
	if st := f.ks.Stats(); st.UsedBytes != 0 || st.Garbage != 0 {
		t.Fatalf("left of an empty keyspace: %+v", st)
	}
}

// put makes a key hold n members with scores from 0 on.
func putSorted(t testing.TB, f *fixture, key string, n int) {
	t.Helper()
	for i := range n {
		if _, err := f.sortedSets().Add(key, datatypes.Scored{Member: fmt.Sprintf("member:%06d", i), Score: float64(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSortedSetEncodings(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := f.sortedSets()
	putSorted(t, f, "k", 128)
	if got := f.encoding(t, "k"); got != "listpack" {
		t.Errorf("128 members: %s", got)
	}
	z.Add("k", datatypes.Scored{Member: "member:000000", Score: 7})
	if got := f.encoding(t, "k"); got != "listpack" {
		t.Errorf("128 members, one changed: %s", got)
	}
	z.Add("k", datatypes.Scored{Member: "one more"})
	if got := f.encoding(t, "k"); got != "skiplist" {
		t.Errorf("129 members: %s", got)
	}
	z.Remove("k", "one more")
	if got := f.encoding(t, "k"); got != "skiplist" {
		t.Errorf("128 members again: %s", got)
	}
	z.RangeStore("k", "k", datatypes.ByRank(0, -1))
	if got := f.encoding(t, "k"); got != "listpack" {
		t.Errorf("128 members stored anew: %s", got)
	}
	z.Add("l", datatypes.Scored{Member: strings.Repeat("x", 64)})
	z.Add("m", datatypes.Scored{Member: strings.Repeat("x", 65)})
	if l, m := f.encoding(t, "l"), f.encoding(t, "m"); l != "listpack" || m != "skiplist" {
		t.Errorf("64 bytes: %s, 65 bytes: %s", l, m)
	}
}

// TestSortedSetLex compares ranges of names with a sorted slice, in both representations.
func TestSortedSetLex(t *testing.T) {
	t.Parallel()
	src := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 30, 100, 3000} {
		f := open(t)
		z := f.sortedSets()
		names := make([]string, 0, n)
		for len(names) < n {
			name := fmt.Sprint(src.IntN(5 * n))
			if added, _ := z.Add("k", datatypes.Scored{Member: name}); added == 1 {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for range 500 {
			from := datatypes.LexBound{Member: fmt.Sprint(src.IntN(5 * n)), Exclusive: src.IntN(2) == 0, Infinite: max(0, src.IntN(12)-10) * -1}
			to := datatypes.LexBound{Member: fmt.Sprint(src.IntN(5 * n)), Exclusive: src.IntN(2) == 0, Infinite: max(0, src.IntN(12)-10)}
			var want []string
			for _, name := range names {
				low := from.Infinite < 0 || name > from.Member || name == from.Member && !from.Exclusive
				high := to.Infinite > 0 || name < to.Member || name == to.Member && !to.Exclusive
				if low && high {
					want = append(want, name)
				}
			}
			r := datatypes.ByLex(from, to)
			if r.Reverse = src.IntN(2) == 0; r.Reverse {
				slices.Reverse(want)
			}
			var got []string
			for name := range z.Range("k", r) {
				got = append(got, name)
			}
			count, err := z.CountLex("k", from, to)
			if err != nil || !slices.Equal(got, want) || count != len(want) {
				t.Fatalf("%+v of %d: got %v, counted %d, %v; want %v", r, n, got, count, err, want)
			}
		}
	}
}

// TestRangeBounds: a range tells what it was made of, and of nothing else.
func TestRangeBounds(t *testing.T) {
	t.Parallel()
	low, high := datatypes.ScoreBound{Score: 1, Exclusive: true}, datatypes.ScoreBound{Score: 2}
	from, to := datatypes.LexBound{Member: "a"}, datatypes.LexBound{Infinite: 1}
	for i, r := range []datatypes.Range{datatypes.ByRank(3, -4), datatypes.ByScore(low, high), datatypes.ByLex(from, to)} {
		start, stop, byRank := r.RankBounds()
		min, max, byScore := r.ScoreBounds()
		first, last, byLex := r.LexBounds()
		if byRank != (i == 0) || byScore != (i == 1) || byLex != (i == 2) {
			t.Errorf("range %d is by rank %v, by score %v, by name %v", i, byRank, byScore, byLex)
		}
		if byRank && (start != 3 || stop != -4) || byScore && (min != low || max != high) || byLex && (first != from || last != to) {
			t.Errorf("bounds of range %d: %d, %d; %v, %v; %v, %v", i, start, stop, min, max, first, last)
		}
	}
}

// TestSortedSetLongIteration: a range longer than a batch is iterated to its end, whatever is added and
// removed meanwhile, and what stays is seen once.
func TestSortedSetLongIteration(t *testing.T) {
	t.Parallel()
	for _, reverse := range []bool{false, true} {
		f := open(t)
		z := f.sortedSets()
		const n = 2000
		putSorted(t, f, "k", n)
		r := datatypes.ByScore(datatypes.ScoreBound{Score: 100}, datatypes.ScoreBound{Score: n - 100, Exclusive: true})
		r.Reverse = reverse
		seen, before := 0, math.Inf(-1)
		if reverse {
			before = math.Inf(1)
		}
		for member, score := range z.Range("k", r) {
			if score < 100 || score >= n-100 || (score <= before) != reverse || score == before {
				t.Fatalf("%s, %v after %v", member, score, before)
			}
			if int(score)%2 == 0 {
				seen++
			}
			before = score
			at := float64(int(score) ^ 1) // odd scores come and go
			if int(at)%2 == 1 {
				z.Remove("k", fmt.Sprintf("member:%06d", int(at)))
			}
			z.Add("k", datatypes.Scored{Member: fmt.Sprint("low", score), Score: -score})
		}
		if want := n/2 - 100; seen != want {
			t.Errorf("reverse %v: %d of the members that stayed were seen, want %d", reverse, seen, want)
		}
	}
}

// TestSortedSetScan: what is in a sorted set during a whole scan is found, though the set grows,
// shrinks and is converted between calls.
func TestSortedSetScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := open(rt)
		f.ks.Limits().ZSetEntries.Store(20)
		z := f.sortedSets()
		stay := rapid.IntRange(1, 300).Draw(rt, "stay")
		want := make(map[string]bool)
		for i := range stay {
			name := fmt.Sprint("stay:", i)
			z.Add("k", datatypes.Scored{Member: name, Score: float64(i)})
			want[name] = true
		}
		src := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		ever := maps.Clone(want)
		count := rapid.IntRange(1, 50).Draw(rt, "count")
		for cursor, calls := uint64(0), 0; ; calls++ {
			members, next, err := z.Scan("k", cursor, datatypes.ElementScanOptions{Count: count})
			if err != nil || calls > 10_000 {
				rt.Fatalf("%d calls: %v", calls, err)
			}
			for _, m := range members {
				if !ever[m.Member] {
					rt.Fatalf("%q never was there", m.Member)
				}
				delete(want, m.Member)
			}
			if cursor = next; cursor == 0 {
				break
			}
			for range src.IntN(100) {
				name := fmt.Sprint("go:", src.IntN(500))
				if src.IntN(2) == 0 {
					ever[name] = true
					z.Add("k", datatypes.Scored{Member: name, Score: src.Float64()})
				} else {
					z.Remove("k", name)
				}
			}
		}
		if len(want) > 0 {
			rt.Fatalf("%d of %d members were not found", len(want), stay)
		}
	})
}

func TestSortedSetRandom(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 500} {
		f := open(t)
		z := f.sortedSets()
		putSorted(t, f, "k", size)
		for _, n := range []int{0, 1, 3, size/4 + 1, size / 2, size - 1, size, size + 1} {
			got, err := z.RandomN("k", n)
			if err != nil || len(got) != min(n, size) {
				t.Fatalf("%d of %d: %d, %v", n, size, len(got), err)
			}
			names := make(map[string]bool)
			for _, m := range got {
				if score, ok, _ := z.Score("k", m.Member); !ok || score != m.Score {
					t.Errorf("%+v is none of the members", m)
				}
				names[m.Member] = true
			}
			if len(names) != len(got) {
				t.Errorf("%d of %d: only %d are different", n, size, len(names))
			}
		}
		for _, n := range []int{-1<<24 - 1, math.MinInt} {
			if got, err := z.RandomN("k", n); len(got) != 0 || err != datatypes.ErrOutOfRange {
				t.Errorf("%d of %d: %d, %v", n, size, len(got), err)
			}
		}
		const draws = 20_000
		counts := make(map[string]int)
		some, err := z.RandomN("k", -draws)
		for _, m := range some {
			counts[m.Member]++
		}
		expected, chi := float64(draws)/float64(size), 0.0
		for i := range size {
			d := float64(counts[fmt.Sprintf("member:%06d", i)]) - expected
			chi += d * d / expected
		}
		if limit := float64(size) + 6*math.Sqrt(2*float64(size)); err != nil || len(some) != draws || chi > limit {
			t.Errorf("%d draws from %d, %v: chi square %.1f, expected up to %.1f", len(some), size, err, chi, limit)
		}
	}
	if _, ok, err := open(t).sortedSets().Random("k"); ok || err != nil {
		t.Errorf("a member of no set: %v, %v", ok, err)
	}
}

func TestSortedSetPopFirst(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := f.sortedSets()
	putSorted(t, f, "b", 3)
	putSorted(t, f, "c", 200)
	key, popped, ok, err := z.PopFirst(2, true, "a", "b", "c")
	if err != nil || !ok || key != "b" || len(popped) != 2 || popped[0].Score != 2 || popped[1].Score != 1 {
		t.Errorf("popped %v of %q, %v, %v", popped, key, ok, err)
	}
	z.PopFirst(2, true, "a", "b")
	if key, popped, ok, _ = z.PopFirst(1, false, "a", "b", "c"); !ok || key != "c" || popped[0].Score != 0 {
		t.Errorf("popped %v of %q, %v", popped, key, ok)
	}
	if _, _, ok, err = z.PopFirst(1, false, "a", "b"); ok || err != nil {
		t.Errorf("popped of nothing: %v, %v", ok, err)
	}
	if _, err = z.PopMin("c", -1); err != datatypes.ErrOutOfRange {
		t.Errorf("a negative number: %v", err)
	}
}

func TestSortedSetBadInput(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := f.sortedSets()
	nan := math.NaN()
	if _, err := z.Add("k", datatypes.Scored{Member: "a"}, datatypes.Scored{Member: "b", Score: nan}); err != datatypes.ErrNotFloat {
		t.Errorf("Add of no number: %v", err)
	}
	if _, err := z.IncrBy("k", "a", nan); err != datatypes.ErrNotFloat {
		t.Errorf("IncrBy by no number: %v", err)
	}
	if _, err := z.Union(datatypes.CombineOptions{Weights: []float64{1}}, "a", "b"); err != datatypes.ErrConflict {
		t.Errorf("too few weights: %v", err)
	}
	if n, _ := f.keys.Len(); n != 0 {
		t.Errorf("%d keys came into being", n)
	}
	for _, n := range []int{1, 200} {
		putSorted(t, f, "k", n)
		z.Add("k", datatypes.Scored{Member: "inf", Score: math.Inf(1)})
		if _, err := z.IncrBy("k", "inf", math.Inf(-1)); err != datatypes.ErrNaN {
			t.Errorf("inf - inf: %v", err)
		}
		if score, _, _ := z.Score("k", "inf"); !math.IsInf(score, 1) {
			t.Errorf("inf became %v", score)
		}
	}
}

func TestSortedSetEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	z := f.sortedSets()
	var events []string
	defer f.ks.Listen(func(e keyspace.Event) { events = append(events, e.Name+" "+e.Key) })()
	putHash := func(key string) { f.putHash(t, key) }
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"add", func() { z.Add("k", datatypes.Scored{Member: "a", Score: 1}) }, []string{"zadd k"}},
		{"add the same", func() { z.Add("k", datatypes.Scored{Member: "a", Score: 1}) }, nil},
		{"change", func() { z.Add("k", datatypes.Scored{Member: "a", Score: 2}) }, []string{"zadd k"}},
		{"refused", func() { z.AddWith("k", datatypes.AddOptions{IfAbsent: true}, datatypes.Scored{Member: "a", Score: 3}) }, nil},
		{"incr", func() { z.IncrBy("k", "a", 1) }, []string{"zincr k"}},
		{"remove nothing", func() { z.Remove("k", "b") }, nil},
		{"remove the last", func() { z.Remove("k", "a") }, []string{"zrem k", "del k"}},
		{"add three", func() {
			z.Add("k", datatypes.Scored{Member: "a"}, datatypes.Scored{Member: "b"}, datatypes.Scored{Member: "c"})
		}, []string{"zadd k"}},
		{"pop", func() { z.PopMin("k", 1) }, []string{"zpopmin k"}},
		{"store", func() { z.UnionStore("l", datatypes.CombineOptions{}, "k") }, []string{"zunionstore l"}},
		{"store a range", func() { z.RangeStore("m", "k", datatypes.ByRank(0, 0)) }, []string{"zrangestore m"}},
		{"store nothing", func() { z.InterStore("m", datatypes.CombineOptions{}, "k", "none") }, []string{"del m"}},
		{"store nothing in nothing", func() { z.DiffStore("m", "none") }, nil},
		{"store over another type", func() { putHash("h"); z.DiffStore("h", "k") }, []string{"zdiffstore h"}},
		{"remove a range", func() { z.RemoveRange("l", datatypes.ByRank(0, 0)) }, []string{"zremrangebyrank l"}},
		{"remove scores", func() { z.RemoveRange("l", datatypes.ByScore(least, most)) }, []string{"zremrangebyscore l", "del l"}},
		{"pop the rest", func() { z.PopMax("k", 5) }, []string{"zpopmax k", "del k"}},
	}
	for _, s := range steps {
		events = nil
		if s.do(); !slices.Equal(events, s.want) {
			t.Errorf("%s: events %q, want %q", s.name, events, s.want)
		}
	}
}

// TestSortedSetsAtTheLimit: under noeviction a command that needs memory is refused as a whole.
func TestSortedSetsAtTheLimit(t *testing.T) {
	t.Parallel()
	f, keys, _ := full(t, keyspace.Options{Shards: 2})
	z := f.sortedSets()
	f.keys.Del(keys[:len(keys)/2]...)
	for range 200 {
		f.ks.Maintain()
	}
	putSorted(t, f, "dense", 20)
	putSorted(t, f, "large", 500)
	var many []datatypes.Scored
	for i := range 100_000 {
		many = append(many, datatypes.Scored{Member: fmt.Sprintf("member:%06d", i), Score: 1})
	}
	long := datatypes.Scored{Member: strings.Repeat("x", 2<<20)}
	before := f.ks.Stats().UsedBytes
	for name, write := range map[string]func(key string) error{
		"Add":     func(key string) error { _, err := z.Add(key, many...); return err },
		"Add one": func(key string) error { _, err := z.Add(key, long); return err },
		"IncrBy":  func(key string) error { _, err := z.IncrBy(key, long.Member, 1); return err },
	} {
		for key, size := range map[string]int{"dense": 20, "large": 500, "missing": 0} {
			if err := write(key); err != datatypes.ErrOutOfMemory {
				t.Errorf("%s to %s: %v", name, key, err)
			}
			got, err := z.AppendRange(nil, key, datatypes.ByRank(0, -1))
			if err != nil || len(got) != size {
				t.Fatalf("%s left %d members in %s, %v", name, len(got), key, err)
			}
			for i, m := range got {
				if m.Score != float64(i) {
					t.Fatalf("%s: member %d of %s is %+v", name, i, key, m)
				}
			}
		}
		if used := f.ks.Stats().UsedBytes; used != before {
			t.Errorf("%s: %d bytes in use, before %d", name, used, before)
		}
	}
}

// TestSortedSetEvicted: storing a result may evict what it is made of; then it is made of the rest.
func TestSortedSetEvicted(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2, MaxBytes: 4 << 20, Policy: keyspace.AllKeysRandom})
	z := f.sortedSets()
	src := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		a, b, dst := fmt.Sprint(src.IntN(40)), fmt.Sprint(src.IntN(40)), fmt.Sprint(src.IntN(40))
		var many []datatypes.Scored
		for i := range src.IntN(3000) {
			many = append(many, datatypes.Scored{Member: fmt.Sprintf("member:%06d", i), Score: float64(i)})
		}
		if _, err := z.Add(a, many...); err != nil {
			t.Fatal(err)
		}
		n, err := z.UnionStore(dst, datatypes.CombineOptions{}, a, b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := z.AppendRange(nil, dst, datatypes.ByRank(0, -1))
		if err != nil || len(got) != n || !slices.IsSortedFunc(got, compareScored) {
			t.Fatalf("%d members were stored, %d found, %v", n, len(got), err)
		}
		for range 20 {
			f.ks.Maintain()
		}
	}
	if f.ks.Stats().Evicted == 0 {
		t.Error("nothing was evicted")
	}
}

// TestSortedSetsWait: who waits for a sorted set gets what is added, first come, first served, and a context ends the
// wait.
func TestSortedSetsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		z := f.sortedSets()
		type popped struct {
			key    string
			member datatypes.Scored
			ok     bool
			err    error
		}
		first, second := make(chan popped, 1), make(chan popped, 1)
		wait := func(to chan popped, ctx context.Context, pop func(context.Context, ...string) (string, datatypes.Scored, bool, error)) {
			go func() {
				key, member, ok, err := pop(ctx, "a", "b")
				to <- popped{key, member, ok, err}
			}()
			synctest.Wait()
		}
		wait(first, t.Context(), z.BPopMin)
		wait(second, t.Context(), z.BPopMax)
		if added, err := z.Add("b", datatypes.Scored{Member: "x", Score: 1}, datatypes.Scored{Member: "y", Score: 2}, datatypes.Scored{Member: "z", Score: 3}); added != 3 || err != nil {
			t.Fatal(added, err)
		}
		if got, want := <-first, (popped{"b", datatypes.Scored{Member: "x", Score: 1}, true, nil}); got != want {
			t.Errorf("who came first got %+v", got)
		}
		if got, want := <-second, (popped{"b", datatypes.Scored{Member: "z", Score: 3}, true, nil}); got != want {
			t.Errorf("who came second got %+v", got)
		}
		if p, err := z.BPopFirst(t.Context(), 5, false, "a", "b"); err != nil || p.Key != "b" || len(p.Members) != 1 {
			t.Errorf("what need not be waited for: %+v, %v", p, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		wait(first, ctx, z.BPopMin)
		cancel()
		if got := <-first; got.err != context.Canceled {
			t.Errorf("a wait that was ended: %+v", got)
		}
		z.Add("a", datatypes.Scored{Member: "stays"})
		if n, _ := z.Len("a"); n != 1 {
			t.Errorf("%d members after the wait had ended", n)
		}
	})
}
