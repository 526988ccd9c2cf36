package modeltest_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/modeltest"
	"pgregory.net/rapid"
)

// open opens a cache whose time is the test's.
func open(t *rapid.T, o larder.Options) (*larder.Cache, *modeltest.Clock) {
	clock := modeltest.NewClock()
	o.Clock, o.NoMaintenance = clock, true
	c, err := larder.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, clock
}

// TestCache checks all stores of a cache, whose collections become large at a size that varies. Emptied, it holds no
// memory.
func TestCache(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, clock := open(t, larder.Options{Shards: 4, Limits: limits(t)})
		modeltest.Property(func(*rapid.T) modeltest.Stores { return modeltest.Of(c, clock) })(t)
		if err := c.Keys().Flush(); err != nil {
			t.Fatal(err)
		}
		for c.Maintain() {
		}
		if st := c.Stats(); st.UsedBytes != 0 || st.Keys != 0 || st.Volatile != 0 || st.Garbage != 0 {
			t.Fatalf("left of an empty cache: %+v", st)
		}
	})
}

// limits draws the sizes up to which collections are dense: the usual ones or, so that few elements are enough to see
// both forms, some that are small.
func limits(t *rapid.T) (l datatypes.Limits) {
	if rapid.Bool().Draw(t, "small") {
		l = datatypes.Limits{ListSize: rapid.SampledFrom([]int64{1, 5, -1}).Draw(t, "list"), SetIntset: 4, SetEntries: 4, HashEntries: 4, ZSetEntries: 4, HLLSparse: 100}
	}
	return l
}

// TestMaintenance checks stores while expired keys are swept and memory is moved and given back.
func TestMaintenance(t *testing.T) {
	t.Parallel()
	modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
		c, clock := open(t, larder.Options{Shards: 2, Limits: limits(t)})
		s := modeltest.Of(c, clock)
		s.Advance = func(d time.Duration) {
			clock.Advance(d)
			for c.Maintain() {
			}
		}
		return s
	})
}

// TestEviction checks stores of a cache that is full of what another database holds, which writes more whenever the time
// advances.
func TestEviction(t *testing.T) {
	t.Parallel()
	modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
		policy := rapid.SampledFrom([]larder.Policy{larder.AllKeysRandom, larder.AllKeysLRU, larder.AllKeysLFU}).Draw(t, "policy")
		c, clock := open(t, larder.Options{Shards: 2, MaxBytes: 1 << 20, Policy: policy})
		other, err := c.DB(1)
		if err != nil {
			t.Fatal(err)
		}
		written := 0
		press := func() {
			for range 100 {
				other.Strings().Set(strconv.Itoa(written), bytes.Repeat([]byte("f"), 10_000), datatypes.SetOptions{})
				written++
			}
		}
		press()
		s := modeltest.Of(c, clock)
		s.Evicts = true
		s.HyperLogLogs = nil // an estimate does not show whether a few elements went with an evicted key
		s.Advance = func(d time.Duration) {
			clock.Advance(d)
			press()
		}
		return s
	})
}

// TestTransaction checks the stores of a transaction on everything.
func TestTransaction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, _ := open(t, larder.Options{Shards: 4})
		err := c.UpdateAll(func(tx *larder.Tx) error {
			modeltest.Property(func(*rapid.T) modeltest.Stores { return modeltest.Of(tx, nil) })(t)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
