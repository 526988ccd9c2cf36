package keyspace

import (
	"math/bits"
	"unsafe" // the first and the last word of a key, within its length

	"github.com/zeebo/xxh3"
)

// hash returns the seeded XXH3 hash of a key. Its low bits choose the shard, its high bits the
// place in the table.
func (ks *Keyspace) hash(key string) uint64 { return xxh3.HashStringSeed(key, ks.seed) }

// The hash of a key of these lengths, which most keys have, takes twenty instructions; calling for it takes as many,
// and the registers of the caller. So lookups, which are no more than a hundred and fifty, have it inline.
const minShort, maxShort = 9, 16

func isShort(key string) bool { return uint(len(key)-minShort) <= maxShort-minShort }

// shortWords returns the first and the last eight bytes of a short key: all of it.
func shortWords(key string) (first, last uint64) {
	p := unsafe.Pointer(unsafe.StringData(key))
	return load64(p), load64(unsafe.Add(p, len(key)-8))
}

// shortSeed is a seed as XXH3 combines it with its secret for 9 to 16 bytes.
type shortSeed struct{ first, last uint64 }

func newShortSeed(seed uint64) shortSeed {
	const secret24, secret32, secret40, secret48 = 0x1f67b3b7a4a44072, 0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8
	return shortSeed{secret24 ^ secret32 + seed, secret40 ^ secret48 - seed}
}

// hash is Keyspace.hash of a short key of n bytes, by its words (XXH3_len_9to16_64b of the
// XXH3 specification: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
func (s *shortSeed) hash(first, last uint64, n int) uint64 {
	first ^= s.first
	last ^= s.last
	high, low := bits.Mul64(first, last)
	h := uint64(n) + bits.ReverseBytes64(first) + last + (high ^ low)
	h = (h ^ h>>37) * 0x165667919e3779f9
	return h ^ h>>32
}
