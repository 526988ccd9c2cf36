package modeltest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/larderkv/larder/datatypes"
	"pgregory.net/rapid"
)

// Geo are the methods of datatypes.Geo that are compared with the model.
type Geo interface {
	Add(key string, members ...datatypes.Located) (added int, err error)
	AddWith(key string, o datatypes.AddOptions, members ...datatypes.Located) (added, changed int, err error)
	Distance(key, a, b string) (metres float64, ok bool, err error)
	Position(key, member string) (p datatypes.Position, ok bool, err error)
	RadiusStore(dst, key string, q datatypes.GeoSearch, o datatypes.GeoStoreOptions) (int, error)
	Search(key string, q datatypes.GeoSearch) ([]datatypes.Found, error)
	SearchStore(dst, key string, q datatypes.GeoSearch, o datatypes.GeoStoreOptions) (int, error)
}

var _ Geo = datatypes.Geo{}

var geoMethods = []method{
	{name: "Geo.Add", args: func(d *draws) []any { return args(d.placeKey(), d.places()) }},
	{name: "Geo.Position", args: func(d *draws) []any { return args(d.placeKey(), d.place()) }},
	{name: "Geo.Search", args: func(d *draws) []any { return args(d.placeKey(), d.geoSearch()) }, follow: followSearch},
	{name: "Geo.Distance", args: func(d *draws) []any { return args(d.placeKey(), d.place(), d.place()) }},
	{name: "Geo.AddWith", args: func(d *draws) []any {
		return args(d.placeKey(), datatypes.AddOptions{IfAbsent: d.rarely(3), IfPresent: d.rarely(3)}, d.places())
	}},
	{name: "Geo.SearchStore", args: geoStore, keys: keysIn(0, 1)},
	{name: "Geo.RadiusStore", args: geoStore, keys: keysIn(0, 1)},
}

func geoReads(key string) (reads []Operation) {
	for _, place := range placeMembers {
		reads = append(reads, operation("Geo.Position", key, place))
	}
	return reads
}

// placeNames are the keys of positions. They are their own, since the scores of other sorted sets are no positions.
var placeNames = []string{"places1", "places2", "{t}places"}

var placeMembers = []string{"palermo", "catania", "paris", "p1", "p2", "p3"}

// positions are some that are not as far apart as any of the lengths that are drawn.
var positions = []datatypes.Position{
	{Longitude: 13.361389, Latitude: 38.115556}, {Longitude: 15.087269, Latitude: 37.502669}, {Longitude: 2.3522, Latitude: 48.8566},
	{Longitude: 13.3614, Latitude: 38.1156}, {Longitude: -73.9857, Latitude: 40.7484}, {}, {Longitude: 150, Latitude: -60},
}

// Positions draws positions, some of them near each other.
func Positions() *rapid.Generator[datatypes.Position] {
	return rapid.OneOf(rapid.SampledFrom(positions), rapid.Custom(func(t *rapid.T) datatypes.Position {
		return datatypes.Position{
			Longitude: rapid.Float64Range(-160, 160).Draw(t, "longitude"),
			Latitude:  rapid.Float64Range(-60, 60).Draw(t, "latitude"),
		}
	}))
}

func (d *draws) placeKey() string { return oneOf(d, placeNames...) }
func (d *draws) place() string    { return oneOf(d, placeMembers...) }

// places draws members and their positions, rarely one that is on no map.
func (d *draws) places() (all []datatypes.Located) {
	for range d.between(1, 4) {
		p := Positions().Draw(d.t, "position")
		if d.rarely(30) {
			p.Latitude = 89
		}
		all = append(all, datatypes.Located{Member: d.place(), Position: p})
	}
	return all
}

// geoSearch draws a search that reaches neither over a pole nor over the meridian of 180 degrees.
func (d *draws) geoSearch() (q datatypes.GeoSearch) {
	length := func() float64 {
		if d.rarely(20) {
			return -1
		}
		return oneOf[float64](d, 200_000, 1_000, 0, 1_000_000, 1.5)
	}
	q.Center = datatypes.AtMember(d.place())
	if d.rarely(2) {
		p := Positions().Draw(d.t, "position")
		q.Center = datatypes.At(p.Longitude, p.Latitude)
	}
	q.Radius = length()
	if q.Box = d.rarely(3); q.Box {
		q.Width, q.Height = length(), length()
	}
	q.Order = oneOf(d, datatypes.Nearest, datatypes.Farthest, datatypes.Unordered)
	if d.rarely(2) {
		q.Count, q.Any = d.between(-1, 3), d.rarely(3)
	}
	return q
}

// geoStore draws the arguments of a search that is stored. It stores all that it finds, since of members at the same
// distance a limit may leave out any.
func geoStore(d *draws) []any {
	q := d.geoSearch()
	q.Count, q.Any = 0, false
	if d.rarely(3) { // distances are no positions
		return args(d.key(), d.placeKey(), q, datatypes.GeoStoreOptions{DistanceIn: oneOf(d, datatypes.Kilometre, datatypes.Mile)})
	}
	return args(d.placeKey(), d.placeKey(), q, datatypes.GeoStoreOptions{})
}

// followSearch checks what a search found: members that are in the area, in order, and, but for a Count, all of them.
// With a Count and without Any no other is nearer, or farther, than those.
func followSearch(m *Model, a []any, got Reply) error {
	key, q := a[0].(string), a[1].(datatypes.GeoSearch)
	all := q
	all.Count, all.Any = 0, false
	if q.Order == datatypes.Unordered && q.Count > 0 && !q.Any {
		all.Order = datatypes.Nearest
	}
	inside, err := m.Geo().Search(key, all)
	if q.Count < 0 || q.Any && q.Count == 0 {
		err = datatypes.ErrConflict
	}
	if err != nil || got.Err != nil {
		return got.differ(Reply{Err: err}, ordered)
	}
	found, _ := got.Values[0].([]datatypes.Found)
	n := len(inside)
	if q.Count > 0 {
		n = min(n, q.Count)
	}
	seen := map[string]bool{}
	for i, f := range found {
		if seen[f.Member] || !slices.Contains(inside, f) {
			return fmt.Errorf("found %s, which is not in the area or comes twice; there are %s", literal(f), literal(inside))
		}
		seen[f.Member] = true
		if !q.Any && all.Order != datatypes.Unordered && i < n && f.Distance != inside[i].Distance {
			return fmt.Errorf("number %d of what was found is %s; want the distance of %s", i, literal(f), literal(inside[i]))
		}
	}
	if len(found) != n {
		return fmt.Errorf("found %d members; want %d of %s", len(found), n, literal(inside))
	}
	if q.Any && !slices.IsSortedFunc(found, byDistance(q.Order)) {
		return fmt.Errorf("found %s, which is not in order", literal(found))
	}
	return nil
}

// byDistance returns the order of what is found.
func byDistance(o datatypes.GeoOrder) func(a, b datatypes.Found) int {
	return func(a, b datatypes.Found) int {
		switch o {
		case datatypes.Nearest:
			return cmp.Compare(a.Distance, b.Distance)
		case datatypes.Farthest:
			return cmp.Compare(b.Distance, a.Distance)
		}
		return 0
	}
}
