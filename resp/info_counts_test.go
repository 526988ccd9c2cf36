package resp

import (
	"strings"
	"testing"

	"github.com/larderkv/larder/internal/redistest"
)

// TestErrorStats compares the counts of error replies with what was sent.
func TestErrorStats(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	conn := newPeer(t, srv.Dial())
	conn.do("SET k\r\n", "-ERR wrong number of arguments for 'set' command\r\n")
	conn.do("NOSUCH\r\n", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n")
	conn.do("AUTH x y\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r\n")
	info := infoOf(t, srv)
	if info["errorstat_ERR"] != "count=2" || info["errorstat_WRONGPASS"] != "count=1" || info["total_error_replies"] != "3" {
		t.Errorf("%s %s, total %s", info["errorstat_ERR"], info["errorstat_WRONGPASS"], info["total_error_replies"])
	}
	conn.do("CONFIG RESETSTAT\r\n", "+OK\r\n")
	if info := infoOf(t, srv); info["errorstat_ERR"] != "" || info["total_error_replies"] != "0" {
		t.Errorf("after a reset: %s, total %s", info["errorstat_ERR"], info["total_error_replies"])
	}
}

// TestLookupsAreRedis compares what commands count as hits and misses with redis-server.
func TestLookupsAreRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	srv := startCache(t)
	conn := newPeer(t, srv.Dial())
	conn.do("PING\r\n", "+PONG\r\n")
	for _, command := range strings.Split(`set a 1
get a
get nosuch
mget a nosuch b
strlen a
strlen nosuch
getrange a 0 1
append a 1
incr a
incr n
expire a 100
persist a
set a 2 get
getset a 1
getex a
getex nosuch
getdel nosuch
setnx a 1
rename a b
lcs a b
getdel b
del a b c nosuch
exists a nosuch a
touch a nosuch
type a
type nosuch
ttl a
pttl nosuch
expiretime a
object encoding a
object encoding nosuch
object idletime a
object refcount nosuch
msetnx a 1 nosuch 2
select 1
get nosuch
set x 1
get x
dbsize
scan 0
keys *
randomkey
memory usage x`, "\n") {
		redis.Do("CONFIG", "RESETSTAT")
		redis.Do(strings.Fields(command)...)
		_, theirs := infoFields(t, redis.String("INFO", "stats"))
		want := theirs["Stats"]["keyspace_hits"] + " " + theirs["Stats"]["keyspace_misses"]
		srv.ResetStats()
		conn.send(command + "\r\nPING\r\n")
		for line := ""; line != "+PONG\r\n"; {
			var err error
			if line, err = conn.r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		info := infoOf(t, srv)
		if got := info["keyspace_hits"] + " " + info["keyspace_misses"]; got != want {
			t.Errorf("%s: %s hits and misses, Redis counts %s", command, got, want)
		}
	}
}
