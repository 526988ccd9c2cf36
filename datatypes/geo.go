package datatypes

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/btree"
	"github.com/larderkv/larder/internal/keyspace"
)

// Geo is the store of positions on the earth. It keeps them in sorted sets, whose
// scores are cells of a grid, at the equator 60 by 28 centimetres each; the methods of
// SortedSets remove members, count them and so on.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use, keep no reference to
// their arguments and return memory of their own. A key that does not exist is empty.
// Besides the errors that they name they return ErrClosed, ErrWrongType if a key holds
// no sorted set, and those that store something ErrOutOfMemory and ErrTooLarge.
type Geo struct{ view keyspace.View }

// NewGeo returns the store of the positions that v shows.
func NewGeo(v keyspace.View) Geo { return Geo{v} }

func (g Geo) sorted() SortedSets { return SortedSets(g) }

// Position is a place on the earth, in degrees.
type Position struct {
	Longitude float64 // from -180 to 180
	Latitude  float64 // from -85.05112878 to 85.05112878
}

// Valid reports whether there is such a place on the map that Geo knows, which is the square one
// of Mercator's projection.
func (p Position) Valid() bool {
	_, ok := encoding.EncodeGeo(p.Longitude, p.Latitude)
	return ok
}

// DistanceTo returns the distance in metres, on a sphere.
func (p Position) DistanceTo(q Position) float64 {
	return encoding.GeoDistance(p.Longitude, p.Latitude, q.Longitude, q.Latitude)
}

// positionOf returns the position that a score stands for.
func positionOf(score float64) (p Position) {
	p.Longitude, p.Latitude = cellOf(score).Position()
	return p
}

// cellOf returns the cell of a score. Scores that are no cells, as ZADD may store them, give
// some cell, on all machines that of x86.
func cellOf(score float64) encoding.GeoHash {
	const half = 1 << 63
	switch {
	case score >= -half && score < half:
		return encoding.GeoHash(int64(score))
	case score >= half && score < 2*half:
		return encoding.GeoHash(int64(score-half)) ^ half
	case score >= 2*half:
		return 0
	}
	return half
}

// Located is a member and its position.
type Located struct {
	Member string
	Position
}

// Add adds members, or gives those that are there another position, and returns how many were not there. It is
// GEOADD. O(log n) for each.
//
// It returns ErrPosition, without effect, if one of the positions is not Valid.
func (g Geo) Add(key string, members ...Located) (added int, err error) {
	added, _, err = g.AddWith(key, AddOptions{}, members...)
	return added, err
}

// AddWith is Add with options, that also returns how many members it gave another
// position. It is GEOADD with NX and XX; what GEOADD returns with CH is the sum.
//
// Besides the errors of Add it returns ErrConflict for options that exclude each other.
func (g Geo) AddWith(key string, o AddOptions, members ...Located) (added, changed int, err error) {
	var few [8]Scored
	scored := few[:0]
	for i := range members {
		hash, ok := encoding.EncodeGeo(members[i].Longitude, members[i].Latitude)
		if !ok {
			return 0, 0, ErrPosition
		}
		scored = append(scored, Scored{members[i].Member, float64(hash)})
	}
	return g.sorted().AddWith(key, o, scored...)
}

// Position returns the position of a member, which is the centre of its cell. It is GEOPOS. O(1).
func (g Geo) Position(key, member string) (p Position, ok bool, err error) {
	score, ok, err := g.sorted().Score(key, member)
	if !ok {
		return Position{}, false, err
	}
	return positionOf(score), true, nil
}

// Positions calls fn with the position of each of the members in turn. It is GEOPOS.
// O(members). fn must not use the cache.
func (g Geo) Positions(key string, members []string, fn func(p Position, ok bool)) error {
	return g.sorted().Scores(key, members, func(score float64, ok bool) {
		if !ok {
			fn(Position{}, false)
			return
		}
		fn(positionOf(score), true)
	})
}

// Hashes calls fn with the geohash of each of the members in turn: the text of 11
// characters by which other programs know the position. It is lent to fn, which must not use the
// cache. It is GEOHASH. O(members).
func (g Geo) Hashes(key string, members []string, fn func(hash []byte, ok bool)) error {
	var buf [16]byte
	return g.sorted().Scores(key, members, func(score float64, ok bool) {
		if !ok {
			fn(nil, false)
			return
		}
		fn(cellOf(score).AppendText(buf[:0]), true)
	})
}

// Distance returns the distance between two members in metres. ok is false unless
// there are both. It is GEODIST. O(1).
func (g Geo) Distance(key, a, b string) (metres float64, ok bool, err error) {
	var s keyspace.Slot
	if err := g.sorted().lockRead(&s, key); err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	from, ok1 := v.score(a)
	to, ok2 := v.score(b)
	if !ok1 || !ok2 {
		return 0, false, nil
	}
	return positionOf(from).DistanceTo(positionOf(to)), true, nil
}

// GeoUnit is a unit of length, as the number of metres it has.
type GeoUnit float64

// The units.
const (
	Metre     GeoUnit = 1
	Kilometre GeoUnit = 1000
	Foot      GeoUnit = 0.3048
	Mile      GeoUnit = 1609.34
)

// Center is where a search is centred: see At and AtMember.
type Center struct {
	position Position
	member   string
	isMember bool
}

// At returns the centre that is at a position.
func At(longitude, latitude float64) Center {
	return Center{position: Position{longitude, latitude}}
}

// AtMember returns the centre that is where a member is.
func AtMember(member string) Center { return Center{member: member, isMember: true} }

// Position returns the position of a centre that At made.
func (c Center) Position() (p Position, ok bool) { return c.position, !c.isMember }

// Member returns the member of a centre that AtMember made.
func (c Center) Member() (member string, ok bool) { return c.member, c.isMember }

// GeoOrder is the order of what is found.
type GeoOrder uint8

// The orders.
const (
	Unordered GeoOrder = iota // any order; with a Count and without Any it is that of Nearest
	Nearest                   // ASC: the nearest first
	Farthest                  // DESC: the farthest first
)

// GeoSearch says which members are meant: those within a circle around a
// centre, or within a box along the meridian through it.
type GeoSearch struct {
	Center Center
	Radius float64 // BYRADIUS: of the circle, in metres

	Box           bool    // BYBOX: a box instead
	Width, Height float64 // of the box, in metres

	Order GeoOrder
	Count int  // COUNT: the most members to return; zero: no limit
	Any   bool // ANY: stop as soon as Count members are found, which may not be the nearest
}

// check finds out whether the search makes sense.
func (q *GeoSearch) check() error {
	switch {
	case q.Count < 0 || q.Any && q.Count == 0:
		return ErrConflict
	case !q.Center.isMember && !q.Center.position.Valid():
		return ErrPosition
	case q.Box && !(q.Width >= 0 && q.Height >= 0), !q.Box && !(q.Radius >= 0):
		return ErrNegativeLength
	}
	return nil
}

// shape returns the area in which members are searched.
func (q *GeoSearch) shape(v *sortedValue) (encoding.GeoShape, error) {
	at := q.Center.position
	if q.Center.isMember {
		score, ok := v.score(q.Center.member)
		if !ok {
			return encoding.GeoShape{}, ErrNoSuchMember
		}
		at = positionOf(score)
	}
	return encoding.GeoShape{
		Longitude: at.Longitude, Latitude: at.Latitude,
		Radius: q.Radius, Box: q.Box, Width: q.Width, Height: q.Height,
	}, nil
}

// Found is a member that a search found.
type Found struct {
	Member   string
	Distance float64 // from the centre, in metres
	Score    float64 // in the sorted set: WITHHASH
	Position
}

// Search returns the members in an area. It is GEOSEARCH, GEORADIUS and GEORADIUSBYMEMBER. O(log n + members in and
// around the area), and sorting those that are found. As in Redis, the area does not reach beyond a pole, nor
// beyond the meridian of 180 degrees if the centre is on it.
//
// It returns ErrNoSuchMember if the centre is at a member that is not there, although the key exists, ErrPosition for
// a centre that is not Valid, ErrNegativeLength, and ErrConflict for Any without a Count.
func (g Geo) Search(key string, q GeoSearch) ([]Found, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	found, many, err := g.searchFew(key, &q)
	if !many || err != nil {
		return found, err
	}
	return g.searchMany(key, q)
}

// searchFew is Search unless there are many members to be looked at.
func (g Geo) searchFew(key string, q *GeoSearch) (found []Found, many bool, err error) {
	var s keyspace.Slot
	if err := g.sorted().lockRead(&s, key); err != nil {
		return nil, false, err
	}
	defer s.Unlock()
	v := sortedOf(&s)
	found, err = q.run(&v)
	if err == errMany {
		return nil, true, g.view.TakeTime()
	}
	if v.enc == sortedTree {
		for i := range found {
			found[i].Member = strings.Clone(found[i].Member)
		}
	}
	return found, false, err
}

// GeoStoreOptions are the options of SearchStore and RadiusStore.
type GeoStoreOptions struct {
	DistanceIn GeoUnit // STOREDIST: the scores are distances in this unit; zero: they are positions, as those of Add
}

// SearchStore makes dst hold the members that Search would return, whatever it held before, and returns
// how many there are. If there are none, dst is deleted. All of it happens at once. It is GEOSEARCHSTORE. O(Search).
func (g Geo) SearchStore(dst, key string, q GeoSearch, o GeoStoreOptions) (int, error) {
	return g.store(dst, key, "geosearchstore", &q, &o)
}

// RadiusStore is SearchStore that announces it as GEORADIUS and GEORADIUSBYMEMBER
// with STORE do.
func (g Geo) RadiusStore(dst, key string, q GeoSearch, o GeoStoreOptions) (int, error) {
	return g.store(dst, key, "georadiusstore", &q, &o)
}

func (g Geo) store(dst, key, event string, q *GeoSearch, o *GeoStoreOptions) (int, error) {
	if err := q.check(); err != nil {
		return 0, err
	}
	n, err := g.sorted().storeResult(dst, []string{key}, event, func(v keyspace.View) ([]Scored, error) {
		var s keyspace.Slot
		if err := NewSortedSets(v).lockRead(&s, key); err != nil {
			return nil, err
		}
		defer s.Unlock()
		from := sortedOf(&s)
		found, err := q.run(&from)
		if err != nil {
			return nil, err
		}
		return o.scored(found), nil
	})
	if err == errMany {
		return g.sorted().storeMany(&geoReading{key: key, query: *q, store: *o}, dst, event, []string{key})
	}
	return n, err
}

// scored returns what is found as members of a sorted set, in order.
func (o *GeoStoreOptions) scored(found []Found) []Scored {
	scored := make([]Scored, len(found))
	for i, f := range found {
		scored[i] = Scored{f.Member, f.Score}
		if o.DistanceIn > 0 {
			scored[i].Score = f.Distance / float64(o.DistanceIn)
		}
	}
	return distinct(scored)
}

// fewLooked is how many members are looked at with the lock held throughout: about a tenth of a millisecond.
const fewLooked = 2048

// run returns what the search finds in a sorted set, or errMany if there is too much to be looked at. The members of a
// large one are borrowed.
func (q *GeoSearch) run(v *sortedValue) ([]Found, error) {
	if v.enc == sortedNone {
		return nil, nil
	}
	g, err := q.begin(v)
	if err != nil {
		return nil, err
	}
	if !g.some(v, fewLooked) {
		return nil, errMany
	}
	return q.finish(g.found), nil
}

// begin returns what finds the members of a sorted set.
func (q *GeoSearch) begin(v *sortedValue) (g geoFinder, err error) {
	shape, err := q.shape(v)
	if err != nil {
		return g, err
	}
	g = geoFinder{matcher: shape.Matcher(), most: math.MaxInt}
	if q.Any {
		g.most = q.Count
	}
	g.left = len(shape.AppendRanges(g.ranges[:0]))
	return g, nil
}

// finish returns what is wanted of what was found, in order.
func (q *GeoSearch) finish(found []Found) []Found {
	q.sort(found)
	if q.Count > 0 && len(found) > q.Count {
		found = found[:q.Count]
	}
	return found
}

// geoFinder gathers the members that are in a shape, until there are as many as may be. It may do so in several goes
// between which the set does not change.
type geoFinder struct {
	matcher encoding.GeoMatcher
	most    int
	found   []Found
	copied  bool // the members of a large set are copied, not borrowed

	ranges [9]encoding.GeoRange
	next   int // range
	left   int // ranges from there on
	begun  bool
	rank   int // where to go on in a range that was begun
}

// some looks at about budget members more and reports whether there are no others to be looked at.
func (g *geoFinder) some(v *sortedValue, budget int) (done bool) {
	for ; g.left > 0 && len(g.found) < g.most; g.left-- {
		r := g.ranges[g.next]
		if v.enc != sortedTree {
			g.search(v, r)
		} else if budget = g.searchLarge(&v.large, r, budget); budget <= 0 {
			return false
		}
		g.next++
		g.begun = false
	}
	return true
}

// search looks at the members in a range of scores of a small set.
func (g *geoFinder) search(v *sortedValue, r encoding.GeoRange) {
	from := place{score: float64(r.Min), at: beforeScore}
	v.each(v.rankOf(from), v.len(), false, func(member string, score float64) bool {
		if score >= float64(r.Max) {
			return false
		}
		if f, ok := g.match(score); ok {
			f.Member = strings.Clone(member) // an integer's text is gone with the next
			g.found = append(g.found, f)
		}
		return len(g.found) < g.most
	})
}

// searchLarge looks at the members of a large set in a range of scores, and returns what it leaves of the budget: nothing
// unless it has seen all. Most members are not in the shape, and of these it reads the score only.
func (g *geoFinder) searchLarge(l *largeSorted, r encoding.GeoRange, budget int) int {
	const ahead = 8 // scores that are read together, so that their cache misses overlap
	var scores [ahead]float64
	c := g.cursor(l, r)
	for ; c.Valid(); budget -= ahead {
		if budget <= 0 {
			g.rank = c.Position()
			return 0
		}
		refs := c.Ahead()
		refs = refs[:min(len(refs), ahead)]
		for i, ref := range refs {
			scores[i] = l.scoreOf(ref)
		}
		for i, ref := range refs {
			if scores[i] >= float64(r.Max) || len(g.found) >= g.most {
				return max(budget, 1)
			}
			if f, ok := g.match(scores[i]); ok {
				g.add(f, l.member(ref))
			}
		}
		c.Advance(len(refs))
	}
	return max(budget, 1)
}

// cursor returns where to begin in a range, or to go on.
func (g *geoFinder) cursor(l *largeSorted, r encoding.GeoRange) btree.Cursor {
	if g.begun {
		c, _ := l.ordered().At(g.rank)
		return c
	}
	g.begun = true
	return l.seek(place{score: float64(r.Min), at: beforeScore})
}

func (g *geoFinder) add(f Found, member string) {
	if f.Member = member; g.copied {
		f.Member = strings.Clone(member)
	}
	g.found = append(g.found, f)
}

// match returns what is found where a score is, but the member.
func (g *geoFinder) match(score float64) (f Found, ok bool) {
	p := positionOf(score)
	distance, ok := g.matcher.Distance(p.Longitude, p.Latitude)
	return Found{Distance: distance, Score: score, Position: p}, ok
}

// sort puts what is found in the order of the search.
func (q *GeoSearch) sort(found []Found) {
	order := q.Order
	if order == Unordered && q.Count > 0 && !q.Any {
		order = Nearest
	}
	switch order {
	case Nearest:
		slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(a.Distance, b.Distance) })
	case Farthest:
		slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(b.Distance, a.Distance) })
	}
}
