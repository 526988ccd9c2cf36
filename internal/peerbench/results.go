package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// results is what one run of the program found, as -json saves it. A report is made of results alone.
type results struct {
	Command string // as it was typed
	Short   bool   // sizes that prove nothing
	Machine table
	Figures table
	Tables  []table
	Charts  []chart
}

// savedTable is a table as it stands in a file.
type savedTable struct {
	Title  string
	Header []string
	Rows   [][]string
	Notes  []string `json:",omitempty"`
	Prose  bool     `json:",omitempty"`
}

func (t table) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedTable{t.title, t.header, t.rows, t.notes, t.prose})
}

func (t *table) UnmarshalJSON(b []byte) error {
	var s savedTable
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	for _, row := range s.Rows {
		if len(row) > len(s.Header) {
			return fmt.Errorf("table %q: a row of %d cells under a header of %d", s.Title, len(row), len(s.Header))
		}
	}
	*t = table{s.Title, s.Header, s.Rows, s.Notes, s.Prose}
	return nil
}

// fact is what a table says in its second column about a name in its first.
func (t table) fact(name string) string {
	for _, row := range t.rows {
		if len(row) == 2 && row[0] == name {
			return row[1]
		}
	}
	return ""
}

func (r results) save(path string) error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// readResults reads files of saved results; a directory stands for those in it.
func readResults(paths []string) ([]results, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		inside, err := filepath.Glob(filepath.Join(path, "*.json"))
		if err != nil {
			return nil, err
		}
		if len(inside) == 0 {
			return nil, fmt.Errorf("%s holds no results", path)
		}
		slices.Sort(inside)
		files = append(files, inside...)
	}
	var all []results
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var r results
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, r)
	}
	return all, nil
}
