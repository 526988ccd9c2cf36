package arena

import "testing"

func BenchmarkAllocFree(b *testing.B) {
	for _, n := range []int{56, 1000, 20_000, 100_000} {
		b.Run("hot/"+sizeName(n), func(b *testing.B) {
			a := newArena(b)
			a.Alloc(n)
			for b.Loop() {
				a.Free(a.Alloc(n), n)
			}
		})
	}
	b.Run("fill/56", func(b *testing.B) {
		const count = 200_000
		a := newArena(b)
		var refs [count]Ref
		for b.Loop() {
			for i := range refs {
				refs[i] = a.Alloc(56)
			}
			for _, r := range refs {
				a.Free(r, 56)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/pair")
	})
}

func sizeName(n int) string {
	switch {
	case n <= maxSmall:
		return "slab-" + string(rune('0'+classOf(n)/10)) + string(rune('0'+classOf(n)%10))
	default:
		return "run"
	}
}

func BenchmarkPtr(b *testing.B) {
	a := newArena(b)
	r := a.Alloc(56)
	sum := byte(0)
	for b.Loop() {
		sum += *(*byte)(a.Ptr(r))
	}
	_ = sum
}

func BenchmarkPeek(b *testing.B) {
	a := newArena(b)
	r := a.Alloc(56)
	sum := byte(0)
	for b.Loop() {
		sum += *(*byte)(a.Peek(r, 56))
	}
	_ = sum
}
