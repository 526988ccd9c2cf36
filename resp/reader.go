package resp

import (
	"bytes"
	"math"

	"github.com/larderkv/larder/internal/words"
)

// reader cuts a connection's input into commands.
//
// Arguments are found in place: parsing records where they lie, relative to the beginning of the command, so that the
// input may be moved while a command is incomplete, and nothing is parsed twice however finely the input is chopped.
//
// An inline command with quotes or escapes is rewritten where it stands, since an argument is never longer than its
// quoted form.
type reader struct {
	buf   []byte
	start int // beginning of the command in progress; what precedes it is consumed
	pos   int // how far the command in progress has been parsed

	missing int    // arguments that the command in progress still lacks
	bulk    int    // length of the argument whose bytes are awaited, -1 while its length is
	spans   []span // arguments found, relative to start

	ownBuf, ownSpans bool // buf and spans are not lent by a scratch

	err string // text of the error when next returned parseError
}

// span is the place of an argument. A command is smaller than 4 GiB because its client's whole input is.
type span struct{ from, to uint32 }

type parseStatus uint8

const (
	parseMore    parseStatus = iota // the input ends within a command
	parseCommand                    // spans holds a command, which ends at pos
	parseInline                     // the same, for an inline command
	parseError                      // err says what is wrong; the input cannot be followed any further
)

// parseLimits are the bounds that hold for the client at the moment.
type parseLimits struct {
	maxBulk         int64
	unauthenticated bool
}

const (
	errMultibulkLen      = "invalid multibulk length"
	errBulkLen           = "invalid bulk length"
	errUnauthMultibulk   = "unauthenticated multibulk length"
	errUnauthBulk        = "unauthenticated bulk length"
	errInlineTooBig      = "too big inline request"
	errMultibulkTooBig   = "too big mbulk count string"
	errBulkTooBig        = "too big bulk count string"
	errUnbalancedQuotes  = "unbalanced quotes in request"
	errExpectedBulkStart = "expected '$', got '"
)

// next parses one command. Empty commands are skipped, as Redis does.
func (r *reader) next(lim *parseLimits) parseStatus {
	for {
		if r.missing == 0 {
			r.start = r.pos
			r.spans = r.spans[:0]
			if r.pos == len(r.buf) {
				return parseMore
			}
			if r.buf[r.pos] != '*' {
				status := r.inline()
				if status == parseInline && len(r.spans) == 0 {
					continue
				}
				return status
			}
			if status := r.header(lim); status != parseCommand {
				return status
			}
			if r.missing == 0 {
				continue
			}
		}
		return r.arguments(lim)
	}
}

// header parses the line that announces the number of arguments.
func (r *reader) header(lim *parseLimits) parseStatus {
	n, next, state := length(r.buf, r.pos+1)
	switch state {
	case lineShort:
		return r.short(errMultibulkTooBig)
	case lineBad:
		return r.fail(errMultibulkLen)
	}
	if n > maxArgs {
		return r.fail(errMultibulkLen)
	}
	if n > unauthenticatedArgs && lim.unauthenticated {
		return r.fail(errUnauthMultibulk)
	}
	r.pos = next
	r.missing = int(max(n, 0))
	r.bulk = -1
	return parseCommand
}

// arguments parses the arguments that are missing as far as they have arrived.
func (r *reader) arguments(lim *parseLimits) parseStatus {
	for r.missing > 0 {
		if r.bulk < 0 {
			if status := r.bulkHeader(lim); status != parseCommand {
				return status
			}
		}
		end := r.pos + r.bulk
		if len(r.buf)-r.pos < r.bulk+2 {
			return parseMore
		}
		r.spans = append(r.spans, span{uint32(r.pos - r.start), uint32(end - r.start)})
		r.pos = end + 2
		r.bulk = -1
		r.missing--
	}
	return parseCommand
}

// bulkHeader parses the line that announces an argument's length.
func (r *reader) bulkHeader(lim *parseLimits) parseStatus {
	if r.pos == len(r.buf) {
		return parseMore
	}
	if r.buf[r.pos] != '$' {
		if cr := bytes.IndexByte(r.buf[r.pos:], '\r'); cr < 0 || r.pos+cr+1 == len(r.buf) {
			return r.short(errBulkTooBig)
		}
		return r.fail(errExpectedBulkStart + string(r.buf[r.pos:r.pos+1]) + "'")
	}
	n, next, state := length(r.buf, r.pos+1)
	switch state {
	case lineShort:
		return r.short(errBulkTooBig)
	case lineBad:
		return r.fail(errBulkLen)
	}
	if n < 0 || n > lim.maxBulk {
		return r.fail(errBulkLen)
	}
	if n > unauthenticatedBulk && lim.unauthenticated {
		return r.fail(errUnauthBulk)
	}
	r.pos = next
	r.bulk = int(n)
	return parseCommand
}

// short waits for the rest of a line unless it has grown too long.
func (r *reader) short(tooBig string) parseStatus {
	if len(r.buf)-r.pos > maxLine {
		return r.fail(tooBig)
	}
	return parseMore
}

func (r *reader) fail(text string) parseStatus {
	r.err = text
	return parseError
}

// inline parses a command typed as a line of words.
func (r *reader) inline() parseStatus {
	rest := r.buf[r.pos:]
	lf := bytes.IndexByte(rest[:min(len(rest), maxLine+1)], '\n')
	if lf < 0 {
		return r.short(errInlineTooBig)
	}
	line := rest[:lf]
	if lf > 0 && line[lf-1] == '\r' {
		line = line[:lf-1]
	}
	var ok bool
	if r.spans, ok = splitWords(line, r.spans); !ok {
		return r.fail(errUnbalancedQuotes)
	}
	r.pos += lf + 1
	return parseInline
}

// consume ends the work on the command that next has returned.
func (r *reader) consume() {
	r.start = r.pos
	r.spans = r.spans[:0]
}

// rewind makes the reader parse again from a command that next returned before, which ends at pos.
func (r *reader) rewind(pos int) {
	r.start, r.pos = pos, pos
	r.missing = 0
	r.spans = r.spans[:0]
}

// unread returns how much of the input no complete command has consumed.
func (r *reader) unread() int { return len(r.buf) - r.start }

// move copies the unread input to dst, which has room for it, and goes on there.
func (r *reader) move(dst []byte) {
	r.buf = append(dst[:0], r.buf[r.start:]...)
	r.pos -= r.start
	r.start = 0
}

// awaited returns how many bytes beyond the input are known to be missing: those of the argument in progress.
func (r *reader) awaited() int {
	if r.missing == 0 || r.bulk < 0 {
		return 0
	}
	return max(0, r.pos+r.bulk+2-len(r.buf))
}

type lineState uint8

const (
	lineWhole lineState = iota
	lineShort
	lineBad
)

// length parses the decimal number that begins at b[i] and ends with CR LF, and returns where the next line begins.
func length(b []byte, i int) (n int64, next int, state lineState) {
	j := i
	for j < len(b) && j-i < 10 && b[j]-'0' <= 9 {
		n = n*10 + int64(b[j]-'0')
		j++
	}
	if j+1 < len(b) && b[j] == '\r' && j > i && (b[i] != '0' || j == i+1) {
		return n, j + 2, lineWhole
	}
	return lengthSlow(b, i)
}

// lengthSlow is length for what is not a short unsigned number with its line's end in the input.
func lengthSlow(b []byte, i int) (n int64, next int, state lineState) {
	if i >= len(b) {
		return 0, i, lineShort
	}
	cr := bytes.IndexByte(b[i:], '\r')
	if cr < 0 || i+cr+1 == len(b) {
		return 0, i, lineShort
	}
	digits := b[i : i+cr]
	negative := len(digits) > 1 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && (negative || len(digits) > 1) {
		return 0, i, lineBad
	}
	for _, d := range digits {
		if d -= '0'; d > 9 || n > (math.MaxInt64-int64(d))/10 {
			return 0, i, lineBad
		}
		n = n*10 + int64(d)
	}
	if negative {
		n = -n
	}
	return n, i + cr + 2, lineWhole
}

// splitWords appends the words of a line to spans, rewriting quoted ones in place. It returns false when the quotes are
// not balanced.
func splitWords(line []byte, spans []span) ([]span, bool) {
	for i := words.Skip(line, 0); i < len(line); i = words.Skip(line, i) {
		end, next, ok := words.Next(line, i)
		if !ok {
			return spans, false
		}
		spans = append(spans, span{uint32(i), uint32(end)})
		i = next
	}
	return spans, true
}
