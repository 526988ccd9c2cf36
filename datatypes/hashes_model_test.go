package datatypes_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"pgregory.net/rapid"
)

// modelField is what a field should hold; at is zero or when it expires, in Unix
// milliseconds.
type modelField struct {
	value string
	at    int64
}

// hashModel is what some hashes should hold.
type hashModel struct {
	t    *rapid.T
	f    *fixture
	h    datatypes.Hashes
	keys map[string]map[string]modelField

	// A scan under way, and what was in the hash all along.
	scanned string
	cursor  uint64
	steady  map[string]bool
	seen    map[string]bool
}

var hashKeys = []string{"a", "b", "{t}1", "{t}2"}

func (m *hashModel) key() string { return rapid.SampledFrom(hashKeys).Draw(m.t, "key") }

func (m *hashModel) name() string {
	if rapid.IntRange(0, 19).Draw(m.t, "long") == 0 {
		return strings.Repeat("n", rapid.SampledFrom([]int{0, 63, 64, 65, 300}).Draw(m.t, "length"))
	}
	return strconv.Itoa(rapid.IntRange(0, 40).Draw(m.t, "name"))
}

func (m *hashModel) names() []string {
	return rapid.SliceOfN(rapid.Custom(func(*rapid.T) string { return m.name() }), 1, 5).Draw(m.t, "names")
}

func (m *hashModel) value() string {
	return rapid.SampledFrom([]string{"", "v", "12", "-7", "9223372036854775807", "1.5", strings.Repeat("w", 64),
		strings.Repeat("x", 65), strings.Repeat("y", 300)}).Draw(m.t, "value")
}

func (m *hashModel) now() int64 { return m.f.clock.millis.Load() }

// sweep drops from the model what has expired.
func (m *hashModel) sweep() {
	for key, fields := range m.keys {
		for name, f := range fields {
			if f.at != 0 && f.at < m.now() {
				m.drop(key, name)
			}
		}
	}
}

func (m *hashModel) drop(key, name string) {
	delete(m.keys[key], name)
	if key == m.scanned {
		delete(m.steady, name)
	}
	if len(m.keys[key]) == 0 {
		delete(m.keys, key)
	}
}

func (m *hashModel) put(key, name string, f modelField) {
	if m.keys[key] == nil {
		m.keys[key] = map[string]modelField{}
	}
	m.keys[key][name] = f
}

func (m *hashModel) is(what string, got, want any, err error) {
	m.t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w || err != nil {
		m.t.Fatalf("%s: got %s, %v; want %s", what, g, err, w)
	}
}

func (m *hashModel) set() {
	key, names := m.key(), m.names()
	var fields []datatypes.Field
	added := 0
	for _, name := range names {
		value := m.value()
		fields = append(fields, datatypes.Field{Name: name, Value: []byte(value)})
		if _, ok := m.keys[key][name]; !ok {
			added++
		}
		m.put(key, name, modelField{value: value})
	}
	n, err := m.h.Set(key, fields...)
	m.is("Set", n, added, err)
}

func (m *hashModel) setIfAbsent() {
	key, name, value := m.key(), m.name(), m.value()
	_, ok := m.keys[key][name]
	set, err := m.h.SetIfAbsent(key, name, []byte(value))
	m.is("SetIfAbsent", set, !ok, err)
	if !ok {
		m.put(key, name, modelField{value: value})
	}
}

// deadline returns a time that may have passed.
func (m *hashModel) deadline() int64 {
	if rapid.Bool().Draw(m.t, "near") {
		return m.now() + rapid.Int64Range(-3, 30).Draw(m.t, "ms")
	}
	return m.now() + rapid.Int64Range(0, 1<<40).Draw(m.t, "ms")
}

func (m *hashModel) setEx() {
	key, names := m.key(), m.names()
	o := datatypes.SetOptions{}
	switch rapid.IntRange(0, 4).Draw(m.t, "condition") {
	case 0:
		o.IfAbsent = true
	case 1:
		o.IfPresent = true
	}
	at := int64(0)
	switch rapid.IntRange(0, 3).Draw(m.t, "expiry") {
	case 0:
		o.KeepTTL = true
	case 1:
	default:
		at = m.deadline()
		o.ExpireAt = time.UnixMilli(at)
	}
	var fields []datatypes.Field
	met := true
	for _, name := range names {
		_, ok := m.keys[key][name]
		met = met && !(o.IfAbsent && ok || o.IfPresent && !ok)
		fields = append(fields, datatypes.Field{Name: name, Value: []byte(m.value())})
	}
	set, err := m.h.SetEx(key, o, fields...)
	m.is("SetEx", set, met, err)
	if !met {
		return
	}
	for _, f := range fields {
		switch {
		case at != 0 && at <= m.now():
			m.drop(key, f.Name)
		case o.KeepTTL:
			m.put(key, f.Name, modelField{string(f.Value), m.keys[key][f.Name].at})
		default:
			m.put(key, f.Name, modelField{string(f.Value), at})
		}
	}
}

func (m *hashModel) remove() {
	key, names := m.key(), m.names()
	var values []string
	for _, name := range names {
		f, ok := m.keys[key][name]
		if !ok {
			values = append(values, none)
			continue
		}
		values = append(values, f.value)
		m.drop(key, name)
	}
	if rapid.Bool().Draw(m.t, "get") {
		got, err := m.h.GetDel(nil, key, names...)
		m.is("GetDel", texts(got), values, err)
		return
	}
	n, err := m.h.Delete(key, names...)
	m.is("Delete", n, len(values)-count(values, none), err)
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// texts returns values as texts, none for one that is missing.
func texts(values [][]byte) (out []string) {
	for _, v := range values {
		if v == nil {
			out = append(out, none)
		} else {
			out = append(out, string(v))
		}
	}
	return out
}

func (m *hashModel) expected(key string, names []string) (out []string) {
	for _, name := range names {
		if f, ok := m.keys[key][name]; ok {
			out = append(out, f.value)
		} else {
			out = append(out, none)
		}
	}
	return out
}

func (m *hashModel) get() {
	key, names := m.key(), m.names()
	got, err := m.h.GetMany(nil, key, names...)
	m.is("GetMany", texts(got), m.expected(key, names), err)
	for _, name := range names {
		v, ok, err := m.h.Get(key, name)
		f, want := m.keys[key][name]
		m.is("Get", string(v), f.value, err)
		m.is("Get", ok, want, err)
		n, err := m.h.ValueLen(key, name)
		m.is("ValueLen", n, len(f.value), err)
		ok, err = m.h.Exists(key, name)
		m.is("Exists", ok, want, err)
	}
}

func (m *hashModel) getEx() {
	key, names := m.key(), m.names()
	o := datatypes.GetExOptions{}
	at := int64(0)
	if rapid.Bool().Draw(m.t, "persist") {
		o.Persist = true
	} else {
		at = m.deadline()
		o.ExpireAt = time.UnixMilli(at)
	}
	want := m.expected(key, names)
	for i, name := range names {
		f, ok := m.keys[key][name]
		switch {
		case !ok:
			want[i] = none
		case at != 0 && at <= m.now():
			m.drop(key, name)
		default:
			m.put(key, name, modelField{f.value, at})
		}
	}
	got, err := m.h.GetEx(nil, key, o, names...)
	m.is("GetEx", texts(got), want, err)
}

func (m *hashModel) incr() {
	key, name := m.key(), m.name()
	f := m.keys[key][name]
	n, parse := strconv.ParseInt(f.value, 10, 64)
	got, err := m.h.IncrBy(key, name, 3)
	switch _, ok := m.keys[key][name]; {
	case ok && parse != nil:
		m.is("IncrBy", err, datatypes.ErrFieldNotInteger, nil)
	case n > n+3:
		m.is("IncrBy", err, datatypes.ErrOverflow, nil)
	default:
		m.is("IncrBy", got, n+3, err)
		m.put(key, name, modelField{strconv.FormatInt(n+3, 10), f.at})
	}
}

func (m *hashModel) expire() {
	key, names := m.key(), m.names()
	cond := rapid.SampledFrom([]datatypes.ExpireCond{0, 0, 0, datatypes.ExpireNX, datatypes.ExpireXX, datatypes.ExpireGT,
		datatypes.ExpireLT, datatypes.ExpireXX | datatypes.ExpireLT}).Draw(m.t, "condition")
	at := m.deadline()
	var want []datatypes.ExpireResult
	for _, name := range names {
		f, ok := m.keys[key][name]
		has, later, earlier := f.at != 0, f.at != 0 && at > f.at, f.at == 0 || at < f.at
		switch {
		case !ok:
			want = append(want, datatypes.ExpireMissing)
		case at <= m.now():
			want = append(want, datatypes.ExpireDeleted)
			m.drop(key, name)
		case cond&datatypes.ExpireNX != 0 && has || cond&datatypes.ExpireXX != 0 && !has ||
			cond&datatypes.ExpireGT != 0 && !later || cond&datatypes.ExpireLT != 0 && !earlier:
			want = append(want, datatypes.ExpireRefused)
		default:
			want = append(want, datatypes.ExpireDone)
			m.put(key, name, modelField{f.value, at})
		}
	}
	got, err := m.h.ExpireAt(key, time.UnixMilli(at), cond, names...)
	m.is("ExpireAt", got, want, err)
}

func (m *hashModel) persist() {
	key, names := m.key(), m.names()
	var want []datatypes.ExpireResult
	for _, name := range names {
		switch f, ok := m.keys[key][name]; {
		case !ok:
			want = append(want, datatypes.ExpireMissing)
		case f.at == 0:
			want = append(want, datatypes.ExpireNoTTL)
		default:
			want = append(want, datatypes.ExpireDone)
			m.put(key, name, modelField{value: f.value})
		}
	}
	got, err := m.h.Persist(key, names...)
	m.is("Persist", got, want, err)
}

func (m *hashModel) pass() {
	m.f.clock.advance(time.Duration(rapid.Int64Range(1, 20).Draw(m.t, "ms")) * time.Millisecond)
	if rapid.IntRange(0, 9).Draw(m.t, "far") == 0 {
		m.f.clock.advance(time.Duration(rapid.Int64Range(1, 1<<40).Draw(m.t, "ms")) * time.Millisecond)
	}
	if rapid.Bool().Draw(m.t, "maintain") {
		m.f.ks.Maintain()
	}
}

func (m *hashModel) limits() {
	m.f.ks.Limits().HashEntries.Store(rapid.Int64Range(0, 30).Draw(m.t, "entries"))
}

// move copies or renames a key.
func (m *hashModel) move() {
	from, to := m.key(), m.key()
	if from == to || m.keys[from] == nil || m.scanned == from || m.scanned == to {
		return
	}
	m.keys[to] = maps.Clone(m.keys[from])
	if rapid.Bool().Draw(m.t, "copy") {
		copied, err := m.f.keys.Copy(from, to, datatypes.CopyOptions{Replace: true})
		m.is("Copy", copied, true, err)
		return
	}
	m.is("Rename", nil, nil, m.f.keys.Rename(from, to))
	delete(m.keys, from)
}

// scan takes a step of the scan under way, or begins one.
func (m *hashModel) scan() {
	if m.scanned == "" {
		m.scanned, m.seen, m.steady = m.key(), map[string]bool{}, map[string]bool{}
		for name := range m.keys[m.scanned] {
			m.steady[name] = true
		}
	}
	fields, next, err := m.h.Scan(m.scanned, m.cursor, datatypes.ElementScanOptions{Count: 3})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, f := range fields {
		m.is("Scan", string(f.Value), m.keys[m.scanned][f.Name].value, nil)
		m.seen[f.Name] = true
	}
	if m.cursor = next; next != 0 {
		return
	}
	for name := range m.steady {
		if !m.seen[name] {
			m.t.Fatalf("%q was not scanned", name)
		}
	}
	m.scanned = ""
}

func (m *hashModel) random() {
	key := m.key()
	n := rapid.IntRange(-5, 50).Draw(m.t, "count")
	fields, err := m.h.Random(key, n)
	want := min(n, len(m.keys[key]))
	if n < 0 && m.keys[key] != nil {
		want = -n
	}
	m.is("Random", len(fields), max(want, 0), err)
	for _, f := range fields {
		m.is("Random", string(f.Value), m.keys[key][f.Name].value, nil)
	}
}

// check compares all that there is.
func (m *hashModel) check() {
	m.sweep()
	for _, key := range hashKeys {
		fields, err := m.h.GetAll(key)
		got := map[string]modelField{}
		var names []string
		for _, f := range fields {
			got[f.Name] = modelField{value: string(f.Value)}
			names = append(names, f.Name)
		}
		m.is("fields", len(got), len(fields), err)
		slices.Sort(names)
		expiries, err := m.h.Expiry(key, names...)
		if err != nil {
			m.t.Fatal(err)
		}
		for i, e := range expiries {
			f := got[names[i]]
			if !e.At.IsZero() {
				f.at = e.At.UnixMilli()
				m.is("TTL", e.TTL, time.Duration(f.at-m.now())*time.Millisecond, nil)
			}
			got[names[i]] = f
		}
		m.is("GetAll", len(got), len(m.keys[key]), nil)
		for name, f := range m.keys[key] {
			if got[name] != f {
				m.t.Fatalf("field %q of %q: %+v, want %+v", name, key, got[name], f)
			}
		}
		n, err := m.h.Len(key)
		m.is("Len", n, len(m.keys[key]), err)
		exists, err := m.f.keys.Exists(key)
		m.is("Exists", exists == 1, m.keys[key] != nil, err)
	}
}

func TestHashModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &hashModel{t: t, f: open(t), keys: map[string]map[string]modelField{}}
		m.h = m.f.hashes()
		actions := map[string]func(*rapid.T){}
		for name, action := range map[string]func(){
			"set": m.set, "set more": m.set, "setIfAbsent": m.setIfAbsent, "setEx": m.setEx, "remove": m.remove, "get": m.get,
			"getEx": m.getEx, "incr": m.incr, "expire": m.expire, "persist": m.persist, "pass": m.pass, "limits": m.limits,
			"move": m.move, "scan": m.scan, "random": m.random, "": m.check,
		} {
			actions[name] = func(*rapid.T) { action() }
		}
		t.Repeat(actions)
		for _, key := range hashKeys {
			m.f.keys.Del(key)
		}
		for range 100 {
			m.f.ks.Maintain()
		}
		m.is("bytes left", m.f.ks.Stats().UsedBytes, int64(0), nil)
	})
}
