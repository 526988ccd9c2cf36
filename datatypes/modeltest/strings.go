package modeltest

import "github.com/larderkv/larder/datatypes"

// Strings are the methods of datatypes.Strings that are compared with the model. Of a store that has Compute as well,
// with the signature of that of datatypes.Strings, it is compared too.
type Strings interface {
	Append(key string, value []byte) (length int, err error)
	Decr(key string) (int64, error)
	DecrBy(key string, delta int64) (int64, error)
	Get(key string) (value []byte, ok bool, err error)
	GetDel(key string) (value []byte, ok bool, err error)
	GetEx(key string, o datatypes.GetExOptions) (value []byte, ok bool, err error)
	GetRange(key string, start, end int64) ([]byte, error)
	Incr(key string) (int64, error)
	IncrBy(key string, delta int64) (int64, error)
	IncrByFloat(key string, delta float64) (float64, error)
	LCS(a, b string, o datatypes.LCSOptions) (datatypes.LCSResult, error)
	LCSLen(a, b string, o datatypes.LCSOptions) (int, error)
	Len(key string) (int, error)
	MGet(dst [][]byte, keys ...string) ([][]byte, error)
	MSet(items ...datatypes.Item) error
	MSetNX(items ...datatypes.Item) (bool, error)
	Set(key string, value []byte, o datatypes.SetOptions) (stored bool, err error)
	SetGet(key string, value []byte, o datatypes.SetOptions) (old []byte, existed, stored bool, err error)
	SetRange(key string, offset int64, value []byte) (length int, err error)
}

var _ Strings = datatypes.Strings{}

var stringMethods = []method{
	{name: "Strings.Get", args: oneKey},
	{name: "Strings.Set", args: func(d *draws) []any { return args(d.anyKey(), d.value(), d.setOptions()) }},
	{name: "Strings.Append", args: func(d *draws) []any { return args(d.key(), d.value()) }},
	{name: "Strings.Incr", args: oneKey},
	{name: "Strings.IncrBy", args: func(d *draws) []any { return args(d.key(), d.delta()) }},
	{name: "Strings.Decr", args: oneKey},
	{name: "Strings.DecrBy", args: func(d *draws) []any { return args(d.key(), d.delta()) }},
	{name: "Strings.IncrByFloat", args: func(d *draws) []any { return args(d.key(), oneOf(d, 1, 0.5, -0.25, 3e10, 1e300)) }},
	{name: "Strings.Len", args: oneKey},
	{name: "Strings.GetDel", args: oneKey},
	{name: "Strings.GetEx", args: func(d *draws) []any { return args(d.key(), d.getExOptions()) }},
	{name: "Strings.GetRange", args: func(d *draws) []any { return args(d.key(), int64(d.index()), int64(d.index())) }},
	{name: "Strings.SetRange", args: func(d *draws) []any { return args(d.key(), d.offset(), d.value()) }},
	{name: "Strings.SetGet", args: func(d *draws) []any { return args(d.key(), d.value(), d.setOptions()) }},
	{name: "Strings.MGet", args: func(d *draws) []any { return args(nil, d.keys(0)) },
		keys: keysIn(1)},
	{name: "Strings.MSet", args: func(d *draws) []any { return args(d.items()) }, keys: itemKeys},
	{name: "Strings.MSetNX", args: func(d *draws) []any { return args(d.items()) }, keys: itemKeys},
	{name: "Strings.LCS", args: twoForLCS, keys: keysIn(0, 1)},
	{name: "Strings.LCSLen", args: twoForLCS, keys: keysIn(0, 1)},
	{name: "Strings.Compute", args: func(d *draws) []any { return args(d.key(), d.compute()) }},
}

func stringReads(key string) []Operation { return []Operation{operation("Strings.Get", key)} }

// oneKey draws the argument of methods that take a key and no more.
func oneKey(d *draws) []any { return args(d.key()) }

func itemKeys(a []any) (keys []string) {
	for _, item := range a[0].([]datatypes.Item) {
		keys = append(keys, item.Key)
	}
	return keys
}

// delta draws by how much an integer changes.
func (d *draws) delta() int64 {
	if d.rarely(4) {
		return oneOf[int64](d, 1<<62, -1<<62, 1<<63-1, -1<<63)
	}
	return int64(d.between(-3, 200))
}

// offset draws where SetRange writes, rarely where nothing can be.
func (d *draws) offset() int64 {
	if d.rarely(12) {
		return oneOf[int64](d, -1, 1<<40)
	}
	return int64(d.between(0, 300))
}

func (d *draws) getExOptions() (o datatypes.GetExOptions) {
	o.Persist = d.rarely(4)
	if d.timed() && !d.rarely(4) {
		if o.TTL = d.ttl(); d.rarely(4) {
			o.TTL, o.ExpireAt = 0, d.at()
		}
	}
	return o
}

func (d *draws) items() (items []datatypes.Item) {
	keys := d.keys(0)
	if !d.s.Evicts && d.rarely(12) {
		keys = bulk()
	}
	for _, key := range keys {
		items = append(items, datatypes.Item{Key: key, Value: d.value()})
	}
	return items
}

// twoForLCS draws the arguments of LCS, with bounds that keep the work of the model small.
func twoForLCS(d *draws) []any {
	return args(d.key(), d.key(), datatypes.LCSOptions{MinMatchLen: d.between(0, 3), MaxTable: oneOf[int64](d, 1<<16, 1<<12)})
}

// computing is a function for Compute that returns the same whatever it is given.
type computing struct {
	value []byte
	op    datatypes.Op
}

func (d *draws) compute() computing {
	return computing{d.value(), oneOf(d, datatypes.OpSet, datatypes.OpCancel, datatypes.OpDelete)}
}

func (c computing) bind() (fn any, seen func() []any) {
	var saw []any
	fn = func(old []byte, ok bool) ([]byte, datatypes.Op) {
		saw = append(saw, string(old), ok)
		return c.value, c.op
	}
	return fn, func() []any { return saw }
}

// String tells what the function returns.
func (c computing) String() string {
	op := [...]string{datatypes.OpCancel: "OpCancel", datatypes.OpSet: "OpSet", datatypes.OpDelete: "OpDelete"}[c.op]
	return "func([]byte, bool) ([]byte, datatypes.Op) { return " + literal(c.value) + ", datatypes." + op + " }"
}
