package resp

import (
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/resp/difftest"
)

func TestHotKeysCommand(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *Server) {
		s := openSession(t, srv)
		defer s.c.Close()
		if got := s.do("hotkeys", "get"); got != "*[]" {
			t.Errorf("turned off: %s", got)
		}
		s.do("config", "set", "hotkeys-top-k", "2", "hotkeys-sampling-percentage", "100", "hotkeys-window-seconds", "2")
		for range 20 {
			s.do("get", "hot")
		}
		for range 10 {
			s.do("set", "warm", "v")
		}
		s.do("select", "1")
		s.do("incr", "cold")
		time.Sleep(2 * time.Second)
		if got, want := s.do("hotkeys", "get"), `*[*["key" "hot" "db" :0 "qps" :10] *["key" "warm" "db" :0 "qps" :5]]`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		s.do("hello", "3")
		if got, want := s.do("hotkeys", "get"), `*[%["key" "hot" "db" :0 "qps" :10] %["key" "warm" "db" :0 "qps" :5]]`; got != want {
			t.Errorf("RESP3: got %s, want %s", got, want)
		}
		if got, want := srv.Info("hotkeys"), "# Hotkeys\r\nhotkeys_last_window_samples:31\r\nhotkeys_last_window_duration_ms:2000\r\n"; got != want {
			t.Errorf("got %s", got)
		}
		if got := s.do("hotkeys", "reset"); got != "+OK" {
			t.Errorf("got %s", got)
		}
		if got := s.do("hotkeys", "get"); got != "*[]" {
			t.Errorf("after a reset: %s", got)
		}
		if got := s.do("hotkeys", "help"); !strings.Contains(got, "RESET") {
			t.Errorf("got %s", got)
		}
		for _, bad := range []Setting{{"hotkeys-top-k", "1001"}, {"hotkeys-sampling-percentage", "0"}, {"hotkeys-window-seconds", "301"}} {
			if err := srv.SetConfig(bad); err == nil || !strings.Contains(err.Error(), "must be between") {
				t.Errorf("%v: %v", bad, err)
			}
		}
	})
}

// TestObjectFreq: redis-cli --hotkeys finds by OBJECT FREQ what was used more.
func TestObjectFreq(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 2)
	p.Check(t, difftest.Cmd("set", "k", "v"), difftest.Cmd("object", "freq", "k"), difftest.Cmd("object", "freq", "nokey"),
		difftest.Cmd("config", "set", "maxmemory-policy", "allkeys-lfu"),
		difftest.Cmd("object", "freq", "k").By(difftest.SameKind), difftest.Cmd("object", "freq", "nokey"))
}
