package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(&out, 1000); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`sessions   1000 stored in \S+; number 7 is {"user":7,"theme":"dark"}, found: true, ends in 30m0s; nobody's found: false`,
		`counters   42 hits`,
		`batch      64 sessions read, the last is {"user":945,"theme":"dark"}`,
		`transfers  70 of 100: <nil>; 70 again: not enough money`,
		`scan       10 keys match session:\*77`,
		`costs      1003 keys take \d+ bytes each, with key, value and expiry; the collector sees a heap of \d+ KiB`,
		`           and stops the program for \S+s`,
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), out.String())
	}
	for i, pattern := range want {
		if !regexp.MustCompile("^" + pattern + "$").MatchString(lines[i]) {
			t.Errorf("line %d is\n%s\nwant\n%s", i, lines[i], pattern)
		}
	}
}
