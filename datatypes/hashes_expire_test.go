package datatypes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestStringWhereFieldsExpired: a hash whose fields all expired is no value of the wrong type, also to reads that take no
// lock.
func TestStringWhereFieldsExpired(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.hset(t, "h", "a", "1")
	must(f.hashes().Expire("h", second, 0, "a"))
	if _, _, err := f.Get("h"); err != datatypes.ErrWrongType {
		t.Errorf("Get of a hash: %v", err)
	}
	f.clock.advance(2 * second)
	if value, ok, err := f.Get("h"); ok || err != nil {
		t.Errorf("Get of what was a hash: %q, %v, %v", value, ok, err)
	}
}

func TestFieldExpiry(t *testing.T) {
	t.Parallel()
	f := open(t)
	h := f.hashes()
	f.hset(t, "h", "a", "1", "b", "2", "c", "3")
	results, err := h.Expire("h", second, 0, "a", "b", "nofield")
	if want := []datatypes.ExpireResult{1, 1, -2}; !slices.Equal(results, want) || err != nil {
		t.Errorf("Expire: %v, %v", results, err)
	}
	expiries, err := h.Expiry("h", "a", "c", "nofield")
	if want := (datatypes.FieldExpiry{Exists: true, TTL: second, At: at(second)}); expiries[0] != want || err != nil {
		t.Errorf("Expiry: %+v, %v", expiries[0], err)
	}
	if want := (datatypes.FieldExpiry{Exists: true, TTL: datatypes.NoTTL}); expiries[1] != want {
		t.Errorf("Expiry of a field without: %+v", expiries[1])
	}
	if expiries[2] != (datatypes.FieldExpiry{}) {
		t.Errorf("Expiry of a missing field: %+v", expiries[2])
	}
	f.clock.advance(second)
	if n, _ := h.Len("h"); n != 3 {
		t.Errorf("at the very time: %d fields", n)
	}
	f.clock.advance(time.Millisecond)
	for name, n := range map[string]int{
		"Len": must(h.Len("h")), "GetAll": len(must(h.GetAll("h"))), "Random": len(must(h.Random("h", 10))), "Fields": len(must(h.Fields("h"))),
	} {
		if n != 1 {
			t.Errorf("%s after the time: %d fields", name, n)
		}
	}
	if _, ok, _ := h.Get("h", "a"); ok {
		t.Error("an expired field is there")
	}
	if set, _ := h.SetIfAbsent("h", "a", []byte("x")); !set {
		t.Error("an expired field hinders SetIfAbsent")
	}
	must(h.Expire("h", second, 0, "a", "c"))
	f.clock.advance(2 * second)
	if n := must(f.keys.Exists("h")); n != 0 {
		t.Error("a hash whose fields all expired exists")
	}
	if ok := must(h.SetEx("h", datatypes.SetOptions{IfPresent: true}, fieldsOf("a", "1")...)); ok || must(f.keys.Exists("h")) != 0 {
		t.Error("SetEx with IfPresent made a hash")
	}
}

// TestFieldExpiryOptions: bad ones are refused without effect.
func TestFieldExpiryOptions(t *testing.T) {
	t.Parallel()
	f := open(t)
	h := f.hashes()
	f.hset(t, "h", "a", "1")
	both := datatypes.SetOptions{TTL: second, ExpireAt: at(second)}
	beyond := time.Unix(1<<60, 0)
	for name, tt := range map[string]struct{ err, want error }{
		"Expire, NX and XX":       {errorOf(h.Expire("h", second, datatypes.ExpireNX|datatypes.ExpireXX, "a")), datatypes.ErrConflict},
		"ExpireAt beyond":         {errorOf(h.ExpireAt("h", beyond, 0, "a")), datatypes.ErrInvalidExpire},
		"GetEx, two times":        {errorOf(h.GetEx(nil, "h", datatypes.GetExOptions{TTL: second, ExpireAt: at(second)}, "a")), datatypes.ErrConflict},
		"GetEx, time and Persist": {errorOf(h.GetEx(nil, "h", datatypes.GetExOptions{TTL: second, Persist: true}, "a")), datatypes.ErrConflict},
		"GetEx, negative":         {errorOf(h.GetEx(nil, "h", datatypes.GetExOptions{TTL: -1}, "a")), datatypes.ErrInvalidExpire},
		"SetEx, two times":        {errorOf(h.SetEx("h", both, fieldsOf("a", "2")...)), datatypes.ErrConflict},
		"SetEx, time and KeepTTL": {errorOf(h.SetEx("h", datatypes.SetOptions{TTL: second, KeepTTL: true}, fieldsOf("a", "2")...)), datatypes.ErrConflict},
		"SetEx, both conditions":  {errorOf(h.SetEx("h", datatypes.SetOptions{IfAbsent: true, IfPresent: true}, fieldsOf("a", "2")...)), datatypes.ErrConflict},
		"SetEx, negative":         {errorOf(h.SetEx("h", datatypes.SetOptions{TTL: -1}, fieldsOf("a", "2")...)), datatypes.ErrInvalidExpire},
		"SetEx beyond":            {errorOf(h.SetEx("h", datatypes.SetOptions{ExpireAt: beyond}, fieldsOf("a", "2")...)), datatypes.ErrInvalidExpire},
	} {
		if tt.err != tt.want {
			t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
		}
	}
	if got := f.hash(t, "h"); !slices.Equal(got, []string{"a=1"}) || f.encoding(t, "h") != "listpack" {
		t.Errorf("holds %q", got)
	}
}

// TestFieldsExpireUnread: fields that nobody asks for go away, of many hashes and of
// a large one, and the hashes with the last of them.
func TestFieldsExpireUnread(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2})
	h := f.hashes()
	events := map[string]int{}
	f.ks.Listen(func(e keyspace.Event) { events[e.Name]++ })
	const hashes, large = 1000, 50_000
	for i := range hashes {
		key := fmt.Sprint("h", i)
		must(h.SetEx(key, datatypes.SetOptions{TTL: second}, fieldsOf("a", "1", "b", "2")...))
		if i%2 == 0 {
			f.hset(t, key, "stays", "3")
		}
	}
	must(h.SetEx("large", datatypes.SetOptions{TTL: second}, numberedFields(large)...))
	f.hset(t, "large", "stays", "3")
	f.clock.advance(2 * second)
	for i := 0; i < 20_000 && (events["del"] < hashes/2 || f.ks.Stats().UsedBytes > 1<<20); i++ {
		f.ks.Maintain()
	}
	if events["del"] != hashes/2 || events["hexpired"] < hashes+large/1000 { // the large one's in slices
		t.Errorf("events %v", events)
	}
	if used := f.ks.Stats().UsedBytes; used > 1<<20 {
		t.Errorf("%d bytes are left", used)
	}
	for i := range hashes {
		var want []string
		if i%2 == 0 {
			want = []string{"stays=3"}
		}
		if got := f.hash(t, fmt.Sprint("h", i)); !slices.Equal(got, want) {
			t.Fatalf("hash %d holds %q", i, got)
		}
	}
	if got := f.hash(t, "large"); !slices.Equal(got, []string{"stays=3"}) {
		t.Errorf("the large hash holds %d fields", len(got))
	}
}

// TestHashMemory: what hashes take is counted to the byte, given back in slices, and
// comes together under compaction.
func TestHashMemory(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1})
	h := f.hashes()
	src := rand.New(rand.NewPCG(1, 2))
	const hashes = 300
	want := map[string][]string{}
	for i := range hashes {
		key := fmt.Sprint("h", i)
		n := []int{3, 100, 700}[i%3]
		must(h.Set(key, numberedFields(n)...))
		must(h.Expire(key, time.Hour+time.Duration(i)*second, 0, "field:00001", "field:00099", "field:00600"))
	}
	usage := func() (sum int64) {
		for key := range f.keys.All() {
			n, _, err := f.keys.MemoryUsage(key)
			if err != nil {
				t.Fatal(err)
			}
			sum += int64(n)
		}
		return sum
	}
	if used, sum := f.ks.Stats().UsedBytes, usage(); sum > used || sum < used-used/50 {
		t.Errorf("%d bytes are used, by the keys' usage %d", used, sum)
	}
	for i := range hashes {
		key := fmt.Sprint("h", i)
		if src.IntN(8) > 0 {
			f.keys.Del(key)
			continue
		}
		want[key] = f.hash(t, key)
	}
	for range 20_000 {
		f.ks.Maintain()
	}
	if st := f.ks.Stats(); st.Garbage != 0 || st.ResidentBytes > st.UsedBytes*3/2+1<<20 {
		t.Errorf("after deletions: %+v", st)
	}
	for key, fields := range want {
		if got := f.hash(t, key); !slices.Equal(got, fields) {
			t.Fatalf("%s holds %d fields, want %d", key, len(got), len(fields))
		}
		if !must(h.Expiry(key, "field:00001"))[0].At.After(at(time.Hour - second)) {
			t.Errorf("%s has lost an expiry", key)
		}
	}
	f.clock.advance(3 * time.Hour)
	for key, fields := range want {
		expired := 0
		for _, field := range []string{"field:00001", "field:00099", "field:00600"} {
			if slices.Contains(fields, field+"=value "+fmt.Sprint(numberOf(field))) {
				expired++
			}
		}
		if n := must(h.Len(key)); n != len(fields)-expired {
			t.Errorf("%s has %d fields, want %d less of %d", key, n, expired, len(fields))
		}
		f.keys.Del(key)
	}
	for range 20_000 {
		f.ks.Maintain()
	}
	if st := f.ks.Stats(); st.UsedBytes != 0 || st.Garbage != 0 {
		t.Errorf("left of nothing: %+v", st)
	}
}

func numberOf(field string) (n int) {
	fmt.Sscanf(field, "field:%d", &n)
	return n
}

// TestHashMoves: copies and renames between shards and databases keep fields, values
// and expiries.
func TestHashMoves(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 1000} {
		f := open(t)
		h := f.hashes()
		for name, keys := range pairs(t, f) {
			for _, expiring := range []bool{false, true} {
				f.keys.Flush()
				must(h.Set(keys[0], numberedFields(n)...))
				if expiring {
					must(h.Expire(keys[0], second, 0, "field:00001", "field:00002"))
				}
				want := f.hash(t, keys[0])
				if !must(f.keys.Copy(keys[0], keys[1], datatypes.CopyOptions{})) {
					t.Fatal("not copied")
				}
				must(h.Delete(keys[0], "field:00003"))
				if got := f.hash(t, keys[1]); !slices.Equal(got, want) {
					t.Errorf("%s: the copy has %d fields, want %d", name, len(got), len(want))
				}
				if err := f.keys.Rename(keys[1], keys[0]); err != nil {
					t.Fatal(err)
				}
				if got := f.hash(t, keys[0]); !slices.Equal(got, want) {
					t.Errorf("%s: renamed, it has %d fields, want %d", name, len(got), len(want))
				}
				f.clock.advance(2 * second)
				gone := 0
				if expiring {
					gone = 2
				}
				if got := must(h.Len(keys[0])); got != n-gone {
					t.Errorf("%s: %d fields after the time, want %d", name, got, n-gone)
				}
			}
		}
	}
}
