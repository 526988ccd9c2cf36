package modeltest

import (
	"iter"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// Hashes are the methods of datatypes.Hashes that are compared with the model.
type Hashes interface {
	All(key string) iter.Seq2[string, []byte]
	Delete(key string, fields ...string) (deleted int, err error)
	Exists(key, field string) (bool, error)
	Expire(key string, ttl time.Duration, c datatypes.ExpireCond, fields ...string) ([]datatypes.ExpireResult, error)
	ExpireAt(key string, t time.Time, c datatypes.ExpireCond, fields ...string) ([]datatypes.ExpireResult, error)
	Expiry(key string, fields ...string) ([]datatypes.FieldExpiry, error)
	Fields(key string) ([]string, error)
	Get(key, field string) (value []byte, ok bool, err error)
	GetAll(key string) ([]datatypes.Field, error)
	GetDel(dst [][]byte, key string, fields ...string) ([][]byte, error)
	GetEx(dst [][]byte, key string, o datatypes.GetExOptions, fields ...string) ([][]byte, error)
	GetMany(dst [][]byte, key string, fields ...string) ([][]byte, error)
	IncrBy(key, field string, delta int64) (int64, error)
	IncrByFloat(key, field string, delta float64) (float64, error)
	Len(key string) (int, error)
	Persist(key string, fields ...string) ([]datatypes.ExpireResult, error)
	Random(key string, count int) ([]datatypes.Field, error)
	Scan(key string, cursor uint64, o datatypes.ElementScanOptions) (fields []datatypes.Field, next uint64, err error)
	Set(key string, fields ...datatypes.Field) (added int, err error)
	SetEx(key string, o datatypes.SetOptions, fields ...datatypes.Field) (set bool, err error)
	SetIfAbsent(key, field string, value []byte) (set bool, err error)
	ValueLen(key, field string) (int, error)
	TTL(key, field string) (ttl time.Duration, ok bool, err error)
	Values(key string) ([][]byte, error)
}

var _ Hashes = datatypes.Hashes{}

var hashMethods = []method{
	{name: "Hashes.Get", args: onElement},
	{name: "Hashes.Set", args: func(d *draws) []any { return args(d.key(), d.fields()) }, often: true},
	{name: "Hashes.Delete", args: onElements},
	{name: "Hashes.GetAll", args: oneKey, order: anyOrder},
	{name: "Hashes.Len", args: oneKey},
	{name: "Hashes.Exists", args: onElement},
	{name: "Hashes.ValueLen", args: onElement},
	{name: "Hashes.SetIfAbsent", args: func(d *draws) []any { return args(d.key(), d.element(), d.value()) }},
	{name: "Hashes.SetEx", args: func(d *draws) []any { return args(d.key(), d.setOptions(), d.fields()) }},
	{name: "Hashes.GetMany", args: func(d *draws) []any { return args(nil, d.key(), d.elements()) }, keys: keysIn(1)},
	{name: "Hashes.GetDel", args: func(d *draws) []any { return args(nil, d.key(), d.elements()) }, keys: keysIn(1)},
	{name: "Hashes.GetEx", args: func(d *draws) []any { return args(nil, d.key(), d.getExOptions(), d.elements()) }, keys: keysIn(1)},
	{name: "Hashes.IncrBy", args: func(d *draws) []any { return args(d.key(), d.element(), d.delta()) }},
	{name: "Hashes.IncrByFloat", args: func(d *draws) []any { return args(d.key(), d.element(), oneOf(d, 1, 0.5, -0.25, 3e10, 1e300)) }},
	{name: "Hashes.Fields", args: oneKey, order: anyOrder},
	{name: "Hashes.Values", args: oneKey, order: anyOrder},
	{name: "Hashes.All", args: oneKey, follow: iterating(datatypes.TypeHash)},
	{name: "Hashes.Random", args: onCount, follow: choosing(datatypes.TypeHash, second, false)},
	{name: "Hashes.Expiry", args: onElements},
	{name: "Hashes.TTL", args: onElement},
	{name: "Hashes.Expire", args: onExpire, expires: true, often: true},
	{name: "Hashes.ExpireAt", args: onExpireAt, expires: true},
	{name: "Hashes.Persist", args: onElements},
}

// hashScan scans a hash while fields come, change and go.
func hashScan() method {
	return scanning("Hashes.Scan", datatypes.TypeHash, changing("Hashes.Set", "Hashes.Delete", func(d *draws) any { return d.fields() }))
}

func hashReads(key string) []Operation {
	return []Operation{operation("Hashes.GetAll", key), operation("Hashes.Expiry", key, elementNames)}
}

// fields draws some fields, which may have the same name, or now and then many.
func (d *draws) fields() (fields []datatypes.Field) {
	if d.rarely(8) {
		value := d.value()[:0:0]
		for _, name := range runs().Draw(d.t, "many") {
			fields = append(fields, datatypes.Field{Name: name, Value: value})
		}
		return fields
	}
	for _, name := range d.someElements() {
		fields = append(fields, datatypes.Field{Name: name, Value: d.value()})
	}
	return fields
}
