// Package words splits lines into words as redis.conf, ACL files and inline commands have them.
//
// Words are separated by white space. Within double quotes \n \r \t \b \a and \xhh stand for bytes and a backslash before
// another character for that character; within single quotes only \' is special. A closing quote must end its word.
package words

import "strings"

// Split returns the words of a line. It returns ok == false when quotes are not balanced.
func Split(line string) (found []string, ok bool) {
	b := []byte(line)
	for i := Skip(b, 0); i < len(b); i = Skip(b, i) {
		end, next, ok := Next(b, i)
		if !ok {
			return nil, false
		}
		found = append(found, string(b[i:end]))
		i = next
	}
	return found, true
}

// Quote returns a word that Split reads as s: s itself where that will do, or else s in double quotes.
func Quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"'\`, r) }) {
		return s
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch ch := s[i]; {
		case ch == '"' || ch == '\\':
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch < ' ' || ch >= 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(digits[ch>>4])
			b.WriteByte(digits[ch&15])
		default:
			b.WriteByte(ch)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Skip returns where the first word at or behind line[i] begins, len(line) if there is none.
func Skip(line []byte, i int) int {
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	return i
}

// Next unquotes the word that begins at line[i] where it stands, and returns where its rewritten form ends and where the
// line goes on. It returns ok == false when the word's quotes are not balanced.
func Next(line []byte, i int) (end, next int, ok bool) {
	w := i
	for i < len(line) && !isSpace(line[i]) {
		switch ch := line[i]; ch {
		case '"', '\'':
			unquote := unquoteDouble
			if ch == '\'' {
				unquote = unquoteSingle
			}
			if w, i, ok = unquote(line, w, i+1); !ok {
				return 0, 0, false
			}
			return w, i, i == len(line) || isSpace(line[i])
		default:
			line[w] = ch
			w++
			i++
		}
	}
	return w, i, true
}

func unquoteDouble(line []byte, w, i int) (end, next int, ok bool) {
	for i < len(line) {
		ch := line[i]
		i++
		switch {
		case ch == '"':
			return w, i, true
		case ch == '\\' && i+2 < len(line) && line[i] == 'x' && isHex(line[i+1]) && isHex(line[i+2]):
			ch = hexValue(line[i+1])<<4 | hexValue(line[i+2])
			i += 3
		case ch == '\\' && i < len(line):
			ch = unescape(line[i])
			i++
		}
		line[w] = ch
		w++
	}
	return 0, 0, false
}

func unquoteSingle(line []byte, w, i int) (end, next int, ok bool) {
	for i < len(line) {
		ch := line[i]
		i++
		if ch == '\'' {
			return w, i, true
		}
		if ch == '\\' && i < len(line) && line[i] == '\'' {
			ch = '\''
			i++
		}
		line[w] = ch
		w++
	}
	return 0, 0, false
}

func unescape(ch byte) byte {
	switch ch {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return ch
}

func isSpace(ch byte) bool { return ch == ' ' || '\t' <= ch && ch <= '\r' }

func isHex(ch byte) bool {
	return '0' <= ch && ch <= '9' || 'a' <= ch && ch <= 'f' || 'A' <= ch && ch <= 'F'
}

func hexValue(ch byte) byte {
	if ch <= '9' {
		return ch - '0'
	}
	return ch&^0x20 - 'A' + 10
}
