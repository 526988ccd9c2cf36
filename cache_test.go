package larder_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func open(t testing.TB, o larder.Options) *larder.Cache {
	t.Helper()
	c, err := larder.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func set(t testing.TB, st datatypes.Strings, key, value string) {
	t.Helper()
	if _, err := st.Set(key, []byte(value), datatypes.SetOptions{}); err != nil {
		t.Fatal(err)
	}
}

// textOf returns "(none)" for a key that does not exist.
func textOf(t testing.TB, st datatypes.Strings, key string) string {
	t.Helper()
	v, ok, err := st.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return "(none)"
	}
	return string(v)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	bad := []larder.Options{
		{MaxBytes: -1}, {Policy: larder.VolatileTTL + 1},
		{Databases: -1}, {Databases: 16385}, {Shards: -1}, {Shards: 257},
		{Limits: datatypes.Limits{HashEntries: -2}},
	}
	for _, o := range bad {
		if c, err := larder.Open(o); !errors.Is(err, larder.ErrOptions) || c != nil {
			t.Errorf("Open(%+v) = %v, %v", o, c, err)
		}
	}
	good := []struct {
		o         larder.Options
		databases int
		shards    int // zero: any
		policy    larder.Policy
	}{
		{larder.Options{}, 16, 0, larder.AllKeysLFU},
		{larder.Options{Databases: 1, Shards: 1, MaxBytes: 1 << 20, Policy: larder.NoEviction}, 1, 1, larder.NoEviction},
		{larder.Options{Databases: 16384, Shards: 3}, 16384, 4, larder.AllKeysLFU},
		{larder.Options{Shards: 256, Policy: larder.VolatileTTL}, 16, 256, larder.VolatileTTL},
		{larder.Options{Shards: 129, Policy: larder.AllKeysLRU}, 16, 256, larder.AllKeysLRU},
	}
	for _, tt := range good {
		tt.o.NoMaintenance = true
		c := open(t, tt.o)
		st := c.Stats()
		if c.Databases() != tt.databases || tt.shards != 0 && st.Shards != tt.shards || c.Policy() != tt.policy || c.MaxBytes() != tt.o.MaxBytes {
			t.Errorf("Open(%+v): %d databases, %v, limit %d, %+v", tt.o, c.Databases(), c.Policy(), c.MaxBytes(), st)
		}
		set(t, c.Strings(), "k", "v")
		if got := textOf(t, c.Strings(), "k"); got != "v" {
			t.Errorf("Open(%+v): %q", tt.o, got)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{NoMaintenance: true})
	for p := larder.NoEviction; p <= larder.VolatileTTL; p++ {
		if err := c.SetPolicy(p); err != nil || c.Policy() != p {
			t.Errorf("%v: %v, then %v", p, err, c.Policy())
		}
		if got, err := larder.ParsePolicy(p.String()); got != p || err != nil {
			t.Errorf("%q is %v, %v", p.String(), got, err)
		}
	}
	if err := c.SetPolicy(larder.DefaultPolicy); err != nil || c.Policy() != larder.AllKeysLFU {
		t.Error(err, c.Policy())
	}
	if larder.DefaultPolicy.String() != "allkeys-lfu" || larder.NoEviction.String() != "noeviction" {
		t.Error(larder.DefaultPolicy, larder.NoEviction)
	}
	if _, err := larder.ParsePolicy("best"); err == nil {
		t.Error("there is a policy called best")
	}
	if c.SetPolicy(99) == nil || c.SetMaxBytes(-1) == nil {
		t.Error("bad settings are accepted")
	}
	for _, n := range []int64{1 << 30, 1 << 20, 0} {
		if err := c.SetMaxBytes(n); err != nil || c.MaxBytes() != n || c.Stats().MaxBytes != n {
			t.Error(n, err, c.MaxBytes())
		}
	}
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{Databases: 4, NoMaintenance: true})
	for _, n := range []int{-1, 4, math.MaxInt} {
		if _, err := c.DB(n); err != datatypes.ErrInvalidDB {
			t.Errorf("DB(%d): %v", n, err)
		}
	}
	var dbs []larder.DB
	for n := range 4 {
		db, err := c.DB(n)
		if err != nil {
			t.Fatal(err)
		}
		set(t, db.Strings(), "k", strconv.Itoa(n))
		dbs = append(dbs, db)
	}
	holds := func(want ...string) {
		t.Helper()
		for n, db := range dbs {
			if got := textOf(t, db.Strings(), "k"); got != want[n] {
				t.Errorf("database %d holds %q, want %q", n, got, want[n])
			}
		}
	}
	holds("0", "1", "2", "3")
	if got := textOf(t, c.Strings(), "k"); got != "0" {
		t.Errorf("the cache's own store holds %q", got)
	}
	if err := c.SwapDB(0, 3); err != nil {
		t.Error(err)
	}
	holds("3", "1", "2", "0")
	for _, pair := range [][2]int{{0, 4}, {-1, 0}, {9, 9}} {
		if err := c.SwapDB(pair[0], pair[1]); err != datatypes.ErrInvalidDB {
			t.Errorf("SwapDB(%v): %v", pair, err)
		}
	}
	if err := dbs[1].Keys().Flush(); err != nil {
		t.Error(err)
	}
	holds("3", "(none)", "2", "0")
	for _, flush := range []func() error{c.FlushAll, c.FlushAllAsync} {
		set(t, dbs[2].Strings(), "k", "again")
		if err := flush(); err != nil {
			t.Error(err)
		}
		holds("(none)", "(none)", "(none)", "(none)")
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{Shards: 16, NoMaintenance: true})
	set(t, c.Strings(), "{a}1", "1")
	mine := errors.New("mine")
	err := c.Update([]string{"{a}1"}, func(tx *larder.Tx) error {
		set(t, tx.Strings(), "{a}2", "2") // of a declared key's shard
		if n, err := tx.Keys().Exists("{a}1", "{a}2"); n != 2 || err != nil {
			t.Error(n, err)
		}
		db, err := tx.DB(1)
		if err != nil {
			t.Error(err)
		}
		set(t, db.Strings(), "{a}1", "of database 1")
		if _, err := tx.DB(16); err != datatypes.ErrInvalidDB {
			t.Error(err)
		}
		undeclared := 0
		for i := range 100 {
			_, err := tx.Strings().Set(fmt.Sprint("other:", i), nil, datatypes.SetOptions{})
			switch err {
			case datatypes.ErrNotDeclared:
				undeclared++
			case nil:
			default:
				t.Error(err)
			}
		}
		if undeclared < 80 {
			t.Errorf("only %d of 100 undeclared keys were refused", undeclared)
		}
		return mine
	})
	if err != mine {
		t.Errorf("Update returned %v", err)
	}
	if got := textOf(t, c.Strings(), "{a}2"); got != "2" {
		t.Errorf("what was done before the error is gone: %q", got)
	}
	err = c.UpdateAll(func(tx *larder.Tx) error {
		n, err := tx.Keys().Len()
		if n < 2 || err != nil {
			t.Error(n, err)
		}
		if keys := slices.Collect(tx.Keys().All()); len(keys) != n {
			t.Errorf("%d keys, All has %d", n, len(keys))
		}
		if _, ok, err := tx.Keys().Random(); !ok || err != nil {
			t.Error(ok, err)
		}
		return tx.Keys().Flush()
	})
	if n, _ := c.Keys().Len(); n != 0 || err != nil {
		t.Errorf("after a flush in UpdateAll: %d keys, %v", n, err)
	}
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the panic got lost")
			}
		}()
		c.UpdateAll(func(*larder.Tx) error { panic("mine") })
	}()
	set(t, c.Strings(), "k", "still unlocked")
}

// TestMSetIsAtomic: values that are always set together are always read
// together, by every read that promises it.
func TestMSetIsAtomic(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{Shards: 8})
	st := c.Strings()
	const keys, writers, rounds = 12, 2, 400
	names := make([]string, keys)
	for i := range names {
		names[i] = fmt.Sprint("key:", i)
	}
	setAll := func(value string) {
		items := make([]datatypes.Item, keys)
		for i, p := range rand.Perm(keys) {
			items[i] = datatypes.Item{Key: names[p], Value: []byte(value)}
		}
		if err := st.MSet(items...); err != nil {
			t.Error(err)
		}
	}
	setAll("0")
	equal := func(how string, values [][]byte) {
		for _, v := range values[1:] {
			if string(v) != string(values[0]) {
				t.Errorf("%s: %.40q", how, values)
				return
			}
		}
	}
	var writing sync.WaitGroup
	var stop atomic.Bool
	for w := range writers {
		writing.Go(func() {
			for i := range rounds {
				setAll(strings.Repeat(fmt.Sprint(w*rounds+i, " "), i%50))
			}
		})
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for !stop.Load() {
			values, err := st.MGet(nil, names...)
			if err != nil {
				t.Error(err)
			}
			equal("MGet", values)
		}
	})
	reading.Go(func() {
		var b datatypes.Batch
		for !stop.Load() {
			if err := st.MGetBatch(names, &b); err != nil {
				t.Error(err)
			}
			values := make([][]byte, keys)
			for i := range values {
				values[i], _ = b.Value(i)
			}
			equal("MGetBatch", values)
			c.Update(names, func(tx *larder.Tx) error {
				for i := range values {
					values[i], _, _ = tx.Strings().Get(names[i])
				}
				return nil
			})
			equal("Update", values)
		}
	})
	writing.Wait()
	stop.Store(true)
	reading.Wait()
}

func TestIncrIsAtomic(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{})
	const workers, rounds = 4, 500
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				c.Strings().Incr("n")
				c.Strings().Compute("m", func(old []byte, _ bool) ([]byte, datatypes.Op) {
					n, _ := strconv.Atoi(string(old))
					return strconv.AppendInt(nil, int64(n+1), 10), datatypes.OpSet
				})
			}
		})
	}
	wg.Wait()
	want := strconv.Itoa(workers * rounds)
	if n, m := textOf(t, c.Strings(), "n"), textOf(t, c.Strings(), "m"); n != want || m != want {
		t.Errorf("%s and %s, want %s", n, m, want)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{NoMaintenance: true})
	set(t, c.Strings(), "k", "v")
	w, err := c.Watch("k", "absent")
	if err != nil {
		t.Fatal(err)
	}
	changed := func(want bool) {
		t.Helper()
		if got, err := w.Changed(); got != want || err != nil {
			t.Errorf("Changed is %v, %v", got, err)
		}
		err := c.Update([]string{"k", "absent"}, func(tx *larder.Tx) error {
			got, err := w.ChangedIn(tx)
			if got != want {
				t.Errorf("ChangedIn is %v", got)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	changed(false)
	set(t, c.Strings(), "other", "v")
	c.Strings().Get("k")
	changed(false)
	set(t, c.Strings(), "absent", "v")
	changed(true)
	w.Close()
}

// TestOptimisticTransactions counts with WATCH, as Redis clients do.
func TestOptimisticTransactions(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{})
	const workers, rounds = 4, 100
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for done := 0; done < rounds; {
				w, err := c.Watch("n")
				if err != nil {
					t.Error(err)
					return
				}
				v, _, _ := c.Strings().Get("n")
				n, _ := strconv.Atoi(string(v))
				c.Update([]string{"n"}, func(tx *larder.Tx) error {
					if changed, err := w.ChangedIn(tx); changed || err != nil {
						return err
					}
					done++
					_, err := tx.Strings().Set("n", []byte(strconv.Itoa(n+1)), datatypes.SetOptions{})
					return err
				})
				w.Close()
			}
		})
	}
	wg.Wait()
	if got := textOf(t, c.Strings(), "n"); got != strconv.Itoa(workers*rounds) {
		t.Errorf("counted to %s", got)
	}
}

// TestEvents: what each operation announces, as Redis' keyspace notifications
// name it.
func TestEvents(t *testing.T) {
	t.Parallel()
	now := newClock()
	c := open(t, larder.Options{Clock: now, Shards: 1, NoMaintenance: true})
	var got []string
	defer c.OnEvent(func(e larder.Event) { got = append(got, fmt.Sprintf("%s %d:%s", e.Name, e.DB, e.Key)) })()
	st, k := c.Strings(), c.Keys()
	ttl := datatypes.SetOptions{TTL: time.Minute}
	past := time.UnixMilli(1)
	db1 := 1
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"set", func() { st.Set("k", []byte("v"), datatypes.SetOptions{}) }, []string{"set 0:k"}},
		{"set EX", func() { st.Set("k", nil, ttl) }, []string{"set 0:k", "expire 0:k"}},
		{"set KEEPTTL", func() { st.Set("k", nil, datatypes.SetOptions{KeepTTL: true}) }, []string{"set 0:k"}},
		{"set NX refused", func() { st.Set("k", nil, datatypes.SetOptions{IfAbsent: true}) }, nil},
		{"set GET", func() { st.SetGet("k", nil, datatypes.SetOptions{}) }, []string{"set 0:k"}},
		{"get", func() { st.Get("k") }, nil},
		{"getex", func() { st.GetEx("k", datatypes.GetExOptions{}) }, nil},
		{"getex EX", func() { st.GetEx("k", datatypes.GetExOptions{TTL: time.Minute}) }, []string{"expire 0:k"}},
		{"getex PERSIST", func() { st.GetEx("k", datatypes.GetExOptions{Persist: true}) }, []string{"persist 0:k"}},
		{"getex PERSIST again", func() { st.GetEx("k", datatypes.GetExOptions{Persist: true}) }, nil},
		{"getex past", func() { st.GetEx("k", datatypes.GetExOptions{ExpireAt: past}) }, []string{"del 0:k"}},
		{"append", func() { st.Append("k", []byte("1")) }, []string{"append 0:k"}},
		{"setrange", func() { st.SetRange("k", 0, []byte("2")) }, []string{"setrange 0:k"}},
		{"setrange of nothing", func() { st.SetRange("k", 5, nil) }, nil},
		{"incr", func() { st.Incr("k") }, []string{"incrby 0:k"}},
		{"decrby", func() { st.DecrBy("k", 5) }, []string{"incrby 0:k"}},
		{"incrbyfloat", func() { st.IncrByFloat("k", 1) }, []string{"incrbyfloat 0:k"}},
		{"incr refused", func() { st.Set("s", []byte("x"), datatypes.SetOptions{}); st.Incr("s") }, []string{"set 0:s"}},
		{"mset", func() { st.MSet(datatypes.Item{Key: "a"}, datatypes.Item{Key: "b"}) }, []string{"set 0:a", "set 0:b"}},
		{"msetnx refused", func() { st.MSetNX(datatypes.Item{Key: "a"}, datatypes.Item{Key: "c"}) }, nil},
		{"del", func() { k.Del("a", "b", "x") }, []string{"del 0:a", "del 0:b"}},
		{"getdel", func() { st.GetDel("s") }, []string{"del 0:s"}},
		{"expire", func() { k.Expire("k", time.Minute, 0) }, []string{"expire 0:k"}},
		{"expire refused", func() { k.Expire("k", time.Hour, datatypes.ExpireNX) }, nil},
		{"persist", func() { k.Persist("k") }, []string{"persist 0:k"}},
		{"persist again", func() { k.Persist("k") }, nil},
		{"rename", func() { k.Rename("k", "r") }, []string{"rename_from 0:k", "rename_to 0:r"}},
		{"rename to itself", func() { k.Rename("r", "r") }, nil},
		{"copy", func() { k.Copy("r", "k", datatypes.CopyOptions{}) }, []string{"copy_to 0:k"}},
		{"copy refused", func() { k.Copy("r", "k", datatypes.CopyOptions{}) }, nil},
		{"copy to a database", func() { k.Copy("r", "k", datatypes.CopyOptions{DB: &db1}) }, []string{"copy_to 1:k"}},
		{"move", func() { k.Move("r", 1) }, []string{"move_from 0:r", "move_to 1:r"}},
		{"move refused", func() { k.Move("k", 1) }, nil},
		{"expire now", func() { k.Expire("k", 0, 0) }, []string{"del 0:k"}},
		{"compute", func() {
			st.Compute("c", func([]byte, bool) ([]byte, datatypes.Op) { return nil, datatypes.OpSet })
			st.Compute("c", func([]byte, bool) ([]byte, datatypes.Op) { return nil, datatypes.OpCancel })
			st.Compute("c", func([]byte, bool) ([]byte, datatypes.Op) { return nil, datatypes.OpDelete })
			st.Compute("c", func([]byte, bool) ([]byte, datatypes.Op) { return nil, datatypes.OpDelete })
		}, []string{"set 0:c", "del 0:c"}},
		{"expired", func() { st.Set("e", nil, ttl); now.advance(time.Hour); st.Get("e") }, []string{"set 0:e", "expire 0:e", "expired 0:e"}},
		{"swept", func() { st.Set("e", nil, ttl); now.advance(time.Hour); c.Maintain() }, []string{"set 0:e", "expire 0:e", "expired 0:e"}},
		{"in a transaction", func() {
			c.Update([]string{"t"}, func(tx *larder.Tx) error {
				tx.Strings().Set("t", nil, datatypes.SetOptions{})
				tx.Keys().Del("t")
				if len(got) > 0 {
					t.Error("events come while the transaction holds its locks")
				}
				return nil
			})
		}, []string{"set 0:t", "del 0:t"}},
	}
	for _, step := range steps {
		got = nil
		step.do()
		if !slices.Equal(got, step.want) {
			t.Errorf("%s announces %q, want %q", step.name, got, step.want)
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{})
	set(t, c.Strings(), "k", "v")
	w, err := c.Watch("k")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"Close":         c.Close,
		"SwapDB":        func() error { return c.SwapDB(0, 1) },
		"FlushAll":      c.FlushAll,
		"FlushAllAsync": c.FlushAllAsync,
		"Update":        func() error { return c.Update([]string{"k"}, func(*larder.Tx) error { t.Error("called"); return nil }) },
		"UpdateAll":     func() error { return c.UpdateAll(func(*larder.Tx) error { t.Error("called"); return nil }) },
		"Watch":         func() error { _, err := c.Watch("k"); return err },
		"Changed":       func() error { _, err := w.Changed(); return err },
		"Get":           func() error { _, _, err := c.Strings().Get("k"); return err },
		"Get of a database": func() error {
			db, err := c.DB(1)
			if err != nil {
				return err
			}
			_, _, err = db.Strings().Get("k")
			return err
		},
	}
	for name, call := range calls {
		if err := call(); err != larder.ErrClosed {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Close()
	if c.Maintain() {
		t.Error("Maintain has something to do")
	}
	if st := c.Stats(); st != (larder.Stats{}) {
		t.Errorf("Stats: %+v", st)
	}
}

// TestDBStats: databases that hold keys are counted each by itself, by type, whatever keys have become.
func TestDBStats(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{NoMaintenance: true})
	if all := c.DBStats(); len(all) != 0 {
		t.Errorf("of an empty cache: %+v", all)
	}
	db, err := c.DB(7)
	if err != nil {
		t.Fatal(err)
	}
	set(t, c.Strings(), "a", "v")
	set(t, c.Strings(), "b", "v")
	for _, key := range []string{"b", "l", "m"} {
		if _, err := db.Lists().RPush(key, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Sets().Add("s", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Hashes().Set("h", datatypes.Field{Name: "f"}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SortedSets().Add("z", datatypes.Scored{Member: "m", Score: 1}); err != nil {
		t.Fatal(err)
	}
	set(t, db.Strings(), "m", "no list any more")
	if _, err := db.Keys().Expire("l", time.Hour, 0); err != nil {
		t.Fatal(err)
	}
	want := []larder.DBStats{{DB: 0, Keys: 2}, {DB: 7, Keys: 6, Volatile: 1}}
	want[0].ByType[datatypes.TypeString] = 2
	want[1].ByType = [...]int{datatypes.TypeString: 1, datatypes.TypeList: 2, datatypes.TypeSet: 1, datatypes.TypeSortedSet: 1, datatypes.TypeHash: 1}
	if all := c.DBStats(); !slices.Equal(all, want) {
		t.Errorf("%+v, want %+v", all, want)
	}
	if err := db.Keys().Flush(); err != nil {
		t.Fatal(err)
	}
	if all := c.DBStats(); !slices.Equal(all, want[:1]) {
		t.Errorf("after a flush: %+v, want %+v", all, want[:1])
	}
	c.Close()
	if all := c.DBStats(); all != nil {
		t.Errorf("after Close: %+v", all)
	}
}

// testClock is a clock that stands still until it is told to move.
type testClock struct{ millis atomic.Int64 }

func (c *testClock) Now() time.Time          { return time.UnixMilli(c.millis.Load()) }
func (c *testClock) advance(d time.Duration) { c.millis.Add(d.Milliseconds()) }

func newClock() *testClock {
	c := &testClock{}
	c.millis.Store(1_700_000_000_000)
	return c
}

// TestInABubble runs a whole cache, its maintenance included, on the fake time
// of a bubble, which also fails if a goroutine outlives Close.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := larder.Open(larder.Options{Shards: 4, Policy: larder.AllKeysLRU})
		if err != nil {
			t.Fatal(err)
		}
		st, k := c.Strings(), c.Keys()
		const n = 2000
		for i := range n {
			o := datatypes.SetOptions{TTL: time.Duration(1+i%10) * time.Minute}
			if _, err := st.Set(fmt.Sprint(i), make([]byte, 100), o); err != nil {
				t.Fatal(err)
			}
		}
		set(t, st, "forever", "v")
		if ttl, _, _ := k.TTL("0"); ttl != time.Minute {
			t.Errorf("TTL is %v", ttl)
		}
		time.Sleep(30 * time.Second)
		if ttl, _, _ := k.TTL("0"); ttl != 30*time.Second {
			t.Errorf("TTL after 30 s is %v", ttl)
		}
		time.Sleep(30*time.Second + time.Millisecond)
		if got := textOf(t, st, "0"); got != "(none)" {
			t.Errorf("after its TTL a key holds %q", got)
		}
		// Nobody asks for the others; the sweep of five minutes finds them.
		time.Sleep(5*time.Minute + 5*time.Second)
		if got, err := k.Len(); got != n*4/10+1 || err != nil {
			t.Errorf("after six minutes there are %d keys, want %d; %v", got, n*4/10+1, err)
		}
		time.Sleep(time.Hour)
		if got, err := k.Len(); got != 1 || err != nil {
			t.Errorf("after an hour there are %d keys, %v", got, err)
		}
		if idle, _, _ := k.IdleTime("forever"); idle < 65*time.Minute || idle > 67*time.Minute {
			t.Errorf("idle for %v", idle)
		}
		if err := c.FlushAllAsync(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if st := c.Stats(); st.UsedBytes != 0 || st.Garbage != 0 {
			t.Errorf("left of an empty cache: %+v", st)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

// TestOneGoroutine: Open starts one goroutine, or none, and Close ends it.
func TestOneGoroutine(t *testing.T) {
	running := func() int {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return strings.Count(string(stacks), "keyspace.(*Keyspace).maintain(")
	}
	before := running()
	for _, none := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, err := larder.Open(larder.Options{NoMaintenance: none})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			want := 1
			if none {
				want = 0
			}
			if got := running() - before; got != want {
				t.Errorf("%d goroutines run, want %d", got, want)
			}
			c.Close()
			synctest.Wait()
			if got := running() - before; got != 0 {
				t.Errorf("%d goroutines run after Close", got)
			}
		})
	}
}

func TestOnChange(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{})
	db, err := c.DB(1)
	if err != nil {
		t.Fatal(err)
	}
	var got []larder.Change
	cancel := c.OnChange(func(ch larder.Change) { got = append(got, ch) })
	db.WithOrigin(7).Strings().Set("a", []byte("1"), datatypes.SetOptions{})
	db.Strings().Get("a")
	db.Keys().Del("a", "nokey")
	c.Strings().Set("a", nil, datatypes.SetOptions{})
	c.FlushAll()
	cancel()
	c.Strings().Set("a", nil, datatypes.SetOptions{})
	want := []larder.Change{{DB: 1, Key: "a", Origin: 7}, {DB: 1, Key: "a"}, {Key: "a"}, {All: true}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestTransactionOfDatabase checks that a transaction begins in the database that it was asked of, and what it says
// of the whole cache.
func TestTransactionOfDatabase(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{})
	db, err := c.DB(1)
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Watch("b")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Add(db, "a"); err != nil {
		t.Fatal(err)
	}
	if keys := w.Keys(); !slices.Equal(keys, []string{"b", "a"}) {
		t.Error(keys)
	}
	err = db.Update([]string{"a"}, func(tx *larder.Tx) error {
		_, err := tx.Strings().Set("a", []byte("1"), datatypes.SetOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, _, _ := db.Strings().Get("a"); string(v) != "1" {
		t.Errorf("a is %q", v)
	}
	if changed, err := w.Changed(); !changed || err != nil {
		t.Error(changed, err)
	}
	err = db.UpdateAll(func(tx *larder.Tx) error {
		if st := tx.Stats(); st.Keys != 1 || tx.Databases() != c.Databases() {
			t.Errorf("%+v, %d databases", st, tx.Databases())
		}
		if all := tx.DBStats(); len(all) != 1 || all[0].Keys != 1 || all[0].ByType[datatypes.TypeString] != 1 {
			t.Errorf("%+v", all)
		}
		return tx.Keys().FlushAll()
	})
	if st := c.Stats(); err != nil || st.Keys != 0 {
		t.Error(err, st.Keys)
	}
}

func TestHotKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, larder.Options{})
		if got, want := c.HotKeyOptions(), (larder.HotKeyOptions{SamplePercent: 1, Window: time.Second}); got != want {
			t.Errorf("options are %+v", got)
		}
		o := larder.HotKeyOptions{Keys: 2, SamplePercent: 100, Window: 500 * time.Millisecond}
		if err := c.SetHotKeyOptions(o); err != nil || c.HotKeyOptions() != o {
			t.Errorf("options are %+v, %v", c.HotKeyOptions(), err)
		}
		for range 10 {
			textOf(t, c.Strings(), "hot")
		}
		set(t, c.Strings(), "warm", "")
		set(t, c.Strings(), "warm", "")
		if got := c.HotKeys(); len(got.Keys) != 0 || got.Window != 0 {
			t.Errorf("before the window has ended: %+v", got)
		}
		time.Sleep(900 * time.Millisecond) // maintenance ends the window
		got := c.HotKeys()
		if got.Samples != 12 || len(got.Keys) != 2 || got.Keys[0].Key != "hot" || got.Keys[1].Key != "warm" ||
			got.Keys[0].Rate != 10/got.Window.Seconds() || got.Window < o.Window || got.Window >= 900*time.Millisecond {
			t.Errorf("got %+v", got)
		}
		if c.ResetHotKeys(); len(c.HotKeys().Keys) != 0 {
			t.Errorf("after a reset: %+v", c.HotKeys())
		}
	})
	c := open(t, larder.Options{})
	for _, o := range []larder.HotKeyOptions{{Keys: -1}, {Keys: 1001}, {SamplePercent: -1}, {SamplePercent: 101}, {Window: -1}, {Window: 301 * time.Second}} {
		if err := c.SetHotKeyOptions(o); err == nil || c.HotKeyOptions().Keys != 0 {
			t.Errorf("%+v: %v, %+v", o, err, c.HotKeyOptions())
		}
	}
}

func TestBigKeys(t *testing.T) {
	t.Parallel()
	c := open(t, larder.Options{})
	set(t, c.Strings(), "small", "x")
	set(t, c.Strings(), "large", strings.Repeat("x", 1000))
	for i := range 1000 {
		if _, err := c.Hashes().Set("hash", datatypes.Field{Name: strconv.Itoa(i), Value: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.BigKeys(t.Context(), 1)
	if err != nil || len(got) != 2 || got[0].Type != datatypes.TypeString || got[1].Type != datatypes.TypeHash {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []struct {
		key  string
		keys int
	}{{"large", 2}, {"hash", 1}} {
		size, _, err := c.Keys().MemoryUsage(want.key)
		if err != nil {
			t.Fatal(err)
		}
		if s := got[i]; s.Keys != want.keys || s.Bytes < int64(size) || !slices.Equal(s.Largest, []larder.BigKey{{Key: want.key, Bytes: size}}) {
			t.Errorf("got %+v, want %s of %d bytes", s, want.key, size)
		}
	}
	if got, err := c.BigKeys(t.Context(), -1); err != nil || len(got) != 2 || got[0].Largest != nil {
		t.Errorf("no keys: %+v, %v", got, err)
	}
}
