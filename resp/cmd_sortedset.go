package resp

import (
	"math"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

const (
	errNotFloat   = "ERR value is not a valid float"
	errScoreBound = "ERR min or max is not a float"
	errLexBound   = "ERR min or max not valid string range item"
)

func sortedSetCommands() []*command {
	const (
		cat   = catSortedSet
		write = flagWrite | flagFast
		read  = flagReadonly | flagFast
		store = flagWrite | flagDenyOOM
	)
	counted := func(index int, flags keyFlags) keySpec {
		return keySpec{flags: flags, index: index, keyNum: true, firstIndex: 1, step: 1}
	}
	sources := []keySpec{counted(1, keyRO|keyAccess)}
	into := []keySpec{{flags: keyOW | keyUpdate, index: 1, step: 1}, counted(2, keyRO|keyAccess)}
	timed := []keySpec{{flags: keyRW | keyAccess | keyDelete, index: 1, last: -2, step: 1}}
	varying := []string{"nondeterministic_output"}

	return []*command{
		{name: "bzmpop", handler: cmdBZMPop, arity: -5, flags: flagWrite | flagBlocking, category: cat,
			keys: []keySpec{counted(2, keyRW|keyAccess|keyDelete)}},
		{name: "bzpopmax", handler: cmdBZPopMax, arity: -3, flags: write | flagNoScript | flagBlocking, category: cat, keys: timed},
		{name: "bzpopmin", handler: cmdBZPopMin, arity: -3, flags: write | flagNoScript | flagBlocking, category: cat, keys: timed},
		{name: "zadd", handler: cmdZAdd, arity: -4, flags: write | flagDenyOOM, category: cat,
			keys: oneKey(1, keyRW|keyUpdate)},
		{name: "zcard", handler: cmdZCard, arity: 2, flags: read, category: cat, keys: oneKey(1, keyRO)},
		{name: "zcount", handler: cmdZCount, arity: 4, flags: read, category: cat, keys: oneKey(1, keyRO|keyAccess)},
		{name: "zdiff", handler: cmdZDiff, arity: -3, flags: flagReadonly, category: cat, keys: sources},
		{name: "zdiffstore", handler: cmdZDiffStore, arity: -4, flags: store, category: cat, keys: into},
		{name: "zincrby", handler: cmdZIncrBy, arity: 4, flags: write | flagDenyOOM, category: cat,
			keys: oneKey(1, keyRW|keyAccess|keyUpdate)},
		{name: "zinter", handler: cmdZInter, arity: -3, flags: flagReadonly, category: cat, keys: sources},
		{name: "zintercard", handler: cmdZInterCard, arity: -3, flags: flagReadonly, category: cat, keys: sources},
		{name: "zinterstore", handler: cmdZInterStore, arity: -4, flags: store, category: cat, keys: into},
		{name: "zlexcount", handler: cmdZLexCount, arity: 4, flags: read, category: cat, keys: oneKey(1, keyRO|keyAccess)},
		{name: "zmpop", handler: cmdZMPop, arity: -4, flags: flagWrite, category: cat,
			keys: []keySpec{counted(1, keyRW|keyAccess|keyDelete)}},
		{name: "zmscore", handler: cmdZMScore, arity: -3, flags: read, category: cat, keys: oneKey(1, keyRO|keyAccess)},
		{name: "zpopmax", handler: cmdZPopMax, arity: -2, flags: write, category: cat,
			keys: oneKey(1, keyRW|keyAccess|keyDelete)},
		{name: "zpopmin", handler: cmdZPopMin, arity: -2, flags: write, category: cat,
			keys: oneKey(1, keyRW|keyAccess|keyDelete)},
		{name: "zrandmember", handler: cmdZRandMember, arity: -2, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess), tips: varying},
		{name: "zrange", handler: cmdZRange, arity: -4, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrangebylex", handler: cmdZRangeByLex, arity: -4, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrangebyscore", handler: cmdZRangeByScore, arity: -4, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrangestore", handler: cmdZRangeStore, arity: -5, flags: store, category: cat,
			keys: []keySpec{{flags: keyOW | keyUpdate, index: 1, step: 1}, {flags: keyRO | keyAccess, index: 2, step: 1}}},
		{name: "zrank", handler: cmdZRank, arity: -3, flags: read, category: cat, keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrem", handler: cmdZRem, arity: -3, flags: write, category: cat, keys: oneKey(1, keyRW|keyDelete)},
		{name: "zremrangebylex", handler: cmdZRemRangeByLex, arity: 4, flags: flagWrite, category: cat,
			keys: oneKey(1, keyRW|keyDelete)},
		{name: "zremrangebyrank", handler: cmdZRemRangeByRank, arity: 4, flags: flagWrite, category: cat,
			keys: oneKey(1, keyRW|keyDelete)},
		{name: "zremrangebyscore", handler: cmdZRemRangeByScore, arity: 4, flags: flagWrite, category: cat,
			keys: oneKey(1, keyRW|keyDelete)},
		{name: "zrevrange", handler: cmdZRevRange, arity: -4, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrevrangebylex", handler: cmdZRevRangeByLex, arity: -4, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrevrangebyscore", handler: cmdZRevRangeByScore, arity: -4, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess)},
		{name: "zrevrank", handler: cmdZRevRank, arity: -3, flags: read, category: cat, keys: oneKey(1, keyRO|keyAccess)},
		{name: "zscan", handler: cmdZScan, arity: -3, flags: flagReadonly, category: cat,
			keys: oneKey(1, keyRO|keyAccess), tips: varying},
		{name: "zscore", handler: cmdZScore, arity: 3, flags: read, category: cat, keys: oneKey(1, keyRO|keyAccess)},
		{name: "zunion", handler: cmdZUnion, arity: -3, flags: flagReadonly, category: cat, keys: sources},
		{name: "zunionstore", handler: cmdZUnionStore, arity: -4, flags: store, category: cat, keys: into},
	}
}

// writeScoreOrNull answers with a score that may be missing.
func (c *client) writeScoreOrNull(score float64, ok bool, err error) {
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeDouble(score)
}

// scoredReply writes members of a sorted set, with or without their scores. In RESP3 a member and its score are an
// array of their own where nested says so.
type scoredReply struct {
	c          *client
	withScores bool
	nested     bool
}

// scored returns the form in which ranges are replied.
func (c *client) scored(withScores bool) scoredReply { return scoredReply{c, withScores, c.resp > 2} }

func (r *scoredReply) begin(n int) {
	if r.withScores && !r.nested {
		n *= 2
	}
	r.c.writeArray(n)
}

func (r *scoredReply) write(member []byte, score float64) {
	if !r.withScores {
		r.c.writeBulk(member)
		return
	}
	if r.nested {
		r.c.writeArray(2)
	}
	r.c.writeBulk(member)
	r.c.writeDouble(score)
}

// list writes the members of a result.
func (r *scoredReply) list(members []datatypes.Scored, err error) {
	if err != nil {
		r.c.writeErr(err)
		return
	}
	r.begin(len(members))
	for i := range members {
		r.write([]byte(members[i].Member), members[i].Score)
	}
}

// zaddOptions are what precedes the scores in ZADD.
type zaddOptions struct {
	datatypes.AddOptions
	changed bool // CH
	incr    bool // INCR
}

// parseZAddOptions takes options from the front of args and returns how many there are.
func parseZAddOptions(args [][]byte) (o zaddOptions, n int) {
	for ; n < len(args); n++ {
		switch word := args[n]; {
		case equalFold(word, "nx"):
			o.IfAbsent = true
		case equalFold(word, "xx"):
			o.IfPresent = true
		case equalFold(word, "gt"):
			o.IfGreater = true
		case equalFold(word, "lt"):
			o.IfLess = true
		case equalFold(word, "ch"):
			o.changed = true
		case equalFold(word, "incr"):
			o.incr = true
		default:
			return o, n
		}
	}
	return o, n
}

// problem returns the text of the error reply for options that exclude each other, for so many arguments that follow.
func (o *zaddOptions) problem(pairs int) string {
	switch {
	case pairs == 0 || pairs%2 != 0:
		return errSyntax
	case o.IfAbsent && o.IfPresent:
		return "ERR XX and NX options at the same time are not compatible"
	case o.IfGreater && o.IfAbsent || o.IfLess && o.IfAbsent || o.IfGreater && o.IfLess:
		return "ERR GT, LT, and/or NX options at the same time are not compatible"
	case o.incr && pairs > 2:
		return "ERR INCR option supports a single increment-element pair"
	}
	return ""
}

// cmdZAdd is ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member …].
func cmdZAdd(c *client, args [][]byte) {
	key := text(args[1])
	o, n := parseZAddOptions(args[2:])
	pairs := args[2+n:]
	if problem := o.problem(len(pairs)); problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	members, ok := lists.withScored(pairs)
	if !ok {
		c.writeError(errNotFloat)
		return
	}
	if o.incr {
		c.writeScoreOrNull(c.sortedSets().IncrByWith(key, o.AddOptions, members[0].Member, members[0].Score))
		return
	}
	added, changed, err := c.sortedSets().AddWith(key, o.AddOptions, members...)
	if o.changed {
		added += changed
	}
	c.writeIntOrErr(int64(added), err)
}

// cmdZIncrBy is ZINCRBY key increment member.
func cmdZIncrBy(c *client, args [][]byte) {
	delta, ok := numeric.ParseFloat(args[2])
	if !ok {
		c.writeError(errNotFloat)
		return
	}
	score, err := c.sortedSets().IncrBy(text(args[1]), text(args[3]), delta)
	c.writeScoreOrNull(score, true, err)
}

// cmdZRem is ZREM key member [member …].
func cmdZRem(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	n, err := c.sortedSets().Remove(text(args[1]), lists.withKeys(args[2:])...)
	c.writeIntOrErr(int64(n), err)
}

// cmdZScore is ZSCORE key member.
func cmdZScore(c *client, args [][]byte) {
	c.writeScoreOrNull(c.sortedSets().Score(text(args[1]), text(args[2])))
}

// cmdZMScore is ZMSCORE key member [member …].
func cmdZMScore(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	start := len(c.out)
	c.writeArray(len(args) - 2)
	err := c.sortedSets().Scores(text(args[1]), lists.withKeys(args[2:]), func(score float64, ok bool) {
		c.writeScoreOrNull(score, ok, nil)
	})
	if err != nil {
		c.out = c.out[:start]
		c.writeErr(err)
	}
}

// cmdZCard is ZCARD key.
func cmdZCard(c *client, args [][]byte) {
	n, err := c.sortedSets().Len(text(args[1]))
	c.writeIntOrErr(int64(n), err)
}

// cmdZRank is ZRANK key member [WITHSCORE].
func cmdZRank(c *client, args [][]byte) { rank(c, args, c.sortedSets().Rank) }

// cmdZRevRank is ZREVRANK key member [WITHSCORE].
func cmdZRevRank(c *client, args [][]byte) { rank(c, args, c.sortedSets().RevRank) }

func rank(c *client, args [][]byte, of func(key, member string) (int, float64, bool, error)) {
	withScore := len(args) > 3
	if len(args) > 4 || withScore && !equalFold(args[3], "withscore") {
		c.writeError(errSyntax)
		return
	}
	rank, score, ok, err := of(text(args[1]), text(args[2]))
	switch {
	case err == nil && !ok && withScore:
		c.writeNullArray()
	case err != nil || !ok:
		c.writeErrOrNull(err)
	case withScore:
		c.writeArray(2)
		c.writeInt(int64(rank))
		c.writeDouble(score)
	default:
		c.writeInt(int64(rank))
	}
}

// cmdZPopMin is ZPOPMIN key [count].
func cmdZPopMin(c *client, args [][]byte) { popScored(c, args, false) }

// cmdZPopMax is ZPOPMAX key [count].
func cmdZPopMax(c *client, args [][]byte) { popScored(c, args, true) }

func popScored(c *client, args [][]byte, highest bool) {
	n := int64(1)
	if len(args) > 3 {
		c.writeError(errSyntax)
		return
	}
	if len(args) == 3 {
		var ok bool
		if n, ok = parseInt(args[2]); !ok || n < 0 {
			c.writeError(errNotPositive)
			return
		}
	}
	r := scoredReply{c, true, c.resp > 2 && len(args) == 3}
	if err := c.sortedSets().PopEach(text(args[1]), int(n), highest, r.begin, r.write); err != nil {
		c.writeErr(err)
	}
}

// cmdZMPop is ZMPOP numkeys key [key …] MIN | MAX [COUNT count].
func cmdZMPop(c *client, args [][]byte) {
	keys, highest, n, problem := parseZMPop(args[1:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	ok, err := c.sortedSets().PopFirstEach(n, highest, lists.withKeys(keys), c.beginMPop, c.writePair)
	if err != nil {
		c.writeErr(err)
	} else if !ok {
		c.writeNullArray()
	}
}

// beginMPop begins the reply of ZMPOP.
func (c *client) beginMPop(key string, n int) {
	c.writeArray(2)
	c.writeBulkString(key)
	c.writeArray(n)
}

// writePair writes a member and its score as an array of their own.
func (c *client) writePair(member []byte, score float64) {
	c.writeArray(2)
	c.writeBulk(member)
	c.writeDouble(score)
}

// parseZMPop parses what follows the name of ZMPOP.
func parseZMPop(args [][]byte) (keys [][]byte, highest bool, n int, problem string) {
	count, ok := parseInt(args[0])
	if !ok || count <= 0 {
		return nil, false, 0, "ERR numkeys should be greater than 0"
	}
	if count > int64(len(args)-2) {
		return nil, false, 0, errSyntax
	}
	keys, args = args[1:1+count], args[1+count:]
	highest = equalFold(args[0], "max")
	if !highest && !equalFold(args[0], "min") {
		return nil, false, 0, errSyntax
	}
	if len(args) == 1 {
		return keys, highest, 1, ""
	}
	if len(args) < 3 || !equalFold(args[1], "count") {
		return nil, false, 0, errSyntax
	}
	if count, ok = parseInt(args[2]); !ok || count <= 0 {
		return nil, false, 0, "ERR count should be greater than 0"
	}
	if len(args) > 3 {
		return nil, false, 0, errSyntax
	}
	return keys, highest, int(count), ""
}

// cmdZRandMember is ZRANDMEMBER key [count [WITHSCORES]].
func cmdZRandMember(c *client, args [][]byte) {
	key := text(args[1])
	if len(args) == 2 {
		member, ok, err := c.sortedSets().Random(key)
		c.writeOptional([]byte(member.Member), ok, err)
		return
	}
	n, ok := parseInt(args[2])
	withScores := len(args) == 4 && equalFold(args[3], "withscores")
	problem := ""
	switch {
	case !ok:
		problem = errNotInteger
	case n == -1<<63:
		problem = errRandomCount
	case len(args) > 4 || len(args) == 4 && !withScores:
		problem = errSyntax
	case withScores && (n < -math.MaxInt64/2 || n > math.MaxInt64/2):
		problem = errOutOfRange
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	r := c.scored(withScores)
	if err := c.sortedSets().RandomEach(key, int(n), r.begin, r.write); err != nil {
		c.writeErr(drawError(err))
	}
}

// cmdZScan is ZSCAN key cursor [MATCH pattern] [COUNT count].
func cmdZScan(c *client, args [][]byte) {
	st := scoreScanner{SortedSets: c.sortedSets()}
	scanElements(c, args, &st, 2, func(m datatypes.Scored) string { return m.Member }, func(m datatypes.Scored) {
		var buf [32]byte
		c.writeBulkString(m.Member)
		if st.dense {
			c.writeBulk(numeric.AppendPacked(buf[:0], m.Score))
		} else {
			c.writeBulk(numeric.AppendFloat(buf[:0], m.Score))
		}
	})
}

// scoreScanner scans a sorted set and remembers whether that is dense: ZSCAN is the one command that replies scores as
// they are kept, which in a listpack is with all digits of integers.
type scoreScanner struct {
	datatypes.SortedSets
	dense bool
}

func (s *scoreScanner) Scan(key string, cursor uint64, o datatypes.ElementScanOptions) (members []datatypes.Scored, next uint64, err error) {
	members, next, s.dense, err = s.ScanDense(key, cursor, o)
	return members, next, err
}
