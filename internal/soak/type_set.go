package main

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/larderkv/larder"
)

// sets of words, or of integers, which have a form of their own.
type setKind struct{ integers bool }

type setValue map[string]struct{}

func (k setKind) name() string {
	if k.integers {
		return "intset"
	}
	return "set"
}
func (setKind) fresh() value              { return setValue{} }
func (setKind) whole(key string) []string { return []string{"SMEMBERS", key} }

func (k setKind) member(rng *rand.Rand) string {
	if k.integers {
		return strconv.Itoa(rng.IntN(elements) << (rng.IntN(3) * 15))
	}
	return elementName(rng)
}

func (k setKind) next(rng *rand.Rand, key string) []string {
	switch rng.IntN(8) {
	case 0, 1:
		return []string{"SREM", key, k.member(rng)}
	case 2:
		return []string{"SISMEMBER", key, k.member(rng)}
	case 3:
		return []string{"SCARD", key}
	case 4:
		return []string{"PEXPIREMEMBER", key, k.member(rng), strconv.Itoa(1 + rng.IntN(1000))}
	}
	cmd := []string{"SADD", key}
	for range 1 + rng.IntN(20) {
		cmd = append(cmd, k.member(rng))
	}
	return cmd
}

func (v setValue) apply(st *state, cmd []string) string {
	switch cmd[0] {
	case "SADD":
		before := len(v)
		for _, member := range cmd[2:] {
			v[member] = struct{}{}
		}
		return strconv.Itoa(len(v) - before)
	case "SREM":
		had := v.has(cmd[2])
		delete(v, cmd[2])
		if cmd[2] == st.element {
			st.elementExpiry = span{}
		}
		return bit(had)
	case "SISMEMBER":
		return bit(v.has(cmd[2]))
	case "SCARD":
		return strconv.Itoa(len(v))
	}
	return sorted(slices.Collect(maps.Keys(v)))
}

func (v setValue) empty() bool             { return len(v) == 0 }
func (v setValue) has(element string) bool { _, ok := v[element]; return ok }
func (v setValue) drop(element string)     { delete(v, element) }
func (v setValue) clone() value            { return maps.Clone(v) }

func (setKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.Sets(), cmd[1]
	switch cmd[0] {
	case "SADD":
		n, err := st.Add(key, cmd[2:]...)
		return strconv.Itoa(n), err
	case "SREM":
		n, err := st.Remove(key, cmd[2])
		return strconv.Itoa(n), err
	case "SISMEMBER":
		ok, err := st.Contains(key, cmd[2])
		return bit(ok), err
	case "SCARD":
		n, err := st.Len(key)
		return strconv.Itoa(n), err
	}
	members, err := st.Union(key)
	return sorted(members), err
}
