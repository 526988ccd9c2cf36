package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(&out, 1000); err != nil {
		t.Fatal(err)
	}
	// Jobs of one digit have names of five bytes.
	const want = "1001 jobs done by 4 workers, 10 of them at the second try; lists left: 0\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
