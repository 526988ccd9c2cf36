package typed_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
	"pgregory.net/rapid"
)

type address struct {
	Street string `larder:"street"`
	City   string
}

// account has fields of all kinds.
type account struct {
	Name    string `larder:"name"`
	Logins  int64  `redis:"logins"`
	Level   uint8
	Score   float64       `larder:",omitempty"`
	Ratio   float32       `larder:"ratio,omitempty"`
	Admin   bool          `larder:"admin"`
	Avatar  []byte        `larder:"avatar,omitempty"`
	Since   time.Time     `larder:"since,omitempty"`
	Timeout time.Duration `larder:"timeout,omitempty"`
	IP      netip.Addr    `larder:"ip,omitempty"`
	Age     *int          `larder:"age"`
	Seen    *time.Time    `larder:"seen"`
	Tags    []string      `larder:"tags,omitempty,json"`
	address
	Secret string `larder:"-"`
	hidden int
}

var someAge = 36

func someAccount() account {
	return account{
		Name: "Ada", Logins: -3, Level: 255, Score: 0.5, Ratio: 0.1, Admin: true, Avatar: []byte{0, 1},
		Since: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), Timeout: time.Second, IP: netip.MustParseAddr("::1"), Age: &someAge,
		Tags: []string{"a", "b"}, address: address{"Main", "Paris"}, Secret: "s", hidden: 1,
	}
}

func newRecords[K comparable, V any](t helper, src typed.Source, o typed.RecordOptions[K]) *typed.Records[K, V] {
	t.Helper()
	r, err := typed.NewRecords[K, V](src, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hash returns what the cache holds.
func hash(t helper, c *larder.Cache, name string) map[string]string {
	t.Helper()
	fields, err := c.Hashes().GetAll(name)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, f := range fields {
		m[f.Name] = string(f.Value)
	}
	return m
}

func sameAccount(a, b account) string {
	return cmp.Diff(a, b, cmp.AllowUnexported(account{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
}

func TestRecords(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	r := newRecords[int, account](t, c, typed.RecordOptions[int]{Prefix: "account:"})
	if _, ok, err := r.Get(1); ok || err != nil {
		t.Error(ok, err)
	}
	in := someAccount()
	if err := r.Set(1, in); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"name": "Ada", "logins": "-3", "Level": "255", "Score": "0.5", "ratio": "0.1", "admin": "1", "avatar": "\x00\x01",
		"since": "2024-02-29T00:00:00Z", "timeout": "1000000000", "ip": "::1", "age": "36", "tags": `["a","b"]`,
		"street": "Main", "City": "Paris",
	}
	if diff := cmp.Diff(want, hash(t, c, "account:1")); diff != "" {
		t.Error(diff)
	}
	out, ok, err := r.Get(1)
	in.Secret, in.hidden = "", 0
	if diff := sameAccount(in, out); diff != "" || !ok || err != nil {
		t.Error(ok, err, diff)
	}

	// What is stored as no field is deleted, and what the struct does not know stays.
	c.Hashes().Set("account:1", datatypes.Field{Name: "unknown", Value: []byte("u")})
	if err := r.Set(1, account{Name: "Bob"}); err != nil {
		t.Fatal(err)
	}
	want = map[string]string{"name": "Bob", "logins": "0", "Level": "0", "admin": "0", "street": "", "City": "", "unknown": "u"}
	if diff := cmp.Diff(want, hash(t, c, "account:1")); diff != "" {
		t.Error(diff)
	}
	out, ok, err = r.Get(1)
	if diff := sameAccount(account{Name: "Bob"}, out); diff != "" || !ok || err != nil {
		t.Error(ok, err, diff)
	}

	// Parts.
	if err := r.SetFields(1, account{Name: "ignored", Score: 2, address: address{City: "Rome"}}, "Score", "City", "ip"); err != nil {
		t.Fatal(err)
	}
	out, ok, err = r.GetFields(1, "name", "City", "avatar")
	if diff := sameAccount(account{Name: "Bob", address: address{City: "Rome"}}, out); diff != "" || !ok || err != nil {
		t.Error(ok, err, diff)
	}
	if _, ok, err := r.GetFields(1, "avatar"); ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := r.Has(1); !ok || err != nil {
		t.Error(ok, err)
	}
	if n, err := r.Delete(1, 2); n != 1 || err != nil {
		t.Error(n, err)
	}
	if ok, err := r.Has(1); ok || err != nil {
		t.Error(ok, err)
	}
}

// TestRecordUpdate: only fields that differ are set, which is seen by those that are told to expire: to set one would
// make it stay.
func TestRecordUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCache(t)
		r := newRecords[string, account](t, c, typed.RecordOptions[string]{TTL: time.Hour})
		do := func(change func(a *account), op datatypes.Op) (saw account, sawOK bool) {
			t.Helper()
			err := r.Update("k", func(old account, ok bool) (account, datatypes.Op) {
				saw, sawOK = old, ok
				change(&old)
				return old, op
			})
			if err != nil {
				t.Fatal(err)
			}
			return saw, sawOK
		}
		if _, ok := do(func(a *account) { *a = someAccount() }, datatypes.OpSet); ok {
			t.Error("there was a record")
		}
		if ttl, _, _ := r.TTL("k"); ttl != time.Hour {
			t.Errorf("the TTL is %v", ttl)
		}
		time.Sleep(time.Minute)
		if _, err := c.Hashes().Expire("k", time.Minute, 0, "name", "Score", "age", "tags"); err != nil {
			t.Fatal(err)
		}
		old, ok := do(func(a *account) { a.Level, a.Score, a.Age, a.Avatar = 7, 9, nil, nil }, datatypes.OpSet)
		if old.Name != "Ada" || !ok {
			t.Error(old, ok)
		}
		if ttl, _, _ := r.TTL("k"); ttl != 59*time.Minute {
			t.Errorf("the TTL is %v", ttl)
		}
		do(func(a *account) { a.Name = "never" }, datatypes.OpCancel)
		time.Sleep(2 * time.Minute)
		want := map[string]string{
			"logins": "-3", "Level": "7", "Score": "9", "ratio": "0.1", "admin": "1", "since": "2024-02-29T00:00:00Z",
			"timeout": "1000000000", "ip": "::1", "street": "Main", "City": "Paris",
		}
		if diff := cmp.Diff(want, hash(t, c, "k")); diff != "" {
			t.Error(diff)
		}
		c.Hashes().Set("k", datatypes.Field{Name: "unknown"})
		do(func(*account) {}, datatypes.OpDelete)
		if ok, err := r.Has("k"); ok || err != nil {
			t.Error(ok, err)
		}
		func() {
			defer func() { recover() }()
			r.Update("k", func(account, bool) (account, datatypes.Op) { panic("in the middle") })
		}()
		if err := r.Set("k", account{}); err != nil { // nothing is locked
			t.Error(err)
		}
	})
}

func TestRecordIncrBy(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	type counters struct {
		N    int64   `larder:"n"`
		Tiny int8    `larder:"tiny"`
		U    uint8   `larder:"u"`
		Ptr  *int    `larder:"ptr"`
		F    float64 `larder:"f"`
	}
	r := newRecords[string, counters](t, c, typed.RecordOptions[string]{})
	for _, tt := range []struct {
		field  string
		before string // none: the field is not there
		delta  int64
		want   int64
		err    error
	}{
		{"n", none, 5, 5, nil},
		{"n", "5", -7, -2, nil},
		{"n", fmt.Sprint(int64(math.MaxInt64)), 1, 0, datatypes.ErrOverflow},
		{"n", fmt.Sprint(int64(math.MinInt64)), -1, 0, datatypes.ErrOverflow},
		{"n", "x", 1, 0, datatypes.ErrFieldNotInteger},
		{"tiny", "127", 1, 0, datatypes.ErrOverflow},
		{"tiny", "-127", -1, -128, nil},
		{"u", "254", 1, 255, nil},
		{"u", "255", 1, 0, datatypes.ErrOverflow},
		{"u", "0", -1, 0, datatypes.ErrOverflow},
		{"ptr", none, 1, 1, nil},
		{"f", none, 1, 0, typed.ErrType},
		{"none", none, 1, 0, typed.ErrNoField},
	} {
		c.Keys().Del("k")
		if tt.before != none {
			c.Hashes().Set("k", datatypes.Field{Name: tt.field, Value: []byte(tt.before)})
		}
		n, err := r.IncrBy("k", tt.field, tt.delta)
		if n != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s of %s by %d: %d, %v", tt.field, tt.before, tt.delta, n, err)
		}
		want := map[string]string{tt.field: strconv.FormatInt(tt.want, 10)}
		if tt.err != nil {
			want[tt.field] = tt.before
		}
		if tt.err != nil && tt.before == none {
			clear(want)
		}
		if diff := cmp.Diff(want, hash(t, c, "k")); diff != "" {
			t.Errorf("%s of %s by %d: %s", tt.field, tt.before, tt.delta, diff)
		}
	}
}

func TestRecordTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCache(t)
		r := newRecords[string, address](t, c, typed.RecordOptions[string]{TTL: time.Minute})
		expect := func(what string, ttl time.Duration, there bool) {
			t.Helper()
			if got, ok, err := r.TTL("k"); got != ttl || ok != there || err != nil {
				t.Errorf("%s: %v, %v, %v", what, got, ok, err)
			}
		}
		r.SetFields("k", address{City: "Rome"}, "City")
		expect("new by SetFields", time.Minute, true)
		time.Sleep(time.Second)
		r.SetFields("k", address{City: "Oslo"}, "City")
		expect("SetFields", 59*time.Second, true)
		r.Get("k")
		expect("Get", 59*time.Second, true)
		r.Set("k", address{})
		expect("Set", time.Minute, true)
		for _, ttl := range []time.Duration{time.Hour, datatypes.NoTTL} {
			if ok, err := r.Expire("k", ttl); !ok || err != nil {
				t.Error(ok, err)
			}
			expect("Expire", ttl, true)
		}
		if ok, err := r.Expire("k", 0); !ok || err != nil {
			t.Error(ok, err)
		}
		expect("expired", 0, false)
		for _, ttl := range []time.Duration{time.Hour, datatypes.NoTTL} {
			if ok, err := r.Expire("k", ttl); ok || err != nil {
				t.Error(ok, err)
			}
		}
		if _, err := c.Hashes().Set("k", datatypes.Field{Name: "City"}); err != nil {
			t.Fatal(err)
		}
		eternal := newRecords[string, address](t, c, typed.RecordOptions[string]{})
		r.Set("k", address{})
		eternal.Set("k", address{})
		expect("set by records without a TTL", datatypes.NoTTL, true)

		sliding := newRecords[string, address](t, c, typed.RecordOptions[string]{TTL: time.Minute, Sliding: true})
		sliding.Set("k", address{})
		for range 3 {
			time.Sleep(40 * time.Second)
			if _, ok, err := sliding.GetFields("k", "City"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		expect("sliding", time.Minute, true)
	})
}

func TestRecordErrors(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	bad := func(name string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := typed.NewRecords[string, int](c, typed.RecordOptions[string]{})
	bad("no struct", err, typed.ErrType)
	_, err = typed.NewRecords[string, struct{ a int }](c, typed.RecordOptions[string]{})
	bad("no exported fields", err, typed.ErrType)
	_, err = typed.NewRecords[string, struct{ A []int }](c, typed.RecordOptions[string]{})
	bad("a slice", err, typed.ErrType)
	_, err = typed.NewRecords[string, struct{ A struct{ B int } }](c, typed.RecordOptions[string]{})
	bad("a struct", err, typed.ErrType)
	_, err = typed.NewRecords[string, struct {
		A int
		B int `larder:"A"`
	}](c, typed.RecordOptions[string]{})
	bad("the same name twice", err, typed.ErrType)
	_, err = typed.NewRecords[[2]int, address](c, typed.RecordOptions[[2]int]{})
	bad("no codec for keys", err, typed.ErrType)
	_, err = typed.NewRecords[string, address](c, typed.RecordOptions[string]{TTL: -1})
	bad("a negative TTL", err, typed.ErrOptions)
	_, err = typed.NewRecords[string, address](c, typed.RecordOptions[string]{Sliding: true})
	bad("Sliding without a TTL", err, typed.ErrOptions)

	r := newRecords[string, account](t, c, typed.RecordOptions[string]{Prefix: "r:"})
	_, _, err = r.GetFields("k", "name", "nothing")
	bad("GetFields", err, typed.ErrNoField)
	bad("SetFields", r.SetFields("k", account{}, "Secret"), typed.ErrNoField)
	for field, text := range map[string]string{"Level": "256", "admin": "maybe", "since": "today", "tags": "[", "age": "x", "Score": ""} {
		c.Keys().Del("r:k")
		c.Hashes().Set("r:k", datatypes.Field{Name: field, Value: []byte(text)})
		var d *typed.DecodeError
		if v, ok, err := r.Get("k"); ok || !errors.As(err, &d) || d.Key != "r:k" || v.Name != "" {
			t.Errorf("%s of %q: %v, %v", field, text, ok, err)
		}
		err := r.Update("k", func(account, bool) (account, datatypes.Op) { panic("called") })
		if !errors.As(err, &d) {
			t.Errorf("Update with %s of %q: %v", field, text, err)
		}
	}
	type unencodable struct {
		F any `larder:",json"`
	}
	u := newRecords[string, unencodable](t, c, typed.RecordOptions[string]{})
	if err := u.Set("u", unencodable{func() {}}); err == nil {
		t.Error("a function was stored")
	}
	if ok, _ := u.Has("u"); ok {
		t.Error("something was stored")
	}
	c.Strings().MSet(item("r:string", "x"))
	_, _, err = r.Get("string")
	bad("Get of a string", err, datatypes.ErrWrongType)
	bad("Set of a string", r.Set("string", account{}), datatypes.ErrWrongType)
	c.Close()
	for name, call := range map[string]func() error{
		"Get":       func() error { _, _, err := r.Get("k"); return err },
		"GetFields": func() error { _, _, err := r.GetFields("k", "name"); return err },
		"Has":       func() error { _, err := r.Has("k"); return err },
		"Set":       func() error { return r.Set("k", account{}) },
		"SetFields": func() error { return r.SetFields("k", account{}, "name") },
		"Update":    func() error { return r.Update("k", func(account, bool) (account, datatypes.Op) { panic("called") }) },
		"IncrBy":    func() error { _, err := r.IncrBy("k", "logins", 1); return err },
		"Delete":    func() error { _, err := r.Delete("k"); return err },
		"TTL":       func() error { _, _, err := r.TTL("k"); return err },
		"Expire":    func() error { _, err := r.Expire("k", 1); return err },
		"Persist":   func() error { _, err := r.Expire("k", datatypes.NoTTL); return err },
	} {
		bad(name, call(), typed.ErrClosed)
	}
}

func TestRecordsInTransaction(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	r := newRecords[string, address](t, c, typed.RecordOptions[string]{})
	name, _ := r.Name("k")
	err := c.Update([]string{name}, func(tx *larder.Tx) error { return r.In(tx).Set("k", address{City: "Rome"}) })
	if a, ok, err2 := r.Get("k"); a.City != "Rome" || !ok || err != nil || err2 != nil {
		t.Error(a, ok, err, err2)
	}
}

// TestRecordsModel: whatever is done to records, and to their hashes by another door, a record is what the fields of
// its hash say.
func TestRecordsModel(t *testing.T) {
	t.Parallel()
	type record struct {
		A int64  `larder:"a"`
		B string `larder:"b,omitempty"`
		C *int8  `larder:"c"`
	}
	fieldNames := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		c := openCache(t)
		r := newRecords[string, record](t, c, typed.RecordOptions[string]{})
		model := map[string]map[string]string{"x": {}, "y": {}}
		key := rapid.SampledFrom([]string{"x", "y"})
		small := rapid.Int64Range(-2, 2)
		value := rapid.Custom(func(t *rapid.T) (v record) {
			v.A, v.B = small.Draw(t, "A"), rapid.SampledFrom([]string{"", "s", "12"}).Draw(t, "B")
			if n := int8(small.Draw(t, "C")); n != 0 {
				v.C = &n
			}
			return v
		})
		put := func(m map[string]string, v record, names ...string) {
			for _, n := range names {
				switch delete(m, n); {
				case n == "a":
					m[n] = fmt.Sprint(v.A)
				case n == "b" && v.B != "":
					m[n] = v.B
				case n == "c" && v.C != nil:
					m[n] = fmt.Sprint(*v.C)
				}
			}
		}
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"Set": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), value.Draw(t, "value")
				must(r.Set(k, v))
				put(model[k], v, fieldNames...)
			},
			"SetFields": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), value.Draw(t, "value")
				names := rapid.SliceOfDistinct(rapid.SampledFrom(fieldNames), rapid.ID[string]).Draw(t, "names")
				must(r.SetFields(k, v, names...))
				put(model[k], v, names...)
			},
			"Update": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), value.Draw(t, "value")
				op := rapid.SampledFrom([]datatypes.Op{datatypes.OpSet, datatypes.OpCancel, datatypes.OpDelete}).Draw(t, "op")
				must(r.Update(k, func(_ record, ok bool) (record, datatypes.Op) {
					if m := model[k]; ok != (m["a"]+m["b"]+m["c"] != "") {
						t.Fatalf("called with %v, the hash is %v", ok, m)
					}
					return v, op
				}))
				switch op {
				case datatypes.OpSet:
					put(model[k], v, fieldNames...)
				case datatypes.OpDelete:
					clear(model[k])
				}
			},
			"IncrBy": func(t *rapid.T) {
				k, delta := key.Draw(t, "key"), small.Draw(t, "delta")
				n, err := r.IncrBy(k, "a", delta)
				must(err)
				model[k]["a"] = fmt.Sprint(n)
			},
			"HSET": func(t *rapid.T) {
				k, n := key.Draw(t, "key"), rapid.SampledFrom([]string{"a", "b", "c", "other"}).Draw(t, "field")
				c.Hashes().Set(k, datatypes.Field{Name: n, Value: []byte("7")})
				model[k][n] = "7"
			},
			"HDEL": func(t *rapid.T) {
				k, n := key.Draw(t, "key"), rapid.SampledFrom([]string{"a", "b", "c", "other"}).Draw(t, "field")
				c.Hashes().Delete(k, n)
				delete(model[k], n)
			},
			"": func(*rapid.T) {
				for k, m := range model {
					if got := hash(t, c, k); !maps.Equal(got, m) {
						t.Fatalf("%s is %v, want %v", k, got, m)
					}
					v, ok, err := r.Get(k)
					again := map[string]string{}
					put(again, v, fieldNames...)
					if _, there := m["a"]; !there {
						delete(again, "a")
					}
					known := maps.Clone(m)
					delete(known, "other")
					if ok != (len(known) > 0) || err != nil || !maps.Equal(again, known) {
						t.Fatalf("Get(%q) is %v, %v, %v, the hash %v", k, v, ok, err, m)
					}
				}
			},
		})
	})
}

// TestConcurrency: changes by many goroutines, of records and of values, are all there in the end.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	type record struct {
		A, B int64
		C    string
	}
	c := openCache(t)
	r := newRecords[int, record](t, c, typed.RecordOptions[int]{Prefix: "r:"})
	m := newMap(t, c, typed.MapOptions[int, record]{Prefix: "m:", Value: typed.Gob[record]{}})
	const keys, workers, rounds = 3, 4, 300
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				key := i % keys
				if _, err := r.IncrBy(key, "A", 1); err != nil {
					t.Error(err)
				}
				grow := func(v record, _ bool) (record, datatypes.Op) {
					v.B++
					v.C = strings.Repeat("x", int(v.B))
					return v, datatypes.OpSet
				}
				if err := r.Update(key, grow); err != nil {
					t.Error(err)
				}
				if err := m.Compute(key, grow); err != nil {
					t.Error(err)
				}
				if v, ok, err := r.Get((key + w) % keys); ok && int64(len(v.C)) != v.B || err != nil {
					t.Error(v, err)
				}
				if v, ok, err := m.Get((key + w) % keys); ok && int64(len(v.C)) != v.B || err != nil {
					t.Error(v, err)
				}
				if all, err := m.GetMany(0, 1, 2); len(all) > keys || err != nil {
					t.Error(all, err)
				}
			}
		})
	}
	wg.Wait()
	for key := range keys {
		v, _, err := r.Get(key)
		w, _, err2 := m.Get(key)
		if want := int64(workers * rounds / keys); v.A != want || v.B != want || w.B != want || err != nil || err2 != nil {
			t.Error(v, w, err, err2)
		}
	}
}

// FuzzRecords: whatever the fields of a hash hold, they make a record or an error, and a record that is set is the
// same when read.
func FuzzRecords(f *testing.F) {
	f.Add("255", "0.5", "1", "2024-02-29T00:00:00Z", "36", "[]", "::1")
	f.Add("", "x", "maybe", "", "9999999999999999999999", "{", "")
	f.Fuzz(func(t *testing.T, level, score, admin, since, age, tags, ip string) {
		c := openCache(t)
		r := newRecords[string, account](t, c, typed.RecordOptions[string]{})
		var fields []datatypes.Field
		for name, text := range map[string]string{"Level": level, "Score": score, "admin": admin, "since": since, "age": age, "tags": tags, "ip": ip} {
			fields = append(fields, datatypes.Field{Name: name, Value: []byte(text)})
		}
		if _, err := c.Hashes().Set("k", fields...); err != nil {
			t.Fatal(err)
		}
		v, ok, err := r.Get("k")
		var d *typed.DecodeError
		if err != nil {
			if ok || !errors.As(err, &d) {
				t.Errorf("%v, %v", ok, err)
			}
			return
		}
		if err := r.Set("again", v); err != nil {
			return // a time out of the range that text has
		}
		w, ok, err := r.Get("again")
		if v.Score != v.Score {
			v.Score, w.Score = 0, 0
		}
		if len(v.Tags)+len(w.Tags) == 0 {
			v.Tags, w.Tags = nil, nil
		}
		if diff := sameAccount(v, w); diff != "" || !ok || err != nil {
			t.Errorf("%v, %v\n%s", ok, err, diff)
		}
	})
}
