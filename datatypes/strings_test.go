package datatypes_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

const (
	second = time.Second
	noTTL  = datatypes.NoTTL
)

func TestSet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		old    string // none: the key does not exist
		oldTTL time.Duration
		o      datatypes.SetOptions
		stored bool
		err    error
		ttl    time.Duration
	}{
		{"absent", none, 0, datatypes.SetOptions{}, true, nil, noTTL},
		{"present", "old", 0, datatypes.SetOptions{}, true, nil, noTTL},
		{"drops the TTL", "old", second, datatypes.SetOptions{}, true, nil, noTTL},
		{"TTL", none, 0, datatypes.SetOptions{TTL: 2 * second}, true, nil, 2 * second},
		{"replaces the TTL", "old", second, datatypes.SetOptions{TTL: 2 * second}, true, nil, 2 * second},
		{"part of a millisecond", none, 0, datatypes.SetOptions{TTL: 1}, true, nil, time.Millisecond},
		{"rounded up", none, 0, datatypes.SetOptions{TTL: time.Millisecond + 1}, true, nil, 2 * time.Millisecond},
		{"longest TTL", none, 0, datatypes.SetOptions{TTL: math.MaxInt64}, true, nil, time.Duration(math.MaxInt64).Truncate(time.Millisecond)},
		{"ExpireAt", none, 0, datatypes.SetOptions{ExpireAt: at(3 * second)}, true, nil, 3 * second},
		{"ExpireAt now", "old", 0, datatypes.SetOptions{ExpireAt: at(0)}, true, nil, 0},
		{"ExpireAt past", "old", 0, datatypes.SetOptions{ExpireAt: at(-second)}, true, nil, missing},
		{"KeepTTL absent", none, 0, datatypes.SetOptions{KeepTTL: true}, true, nil, noTTL},
		{"KeepTTL without", "old", 0, datatypes.SetOptions{KeepTTL: true}, true, nil, noTTL},
		{"KeepTTL", "old", second, datatypes.SetOptions{KeepTTL: true}, true, nil, second},
		{"NX absent", none, 0, datatypes.SetOptions{IfAbsent: true}, true, nil, noTTL},
		{"NX present", "old", second, datatypes.SetOptions{IfAbsent: true}, false, nil, second},
		{"XX absent", none, 0, datatypes.SetOptions{IfPresent: true}, false, nil, missing},
		{"XX present", "old", second, datatypes.SetOptions{IfPresent: true}, true, nil, noTTL},
		{"XX with TTL", "old", 0, datatypes.SetOptions{IfPresent: true, TTL: second}, true, nil, second},

		{"NX and XX", "old", second, datatypes.SetOptions{IfAbsent: true, IfPresent: true}, false, datatypes.ErrConflict, second},
		{"KeepTTL and TTL", "old", second, datatypes.SetOptions{KeepTTL: true, TTL: second}, false, datatypes.ErrConflict, second},
		{"KeepTTL and ExpireAt", "old", second, datatypes.SetOptions{KeepTTL: true, ExpireAt: at(second)}, false, datatypes.ErrConflict, second},
		{"TTL and ExpireAt", "old", second, datatypes.SetOptions{TTL: second, ExpireAt: at(second)}, false, datatypes.ErrConflict, second},
		{"TTL and ExpireAt, NX present", "old", second, datatypes.SetOptions{IfAbsent: true, TTL: second, ExpireAt: at(second)}, false, datatypes.ErrConflict, second},
		{"negative TTL", "old", second, datatypes.SetOptions{TTL: -1}, false, datatypes.ErrInvalidExpire, second},
		{"negative TTL, NX present", "old", second, datatypes.SetOptions{IfAbsent: true, TTL: -1}, false, datatypes.ErrInvalidExpire, second},
		{"negative TTL, XX absent", none, 0, datatypes.SetOptions{IfPresent: true, TTL: -1}, false, datatypes.ErrInvalidExpire, missing},
		{"ExpireAt epoch", "old", second, datatypes.SetOptions{ExpireAt: time.Unix(0, 0)}, false, datatypes.ErrInvalidExpire, second},
		{"ExpireAt before the epoch", "old", second, datatypes.SetOptions{ExpireAt: time.Unix(-1, 0)}, false, datatypes.ErrInvalidExpire, second},
		{"ExpireAt beyond milliseconds", "old", second, datatypes.SetOptions{ExpireAt: time.Unix(math.MaxInt64/1000+1, 0)}, false, datatypes.ErrInvalidExpire, second},
	}
	for _, tt := range tests {
		for _, get := range []bool{false, true} {
			name := tt.name
			if get {
				name += " GET"
			}
			t.Run(name, func(t *testing.T) {
				f := open(t)
				if tt.old != none {
					f.putTTL(t, "k", tt.old, tt.oldTTL)
				}
				var stored bool
				var err error
				if get {
					var old []byte
					var existed bool
					old, existed, stored, err = f.SetGet("k", []byte("new"), tt.o)
					if err == nil && (existed != (tt.old != none) || existed && string(old) != tt.old) {
						t.Errorf("old = %q, %v", old, existed)
					}
				} else {
					stored, err = f.Set("k", []byte("new"), tt.o)
				}
				if stored != tt.stored || !errors.Is(err, tt.err) {
					t.Fatalf("stored %v, err %v; want %v, %v", stored, err, tt.stored, tt.err)
				}
				if got := f.ttl(t, "k"); got != tt.ttl {
					t.Errorf("ttl %v, want %v", got, tt.ttl)
				}
				want := tt.old
				switch {
				case tt.ttl == missing:
					want = none
				case tt.stored:
					want = "new"
				}
				if got := f.text(t, "k"); got != want {
					t.Errorf("value %q, want %q", got, want)
				}
			})
		}
	}
}

// Values that read back as other than they were set would betray the
// encodings: integers of each width, their neighbours, and what only looks like one.
var delicateValues = []string{
	"", "0", "-0", "+1", "01", "1 ", " 1", "1.0", "-", "--1", "1e3",
	"1", "-1", "127", "128", "-128", "-129", "255", "256",
	"32767", "32768", "-32768", "-32769", "65535", "65536",
	"2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"99999999999999999999", "\x00", "a\x00b", "\xff\xfe", "-92233720368547758080",
	strings.Repeat("x", 44), strings.Repeat("x", 45), strings.Repeat("x", 255), strings.Repeat("x", 256),
	strings.Repeat("y", 4096), strings.Repeat("z", 33<<10), strings.Repeat("w", 2<<20),
}

// delicateKeys have lengths on both sides of what an entry's header holds.
var delicateKeys = []string{"", "k", "{", "{}", "{}x", "{t}x", "\x00", strings.Repeat("k", 255), strings.Repeat("k", 256), strings.Repeat("k", 70000)}

func TestValuesReadBack(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, key := range delicateKeys {
		for i, value := range delicateValues {
			o := datatypes.SetOptions{}
			if i%2 == 1 {
				o.TTL = second
			}
			if stored, err := f.Set(key, []byte(value), o); !stored || err != nil {
				t.Fatal(stored, err)
			}
			checkReads(t, f, key, value)
		}
		if n, err := f.keys.Len(); n != 1 || err != nil {
			t.Fatalf("Len = %d, %v", n, err)
		}
		if n, err := f.keys.Del(key); n != 1 || err != nil {
			t.Fatalf("Del = %d, %v", n, err)
		}
	}
	if used := f.ks.Stats().UsedBytes; used != 0 {
		t.Errorf("%d bytes in use by nothing", used)
	}
}

// checkReads reads a value by every method that there is.
func checkReads(t *testing.T, f *fixture, key, want string) {
	t.Helper()
	check := func(how string, got []byte, ok bool, err error) {
		t.Helper()
		if string(got) != want || got == nil || !ok || err != nil {
			t.Fatalf("%s(%.20q) = %.40q (nil: %v), %v, %v; want %.40q", how, key, got, got == nil, ok, err, want)
		}
	}
	got, ok, err := f.Get(key)
	check("Get", got, ok, err)
	got, ok, err = f.AppendGet([]byte("dst"), key)
	if !bytes.HasPrefix(got, []byte("dst")) {
		t.Fatalf("AppendGet lost dst: %.20q", got)
	}
	check("AppendGet", got[3:], ok, err)
	ok, err = f.View(key, func(v []byte) error {
		got = append([]byte{}, v...)
		return nil
	})
	check("View", got, ok, err)
	got, ok, err = f.GetEx(key, datatypes.GetExOptions{})
	check("GetEx", got, ok, err)
	got, err = f.GetRange(key, 0, -1)
	check("GetRange", append([]byte{}, got...), true, err)
	all, err := f.MGet(nil, key)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	check("MGet", all[0], true, nil)
	for name, read := range map[string]func([]string, *datatypes.Batch) error{"GetBatch": f.GetBatch, "MGetBatch": f.MGetBatch} {
		var b datatypes.Batch
		err = read([]string{key}, &b)
		if b.Len() != 1 {
			t.Fatalf("%s has %d values", name, b.Len())
		}
		got, ok = b.Value(0)
		check(name, append([]byte{}, got...), ok, err)
	}
	err = f.Compute(key, func(old []byte, exists bool) ([]byte, datatypes.Op) {
		check("Compute", old, exists, nil)
		return nil, datatypes.OpCancel
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Len(key)
	if n != len(want) || err != nil {
		t.Fatalf("Len(%.20q) = %d, %v; want %d", key, n, err, len(want))
	}
}

func TestMissingKey(t *testing.T) {
	t.Parallel()
	f := open(t)
	check := func(how string, got []byte, ok bool, err error) {
		t.Helper()
		if len(got) != 0 || ok || err != nil {
			t.Errorf("%s = %q, %v, %v", how, got, ok, err)
		}
	}
	got, ok, err := f.Get("k")
	check("Get", got, ok, err)
	if got != nil {
		t.Error("Get returned a value that is not nil")
	}
	dst := []byte("dst")
	got, ok, err = f.AppendGet(dst, "k")
	check("AppendGet", got[3:], ok, err)
	ok, err = f.View("k", func([]byte) error { t.Error("called"); return nil })
	check("View", nil, ok, err)
	got, ok, err = f.GetEx("k", datatypes.GetExOptions{TTL: second})
	check("GetEx", got, ok, err)
	got, ok, err = f.GetEx("k", datatypes.GetExOptions{TTL: -second})
	check("GetEx", got, ok, err)
	got, ok, err = f.GetDel("k")
	check("GetDel", got, ok, err)
	got, err = f.GetRange("k", 0, -1)
	check("GetRange", got, false, err)
	if n, err := f.Len("k"); n != 0 || err != nil {
		t.Error(n, err)
	}
	if n, err := f.SetRange("k", 10, nil); n != 0 || err != nil {
		t.Error(n, err)
	}
	if n, _ := f.keys.Len(); n != 0 {
		t.Errorf("reads left %d keys", n)
	}
	// APPEND of nothing creates the key, as in Redis.
	if n, err := f.Append("k", nil); n != 0 || err != nil {
		t.Error(n, err)
	}
	if got := f.text(t, "k"); got != "" {
		t.Errorf("Append of nothing left %q", got)
	}
}

func TestViewReturnsTheError(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v")
	mine := errors.New("mine")
	if ok, err := f.View("k", func([]byte) error { return mine }); !ok || err != mine {
		t.Errorf("View = %v, %v", ok, err)
	}
	func() {
		defer func() { recover() }()
		f.View("k", func([]byte) error { panic("mine") })
	}()
	f.put(t, "k", "still unlocked")
}

func TestGetEx(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		oldTTL time.Duration
		o      datatypes.GetExOptions
		err    error
		ttl    time.Duration
	}{
		{"nothing", second, datatypes.GetExOptions{}, nil, second},
		{"TTL", 0, datatypes.GetExOptions{TTL: second}, nil, second},
		{"another TTL", second, datatypes.GetExOptions{TTL: 2 * second}, nil, 2 * second},
		{"ExpireAt", second, datatypes.GetExOptions{ExpireAt: at(5 * second)}, nil, 5 * second},
		{"ExpireAt now", second, datatypes.GetExOptions{ExpireAt: at(0)}, nil, missing},
		{"ExpireAt past", 0, datatypes.GetExOptions{ExpireAt: at(-second)}, nil, missing},
		{"Persist", second, datatypes.GetExOptions{Persist: true}, nil, noTTL},
		{"Persist nothing", 0, datatypes.GetExOptions{Persist: true}, nil, noTTL},
		{"Persist and TTL", second, datatypes.GetExOptions{Persist: true, TTL: second}, datatypes.ErrConflict, second},
		{"Persist and ExpireAt", second, datatypes.GetExOptions{Persist: true, ExpireAt: at(second)}, datatypes.ErrConflict, second},
		{"TTL and ExpireAt", second, datatypes.GetExOptions{TTL: second, ExpireAt: at(second)}, datatypes.ErrConflict, second},
		{"negative TTL", second, datatypes.GetExOptions{TTL: -1}, datatypes.ErrInvalidExpire, second},
		{"ExpireAt epoch", second, datatypes.GetExOptions{ExpireAt: time.Unix(0, 0)}, datatypes.ErrInvalidExpire, second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := open(t)
			f.putTTL(t, "k", "value", tt.oldTTL)
			got, ok, err := f.GetEx("k", tt.o)
			if !errors.Is(err, tt.err) || ok != (tt.err == nil) || ok && string(got) != "value" {
				t.Fatalf("GetEx = %q, %v, %v; want err %v", got, ok, err, tt.err)
			}
			if got := f.ttl(t, "k"); got != tt.ttl {
				t.Errorf("ttl %v, want %v", got, tt.ttl)
			}
		})
	}
}

func TestGetDel(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v", "i", "12345")
	for key, want := range map[string]string{"k": "v", "i": "12345"} {
		if got, ok, err := f.GetDel(key); string(got) != want || !ok || err != nil {
			t.Errorf("GetDel = %q, %v, %v", got, ok, err)
		}
		if got := f.text(t, key); got != none {
			t.Errorf("still there: %q", got)
		}
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.putTTL(t, "k", "v", 1500*time.Millisecond)
	f.clock.advance(1500 * time.Millisecond)
	// As in Redis a key lives through the millisecond of its expiry.
	if got := f.text(t, "k"); got != "v" {
		t.Errorf("value at its last moment: %q", got)
	}
	if got := f.ttl(t, "k"); got != 0 {
		t.Errorf("ttl at the last moment: %v", got)
	}
	f.clock.advance(time.Millisecond)
	if got := f.text(t, "k"); got != none {
		t.Errorf("expired value: %q", got)
	}
	if st := f.ks.Stats(); st.Keys != 0 || st.Volatile != 0 || st.Expired != 1 || st.UsedBytes != 0 {
		t.Errorf("stats after expiry: %+v", st)
	}
}

// TestExpiredKeyIsAbsent has every method meet a key that has expired and was
// not removed yet.
func TestExpiredKeyIsAbsent(t *testing.T) {
	t.Parallel()
	tests := map[string]func(f *fixture) (any, error){
		"Get": func(f *fixture) (any, error) { _, ok, err := f.Get("k"); return ok, err },
		"GetBatch": func(f *fixture) (any, error) {
			var b datatypes.Batch
			err := f.GetBatch([]string{"k"}, &b)
			_, ok := b.Value(0)
			return ok, err
		},
		"MGet":   func(f *fixture) (any, error) { v, err := f.MGet(nil, "k"); return v[0] != nil, err },
		"GetDel": func(f *fixture) (any, error) { _, ok, err := f.GetDel("k"); return ok, err },
		"GetEx":  func(f *fixture) (any, error) { _, ok, err := f.GetEx("k", datatypes.GetExOptions{}); return ok, err },
		"Set XX": func(f *fixture) (any, error) {
			ok, err := f.Set("k", nil, datatypes.SetOptions{IfPresent: true})
			return ok, err
		},
		"Set NX": func(f *fixture) (any, error) {
			ok, err := f.Set("k", nil, datatypes.SetOptions{IfAbsent: true})
			return !ok, err
		},
		"MSetNX": func(f *fixture) (any, error) { ok, err := f.MSetNX(datatypes.Item{Key: "k"}); return !ok, err },
		"Set KeepTTL": func(f *fixture) (any, error) {
			f.Set("k", nil, datatypes.SetOptions{KeepTTL: true})
			ttl, _, err := f.keys.TTL("k")
			return ttl != noTTL, err
		},
		"IncrBy": func(f *fixture) (any, error) { n, err := f.IncrBy("k", 1); return n != 1, err },
		"Append": func(f *fixture) (any, error) { n, err := f.Append("k", []byte("x")); return n != 1, err },
		"Compute": func(f *fixture) (any, error) {
			got := true
			err := f.Compute("k", func(_ []byte, ok bool) ([]byte, datatypes.Op) { got = ok; return nil, datatypes.OpCancel })
			return got, err
		},
		"Exists":  func(f *fixture) (any, error) { n, err := f.keys.Exists("k"); return n > 0, err },
		"Del":     func(f *fixture) (any, error) { n, err := f.keys.Del("k"); return n > 0, err },
		"Touch":   func(f *fixture) (any, error) { n, err := f.keys.Touch("k"); return n > 0, err },
		"Type":    func(f *fixture) (any, error) { _, ok, err := f.keys.Type("k"); return ok, err },
		"TTL":     func(f *fixture) (any, error) { _, ok, err := f.keys.TTL("k"); return ok, err },
		"Persist": func(f *fixture) (any, error) { ok, err := f.keys.Persist("k"); return ok, err },
		"Expire":  func(f *fixture) (any, error) { ok, err := f.keys.Expire("k", second, 0); return ok, err },
		"Rename": func(f *fixture) (any, error) {
			err := f.keys.Rename("k", "other")
			if err == datatypes.ErrNoSuchKey {
				return false, nil
			}
			return true, err
		},
		"RenameNX onto it": func(f *fixture) (any, error) {
			f.Set("from", nil, datatypes.SetOptions{})
			ok, err := f.keys.RenameNX("from", "k")
			return !ok, err
		},
		"Copy": func(f *fixture) (any, error) {
			ok, err := f.keys.Copy("k", "other", datatypes.CopyOptions{})
			return ok, err
		},
		"Copy onto it": func(f *fixture) (any, error) {
			f.Set("from", nil, datatypes.SetOptions{})
			ok, err := f.keys.Copy("from", "k", datatypes.CopyOptions{})
			return !ok, err
		},
		"Move":   func(f *fixture) (any, error) { ok, err := f.keys.Move("k", 1); return ok, err },
		"Random": func(f *fixture) (any, error) { _, ok, err := f.keys.Random(); return ok, err },
		"Scan": func(f *fixture) (any, error) {
			keys, _, err := f.keys.Scan(0, datatypes.ScanOptions{Count: 1000})
			return len(keys) > 0, err
		},
		"All": func(f *fixture) (any, error) {
			for range f.keys.All() {
				return true, nil
			}
			return false, nil
		},
	}
	for name, seen := range tests {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			f.putTTL(t, "k", "17", second)
			f.clock.advance(second + time.Millisecond)
			if got, err := seen(f); got != false || err != nil {
				t.Errorf("an expired key is seen: %v, %v", got, err)
			}
		})
	}
}

func TestMSet(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.putTTL(t, "a", "old", second)
	if err := f.MSet(items("a", "1", "b", "2", "c", "", "b", "3")...); err != nil {
		t.Fatal(err)
	}
	f.putHash(t, "h")
	got, err := f.MGet([][]byte{[]byte("dst")}, "a", "b", "c", "missing", "h", "a")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{[]byte("dst"), []byte("1"), []byte("3"), {}, nil, nil, []byte("1")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("MGet: -want +got\n%s", diff)
	}
	if ttl := f.ttl(t, "a"); ttl != noTTL {
		t.Errorf("MSet left a TTL of %v", ttl)
	}
	if err := f.MSet(); err != nil {
		t.Error(err)
	}
	if got, err := f.MGet(nil); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
}

// TestMGetOfEmptyValues: an empty value is not nil, which stands for none, even
// where all values are empty.
func TestMGetOfEmptyValues(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "a", "")
	got, err := f.MGet(nil, "a", "missing")
	if err != nil || got[0] == nil || got[1] != nil {
		t.Errorf("MGet = %#v, %v", got, err)
	}
}

func TestMSetNX(t *testing.T) {
	t.Parallel()
	f := open(t)
	if ok, err := f.MSetNX(items("a", "1", "b", "2", "a", "3")...); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := f.MSetNX(items("c", "4", "b", "5")...); ok || err != nil {
		t.Fatal(ok, err)
	}
	if a, b, c := f.text(t, "a"), f.text(t, "b"), f.text(t, "c"); a != "3" || b != "2" || c != none {
		t.Errorf("a %q b %q c %q", a, b, c)
	}
}

func items(pairs ...string) (all []datatypes.Item) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, datatypes.Item{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return all
}

func TestBatches(t *testing.T) {
	t.Parallel()
	f := open(t)
	const n = 300 // several times what is prefetched together
	var keys []string
	var set []datatypes.Item
	for i := range n {
		key := strings.Repeat("k", i)
		keys = append(keys, key, key+"missing")
		set = append(set, datatypes.Item{Key: key, Value: []byte(strings.Repeat("v", i%7))})
	}
	if err := f.SetBatch(set, datatypes.SetOptions{TTL: second}); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func([]string, *datatypes.Batch) error{f.GetBatch, f.MGetBatch} {
		var b datatypes.Batch
		for range 2 {
			if err := read(keys, &b); err != nil || b.Len() != 2*n {
				t.Fatal(err, b.Len())
			}
			for i := range n {
				got, ok := b.Value(2 * i)
				if string(got) != string(set[i].Value) || !ok {
					t.Fatalf("value %d: %q, %v", i, got, ok)
				}
				if got, ok := b.Value(2*i + 1); got != nil || ok {
					t.Fatalf("value of a missing key: %q, %v", got, ok)
				}
			}
		}
		if err := read(nil, &b); err != nil || b.Len() != 0 {
			t.Error(err, b.Len())
		}
	}
	if ttl := f.ttl(t, keys[0]); ttl != second {
		t.Errorf("ttl %v", ttl)
	}
	if err := f.SetBatch(set, datatypes.SetOptions{TTL: -1}); err != datatypes.ErrInvalidExpire {
		t.Error(err)
	}
	if err := f.SetBatch(set, datatypes.SetOptions{IfAbsent: true, IfPresent: true}); err != datatypes.ErrConflict {
		t.Error(err)
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.putTTL(t, "k", "", second)
	want := ""
	for i := range 600 {
		part := strings.Repeat(string(rune('a'+i%26)), i%5)
		want += part
		if n, err := f.Append("k", []byte(part)); n != len(want) || err != nil {
			t.Fatalf("Append = %d, %v; want %d", n, err, len(want))
		}
	}
	if got := f.text(t, "k"); got != want {
		t.Errorf("got %q", got)
	}
	if ttl := f.ttl(t, "k"); ttl != second {
		t.Errorf("ttl %v", ttl)
	}
	for _, v := range []string{"-12", "127", "32767", "9223372036854775807"} {
		f.put(t, "i", v)
		if n, err := f.Append("i", []byte("3")); n != len(v)+1 || err != nil {
			t.Fatal(n, err)
		}
		if got := f.text(t, "i"); got != v+"3" {
			t.Errorf("got %q, want %q", got, v+"3")
		}
	}
}

func TestGetRange(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "s", "This is a string", "i", "-12345", "e", "")
	const lo, hi = math.MinInt64, math.MaxInt64
	tests := []struct {
		key        string
		start, end int64
		want       string
	}{
		{"s", 0, 3, "This"}, {"s", -3, -1, "ing"}, {"s", 0, -1, "This is a string"}, {"s", 10, 100, "string"},
		{"s", 5, 3, ""}, {"s", -1, -5, ""}, {"s", 100, 200, ""}, {"s", 0, -100, "T"}, {"s", -100, 0, "T"},
		{"s", -100, -17, "T"}, {"s", -100, -200, ""}, {"s", 15, 15, "g"}, {"s", 16, 16, ""},
		{"s", lo, hi, "This is a string"}, {"s", hi, lo, ""}, {"s", lo, lo, "T"}, {"s", hi, hi, ""},
		{"i", 0, 1, "-1"}, {"i", -2, -1, "45"}, {"e", 0, -1, ""}, {"e", -1, -1, ""}, {"missing", 0, -1, ""},
	}
	for _, tt := range tests {
		got, err := f.AppendGetRange([]byte("dst:"), tt.key, tt.start, tt.end)
		if string(got) != "dst:"+tt.want || err != nil {
			t.Errorf("GetRange(%s, %d, %d) = %q, %v; want %q", tt.key, tt.start, tt.end, got, err, tt.want)
		}
	}
}

func TestSetRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		old    string
		offset int64
		value  string
		want   string
		err    error
	}{
		{none, 0, "abc", "abc", nil},
		{none, 3, "abc", "\x00\x00\x00abc", nil},
		{none, 5, "", none, nil},
		{"Hello World", 6, "Redis", "Hello Redis", nil},
		{"Hello", 5, "!", "Hello!", nil},
		{"Hello", 7, "!", "Hello\x00\x00!", nil},
		{"Hello", 1, "", "Hello", nil},
		{"Hello", 0, "J", "Jello", nil},
		{"12345", 1, "x", "1x345", nil},
		{"127", 3, "0", "1270", nil},
		{"Hello", -1, "x", "Hello", datatypes.ErrOutOfRange},
		{"Hello", math.MinInt64, "", "Hello", datatypes.ErrOutOfRange},
		{"Hello", keyspace.MaxSize, "x", "Hello", datatypes.ErrTooLarge},
		{"Hello", math.MaxInt64, "x", "Hello", datatypes.ErrTooLarge},
		{"Hello", math.MaxInt64, "", "Hello", nil},
		{none, math.MaxInt64, "x", none, datatypes.ErrTooLarge},
	}
	for _, tt := range tests {
		f := open(t)
		if tt.old != none {
			f.putTTL(t, "k", tt.old, second)
		}
		n, err := f.SetRange("k", tt.offset, []byte(tt.value))
		if err != tt.err {
			t.Errorf("SetRange(%d, %q) on %q: %v, want %v", tt.offset, tt.value, tt.old, err, tt.err)
		}
		got := f.text(t, "k")
		if got != tt.want || err == nil && tt.want != none && n != len(tt.want) {
			t.Errorf("SetRange(%d, %q) on %q: %d, %q; want %q", tt.offset, tt.value, tt.old, n, got, tt.want)
		}
		if tt.old != none && f.ttl(t, "k") != second {
			t.Errorf("SetRange(%d, %q): TTL is %v", tt.offset, tt.value, f.ttl(t, "k"))
		}
	}
}

// TestSetRangeClearsTheGap: memory that is used again must not shine through.
func TestSetRangeClearsTheGap(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", strings.Repeat("x", 1000))
	f.put(t, "k", "x")
	if n, err := f.SetRange("k", 900, []byte("y")); n != 901 || err != nil {
		t.Fatal(n, err)
	}
	if got, want := f.text(t, "k"), "x"+strings.Repeat("\x00", 899)+"y"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	huge := make([]byte, keyspace.MaxSize+1) // never touched, so never resident
	f := newFixture(t, keyspace.Options{MaxBytes: 4 << 20, Policy: keyspace.AllKeysLRU, Shards: 1})
	f.put(t, "k", "v")
	check := func(what string, err error) {
		t.Helper()
		if err != datatypes.ErrTooLarge {
			t.Errorf("%s: %v", what, err)
		}
		if got := f.text(t, "k"); got != "v" {
			t.Fatalf("%s: evicted in vain", what)
		}
	}
	_, err := f.Set("x", huge, datatypes.SetOptions{})
	check("Set", err)
	_, _, _, err = f.SetGet("x", huge, datatypes.SetOptions{})
	check("SetGet", err)
	_, err = f.Append("x", huge)
	check("Append", err)
	_, err = f.Append("k", huge[:keyspace.MaxSize])
	check("Append", err)
	_, err = f.SetRange("x", 1, huge)
	check("SetRange", err)
	_, err = f.SetRange("x", keyspace.MaxSize, []byte("v"))
	check("SetRange", err)
	check("MSet", f.MSet(datatypes.Item{Key: "x", Value: huge}))
	check("SetBatch", f.SetBatch([]datatypes.Item{{Key: "x", Value: huge}}, datatypes.SetOptions{}))
	check("Compute", f.Compute("x", func([]byte, bool) ([]byte, datatypes.Op) { return huge, datatypes.OpSet }))
}

func TestCompute(t *testing.T) {
	t.Parallel()
	f := open(t)
	set := func(value string, op datatypes.Op) func([]byte, bool) ([]byte, datatypes.Op) {
		return func([]byte, bool) ([]byte, datatypes.Op) { return []byte(value), op }
	}
	steps := []struct {
		fn   func([]byte, bool) ([]byte, datatypes.Op)
		want string
		ttl  time.Duration
	}{
		{set("x", datatypes.OpCancel), none, missing},
		{set("x", datatypes.OpDelete), none, missing},
		{set("x", datatypes.OpSet), "x", noTTL},
		{set("y", datatypes.OpCancel), "x", noTTL},
		{func(old []byte, ok bool) ([]byte, datatypes.Op) {
			return append(old, old...), datatypes.OpSet
		}, "xx", noTTL},
		{func(old []byte, ok bool) ([]byte, datatypes.Op) {
			old[0] = 'z'
			return old[:1], datatypes.OpCancel
		}, "xx", noTTL},
		{set("", datatypes.OpDelete), none, missing},
		{set("7", datatypes.OpSet), "7", noTTL},
	}
	for i, step := range steps {
		if err := f.Compute("k", step.fn); err != nil {
			t.Fatal(err)
		}
		if got, ttl := f.text(t, "k"), f.ttl(t, "k"); got != step.want || ttl != step.ttl {
			t.Errorf("step %d: %q, TTL %v", i, got, ttl)
		}
	}
	f.putTTL(t, "k", "v", second)
	if err := f.Compute("k", set("longer value", datatypes.OpSet)); err != nil || f.ttl(t, "k") != second {
		t.Errorf("Compute: %v, TTL %v", err, f.ttl(t, "k"))
	}
}

func TestLCSOfKeys(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "a", "ohmytext", "b", "mynewtext", "i", "1234")
	got, err := f.LCS("a", "b", datatypes.LCSOptions{MinMatchLen: 4})
	want := datatypes.LCSResult{Sequence: []byte("mytext"), Len: 6, Matches: []datatypes.LCSMatch{{A: 4, B: 5, Len: 4}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("LCS: %v, -want +got\n%s", err, diff)
	}
	tests := []struct {
		a, b string
		want int
	}{{"a", "b", 6}, {"a", "a", 8}, {"a", "missing", 0}, {"missing", "missing", 0}, {"i", "i", 4}}
	for _, tt := range tests {
		if n, err := f.LCSLen(tt.a, tt.b, datatypes.LCSOptions{}); n != tt.want || err != nil {
			t.Errorf("LCSLen(%s, %s) = %d, %v; want %d", tt.a, tt.b, n, err, tt.want)
		}
	}
	if _, err := f.LCS("a", "b", datatypes.LCSOptions{MaxTable: 10}); err != datatypes.ErrLCSTooLarge {
		t.Error(err)
	}
}

// TestComputeUnknownOp: an operation that there is not is an error, and changes nothing.
func TestComputeUnknownOp(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v")
	err := f.Compute("k", func([]byte, bool) ([]byte, datatypes.Op) { return []byte("new"), datatypes.OpDelete + 1 })
	if got := f.text(t, "k"); err != datatypes.ErrConflict || got != "v" {
		t.Errorf("%v, %q", err, got)
	}
}
