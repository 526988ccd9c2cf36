package main

import (
	"math/rand/v2"
	"strconv"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// strings are written, appended to and read, with and without an expiry.
type stringKind struct{}

type stringValue struct {
	elementless
	text string
	ok   bool
}

func (stringKind) name() string              { return "string" }
func (stringKind) fresh() value              { return &stringValue{} }
func (stringKind) whole(key string) []string { return []string{"GET", key} }

func (stringKind) next(rng *rand.Rand, key string) []string {
	switch rng.IntN(6) {
	case 0:
		return []string{"SET", key, randomText(rng, 8+rng.IntN(3000)), "PX", strconv.Itoa(1 + rng.IntN(1500))}
	case 1:
		return []string{"APPEND", key, randomText(rng, rng.IntN(100))}
	case 2:
		return []string{"GETRANGE", key, strconv.Itoa(rng.IntN(100)), strconv.Itoa(rng.IntN(2000))}
	case 3:
		return []string{"STRLEN", key}
	}
	return []string{"SET", key, randomText(rng, rng.IntN(300))}
}

func (v *stringValue) apply(st *state, cmd []string) string {
	switch cmd[0] {
	case "SET":
		v.text, v.ok, st.expiry = cmd[2], true, span{}
		if len(cmd) > 3 {
			st.expiry = st.now.after(milliseconds(cmd[4]))
		}
		return "OK"
	case "APPEND":
		v.ok = true
		v.text += cmd[2]
		return strconv.Itoa(len(v.text))
	case "GETRANGE":
		from, to := number(cmd[2]), min(number(cmd[3])+1, len(v.text))
		if from >= to {
			return ""
		}
		return v.text[from:to]
	case "STRLEN":
		return strconv.Itoa(len(v.text))
	}
	return orAbsent([]byte(v.text), v.ok)
}

func (v *stringValue) empty() bool  { return !v.ok }
func (v *stringValue) clone() value { c := *v; return &c }

func (stringKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.Strings(), cmd[1]
	switch cmd[0] {
	case "SET":
		var o datatypes.SetOptions
		if len(cmd) > 3 {
			o.TTL = milliseconds(cmd[4])
		}
		_, err := st.Set(key, []byte(cmd[2]), o)
		return "OK", err
	case "APPEND":
		n, err := st.Append(key, []byte(cmd[2]))
		return strconv.Itoa(n), err
	case "GETRANGE":
		part, err := st.GetRange(key, int64(number(cmd[2])), int64(number(cmd[3])))
		return string(part), err
	case "STRLEN":
		n, err := st.Len(key)
		return strconv.Itoa(n), err
	}
	text, ok, err := st.Get(key)
	return orAbsent(text, ok), err
}

// randomText returns n letters.
func randomText(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(rng.Uint32()%26)
	}
	return string(b)
}
