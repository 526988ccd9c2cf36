package datatypes_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
)

func TestCountingKeys(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "a", "1", "b", "2", "c", "3")
	f.putHash(t, "h")
	tests := []struct {
		name string
		do   func(...string) (int, error)
		keys []string
		want int
	}{
		{"Exists", f.keys.Exists, nil, 0},
		{"Exists", f.keys.Exists, []string{"a"}, 1},
		{"Exists", f.keys.Exists, []string{"x"}, 0},
		{"Exists", f.keys.Exists, []string{"a", "x", "h", "a"}, 3},
		{"Touch", f.keys.Touch, []string{"a", "x", "h", "a"}, 3},
		{"Touch", f.keys.Touch, nil, 0},
		{"Del", f.keys.Del, nil, 0},
		{"Del", f.keys.Del, []string{"x"}, 0},
		{"Del", f.keys.Del, []string{"a", "x", "h", "a"}, 2},
		{"Unlink", f.keys.Unlink, []string{"b", "b"}, 1},
		{"Exists", f.keys.Exists, []string{"a", "b", "c", "h"}, 1},
	}
	for _, tt := range tests {
		if n, err := tt.do(tt.keys...); n != tt.want || err != nil {
			t.Errorf("%s(%q) = %d, %v; want %d", tt.name, tt.keys, n, err, tt.want)
		}
	}
}

func TestType(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "s", "v")
	f.putHash(t, "h")
	if typ, ok, err := f.keys.Type("s"); typ != datatypes.TypeString || !ok || err != nil {
		t.Error(typ, ok, err)
	}
	if typ, ok, err := f.keys.Type("h"); typ != datatypes.TypeHash || !ok || err != nil {
		t.Error(typ, ok, err)
	}
	if _, ok, err := f.keys.Type("x"); ok || err != nil {
		t.Error(ok, err)
	}
	names := map[datatypes.Type]string{
		datatypes.TypeString: "string", datatypes.TypeList: "list", datatypes.TypeSet: "set",
		datatypes.TypeSortedSet: "zset", datatypes.TypeHash: "hash",
	}
	for typ, name := range names {
		if typ.String() != name {
			t.Errorf("%v is called %q", name, typ.String())
		}
		if got, ok := keyspace.ParseType(name); got != typ || !ok {
			t.Errorf("ParseType(%q) = %v, %v", name, got, ok)
		}
	}
	if _, ok := keyspace.ParseType("none"); ok {
		t.Error("none is a type")
	}
}

// pairs are two keys in the same shard and two in different ones.
func pairs(t testing.TB, f *fixture) map[string][2]string {
	other := "other"
	for i := 0; f.sameShard("from", other); i++ {
		other = fmt.Sprint("other", i)
	}
	if !f.sameShard("{t}from", "{t}to") {
		t.Fatal("keys of one tag are in different shards")
	}
	return map[string][2]string{"one shard": {"{t}from", "{t}to"}, "two shards": {"from", other}}
}

func TestRename(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		from    string
		fromTTL time.Duration
		to      string
		nx      bool
		renamed bool
		err     error
	}{
		{"to a free name", "value", 0, none, false, true, nil},
		{"with a TTL", "value", second, none, false, true, nil},
		{"over another", "value", second, "other", false, true, nil},
		{"missing", none, 0, "other", false, false, datatypes.ErrNoSuchKey},
		{"NX to a free name", "value", second, none, true, true, nil},
		{"NX over another", "value", second, "other", true, false, nil},
		{"NX missing", none, 0, "other", true, false, datatypes.ErrNoSuchKey},
		{"NX both missing", none, 0, none, true, false, datatypes.ErrNoSuchKey},
		{"an integer", "12345", 0, strings.Repeat("long", 100), false, true, nil},
		{"a large value", strings.Repeat("x", 100_000), second, "1", false, true, nil},
	}
	for _, tt := range tests {
		for where, names := range pairs(t, open(t)) {
			t.Run(tt.name+" in "+where, func(t *testing.T) {
				f, from, to := open(t), names[0], names[1]
				if tt.from != none {
					f.putTTL(t, from, tt.from, tt.fromTTL)
				}
				if tt.to != none {
					f.putTTL(t, to, tt.to, 7*second)
				}
				var renamed bool
				var err error
				if tt.nx {
					renamed, err = f.keys.RenameNX(from, to)
				} else {
					err = f.keys.Rename(from, to)
					renamed = err == nil
				}
				if renamed != tt.renamed || err != tt.err {
					t.Fatalf("renamed %v, %v", renamed, err)
				}
				wantFrom, wantTo, wantTTL := tt.from, tt.to, 7*second
				if tt.renamed {
					wantFrom, wantTo, wantTTL = none, tt.from, tt.fromTTL
				}
				if got := f.text(t, from); got != wantFrom {
					t.Errorf("from holds %.20q, want %.20q", got, wantFrom)
				}
				if got := f.text(t, to); got != wantTo {
					t.Errorf("to holds %.20q, want %.20q", got, wantTo)
				}
				if wantTTL == 0 {
					wantTTL = noTTL
				}
				if got := f.ttl(t, to); wantTo != none && got != wantTTL {
					t.Errorf("TTL %v, want %v", got, wantTTL)
				}
			})
		}
	}
}

func TestRenameToItself(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.putTTL(t, "k", "v", second)
	if err := f.keys.Rename("k", "k"); err != nil {
		t.Error(err)
	}
	if ok, err := f.keys.RenameNX("k", "k"); ok || err != nil {
		t.Error(ok, err)
	}
	if got, ttl := f.text(t, "k"), f.ttl(t, "k"); got != "v" || ttl != second {
		t.Errorf("%q, TTL %v", got, ttl)
	}
	if err := f.keys.Rename("x", "x"); err != datatypes.ErrNoSuchKey {
		t.Error(err)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	db1, db99, negative := 1, 99, -1
	tests := []struct {
		name   string
		to     string // what the destination holds
		o      datatypes.CopyOptions
		copied bool
		err    error
	}{
		{"to a free name", none, datatypes.CopyOptions{}, true, nil},
		{"over another", "other", datatypes.CopyOptions{}, false, nil},
		{"replacing another", "other", datatypes.CopyOptions{Replace: true}, true, nil},
		{"to another database", none, datatypes.CopyOptions{DB: &db1}, true, nil},
		{"over another in another database", "other", datatypes.CopyOptions{DB: &db1}, false, nil},
		{"replacing another in another database", "other", datatypes.CopyOptions{DB: &db1, Replace: true}, true, nil},
		{"to no database", none, datatypes.CopyOptions{DB: &db99}, false, datatypes.ErrInvalidDB},
		{"to a negative database", none, datatypes.CopyOptions{DB: &negative}, false, datatypes.ErrInvalidDB},
	}
	for _, tt := range tests {
		for where, names := range pairs(t, open(t)) {
			t.Run(tt.name+" in "+where, func(t *testing.T) {
				f, from, to := open(t), names[0], names[1]
				f.putTTL(t, from, "value", second)
				target := f.Strings
				if tt.o.DB == &db1 {
					target, _ = f.db(1)
				}
				if tt.to != none {
					target.Set(to, []byte(tt.to), datatypes.SetOptions{})
				}
				copied, err := f.keys.Copy(from, to, tt.o)
				if copied != tt.copied || err != tt.err {
					t.Fatalf("copied %v, %v", copied, err)
				}
				want := tt.to
				if tt.copied {
					want = "value"
				}
				if got := textIn(t, target, to); got != want {
					t.Errorf("to holds %q, want %q", got, want)
				}
				if got, ttl := f.text(t, from), f.ttl(t, from); got != "value" || ttl != second {
					t.Errorf("from holds %q, TTL %v", got, ttl)
				}
				if tt.copied {
					f.clock.advance(second + time.Millisecond)
					if got := textIn(t, target, to); got != none {
						t.Errorf("the copy did not expire: %q", got)
					}
				}
			})
		}
	}
}

func TestCopyToItself(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v")
	db0, db1 := 0, 1
	for _, o := range []datatypes.CopyOptions{{}, {Replace: true}, {DB: &db0}} {
		if ok, err := f.keys.Copy("k", "k", o); ok || err != datatypes.ErrSameObject {
			t.Errorf("Copy(%+v) = %v, %v", o, ok, err)
		}
	}
	if ok, err := f.keys.Copy("k", "k", datatypes.CopyOptions{DB: &db1}); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := f.keys.Copy("x", "y", datatypes.CopyOptions{}); ok || err != nil {
		t.Error("a copy of nothing:", ok, err)
	}
	// A copy has a life of its own.
	if _, err := f.Append("k", []byte("more")); err != nil {
		t.Fatal(err)
	}
	if strings, _ := f.db(1); textIn(t, strings, "k") != "v" {
		t.Error("the copy changed with its source")
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	f := open(t)
	other, otherKeys := f.db(1)
	f.putTTL(t, "k", "v", second)
	if ok, err := f.keys.Move("k", 1); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := f.text(t, "k"); got != none {
		t.Errorf("still here: %q", got)
	}
	if got := textIn(t, other, "k"); got != "v" {
		t.Errorf("there: %q", got)
	}
	if ttl, _, _ := otherKeys.TTL("k"); ttl != second {
		t.Errorf("TTL there: %v", ttl)
	}
	if ok, err := f.keys.Move("k", 1); ok || err != nil {
		t.Error("moved nothing:", ok, err)
	}
	f.put(t, "k", "mine")
	if ok, err := f.keys.Move("k", 1); ok || err != nil {
		t.Error("moved over another:", ok, err)
	}
	if here, there := f.text(t, "k"), textIn(t, other, "k"); here != "mine" || there != "v" {
		t.Errorf("%q here, %q there", here, there)
	}
	for db, want := range map[int]error{0: datatypes.ErrSameObject, 16: datatypes.ErrInvalidDB, -1: datatypes.ErrInvalidDB} {
		if ok, err := f.keys.Move("k", db); ok || err != want {
			t.Errorf("Move to %d: %v, %v", db, ok, err)
		}
	}
}

func TestFlush(t *testing.T) {
	t.Parallel()
	for _, async := range []bool{false, true} {
		f := open(t)
		other, _ := f.db(1)
		other.Set("k", []byte("v"), datatypes.SetOptions{})
		for i := range 2000 {
			f.putTTL(t, fmt.Sprint(i), strings.Repeat("x", i), time.Duration(i%2)*second)
		}
		flush := f.keys.Flush
		if async {
			flush = f.keys.FlushAsync
		}
		if err := flush(); err != nil {
			t.Fatal(err)
		}
		if n, err := f.keys.Len(); n != 0 || err != nil {
			t.Errorf("%d keys are left, %v", n, err)
		}
		for async && f.ks.Maintain() {
		}
		if got := textIn(t, other, "k"); got != "v" {
			t.Errorf("other database: %q", got)
		}
		if st := f.ks.Stats(); st.Keys != 1 || st.Volatile != 0 || st.Garbage != 0 || st.UsedBytes > 1000 {
			t.Errorf("async %v: %+v", async, st)
		}
		f.put(t, "1", "again")
		if got, n := f.text(t, "1"), f.text(t, "2"); got != "again" || n != none {
			t.Errorf("%q, %q", got, n)
		}
	}
}

func TestObjectInfo(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.put(t, "k", "v")
	if n, ok, err := f.keys.RefCount("k"); n != 1 || !ok || err != nil {
		t.Error(n, ok, err)
	}
	f.clock.advance(100 * second)
	f.ks.Maintain()
	if idle, ok, err := f.keys.IdleTime("k"); idle < 90*second || idle > 110*second || !ok || err != nil {
		t.Errorf("idle %v, %v, %v", idle, ok, err)
	}
	if _, err := f.keys.Touch("k"); err != nil {
		t.Fatal(err)
	}
	if idle, _, _ := f.keys.IdleTime("k"); idle > 10*second {
		t.Errorf("idle %v after Touch", idle)
	}
	if n, ok, err := f.keys.Freq("k"); n < 0 || n > 255 || !ok || err != nil {
		t.Error(n, ok, err)
	}
	_, ok1, err1 := f.keys.RefCount("x")
	_, ok2, err2 := f.keys.IdleTime("x")
	_, ok3, err3 := f.keys.Freq("x")
	_, ok4, err4 := f.keys.MemoryUsage("x")
	_, ok5, err5 := f.keys.Encoding("x")
	if ok1 || ok2 || ok3 || ok4 || ok5 || err1 != nil || err2 != nil || err3 != nil || err4 != nil || err5 != nil {
		t.Error("a missing key is there:", ok1, ok2, ok3, ok4, ok5, err1, err2, err3, err4, err5)
	}
}

// TestChangesAreUses: a key that is only ever written to is not idle, whatever the size of its collection.
func TestChangesAreUses(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 1000} {
		f := open(t)
		sets, hashes, sorted := datatypes.NewSets(f.view), datatypes.NewHashes(f.view), datatypes.NewSortedSets(f.view)
		wrote := func(_ int, err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		for key, write := range map[string]func(i int){
			"set":  func(i int) { wrote(sets.Add("set", strconv.Itoa(i))) },
			"hash": func(i int) { wrote(hashes.Set("hash", datatypes.Field{Name: strconv.Itoa(i), Value: []byte("v")})) },
			"field": func(i int) {
				wrote(hashes.Set("field", datatypes.Field{Name: "f", Value: strconv.AppendInt(nil, int64(i%10), 10)}))
			},
			"sorted set": func(i int) {
				wrote(sorted.Add("sorted set", datatypes.Scored{Member: strconv.Itoa(i / 2), Score: float64(i)}))
			},
			"list": func(i int) { wrote(f.lists.LPush("list", fmt.Append(nil, "element ", i))) },
		} {
			for i := range size {
				write(i)
			}
			f.clock.advance(100 * second)
			f.ks.Maintain()
			if idle, _, _ := f.keys.IdleTime(key); idle < 90*second {
				t.Fatalf("%s of %d: idle %v before the write", key, size, idle)
			}
			write(size)
			if idle, ok, err := f.keys.IdleTime(key); idle > 10*second || !ok || err != nil {
				t.Errorf("%s of %d: idle %v after a write, %v, %v", key, size, idle, ok, err)
			}
		}
	}
}

func TestMemoryUsage(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, size := range []int{0, 1, 7, 8, 9, 100, 1000, 5000, 40_000, 1 << 20, 3 << 20} {
		for _, ttl := range []time.Duration{0, second} {
			f.putTTL(t, "key", strings.Repeat("x", size), ttl)
			got, ok, err := f.keys.MemoryUsage("key")
			if !ok || err != nil {
				t.Fatal(ok, err)
			}
			entry := got - int(f.ks.Stats().UsedBytes)
			// What is beyond the entry is the share of the table, here that of a table of one entry.
			least := arena.ClassSize(8 + len("key") + size)
			if got < least+4 || got > least*9/8+64 || entry > 64 {
				t.Errorf("%d bytes with TTL %v: %d, of %d in use", size, ttl, got, f.ks.Stats().UsedBytes)
			}
		}
	}
	f.put(t, "key", "123")
	if got, _, _ := f.keys.MemoryUsage("key"); got > 32 {
		t.Errorf("a small integer takes %d", got)
	}
}
