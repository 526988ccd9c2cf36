package resp

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

func geoCommands() []*command {
	const read = keyRO | keyAccess
	stores := func(startFrom int) []keySpec {
		return []keySpec{{flags: read, index: 1, step: 1},
			{flags: keyOW | keyUpdate, keyword: "STORE", startFrom: startFrom, step: 1},
			{flags: keyOW | keyUpdate, keyword: "STOREDIST", startFrom: startFrom, step: 1}}
	}
	return []*command{
		{name: "geoadd", handler: cmdGeoAdd, arity: -5, flags: flagWrite | flagDenyOOM, category: catGeo,
			keys: oneKey(1, keyRW|keyUpdate)},
		{name: "geodist", handler: cmdGeoDist, arity: -4, flags: flagReadonly, category: catGeo, keys: oneKey(1, read)},
		{name: "geohash", handler: cmdGeoHash, arity: -2, flags: flagReadonly, category: catGeo, keys: oneKey(1, read)},
		{name: "geopos", handler: cmdGeoPos, arity: -2, flags: flagReadonly, category: catGeo, keys: oneKey(1, read)},
		{name: "georadius", handler: cmdGeoRadius, arity: -6, flags: flagWrite | flagDenyOOM, category: catGeo,
			keys: stores(6)},
		{name: "georadius_ro", handler: cmdGeoRadiusRO, arity: -6, flags: flagReadonly, category: catGeo,
			keys: oneKey(1, read)},
		{name: "georadiusbymember", handler: cmdGeoRadiusByMember, arity: -5, flags: flagWrite | flagDenyOOM,
			category: catGeo, keys: stores(5)},
		{name: "georadiusbymember_ro", handler: cmdGeoRadiusByMemberRO, arity: -5, flags: flagReadonly, category: catGeo,
			keys: oneKey(1, read)},
		{name: "geosearch", handler: cmdGeoSearch, arity: -7, flags: flagReadonly, category: catGeo, keys: oneKey(1, read)},
		{name: "geosearchstore", handler: cmdGeoSearchStore, arity: -8, flags: flagWrite | flagDenyOOM, category: catGeo,
			keys: []keySpec{{flags: keyOW | keyUpdate, index: 1, step: 1}, {flags: read, index: 2, step: 1}}},
	}
}

const errNoSuchMember = "ERR could not decode requested zset member"

// cmdGeoAdd is GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member …].
func cmdGeoAdd(c *client, args [][]byte) {
	var o datatypes.AddOptions
	countChanged, rest := false, args[2:]
options:
	for ; len(rest) > 0; rest = rest[1:] {
		switch {
		case equalFold(rest[0], "nx"):
			o.IfAbsent = true
		case equalFold(rest[0], "xx"):
			o.IfPresent = true
		case equalFold(rest[0], "ch"):
			countChanged = true
		default:
			break options
		}
	}
	if len(rest) == 0 || len(rest)%3 != 0 || o.IfAbsent && o.IfPresent {
		c.writeError(errSyntax)
		return
	}
	var few [4]datatypes.Located
	members := few[:0]
	for ; len(rest) > 0; rest = rest[3:] {
		p, problem := parsePosition(rest)
		if problem != "" {
			c.writeError(problem)
			return
		}
		members = append(members, datatypes.Located{Member: text(rest[2]), Position: p})
	}
	added, changed, err := c.geo().AddWith(text(args[1]), o, members...)
	if countChanged {
		added += changed
	}
	c.writeIntOrErr(int64(added), err)
}

// parsePosition parses a longitude and a latitude.
func parsePosition(args [][]byte) (p datatypes.Position, problem string) {
	longitude, ok1 := numeric.ParseFloat(args[0])
	latitude, ok2 := numeric.ParseFloat(args[1])
	if !ok1 || !ok2 {
		return p, "ERR value is not a valid float"
	}
	p = datatypes.Position{Longitude: longitude, Latitude: latitude}
	if !p.Valid() {
		pair := fmt.Sprintf("%f,%f", longitude, latitude)
		return p, "ERR invalid longitude,latitude pair " + strings.ToLower(strings.ReplaceAll(pair, "+", ""))
	}
	return p, ""
}

// parseLengthUnit parses a unit of length.
func parseLengthUnit(arg []byte) (unit datatypes.GeoUnit, problem string) {
	switch {
	case equalFold(arg, "m"):
		return datatypes.Metre, ""
	case equalFold(arg, "km"):
		return datatypes.Kilometre, ""
	case equalFold(arg, "ft"):
		return datatypes.Foot, ""
	case equalFold(arg, "mi"):
		return datatypes.Mile, ""
	}
	return 0, "ERR unsupported unit provided. please use M, KM, FT, MI"
}

// cmdGeoPos is GEOPOS key [member …].
func cmdGeoPos(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	start := len(c.out)
	c.writeArray(len(args) - 2)
	err := c.geo().Positions(text(args[1]), lists.withKeys(args[2:]), func(p datatypes.Position, ok bool) {
		if !ok {
			c.writeNullArray()
			return
		}
		c.writePosition(p)
	})
	c.undoOnError(start, err)
}

// undoOnError takes back what was written since start if there is an error, which it answers.
func (c *client) undoOnError(start int, err error) {
	if err != nil {
		c.out = c.out[:start]
		c.writeErr(err)
	}
}

func (c *client) writePosition(p datatypes.Position) {
	c.writeArray(2)
	c.writeDecimal(p.Longitude)
	c.writeDecimal(p.Latitude)
}

// writeDecimal writes f with up to 17 decimals and without an exponent.
func (c *client) writeDecimal(f float64) {
	var buf [64]byte
	digits := strings.TrimRight(text(strconv.AppendFloat(buf[:0], f, 'f', 17, 64)), "0")
	digits = strings.TrimSuffix(digits, ".")
	if c.resp == 2 {
		c.writeBulkString(digits)
		return
	}
	c.out = append(c.out, ',')
	c.out = append(c.out, digits...)
	c.out = append(c.out, crlf...)
}

// cmdGeoHash is GEOHASH key [member …].
func cmdGeoHash(c *client, args [][]byte) {
	lists := lendLists()
	defer lists.release()
	start := len(c.out)
	c.writeArray(len(args) - 2)
	err := c.geo().Hashes(text(args[1]), lists.withKeys(args[2:]), func(hash []byte, ok bool) {
		c.writeOptional(hash, ok, nil)
	})
	c.undoOnError(start, err)
}

// cmdGeoDist is GEODIST key member1 member2 [M | KM | FT | MI].
func cmdGeoDist(c *client, args [][]byte) {
	unit, problem := datatypes.Metre, ""
	switch len(args) {
	case 4:
	case 5:
		unit, problem = parseLengthUnit(args[4])
	default:
		problem = errSyntax
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	metres, ok, err := c.geo().Distance(text(args[1]), text(args[2]), text(args[3]))
	if err != nil || !ok {
		c.writeErrOrNull(err)
		return
	}
	c.writeDistance(metres, unit)
}

// writeDistance writes a distance with four decimals.
func (c *client) writeDistance(metres float64, unit datatypes.GeoUnit) {
	const decimals = 10000
	n := int64(math.RoundToEven(metres / float64(unit) * decimals))
	var buf [32]byte
	b := strconv.AppendInt(buf[:0], n/decimals, 10)
	b = append(b, '.')
	for part := int64(decimals); part > 1; part /= 10 {
		b = append(b, '0'+byte(n%part/(part/10)))
	}
	c.writeBulk(b)
}

// geoForm is a command that searches: which of the arguments are what, and which options it has.
type geoForm struct {
	key       int
	options   int  // where they begin
	radius    bool // GEORADIUS and its like: the area is given by position
	byMember  bool // its centre is a member
	storing   bool // it has the options STORE and STOREDIST
	storeDist bool // it has the option STOREDIST without a key
}

// cmdGeoSearch is GEOSEARCH key FROMMEMBER member | FROMLONLAT longitude latitude
// BYRADIUS radius unit | BYBOX width height unit [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH].
func cmdGeoSearch(c *client, args [][]byte) {
	searchGeo(c, args, nil, geoForm{key: 1, options: 2})
}

// cmdGeoSearchStore is GEOSEARCHSTORE destination source …, with the options of GEOSEARCH and STOREDIST.
func cmdGeoSearchStore(c *client, args [][]byte) {
	searchGeo(c, args, args[1], geoForm{key: 2, options: 3, storeDist: true})
}

// cmdGeoRadius is GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]]
// [ASC | DESC] [STORE key | STOREDIST key].
func cmdGeoRadius(c *client, args [][]byte) {
	searchGeo(c, args, nil, geoForm{key: 1, options: 6, radius: true, storing: true})
}

// cmdGeoRadiusRO is GEORADIUS without the options that store.
func cmdGeoRadiusRO(c *client, args [][]byte) {
	searchGeo(c, args, nil, geoForm{key: 1, options: 6, radius: true})
}

// cmdGeoRadiusByMember is GEORADIUSBYMEMBER key member radius unit, with the options of GEORADIUS.
func cmdGeoRadiusByMember(c *client, args [][]byte) {
	searchGeo(c, args, nil, geoForm{key: 1, options: 5, radius: true, byMember: true, storing: true})
}

// cmdGeoRadiusByMemberRO is GEORADIUSBYMEMBER without the options that store.
func cmdGeoRadiusByMemberRO(c *client, args [][]byte) {
	searchGeo(c, args, nil, geoForm{key: 1, options: 5, radius: true, byMember: true})
}

func searchGeo(c *client, args [][]byte, dst []byte, form geoForm) {
	key := text(args[form.key])
	q := geoQuery{form: form, dst: dst}
	if problem := q.parse(c, args); problem != "" {
		c.writeGeoProblem(key, q.members, problem)
		return
	}
	if len(q.members) > 1 && c.writeMissing(key, q.members) {
		return
	}
	if q.dst == nil {
		found, err := c.geo().Search(key, q.search)
		if err != nil {
			c.writeErr(err)
			return
		}
		q.write(c, found)
		return
	}
	store := c.geo().SearchStore
	if form.radius {
		store = c.geo().RadiusStore
	}
	n, err := store(text(q.dst), key, q.search, q.storeOptions())
	c.writeIntOrErr(int64(n), err)
}

// writeGeoProblem answers a search with a bad argument: that the key holds another type counts first, and that a
// member which was to be the centre does not exist.
func (c *client) writeGeoProblem(key string, members [][]byte, problem string) {
	typ, ok, err := c.keys().Type(key)
	switch {
	case err != nil:
		c.writeErr(err)
	case ok && typ != datatypes.TypeSortedSet:
		c.writeErr(datatypes.ErrWrongType)
	case !c.writeMissing(key, members):
		c.writeError(problem)
	}
}

// writeMissing answers with an error if the key exists, but one of the members does not, and reports whether it did.
func (c *client) writeMissing(key string, members [][]byte) bool {
	if n, err := c.keys().Exists(key); n == 0 || err != nil {
		return false
	}
	for _, member := range members {
		if _, ok, err := c.geo().Position(key, text(member)); err == nil && !ok {
			c.writeError(errNoSuchMember)
			return true
		}
	}
	return false
}

// write answers with what was found.
func (q *geoQuery) write(c *client, found []datatypes.Found) {
	details := count(q.withDist) + count(q.withHash) + count(q.withCoord)
	c.writeArray(len(found))
	for i := range found {
		f := &found[i]
		if details > 0 {
			c.writeArray(1 + details)
		}
		c.writeBulkString(f.Member)
		if q.withDist {
			c.writeDistance(f.Distance, q.unit)
		}
		if q.withHash {
			c.writeInt(int64(f.Score))
		}
		if q.withCoord {
			c.writePosition(f.Position)
		}
	}
}
