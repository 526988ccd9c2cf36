package arena

import "math/bits"

// bitmap has one bit for every page of a chunk.
type bitmap [pagesPerChunk / 64]uint64

// mask returns the bits of word w that lie within [start, end).
func mask(w, start, end int) uint64 {
	lo, hi := max(start-w*64, 0), min(end-w*64, 64)
	if lo >= hi {
		return 0
	}
	return ^uint64(0) << lo & (^uint64(0) >> (64 - hi))
}

func (b *bitmap) set(start, n int) {
	for w := start / 64; w*64 < start+n; w++ {
		b[w] |= mask(w, start, start+n)
	}
}

func (b *bitmap) clear(start, n int) {
	for w := start / 64; w*64 < start+n; w++ {
		b[w] &^= mask(w, start, start+n)
	}
}

// count returns how many bits of [start, start+n) are set.
func (b *bitmap) count(start, n int) int {
	sum := 0
	for w := start / 64; w*64 < start+n; w++ {
		sum += bits.OnesCount64(b[w] & mask(w, start, start+n))
	}
	return sum
}

func (b *bitmap) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

// nextSet returns the first set bit at or after i, or pagesPerChunk.
func (b *bitmap) nextSet(i int) int {
	if i >= pagesPerChunk {
		return pagesPerChunk
	}
	w := i / 64
	x := b[w] >> (i % 64) << (i % 64)
	for x == 0 {
		if w++; w == len(b) {
			return pagesPerChunk
		}
		x = b[w]
	}
	return w*64 + bits.TrailingZeros64(x)
}

// nextClear returns the first clear bit at or after i, or pagesPerChunk.
func (b *bitmap) nextClear(i int) int {
	if i >= pagesPerChunk {
		return pagesPerChunk
	}
	w := i / 64
	x := ^b[w] >> (i % 64) << (i % 64)
	for x == 0 {
		if w++; w == len(b) {
			return pagesPerChunk
		}
		x = ^b[w]
	}
	return w*64 + bits.TrailingZeros64(x)
}

// prevClear returns the last clear bit before i, or -1.
func (b *bitmap) prevClear(i int) int {
	for i--; i >= 0; i = i/64*64 - 1 {
		if x := ^b[i/64] & mask(i/64, 0, i+1); x != 0 {
			return i/64*64 + 63 - bits.LeadingZeros64(x)
		}
	}
	return -1
}

// findRun returns the start of the first n set bits in a row, or -1 and the length of the longest row there is.
func (b *bitmap) findRun(n int) (start, longest int) {
	for i := b.nextSet(0); i < pagesPerChunk; {
		end := b.nextClear(i)
		if end-i >= n {
			return i, end - i
		}
		longest = max(longest, end-i)
		i = b.nextSet(end)
	}
	return -1, longest
}
