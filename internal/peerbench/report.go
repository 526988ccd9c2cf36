package main

import (
	"fmt"
	"io"
	"os"
)

// report collects tables, printing each as soon as it is there, charts, and the figures that larder is held to.
type report struct {
	out     io.Writer
	command string
	machine table
	tables  []table
	charts  []chart
	figures table
}

func newReport(out io.Writer, command string) *report {
	r := &report{out: out, command: command, figures: table{
		title:  "What larder is held to",
		header: []string{"figure", "measured", "at least", "aim", "verdict"},
	}}
	r.machine = machineFacts(command)
	r.machine.writeText(out)
	return r
}

// table prints and keeps a table, unless nothing was measured for it.
func (r *report) table(t table) {
	if len(t.rows) == 0 {
		return
	}
	t.writeText(r.out)
	r.tables = append(r.tables, t)
}

// chart keeps a chart, unless nothing was measured for it.
func (r *report) chart(c chart) {
	if !c.empty() {
		r.charts = append(r.charts, c)
	}
}

// progress tells somebody at a terminal what is being measured; it is no part of the report.
func (r *report) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// bar is the threshold of a figure in both grades. A figure is better when it is higher, unless lower is set.
type bar struct {
	atLeast, aim float64
	lower        bool
	format       func(float64) string
}

func (b bar) reached(v, threshold float64) bool {
	if b.lower {
		return v <= threshold
	}
	return v >= threshold
}

// figure records a measurement of larder against its bar.
func (r *report) figure(name string, v float64, b bar) {
	verdict := "falls short"
	switch {
	case b.reached(v, b.aim):
		verdict = "aim reached"
	case b.reached(v, b.atLeast):
		verdict = "reached"
	}
	r.figures.add(name, b.format(v), b.format(b.atLeast), b.format(b.aim), verdict)
}

// finish prints the figures and gives everything as results.
func (r *report) finish(short bool) results {
	if len(r.figures.rows) > 0 {
		if short {
			r.figures.note("Sizes were those of -short, which show that the program works and nothing else.")
		}
		r.figures.writeText(r.out)
	}
	return results{
		Command: r.command,
		Short:   short,
		Machine: r.machine,
		Figures: r.figures,
		Tables:  r.tables,
		Charts:  r.charts,
	}
}

// writeMarkdown writes the tables of one run as a document of their own.
func (r results) writeMarkdown(w io.Writer) {
	fmt.Fprint(w, "# larder beside its peers\n\n")
	r.Machine.writeMarkdown(w)
	for _, t := range r.Tables {
		t.writeMarkdown(w)
	}
	if len(r.Figures.rows) > 0 {
		r.Figures.writeMarkdown(w)
	}
}
