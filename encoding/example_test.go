package encoding_test

import (
	"fmt"

	"github.com/larderkv/larder/encoding"
)

func text(s string) encoding.Element { return encoding.TextElement([]byte(s)) }

// Texts that are integers take the bytes of the integer.
func ExampleListpack() {
	lp := encoding.NewListpack(nil)
	lp = lp.Append(text("user"), text("ada"), text("visits"), text("41"))

	if p, ok := lp.Find(lp.First(), text("visits"), 2); ok { // looks at every second element, the keys
		lp = lp.Replace(lp.Next(p), encoding.IntElement(42))
	}
	for _, e := range lp.All() {
		fmt.Print(e, " ")
	}
	fmt.Println(len(lp), "bytes")
	// Output: user ada visits 42 28 bytes
}

func ExamplePairs() {
	ps := encoding.NewPairs(nil)
	ps = ps.Append(text("user"), text("ada"))
	ps = ps.Append(text("visits"), text("41"))

	if p, ok := ps.Find(text("visits")); ok {
		fmt.Println(ps.Value(p), "visits in", len(ps), "bytes")
	}
	// Output: 41 visits in 19 bytes
}

// The width of all integers is that of the widest.
func ExampleIntset() {
	set := encoding.NewIntset(nil)
	for _, n := range []int64{3, 1, 2, 3} {
		set, _ = set.Insert(n)
	}
	fmt.Println(len(set), "bytes")
	set, _ = set.Insert(100_000)
	fmt.Println(len(set), "bytes")
	for n := range set.All() {
		fmt.Print(n, " ")
	}
	// Output:
	// 14 bytes
	// 24 bytes
	// 1 2 3 100000
}

// The estimate is within a few percent of the truth, whatever is counted.
func ExampleHLL() {
	hll := encoding.NewHLL(nil)
	for i := range 100_000 {
		var err error
		if hll, _, err = hll.Add(fmt.Appendf(nil, "visitor %d", i%50_000), encoding.DefaultHLLSparseMax); err != nil {
			fmt.Println(err)
			return
		}
	}
	n, err := hll.Count()
	fmt.Println(n > 48_000 && n < 52_000, len(hll) == encoding.HLLDenseSize, err)
	// Output: true true <nil>
}

// The positions near another one have scores in a few ranges; a matcher tells which of those they are.
func ExampleGeoShape() {
	cities := []struct {
		name                string
		longitude, latitude float64
	}{{"Palermo", 13.361389, 38.115556}, {"Catania", 15.087269, 37.502669}, {"Rome", 12.496366, 41.902782}}

	near := encoding.GeoShape{Longitude: 15, Latitude: 37, Radius: 200_000}
	matcher, ranges := near.Matcher(), near.AppendRanges(nil)
	for _, city := range cities {
		hash, _ := encoding.EncodeGeo(city.longitude, city.latitude)
		for _, r := range ranges {
			if hash < r.Min || hash >= r.Max {
				continue
			}
			if metres, inside := matcher.Distance(hash.Position()); inside {
				fmt.Printf("%s is %.0f km away\n", city.name, metres/1000)
			}
		}
	}
	// Output:
	// Palermo is 190 km away
	// Catania is 56 km away
}
