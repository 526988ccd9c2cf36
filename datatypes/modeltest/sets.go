package modeltest

import (
	"iter"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// Sets are the methods of datatypes.Sets that are compared with the model.
type Sets interface {
	Add(key string, members ...string) (added int, err error)
	Contains(key, member string) (bool, error)
	ContainsEach(dst []bool, key string, members ...string) ([]bool, error)
	Diff(keys ...string) ([]string, error)
	DiffStore(dst string, keys ...string) (int, error)
	Expire(key string, ttl time.Duration, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error)
	ExpireAt(key string, t time.Time, c datatypes.ExpireCond, members ...string) ([]datatypes.ExpireResult, error)
	Inter(keys ...string) ([]string, error)
	InterLen(limit int, keys ...string) (int, error)
	InterStore(dst string, keys ...string) (int, error)
	Len(key string) (int, error)
	Members(key string) iter.Seq[string]
	Move(from, to, member string) (moved bool, err error)
	Persist(key string, members ...string) ([]datatypes.ExpireResult, error)
	Pop(key string) (member string, ok bool, err error)
	PopN(key string, n int) (members []string, err error)
	Random(key string) (member string, ok bool, err error)
	RandomN(key string, n int) (members []string, err error)
	Remove(key string, members ...string) (removed int, err error)
	Scan(key string, cursor uint64, o datatypes.ElementScanOptions) (members []string, next uint64, err error)
	TTL(key, member string) (ttl time.Duration, ok bool, err error)
	Union(keys ...string) ([]string, error)
	UnionStore(dst string, keys ...string) (int, error)
}

var _ Sets = datatypes.Sets{}

var setMethods = []method{
	{name: "Sets.Union", args: func(d *draws) []any { return args(d.combining()) }, keys: keysIn(0), order: anyOrder},
	{name: "Sets.Add", args: onElements, often: true},
	{name: "Sets.Contains", args: onElement},
	{name: "Sets.Remove", args: onElements},
	{name: "Sets.Len", args: oneKey},
	{name: "Sets.ContainsEach", args: func(d *draws) []any { return args(nil, d.key(), d.elements()) }, keys: keysIn(1)},
	{name: "Sets.Inter", args: func(d *draws) []any { return args(d.combining()) }, keys: keysIn(0), order: anyOrder},
	{name: "Sets.Diff", args: func(d *draws) []any { return args(d.combining()) }, keys: keysIn(0), order: anyOrder},
	{name: "Sets.InterLen", args: func(d *draws) []any { return args(d.count(0), d.combining()) }, keys: keysIn(1)},
	{name: "Sets.UnionStore", args: onStore, keys: keysIn(0, 1)},
	{name: "Sets.InterStore", args: onStore, keys: keysIn(0, 1)},
	{name: "Sets.DiffStore", args: onStore, keys: keysIn(0, 1)},
	{name: "Sets.Move", args: func(d *draws) []any { return args(d.key(), d.key(), d.element()) }, keys: keysIn(0, 1)},
	{name: "Sets.Pop", args: oneKey, follow: choosing(datatypes.TypeSet, one, true)},
	{name: "Sets.PopN", args: onCount, follow: choosing(datatypes.TypeSet, second, true)},
	{name: "Sets.Random", args: oneKey, follow: choosing(datatypes.TypeSet, one, false)},
	{name: "Sets.RandomN", args: onCount, follow: choosing(datatypes.TypeSet, second, false)},
	{name: "Sets.Members", args: oneKey, follow: iterating(datatypes.TypeSet)},
	{name: "Sets.TTL", args: onElement},
	{name: "Sets.Expire", args: onExpire, expires: true, often: true},
	{name: "Sets.ExpireAt", args: onExpireAt, expires: true},
	{name: "Sets.Persist", args: onElements},
}

// onStore draws the arguments of a method that stores what it makes of the keys.
func onStore(d *draws) []any { return args(d.key(), d.combining()) }

// setScan scans a set while members come and go.
func setScan() method {
	return scanning("Sets.Scan", datatypes.TypeSet, changing("Sets.Add", "Sets.Remove", func(d *draws) any { return d.elements() }))
}

func setReads(key string) []Operation {
	reads := []Operation{operation("Sets.Union", []string{key})}
	for _, name := range elementNames[:3] {
		reads = append(reads, operation("Sets.TTL", key, name))
	}
	return reads
}
