package resp

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/larderkv/larder/datatypes"
)

func debugCommands() []*command {
	return []*command{
		{name: "debug", handler: cmdDebug, arity: -2, flags: flagAdmin | flagNoScript | flagLoading | flagStale, wholeCache: true},
	}
}

// debugForm is a form of DEBUG that takes from least to most arguments beyond its name.
type debugForm struct {
	name        string
	least, most int
	run         handler
}

// debugForms are those of Redis' that clients' tests use and that mean something here.
var debugForms = []debugForm{
	{"digest", 0, 0, debugDigest},
	{"digest-value", 0, maxArgs, debugDigestValue},
	{"error", 1, 1, debugError},
	{"help", 0, 0, debugHelp},
	{"log", 1, 1, debugLog},
	{"object", 1, 1, debugObject},
	{"populate", 1, 3, debugPopulate},
	{"protocol", 1, 1, debugProtocol},
	{"set-active-expire", 1, 1, debugSetActiveExpire},
	{"sleep", 1, 1, debugSleep},
}

// cmdDebug is DEBUG, if the server allows it.
func cmdDebug(c *client, args [][]byte) {
	if !c.srv.EnableDebug {
		c.writeError(`ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can ` +
			`run it from a local connection, otherwise you need to set this option in the configuration file, and ` +
			`then restart the server.`)
		return
	}
	for i := range debugForms {
		form := &debugForms[i]
		if n := len(args) - 2; equalFold(args[1], form.name) && form.least <= n && n <= form.most {
			form.run(c, args)
			return
		}
	}
	c.writeError(errForm(args[1], "DEBUG"))
}

// debugSleep is DEBUG SLEEP seconds. Only the client that asks is delayed, where Redis delays all.
func debugSleep(c *client, args [][]byte) {
	seconds, _ := strconv.ParseFloat(string(args[2]), 64)
	c.sleep(args, time.Duration(seconds*float64(time.Second)))
}

// sleep answers the running command, which args is the call of, after a while.
func (c *client) sleep(args [][]byte, d time.Duration) {
	if c.exec != nil { // nothing in a transaction may be done later
		time.Sleep(d)
		c.writeOK()
		return
	}
	var timer *time.Timer
	seq := c.deferWork(args, func() { timer.Stop() })
	timer = time.AfterFunc(d, func() {
		c.resume(seq, (*client).writeOK)
	})
}

// debugError is DEBUG ERROR message, which answers with that error.
func debugError(c *client, args [][]byte) { c.writeError(string(args[2])) }

// debugLog is DEBUG LOG message.
func debugLog(c *client, args [][]byte) {
	c.srv.log().Warn("resp: DEBUG LOG", "message", string(args[2]), "client", c.id)
	c.writeOK()
}

// debugSetActiveExpire is DEBUG SET-ACTIVE-EXPIRE (0 | 1): whether keys that have expired are removed before anybody asks
// for them.
func debugSetActiveExpire(c *client, args [][]byte) {
	on, _ := strconv.Atoi(string(args[2]))
	c.srv.hold.set(c.srv.Cache, holdExpiry, on == 0)
	c.writeOK()
}

// debugObject is DEBUG OBJECT key. Values have no address here; what stands for the length of the serialised form is what
// MEMORY USAGE says.
func debugObject(c *client, args [][]byte) {
	keys, key := c.keys(), text(args[2])
	encoding, ok, err := keys.Encoding(key)
	if err != nil || !ok {
		c.writeErrOr(err, "ERR no such key")
		return
	}
	size, _, _ := keys.MemoryUsage(key)
	seconds := int64(0)
	if !countsFrequency(c.cache().Policy()) {
		idle, _, _ := keys.IdleTime(key)
		seconds = int64(idle / time.Second)
	}
	const lruBits = 24
	c.writeSimple(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		encoding, size, (c.now().Unix()-seconds)&(1<<lruBits-1), seconds))
}

// writeErrOr answers with the error of a store, or with another text if there is none.
func (c *client) writeErrOr(err error, otherwise string) {
	if err != nil {
		otherwise = errorText(err)
	}
	c.writeError(otherwise)
}

// debugPopulate is DEBUG POPULATE count [prefix [size]]: it makes keys that do not exist yet, with values of that size.
func debugPopulate(c *client, args [][]byte) {
	args = args[2:]
	count, ok := parseInt(args[0])
	if !ok || count < 0 {
		c.writeError(errNotPositive)
		return
	}
	prefix, size := "key", int64(0)
	if len(args) > 1 {
		prefix = string(args[1])
	}
	if len(args) > 2 {
		if size, ok = parseInt(args[2]); !ok || size < 0 {
			c.writeError(errNotPositive)
			return
		}
		if size > c.srv.settings.maxBulk.Load() {
			c.writeErr(datatypes.ErrTooLarge)
			return
		}
	}
	if c.takesLong() {
		return
	}
	for i := range count {
		n := strconv.FormatInt(i, 10)
		value := []byte("value:" + n)
		if len(args) > 2 {
			value = resized(value, int(size))
		}
		if _, err := c.strings().Set(prefix+":"+n, value, datatypes.SetOptions{IfAbsent: true}); err != nil {
			c.writeErr(err)
			return
		}
	}
	c.writeOK()
}

// resized returns b cut, or filled up with zeros, to n bytes.
func resized(b []byte, n int) []byte {
	return append(b, make([]byte, max(n-len(b), 0))...)[:n]
}

// debugProtocol is DEBUG PROTOCOL type, which answers with a reply of that type.
func debugProtocol(c *client, args [][]byte) {
	three := func() {
		for i := range int64(3) {
			c.writeInt(i)
		}
	}
	switch strings.ToLower(string(args[2])) {
	case "string":
		c.writeBulkString("Hello World")
	case "integer":
		c.writeInt(12345)
	case "double":
		c.writeDouble(3.141)
	case "bignum":
		c.writeBigNumber("1234567999999999999999999999999999999")
	case "null":
		c.writeNull()
	case "array":
		c.writeArray(3)
		three()
	case "set":
		c.writeSet(3)
		three()
	case "map":
		c.writeMap(3)
		for i := range int64(3) {
			c.writeInt(i)
			c.writeBool(i == 1)
		}
	case "attrib":
		if c.resp > 2 {
			c.writeHeader('|', 1)
			c.writeBulkString("key-popularity")
			c.writeArray(2)
			c.writeBulkString("key:123")
			c.writeInt(90)
		}
		c.writeBulkString("Some real reply following the attribute")
	case "push":
		if c.resp == 2 {
			c.writeError("ERR RESP2 is not supported by this command")
			return
		}
		c.writePush(2)
		c.writeBulkString("server-cpu-usage")
		c.writeInt(42)
		c.writeBulkString("Some real reply following the push reply")
	case "verbatim":
		c.writeVerbatim("txt", "This is a verbatim\nstring")
	case "true":
		c.writeBool(true)
	case "false":
		c.writeBool(false)
	default:
		c.writeError("ERR Wrong protocol type name. Please use one of the following: " +
			"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
}

// debugDigest is DEBUG DIGEST: 40 digits that are the same for the same data, in Redis too.
func debugDigest(c *client, _ [][]byte) {
	if c.takesLong() {
		return
	}
	d, err := digestAll(c.inspected())
	if err != nil {
		c.writeErr(err)
		return
	}
	c.writeSimple(d.String())
}

// debugDigestValue is DEBUG DIGEST-VALUE [key …].
func debugDigestValue(c *client, args [][]byte) {
	digests := make([]digest, len(args)-2)
	for i, key := range args[2:] {
		if err := digests[i].addValue(c.stores, text(key)); err != nil {
			c.writeErr(err)
			return
		}
	}
	c.writeArray(len(digests))
	for i := range digests {
		c.writeSimple(digests[i].String())
	}
}

func debugHelp(c *client, _ [][]byte) {
	writeHelp(c, "DEBUG",
		"DIGEST", "Show a digest of all data.",
		"DIGEST-VALUE [<key> ...]", "Show digests of values.",
		"ERROR <message>", "Answer with this error.",
		"LOG <message>", "Write a message to the log.",
		"OBJECT <key>", "Show how a value is kept.",
		"POPULATE <count> [<prefix> [<size>]]", "Make as many string keys, unless they exist: key:0 and so on.",
		"PROTOCOL <type>", "Answer with a reply of this type: string, integer, double, bignum, null, array, set, map, "+
			"attrib, push, verbatim, true or false.",
		"SET-ACTIVE-EXPIRE (0|1)", "Leave expired keys until somebody asks for them, or remove them.",
		"SLEEP <seconds>", "Answer after this time.",
	)
}
