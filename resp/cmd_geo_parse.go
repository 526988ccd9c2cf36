package resp

import (
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// geoQuery is what the arguments of a search say.
type geoQuery struct {
	form   geoForm
	search datatypes.GeoSearch
	unit   datatypes.GeoUnit

	withDist, withHash, withCoord bool

	dst     []byte // the key to store in, nil for none
	distant bool   // what is stored are distances

	members [][]byte // those that were named as the centre
	located bool     // the centre was given as a position
	area    geoArea
}

// geoArea is the form of the area that was asked for.
type geoArea uint8

const (
	areaNone geoArea = iota
	areaCircle
	areaBox
)

func (q *geoQuery) storeOptions() (o datatypes.GeoStoreOptions) {
	if q.distant {
		o.DistanceIn = q.unit
	}
	return o
}

// parse parses the arguments of a search. It returns the text of an error reply for bad ones.
func (q *geoQuery) parse(c *client, args [][]byte) (problem string) {
	if q.form.radius {
		if problem = q.parseRadiusArea(c, args); problem != "" {
			return problem
		}
	}
	for rest := args[q.form.options:]; len(rest) > 0; {
		used, problem := q.parseOption(rest)
		if problem == "" && used == 0 {
			problem = errSyntax
		}
		if problem != "" {
			return problem
		}
		rest = rest[used:]
	}
	return q.conflict(args)
}

// conflict returns the text of an error reply if options are missing or exclude each other.
func (q *geoQuery) conflict(args [][]byte) (problem string) {
	switch {
	case q.dst != nil && (q.withDist || q.withHash || q.withCoord):
		who := "GEOSEARCHSTORE"
		if q.form.radius {
			who = "STORE option in GEORADIUS"
		}
		return "ERR " + who + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
	case !q.form.radius && !q.located && len(q.members) == 0:
		return "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + text(args[0])
	case !q.form.radius && q.area == areaNone:
		return "ERR exactly one of BYRADIUS and BYBOX can be specified for " + text(args[0])
	case q.search.Any && q.search.Count == 0:
		return "ERR the ANY argument requires COUNT argument"
	}
	return ""
}

// parseRadiusArea parses what GEORADIUS and GEORADIUSBYMEMBER have before their options. If a member is the centre
// and the key does not exist, Redis does not look at the radius.
func (q *geoQuery) parseRadiusArea(c *client, args [][]byte) (problem string) {
	length := args[q.form.options-2 : q.form.options]
	if q.form.byMember {
		q.setMember(args[2])
		problem = q.parseCircle(length)
		if n, err := c.keys().Exists(text(args[q.form.key])); n == 0 && err == nil {
			problem = ""
		}
		return problem
	}
	if problem = q.parseCenter(args[2:]); problem != "" {
		return problem
	}
	return q.parseCircle(length)
}

func (q *geoQuery) setMember(member []byte) {
	q.members = append(q.members, member)
	q.search.Center = datatypes.AtMember(text(member))
}

func (q *geoQuery) parseCenter(args [][]byte) (problem string) {
	p, problem := parsePosition(args)
	q.located = true
	q.search.Center = datatypes.At(p.Longitude, p.Latitude)
	return problem
}

// parseCircle parses a radius and its unit.
func (q *geoQuery) parseCircle(args [][]byte) (problem string) {
	radius, ok := numeric.ParseFloat(args[0])
	if !ok {
		return "ERR need numeric radius"
	}
	if radius < 0 {
		return "ERR radius cannot be negative"
	}
	if q.unit, problem = parseLengthUnit(args[1]); problem != "" {
		return problem
	}
	q.area, q.search.Box, q.search.Radius = areaCircle, false, radius*float64(q.unit)
	return ""
}

// parseBox parses a width, a height and their unit.
func (q *geoQuery) parseBox(args [][]byte) (problem string) {
	width, ok := numeric.ParseFloat(args[0])
	if !ok {
		return "ERR need numeric width"
	}
	height, ok := numeric.ParseFloat(args[1])
	if !ok {
		return "ERR need numeric height"
	}
	if width < 0 || height < 0 {
		return "ERR height or width cannot be negative"
	}
	if q.unit, problem = parseLengthUnit(args[2]); problem != "" {
		return problem
	}
	q.area, q.search.Box = areaBox, true
	q.search.Width, q.search.Height = width*float64(q.unit), height*float64(q.unit)
	return ""
}

// parseOption parses the option at the front of args. It returns how many arguments that took, zero if there is no
// such option.
func (q *geoQuery) parseOption(args [][]byte) (used int, problem string) {
	if used = q.parseFlag(args[0]); used > 0 {
		return used, ""
	}
	switch word := args[0]; {
	case equalFold(word, "count") && len(args) > 1:
		return 2, q.parseCount(args[1])
	case q.form.storing && len(args) > 1 && (equalFold(word, "store") || equalFold(word, "storedist")):
		q.dst, q.distant = args[1], equalFold(word, "storedist")
		return 2, ""
	case q.form.radius:
		return 0, ""
	}
	return q.parseArea(args)
}

// parseFlag parses an option of one word.
func (q *geoQuery) parseFlag(word []byte) (used int) {
	switch {
	case equalFold(word, "withdist"):
		q.withDist = true
	case equalFold(word, "withhash"):
		q.withHash = true
	case equalFold(word, "withcoord"):
		q.withCoord = true
	case equalFold(word, "any"):
		q.search.Any = true
	case equalFold(word, "asc"):
		q.search.Order = datatypes.Nearest
	case equalFold(word, "desc"):
		q.search.Order = datatypes.Farthest
	case equalFold(word, "storedist") && q.form.storeDist:
		q.distant = true
	default:
		return 0
	}
	return 1
}

func (q *geoQuery) parseCount(arg []byte) (problem string) {
	n, ok := parseInt(arg)
	if !ok {
		return errNotInteger
	}
	if n <= 0 {
		return "ERR COUNT must be > 0"
	}
	q.search.Count = int(min(n, 1<<31-1))
	return ""
}

// parseArea parses the options of GEOSEARCH that say where the area is and how large.
func (q *geoQuery) parseArea(args [][]byte) (used int, problem string) {
	switch word := args[0]; {
	case equalFold(word, "frommember") && len(args) > 1 && !q.located:
		q.setMember(args[1])
		return 2, ""
	case equalFold(word, "fromlonlat") && len(args) > 2 && len(q.members) == 0:
		return 3, q.parseCenter(args[1:])
	case equalFold(word, "byradius") && len(args) > 2 && q.area != areaBox:
		return 3, q.parseCircle(args[1:])
	case equalFold(word, "bybox") && len(args) > 3 && q.area != areaCircle:
		return 4, q.parseBox(args[1:])
	}
	return 0, ""
}
