package resp

import (
	"math"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// rangeBy is what the bounds of a range are.
type rangeBy uint8

const (
	byRank rangeBy = iota
	byScore
	byLex
)

// rangeQuery is a range of a sorted set as the arguments of a command have it.
type rangeQuery struct {
	by         rangeBy
	reverse    bool
	fixed      bool // what the two above are goes by the command's name
	store      bool
	withScores bool
	offset     int64
	count      int64
}

// parse reads the options that follow the bounds. It returns the text of an error reply for bad ones.
func (q *rangeQuery) parse(args [][]byte) (problem string) {
	q.count = -1
	for len(args) > 0 {
		used := 1
		switch word := args[0]; {
		case !q.store && equalFold(word, "withscores"):
			q.withScores = true
		case len(args) > 2 && equalFold(word, "limit"):
			var ok1, ok2 bool
			q.offset, ok1 = parseInt(args[1])
			q.count, ok2 = parseInt(args[2])
			if !ok1 || !ok2 {
				return errNotInteger
			}
			used = 3
		case !q.fixed && !q.reverse && equalFold(word, "rev"):
			q.reverse = true
		case !q.fixed && q.by == byRank && equalFold(word, "bylex"):
			q.by = byLex
		case !q.fixed && q.by == byRank && equalFold(word, "byscore"):
			q.by = byScore
		default:
			return errSyntax
		}
		args = args[used:]
	}
	switch {
	case q.count != -1 && q.by == byRank:
		return "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
	case q.withScores && q.by == byLex:
		return "ERR syntax error, WITHSCORES not supported in combination with BYLEX"
	}
	return ""
}

// bounds returns the range between two bounds, of which a reversed range of scores or names gives the higher one first.
func (q *rangeQuery) bounds(from, to []byte) (r datatypes.Range, problem string) {
	if q.reverse && q.by != byRank {
		from, to = to, from
	}
	switch q.by {
	case byRank:
		r, problem = rankRange(from, to)
	case byScore:
		r, problem = scoreRange(from, to)
	case byLex:
		r, problem = lexRange(from, to)
	}
	r.Reverse = q.reverse
	if q.by != byRank {
		r.Offset = int(q.offset)
		switch {
		case q.count > 0:
			r.Count = int(q.count)
		case q.count == 0:
			r.Offset = math.MaxInt // no member at all
		}
	}
	return r, problem
}

func rankRange(from, to []byte) (r datatypes.Range, problem string) {
	start, ok1 := parseInt(from)
	stop, ok2 := parseInt(to)
	if !ok1 || !ok2 {
		return r, errNotInteger
	}
	return datatypes.ByRank(int(start), int(stop)), ""
}

func scoreRange(from, to []byte) (r datatypes.Range, problem string) {
	low, ok1 := scoreBound(from)
	high, ok2 := scoreBound(to)
	if !ok1 || !ok2 {
		return r, errScoreBound
	}
	return datatypes.ByScore(low, high), ""
}

// scoreBound parses a score, which is excluded if it stands behind a parenthesis.
func scoreBound(arg []byte) (b datatypes.ScoreBound, ok bool) {
	if len(arg) > 0 && arg[0] == '(' {
		b.Exclusive, arg = true, arg[1:]
	}
	b.Score, ok = numeric.ParseBound(arg)
	return b, ok
}

func lexRange(from, to []byte) (r datatypes.Range, problem string) {
	low, ok1 := lexBound(from)
	high, ok2 := lexBound(to)
	if !ok1 || !ok2 {
		return r, errLexBound
	}
	return datatypes.ByLex(low, high), ""
}

// lexBound parses a name behind a bracket, or a parenthesis if it is excluded, or one of the ends of all names.
func lexBound(arg []byte) (b datatypes.LexBound, ok bool) {
	if len(arg) == 0 {
		return b, false
	}
	whole := len(arg) == 1 || arg[1] == 0
	switch arg[0] {
	case '-':
		return datatypes.LexBound{Infinite: -1}, whole
	case '+':
		return datatypes.LexBound{Infinite: 1}, whole
	case '(', '[':
		return datatypes.LexBound{Member: text(arg[1:]), Exclusive: arg[0] == '('}, true
	}
	return b, false
}

// cmdZRange is ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES].
func cmdZRange(c *client, args [][]byte) { rangeScored(c, args, rangeQuery{}) }

// cmdZRevRange is ZREVRANGE key start stop [WITHSCORES].
func cmdZRevRange(c *client, args [][]byte) {
	rangeScored(c, args, rangeQuery{reverse: true, fixed: true})
}

// cmdZRangeByScore is ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count].
func cmdZRangeByScore(c *client, args [][]byte) {
	rangeScored(c, args, rangeQuery{by: byScore, fixed: true})
}

// cmdZRevRangeByScore is ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count].
func cmdZRevRangeByScore(c *client, args [][]byte) {
	rangeScored(c, args, rangeQuery{by: byScore, reverse: true, fixed: true})
}

// cmdZRangeByLex is ZRANGEBYLEX key min max [LIMIT offset count].
func cmdZRangeByLex(c *client, args [][]byte) {
	rangeScored(c, args, rangeQuery{by: byLex, fixed: true})
}

// cmdZRevRangeByLex is ZREVRANGEBYLEX key max min [LIMIT offset count].
func cmdZRevRangeByLex(c *client, args [][]byte) {
	rangeScored(c, args, rangeQuery{by: byLex, reverse: true, fixed: true})
}

func rangeScored(c *client, args [][]byte, q rangeQuery) {
	problem := q.parse(args[4:])
	var r datatypes.Range
	if problem == "" {
		r, problem = q.bounds(args[2], args[3])
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	reply := c.scored(q.withScores)
	if err := c.sortedSets().RangeEach(text(args[1]), r, reply.begin, reply.write); err != nil {
		c.writeErr(err)
	}
}

// cmdZRangeStore is ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count].
func cmdZRangeStore(c *client, args [][]byte) {
	q := rangeQuery{store: true}
	problem := q.parse(args[5:])
	var r datatypes.Range
	if problem == "" {
		r, problem = q.bounds(args[3], args[4])
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	n, err := c.sortedSets().RangeStore(text(args[1]), text(args[2]), r)
	c.writeIntOrErr(int64(n), err)
}

// cmdZCount is ZCOUNT key min max.
func cmdZCount(c *client, args [][]byte) {
	low, ok1 := scoreBound(args[2])
	high, ok2 := scoreBound(args[3])
	if !ok1 || !ok2 {
		c.writeError(errScoreBound)
		return
	}
	n, err := c.sortedSets().Count(text(args[1]), low, high)
	c.writeIntOrErr(int64(n), err)
}

// cmdZLexCount is ZLEXCOUNT key min max.
func cmdZLexCount(c *client, args [][]byte) {
	low, ok1 := lexBound(args[2])
	high, ok2 := lexBound(args[3])
	if !ok1 || !ok2 {
		c.writeError(errLexBound)
		return
	}
	n, err := c.sortedSets().CountLex(text(args[1]), low, high)
	c.writeIntOrErr(int64(n), err)
}

// cmdZRemRangeByRank is ZREMRANGEBYRANK key start stop.
func cmdZRemRangeByRank(c *client, args [][]byte) { removeRange(c, args, rankRange) }

// cmdZRemRangeByScore is ZREMRANGEBYSCORE key min max.
func cmdZRemRangeByScore(c *client, args [][]byte) { removeRange(c, args, scoreRange) }

// cmdZRemRangeByLex is ZREMRANGEBYLEX key min max.
func cmdZRemRangeByLex(c *client, args [][]byte) { removeRange(c, args, lexRange) }

func removeRange(c *client, args [][]byte, parse func(from, to []byte) (datatypes.Range, string)) {
	r, problem := parse(args[2], args[3])
	if problem != "" {
		c.writeError(problem)
		return
	}
	n, err := c.sortedSets().RemoveRange(text(args[1]), r)
	c.writeIntOrErr(int64(n), err)
}
