package main

import (
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSoak is a short run of everything. It does not run in parallel with other tests, since it counts goroutines. What
// the process as a whole holds is left to longer runs: the race detector multiplies it.
func TestSoak(t *testing.T) {
	var out strings.Builder
	err := run(settings{duration: 4 * time.Second, memory: 32 << 20, seed: 1, workers: 1, visitors: 4,
		phase: 600 * time.Millisecond, every: time.Second, out: &out})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "RESP p50") {
		t.Errorf("no report: %q", out.String())
	}
}

// TestHandshakeLate: only what a server does that has given up a handshake is no violation.
func TestHandshakeLate(t *testing.T) {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	for _, c := range []struct {
		err  error
		took time.Duration
		late bool
	}{
		{reset, handshakeTime, true},
		{io.EOF, handshakeTime + time.Second, true},
		{reset, handshakeTime - 1, false},
		{errProtocol, 2 * handshakeTime, false},
		{nil, 2 * handshakeTime, false},
	} {
		if got := handshakeLate(c.err, c.took); got != c.late {
			t.Errorf("%v after %v: %v", c.err, c.took, got)
		}
	}
}

// at is a moment at which a command was executed at once.
func at(t time.Time) span { return span{from: t, to: t} }

// TestModelFindsFaults: the model explains what eviction and expiry do, and nothing else.
func TestModelFindsFaults(t *testing.T) {
	start := time.Now()
	set := []string{"SET", "k", "new"}
	get := []string{"GET", "k"}
	expiring := []string{"SET", "k", "new", "PX", "100"}
	for _, c := range []struct {
		name     string
		write    []string
		evicting evictions
		after    time.Duration
		reply    string
		explain  bool
	}{
		{"what was written", set, evictions{}, 0, "new", true},
		{"a lost write", set, evictions{}, 0, absent, false},
		{"a stale value", set, evictions{any: true}, 0, "old", false},
		{"a torn value", set, evictions{any: true}, 0, "ne", false},
		{"an eviction", set, evictions{any: true}, 0, absent, true},
		{"an eviction of what does not expire", set, evictions{volatile: true}, 0, absent, false},
		{"an eviction of what expires", expiring, evictions{volatile: true}, 0, absent, true},
		{"what has not expired yet", expiring, evictions{}, 50 * time.Millisecond, "new", true},
		{"an expiry that comes early", expiring, evictions{}, 50 * time.Millisecond, absent, false},
		{"an expiry", expiring, evictions{}, 200 * time.Millisecond, absent, true},
		{"an expiry that does not come", expiring, evictions{}, 200 * time.Millisecond, "new", false},
	} {
		key := newTracked(stringKind{}, "k")
		for _, cmd := range [][]string{{"SET", "k", "old"}, c.write} {
			if _, ok := key.check(cmd, "OK", at(start)); !ok {
				t.Fatalf("%s: %v is not explained", c.name, cmd)
			}
		}
		now := at(start.Add(c.after))
		key.branch(now, c.evicting)
		if _, ok := key.check(get, c.reply, now); ok != c.explain {
			t.Errorf("%s: explained %v", c.name, ok)
		}
	}
}

// TestModelOfElements: an element that expires leaves the others.
func TestModelOfElements(t *testing.T) {
	start := time.Now()
	for _, k := range []kind{hashKind{}, setKind{}, sortedSetKind{}} {
		key := newTracked(k, "k")
		add := map[string][]string{"hash": {"HSET", "k", "a", "1", "b", "1"}, "set": {"SADD", "k", "a", "b"},
			"zset": {"ZADD", "k", "1", "a", "1", "b"}}[k.name()]
		length := map[string][]string{"hash": {"HLEN", "k"}, "set": {"SCARD", "k"}, "zset": {"ZCOUNT", "k", "0", "9"}}[k.name()]
		for _, step := range []struct {
			after   time.Duration
			cmd     []string
			reply   string
			explain bool
		}{
			{0, add, "2", true},
			{0, []string{"PEXPIREMEMBER", "k", "a", "100"}, "1", true},
			{50 * time.Millisecond, length, "1", false},
			{50 * time.Millisecond, length, "2", true},
			{100 * time.Millisecond, length, "2", true},
			{200 * time.Millisecond, length, "2", false},
			{200 * time.Millisecond, length, "1", true},
		} {
			now := at(start.Add(step.after))
			key.branch(now, evictions{})
			if _, ok := key.check(step.cmd, step.reply, now); ok != step.explain {
				t.Errorf("%s: %v %s after %v: explained %v", k.name(), step.cmd, step.reply, step.after, ok)
			}
		}
	}
}
