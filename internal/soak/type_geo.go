package main

import (
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// geoKind is positions on the earth, in whole degrees.
type geoKind struct{}

type geoValue map[string]datatypes.Position

func (geoKind) name() string              { return "geo" }
func (geoKind) fresh() value              { return geoValue{} }
func (geoKind) whole(key string) []string { return []string{"ZCARD", key} }

func (geoKind) next(rng *rand.Rand, key string) []string {
	switch rng.IntN(3) {
	case 0:
		return []string{"GEOPOS", key, elementName(rng)}
	case 1:
		return []string{"ZREM", key, elementName(rng)}
	}
	return []string{"GEOADD", key, strconv.Itoa(rng.IntN(360) - 180), strconv.Itoa(rng.IntN(160) - 80), elementName(rng)}
}

func (v geoValue) apply(_ *state, cmd []string) string {
	switch cmd[0] {
	case "GEOADD":
		had := v.has(cmd[4])
		v[cmd[4]] = datatypes.Position{Longitude: float64(number(cmd[2])), Latitude: float64(number(cmd[3]))}
		return bit(!had)
	case "ZREM":
		had := v.has(cmd[2])
		delete(v, cmd[2])
		return bit(had)
	case "ZCARD":
		return strconv.Itoa(len(v))
	}
	p, ok := v[cmd[2]]
	return position(p, ok)
}

func position(p datatypes.Position, ok bool) string {
	if !ok {
		return absent
	}
	return strconv.FormatFloat(p.Longitude, 'f', -1, 64) + "\n" + strconv.FormatFloat(p.Latitude, 'f', -1, 64)
}

// near allows a position what it loses by being kept in 52 bits.
func (v geoValue) near(cmd []string, got, want string) bool {
	if cmd[0] != "GEOPOS" {
		return false
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != 2 || len(w) != 2 {
		return false
	}
	for i := range g {
		a, err := strconv.ParseFloat(g[i], 64)
		b, _ := strconv.ParseFloat(w[i], 64)
		if err != nil || math.Abs(a-b) > 1e-4 {
			return false
		}
	}
	return true
}

func (v geoValue) empty() bool             { return len(v) == 0 }
func (v geoValue) has(element string) bool { _, ok := v[element]; return ok }
func (v geoValue) drop(element string)     { delete(v, element) }
func (v geoValue) clone() value            { return maps.Clone(v) }

func (geoKind) direct(db larder.DB, cmd []string) (string, error) {
	st, key := db.Geo(), cmd[1]
	switch cmd[0] {
	case "GEOADD":
		n, err := st.Add(key, datatypes.Located{Member: cmd[4],
			Position: datatypes.Position{Longitude: float64(number(cmd[2])), Latitude: float64(number(cmd[3]))}})
		return strconv.Itoa(n), err
	case "ZREM":
		n, err := db.SortedSets().Remove(key, cmd[2])
		return strconv.Itoa(n), err
	case "ZCARD":
		n, err := db.SortedSets().Len(key)
		return strconv.Itoa(n), err
	}
	p, ok, err := st.Position(key, cmd[2])
	return position(p, ok), err
}
