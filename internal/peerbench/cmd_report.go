package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A report is a Markdown page, charts beside it, and below it the results that it was made of, so that it can be made
// again, or with a part measured anew, without measuring the rest.

const (
	reportName = "report"
	reportPage = "README.md" // what code hosts show of a directory
	resultsDir = "results"
)

func runReport(args []string) error {
	fs := flag.NewFlagSet("peerbench "+reportName, flag.ExitOnError)
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "usage: peerbench report [flags] [results.json or directory …]")
		fmt.Fprintln(fs.Output(), "Makes a report of saved results. Without any, measures everything first and saves it.")
		fs.PrintDefaults()
	}
	dir := fs.String("dir", reportName, "`directory` of the report")
	fs.Bool("short", false, "as of the commands: small sizes, which prove nothing")
	fs.Int("rounds", 0, "as of the commands: alternating `rounds`")
	fs.String("stores", "", "as of the commands: comma-separated `names` of the stores")
	traces := fs.String("traces", "", "as of hitratio: `directory` with traces NAME.u32.gz")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		for _, name := range []string{"short", "rounds", "stores", "traces"} {
			if given(fs, name) {
				return fmt.Errorf("-%s measures; saved results are taken as they are", name)
			}
		}
		all, err := readResults(fs.Args())
		if err != nil {
			return err
		}
		return writeReport(*dir, all)
	}
	var shared []string
	for _, name := range []string{"short", "rounds", "stores"} {
		if given(fs, name) {
			shared = append(shared, "-"+name+"="+fs.Lookup(name).Value.String())
		}
	}
	return measureReport(*dir, shared, *traces)
}

func given(fs *flag.FlagSet, name string) (found bool) {
	fs.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// measureReport runs every command, saving each one's results as soon as they are there. One that fails is left out of
// the report, which is written all the same, and the failure returned.
func measureReport(dir string, shared []string, traces string) error {
	saved := filepath.Join(dir, resultsDir)
	if err := os.MkdirAll(saved, 0o755); err != nil {
		return err
	}
	var all []results
	var failed []error
	for _, c := range commands {
		args := shared
		switch {
		case c.name == "get":
			args = append(args[:len(args):len(args)], "-curve")
		case c.name == "hitratio" && traces != "":
			args = append(args[:len(args):len(args)], "-traces="+traces)
		}
		r, err := measure(c.name, append(args[:len(args):len(args)], "-json="+filepath.Join(saved, c.name+".json")))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		all = append(all, r)
	}
	return errors.Join(append(failed, writeReport(dir, all))...)
}

// writeReport writes the page and a file a chart.
func writeReport(dir string, all []results) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var page bytes.Buffer
	fmt.Fprint(&page, "# larder beside its peers\n\n")
	fmt.Fprintf(&page, "Made by `peerbench %s` of the files in `%s/`. Each part says the command that measures it and the machine that it ran on.\n\n", reportName, resultsDir)
	writeFigures(&page, all)
	for _, r := range all {
		if err := r.writeSection(&page, dir); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, reportPage), page.Bytes(), 0o644)
}

// writeFigures puts what larder is held to, of all results, into one table.
func writeFigures(page *bytes.Buffer, all []results) {
	var figures table
	for _, r := range all {
		if len(r.Figures.rows) == 0 {
			continue
		}
		figures.title, figures.header = r.Figures.title, r.Figures.header
		figures.rows = append(figures.rows, r.Figures.rows...)
	}
	if len(figures.rows) > 0 {
		figures.writeMarkdown(page)
	}
}

// writeSection writes the part of one run, its charts before its tables.
func (r results) writeSection(page *bytes.Buffer, dir string) error {
	fmt.Fprintf(page, "---\n\n`%s`\n\n", r.Command)
	if r.Short {
		fmt.Fprint(page, "**Sizes were those of -short, which show that the program works and nothing else.**\n\n")
	}
	for _, c := range r.Charts {
		drawn, err := c.svg(r.conditions())
		if err != nil {
			return fmt.Errorf("chart %s: %w", c.Slug, err)
		}
		if err := os.WriteFile(filepath.Join(dir, c.Slug+".svg"), drawn, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(page, "![%s, %s](%s.svg)\n\n", c.Title, c.Subtitle, c.Slug)
	}
	for _, line := range r.conditions() {
		fmt.Fprintf(page, "- %s\n", line)
	}
	fmt.Fprintln(page)
	for _, t := range r.Tables {
		t.writeMarkdown(page)
	}
	return nil
}

// conditions is what stands below every chart: machine, versions and command.
func (r results) conditions() []string {
	fact := r.Machine.fact
	command := "Command: " + r.Command
	if r.Short {
		command += " (-short: the figures prove nothing)"
	}
	return []string{
		fmt.Sprintf("Machine: %s; %s; %s; load before: %s.", fact("CPU"), fact("memory"), fact("system"), fact("load before")),
		fmt.Sprintf("Versions: %s; %s; measured %s.", fact("Go"), fact("modules"), strings.Replace(fact("time"), "T", " ", 1)),
		command,
	}
}
