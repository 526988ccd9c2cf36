package resp

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func keyCommands() []*command {
	const (
		write   = flagWrite | flagFast
		read    = flagReadonly | flagFast
		cat     = catKeyspace
		flush   = catKeyspace | catDangerous
		expires = keyRW | keyUpdate
	)
	summed := []string{"request_policy:multi_shard", "response_policy:agg_sum"}
	everywhere := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	varying := []string{"nondeterministic_output"}

	return []*command{
		{name: "copy", handler: cmdCopy, arity: -3, flags: flagWrite | flagDenyOOM, category: cat,
			keys: []keySpec{{flags: keyRO | keyAccess, index: 1, step: 1}, {flags: keyOW | keyUpdate, index: 2, step: 1}}},
		{name: "dbsize", handler: cmdDBSize, arity: 1, flags: read, category: cat,
			tips: []string{"request_policy:all_shards", "response_policy:agg_sum"}},
		{name: "del", handler: cmdDel, arity: -2, flags: flagWrite, category: cat,
			keys: manyKeys(1, 1, keyRM|keyDelete), tips: summed},
		{name: "exists", handler: cmdExists, arity: -2, flags: read, category: cat,
			keys: manyKeys(1, 1, keyRO), tips: summed},
		{name: "expire", handler: cmdExpire, arity: -3, flags: write, category: cat, keys: oneKey(1, expires)},
		{name: "expireat", handler: cmdExpireAt, arity: -3, flags: write, category: cat, keys: oneKey(1, expires)},
		{name: "expiretime", handler: cmdExpireTime, arity: 2, flags: read, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "flushall", handler: cmdFlushAll, arity: -1, flags: flagWrite, category: flush, tips: everywhere},
		{name: "flushdb", handler: cmdFlushDB, arity: -1, flags: flagWrite, category: flush, tips: everywhere},
		{name: "keys", handler: cmdKeys, arity: 2, flags: flagReadonly, category: cat | catDangerous,
			tips: []string{"request_policy:all_shards", "nondeterministic_output_order"}},
		{name: "move", handler: cmdMove, arity: 3, flags: write, category: cat,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "object", arity: -2, subcommands: []*command{
			{name: "object|encoding", handler: cmdObjectEncoding, arity: 3, flags: flagReadonly, category: cat,
				keys: oneKey(2, keyRO), tips: varying},
			{name: "object|freq", handler: cmdObjectFreq, arity: 3, flags: flagReadonly, category: cat,
				keys: oneKey(2, keyRO), tips: varying},
			{name: "object|help", handler: cmdObjectHelp, arity: 2, flags: flagLoading | flagStale, category: cat},
			{name: "object|idletime", handler: cmdObjectIdleTime, arity: 3, flags: flagReadonly, category: cat,
				keys: oneKey(2, keyRO), tips: varying},
			{name: "object|refcount", handler: cmdObjectRefCount, arity: 3, flags: flagReadonly, category: cat,
				keys: oneKey(2, keyRO), tips: varying},
		}},
		{name: "persist", handler: cmdPersist, arity: -2, flags: write, category: cat, keys: oneKey(1, expires)},
		{name: "pexpire", handler: cmdPExpire, arity: -3, flags: write, category: cat, keys: oneKey(1, expires)},
		{name: "pexpireat", handler: cmdPExpireAt, arity: -3, flags: write, category: cat, keys: oneKey(1, expires)},
		{name: "pexpiretime", handler: cmdPExpireTime, arity: 2, flags: read, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "pttl", handler: cmdPTTL, arity: -2, flags: read, category: cat,
			keys: oneKey(1, keyRO|keyAccess), tips: varying},
		{name: "randomkey", handler: cmdRandomKey, arity: 1, flags: flagReadonly, category: cat,
			tips: []string{"request_policy:all_shards", "nondeterministic_output"}},
		{name: "rename", handler: cmdRename, arity: 3, flags: flagWrite, category: cat,
			keys: []keySpec{{flags: keyRW | keyAccess | keyDelete, index: 1, step: 1}, {flags: keyOW | keyUpdate, index: 2, step: 1}}},
		{name: "renamenx", handler: cmdRenameNX, arity: 3, flags: write, category: cat,
			keys: []keySpec{{flags: keyRW | keyAccess | keyDelete, index: 1, step: 1}, {flags: keyOW | keyInsert, index: 2, step: 1}}},
		{name: "scan", handler: cmdScan, arity: -2, flags: flagReadonly, category: cat,
			tips: []string{"nondeterministic_output", "request_policy:special"}},
		{name: "swapdb", handler: cmdSwapDB, arity: 3, flags: write, category: cat | catDangerous},
		{name: "touch", handler: cmdTouch, arity: -2, flags: read, category: cat,
			keys: manyKeys(1, 1, keyRO), tips: summed},
		{name: "ttl", handler: cmdTTL, arity: -2, flags: read, category: cat,
			keys: oneKey(1, keyRO|keyAccess), tips: varying},
		{name: "type", handler: cmdType, arity: 2, flags: read, category: cat, keys: oneKey(1, keyRO)},
		{name: "unlink", handler: cmdUnlink, arity: -2, flags: write, category: cat,
			keys: manyKeys(1, 1, keyRM|keyDelete), tips: summed},
	}
}

// cmdDel is DEL key [key …].
func cmdDel(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.keys().Del(lists.withKeys(args[1:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdUnlink is UNLINK key [key …].
func cmdUnlink(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.keys().Unlink(lists.withKeys(args[1:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdExists is EXISTS key [key …]. A key given twice counts twice.
func cmdExists(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.keys().Exists(lists.withKeys(args[1:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdTouch is TOUCH key [key …].
func cmdTouch(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.keys().Touch(lists.withKeys(args[1:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdType is TYPE key.
func cmdType(c *client, args [][]byte) {
	kind, ok, err := c.keys().Type(text(args[1]))
	switch {
	case err != nil:
		c.writeErr(err)
	case !ok:
		c.writeSimple("none")
	default:
		c.writeSimple(kind.String())
	}
}

// cmdRename is RENAME key newkey.
func cmdRename(c *client, args [][]byte) {
	c.writeOKOrErr(c.keys().Rename(text(args[1]), text(args[2])))
}

// cmdRenameNX is RENAMENX key newkey.
func cmdRenameNX(c *client, args [][]byte) {
	c.writeFlagOrErr(c.keys().RenameNX(text(args[1]), text(args[2])))
}

// cmdCopy is COPY source destination [DB index] [REPLACE].
func cmdCopy(c *client, args [][]byte) {
	var o datatypes.CopyOptions
	for i := 3; i < len(args); i++ {
		switch word := args[i]; {
		case equalFold(word, "replace"):
			o.Replace = true
		case equalFold(word, "db") && i+1 < len(args):
			i++
			db, problem := parseDB(c, args[i])
			if problem != "" {
				c.writeError(problem)
				return
			}
			o.DB = &db
		default:
			c.writeError(errSyntax)
			return
		}
	}
	c.writeFlagOrErr(c.keys().Copy(text(args[1]), text(args[2]), o))
}

// cmdMove is MOVE key db.
func cmdMove(c *client, args [][]byte) {
	db, problem := parseDB(c, args[2])
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.writeFlagOrErr(c.keys().Move(text(args[1]), db))
}

// parseDB parses the number of an existing database. It returns the text of an error reply for anything else.
func parseDB(c *client, arg []byte) (db int, problem string) {
	n, ok := parseInt(arg)
	switch {
	case !ok:
		return 0, errNotInteger
	case n < math.MinInt32 || n > math.MaxInt32:
		return 0, "ERR value is out of range, value must between -2147483648 and 2147483647"
	case n < 0 || n >= int64(c.databases()):
		return 0, errDBIndex
	}
	return int(n), ""
}

// cmdSwapDB is SWAPDB index1 index2.
func cmdSwapDB(c *client, args [][]byte) {
	var dbs [2]int64
	for i, which := range []string{"first", "second"} {
		n, ok := parseInt(args[1+i])
		if !ok || n < math.MinInt32 || n > math.MaxInt32 {
			c.writeError("ERR invalid " + which + " DB index")
			return
		}
		dbs[i] = n
	}
	c.writeOKOrErr(c.keys().SwapDB(int(dbs[0]), int(dbs[1])))
}

// cmdDBSize is DBSIZE.
func cmdDBSize(c *client, args [][]byte) {
	n, err := c.keys().Len()
	c.writeIntOrErr(int64(n), err)
}

// cmdKeys is KEYS pattern.
func cmdKeys(c *client, args [][]byte) {
	const few = 1000 // about a hundred microseconds
	if n, err := c.keys().Len(); err == nil && n > few && c.takesLong() {
		return
	}
	start := len(c.out)
	var err error
	writeStrings(c, func(yield func(string) bool) { err = c.keys().MatchEach(text(args[1]), yield) })
	c.undoOnError(start, err)
}

// writeStrings writes an array of the strings that seq yields. Their number being known only at the end, they are
// written first and make room for the array's header then.
func writeStrings(c *client, seq iter.Seq[string]) {
	start, n := len(c.out), 0
	for s := range seq {
		c.writeBulkString(s)
		n++
	}
	body := len(c.out)
	c.writeArray(n)
	rotate(c.out[start:], body-start)
}

// rotate moves the bytes of b from position k on before the others. There must be few of them.
func rotate(b []byte, k int) {
	var buf [32]byte
	tail := append(buf[:0], b[k:]...)
	copy(b[len(tail):], b[:k])
	copy(b, tail)
}

// typeNamed returns the type of that name in any case.
func typeNamed(name []byte) (datatypes.Type, bool) {
	for _, t := range []datatypes.Type{
		datatypes.TypeString, datatypes.TypeList, datatypes.TypeSet, datatypes.TypeSortedSet, datatypes.TypeHash,
	} {
		if equalFold(name, t.String()) {
			return t, true
		}
	}
	return 0, false
}

// cmdScan is SCAN cursor [MATCH pattern] [COUNT count] [TYPE type].
func cmdScan(c *client, args [][]byte) {
	cursor, ok := parseCursor(args[1])
	if !ok {
		c.writeError(errCursor)
		return
	}
	a, problem := parseScanArgs(args[2:], true)
	if problem != "" {
		c.writeError(problem)
		return
	}
	o, known := datatypes.ScanOptions{Match: a.match, Count: a.count}, true
	if a.typed != nil {
		o.Type, known = typeNamed(a.typed)
	}
	keys, next, err := c.keys().Scan(cursor, o)
	if err != nil {
		c.writeErr(err)
		return
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return !known || a.onlyEmpty && key != "" })
	writeScan(c, next, keys, 1, c.writeBulkString)
}

// cmdRandomKey is RANDOMKEY.
func cmdRandomKey(c *client, args [][]byte) {
	key, ok, err := c.keys().Random()
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeBulkString(key)
}

// cmdExpire is EXPIRE key seconds [NX | XX | GT | LT].
func cmdExpire(c *client, args [][]byte) { expire(c, args, expirySeconds, "expire") }

// cmdPExpire is PEXPIRE key milliseconds [NX | XX | GT | LT].
func cmdPExpire(c *client, args [][]byte) { expire(c, args, expiryMillis, "pexpire") }

// cmdExpireAt is EXPIREAT key unix-time [NX | XX | GT | LT].
func cmdExpireAt(c *client, args [][]byte) { expire(c, args, expiryUnix, "expireat") }

// cmdPExpireAt is PEXPIREAT key unix-time-ms [NX | XX | GT | LT].
func cmdPExpireAt(c *client, args [][]byte) { expire(c, args, expiryUnixMillis, "pexpireat") }

// expire answers the four commands that set an expiration. Times that have passed are allowed: they delete the key.
func expire(c *client, args [][]byte, kind expiryKind, command string) {
	cond, problem := parseExpireCond(args[3:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	n, ok := parseInt(args[2])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	if kind == expirySeconds || kind == expiryUnix {
		if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
			c.writeError(errExpireTime(command))
			return
		}
		n *= 1000
	}
	key := text(args[1])
	if kind == expiryUnix || kind == expiryUnixMillis {
		c.writeFlagOrErr(c.keys().ExpireAt(key, time.UnixMilli(n), cond))
		return
	}
	const most = math.MaxInt64 / int64(time.Millisecond)
	if -most <= n && n <= most {
		c.writeFlagOrErr(c.keys().Expire(key, time.Duration(n)*time.Millisecond, cond))
		return
	}
	now := c.now().UnixMilli()
	if n > math.MaxInt64-now {
		c.writeError(errExpireTime(command))
		return
	}
	c.writeFlagOrErr(c.keys().ExpireAt(key, time.UnixMilli(now+n), cond))
}

func parseExpireCond(args [][]byte) (cond datatypes.ExpireCond, problem string) {
	for _, word := range args {
		switch {
		case equalFold(word, "nx"):
			cond |= datatypes.ExpireNX
		case equalFold(word, "xx"):
			cond |= datatypes.ExpireXX
		case equalFold(word, "gt"):
			cond |= datatypes.ExpireGT
		case equalFold(word, "lt"):
			cond |= datatypes.ExpireLT
		default:
			return 0, "ERR Unsupported option " + clip(word, len(word))
		}
	}
	const others = datatypes.ExpireXX | datatypes.ExpireGT | datatypes.ExpireLT
	if cond&datatypes.ExpireNX != 0 && cond&others != 0 {
		return 0, "ERR NX and XX, GT or LT options at the same time are not compatible"
	}
	if cond&datatypes.ExpireGT != 0 && cond&datatypes.ExpireLT != 0 {
		return 0, "ERR GT and LT options at the same time are not compatible"
	}
	return cond, ""
}

// cmdTTL is TTL key [member], rounded to the nearest second.
func cmdTTL(c *client, args [][]byte) { remaining(c, args, 1000, "ttl") }

// cmdPTTL is PTTL key [member].
func cmdPTTL(c *client, args [][]byte) { remaining(c, args, 1, "pttl") }

func remaining(c *client, args [][]byte, unit int64, command string) {
	switch len(args) {
	case 2:
		writeRemaining(c, args, unit)
	case 3:
		writeMemberTTL(c, args, unit)
	default:
		c.writeError(errArguments(command))
	}
}

// cmdExpireTime is EXPIRETIME key, rounded to the nearest second.
func cmdExpireTime(c *client, args [][]byte) { writeExpireTime(c, args, 1000) }

// cmdPExpireTime is PEXPIRETIME key.
func cmdPExpireTime(c *client, args [][]byte) { writeExpireTime(c, args, 1) }

// The numbers with which the commands that report expirations tell of their absence.
const (
	replyNoExpiry = -1
	replyNoKey    = -2
)

func writeRemaining(c *client, args [][]byte, unit int64) {
	key := text(args[1])
	ttl, ok, err := c.keys().TTL(key)
	if err != nil || !ok || ttl == datatypes.NoTTL {
		writeNoExpiry(c, ok, err)
		return
	}
	if ttl == math.MaxInt64 {
		writeCenturies(c, key, unit)
		return
	}
	c.writeInt(roundTo(ttl.Milliseconds(), unit))
}

// writeCenturies answers what is left to a key that expires later than a time.Duration can say.
func writeCenturies(c *client, key string, unit int64) {
	at, ok, err := c.keys().ExpireTime(key)
	if err != nil || !ok || at.IsZero() {
		writeNoExpiry(c, ok, err)
		return
	}
	c.writeInt(roundTo(max(at.UnixMilli()-c.now().UnixMilli(), 0), unit))
}

func writeExpireTime(c *client, args [][]byte, unit int64) {
	at, ok, err := c.keys().ExpireTime(text(args[1]))
	if err != nil || !ok || at.IsZero() {
		writeNoExpiry(c, ok, err)
		return
	}
	c.writeInt(roundTo(at.UnixMilli(), unit))
}

func writeNoExpiry(c *client, ok bool, err error) {
	n := int64(replyNoExpiry)
	if !ok {
		n = replyNoKey
	}
	c.writeIntOrErr(n, err)
}

// roundTo returns n milliseconds, n not negative, as a number of units of 1 or 1000 milliseconds.
func roundTo(n, unit int64) int64 {
	q := n / unit
	if n%unit >= (unit+1)/2 {
		q++
	}
	return q
}

// cmdPersist is PERSIST key [member].
func cmdPersist(c *client, args [][]byte) {
	switch len(args) {
	case 2:
		c.writeFlagOrErr(c.keys().Persist(text(args[1])))
	case 3:
		c.writeFlagOrErr(c.keys().PersistMember(text(args[1]), text(args[2])))
	default:
		c.writeError(errArguments("persist"))
	}
}

// cmdObjectEncoding is OBJECT ENCODING key.
func cmdObjectEncoding(c *client, args [][]byte) {
	encoding, ok, err := c.keys().Encoding(text(args[2]))
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeBulkString(encoding)
}

// What OBJECT says of the two measures of use, of which the eviction policy keeps one.
const (
	errNoFreq = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. " + errPolicyNote
	errNoIdle = "ERR An LFU maxmemory policy is selected, idle time not tracked. " + errPolicyNote

	errPolicyNote = "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
)

// countsFrequency reports whether the eviction policy counts how often a key is used, rather than when.
func countsFrequency(p larder.Policy) bool { return p == larder.AllKeysLFU || p == larder.VolatileLFU }

// cmdObjectFreq is OBJECT FREQ key.
func cmdObjectFreq(c *client, args [][]byte) {
	freq, ok, err := c.keys().Freq(text(args[2]))
	if ok && !countsFrequency(c.cache().Policy()) {
		c.writeError(errNoFreq)
		return
	}
	c.writeOptionalInt(int64(freq), ok, err)
}

// cmdObjectIdleTime is OBJECT IDLETIME key, in seconds.
func cmdObjectIdleTime(c *client, args [][]byte) {
	idle, ok, err := c.keys().IdleTime(text(args[2]))
	if ok && countsFrequency(c.cache().Policy()) {
		c.writeError(errNoIdle)
		return
	}
	c.writeOptionalInt(int64(idle/time.Second), ok, err)
}

// cmdObjectRefCount is OBJECT REFCOUNT key.
func cmdObjectRefCount(c *client, args [][]byte) {
	n, ok, err := c.keys().RefCount(text(args[2]))
	c.writeOptionalInt(int64(n), ok, err)
}

// cmdObjectHelp is OBJECT HELP.
func cmdObjectHelp(c *client, args [][]byte) {
	writeHelp(c, "OBJECT",
		"ENCODING <key>", "Show how the value is represented.",
		"FREQ <key>", "Show the logarithm of how often the key was used lately.",
		"IDLETIME <key>", "Show for how many seconds the key was not used.",
		"REFCOUNT <key>", "Show how many references there are to the value.",
	)
}

// writeOptionalInt answers with a number that is null for a missing key.
func (c *client) writeOptionalInt(n int64, ok bool, err error) {
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeInt(n)
}

// cmdFlushDB is FLUSHDB [ASYNC | SYNC].
func cmdFlushDB(c *client, args [][]byte) {
	async, ok := parseFlushMode(args)
	switch {
	case !ok:
		c.writeError(errSyntax)
	case async:
		c.writeOKOrErr(c.keys().FlushAsync())
	default:
		c.writeOKOrErr(c.keys().Flush())
	}
}

// cmdFlushAll is FLUSHALL [ASYNC | SYNC].
func cmdFlushAll(c *client, args [][]byte) {
	async, ok := parseFlushMode(args)
	switch {
	case !ok:
		c.writeError(errSyntax)
	case async:
		c.writeOKOrErr(c.keys().FlushAllAsync())
	default:
		c.writeOKOrErr(c.keys().FlushAll())
	}
}

// parseFlushMode parses what follows the name of a flush command.
func parseFlushMode(args [][]byte) (async, ok bool) {
	if len(args) == 1 {
		return false, true
	}
	async = equalFold(args[1], "async")
	return async, len(args) == 2 && (async || equalFold(args[1], "sync"))
}
