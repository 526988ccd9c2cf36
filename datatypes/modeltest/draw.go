package modeltest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderkv/larder/datatypes"
	"pgregory.net/rapid"
)

// keyNames are few, so that operations meet. Some share a shard, as keys with the same {tag} do.
var keyNames = []string{"a", "b", "c", "{t}1", "{t}2", "", strings.Repeat("k", 280)}

// sketchNames are the keys of HyperLogLogs. They are their own, since the model knows what was counted but not the bytes,
// which are what an operation on strings would be about.
var sketchNames = []string{"sketch1", "sketch2", "{t}sketch"}

// allKeys returns every key that operations use but for those of bulk.
func allKeys() []string { return slices.Concat(keyNames, sketchNames, placeNames) }

// Names draws names of keys. They are few.
func Names() *rapid.Generator[string] { return rapid.SampledFrom(keyNames) }

// delicate are values where something changes: how an integer or a length is stored, or what a number may be.
var delicate = slices.Concat(
	texts("x", "1", "2", "a", "", "0", "-1", "007", "+1", " 1", "1.5", "-0", "1e3", "127", "128", "-129", "4096", "32768", "8388608",
		"2147483648", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "\x00\xff\r\n"),
	[][]byte{bytes.Repeat([]byte("v"), 63), bytes.Repeat([]byte("w"), 64), bytes.Repeat([]byte("m"), 65),
		bytes.Repeat([]byte("n"), 254), bytes.Repeat([]byte("o"), 5000), bytes.Repeat([]byte("p"), 20_000)})

func texts(s ...string) (b [][]byte) {
	for _, text := range s {
		b = append(b, []byte(text))
	}
	return b
}

// Values draws values: short texts, integers, bytes, and lengths about those where an encoding changes.
func Values() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.SampledFrom(delicate[:3]),
		rapid.Map(rapid.IntRange(0, 30), func(n int) []byte { return []byte("value " + strconv.Itoa(n)) }),
		rapid.Map(rapid.Int64(), func(n int64) []byte { return strconv.AppendInt(nil, n, 10) }),
		rapid.SampledFrom(delicate),
		rapid.SliceOfN(rapid.Byte(), 0, 30),
	)
}

// TTLs draws times to live of some milliseconds, parts of them, and much longer ones.
func TTLs() *rapid.Generator[time.Duration] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(1, 20), func(n int) time.Duration { return time.Duration(n) * time.Millisecond }),
		rapid.SampledFrom([]time.Duration{time.Nanosecond, 1500 * time.Microsecond, time.Hour, 400 * 24 * time.Hour}),
	)
}

// Times draws points of time about Epoch, most of them later.
func Times() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.IntRange(-2, 60), func(n int) time.Time { return Epoch.Add(time.Duration(n) * time.Millisecond) })
}

// Indexes draws positions in short sequences, from either end, and some far beyond.
func Indexes() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(-8, 8), rapid.IntRange(-300, 300), rapid.SampledFrom([]int{-1 << 31, 1<<31 - 1}))
}

// Operations draws operations on the stores that are not nil.
func Operations(s Stores) *rapid.Generator[Operation] {
	kinds := s.methods()
	if s.Advance != nil {
		kinds = append(kinds, []*method{advance})
	}
	kinds = append(kinds, []*method{compare})
	return operationsOf(s, kinds, keyNames)
}

// operationsOf draws operations of some kinds on some keys.
func operationsOf(s Stores, kinds [][]*method, keys []string) *rapid.Generator[Operation] {
	var operations *rapid.Generator[Operation]
	operations = rapid.Custom(func(t *rapid.T) Operation {
		m := rapid.SampledFrom(rapid.SampledFrom(kinds).Draw(t, "store")).Draw(t, "method")
		return Operation{m, m.args(&draws{t, s, operations, keys})}
	})
	return operations
}

// draws draws arguments.
type draws struct {
	t          *rapid.T
	s          Stores
	operations *rapid.Generator[Operation] // on the stores
	names      []string                    // of the keys that are used
}

func (d *draws) timed() bool          { return d.s.Advance != nil }
func (d *draws) key() string          { return rapid.SampledFrom(d.names).Draw(d.t, "key") }
func (d *draws) value() []byte        { return Values().Draw(d.t, "value") }
func (d *draws) index() int           { return Indexes().Draw(d.t, "index") }
func (d *draws) between(a, b int) int { return rapid.IntRange(a, b).Draw(d.t, "number") }

// families returns the keys between which values may move.
func (d *draws) families() [][]string {
	all := [][]string{keyNames}
	if d.s.HyperLogLogs != nil {
		all = append(all, sketchNames)
	}
	if d.s.Geo != nil {
		all = append(all, placeNames)
	}
	return all
}

// anyKey draws a key of any family.
func (d *draws) anyKey() string { return oneOf(d, slices.Concat(d.families()...)...) }

// anyKeys draws some of them, rarely those of bulk.
func (d *draws) anyKeys() (keys []string) {
	if !d.s.Evicts && d.rarely(12) {
		return bulk()
	}
	for range d.between(0, 6) {
		keys = append(keys, d.anyKey())
	}
	return keys
}

// bulk returns the names of so many keys that a table grows for them.
func bulk() (keys []string) {
	for i := range 64 {
		keys = append(keys, "bulk"+strconv.Itoa(i))
	}
	return keys
}

// rarely is true one time in n.
func (d *draws) rarely(n int) bool { return d.between(0, n-1) == n-1 }

// keys draws some keys, which may be the same.
func (d *draws) keys(least int) []string {
	return rapid.SliceOfN(rapid.SampledFrom(d.names), least, 6).Draw(d.t, "keys")
}

// oneOf draws one of some values.
func oneOf[V any](d *draws, values ...V) V { return rapid.SampledFrom(values).Draw(d.t, "choice") }

// pass draws by how much the clock advances: whole milliseconds, to which stores keep time.
func (d *draws) pass() time.Duration { return time.Duration(d.between(1, 15)) * time.Millisecond }

// ttl draws a TTL; rarely one that is not allowed.
func (d *draws) ttl() time.Duration {
	if d.rarely(20) {
		return -time.Millisecond
	}
	return TTLs().Draw(d.t, "ttl")
}

// at draws a point of time.
func (d *draws) at() time.Time { return Times().Draw(d.t, "time") }

// setOptions draws options, which rarely exclude each other.
func (d *draws) setOptions() (o datatypes.SetOptions) {
	o.IfAbsent, o.IfPresent = d.rarely(6), d.rarely(6)
	if !d.timed() {
		return o
	}
	switch kind := d.between(0, 9); {
	case kind > 6:
		o.TTL = d.ttl()
	case kind == 6:
		o.ExpireAt = d.at()
	case kind == 5:
		o.KeepTTL = true
	case kind == 4:
		o.TTL, o.KeepTTL = d.ttl(), d.rarely(2)
	}
	return o
}
