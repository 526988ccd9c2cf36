package resp

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder/resp/difftest"
)

// TestLatencyEvents: commands are noted from the threshold on, as what they are, and so is what they wait for.
func TestLatencyEvents(t *testing.T) {
	sleepyPing(t)
	inBubble(t, func(t *testing.T, srv *Server) {
		s := openSession(t, srv)
		defer s.c.Close()
		s.do("ping", "100")
		if got := srv.LatencyEvents(); len(got) != 0 {
			t.Errorf("turned off: %+v", got)
		}
		s.do("config", "set", "latency-monitor-threshold", "5", "slowlog-log-slower-than", "-1")
		s.do("ping", "4")
		s.do("ping", "5")
		s.do("debug", "sleep", "0.02")
		s.do("multi")
		s.do("ping", "7")
		s.do("exec")
		time.Sleep(time.Second)
		s.do("ping", "6")
		var got []string
		for _, e := range srv.LatencyEvents() {
			got = append(got, fmt.Sprint(e.Name, len(e.Samples), e.Longest))
		}
		// EXEC takes as long as what it executes.
		if want := "[command1 20ms fast-command2 7ms]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
		if got := s.do("latency", "latest"); !strings.Contains(got, `"fast-command" :`) || !strings.HasSuffix(got, ":6 :7]]") {
			t.Errorf("got %s", got)
		}
		if got := s.do("latency", "history", "fast-command"); !strings.HasSuffix(got, ":6]]") || strings.Count(got, "*[") != 3 {
			t.Errorf("got %s", got)
		}
		if got := s.do("latency", "doctor"); !strings.HasPrefix(got, `"Dave, I have observed`) {
			t.Errorf("got %s", got)
		}
		if got := s.do("latency", "reset", "nosuch", "command"); got != ":1" {
			t.Errorf("got %s", got)
		}
		if got := s.do("latency", "graph", "fast-command"); !strings.HasPrefix(got, `"fast-command - high 7 ms`) {
			t.Errorf("got %s", got)
		}
		srv.ResetLatencyEvents()
		if got := srv.LatencyEvents(); len(got) != 0 {
			t.Errorf("after a reset: %+v", got)
		}
		synctest.Wait()
	})
}

// TestMonitorHearsOfPauses: the cache reads its clock for the monitor only while that has a threshold.
func TestMonitorHearsOfPauses(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	srv.init()
	watched := func() bool { return srv.ops().monitor.unwatch != nil }
	for _, step := range []struct {
		threshold string
		want      bool
	}{{"0", false}, {"5", true}, {"6", true}, {"0", false}, {"1", true}} {
		if err := srv.SetConfig(Setting{"latency-monitor-threshold", step.threshold}); err != nil || watched() != step.want {
			t.Errorf("threshold %s: watched %v, %v", step.threshold, watched(), err)
		}
	}
	srv.spike("expire-cycle", 3*time.Millisecond)
	srv.spike("expire-cycle", time.Microsecond)
	if e := srv.LatencyEvents(); len(e) != 1 || len(e[0].Samples) != 1 {
		t.Errorf("got %+v", e)
	}
	if srv.Close(); watched() {
		t.Error("a closed server still listens to its cache")
	}
}

func TestDiffLatency(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		h.Open(t, protocol).Check(t,
			difftest.Cmd("latency", "doctor"),
			difftest.Cmd("latency", "latest"),
			difftest.Cmd("latency", "history", "command"),
			difftest.Cmd("latency", "graph", "command"),
			difftest.Cmd("latency", "reset"),
			difftest.Cmd("latency", "reset", "command", "nosuch"),
			difftest.Cmd("latency", "histogram", "nosuch", "get"),
			difftest.Cmd("latency", "history"),
			difftest.Cmd("latency", "graph"),
			difftest.Cmd("latency", "latest", "x"),
			difftest.Cmd("latency", "nosuch"),
			difftest.Cmd("latency"),
			difftest.Cmd("latency", "help").By(difftest.SameKind),
			difftest.Cmd("config", "set", "latency-monitor-threshold", "1000000"),
			difftest.Cmd("latency", "doctor"),
			difftest.Cmd("config", "set", "latency-monitor-threshold", "-1"),
			difftest.Cmd("config", "set", "latency-monitor-threshold", "0"),
			difftest.Cmd("config", "set", "latency-tracking", "maybe"),
			difftest.Cmd("config", "set", "latency-tracking-info-percentiles", "x"),
			difftest.Cmd("config", "set", "latency-tracking-info-percentiles", "101"),
			difftest.Cmd("config", "set", "latency-tracking-info-percentiles", "-1"),
			difftest.Cmd("config", "set", "latency-tracking-info-percentiles", "50 0.1234567891 100"),
			difftest.Cmd("config", "get", "latency-tracking-info-percentiles"),
			difftest.Cmd("config", "set", "latency-tracking-info-percentiles", ""),
			difftest.Cmd("config", "get", "latency-tracking-info-percentiles"),
		)
	}
}

// TestDiffHistogram: with the same commands timed, what differs is only how long they took.
func TestDiffHistogram(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		shape := func(c *difftest.Conn) string {
			do(t, c, "config", "set", "latency-tracking", "yes")
			do(t, c, "config", "resetstat")
			for range 3 {
				do(t, c, "client", "id")
				do(t, c, "get", "k")
				do(t, c, "client", "getname")
			}
			v := do(t, c, "latency", "histogram", "client|id", "get", "nosuch", "client|getname", "set")
			calls := make(map[string]string)
			for i := 0; i+1 < len(v.Elems); i += 2 {
				entry := v.Elems[i+1]
				steps := entry.Elems[3]
				for j := 0; j < len(steps.Elems); j += 2 {
					if micros := steps.Elems[j].Text; !strings.Contains(" 1 2 4 8 16 33 66 132 264 528 1056 2113 4227 8454 16908 33816 67633 135266 ", " "+micros+" ") {
						t.Errorf("a step of %s microseconds", micros)
					}
				}
				last := steps.Elems[len(steps.Elems)-1]
				calls[v.Elems[i].Text] = fmt.Sprint(entry.Kind, entry.Elems[:2], entry.Elems[2], steps.Kind, last)
			}
			return fmt.Sprint(v.Kind, calls)
		}
		if redis, larder := shape(p.Reference), shape(p.Subject); redis != larder {
			t.Errorf("RESP%d\nredis:  %s\nlarder: %s", protocol, redis, larder)
		}
	}
}
