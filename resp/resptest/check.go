package resptest

import (
	"fmt"
	"slices"
	"strings"
)

// CheckGet fails the test unless a key holds the string want.
func (db Database) CheckGet(t TB, key, want string) {
	t.Helper()
	if got, err := db.Get(key); err != nil || got != want {
		t.Errorf("GET %s is %q (error: %v), want %q", key, got, err, want)
	}
}

// CheckList fails the test unless a key holds a list of those values.
func (db Database) CheckList(t TB, key string, want ...string) {
	t.Helper()
	if got, err := db.List(key); err != nil || !slices.Equal(got, want) {
		t.Errorf("the list %s is %q (error: %v), want %q", key, got, err, want)
	}
}

// CheckSet fails the test unless a key holds a set of those members, in whatever order they are given.
func (db Database) CheckSet(t TB, key string, want ...string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	if got, err := db.SMembers(key); err != nil || !slices.Equal(got, want) {
		t.Errorf("the set %s is %q (error: %v), want %q", key, got, err, want)
	}
}

// DumpMaxLineLen bounds the length at which Dump shows a key or a value.
var DumpMaxLineLen = 60

// Dump shows all keys with their values, for people: a line a key, and one for each element of its value, indented.
func (db Database) Dump() string {
	var out strings.Builder
	line := func(indent string, texts ...any) {
		text := fmt.Sprint(texts...)
		if len(text) > DumpMaxLineLen {
			text = text[:DumpMaxLineLen] + "..."
		}
		fmt.Fprintf(&out, "%s%s\n", indent, text)
	}
	const indent = "   "
	for _, key := range db.Keys() {
		line("- ", key)
		switch db.Type(key) {
		case "string":
			value, _ := db.Get(key)
			line(indent, fmt.Sprintf("%q", value))
		case "list":
			for value := range db.Lists().All(key) {
				line(indent, fmt.Sprintf("%q", value))
			}
		case "set":
			members, _ := db.SMembers(key)
			for _, member := range members {
				line(indent, fmt.Sprintf("%q", member))
			}
		case "hash":
			names, _ := db.HKeys(key)
			for _, name := range names {
				line(indent, name, ": ", fmt.Sprintf("%q", db.HGet(key, name)))
			}
		case "zset":
			for member, score := range db.SortedSets().RangeByRank(key, 0, -1) {
				line(indent, fmt.Sprintf("%v: %q", score, member))
			}
		}
	}
	return out.String()
}
