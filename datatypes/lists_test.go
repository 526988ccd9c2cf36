package datatypes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

func values(texts ...string) [][]byte {
	out := make([][]byte, len(texts))
	for i, s := range texts {
		out[i] = []byte(s)
	}
	return out
}

// pushed makes a key hold a list.
func (f *fixture) pushed(t testing.TB, key string, elements ...string) {
	t.Helper()
	if _, err := f.lists.RPush(key, values(elements...)...); err != nil {
		t.Fatal(err)
	}
}

// elements returns the list of a key.
func (f *fixture) elements(t cleaner, key string) []string {
	all, err := f.lists.Range(key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	return texts(all)
}

func numbers(from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint("element ", i))
	}
	return out
}

func TestListCalls(t *testing.T) {
	t.Parallel()
	v := []byte("v")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	// A key of these tests that exists holds no list, so what waits for one gives up.
	gaveUp := func(err error) error {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
	calls[datatypes.Lists]{
		"LPush":      func(l datatypes.Lists, key string) error { _, err := l.LPush(key, v); return err },
		"RPush":      func(l datatypes.Lists, key string) error { _, err := l.RPush(key, v); return err },
		"LPushX":     func(l datatypes.Lists, key string) error { _, err := l.LPushX(key, v); return err },
		"RPushX":     func(l datatypes.Lists, key string) error { _, err := l.RPushX(key, v); return err },
		"LPop":       func(l datatypes.Lists, key string) error { _, _, err := l.LPop(key); return err },
		"RPop":       func(l datatypes.Lists, key string) error { _, _, err := l.RPop(key); return err },
		"AppendLPop": func(l datatypes.Lists, key string) error { _, _, err := l.AppendLPop(nil, key); return err },
		"AppendRPop": func(l datatypes.Lists, key string) error { _, _, err := l.AppendRPop(nil, key); return err },
		"LPopN":      func(l datatypes.Lists, key string) error { _, _, err := l.LPopN(key, 2); return err },
		"RPopN":      func(l datatypes.Lists, key string) error { _, _, err := l.RPopN(key, 2); return err },
		"MPop":       func(l datatypes.Lists, key string) error { _, err := l.MPop(datatypes.Left, 1, key); return err },
		"Len":        func(l datatypes.Lists, key string) error { _, err := l.Len(key); return err },
		"Index":      func(l datatypes.Lists, key string) error { _, _, err := l.Index(key, 0); return err },
		"AppendIndex": func(l datatypes.Lists, key string) error {
			_, _, err := l.AppendIndex(nil, key, 0)
			return err
		},
		"Range": func(l datatypes.Lists, key string) error { _, err := l.Range(key, 0, -1); return err },
		"ViewRange": func(l datatypes.Lists, key string) error {
			return l.ViewRange(key, 0, -1, func(int) {}, func([]byte) {})
		},
		"All": func(l datatypes.Lists, key string) error {
			for range l.All(key) {
				return errors.New("an element of nothing")
			}
			return l.ViewRange(key, 0, -1, func(int) {}, func([]byte) {})
		},
		"Set": func(l datatypes.Lists, key string) error {
			if err := l.Set(key, 0, v); err != datatypes.ErrNoSuchKey {
				return err
			}
			return nil
		},
		"Insert": func(l datatypes.Lists, key string) error { _, err := l.Insert(key, true, v, v); return err },
		"Remove": func(l datatypes.Lists, key string) error { _, err := l.Remove(key, 0, v); return err },
		"Trim":   func(l datatypes.Lists, key string) error { return l.Trim(key, 0, 0) },
		"Pos":    func(l datatypes.Lists, key string) error { _, err := l.Pos(key, v, datatypes.PosOptions{}); return err },
		"Move": func(l datatypes.Lists, key string) error {
			_, _, err := l.Move(key, key, datatypes.Left, datatypes.Right)
			return err
		},
		"AppendMove": func(l datatypes.Lists, key string) error {
			_, _, err := l.AppendMove(nil, key, key, datatypes.Left, datatypes.Right)
			return err
		},
		"BLPop": func(l datatypes.Lists, key string) error { _, _, _, err := l.BLPop(ended, key); return gaveUp(err) },
		"BRPop": func(l datatypes.Lists, key string) error { _, _, _, err := l.BRPop(ended, key); return gaveUp(err) },
		"BMPop": func(l datatypes.Lists, key string) error {
			_, err := l.BMPop(ended, datatypes.Left, 1, key)
			return gaveUp(err)
		},
		"BeginMPop": func(l datatypes.Lists, key string) error {
			_, w, err := l.BeginMPop(datatypes.Left, 1, []string{key}, func(datatypes.ListPopped, error) {})
			if w != nil {
				w.Cancel()
			}
			return err
		},
		"BMove": func(l datatypes.Lists, key string) error {
			_, _, err := l.BMove(ended, key, key, datatypes.Left, datatypes.Left)
			return gaveUp(err)
		},
		"BeginMove": func(l datatypes.Lists, key string) error {
			_, w, err := l.BeginMove(key, key, datatypes.Left, datatypes.Left, func([]byte, error) {})
			if w != nil {
				w.Cancel()
			}
			return err
		},
	}.check(t, datatypes.NewLists)
}

// modelLists compares lists with slices.
type modelLists struct {
	t    *rapid.T
	f    *fixture
	want map[string][]string
}

var listKeys = []string{"a", "b", "{t}1", "{t}2"}

func (m *modelLists) key() string { return rapid.SampledFrom(listKeys).Draw(m.t, "key") }

func (m *modelLists) side() datatypes.Side {
	return datatypes.Side(rapid.IntRange(0, 1).Draw(m.t, "side"))
}

func (m *modelLists) value() string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "x", "y", "0", "-1", "127", "4096", "-9223372036854775808", "007", strings.Repeat("v", 63),
			strings.Repeat("w", 64), strings.Repeat("x", 5000), strings.Repeat("y", 20_000)}),
		rapid.Map(rapid.IntRange(0, 30), func(n int) string { return fmt.Sprint("element ", n) }),
	).Draw(m.t, "value")
}

func (m *modelLists) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *modelLists) put(key string, elements []string) {
	if len(elements) == 0 {
		delete(m.want, key)
		return
	}
	m.want[key] = elements
}

func (m *modelLists) push() {
	key, side := m.key(), m.side()
	var vs []string
	list := slices.Clone(m.want[key])
	for range rapid.SampledFrom([]int{1, 1, 2, 5}).Draw(m.t, "n") {
		vs = append(vs, m.value())
	}
	if len(list) < 600 && rapid.IntRange(0, 3).Draw(m.t, "many") == 0 {
		vs = append(vs, numbers(0, 200)...)
	}
	ifPresent := rapid.IntRange(0, 4).Draw(m.t, "x") == 0
	push := m.f.lists.RPush
	switch {
	case side == datatypes.Left && ifPresent:
		push = m.f.lists.LPushX
	case side == datatypes.Left:
		push = m.f.lists.LPush
	case ifPresent:
		push = m.f.lists.RPushX
	}
	n, err := push(key, values(vs...)...)
	m.must(err)
	if ifPresent && len(list) == 0 {
		vs = nil
	}
	if side == datatypes.Left {
		slices.Reverse(vs)
		list = append(vs, list...)
	} else {
		list = append(list, vs...)
	}
	if n != len(list) {
		m.t.Fatalf("push: length %d, want %d", n, len(list))
	}
	m.put(key, list)
}

// cut removes n elements at a side of a list and returns both.
func cut(list []string, side datatypes.Side, n int) (popped, left []string) {
	n = min(n, len(list))
	if side == datatypes.Left {
		return list[:n], list[n:]
	}
	popped = slices.Clone(list[len(list)-n:])
	slices.Reverse(popped)
	return popped, list[:len(list)-n]
}

func (m *modelLists) pop() {
	key, side, n := m.key(), m.side(), rapid.SampledFrom([]int{0, 1, 2, 5, 100, 2000}).Draw(m.t, "n")
	popN, pop := m.f.lists.LPopN, m.f.lists.LPop
	if side == datatypes.Right {
		popN, pop = m.f.lists.RPopN, m.f.lists.RPop
	}
	if n == 1 {
		want, left := cut(m.want[key], side, 1)
		got, ok, err := pop(key)
		m.must(err)
		if ok != (len(want) == 1) || ok && string(got) != want[0] {
			m.t.Fatalf("pop: %.40q, %v, want %.40q", got, ok, want)
		}
		m.put(key, left)
		return
	}
	want, left := cut(m.want[key], side, n)
	got, ok, err := popN(key, n)
	m.must(err)
	if ok != (m.want[key] != nil) || !slices.Equal(texts(got), want) {
		m.t.Fatalf("pop of %d: %d elements, %v, want %d", n, len(got), ok, len(want))
	}
	m.put(key, left)
}

func (m *modelLists) edit() {
	key := m.key()
	list := slices.Clone(m.want[key])
	value := m.value()
	index := 0
	if len(list) > 0 {
		index = rapid.IntRange(0, len(list)-1).Draw(m.t, "index")
	}
	switch rapid.IntRange(0, 4).Draw(m.t, "edit") {
	case 0, 1:
		err := m.f.lists.Set(key, index, []byte(value))
		if len(list) == 0 {
			if err != datatypes.ErrNoSuchKey {
				m.t.Fatalf("Set of nothing: %v", err)
			}
			return
		}
		m.must(err)
		list[index] = value
	case 2:
		pivot, before := m.value(), rapid.Bool().Draw(m.t, "before")
		if len(list) > 0 && rapid.Bool().Draw(m.t, "present") {
			pivot = list[index]
		}
		want := -1
		at := slices.Index(list, pivot)
		if at >= 0 {
			want = len(list) + 1
			if !before {
				at++
			}
			list = slices.Insert(list, at, value)
		} else if len(list) == 0 {
			want = 0
		}
		got, err := m.f.lists.Insert(key, before, []byte(pivot), []byte(value))
		m.must(err)
		if got != want {
			m.t.Fatalf("Insert: %d, want %d", got, want)
		}
	case 3:
		if len(list) > 0 && rapid.Bool().Draw(m.t, "present") {
			value = list[index]
		}
		count := rapid.SampledFrom([]int{0, 1, -1, 3, -3, 1000}).Draw(m.t, "count")
		want := 0
		most := count
		if count == 0 {
			most = len(list)
		}
		if count < 0 {
			slices.Reverse(list)
			most = -count
		}
		list = slices.DeleteFunc(list, func(s string) bool {
			if s == value && want < most {
				want++
				return true
			}
			return false
		})
		if count < 0 {
			slices.Reverse(list)
		}
		got, err := m.f.lists.Remove(key, count, []byte(value))
		m.must(err)
		if got != want {
			m.t.Fatalf("Remove: %d, want %d", got, want)
		}
	default:
		from := rapid.IntRange(-3, len(list)+1).Draw(m.t, "from")
		to := rapid.IntRange(-3, len(list)+1).Draw(m.t, "to")
		m.must(m.f.lists.Trim(key, from, to))
		n := len(list)
		if from < 0 {
			from = max(from+n, 0)
		}
		if to < 0 {
			to += n
		}
		if to = min(to, n-1); from > to {
			list = nil
		} else {
			list = list[from : to+1]
		}
	}
	m.put(key, list)
}

func (m *modelLists) move() {
	from, to, a, b := m.key(), m.key(), m.side(), m.side()
	got, ok, err := m.f.lists.Move(from, to, a, b)
	m.must(err)
	popped, left := cut(m.want[from], a, 1)
	if ok != (len(popped) == 1) || ok && string(got) != popped[0] {
		m.t.Fatalf("Move: %.40q, %v, want %.40q", got, ok, popped)
	}
	if !ok {
		return
	}
	m.put(from, slices.Clone(left))
	if b == datatypes.Left {
		m.put(to, append([]string{popped[0]}, m.want[to]...))
	} else {
		m.put(to, append(slices.Clone(m.want[to]), popped[0]))
	}
}

func (m *modelLists) moveKey() {
	from, to := m.key(), m.key()
	list, ok := m.want[from]
	if rapid.Bool().Draw(m.t, "copy") {
		if from == to {
			return
		}
		copied, err := m.f.keys.Copy(from, to, datatypes.CopyOptions{Replace: true})
		m.must(err)
		if copied != ok {
			m.t.Fatalf("copied: %v", copied)
		}
	} else if err := m.f.keys.Rename(from, to); ok != (err == nil) {
		m.t.Fatal(err)
	} else if ok {
		delete(m.want, from)
	}
	if ok {
		m.want[to] = list
	}
}

func (m *modelLists) pos() {
	key, value := m.key(), m.value()
	o := datatypes.PosOptions{Rank: rapid.IntRange(-3, 3).Draw(m.t, "rank"), Count: rapid.IntRange(0, 3).Draw(m.t, "count"),
		MaxLen: rapid.SampledFrom([]int{0, 1, 10, 500}).Draw(m.t, "maxlen")}
	list := m.want[key]
	var want []int
	skip, looked := max(o.Rank-1, 0), 0
	if o.Rank < 0 {
		skip = -o.Rank - 1
	}
	for i := range list {
		if o.Rank < 0 {
			i = len(list) - 1 - i
		}
		if looked++; o.MaxLen > 0 && looked > o.MaxLen {
			break
		}
		if list[i] != value {
			continue
		}
		if skip--; skip < 0 && (o.Count == 0 || len(want) < o.Count) {
			want = append(want, i)
		}
	}
	got, err := m.f.lists.Pos(key, []byte(value), o)
	m.must(err)
	if !slices.Equal(got, want) {
		m.t.Fatalf("Pos %+v: %v, want %v", o, got, want)
	}
}

func (m *modelLists) check(*rapid.T) {
	for _, key := range listKeys {
		want := m.want[key]
		if got := m.f.elements(m.t, key); !slices.Equal(got, want) {
			m.t.Fatalf("%s: %d elements, want %d\n%.300q\n%.300q", key, len(got), len(want), got, want)
		}
		i := 0
		for v := range m.f.lists.All(key) {
			if string(v) != want[i] {
				m.t.Fatalf("%s: element %d differs", key, i)
			}
			i++
		}
		n, err := m.f.lists.Len(key)
		m.must(err)
		if n != len(want) || i != n {
			m.t.Fatalf("%s: length %d, want %d", key, n, len(want))
		}
		for _, i := range []int{0, len(want) / 2, len(want) - 1, len(want), -1, -len(want) / 3, -len(want) - 1} {
			got, ok, err := m.f.lists.Index(key, i)
			m.must(err)
			at := i
			if at < 0 {
				at += len(want)
			}
			if in := at >= 0 && at < len(want); ok != in || ok && string(got) != want[at] {
				m.t.Fatalf("%s: at %d %.40q, %v", key, i, got, ok)
			}
		}
		if _, ok, _ := m.f.keys.Encoding(key); ok != (len(want) > 0) {
			m.t.Fatalf("%s exists: %v", key, ok)
		}
	}
}

func TestListsAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := open(rt)
		f.ks.Limits().ListSize.Store(rapid.SampledFrom([]int64{-2, -1, 5, 1}).Draw(rt, "list-max-listpack-size"))
		m := &modelLists{rt, f, make(map[string][]string)}
		act := func(do func()) func(*rapid.T) { return func(*rapid.T) { do() } }
		rt.Repeat(map[string]func(*rapid.T){
			"push": act(m.push), "push more": act(m.push), "pop": act(m.pop), "edit": act(m.edit), "edit more": act(m.edit),
			"move": act(m.move), "move key": act(m.moveKey), "pos": act(m.pos),
			"maintain": func(*rapid.T) { f.ks.Maintain() },
			"":         m.check,
		})
		for _, key := range listKeys {
			f.keys.Del(key)
		}
		for f.ks.Maintain() {
		}
		if st := f.ks.Stats(); st.UsedBytes != 0 {
			rt.Fatalf("%d bytes are left", st.UsedBytes)
		}
	})
}

// TestLargeList takes a list through what is done to large ones.
func TestLargeList(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2})
	const n = 200_000
	all := numbers(0, n)
	for i := 0; i < n; i += 1000 {
		f.pushed(t, "{k}1", all[i:i+1000]...)
	}
	used := f.ks.Stats().UsedBytes
	if usage, _, _ := f.keys.MemoryUsage("{k}1"); int64(usage) > used+64 || int64(usage) < used-used/50 {
		t.Errorf("%d bytes by MEMORY USAGE, %d in use", usage, used)
	}
	if name, _, _ := f.keys.Encoding("{k}1"); name != "quicklist" {
		t.Errorf("encoding %q", name)
	}
	f.keys.Copy("{k}1", "{k}2", datatypes.CopyOptions{})
	f.keys.Copy("{k}1", "elsewhere", datatypes.CopyOptions{})
	f.keys.Rename("{k}2", "{k}3")
	for _, key := range []string{"{k}1", "{k}3", "elsewhere"} {
		if got := f.elements(t, key); !slices.Equal(got, all) {
			t.Errorf("%s: %d elements", key, len(got))
		}
	}
	f.keys.Del("{k}1", "{k}3", "elsewhere")
	rounds := 0
	for ; f.ks.Maintain() || f.ks.Stats().Garbage > 0; rounds++ {
	}
	if rounds < 2 {
		t.Errorf("freed in %d rounds", rounds)
	}
	if st := f.ks.Stats(); st.UsedBytes != 0 {
		t.Errorf("%d bytes are left", st.UsedBytes)
	}
}

// TestListCompaction: lists keep what is in them while their blocks move.
func TestListCompaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	src := rand.New(rand.NewPCG(1, 2))
	want := make(map[string][]string)
	for range 30_000 {
		key, vs := fmt.Sprint("list:", src.IntN(300)), numbers(0, 1+src.IntN(20))
		f.pushed(t, key, vs...)
		want[key] = append(want[key], vs...)
	}
	i := 0
	for key := range want {
		if i++; i%10 > 0 {
			f.keys.Del(key)
			delete(want, key)
		}
	}
	before := f.ks.Stats().ResidentBytes
	for range 2000 {
		f.ks.Maintain()
	}
	for key, vs := range want {
		if got := f.elements(t, key); !slices.Equal(got, vs) {
			t.Fatalf("%s is damaged", key)
		}
	}
	if st := f.ks.Stats(); st.ResidentBytes > before/2 {
		t.Errorf("%d bytes are resident of %d, %d in use", st.ResidentBytes, before, st.UsedBytes)
	}
}

// TestListsAtTheLimit: a push that is refused changes nothing.
func TestListsAtTheLimit(t *testing.T) {
	t.Parallel()
	f, keys, _ := full(t, keyspace.Options{Shards: 2})
	f.keys.Del(keys[:400]...)
	for range 500 { // compaction
		f.ks.Maintain()
	}
	f.pushed(t, "small", "a", "b")
	f.pushed(t, "large", numbers(0, 1000)...)
	was := map[string][]string{"small": f.elements(t, "small"), "large": f.elements(t, "large")}
	huge := bytes.Repeat([]byte("h"), 3_000_000)
	for name, write := range map[string]func(key string) error{
		"LPush":  func(key string) error { _, err := f.lists.LPush(key, []byte("x"), huge, huge); return err },
		"RPush":  func(key string) error { _, err := f.lists.RPush(key, []byte("x"), huge); return err },
		"Set":    func(key string) error { return f.lists.Set(key, 1, huge) },
		"Insert": func(key string) error { _, err := f.lists.Insert(key, true, []byte(was[key][1]), huge); return err },
	} {
		for key, want := range was {
			if err := write(key); err != datatypes.ErrOutOfMemory {
				t.Errorf("%s of %s: %v", name, key, err)
			}
			if got := f.elements(t, key); !slices.Equal(got, want) {
				t.Errorf("%s of %s: %d elements, want %d", name, key, len(got), len(want))
			}
		}
	}
}

// TestListsEvict: pushes at the limit evict others, or the list itself.
func TestListsEvict(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 2 << 20, Policy: keyspace.AllKeysRandom})
	value := bytes.Repeat([]byte("v"), 100)
	for i := range 60_000 {
		key := fmt.Sprint("list:", i%50)
		if _, err := f.lists.LPush(key, value); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if _, err := f.lists.Insert(key, false, value, value); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 == 0 {
			if _, _, err := f.lists.Move(key, "list:0", datatypes.Left, datatypes.Right); err != nil {
				t.Fatal(err)
			}
		}
	}
	if st := f.ks.Stats(); st.Evicted == 0 || st.ResidentBytes > st.MaxBytes+st.MaxBytes/32+1<<16 {
		t.Errorf("%+v", st)
	}
}

func TestListEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	var got []string
	f.ks.Listen(func(e keyspace.Event) { got = append(got, e.Name+" "+e.Key) })
	f.pushed(t, "k", "a", "b", "c", "a")
	f.lists.LPush("k", []byte("d"))
	f.lists.LPop("k")
	f.lists.Set("k", 0, []byte("x"))
	f.lists.Insert("k", true, []byte("b"), []byte("y"))
	f.lists.Remove("k", 0, []byte("a"))
	f.lists.Remove("k", 0, []byte("nothing"))
	f.lists.Trim("k", 0, 0)
	f.lists.Move("k", "l", datatypes.Left, datatypes.Right)
	f.lists.Trim("l", 1, 0)
	want := []string{"rpush k", "lpush k", "lpop k", "lset k", "linsert k", "lrem k", "ltrim k",
		"rpush l", "lpop k", "del k", "ltrim l", "del l"}
	slices.Sort(want)
	slices.Sort(got) // the shards of the keys are not in order
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestNoSuchSide: what is neither the left nor the right is refused at once, so that it never meets an element in the
// hands of who pushes one.
func TestNoSuchSide(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.pushed(t, "k", "a", "b")
	l, none := f.lists, datatypes.Right+1
	for name, do := range map[string]func() error{
		"Move from": func() error { _, _, err := l.Move("k", "k", none, datatypes.Left); return err },
		"Move to":   func() error { _, _, err := l.Move("k", "k", datatypes.Left, none); return err },
		"MPop":      func() error { _, err := l.MPop(none, 1, "k"); return err },
		"BMPop":     func() error { _, err := l.BMPop(t.Context(), none, 1, "nokey"); return err },
		"BMove":     func() error { _, _, err := l.BMove(t.Context(), "nokey", "k", datatypes.Left, none); return err },
	} {
		if err := do(); err != datatypes.ErrConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := l.Range("k", 0, -1); err != nil || !slices.EqualFunc(got, values("a", "b"), bytes.Equal) {
		t.Errorf("the list is %q, %v", got, err)
	}
}

// TestBlockingPops: who waits is served in turn, by whichever write.
func TestBlockingPops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		type popped struct {
			who        int
			key, value string
		}
		got := make(chan popped, 10)
		ctx := t.Context()
		for i, keys := range [][]string{{"a", "b"}, {"b"}, {"b", "a"}} {
			go func() {
				key, v, ok, err := f.lists.BLPop(ctx, keys...)
				if !ok || err != nil {
					t.Error(ok, err)
				}
				got <- popped{i, key, string(v)}
			}()
			synctest.Wait()
		}
		if n, err := f.lists.RPush("b", values("1", "2")...); n != 2 || err != nil {
			t.Error(n, err)
		}
		if n, _ := f.lists.Len("b"); n != 0 {
			t.Errorf("%d elements are left", n)
		}
		synctest.Wait()
		for range 2 {
			if p := <-got; p.key != "b" || p.value != fmt.Sprint(p.who+1) {
				t.Errorf("%+v", p)
			}
		}
		f.pushed(t, "c", "3", "4")
		f.keys.Rename("c", "a")
		if p := <-got; p != (popped{2, "a", "3"}) {
			t.Errorf("%+v", p)
		}
		if all := f.elements(t, "a"); !slices.Equal(all, []string{"4"}) {
			t.Errorf("left: %q", all)
		}
	})
}

// TestBlockingGivesUp: a wait ends with its context, with the cache and, before it
// begins, in a transaction.
func TestBlockingGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, ok, err := f.lists.BRPop(ctx, "k"); ok || err != context.DeadlineExceeded {
			t.Error(ok, err)
		}
		f.pushed(t, "k", "a")
		if all := f.elements(t, "k"); len(all) != 1 {
			t.Error("who has given up was served")
		}
		within(t, f, func(l datatypes.Lists) {
			if _, _, ok, err := l.BLPop(t.Context(), "none"); ok || err != nil {
				t.Error(ok, err)
			}
			if _, ok, err := l.BMove(t.Context(), "none", "none", datatypes.Left, datatypes.Left); ok || err != nil {
				t.Error(ok, err)
			}
		}, "none")
		failed := make(chan error)
		go func() {
			_, err := f.lists.BMPop(t.Context(), datatypes.Left, 5, "none")
			failed <- err
		}()
		synctest.Wait()
		f.ks.Close()
		if err := <-failed; err != datatypes.ErrClosed {
			t.Error(err)
		}
	})
}

// within runs fn with the lists of a transaction over keys.
func within(t testing.TB, f *fixture, fn func(datatypes.Lists), keys ...string) {
	t.Helper()
	var tx keyspace.Tx
	if err := tx.Begin(f.view, keys...); err != nil {
		t.Fatal(err)
	}
	defer tx.End()
	fn(datatypes.NewLists(tx.View(f.view)))
}

// TestBlockingMove: the element goes on to who waits for it at the destination; a destination
// of another type is an error that keeps it.
func TestBlockingMove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		done := make(chan error)
		go func() {
			p, err := f.lists.BMPop(t.Context(), datatypes.Right, 9, "to")
			if p.Key != "to" || !slices.Equal(texts(p.Values), []string{"v"}) {
				t.Errorf("%+v", p)
			}
			done <- err
		}()
		synctest.Wait()
		go func() {
			v, ok, err := f.lists.BMove(t.Context(), "from", "to", datatypes.Left, datatypes.Left)
			if !ok || string(v) != "v" {
				t.Errorf("%q, %v", v, ok)
			}
			done <- err
		}()
		synctest.Wait()
		f.pushed(t, "from", "v")
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		go func() {
			_, _, err := f.lists.BMove(t.Context(), "from", "string", datatypes.Left, datatypes.Left)
			done <- err
		}()
		synctest.Wait()
		f.put(t, "string", "s")
		f.pushed(t, "from", "w")
		if err := <-done; err != datatypes.ErrWrongType {
			t.Error(err)
		}
		if all := f.elements(t, "from"); !slices.Equal(all, []string{"w"}) {
			t.Errorf("left: %q", all)
		}
	})
}
