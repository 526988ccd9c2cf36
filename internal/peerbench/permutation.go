package main

import "math/bits"

// permutation is a bijection of 0 … n-1 that takes no memory: four Feistel rounds over the next even power of two,
// walked until the result falls below n.
type permutation struct {
	n    uint64
	half uint // bits in each half
	seed uint64
}

func newPermutation(n int, seed uint64) permutation {
	width := uint(bits.Len64(uint64(max(n-1, 1))))
	return permutation{n: uint64(n), half: (width + 1) / 2, seed: seed}
}

func (p permutation) at(i int) uint64 {
	x := uint64(i)
	for {
		x = p.scramble(x)
		if x < p.n {
			return x
		}
	}
}

func (p permutation) scramble(x uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	left, right := x>>p.half, x&mask
	for round := range uint64(4) {
		left, right = right, left^mix(right^p.seed+round<<56)&mask
	}
	return left<<p.half | right
}
