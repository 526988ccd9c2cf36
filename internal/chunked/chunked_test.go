package chunked

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestCopies(t *testing.T) {
	t.Parallel()
	source := make([]byte, 3*size+1)
	for i := range source {
		source[i] = byte(rand.Uint32())
	}
	for _, n := range []int{0, 1, size - 1, size, size + 1, 2 * size, 3*size + 1} {
		for _, room := range []int{0, 1, n, n + 10} {
			t.Run(fmt.Sprintf("%d into %d", n, room), func(t *testing.T) {
				src, before := source[:n], []byte("before")
				dst := append(make([]byte, 0, len(before)+room), before...)
				if got := Append(dst, src); !bytes.Equal(got, append([]byte("before"), src...)) {
					t.Error("Append has got it wrong")
				}
				if grown := Grow(before, room); string(grown) != "before" || cap(grown)-len(grown) < room {
					t.Errorf("grown to %d, %d", len(grown), cap(grown))
				}
				into := make([]byte, room)
				if got := Copy(into, src); got != min(n, room) || !bytes.Equal(into[:got], src[:got]) {
					t.Errorf("Copy has copied %d", got)
				}
			})
		}
	}
}

// TestAppendFits: memory that suffices is used.
func TestAppendFits(t *testing.T) {
	src, dst := make([]byte, 2*size), make([]byte, 0, 2*size)
	if n := testing.AllocsPerRun(10, func() { dst = Append(dst[:0], src) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
