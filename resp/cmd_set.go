package resp

import (
	"math"
	"sync"
)

func setCommands() []*command {
	const (
		write = flagWrite | flagFast
		read  = flagReadonly | flagFast
		store = flagWrite | flagDenyOOM
	)
	unordered := []string{"nondeterministic_output_order"}
	varying := []string{"nondeterministic_output"}
	sources := keySpec{flags: keyRO | keyAccess, index: 2, last: -1, step: 1}

	return []*command{
		{name: "sadd", handler: cmdSAdd, arity: -3, flags: write | flagDenyOOM, category: catSet,
			keys: oneKey(1, keyRW|keyInsert)},
		{name: "scard", handler: cmdSCard, arity: 2, flags: read, category: catSet, keys: oneKey(1, keyRO)},
		{name: "sdiff", handler: cmdSDiff, arity: -2, flags: flagReadonly, category: catSet,
			keys: manyKeys(1, 1, keyRO|keyAccess), tips: unordered},
		{name: "sdiffstore", handler: cmdSDiffStore, arity: -3, flags: store, category: catSet,
			keys: []keySpec{{flags: keyOW | keyUpdate, index: 1, step: 1}, sources}},
		{name: "sinter", handler: cmdSInter, arity: -2, flags: flagReadonly, category: catSet,
			keys: manyKeys(1, 1, keyRO|keyAccess), tips: unordered},
		{name: "sintercard", handler: cmdSInterCard, arity: -3, flags: flagReadonly, category: catSet,
			keys: []keySpec{{flags: keyRO | keyAccess, index: 1, keyNum: true, firstIndex: 1, step: 1}}},
		{name: "sinterstore", handler: cmdSInterStore, arity: -3, flags: store, category: catSet,
			keys: []keySpec{{flags: keyRW | keyUpdate, index: 1, step: 1}, sources}},
		{name: "sismember", handler: cmdSIsMember, arity: 3, flags: read, category: catSet, keys: oneKey(1, keyRO)},
		{name: "smembers", handler: cmdSMembers, arity: 2, flags: flagReadonly, category: catSet,
			keys: oneKey(1, keyRO|keyAccess), tips: unordered},
		{name: "smismember", handler: cmdSMIsMember, arity: -3, flags: read, category: catSet,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "smove", handler: cmdSMove, arity: 4, flags: write, category: catSet,
			keys: []keySpec{{flags: keyRW | keyAccess | keyDelete, index: 1, step: 1}, {flags: keyRW | keyInsert, index: 2, step: 1}}},
		{name: "spop", handler: cmdSPop, arity: -2, flags: write, category: catSet,
			keys: oneKey(1, keyRW|keyAccess|keyDelete), tips: varying},
		{name: "srandmember", handler: cmdSRandMember, arity: -2, flags: flagReadonly, category: catSet,
			keys: oneKey(1, keyRO|keyAccess), tips: varying},
		{name: "srem", handler: cmdSRem, arity: -3, flags: write, category: catSet, keys: oneKey(1, keyRW|keyDelete)},
		{name: "sscan", handler: cmdSScan, arity: -3, flags: flagReadonly, category: catSet,
			keys: oneKey(1, keyRO|keyAccess), tips: varying},
		{name: "sunion", handler: cmdSUnion, arity: -2, flags: flagReadonly, category: catSet,
			keys: manyKeys(1, 1, keyRO|keyAccess), tips: unordered},
		{name: "sunionstore", handler: cmdSUnionStore, arity: -3, flags: store, category: catSet,
			keys: []keySpec{{flags: keyOW | keyUpdate, index: 1, step: 1}, sources}},
	}
}

// cmdSAdd is SADD key member [member …].
func cmdSAdd(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.sets().Add(text(args[1]), lists.withKeys(args[2:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdSRem is SREM key member [member …].
func cmdSRem(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.sets().Remove(text(args[1]), lists.withKeys(args[2:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdSCard is SCARD key.
func cmdSCard(c *client, args [][]byte) {
	n, err := c.sets().Len(text(args[1]))
	c.writeIntOrErr(int64(n), err)
}

// cmdSIsMember is SISMEMBER key member.
func cmdSIsMember(c *client, args [][]byte) {
	c.writeFlagOrErr(c.sets().Contains(text(args[1]), text(args[2])))
}

// cmdSMIsMember is SMISMEMBER key member [member …].
func cmdSMIsMember(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	var room [16]bool
	contained, err := c.sets().ContainsEach(room[:0], text(args[1]), lists.withKeys(args[2:])...)
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeArray(len(contained))
	for _, is := range contained {
		c.writeFlagOrErr(is, nil)
	}
}

// cmdSMove is SMOVE source destination member.
func cmdSMove(c *client, args [][]byte) {
	c.writeFlagOrErr(c.sets().Move(text(args[1]), text(args[2]), text(args[3])))
}

// memberWriter is lent to handlers whose stores pass members on one by one. Its function is made once, so that passing it
// takes no memory.
type memberWriter struct {
	client *client
	n      int
	write  func(member []byte)
}

var memberWriterPool = sync.Pool{New: func() any {
	w := new(memberWriter)
	w.write = func(member []byte) {
		w.client.writeBulk(member)
		w.n++
	}
	return w
}}

// writeMembers writes what list passes on, as an aggregate of the given kind. The number of members being
// known only at the end, they are written first and make room for the header then.
func (c *client) writeMembers(kind byte, list func(write func(member []byte)) error) {
	w := memberWriterPool.Get().(*memberWriter)
	w.client, w.n = c, 0
	defer func() {
		w.client = nil
		memberWriterPool.Put(w)
	}()
	start := len(c.out)
	if err := list(w.write); err != nil {
		c.out = c.out[:start]
		c.writeErr(err)
		return
	}
	body := len(c.out)
	c.writeAggregate(kind, w.n)
	rotate(c.out[start:], body-start)
}

// The types of the replies that list members: in RESP2 both are arrays.
const (
	replySet   = '~'
	replyArray = '*'
)

// cmdSMembers is SMEMBERS key.
func cmdSMembers(c *client, args [][]byte) {
	c.writeMembers(replySet, func(write func([]byte)) error { return c.sets().Each(text(args[1]), write) })
}

// cmdSInter is SINTER key [key …].
func cmdSInter(c *client, args [][]byte) { combineSets(c, args, c.sets().InterEach) }

// cmdSUnion is SUNION key [key …].
func cmdSUnion(c *client, args [][]byte) { combineSets(c, args, c.sets().UnionEach) }

// cmdSDiff is SDIFF key [key …].
func cmdSDiff(c *client, args [][]byte) { combineSets(c, args, c.sets().DiffEach) }

func combineSets(c *client, args [][]byte, combine func([]string, func([]byte)) error) {
	lists := lendLists()
	defer lists.release()
	keys := lists.withKeys(args[1:])
	c.writeMembers(replySet, func(write func([]byte)) error { return combine(keys, write) })
}

// cmdSInterStore is SINTERSTORE destination key [key …].
func cmdSInterStore(c *client, args [][]byte) { storeSets(c, args, c.sets().InterStore) }

// cmdSUnionStore is SUNIONSTORE destination key [key …].
func cmdSUnionStore(c *client, args [][]byte) { storeSets(c, args, c.sets().UnionStore) }

// cmdSDiffStore is SDIFFSTORE destination key [key …].
func cmdSDiffStore(c *client, args [][]byte) { storeSets(c, args, c.sets().DiffStore) }

func storeSets(c *client, args [][]byte, store func(string, ...string) (int, error)) {
	lists := lendLists()
	defer lists.release()
	n, err := store(text(args[1]), lists.withKeys(args[2:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdSInterCard is SINTERCARD numkeys key [key …] [LIMIT limit].
func cmdSInterCard(c *client, args [][]byte) {
	keys, rest, problem := numberedKeys(args[1:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	limit := 0
	for ; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 || !equalFold(rest[0], "limit") {
			c.writeError(errSyntax)
			return
		}
		n, ok := parseInt(rest[1])
		if !ok || n < 0 {
			c.writeError("ERR LIMIT can't be negative")
			return
		}
		limit = int(n)
	}
	lists := lendLists()
	defer lists.release()
	n, err := c.sets().InterLen(limit, lists.withKeys(keys)...)
	c.writeIntOrErr(int64(n), err)
}

// numberedKeys splits arguments that begin with a number of keys into these and the rest. It returns the text of an error
// reply for a bad number.
func numberedKeys(args [][]byte) (keys, rest [][]byte, problem string) {
	n, ok := parseInt(args[0])
	switch {
	case !ok || n <= 0:
		return nil, nil, "ERR numkeys should be greater than 0"
	case n > int64(len(args)-1):
		return nil, nil, "ERR Number of keys can't be greater than number of args"
	}
	return args[1 : 1+n], args[1+n:], ""
}

// cmdSPop is SPOP key [count].
func cmdSPop(c *client, args [][]byte) {
	key := text(args[1])
	if len(args) == 2 {
		start := c.beginBulk()
		out, ok, err := c.sets().AppendPop(c.out, key)
		c.endBulk(start, out, ok, err)
		return
	}
	if len(args) > 3 {
		c.writeError(errSyntax)
		return
	}
	n, ok := parseInt(args[2])
	if !ok || n < 0 {
		c.writeError(errNotPositive)
		return
	}
	c.writeMembers(replySet, func(write func([]byte)) error { return c.sets().PopEach(key, int(n), write) })
}

// cmdSRandMember is SRANDMEMBER key [count].
func cmdSRandMember(c *client, args [][]byte) {
	key := text(args[1])
	if len(args) == 2 {
		start := c.beginBulk()
		out, ok, err := c.sets().AppendRandom(c.out, key)
		c.endBulk(start, out, ok, err)
		return
	}
	if len(args) > 3 {
		c.writeError(errSyntax)
		return
	}
	n, ok := parseInt(args[2])
	switch {
	case !ok:
		c.writeError(errNotInteger)
		return
	case n == math.MinInt64:
		c.writeError(errRandomCount)
		return
	}
	c.writeMembers(replyArray, func(write func([]byte)) error {
		return drawError(c.sets().RandomEach(key, int(n), write))
	})
}

// cmdSScan is SSCAN key cursor [MATCH pattern] [COUNT count].
func cmdSScan(c *client, args [][]byte) {
	scanElements(c, args, c.sets(), 1, func(member string) string { return member }, c.writeBulkString)
}
