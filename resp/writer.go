package resp

import (
	"strconv"

	"github.com/larderkv/larder/internal/chunked"
	"github.com/larderkv/larder/internal/numeric"
)

// Replies. Each method appends one element in the protocol that the client speaks: types that RESP3 added are written
// in RESP2 as Redis writes them there.

const crlf = "\r\n"

func (c *client) writeOK() { c.out = append(c.out, "+OK\r\n"...) }

// writeSimple writes a status, which must not contain line ends.
func (c *client) writeSimple(s string) {
	c.out = append(c.out, '+')
	c.out = append(c.out, s...)
	c.out = append(c.out, crlf...)
}

// writeError writes an error. The text begins with its code, as in "ERR syntax error". Line ends within it, which may
// stem from quoted arguments, become spaces.
func (c *client) writeError(text string) {
	c.fails()
	c.appendError(text)
}

// appendError is writeError for an error that is not that of a command being executed.
func (c *client) appendError(text string) {
	c.errors.add(text)
	c.out = append(c.out, '-')
	for i := 0; i < len(text); i++ {
		ch := text[i]
		if ch == '\r' || ch == '\n' {
			ch = ' '
		}
		c.out = append(c.out, ch)
	}
	c.out = append(c.out, crlf...)
}

func (c *client) writeInt(n int64) { c.writeHeader(':', n) }

func (c *client) writeBulk(b []byte) {
	c.writeHeader('$', int64(len(b)))
	c.out = chunked.Append(c.out, b)
	c.out = append(c.out, crlf...)
}

func (c *client) writeBulkString(s string) { c.out = appendBulk(c.out, s) }

func appendBulk(dst []byte, s string) []byte {
	dst = appendHeader(dst, '$', int64(len(s)))
	dst = append(dst, s...)
	return append(dst, crlf...)
}

// writeNull writes the absence of a value where a bulk would stand.
func (c *client) writeNull() {
	if c.resp == 2 {
		c.out = append(c.out, "$-1\r\n"...)
		return
	}
	c.out = append(c.out, "_\r\n"...)
}

// writeNullArray writes the absence of a value where an array would stand.
func (c *client) writeNullArray() {
	if c.resp == 2 {
		c.out = append(c.out, "*-1\r\n"...)
		return
	}
	c.out = append(c.out, "_\r\n"...)
}

// writeArray begins an array of n elements.
func (c *client) writeArray(n int) { c.writeHeader('*', int64(n)) }

// writeMap begins a map of n pairs.
func (c *client) writeMap(n int) {
	if c.resp == 2 {
		c.writeHeader('*', 2*int64(n))
		return
	}
	c.writeHeader('%', int64(n))
}

// writeSet begins a set of n elements.
func (c *client) writeSet(n int) { c.writeAggregate('~', n) }

// writePush begins a message of n elements that answers no command.
func (c *client) writePush(n int) { c.writeAggregate('>', n) }

func (c *client) writeAggregate(kind byte, n int) {
	if c.resp == 2 {
		kind = '*'
	}
	c.writeHeader(kind, int64(n))
}

// writeDouble writes f with 17 significant digits.
func (c *client) writeDouble(f float64) {
	var buf [32]byte
	text := numeric.AppendFloat(buf[:0], f)
	if c.resp == 2 {
		c.writeBulk(text)
		return
	}
	c.out = append(c.out, ',')
	c.out = append(c.out, text...)
	c.out = append(c.out, crlf...)
}

func (c *client) writeBool(b bool) {
	switch {
	case c.resp == 2 && b:
		c.writeInt(1)
	case c.resp == 2:
		c.writeInt(0)
	case b:
		c.out = append(c.out, "#t\r\n"...)
	default:
		c.out = append(c.out, "#f\r\n"...)
	}
}

// writeBigNumber writes an integer of any size, given as decimal digits.
func (c *client) writeBigNumber(digits string) {
	if c.resp == 2 {
		c.writeBulkString(digits)
		return
	}
	c.out = append(c.out, '(')
	c.out = append(c.out, digits...)
	c.out = append(c.out, crlf...)
}

// writeVerbatim writes text for people. The format has three letters: "txt" or "mkd".
func (c *client) writeVerbatim(format, text string) {
	if c.resp == 2 {
		c.writeBulkString(text)
		return
	}
	c.writeHeader('=', int64(len(text)+4))
	c.out = append(c.out, format...)
	c.out = append(c.out, ':')
	c.out = append(c.out, text...)
	c.out = append(c.out, crlf...)
}

// writeHeader writes the line of a type byte and a number.
func (c *client) writeHeader(kind byte, n int64) {
	c.out = appendHeader(c.out, kind, n)
}

func appendHeader(dst []byte, kind byte, n int64) []byte {
	if 0 <= n && n < 10 {
		return append(dst, kind, '0'+byte(n), '\r', '\n')
	}
	dst = append(dst, kind)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, crlf...)
}
