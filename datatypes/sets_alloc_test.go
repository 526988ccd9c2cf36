//go:build !race && !larderdebug

package datatypes_test

import (
	"strconv"
	"testing"

	"github.com/larderkv/larder/internal/keyspace"
)

// TestSetAllocations: the operations on one member leave the Go heap alone, and so do
// those on whole sets that return no list.
func TestSetAllocations(t *testing.T) {
	for name, l := range setLimits {
		f := openSets(t, keyspace.Options{})
		f.limit(l.ints, l.entries, l.value)
		const size = 100
		names := make([]string, 2*size)
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
		f.add(t, "k", names[:size]...)
		f.add(t, "l", names[size/2:]...)
		f.add(t, "m", names[0])
		buf := make([]byte, 0, 100)
		answers := make([]bool, 0, 10)
		each := func(m []byte) { buf = append(buf[:0], m...) }
		i := 0
		next := func() string { i++; return names[i%size] }
		must := func(ok bool, err error) {
			if !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		for _, tt := range []operation{
			{"Add and Remove", func() {
				n, err := f.sets.Add("k", "1000")
				must(n == 1, err)
				n, err = f.sets.Remove("k", "1000")
				must(n == 1, err)
			}},
			{"Add of what is there", func() { n, err := f.sets.Add("k", next()); must(n == 0, err) }},
			{"Add to a new set", func() {
				n, err := f.sets.Add("new", "1")
				must(n == 1, err)
				n, err = f.sets.Remove("new", "1")
				must(n == 1, err)
			}},
			{"Contains", func() { must(f.sets.Contains("k", next())) }},
			{"ContainsEach", func() { _, err := f.sets.ContainsEach(answers[:0], "k", names[:5]...); must(true, err) }},
			{"Len", func() { n, err := f.sets.Len("k"); must(n == size, err) }},
			{"AppendRandom", func() { _, ok, err := f.sets.AppendRandom(buf[:0], "k"); must(ok, err) }},
			{"AppendPop", func() {
				m, ok, err := f.sets.AppendPop(buf[:0], "m")
				must(ok, err)
				n, err := f.sets.Add("m", string(m))
				must(n == 1, err)
			}},
			{"Each", func() { must(true, f.sets.Each("k", each)) }},
			{"InterLen", func() { n, err := f.sets.InterLen(0, "k", "l"); must(n == size/2, err) }},
		} {
			if got := testing.AllocsPerRun(300, tt.do); got != 0 {
				t.Errorf("%s, %s: %v allocations", name, tt.name, got)
			}
		}
	}
}
