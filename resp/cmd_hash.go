package resp

import (
	"math"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

func hashCommands() []*command {
	const write = flagWrite | flagDenyOOM | flagFast
	return []*command{
		{name: "hdel", handler: cmdHDel, arity: -3, flags: flagWrite | flagFast, category: catHash,
			keys: oneKey(1, keyRW|keyDelete)},
		{name: "hexists", handler: cmdHExists, arity: 3, flags: flagReadonly | flagFast, category: catHash,
			keys: oneKey(1, keyRO)},
		{name: "hget", handler: cmdHGet, arity: 3, flags: flagReadonly | flagFast, category: catHash,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "hgetall", handler: cmdHGetAll, arity: 2, flags: flagReadonly, category: catHash,
			keys: oneKey(1, keyRO|keyAccess), tips: []string{"nondeterministic_output_order"}},
		{name: "hincrby", handler: cmdHIncrBy, arity: 4, flags: write, category: catHash,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "hincrbyfloat", handler: cmdHIncrByFloat, arity: 4, flags: write, category: catHash,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "hkeys", handler: cmdHKeys, arity: 2, flags: flagReadonly, category: catHash,
			keys: oneKey(1, keyRO|keyAccess), tips: []string{"nondeterministic_output_order"}},
		{name: "hlen", handler: cmdHLen, arity: 2, flags: flagReadonly | flagFast, category: catHash,
			keys: oneKey(1, keyRO)},
		{name: "hmget", handler: cmdHMGet, arity: -3, flags: flagReadonly | flagFast, category: catHash,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "hmset", handler: cmdHMSet, arity: -4, flags: write, category: catHash,
			keys: oneKey(1, keyRW|keyUpdate)},
		{name: "hrandfield", handler: cmdHRandField, arity: -2, flags: flagReadonly, category: catHash,
			keys: oneKey(1, keyRO|keyAccess), tips: []string{"nondeterministic_output"}},
		{name: "hscan", handler: cmdHScan, arity: -3, flags: flagReadonly, category: catHash,
			keys: oneKey(1, keyRO|keyAccess), tips: []string{"nondeterministic_output"}},
		{name: "hset", handler: cmdHSet, arity: -4, flags: write, category: catHash,
			keys: oneKey(1, keyRW|keyUpdate)},
		{name: "hsetnx", handler: cmdHSetNX, arity: 4, flags: write, category: catHash,
			keys: oneKey(1, keyRW|keyInsert)},
		{name: "hstrlen", handler: cmdHStrLen, arity: 3, flags: flagReadonly | flagFast, category: catHash,
			keys: oneKey(1, keyRO)},
		{name: "hvals", handler: cmdHVals, arity: 2, flags: flagReadonly, category: catHash,
			keys: oneKey(1, keyRO|keyAccess), tips: []string{"nondeterministic_output_order"}},
	}
}

// cmdHSet is HSET key field value [field value …].
func cmdHSet(c *client, args [][]byte) {
	if len(args)%2 != 0 {
		c.writeError(errArguments("hset"))
		return
	}
	lists := lendLists()
	defer lists.release()
	added, err := c.hashes().Set(text(args[1]), lists.withFields(args[2:])...)
	c.writeIntOrErr(int64(added), err)
}

// cmdHMSet is HMSET key field value [field value …].
func cmdHMSet(c *client, args [][]byte) {
	if len(args)%2 != 0 {
		c.writeError(errArguments("hmset"))
		return
	}
	lists := lendLists()
	defer lists.release()
	_, err := c.hashes().Set(text(args[1]), lists.withFields(args[2:])...)
	c.writeOKOrErr(err)
}

// cmdHSetNX is HSETNX key field value.
func cmdHSetNX(c *client, args [][]byte) {
	c.writeFlagOrErr(c.hashes().SetIfAbsent(text(args[1]), text(args[2]), args[3]))
}

// cmdHGet is HGET key field.
func cmdHGet(c *client, args [][]byte) {
	start := c.beginBulk()
	out, ok, err := c.hashes().AppendGet(c.out, text(args[1]), text(args[2]))
	c.endBulk(start, out, ok, err)
}

// cmdHMGet is HMGET key field [field …].
func cmdHMGet(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	err := c.hashes().GetBatch(text(args[1]), lists.withKeys(args[2:]), &lists.batch)
	c.writeBatchOrErr(&lists.batch, err)
}

// writeBatchOrErr answers with the values of a batch, in an array, or with the error that kept them from being read.
func (c *client) writeBatchOrErr(b *datatypes.Batch, err error) {
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeArray(b.Len())
	c.writeValues(b)
}

// writeValues writes the values of a batch as the elements of what was begun.
func (c *client) writeValues(b *datatypes.Batch) {
	for i := range b.Len() {
		value, ok := b.Value(i)
		c.writeOptional(value, ok, nil)
	}
}

// cmdHGetAll is HGETALL key.
func cmdHGetAll(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	if err := c.hashes().GetAllBatch(text(args[1]), datatypes.HashPairs, &lists.batch); err != nil {
		c.writeErr(err)
		return
	}
	c.writeMap(lists.batch.Len() / 2)
	c.writeValues(&lists.batch)
}

// cmdHKeys is HKEYS key.
func cmdHKeys(c *client, args [][]byte) { writeHashPart(c, args, datatypes.HashFields) }

// cmdHVals is HVALS key.
func cmdHVals(c *client, args [][]byte) { writeHashPart(c, args, datatypes.HashValues) }

func writeHashPart(c *client, args [][]byte, part datatypes.HashPart) {
	lists := lendLists()
	defer lists.release()
	err := c.hashes().GetAllBatch(text(args[1]), part, &lists.batch)
	c.writeBatchOrErr(&lists.batch, err)
}

// cmdHLen is HLEN key.
func cmdHLen(c *client, args [][]byte) {
	n, err := c.hashes().Len(text(args[1]))
	c.writeIntOrErr(int64(n), err)
}

// cmdHStrLen is HSTRLEN key field.
func cmdHStrLen(c *client, args [][]byte) {
	n, err := c.hashes().ValueLen(text(args[1]), text(args[2]))
	c.writeIntOrErr(int64(n), err)
}

// cmdHExists is HEXISTS key field.
func cmdHExists(c *client, args [][]byte) {
	c.writeFlagOrErr(c.hashes().Exists(text(args[1]), text(args[2])))
}

// cmdHDel is HDEL key field [field …].
func cmdHDel(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.hashes().Delete(text(args[1]), lists.withKeys(args[2:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdHIncrBy is HINCRBY key field increment.
func cmdHIncrBy(c *client, args [][]byte) {
	delta, ok := parseInt(args[3])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	c.writeIntOrErr(c.hashes().IncrBy(text(args[1]), text(args[2]), delta))
}

// cmdHIncrByFloat is HINCRBYFLOAT key field increment.
func cmdHIncrByFloat(c *client, args [][]byte) {
	delta, ok := numeric.ParseLongDouble(args[3])
	if !ok {
		c.writeErr(datatypes.ErrNotFloat)
		return
	}
	if _, finite := delta.Add(numeric.LongDouble{}); !finite {
		c.writeError("ERR value is NaN or Infinity")
		return
	}
	sum, err := c.hashes().IncrByFloatText(text(args[1]), text(args[2]), text(args[3]))
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeBulkString(sum)
}

// cmdHRandField is HRANDFIELD key [count [WITHVALUES]].
func cmdHRandField(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	b := &lists.batch
	if len(args) == 2 {
		err := c.hashes().RandomBatch(text(args[1]), 1, datatypes.HashFields, b)
		if err != nil || b.Len() == 0 {
			c.writeErrOrNull(err)
			return
		}
		c.writeValues(b)
		return
	}
	count, part, problem := parseRandField(args[2:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	if err := c.hashes().RandomBatch(text(args[1]), count, part, b); err != nil {
		c.writeErr(drawError(err))
		return
	}
	c.writeRandom(part, b)
}

// writeRandom answers with fields and, if they were asked for, values: in RESP3 in pairs.
func (c *client) writeRandom(part datatypes.HashPart, b *datatypes.Batch) {
	if c.resp == 2 || part == datatypes.HashFields {
		c.writeBatchOrErr(b, nil)
		return
	}
	c.writeArray(b.Len() / 2)
	for i := range b.Len() {
		if i%2 == 0 {
			c.writeArray(2)
		}
		value, ok := b.Value(i)
		c.writeOptional(value, ok, nil)
	}
}

// parseRandField parses what follows the key in HRANDFIELD.
func parseRandField(args [][]byte) (count int, part datatypes.HashPart, problem string) {
	n, ok := parseInt(args[0])
	switch {
	case !ok:
		return 0, 0, errNotInteger
	case n == math.MinInt64:
		return 0, 0, errRandomCount
	case len(args) == 1:
		return int(n), datatypes.HashFields, ""
	case len(args) > 2 || !equalFold(args[1], "withvalues"):
		return 0, 0, errSyntax
	case n < -math.MaxInt64/2 || n > math.MaxInt64/2:
		return 0, 0, errOutOfRange
	}
	return int(n), datatypes.HashPairs, ""
}

// cmdHScan is HSCAN key cursor [MATCH pattern] [COUNT count].
func cmdHScan(c *client, args [][]byte) {
	scanElements(c, args, c.hashes(), 2, func(f datatypes.Field) string { return f.Name }, func(f datatypes.Field) {
		c.writeBulkString(f.Name)
		c.writeBulk(f.Value)
	})
}
