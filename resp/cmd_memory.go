package resp

import (
	"math"
	"runtime/debug"
)

func memoryCommands() []*command {
	tips := []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}
	return []*command{
		{name: "memory", arity: -2, subcommands: []*command{
			{name: "memory|bigkeys", handler: cmdMemoryBigKeys, arity: -2, flags: flagAdmin | flagNoScript, tips: tips},
			{name: "memory|doctor", handler: cmdMemoryDoctor, arity: 2, wholeCache: true, tips: tips},
			{name: "memory|help", handler: cmdMemoryHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "memory|malloc-stats", handler: cmdMemoryMallocStats, arity: 2, wholeCache: true, tips: tips},
			{name: "memory|purge", handler: cmdMemoryPurge, arity: 2, wholeCache: true,
				tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
			{name: "memory|stats", handler: cmdMemoryStats, arity: 2, wholeCache: true, tips: tips},
			{name: "memory|usage", handler: cmdMemoryUsage, arity: -3, flags: flagReadonly, keys: oneKey(2, keyRO)},
		}},
	}
}

// cmdMemoryUsage is MEMORY USAGE key [SAMPLES count]. The figure being exact, the number of samples is only checked.
func cmdMemoryUsage(c *client, args [][]byte) {
	for rest := args[3:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 || !equalFold(rest[0], "samples") {
			c.writeError(errSyntax)
			return
		}
		n, ok := parseInt(rest[1])
		if !ok {
			c.writeError(errNotInteger)
			return
		}
		if n < 0 {
			c.writeError(errSyntax)
			return
		}
	}
	n, ok, err := c.keys().MemoryUsage(text(args[2]))
	c.writeOptionalInt(int64(n), ok, err)
}

// cmdMemoryStats is MEMORY STATS.
func cmdMemoryStats(c *client, _ [][]byte) {
	fields := c.srv.memoryStats(c.inspected())
	c.writeMap(len(fields))
	for _, f := range fields {
		c.writeBulkString(f.name)
		if f.isRatio {
			c.writeDouble(f.ratio)
		} else {
			c.writeInt(f.number)
		}
	}
}

func cmdMemoryDoctor(c *client, _ [][]byte) {
	c.writeVerbatim("txt", c.srv.memoryAdvice(c.inspected()))
}

// cmdMemoryMallocStats is MEMORY MALLOC-STATS.
func cmdMemoryMallocStats(c *client, _ [][]byte) {
	report, err := allocatorReport(c.inspected())
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeVerbatim("txt", report)
}

// cmdMemoryPurge is MEMORY PURGE. The collection of the Go heap takes some milliseconds.
func cmdMemoryPurge(c *client, _ [][]byte) {
	if c.takesLong() {
		return
	}
	_, err := c.inspected().ReleaseMemory()
	debug.FreeOSMemory()
	c.writeOKOrErr(err)
}

// cmdMemoryBigKeys is MEMORY BIGKEYS [COUNT count]: for each type the number of keys, the bytes that they take and the
// largest of them.
func cmdMemoryBigKeys(c *client, args [][]byte) {
	count := int64(10)
	for rest := args[2:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 || !equalFold(rest[0], "count") {
			c.writeError(errSyntax)
			return
		}
		var ok bool
		if count, ok = parseInt(rest[1]); !ok || count < 0 || count > math.MaxInt16 {
			c.writeError(errOutOfRange)
			return
		}
	}
	if c.exec != nil {
		c.writeError("ERR MEMORY BIGKEYS is not allowed in a transaction")
		return
	}
	if c.takesLong() {
		return
	}
	ctx, cancel := c.srv.context()
	defer cancel()
	types, err := c.cache().BigKeys(ctx, int(count))
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeMap(len(types))
	for i := range types {
		t := &types[i]
		c.writeBulkString(t.Type.String())
		c.writeMap(3)
		c.writeBulkString("keys")
		c.writeInt(int64(t.Keys))
		c.writeBulkString("bytes")
		c.writeInt(t.Bytes)
		c.writeBulkString("largest")
		c.writeArray(len(t.Largest))
		for _, key := range t.Largest {
			c.writeMap(3)
			c.writeBulkString("key")
			c.writeBulkString(key.Key)
			c.writeBulkString("db")
			c.writeInt(int64(key.DB))
			c.writeBulkString("bytes")
			c.writeInt(int64(key.Bytes))
		}
	}
}

func cmdMemoryHelp(c *client, _ [][]byte) {
	writeHelp(c, "MEMORY",
		"BIGKEYS [COUNT <count>]",
		"Show for each type how many keys there are, how many bytes they take, and the largest of them, 10 or as many as told.",
		"DOCTOR", "Say what may be wrong with the use of memory.",
		"MALLOC-STATS", "Show what blocks of each size take.",
		"PURGE", "Return memory without data in it to the system.",
		"STATS", "Show how memory is used.",
		"USAGE <key> [SAMPLES <count>]", "Show how many bytes the key and its value take.",
	)
}
