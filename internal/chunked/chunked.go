// Package chunked copies what may be megabytes long.
//
// The runtime cannot stop a goroutine that copies memory or clears it: a collection that begins meanwhile has all others
// wait for the end of the copy, some tenths of a millisecond a megabyte. So long copies are made of shorter ones, between
// which a goroutine can be stopped.
package chunked

// size is the length of a chunk, some ten microseconds' worth.
const size = 128 << 10

// Append is append(dst, src...). What it allocates has room for a little more, such as the end of a line.
func Append(dst, src []byte) []byte {
	if len(src) <= size {
		return append(dst, src...)
	}
	dst = Grow(dst, len(src))
	from := len(dst)
	dst = dst[:from+len(src)]
	Copy(dst[from:], src)
	return dst
}

// Grow returns dst with room for n more bytes. Where slices.Grow clears the new memory at one go, make does it in parts.
func Grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	grown := make([]byte, len(dst), max(len(dst)+n+slack, len(dst)+len(dst)/4))
	Copy(grown, dst)
	return grown
}

// slack is room for what ends a value in a protocol.
const slack = 64

// Copy is copy(dst, src).
func Copy(dst, src []byte) int {
	n := min(len(dst), len(src))
	for at := 0; at < n; at += size {
		copyChunk(dst[at:min(at+size, n)], src[at:])
	}
	return n
}

// copyChunk is not inlined: it is at the beginning of a call that a goroutine is stopped.
//
//go:noinline
func copyChunk(dst, src []byte) { copy(dst, src) }
