package datatypes_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestLease: what is done to a key decides whether a lease that was taken before is still good to fill it.
func TestLease(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before string // what the key holds when the lease is taken
		do     func(f *fixture)
		held   bool
	}{
		{"nothing", none, func(*fixture) {}, true},
		{"nothing, present", "old", func(*fixture) {}, true},
		{"read", "old", func(f *fixture) { f.Get("k") }, true},
		{"set", none, func(f *fixture) { f.Set("k", []byte("new"), datatypes.SetOptions{}) }, false},
		{"set again", "old", func(f *fixture) { f.Set("k", []byte("old"), datatypes.SetOptions{}) }, false},
		{"set in a batch", none, func(f *fixture) { f.SetBatch([]datatypes.Item{{Key: "k"}}, datatypes.SetOptions{}) }, false},
		{"set and deleted", none, func(f *fixture) { f.Set("k", nil, datatypes.SetOptions{}); f.keys.Del("k") }, false},
		{"deleted", "old", func(f *fixture) { f.keys.Del("k") }, false},
		{"deleted, absent", none, func(f *fixture) { f.keys.Del("other", "k") }, false},
		{"unlinked, absent", none, func(f *fixture) { f.keys.Unlink("k") }, false},
		{"another deleted", none, func(f *fixture) { f.keys.Del("other") }, true},
		{"flushed", "old", func(f *fixture) { f.keys.Flush() }, false},
		{"flushed, absent", none, func(f *fixture) { f.keys.FlushAll() }, false},
		{"swapped, absent", none, func(f *fixture) { f.keys.SwapDB(0, 1) }, false},
		{"another database flushed", "old", func(f *fixture) { _, keys := f.db(1); keys.Flush() }, true},
		{"lapsed", "old", func(f *fixture) { f.clock.advance(time.Hour) }, true},
		{"lapsed, met", "old", func(f *fixture) { f.clock.advance(time.Hour); f.Get("k") }, true},
		{"lapsed, swept", "old", func(f *fixture) {
			f.clock.advance(time.Hour)
			for f.ks.Maintain() {
			}
		}, true},
		{"lapsed, then set", "old", func(f *fixture) {
			f.clock.advance(time.Hour)
			f.Set("k", nil, datatypes.SetOptions{})
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := open(t)
			if tt.before != none {
				f.putTTL(t, "k", tt.before, time.Minute)
			}
			lease, err := f.Lease("k")
			if err != nil {
				t.Fatal(err)
			}
			defer lease.Close()
			tt.do(f)
			if lease.Held() != tt.held {
				t.Errorf("Held is %v", lease.Held())
			}
			was := f.text(t, "k")
			stored, err := lease.Set([]byte("filled"), datatypes.SetOptions{TTL: time.Second})
			if stored != tt.held || err != nil {
				t.Errorf("Set returned %v, %v", stored, err)
			}
			want, ttl := was, f.ttl(t, "k")
			if tt.held {
				want = "filled"
				if ttl != time.Second {
					t.Errorf("the TTL is %v", ttl)
				}
			}
			if got := f.text(t, "k"); got != want {
				t.Errorf("the key holds %q, want %q", got, want)
			}
			if stored, err := lease.Set([]byte("again"), datatypes.SetOptions{}); stored || err != nil {
				t.Errorf("a second Set returned %v, %v", stored, err)
			}
		})
	}
}

func TestLeaseDelete(t *testing.T) {
	f := open(t)
	take := func() *datatypes.Lease {
		lease, err := f.Lease("k")
		if err != nil {
			t.Fatal(err)
		}
		return lease
	}
	f.put(t, "k", "v")
	first, second := take(), take()
	defer first.Close()
	defer second.Close()
	if ok, err := first.Exists(); !ok || err != nil {
		t.Errorf("Exists returned %v, %v", ok, err)
	}
	if deleted, err := first.Delete(); !deleted || err != nil {
		t.Errorf("Delete returned %v, %v", deleted, err)
	}
	if second.Held() {
		t.Error("the other lease is held")
	}
	if ok, err := second.Exists(); ok || err != nil {
		t.Errorf("Exists returned %v, %v", ok, err)
	}
	f.put(t, "k", "w")
	if deleted, err := second.Delete(); deleted || err != nil || f.text(t, "k") != "w" {
		t.Errorf("Delete through a lost lease returned %v, %v", deleted, err)
	}
	third := take()
	third.Close()
	f.put(t, "k", "x")
	if !third.Held() {
		t.Error("a closed lease still watches")
	}
}

func TestLeaseErrors(t *testing.T) {
	f := open(t)
	lease, err := f.Lease("k")
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	if _, err := lease.Set(nil, datatypes.SetOptions{IfAbsent: true, IfPresent: true}); err != datatypes.ErrConflict {
		t.Error(err)
	}
	if _, err := lease.Set(nil, datatypes.SetOptions{TTL: -1}); err != datatypes.ErrInvalidExpire {
		t.Error(err)
	}
	if !lease.Held() {
		t.Error("lost by an error")
	}
	f.ks.Close()
	if _, err := lease.Set(nil, datatypes.SetOptions{}); err != datatypes.ErrClosed {
		t.Error(err)
	}
	if _, err := lease.Delete(); err != datatypes.ErrClosed {
		t.Error(err)
	}
	if _, err := lease.Exists(); err != datatypes.ErrClosed {
		t.Error(err)
	}
	if _, err := f.Lease("k"); err != datatypes.ErrClosed {
		t.Error(err)
	}
}

// TestLeaseRace: writers of a source write it, then delete the key; fillers take a lease, read the source and fill the
// key. When all are done, the key holds what the source does, or nothing.
func TestLeaseRace(t *testing.T) {
	f := newFixture(t, keyspace.Options{Shards: 1})
	var source atomic.Int32
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 2000 {
				if i == 0 {
					source.Add(1)
					f.keys.Del("k")
					continue
				}
				lease, err := f.Lease("k")
				if err != nil {
					t.Error(err)
					return
				}
				lease.Set([]byte{'v', byte(source.Load()), byte(source.Load() >> 8)}, datatypes.SetOptions{})
				lease.Close()
			}
		})
	}
	wg.Wait()
	n := source.Load()
	if got := f.text(t, "k"); got != none && got != string([]byte{'v', byte(n), byte(n >> 8)}) {
		t.Errorf("the key holds %q, the source %d", got, n)
	}
}
