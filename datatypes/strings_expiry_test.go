package datatypes_test

import (
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
)

func TestAppendGetTTL(t *testing.T) {
	f := open(t)
	f.put(t, "eternal", "v", "number", "12")
	f.putTTL(t, "mortal", "w", time.Minute)
	f.putHash(t, "hash")
	f.clock.advance(time.Second)
	tests := []struct {
		key, value string
		ttl        time.Duration
		ok         bool
		err        error
	}{
		{"eternal", ">v", datatypes.NoTTL, true, nil},
		{"number", ">12", datatypes.NoTTL, true, nil},
		{"mortal", ">w", 59 * time.Second, true, nil},
		{"absent", ">", 0, false, nil},
		{"hash", ">", 0, false, datatypes.ErrWrongType},
	}
	for _, tt := range tests {
		got, ttl, ok, err := f.AppendGetTTL([]byte(">"), tt.key)
		if string(got) != tt.value || ttl != tt.ttl || ok != tt.ok || err != tt.err {
			t.Errorf("%s: %q, %v, %v, %v", tt.key, got, ttl, ok, err)
		}
	}
	f.clock.advance(time.Hour)
	if _, _, ok, err := f.AppendGetTTL(nil, "mortal"); ok || err != nil {
		t.Errorf("after its time: %v, %v", ok, err)
	}
}

func TestComputeEx(t *testing.T) {
	f := open(t)
	type call struct {
		old string
		ttl time.Duration
		ok  bool
	}
	compute := func(key string, o datatypes.SetOptions, op datatypes.Op) (c call, err error) {
		err = f.ComputeEx(key, func(old []byte, ttl time.Duration, ok bool) ([]byte, datatypes.SetOptions, datatypes.Op) {
			c = call{string(old), ttl, ok}
			return []byte("new"), o, op
		})
		return c, err
	}
	set := datatypes.OpSet
	tests := []struct {
		name    string
		ttl     time.Duration // of the key before, zero for none, missing for no key
		o       datatypes.SetOptions
		op      datatypes.Op
		want    string
		wantTTL time.Duration
		err     error
	}{
		{"created", missing, datatypes.SetOptions{}, set, "new", datatypes.NoTTL, nil},
		{"created with a TTL", missing, datatypes.SetOptions{TTL: time.Second}, set, "new", time.Second, nil},
		{"created to keep what it has not", missing, datatypes.SetOptions{KeepTTL: true}, set, "new", datatypes.NoTTL, nil},
		{"kept", time.Minute, datatypes.SetOptions{KeepTTL: true}, set, "new", time.Minute, nil},
		{"renewed", time.Minute, datatypes.SetOptions{TTL: time.Hour}, set, "new", time.Hour, nil},
		{"at a time", 0, datatypes.SetOptions{ExpireAt: at(time.Hour)}, set, "new", time.Hour, nil},
		{"made eternal", time.Minute, datatypes.SetOptions{}, set, "new", datatypes.NoTTL, nil},
		{"if absent", time.Minute, datatypes.SetOptions{IfAbsent: true}, set, "old", time.Minute, nil},
		{"if present", missing, datatypes.SetOptions{IfPresent: true}, set, none, missing, nil},
		{"cancelled", time.Minute, datatypes.SetOptions{TTL: time.Hour}, datatypes.OpCancel, "old", time.Minute, nil},
		{"deleted", time.Minute, datatypes.SetOptions{}, datatypes.OpDelete, none, missing, nil},
		{"deleted nothing", missing, datatypes.SetOptions{}, datatypes.OpDelete, none, missing, nil},
		{"negative", 0, datatypes.SetOptions{TTL: -1}, set, "old", datatypes.NoTTL, datatypes.ErrInvalidExpire},
		{"conflict", 0, datatypes.SetOptions{TTL: 1, KeepTTL: true}, set, "old", datatypes.NoTTL, datatypes.ErrConflict},
	}
	for _, tt := range tests {
		f.keys.Del("k")
		want := call{"", datatypes.NoTTL, false}
		if tt.ttl != missing {
			f.putTTL(t, "k", "old", tt.ttl)
			want = call{"old", f.ttl(t, "k"), true}
		}
		got, err := compute("k", tt.o, tt.op)
		if got != want || err != tt.err {
			t.Errorf("%s: called with %v, want %v; %v", tt.name, got, want, err)
		}
		if got, ttl := f.text(t, "k"), f.ttl(t, "k"); got != tt.want || ttl != tt.wantTTL {
			t.Errorf("%s: %q for %v, want %q for %v", tt.name, got, ttl, tt.want, tt.wantTTL)
		}
	}
	f.putHash(t, "hash")
	if c, err := compute("hash", datatypes.SetOptions{}, set); err != datatypes.ErrWrongType || c != (call{}) {
		t.Errorf("of a hash: %v, %v", c, err)
	}
}
