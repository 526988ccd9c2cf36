package resp

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
)

func stringCommands() []*command {
	return []*command{
		{name: "append", handler: cmdAppend, arity: 3, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyInsert)},
		{name: "decr", handler: cmdDecr, arity: 2, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "decrby", handler: cmdDecrBy, arity: 3, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "get", handler: cmdGet, arity: 2, flags: flagReadonly | flagFast, category: catString,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "getdel", handler: cmdGetDel, arity: 2, flags: flagWrite | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyDelete)},
		{name: "getex", handler: cmdGetEx, arity: -2, flags: flagWrite | flagFast, category: catString,
			keys: []keySpec{{flags: keyRW | keyAccess | keyUpdate, index: 1, step: 1,
				notes: "RW and UPDATE because it changes the TTL"}}},
		{name: "getrange", handler: cmdGetRange, arity: 4, flags: flagReadonly, category: catString,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "getset", handler: cmdGetSet, arity: 3, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "incr", handler: cmdIncr, arity: 2, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "incrby", handler: cmdIncrBy, arity: 3, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "incrbyfloat", handler: cmdIncrByFloat, arity: 3, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "lcs", handler: cmdLCS, arity: -3, flags: flagReadonly, category: catString,
			keys: []keySpec{{flags: keyRO | keyAccess, index: 1, last: 1, step: 1}}},
		{name: "mget", handler: cmdMGet, arity: -2, flags: flagReadonly | flagFast, category: catString,
			keys: manyKeys(1, 1, keyRO|keyAccess),
			tips: []string{"request_policy:multi_shard"}},
		{name: "mset", handler: cmdMSet, arity: -3, flags: flagWrite | flagDenyOOM, category: catString,
			keys: manyKeys(1, 2, keyOW|keyUpdate),
			tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"}},
		{name: "msetnx", handler: cmdMSetNX, arity: -3, flags: flagWrite | flagDenyOOM, category: catString,
			keys: manyKeys(1, 2, keyOW|keyInsert),
			tips: []string{"request_policy:multi_shard", "response_policy:agg_min"}},
		{name: "psetex", handler: cmdPSetEx, arity: 4, flags: flagWrite | flagDenyOOM, category: catString,
			keys: oneKey(1, keyOW|keyUpdate)},
		{name: "set", handler: cmdSet, arity: -3, flags: flagWrite | flagDenyOOM, category: catString,
			keys: []keySpec{{flags: keyRW | keyAccess | keyUpdate | keyVariable, index: 1, step: 1,
				notes: "RW and ACCESS due to the optional `GET` argument"}},
			flagsFor: setKeyFlags},
		{name: "setex", handler: cmdSetEx, arity: 4, flags: flagWrite | flagDenyOOM, category: catString,
			keys: oneKey(1, keyOW|keyUpdate)},
		{name: "setnx", handler: cmdSetNX, arity: 3, flags: flagWrite | flagDenyOOM | flagFast, category: catString,
			keys: oneKey(1, keyOW|keyInsert)},
		{name: "setrange", handler: cmdSetRange, arity: 4, flags: flagWrite | flagDenyOOM, category: catString,
			keys: oneKey(1, keyRW|keyUpdate)},
		{name: "strlen", handler: cmdStrLen, arity: 2, flags: flagReadonly | flagFast, category: catString,
			keys: oneKey(1, keyRO)},
		{name: "substr", handler: cmdGetRange, arity: 4, flags: flagReadonly, category: catString,
			keys: oneKey(1, keyRO|keyAccess)},
	}
}

// cmdGet is GET key. The value is copied once, from the store to the output buffer.
func cmdGet(c *client, args [][]byte) {
	start := c.beginBulk()
	out, ok, err := c.strings().AppendGet(c.out, text(args[1]))
	c.endBulk(start, out, ok, err)
}

// bulkRoom is the length of the header "$nn\r\n" of a value of 10 to 99 bytes: the room that beginBulk leaves.
const bulkRoom = len("$00\r\n")

// longBulkRoom is that of the header of the longest value, the room for what a worker reads. Its replies may begin later
// than its output buffer, so a long value never moves.
const longBulkRoom = len("$536870912\r\n")

// beginBulk leaves room for a bulk string's header at the end of the output buffer, and returns where it begins.
func (c *client) beginBulk() (start int) {
	start = len(c.out)
	if c.offLoop && start == 0 {
		c.out = append(c.out, make([]byte, longBulkRoom)...)
		return start
	}
	c.out = append(c.out, "$00\r\n"...)
	return start
}

// endBulk turns what was appended to the output buffer since beginBulk into a bulk string: out is the buffer with it.
// When the header is not of the length that room was left for, the value moves. Without a value the reply is null.
func (c *client) endBulk(start int, out []byte, ok bool, err error) {
	body := start + bulkRoom
	if err != nil || !ok {
		c.out = out[:start]
		c.writeErrOrNull(err)
		return
	}
	if c.offLoop && start == 0 {
		c.endLongBulk(out)
		return
	}
	n := len(out) - body
	if n >= 10 && n < 100 {
		out[start+1], out[start+2] = byte('0'+n/10), byte('0'+n%10)
		c.out = append(out, '\r', '\n')
		return
	}
	var buf [24]byte
	header := append(strconv.AppendInt(append(buf[:0], '$'), int64(n), 10), '\r', '\n')
	out = append(out, header...) // makes room at the end whichever way the value moves
	copy(out[start+len(header):], out[body:body+n])
	copy(out[start:], header)
	c.out = append(out[:start+len(header)+n], '\r', '\n')
}

// endLongBulk is endBulk for the value that a worker has read: the header goes directly before it, wherever that is.
func (c *client) endLongBulk(out []byte) {
	var buf [longBulkRoom]byte
	header := appendHeader(buf[:0], '$', int64(len(out)-longBulkRoom))
	c.sent = longBulkRoom - len(header)
	copy(out[c.sent:], header)
	c.out = append(out, crlf...)
}

// writeErrOrNull answers a missing value: with the error that kept it from being read, else with null.
func (c *client) writeErrOrNull(err error) {
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeNull()
}

// writeOptional answers with a value that may be missing.
func (c *client) writeOptional(value []byte, ok bool, err error) {
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeBulk(value)
}

// writeIntOrErr answers with a number, or with the error that kept it from being computed.
func (c *client) writeIntOrErr(n int64, err error) {
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeInt(n)
}

// writeFlagOrErr answers with 1 or 0, as commands say whether they did something, or with an error.
func (c *client) writeFlagOrErr(did bool, err error) {
	n := int64(0)
	if did {
		n = 1
	}
	c.writeIntOrErr(n, err)
}

// writeOKOrErr answers a command that says nothing but that it was done.
func (c *client) writeOKOrErr(err error) {
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeOK()
}

// cmdSet is SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | KEEPTTL].
func cmdSet(c *client, args [][]byte) {
	key, value := text(args[1]), args[2]
	if len(args) == 3 {
		_, err := c.strings().Set(key, value, datatypes.SetOptions{})
		c.writeOKOrErr(err)
		return
	}
	options, get, problem := parseSetOptions(c, args[3:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	if get {
		old, existed, _, err := c.strings().SetGet(key, value, options)
		c.writeOptional(old, existed, err)
		return
	}
	stored, err := c.strings().Set(key, value, options)
	if err == nil && !stored {
		c.writeNull()
		return
	}
	c.writeOKOrErr(err)
}

// setKeyFlags tells a SET that returns the old value from one that only overwrites it.
func setKeyFlags(args [][]byte) keyFlags {
	for _, arg := range args[min(3, len(args)):] {
		if equalFold(arg, "get") {
			return keyRW | keyAccess | keyUpdate
		}
	}
	return keyOW | keyUpdate
}

// parseSetOptions parses what follows key and value in SET. It returns the text of an error reply for bad options.
func parseSetOptions(c *client, args [][]byte) (o datatypes.SetOptions, get bool, problem string) {
	var e expiry
	for len(args) > 0 {
		word, used := args[0], 1
		switch {
		case equalFold(word, "nx") && !o.IfPresent:
			o.IfAbsent = true
		case equalFold(word, "xx") && !o.IfAbsent:
			o.IfPresent = true
		case equalFold(word, "get"):
			get = true
		case equalFold(word, "keepttl") && e.choose(expiryKeep):
			o.KeepTTL = true
		default:
			used = e.parse(args)
		}
		if used == 0 {
			return o, get, errSyntax
		}
		args = args[used:]
	}
	o.TTL, o.ExpireAt, problem = e.resolve(c, "set")
	return o, get, problem
}

// expiry is the expiration that the options of SET or GETEX choose. Its kinds exclude each other; of several values
// of one kind the last counts.
type expiry struct {
	kind  expiryKind
	value []byte
}

type expiryKind uint8

const (
	expiryNone expiryKind = iota
	expirySeconds
	expiryMillis
	expiryUnix
	expiryUnixMillis
	expiryKeep
	expiryPersist
)

// choose sets the kind, unless another was chosen.
func (e *expiry) choose(kind expiryKind) bool {
	if e.kind != expiryNone && e.kind != kind {
		return false
	}
	e.kind = kind
	return true
}

// parse takes EX, PX, EXAT or PXAT and its value from the front of args. It returns how many arguments it took, zero
// when there is no such option or it contradicts another.
func (e *expiry) parse(args [][]byte) int {
	var kind expiryKind
	switch word := args[0]; {
	case equalFold(word, "ex"):
		kind = expirySeconds
	case equalFold(word, "px"):
		kind = expiryMillis
	case equalFold(word, "exat"):
		kind = expiryUnix
	case equalFold(word, "pxat"):
		kind = expiryUnixMillis
	}
	if kind == expiryNone || len(args) < 2 || !e.choose(kind) {
		return 0
	}
	e.value = args[1]
	return 2
}

// resolve converts the chosen value into a TTL or a point in time. It returns the text of an error reply for one that
// is no positive number of milliseconds; command is the name that the text mentions.
func (e *expiry) resolve(c *client, command string) (ttl time.Duration, at time.Time, problem string) {
	if e.value == nil {
		return 0, time.Time{}, ""
	}
	n, ok := parseInt(e.value)
	if !ok {
		return 0, time.Time{}, errNotInteger
	}
	seconds := e.kind == expirySeconds || e.kind == expiryUnix
	if n <= 0 || (seconds && n > math.MaxInt64/1000) {
		return 0, time.Time{}, errExpireTime(command)
	}
	if seconds {
		n *= 1000
	}
	if e.kind == expiryUnix || e.kind == expiryUnixMillis {
		return 0, time.UnixMilli(n), ""
	}
	if n <= math.MaxInt64/int64(time.Millisecond) {
		return time.Duration(n) * time.Millisecond, time.Time{}, ""
	}
	now := c.now().UnixMilli()
	if n > math.MaxInt64-now {
		return 0, time.Time{}, errExpireTime(command)
	}
	return 0, time.UnixMilli(now + n), ""
}

func errExpireTime(command string) string {
	return "ERR invalid expire time in '" + command + "' command"
}

// cmdSetNX is SETNX key value.
func cmdSetNX(c *client, args [][]byte) {
	c.writeFlagOrErr(c.strings().Set(text(args[1]), args[2], datatypes.SetOptions{IfAbsent: true}))
}

// cmdSetEx is SETEX key seconds value.
func cmdSetEx(c *client, args [][]byte) { setExpiring(c, args, expirySeconds, "setex") }

// cmdPSetEx is PSETEX key milliseconds value.
func cmdPSetEx(c *client, args [][]byte) { setExpiring(c, args, expiryMillis, "psetex") }

func setExpiring(c *client, args [][]byte, kind expiryKind, command string) {
	e := expiry{kind, args[2]}
	ttl, at, problem := e.resolve(c, command)
	if problem != "" {
		c.writeError(problem)
		return
	}
	_, err := c.strings().Set(text(args[1]), args[3], datatypes.SetOptions{TTL: ttl, ExpireAt: at})
	c.writeOKOrErr(err)
}

// cmdGetSet is GETSET key value.
func cmdGetSet(c *client, args [][]byte) {
	old, existed, _, err := c.strings().SetGet(text(args[1]), args[2], datatypes.SetOptions{})
	c.writeOptional(old, existed, err)
}

// cmdGetDel is GETDEL key.
func cmdGetDel(c *client, args [][]byte) {
	start := c.beginBulk()
	out, ok, err := c.strings().AppendGetDel(c.out, text(args[1]))
	c.endBulk(start, out, ok, err)
}

// cmdGetEx is GETEX key [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | PERSIST].
func cmdGetEx(c *client, args [][]byte) {
	var e expiry
	for rest := args[2:]; len(rest) > 0; {
		used := e.parse(rest)
		if used == 0 && equalFold(rest[0], "persist") && e.choose(expiryPersist) {
			used = 1
		}
		if used == 0 {
			c.writeError(errSyntax)
			return
		}
		rest = rest[used:]
	}
	key := text(args[1])
	ttl, at, problem := e.resolve(c, "getex")
	if problem != "" {
		writeGetExProblem(c, key, problem)
		return
	}
	start := c.beginBulk()
	out, ok, err := c.strings().AppendGetEx(c.out, key,
		datatypes.GetExOptions{TTL: ttl, ExpireAt: at, Persist: e.kind == expiryPersist})
	c.endBulk(start, out, ok, err)
}

// writeGetExProblem answers a GETEX with a bad time: that the key is missing or holds another type counts first.
func writeGetExProblem(c *client, key, problem string) {
	ok, err := c.strings().View(key, func([]byte) error { return nil })
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeError(problem)
}

// cmdMGet is MGET key [key …].
func cmdMGet(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	if err := c.strings().MGetBatch(lists.withKeys(args[1:]), &lists.batch); err != nil {
		c.writeErr(err)
		return
	}
	c.writeArray(len(args) - 1)
	for i := range len(args) - 1 {
		value, ok := lists.batch.Value(i)
		c.writeOptional(value, ok, nil)
	}
}

// cmdMSet is MSET key value [key value …].
func cmdMSet(c *client, args [][]byte) {
	if len(args)%2 == 0 {
		c.writeError(errArguments("mset"))
		return
	}
	lists := lendLists()
	defer lists.release()
	c.writeOKOrErr(c.strings().MSet(lists.withItems(args[1:])...))
}

// cmdMSetNX is MSETNX key value [key value …].
func cmdMSetNX(c *client, args [][]byte) {
	if len(args)%2 == 0 {
		c.writeError(errArguments("msetnx"))
		return
	}
	lists := lendLists()
	defer lists.release()
	c.writeFlagOrErr(c.strings().MSetNX(lists.withItems(args[1:])...))
}

// cmdAppend is APPEND key value.
func cmdAppend(c *client, args [][]byte) {
	length, err := c.strings().Append(text(args[1]), args[2])
	c.writeIntOrErr(int64(length), err)
}

// cmdStrLen is STRLEN key.
func cmdStrLen(c *client, args [][]byte) {
	length, err := c.strings().Len(text(args[1]))
	c.writeIntOrErr(int64(length), err)
}

// cmdGetRange is GETRANGE key start end, and SUBSTR, its older name.
func cmdGetRange(c *client, args [][]byte) {
	first, ok1 := parseInt(args[2])
	last, ok2 := parseInt(args[3])
	if !ok1 || !ok2 {
		c.writeError(errNotInteger)
		return
	}
	start := c.beginBulk()
	out, err := c.strings().AppendGetRange(c.out, text(args[1]), first, last)
	c.endBulk(start, out, true, err)
}

// cmdSetRange is SETRANGE key offset value.
func cmdSetRange(c *client, args [][]byte) {
	offset, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	length, err := c.strings().SetRange(text(args[1]), offset, args[3])
	c.writeIntOrErr(int64(length), err)
}

// cmdIncr is INCR key.
func cmdIncr(c *client, args [][]byte) { c.writeIntOrErr(c.strings().Incr(text(args[1]))) }

// cmdDecr is DECR key.
func cmdDecr(c *client, args [][]byte) { c.writeIntOrErr(c.strings().Decr(text(args[1]))) }

// cmdIncrBy is INCRBY key increment.
func cmdIncrBy(c *client, args [][]byte) {
	delta, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	c.writeIntOrErr(c.strings().IncrBy(text(args[1]), delta))
}

// cmdDecrBy is DECRBY key decrement.
func cmdDecrBy(c *client, args [][]byte) {
	delta, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	c.writeIntOrErr(c.strings().DecrBy(text(args[1]), delta))
}

// cmdIncrByFloat is INCRBYFLOAT key increment.
func cmdIncrByFloat(c *client, args [][]byte) {
	sum, err := c.strings().IncrByFloatText(text(args[1]), text(args[2]))
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeBulkString(sum)
}

// cmdLCS is LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN].
func cmdLCS(c *client, args [][]byte) {
	a, b := text(args[1]), text(args[2])
	o, problem := parseLCSOptions(args[3:])
	if problem != "" {
		writeLCSProblem(c, a, b, problem)
		return
	}
	search := datatypes.LCSOptions{MinMatchLen: o.minMatchLen, MaxTable: c.srv.settings.maxBulk.Load()}
	if o.length {
		n, err := c.strings().LCSLen(a, b, search)
		if err != nil {
			writeLCSError(c, err)
			return
		}
		c.writeInt(int64(n))
		return
	}
	result, err := c.strings().LCS(a, b, search)
	switch {
	case err != nil:
		writeLCSError(c, err)
	case o.index:
		writeLCSMatches(c, result, o.withLen)
	default:
		c.writeBulk(result.Sequence)
	}
}

type lcsOptions struct {
	length, index, withLen bool
	minMatchLen            int
}

func parseLCSOptions(args [][]byte) (o lcsOptions, problem string) {
	for i := 0; i < len(args); i++ {
		switch word := args[i]; {
		case equalFold(word, "len"):
			o.length = true
		case equalFold(word, "idx"):
			o.index = true
		case equalFold(word, "withmatchlen"):
			o.withLen = true
		case equalFold(word, "minmatchlen") && i+1 < len(args):
			i++
			n, ok := parseInt(args[i])
			if !ok {
				return o, errNotInteger
			}
			o.minMatchLen = int(min(max(n, 0), math.MaxInt32))
		default:
			return o, errSyntax
		}
	}
	if o.length && o.index {
		return o, "ERR If you want both the length and indexes, please just use IDX."
	}
	return o, ""
}

// writeLCSError answers an error of the store, for some of which LCS has words of its own.
func writeLCSError(c *client, err error) {
	switch {
	case errors.Is(err, datatypes.ErrWrongType):
		c.writeError("ERR The specified keys must contain string values")
	case errors.Is(err, datatypes.ErrLCSTooLarge):
		c.writeError("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
	default:
		c.writeErr(err)
	}
}

// writeLCSProblem answers an LCS with bad options: that a key holds another type counts first.
func writeLCSProblem(c *client, a, b, problem string) {
	for _, key := range []string{a, b} {
		if _, err := c.strings().Len(key); err != nil {
			writeLCSError(c, err)
			return
		}
	}
	c.writeError(problem)
}

func writeLCSMatches(c *client, result datatypes.LCSResult, withLen bool) {
	c.writeMap(2)
	c.writeBulkString("matches")
	c.writeArray(len(result.Matches))
	for _, m := range result.Matches {
		c.writeArray(2 + count(withLen))
		for _, first := range [2]int{m.A, m.B} {
			c.writeArray(2)
			c.writeInt(int64(first))
			c.writeInt(int64(first + m.Len - 1))
		}
		if withLen {
			c.writeInt(int64(m.Len))
		}
	}
	writeField(c, "len", result.Len)
}
