package keyspace

import (
	"fmt"
	"sync"
	"testing"
)

// attackBits is how many leading bits of their hashes the keys of an attack
// share. Tables split a segment for fewer.
const attackBits = 14

// attack returns keys whose hashes under seed begin alike.
var attack = sync.OnceValue(func() []string {
	const n, seed = 500, 1
	ks := &Keyspace{seed: seed}
	keys := make([]string, 0, n)
	for i := 0; len(keys) < n; i++ {
		key := fmt.Sprintf("evil:%d", i)
		if ks.hash(key)>>(64-attackBits) == 0 {
			keys = append(keys, key)
		}
	}
	return keys
})

// TestChosenKeys stores keys that someone who knows the seed would choose, and
// others, and has the table move to another seed while they are used.
func TestChosenKeys(t *testing.T) {
	t.Parallel()
	for _, ordinary := range []int{0, 50, 300} {
		ks, v := open(t, Options{Shards: 1, Seed: 1})
		want := make(map[string]string)
		put := func(key, value string) {
			mustSet(t, v, key, value)
			want[key] = value
		}
		for _, key := range attack() {
			put(key, "evil "+key)
		}
		for i := range ordinary {
			put(numbered(i), fmt.Sprint(i))
		}
		if st := ks.Stats(); st.Skewed != 1 {
			t.Fatalf("%d ordinary keys: the attack is not noticed: %+v", ordinary, st)
		}
		moving := 0
		for i := 0; ks.Stats().Skewed > 0; i++ {
			if i == 10_000 {
				t.Fatalf("%d ordinary keys: the table never is in order again", ordinary)
			}
			ks.Maintain()
			if ks.shards[0].index(0).moving {
				moving++
			}
			// Changes of keys in either table.
			evil := attack()[i%len(attack())]
			put(evil, fmt.Sprint("changed ", i))
			gone := attack()[(i*7+3)%len(attack())]
			del(v, gone)
			delete(want, gone)
			put(fmt.Sprint("late:", i), "late")
			if n, _, _ := v.Len(); n != len(want) {
				t.Fatalf("Len is %d, want %d", n, len(want))
			}
			for key, value := range want {
				if got := get(t, v, key); got != value {
					t.Fatalf("round %d: %q holds %q, want %q", i, key, got, value)
				}
			}
		}
		if moving == 0 && ordinary == 300 {
			t.Error("the table moved in one slice: nothing was tested")
		}
		check(t, ks)
		if st := ks.shards[0].index(0).table.Stats(ks.shards[0].arena); st.Stashed > st.Entries/10 {
			t.Errorf("%d of %d entries are still crowded", st.Stashed, st.Entries)
		}
		v.Flush(false)
		nothingLeft(t, ks)
	}
}

// TestMoveThenFlushOrSwap: a table that is half moved goes as a whole.
func TestMoveThenFlushOrSwap(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(ks *Keyspace, v View) View{
		"flush": func(ks *Keyspace, v View) View { v.Flush(false); return v },
		"swap":  func(ks *Keyspace, v View) View { v.SwapDB(0, 1); return viewOf(ks, 1) },
		"none":  func(ks *Keyspace, v View) View { return v },
	} {
		ks, v := open(t, Options{Shards: 1, Seed: 1})
		for _, key := range attack() {
			mustSet(t, v, key, "x")
		}
		for i := range 300 {
			mustSet(t, v, numbered(i), "x")
		}
		ks.Maintain()
		if !ks.shards[0].index(0).moving {
			t.Fatal("the table does not move")
		}
		v = end(ks, v)
		settle(t, ks)
		want := len(attack()) + 300
		if name == "flush" {
			want = 0
		}
		if n, _, _ := v.Len(); n != want {
			t.Errorf("%s: %d keys, want %d", name, n, want)
		}
		check(t, ks)
		ks.view0().FlushAll(false)
		nothingLeft(t, ks)
	}
}

func (ks *Keyspace) view0() View { return viewOf(ks, 0) }

// TestScanWhileMoving: what a scan promises holds when the table gets another
// seed between its calls, in whose order keys stand elsewhere.
func TestScanWhileMoving(t *testing.T) {
	t.Parallel()
	for stop := 0; stop < 28; stop += 3 {
		ks, v := open(t, Options{Shards: 1, Seed: 1})
		for i := range 400 {
			mustSet(t, v, numbered(i), "x")
		}
		found := make(map[string]bool)
		cursor, calls := uint64(0), 0
		for {
			some, next, err := v.Scan(cursor, 7, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range some {
				found[f.Key] = true
			}
			if cursor = next; next == 0 {
				break
			}
			if calls == stop {
				for _, key := range attack() {
					mustSet(t, v, key, "x")
				}
				ks.Maintain()
				if stop%2 == 0 {
					settle(t, ks)
				}
				for _, key := range attack() {
					del(v, key)
				}
			}
			calls++
		}
		for i := range 400 {
			if !found[numbered(i)] {
				t.Fatalf("moved after call %d: the scan missed %s", stop, numbered(i))
			}
		}
		if ks.shards[0].index(0).moves == 0 {
			t.Error("the table did not move")
		}
	}
}
