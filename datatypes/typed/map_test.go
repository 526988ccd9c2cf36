package typed_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	names := func(name string, err error) string { return fmt.Sprint(name, err) }
	c := openCache(t)
	addrs := newMap(t, c, typed.MapOptions[netip.Addr, int]{Prefix: "ip:"})
	for _, tt := range []struct{ got, want string }{
		{names(newMap(t, c, typed.MapOptions[string, int]{}).Name("a")), "a<nil>"},
		{names(newMap(t, c, typed.MapOptions[label, int]{Prefix: "l:"}).Name("a")), "l:a<nil>"},
		{names(newMap(t, c, typed.MapOptions[int64, int]{Prefix: "n:"}).Name(-5)), "n:-5<nil>"},
		{names(newMap(t, c, typed.MapOptions[color, int]{Prefix: "c:"}).Name(5)), "c:5<nil>"},
		{names(addrs.Name(netip.MustParseAddr("::1"))), "ip:::1<nil>"},
		{names(newMap(t, c, typed.MapOptions[uint16, int]{Prefix: "f:", Key: typed.Fixed[uint16]{}}).Name(0x4142)), "f:BA<nil>"},
	} {
		if tt.got != tt.want {
			t.Errorf("the name is %q, want %q", tt.got, tt.want)
		}
	}
	bad := errors.New("bad key")
	m := newMap(t, c, typed.MapOptions[int, int]{Prefix: "bad", Key: typed.Funcs[int]{
		Append: func(dst []byte, _ int) ([]byte, error) { return dst, bad },
		Parse:  func([]byte) (int, error) { return 0, bad },
	}})
	for name, call := range map[string]func() error{
		"Name":    func() error { _, err := m.Name(1); return err },
		"Get":     func() error { _, _, err := m.Get(1); return err },
		"Has":     func() error { _, err := m.Has(1); return err },
		"Set":     func() error { return m.Set(1, 1) },
		"Delete":  func() error { _, err := m.Delete(1); return err },
		"TTL":     func() error { _, _, err := m.TTL(1); return err },
		"Expire":  func() error { _, err := m.Expire(1, 1); return err },
		"GetMany": func() error { _, err := m.GetMany(1); return err },
		"SetMany": func() error { return m.SetMany(maps.All(map[int]int{1: 1})) },
		"Compute": func() error { return m.Compute(1, func(int, bool) (int, datatypes.Op) { panic("called") }) },
	} {
		if err := call(); err != bad {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMapOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]typed.MapOptions[string, int]{
		"negative TTL":          {TTL: -1},
		"negative jitter":       {Jitter: -0.1},
		"jitter over all":       {Jitter: 1.1},
		"jitter, not a number":  {Jitter: math.NaN()},
		"sliding without a TTL": {Sliding: true},
		"sliding with EntryTTL": {Sliding: true, TTL: 1, EntryTTL: func(string, int) time.Duration { return 1 }},
	} {
		if _, err := typed.NewMap(openCache(t), o); !errors.Is(err, typed.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTTL: when an entry expires is decided by the write, the entry, or the map, in this order.
func TestTTL(t *testing.T) {
	t.Parallel()
	const never = datatypes.NoTTL
	own := func(_ string, v int) time.Duration { return time.Duration(v) * time.Second }
	tests := []struct {
		name  string
		o     typed.MapOptions[string, int]
		value int
		write datatypes.SetOptions
		want  time.Duration
	}{
		{"none", typed.MapOptions[string, int]{}, 1, datatypes.SetOptions{}, never},
		{"the map's", typed.MapOptions[string, int]{TTL: time.Minute}, 1, datatypes.SetOptions{}, time.Minute},
		{"the entry's", typed.MapOptions[string, int]{TTL: time.Minute, EntryTTL: own}, 5, datatypes.SetOptions{}, 5 * time.Second},
		{"the entry has none", typed.MapOptions[string, int]{TTL: time.Minute, EntryTTL: own}, 0, datatypes.SetOptions{}, time.Minute},
		{"the entry is to stay", typed.MapOptions[string, int]{TTL: time.Minute, EntryTTL: own}, -1, datatypes.SetOptions{}, never},
		{"the write's", typed.MapOptions[string, int]{TTL: time.Minute, EntryTTL: own}, 5, datatypes.SetOptions{TTL: time.Hour}, time.Hour},
		{"the write says never", typed.MapOptions[string, int]{TTL: time.Minute}, 5, datatypes.SetOptions{TTL: never}, never},
		{"the write keeps it", typed.MapOptions[string, int]{TTL: time.Minute}, 5, datatypes.SetOptions{KeepTTL: true}, time.Second},
		{"if present", typed.MapOptions[string, int]{TTL: time.Minute}, 5, datatypes.SetOptions{IfPresent: true}, time.Minute},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			c := openCache(t)
			m := newMap(t, c, tt.o)
			c.Strings().Set("k", []byte("9"), datatypes.SetOptions{TTL: time.Second})
			if stored, err := m.SetWith("k", tt.value, tt.write); !stored || err != nil {
				t.Fatal(stored, err)
			}
			if ttl, ok, err := m.TTL("k"); ttl != tt.want || !ok || err != nil {
				t.Errorf("%s: %v, %v, %v, want %v", tt.name, ttl, ok, err, tt.want)
			}
		})
	}
}

func TestSliding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCache(t)
		m := newMap(t, c, typed.MapOptions[string, string]{TTL: time.Minute, Sliding: true})
		m.Set("read", "r")
		m.Set("read among others", "o")
		m.Set("unread", "u")
		for range 5 {
			time.Sleep(40 * time.Second)
			v, ok, err := m.Get("read")
			many, err2 := m.GetMany("read among others", "absent")
			if v != "r" || !ok || err != nil || err2 != nil || many["read among others"] != "o" || len(many) != 1 {
				t.Fatal(v, ok, err, many, err2)
			}
			m.Has("unread")
			for range m.All() {
			}
		}
		if ok, err := m.Has("unread"); ok || err != nil {
			t.Error(ok, err)
		}
		time.Sleep(30 * time.Second)
		if err := m.Compute("read", func(old string, _ bool) (string, datatypes.Op) { return old + "!", datatypes.OpSet }); err != nil {
			t.Fatal(err)
		}
		if ttl, _, _ := m.TTL("read"); ttl != time.Minute {
			t.Errorf("after Compute the TTL is %v", ttl)
		}
	})
}

// TestJitter: TTLs of different keys differ, within the share that is allowed, and of the same key they don't.
func TestJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMap(t, openCache(t), typed.MapOptions[int, int]{TTL: 100 * time.Second, Jitter: 0.25})
		ttls := map[time.Duration]bool{}
		least, most := time.Hour, time.Duration(0)
		for i := range 1000 {
			var of [2]time.Duration
			for j := range of {
				m.Set(i, i)
				of[j], _, _ = m.TTL(i)
			}
			if of[0] != of[1] {
				t.Fatalf("%d lives %v or %v", i, of[0], of[1])
			}
			ttls[of[0]] = true
			least, most = min(least, of[0]), max(most, of[0])
		}
		if len(ttls) < 900 || least < 75*time.Second || least > 76*time.Second || most > 100*time.Second || most < 99*time.Second {
			t.Errorf("%d different TTLs from %v to %v", len(ttls), least, most)
		}
	})
}

func TestSetWith(t *testing.T) {
	t.Parallel()
	m := newMap(t, openCache(t), typed.MapOptions[string, int]{})
	for _, tt := range []struct {
		name   string
		o      datatypes.SetOptions
		stored bool
		err    error
		want   int // 0: nothing
	}{
		{"if present", datatypes.SetOptions{IfPresent: true}, false, nil, 0},
		{"both", datatypes.SetOptions{IfPresent: true, IfAbsent: true}, false, datatypes.ErrConflict, 0},
		{"negative", datatypes.SetOptions{TTL: -2}, false, datatypes.ErrInvalidExpire, 0},
		{"if absent", datatypes.SetOptions{IfAbsent: true}, true, nil, 4},
		{"if absent again", datatypes.SetOptions{IfAbsent: true}, false, nil, 4},
		{"if present again", datatypes.SetOptions{IfPresent: true}, true, nil, 6},
		{"if present, negative", datatypes.SetOptions{IfPresent: true, TTL: -2}, false, datatypes.ErrInvalidExpire, 6},
	} {
		value := map[string]int{"if absent": 4, "if present again": 6}[tt.name]
		stored, err := m.SetWith("k", value, tt.o)
		if stored != tt.stored || err != tt.err {
			t.Errorf("%s: %v, %v", tt.name, stored, err)
		}
		if got, ok, _ := m.Get("k"); got != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: then Get is %v, %v", tt.name, got, ok)
		}
	}
}

func TestCompute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCache(t)
		m := newMap(t, c, typed.MapOptions[string, int]{TTL: time.Minute})
		do := func(add int, op datatypes.Op) (sawOld int, sawOK bool) {
			err := m.Compute("k", func(old int, ok bool) (int, datatypes.Op) {
				sawOld, sawOK = old, ok
				return old + add, op
			})
			if err != nil {
				t.Error(err)
			}
			return sawOld, sawOK
		}
		expect := func(v int, ttl time.Duration) {
			t.Helper()
			gotTTL, _, _ := m.TTL("k")
			if got, _, err := m.Get("k"); got != v || gotTTL != ttl || err != nil {
				t.Errorf("%v for %v, %v; want %v for %v", got, gotTTL, err, v, ttl)
			}
		}
		if old, ok := do(5, datatypes.OpSet); old != 0 || ok {
			t.Error(old, ok)
		}
		expect(5, time.Minute)
		time.Sleep(10 * time.Second)
		if old, ok := do(1, datatypes.OpSet); old != 5 || !ok {
			t.Error(old, ok)
		}
		expect(6, 50*time.Second)
		do(1, datatypes.OpCancel)
		expect(6, 50*time.Second)
		c.Strings().Set("k", []byte("rubbish"), datatypes.SetOptions{})
		var d *typed.DecodeError
		if err := m.Compute("k", func(int, bool) (int, datatypes.Op) { panic("called") }); !errors.As(err, &d) {
			t.Error(err)
		}
		c.Strings().Set("k", []byte("7"), datatypes.SetOptions{})
		do(0, datatypes.OpDelete)
		expect(0, 0)
		func() {
			defer func() { recover() }()
			m.Compute("k", func(int, bool) (int, datatypes.Op) { panic("in the middle") })
		}()
		do(3, datatypes.OpSet)
		expect(3, time.Minute)

		cannot := newMap(t, c, typed.MapOptions[string, any]{})
		if err := cannot.Compute("k", func(any, bool) (any, datatypes.Op) { return func() {}, datatypes.OpSet }); err == nil {
			t.Error("a function was encoded")
		}
		if err := cannot.Set("k", make(chan int)); err == nil {
			t.Error("a channel was encoded")
		}
		expect(3, time.Minute)
	})
}

func TestExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMap(t, openCache(t), typed.MapOptions[string, int]{TTL: time.Minute})
		expect := func(what string, ttl time.Duration, there bool) {
			t.Helper()
			if got, ok, err := m.TTL("k"); got != ttl || ok != there || err != nil {
				t.Errorf("%s: %v, %v, %v", what, got, ok, err)
			}
		}
		if ok, err := m.Expire("k", time.Hour); ok || err != nil {
			t.Error(ok, err)
		}
		expect("absent", 0, false)
		m.Set("k", 1)
		for _, ttl := range []time.Duration{time.Hour, datatypes.NoTTL, time.Second} {
			if ok, err := m.Expire("k", ttl); !ok || err != nil {
				t.Error(ok, err)
			}
			expect("changed", ttl, true)
		}
		if ok, err := m.Expire("k", 0); !ok || err != nil {
			t.Error(ok, err)
		}
		expect("deleted", 0, false)
	})
}

// TestMany: many entries are written, read and iterated over; other keys of the database are left alone.
func TestMany(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	m := newMap(t, c, typed.MapOptions[int, string]{Prefix: "a*[x]?\\:"})
	c.Strings().MSet(item("a*[x]?\\:no number", "x"), item("abc[x]?\\:1", "x"), item("other", "y"))
	c.Lists().RPush("a*[x]?\\:7777", []byte("in a list"))
	want := map[int]string{}
	for i := range 1000 {
		want[i] = strings.Repeat("v", i%50) + fmt.Sprint(i)
	}
	if err := m.SetMany(maps.All(want)); err != nil {
		t.Fatal(err)
	}
	if got := maps.Collect(m.All()); !maps.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	keys := slices.Collect(maps.Keys(want))
	got, err := m.GetMany(append(keys, 5, 5, 12345)...)
	if !maps.Equal(got, want) || err != nil {
		t.Error(err, cmp.Diff(want, got))
	}
	for range m.All() {
		break
	}
	if n, err := m.Delete(1, 2, 12345, 2); n != 2 || err != nil {
		t.Error(n, err)
	}
	if n, err := m.Clear(); n != 999 || err != nil { // with the key that is no number
		t.Error(n, err)
	}
	if n, err := c.Keys().Exists("abc[x]?\\:1", "other", "a*[x]?\\:7777"); n != 3 || err != nil {
		t.Error(n, err)
	}
}

func TestManyWithTTLs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMap(t, openCache(t), typed.MapOptions[int, int]{EntryTTL: func(k, v int) time.Duration { return time.Duration(v) * time.Second }})
		if err := m.SetMany(maps.All(map[int]int{1: 10, 2: 20})); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		got, err := m.GetMany(1, 2)
		if want := map[int]int{2: 20}; !maps.Equal(got, want) || err != nil {
			t.Error(got, err)
		}
	})
}

func TestMapInTransaction(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	m := newMap(t, c, typed.MapOptions[string, int]{Prefix: "account:"})
	m.Set("ada", 100)
	names := make([]string, 2)
	for i, k := range []string{"ada", "bob"} {
		names[i], _ = m.Name(k)
	}
	err := c.Update(names, func(tx *larder.Tx) error {
		accounts := m.In(tx)
		ada, _, err := accounts.Get("ada")
		if err != nil {
			return err
		}
		if err := accounts.Set("ada", ada-30); err != nil {
			return err
		}
		return accounts.Set("bob", 30)
	})
	got, err2 := m.GetMany("ada", "bob")
	if want := map[string]int{"ada": 70, "bob": 30}; !maps.Equal(got, want) || err != nil || err2 != nil {
		t.Error(got, err, err2)
	}
	db, err := c.DB(3)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := m.In(db).Has("ada"); ok || err != nil {
		t.Error(ok, err)
	}
}

func TestMapErrors(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	m := newMap(t, c, typed.MapOptions[string, int]{})
	c.Lists().RPush("list", []byte("x"))
	if _, _, err := m.Get("list"); err != datatypes.ErrWrongType {
		t.Error(err)
	}
	if _, err := m.Has("list"); err != datatypes.ErrWrongType {
		t.Error(err)
	}
	c.Close()
	calls := map[string]func() error{
		"Get":     func() error { _, _, err := m.Get("k"); return err },
		"Has":     func() error { _, err := m.Has("k"); return err },
		"Set":     func() error { return m.Set("k", 1) },
		"SetWith": func() error { _, err := m.SetWith("k", 1, datatypes.SetOptions{IfAbsent: true}); return err },
		"Delete":  func() error { _, err := m.Delete("k"); return err },
		"TTL":     func() error { _, _, err := m.TTL("k"); return err },
		"Expire":  func() error { _, err := m.Expire("k", 1); return err },
		"GetMany": func() error { _, err := m.GetMany("k"); return err },
		"SetMany": func() error { return m.SetMany(maps.All(map[string]int{"k": 1})) },
		"Clear":   func() error { _, err := m.Clear(); return err },
		"Compute": func() error { return m.Compute("k", func(int, bool) (int, datatypes.Op) { panic("called") }) },
	}
	for name, call := range calls {
		if err := call(); err != typed.ErrClosed {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range m.All() {
		t.Error("All has something")
	}
}
