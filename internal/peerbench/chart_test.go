package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func sampleCharts() []chart {
	lines := chart{Slug: "speed", Kind: lineChart, LogX: true, Title: "Speed & size", Subtitle: "ns", Noise: "two rounds", Panels: make([]panel, 1)}
	dots := chart{Slug: "pause", Kind: dotChart, LogX: true, Title: "Pause", Subtitle: "ms", Noise: "two rounds", Panels: make([]panel, 1)}
	many := chart{Slug: "hits", Kind: lineChart, LogX: true, Percent: true, Title: "Hits", Subtitle: "%", Noise: "one replay", Panels: make([]panel, 4)}
	for i, name := range []string{larderName, "otter"} {
		for _, n := range []float64{1e5, 1e6} {
			lines.Panels[0].add(name, n, sample{float64(i+1) * 10, float64(i+1) * 12})
		}
		dots.Panels[0].row(name, name, sample{float64(10 - i), float64(11 - i)})
		for p := range many.Panels {
			many.Panels[p].Title = "trace"
			many.Panels[p].add(name, 1, sample{0.2})
			many.Panels[p].add(name, 50, sample{0.9})
		}
	}
	return []chart{lines, dots, many}
}

func TestChartsAreWellFormedAndSayTheirConditions(t *testing.T) {
	t.Parallel()
	for _, c := range sampleCharts() {
		drawn, err := c.svg([]string{"Machine: this one", "Command: peerbench x"})
		if err != nil {
			t.Fatal(err)
		}
		var words strings.Builder
		for d := xml.NewDecoder(strings.NewReader(string(drawn))); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", c.Slug, err)
			}
			if text, ok := token.(xml.CharData); ok {
				words.Write(text)
			}
		}
		for _, want := range []string{c.Title, c.Subtitle, c.Noise, larderName, "otter", "Machine: this one", "Command: peerbench x", "prefers-color-scheme"} {
			if !strings.Contains(words.String(), want) {
				t.Errorf("%s does not say %q", c.Slug, want)
			}
		}
		for _, nan := range []string{"NaN", "Inf"} {
			if strings.Contains(string(drawn), nan) {
				t.Errorf("%s has a coordinate %s", c.Slug, nan)
			}
		}
	}
}

func TestSortRows(t *testing.T) {
	t.Parallel()
	var p panel
	for name, v := range map[string]float64{"slow": 3, "fast": 1, "middling": 2} {
		p.row(name, "median", sample{v / 2})
		p.row(name, "slowest", sample{v})
	}
	p.sortRows()
	if want := []string{"fast", "middling", "slow"}; !slices.Equal(p.Rows, want) {
		t.Fatalf("rows %v, want %v", p.Rows, want)
	}
	for _, pt := range p.seriesOf("slowest").Points {
		if pt.Y != pt.X+1 {
			t.Errorf("row %v has the value %v", pt.X, pt.Y)
		}
	}
}

func TestReportOfSavedResults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shown := table{title: "Shown", header: []string{"store", "time"}, notes: []string{"a note"}}
	shown.add(larderName, "1 ns")
	saved := results{Command: "peerbench get", Machine: machineFacts("peerbench get"), Tables: []table{shown}, Charts: sampleCharts()}
	path := filepath.Join(dir, "get.json")
	if err := saved.save(path); err != nil {
		t.Fatal(err)
	}
	read, err := readResults([]string{dir})
	if err != nil || len(read) != 1 {
		t.Fatalf("%d results, %v", len(read), err)
	}
	if !reflect.DeepEqual(read[0].Charts, saved.Charts) || !reflect.DeepEqual(read[0].Tables, saved.Tables) {
		t.Error("what was read is not what was saved")
	}
	if err := runReport([]string{"-dir", filepath.Join(dir, "out"), path}); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "out", reportPage))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"`peerbench get`", "(speed.svg)", "(pause.svg)", "(hits.svg)", "## Shown", "a note"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, c := range saved.Charts {
		if _, err := os.Stat(filepath.Join(dir, "out", c.Slug+".svg")); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(path, []byte(`{"Tables":[{"Header":["a"],"Rows":[["b","c"]]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := runReport([]string{"-dir", filepath.Join(dir, "out"), path}); err == nil {
		t.Error("a table with a row longer than its header is no error")
	}
}

func TestShareList(t *testing.T) {
	t.Parallel()
	var l shareList
	if err := l.Set("1%, 2.5%,50"); err != nil || !slices.Equal(l, shareList{0.01, 0.025, 0.5}) || l.String() != "1%,2.5%,50%" {
		t.Errorf("%v (%s), %v", []float64(l), l.String(), err)
	}
	for _, bad := range []string{"", "0%", "101%", "NaN%", "1%,x"} {
		if err := l.Set(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}
