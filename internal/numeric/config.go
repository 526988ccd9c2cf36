package numeric

import "math/bits"

// ParseYesNo reads a boolean of redis.conf: yes or no in any case.
func ParseYesNo[T Text](s T) (value, ok bool) {
	switch {
	case equalFold(s, "yes"):
		return true, true
	case equalFold(s, "no"):
		return false, true
	}
	return false, false
}

// ParseMemory reads an amount of memory in bytes as redis.conf has it: decimal
// digits and a unit in any case. A unit of k, m or g is a power of 1000; kb, mb
// or gb is a power of 1024; b or none is a byte. No digits mean zero, as in
// Redis. An amount beyond 64 bits is refused, where Redis lets it wrap around.
func ParseMemory[T Text](s T) (n uint64, ok bool) {
	digits := 0
	for digits < len(s) && isDigit(s[digits]) {
		high, low := bits.Mul64(n, 10)
		sum, carry := bits.Add64(low, uint64(s[digits]-'0'), 0)
		if high|carry != 0 {
			return 0, false
		}
		n = sum
		digits++
	}
	unit, ok := memoryUnit(s[digits:])
	if !ok {
		return 0, false
	}
	high, low := bits.Mul64(n, unit)
	return low, high == 0
}

func memoryUnit[T Text](s T) (bytes uint64, ok bool) {
	switch {
	case len(s) == 0, equalFold(s, "b"):
		return 1, true
	case equalFold(s, "k"):
		return 1e3, true
	case equalFold(s, "kb"):
		return 1 << 10, true
	case equalFold(s, "m"):
		return 1e6, true
	case equalFold(s, "mb"):
		return 1 << 20, true
	case equalFold(s, "g"):
		return 1e9, true
	case equalFold(s, "gb"):
		return 1 << 30, true
	}
	return 0, false
}

// equalFold compares s with a lower-case word without regard to ASCII case.
func equalFold[T Text](s T, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i := range len(word) {
		if c := s[i]; c != word[i] && !('A' <= c && c <= 'Z' && c+('a'-'A') == word[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
