package resp

import "github.com/larderkv/larder/encoding"

func hyperLogLogCommands() []*command {
	return []*command{
		{name: "pfadd", handler: cmdPFAdd, arity: -2, flags: flagWrite | flagDenyOOM | flagFast, category: catHyperLogLog,
			keys: oneKey(1, keyRW|keyInsert)},
		{name: "pfcount", handler: cmdPFCount, arity: -2, flags: flagReadonly, category: catHyperLogLog, mayReplicate: true,
			keys: []keySpec{{flags: keyRW | keyAccess, index: 1, last: -1, step: 1,
				notes: "RW because it may change the internal representation of the key, and propagate to replicas"}}},
		{name: "pfdebug", handler: cmdPFDebug, arity: 3, flags: flagWrite | flagDenyOOM | flagAdmin, category: catHyperLogLog,
			keys: oneKey(2, keyRW|keyAccess)},
		{name: "pfmerge", handler: cmdPFMerge, arity: -2, flags: flagWrite | flagDenyOOM, category: catHyperLogLog,
			keys: []keySpec{{flags: keyRW | keyAccess | keyInsert, index: 1, step: 1},
				{flags: keyRO | keyAccess, index: 2, last: -1, step: 1}}},
		{name: "pfselftest", handler: cmdPFSelfTest, arity: 1, flags: flagAdmin, category: catHyperLogLog},
	}
}

// cmdPFAdd is PFADD key [element …].
func cmdPFAdd(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	c.writeFlagOrErr(c.hyperLogLogs().Add(text(args[1]), lists.withKeys(args[2:])...))
}

// cmdPFCount is PFCOUNT key [key …].
func cmdPFCount(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	c.writeIntOrErr(c.hyperLogLogs().Count(lists.withKeys(args[1:])...))
}

// cmdPFMerge is PFMERGE destkey [sourcekey …].
func cmdPFMerge(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	c.writeOKOrErr(c.hyperLogLogs().Merge(text(args[1]), lists.withKeys(args[2:])...))
}

// cmdPFDebug is PFDEBUG GETREG | DECODE | ENCODING key. These forms change nothing, not even the representation.
func cmdPFDebug(c *client, args [][]byte) {
	key := text(args[2])
	dense, ok, err := c.hyperLogLogs().IsDense(key)
	switch {
	case err != nil:
		c.writeErr(err)
	case !ok:
		c.writeError("ERR The specified key does not exist")
	case equalFold(args[1], "getreg"):
		writeRegisters(c, key)
	case equalFold(args[1], "decode"):
		c.writeOptional(c.hyperLogLogs().Runs(key))
	case equalFold(args[1], "encoding") && dense:
		c.writeSimple("dense")
	case equalFold(args[1], "encoding"):
		c.writeSimple("sparse")
	default:
		c.writeError("ERR Unknown PFDEBUG subcommand '" + clip(args[1], 128) + "'")
	}
}

func writeRegisters(c *client, key string) {
	registers, ok, err := c.hyperLogLogs().Registers(key)
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeArray(len(registers))
	for _, rank := range registers {
		c.writeInt(int64(rank))
	}
}

// cmdPFSelfTest is PFSELFTEST.
func cmdPFSelfTest(c *client, _ [][]byte) {
	if err := encoding.SelfTestHLL(); err != nil {
		c.writeError("TESTFAILED " + err.Error())
		return
	}
	c.writeOK()
}
