package resp

import (
	"math"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// The expiration of fields, with the commands and the error texts that Valkey 9 has for it.

func hashExpiryCommands() []*command {
	set := func(name string, handler handler) *command {
		return &command{name: name, handler: handler, arity: -6, flags: flagWrite | flagFast, category: catHash,
			keys: oneKey(1, keyRW|keyUpdate)}
	}
	get := func(name string, handler handler) *command {
		return &command{name: name, handler: handler, arity: -5, flags: flagReadonly | flagFast, category: catHash,
			keys: oneKey(1, keyRO|keyAccess)}
	}
	return []*command{
		set("hexpire", cmdHExpire),
		set("hexpireat", cmdHExpireAt),
		get("hexpiretime", cmdHExpireTime),
		{name: "hgetdel", handler: cmdHGetDel, arity: -5, flags: flagWrite | flagFast, category: catHash,
			keys: oneKey(1, keyRW|keyAccess|keyDelete)},
		{name: "hgetex", handler: cmdHGetEx, arity: -5, flags: flagWrite | flagFast, category: catHash,
			keys: oneKey(1, keyRW|keyAccess)},
		{name: "hpersist", handler: cmdHPersist, arity: -5, flags: flagWrite | flagFast, category: catHash,
			keys: oneKey(1, keyRW|keyUpdate)},
		set("hpexpire", cmdHPExpire),
		set("hpexpireat", cmdHPExpireAt),
		get("hpexpiretime", cmdHPExpireTime),
		get("hpttl", cmdHPTTL),
		{name: "hsetex", handler: cmdHSetEx, arity: -6, flags: flagWrite | flagDenyOOM | flagFast, category: catHash,
			keys: oneKey(1, keyRW|keyInsert)},
		get("httl", cmdHTTL),
	}
}

const errNumFields = "ERR numfields should be greater than 0 and match the provided number of fields"

// splitFields splits the arguments at the word FIELDS: what stands before it, and what follows.
func splitFields(args [][]byte) (options, rest [][]byte) {
	for i, word := range args {
		if equalFold(word, "fields") {
			return args[:i], args[i+1:]
		}
	}
	return nil, nil
}

// countedFields takes the number of fields from what follows FIELDS. Each field has size arguments.
func countedFields(rest [][]byte, size int64) (fields [][]byte, problem string) {
	if len(rest) == 0 {
		return nil, errNumFields
	}
	n, ok := parseInt(rest[0])
	fields = rest[1:]
	switch {
	case !ok:
		return nil, errNotInteger
	case n <= 0 || n > math.MaxInt64/size || n*size != int64(len(fields)):
		return nil, errNumFields
	}
	return fields, ""
}

// onlyFields returns the fields of a command that takes nothing but FIELDS numfields field [field …].
func onlyFields(args [][]byte) (fields [][]byte, problem string) {
	if !equalFold(args[2], "fields") {
		return nil, errSyntax
	}
	return countedFields(args[3:], 1)
}

// unixTime returns the point in time that an argument stands for: of the given kind, not negative, possibly past.
func unixTime(c *client, kind expiryKind, arg []byte, command string) (at time.Time, problem string) {
	n, ok := parseInt(arg)
	if !ok {
		return at, errNotInteger
	}
	if n < 0 {
		return at, errExpireTime(command)
	}
	if kind == expirySeconds || kind == expiryUnix {
		if n > math.MaxInt64/1000 {
			return at, errExpireTime(command)
		}
		n *= 1000
	}
	if kind == expirySeconds || kind == expiryMillis {
		now := c.now().UnixMilli()
		if n > math.MaxInt64-now {
			return at, errExpireTime(command)
		}
		n += now
	}
	return time.UnixMilli(n), ""
}

// cmdHExpire is HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field …].
func cmdHExpire(c *client, args [][]byte) { hexpire(c, args, expirySeconds, "hexpire") }

// cmdHPExpire is HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field …].
func cmdHPExpire(c *client, args [][]byte) { hexpire(c, args, expiryMillis, "hpexpire") }

// cmdHExpireAt is HEXPIREAT key unix-time [NX | XX | GT | LT] FIELDS numfields field [field …].
func cmdHExpireAt(c *client, args [][]byte) { hexpire(c, args, expiryUnix, "hexpireat") }

// cmdHPExpireAt is HPEXPIREAT key unix-time-ms [NX | XX | GT | LT] FIELDS numfields field [field …].
func cmdHPExpireAt(c *client, args [][]byte) { hexpire(c, args, expiryUnixMillis, "hpexpireat") }

func hexpire(c *client, args [][]byte, kind expiryKind, command string) {
	options, rest := splitFields(args[3:])
	cond, problem := parseExpireCond(options)
	var fields [][]byte
	if problem == "" {
		fields, problem = countedFields(rest, 1)
	}
	var at time.Time
	if problem == "" {
		at, problem = unixTime(c, kind, args[2], command)
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	c.writeResults(c.hashes().ExpireAt(text(args[1]), at, cond, lists.withKeys(fields)...))
}

// writeResults answers with what became of each field.
func (c *client) writeResults(results []datatypes.ExpireResult, err error) {
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeArray(len(results))
	for _, r := range results {
		c.writeInt(int64(r))
	}
}

// cmdHPersist is HPERSIST key FIELDS numfields field [field …].
func cmdHPersist(c *client, args [][]byte) {
	fields, problem := onlyFields(args)
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	c.writeResults(c.hashes().Persist(text(args[1]), lists.withKeys(fields)...))
}

// cmdHTTL is HTTL key FIELDS numfields field [field …].
func cmdHTTL(c *client, args [][]byte) { writeFieldExpiry(c, args, c.now().UnixMilli(), roundSeconds) }

// cmdHPTTL is HPTTL key FIELDS numfields field [field …].
func cmdHPTTL(c *client, args [][]byte) { writeFieldExpiry(c, args, c.now().UnixMilli(), millis) }

// cmdHExpireTime is HEXPIRETIME key FIELDS numfields field [field …].
func cmdHExpireTime(c *client, args [][]byte) { writeFieldExpiry(c, args, 0, roundSeconds) }

// cmdHPExpireTime is HPEXPIRETIME key FIELDS numfields field [field …].
func cmdHPExpireTime(c *client, args [][]byte) { writeFieldExpiry(c, args, 0, millis) }

func roundSeconds(ms int64) int64 { return ms/1000 + (ms%1000+500)/1000 }
func millis(ms int64) int64       { return ms }

// writeFieldExpiry answers with the times at which fields expire, counted from base and converted to a unit.
func writeFieldExpiry(c *client, args [][]byte, base int64, unit func(ms int64) int64) {
	fields, problem := onlyFields(args)
	if problem == errNumFields {
		problem = errSyntax
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	expiries, err := c.hashes().Expiry(text(args[1]), lists.withKeys(fields)...)
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeArray(len(expiries))
	for _, e := range expiries {
		switch {
		case !e.Exists:
			c.writeInt(int64(datatypes.ExpireMissing))
		case e.At.IsZero():
			c.writeInt(int64(datatypes.ExpireNoTTL))
		default:
			c.writeInt(unit(max(e.At.UnixMilli()-base, 0)))
		}
	}
}

// cmdHGetDel is HGETDEL key FIELDS numfields field [field …].
func cmdHGetDel(c *client, args [][]byte) {
	fields, problem := onlyFields(args)
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	err := c.hashes().GetDelBatch(text(args[1]), lists.withKeys(fields), &lists.batch)
	c.writeBatchOrErr(&lists.batch, err)
}

// cmdHGetEx is HGETEX key [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | PERSIST] FIELDS
// numfields field [field …].
func cmdHGetEx(c *client, args [][]byte) {
	options, rest := splitFields(args[2:])
	var e expiry
	for len(options) > 0 {
		used := e.parse(options)
		if used == 0 && equalFold(options[0], "persist") && e.choose(expiryPersist) {
			used = 1
		}
		if used == 0 {
			c.writeError(errSyntax)
			return
		}
		options = options[used:]
	}
	fields, problem := countedFields(rest, 1)
	if problem != "" {
		c.writeError(problem)
		return
	}
	at, ok := fieldTime(c, args, &e, "hgetex")
	if !ok {
		return
	}
	lists := lendLists()
	defer lists.release()
	err := c.hashes().GetExBatch(text(args[1]), datatypes.GetExOptions{ExpireAt: at, Persist: e.kind == expiryPersist},
		lists.withKeys(fields), &lists.batch)
	c.writeBatchOrErr(&lists.batch, err)
}

// fieldTime returns the time that the options chose, the zero time if none. A bad one it answers itself: that the key
// holds another type counts first.
func fieldTime(c *client, args [][]byte, e *expiry, command string) (at time.Time, ok bool) {
	if e.value == nil {
		return at, true
	}
	at, problem := unixTime(c, e.kind, e.value, command)
	if problem == "" {
		return at, true
	}
	if _, err := c.hashes().Len(text(args[1])); err != nil {
		c.writeErr(err)
		return at, false
	}
	c.writeError(problem)
	return at, false
}

// cmdHSetEx is HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | KEEPTTL]
// FIELDS numfields field value [field value …].
func cmdHSetEx(c *client, args [][]byte) {
	options, rest := splitFields(args[2:])
	o, e, problem := parseSetExOptions(options)
	var fields [][]byte
	if problem == "" {
		fields, problem = countedFields(rest, 2)
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	var ok bool
	if o.ExpireAt, ok = fieldTime(c, args, &e, "hsetex"); !ok {
		return
	}
	lists := lendLists()
	defer lists.release()
	c.writeFlagOrErr(c.hashes().SetEx(text(args[1]), o, lists.withFields(fields)...))
}

// parseSetExOptions parses what stands between key and FIELDS in HSETEX.
func parseSetExOptions(args [][]byte) (o datatypes.SetOptions, e expiry, problem string) {
	for len(args) > 0 {
		word, used := args[0], 1
		switch {
		case equalFold(word, "fnx") && !o.IfPresent:
			o.IfAbsent = true
		case equalFold(word, "fxx") && !o.IfAbsent:
			o.IfPresent = true
		case equalFold(word, "keepttl") && e.choose(expiryKeep):
			o.KeepTTL = true
		default:
			used = e.parse(args)
		}
		if used == 0 {
			return o, e, errSyntax
		}
		args = args[used:]
	}
	return o, e, ""
}
