package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(&out, 2000); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`nearest    ada is 1\.\d m away`,
		`nearest    bob is 6\.\d m away`,
		`           found among 2002 couriers in \S+s`,
		`distance   ada and bob are 6\.\d m apart`,
		`orders     go to ada, then to bob`,
		`remaining  1999 couriers`,
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
