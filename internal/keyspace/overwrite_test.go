package keyspace

import (
	"strings"
	"testing"
	"time"
)

// TestOverwrite: a string is overwritten in place if that is all there is to do, and left as it was otherwise.
func TestOverwrite(t *testing.T) {
	t.Parallel()
	if !optimistic {
		t.Skip("entries are not found without the lock in this build")
	}
	const was, is = "what it has held", "what it now hold"
	long := strings.Repeat("k", 100)
	tests := []struct {
		name   string
		key    string
		value  string
		before func(t *testing.T, ks *Keyspace, v View) View
		want   bool
	}{
		{"a string", "k", is, nil, true},
		{"a long key", long, is, nil, true},
		{"of a view with counters", "k", is, func(_ *testing.T, _ *Keyspace, v View) View { return v.WithCounters(new(Counters)) }, true},
		{"another length", "k", is + "!", nil, false},
		{"no key", "absent", is, nil, false},
		{"a key with a tag", "key with a {tag}", is, nil, false},
		{"an expiry", "volatile", is, nil, false},
		{"changed in place before", "k", is, func(_ *testing.T, _ *Keyspace, v View) View {
			var s Slot
			s.Lock(v, "k")
			s.SetEncoding(Raw)
			s.Unlock()
			return v
		}, false},
		{"watched", "k", is, func(_ *testing.T, ks *Keyspace, v View) View { ks.NewWatch().Add(v, "k"); return v }, false},
		{"listened to", "k", is, func(_ *testing.T, ks *Keyspace, v View) View { ks.Listen(func(Event) {}); return v }, false},
		{"in a transaction", "k", is, func(t *testing.T, _ *Keyspace, v View) View {
			tx, err := v.Begin("k")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tx.End)
			return tx.View(v)
		}, false},
		{"at the limit", "k", is, func(_ *testing.T, ks *Keyspace, v View) View { ks.SetMaxBytes(1); return v }, false},
		{"closed", "k", is, func(_ *testing.T, ks *Keyspace, v View) View { ks.Close(); return v }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := newClock()
			ks, v := open(t, Options{Clock: clock, Policy: NoEviction})
			for _, key := range []string{"k", long} {
				mustSet(t, v, key, was)
			}
			if err := set(v, "volatile", []byte(was), clock.in(time.Hour)); err != nil {
				t.Fatal(err)
			}
			view := v
			if tt.before != nil {
				view = tt.before(t, ks, v)
			}
			if got := view.Overwrite(tt.key, []byte(tt.value)); got != tt.want {
				t.Fatalf("Overwrite = %v", got)
			}
			if tt.name == "closed" {
				return
			}
			want := was
			if tt.want {
				want = is
			}
			if got := get(t, view, "k"); tt.key == "k" && got != want {
				t.Fatalf("k holds %q", got)
			}
		})
	}
}

// TestOverwriteIsAUse: an overwritten key counts as used.
func TestOverwriteIsAUse(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ks, v := open(t, Options{Clock: clock, Policy: AllKeysLRU})
	mustSet(t, v, "k", "value of sixteen")
	clock.advance(time.Minute)
	ks.Maintain() // which moves the clock of the access bits
	mustSet(t, v, "k", "sixteen of value")
	var s Slot
	if err := s.Lock(v, "k"); err != nil {
		t.Fatal(err)
	}
	defer s.Unlock()
	if idle := s.IdleTime(); idle != 0 {
		t.Fatalf("idle for %v", idle)
	}
}
