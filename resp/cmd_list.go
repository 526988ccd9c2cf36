package resp

import (
	"math"

	"github.com/larderkv/larder/datatypes"
)

func listCommands() []*command {
	const push = flagWrite | flagDenyOOM | flagFast
	const pop = flagWrite | flagFast
	const wait = flagWrite | flagNoScript | flagBlocking
	taken := keyRW | keyAccess | keyDelete
	moved := []keySpec{{flags: taken, index: 1, step: 1}, {flags: keyRW | keyInsert, index: 2, step: 1}}
	counted := func(index int) []keySpec {
		return []keySpec{{flags: taken, index: index, step: 1, keyNum: true, firstIndex: 1}}
	}
	manyTimed := []keySpec{{flags: taken, index: 1, last: -2, step: 1}}
	return []*command{
		{name: "blmove", handler: cmdBLMove, arity: 6, flags: wait | flagDenyOOM, category: catList, keys: moved},
		{name: "blmpop", handler: cmdBLMPop, arity: -5, flags: flagWrite | flagBlocking, category: catList, keys: counted(2)},
		{name: "blpop", handler: cmdBLPop, arity: -3, flags: wait, category: catList, keys: manyTimed},
		{name: "brpop", handler: cmdBRPop, arity: -3, flags: wait, category: catList, keys: manyTimed},
		{name: "brpoplpush", handler: cmdBRPopLPush, arity: 4, flags: wait | flagDenyOOM, category: catList, keys: moved},
		{name: "lindex", handler: cmdLIndex, arity: 3, flags: flagReadonly, category: catList,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "linsert", handler: cmdLInsert, arity: 5, flags: flagWrite | flagDenyOOM, category: catList,
			keys: oneKey(1, keyRW|keyInsert)},
		{name: "llen", handler: cmdLLen, arity: 2, flags: flagReadonly | flagFast, category: catList, keys: oneKey(1, keyRO)},
		{name: "lmove", handler: cmdLMove, arity: 5, flags: flagWrite | flagDenyOOM, category: catList, keys: moved},
		{name: "lmpop", handler: cmdLMPop, arity: -4, flags: flagWrite, category: catList, keys: counted(1)},
		{name: "lpop", handler: cmdLPop, arity: -2, flags: pop, category: catList, keys: oneKey(1, taken)},
		{name: "lpos", handler: cmdLPos, arity: -3, flags: flagReadonly, category: catList, keys: oneKey(1, keyRO|keyAccess)},
		{name: "lpush", handler: cmdLPush, arity: -3, flags: push, category: catList, keys: oneKey(1, keyRW|keyInsert)},
		{name: "lpushx", handler: cmdLPushX, arity: -3, flags: push, category: catList, keys: oneKey(1, keyRW|keyInsert)},
		{name: "lrange", handler: cmdLRange, arity: 4, flags: flagReadonly, category: catList,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "lrem", handler: cmdLRem, arity: 4, flags: flagWrite, category: catList, keys: oneKey(1, keyRW|keyDelete)},
		{name: "lset", handler: cmdLSet, arity: 4, flags: flagWrite | flagDenyOOM, category: catList,
			keys: oneKey(1, keyRW|keyUpdate)},
		{name: "ltrim", handler: cmdLTrim, arity: 4, flags: flagWrite, category: catList, keys: oneKey(1, keyRW|keyDelete)},
		{name: "rpop", handler: cmdRPop, arity: -2, flags: pop, category: catList, keys: oneKey(1, taken)},
		{name: "rpoplpush", handler: cmdRPopLPush, arity: 3, flags: flagWrite | flagDenyOOM, category: catList, keys: moved},
		{name: "rpush", handler: cmdRPush, arity: -3, flags: push, category: catList, keys: oneKey(1, keyRW|keyInsert)},
		{name: "rpushx", handler: cmdRPushX, arity: -3, flags: push, category: catList, keys: oneKey(1, keyRW|keyInsert)},
	}
}

// cmdLPush is LPUSH key element [element …].
func cmdLPush(c *client, args [][]byte) { c.writeLength(c.lists().LPush(text(args[1]), args[2:]...)) }

// cmdRPush is RPUSH key element [element …].
func cmdRPush(c *client, args [][]byte) { c.writeLength(c.lists().RPush(text(args[1]), args[2:]...)) }

// cmdLPushX is LPUSHX key element [element …].
func cmdLPushX(c *client, args [][]byte) { c.writeLength(c.lists().LPushX(text(args[1]), args[2:]...)) }

// cmdRPushX is RPUSHX key element [element …].
func cmdRPushX(c *client, args [][]byte) { c.writeLength(c.lists().RPushX(text(args[1]), args[2:]...)) }

// cmdLLen is LLEN key.
func cmdLLen(c *client, args [][]byte) { c.writeLength(c.lists().Len(text(args[1]))) }

func (c *client) writeLength(n int, err error) { c.writeIntOrErr(int64(n), err) }

// cmdLPop is LPOP key [count].
func cmdLPop(c *client, args [][]byte) {
	if len(args) == 2 {
		start := c.beginBulk()
		out, ok, err := c.lists().AppendLPop(c.out, text(args[1]))
		c.endBulk(start, out, ok, err)
		return
	}
	popCount(c, args, "lpop", c.lists().LPopN)
}

// cmdRPop is RPOP key [count].
func cmdRPop(c *client, args [][]byte) {
	if len(args) == 2 {
		start := c.beginBulk()
		out, ok, err := c.lists().AppendRPop(c.out, text(args[1]))
		c.endBulk(start, out, ok, err)
		return
	}
	popCount(c, args, "rpop", c.lists().RPopN)
}

// popCount answers a pop with a count.
func popCount(c *client, args [][]byte, command string, pop func(string, int) ([][]byte, bool, error)) {
	if len(args) > 3 {
		c.writeError(errArguments(command))
		return
	}
	n, ok := parseInt(args[2])
	if !ok || n < 0 {
		c.writeError(errNotPositive)
		return
	}
	values, ok, err := pop(text(args[1]), clampInt(n))
	switch {
	case err != nil:
		c.writeErr(err)
	case !ok:
		c.writeNullArray()
	default:
		c.writeBulks(values)
	}
}

// clampInt returns the int nearest to n.
func clampInt(n int64) int { return int(max(min(n, math.MaxInt), math.MinInt)) }

// writeBulks answers with an array of values.
func (c *client) writeBulks(values [][]byte) {
	c.writeArray(len(values))
	for _, v := range values {
		c.writeBulk(v)
	}
}

// badIndex answers a command with an index that is none. That the key is missing, or holds another type, counts first.
func (c *client) badIndex(key string, missing error) {
	switch n, err := c.lists().Len(key); {
	case err != nil:
		c.writeErr(err)
	case n == 0:
		c.writeErrOrNull(missing)
	default:
		c.writeError(errNotInteger)
	}
}

// cmdLIndex is LINDEX key index.
func cmdLIndex(c *client, args [][]byte) {
	index, ok := parseInt(args[2])
	if !ok {
		c.badIndex(text(args[1]), nil)
		return
	}
	start := c.beginBulk()
	out, ok, err := c.lists().AppendIndex(c.out, text(args[1]), clampInt(index))
	c.endBulk(start, out, ok, err)
}

// cmdLRange is LRANGE key start stop.
func cmdLRange(c *client, args [][]byte) {
	start, stop, ok := parseRange(args[2:])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	if err := c.lists().ViewRange(text(args[1]), start, stop, c.writeArray, c.writeBulk); err != nil {
		c.writeErr(err)
	}
}

// parseRange parses the two ends of a range of positions.
func parseRange(args [][]byte) (start, stop int, ok bool) {
	from, ok1 := parseInt(args[0])
	to, ok2 := parseInt(args[1])
	return clampInt(from), clampInt(to), ok1 && ok2
}

// cmdLTrim is LTRIM key start stop.
func cmdLTrim(c *client, args [][]byte) {
	start, stop, ok := parseRange(args[2:])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	c.writeOKOrErr(c.lists().Trim(text(args[1]), start, stop))
}

// cmdLSet is LSET key index element.
func cmdLSet(c *client, args [][]byte) {
	index, ok := parseInt(args[2])
	if !ok {
		c.badIndex(text(args[1]), datatypes.ErrNoSuchKey)
		return
	}
	c.writeOKOrErr(c.lists().Set(text(args[1]), clampInt(index), args[3]))
}

// cmdLInsert is LINSERT key BEFORE | AFTER pivot element.
func cmdLInsert(c *client, args [][]byte) {
	before := equalFold(args[2], "before")
	if !before && !equalFold(args[2], "after") {
		c.writeError(errSyntax)
		return
	}
	c.writeLength(c.lists().Insert(text(args[1]), before, args[3], args[4]))
}

// cmdLRem is LREM key count element.
func cmdLRem(c *client, args [][]byte) {
	count, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	c.writeLength(c.lists().Remove(text(args[1]), clampInt(count), args[3]))
}

// cmdLPos is LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len].
func cmdLPos(c *client, args [][]byte) {
	o, many, problem := parsePosOptions(args[3:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	indexes, err := c.lists().Pos(text(args[1]), args[2], o)
	switch {
	case err != nil:
		c.writeErr(err)
	case many:
		c.writeArray(len(indexes))
		for _, i := range indexes {
			c.writeInt(int64(i))
		}
	case len(indexes) == 0:
		c.writeNull()
	default:
		c.writeInt(int64(indexes[0]))
	}
}

// parsePosOptions parses the options of LPOS. Without COUNT one match is wanted, not many.
func parsePosOptions(args [][]byte) (o datatypes.PosOptions, many bool, problem string) {
	o.Count = 1
	for ; len(args) > 0; args = args[2:] {
		if len(args) == 1 {
			return o, many, errSyntax
		}
		n, ok := parseInt(args[1])
		number := clampInt(n)
		switch word := args[0]; {
		case !equalFold(word, "rank") && !equalFold(word, "count") && !equalFold(word, "maxlen"):
			return o, many, errSyntax
		case !ok && equalFold(word, "rank"):
			return o, many, errNotInteger
		case equalFold(word, "rank") && n == 0:
			return o, many, "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
				"or use negative to start from the end of the list"
		case equalFold(word, "rank"):
			if o.Rank = number; n == math.MinInt64 {
				o.Rank = -1 // Redis 7.0 begins with the last match, since there the negation overflows
			}
		case !ok || n < 0:
			return o, many, "ERR " + upper(word) + " can't be negative"
		case equalFold(word, "count"):
			o.Count, many = number, true
		default:
			o.MaxLen = number
		}
	}
	return o, many, ""
}

// upper returns an option's name in upper case.
func upper(word []byte) string {
	if equalFold(word, "count") {
		return "COUNT"
	}
	return "MAXLEN"
}

// parseSide parses LEFT or RIGHT.
func parseSide(arg []byte) (side datatypes.Side, ok bool) {
	if equalFold(arg, "right") {
		return datatypes.Right, true
	}
	return datatypes.Left, equalFold(arg, "left")
}

// parseSides parses two sides.
func parseSides(args [][]byte) (from, to datatypes.Side, ok bool) {
	from, ok1 := parseSide(args[0])
	to, ok2 := parseSide(args[1])
	return from, to, ok1 && ok2
}

// cmdLMove is LMOVE source destination LEFT | RIGHT LEFT | RIGHT.
func cmdLMove(c *client, args [][]byte) {
	from, to, ok := parseSides(args[3:])
	if !ok {
		c.writeError(errSyntax)
		return
	}
	c.moveElement(args, from, to)
}

// cmdRPopLPush is RPOPLPUSH source destination.
func cmdRPopLPush(c *client, args [][]byte) { c.moveElement(args, datatypes.Right, datatypes.Left) }

func (c *client) moveElement(args [][]byte, from, to datatypes.Side) {
	start := c.beginBulk()
	out, ok, err := c.lists().AppendMove(c.out, text(args[1]), text(args[2]), from, to)
	c.endBulk(start, out, ok, err)
}

// poppedKeys are the arguments numkeys key [key …] LEFT | RIGHT [COUNT count] of LMPOP.
type poppedKeys struct {
	keys  [][]byte
	side  datatypes.Side
	count int
}

// parsePoppedKeys returns the text of an error reply for bad arguments.
func parsePoppedKeys(args [][]byte) (p poppedKeys, problem string) {
	n, ok := parseInt(args[0])
	if !ok || n <= 0 {
		return p, "ERR numkeys should be greater than 0"
	}
	args = args[1:]
	if n >= int64(len(args)) {
		return p, errSyntax
	}
	p.keys, args = args[:n], args[n:]
	if p.side, ok = parseSide(args[0]); !ok {
		return p, errSyntax
	}
	p.count = 1
	if args = args[1:]; len(args) == 0 {
		return p, ""
	}
	if len(args) == 1 || !equalFold(args[0], "count") {
		return p, errSyntax
	}
	if n, ok = parseInt(args[1]); !ok || n <= 0 {
		return p, "ERR count should be greater than 0"
	}
	p.count = clampInt(n)
	if len(args) > 2 {
		return p, errSyntax
	}
	return p, ""
}

// cmdLMPop is LMPOP numkeys key [key …] LEFT | RIGHT [COUNT count].
func cmdLMPop(c *client, args [][]byte) {
	p, problem := parsePoppedKeys(args[1:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	popped, err := c.lists().MPop(p.side, p.count, lists.withKeys(p.keys)...)
	c.writePoppedMany(popped, err)
}

func (c *client) writePoppedMany(p datatypes.ListPopped, err error) {
	switch {
	case err != nil:
		c.writeErr(err)
	case len(p.Values) == 0:
		c.writeNullArray()
	default:
		c.writeArray(2)
		c.writeBulkString(p.Key)
		c.writeBulks(p.Values)
	}
}

// writePopped is the reply of BLPOP: one element with its key.
func (c *client) writePopped(p datatypes.ListPopped, err error) {
	if err != nil || len(p.Values) == 0 {
		c.writePoppedMany(p, err)
		return
	}
	c.writeArray(2)
	c.writeBulkString(p.Key)
	c.writeBulk(p.Values[0])
}

// cmdBLPop is BLPOP key [key …] timeout.
func cmdBLPop(c *client, args [][]byte) { blockingPop(c, args, datatypes.Left) }

// cmdBRPop is BRPOP key [key …] timeout.
func cmdBRPop(c *client, args [][]byte) { blockingPop(c, args, datatypes.Right) }

func blockingPop(c *client, args [][]byte, side datatypes.Side) {
	last := len(args) - 1
	p := poppedKeys{keys: args[1:last], side: side, count: 1}
	blockingMPop(c, p, args[last], (*client).writePopped)
}

// cmdBLMPop is BLMPOP timeout numkeys key [key …] LEFT | RIGHT [COUNT count].
func cmdBLMPop(c *client, args [][]byte) {
	p, problem := parsePoppedKeys(args[2:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	blockingMPop(c, p, args[1], (*client).writePoppedMany)
}

func blockingMPop(c *client, p poppedKeys, timeout []byte, write func(*client, datatypes.ListPopped, error)) {
	lists := lendLists()
	defer lists.release()
	keys := lists.withKeys(p.keys)
	await(c, timeout, write, func(done func(datatypes.ListPopped, error)) (datatypes.ListPopped, *datatypes.Wait, error) {
		return c.lists().BeginMPop(p.side, p.count, keys, done)
	})
}

// cmdBLMove is BLMOVE source destination LEFT | RIGHT LEFT | RIGHT timeout.
func cmdBLMove(c *client, args [][]byte) {
	from, to, ok := parseSides(args[3:])
	if !ok {
		c.writeError(errSyntax)
		return
	}
	blockingMove(c, args, from, to, args[5])
}

// cmdBRPopLPush is BRPOPLPUSH source destination timeout.
func cmdBRPopLPush(c *client, args [][]byte) {
	blockingMove(c, args, datatypes.Right, datatypes.Left, args[3])
}

func blockingMove(c *client, args [][]byte, from, to datatypes.Side, timeout []byte) {
	write := func(c *client, value []byte, err error) { c.writeOptional(value, value != nil, err) }
	await(c, timeout, write, func(done func([]byte, error)) ([]byte, *datatypes.Wait, error) {
		return c.lists().BeginMove(text(args[1]), text(args[2]), from, to, done)
	})
}
