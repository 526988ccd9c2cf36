package modeltest

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// Keys are the methods of datatypes.Keys that are compared with the model. What an implementation decides, such as how a
// value is encoded, is not, and neither are other databases.
type Keys interface {
	All() iter.Seq[string]
	Copy(from, to string, o datatypes.CopyOptions) (copied bool, err error)
	Del(keys ...string) (int, error)
	Exists(keys ...string) (int, error)
	Expire(key string, ttl time.Duration, c datatypes.ExpireCond) (bool, error)
	ExpireAt(key string, t time.Time, c datatypes.ExpireCond) (bool, error)
	ExpireMember(key, member string, ttl time.Duration) (bool, error)
	ExpireMemberAt(key, member string, t time.Time) (bool, error)
	ExpireTime(key string) (t time.Time, ok bool, err error)
	Flush() error
	FlushAsync() error
	Len() (int, error)
	Match(pattern string) iter.Seq[string]
	MemberTTL(key, member string) (ttl time.Duration, ok bool, err error)
	Persist(key string) (bool, error)
	PersistMember(key, member string) (ok bool, err error)
	Random() (key string, ok bool, err error)
	Rename(from, to string) error
	RenameNX(from, to string) (bool, error)
	Scan(cursor uint64, o datatypes.ScanOptions) (keys []string, next uint64, err error)
	Sort(key string, o datatypes.SortOptions) ([][]byte, error)
	SortStore(dst, key string, o datatypes.SortOptions) (n int, err error)
	TTL(key string) (ttl time.Duration, ok bool, err error)
	Touch(keys ...string) (int, error)
	Type(key string) (t datatypes.Type, ok bool, err error)
	Unlink(keys ...string) (int, error)
}

var _ Keys = datatypes.Keys{}

var keyMethods = []method{
	{name: "Keys.Type", args: anyKey},
	{name: "Keys.Del", args: someKeys, keys: keysIn(0)},
	{name: "Keys.Exists", args: someKeys, keys: keysIn(0)},
	{name: "Keys.TTL", args: anyKey},
	{name: "Keys.Rename", args: keyPair, keys: keysIn(0, 1)},
	{name: "Keys.RenameNX", args: keyPair, keys: keysIn(0, 1)},
	{name: "Keys.Copy", args: func(d *draws) []any {
		return append(keyPair(d), datatypes.CopyOptions{Replace: d.rarely(2)})
	}, keys: keysIn(0, 1)},
	{name: "Keys.Expire", expires: true, args: func(d *draws) []any { return args(d.anyKey(), d.ttl(), d.condition()) }},
	{name: "Keys.ExpireAt", expires: true, args: func(d *draws) []any { return args(d.anyKey(), d.at(), d.condition()) }},
	{name: "Keys.Persist", expires: true, args: anyKey},
	{name: "Keys.ExpireTime", expires: true, args: anyKey},
	{name: "Keys.ExpireMember", expires: true, args: func(d *draws) []any { return args(d.key(), d.element(), d.ttl()) }},
	{name: "Keys.ExpireMemberAt", expires: true, args: func(d *draws) []any { return args(d.key(), d.element(), d.at()) }},
	{name: "Keys.PersistMember", expires: true, args: func(d *draws) []any { return args(d.key(), d.element()) }},
	{name: "Keys.MemberTTL", expires: true, args: func(d *draws) []any { return args(d.key(), d.element()) }},
	{name: "Keys.Sort", args: func(d *draws) []any { return args(d.key(), d.sortOptions()) }, keys: everyKey, follow: followSort},
	{name: "Keys.SortStore", args: func(d *draws) []any {
		o := d.sortOptions()
		o.Alpha = o.Alpha && o.By == "" // or else elements of equal weight would be stored in any order
		return args(d.key(), d.key(), o)
	}, keys: everyKey},
	{name: "Keys.Touch", args: someKeys, keys: keysIn(0)},
	{name: "Keys.Unlink", args: someKeys, keys: keysIn(0)},
	{name: "Keys.All", args: nothing, keys: everyKey, follow: followList},
	{name: "Keys.Match", args: func(d *draws) []any { return args(d.pattern()) }, keys: everyKey, follow: followList},
	{name: "Keys.Scan", args: func(d *draws) []any { return args(d.scanOptions(), d.meanwhile()) }, drive: driveScan},
	{name: "Keys.Random", args: nothing, keys: everyKey, follow: followRandom},
	{name: "Keys.Len", args: nothing, keys: everyKey, follow: followLen},
	{name: "Keys.Flush", args: nothing, keys: everyKey},
	{name: "Keys.FlushAsync", args: nothing, keys: everyKey},
}

func keyReads(key string) []Operation {
	return []Operation{operation("Keys.Type", key), operation("Keys.ExpireTime", key)}
}

// keyTotals read what is there in all. Each key has been read before, so that none is left that has expired.
func keyTotals() []Operation {
	return []Operation{
		operation("Keys.All"),
		{method: &method{name: "Keys.Len", keys: everyKey}},
	}
}

func nothing(*draws) []any           { return nil }
func anyKey(d *draws) []any          { return args(d.anyKey()) }
func someKeys(d *draws) []any        { return args(d.anyKeys()) }
func everyKey([]any) (keys []string) { return allKeys() }

// keyPair draws two keys of the same kind.
func keyPair(d *draws) []any {
	names := oneOf(d, d.families()...)
	return args(oneOf(d, names...), oneOf(d, names...))
}

// pattern draws a glob pattern.
func (d *draws) pattern() string {
	return oneOf(d, "*", "a", "?", "[ab]", "[^a]", "[a-b]*", "{t}*", "*1", "k*", `\a`, "", "none")
}

func (d *draws) scanOptions() datatypes.ScanOptions {
	return datatypes.ScanOptions{
		Count: d.between(0, 20),
		Match: oneOf(d, "", "*", d.pattern()),
		Type:  oneOf(d, 0, 0, datatypes.TypeString, datatypes.TypeList, datatypes.TypeSet, datatypes.TypeHash, datatypes.TypeSortedSet),
	}
}

// sortOptions draws options that leave only the order of equal elements of a set undetermined.
func (d *draws) sortOptions() (o datatypes.SortOptions) {
	patterns := []string{"*", "{t}*", "*->x", "{t}*->x", "none"}
	o.Alpha, o.Desc, o.Unsorted = !d.rarely(3), d.rarely(2), d.rarely(6)
	if d.rarely(3) {
		o.By = oneOf(d, patterns...)
	}
	for range d.between(0, 3) {
		o.Get = append(o.Get, oneOf(d, append(patterns, "#")...))
	}
	if !o.Unsorted && o.By == "" && d.rarely(2) {
		o.Offset, o.Count = d.between(-1, 6), d.between(-1, 6)
	}
	return o
}

// followSort compares a sort. The order of a set that is not sorted, and that of its members which have equal texts as
// their weights, is not determined.
func followSort(m *Model, a []any, got Reply) error {
	key, o := a[0].(string), a[1].(datatypes.SortOptions)
	want := ordered
	if e := m.find(key); e != nil && e.typ == datatypes.TypeSet && (o.Unsorted || o.Alpha && o.By != "") {
		want = anyOrder
	}
	values, err := m.Keys().Sort(key, o)
	return got.differ(Reply{[]any{values}, err}, want)
}

// followList checks a list of keys, in any order and maybe with some twice, which are all or those that match a pattern.
func followList(m *Model, a []any, got Reply) error {
	wanted := func(key string) bool { return len(a) == 0 || matches(a[0].(string), key) }
	listed, _ := got.Values[0].([]string)
	for _, key := range listed {
		if !m.lists(key) || !wanted(key) {
			return fmt.Errorf("%s is no key, or not one that matches", literal(key))
		}
	}
	for _, key := range m.keys() {
		if wanted(key) && !slices.Contains(listed, key) {
			return fmt.Errorf("%s is missing in %s", literal(key), got)
		}
	}
	return nil
}

// lists reports whether a key may be listed.
func (m *Model) lists(key string) bool { return slices.Contains(m.keys(), key) || m.unmet[key] }

// followRandom checks that a key exists.
func followRandom(m *Model, _ []any, got Reply) error {
	key, ok := got.Values[0].(string), got.Values[1].(bool)
	if ok && !m.lists(key) || !ok && len(m.keys()) > 0 || got.Err != nil {
		return fmt.Errorf("got %v; the keys are %.40q", got, m.keys())
	}
	return nil
}

// followLen checks a number of keys, of which those that have expired may be some.
func followLen(m *Model, _ []any, got Reply) error {
	if n := len(m.keys()); got.Err != nil || got.Values[0].(int) < n {
		return fmt.Errorf("got %v; want %d or, with keys that have expired, more", got, n)
	}
	return nil
}

// driveScan scans the keys.
func driveScan(c *checker, a []any) error {
	o := a[0].(datatypes.ScanOptions)
	return c.scan(scan{
		page: func(cursor uint64) ([]string, uint64, error) { return c.s.Keys.Scan(cursor, o) },
		there: func(m *Model) []string {
			names, _, _ := m.Keys().Scan(0, o)
			return names
		},
		may: func(m *Model, key string) bool { return m.unmet[key] && (o.Match == "" || matches(o.Match, key)) },
	}, a[1].(Script))
}
