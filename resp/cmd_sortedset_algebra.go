package resp

import (
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// combination is an operation on several sorted sets as the arguments of a command have it.
type combination struct {
	options    datatypes.CombineOptions
	withScores bool
	limit      int

	plain bool // the command has neither weights nor an aggregate
	store bool // the result is stored: there is no WITHSCORES
	card  bool // only the size is wanted: there is LIMIT, and nothing else
}

// parseKeys splits arguments that begin with a number of keys into these and the rest. It returns the text of an error
// reply for a bad number.
func parseKeys(name string, args [][]byte) (keys, rest [][]byte, problem string) {
	n, ok := parseInt(args[0])
	switch {
	case !ok:
		return nil, nil, errNotInteger
	case n < 1:
		return nil, nil, "ERR at least 1 input key is needed for '" + name + "' command"
	case n > int64(len(args)-1):
		return nil, nil, errSyntax
	}
	return args[1 : 1+n], args[1+n:], ""
}

// parse reads the options that follow so many keys. It returns the text of an error reply for bad ones.
func (q *combination) parse(args [][]byte, keys int) (problem string) {
	for len(args) > 0 {
		used := 0
		switch word := args[0]; {
		case !q.plain && !q.card && len(args) > keys && equalFold(word, "weights"):
			used, problem = 1+keys, q.parseWeights(args[1:1+keys])
		case !q.plain && !q.card && len(args) > 1 && equalFold(word, "aggregate"):
			used, problem = 2, q.parseAggregate(args[1])
		case !q.store && !q.card && equalFold(word, "withscores"):
			q.withScores, used = true, 1
		case q.card && len(args) > 1 && equalFold(word, "limit"):
			used, problem = 2, q.parseLimit(args[1])
		default:
			problem = errSyntax
		}
		if problem != "" {
			return problem
		}
		args = args[used:]
	}
	return ""
}

func (q *combination) parseWeights(args [][]byte) (problem string) {
	q.options.Weights = q.options.Weights[:0]
	for _, arg := range args {
		weight, ok := numeric.ParseFloat(arg)
		if !ok {
			return "ERR weight value is not a float"
		}
		q.options.Weights = append(q.options.Weights, weight)
	}
	return ""
}

func (q *combination) parseAggregate(arg []byte) (problem string) {
	switch {
	case equalFold(arg, "sum"):
		q.options.Aggregate = datatypes.Sum
	case equalFold(arg, "min"):
		q.options.Aggregate = datatypes.Min
	case equalFold(arg, "max"):
		q.options.Aggregate = datatypes.Max
	default:
		return errSyntax
	}
	return ""
}

func (q *combination) parseLimit(arg []byte) (problem string) {
	n, ok := parseInt(arg)
	if !ok || n < 0 {
		return "ERR LIMIT can't be negative"
	}
	q.limit = int(n)
	return ""
}

// combine parses the number of keys, the keys and the options and calls do with the keys. That one of them holds
// neither a set nor a sorted set counts before bad options.
func (q *combination) combine(c *client, name string, args [][]byte, do func(keys []string)) {
	keys, rest, problem := parseKeys(name, args)
	if problem != "" {
		c.writeError(problem)
		return
	}
	lists := lendLists()
	defer lists.release()
	names := lists.withKeys(keys)
	if problem = q.parse(rest, len(keys)); problem == "" {
		do(names)
		return
	}
	if err := c.sortedSets().Combinable(names...); err != nil {
		c.writeErr(err)
		return
	}
	c.writeError(problem)
}

// cmdZUnion is ZUNION numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES].
func cmdZUnion(c *client, args [][]byte) {
	var q combination
	q.combine(c, "zunion", args[1:], func(keys []string) {
		r := c.scored(q.withScores)
		r.list(c.sortedSets().Union(q.options, keys...))
	})
}

// cmdZInter is ZINTER numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES].
func cmdZInter(c *client, args [][]byte) {
	var q combination
	q.combine(c, "zinter", args[1:], func(keys []string) {
		r := c.scored(q.withScores)
		r.list(c.sortedSets().Inter(q.options, keys...))
	})
}

// cmdZDiff is ZDIFF numkeys key [key …] [WITHSCORES].
func cmdZDiff(c *client, args [][]byte) {
	q := combination{plain: true}
	q.combine(c, "zdiff", args[1:], func(keys []string) {
		r := c.scored(q.withScores)
		r.list(c.sortedSets().Diff(keys...))
	})
}

// cmdZInterCard is ZINTERCARD numkeys key [key …] [LIMIT limit].
func cmdZInterCard(c *client, args [][]byte) {
	q := combination{card: true}
	q.combine(c, "zintercard", args[1:], func(keys []string) {
		n, err := c.sortedSets().InterLen(q.limit, keys...)
		c.writeIntOrErr(int64(n), err)
	})
}

// cmdZUnionStore is ZUNIONSTORE destination numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE SUM | MIN | MAX].
func cmdZUnionStore(c *client, args [][]byte) {
	q := combination{store: true}
	q.combine(c, "zunionstore", args[2:], func(keys []string) {
		n, err := c.sortedSets().UnionStore(text(args[1]), q.options, keys...)
		c.writeIntOrErr(int64(n), err)
	})
}

// cmdZInterStore is ZINTERSTORE destination numkeys key [key …] [WEIGHTS weight [weight …]] [AGGREGATE SUM | MIN | MAX].
func cmdZInterStore(c *client, args [][]byte) {
	q := combination{store: true}
	q.combine(c, "zinterstore", args[2:], func(keys []string) {
		n, err := c.sortedSets().InterStore(text(args[1]), q.options, keys...)
		c.writeIntOrErr(int64(n), err)
	})
}

// cmdZDiffStore is ZDIFFSTORE destination numkeys key [key …].
func cmdZDiffStore(c *client, args [][]byte) {
	q := combination{store: true, plain: true}
	q.combine(c, "zdiffstore", args[2:], func(keys []string) {
		n, err := c.sortedSets().DiffStore(text(args[1]), keys...)
		c.writeIntOrErr(int64(n), err)
	})
}
