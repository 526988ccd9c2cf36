// Package numeric reads and writes numbers as Redis 7.0 does.
//
// Three kinds of numbers occur in Redis' values and arguments:
//
//   - Integers, read strictly: only the text that printing the number would give
//     is one, so that a string can be stored as an integer and given back as it
//     was.
//   - Doubles (scores, coordinates), read as the C library's strtod reads them,
//     hexadecimal and infinities included, and written with 17 significant
//     digits.
//   - Long doubles (INCRBYFLOAT, HINCRBYFLOAT), which on amd64 are the x87's 80-bit
//     format: 64 bits of precision, so that small decimal fractions can be
//     added many times before the error shows in the 17 decimals that are
//     written. [LongDouble] computes them in integers, with the same roundings
//     on every machine.
//
// Besides, it reads the yes and no and the memory sizes of redis.conf.
package numeric

// Text is what numbers are read from.
type Text interface{ string | []byte }

// maxIntDigits is the number of digits of the largest integer. That many digits
// cannot overflow an uint64, and more are out of range whatever they are.
const maxIntDigits = 19

// MaxIntLen is the length of the longest integer that ParseInt accepts, its sign included.
const MaxIntLen = maxIntDigits + 1

// ParseInt reads a decimal integer, of which only the canonical form is
// accepted: no spaces, no '+', no leading zeros, no "-0". It does not allocate.
func ParseInt[T Text](s T) (n int64, ok bool) {
	i, negative := 0, len(s) > 0 && s[0] == '-'
	if negative {
		i = 1
	}
	if i == len(s) || len(s)-i > maxIntDigits {
		return 0, false
	}
	if s[i] == '0' {
		return 0, len(s) == 1
	}
	var magnitude uint64
	for ; i < len(s); i++ {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, false
		}
		magnitude = magnitude*10 + uint64(digit)
	}
	if negative {
		return -int64(magnitude), magnitude <= 1<<63
	}
	return int64(magnitude), magnitude < 1<<63
}

// IntLen returns the length of n in decimal, its sign included.
func IntLen(n int64) int {
	if n < 0 {
		return 1 + uintLen(-uint64(n))
	}
	return uintLen(uint64(n))
}

func uintLen(n uint64) int {
	length := 1
	for ; n >= 10000; n /= 10000 {
		length += 4
	}
	switch {
	case n >= 1000:
		return length + 3
	case n >= 100:
		return length + 2
	case n >= 10:
		return length + 1
	}
	return length
}
