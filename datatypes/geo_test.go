package datatypes_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
	"pgregory.net/rapid"
)

func (f *fixture) geo() datatypes.Geo { return datatypes.NewGeo(f.view) }

func TestGeoCalls(t *testing.T) {
	t.Parallel()
	here := datatypes.GeoSearch{Center: datatypes.At(0, 0), Radius: 1}
	calls[datatypes.Geo]{
		"Add": func(g datatypes.Geo, key string) error {
			_, err := g.Add(key, datatypes.Located{Member: "a"})
			return err
		},
		"Position": func(g datatypes.Geo, key string) error { _, _, err := g.Position(key, "a"); return err },
		"Distance": func(g datatypes.Geo, key string) error { _, _, err := g.Distance(key, "a", "b"); return err },
		"Search":   func(g datatypes.Geo, key string) error { _, err := g.Search(key, here); return err },
		"AddWith": func(g datatypes.Geo, key string) error {
			_, _, err := g.AddWith(key, datatypes.AddOptions{}, datatypes.Located{Member: "a"})
			return err
		},
		"Positions": func(g datatypes.Geo, key string) error {
			return g.Positions(key, []string{"a"}, func(datatypes.Position, bool) {})
		},
		"Hashes": func(g datatypes.Geo, key string) error {
			return g.Hashes(key, []string{"a"}, func([]byte, bool) {})
		},
		"SearchStore": func(g datatypes.Geo, key string) error {
			_, err := g.SearchStore(key, key, here, datatypes.GeoStoreOptions{})
			return err
		},
		"RadiusStore": func(g datatypes.Geo, key string) error {
			_, err := g.RadiusStore(key, key, here, datatypes.GeoStoreOptions{})
			return err
		},
	}.check(t, datatypes.NewGeo)
}

var sicily = []datatypes.Located{
	{Member: "Palermo", Position: datatypes.Position{Longitude: 13.361389, Latitude: 38.115556}},
	{Member: "Catania", Position: datatypes.Position{Longitude: 15.087269, Latitude: 37.502669}},
}

func members(found []datatypes.Found) (names []string) {
	for _, f := range found {
		names = append(names, f.Member)
	}
	return names
}

func TestGeo(t *testing.T) {
	t.Parallel()
	f := open(t)
	g := f.geo()
	if n, err := g.Add("s", sicily...); n != 2 || err != nil {
		t.Fatal("Add:", n, err)
	}
	if p, ok, err := g.Position("s", "Palermo"); p != (datatypes.Position{Longitude: 13.361389338970184, Latitude: 38.1155563954963}) || !ok || err != nil {
		t.Error("Position:", p, ok, err)
	}
	if _, ok, err := g.Position("s", "nowhere"); ok || err != nil {
		t.Error("Position of none:", ok, err)
	}
	if d, ok, err := g.Distance("s", "Palermo", "Catania"); math.Abs(d-166274.1516) > 0.0001 || !ok || err != nil {
		t.Error("Distance:", d, ok, err)
	}
	if _, ok, err := g.Distance("s", "Palermo", "nowhere"); ok || err != nil {
		t.Error("Distance to none:", ok, err)
	}
	var hashes []string
	err := g.Hashes("s", []string{"Palermo", "nowhere", "Catania"}, func(hash []byte, ok bool) {
		hashes = append(hashes, fmt.Sprintf("%s %v", hash, ok))
	})
	if want := []string{"sqc8b49rny0 true", " false", "sqdtr74hyu0 true"}; err != nil || !slices.Equal(hashes, want) {
		t.Error("Hashes:", hashes, err)
	}
	added, changed, err := g.AddWith("s", datatypes.AddOptions{IfPresent: true},
		datatypes.Located{Member: "Palermo"}, datatypes.Located{Member: "new"})
	if added != 0 || changed != 1 || err != nil {
		t.Error("AddWith:", added, changed, err)
	}
}

func TestGeoBadInput(t *testing.T) {
	t.Parallel()
	f := open(t)
	g := f.geo()
	g.Add("s", sicily...)
	at, store := datatypes.At(0, 0), datatypes.GeoStoreOptions{}
	search := func(q datatypes.GeoSearch) func() error {
		return func() error { _, err := g.Search("s", q); return err }
	}
	nan := math.NaN()
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"Add beyond": {func() error {
			_, err := g.Add("s", sicily[0], datatypes.Located{Member: "x", Position: datatypes.Position{Latitude: 86}})
			return err
		}, datatypes.ErrPosition},
		"Add NaN": {func() error {
			_, err := g.Add("s", datatypes.Located{Position: datatypes.Position{Longitude: nan}})
			return err
		}, datatypes.ErrPosition},
		"NX and XX": {func() error {
			_, _, err := g.AddWith("s", datatypes.AddOptions{IfAbsent: true, IfPresent: true}, sicily...)
			return err
		}, datatypes.ErrConflict},
		"far away":        {search(datatypes.GeoSearch{Center: datatypes.At(181, 0)}), datatypes.ErrPosition},
		"negative radius": {search(datatypes.GeoSearch{Center: at, Radius: -1}), datatypes.ErrNegativeLength},
		"NaN radius":      {search(datatypes.GeoSearch{Center: at, Radius: nan}), datatypes.ErrNegativeLength},
		"negative width":  {search(datatypes.GeoSearch{Center: at, Box: true, Width: -1}), datatypes.ErrNegativeLength},
		"negative height": {search(datatypes.GeoSearch{Center: at, Box: true, Height: -1}), datatypes.ErrNegativeLength},
		"Any of all":      {search(datatypes.GeoSearch{Center: at, Any: true}), datatypes.ErrConflict},
		"negative count":  {search(datatypes.GeoSearch{Center: at, Count: -1}), datatypes.ErrConflict},
		"no such member":  {search(datatypes.GeoSearch{Center: datatypes.AtMember("nobody")}), datatypes.ErrNoSuchMember},
		"store of none": {func() error {
			_, err := g.SearchStore("s", "s", datatypes.GeoSearch{Center: datatypes.AtMember("nobody")}, store)
			return err
		}, datatypes.ErrNoSuchMember},
		"store of nonsense": {func() error {
			_, err := g.SearchStore("s", "s", datatypes.GeoSearch{Radius: -1}, store)
			return err
		}, datatypes.ErrNegativeLength},
	} {
		if err := test.do(); err != test.want {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		found, err := g.Search("s", datatypes.GeoSearch{Center: datatypes.At(14, 38), Radius: 300_000, Order: datatypes.Nearest})
		if want := []string{"Palermo", "Catania"}; err != nil || !slices.Equal(members(found), want) {
			t.Fatalf("%s left %v, %v", name, found, err)
		}
	}
}

// TestGeoRadiusZero: a search of radius zero around a member finds that member,
// in whatever way the processor multiplies and adds.
func TestGeoRadiusZero(t *testing.T) {
	t.Parallel()
	f := open(t)
	g := f.geo()
	places := []datatypes.Located{{Member: "SkyTree", Position: datatypes.Position{Longitude: 139.810716, Latitude: 35.710033}}}
	for i := range 500 {
		x := float64(i)*0.71 - 177
		places = append(places, datatypes.Located{Member: fmt.Sprint(i),
			Position: datatypes.Position{Longitude: x, Latitude: math.Mod(x*7.3, 85)}})
	}
	if _, err := g.Add("places", places...); err != nil {
		t.Fatal(err)
	}
	for _, p := range places {
		for _, q := range []datatypes.GeoSearch{{}, {Box: true}} {
			q.Center = datatypes.AtMember(p.Member)
			found, err := g.Search("places", q)
			if err != nil || len(found) != 1 || found[0].Member != p.Member || found[0].Distance != 0 {
				t.Errorf("around %s: %v, %v", p.Member, found, err)
			}
		}
	}
}

// TestGeoSearchAgainstModel compares a search with looking at all members.
func TestGeoSearchAgainstModel(t *testing.T) {
	t.Parallel()
	degrees := func(rt *rapid.T, bound float64, label string) float64 {
		return rapid.OneOf(rapid.Float64Range(-bound, bound), rapid.Float64Range(-1, 1),
			rapid.Float64Range(bound-1, bound), rapid.Float64Range(-bound, 1-bound)).Draw(rt, label)
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := open(rt)
		g := f.geo()
		f.ks.Limits().ZSetEntries.Store(int64(rapid.SampledFrom([]int{0, 128}).Draw(rt, "dense")))
		for i := range rapid.IntRange(1, 60).Draw(rt, "members") {
			// Searches that reach over a pole miss what is behind it, and those from 180
			// degrees what is behind that, as Redis' do.
			p := datatypes.Position{Longitude: degrees(rt, 179.9999, "longitude"), Latitude: degrees(rt, 60, "latitude")}
			if _, err := g.Add("k", datatypes.Located{Member: fmt.Sprint(i), Position: p}); err != nil {
				rt.Fatal(err)
			}
		}
		q := datatypes.GeoSearch{
			Center: datatypes.AtMember("0"),
			Box:    rapid.Bool().Draw(rt, "box"),
			Order:  datatypes.GeoOrder(rapid.IntRange(0, 2).Draw(rt, "order")),
			Count:  rapid.IntRange(0, 10).Draw(rt, "count"),
		}
		length := rapid.OneOf(rapid.Float64Range(0, 200_000), rapid.Float64Range(0, 2_000_000), rapid.Just(0.0))
		q.Radius, q.Width, q.Height = length.Draw(rt, "radius"), length.Draw(rt, "width"), length.Draw(rt, "height")
		q.Any = q.Count > 0 && rapid.Bool().Draw(rt, "any")
		got, err := g.Search("k", q)
		if err != nil {
			rt.Fatal(err)
		}
		want := searchAll(f, q)
		n := len(want)
		if q.Count > 0 {
			n = min(n, q.Count)
		}
		checkSome(rt, got, want, n)
		if q.Any && len(want) > q.Count {
			return
		}
		if q.Order != datatypes.Unordered || q.Count > 0 && !q.Any {
			// Which one of several at the same distance comes first is not promised.
			if diff := gocmp.Diff(distances(want[:n]), distances(got)); diff != "" {
				rt.Fatalf("%+v\n%s", q, diff)
			}
		}
		checkStored(rt, f, q, got)
	})
}

func distances(found []datatypes.Found) (d []float64) {
	for _, f := range found {
		d = append(d, f.Distance)
	}
	return d
}

// searchAll looks at each member by itself. It returns all that are in the area, in the order of the search.
func searchAll(f *fixture, q datatypes.GeoSearch) (found []datatypes.Found) {
	g := f.geo()
	center, _, _ := g.Position("k", "0")
	for m, score := range datatypes.NewSortedSets(f.view).RangeByRank("k", 0, -1) {
		p, _, _ := g.Position("k", m)
		d := center.DistanceTo(p)
		inside := d <= q.Radius
		if q.Box {
			alongMeridian := datatypes.Position{Longitude: center.Longitude, Latitude: p.Latitude}
			inside = center.DistanceTo(alongMeridian) <= q.Height/2 && alongMeridian.DistanceTo(p) <= q.Width/2
		}
		if inside {
			found = append(found, datatypes.Found{Member: m, Distance: d, Score: score, Position: p})
		}
	}
	order := q.Order
	if order == datatypes.Unordered && q.Count > 0 {
		order = datatypes.Nearest
	}
	slices.SortStableFunc(found, func(a, b datatypes.Found) int {
		if order == datatypes.Farthest {
			a, b = b, a
		}
		return cmp.Compare(a.Distance, b.Distance)
	})
	return found
}

// checkSome checks that got has n different ones of want.
func checkSome(rt *rapid.T, got, want []datatypes.Found, n int) {
	seen := map[string]bool{}
	for _, f := range got {
		if seen[f.Member] = true; !slices.Contains(want, f) {
			rt.Fatalf("found %+v, which is not in the area", f)
		}
	}
	if len(got) != n || len(seen) != n {
		rt.Fatalf("found %d members, %d different ones; want %d", len(got), len(seen), n)
	}
}

// checkStored checks that the forms that store find the same.
func checkStored(rt *rapid.T, f *fixture, q datatypes.GeoSearch, found []datatypes.Found) {
	g := f.geo()
	for _, unit := range []datatypes.GeoUnit{0, datatypes.Kilometre} {
		n, err := g.SearchStore("dst", "k", q, datatypes.GeoStoreOptions{DistanceIn: unit})
		if err != nil || n != len(found) {
			rt.Fatalf("SearchStore: %d, %v; want %d", n, err, len(found))
		}
		if exists, _ := f.keys.Exists("dst"); (exists == 1) != (len(found) > 0) {
			rt.Fatalf("dst exists: %v", exists == 1)
		}
		for _, m := range found {
			want := m.Score
			if unit != 0 {
				want = m.Distance / 1000
			}
			if got, ok, err := datatypes.NewSortedSets(f.view).Score("dst", m.Member); got != want || !ok || err != nil {
				rt.Fatalf("score of %s: %v, %v, %v; want %v", m.Member, got, ok, err, want)
			}
		}
	}
}

// TestGeoEvents: the commands are told apart by what they announce.
func TestGeoEvents(t *testing.T) {
	t.Parallel()
	f := open(t)
	g := f.geo()
	var events []string
	cancel := f.ks.Listen(func(e keyspace.Event) {
		if e.Class != keyspace.ClassNew {
			events = append(events, e.Name+" "+e.Key)
		}
	})
	defer cancel()
	q := datatypes.GeoSearch{Center: datatypes.AtMember("Palermo")}
	nothing := datatypes.GeoSearch{Center: datatypes.At(0, 0)}
	g.Add("s", sicily...)
	g.Add("s", sicily...)
	g.SearchStore("d", "s", q, datatypes.GeoStoreOptions{})
	g.RadiusStore("d", "s", q, datatypes.GeoStoreOptions{})
	g.RadiusStore("d", "s", nothing, datatypes.GeoStoreOptions{})
	g.SearchStore("d", "s", nothing, datatypes.GeoStoreOptions{})
	want := []string{"zadd s", "geosearchstore d", "georadiusstore d", "del d"}
	if diff := gocmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
}

// TestGeoOddScores: scores that no position has give some position.
func TestGeoOddScores(t *testing.T) {
	t.Parallel()
	f := open(t)
	g := f.geo()
	for _, score := range []float64{-1, 1.5, 1 << 52, 1 << 62, 1 << 63, 1 << 64, 1e300, math.Inf(1), math.Inf(-1), -1 << 63, -1 << 64} {
		if _, err := datatypes.NewSortedSets(f.view).Add("k", datatypes.Scored{Member: "m", Score: score}); err != nil {
			t.Fatal(err)
		}
		p, ok, err := g.Position("k", "m")
		if !ok || err != nil || !p.Valid() {
			t.Errorf("%v: %v, %v, %v", score, p, ok, err)
		}
	}
}

// TestGeoStoreAtTheLimit: a result that there is no room for leaves what the key
// held.
func TestGeoStoreAtTheLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 1, MaxBytes: 4 << 20})
	g := f.geo()
	for i := 0; ; i++ {
		at := datatypes.Position{Longitude: float64(i%3000)/100 - 10, Latitude: float64(i) / 3000}
		_, err := g.Add("places", datatypes.Located{Member: fmt.Sprintf("place:%08d", i), Position: at})
		if err == datatypes.ErrOutOfMemory {
			break
		}
		if err != nil || i > 500_000 {
			t.Fatal(i, err)
		}
		if i == 10 {
			f.put(t, "dst", "old")
		}
	}
	everywhere := datatypes.GeoSearch{Center: datatypes.At(0, 0), Radius: 30_000_000}
	if n, err := g.SearchStore("dst", "places", everywhere, datatypes.GeoStoreOptions{}); err != datatypes.ErrOutOfMemory {
		t.Error("SearchStore:", n, err)
	}
	if got := f.text(t, "dst"); got != "old" {
		t.Errorf("a refused SearchStore left %q", got)
	}
}
