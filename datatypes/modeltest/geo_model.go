package modeltest

import (
	"slices"

	"github.com/larderkv/larder/datatypes"
)

// modelGeo are the positions of a model, which are scores of its sorted sets.
type modelGeo struct{ m *Model }

// Geo returns the positions of the model.
func (m *Model) Geo() Geo { return modelGeo{m} }

// The grid of positions has 2^26 longitudes and as many latitudes, between these bounds to both sides.
const (
	gridBits      = 26
	mostLongitude = 180
	mostLatitude  = 85.05112878
)

// coordinate returns which of the grid's lines is at or below a coordinate.
func coordinate(degrees, most float64) uint64 {
	return uint64((degrees + most) / (2 * most) * (1 << gridBits))
}

// degreesOf returns the middle between a line of the grid and the next.
func degreesOf(line uint64, most float64) float64 {
	edge := func(n uint64) float64 { return -most + float64(float64(n)/(1<<gridBits)*(2*most)) }
	return min(max((edge(line)+edge(line+1))/2, -most), most)
}

// scoreOf returns the score of a position: the bits of both coordinates by turns, those of the latitude from the lowest.
func scoreOf(p datatypes.Position) float64 {
	x, y := coordinate(p.Longitude, mostLongitude), coordinate(p.Latitude, mostLatitude)
	bits := uint64(0)
	for i := range gridBits + 1 { // a position on the upper bound is beyond the last line
		bits |= (y>>i&1)<<(2*i) | (x>>i&1)<<(2*i+1)
	}
	return float64(bits)
}

// positionOf returns the centre of the cell that a score means.
func positionOf(score float64) datatypes.Position {
	bits := uint64(score)
	var x, y uint64
	for i := range gridBits + 1 {
		y |= bits >> (2 * i) & 1 << i
		x |= bits >> (2*i + 1) & 1 << i
	}
	return datatypes.Position{Longitude: degreesOf(x, mostLongitude), Latitude: degreesOf(y, mostLatitude)}
}

func valid(p datatypes.Position) bool {
	return p.Longitude >= -mostLongitude && p.Longitude <= mostLongitude &&
		p.Latitude >= -mostLatitude && p.Latitude <= mostLatitude
}

func (st modelGeo) Add(key string, members ...datatypes.Located) (int, error) {
	added, _, err := st.AddWith(key, datatypes.AddOptions{}, members...)
	return added, err
}

func (st modelGeo) AddWith(key string, o datatypes.AddOptions, members ...datatypes.Located) (added, changed int, err error) {
	var scored []datatypes.Scored
	for _, m := range members {
		if !valid(m.Position) {
			return 0, 0, datatypes.ErrPosition
		}
		scored = append(scored, datatypes.Scored{Member: m.Member, Score: scoreOf(m.Position)})
	}
	return st.m.SortedSets().AddWith(key, o, scored...)
}

func (st modelGeo) Position(key, member string) (datatypes.Position, bool, error) {
	score, ok, err := st.m.SortedSets().Score(key, member)
	if !ok {
		return datatypes.Position{}, false, err
	}
	return positionOf(score), true, nil
}

func (st modelGeo) Distance(key, a, b string) (float64, bool, error) {
	from, ok1, err := st.Position(key, a)
	to, ok2, _ := st.Position(key, b)
	if !ok1 || !ok2 {
		return 0, false, err
	}
	return from.DistanceTo(to), true, nil
}

// Search looks at every member.
func (st modelGeo) Search(key string, q datatypes.GeoSearch) ([]datatypes.Found, error) {
	center, atPosition := q.Center.Position()
	switch {
	case q.Count < 0 || q.Any && q.Count == 0:
		return nil, datatypes.ErrConflict
	case atPosition && !valid(center):
		return nil, datatypes.ErrPosition
	case q.Box && (q.Width < 0 || q.Height < 0), !q.Box && q.Radius < 0:
		return nil, datatypes.ErrNegativeLength
	}
	members, err := st.m.SortedSets().AppendRange(nil, key, datatypes.ByRank(0, -1))
	if err != nil || len(members) == 0 {
		return nil, err
	}
	if member, ok := q.Center.Member(); ok {
		if center, ok, _ = st.Position(key, member); !ok {
			return nil, datatypes.ErrNoSuchMember
		}
	}
	var found []datatypes.Found
	for _, m := range members {
		p := positionOf(m.Score)
		if covers(q, center, p) {
			found = append(found, datatypes.Found{Member: m.Member, Distance: center.DistanceTo(p), Score: m.Score, Position: p})
		}
	}
	slices.SortStableFunc(found, byDistance(q.Order))
	if q.Count > 0 {
		found = found[:min(q.Count, len(found))]
	}
	return found, nil
}

// covers reports whether a position is in the area of a search.
func covers(q datatypes.GeoSearch, center, p datatypes.Position) bool {
	if !q.Box {
		return center.DistanceTo(p) <= q.Radius
	}
	north := datatypes.Position{Longitude: center.Longitude, Latitude: p.Latitude}
	return center.DistanceTo(north) <= q.Height/2 && north.DistanceTo(p) <= q.Width/2
}

func (st modelGeo) SearchStore(dst, key string, q datatypes.GeoSearch, o datatypes.GeoStoreOptions) (int, error) {
	found, err := st.Search(key, q)
	if err != nil {
		return 0, err
	}
	st.m.Forget(dst)
	for _, f := range found {
		score := f.Score
		if o.DistanceIn > 0 {
			score = f.Distance / float64(o.DistanceIn)
		}
		st.m.SortedSets().Add(dst, datatypes.Scored{Member: f.Member, Score: score})
	}
	return len(found), nil
}

func (st modelGeo) RadiusStore(dst, key string, q datatypes.GeoSearch, o datatypes.GeoStoreOptions) (int, error) {
	return st.SearchStore(dst, key, q, o)
}
