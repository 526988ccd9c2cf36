package difftest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kind is the type byte of a reply on the wire.
type Kind byte

// The kinds of replies. Those from Null on exist in RESP3 only.
const (
	Simple   Kind = '+'
	Error    Kind = '-'
	Integer  Kind = ':'
	Bulk     Kind = '$'
	Array    Kind = '*'
	Null     Kind = '_'
	Bool     Kind = '#'
	Double   Kind = ','
	BigInt   Kind = '('
	Verbatim Kind = '='
	Map      Kind = '%'
	Set      Kind = '~'
	Push     Kind = '>'
)

// Value is a decoded reply. Nothing that distinguishes two replies on the wire is lost.
type Value struct {
	Kind   Kind
	Absent bool    // the null of RESP2: a bulk or an array of length -1
	Text   string  // everything but aggregates
	Elems  []Value // aggregates; a map's keys and values alternate
}

// aggregate reports whether the kind is made of elements.
func (k Kind) aggregate() bool { return k == Array || k == Map || k == Set || k == Push }

// Int returns an integer reply's number.
func (v Value) Int() (int64, bool) {
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, v.Kind == Integer && err == nil
}

// String returns the reply for people to read.
func (v Value) String() string {
	switch {
	case v.Kind == Null:
		return "null"
	case v.Absent:
		return string(v.Kind) + "null"
	case v.Kind == Bulk:
		return quote(v.Text)
	case !v.Kind.aggregate():
		return string(v.Kind) + v.Text
	}
	elems := make([]string, len(v.Elems))
	for i, e := range v.Elems {
		elems[i] = e.String()
	}
	return string(v.Kind) + "[" + strings.Join(elems, " ") + "]"
}

// readValue decodes the next reply.
func readValue(r *bufio.Reader) (Value, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return Value{}, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return Value{}, fmt.Errorf("malformed line %q", line)
	}
	v := Value{Kind: Kind(line[0]), Text: line[1 : len(line)-2]}
	switch v.Kind {
	case Simple, Error, Integer, Null, Bool, Double, BigInt:
		return v, nil
	case Bulk, Verbatim, Array, Map, Set, Push:
	default:
		return Value{}, fmt.Errorf("unknown type of reply %q", line)
	}
	n, err := strconv.Atoi(v.Text)
	if err != nil || n < -1 {
		return Value{}, fmt.Errorf("malformed length %q", line)
	}
	v.Text = ""
	if n < 0 {
		v.Absent = true
		return v, nil
	}
	if !v.Kind.aggregate() {
		v.Text, err = readText(r, n)
		return v, err
	}
	if v.Kind == Map {
		n *= 2
	}
	for range n {
		e, err := readValue(r)
		if err != nil {
			return Value{}, err
		}
		v.Elems = append(v.Elems, e)
	}
	return v, nil
}

// readText decodes the n bytes of a bulk and what ends it.
func readText(r *bufio.Reader, n int) (string, error) {
	b := make([]byte, n+2)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	if b[n] != '\r' || b[n+1] != '\n' {
		return "", fmt.Errorf("bulk of %d bytes without its end", n)
	}
	return string(b[:n]), nil
}
