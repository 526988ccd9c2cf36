package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// sample holds one figure as measured in several rounds.
type sample []float64

func (s sample) sorted() sample { return slices.Sorted(slices.Values(s)) }

func (s sample) min() float64 { return s.quantile(0) }
func (s sample) max() float64 { return s.quantile(1) }

func (s sample) median() float64 {
	sorted := s.sorted()
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 0:
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[n/2]
}

func (s sample) quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return s.sorted()[int(q*float64(len(s)-1))]
}

// scaled is the sample in another unit.
func (s sample) scaled(by float64) sample {
	out := make(sample, len(s))
	for i, x := range s {
		out[i] = x * by
	}
	return out
}

// span is how far the rounds lie apart: "min..max".
func (s sample) span(format func(float64) string) string {
	if len(s) == 0 {
		return "-"
	}
	return format(s.min()) + ".." + format(s.max())
}

func formatNanos(ns float64) string {
	switch {
	case math.IsNaN(ns):
		return "-"
	case ns < 10:
		return fmt.Sprintf("%.2f ns", ns)
	case ns < 100:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 10e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	}
	return time.Duration(ns).Round(10 * time.Millisecond).String()
}

func formatBytes(b float64) string {
	switch {
	case math.IsNaN(b):
		return "-"
	case math.Abs(b) < 1<<10:
		return fmt.Sprintf("%.1f B", b)
	case math.Abs(b) < 1<<20:
		return fmt.Sprintf("%.1f KiB", b/(1<<10))
	case math.Abs(b) < 1<<30:
		return fmt.Sprintf("%.1f MiB", b/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", b/(1<<30))
}

func formatRatio(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "-"
	}
	return fmt.Sprintf("%.2f ×", x)
}

func formatPercent(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", x*100)
}

func formatSeconds(x float64) string { return fmt.Sprintf("%.2f s", x) }

// formatCount writes a number of entries as people say it: 5M, 100k.
func formatCount(n int) string {
	switch {
	case n >= 1e6 && n%1e5 == 0:
		return fmt.Sprintf("%gM", float64(n)/1e6)
	case n >= 1e3 && n%100 == 0:
		return fmt.Sprintf("%gk", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}

func plainBytes(b float64) string {
	if math.IsNaN(b) {
		return "-"
	}
	return fmt.Sprintf("%.1f", b)
}

func formatWhole(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.0f", x)
}
