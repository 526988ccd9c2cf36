package datatypes_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

// The model of a cache: databases of keys with a value and an expiry in Unix
// milliseconds, zero for none.
type modelEntry struct {
	value    string
	expireAt int64
}

type modelDB map[string]modelEntry

type model struct {
	t   *rapid.T
	f   *fixture
	dbs [3]modelDB
}

// sweep drops what has expired from the model.
func (m *model) sweep() {
	now := m.f.clock.millis.Load()
	for _, db := range m.dbs {
		maps.DeleteFunc(db, func(_ string, e modelEntry) bool { return e.expireAt != 0 && e.expireAt < now })
	}
}

// modelKeys are few, so that operations meet; some share a shard.
var modelKeys = []string{"a", "b", "c", "{t}1", "{t}2", "", strings.Repeat("long", 70)}

func (m *model) key() string { return rapid.SampledFrom(modelKeys).Draw(m.t, "key") }
func (m *model) db() int     { return rapid.IntRange(0, len(m.dbs)-1).Draw(m.t, "db") }

func (m *model) value() string {
	return rapid.OneOf(
		rapid.SampledFrom(delicateValues[:len(delicateValues)-2]),
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.StringN(0, 30, -1),
	).Draw(m.t, "value")
}

func (m *model) ttl() time.Duration {
	return time.Duration(rapid.IntRange(-1, 20).Draw(m.t, "ms")) * time.Millisecond
}

func (m *model) now() int64 { return m.f.clock.millis.Load() }

// expect compares what an operation returned with what the model says.
func expect[T comparable](m *model, what string, got, want T, err, wantErr error) {
	m.t.Helper()
	if err != wantErr || err == nil && got != want {
		m.t.Fatalf("%s: got %v, %v; want %v, %v", what, got, err, want, wantErr)
	}
}

// expire is what Expire and GetEx do to an entry of the model.
func (m *model) expire(db modelDB, key string, at int64) {
	e := db[key]
	if e.expireAt = at; at <= m.now() {
		delete(db, key)
		return
	}
	db[key] = e
}

func (m *model) set() {
	n, key, value := m.db(), m.key(), m.value()
	st, _ := m.f.db(n)
	db := m.dbs[n]
	o := datatypes.SetOptions{
		IfAbsent:  rapid.IntRange(0, 3).Draw(m.t, "nx") == 0,
		IfPresent: rapid.IntRange(0, 3).Draw(m.t, "xx") == 0,
	}
	at := int64(0)
	old, existed := db[key]
	var wantErr error
	switch rapid.IntRange(0, 4).Draw(m.t, "expiry") {
	case 0:
		o.TTL = m.ttl()
		if o.TTL > 0 {
			at = m.now() + o.TTL.Milliseconds()
		} else if o.TTL < 0 {
			wantErr = datatypes.ErrInvalidExpire
		}
	case 1:
		at = m.now() + m.ttl().Milliseconds()
		o.ExpireAt = time.UnixMilli(at)
	case 2:
		o.KeepTTL, at = true, old.expireAt
	}
	if o.IfAbsent && o.IfPresent {
		wantErr = datatypes.ErrConflict
	}
	want := !(o.IfAbsent && existed || o.IfPresent && !existed)
	if rapid.Bool().Draw(m.t, "get") {
		got, ok, stored, err := st.SetGet(key, []byte(value), o)
		expect(m, "SetGet", stored, want, err, wantErr)
		if err == nil && (ok != existed || string(got) != old.value) {
			m.t.Fatalf("SetGet returned %q, %v; want %q, %v", got, ok, old.value, existed)
		}
	} else {
		stored, err := st.Set(key, []byte(value), o)
		expect(m, "Set", stored, want, err, wantErr)
	}
	if want && wantErr == nil {
		db[key] = modelEntry{value, at}
	}
}

func (m *model) get() {
	n, key := m.db(), m.key()
	st, _ := m.f.db(n)
	e, ok := m.dbs[n][key]
	var got []byte
	var found bool
	var err error
	switch rapid.IntRange(0, 3).Draw(m.t, "how") {
	case 0:
		got, found, err = st.Get(key)
	case 1:
		found, err = st.View(key, func(v []byte) error { got = slices.Clone(v); return nil })
	case 2:
		got, found, err = st.GetDel(key)
		delete(m.dbs[n], key)
	default:
		o := datatypes.GetExOptions{}
		if rapid.Bool().Draw(m.t, "persist") {
			o.Persist = true
			e.expireAt = 0
			if ok {
				m.dbs[n][key] = e
			}
		} else if at := m.now() + m.ttl().Milliseconds(); ok {
			o.ExpireAt = time.UnixMilli(at)
			m.expire(m.dbs[n], key, at)
		}
		got, found, err = st.GetEx(key, o)
	}
	expect(m, "get", string(got), e.value, err, nil)
	expect(m, "get", found, ok, err, nil)
}

func (m *model) has(n int, key string) bool { _, ok := m.dbs[n][key]; return ok }

func (m *model) moves() {
	n, from, to := m.db(), m.key(), m.key()
	_, keys := m.f.db(n)
	db := m.dbs[n]
	e, ok := db[from]
	switch rapid.IntRange(0, 3).Draw(m.t, "move") {
	case 0:
		var want error
		if !ok {
			want = datatypes.ErrNoSuchKey
		}
		expect(m, "Rename", 0, 0, keys.Rename(from, to), want)
		if ok {
			delete(db, from)
			db[to] = e
		}
	case 1:
		want := !m.has(n, to)
		var wantErr error
		if !ok {
			wantErr = datatypes.ErrNoSuchKey
		}
		got, err := keys.RenameNX(from, to)
		expect(m, "RenameNX", got, want, err, wantErr)
		if ok && want {
			delete(db, from)
			db[to] = e
		}
	case 2:
		target, replace := m.db(), rapid.Bool().Draw(m.t, "replace")
		want := ok && (replace || !m.has(target, to))
		var wantErr error
		if from == to && target == n {
			wantErr = datatypes.ErrSameObject
		}
		got, err := keys.Copy(from, to, datatypes.CopyOptions{DB: &target, Replace: replace})
		expect(m, "Copy", got, want, err, wantErr)
		if err == nil && want {
			m.dbs[target][to] = e
		}
	default:
		target := m.db()
		want := ok && !m.has(target, from)
		var wantErr error
		if target == n {
			wantErr = datatypes.ErrSameObject
		}
		got, err := keys.Move(from, target)
		expect(m, "Move", got, want, err, wantErr)
		if err == nil && want {
			delete(db, from)
			m.dbs[target][from] = e
		}
	}
}

func (m *model) rarely() {
	switch rapid.IntRange(0, 6).Draw(m.t, "rarely") {
	case 0:
		n := m.db()
		_, keys := m.f.db(n)
		expect(m, "Flush", 0, 0, keys.Flush(), nil)
		clear(m.dbs[n])
	case 1:
		_, keys := m.f.db(m.db())
		expect(m, "FlushAsync", 0, 0, keys.FlushAsync(), nil)
		clear(m.dbs[keysDB(m, keys)])
	case 2:
		a, b := m.db(), m.db()
		expect(m, "SwapDB", 0, 0, m.f.view.SwapDB(a, b), nil)
		m.dbs[a], m.dbs[b] = m.dbs[b], m.dbs[a]
	case 3, 4:
		m.f.ks.Maintain()
	default:
		m.f.clock.advance(time.Duration(rapid.IntRange(0, 15).Draw(m.t, "pass")) * time.Millisecond)
		m.sweep()
	}
}

// keysDB returns the number of the database that is empty of all but the model.
func keysDB(m *model, k datatypes.Keys) int {
	for n := range m.dbs {
		if _, other := m.f.db(n); other == k {
			return n
		}
	}
	m.t.Fatal("no such database")
	return 0
}

// check compares everything there is.
func (m *model) check() {
	for n, db := range m.dbs {
		st, keys := m.f.db(n)
		for _, key := range modelKeys {
			got, ok, err := st.Get(key)
			e, want := db[key]
			if ok != want || string(got) != e.value || err != nil {
				m.t.Fatalf("database %d, key %.10q: %.50q, %v, %v; want %.50q, %v", n, key, got, ok, err, e.value, want)
			}
			at, _, err := keys.ExpireTime(key)
			if want := e.expireAt; err != nil || at.IsZero() != (want == 0) || want != 0 && at.UnixMilli() != want {
				m.t.Fatalf("database %d, key %.10q: expires at %v, %v; want %d", n, key, at, err, want)
			}
		}
		var found []string
		for cursor := uint64(0); ; {
			some, next, err := keys.Scan(cursor, datatypes.ScanOptions{Count: 2})
			if err != nil {
				m.t.Fatal(err)
			}
			found = append(found, some...)
			if cursor = next; next == 0 {
				break
			}
		}
		slices.Sort(found)
		if want := slices.Sorted(maps.Keys(db)); !slices.Equal(found, want) {
			m.t.Fatalf("database %d has %q, want %q", n, found, want)
		}
		// Every key was looked for, so none that expired is left to count.
		if got, err := keys.Len(); got != len(db) || err != nil {
			m.t.Fatalf("database %d: Len %d, %v; want %d", n, got, err, len(db))
		}
		random, ok, err := keys.Random()
		if _, there := db[random]; ok != (len(db) > 0) || ok && !there || err != nil {
			m.t.Fatalf("database %d: Random %q, %v, %v", n, random, ok, err)
		}
	}
}

// TestDatabases moves values between databases, in which keys expire. What one database does is checked by package
// modeltest.
func TestDatabases(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, f: newFixture(t, keyspace.Options{Shards: 4, Databases: 3})}
		for i := range m.dbs {
			m.dbs[i] = modelDB{}
		}
		act := func(do func()) func(*rapid.T) {
			return func(t *rapid.T) {
				m.t = t
				m.sweep()
				do()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": act(m.set), "set2": act(m.set), "get": act(m.get), "moves": act(m.moves),
			"rarely": act(m.rarely), "check": act(m.check),
		})
		m.sweep()
		m.check()
		if err := m.f.view.FlushAll(false); err != nil {
			t.Fatal(err)
		}
		for m.f.ks.Maintain() {
		}
		if st := m.f.ks.Stats(); st.UsedBytes != 0 || st.Keys != 0 || st.Volatile != 0 || st.Garbage != 0 {
			t.Fatalf("left of an empty cache: %+v", st)
		}
	})
}
