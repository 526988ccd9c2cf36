package keyspace

import (
	"testing"
	"time"

	"github.com/larderkv/larder/internal/arena"
)

// TestPreparedMemoryIsGivenUp grows a keyspace until memory is prepared ahead for it, and checks that idle maintenance
// returns what growth did not come to use.
func TestPreparedMemoryIsGivenUp(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{Shards: 1, NoMaintenance: true})
	ks.mem.HugePages, ks.mem.HugeFrom = true, 1
	value := make([]byte, 64<<10)
	for i := range 3 * arena.ChunkSize / len(value) {
		if err := set(v, numbered(i), value, 0); err != nil {
			t.Fatal(err)
		}
	}
	held := func() int64 { return int64(ks.shards[0].arena.Resident()) }
	ks.Maintain()
	if ks.mem.Resident() <= held() {
		t.Fatal("nothing was prepared for a keyspace that grows")
	}
	for range 20 {
		ks.Maintain()
	}
	if got := ks.mem.Resident(); got != held() {
		t.Errorf("%d bytes are resident, of which %d are in use by the arena", got, held())
	}
}

// TestHoldsAddUp: what has expired stays until the last of several holds is released, each of which counts once.
func TestHoldsAddUp(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Shards: 1, Clock: clock})
	if err := set(v, "k", []byte("v"), clock.in(time.Second)); err != nil {
		t.Fatal(err)
	}
	clock.advance(time.Minute)
	first, second, other := ks.Hold(true, false), ks.Hold(true, true), ks.Hold(false, true)
	first()
	first()
	settle(t, ks)
	if n := ks.Stats().Keys; n != 1 {
		t.Fatalf("%d keys during a hold", n)
	}
	second()
	settle(t, ks)
	if n := ks.Stats().Keys; n != 0 {
		t.Errorf("%d keys when expiry is held no more", n)
	}
	for i := range 200 {
		mustSet(t, v, numbered(i), string(make([]byte, 64<<10)))
	}
	ks.SetPolicy(AllKeysLRU)
	ks.SetMaxBytes(2 << 20)
	settle(t, ks)
	if n := ks.Stats().Evicted; n != 0 {
		t.Fatalf("%d keys were evicted during a hold", n)
	}
	other()
	settle(t, ks)
	if n := ks.Stats().Evicted; n == 0 {
		t.Error("nothing was evicted when eviction is held no more")
	}
}
