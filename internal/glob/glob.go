// Package glob matches strings against the patterns of KEYS, SCAN MATCH,
// PSUBSCRIBE and CONFIG GET.
//
// A pattern is a sequence of elements, each of which matches one byte, and of
// stars, which match any run of bytes:
//
//   - any run of bytes, the empty one included
//     ?       any byte
//     [abc]   one of the bytes
//     [^abc]  none of the bytes; only the caret negates
//     [a-c]   a range, whose ends may be in either order
//     \x      the byte x itself, also within brackets
//     x       the byte x
//
// The corners are those of Redis 7.0 on a machine whose char is signed (amd64):
//
//   - Brackets that are not closed end with the pattern. "[" matches nothing and
//     "[^" matches any byte. There is no way to put ']' first: "[]" is empty.
//   - A range takes its end blindly: in "[a-]" it is the bracket, which
//     therefore does not close. A backslash may be the end of a range but not
//     the start.
//   - Range ends are compared as signed bytes: 0x80 to 0xff are below 0x00.
//   - Ignoring case folds ASCII letters only; range ends are folded after they
//     were put in order, and an escaped byte within brackets is not folded.
//   - A backslash that ends the pattern stands for itself.
//   - The empty string is matched by the empty pattern and by "*", and by no
//     other pattern: not even by "**".
//
// Since every element but the star consumes exactly one byte, the choice made
// for a star is final once a later star is reached: only the last star seen is
// ever retried. That bounds a match by len(pattern) × len(s) steps whatever the
// number of stars.
package glob

// Text is what patterns and subjects may be held in.
type Text interface{ string | []byte }

// Match reports whether all of s matches the pattern. With nocase set, ASCII
// letters match either case. It does not allocate. It takes O(len(pattern) ×
// len(s)) time at worst and O(len(pattern) + len(s)) without stars.
func Match[P, S Text](pattern P, s S, nocase bool) bool {
	if len(s) == 0 {
		return len(pattern) == 0 || len(pattern) == 1 && pattern[0] == '*'
	}
	p, i := 0, 0
	afterStar, retry := -1, 0 // where to resume when an element does not match
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			if p == len(pattern) {
				return true
			}
			afterStar, retry = p, i
			continue
		}
		if p < len(pattern) {
			if next, ok := element(pattern, p, s[i], nocase); ok {
				p, i = next, i+1
				continue
			}
		}
		if afterStar < 0 {
			return false
		}
		retry++
		p, i = afterStar, retry
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// Literal returns the bytes with which every match of the pattern begins, and
// whether the pattern matches those bytes alone. The prefix ends at the first
// byte that is not plain, a backslash included. It does not allocate.
func Literal(pattern string) (prefix string, exact bool) {
	for i := range len(pattern) {
		switch pattern[i] {
		case '*', '?', '[', '\\':
			return pattern[:i], false
		}
	}
	return pattern, true
}

// element matches c against the element at p, which is no star, and returns the
// position of the element that follows.
func element[P Text](pattern P, p int, c byte, nocase bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return class(pattern, p+1, c, nocase)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, equal(pattern[p], c, nocase)
}

// class matches c against the brackets whose content begins at p.
func class[P Text](pattern P, p int, c byte, nocase bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	found := false
	for p < len(pattern) {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			found = found || pattern[p+1] == c
			p += 2
		case pattern[p] == ']':
			return p + 1, found != negated
		case p+2 < len(pattern) && pattern[p+1] == '-':
			found = found || inRange(pattern[p], pattern[p+2], c, nocase)
			p += 3
		default:
			found = found || equal(pattern[p], c, nocase)
			p++
		}
	}
	return p, found != negated
}

func inRange(a, b, c byte, nocase bool) bool {
	lo, hi := int8(a), int8(b)
	if lo > hi {
		lo, hi = hi, lo
	}
	if nocase {
		lo, hi, c = int8(lower(byte(lo))), int8(lower(byte(hi))), lower(c)
	}
	return lo <= int8(c) && int8(c) <= hi
}

func equal(a, b byte, nocase bool) bool {
	return a == b || nocase && lower(a) == lower(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
