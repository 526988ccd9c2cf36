package resp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/resp/difftest"
)

// statsText returns the command statistics of INFO, without times, by command.
func statsText(t *testing.T, srv *Server) map[string]string {
	t.Helper()
	_, sections := infoFields(t, srv.Info("commandstats"))
	stats := make(map[string]string)
	for field, value := range sections["Commandstats"] {
		var calls, usec, rejected, failed int64
		var perCall float64
		if n, err := fmt.Sscanf(value, "calls=%d,usec=%d,usec_per_call=%f,rejected_calls=%d,failed_calls=%d", &calls, &usec, &perCall, &rejected, &failed); n != 5 {
			t.Fatalf("%s: %q: %v", field, value, err)
		}
		stats[strings.TrimPrefix(field, "cmdstat_")] = fmt.Sprintf("%d calls, %d rejected, %d failed", calls, rejected, failed)
	}
	return stats
}

func TestCommandStats(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	s := openSession(t, srv)
	script := func() {
		for _, line := range []string{
			"set k v", "get k", "get k", "GET", "get k x", "incr k", "lpush k a", "lpush k b", "nosuch", "config get maxmemory", "config set maxmemory x",
			"config nosuch", "config", "multi", "get k", "incr k", "get", "exec", "multi", "get k", "incr k", "exec", "blpop k 0",
		} {
			s.do(strings.Fields(line)...)
		}
		openSession(t, srv).do("ACL", "SETUSER", "default", "-ping")
		s.do("ping")
		openSession(t, srv).do("ACL", "SETUSER", "default", "+ping")
	}
	want := map[string]string{
		"set": "1 calls, 0 rejected, 0 failed", "get": "3 calls, 3 rejected, 0 failed", "incr": "2 calls, 0 rejected, 2 failed",
		"lpush": "2 calls, 0 rejected, 2 failed", "config|get": "1 calls, 0 rejected, 0 failed", "config|set": "1 calls, 0 rejected, 1 failed",
		"config": "0 calls, 1 rejected, 0 failed", "multi": "2 calls, 0 rejected, 0 failed", "exec": "2 calls, 0 rejected, 1 failed",
		"blpop": "1 calls, 0 rejected, 1 failed", "acl|setuser": "2 calls, 0 rejected, 0 failed", "ping": "0 calls, 1 rejected, 0 failed",
	}
	script()
	if got := statsText(t, srv); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	srv.ResetStats()
	if got := statsText(t, srv); len(got) != 0 {
		t.Errorf("after a reset: %v", got)
	}
	script()
	if got := statsText(t, srv); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got the second time\n%v\nwant\n%v", got, want)
	}
	for _, st := range srv.CommandStats() {
		if st.Name == "get" && (st.Calls != 6 || st.Rejected != 6) {
			t.Errorf("a reset has changed what was counted since the start: %+v", st)
		}
	}
}

// TestDiffCommandStats compares counts, and the order of nothing but them, with those of a real server.
func TestDiffCommandStats(t *testing.T) {
	t.Parallel()
	p := startDiff(t).Open(t, 2)
	count := func(c *difftest.Conn) []string {
		do(t, c, "config", "resetstat")
		for _, line := range []string{
			"set k v", "get k", "GET", "get k x", "incr k", "lpush k a", "nosuch", "config get maxmemory", "config set maxmemory x",
			"config nosuch", "config", "multi", "get k", "incr k", "get", "exec", "multi", "get k", "incr k", "exec", "exec",
			"blpop k 0", "blpop nokey 0.01", "object encoding nokey", "object freq k", "client reply x", "acl getuser nobody", "watch k", "unwatch",
		} {
			do(t, c, strings.Fields(line)...)
		}
		var counts []string
		for line := range strings.Lines(do(t, c, "info", "commandstats").Text) {
			line = strings.TrimSpace(line)
			name, _, ok := strings.Cut(line, ":")
			calls, rest, _ := strings.Cut(line, ",usec=")
			if _, faults, found := strings.Cut(rest, ",rejected"); ok && found {
				counts = append(counts, calls+" rejected"+faults)
			} else if name != "# Commandstats" && line != "" {
				t.Errorf("line %q", line)
			}
		}
		slices.Sort(counts)
		return counts
	}
	redis, larder := count(p.Reference), count(p.Subject)
	if !slices.Equal(redis, larder) {
		t.Errorf("redis:\n%s\nlarder:\n%s", strings.Join(redis, "\n"), strings.Join(larder, "\n"))
	}
}

func TestLatencyTracking(t *testing.T) {
	sleepyPing(t)
	inBubble(t, func(t *testing.T, srv *Server) {
		s := openSession(t, srv)
		defer s.c.Close()
		s.do("ping", "100") // before anybody wants to know
		s.do("config", "set", "latency-tracking", "yes")
		for range 9 {
			s.do("ping", "1")
		}
		s.do("ping", "2000")
		s.do("echo", "a")
		_, sections := infoFields(t, srv.Info("commandstats", "latencystats"))
		if got, want := sections["Commandstats"]["cmdstat_ping"], "calls=11,usec=2009000,usec_per_call=200900.00,rejected_calls=0,failed_calls=0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := sections["Latencystats"]["latency_percentiles_usec_ping"], "p50=1023.750,p99=2031.616,p99.9=2031.616"; got != want {
			t.Logf("percentiles are %s", got)
		}
		if err := srv.SetConfig(Setting{"latency-tracking-info-percentiles", "0 50.5  100"}); err != nil {
			t.Fatal(err)
		}
		_, sections = infoFields(t, srv.Info("latencystats"))
		if got := sections["Latencystats"]["latency_percentiles_usec_echo"]; !strings.HasPrefix(got, "p0=") || !strings.Contains(got, ",p50.5=") || !strings.Contains(got, ",p100=") {
			t.Errorf("percentiles are %s", got)
		}
		for _, st := range srv.CommandStats() {
			if st.Name == "ping" && (st.Latency.Count() != 10 || st.Latency.Sum() != 2009*time.Millisecond || st.Latency.Quantile(0.5) < time.Millisecond || st.Latency.Quantile(1) < 2*time.Second) {
				t.Errorf("%d calls took %v", st.Latency.Count(), st.Latency.Sum())
			}
		}
		if got, want := s.do("latency", "histogram", "PING", "nosuch", "get"), `*["ping" *["calls" :10 "histogram_usec" *[:1056 :9 :2164260 :10]]]`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := s.do("latency", "histogram", "config"), `*["config|set" *["calls" :1 "histogram_usec" *[:1 :1]]]`; got != want {
			t.Logf("got %s", got)
		}
		s.do("config", "resetstat")
		s.do("config", "set", "latency-tracking", "no")
		s.do("ping", "5")
		if got := s.do("latency", "histogram", "ping"); got != "*[]" {
			t.Errorf("after a reset: %s", got)
		}
	})
}
