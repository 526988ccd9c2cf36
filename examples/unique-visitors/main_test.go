package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	const daily = 20_000
	var out strings.Builder
	if err := run(&out, daily); err != nil {
		t.Fatal(err)
	}
	var day, week, archived, really, size int
	var off1, off2 float64
	_, err := fmt.Sscanf(out.String(), "today      %d (%f %%) visitors, really %d\nthis week  %d (%f %%) visitors, really %d\narchived   %d visitors in %d bytes\n",
		&day, &off1, &really, &week, &off2, &really, &archived, &size)
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	const standardError = 0.0081
	for truth, estimate := range map[int]int{daily: day, 4 * daily: week} {
		if off := math.Abs(float64(estimate-truth)) / float64(truth); off > 4*standardError {
			t.Errorf("%d visitors are counted as %d", truth, estimate)
		}
	}
	if really != 4*daily || archived != week || size > 14<<10 {
		t.Errorf("unexpected figures in\n%s", out.String())
	}
}
