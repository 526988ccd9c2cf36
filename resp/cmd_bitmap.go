package resp

import "github.com/larderkv/larder/datatypes"

func bitmapCommands() []*command {
	return []*command{
		{name: "bitcount", handler: cmdBitCount, arity: -2, flags: flagReadonly, category: catBitmap,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "bitfield", handler: cmdBitField, arity: -2, flags: flagWrite | flagDenyOOM, category: catBitmap,
			keys: []keySpec{{flags: keyRW | keyAccess | keyUpdate | keyVariable, index: 1, step: 1,
				notes: "This command allows both access and modification of the key"}},
			flagsFor: bitFieldKeyFlags},
		{name: "bitfield_ro", handler: cmdBitFieldRO, arity: -2, flags: flagReadonly | flagFast, category: catBitmap,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "bitop", handler: cmdBitOp, arity: -4, flags: flagWrite | flagDenyOOM, category: catBitmap,
			keys: []keySpec{{flags: keyOW | keyUpdate, index: 2, step: 1}, {flags: keyRO | keyAccess, index: 3, last: -1, step: 1}}},
		{name: "bitpos", handler: cmdBitPos, arity: -3, flags: flagReadonly, category: catBitmap,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "getbit", handler: cmdGetBit, arity: 3, flags: flagReadonly | flagFast, category: catBitmap,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "setbit", handler: cmdSetBit, arity: 4, flags: flagWrite | flagDenyOOM, category: catBitmap,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
	}
}

const (
	errBitOffset = "ERR bit offset is not an integer or out of range"
	errFieldType = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
)

// cmdSetBit is SETBIT key offset value.
func cmdSetBit(c *client, args [][]byte) {
	offset, ok := parseBitOffset(args[2], 0)
	if !ok {
		c.writeError(errBitOffset)
		return
	}
	bit, ok := parseInt(args[3])
	if !ok || bit != 0 && bit != 1 {
		c.writeError("ERR bit is not an integer or out of range")
		return
	}
	c.writeFlagOrErr(c.bitmaps().Set(text(args[1]), offset, bit == 1))
}

// cmdGetBit is GETBIT key offset.
func cmdGetBit(c *client, args [][]byte) {
	offset, ok := parseBitOffset(args[2], 0)
	if !ok {
		c.writeError(errBitOffset)
		return
	}
	c.writeFlagOrErr(c.bitmaps().Get(text(args[1]), offset))
}

// parseBitOffset parses the offset of a bit. Where a width is given, #n is the offset of the n-th integer that wide.
func parseBitOffset(arg []byte, width int) (offset int64, ok bool) {
	unit := int64(1)
	if width > 0 && len(arg) > 0 && arg[0] == '#' {
		arg, unit = arg[1:], int64(width)
	}
	n, ok := parseInt(arg)
	const limit = 512 << 20 * 8
	if !ok || n < 0 || n >= limit || n*unit >= limit {
		return 0, false
	}
	return n * unit, true
}

// cmdBitCount is BITCOUNT key [start end [BYTE | BIT]].
func cmdBitCount(c *client, args [][]byte) {
	r, problem := parseBitCountRange(args[2:])
	if problem != "" {
		c.writeStringProblem(text(args[1]), problem, 0)
		return
	}
	c.writeIntOrErr(c.bitmaps().Count(text(args[1]), r))
}

func parseBitCountRange(args [][]byte) (r datatypes.BitRange, problem string) {
	if len(args) == 0 {
		return r, ""
	}
	if len(args) == 1 || len(args) > 3 {
		return r, errSyntax
	}
	start, ok1 := parseInt(args[0])
	end, ok2 := parseInt(args[1])
	if !ok1 || !ok2 {
		return r, errNotInteger
	}
	r = datatypes.BitRange{Start: start, End: end, Unit: datatypes.InBytes}
	if len(args) == 3 && !(start < 0 && end < 0 && start > end) { // an empty range, whatever its unit
		r.Unit, problem = parseBitUnit(args[2])
	}
	return r, problem
}

func parseBitUnit(arg []byte) (unit datatypes.BitUnit, problem string) {
	switch {
	case equalFold(arg, "byte"):
		return datatypes.InBytes, ""
	case equalFold(arg, "bit"):
		return datatypes.InBits, ""
	}
	return 0, errSyntax
}

// writeStringProblem answers a command whose arguments are bad: that the key holds another type counts first, and
// that it is missing, to which the answer is the given one.
func (c *client) writeStringProblem(key, problem string, missing int64) {
	found, err := c.strings().View(key, func([]byte) error { return nil })
	switch {
	case err != nil:
		c.writeErr(err)
	case !found:
		c.writeInt(missing)
	default:
		c.writeError(problem)
	}
}

// cmdBitPos is BITPOS key bit [start [end [BYTE | BIT]]].
func cmdBitPos(c *client, args [][]byte) {
	bit, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	if bit != 0 && bit != 1 {
		c.writeError("ERR The bit argument must be 1 or 0.")
		return
	}
	r, problem := parseBitPosRange(args[3:])
	if problem != "" {
		c.writeStringProblem(text(args[1]), problem, -bit)
		return
	}
	c.writeIntOrErr(c.bitmaps().Pos(text(args[1]), bit == 1, r))
}

func parseBitPosRange(args [][]byte) (r datatypes.BitRange, problem string) {
	if len(args) == 0 {
		return r, ""
	}
	if len(args) > 3 {
		return r, errSyntax
	}
	start, ok := parseInt(args[0])
	if !ok {
		return r, errNotInteger
	}
	r = datatypes.BitRange{Start: start, Unit: datatypes.InBytes, Open: len(args) == 1}
	if len(args) == 3 {
		if r.Unit, problem = parseBitUnit(args[2]); problem != "" {
			return r, problem
		}
	}
	if len(args) > 1 {
		if r.End, ok = parseInt(args[1]); !ok {
			return r, errNotInteger
		}
	}
	return r, ""
}

// cmdBitOp is BITOP AND | OR | XOR | NOT destkey key [key …].
func cmdBitOp(c *client, args [][]byte) {
	op, ok := parseBitOp(args[1])
	if !ok {
		c.writeError(errSyntax)
		return
	}
	if op == datatypes.BitNot && len(args) != 4 {
		c.writeError("ERR BITOP NOT must be called with a single source key.")
		return
	}
	lists := lendLists()
	defer lists.release()
	length, err := c.bitmaps().Op(op, text(args[2]), lists.withKeys(args[3:])...)
	c.writeIntOrErr(int64(length), err)
}

func parseBitOp(arg []byte) (datatypes.BitOp, bool) {
	switch {
	case equalFold(arg, "and"):
		return datatypes.BitAnd, true
	case equalFold(arg, "or"):
		return datatypes.BitOr, true
	case equalFold(arg, "xor"):
		return datatypes.BitXor, true
	case equalFold(arg, "not"):
		return datatypes.BitNot, true
	}
	return 0, false
}

// cmdBitField is BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value |
// INCRBY type offset increment …].
func cmdBitField(c *client, args [][]byte) {
	ops, problem := parseFieldOps(args[2:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	writeFields(c, text(args[1]), ops)
}

// cmdBitFieldRO is BITFIELD_RO key [GET type offset …].
func cmdBitFieldRO(c *client, args [][]byte) {
	ops, problem := parseFieldOps(args[2:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	for i := range ops {
		if ops[i].Action != datatypes.FieldGet {
			c.writeError("ERR BITFIELD_RO only supports the GET subcommand")
			return
		}
	}
	writeFields(c, text(args[1]), ops)
}

func writeFields(c *client, key string, ops []datatypes.FieldOp) {
	var few [4]datatypes.FieldResult
	results, err := c.bitmaps().AppendField(few[:0], key, ops...)
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeArray(len(results))
	for _, r := range results {
		if r.OK {
			c.writeInt(r.Value)
		} else {
			c.writeNull()
		}
	}
}

// parseFieldOps parses what follows the key in BITFIELD.
func parseFieldOps(args [][]byte) (ops []datatypes.FieldOp, problem string) {
	var overflow datatypes.FieldOverflow
	for len(args) > 0 {
		if len(args) > 1 && equalFold(args[0], "overflow") {
			var ok bool
			if overflow, ok = parseFieldOverflow(args[1]); !ok {
				return nil, "ERR Invalid OVERFLOW type specified"
			}
			args = args[2:]
			continue
		}
		action, n := parseFieldAction(args[0])
		if n == 0 || n > len(args) {
			return nil, errSyntax
		}
		op := datatypes.FieldOp{Action: action, Overflow: overflow}
		if problem = parseFieldOp(&op, args[1:n]); problem != "" {
			return nil, problem
		}
		ops, args = append(ops, op), args[n:]
	}
	return ops, ""
}

// parseFieldAction parses the name of an operation. It returns how many arguments that takes, its name included, zero
// if there is none of the name.
func parseFieldAction(arg []byte) (action datatypes.FieldAction, n int) {
	switch {
	case equalFold(arg, "get"):
		return datatypes.FieldGet, 3
	case equalFold(arg, "set"):
		return datatypes.FieldSet, 4
	case equalFold(arg, "incrby"):
		return datatypes.FieldIncrBy, 4
	}
	return 0, 0
}

func parseFieldOverflow(arg []byte) (datatypes.FieldOverflow, bool) {
	switch {
	case equalFold(arg, "wrap"):
		return datatypes.FieldWrap, true
	case equalFold(arg, "sat"):
		return datatypes.FieldSaturate, true
	case equalFold(arg, "fail"):
		return datatypes.FieldFail, true
	}
	return 0, false
}

// parseFieldOp parses type, offset and, where there is one, value.
func parseFieldOp(op *datatypes.FieldOp, args [][]byte) (problem string) {
	var ok bool
	if op.Type, ok = parseFieldType(args[0]); !ok {
		return errFieldType
	}
	if op.Offset, ok = parseBitOffset(args[1], op.Type.Bits); !ok {
		return errBitOffset
	}
	if len(args) == 3 {
		if op.Value, ok = parseInt(args[2]); !ok {
			return errNotInteger
		}
	}
	return ""
}

// parseFieldType parses i1 to i64 and u1 to u63.
func parseFieldType(arg []byte) (t datatypes.FieldType, ok bool) {
	if len(arg) == 0 || arg[0] != 'i' && arg[0] != 'u' {
		return t, false
	}
	t.Signed = arg[0] == 'i'
	n, ok := parseInt(arg[1:])
	if !ok || n < 1 || n > 64 || n == 64 && !t.Signed {
		return t, false
	}
	t.Bits = int(n)
	return t, true
}

// bitFieldKeyFlags tells a BITFIELD that only reads from one that writes.
func bitFieldKeyFlags(args [][]byte) keyFlags {
	const writes = keyRW | keyAccess | keyUpdate
	for args = args[min(2, len(args)):]; len(args) > 0; {
		if len(args) > 1 && equalFold(args[0], "overflow") {
			args = args[2:]
			continue
		}
		if action, n := parseFieldAction(args[0]); action != datatypes.FieldGet || n == 0 || n > len(args) {
			return writes
		}
		args = args[3:]
	}
	return keyRO | keyAccess
}
