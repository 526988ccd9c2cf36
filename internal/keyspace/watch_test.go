package keyspace

import (
	"testing"
	"time"
)

// TestWatch: a watch notices every change of its key and nothing else.
func TestWatch(t *testing.T) {
	t.Parallel()
	// Before each change "k" and "kb" hold strings, "volatile" one that expires in a
	// second, "gone" one that has expired without anyone having noticed; the others don't exist. In database 1
	// there are "k", "only1" and, expired, "gone1".
	tests := []struct {
		name    string
		watched string
		change  func(ks *Keyspace, v View, c *fakeClock)
		want    bool
	}{
		{"nothing", "k", func(*Keyspace, View, *fakeClock) {}, false},
		{"set", "k", func(_ *Keyspace, v View, _ *fakeClock) { set(v, "k", nil, 0) }, true},
		{"set to the same", "k", func(_ *Keyspace, v View, _ *fakeClock) { set(v, "k", []byte("v"), 0) }, true},
		{"set of an absent key", "absent", func(_ *Keyspace, v View, _ *fakeClock) { set(v, "absent", nil, 0) }, true},
		{"set and deleted", "absent", func(_ *Keyspace, v View, _ *fakeClock) { set(v, "absent", nil, 0); del(v, "absent") }, true},
		{"deleted", "k", func(_ *Keyspace, v View, _ *fakeClock) { del(v, "k") }, true},
		{"delete of nothing", "absent", func(_ *Keyspace, v View, _ *fakeClock) { del(v, "absent") }, false},
		{"expiry set", "k", func(_ *Keyspace, v View, c *fakeClock) { expireKey(v, "k", c.in(time.Hour)) }, true},
		{"expiry removed", "volatile", func(_ *Keyspace, v View, _ *fakeClock) { expireKey(v, "volatile", 0) }, true},
		{"no expiry removed", "k", func(_ *Keyspace, v View, _ *fakeClock) { expireKey(v, "k", 0) }, false},
		{"changed in place", "k", func(_ *Keyspace, v View, _ *fakeClock) {
			var s Slot
			s.Lock(v, "k")
			s.BeginWrite()
			s.Value()[0] = 'x'
			s.Unlock()
		}, true},
		{"encoding", "k", func(_ *Keyspace, v View, _ *fakeClock) {
			var s Slot
			s.Lock(v, "k")
			s.SetEncoding(Raw)
			s.Unlock()
		}, true},
		{"read", "k", func(_ *Keyspace, v View, _ *fakeClock) { v.AppendString(nil, "k") }, false},
		{"touched", "k", func(_ *Keyspace, v View, _ *fakeClock) {
			var s Slot
			s.Lock(v, "k")
			s.Touch()
			s.Unlock()
		}, false},
		{"another key", "k", func(_ *Keyspace, v View, _ *fakeClock) {
			for i := range 1000 { // of every shard
				set(v, numbered(i), nil, 0)
			}
		}, false},
		{"the same key of another database", "k", func(ks *Keyspace, _ View, _ *fakeClock) { set(viewOf(ks, 1), "k", nil, 0) }, false},
		{"renamed", "k", func(_ *Keyspace, v View, _ *fakeClock) { moveKey(v, "k", "absent") }, true},
		{"renamed to", "absent", func(_ *Keyspace, v View, _ *fakeClock) { moveKey(v, "k", "absent") }, true},
		{"copied", "k", func(_ *Keyspace, v View, _ *fakeClock) { copyKey(v, "k", "absent") }, false},
		{"copied to", "absent", func(_ *Keyspace, v View, _ *fakeClock) { copyKey(v, "k", "absent") }, true},
		{"its time came", "volatile", func(_ *Keyspace, _ View, c *fakeClock) { c.advance(time.Minute) }, true},
		{"its time came, swept", "volatile", func(ks *Keyspace, _ View, c *fakeClock) { c.advance(time.Minute); ks.Maintain() }, true},
		{"its time has not come", "volatile", func(ks *Keyspace, _ View, c *fakeClock) { c.advance(time.Second); ks.Maintain() }, false},
		{"expired before", "gone", func(ks *Keyspace, _ View, _ *fakeClock) { ks.Maintain() }, false},
		{"expired before, flushed", "gone", func(_ *Keyspace, v View, _ *fakeClock) { v.Flush(false) }, false},
		{"expired before, set", "gone", func(_ *Keyspace, v View, _ *fakeClock) { set(v, "gone", nil, 0) }, true},
		{"flushed", "k", func(_ *Keyspace, v View, _ *fakeClock) { v.Flush(true) }, true},
		{"all flushed", "k", func(_ *Keyspace, v View, _ *fakeClock) { v.FlushAll(false) }, true},
		{"absent flushed", "absent", func(_ *Keyspace, v View, _ *fakeClock) { v.Flush(false) }, false},
		{"another database flushed", "k", func(ks *Keyspace, _ View, _ *fakeClock) { viewOf(ks, 1).Flush(false) }, false},
		{"swapped, in both", "k", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(0, 1) }, true},
		{"swapped, here only", "kb", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(1, 0) }, true},
		{"swapped, there only", "only1", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(0, 1) }, true},
		{"swapped, in neither", "absent", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(0, 1) }, false},
		{"swapped, expired there", "gone1", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(0, 1) }, false},
		{"swapped with itself", "k", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(0, 0) }, false},
		{"others swapped", "k", func(_ *Keyspace, v View, _ *fakeClock) { v.SwapDB(1, 2) }, false},
		{"evicted", "k", func(ks *Keyspace, _ View, _ *fakeClock) {
			ks.SetPolicy(AllKeysRandom)
			sh := ks.shardOf("k", ks.hash("k"))
			sh.mu.Lock()
			for sh.evictOne() > 0 {
			}
			sh.unlock()
		}, true},
		{"moved by compaction", "k", func(ks *Keyspace, _ View, _ *fakeClock) {
			sh := ks.shardOf("k", ks.hash("k"))
			sh.mu.Lock()
			defer sh.unlock()
			sh.arena.StartEvacuation(1 << 20)
			sh.compact = compactor{active: true}
			for sh.compactSlice(10) {
			}
		}, false},
		{"moved to another seed", "k", func(ks *Keyspace, _ View, _ *fakeClock) {
			sh := ks.shardOf("k", ks.hash("k"))
			sh.mu.Lock()
			defer sh.unlock()
			sh.startMove(sh.index(0))
			sh.finishMove(sh.index(0))
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := newClock()
			ks, v := open(t, Options{Shards: 4, Clock: clock})
			db1 := viewOf(ks, 1)
			mustSet(t, v, "k", "v")
			mustSet(t, v, "kb", "v")
			mustSet(t, db1, "k", "1")
			mustSet(t, db1, "only1", "1")
			set(v, "volatile", nil, clock.in(time.Second+time.Millisecond))
			set(v, "gone", nil, clock.in(-time.Second))
			set(db1, "gone1", nil, clock.in(-time.Second))
			w, all := ks.NewWatch(), ks.NewWatch()
			if err := w.Add(v, tt.watched, tt.watched); err != nil {
				t.Fatal(err)
			}
			all.Add(v, "kb2", "kb3")
			tt.change(ks, v, clock)
			if got, err := w.Changed(v); got != tt.want || err != nil {
				t.Errorf("Changed is %v, %v", got, err)
			}
			err := within(v, func(tv View) error {
				got, err := w.Changed(tv)
				if got != tt.want {
					t.Errorf("inside of a transaction Changed is %v", got)
				}
				return err
			}, tt.watched)
			if err != nil {
				t.Error(err)
			}
			if got, err := all.Changed(v); got || err != nil {
				t.Errorf("Changed of other keys is %v, %v", got, err)
			}
			w.Close()
			all.Close()
			for _, sh := range ks.shards {
				if len(sh.watched) > 0 {
					t.Errorf("after Close %v are watched", sh.watched)
				}
			}
		})
	}
}

func expireKey(v View, key string, at int64) {
	var s Slot
	if s.Lock(v, key) == nil {
		s.SetExpireAt(at)
		s.Unlock()
	}
}

func TestWatchDatabases(t *testing.T) {
	t.Parallel()
	ks, v := open(t, Options{})
	db1 := viewOf(ks, 1)
	w := ks.NewWatch()
	w.Add(v, "a")
	w.Add(db1, "b")
	mustSet(t, v, "b", "")
	mustSet(t, db1, "a", "")
	if got, err := w.Changed(v); got || err != nil {
		t.Errorf("Changed is %v, %v", got, err)
	}
	mustSet(t, db1, "b", "")
	if got, err := w.Changed(v); !got || err != nil {
		t.Errorf("Changed is %v, %v", got, err)
	}
}
