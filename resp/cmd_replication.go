package resp

import (
	"math"
	"sync/atomic"
	"time"
)

// Replication, as a master without replicas knows it.

func replicationCommands() []*command {
	const follow = flagAdmin | flagNoScript | flagStale | flagNoAsyncLoading
	return []*command{
		{name: "replicaof", handler: cmdReplicaOf, arity: 3, flags: follow},
		{name: "role", handler: cmdRole, arity: 1, flags: flagNoScript | flagLoading | flagStale | flagFast,
			category: catAdmin | catDangerous},
		{name: "slaveof", handler: cmdReplicaOf, arity: 3, flags: follow},
		{name: "wait", handler: cmdWait, arity: 3, flags: flagNoScript, category: catConnection,
			tips: []string{"request_policy:all_shards", "response_policy:agg_min"}},
	}
}

// cmdRole is ROLE: a master, how far its history has come, and its replicas.
func cmdRole(c *client, _ [][]byte) {
	c.writeArray(3)
	c.writeBulkString("master")
	c.writeInt(0)
	c.writeArray(0)
}

// cmdReplicaOf is REPLICAOF host port | NO ONE, of which only the second can be had.
func cmdReplicaOf(c *client, args [][]byte) {
	if equalFold(args[1], "no") && equalFold(args[2], "one") {
		c.writeOK()
		return
	}
	if port, ok := parseInt(args[2]); !ok || port < 0 || port > math.MaxUint16 {
		c.writeError("ERR Invalid master port")
		return
	}
	c.writeError("ERR larder does not replicate other servers")
}

// cmdWait is WAIT numreplicas timeout, with a timeout in milliseconds, 0 for none. As there are no replicas, none ever
// confirms.
func cmdWait(c *client, args [][]byte) {
	replicas, ok := parseInt(args[1])
	if !ok {
		c.writeError(errNotInteger)
		return
	}
	limit, problem := parseMillis(args[2])
	if problem != "" {
		c.writeError(problem)
		return
	}
	if replicas <= 0 || c.exec != nil {
		c.writeInt(0)
		return
	}
	c.waitInVain(limit, func(c *client) { c.writeInt(0) })
}

// parseMillis parses a timeout in milliseconds. What is too long to be counted is as good as for ever.
func parseMillis(arg []byte) (d time.Duration, problem string) {
	millis, ok := parseInt(arg)
	switch {
	case !ok:
		return 0, "ERR timeout is not an integer or out of range"
	case millis < 0:
		return 0, "ERR timeout is negative"
	case millis > math.MaxInt64/int64(time.Millisecond):
		return math.MaxInt64, ""
	}
	return time.Duration(millis) * time.Millisecond, ""
}

// waitInVain makes the client wait for what never comes, until the time, if it is limited, is over or the client is
// unblocked.
func (c *client) waitInVain(limit time.Duration, timedOut func(*client)) {
	b := &blocked{client: c, timedOut: timedOut}
	b.seq = c.deferReply(b.cancel)
	b.begin(new(vain), limit)
}

// vain is a wait that only its end can end.
type vain struct{ over atomic.Bool }

// Cancel implements canceler.
func (v *vain) Cancel() bool { return !v.over.Swap(true) }
