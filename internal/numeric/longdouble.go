package numeric

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// format is a binary floating-point format: its numbers are mant × 2^exp with
// mant < 2^precision and minExp ≤ exp ≤ maxExp.
type format struct {
	precision      int
	minExp, maxExp int64
}

var (
	double   = format{precision: 53, minExp: -1074, maxExp: 971}
	extended = format{precision: 64, minExp: -16445, maxExp: 16320}
)

// round returns the number of the format that is nearest to high:low × 2^exp, of
// two equally near the even one. With sticky set, the value is a little more
// than that, and unless the result is below the normal numbers high:low must
// have two bits more than the precision. The mantissa is as long as the format
// allows. It reports false if the number is too large.
func (f format) round(high, low uint64, exp int64, sticky bool) (mant uint64, e int64, ok bool) {
	length := bits.Len64(low)
	if high != 0 {
		length = 64 + bits.Len64(high)
	}
	if length == 0 {
		return 0, f.minExp, true
	}
	drop := max(int64(length-f.precision), f.minExp-exp)
	exp += drop
	switch {
	case exp > f.maxExp:
		return 0, 0, false
	case drop > 128:
		return 0, f.minExp, true // less than half of the smallest number
	case drop <= 0:
		return low << -drop, exp, true
	}
	// The last bit dropped decides, and the ones below it where it is set.
	halfHigh, halfLow := shiftRight(high, low, uint(drop-1))
	half := halfLow&1 == 1
	backHigh, backLow := shiftLeft(halfHigh, halfLow, uint(drop-1))
	sticky = sticky || backHigh != high || backLow != low
	_, mant = shiftRight(halfHigh, halfLow, 1)
	if !half || !sticky && mant&1 == 0 {
		return mant, exp, true
	}
	mant++
	if mant == 1<<f.precision { // which is 0 where the precision is 64
		mant, exp = 1<<(f.precision-1), exp+1
	}
	return mant, exp, exp <= f.maxExp
}

func shiftRight(high, low uint64, n uint) (uint64, uint64) {
	if n >= 64 {
		return 0, high >> (n - 64)
	}
	return high >> n, high<<(64-n) | low>>n
}

func shiftLeft(high, low uint64, n uint) (uint64, uint64) {
	if n >= 64 {
		return low << (n - 64), 0
	}
	return high<<n | low>>(64-n), low << n
}

// LongDouble is a number of the x87's 80-bit format, or an infinity. Its zero
// value is zero.
type LongDouble struct {
	mant               uint64 // the top bit is set unless exp is the least
	exp                int64
	negative, infinite bool
}

// maxLongDoubleText is the length up to which Redis reads long doubles.
const maxLongDoubleText = 5*1024 - 1

// LongDoubleFromInt returns n, which is exact.
func LongDoubleFromInt(n int64) LongDouble {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	return newLongDouble(n < 0, 0, magnitude, 0, false)
}

// LongDoubleFromFloat returns f, which is exact. It reports false if f is NaN.
func LongDoubleFromFloat(f float64) (x LongDouble, ok bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return LongDouble{negative: f < 0, infinite: true}, !math.IsNaN(f)
	}
	fraction, exp := math.Frexp(math.Abs(f))
	return newLongDouble(math.Signbit(f), 0, uint64(math.Ldexp(fraction, 53)), int64(exp)-53, false), true
}

// newLongDouble rounds as [format.round] does, numbers too large to infinity.
func newLongDouble(negative bool, high, low uint64, exp int64, sticky bool) LongDouble {
	mant, exp, ok := extended.round(high, low, exp, sticky)
	return LongDouble{mant: mant, exp: exp, negative: negative, infinite: !ok}
}

// ParseLongDouble reads a number as Redis reads the values and increments of
// INCRBYFLOAT. It accepts what [ParseFloat] accepts, up to 5119 bytes, with the
// range and precision of a long double. It does not allocate if the number has
// at most 19 significant digits and is not extremely large or small.
func ParseLongDouble[T Text](s T) (x LongDouble, ok bool) {
	if len(s) > maxLongDoubleText {
		return LongDouble{}, false
	}
	lit, ok := scan(s)
	if !ok {
		return LongDouble{}, false
	}
	if lit.infinite {
		return LongDouble{negative: lit.negative, infinite: true}, true
	}
	switch {
	case lit.truncated:
		x = lit.exactLongDouble(string(s))
	case lit.mant == 0 || lit.hex:
		x = newLongDouble(lit.negative, 0, lit.mant, lit.exp, false)
	case -maxPow10 <= lit.exp && lit.exp <= maxPow10:
		x = lit.shortLongDouble()
	default:
		x = lit.exactLongDouble(string(s))
	}
	return x, !x.infinite && (x.mant != 0 || lit.mant == 0)
}

// maxPow10 is the largest exponent of a power of ten that fits in 64 bits.
const maxPow10 = 19

func uintPow10(n int64) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// shortLongDouble converts a decimal that is one multiplication or division of
// 64-bit numbers away.
func (lit *literal) shortLongDouble() LongDouble {
	if lit.exp >= 0 {
		high, low := bits.Mul64(lit.mant, uintPow10(lit.exp))
		return newLongDouble(lit.negative, high, low, 0, false)
	}
	divisor := uintPow10(-lit.exp)
	// With both shifted up to 64 bits, the quotient lies between a half and two.
	up, down := bits.LeadingZeros64(lit.mant), bits.LeadingZeros64(divisor)
	mant := lit.mant << up
	divisor <<= down
	high, rest := bits.Div64(mant>>1, mant<<63, divisor)
	low, rest := bits.Div64(rest, 0, divisor)
	return newLongDouble(lit.negative, high, low, int64(down-up-127), rest != 0)
}

// exactLongDouble converts any literal but an infinity and zero; s is its text.
func (lit *literal) exactLongDouble(s string) LongDouble {
	// Of a decimal exponent that is beyond the range of the format only the sign
	// matters.
	const beyond = 6000
	digits, exp := lit.significand(s)
	n := new(big.Int)
	if lit.hex {
		n.SetString(string(digits), 16)
		return newLongDoubleFromBig(lit.negative, n, exp, false)
	}
	switch position := exp + int64(len(digits)); {
	case position > beyond:
		return LongDouble{negative: lit.negative, infinite: true}
	case position < -beyond:
		return LongDouble{negative: lit.negative, exp: extended.minExp}
	}
	n.SetString(string(digits), 10)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exp, -exp)), nil)
	if exp >= 0 {
		return newLongDoubleFromBig(lit.negative, n.Mul(n, power), 0, false)
	}
	shift := max(0, 128+power.BitLen()-n.BitLen())
	n.Lsh(n, uint(shift))
	_, rest := n.QuoRem(n, power, new(big.Int))
	return newLongDoubleFromBig(lit.negative, n, -int64(shift), rest.Sign() != 0)
}

func newLongDoubleFromBig(negative bool, n *big.Int, exp int64, sticky bool) LongDouble {
	if excess := n.BitLen() - 128; excess > 0 {
		sticky = sticky || int(n.TrailingZeroBits()) < excess
		n.Rsh(n, uint(excess))
		exp += int64(excess)
	}
	high := new(big.Int).Rsh(n, 64).Uint64()
	low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	return newLongDouble(negative, high, low, exp, sticky)
}

// Float64 returns the double nearest to x.
func (x LongDouble) Float64() float64 {
	f := math.Inf(1)
	if !x.infinite {
		if mant, exp, ok := double.round(0, x.mant, x.exp, false); ok {
			f = math.Ldexp(float64(mant), int(exp))
		}
	}
	if x.negative {
		f = -f
	}
	return f
}

// Add returns x + y. It reports false if the sum is infinite or not a number,
// which it is if x or y is infinite.
func (x LongDouble) Add(y LongDouble) (sum LongDouble, ok bool) {
	if x.infinite || y.infinite {
		return LongDouble{}, false
	}
	if x.mant == 0 || y.mant != 0 && (x.exp < y.exp || x.exp == y.exp && x.mant < y.mant) {
		x, y = y, x
	}
	if y.mant == 0 {
		// The sum of zeros is negative if both are, as is x then.
		x.negative = x.negative && (x.mant != 0 || y.negative)
		return x, true
	}
	// The operands stand a bit below the top of 128, which leaves a place for the
	// carry and at least 62 places for the bits of y beyond those of x.
	exp := x.exp - 63
	high, low := x.mant>>1, x.mant<<63
	yHigh, yLow, sticky := uint64(0), uint64(0), true
	if distance := uint64(x.exp - y.exp); distance < 127 {
		yHigh, yLow = shiftRight(y.mant, 0, uint(distance)+1)
		kept, _ := shiftLeft(yHigh, yLow, uint(distance)+1)
		sticky = kept != y.mant
	}
	var carry uint64
	if x.negative == y.negative {
		low, carry = bits.Add64(low, yLow, 0)
		high, _ = bits.Add64(high, yHigh, carry)
	} else {
		// What sticky stands for is taken away too: the difference is a little
		// more than that of one unit less.
		if sticky {
			yLow, carry = bits.Add64(yLow, 1, 0)
			yHigh += carry
		}
		low, carry = bits.Sub64(low, yLow, 0)
		high, _ = bits.Sub64(high, yHigh, carry)
	}
	negative := x.negative && high|low != 0
	sum = newLongDouble(negative, high, low, exp, sticky)
	return sum, !sum.infinite
}

// Append appends x as INCRBYFLOAT replies and stores it: rounded to 17 decimals,
// without trailing zeros and never in exponential form, so that the largest
// numbers take 4933 bytes. An infinity is "inf" or "-inf".
func (x LongDouble) Append(dst []byte) []byte {
	start := len(dst)
	if x.negative {
		dst = append(dst, '-')
	}
	switch {
	case x.infinite:
		return append(dst, "inf"...)
	case x.exp >= 0:
		return appendShifted(dst, x.mant, uint(x.exp))
	}
	whole, fraction := x.round17()
	if whole|fraction == 0 {
		return append(dst[:start], '0')
	}
	dst = strconv.AppendUint(dst, whole, 10)
	return appendDecimals(dst, fraction)
}

// unit is how many of the last decimal place make one.
const unit = 1e17

// round17 returns the magnitude of a number whose exp is negative, rounded to
// 17 decimals: the whole part and the decimals.
func (x LongDouble) round17() (whole, fraction uint64) {
	shift := uint(-x.exp)
	if shift > 127 {
		return 0, 0 // mant × unit has 121 bits, so this is less than half of one
	}
	rest := x.mant
	if shift < 64 {
		whole = x.mant >> shift
		rest = x.mant - whole<<shift
	}
	high, low := bits.Mul64(rest, unit)
	_, fraction = shiftRight(high, low, shift)
	// What is left decides, exactly half going to the even side.
	high, low = shiftLeft(high, low, 128-shift)
	const half = 1 << 63
	if high > half || high == half && (low > 0 || fraction&1 == 1) {
		fraction++
	}
	if fraction == unit {
		return whole + 1, 0
	}
	return whole, fraction
}

func appendDecimals(dst []byte, fraction uint64) []byte {
	if fraction == 0 {
		return dst
	}
	dst = append(dst, ".00000000000000000"...)
	last := len(dst) - 1
	for i := last; fraction > 0; i-- {
		dst[i] += byte(fraction % 10)
		fraction /= 10
	}
	for dst[last] == '0' {
		last--
	}
	return dst[:last+1]
}

// appendShifted appends mant << shift.
func appendShifted(dst []byte, mant uint64, shift uint) []byte {
	if shift == 0 {
		return strconv.AppendUint(dst, mant, 10)
	}
	n := new(big.Int).SetUint64(mant)
	return n.Lsh(n, shift).Append(dst, 10)
}
