package main

import (
	"maps"
	"math/rand/v2"
	"strconv"

	"github.com/larderkv/larder"
)

// hyperLogLogs estimate how many elements they were given.
type hyperLogLogKind struct{}

type hyperLogLogValue struct {
	elementless
	seen map[string]struct{}
}

func (hyperLogLogKind) name() string              { return "hyperloglog" }
func (hyperLogLogKind) fresh() value              { return &hyperLogLogValue{seen: map[string]struct{}{}} }
func (hyperLogLogKind) whole(key string) []string { return []string{"PFCOUNT", key} }

func (hyperLogLogKind) next(rng *rand.Rand, key string) []string {
	cmd := []string{"PFADD", key}
	for range 1 + rng.IntN(20) {
		cmd = append(cmd, "e"+strconv.Itoa(rng.IntN(5000)))
	}
	return cmd
}

func (v *hyperLogLogValue) apply(_ *state, cmd []string) string {
	if cmd[0] == "PFCOUNT" {
		return strconv.Itoa(len(v.seen))
	}
	before := len(v.seen)
	for _, element := range cmd[2:] {
		v.seen[element] = struct{}{}
	}
	return bit(len(v.seen) > before)
}

// near allows a count six standard errors of the estimate, which are 0.81 % each, and an addition that changed no
// register though the element was new. What changes though nothing was new is wrong.
func (v *hyperLogLogValue) near(cmd []string, got, want string) bool {
	switch cmd[0] {
	case "PFADD":
		return got == "0" && want == "1"
	case "PFCOUNT":
		off := number(got) - number(want)
		return max(off, -off) <= 2+number(want)*5/100
	}
	return false
}

func (v *hyperLogLogValue) empty() bool  { return len(v.seen) == 0 }
func (v *hyperLogLogValue) clone() value { return &hyperLogLogValue{seen: maps.Clone(v.seen)} }

func (hyperLogLogKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.HyperLogLogs(), cmd[1]
	if cmd[0] == "PFCOUNT" {
		n, err := st.Count(key)
		return strconv.FormatInt(n, 10), err
	}
	changed, err := st.Add(key, cmd[2:]...)
	return bit(changed), err
}
