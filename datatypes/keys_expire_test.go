package datatypes_test

import (
	"math"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
)

func TestExpire(t *testing.T) {
	t.Parallel()
	const (
		always = datatypes.ExpireAlways
		nx     = datatypes.ExpireNX
		xx     = datatypes.ExpireXX
		gt     = datatypes.ExpireGT
		lt     = datatypes.ExpireLT
	)
	tests := []struct {
		name string
		old  time.Duration // TTL; missing: no key
		ttl  time.Duration
		cond datatypes.ExpireCond
		done bool
		err  error
		want time.Duration
	}{
		{"missing", missing, second, always, false, nil, missing},
		{"first", 0, second, always, true, nil, second},
		{"another", second, 2 * second, always, true, nil, 2 * second},
		{"part of a millisecond", 0, 1, always, true, nil, time.Millisecond},
		{"zero", second, 0, always, true, nil, missing},
		{"negative", 0, -second, always, true, nil, missing},
		{"most negative", 0, math.MinInt64, always, true, nil, missing},
		{"longest", 0, math.MaxInt64, always, true, nil, time.Duration(math.MaxInt64).Truncate(time.Millisecond)},

		{"NX without", 0, second, nx, true, nil, second},
		{"NX with", 2 * second, second, nx, false, nil, 2 * second},
		{"XX without", 0, second, xx, false, nil, noTTL},
		{"XX with", 2 * second, second, xx, true, nil, second},
		{"GT without", 0, second, gt, false, nil, noTTL},
		{"GT shorter", 2 * second, second, gt, false, nil, 2 * second},
		{"GT equal", second, second, gt, false, nil, second},
		{"GT longer", second, 2 * second, gt, true, nil, 2 * second},
		{"LT without", 0, second, lt, true, nil, second},
		{"LT shorter", 2 * second, second, lt, true, nil, second},
		{"LT equal", second, second, lt, false, nil, second},
		{"LT longer", second, 2 * second, lt, false, nil, second},
		{"LT past", second, -second, lt, true, nil, missing},
		{"GT past", second, -second, gt, false, nil, second},
		{"NX past", second, -second, nx, false, nil, second},
		{"XX GT without", 0, second, xx | gt, false, nil, noTTL},
		{"XX GT longer", second, 2 * second, xx | gt, true, nil, 2 * second},
		{"XX LT without", 0, second, xx | lt, false, nil, noTTL},
		{"XX LT shorter", 2 * second, second, xx | lt, true, nil, second},

		{"NX XX", second, 2 * second, nx | xx, false, datatypes.ErrConflict, second},
		{"NX GT", second, 2 * second, nx | gt, false, datatypes.ErrConflict, second},
		{"NX LT", second, 2 * second, nx | lt, false, datatypes.ErrConflict, second},
		{"GT LT", second, 2 * second, gt | lt, false, datatypes.ErrConflict, second},
		{"XX GT LT", second, 2 * second, xx | gt | lt, false, datatypes.ErrConflict, second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := open(t)
			if tt.old != missing {
				f.putTTL(t, "k", "v", tt.old)
			}
			done, err := f.keys.Expire("k", tt.ttl, tt.cond)
			if done != tt.done || err != tt.err {
				t.Errorf("Expire = %v, %v", done, err)
			}
			if got := f.ttl(t, "k"); got != tt.want {
				t.Errorf("TTL %v, want %v", got, tt.want)
			}
		})
		if tt.ttl%time.Millisecond != 0 {
			continue
		}
		t.Run(tt.name+" at", func(t *testing.T) {
			f := open(t)
			if tt.old != missing {
				f.putTTL(t, "k", "v", tt.old)
			}
			done, err := f.keys.ExpireAt("k", at(tt.ttl), tt.cond)
			if done != tt.done || err != tt.err {
				t.Errorf("ExpireAt = %v, %v", done, err)
			}
			if got := f.ttl(t, "k"); got != tt.want {
				t.Errorf("TTL %v, want %v", got, tt.want)
			}
		})
	}
}

// TestFarTimes: times that a duration or 64 bits of milliseconds don't hold.
func TestFarTimes(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v")
	for _, last := range []time.Time{time.UnixMilli(math.MaxInt64), time.UnixMilli(math.MaxInt64 / 2), at(math.MaxInt64).Add(time.Hour)} {
		if ok, err := f.keys.ExpireAt("k", last, 0); !ok || err != nil {
			t.Fatal(last, ok, err)
		}
		if ttl := f.ttl(t, "k"); ttl != math.MaxInt64 {
			t.Errorf("TTL until %v: %v", last, ttl)
		}
		if got, ok, err := f.keys.ExpireTime("k"); got.UnixMilli() != last.UnixMilli() || !ok || err != nil {
			t.Errorf("ExpireTime = %v, %v, %v; want %v", got, ok, err, last)
		}
		if got := f.text(t, "k"); got != "v" {
			t.Errorf("value %q", got)
		}
	}
	ttl := f.ttl(t, "k")
	for _, beyond := range []time.Time{
		time.UnixMilli(math.MaxInt64).Add(time.Millisecond), time.Unix(1<<55, 0), time.Unix(1<<60, 0), time.Unix(1<<62, 0), time.Unix(-1<<60, 0),
	} {
		if ok, err := f.keys.ExpireAt("k", beyond, 0); ok || err != datatypes.ErrInvalidExpire {
			t.Errorf("ExpireAt(%d s) = %v, %v", beyond.Unix(), ok, err)
		}
		if ok, err := f.Set("k", nil, datatypes.SetOptions{ExpireAt: beyond}); ok || err != datatypes.ErrInvalidExpire {
			t.Errorf("Set until %d s: %v, %v", beyond.Unix(), ok, err)
		}
	}
	if got := f.ttl(t, "k"); got != ttl {
		t.Errorf("TTL %v, want %v", got, ttl)
	}
	if ok, err := f.keys.ExpireAt("k", time.Time{}, 0); !ok || err != nil || f.text(t, "k") != none {
		t.Errorf("ExpireAt year 1: %v, %v, value %q", ok, err, f.text(t, "k"))
	}
}

func TestPersist(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, value := range []string{"v", "", "12345"} {
		f.putTTL(t, "k", value, second)
		if ok, err := f.keys.Persist("k"); !ok || err != nil {
			t.Error(ok, err)
		}
		if ok, err := f.keys.Persist("k"); ok || err != nil {
			t.Error("persisted twice:", ok, err)
		}
		f.clock.advance(2 * second)
		if got := f.text(t, "k"); got != value {
			t.Errorf("value %q, want %q", got, value)
		}
	}
	if ok, err := f.keys.Persist("x"); ok || err != nil {
		t.Error(ok, err)
	}
	if st := f.ks.Stats(); st.Volatile != 0 {
		t.Errorf("%d volatile keys", st.Volatile)
	}
}

func TestExpireTime(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "forever", "v")
	f.putTTL(t, "k", "v", 1234*time.Millisecond)
	if got, ok, err := f.keys.ExpireTime("k"); !got.Equal(at(1234*time.Millisecond)) || !ok || err != nil {
		t.Error(got, ok, err)
	}
	if got, ok, err := f.keys.ExpireTime("forever"); !got.IsZero() || !ok || err != nil {
		t.Error(got, ok, err)
	}
	if got, ok, err := f.keys.ExpireTime("x"); !got.IsZero() || ok || err != nil {
		t.Error(got, ok, err)
	}
}

// TestExpiryKeepsTheValue: the expiry takes its place between key and value.
func TestExpiryKeepsTheValue(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, key := range delicateKeys {
		for _, value := range delicateValues {
			f.put(t, key, value)
			for _, step := range []func() (bool, error){
				func() (bool, error) { return f.keys.Expire(key, second, 0) },
				func() (bool, error) { return f.keys.Expire(key, 2*second, 0) },
				func() (bool, error) { return f.keys.Persist(key) },
			} {
				if ok, err := step(); !ok || err != nil {
					t.Fatal(ok, err)
				}
				if got := f.text(t, key); got != value {
					t.Fatalf("key of %d: value of %d became %.30q", len(key), len(value), got)
				}
			}
		}
	}
}
