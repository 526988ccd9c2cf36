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
	} {
		if got := do(t, c, r.args()...).String(); got != r.want {
			t.Errorf("%s: got %s, want %s", r.command, got, r.want)
		}
	}
}
