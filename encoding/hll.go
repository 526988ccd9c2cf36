package encoding

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"sync"
)

// HLL is a HyperLogLog: an estimate of how many different elements were added, in
// 12 KiB at most and with a standard error of 0.81 %.
//
// An element's hash selects one of 16384 registers by 14 of its bits, and the
// register keeps the largest rank seen, the rank being one more than the number
// of zeros at the end of the other 50 bits. Registers are kept in two forms:
//
//	magic    4 bytes: HYLL
//	form     1 byte: 0 dense, 1 sparse
//	         3 bytes, unused
//	count    8 bytes: the estimate last computed; it is stale if the top bit is set
//	         the registers
//
// The dense form has 6 bits a register, the first in the lowest bits of the first
// byte. The sparse form is a sequence of runs of registers that are equal:
//
//	00nnnnnn           n+1 registers that are 0
//	01nnnnnn nnnnnnnn  n+1 registers that are 0
//	1vvvvvnn           n+1 registers that are v+1
//
// A HyperLogLog begins sparse and becomes dense when it outgrows a given size or a
// register exceeds 32. The bytes after each change are those of Redis, whose
// users may compare or store them.
type HLL []byte

const (
	hllPrecision = 14
	hllRegisters = 1 << hllPrecision
	hllMagic     = "HYLL"
	hllHeader    = 16
	hllForm      = 4  // offset of the form
	hllCount     = 8  // offset of the count
	hllStale     = 15 // offset of the byte that has the stale bit

	hllDense  = 0
	hllSparse = 1

	hllMaxRank = 64 - hllPrecision + 1

	// HLLDenseSize is the size of a dense HyperLogLog.
	HLLDenseSize = hllHeader + hllRegisters*6/8

	// EmptyHLLSize is the size of a HyperLogLog that NewHLL makes.
	EmptyHLLSize = hllHeader + 2

	// DefaultHLLSparseMax is Redis' default of hll-sparse-max-bytes, the size in
	// bytes beyond which a sparse HyperLogLog becomes dense.
	DefaultHLLSparseMax = 3000
)

var (
	// ErrNotHLL means that a string is not a HyperLogLog, as its header tells.
	ErrNotHLL = errors.New("encoding: not a valid HyperLogLog")
	// ErrCorruptHLL means that the registers of a HyperLogLog are damaged.
	ErrCorruptHLL = errors.New("encoding: corrupt HyperLogLog")
)

// NewHLL makes an empty HyperLogLog in the capacity of dst, whose contents are
// overwritten, or on the heap if dst has less than EmptyHLLSize bytes. Its stored
// count is 0 and holds, as it does for no key that PFADD has made: see Invalidate.
func NewHLL(dst []byte) HLL {
	h := HLL(slices.Grow(dst[:0], EmptyHLLSize)[:hllHeader])
	clear(h)
	copy(h, hllMagic)
	h[hllForm] = hllSparse
	return appendRun(h, 0, hllRegisters)
}

// CheckHLL checks that b has the header of a HyperLogLog, whose methods are safe
// to use then. Damage in the sparse form is found when the registers are used.
func CheckHLL(b []byte) error {
	if len(b) < hllHeader || string(b[:len(hllMagic)]) != hllMagic || b[hllForm] > hllSparse ||
		b[hllForm] == hllDense && len(b) != HLLDenseSize {
		return ErrNotHLL
	}
	return nil
}

// IsDense reports whether the registers are in the dense form.
func (h HLL) IsDense() bool { return h[hllForm] == hllDense }

// CachedCount returns the estimate last stored, and whether it still holds.
func (h HLL) CachedCount() (n uint64, ok bool) {
	return binary.LittleEndian.Uint64(h[hllCount:]), h[hllStale]&0x80 == 0
}

// SetCachedCount stores the estimate.
func (h HLL) SetCachedCount(n uint64) { binary.LittleEndian.PutUint64(h[hllCount:], n) }

// Invalidate marks the stored estimate as stale. Methods that change registers do
// it too.
func (h HLL) Invalidate() { h[hllStale] |= 0x80 }

// Count computes the estimate, whatever is stored, in O(1) time. The error is
// ErrCorruptHLL.
func (h HLL) Count() (uint64, error) {
	if h.IsDense() {
		return countDense(h[hllHeader:]), nil
	}
	var ranks rankHistogram
	err := h.eachRun(func(_ int, run hllRun) { ranks[run.rank] += uint32(run.length) })
	if err != nil {
		return 0, err
	}
	return ranks.estimate(), nil
}

// Add adds an element and reports whether a register changed. A sparse
// HyperLogLog that would grow beyond sparseMax bytes becomes dense. Nothing is
// allocated if the capacity is HLLDenseSize, or while the form stays sparse if it
// is three bytes above the length. It takes O(1) time for the dense form and O(n)
// for the sparse one. With the error, ErrCorruptHLL, nothing has changed.
func (h HLL) Add(element []byte, sparseMax int) (result HLL, changed bool, err error) {
	register, rank := hllPosition(element)
	var from hllCursor
	return h.set(&from, register, rank, sparseMax)
}

// Merge raises each register to at least that of r, as PFMERGE does to its
// destination. It becomes dense if dense is set, which it should be if one of the
// sources is, or if it outgrows sparseMax. With the error, ErrCorruptHLL, nothing
// has changed.
func (h HLL) Merge(r *HLLRegisters, dense bool, sparseMax int) (HLL, error) {
	// Whether all runs are good must be known before the first is changed.
	if err := h.check(); err != nil {
		return h, err
	}
	if dense {
		h, _ = h.Dense()
	}
	var from hllCursor
	for register, rank := range r {
		if h.IsDense() { // from the start, or by the last register
			break
		}
		if rank != 0 {
			h, _, _ = h.set(&from, register, rank, sparseMax)
		}
	}
	if h.IsDense() {
		merged := *r
		merged.mergeDense(h[hllHeader:])
		merged.pack(h[hllHeader:])
	}
	h.Invalidate()
	return h, nil
}

// Dense returns the HyperLogLog in the dense form. With the error, ErrCorruptHLL,
// nothing has changed.
func (h HLL) Dense() (HLL, error) {
	if h.IsDense() {
		return h, nil
	}
	var r HLLRegisters
	if err := r.Merge(h); err != nil {
		return h, err
	}
	h = slices.Grow(h, max(0, HLLDenseSize-len(h)))[:HLLDenseSize]
	h[hllForm] = hllDense
	r.pack(h[hllHeader:])
	return h, nil
}

// AppendRuns appends the runs of the sparse form as PFDEBUG DECODE prints them,
// separated by spaces: z:n and Z:n for n registers that are 0 in one and two
// bytes, v:r,n for n registers that are r. Whether they make sense together does
// not matter, since damage is what one may be looking for.
func (h HLL) AppendRuns(dst []byte) []byte {
	start := len(dst)
	for p := hllHeader; p < len(h); {
		run := h.run(p)
		switch {
		case run.rank != 0:
			dst = append(dst, "v:"...)
			dst = strconv.AppendInt(dst, int64(run.rank), 10)
			dst = append(dst, ',')
		case run.size == 1:
			dst = append(dst, "z:"...)
		default:
			dst = append(dst, "Z:"...)
		}
		if run.length == 0 { // cut off: Redis takes what is missing for zero
			run.length = int(h[p]&0x3f)<<8 + 1
		}
		dst = strconv.AppendInt(dst, int64(run.length), 10)
		dst = append(dst, ' ')
		p += run.size
	}
	return dst[:max(start, len(dst)-1)]
}

// hllPosition returns the register of an element and the rank that it has there.
func hllPosition(element []byte) (register int, rank uint8) {
	hash := murmur64(element)
	rest := hash>>hllPrecision | 1<<(hllMaxRank-1)
	return int(hash % hllRegisters), uint8(bits.TrailingZeros64(rest)) + 1
}

// murmur64 is MurmurHash64A with the seed of Redis.
func murmur64(b []byte) uint64 {
	const (
		seed  = 0xadc83b19
		m     = 0xc6a4a7935bd1e995
		shift = 47
	)
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> shift
		h = (h ^ k*m) * m
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	}
	h = (h ^ h>>shift) * m
	return h ^ h>>shift
}

// hllRun is a run of the sparse form.
type hllRun struct {
	rank   uint8
	length int // in registers
	size   int // in bytes
}

const (
	maxSparseRank = 32
	maxRankRun    = 4  // registers in a run that are not zero
	maxShortRun   = 64 // registers in a run of one byte that are zero
)

// run returns the run at offset p, or one without length if it is cut off.
func (h HLL) run(p int) hllRun {
	switch b := h[p]; {
	case b >= 0x80:
		return hllRun{rank: b>>2&0x1f + 1, length: int(b&3) + 1, size: 1}
	case b < 0x40:
		return hllRun{length: int(b&0x3f) + 1, size: 1}
	case p+1 < len(h):
		return hllRun{length: int(b&0x3f)<<8 + int(h[p+1]) + 1, size: 2}
	}
	return hllRun{size: 2}
}

func rankRun(rank uint8, length int) byte { return 0x80 | (rank-1)<<2 | byte(length-1) }

// appendRun appends a run of any length there is, or nothing if that is 0.
func appendRun(dst []byte, rank uint8, length int) []byte {
	switch {
	case length == 0:
		return dst
	case rank != 0:
		return append(dst, rankRun(rank, length))
	case length <= maxShortRun:
		return append(dst, byte(length-1))
	}
	return append(dst, 0x40|byte((length-1)>>8), byte(length-1))
}

// eachRun calls fn with the runs of the sparse form and the first register of
// each, which stay within the registers there are.
func (h HLL) eachRun(fn func(first int, run hllRun)) error {
	first := 0
	for p := hllHeader; p < len(h); {
		run := h.run(p)
		if run.length == 0 || run.length > hllRegisters-first {
			return ErrCorruptHLL
		}
		fn(first, run)
		p += run.size
		first += run.length
	}
	if first != hllRegisters {
		return ErrCorruptHLL
	}
	return nil
}

// check finds out whether the runs of the sparse form are good.
func (h HLL) check() error {
	if h.IsDense() {
		return nil
	}
	return h.eachRun(func(int, hllRun) {})
}

// hllCursor is a place in the sparse form: the offset of a run, and its first
// register. Its zero value is the beginning.
type hllCursor struct{ offset, first int }

// set raises a register to a rank. It looks for the register from the cursor on,
// which it moves so that a higher register can be set next.
func (h HLL) set(from *hllCursor, register int, rank uint8, sparseMax int) (result HLL, changed bool, err error) {
	if h.IsDense() {
		changed = setDense(h[hllHeader:], register, rank)
		if changed {
			h.Invalidate()
		}
		return h, changed, nil
	}
	if rank > maxSparseRank {
		return h.promote(register, rank)
	}
	at, before, ok := h.locate(from, register)
	if !ok {
		return h, false, ErrCorruptHLL
	}
	old := h.run(at.offset)
	if rank <= old.rank {
		return h, false, nil
	}
	// The run is split in up to three of which the middle one is the register.
	var split [5]byte
	runs := appendRun(split[:0], old.rank, register-at.first)
	runs = appendRun(runs, rank, 1)
	runs = appendRun(runs, old.rank, at.first+old.length-1-register)
	if growth := len(runs) - old.size; growth > 0 && len(h)+growth > sparseMax {
		return h.promote(register, rank)
	}
	h = slices.Replace(h, at.offset, at.offset+old.size, runs...)
	h = h.joinRuns(before)
	h.Invalidate()
	return h, true, nil
}

// locate finds the run that has a register, and the offset of the run before it.
// The cursor moves two runs before it: joining begins at the run before, which
// may therefore come to have the registers that follow.
func (h HLL) locate(from *hllCursor, register int) (at hllCursor, before int, ok bool) {
	at = *from
	if at.offset == 0 {
		at.offset = hllHeader
	}
	back1, back2 := at, at
	for at.offset < len(h) {
		run := h.run(at.offset)
		if run.length == 0 {
			break
		}
		if register < at.first+run.length {
			*from = back2
			return at, back1.offset, true
		}
		back1, back2 = at, back1
		at.offset += run.size
		at.first += run.length
	}
	return at, 0, false
}

// joinRuns joins adjacent runs of the same rank, other than zero, among the five
// that begin at offset p. Which are joined, and which not, is seen in the bytes.
func (h HLL) joinRuns(p int) HLL {
	for looks := 5; looks > 0 && p < len(h); looks-- {
		run := h.run(p)
		if run.rank != 0 && p+1 < len(h) {
			next := h.run(p + 1)
			if next.rank == run.rank && run.length+next.length <= maxRankRun {
				h[p+1] = rankRun(run.rank, run.length+next.length)
				h = slices.Delete(h, p, p+1)
				continue // the joined run may be joined with one more
			}
		}
		p += run.size
	}
	return h
}

// promote makes a sparse HyperLogLog dense and raises a register.
func (h HLL) promote(register int, rank uint8) (result HLL, changed bool, err error) {
	dense, err := h.Dense()
	if err != nil {
		return h, false, err
	}
	setDense(dense[hllHeader:], register, rank)
	dense.Invalidate()
	return dense, true, nil
}

// Covers reports whether adding an element would change nothing. The
// HyperLogLog must be dense. It takes O(1) time.
func (h HLL) Covers(element []byte) bool {
	register, rank := hllPosition(element)
	_, word, shift := denseRegister(h[hllHeader:], register)
	return uint8(word>>shift)&0x3f >= rank
}

// denseRegister returns the bytes that have a register of the dense form, as a
// word too, and by how much it is shifted there.
func denseRegister(registers []byte, register int) (pair []byte, word uint, shift int) {
	// The register's bits are in one byte or in two. The last register is in one,
	// with no byte after it.
	bit := register * 6
	p, shift := bit/8, bit%8
	pair = registers[p:min(p+2, len(registers))]
	word = uint(pair[0])
	if len(pair) == 2 {
		word |= uint(pair[1]) << 8
	}
	return pair, word, shift
}

// setDense raises a register of the dense form and reports whether it changed.
func setDense(registers []byte, register int, rank uint8) bool {
	pair, word, shift := denseRegister(registers, register)
	if uint8(word>>shift)&0x3f >= rank {
		return false
	}
	word = word&^(0x3f<<shift) | uint(rank)<<shift
	pair[0] = byte(word)
	if len(pair) == 2 {
		pair[1] = byte(word >> 8)
	}
	return true
}

// HLLRegisters has the registers of one HyperLogLog, or the greatest of each of
// several. Its zero value is that of an empty one.
type HLLRegisters [hllRegisters]uint8

// Merge raises each register to at least that of h. With the error, ErrCorruptHLL,
// some may have been raised.
func (r *HLLRegisters) Merge(h HLL) error {
	if h.IsDense() {
		r.mergeDense(h[hllHeader:])
		return nil
	}
	return h.eachRun(func(first int, run hllRun) {
		if run.rank == 0 {
			return
		}
		for i := range run.length {
			r[first+i] = max(r[first+i], run.rank)
		}
	})
}

// Count returns the estimate that the registers give.
func (r *HLLRegisters) Count() uint64 {
	var packed [HLLDenseSize - hllHeader]byte
	r.pack(packed[:])
	return countDense(packed[:])
}

// Eight registers are handled at a time, as the bytes of a word where they are
// apart and as 48 bits where they are packed.
const (
	packedBits  = 48
	packedBytes = packedBits / 8
	highBits    = 0x8080808080808080
)

// unpack4 splits 24 bytes into four times eight packed registers. The bits above
// the lowest 48 of each are not cleared.
func unpack4(b *[4 * packedBytes]byte) (w, x, y, z uint64) {
	first := binary.LittleEndian.Uint64(b[0:])
	second := binary.LittleEndian.Uint64(b[8:])
	third := binary.LittleEndian.Uint64(b[16:])
	return first, first>>48 | second<<16, second>>32 | third<<32, third >> 16
}

// spread moves eight packed registers to the bytes of a word: halves, quarters and
// eighths of the word take their part of the bits.
func spread(x uint64) uint64 {
	x = x&0x0000000000ffffff | x&0x0000ffffff000000<<8
	x = x&0x00000fff00000fff | x&0x00fff00000fff000<<4
	return x&0x003f003f003f003f | x&0x0fc00fc00fc00fc0<<2
}

// squeeze is the reverse of spread.
func squeeze(x uint64) uint64 {
	x = x&0x003f003f003f003f | x&0x3f003f003f003f00>>2
	x = x&0x00000fff00000fff | x&0x0fff00000fff0000>>4
	return x&0x0000000000ffffff | x&0x00ffffff00000000>>8
}

// maxBytes returns the greater of each two bytes, which must be below 128.
func maxBytes(a, b uint64) uint64 {
	// The top bit of a byte keeps its difference from borrowing of the next one,
	// and is left where a is not less.
	diff := (a | highBits) - b
	atLeast := diff & highBits
	return b + diff&(atLeast-atLeast>>7)
}

func (r *HLLRegisters) mergeDense(packed []byte) {
	for rest := r[:]; len(rest) >= 32; rest = rest[32:] {
		w, x, y, z := unpack4((*[4 * packedBytes]byte)(packed))
		mergeEight((*[8]uint8)(rest[0:]), w)
		mergeEight((*[8]uint8)(rest[8:]), x)
		mergeEight((*[8]uint8)(rest[16:]), y)
		mergeEight((*[8]uint8)(rest[24:]), z)
		packed = packed[4*packedBytes:]
	}
}

func mergeEight(r *[8]uint8, packed uint64) {
	word := maxBytes(binary.LittleEndian.Uint64(r[:]), spread(packed))
	binary.LittleEndian.PutUint64(r[:], word)
}

func (r *HLLRegisters) pack(packed []byte) {
	for i, p := 0, 0; i < len(r); i, p = i+8, p+packedBytes {
		word := squeeze(binary.LittleEndian.Uint64(r[i:]))
		binary.LittleEndian.PutUint32(packed[p:], uint32(word))
		binary.LittleEndian.PutUint16(packed[p+4:], uint16(word>>32))
	}
}

// countDense returns the estimate that registers of the dense form give.
func countDense(packed []byte) uint64 {
	if sum, zeros, ok := sumDense(packed); ok {
		return estimate(sum, zeros)
	}
	var ranks rankHistogram
	ranks.addDense(packed)
	return ranks.estimate()
}

// pairWeights has what a pair of registers below 32 adds to the sum of 2^-rank
// over those that are not zero, in units of 2^-weightBits, and to the number of those that are,
// which begins at bit zerosShift. Both have room for all registers.
var pairWeights = sync.OnceValue(func() *[1 << 12]uint64 {
	var weight [1 << 6]uint64
	weight[0] = 1 << zerosShift
	for rank := 1; rank < len(weight)/2; rank++ {
		weight[rank] = 1 << (weightBits - rank)
	}
	var pairs [1 << 12]uint64
	for pair := range pairs {
		pairs[pair] = weight[pair>>6] + weight[pair&0x3f]
	}
	return &pairs
})

const (
	weightBits = 31
	zerosShift = 48
)

// sumDense returns the sum of 2^-rank over the registers of the dense form that
// are not zero, and how many are. It reports false if one exceeds 31, as some do after
// billions of elements.
func sumDense(packed []byte) (sum float64, zeros int, ok bool) {
	pairs := pairWeights()
	var a, b, c, d, seen uint64
	for len(packed) >= 4*packedBytes {
		w, x, y, z := unpack4((*[4 * packedBytes]byte)(packed))
		a += pairs[w&0xfff] + pairs[w>>12&0xfff] + pairs[w>>24&0xfff] + pairs[w>>36&0xfff]
		b += pairs[x&0xfff] + pairs[x>>12&0xfff] + pairs[x>>24&0xfff] + pairs[x>>36&0xfff]
		c += pairs[y&0xfff] + pairs[y>>12&0xfff] + pairs[y>>24&0xfff] + pairs[y>>36&0xfff]
		d += pairs[z&0xfff] + pairs[z>>12&0xfff] + pairs[z>>24&0xfff] + pairs[z>>36&0xfff]
		seen |= w | x | y | z
		packed = packed[4*packedBytes:]
	}
	total := a + b + c + d
	const unit = 1.0 / (1 << weightBits)
	return float64(total&(1<<zerosShift-1)) * unit, int(total >> zerosShift), spread(seen)&0x2020202020202020 == 0
}

// rankHistogram counts the registers of each rank. Ranks beyond 51, which only a
// forged HyperLogLog has, do not enter the estimate.
type rankHistogram [64]uint32

// addDense counts registers of the dense form, of any rank. They are counted by pairs, which
// halves the increments and makes it unlikely that one has to wait for the one
// before it, because of the same rank again.
func (ranks *rankHistogram) addDense(packed []byte) {
	var pairs [1 << 12]uint16
	var seen uint64
	for len(packed) >= 4*packedBytes {
		w, x, y, z := unpack4((*[4 * packedBytes]byte)(packed))
		countPairs(&pairs, w)
		countPairs(&pairs, x)
		countPairs(&pairs, y)
		countPairs(&pairs, z)
		seen |= w | x | y | z
		packed = packed[4*packedBytes:]
	}
	used := len(ranks)
	if spread(seen)&0x2020202020202020 == 0 {
		used /= 2
	}
	for high := range used {
		row := (*[64]uint16)(pairs[high<<6:])
		sum := uint32(0)
		for low, n := range row[:used] {
			ranks[low] += uint32(n)
			sum += uint32(n)
		}
		ranks[high] += sum
	}
}

func countPairs(pairs *[1 << 12]uint16, packed uint64) {
	pairs[packed&0xfff]++
	pairs[packed>>12&0xfff]++
	pairs[packed>>24&0xfff]++
	pairs[packed>>36&0xfff]++
}

// estimate returns what the histogram says.
func (ranks *rankHistogram) estimate() uint64 {
	z := float64(hllRegisters * hllTau(float64(hllRegisters-ranks[hllMaxRank])/hllRegisters))
	for rank := hllMaxRank - 1; rank >= 1; rank-- {
		z = (z + float64(ranks[rank])) * 0.5
	}
	return estimate(z, int(ranks[0]))
}

// estimate is the estimator of O. Ertl, "New cardinality estimation algorithms for
// HyperLogLog sketches" (2017), of the sum of 2^-rank over the registers that are not
// zero and the number of those that are. The products are rounded before they are added
// even where the processor could do both at once, so that all machines agree.
func estimate(sum float64, zeros int) uint64 {
	const (
		m        = hllRegisters
		alphaInf = 0.721347520444481703680 // 1/(2 ln 2)
		most     = 1 << 63                 // what Redis makes of all that a forged HyperLogLog exceeds it by
	)
	z := sum + float64(m*hllSigma(float64(zeros)/m))
	return uint64(min(math.Round(alphaInf*m*m/z), most))
}

// hllSigma corrects for registers that are zero.
func hllSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		old := z
		z += float64(x * y)
		y += y
		if z == old {
			return z
		}
	}
}

// hllTau corrects for registers that have the greatest rank.
func hllTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		old := z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
		if z == old {
			return z / 3
		}
	}
}
