package keyspace

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var policies = []Policy{NoEviction, AllKeysLRU, AllKeysLFU, AllKeysRandom, VolatileLRU, VolatileLFU, VolatileRandom, VolatileTTL}

func TestPolicyNames(t *testing.T) {
	t.Parallel()
	for _, p := range policies {
		got, err := ParsePolicy(p.String())
		if got != p || err != nil {
			t.Errorf("%d is %q, which is parsed as %d, %v", p, p.String(), got, err)
		}
	}
	if _, err := ParsePolicy("lru"); err == nil {
		t.Error("lru is a policy")
	}
}

// overLimit is by how much of the limit memory may exceed it for moments.
const overLimit = 20

// TestLimitHolds writes many times the limit, of values of all sizes, under
// every policy that evicts.
func TestLimitHolds(t *testing.T) {
	t.Parallel()
	const limit = 8 << 20
	for _, policy := range policies[1:] {
		for _, shards := range []int{1, 4} {
			t.Run(fmt.Sprint(policy, " ", shards), func(t *testing.T) {
				t.Parallel()
				clock := newClock()
				ks, v := open(t, Options{Shards: shards, MaxBytes: limit, Policy: policy, Clock: clock})
				kept := map[string]bool{}
				src := rand.New(rand.NewPCG(1, 2))
				if policy.volatile() {
					for i := range 1000 { // keys that must stay
						key := fmt.Sprint("kept:", i)
						if err := set(v, key, sealed(key, 1, 200), 0); err != nil {
							t.Fatal(err)
						}
						kept[key] = true
					}
				}
				refused := 0
				for i := range 12_000 {
					key := numbered(i)
					size := 8 << src.IntN(11)
					if err := set(v, key, sealed(key, 2, size+src.IntN(size)), clock.in(time.Hour+time.Duration(i)*time.Second)); err == ErrOutOfMemory {
						refused++
					} else if err != nil {
						t.Fatal(err)
					}
					if got := ks.mem.Resident(); got > limit+limit/overLimit {
						t.Fatalf("%d bytes are resident after %d writes", got, i)
					}
					if i%64 == 0 {
						clock.advance(time.Second)
						ks.Maintain()
					}
				}
				st := ks.Stats()
				if st.Evicted < 1000 || refused > 0 {
					t.Errorf("%d keys were evicted, %d writes refused", st.Evicted, refused)
				}
				if st.UsedBytes < limit*2/5 {
					t.Errorf("only %d bytes are used", st.UsedBytes)
				}
				for key := range kept {
					if got := get(t, v, key); !intact(key, []byte(got)) {
						t.Fatalf("%s, which has no expiry, is gone", key)
					}
				}
				settle(t, ks)
				check(t, ks)
				v.FlushAll(false)
				nothingLeft(t, ks)
			})
		}
	}
}

// TestVolatileOnly: where no key with an expiry is left, writes fail and the
// other keys stay; before, the last of them is found among many others.
func TestVolatileOnly(t *testing.T) {
	t.Parallel()
	for _, policy := range []Policy{VolatileLRU, VolatileLFU, VolatileRandom, VolatileTTL} {
		clock := newClock()
		ks, v := open(t, Options{Shards: 1, MaxBytes: 2 << 20, Policy: policy, Clock: clock})
		const volatile = 8
		stored := 0
		for i := range 20_000 {
			at := int64(0)
			if i%200 == 0 && i/200 < volatile {
				at = clock.in(time.Hour)
			}
			if set(v, numbered(i), make([]byte, 200), at) != nil {
				break
			}
			stored++
		}
		for i := range 1000 {
			ks.Maintain()
			if err := set(v, fmt.Sprint("more:", i), make([]byte, 200), 0); err != nil {
				break
			}
		}
		st := ks.Stats()
		if st.Volatile != 0 || st.Evicted != volatile {
			t.Errorf("%v: writes fail while %d volatile keys are left, %d were evicted", policy, st.Volatile, st.Evicted)
		}
		for i := range stored {
			if got := get(t, v, numbered(i)); got == none && (i%200 != 0 || i/200 >= volatile) {
				t.Fatalf("%v: key %d without an expiry is gone", policy, i)
			}
		}
		if err := set(v, "large", make([]byte, 1<<20), 0); err != ErrOutOfMemory {
			t.Errorf("%v: %v", policy, err)
		}
	}
}

// TestVictims: what each policy should keep outlives what it should not.
func TestVictims(t *testing.T) {
	t.Parallel()
	tests := []struct {
		policy Policy
		// good has keys of this number kept by what touch and expiry do.
		touch  bool
		expiry func(clock *fakeClock, good bool) int64
	}{
		{AllKeysLRU, true, func(*fakeClock, bool) int64 { return 0 }},
		{AllKeysLFU, true, func(*fakeClock, bool) int64 { return 0 }},
		{VolatileLRU, true, func(c *fakeClock, _ bool) int64 { return c.in(time.Hour * 24) }},
		{VolatileLFU, true, func(c *fakeClock, _ bool) int64 { return c.in(time.Hour * 24) }},
		{VolatileTTL, false, func(c *fakeClock, good bool) int64 {
			if good {
				return c.in(time.Hour * 1000)
			}
			return c.in(time.Hour * 24)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.policy.String(), func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			ks, v := open(t, Options{Shards: 1, MaxBytes: 4 << 20, Policy: tt.policy, Clock: clock})
			value := make([]byte, 200)
			const n, written = 8000, 30_000 // about twice what there is room for, then as much again
			good := func(i int) bool { return i < n && i%8 == 0 }
			for i := range written {
				if err := set(v, numbered(i), value, tt.expiry(clock, good(i))); err != nil {
					t.Fatal(err)
				}
				if i%100 == 0 {
					clock.advance(time.Second)
					ks.Maintain()
				}
				if i%500 == 0 && tt.touch {
					for range 3 {
						for j := 0; j < min(i, n); j++ {
							if good(j) {
								v.AppendString(nil, numbered(j))
							}
						}
					}
				}
			}
			goodLeft, badLeft, goods, bads := 0, 0, 0, 0
			for i := range n {
				v = v.WithoutTouch()
				there := get(t, v, numbered(i)) != none
				switch {
				case good(i) && there:
					goodLeft++
					fallthrough
				case good(i):
					goods++
				case there:
					badLeft++
					fallthrough
				default:
					bads++
				}
			}
			// Of the others, all are much older than what was written last, which
			// counts for nothing where frequency decides.
			byFrequency := tt.policy == AllKeysLFU || tt.policy == VolatileLFU
			if goodLeft*10 < goods*9 || badLeft*10 > bads && !byFrequency {
				t.Errorf("kept %d of %d that should stay and %d of %d that should go", goodLeft, goods, badLeft, bads)
			}
		})
	}
}

// TestNoEviction: at the limit writes fail and change nothing, and deleting
// makes room again.
func TestNoEviction(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 2, MaxBytes: 2 << 20})
	value := strings.Repeat("v", 500)
	n := 0
	for ; n < 10_000; n++ {
		if err := set(v, numbered(n), []byte(value), 0); err != nil {
			if err != ErrOutOfMemory {
				t.Fatal(err)
			}
			break
		}
	}
	if n < 2000 || n > 4500 {
		t.Errorf("%d values of 500 bytes fitted in 2 MiB", n)
	}
	large := make([]byte, 1<<20)
	for i := range 20 {
		key := numbered(i)
		if err := set(v, key, large, 0); err != ErrOutOfMemory {
			t.Fatal(err)
		}
		if got := get(t, v, key); got != value {
			t.Fatalf("%s was changed to %d bytes", key, len(got))
		}
	}
	if st := ks.Stats(); st.Evicted != 0 || st.Keys != n {
		t.Errorf("%+v, want %d keys", st, n)
	}
	for i := range n {
		del(v, numbered(i))
	}
	settle(t, ks)
	if err := set(v, "large", large, 0); err != nil {
		t.Errorf("no room in an empty cache: %v", err)
	}
	check(t, ks)
}

// TestRoomInAnotherShard: a write is not refused for want of memory that stands free in another shard, however large it
// is, and no key is evicted for it.
func TestRoomInAnotherShard(t *testing.T) {
	t.Parallel()
	const limit, size = 32 << 20, 12 << 20
	for _, policy := range []Policy{NoEviction, AllKeysLRU} {
		t.Run(policy.String(), func(t *testing.T) {
			t.Parallel()
			ks, v := open(t, Options{Shards: 2, MaxBytes: limit, Policy: policy})
			inShard := func(i int) string { // a key of shard i
				for n := 0; ; n++ {
					if key := fmt.Sprint("large:", n); ks.shardOf(key, ks.hash(key)) == ks.shards[i] {
						return key
					}
				}
			}
			full := ks.shards[0]
			value := string(make([]byte, 4<<10))
			var gone []string
			for i := 0; full.arena.Resident() < limit*7/8; i++ {
				if key := numbered(i); ks.shardOf(key, ks.hash(key)) == full {
					mustSet(t, v, key, value)
					gone = append(gone, key)
				}
			}
			kept := len(gone) / 4
			for _, key := range gone[kept:] {
				del(v, key)
			}
			if full.arena.Releasable() < size {
				t.Fatalf("only %d bytes stand free in the other shard", full.arena.Releasable())
			}
			if err := set(v, inShard(1), make([]byte, size), 0); err != nil {
				t.Errorf("a write of %d bytes with %d free in the other shard: %v", size, full.arena.Releasable(), err)
			}
			if st := ks.Stats(); st.Evicted != 0 || st.Keys != kept+1 || st.ResidentBytes > limit+limit/overLimit {
				t.Errorf("%+v", st)
			}
			check(t, ks)
		})
	}
}

// TestLowerLimit: maintenance evicts down to a limit that was lowered.
func TestLowerLimit(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 2, Policy: AllKeysLRU})
	for i := range 20_000 {
		mustSet(t, v, numbered(i), strings.Repeat("v", 300))
	}
	ks.SetMaxBytes(3 << 20)
	settle(t, ks)
	st := ks.Stats()
	if st.ResidentBytes > 3<<20+3<<20/overLimit || st.UsedBytes < 3<<20/2 || st.Evicted == 0 {
		t.Errorf("%+v", st)
	}
	check(t, ks)
}

// TestLeastLimit: under a limit that is less than what a shard takes nothing can be stored, and nothing stays but what
// may not be evicted.
func TestLeastLimit(t *testing.T) {
	t.Parallel()
	for policy := NoEviction; policy <= VolatileTTL; policy++ {
		t.Run(policy.String(), func(t *testing.T) {
			t.Parallel()
			const n = 1000
			ks, v := open(t, Options{Shards: 2, Policy: policy})
			for i := range n {
				mustSet(t, v, numbered(i), strings.Repeat("v", 300))
			}
			ks.SetMaxBytes(1)
			settle(t, ks)
			left := n
			if policy != NoEviction && !policy.volatile() {
				left = 0
			}
			if st := ks.Stats(); st.Keys != left {
				t.Errorf("%+v, want %d keys", st, left)
			}
			if err := set(v, "new", []byte("v"), 0); err != ErrOutOfMemory {
				t.Errorf("a key is stored: %v", err)
			}
			ks.SetMaxBytes(0)
			mustSet(t, v, "new", "v")
			check(t, ks)
		})
	}
}

// TestEvictionEvents: what is evicted is announced, and only that is gone.
func TestEvictionEvents(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4, MaxBytes: 4 << 20, Policy: AllKeysRandom})
	gone := map[string]bool{}
	defer ks.Listen(func(e Event) {
		if e.Name == "evicted" {
			if e.Class != ClassEvicted || gone[e.Key] {
				t.Errorf("event %+v", e)
			}
			gone[e.Key] = true
		}
	})()
	const n = 10_000
	for i := range n {
		mustSet(t, v, numbered(i), strings.Repeat("v", 1000))
	}
	settle(t, ks)
	for i := range n {
		if (get(t, v, numbered(i)) == none) != gone[numbered(i)] {
			t.Fatalf("key %d: gone, announced: %v", i, gone[numbered(i)])
		}
	}
	if st := ks.Stats(); int(st.Evicted) != len(gone) || len(gone) < n/2 {
		t.Errorf("%d evicted, %d announced", st.Evicted, len(gone))
	}
}

// TestFewLargeEntries runs a loop longer than the cache over entries so large that a handful fill it: what it held first
// should stay, as in a cache of many.
func TestFewLargeEntries(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{Shards: 1, MaxBytes: 2 << 20, Policy: AllKeysLFU})
	value := make([]byte, 60<<10)
	const keys, rounds = 50, 60 // 33 fit
	hits := 0
	for i := range keys * rounds {
		key := numbered(i % keys)
		if get(t, v, key) != none {
			hits++
		} else if err := set(v, key, value, 0); err != nil {
			t.Fatal(err)
		}
	}
	if hits < keys*rounds/2 {
		t.Errorf("%d hits of %d", hits, keys*rounds)
	}
}

// TestEvictionIsMeasured: where few entries fit, room is made for one by evicting about as many bytes.
func TestEvictionIsMeasured(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{Shards: 1, MaxBytes: 2 << 20, Policy: AllKeysLFU})
	value := make([]byte, 28<<10) // some 70 fit
	before := 0
	for i := range 1000 {
		if err := set(v, numbered(i), value, 0); err != nil {
			t.Fatal(err)
		}
		n, _, _ := v.Len()
		if n < before-1 {
			t.Errorf("one set evicted %d keys", before-n+1)
		}
		before = n
	}
}

// TestMeetLimitIsMeasured: maintenance evicts no more than brings memory below the limit.
func TestMeetLimitIsMeasured(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1, MaxBytes: 4 << 20, Policy: AllKeysLFU})
	value := make([]byte, 40<<10) // of pages of their own, which all go with them
	const n = 80
	for i := range n {
		if err := set(v, numbered(i), value, 0); err != nil {
			t.Fatal(err)
		}
	}
	resident := ks.mem.Resident()
	ks.SetMaxBytes(resident - 10*int64(len(value)))
	settle(t, ks)
	if gone := n - ks.Stats().Keys; gone < 8 || gone > 14 {
		t.Errorf("%d of %d keys were evicted for the bytes of ten", gone, n)
	}
}
