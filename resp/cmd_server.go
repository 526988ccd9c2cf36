package resp

import (
	"strconv"
	"time"
)

func serverCommands() []*command {
	return []*command{
		{name: "time", handler: cmdTime, arity: 1, flags: flagLoading | flagStale | flagFast,
			tips: []string{"nondeterministic_output"}},
	}
}

func cmdTime(c *client, _ [][]byte) {
	now := time.Now()
	var buf [20]byte
	c.writeArray(2)
	c.writeBulk(strconv.AppendInt(buf[:0], now.Unix(), 10))
	c.writeBulk(strconv.AppendInt(buf[:0], int64(now.Nanosecond()/1000), 10))
}
