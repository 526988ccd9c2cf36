package main

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// sorted sets have members with whole scores, which all doors write alike.
type sortedSetKind struct{}

type sortedSetValue map[string]int

func (sortedSetKind) name() string { return "zset" }
func (sortedSetKind) fresh() value { return sortedSetValue{} }
func (sortedSetKind) whole(key string) []string {
	return []string{"ZRANGE", key, "0", "-1", "WITHSCORES"}
}

func (sortedSetKind) next(rng *rand.Rand, key string) []string {
	switch rng.IntN(10) {
	case 0, 1:
		return []string{"ZREM", key, elementName(rng)}
	case 2:
		return []string{"ZSCORE", key, elementName(rng)}
	case 3:
		return []string{"ZRANK", key, elementName(rng)}
	case 4:
		return []string{"ZINCRBY", key, strconv.Itoa(rng.IntN(50)), elementName(rng)}
	case 5:
		return []string{"PEXPIREMEMBER", key, elementName(rng), strconv.Itoa(1 + rng.IntN(1000))}
	case 6:
		return []string{"ZCOUNT", key, strconv.Itoa(rng.IntN(500)), strconv.Itoa(rng.IntN(1000))}
	}
	cmd := []string{"ZADD", key}
	for range 1 + rng.IntN(20) {
		cmd = append(cmd, strconv.Itoa(rng.IntN(1000)), elementName(rng))
	}
	return cmd
}

func (v sortedSetValue) ordered() []string {
	return slices.SortedFunc(maps.Keys(v), func(a, b string) int {
		return cmp.Or(cmp.Compare(v[a], v[b]), strings.Compare(a, b))
	})
}

func (v sortedSetValue) apply(st *state, cmd []string) string {
	switch cmd[0] {
	case "ZADD":
		before := len(v)
		for i := 2; i < len(cmd); i += 2 {
			v[cmd[i+1]] = number(cmd[i])
		}
		return strconv.Itoa(len(v) - before)
	case "ZREM":
		had := v.has(cmd[2])
		delete(v, cmd[2])
		if cmd[2] == st.element {
			st.elementExpiry = span{}
		}
		return bit(had)
	case "ZSCORE":
		score, ok := v[cmd[2]]
		return orAbsent([]byte(strconv.Itoa(score)), ok)
	case "ZRANK":
		if !v.has(cmd[2]) {
			return absent
		}
		return strconv.Itoa(slices.Index(v.ordered(), cmd[2]))
	case "ZINCRBY":
		v[cmd[3]] += number(cmd[2])
		return strconv.Itoa(v[cmd[3]])
	case "ZCOUNT":
		n := 0
		for _, score := range v {
			if score >= number(cmd[2]) && score <= number(cmd[3]) {
				n++
			}
		}
		return strconv.Itoa(n)
	}
	lines := make([]string, 0, 2*len(v))
	for _, member := range v.ordered() {
		lines = append(lines, member, strconv.Itoa(v[member]))
	}
	return strings.Join(lines, "\n")
}

func (v sortedSetValue) empty() bool             { return len(v) == 0 }
func (v sortedSetValue) has(element string) bool { _, ok := v[element]; return ok }
func (v sortedSetValue) drop(element string)     { delete(v, element) }
func (v sortedSetValue) clone() value            { return maps.Clone(v) }

func (sortedSetKind) direct(db larder.DB, cmd []string) (string, error) {
	z, key := db.SortedSets(), cmd[1]
	switch cmd[0] {
	case "ZADD":
		members := make([]datatypes.Scored, 0, len(cmd)/2)
		for i := 2; i < len(cmd); i += 2 {
			members = append(members, datatypes.Scored{Member: cmd[i+1], Score: float64(number(cmd[i]))})
		}
		n, err := z.Add(key, members...)
		return strconv.Itoa(n), err
	case "ZREM":
		n, err := z.Remove(key, cmd[2])
		return strconv.Itoa(n), err
	case "ZSCORE":
		score, ok, err := z.Score(key, cmd[2])
		return orAbsent(wholeScore(score), ok), err
	case "ZRANK":
		rank, _, ok, err := z.Rank(key, cmd[2])
		return orAbsent([]byte(strconv.Itoa(rank)), ok), err
	case "ZINCRBY":
		score, err := z.IncrBy(key, cmd[3], float64(number(cmd[2])))
		return string(wholeScore(score)), err
	case "ZCOUNT":
		n, err := z.Count(key, datatypes.ScoreBound{Score: float64(number(cmd[2]))},
			datatypes.ScoreBound{Score: float64(number(cmd[3]))})
		return strconv.Itoa(n), err
	}
	members, err := z.AppendRange(nil, key, datatypes.ByRank(0, -1))
	lines := make([]string, 0, 2*len(members))
	for _, m := range members {
		lines = append(lines, m.Member, string(wholeScore(m.Score)))
	}
	return strings.Join(lines, "\n"), err
}

func wholeScore(score float64) []byte { return strconv.AppendFloat(nil, score, 'f', -1, 64) }
