package main

import (
	"math"
	"math/rand/v2"
	"sort"
)

// zipf draws ranks 0 … n-1 with probability proportional to 1/(rank+1)^s, for any s ≥ 0 (math/rand's needs s > 1), by
// binary search in the cumulative distribution.
type zipf struct {
	rng        *rand.Rand
	cumulative []float64
}

func newZipf(rng *rand.Rand, n int, s float64) *zipf {
	z := &zipf{rng: rng, cumulative: make([]float64, n)}
	sum := 0.0
	for i := range z.cumulative {
		sum += math.Pow(float64(i+1), -s)
		z.cumulative[i] = sum
	}
	return z
}

func (z *zipf) next() int {
	n := len(z.cumulative)
	x := z.rng.Float64() * z.cumulative[n-1]
	return min(sort.SearchFloat64s(z.cumulative, x), n-1)
}

// scatteredZipf is count entries of 0 … n-1 drawn by zipf, popular ones spread over the range, so that those inserted
// one after the other are no more alike in popularity than any others.
func scatteredZipf(n, count int, s float64, seed uint64) []uint32 {
	rng := newRand(seed)
	perm := rng.Perm(n)
	z := newZipf(rng, n, s)
	out := make([]uint32, count)
	for i := range out {
		out[i] = uint32(perm[z.next()])
	}
	return out
}

// trace is a named sequence of accesses to entries.
type trace struct {
	name     string
	accesses []uint32
	distinct int
}

func newTrace(name string, accesses []uint32) trace {
	seen := make(map[uint32]struct{})
	for _, a := range accesses {
		seen[a] = struct{}{}
	}
	return trace{name, accesses, len(seen)}
}

// fills is the access from which on a cache of capacity entries could be full.
func (t trace) fills(capacity int) int {
	seen := make(map[uint32]struct{})
	for i, a := range t.accesses {
		if seen[a] = struct{}{}; len(seen) >= capacity {
			return i
		}
	}
	return len(t.accesses)
}

// generatedTraces is the built-in traces: count accesses each, most of them to as many entries. The same seed gives the
// same traces.
func generatedTraces(entries, count int, seed uint64) []trace {
	return []trace{
		newTrace("zipf-0.99", scatteredZipf(entries, count, 0.99, seed)),
		newTrace("zipf-0.7", scatteredZipf(entries, count, 0.7, seed)),
		newTrace("zipf+scan", zipfWithScans(entries, count, seed)),
		newTrace("loop", loop(max(entries/4, 1), count)),
		newTrace("shifting-zipf", shiftingZipf(entries, count, seed)),
	}
}

// zipfWithScans is zipf traffic into which scans break, each a tenth of the entries long and of entries that nothing
// else reads, every fifth access being part of one.
func zipfWithScans(n, count int, seed uint64) []uint32 {
	out := scatteredZipf(n, count, 0.99, seed)
	length := max(n/10, 1)
	next := uint32(n)
	for start := 4 * length; start+length <= count; start += 5 * length {
		for i := range length {
			out[start+i] = next
			next++
		}
	}
	return out
}

// loop reads n entries in order, over and over.
func loop(n, count int) []uint32 {
	out := make([]uint32, count)
	for i := range out {
		out[i] = uint32(i % n)
	}
	return out
}

// shiftingZipf is zipf traffic whose popular entries are others after each tenth of it.
func shiftingZipf(n, count int, seed uint64) []uint32 {
	rng := newRand(seed)
	perm := rng.Perm(n)
	z := newZipf(rng, n, 0.99)
	out := make([]uint32, count)
	shift, phase := 0, max(count/10, 1)
	for i := range out {
		if i > 0 && i%phase == 0 {
			shift += n/10 + 1
		}
		out[i] = uint32(perm[(z.next()+shift)%n])
	}
	return out
}

// logUniform draws a size between lo and hi whose logarithm is uniform: as many between 8 and 16 bytes as between 32 and
// 64 KiB.
func logUniform(rng *rand.Rand, lo, hi int) int {
	return int(float64(lo) * math.Pow(float64(hi)/float64(lo), rng.Float64()))
}
