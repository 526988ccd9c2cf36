package main

import (
	"maps"
	"math/rand/v2"
	"strconv"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// elements is how many different elements a collection may have: enough for it to change its form and back.
const elements = 300

func elementName(rng *rand.Rand) string { return "e" + strconv.Itoa(rng.IntN(elements)) }

// hashes have fields set, counted, removed and made to expire.
type hashKind struct{}

type hashValue map[string]string

func (hashKind) name() string              { return "hash" }
func (hashKind) fresh() value              { return hashValue{} }
func (hashKind) whole(key string) []string { return []string{"HGETALL", key} }

func (hashKind) next(rng *rand.Rand, key string) []string {
	switch rng.IntN(10) {
	case 0:
		return []string{"HDEL", key, elementName(rng)}
	case 1:
		return []string{"HINCRBY", key, "n" + strconv.Itoa(rng.IntN(3)), strconv.Itoa(rng.IntN(9))}
	case 2:
		return []string{"HGET", key, elementName(rng)}
	case 3:
		return []string{"HLEN", key}
	case 4:
		ttl := strconv.Itoa(1 + rng.IntN(1000))
		if rng.IntN(2) == 0 {
			return []string{"HPEXPIRE", key, ttl, "FIELDS", "1", elementName(rng)}
		}
		return []string{"PEXPIREMEMBER", key, elementName(rng), ttl}
	case 5:
		return []string{"HPERSIST", key, "FIELDS", "1", elementName(rng)}
	}
	cmd := []string{"HSET", key}
	for range 1 + rng.IntN(20) {
		cmd = append(cmd, elementName(rng), randomText(rng, rng.IntN(80)))
	}
	return cmd
}

func (v hashValue) apply(st *state, cmd []string) string {
	switch cmd[0] {
	case "HSET":
		before := len(v)
		for i := 2; i < len(cmd); i += 2 {
			v[cmd[i]] = cmd[i+1]
			if cmd[i] == st.element {
				st.elementExpiry = span{}
			}
		}
		return strconv.Itoa(len(v) - before)
	case "HDEL":
		had := v.has(cmd[2])
		delete(v, cmd[2])
		if cmd[2] == st.element {
			st.elementExpiry = span{}
		}
		return bit(had)
	case "HINCRBY":
		v[cmd[2]] = strconv.Itoa(number(v[cmd[2]]) + number(cmd[3]))
		return v[cmd[2]]
	case "HGET":
		text, ok := v[cmd[2]]
		return orAbsent([]byte(text), ok)
	case "HLEN":
		return strconv.Itoa(len(v))
	case "HPEXPIRE":
		if !v.has(cmd[5]) {
			return "-2"
		}
		st.element, st.elementExpiry = cmd[5], st.now.after(milliseconds(cmd[2]))
		return "1"
	case "HPERSIST":
		switch {
		case !v.has(cmd[4]):
			return "-2"
		case cmd[4] != st.element || !st.elementExpiry.set():
			return "-1"
		}
		st.elementExpiry = span{}
		return "1"
	}
	lines := make([]string, 0, 2*len(v))
	for field, text := range v {
		lines = append(lines, field, text)
	}
	return pairs(lines)
}

func (v hashValue) empty() bool             { return len(v) == 0 }
func (v hashValue) has(element string) bool { _, ok := v[element]; return ok }
func (v hashValue) drop(element string)     { delete(v, element) }
func (v hashValue) clone() value            { return maps.Clone(v) }

func (hashKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.Hashes(), cmd[1]
	switch cmd[0] {
	case "HSET":
		fields := make([]datatypes.Field, 0, len(cmd)/2)
		for i := 2; i < len(cmd); i += 2 {
			fields = append(fields, datatypes.Field{Name: cmd[i], Value: []byte(cmd[i+1])})
		}
		n, err := st.Set(key, fields...)
		return strconv.Itoa(n), err
	case "HDEL":
		n, err := st.Delete(key, cmd[2])
		return strconv.Itoa(n), err
	case "HINCRBY":
		n, err := st.IncrBy(key, cmd[2], int64(number(cmd[3])))
		return strconv.FormatInt(n, 10), err
	case "HGET":
		text, ok, err := st.Get(key, cmd[2])
		return orAbsent(text, ok), err
	case "HLEN":
		n, err := st.Len(key)
		return strconv.Itoa(n), err
	case "HPEXPIRE":
		results, err := st.Expire(key, milliseconds(cmd[2]), 0, cmd[5])
		return fieldResult(results, err)
	case "HPERSIST":
		results, err := st.Persist(key, cmd[4])
		return fieldResult(results, err)
	}
	fields, err := st.GetAll(key)
	lines := make([]string, 0, 2*len(fields))
	for _, f := range fields {
		lines = append(lines, f.Name, string(f.Value))
	}
	return pairs(lines), err
}

// fieldResult is the reply of a command that deals with the expiry of one field.
func fieldResult(results []datatypes.ExpireResult, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return strconv.Itoa(int(results[0])), nil
}
