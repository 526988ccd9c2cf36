package ddmin

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLeaveOut expects that what is needed is left and no more, wherever it stands, and that each list is shorter than
// the one before.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		needed := slices.DeleteFunc(slices.Clone(list), func(int) bool { return rapid.IntRange(0, 9).Draw(t, "needed") > 0 })
		cut := rapid.Bool().Draw(t, "cut")
		last := list
		LeaveOut(list, func(rest []int) ([]int, bool) {
			if len(rest) >= len(last) && len(last) > 0 {
				t.Fatalf("%v tried after %v", rest, last)
			}
			for _, x := range needed {
				if !slices.Contains(rest, x) {
					return nil, false
				}
			}
			if cut && len(needed) > 0 {
				rest = rest[:slices.Index(rest, needed[len(needed)-1])+1]
			}
			last = rest
			return rest, true
		})
		if !slices.Equal(last, needed) && n > 0 {
			t.Fatalf("%v is left of %v, want %v", last, list, needed)
		}
	})
}
