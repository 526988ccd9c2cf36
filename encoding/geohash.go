package encoding

import "math"

// A GeoHash is the cell of a position in a grid of 2^26 longitudes and as many
// latitudes, up to those of the square Mercator map. Its 52 bits interleave those
// of the latitude, from bit 0, and of the longitude, from bit 1. A number that
// wide is exact as a sorted set's score. Cells that share their first 2n bits lie
// in one cell of the grid with 2^n, so each such cell is a range of scores.
//
// Go may compute x*y+z with one rounding on processors that can, which would make
// scores and distances depend on the machine, and the distance of a position to
// itself positive. Products that are added to are therefore rounded by a
// conversion throughout this file.
type GeoHash uint64

// MaxGeoLongitude and MaxGeoLatitude bound the positions that have a GeoHash,
// in degrees.
const (
	MaxGeoLongitude = 180.0
	MaxGeoLatitude  = 85.05112878
)

const (
	geoSteps = 26

	earthRadius      = 6372797.560856 // in metres
	mercatorMax      = 20037726.37    // half of the equator on the Mercator map, in metres
	radiansPerDegree = float64(math.Pi) / 180

	// geoEpsilon is the sine of half a difference in longitude that counts as
	// none, about 6 nanometres.
	geoEpsilon = 1e-15
)

// EncodeGeo returns the GeoHash of a position in degrees. It reports false if the
// position is out of bounds or not a number.
func EncodeGeo(longitude, latitude float64) (hash GeoHash, ok bool) {
	if !validGeo(longitude, latitude) {
		return 0, false
	}
	c := geoCellAt(longitude, latitude, MaxGeoLatitude, geoSteps)
	return GeoHash(c.bits()), true
}

func validGeo(longitude, latitude float64) bool {
	return math.Abs(longitude) <= MaxGeoLongitude && math.Abs(latitude) <= MaxGeoLatitude
}

// Position returns the centre of the cell, in degrees.
func (h GeoHash) Position() (longitude, latitude float64) {
	area := geoCell{uint64(uncross(uint64(h) >> 1)), uint64(uncross(uint64(h))), geoSteps}.area()
	longitude = (area.minLongitude + area.maxLongitude) / 2
	latitude = (area.minLatitude + area.maxLatitude) / 2
	return min(max(longitude, -MaxGeoLongitude), MaxGeoLongitude), min(max(latitude, -MaxGeoLatitude), MaxGeoLatitude)
}

// geoAlphabet has the digits of the text form, which are base 32.
const geoAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// AppendText appends the cell's centre in the text form that is used elsewhere: 11
// characters, of which the last is always 0 for lack of bits.
func (h GeoHash) AppendText(dst []byte) []byte {
	longitude, latitude := h.Position()
	bits := geoCellAt(longitude, latitude, 90, geoSteps).bits()
	for shift := 2*geoSteps - 5; shift > 0; shift -= 5 {
		dst = append(dst, geoAlphabet[bits>>shift&0x1f])
	}
	return append(dst, '0')
}

// geoCell is a cell of the grid with 2^step longitudes and latitudes. A position
// on the upper bound is in a cell beyond the last, as it is in Redis.
type geoCell struct {
	longitude, latitude uint64
	step                int
}

func geoCellAt(longitude, latitude, maxLatitude float64, step int) geoCell {
	cells := float64(uint64(1) << step)
	return geoCell{
		longitude: uint64((longitude + MaxGeoLongitude) / (2 * MaxGeoLongitude) * cells),
		latitude:  uint64((latitude + maxLatitude) / (2 * maxLatitude) * cells),
		step:      step,
	}
}

func (c geoCell) bits() uint64 { return cross(uint32(c.longitude))<<1 | cross(uint32(c.latitude)) }

// cross moves the bits of x to the even places.
func cross(x uint32) uint64 {
	y := uint64(x)
	y = (y | y<<16) & 0x0000ffff0000ffff
	y = (y | y<<8) & 0x00ff00ff00ff00ff
	y = (y | y<<4) & 0x0f0f0f0f0f0f0f0f
	y = (y | y<<2) & 0x3333333333333333
	return (y | y<<1) & 0x5555555555555555
}

// uncross collects the bits at even places.
func uncross(y uint64) uint32 {
	y &= 0x5555555555555555
	y = (y | y>>1) & 0x3333333333333333
	y = (y | y>>2) & 0x0f0f0f0f0f0f0f0f
	y = (y | y>>4) & 0x00ff00ff00ff00ff
	y = (y | y>>8) & 0x0000ffff0000ffff
	return uint32(y | y>>16)
}

// neighbor returns the cell that is dx to the east and dy to the north, either
// being -1, 0 or 1. The grid wraps around.
func (c geoCell) neighbor(dx, dy int) geoCell {
	mask := uint64(1)<<c.step - 1
	if dx != 0 {
		c.longitude = (c.longitude + uint64(dx)) & mask
	}
	if dy != 0 {
		c.latitude = (c.latitude + uint64(dy)) & mask
	}
	return c
}

// geoArea is a rectangle in degrees.
type geoArea struct {
	minLongitude, maxLongitude, minLatitude, maxLatitude float64
}

func (c geoCell) area() geoArea {
	cells := float64(uint64(1) << c.step)
	edge := func(n uint64, bound float64) float64 {
		return -bound + float64(float64(n)/cells*(2*bound))
	}
	return geoArea{
		minLongitude: edge(c.longitude, MaxGeoLongitude),
		maxLongitude: edge(c.longitude+1, MaxGeoLongitude),
		minLatitude:  edge(c.latitude, MaxGeoLatitude),
		maxLatitude:  edge(c.latitude+1, MaxGeoLatitude),
	}
}

// GeoDistance returns the distance between two positions in metres, by the
// haversine formula on a sphere. It is zero between equal positions.
func GeoDistance(longitude1, latitude1, longitude2, latitude2 float64) float64 {
	lon1, lon2 := float64(longitude1*radiansPerDegree), float64(longitude2*radiansPerDegree)
	v := math.Sin((lon2 - lon1) / 2)
	if math.Abs(v) <= geoEpsilon {
		return geoLatitudeDistance(latitude1, latitude2)
	}
	lat1, lat2 := float64(latitude1*radiansPerDegree), float64(latitude2*radiansPerDegree)
	u := math.Sin((lat2 - lat1) / 2)
	a := float64(u*u) + float64(float64(float64(math.Cos(lat1)*math.Cos(lat2))*v)*v)
	return 2 * earthRadius * math.Asin(math.Sqrt(a))
}

// geoLatitudeDistance returns the distance in metres along a meridian.
func geoLatitudeDistance(latitude1, latitude2 float64) float64 {
	lat1, lat2 := float64(latitude1*radiansPerDegree), float64(latitude2*radiansPerDegree)
	return earthRadius * math.Abs(lat2-lat1)
}

// GeoShape is an area to be searched: a circle, or a rectangle along the meridian
// through its centre.
type GeoShape struct {
	Longitude, Latitude float64 // the centre, in degrees
	Radius              float64 // of a circle, in metres
	Box                 bool    // a rectangle instead, of this size:
	Width, Height       float64 // in metres
}

// Distance returns the distance of a position from the centre in metres, and
// whether it is in the shape.
func (s *GeoShape) Distance(longitude, latitude float64) (metres float64, inside bool) {
	if s.Box {
		// The distance in latitude is the cheaper one.
		if geoLatitudeDistance(latitude, s.Latitude) > s.Height/2 ||
			GeoDistance(longitude, latitude, s.Longitude, latitude) > s.Width/2 {
			return 0, false
		}
		return GeoDistance(s.Longitude, s.Latitude, longitude, latitude), true
	}
	metres = GeoDistance(s.Longitude, s.Latitude, longitude, latitude)
	return metres, metres <= s.Radius
}

// GeoMatcher finds the positions that are in a shape, as [GeoShape.Distance] does,
// but passes over most others without computing how far away they are.
type GeoMatcher struct {
	shape  GeoShape
	bounds geoArea // positions outside of it are not in the shape
}

// Matcher returns a matcher for the shape.
func (s *GeoShape) Matcher() GeoMatcher {
	// Circles lie within their bounds, unless these go round a pole or over the
	// meridian of 180 degrees. They are drawn some tenths of a millimetre wider,
	// which is far more than the distance may be rounded by.
	const slack = 1e-8 // degrees
	bounds := s.bounds()
	bounds.minLongitude -= slack
	bounds.maxLongitude += slack
	bounds.minLatitude -= slack
	bounds.maxLatitude += slack
	within := bounds.minLongitude >= -MaxGeoLongitude && bounds.maxLongitude <= MaxGeoLongitude &&
		bounds.minLatitude > -90 && bounds.maxLatitude < 90
	if s.Box || !within {
		everywhere := math.Inf(1)
		bounds = geoArea{-everywhere, everywhere, -everywhere, everywhere}
	}
	return GeoMatcher{*s, bounds}
}

// Distance returns the distance of a position from the centre in metres, and
// whether it is in the shape.
func (m *GeoMatcher) Distance(longitude, latitude float64) (metres float64, inside bool) {
	b := &m.bounds
	if latitude < b.minLatitude || latitude > b.maxLatitude || longitude < b.minLongitude || longitude > b.maxLongitude {
		return 0, false
	}
	return m.shape.Distance(longitude, latitude)
}

// GeoRange is a range of scores.
type GeoRange struct {
	Min GeoHash // the first in the range
	Max GeoHash // the first after it
}

// AppendRanges appends the ranges that have the scores of all positions in the
// shape, besides others: at most nine, in the order in which Redis visits them.
func (s *GeoShape) AppendRanges(dst []GeoRange) []GeoRange {
	bounds := s.bounds()
	step := geoStep(s.reach(), s.Latitude)
	center := geoCellAt(s.Longitude, s.Latitude, MaxGeoLatitude, step)
	if step > 1 && !center.surrounds(bounds) {
		step--
		center = geoCellAt(s.Longitude, s.Latitude, MaxGeoLatitude, step)
	}
	var previous *geoCell // unless that was the centre
	for _, to := range geoDirections {
		if step >= 2 && center.useless(to.dx, to.dy, bounds) {
			continue
		}
		// In a grid of few cells, neighbours on both sides may be the same one.
		c := center.neighbor(to.dx, to.dy)
		if previous != nil && c == *previous {
			continue
		}
		if to.dx != 0 || to.dy != 0 {
			previous = &c
		}
		shift := 2 * (geoSteps - step)
		dst = append(dst, GeoRange{GeoHash(c.bits() << shift), GeoHash((c.bits() + 1) << shift)})
	}
	return dst
}

// geoDirections has the neighbours of a cell in the order of a search.
var geoDirections = [9]struct{ dx, dy int }{
	{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// reach returns the distance from the centre to the farthest point, in metres.
func (s *GeoShape) reach() float64 {
	if s.Box {
		x, y := s.Width/2, s.Height/2
		return math.Sqrt(float64(x*x) + float64(y*y))
	}
	return s.Radius
}

// bounds returns a rectangle around the shape. Towards a pole meridians draw
// together, so its width is that of the side that is nearer to one.
func (s *GeoShape) bounds() geoArea {
	height, width := s.Radius, s.Radius
	if s.Box {
		height, width = s.Height/2, s.Width/2
	}
	latitudes := height / earthRadius / radiansPerDegree
	polar := s.Latitude + latitudes
	if s.Latitude < 0 {
		polar = s.Latitude - latitudes
	}
	longitudes := width / earthRadius / math.Cos(polar*radiansPerDegree) / radiansPerDegree
	return geoArea{s.Longitude - longitudes, s.Longitude + longitudes, s.Latitude - latitudes, s.Latitude + latitudes}
}

// geoStep returns the step of the grid whose cells, nine of them, cover a circle.
func geoStep(radius, latitude float64) int {
	if !(radius > 0) {
		return geoSteps
	}
	step := -1
	for ; radius < mercatorMax; radius *= 2 {
		step++
	}
	// Towards the poles cells are narrower.
	if latitude = math.Abs(latitude); latitude > 66 {
		step--
		if latitude > 80 {
			step--
		}
	}
	return min(max(step, 1), geoSteps)
}

// surrounds reports whether the cell and its neighbours reach the bounds.
func (c geoCell) surrounds(bounds geoArea) bool {
	return c.neighbor(0, 1).area().maxLatitude >= bounds.maxLatitude &&
		c.neighbor(0, -1).area().minLatitude <= bounds.minLatitude &&
		c.neighbor(1, 0).area().maxLongitude >= bounds.maxLongitude &&
		c.neighbor(-1, 0).area().minLongitude <= bounds.minLongitude
}

// useless reports whether the bounds end before the neighbour in a direction.
func (c geoCell) useless(dx, dy int, bounds geoArea) bool {
	area := c.area()
	return dy < 0 && area.minLatitude < bounds.minLatitude ||
		dy > 0 && area.maxLatitude > bounds.maxLatitude ||
		dx < 0 && area.minLongitude < bounds.minLongitude ||
		dx > 0 && area.maxLongitude > bounds.maxLongitude
}
