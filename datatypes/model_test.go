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

func (m *model) number() {
	n, key := m.db(), m.key()
	st, _ := m.f.db(n)
	delta := rapid.Int64().Draw(m.t, "delta")
	e := m.dbs[n][key]
	old, err := int64(0), error(nil)
	if e.value != "" || m.has(n, key) {
		old, err = strconv.ParseInt(e.value, 10, 64)
		if err != nil || strconv.FormatInt(old, 10) != e.value {
			err = datatypes.ErrNotInteger
		}
	}
	sum := old + delta
	if err == nil && (sum > old) != (delta > 0) && delta != 0 {
		err = datatypes.ErrOverflow
	}
	got, gotErr := st.IncrBy(key, delta)
	expect(m, "IncrBy", got, sum, gotErr, err)
	if err == nil {
		e.value = strconv.FormatInt(sum, 10)
		m.dbs[n][key] = e
	}
}

func (m *model) has(n int, key string) bool { _, ok := m.dbs[n][key]; return ok }

func (m *model) edit() {
	n, key, value := m.db(), m.key(), m.value()
	st, _ := m.f.db(n)
	db := m.dbs[n]
	e, ok := db[key]
	switch rapid.IntRange(0, 2).Draw(m.t, "edit") {
	case 0:
		e.value += value
		got, err := st.Append(key, []byte(value))
		expect(m, "Append", got, len(e.value), err, nil)
	case 1:
		offset := rapid.IntRange(0, 300).Draw(m.t, "offset")
		got, err := st.SetRange(key, int64(offset), []byte(value))
		if value == "" {
			expect(m, "SetRange", got, len(e.value), err, nil)
			return
		}
		b := []byte(e.value)
		if grown := offset + len(value); grown > len(b) {
			b = append(b, make([]byte, grown-len(b))...)
		}
		copy(b[offset:], value)
		e.value = string(b)
		expect(m, "SetRange", got, len(b), err, nil)
	default:
		op := rapid.SampledFrom([]datatypes.Op{datatypes.OpCancel, datatypes.OpSet, datatypes.OpDelete}).Draw(m.t, "op")
		err := st.Compute(key, func(old []byte, found bool) ([]byte, datatypes.Op) {
			expect(m, "Compute", string(old), e.value, nil, nil)
			expect(m, "Compute", found, ok, nil, nil)
			return []byte(value), op
		})
		expect(m, "Compute", 0, 0, err, nil)
		switch op {
		case datatypes.OpCancel:
			return
		case datatypes.OpDelete:
			delete(db, key)
			return
		}
		e.value = value
	}
	db[key] = e
}

func (m *model) several() {
	n := m.db()
	st, keys := m.f.db(n)
	db := m.dbs[n]
	names := rapid.SliceOfN(rapid.SampledFrom(modelKeys), 0, 6).Draw(m.t, "keys")
	exist := 0
	for _, key := range names {
		if m.has(n, key) {
			exist++
		}
	}
	switch rapid.IntRange(0, 4).Draw(m.t, "several") {
	case 0, 1:
		var items []datatypes.Item
		for _, key := range names {
			items = append(items, datatypes.Item{Key: key, Value: []byte(m.value())})
		}
		if rapid.Bool().Draw(m.t, "nx") {
			ok, err := st.MSetNX(items...)
			expect(m, "MSetNX", ok, exist == 0, err, nil)
			if exist > 0 {
				return
			}
		} else {
			expect(m, "MSet", 0, 0, st.MSet(items...), nil)
		}
		for _, item := range items {
			db[item.Key] = modelEntry{value: string(item.Value)}
		}
	case 2:
		got, err := keys.Exists(names...)
		expect(m, "Exists", got, exist, err, nil)
	case 3:
		want := 0
		for _, key := range names {
			if m.has(n, key) {
				want++
				delete(db, key)
			}
		}
		got, err := keys.Del(names...)
		expect(m, "Del", got, want, err, nil)
	default:
		var b datatypes.Batch
		got, err := st.MGet(nil, names...)
		expect(m, "MGet", len(got), len(names), err, nil)
		expect(m, "GetBatch", 0, 0, st.GetBatch(names, &b), nil)
		for i, key := range names {
			e, ok := db[key]
			v, found := b.Value(i)
			if found != ok || string(v) != e.value || (got[i] != nil) != ok || string(got[i]) != e.value {
				m.t.Fatalf("MGet and GetBatch of %q: %q and %q, want %q", key, got[i], v, e.value)
			}
		}
	}
}

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

func (m *model) expiry() {
	n, key := m.db(), m.key()
	_, keys := m.f.db(n)
	db := m.dbs[n]
	e, ok := db[key]
	switch rapid.IntRange(0, 2).Draw(m.t, "expiry") {
	case 0:
		got, err := keys.Persist(key)
		expect(m, "Persist", got, e.expireAt != 0, err, nil)
		if e.expireAt = 0; ok {
			db[key] = e
		}
	case 1:
		want := time.Duration(-1)
		if e.expireAt != 0 {
			want = time.Duration(e.expireAt-m.now()) * time.Millisecond
		}
		if !ok {
			want = 0
		}
		got, found, err := keys.TTL(key)
		expect(m, "TTL", got, want, err, nil)
		expect(m, "TTL", found, ok, err, nil)
	default:
		cond := rapid.SampledFrom([]datatypes.ExpireCond{
			0, datatypes.ExpireNX, datatypes.ExpireXX, datatypes.ExpireGT, datatypes.ExpireLT,
			datatypes.ExpireXX | datatypes.ExpireGT, datatypes.ExpireXX | datatypes.ExpireLT,
		}).Draw(m.t, "condition")
		ttl := m.ttl()
		at := m.now() + ttl.Milliseconds()
		want := ok
		for _, c := range []struct {
			cond  datatypes.ExpireCond
			holds bool
		}{
			{datatypes.ExpireNX, e.expireAt == 0},
			{datatypes.ExpireXX, e.expireAt != 0},
			{datatypes.ExpireGT, e.expireAt != 0 && at > e.expireAt},
			{datatypes.ExpireLT, e.expireAt == 0 || at < e.expireAt},
		} {
			want = want && (cond&c.cond == 0 || c.holds)
		}
		got, err := keys.Expire(key, ttl, cond)
		expect(m, "Expire", got, want, err, nil)
		if want {
			m.expire(db, key, at)
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

// TestModel does random operations on a cache and on a model of maps, and
// compares them.
func TestModel(t *testing.T) {
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
			"set": act(m.set), "set2": act(m.set), "get": act(m.get), "number": act(m.number), "edit": act(m.edit),
			"several": act(m.several), "moves": act(m.moves), "expiry": act(m.expiry), "rarely": act(m.rarely),
			"check": act(m.check),
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
