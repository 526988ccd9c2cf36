package datatypes

import (
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
)

// What BITCOUNT, BITPOS and BITOP do to bytes, a word at a time. Several words
// are handled in one turn of a loop so that the processor works on them side by side.

// countBits returns how many of the bits from one up to another are one.
func countBits(p []byte, from, to int64) int64 {
	if from >= to {
		return 0
	}
	first, last := from/8, (to-1)/8
	n := countBytes(p[first : last+1])
	// Less what the outer bytes have outside of the range.
	n -= bits.OnesCount8(p[first] &^ (0xff >> (from % 8)))
	n -= bits.OnesCount8(p[last] & (0x7f >> ((to - 1) % 8)))
	return int64(n)
}

func countBytes(p []byte) int {
	var a, b, c, d int
	for ; len(p) >= 64; p = p[64:] {
		q := (*[64]byte)(p)
		a += bits.OnesCount64(word(q[0:])) + bits.OnesCount64(word(q[32:]))
		b += bits.OnesCount64(word(q[8:])) + bits.OnesCount64(word(q[40:]))
		c += bits.OnesCount64(word(q[16:])) + bits.OnesCount64(word(q[48:]))
		d += bits.OnesCount64(word(q[24:])) + bits.OnesCount64(word(q[56:]))
	}
	for _, x := range p {
		a += bits.OnesCount8(x)
	}
	return a + b + c + d
}

// findBit returns the position of the first bit from one up to another that is
// as wanted, -1 if there is none.
func findBit(p []byte, from, to int64, want bool) int64 {
	var skip byte // what a byte without such a bit is
	if !want {
		skip = 0xff
	}
	at, last := from/8, (to-1)/8
	found := (p[at] ^ skip) & (0xff >> (from % 8))
	for found == 0 && at < last {
		at++
		at += int64(skipBytes(p[at:last], skip))
		found = p[at] ^ skip
	}
	if at == last {
		found &^= 0x7f >> ((to - 1) % 8)
	}
	if found == 0 {
		return -1
	}
	return at*8 + int64(bits.LeadingZeros8(found))
}

// skipBytes returns how many bytes at the beginning are as given.
func skipBytes(p []byte, skip byte) int {
	n, all := 0, uint64(skip)*0x0101010101010101
	for ; len(p)-n >= 32; n += 32 {
		q := p[n : n+32]
		a := word(q[0:]) ^ all
		b := word(q[8:]) ^ all
		c := word(q[16:]) ^ all
		d := word(q[24:]) ^ all
		if a|b|c|d != 0 {
			break
		}
	}
	for n < len(p) && p[n] == skip {
		n++
	}
	return n
}

// combineBlock is how many bytes of a result are worked out before those that
// follow, so that they stay in the nearest cache from one bitmap to the next.
const combineBlock = 8 << 10

// combineBits stores in dst what an operation gives of the bitmaps from, none
// of which is longer, and of what dst holds, own times. Bitmaps that are shorter go on with
// zeros.
func combineBits(op BitOp, dst []byte, own int, from [][]byte) {
	if own > 1 && op == BitXor {
		own %= 2 // the others cancel each other out
		if own == 0 {
			clear(dst)
			own = 1
		}
	}
	for at := 0; at < len(dst); at += combineBlock {
		part, rest := dst[at:min(at+combineBlock, len(dst))], from
		switch {
		case own > 0:
		case len(rest) > 1 && len(rest[0]) >= at+len(part) && len(rest[1]) >= at+len(part):
			combineWords(op, part, rest[0][at:], rest[1][at:])
			rest = rest[2:]
		default:
			copyPadded(part, after(rest[0], at))
			rest = rest[1:]
		}
		if op == BitNot {
			invert(part)
			continue
		}
		for _, f := range rest {
			combineInto(op, part, after(f, at))
		}
	}
}

// after returns what of p follows its first n bytes.
func after(p []byte, n int) []byte { return p[min(n, len(p)):] }

func copyPadded(dst, p []byte) { clear(dst[copy(dst, p):]) }

// combineInto changes dst by what p has, and zeros where p ends.
func combineInto(op BitOp, dst, p []byte) {
	n := min(len(dst), len(p))
	combineWords(op, dst[:n], dst[:n], p)
	if op == BitAnd {
		clear(dst[n:])
	}
}

// combineWords stores in dst what an operation gives of two bitmaps that are at
// least as long. One of them may be dst.
func combineWords(op BitOp, dst, p, q []byte) {
	p, q = p[:len(dst)], q[:len(dst)]
	switch op {
	case BitAnd:
		andWords(dst, p, q)
	case BitOr:
		orWords(dst, p, q)
	case BitXor:
		subtle.XORBytes(dst, p, q)
	}
}

func andWords(dst, p, q []byte) {
	i := 0
	for ; i+64 <= len(dst); i += 64 {
		d, a, b := (*[64]byte)(dst[i:i+64]), (*[64]byte)(p[i:i+64]), (*[64]byte)(q[i:i+64])
		put(d[0:], word(a[0:])&word(b[0:]))
		put(d[8:], word(a[8:])&word(b[8:]))
		put(d[16:], word(a[16:])&word(b[16:]))
		put(d[24:], word(a[24:])&word(b[24:]))
		put(d[32:], word(a[32:])&word(b[32:]))
		put(d[40:], word(a[40:])&word(b[40:]))
		put(d[48:], word(a[48:])&word(b[48:]))
		put(d[56:], word(a[56:])&word(b[56:]))
	}
	for ; i < len(dst); i++ {
		dst[i] = p[i] & q[i]
	}
}

func orWords(dst, p, q []byte) {
	i := 0
	for ; i+64 <= len(dst); i += 64 {
		d, a, b := (*[64]byte)(dst[i:i+64]), (*[64]byte)(p[i:i+64]), (*[64]byte)(q[i:i+64])
		put(d[0:], word(a[0:])|word(b[0:]))
		put(d[8:], word(a[8:])|word(b[8:]))
		put(d[16:], word(a[16:])|word(b[16:]))
		put(d[24:], word(a[24:])|word(b[24:]))
		put(d[32:], word(a[32:])|word(b[32:]))
		put(d[40:], word(a[40:])|word(b[40:]))
		put(d[48:], word(a[48:])|word(b[48:]))
		put(d[56:], word(a[56:])|word(b[56:]))
	}
	for ; i < len(dst); i++ {
		dst[i] = p[i] | q[i]
	}
}

func invert(p []byte) {
	for ; len(p) >= 8; p = p[8:] {
		put(p, ^word(p))
	}
	for i := range p {
		p[i] = ^p[i]
	}
}

func word(p []byte) uint64   { return binary.LittleEndian.Uint64(p) }
func put(p []byte, x uint64) { binary.LittleEndian.PutUint64(p, x) }
