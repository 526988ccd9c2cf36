package resp

import (
	"strconv"
	"time"
)

func serverCommands() []*command {
	return []*command{
		{name: "time", handler: cmdTime, arity: 1, flags: flagLoading | flagStale | flagFast,
			tips: []string{"nondeterministic_output"}},
		{name: "debug", handler: cmdDebug, arity: -2, flags: flagAdmin | flagNoScript | flagLoading | flagStale},
	}
}

func cmdTime(c *client, _ [][]byte) {
	now := time.Now()
	var buf [20]byte
	c.writeArray(2)
	c.writeBulk(strconv.AppendInt(buf[:0], now.Unix(), 10))
	c.writeBulk(strconv.AppendInt(buf[:0], int64(now.Nanosecond()/1000), 10))
}

// cmdDebug answers DEBUG SLEEP seconds. Only the client that asks is delayed, where Redis delays all.
func cmdDebug(c *client, args [][]byte) {
	if !c.srv.EnableDebug {
		c.writeError(`ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can ` +
			`run it from a local connection, otherwise you need to set this option in the configuration file, and ` +
			`then restart the server.`)
		return
	}
	if len(args) != 3 || !equalFold(args[1], "sleep") {
		c.writeError("ERR unknown subcommand or wrong number of arguments for '" + clip(args[1], 128) + "'. Try DEBUG HELP.")
		return
	}
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
