package difftest

import (
	"fmt"
	"strconv"
)

// Geo returns generators of the commands on positions. STOREDIST is not among them: distances that are computed by
// different libraries agree to four decimals, not in the last bit.
func Geo() Group {
	return Group{
		{8, func(g *Gen) Command {
			args := append([]string{g.Case("geoadd"), g.Key()}, g.Options([]string{"nx"}, []string{"xx"}, []string{"ch"})...)
			return Cmd(append(args, g.located(6)...)...)
		}},
		{1, func(g *Gen) Command { return Cmd(append([]string{"geoadd", g.Key()}, g.located(200)...)...) }},
		{2, func(g *Gen) Command { return Cmd("geopos", g.Key(), g.place(), g.place()) }},
		{2, func(g *Gen) Command { return Cmd("geohash", g.Key(), g.place(), g.place()) }},
		{2, func(g *Gen) Command {
			return Cmd(append([]string{"geodist", g.Key(), g.place(), g.place()}, g.Options([]string{g.lengthUnit()})...)...)
		}},
		{6, func(g *Gen) Command { return Cmd(append([]string{"geosearch", g.Key()}, g.geoSearch()...)...) }},
		{3, func(g *Gen) Command {
			return Cmd(append([]string{"geosearchstore", g.Key(), g.Key()}, g.geoSearch()...)...)
		}},
		{3, func(g *Gen) Command {
			name := pick(g, []string{"georadius", "georadius", "georadius_ro"})
			args := append([]string{name, g.Key()}, g.position()...)
			return Cmd(append(append(args, g.length(), g.lengthUnit()), g.radiusOptions()...)...)
		}},
		{3, func(g *Gen) Command {
			name := pick(g, []string{"georadiusbymember", "georadiusbymember", "georadiusbymember_ro"})
			return Cmd(append([]string{name, g.Key(), g.place(), g.length(), g.lengthUnit()}, g.radiusOptions()...)...)
		}},
		{2, func(g *Gen) Command { return Cmd("zrem", g.Key(), g.place()) }},
		{1, func(g *Gen) Command { return Cmd("zadd", g.Key(), g.geoScore(), g.place()) }},
		{1, func(g *Gen) Command { return Cmd("set", g.Key(), "x") }},
	}
}

// place returns a member: some in positions of few digits, or many.
func (g *Gen) place() string { return "p" + strconv.Itoa(g.IntN(20)) }

func (g *Gen) located(max int) []string {
	var args []string
	for i := range 1 + g.IntN(max) {
		member := g.place()
		if max > 20 {
			member = "q" + strconv.Itoa(i)
		}
		args = append(append(args, g.position()...), member)
	}
	return args
}

// position returns a longitude and a latitude: mostly near to each other, some anywhere, a few out of range. No two
// are the same, so that no two members are equally far from a third.
func (g *Gen) position() []string {
	switch g.IntN(12) {
	case 0:
		return []string{pick(g, []string{"180", "-180", "181", "0", "x", "inf", "1e300"}), g.degrees(90)}
	case 1:
		return []string{g.degrees(180), pick(g, []string{"85.05112878", "-85.05112878", "85.06", "-90", "y", "nan"})}
	case 2, 3, 4:
		return []string{g.degrees(180), g.degrees(85)}
	}
	return []string{g.degrees(1), g.degrees(1)}
}

func (g *Gen) degrees(bound float64) string { return fmt.Sprintf("%.12f", (2*g.Float64()-1)*bound) }

func (g *Gen) lengthUnit() string {
	if g.IntN(15) == 0 {
		return pick(g, []string{"", "cm", "miles"})
	}
	return g.Case(pick(g, []string{"m", "km", "ft", "mi"}))
}

func (g *Gen) length() string {
	switch g.IntN(10) {
	case 0:
		return pick(g, []string{"0", "-1", "x", "1e300", "inf", "0.001"})
	case 1:
		return strconv.Itoa(g.IntN(30_000_000))
	}
	return fmt.Sprintf("%.3f", g.Float64()*200)
}

// geoScore returns a score that is a cell, or none.
func (g *Gen) geoScore() string {
	return pick(g, []string{"3479099956230698", "0", "1.5", "4503599627370495", "1e15", "-1", "-1e19", "1e19", "1e30", "inf", "-inf"})
}

func (g *Gen) geoSearch() []string {
	from := append([]string{g.Case("fromlonlat")}, g.position()...)
	if g.IntN(2) == 0 {
		from = []string{g.Case("frommember"), g.place()}
	}
	by := []string{g.Case("byradius"), g.length(), g.lengthUnit()}
	if g.IntN(2) == 0 {
		by = []string{g.Case("bybox"), g.length(), g.length(), g.lengthUnit()}
	}
	parts := [][]string{from, by, g.Options(append(g.geoOptions(), []string{"store", g.Key()})...)}
	if g.IntN(15) == 0 {
		parts[g.IntN(2)] = nil
	}
	g.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return append(append(parts[0], parts[1]...), parts[2]...)
}

func (g *Gen) geoOptions() [][]string {
	return [][]string{
		{"withdist"}, {"withcoord"}, {"withhash"}, {"asc"}, {"desc"},
		{"count", strconv.Itoa(g.IntN(6))}, {"count", strconv.Itoa(1 + g.IntN(6)), "any"}, {"any"}, {"count", "x"},
	}
}

func (g *Gen) radiusOptions() []string {
	return g.Options(append(g.geoOptions(), []string{"store", g.Key()}, []string{"store", g.Key()})...)
}
