package resp

import "github.com/larderkv/larder/datatypes"

// cmdBZPopMin is BZPOPMIN key [key …] timeout.
func cmdBZPopMin(c *client, args [][]byte) { awaitScored(c, args, false) }

// cmdBZPopMax is BZPOPMAX key [key …] timeout.
func cmdBZPopMax(c *client, args [][]byte) { awaitScored(c, args, true) }

func awaitScored(c *client, args [][]byte, highest bool) {
	last := len(args) - 1
	awaitMPop(c, args[1:last], highest, 1, args[last], (*client).writeSortedPopped)
}

// cmdBZMPop is BZMPOP timeout numkeys key [key …] MIN | MAX [COUNT count].
func cmdBZMPop(c *client, args [][]byte) {
	keys, highest, n, problem := parseZMPop(args[2:])
	if problem != "" {
		c.writeError(problem)
		return
	}
	awaitMPop(c, keys, highest, n, args[1], (*client).writeSortedPoppedMany)
}

func awaitMPop(c *client, keys [][]byte, highest bool, n int, timeout []byte, write func(*client, datatypes.SortedPopped, error)) {
	lists := lendLists()
	defer lists.release()
	names := lists.withKeys(keys)
	await(c, timeout, write, func(done func(datatypes.SortedPopped, error)) (datatypes.SortedPopped, *datatypes.Wait, error) {
		return c.sortedSets().BeginPopFirst(n, highest, names, done)
	})
}

// writeSortedPopped answers with a key, a member of its sorted set and the score.
func (c *client) writeSortedPopped(p datatypes.SortedPopped, err error) {
	switch {
	case err != nil:
		c.writeErr(err)
	case len(p.Members) == 0:
		c.writeNullArray()
	default:
		c.writeArray(3)
		c.writeBulkString(p.Key)
		c.writeBulkString(p.Members[0].Member)
		c.writeDouble(p.Members[0].Score)
	}
}

// writeSortedPoppedMany answers with a key and members of its sorted set.
func (c *client) writeSortedPoppedMany(p datatypes.SortedPopped, err error) {
	switch {
	case err != nil:
		c.writeErr(err)
	case len(p.Members) == 0:
		c.writeNullArray()
	default:
		c.beginMPop(p.Key, len(p.Members))
		for _, m := range p.Members {
			c.writePair([]byte(m.Member), m.Score)
		}
	}
}
