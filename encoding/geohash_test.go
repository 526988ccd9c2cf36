package encoding

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/internal/redistest"
	"pgregory.net/rapid"
)

func TestEncodeGeo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		longitude, latitude float64
		want                GeoHash
	}{
		{13.361389, 38.115556, 3479099956230698},
		{15.087269, 37.502669, 3479447370796909},
		{139.810716, 35.710033, 4171233011319277},
		{-180, -MaxGeoLatitude, 0},
		{180, MaxGeoLatitude, 3 << 52},
	}
	for _, tt := range tests {
		if got, ok := EncodeGeo(tt.longitude, tt.latitude); got != tt.want || !ok {
			t.Errorf("%v, %v: %d, %t; want %d", tt.longitude, tt.latitude, got, ok, tt.want)
		}
	}
	nan := math.NaN()
	for _, p := range [][2]float64{{180.1, 0}, {-180.1, 0}, {0, 85.05112879}, {0, -86}, {nan, 0}, {0, nan}, {math.Inf(1), 0}} {
		if _, ok := EncodeGeo(p[0], p[1]); ok {
			t.Errorf("%v was accepted", p)
		}
	}
}

func TestGeoPosition(t *testing.T) {
	t.Parallel()
	longitude, latitude := GeoHash(3479099956230698).Position()
	got := strconv.FormatFloat(longitude, 'f', 17, 64) + " " + strconv.FormatFloat(latitude, 'f', 17, 64)
	if want := "13.36138933897018433 38.11555639549629859"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if longitude, latitude = GeoHash(3 << 52).Position(); longitude != MaxGeoLongitude || latitude != MaxGeoLatitude {
		t.Errorf("the upper bounds are at %v, %v", longitude, latitude)
	}
	rapid.Check(t, func(t *rapid.T) {
		longitude := rapid.Float64Range(-180, 180).Draw(t, "longitude")
		latitude := rapid.Float64Range(-MaxGeoLatitude, MaxGeoLatitude).Draw(t, "latitude")
		hash, ok := EncodeGeo(longitude, latitude)
		gotLongitude, gotLatitude := hash.Position()
		const cell = 1. / (1 << geoSteps)
		if !ok || math.Abs(gotLongitude-longitude) > 180.1*cell || math.Abs(gotLatitude-latitude) > 85.1*cell {
			t.Fatalf("%v, %v became %v, %v", longitude, latitude, gotLongitude, gotLatitude)
		}
		if again, ok := EncodeGeo(gotLongitude, gotLatitude); longitude < 180 && latitude < MaxGeoLatitude && (again != hash || !ok) {
			t.Fatalf("the centre of %d is in %d", hash, again)
		}
	})
}

func TestGeoText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		longitude, latitude float64
		want                string
	}{
		{13.361389, 38.115556, "sqc8b49rny0"},
		{15.087269, 37.502669, "sqdtr74hyu0"},
		{-5.6, 42.6, "ezs42e44yx0"},
	}
	for _, tt := range tests {
		hash, _ := EncodeGeo(tt.longitude, tt.latitude)
		if got := string(hash.AppendText([]byte("x"))); got != "x"+tt.want {
			t.Errorf("%v, %v: %s, want %s", tt.longitude, tt.latitude, got, tt.want)
		}
	}
}

func TestGeoDistance(t *testing.T) {
	t.Parallel()
	lon1, lat1 := GeoHash(3479099956230698).Position()
	lon2, lat2 := GeoHash(3479447370796909).Position()
	if got := fmt.Sprintf("%.4f", GeoDistance(lon1, lat1, lon2, lat2)); got != "166274.1516" {
		t.Errorf("Palermo to Catania: %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		longitude := rapid.Float64Range(-180, 180).Draw(t, "longitude")
		latitude := rapid.Float64Range(-85, 85).Draw(t, "latitude")
		// The position as a member of a set has it, which the distance is taken of.
		hash, _ := EncodeGeo(longitude, latitude)
		longitude, latitude = hash.Position()
		if d := GeoDistance(longitude, latitude, longitude, latitude); d != 0 {
			t.Fatalf("%v, %v is %v from itself", longitude, latitude, d)
		}
		shape := GeoShape{Longitude: longitude, Latitude: latitude}
		if d, inside := shape.Distance(longitude, latitude); d != 0 || !inside {
			t.Fatalf("%v, %v is not within 0 of itself: %v", longitude, latitude, d)
		}
		ranges := shape.AppendRanges(nil)
		if !slices.ContainsFunc(ranges, func(r GeoRange) bool { return r.Min <= hash && hash < r.Max }) {
			t.Fatalf("%d is in none of %v", hash, ranges)
		}
	})
}

func TestGeoNeighbors(t *testing.T) {
	t.Parallel()
	c := geoCell{longitude: 0, latitude: 7, step: 3}
	for _, tt := range []struct {
		dx, dy int
		want   geoCell
	}{
		{1, 0, geoCell{1, 7, 3}}, {-1, 0, geoCell{7, 7, 3}}, {0, 1, geoCell{0, 0, 3}}, {-1, -1, geoCell{7, 6, 3}}, {0, 0, c},
	} {
		if got := c.neighbor(tt.dx, tt.dy); got != tt.want {
			t.Errorf("%d, %d: %v, want %v", tt.dx, tt.dy, got, tt.want)
		}
	}
}

func TestGeoBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Uint32().Draw(t, "x")
		crossed, want := cross(x), uint64(0)
		for bit := range 32 {
			want |= uint64(x>>bit&1) << (2 * bit)
		}
		if crossed != want || uncross(crossed|rapid.Uint64().Draw(t, "noise")&0xaaaaaaaaaaaaaaaa) != x {
			t.Fatalf("cross(%#x) = %#x, want %#x", x, crossed, want)
		}
	})
}

func FuzzGeo(f *testing.F) {
	f.Add(13.3, 38.1, 1000.0, 200.0, true, uint64(3479099956230698))
	f.Fuzz(func(t *testing.T, longitude, latitude, x, y float64, box bool, bits uint64) {
		GeoHash(bits).AppendText(nil)
		if lon, lat := GeoHash(bits).Position(); !validGeo(lon, lat) {
			t.Errorf("%d is at %v, %v", bits, lon, lat)
		}
		shape := GeoShape{Longitude: longitude, Latitude: latitude, Box: box, Radius: x, Width: x, Height: y}
		if ranges := shape.AppendRanges(nil); len(ranges) == 0 || len(ranges) > 9 {
			t.Errorf("%d ranges", len(ranges))
		}
		shape.Distance(GeoHash(bits).Position())
	})
}

// TestGeoAgainstRedis compares scores, positions, texts and distances, and
// searches with the order of their results, which is that of the ranges.
func TestGeoAgainstRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := rand.New(rand.NewPCG(12, 12))
	type point struct {
		name string
		hash GeoHash
	}
	var points []point
	commands := [][]string{}
	for i := range 1500 {
		longitude, latitude := r.Float64()*360-180, r.Float64()*170-85
		switch i {
		case 0:
			longitude, latitude = 180, MaxGeoLatitude
		case 1:
			longitude, latitude = -180, -MaxGeoLatitude
		}
		hash, ok := EncodeGeo(longitude, latitude)
		if !ok {
			t.Fatal(longitude, latitude)
		}
		p := point{strconv.Itoa(i), hash}
		points = append(points, p)
		commands = append(commands, []string{"GEOADD", "g", formatGeo(longitude), formatGeo(latitude), p.name},
			[]string{"ZSCORE", "g", p.name}, []string{"GEOPOS", "g", p.name}, []string{"GEOHASH", "g", p.name},
			[]string{"GEODIST", "g", "0", p.name})
	}
	replies := server.Pipeline(commands)
	for i, p := range points {
		longitude, latitude := p.hash.Position()
		first, firstLatitude := points[0].hash.Position()
		got := replies[5*i+1 : 5*i+5]
		want := []any{fmt.Sprintf("%.17g", float64(p.hash)), []any{[]any{trimmed(longitude), trimmed(latitude)}},
			[]any{string(p.hash.AppendText(nil))}, fmt.Sprintf("%.4f", GeoDistance(first, firstLatitude, longitude, latitude))}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("point %d: -larder +Redis\n%s", i, diff)
		}
	}
	slices.SortFunc(points, func(a, b point) int {
		if a.hash != b.hash {
			return int(min(max(int64(a.hash)-int64(b.hash), -1), 1))
		}
		return 0
	})
	for range 300 {
		shape := GeoShape{Longitude: r.Float64()*360 - 180, Latitude: r.Float64()*170 - 85}
		size := math.Exp(r.Float64() * 17.5)
		command := []string{"GEOSEARCH", "g", "FROMLONLAT", formatGeo(shape.Longitude), formatGeo(shape.Latitude)}
		if r.IntN(2) == 0 {
			shape.Radius = size
			command = append(command, "BYRADIUS", formatGeo(size), "m")
		} else {
			shape.Box, shape.Width, shape.Height = true, size, size*2*r.Float64()
			command = append(command, "BYBOX", formatGeo(shape.Width), formatGeo(shape.Height), "m")
		}
		got := []any{}
		for _, within := range shape.AppendRanges(nil) {
			for _, p := range points {
				if _, inside := shape.Distance(p.hash.Position()); inside && within.Min <= p.hash && p.hash < within.Max {
					got = append(got, p.name)
				}
			}
		}
		if diff := cmp.Diff(got, server.Do(command...)); diff != "" {
			t.Errorf("%q: -larder +Redis\n%s", command, diff)
		}
	}
}

func formatGeo(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// trimmed formats a coordinate with 17 decimals, less the zeros at the end.
func trimmed(f float64) string {
	b := []byte(strconv.FormatFloat(f, 'f', 17, 64))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return string(b)
}

func BenchmarkGeo(b *testing.B) {
	b.Run("Encode", func(b *testing.B) {
		for b.Loop() {
			EncodeGeo(13.361389, 38.115556)
		}
	})
	b.Run("Distance", func(b *testing.B) {
		for b.Loop() {
			GeoDistance(13.361389, 38.115556, 15.087269, 37.502669)
		}
	})
}

// TestGeoMatcher: a matcher passes over nothing that is in the shape.
func TestGeoMatcher(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		longitude := rapid.Float64Range(-MaxGeoLongitude, MaxGeoLongitude)
		latitude := rapid.Float64Range(-MaxGeoLatitude, MaxGeoLatitude)
		s := GeoShape{
			Longitude: longitude.Draw(rt, "longitude"), Latitude: latitude.Draw(rt, "latitude"),
			Radius: rapid.OneOf(rapid.Float64Range(0, 1000), rapid.Float64Range(0, 20_000_000), rapid.Just(0.0)).Draw(rt, "radius"),
			Box:    rapid.Bool().Draw(rt, "box"),
			Width:  rapid.Float64Range(0, 1e6).Draw(rt, "width"), Height: rapid.Float64Range(0, 1e6).Draw(rt, "height"),
		}
		m := s.Matcher()
		for range 100 {
			// Positions at about the edge of the shape, in a random direction.
			turn := rapid.Float64Range(0, 2*math.Pi).Draw(rt, "turn")
			far := rapid.SampledFrom([]float64{0, 0.5, 0.999999, 1, 1.000001, 1.3}).Draw(rt, "far")
			degrees := far * s.Radius / earthRadius / radiansPerDegree
			lat := min(max(s.Latitude+degrees*math.Sin(turn), -MaxGeoLatitude), MaxGeoLatitude)
			lon := s.Longitude + degrees*math.Cos(turn)/math.Cos(lat*radiansPerDegree)
			if rapid.IntRange(0, 9).Draw(rt, "anywhere") == 0 || math.Abs(lon) > MaxGeoLongitude {
				lon, lat = longitude.Draw(rt, "lon"), latitude.Draw(rt, "lat")
			}
			want, inside := s.Distance(lon, lat)
			got, matches := m.Distance(lon, lat)
			if matches != inside || inside && got != want {
				rt.Fatalf("%v, %v from %+v: %v, %v; want %v, %v", lon, lat, s, got, matches, want, inside)
			}
		}
	})
}
