//go:build !race && !larderdebug

package datatypes_test

import (
	"fmt"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// TestSortedSetAllocations: operations on single members leave the Go heap alone, in both
// representations.
func TestSortedSetAllocations(t *testing.T) {
	f := open(t)
	z := f.sortedSets()
	for _, n := range []int{50, 5000} {
		key := fmt.Sprint(n)
		putSorted(t, f, key, n)
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("member:%06d", i)
		}
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		i, sum := 0, 0.0
		next := func() string { i += 7; return names[i%n] }
		ignore := func(int) {}
		add := func(_ []byte, score float64) { sum += score }
		for _, tt := range []operation{
			{"Add", func() { _, err := z.Add(key, datatypes.Scored{Member: next(), Score: float64(i % 1000)}); must(err) }},
			{"IncrBy", func() { _, err := z.IncrBy(key, next(), 1); must(err) }},
			{"Remove and Add", func() {
				_, err := z.Remove(key, next())
				must(err)
				_, err = z.Add(key, datatypes.Scored{Member: names[i%n], Score: 3})
				must(err)
			}},
			{"Score", func() { _, _, err := z.Score(key, next()); must(err) }},
			{"Rank", func() { _, _, _, err := z.Rank(key, next()); must(err) }},
			{"Len", func() { _, err := z.Len(key); must(err) }},
			{"Count", func() { _, err := z.Count(key, datatypes.ScoreBound{Score: 10}, most); must(err) }},
			{"RangeEach", func() { must(z.RangeEach(key, datatypes.ByRank(10, 20), ignore, add)) }},
			{"RangeEach by score", func() {
				must(z.RangeEach(key, datatypes.ByScore(datatypes.ScoreBound{Score: 10}, datatypes.ScoreBound{Score: 12}), ignore, add))
			}},
			{"PopEach and Add", func() {
				must(z.PopEach(key, 1, false, ignore, add))
				_, err := z.Add(key, datatypes.Scored{Member: next(), Score: 3})
				must(err)
			}},
		} {
			if got := testing.AllocsPerRun(300, tt.do); got != 0 {
				t.Errorf("%s of %d members: %v allocations", tt.name, n, got)
			}
		}
	}
}
