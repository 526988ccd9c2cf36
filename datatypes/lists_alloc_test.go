//go:build !race && !larderdebug

package datatypes_test

import (
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// TestListAllocations: single elements of lists come and go without the Go heap.
func TestListAllocations(t *testing.T) {
	f := open(t)
	f.pushed(t, "small", numbers(0, 20)...)
	f.pushed(t, "large", numbers(0, 20_000)...)
	buf := make([]byte, 0, 100)
	value := [][]byte{[]byte("a value of some bytes")}
	must := func(ok bool, err error) {
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for _, key := range []string{"small", "large", "new"} {
		tests := map[string]func(){
			"push": func() {
				n, err := f.lists.LPush(key, value...)
				must(n > 0, err)
				n, err = f.lists.RPush(key, value...)
				must(n > 0, err)
			},
			"push and pop": func() {
				n, err := f.lists.LPush(key, value...)
				must(n > 0, err)
				_, ok, err := f.lists.AppendRPop(buf[:0], key)
				must(ok, err)
			},
			"pop": func() {
				f.lists.RPush(key, value...)
				_, ok, err := f.lists.AppendLPop(buf[:0], key)
				must(ok, err)
			},
			"move":  func() { _, _, err := f.lists.AppendMove(buf[:0], "large", "small", 0, 1); must(true, err) },
			"index": func() { _, _, err := f.lists.AppendIndex(buf[:0], key, -1); must(true, err) },
			"len":   func() { _, err := f.lists.Len(key); must(true, err) },
			"set": func() {
				if err := f.lists.Set(key, 0, value[0]); err != datatypes.ErrNoSuchKey {
					must(true, err)
				}
			},
			"insert": func() { _, err := f.lists.Insert(key, true, value[0], value[0]); must(true, err) },
		}
		for name, do := range tests {
			if got := testing.AllocsPerRun(200, do); got != 0 {
				t.Errorf("%s of a %s list: %v allocations", name, key, got)
			}
		}
	}
}
