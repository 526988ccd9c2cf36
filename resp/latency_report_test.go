package resp

import (
	"strings"
	"testing"
	"time"
)

// redisSpikes are samples that a redis-server has had, and what it then answered at spikesAsked.
var (
	redisSpikes = []struct{ second, millis int64 }{
		{1795564350, 6}, {1795564351, 11}, {1795564352, 50}, {1795564353, 27}, {1795564354, 2}, {1795564355, 33}, {1795564419, 15},
	}
	spikesAsked = time.Unix(1795564419, 0)
)

const redisGraph = `command - high 50 ms, low 2 ms (all time high 50 ms)
--------------------------------------------------------------------------------
  #    
  |_ o 
  || |_
o#||_||
       
1111110
mmmmmms
`

func monitorOf(spikes []struct{ second, millis int64 }) *latencyMonitor {
	m := &latencyMonitor{}
	for _, s := range spikes {
		m.add("command", time.Unix(s.second, 0), time.Duration(s.millis)*time.Millisecond)
	}
	return m
}

func TestGraph(t *testing.T) {
	t.Parallel()
	e, _ := monitorOf(redisSpikes).find("command")
	if got := e.graph(spikesAsked); got != redisGraph {
		t.Errorf("got\n%s\nwant\n%s", got, redisGraph)
	}
	if got, want := e.summary(spikesAsked), "command: 7 latency spikes (average 20ms, mean deviation 13ms, period 9.86 sec). "+
		"Worst all time event 50ms."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestGraphOfOne: samples without a difference stand on the bottom line, and more than fit begin another graph.
func TestGraphOfOne(t *testing.T) {
	t.Parallel()
	m := &latencyMonitor{}
	for i := range graphColumns + 1 {
		m.add("x", time.Unix(int64(i), 0), 5*time.Millisecond)
	}
	e, _ := m.find("x")
	lines := strings.Split(e.graph(time.Unix(graphColumns, 0)), "\n")
	row := func(n int) string { return strings.Repeat("_", n) }
	if len(lines) != 19 || lines[5] != row(graphColumns) || lines[10] != "" || lines[14] != "_" {
		t.Errorf("got\n%s", strings.Join(lines, "\n"))
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 59*time.Second + 999*time.Millisecond: "59s", time.Minute: "1m", time.Hour - 1: "59m", 25 * time.Hour: "1d", 5 * time.Hour: "5h",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestMonitorKeepsSeconds(t *testing.T) {
	t.Parallel()
	m := &latencyMonitor{}
	at := func(millis, took int64) {
		m.add("command", time.UnixMilli(millis), time.Duration(took)*time.Millisecond)
	}
	at(1000, 5)
	at(1999, 9)
	at(1500, 7)
	at(2000, 3)
	e, ok := m.find("command")
	if !ok || len(e.Samples) != 2 || e.Samples[0] != (Spike{time.Unix(1, 0), 9 * time.Millisecond}) ||
		e.Samples[1] != (Spike{time.Unix(2, 0), 3 * time.Millisecond}) || e.Longest != 9*time.Millisecond {
		t.Errorf("got %+v", e)
	}
	for i := range int64(2 * spikesKept) {
		at(10_000+i*1000, 1)
	}
	if e, _ = m.find("command"); len(e.Samples) != spikesKept || e.Samples[0].Time.Unix() != 10+spikesKept || e.Longest != 9*time.Millisecond {
		t.Errorf("%d samples from %v, the longest %v", len(e.Samples), e.Samples[0].Time, e.Longest)
	}
	m.add("other", time.Unix(1, 0), time.Second)
	if n := m.reset([]string{"nosuch", "other", "other"}); n != 1 || len(m.all()) != 1 {
		t.Errorf("reset %d, left %v", n, m.all())
	}
	if n := m.reset(nil); n != 1 || len(m.all()) != 0 {
		t.Errorf("reset %d, left %v", n, m.all())
	}
}
