package keyspace

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestTransfers moves amounts between keys in transactions while others take
// the sum of all in one; it must never change.
func TestTransfers(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 8})
	const accounts, workers, rounds, sum = 10, 4, 300, 1000
	names := make([]string, accounts)
	for i := range names {
		names[i] = fmt.Sprint("account:", i)
		setInt(v, names[i], sum/accounts)
	}
	total := func(v View) (n int64) {
		for _, name := range names {
			var s Slot
			if err := s.Lock(v, name); err != nil {
				t.Error(err)
				return 0
			}
			n += IntValue(s.Value())
			s.Unlock()
		}
		return n
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			src := rand.New(rand.NewPCG(uint64(w), 3))
			for range rounds {
				from, to := names[src.IntN(accounts)], names[src.IntN(accounts)]
				err := within(v, func(v View) error {
					for key, by := range map[string]int64{from: -1, to: 1} {
						var s Slot
						if err := s.Lock(v, key); err != nil {
							return err
						}
						n := IntValue(s.Value())
						s.Unlock()
						if from != to {
							setInt(v, key, n+by)
						}
					}
					return nil
				}, from, to)
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			var b Batch
			b.Atomic = true
			for r := range rounds {
				switch r % 3 {
				case 0:
					within(v, func(v View) error {
						if got := total(v); got != sum {
							t.Errorf("the sum is %d", got)
						}
						return nil
					}, names...)
				case 1:
					var tx Tx
					if err := tx.BeginAll(v); err != nil {
						t.Error(err)
						return
					}
					if got := total(tx.View(v)); got != sum {
						t.Errorf("the sum of all is %d", got)
					}
					tx.End()
				default:
					if err := v.ReadBatch(names, &b); err != nil {
						t.Error(err)
					}
					got := 0
					for i := range names {
						value, _ := b.Value(i)
						n := 0
						fmt.Sscan(string(value), &n)
						got += n
					}
					if got != sum {
						t.Errorf("the sum of a batch is %d", got)
					}
				}
			}
		})
	}
	wg.Wait()
	_ = ks
}

// TestNoDeadlock mixes everything that takes several locks, in any order, and
// transactions within transactions.
func TestNoDeadlock(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4, MaxBytes: 4 << 20, Policy: AllKeysLRU})
	defer ks.Listen(func(e Event) {
		if e.Name == "del" {
			v.Len()
		}
	})()
	const workers, rounds, keys = 6, 250, 30
	work := func(w int) {
		src := rand.New(rand.NewPCG(uint64(w), 4))
		key := func() string { return numbered(src.IntN(keys)) }
		for range rounds {
			switch src.IntN(10) {
			case 0, 1:
				a, b := key(), key()
				within(v, func(tv View) error {
					set(tv, a, make([]byte, src.IntN(20_000)), 0)
					set(tv, key(), nil, 0) // perhaps not declared
					return within(tv, func(tv View) error { return set(tv, b, nil, 0) }, b, a)
				}, a, b)
			case 2:
				var tx Tx
				if tx.BeginAll(v) == nil {
					tv := tx.View(v)
					tv.Flush(src.IntN(2) == 0)
					tv.SwapDB(0, 1)
					tv.SwapDB(0, 1)
					tx.End()
				}
			case 3:
				v.SwapDB(src.IntN(3), src.IntN(3))
			case 4:
				v.FlushAll(src.IntN(2) == 0)
			case 5:
				w := ks.NewWatch()
				w.Add(v, key(), key())
				w.Changed(v)
				w.Close()
			case 6:
				v.Random()
				v.Scan(0, 100, nil, nil)
			case 7:
				ks.Maintain()
				ks.Stats()
			default:
				copyKey(v, key(), key()+"x")
				for range 20 {
					set(v, key(), make([]byte, src.IntN(20_000)), 0)
				}
				del(v, key())
			}
		}
	}
	done := make(chan struct{})
	go func() {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() { work(w) })
		}
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		panic("deadlock") // with the stacks of all goroutines
	}
	check(t, ks)
}

func TestNotDeclared(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 4})
	other := otherShard(ks, "{a}1")
	within(v, func(tv View) error {
		if err := set(tv, "{a}2", nil, 0); err != nil {
			t.Errorf("a key of the same tag: %v", err)
		}
		if err := set(tv, other, nil, 0); err != ErrNotDeclared {
			t.Errorf("set: %v", err)
		}
		if _, _, err := tv.AppendString(nil, other); err != ErrNotDeclared {
			t.Errorf("get: %v", err)
		}
		var tx Tx
		if err := tx.Begin(tv, "{a}1", other); err != ErrNotDeclared {
			t.Errorf("nested: %v", err)
		}
		if _, _, err := tv.Len(); err != ErrNotDeclared {
			t.Errorf("len: %v", err)
		}
		if err := tv.Flush(false); err != ErrNotDeclared {
			t.Errorf("flush: %v", err)
		}
		if err := tv.SwapDB(0, 1); err != ErrNotDeclared {
			t.Errorf("swapdb: %v", err)
		}
		return nil
	}, "{a}1")
	if get(t, v, "{a}2") == none || get(t, v, other) != none {
		t.Error("what was set is not what is there")
	}
}

// TestTags: keys go by the tag that Redis Cluster would see in them.
func TestTags(t *testing.T) {
	t.Parallel()
	ks, _ := open(t, Options{Shards: 64})
	shard := func(key string) int { return ks.shardOf(key, ks.hash(key)).number }
	for _, keys := range [][]string{
		{"{user}1", "{user}2", "a{user}b", "user"},
		{"{a}{b}", "a", "x{a}{c}"},
		{"{{a}", "{a"},
	} {
		for _, key := range keys[1:] {
			if shard(key) != shard(keys[0]) {
				t.Errorf("%q is not where %q is", key, keys[0])
			}
		}
	}
	for _, whole := range []string{"{}x", "{x", "x}", "}x{", "{}{a}"} {
		if want := int(ks.hash(whole) & ks.shardMask); shard(whole) != want {
			t.Errorf("%q has a tag", whole)
		}
	}
}
