package keyspace

import (
	"fmt"
	"testing"
	"time"
)

func TestPauses(t *testing.T) {
	clock := newClock()
	ks, v := open(t, Options{Clock: clock, MaxBytes: 2 << 20, Policy: AllKeysLRU, Shards: 1})
	seen := make(map[string]int)
	cancel := ks.OnPause(func(work string, d time.Duration) {
		if d < 0 {
			t.Errorf("%s took %v", work, d)
		}
		seen[work]++
	})
	other := 0
	cancelOther := ks.OnPause(func(string, time.Duration) { other++ })
	mustSet(t, v, "a", "1")
	if len(seen) != 0 {
		t.Errorf("a write that needs no room is told of: %v", seen)
	}
	for i := range 5000 {
		mustSet(t, v, fmt.Sprint(i), string(make([]byte, 1000)))
	}
	evictions := seen[EvictionCycle]
	if evictions == 0 || seen[ExpireCycle] != 0 {
		t.Errorf("after writes beyond the limit: %v", seen)
	}
	if err := set(v, "b", nil, clock.in(time.Second)); err != nil {
		t.Fatal(err)
	}
	clock.advance(2 * time.Second)
	ks.Maintain()
	if seen[ExpireCycle] == 0 {
		t.Errorf("after maintenance: %v", seen)
	}
	cancel()
	before := other
	expired := seen[ExpireCycle]
	if ks.Maintain(); seen[ExpireCycle] != expired || other == before {
		t.Error("cancelling one observer does not leave the other alone")
	}
	cancelOther()
	before = other
	if ks.Maintain(); other != before || ks.pauses.observers.Load() != nil {
		t.Error("nobody observes, and yet time is taken")
	}
}
