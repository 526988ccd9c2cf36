package encoding

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pairText draws the text of a key or value: of the lengths and integers at which
// entries change their form.
func pairText(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.Map(rapid.SampledFrom([]int{0, 1, 62, 63, 64, 65, 4094, 4095, 4096, 5000}), func(n int) string { return strings.Repeat("x", n) }),
		rapid.Map(rapid.SampledFrom([]int64{0, 1, 127, 128, -1, 4095, 4096, -4096, -4097, math.MaxInt16, math.MinInt16 - 1,
			1<<23 - 1, 1 << 23, math.MaxInt32, math.MinInt32 - 1, math.MaxInt64, math.MinInt64}), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.SampledFrom([]string{"a", "b", "c", "007", "-0", "+1", "1.5", "9223372036854775808"}),
	).Draw(t, label)
}

func TestPairs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type pair struct{ key, value string }
		var want []pair
		ps := NewPairs(nil)
		index := func(key string) int {
			for i, p := range want {
				if p.key == key {
					return i
				}
			}
			return -1
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				key, value := pairText(t, "key"), pairText(t, "value")
				p, ok := ps.Find(text(key))
				i := index(key)
				if ok != (i >= 0) {
					t.Fatalf("%.20q is found: %v", key, ok)
				}
				if ok {
					if old := ps.Value(p); !ps.Overwrite(p, text(value)) {
						if old.entrySize() == text(value).entrySize() || !ps.Value(p).Equal(old) {
							t.Fatalf("%.20q is not overwritten by %.20q, and is %.20q", old, value, ps.Value(p))
						}
						ps = ps.Replace(p, text(value))
					}
					want[i].value = value
					return
				}
				ps = ps.Append(text(key), text(value))
				want = append(want, pair{key, value})
			},
			"delete": func(t *rapid.T) {
				key := pairText(t, "key")
				if p, ok := ps.Find(text(key)); ok {
					ps = ps.Delete(p)
					i := index(key)
					want = append(want[:i], want[i+1:]...)
				}
			},
			"": func(t *rapid.T) {
				if ps.Len() != len(want) {
					t.Fatalf("%d pairs, want %d", ps.Len(), len(want))
				}
				p := ps.First()
				for _, w := range want {
					key, value, next := ps.Read(p)
					if key.String() != w.key || value.String() != w.value || !ps.Value(p).Equal(value) || ps.Next(p) != next {
						t.Fatalf("read %.20q, %.20q, want %.20q, %.20q", key, value, w.key, w.value)
					}
					p = next
				}
				if p != ps.End() {
					t.Fatalf("the last pair ends at %d of %d", p, ps.End())
				}
			},
		})
	})
}

// TestPairsKeepToTheirCapacity: a change in place takes no memory.
func TestPairsKeepToTheirCapacity(t *testing.T) {
	room := make([]byte, 0, 100)
	ps := NewPairs(room)
	ps = ps.Append(text("key"), text("value")).Append(text("other"), text("12345"))
	p, _ := ps.Find(text("key"))
	ps = ps.Replace(p, text("a longer value")).Delete(ps.First())
	if &ps[0] != &room[:1][0] {
		t.Error("the pairs moved")
	}
	if _, value, _ := ps.Read(ps.First()); ps.Len() != 1 || value.String() != "12345" {
		t.Errorf("%d pairs, the first is %v", ps.Len(), value)
	}
}

// TestManyPairs: from 65535 pairs on they are counted one by one.
func TestManyPairs(t *testing.T) {
	t.Parallel()
	const n = 70_000
	ps := NewPairs(nil)
	for i := range n {
		ps = ps.Append(IntElement(int64(i)), IntElement(1))
		if i%10_000 == 0 && ps.Len() != i+1 {
			t.Fatalf("%d pairs, want %d", ps.Len(), i+1)
		}
	}
	p, ok := ps.Find(IntElement(n - 1))
	if !ok || ps.Len() != n {
		t.Fatalf("%d pairs, the last is found: %v", ps.Len(), ok)
	}
	ps = ps.Delete(p)
	for range 10_000 {
		ps = ps.Delete(ps.First())
	}
	if ps.Len() != n-10_001 {
		t.Errorf("%d pairs, want %d", ps.Len(), n-10_001)
	}
}

// TestPairsAreSmall: ten fields of 8 bytes with values of 16 take one byte each
// beside their texts.
func TestPairsAreSmall(t *testing.T) {
	t.Parallel()
	ps := NewPairs(nil)
	for i := range 10 {
		ps = ps.Append(text(fmt.Sprintf("field:%02d", i)), TextElement(bytes.Repeat([]byte("v"), 16)))
	}
	if len(ps) != 2+10*(8+16+2) {
		t.Errorf("%d bytes", len(ps))
	}
}
