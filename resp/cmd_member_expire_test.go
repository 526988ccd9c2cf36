package resp

import (
	"testing"

	"github.com/larderkv/larder/internal/difftest"
)

// TestMemberExpiryCommands has no Redis to compare with: the commands are KeyDB's.
func TestMemberExpiryCommands(t *testing.T) {
	t.Parallel()
	c := difftest.NewConn(startCache(t).Dial())
	defer c.Close()
	for _, r := range []row{
		{"expiremember k a 100", ":0"},
		{"ttl k a", ":-2"},
		{"sadd k a b c d", ":4"},
		{"expiremember k x 100", ":0"},
		{"ttl k x", ":-2"},
		{"ttl k a", ":-1"},
		{"pttl k a", ":-1"},
		{"expiremember k a 100", ":1"},
		{"object encoding k", `"hashtable"`},
		{"ttl k a", ":100"},
		{"ttl k", ":-1"},
		{"expiremember k a 200 s", ":1"},
		{"ttl k a", ":200"},
		{"expiremember k a 300000 ms", ":1"},
		{"ttl k a", ":300"},
		{"pexpiremember k b 500000", ":1"},
		{"ttl k b", ":500"},
		{"expirememberat k c 99999999999", ":1"},
		{"persist k c", ":1"},
		{"persist k c", ":0"},
		{"ttl k c", ":-1"},
		{"pexpirememberat k c 99999999999000", ":1"},
		{"expirememberat k d 1", ":1"},
		{"sismember k d", ":0"},
		{"expiremember k a abc", wantWrongInt},
		{"expiremember k a -1", "-ERR invalid expire time in 'expiremember' command"},
		{"expiremember k a 9223372036854775807", "-ERR invalid expire time in 'expiremember' command"},
		{"expiremember k a 10 h", wantSyntax},
		{"expiremember k a 10 s s", wantSyntax},
		{"ttl k a b", "-ERR wrong number of arguments for 'ttl' command"},
		{"pttl k a b", "-ERR wrong number of arguments for 'pttl' command"},
		{"persist k a b", "-ERR wrong number of arguments for 'persist' command"},
		{"set s v", "+OK"},
		{"expiremember s a 10", wantWrongType},
		{"ttl s a", wantWrongType},
		{"persist s a", wantWrongType},
		{"scard k", ":3"},
		{"zadd z 1 a 2 b 3 c", ":3"},
		{"expiremember z x 100", ":0"},
		{"ttl z x", ":-2"},
		{"ttl z a", ":-1"},
		{"expiremember z a 100", ":1"},
		{"object encoding z", `"skiplist"`},
		{"ttl z a", ":100"},
		{"zadd z 5 a", ":0"},
		{"ttl z a", ":100"},
		{"persist z a", ":1"},
		{"persist z a", ":0"},
		{"pttl z a", ":-1"},
		{"pexpirememberat z b 99999999999000", ":1"},
		{"expirememberat z b 1", ":1"},
		{"zrange z 0 -1 withscores", `*["c" "3" "a" "5"]`},
		{"expirememberat z a 1", ":1"},
		{"expirememberat z c 1", ":1"},
		{"exists z", ":0"},
		{"hset h f 1 g 2", ":2"},
		{"expiremember h x 100", ":0"},
		{"ttl h f", ":-1"},
		{"expiremember h f 100000 ms", ":1"},
		{"ttl h f", ":100"},
		{"httl h fields 1 f", "*[:100]"},
		{"persist h f", ":1"},
		{"ttl h f", ":-1"},
		{"expirememberat h g 1", ":1"},
		{"hgetall h", `*["f" "1"]`},
		{"ttl h g", ":-2"},
		{"rpush l a", ":1"},
		{"expiremember l a 10", wantWrongType},
		{"ttl l a", wantWrongType},
		{"persist l a", wantWrongType},
	} {
		if got := do(t, c, r.args()...).String(); got != r.want {
			t.Errorf("%s: got %s, want %s", r.command, got, r.want)
		}
	}
}
