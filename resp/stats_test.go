package resp

import (
	"maps"
	"testing"
)

// TestStats compares the statistics with what was done, and with what INFO says before and after a reset.
func TestStats(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	busy, idle := newPeer(t, srv.Dial()), newPeer(t, srv.Dial())
	busy.do("SET k v\r\n", "+OK\r\n")
	busy.do("GET k\r\n", "$1\r\nv\r\n")
	busy.do("GET none\r\n", "$-1\r\n")
	busy.do("PEXPIRE k 1\r\n", ":1\r\n")
	busy.do("LPUSH k\r\n", "-ERR wrong number of arguments for 'lpush' command\r\n")
	idle.do("SUBSCRIBE a\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	idle.do("PSUBSCRIBE b*\r\n", "*3\r\n$10\r\npsubscribe\r\n$2\r\nb*\r\n:2\r\n")
	busy.send("BLPOP q 0\r\n")
	eventually(t, "a client waits, eight commands count and a key expires", func() bool {
		n, err := srv.Cache.Keys().Exists("k")
		st := srv.Stats()
		return st.BlockedClients == 1 && st.Commands == 8 && n == 0 && err == nil
	})
	check := func(when string) {
		t.Helper()
		st := srv.Stats()
		got := Counts{Connections: st.Connections, Commands: st.Commands, Hits: st.Hits, Misses: st.Misses, Expired: st.Expired}
		if want := (Counts{Connections: 2, Commands: 8, Hits: 1, Misses: 2, Expired: 1}); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
		if st.BytesIn == 0 || st.BytesOut == 0 || st.ClientBytes == 0 || st.PeakBytes < st.Cache.ResidentBytes || st.Cache.ResidentBytes == 0 {
			t.Errorf("%s: %+v", when, st)
		}
		if st.Clients != 2 || st.MaxClients != defaultMaxClients || st.Channels != 1 || st.Patterns != 1 || st.ShardChannels != 0 {
			t.Errorf("%s: %+v", when, st)
		}
		if want := map[string]int64{"ERR": 1}; !maps.Equal(st.ErrorReplies, want) {
			t.Errorf("%s: error replies %v", when, st.ErrorReplies)
		}
	}
	check("before a reset") // the second miss is of the client that waits
	if info := infoOf(t, srv); info["keyspace_hits"] != "1" || info["errorstat_ERR"] != "count=1" || info["expired_keys"] != "1" {
		t.Errorf("before a reset INFO says %v", info)
	}
	srv.ResetStats()
	check("after a reset")
	if info := infoOf(t, srv); info["keyspace_hits"] != "0" || info["errorstat_ERR"] != "" || info["expired_keys"] != "0" {
		t.Errorf("after a reset INFO says %v", info)
	}
}
