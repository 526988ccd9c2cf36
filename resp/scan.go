package resp

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/larderkv/larder/datatypes"
)

// What SCAN and the scans of collections share.

// scanArgs are what follows the cursor of a scan. Stores take an empty pattern for none at all, Redis takes it for one
// that nothing but the empty text matches: onlyEmpty says that what a store returns is to be cut down to that.
type scanArgs struct {
	match     string
	onlyEmpty bool
	count     int
	typed     []byte // nil without TYPE
}

// parseScanArgs parses what follows the cursor. TYPE is an option of scans of keys only.
func parseScanArgs(args [][]byte, ofKeys bool) (a scanArgs, problem string) {
	for ; len(args) >= 2; args = args[2:] {
		switch word, value := args[0], args[1]; {
		case equalFold(word, "match"):
			a.match, a.onlyEmpty = text(value), len(value) == 0
		case equalFold(word, "type") && ofKeys:
			a.typed = value
		case equalFold(word, "count"):
			n, ok := parseInt(value)
			if !ok {
				return a, errNotInteger
			}
			if n < 1 {
				return a, errSyntax
			}
			a.count = int(min(n, math.MaxInt32))
		default:
			return a, errSyntax
		}
	}
	if len(args) > 0 {
		return a, errSyntax
	}
	return a, ""
}

// parseCursor parses a cursor as the C library's strtoul does: an empty one is zero, a sign is allowed, a minus
// counts from the top of the range, and the text ends at a zero byte.
func parseCursor(b []byte) (uint64, bool) {
	b, _, _ = bytes.Cut(b, []byte{0})
	if len(b) == 0 {
		return 0, true
	}
	sign := b[0]
	if sign == '-' || sign == '+' {
		b = b[1:]
	}
	n, err := strconv.ParseUint(text(b), 10, 64)
	if err != nil {
		return 0, false
	}
	if sign == '-' {
		n = -n
	}
	return n, true
}

// elementScanner is a store whose values can be scanned.
type elementScanner[E any] interface {
	Len(key string) (int, error)
	Scan(key string, cursor uint64, o datatypes.ElementScanOptions) ([]E, uint64, error)
}

// scanElements is SSCAN, HSCAN or ZSCAN: key cursor [MATCH pattern] [COUNT count]. name is what of an element the pattern
// is for, and write writes an element as width replies.
func scanElements[E any](c *client, args [][]byte, st elementScanner[E], width int, name func(E) string, write func(E)) {
	key := text(args[1])
	cursor, ok := parseCursor(args[2])
	if !ok {
		c.writeError(errCursor)
		return
	}
	a, problem := parseScanArgs(args[3:], false)
	var elements []E
	var err error
	if problem != "" {
		// That the key is missing or holds another type counts before what is wrong with the options.
		var n int
		if n, err = st.Len(key); n > 0 {
			c.writeError(problem)
			return
		}
		cursor = 0
	} else {
		elements, cursor, err = st.Scan(key, cursor, datatypes.ElementScanOptions{Match: a.match, Count: a.count})
	}
	if err != nil {
		c.writeErr(err)
		return
	}
	if a.onlyEmpty {
		elements = slices.DeleteFunc(elements, func(e E) bool { return name(e) != "" })
	}
	writeScan(c, cursor, elements, width, write)
}

// writeScan answers a scan with the cursor to go on from and what was found.
func writeScan[E any](c *client, next uint64, found []E, width int, write func(E)) {
	c.writeArray(2)
	c.writeBulkString(strconv.FormatUint(next, 10))
	c.writeArray(width * len(found))
	for _, e := range found {
		write(e)
	}
}
