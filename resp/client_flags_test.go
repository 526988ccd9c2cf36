package resp

import (
	"regexp"
	"testing"
	"time"

	"github.com/larderkv/larder/resp/difftest"
)

var shownFlags = regexp.MustCompile(` flags=(\S+) `)

// TestClientFlagsAgainstRedis compares the flags of CLIENT LIST of one connection after it, and another one, have done
// something.
func TestClientFlagsAgainstRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	srv := newTestServer(t, nil)
	larder := transports["unix"](t, srv)
	for _, tt := range []struct {
		name         string
		does, others [][]string
		waits        bool // for no reply to what it does last
	}{
		{name: "nothing"},
		{name: "queueing", does: [][]string{{"MULTI"}}},
		{name: "watching", does: [][]string{{"WATCH", "k"}}},
		{name: "dirty", does: [][]string{{"WATCH", "k"}}, others: [][]string{{"SET", "k", "v"}}},
		{name: "dirty and queueing", does: [][]string{{"WATCH", "k"}, {"MULTI"}}, others: [][]string{{"SET", "k", "v"}}},
		{name: "no longer dirty", does: [][]string{{"WATCH", "k"}, {"SET", "k", "v"}, {"UNWATCH"}}},
		{name: "tracked", does: [][]string{{"HELLO", "3"}, {"CLIENT", "TRACKING", "ON"}}},
		{name: "tracked by prefix", does: [][]string{{"HELLO", "3"}, {"CLIENT", "TRACKING", "ON", "BCAST"}, {"MULTI"}}},
		{name: "subscribed", does: [][]string{{"SUBSCRIBE", "c"}}},
		{name: "spared", does: [][]string{{"CLIENT", "NO-EVICT", "ON"}}},
		{name: "monitor", does: [][]string{{"CLIENT", "NO-EVICT", "ON"}, {"MONITOR"}}},
		{name: "blocked", does: [][]string{{"BLPOP", "l", "0"}}, waits: true},
		{name: "waiting for replicas", does: [][]string{{"WAIT", "1", "0"}}, waits: true},
		{name: "paused", does: [][]string{{"CLIENT", "PAUSE", "100000", "WRITE"}, {"SET", "k", "v"}}, waits: true},
	} {
		flags := func(does, asks *difftest.Conn) string {
			defer does.Close()
			defer asks.Close()
			id := do(t, does, "CLIENT", "ID").Text
			for i, args := range tt.does {
				if tt.waits && i == len(tt.does)-1 {
					if err := does.Send(args...); err != nil {
						t.Fatal(err)
					}
					continue
				}
				do(t, does, args...)
			}
			for _, args := range tt.others {
				do(t, asks, args...)
			}
			show := func() string {
				m := shownFlags.FindStringSubmatch(do(t, asks, "CLIENT", "LIST", "ID", id).Text)
				if m == nil {
					return ""
				}
				return m[1]
			}
			shown := show()
			for deadline := time.Now().Add(patience); tt.waits && shown != "bU" && time.Now().Before(deadline); shown = show() {
				time.Sleep(time.Millisecond)
			}
			do(t, asks, "CLIENT", "UNPAUSE")
			do(t, asks, "FLUSHALL")
			return shown
		}
		want := flags(difftest.NewConn(redis()), difftest.NewConn(redis()))
		if got := flags(difftest.NewConn(larder()), difftest.NewConn(larder())); got != want || want == "" {
			t.Errorf("%s: %q, redis has %q", tt.name, got, want)
		}
	}
}
