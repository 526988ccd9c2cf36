package datatypes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
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

// TestPopsOfNegativeCounts are refused.
func TestPopsOfNegativeCounts(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.pushed(t, "k", "a")
	for name, pop := range map[string]func(string, int) ([][]byte, bool, error){"LPopN": f.lists.LPopN, "RPopN": f.lists.RPopN} {
		if values, ok, err := pop("k", -1); values != nil || ok || err != datatypes.ErrOutOfRange {
			t.Errorf("%s: %q, %v, %v", name, values, ok, err)
		}
	}
	if n, _ := f.lists.Len("k"); n != 1 {
		t.Errorf("%d elements are left", n)
	}
}
