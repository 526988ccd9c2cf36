//go:build !race && !larderdebug

package datatypes_test

import (
	"fmt"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// operation is one that must not allocate.
type operation struct {
	name string
	do   func()
}

// TestAllocations: the operations of the hot path leave the Go heap alone.
func TestAllocations(t *testing.T) {
	f := open(t)
	const n = 2000
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("key:%05d", i)
		f.put(t, keys[i], "a value of some bytes")
	}
	f.put(t, "counter", "1")
	value := []byte("another value of some bytes")
	longer := append(value, value...)
	buf := make([]byte, 0, 100)
	var b datatypes.Batch
	fn := func(v []byte) error { buf = append(buf[:0], v...); return nil }
	none := datatypes.SetOptions{}
	i := 0
	next := func() string { i++; return keys[i%n] }
	must := func(ok bool, err error) {
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	tests := []operation{
		{"AppendGet", func() { _, ok, err := f.AppendGet(buf[:0], next()); must(ok, err) }},
		{"AppendGet of an integer", func() { _, ok, err := f.AppendGet(buf[:0], "counter"); must(ok, err) }},
		{"AppendGet of a missing key", func() { _, ok, err := f.AppendGet(buf[:0], "missing"); must(!ok, err) }},
		{"AppendGetTTL", func() { _, _, ok, err := f.AppendGetTTL(buf[:0], next()); must(ok, err) }},
		{"AppendGetEx", func() {
			_, ok, err := f.AppendGetEx(buf[:0], next(), datatypes.GetExOptions{TTL: second})
			must(ok, err)
		}},
		{"View", func() { must(f.View(next(), fn)) }},
		{"View of an integer", func() { must(f.View("counter", fn)) }},
		{"Len", func() { n, err := f.Len(next()); must(n > 0, err) }},
		{"AppendGetRange", func() { _, err := f.AppendGetRange(buf[:0], next(), 1, 5); must(true, err) }},
		{"Set", func() { must(f.Set(next(), value, none)) }},
		{"Set with a TTL", func() { must(f.Set(next(), value, datatypes.SetOptions{TTL: second})) }},
		{"Set of another size", func() { must(f.Set(next(), longer, none)); must(f.Set(keys[i%n], value, none)) }},
		{"Set of a new key", func() { must(f.Set("new", value, none)); n, err := f.keys.Del("new"); must(n == 1, err) }},
		{"Set of an integer", func() { must(f.Set("counter", []byte("123"), none)) }},
		{"GetBatch", func() { must(true, f.GetBatch(keys[:100], &b)) }},
		{"MGetBatch", func() { must(true, f.MGetBatch(keys[:100], &b)) }},
		{"Exists", func() { n, err := f.keys.Exists(next()); must(n == 1, err) }},
		{"Touch", func() { n, err := f.keys.Touch(next()); must(n == 1, err) }},
		{"Expire", func() { must(f.keys.Expire(next(), second, 0)) }},
		{"Expire and Persist", func() { must(f.keys.Expire(next(), second, 0)); must(f.keys.Persist(keys[i%n])) }},
		{"TTL", func() { _, ok, err := f.keys.TTL(next()); must(ok, err) }},
		{"IncrBy", func() { _, err := f.IncrBy("counter", 12345); must(true, err) }},
		{"Append", func() {
			f.keys.Del("new")
			_, err := f.Append("new", value)
			must(true, err)
			_, err = f.Append("new", value)
			must(true, err)
		}},
		{"Del", func() { n, err := f.keys.Del(next()); must(n == 1, err); must(f.Set(keys[i%n], value, none)) }},
	}
	tests = append(tests, bitmapOperations(f, must)...)
	tests = append(tests, hyperLogLogOperations(f, must)...)
	tests = append(tests, geoOperations(f, must)...)
	for _, tt := range tests {
		if got := testing.AllocsPerRun(500, tt.do); got != 0 {
			t.Errorf("%s: %v allocations", tt.name, got)
		}
	}
}

func bitmapOperations(f *fixture, must func(bool, error)) []operation {
	b := f.bitmaps()
	incr := datatypes.FieldOp{Action: datatypes.FieldIncrBy, Type: datatypes.FieldType{Bits: 16}, Offset: 800, Value: 3}
	results := make([]datatypes.FieldResult, 0, 1)
	on := false
	return []operation{
		{"Bitmaps.Set", func() { on = !on; _, err := b.Set("bits", 999, on); must(true, err) }},
		{"Bitmaps.Get", func() { _, err := b.Get("bits", 999); must(true, err) }},
		{"Bitmaps.Count", func() { _, err := b.Count("bits", datatypes.BitRange{}); must(true, err) }},
		{"Bitmaps.Pos", func() { _, err := b.Pos("bits", true, datatypes.BitRange{}); must(true, err) }},
		{"Bitmaps.Op", func() { _, err := b.Op(datatypes.BitOr, "bits", "bits", "more bits"); must(true, err) }},
		{"Bitmaps.AppendField", func() { _, err := b.AppendField(results, "bits", incr); must(true, err) }},
	}
}

func hyperLogLogOperations(f *fixture, must func(bool, error)) []operation {
	st := f.hyperLogLogs()
	elements := make([]string, 50_000)
	for i := range elements {
		elements[i] = fmt.Sprint("element:", i)
	}
	must(st.Add("dense", elements...))
	must(st.Add("sparse", elements[:200]...))
	i := 0
	next := func() string { i++; return elements[i%len(elements)] }
	return []operation{
		{"HyperLogLogs.Add", func() { _, err := st.Add("dense", next()); must(true, err) }},
		{"HyperLogLogs.Add to a sparse one", func() { _, err := st.Add("sparse", next()); must(true, err) }},
		{"HyperLogLogs.Count", func() { _, err := st.Count("sparse"); must(true, err) }},
		{"HyperLogLogs.Count of two", func() { _, err := st.Count("dense", "sparse"); must(true, err) }},
		{"HyperLogLogs.Merge", func() { must(true, st.Merge("dense", "sparse")) }},
	}
}

func geoOperations(f *fixture, must func(bool, error)) []operation {
	g := f.geo()
	for i := range 1000 {
		_, err := g.Add("places", datatypes.Located{Member: fmt.Sprint(i), Position: datatypes.Position{Longitude: float64(i) / 10}})
		must(true, err)
	}
	return []operation{
		{"Geo.Position", func() { _, ok, err := g.Position("places", "501"); must(ok, err) }},
		{"Geo.Distance", func() { _, ok, err := g.Distance("places", "501", "502"); must(ok, err) }},
	}
}
