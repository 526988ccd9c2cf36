package keyspace

import (
	"fmt"
	"testing"
	"time"
)

// TestSweep: keys that nobody asks for go when their time has come, those
// without an expiry or with a later one stay.
func TestSweep(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Shards: 4, Clock: clock})
	other := viewOf(ks, 5)
	const n = 6000
	var later, never int
	for i := range n {
		at := clock.in(time.Duration(1+i%3) * time.Minute)
		if i%3 == 2 {
			at = 0
			never++
		}
		if i%3 == 1 {
			later++
		}
		view := v
		if i%2 == 1 {
			view = other
		}
		if err := set(view, numbered(i), make([]byte, 100), at); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, ks)
	if st := ks.Stats(); st.Keys != n || st.Expired != 0 {
		t.Fatalf("swept too early: %+v", st)
	}
	clock.advance(time.Minute + time.Millisecond)
	settle(t, ks)
	check(t, ks)
	if st := ks.Stats(); st.Keys != later+never || st.Volatile != later || st.Expired != uint64(n-later-never) {
		t.Errorf("after a minute: %+v, want %d keys", st, later+never)
	}
	clock.advance(time.Hour)
	settle(t, ks)
	check(t, ks)
	st := ks.Stats()
	if st.Keys != never || st.Volatile != 0 {
		t.Errorf("in the end: %+v, want %d keys", st, never)
	}
	if st.ResidentBytes > 2*st.UsedBytes+1<<20 {
		t.Errorf("%d bytes are resident for %d in use", st.ResidentBytes, st.UsedBytes)
	}
	for i := range n {
		view := v
		if i%2 == 1 {
			view = other
		}
		if got := get(t, view, numbered(i)); (got != none) != (i%3 == 2) {
			t.Fatalf("key %d: %q", i, got)
		}
	}
}

// TestMemoryComesBack: after nine of ten keys are deleted the memory of the
// rest comes together.
func TestMemoryComesBack(t *testing.T) {
	t.Parallel()
	for _, size := range []int{20, 300, 5000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			ks, v := open(t, Options{Shards: 2})
			n := 8 << 20 / (size + 60)
			for i := range n {
				if err := set(v, numbered(i), sealed(numbered(i), 1, size), 0); err != nil {
					t.Fatal(err)
				}
			}
			full := ks.Stats()
			for i := range n {
				if i%10 != 0 {
					del(v, numbered(i))
				}
			}
			settle(t, ks)
			check(t, ks)
			st := ks.Stats()
			if limit := full.ResidentBytes/10*3/2 + 1<<20; st.ResidentBytes > limit {
				t.Errorf("%d of %d bytes are resident, %d in use", st.ResidentBytes, full.ResidentBytes, st.UsedBytes)
			}
			for i := range n {
				value, ok, err := v.AppendString(nil, numbered(i))
				if ok != (i%10 == 0) || ok && !intact(numbered(i), value) || err != nil {
					t.Fatalf("key %d: %v, %v, %d bytes", i, ok, err, len(value))
				}
			}
			v.Flush(false)
			nothingLeft(t, ks)
		})
	}
}
