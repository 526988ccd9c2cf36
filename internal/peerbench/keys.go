package main

import (
	"encoding/binary"
	"math/rand/v2"
	"unsafe"
)

const (
	keySize   = 16
	valueSize = 32
	pairSize  = keySize + valueSize
)

// mix is a bijection of 64-bit words that scatters its input (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const hexDigits = "0123456789abcdef"

// putKey writes the key of entry i: sixteen hexadecimal digits of mix(i), so distinct entries have distinct keys.
func putKey(dst []byte, i uint64) {
	x := mix(i)
	for j := range keySize {
		dst[j] = hexDigits[x>>60]
		x <<= 4
	}
}

// putValue writes the value of entry i, which checkValue recognizes.
func putValue(dst []byte, i uint64) {
	binary.LittleEndian.PutUint64(dst, i)
}

func checkValue(v []byte, i uint64) bool {
	return len(v) == valueSize && binary.LittleEndian.Uint64(v) == i
}

// keyRun is a sequence of keys laid out one behind the other in one allocation, in the order in which they will be used.
// Reading it is a sequential read that the processor prefetches, so a measurement pays next to nothing for its keys,
// and each store pays the same. The strings share the run's memory, which is never written again.
type keyRun []byte

func (r keyRun) len() int { return len(r) / keySize }

func (r keyRun) at(i int) string {
	return unsafe.String(&r[i*keySize], keySize)
}

// sequentialKeys is the keys of entries from up to to.
func sequentialKeys(from, to int) keyRun {
	r := make(keyRun, (to-from)*keySize)
	for i := from; i < to; i++ {
		putKey(r[(i-from)*keySize:], uint64(i))
	}
	return r
}

// randomKeys is count keys drawn uniformly from entries 0 to n.
func randomKeys(n, count int, seed uint64) keyRun {
	rng := newRand(seed)
	r := make(keyRun, count*keySize)
	for i := range count {
		putKey(r[i*keySize:], rng.Uint64N(uint64(n)))
	}
	return r
}

// keysOf is the keys of the given entries, in that order.
func keysOf(entries []uint32) keyRun {
	r := make(keyRun, len(entries)*keySize)
	for i, e := range entries {
		putKey(r[i*keySize:], uint64(e))
	}
	return r
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, mix(seed))) }
