package datatypes_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

func (f *fixture) hashes() datatypes.Hashes { return datatypes.NewHashes(f.view) }

// fieldsOf returns fields whose names and values alternate in pairs.
func fieldsOf(pairs ...string) (fields []datatypes.Field) {
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, datatypes.Field{Name: pairs[i], Value: []byte(pairs[i+1])})
	}
	return fields
}

// numberedFields returns n fields that expire in no way.
func numberedFields(n int) (fields []datatypes.Field) {
	for i := range n {
		fields = append(fields, datatypes.Field{Name: fmt.Sprintf("field:%05d", i), Value: fmt.Appendf(nil, "value %d", i)})
	}
	return fields
}

// hset sets fields that alternate with their values.
func (f *fixture) hset(t testing.TB, key string, pairs ...string) {
	t.Helper()
	if _, err := f.hashes().Set(key, fieldsOf(pairs...)...); err != nil {
		t.Fatal(err)
	}
}

// hash returns the fields of a hash, by name, as "name=value".
func (f *fixture) hash(t testing.TB, key string) []string {
	t.Helper()
	fields, err := f.hashes().GetAll(key)
	if err != nil {
		t.Fatalf("GetAll(%q): %v", key, err)
	}
	var out []string
	for _, field := range fields {
		out = append(out, field.Name+"="+string(field.Value))
	}
	slices.Sort(out)
	return out
}

func (f *fixture) encoding(t testing.TB, key string) string {
	t.Helper()
	name, _, err := f.keys.Encoding(key)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// hashForms make a small hash small, or large, or large with expiry.
var hashForms = map[string]func(f *fixture, key string){
	"listpack":  func(*fixture, string) {},
	"hashtable": func(f *fixture, key string) { f.ks.Limits().HashEntries.Store(0) },
	"expiring": func(f *fixture, key string) {
		f.hashes().SetEx(key, datatypes.SetOptions{TTL: time.Hour}, datatypes.Field{Name: "expires"})
		f.ks.Limits().HashEntries.Store(0)
	},
}

// eachForm runs a test on hashes of all forms. Those that expire have a field "expires".
func eachForm(t *testing.T, test func(t *testing.T, f *fixture, own []string)) {
	for name, form := range hashForms {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			form(f, "h")
			var own []string
			if name == "expiring" {
				own = []string{"expires="}
			}
			test(t, f, own)
		})
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	eachForm(t, func(t *testing.T, f *fixture, own []string) {
		h := f.hashes()
		if n, err := h.Set("h", fieldsOf("a", "1", "b", "2", "a", "3")...); n != 2 || err != nil {
			t.Errorf("Set: %d, %v", n, err)
		}
		if n, err := h.Set("h", fieldsOf("b", "", "", "empty")...); n != 1 || err != nil {
			t.Errorf("Set: %d, %v", n, err)
		}
		if n, err := h.Set("h"); n != 0 || err != nil {
			t.Errorf("Set of nothing: %d, %v", n, err)
		}
		if got, want := f.hash(t, "h"), append([]string{"=empty", "a=3", "b="}, own...); !slices.Equal(got, want) {
			t.Errorf("holds %q, want %q", got, want)
		}
		if set, err := h.SetIfAbsent("h", "a", []byte("x")); set || err != nil {
			t.Errorf("SetIfAbsent: %v, %v", set, err)
		}
		if set, err := h.SetIfAbsent("h", "c", []byte("-12")); !set || err != nil {
			t.Errorf("SetIfAbsent: %v, %v", set, err)
		}
		if v, ok, err := h.Get("h", "b"); v == nil || len(v) != 0 || !ok || err != nil {
			t.Errorf("Get of an empty value: %q, %v, %v", v, ok, err)
		}
		if v, ok, err := h.Get("h", "nofield"); v != nil || ok || err != nil {
			t.Errorf("Get of a missing field: %q, %v, %v", v, ok, err)
		}
		if v, ok, err := h.AppendGet([]byte("x"), "h", "c"); string(v) != "x-12" || !ok || err != nil {
			t.Errorf("AppendGet: %q, %v, %v", v, ok, err)
		}
		vs, err := h.GetMany(nil, "h", "a", "nofield", "b", "c")
		if want := [][]byte{[]byte("3"), nil, {}, []byte("-12")}; !reflect.DeepEqual(vs, want) || err != nil {
			t.Errorf("GetMany: %q, %v", vs, err)
		}
		if n, err := h.Len("h"); n != 4+len(own) || err != nil {
			t.Errorf("Len: %d, %v", n, err)
		}
		if n, err := h.ValueLen("h", "c"); n != 3 || err != nil {
			t.Errorf("ValueLen: %d, %v", n, err)
		}
		if n, err := h.ValueLen("h", "nofield"); n != 0 || err != nil {
			t.Errorf("ValueLen of a missing field: %d, %v", n, err)
		}
		if ok, err := h.Exists("h", ""); !ok || err != nil {
			t.Errorf("Exists: %v, %v", ok, err)
		}
		names, err := h.Fields("h")
		if slices.Sort(names); len(names) != 4+len(own) || names[0] != "" || err != nil {
			t.Errorf("Fields: %q, %v", names, err)
		}
		values, err := h.Values("h")
		slices.SortFunc(values, bytes.Compare)
		if got := string(bytes.TrimPrefix(bytes.Join(values, []byte(",")), []byte(","))); !strings.HasSuffix(got, "-12,3,empty") || err != nil {
			t.Errorf("Values: %q, %v", values, err)
		}
		vs, err = h.GetDel(nil, "h", "a", "nofield", "a")
		if want := [][]byte{[]byte("3"), nil, nil}; !reflect.DeepEqual(vs, want) || err != nil {
			t.Errorf("GetDel: %q, %v", vs, err)
		}
		if n, err := h.Delete("h", "b", "b", "nofield"); n != 1 || err != nil {
			t.Errorf("Delete: %d, %v", n, err)
		}
		if n, err := h.Delete("h", "", "c", "expires"); n != 2+len(own) || err != nil {
			t.Errorf("Delete of the rest: %d, %v", n, err)
		}
		if n, _ := f.keys.Exists("h"); n != 0 {
			t.Error("the empty hash is there")
		}
		for _, v := range []int{must(h.Len("h")), must(h.Delete("h", "a")), must(h.ValueLen("h", "a"))} {
			if v != 0 {
				t.Errorf("of a missing key: %d", v)
			}
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestHashNumbers(t *testing.T) {
	t.Parallel()
	eachForm(t, func(t *testing.T, f *fixture, _ []string) {
		h := f.hashes()
		if n, err := h.IncrBy("h", "n", -5); n != -5 || err != nil {
			t.Errorf("IncrBy: %d, %v", n, err)
		}
		if n, err := h.IncrBy("h", "n", math.MaxInt64); n != math.MaxInt64-5 || err != nil {
			t.Errorf("IncrBy: %d, %v", n, err)
		}
		if _, err := h.IncrBy("h", "n", 6); err != datatypes.ErrOverflow {
			t.Errorf("IncrBy beyond the range: %v", err)
		}
		f.hset(t, "h", "text", "text", "float", "1.5")
		if _, err := h.IncrBy("h", "float", 1); err != datatypes.ErrFieldNotInteger {
			t.Errorf("IncrBy of a float: %v", err)
		}
		if x, err := h.IncrByFloat("h", "float", 0.25); x != 1.75 || err != nil {
			t.Errorf("IncrByFloat: %v, %v", x, err)
		}
		if x, err := h.IncrByFloatText("h", "new", "0.1"); x != "0.1" || err != nil {
			t.Errorf("IncrByFloatText: %v, %v", x, err)
		}
		for _, bad := range []struct {
			err  error
			want error
		}{
			{errorOf(h.IncrByFloat("h", "text", 1)), datatypes.ErrFieldNotFloat},
			{errorOf(h.IncrByFloat("h", "float", math.Inf(1))), datatypes.ErrNaNOrInfinity},
			{errorOf(h.IncrByFloat("h", "float", math.NaN())), datatypes.ErrNaNOrInfinity},
			{errorOf(h.IncrByFloatText("h", "float", "x")), datatypes.ErrNotFloat},
			{errorOf(h.IncrByFloatText("h", "float", "inf")), datatypes.ErrNaNOrInfinity},
		} {
			if bad.err != bad.want {
				t.Errorf("error %v, want %v", bad.err, bad.want)
			}
		}
		if got := string(must(h.GetMany(nil, "h", "text", "float"))[1]); got != "1.75" {
			t.Errorf("a failed operation left %q", got)
		}
	})
}

func errorOf[T any](_ T, err error) error { return err }

// TestHashEncodings: a hash becomes large at its limits and stays so.
func TestHashEncodings(t *testing.T) {
	t.Parallel()
	f := open(t)
	h := f.hashes()
	expect := func(what, want string) {
		t.Helper()
		if got := f.encoding(t, "h"); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	all := numberedFields(513)
	must(h.Set("h", all[:512]...))
	expect("512 fields", "listpack")
	must(h.Set("h", all[100]))
	expect("one again", "listpack")
	must(h.Set("h", all[512]))
	expect("513 fields", "hashtable")
	if got := f.hash(t, "h"); len(got) != 513 || got[512] != "field:00512=value 512" {
		t.Errorf("%d fields after the conversion", len(got))
	}
	must(h.Delete("h", all[0].Name, all[1].Name))
	expect("511 fields again", "hashtable")
	f.keys.Del("h")
	must(h.Set("h", all...))
	expect("513 fields at once", "hashtable")
	f.keys.Del("h")
	long := strings.Repeat("x", 65)
	must(h.Set("h", fieldsOf("a", long[:64], long[:64], "b")...))
	expect("64 bytes", "listpack")
	must(h.SetIfAbsent("h", "a", []byte(long)))
	expect("65 bytes that are not set", "listpack")
	f.ks.Limits().HashEntries.Store(1)
	must(h.Set("h", fieldsOf("a", "c")...))
	expect("a limit that was lowered", "hashtable")
	f.keys.Del("h")
	must(h.IncrBy("h", long, 1))
	expect("a long field", "hashtable")
	f.keys.Del("h")
	must(h.Set("h", fieldsOf("a", "1")...))
	must(h.Expire("h", second, datatypes.ExpireXX, "a"))
	must(h.Expire("h", second, 0, "nofield"))
	expect("no field with an expiry", "listpack")
	must(h.Expire("h", second, 0, "a"))
	expect("a field with an expiry", "hashtable")
}

func TestHashLimitsOfSize(t *testing.T) {
	t.Parallel()
	f := open(t)
	h := f.hashes()
	f.hset(t, "h", "a", "1")
	huge := make([]byte, keyspace.MaxSize+1) // never written, so it takes no memory
	long := unsafe.String(unsafe.SliceData(huge), len(huge))
	for name, err := range map[string]error{
		"value":       errorOf(h.Set("h", datatypes.Field{Name: "b"}, datatypes.Field{Name: "a", Value: huge})),
		"field":       errorOf(h.Set("h", datatypes.Field{Name: long})),
		"key":         errorOf(h.Set(long, datatypes.Field{Name: "a"})),
		"if absent":   errorOf(h.SetIfAbsent("h", "b", huge)),
		"with expiry": errorOf(h.SetEx("h", datatypes.SetOptions{TTL: second}, datatypes.Field{Name: "b", Value: huge})),
		"number":      errorOf(h.IncrBy("h", long, 1)),
	} {
		if err != datatypes.ErrTooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := f.hash(t, "h"); !slices.Equal(got, []string{"a=1"}) {
		t.Errorf("holds %q", got)
	}
	large := bytes.Repeat([]byte("v"), 10<<20)
	must(h.Set("h", datatypes.Field{Name: "large", Value: large}))
	large = append(large, large...)
	must(h.Set("h", datatypes.Field{Name: "large", Value: large}))
	if got, _, err := h.Get("h", "large"); !bytes.Equal(got, large) || err != nil {
		t.Errorf("a large value: %d bytes, %v", len(got), err)
	}
}

func TestHashRandom(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10, 600} {
		f := open(t)
		h := f.hashes()
		must(h.Set("h", numberedFields(n)...))
		for _, count := range []int{0, 1, n / 2, n - 1, n, n + 1, -1, -5 * n} {
			fields, err := h.Random("h", count)
			want := min(max(count, -count), n)
			if count < 0 {
				want = -count
			}
			if len(fields) != want || err != nil {
				t.Errorf("%d of %d: %d fields, %v", count, n, len(fields), err)
			}
			seen := map[string]bool{}
			for _, field := range fields {
				if v, _, _ := h.Get("h", field.Name); !bytes.Equal(v, field.Value) {
					t.Errorf("%q has the value %q", field.Name, field.Value)
				}
				seen[field.Name] = true
			}
			if count > 0 && len(seen) != want {
				t.Errorf("%d of %d: %d different fields", count, n, len(seen))
			}
		}
		counts := map[string]float64{}
		const draws = 20_000
		for range draws / 100 {
			for _, field := range must(h.Random("h", -100)) {
				counts[field.Name]++
			}
		}
		chi, want := 0.0, float64(draws)/float64(n)
		for _, field := range numberedFields(n) {
			chi += (counts[field.Name] - want) * (counts[field.Name] - want) / want
		}
		if limit := float64(n-1) + 5*math.Sqrt(2*float64(n)); chi > limit {
			t.Errorf("of %d fields: statistic %.0f, at most %.0f", n, chi, limit)
		}
	}
	f := open(t)
	if fields, err := f.hashes().Random("nokey", 5); len(fields) != 0 || err != nil {
		t.Errorf("of a missing key: %v, %v", fields, err)
	}
	f.hset(t, "h", "a", "1")
	if _, err := f.hashes().Random("h", -1<<25); err != datatypes.ErrOutOfRange {
		t.Errorf("very many: %v", err)
	}
	f.hset(t, "h", "a", strings.Repeat("x", 1<<20))
	if _, err := f.hashes().Random("h", -1000); err != datatypes.ErrOutOfRange {
		t.Errorf("very many bytes: %v", err)
	}
}

// TestHashScan: what stays is seen, what was never there is not, though the hash
// grows, shrinks and becomes large between calls.
func TestHashScan(t *testing.T) {
	t.Parallel()
	for round := range 12 {
		f := newFixture(t, keyspace.Options{Seed: uint64(round + 1)})
		h := f.hashes()
		stay := numberedFields(100 + 50*round)
		must(h.Set("h", stay...))
		seen := map[string]string{}
		for cursor, calls := uint64(0), 0; ; calls++ {
			fields, next, err := h.Scan("h", cursor, datatypes.ElementScanOptions{Count: 7})
			if err != nil {
				t.Fatal(err)
			}
			for _, field := range fields {
				seen[field.Name] = string(field.Value)
			}
			if cursor = next; cursor == 0 {
				break
			}
			for i := range 100 {
				name := fmt.Sprint("other", (calls*37+i)%1000)
				if calls/8%2 == 0 {
					must(h.Set("h", datatypes.Field{Name: name, Value: []byte("x")}))
				} else {
					must(h.Delete("h", name))
				}
			}
		}
		for _, field := range stay {
			if seen[field.Name] != string(field.Value) {
				t.Fatalf("round %d: field %q was scanned as %q", round, field.Name, seen[field.Name])
			}
			delete(seen, field.Name)
		}
		for name, value := range seen {
			if !strings.HasPrefix(name, "other") || value != "x" {
				t.Errorf("the scan invented %q", name)
			}
		}
	}
	f := open(t)
	must(f.hashes().Set("h", numberedFields(600)...))
	n := 0
	for name, value := range f.hashes().All("h") {
		if want := must(f.hashes().GetMany(nil, "h", name))[0]; !bytes.Equal(value, want) {
			t.Errorf("All has %q of %q", value, name)
		}
		n++
		f.hashes().Set("h", datatypes.Field{Name: "while iterating"})
	}
	if n < 600 {
		t.Errorf("All has %d fields", n)
	}
	for range f.hashes().All("h") {
		break
	}
	fields, _, err := f.hashes().Scan("h", 0, datatypes.ElementScanOptions{Match: "*:0010?", Count: 10_000})
	if len(fields) != 10 || err != nil {
		t.Errorf("%d fields match, %v", len(fields), err)
	}
}

// TestHashEvents compares the events of operations with Redis' and Valkey's.
func TestHashEvents(t *testing.T) {
	t.Parallel()
	ttl := datatypes.SetOptions{TTL: second}
	past := datatypes.SetOptions{ExpireAt: time.UnixMilli(1)}
	for name, tt := range map[string]struct {
		do   func(h datatypes.Hashes) error
		want string
	}{
		"Set":                   {func(h datatypes.Hashes) error { return errorOf(h.Set("h", fieldsOf("a", "1")...)) }, "hset"},
		"SetIfAbsent":           {func(h datatypes.Hashes) error { return errorOf(h.SetIfAbsent("h", "z", nil)) }, "hset"},
		"SetIfAbsent in vain":   {func(h datatypes.Hashes) error { return errorOf(h.SetIfAbsent("h", "a", nil)) }, ""},
		"IncrBy":                {func(h datatypes.Hashes) error { return errorOf(h.IncrBy("h", "n", 1)) }, "hincrby"},
		"IncrByFloat":           {func(h datatypes.Hashes) error { return errorOf(h.IncrByFloat("h", "n", 1)) }, "hincrbyfloat"},
		"IncrBy in vain":        {func(h datatypes.Hashes) error { h.IncrBy("h", "a", 1); return nil }, ""},
		"Delete":                {func(h datatypes.Hashes) error { return errorOf(h.Delete("h", "a")) }, "hdel"},
		"Delete of nothing":     {func(h datatypes.Hashes) error { return errorOf(h.Delete("h", "z")) }, ""},
		"Delete of all":         {func(h datatypes.Hashes) error { return errorOf(h.Delete("h", "a", "b")) }, "hdel del"},
		"GetDel":                {func(h datatypes.Hashes) error { return errorOf(h.GetDel(nil, "h", "a", "b")) }, "hdel del"},
		"Expire":                {func(h datatypes.Hashes) error { return errorOf(h.Expire("h", second, 0, "a", "b")) }, "hexpire"},
		"Expire of nothing":     {func(h datatypes.Hashes) error { return errorOf(h.Expire("h", second, 0, "z")) }, ""},
		"Expire at once":        {func(h datatypes.Hashes) error { return errorOf(h.Expire("h", 0, 0, "a", "z")) }, "hexpired"},
		"Expire of all at once": {func(h datatypes.Hashes) error { return errorOf(h.Expire("h", -1, 0, "a", "b")) }, "hexpired del"},
		"Persist":               {func(h datatypes.Hashes) error { h.Expire("h", second, 0, "a"); return errorOf(h.Persist("h", "a")) }, "hexpire hpersist"},
		"Persist of nothing":    {func(h datatypes.Hashes) error { return errorOf(h.Persist("h", "a", "z")) }, ""},
		"GetEx": {func(h datatypes.Hashes) error {
			return errorOf(h.GetEx(nil, "h", datatypes.GetExOptions{TTL: second}, "a"))
		}, "hexpire"},
		"GetEx without a time": {func(h datatypes.Hashes) error { return errorOf(h.GetEx(nil, "h", datatypes.GetExOptions{}, "a")) }, ""},
		"GetEx with a past time": {func(h datatypes.Hashes) error {
			return errorOf(h.GetEx(nil, "h", datatypes.GetExOptions{ExpireAt: past.ExpireAt}, "a", "b"))
		}, "hexpired del"},
		"SetEx": {func(h datatypes.Hashes) error { return errorOf(h.SetEx("h", ttl, fieldsOf("a", "1")...)) }, "hset hexpire"},
		"SetEx without a time": {func(h datatypes.Hashes) error {
			return errorOf(h.SetEx("h", datatypes.SetOptions{}, fieldsOf("a", "1")...))
		}, "hset"},
		"SetEx with a past time":  {func(h datatypes.Hashes) error { return errorOf(h.SetEx("h", past, fieldsOf("a", "1")...)) }, "hexpired"},
		"SetEx, past, of nothing": {func(h datatypes.Hashes) error { return errorOf(h.SetEx("h", past, fieldsOf("z", "1")...)) }, ""},
	} {
		f := open(t)
		f.hset(t, "h", "a", "x", "b", "2")
		var events []string
		f.ks.Listen(func(e keyspace.Event) { events = append(events, e.Name) })
		if err := tt.do(f.hashes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(events, " "); got != tt.want {
			t.Errorf("%s: events %q, want %q", name, got, tt.want)
		}
	}
}

// hashCalls call each method on a key.
var hashCalls = map[string]func(h datatypes.Hashes, key string) error{
	"Compute": func(h datatypes.Hashes, key string) error {
		return h.Compute(key, []string{"f"}, new(datatypes.Batch), func(bool) (datatypes.HashPatch, error) {
			return datatypes.HashPatch{Set: []datatypes.Field{{Name: "f"}}}, nil
		})
	},
	"Set":         func(h datatypes.Hashes, key string) error { return errorOf(h.Set(key, datatypes.Field{Name: "a"})) },
	"SetIfAbsent": func(h datatypes.Hashes, key string) error { return errorOf(h.SetIfAbsent(key, "a", nil)) },
	"SetEx": func(h datatypes.Hashes, key string) error {
		return errorOf(h.SetEx(key, datatypes.SetOptions{TTL: second}, datatypes.Field{Name: "a"}))
	},
	"Get":       func(h datatypes.Hashes, key string) error { _, _, err := h.Get(key, "a"); return err },
	"AppendGet": func(h datatypes.Hashes, key string) error { _, _, err := h.AppendGet(nil, key, "a"); return err },
	"GetMany":   func(h datatypes.Hashes, key string) error { return errorOf(h.GetMany(nil, key, "a")) },
	"GetBatch": func(h datatypes.Hashes, key string) error {
		return h.GetBatch(key, []string{"a"}, new(datatypes.Batch))
	},
	"GetAll": func(h datatypes.Hashes, key string) error { return errorOf(h.GetAll(key)) },
	"GetAllBatch": func(h datatypes.Hashes, key string) error {
		return h.GetAllBatch(key, datatypes.HashPairs, new(datatypes.Batch))
	},
	"Fields": func(h datatypes.Hashes, key string) error { return errorOf(h.Fields(key)) },
	"Values": func(h datatypes.Hashes, key string) error { return errorOf(h.Values(key)) },
	"Scan": func(h datatypes.Hashes, key string) error {
		_, _, err := h.Scan(key, 0, datatypes.ElementScanOptions{})
		return err
	},
	"Len":      func(h datatypes.Hashes, key string) error { return errorOf(h.Len(key)) },
	"ValueLen": func(h datatypes.Hashes, key string) error { return errorOf(h.ValueLen(key, "a")) },
	"Exists":   func(h datatypes.Hashes, key string) error { return errorOf(h.Exists(key, "a")) },
	"Delete":   func(h datatypes.Hashes, key string) error { return errorOf(h.Delete(key, "a")) },
	"GetDel":   func(h datatypes.Hashes, key string) error { return errorOf(h.GetDel(nil, key, "a")) },
	"GetDelBatch": func(h datatypes.Hashes, key string) error {
		return h.GetDelBatch(key, []string{"a"}, new(datatypes.Batch))
	},
	"IncrBy":          func(h datatypes.Hashes, key string) error { return errorOf(h.IncrBy(key, "n", 1)) },
	"IncrByFloat":     func(h datatypes.Hashes, key string) error { return errorOf(h.IncrByFloat(key, "n", 1)) },
	"IncrByFloatText": func(h datatypes.Hashes, key string) error { return errorOf(h.IncrByFloatText(key, "n", "1")) },
	"Random":          func(h datatypes.Hashes, key string) error { return errorOf(h.Random(key, 1)) },
	"RandomBatch": func(h datatypes.Hashes, key string) error {
		return h.RandomBatch(key, 1, datatypes.HashPairs, new(datatypes.Batch))
	},
	"Expire":   func(h datatypes.Hashes, key string) error { return errorOf(h.Expire(key, second, 0, "a")) },
	"ExpireAt": func(h datatypes.Hashes, key string) error { return errorOf(h.ExpireAt(key, at(0), 0, "a")) },
	"Persist":  func(h datatypes.Hashes, key string) error { return errorOf(h.Persist(key, "a")) },
	"TTL":      func(h datatypes.Hashes, key string) error { _, _, err := h.TTL(key, "a"); return err },
	"Expiry":   func(h datatypes.Hashes, key string) error { return errorOf(h.Expiry(key, "a")) },
	"GetEx": func(h datatypes.Hashes, key string) error {
		return errorOf(h.GetEx(nil, key, datatypes.GetExOptions{Persist: true}, "a"))
	},
	"GetExBatch": func(h datatypes.Hashes, key string) error {
		return h.GetExBatch(key, datatypes.GetExOptions{TTL: second}, []string{"a"}, new(datatypes.Batch))
	},
}

// TestHashCalls: every method refuses other types, undeclared keys and a closed
// cache.
func TestHashCalls(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[datatypes.Hashes]()
	for i := range typ.NumMethod() {
		if name := typ.Method(i).Name; hashCalls[name] == nil && name != "All" {
			t.Errorf("%s is in no table", name)
		}
	}
	f := newFixture(t, keyspace.Options{Shards: 2})
	f.put(t, "s", "text")
	for name, call := range hashCalls {
		if err := call(f.hashes(), "s"); err != datatypes.ErrWrongType {
			t.Errorf("%s of a string: %v", name, err)
		}
		if got := f.text(t, "s"); got != "text" {
			t.Errorf("%s made a string %q", name, got)
		}
	}
	declared, other := pairs(t, f)["two shards"][0], pairs(t, f)["two shards"][1]
	var tx keyspace.Tx
	if err := tx.Begin(f.view, declared); err != nil {
		t.Fatal(err)
	}
	inside := datatypes.NewHashes(tx.View(f.view))
	for name, call := range hashCalls {
		if err := call(inside, other); err != datatypes.ErrNotDeclared {
			t.Errorf("%s of another key: %v", name, err)
		}
		if err := call(inside, declared); err != nil {
			t.Errorf("%s of a declared key: %v", name, err)
		}
	}
	tx.Release()
	f.ks.Close()
	for name, call := range hashCalls {
		if err := call(f.hashes(), "h"); err != datatypes.ErrClosed {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name := range f.hashes().All("h") {
		t.Errorf("All has %q", name)
	}
}

// TestHashesAtTheLimit: a write that needs memory is refused as a whole; what needs
// none goes on.
func TestHashesAtTheLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	h := f.hashes()
	must(h.Set("small", numberedFields(400)...))
	must(h.Set("large", numberedFields(2000)...))
	must(h.Expire("large", time.Hour, 0, "field:00001"))
	small, large := f.hash(t, "small"), f.hash(t, "large")
	f.ks.SetMaxBytes(1)
	many := numberedFields(3000)
	for i := range many {
		many[i].Value = append(many[i].Value, bytes.Repeat([]byte("x"), 1000)...)
	}
	for _, key := range []string{"small", "large", "new"} {
		for name, err := range map[string]error{
			"Set":                  errorOf(h.Set(key, many...)),
			"SetEx":                errorOf(h.SetEx(key, datatypes.SetOptions{TTL: second}, many...)),
			"Set of a large value": errorOf(h.Set(key, datatypes.Field{Name: "a", Value: make([]byte, 100_000)})),
		} {
			if err != datatypes.ErrOutOfMemory {
				t.Errorf("%s of %s: %v", name, key, err)
			}
		}
	}
	if !slices.Equal(f.hash(t, "small"), small) || !slices.Equal(f.hash(t, "large"), large) || must(f.keys.Exists("new")) != 0 {
		t.Error("a refused write changed something")
	}
	for name, err := range map[string]error{
		"Delete":    errorOf(h.Delete("small", "field:00000")),
		"Persist":   errorOf(h.Persist("large", "field:00001")),
		"GetDel":    errorOf(h.GetDel(nil, "large", "field:00003")),
		"Expire":    errorOf(h.Expire("large", 0, 0, "field:00004")),
		"GetEx":     errorOf(h.GetEx(nil, "large", datatypes.GetExOptions{ExpireAt: time.UnixMilli(1)}, "field:00005")),
		"Delete it": errorOf(h.Delete("large", "field:00006")),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHashesAreEvicted: hashes that grow at the limit evict others, or themselves, and stay
// whole.
func TestHashesAreEvicted(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 2 << 20, Policy: keyspace.AllKeysRandom})
	h := f.hashes()
	refused := 0
	for i := range 20_000 {
		key := fmt.Sprint("h", i%40)
		name := fmt.Sprint("field", i/40)
		var err error
		if i%3 == 0 {
			_, err = h.SetEx(key, datatypes.SetOptions{TTL: time.Hour}, datatypes.Field{Name: name, Value: bytes.Repeat([]byte("v"), i%200)})
		} else {
			_, err = h.Set(key, datatypes.Field{Name: name, Value: bytes.Repeat([]byte("v"), i%200)})
		}
		if errors.Is(err, datatypes.ErrOutOfMemory) {
			refused++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if v, ok, err := h.Get(key, name); ok && len(v) != i%200 || err != nil {
			t.Fatalf("%d bytes, %v", len(v), err)
		}
		if i%100 == 0 {
			f.ks.Maintain()
		}
	}
	if st := f.ks.Stats(); st.Evicted == 0 || refused > 200 {
		t.Errorf("%d keys were evicted, %d writes refused", st.Evicted, refused)
	}
}
