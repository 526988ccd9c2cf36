package datatypes_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// fair fails if counts, of draws that are to be equally likely, are further apart
// than chance explains: if chi-square exceeds what it does once in a million times.
func fair(t *testing.T, what string, counts []int) {
	t.Helper()
	total := 0
	for _, n := range counts {
		total += n
	}
	want := float64(total) / float64(len(counts))
	chi := 0.0
	for _, n := range counts {
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	// The distribution is about normal: Wilson and Hilferty, 1931.
	df := float64(len(counts) - 1)
	z := (math.Cbrt(chi/df) - 1 + 2/(9*df)) / math.Sqrt(2/(9*df))
	if z > 4.75 {
		t.Errorf("%s: chi-square %.1f of %d members", what, chi, len(counts))
	}
}

// TestRandomMembersAreFair: in whatever representation and however many are asked
// for, members are drawn with equal probabilities.
func TestRandomMembersAreFair(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		const size = 100
		all := integers(0, size)
		draws := map[string]func() []string{
			"Random": func() []string { m, _, _ := f.sets.Random("k"); return []string{m} },
			"Pop": func() []string {
				m, _, _ := f.sets.Pop("k")
				f.sets.Add("k", m)
				return []string{m}
			},
		}
		for _, n := range []int{1, 10, 30, 97, -1, -50} {
			draws["RandomN "+strconv.Itoa(n)] = func() []string { got, _ := f.sets.RandomN("k", n); return got }
			if n > 0 {
				draws["PopN "+strconv.Itoa(n)] = func() []string {
					got, _ := f.sets.PopN("k", n)
					f.sets.Add("k", got...)
					return got
				}
			}
		}
		for name, draw := range draws {
			f.keys.Del("k")
			f.add(t, "k", all...)
			counts := make([]int, size)
			for drawn := 0; drawn < 60*size; {
				got := draw()
				if len(got) == 0 {
					t.Fatal(name, "draws nothing")
				}
				for _, m := range got {
					i, err := strconv.Atoi(m)
					if err != nil {
						t.Fatal(err)
					}
					counts[i]++
				}
				drawn += len(got)
			}
			fair(t, name, counts)
		}
	})
}

// TestPopMost: of a large set, all but a few members are popped: those that stay keep
// the set what it was.
func TestPopMost(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		for _, volatile := range []bool{false, true} {
			f.keys.Del("k")
			f.add(t, "k", integers(0, 2000)...)
			f.keys.Expire("k", second, 0)
			if volatile {
				f.expire(t, "k", "1000", 10*second, true)
			}
			got, err := f.sets.PopN("k", 1990)
			if err != nil {
				t.Fatal(err)
			}
			left := f.members(t, "k")
			all := slices.Sorted(slices.Values(append(got, left...)))
			if !slices.Equal(all, slices.Sorted(slices.Values(integers(0, 2000)))) || len(left) != 10 {
				t.Errorf("popped %d, left %q", len(got), left)
			}
			if ttl := f.ttl(t, "k"); ttl != second {
				t.Errorf("TTL %v", ttl)
			}
			for _, m := range left {
				if ttl := f.memberTTL(t, "k", m); (ttl == 10*second) != (volatile && m == "1000") {
					t.Errorf("TTL of %s: %v", m, ttl)
				}
			}
		}
	})
}

func TestRandomOfNothing(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, f *setFixture) {
		f.add(t, "k", "1")
		for _, n := range []int{0, 3, -3} {
			if got, err := f.sets.RandomN("nokey", n); len(got) != 0 || err != nil {
				t.Errorf("RandomN(%d) of nothing: %q, %v", n, got, err)
			}
		}
		if got, err := f.sets.RandomN("k", 0); len(got) != 0 || err != nil {
			t.Errorf("RandomN(0): %q, %v", got, err)
		}
		if got, err := f.sets.RandomN("k", -3); !slices.Equal(got, []string{"1", "1", "1"}) || err != nil {
			t.Errorf("RandomN(-3): %q, %v", got, err)
		}
		for _, n := range []int{-1<<24 - 1, math.MinInt} {
			if got, err := f.sets.RandomN("k", n); len(got) != 0 || err != datatypes.ErrOutOfRange {
				t.Errorf("RandomN(%d): %q, %v", n, got, err)
			}
			if got, err := f.sets.RandomN("nokey", n); len(got) != 0 || err != nil {
				t.Errorf("RandomN(%d) of nothing: %q, %v", n, got, err)
			}
		}
		if _, ok, err := f.sets.Pop("nokey"); ok || err != nil {
			t.Errorf("Pop of nothing: %v, %v", ok, err)
		}
		if _, ok, err := f.sets.Random("nokey"); ok || err != nil {
			t.Errorf("Random of nothing: %v, %v", ok, err)
		}
		if err := f.sets.PopEach("k", -1, func([]byte) {}); err == nil {
			t.Error("PopEach takes a negative number")
		}
		f.want(t, "k", "1")
	})
}
