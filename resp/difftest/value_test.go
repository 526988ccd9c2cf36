package difftest

import (
	"bufio"
	"strconv"
	"strings"
	"testing"
)

// encode is the inverse of readValue.
func encode(dst []byte, v Value) []byte {
	switch {
	case v.Absent:
		return append(dst, string(v.Kind)+"-1\r\n"...)
	case v.Kind == Bulk || v.Kind == Verbatim:
		return append(dst, string(v.Kind)+strconv.Itoa(len(v.Text))+"\r\n"+v.Text+"\r\n"...)
	case !v.Kind.aggregate():
		return append(dst, string(v.Kind)+v.Text+"\r\n"...)
	}
	n := len(v.Elems)
	if v.Kind == Map {
		n /= 2
	}
	dst = append(dst, string(v.Kind)+strconv.Itoa(n)+"\r\n"...)
	for _, e := range v.Elems {
		dst = encode(dst, e)
	}
	return dst
}

func TestReadValue(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{
		"+OK\r\n", "-ERR x\r\n", ":-5\r\n", "$0\r\n\r\n", "$4\r\na\r\nb\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "_\r\n",
		"#t\r\n", ",1.5\r\n", "(12345678901234567890\r\n", "=5\r\ntxt:a\r\n", "*2\r\n:1\r\n*1\r\n$1\r\na\r\n",
		"%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n_\r\n", ">2\r\n+a\r\n+b\r\n",
	} {
		v, err := readValue(bufio.NewReader(strings.NewReader(wire)))
		if err != nil {
			t.Errorf("%q: %v", wire, err)
			continue
		}
		if got := string(encode(nil, v)); got != wire {
			t.Errorf("%q decoded to %v, which is %q", wire, v, got)
		}
	}
	for _, wire := range []string{"", "+OK", "+OK\n", "?x\r\n", "$x\r\n", "$-2\r\n", "$3\r\nab\r\n", "$2\r\nabc\r\n", "*2\r\n:1\r\n"} {
		if v, err := readValue(bufio.NewReader(strings.NewReader(wire))); err == nil {
			t.Errorf("%q decoded to %v", wire, v)
		}
	}
}
