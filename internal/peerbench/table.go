package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is one result: a title, rows under a header, and sentences that say how it was measured.
type table struct {
	title  string
	header []string
	rows   [][]string
	notes  []string
	prose  bool // cells are words, so all columns are aligned left
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// widths is the width of each column in runes.
func (t *table) widths() []int {
	w := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			w[i] = max(w[i], utf8.RuneCountInString(cell))
		}
	}
	return w
}

// pad aligns the first column left and columns of numbers right.
func (t *table) pad(cell string, column, width int) string {
	space := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
	if column == 0 || t.prose {
		return cell + space
	}
	return space + cell
}

func (t *table) line(row []string, widths []int, between string) string {
	cells := make([]string, len(widths))
	for i := range widths {
		cell := ""
		if i < len(row) {
			cell = row[i]
		}
		cells[i] = t.pad(cell, i, widths[i])
	}
	return strings.Join(cells, between)
}

// writeText writes the table for a terminal.
func (t *table) writeText(w io.Writer) {
	widths := t.widths()
	fmt.Fprintf(w, "\n== %s\n", t.title)
	for _, row := range append([][]string{t.header}, t.rows...) {
		fmt.Fprintln(w, strings.TrimRight(t.line(row, widths, "  "), " "))
	}
	for _, n := range t.notes {
		fmt.Fprintln(w, " -", n)
	}
}

// writeMarkdown writes the table as a section of a report.
func (t *table) writeMarkdown(w io.Writer) {
	widths := t.widths()
	fmt.Fprintf(w, "## %s\n\n| %s |\n", t.title, t.line(t.header, widths, " | "))
	for i, width := range widths {
		if i == 0 || t.prose {
			fmt.Fprint(w, "|:", strings.Repeat("-", width+1))
		} else {
			fmt.Fprint(w, "|", strings.Repeat("-", width+1), ":")
		}
	}
	fmt.Fprintln(w, "|")
	for _, row := range t.rows {
		fmt.Fprintf(w, "| %s |\n", t.line(row, widths, " | "))
	}
	fmt.Fprintln(w)
	for _, n := range t.notes {
		fmt.Fprintln(w, "-", n)
	}
	if len(t.notes) > 0 {
		fmt.Fprintln(w)
	}
}
