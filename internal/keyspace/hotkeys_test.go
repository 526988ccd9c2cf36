package keyspace

import (
	"fmt"
	"testing"
	"time"

	"github.com/larderkv/larder/internal/hotkeys"
)

// TestHotKeys: every kind of operation on a key is one use of it, by whatever way it finds the key.
func TestHotKeys(t *testing.T) {
	clock := newClock()
	ks, v := open(t, Options{Clock: clock})
	counted := v.WithCounters(&Counters{})
	mustSet(t, v, "a", "1")
	mustSet(t, v, "{tag}b", "2")
	ks.TrackHotKeys(hotkeys.Options{Keys: 10, SamplePercent: 100, WindowMillis: 1000})
	operations := []func(){
		func() { get(t, v, "a") },
		func() { get(t, v.WithoutTouch(), "a") },
		func() { get(t, counted, "a") },
		func() { get(t, v, "{tag}b") },
		func() { get(t, v, "missing") },
		func() { v.ReadBatch([]string{"a", "{tag}b", "missing"}, &Batch{}) },
		func() { counted.ReadBatch([]string{"a"}, &Batch{}) },
		func() { mustSet(t, v, "a", "2") },
		func() { del(v, "missing") },
		func() { get(t, viewOf(ks, 1), "a") },
	}
	for _, operation := range operations {
		operation()
	}
	clock.advance(time.Second)
	r := ks.HotKeys()
	if got := fmt.Sprint(r); got != "{[{0 a 6} {0 missing 3} {0 {tag}b 2} {1 a 1}] 12 1000}" {
		t.Errorf("got %v", got)
	}
	get(t, v, "a")
	ks.ResetHotKeys()
	clock.advance(time.Second)
	if r := ks.HotKeys(); r.Samples != 0 {
		t.Errorf("after a reset: %+v", r)
	}
}

// TestHotKeysWithPolicies: what is recorded for eviction does not depend on whether hot keys are tracked.
func TestHotKeysWithPolicies(t *testing.T) {
	for _, policy := range []Policy{NoEviction, AllKeysLRU, AllKeysLFU, VolatileLFU} {
		for _, limit := range []int64{0, 64 << 20} {
			clock := newClock()
			ks, v := open(t, Options{Clock: clock, Policy: policy, MaxBytes: limit})
			before := ks.recorded()
			ks.TrackHotKeys(hotkeys.Options{Keys: 1, SamplePercent: 100, WindowMillis: 1000})
			mustSet(t, v, "a", "1")
			clock.advance(10 * time.Second)
			ks.Maintain()
			get(t, v, "a")
			var s Slot
			if err := s.Lock(v, "a"); err != nil {
				t.Fatal(err)
			}
			idle := s.IdleTime()
			s.Unlock()
			if ks.recorded() != before || before == recordClock && idle != 0 {
				t.Errorf("%v, limit %d: recorded %v, was %v; idle %v", policy, limit, ks.recorded(), before, idle)
			}
			ks.SetPolicy(policy)
			clock.advance(time.Second)
			if r := ks.HotKeys(); r.Samples == 0 {
				t.Errorf("%v: tracking has ended", policy)
			}
			ks.TrackHotKeys(hotkeys.Options{})
			if got := recording(ks.recording.Load()); got != before {
				t.Errorf("%v: %v is recorded in the end", policy, got)
			}
		}
	}
}

// TestMaintenanceEndsWindows: a window ends though nobody asks.
func TestMaintenanceEndsWindows(t *testing.T) {
	clock := newClock()
	ks, v := open(t, Options{Clock: clock})
	ks.TrackHotKeys(hotkeys.Options{Keys: 1, SamplePercent: 100, WindowMillis: 1000})
	get(t, v, "a")
	clock.advance(time.Second)
	ks.Maintain()
	clock.advance(900 * time.Millisecond)
	if r := ks.HotKeys(); r.Samples != 1 || r.Millis != 1000 {
		t.Errorf("got %+v", r)
	}
}

func TestFlushForgetsHotKeys(t *testing.T) {
	clock := newClock()
	ks, v := open(t, Options{Clock: clock})
	ks.TrackHotKeys(hotkeys.Options{Keys: 1, SamplePercent: 100, WindowMillis: 1000})
	mustSet(t, v, "a", "1")
	clock.advance(time.Second)
	if r := ks.HotKeys(); r.Samples != 1 {
		t.Fatalf("got %+v", r)
	}
	if err := v.Flush(false); err != nil {
		t.Fatal(err)
	}
	if r := ks.HotKeys(); len(r.Keys) != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestHotKeysDoNotMakeReadsAllocate(t *testing.T) {
	ks, v := open(t, Options{})
	mustSet(t, v, "a", "1")
	ks.TrackHotKeys(hotkeys.Options{Keys: 1, SamplePercent: 100, WindowMillis: 1000})
	buf := make([]byte, 0, 16)
	if n := testing.AllocsPerRun(100, func() { buf, _, _ = v.AppendString(buf[:0], "a") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
