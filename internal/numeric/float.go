package numeric

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// ParseFloat reads a double as Redis reads scores, increments and coordinates:
// all of s must be what C's strtod accepts, that is a decimal or hexadecimal
// number or "inf" or "infinity" in any case, with an optional sign and without
// space. NaN, numbers too large for a double and numbers so small that they
// round to zero are refused. It does not allocate for texts of usual length.
func ParseFloat[T Text](s T) (f float64, ok bool) {
	lit, ok := scan(s)
	if !ok {
		return 0, false
	}
	return toFloat64(&lit, s)
}

// ParseBound reads a double as Redis reads the bounds of score ranges, which is
// laxer than [ParseFloat]: space may precede the number, the text ends at a zero
// byte, the empty text is zero, and numbers out of range become infinity or zero.
func ParseBound[T Text](s T) (f float64, ok bool) {
	f, ok, _ = parseLax(s)
	return f, ok
}

// ParseWeight reads a double as Redis reads what SORT compares: like [ParseBound], but numbers
// out of range are refused, even those that are merely too small to have all digits.
func ParseWeight[T Text](s T) (f float64, ok bool) {
	f, ok, inRange := parseLax(s)
	const normal = 0x1p-1022 // the least double with all digits
	return f, ok && inRange && (f == 0 || math.Abs(f) >= normal)
}

func parseLax[T Text](s T) (f float64, ok, inRange bool) {
	for i := range len(s) {
		if s[i] == 0 {
			s = s[:i]
			break
		}
	}
	if len(s) == 0 {
		return 0, true, true
	}
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	lit, ok := scan(s)
	if !ok {
		return 0, false, false
	}
	f, inRange = toFloat64(&lit, s)
	return f, true, inRange
}

// AppendFloat appends f as Redis replies it: with 17 significant digits at most,
// trailing zeros removed, in the form of C's %.17g; "inf" or "-inf".
func AppendFloat(dst []byte, f float64) []byte {
	const exactInt = 1 << 53
	switch {
	case -exactInt < f && f < exactInt && f == math.Trunc(f) && (f != 0 || !math.Signbit(f)):
		return strconv.AppendInt(dst, int64(f), 10)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// AppendPacked appends f as Redis writes scores into listpacks: like [AppendFloat], but with all digits of integers
// up to half of the greatest that it knows.
func AppendPacked(dst []byte, f float64) []byte {
	const most = 1 << 62
	if -most <= f && f <= most && f == math.Trunc(f) && f != 0 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return AppendFloat(dst, f)
}

// literal is a number taken apart: mant × 10^exp, or mant × 2^exp if it is
// hexadecimal.
type literal struct {
	negative  bool
	infinite  bool
	hex       bool
	truncated bool // mant lacks digits, of which at least one is not zero
	mant      uint64
	exp       int64
	digits    int // length of the text before the exponent
}

// scan takes the whole of s apart, or reports that it is not a number. NaN is
// not a number.
func scan[T Text](s T) (lit literal, ok bool) {
	i := 0
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		lit.negative = s[0] == '-'
		i++
	}
	if equalFold(s[i:], "inf") || equalFold(s[i:], "infinity") {
		lit.infinite = true
		return lit, true
	}
	exponentMark := byte('e')
	if len(s) > i+1 && s[i] == '0' && s[i+1]|0x20 == 'x' {
		lit.hex, exponentMark = true, 'p'
		i += 2
	}
	if i, ok = scanMantissa(&lit, s, i); !ok {
		return lit, false
	}
	lit.digits = i
	if i < len(s) && s[i]|0x20 == exponentMark {
		var e int64
		if e, i, ok = scanExponent(s, i+1); !ok {
			return lit, false
		}
		lit.exp += e
	}
	return lit, i == len(s)
}

// scanMantissa reads digits with at most one point among them. Digits that do
// not fit in mant are dropped.
func scanMantissa[T Text](lit *literal, s T, i int) (next int, ok bool) {
	base, digitExp, limit := uint64(10), int64(1), uint64(1e18)
	if lit.hex {
		base, digitExp, limit = 16, 4, 1<<60
	}
	point := false
	for ; i < len(s); i++ {
		if s[i] == '.' && !point {
			point = true
			continue
		}
		digit := digitValue(s[i])
		if digit >= base {
			break
		}
		ok = true
		switch {
		case lit.mant < limit:
			lit.mant = lit.mant*base + digit
			if point {
				lit.exp -= digitExp
			}
		default:
			lit.truncated = lit.truncated || digit != 0
			if !point {
				lit.exp += digitExp
			}
		}
	}
	return i, ok
}

// digitValue returns the value of a hexadecimal digit, or 255.
func digitValue(c byte) uint64 {
	switch {
	case isDigit(c):
		return uint64(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return uint64(c|0x20-'a') + 10
	}
	return 255
}

// scanExponent reads an exponent, which saturates far beyond what any text of
// digits could make up for.
func scanExponent[T Text](s T, i int) (e int64, next int, ok bool) {
	negative := i < len(s) && s[i] == '-'
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for ; i < len(s) && isDigit(s[i]); i++ {
		ok = true
		e = min(e*10+int64(s[i]-'0'), 1<<40)
	}
	if negative {
		e = -e
	}
	return e, i, ok
}

// toFloat64 returns the double nearest to the literal scanned from s. It reports
// false, with infinity or zero, if the number is too large or too small.
func toFloat64[T Text](lit *literal, s T) (f float64, ok bool) {
	switch {
	case lit.infinite:
		f, ok = math.Inf(1), true
	case lit.mant == 0:
		f, ok = 0, true
	case lit.hex:
		f, ok = lit.hexFloat64()
	default:
		f, ok = decimalFloat64(lit, s)
	}
	if lit.negative {
		f = -f
	}
	return f, ok
}

func (lit *literal) hexFloat64() (f float64, ok bool) {
	mant, exp, ok := double.round(0, lit.mant, lit.exp, lit.truncated)
	if !ok {
		return math.Inf(1), false
	}
	return math.Ldexp(float64(mant), int(exp)), mant != 0
}

// Powers of ten that are doubles.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func decimalFloat64[T Text](lit *literal, s T) (f float64, ok bool) {
	// One operation on two exact doubles rounds correctly.
	if lit.mant < 1<<53 {
		if 0 <= lit.exp && lit.exp < int64(len(pow10)) {
			return float64(lit.mant) * pow10[lit.exp], true
		}
		if -int64(len(pow10)) < lit.exp && lit.exp < 0 {
			return float64(lit.mant) / pow10[-lit.exp], true
		}
	}
	switch {
	case lit.exp > 400:
		return math.Inf(1), false
	case lit.exp < -420:
		return 0, false
	}
	text := s
	if text[0] == '-' || text[0] == '+' {
		text = text[1:]
	}
	// strconv gives up on exponents beyond 100,000, which a text with as many
	// digits may have although its value is ordinary.
	const long = 1000
	if len(text) > long {
		digits, exp := lit.significand(string(s))
		text = T("0." + string(digits) + "e" + strconv.FormatInt(exp+int64(len(digits)), 10))
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil && f != 0
}

// significand returns all digits of the literal whose text is s as those of an
// integer without leading zeros, and the exponent that goes with it.
func (lit *literal) significand(s string) (digits []byte, exp int64) {
	text, digitOf, perDigit := s[:lit.digits], isDigit, int64(1)
	kept := uintLen(lit.mant)
	if lit.hex {
		_, text, _ = strings.Cut(strings.ToLower(text), "x")
		digitOf, perDigit = isHexDigit, 4
		kept = (bits.Len64(lit.mant) + 3) / 4
	}
	digits = make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if digitOf(c) && (c != '0' || len(digits) > 0) {
			digits = append(digits, c)
		}
	}
	// lit.exp goes with lit.mant, which has only the first of the digits.
	return digits, lit.exp - perDigit*int64(len(digits)-kept)
}

func isHexDigit(c byte) bool { return digitValue(c) < 16 }

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
