package main

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/larderkv/larder"
)

// lists are pushed to and popped from at both ends, trimmed and written in the middle.
type listKind struct{}

type listValue struct {
	elementless
	items []string
}

func (listKind) name() string              { return "list" }
func (listKind) fresh() value              { return &listValue{} }
func (listKind) whole(key string) []string { return []string{"LRANGE", key, "0", "-1"} }

func (listKind) next(rng *rand.Rand, key string) []string {
	switch rng.IntN(9) {
	case 0, 1:
		return []string{"LPOP", key}
	case 2, 3:
		return []string{"RPOP", key}
	case 4:
		return []string{"LTRIM", key, strconv.Itoa(rng.IntN(3)), strconv.Itoa(200 + rng.IntN(elements))}
	case 5:
		return []string{"LINDEX", key, strconv.Itoa(rng.IntN(elements))}
	}
	cmd := []string{[]string{"LPUSH", "RPUSH"}[rng.IntN(2)], key}
	for range 1 + rng.IntN(10) {
		cmd = append(cmd, randomText(rng, rng.IntN(120)))
	}
	return cmd
}

func (v *listValue) apply(_ *state, cmd []string) string {
	switch cmd[0] {
	case "RPUSH":
		v.items = append(v.items, cmd[2:]...)
		return strconv.Itoa(len(v.items))
	case "LPUSH":
		pushed := slices.Clone(cmd[2:])
		slices.Reverse(pushed)
		v.items = append(pushed, v.items...)
		return strconv.Itoa(len(v.items))
	case "LPOP":
		return v.pop(0)
	case "RPOP":
		return v.pop(len(v.items) - 1)
	case "LTRIM":
		from, to := min(number(cmd[2]), len(v.items)), min(number(cmd[3])+1, len(v.items))
		v.items = v.items[from:max(from, to)]
		return "OK"
	case "LINDEX":
		if i := number(cmd[2]); i < len(v.items) {
			return v.items[i]
		}
		return absent
	}
	return strings.Join(v.items, "\n")
}

func (v *listValue) pop(i int) string {
	if len(v.items) == 0 {
		return absent
	}
	item := v.items[i]
	v.items = slices.Delete(v.items, i, i+1)
	return item
}

func (v *listValue) empty() bool  { return len(v.items) == 0 }
func (v *listValue) clone() value { return &listValue{items: slices.Clone(v.items)} }

func (listKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.Lists(), cmd[1]
	switch cmd[0] {
	case "RPUSH":
		n, err := st.RPush(key, asBytes(cmd[2:])...)
		return strconv.Itoa(n), err
	case "LPUSH":
		n, err := st.LPush(key, asBytes(cmd[2:])...)
		return strconv.Itoa(n), err
	case "LPOP":
		item, ok, err := st.LPop(key)
		return orAbsent(item, ok), err
	case "RPOP":
		item, ok, err := st.RPop(key)
		return orAbsent(item, ok), err
	case "LTRIM":
		return "OK", st.Trim(key, number(cmd[2]), number(cmd[3]))
	case "LINDEX":
		item, ok, err := st.Index(key, number(cmd[2]))
		return orAbsent(item, ok), err
	}
	items, err := st.Range(key, 0, -1)
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i] = string(item)
	}
	return strings.Join(lines, "\n"), err
}

func asBytes(texts []string) [][]byte {
	values := make([][]byte, len(texts))
	for i, text := range texts {
		values[i] = []byte(text)
	}
	return values
}
