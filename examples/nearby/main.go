// Nearby keeps track of where the couriers of a delivery service are, and finds those that are near to a customer.
//
//	go run ./examples/nearby
package main

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func main() {
	if err := run(os.Stdout, 100_000); err != nil {
		log.Fatal(err)
	}
}

// fleet is where couriers were when they last reported. Its key is a sorted set of positions.
type fleet struct {
	cache *larder.Cache
	key   string
}

// report records where a courier is.
func (f *fleet) report(courier string, at datatypes.Position) error {
	_, err := f.cache.Geo().Add(f.key, datatypes.Located{Member: courier, Position: at})
	return err
}

// leave forgets a courier who has finished work.
func (f *fleet) leave(courier string) error {
	_, err := f.cache.SortedSets().Remove(f.key, courier)
	return err
}

// nearest returns up to n couriers around a place, the nearest first, none farther away than within metres.
func (f *fleet) nearest(at datatypes.Position, within float64, n int) ([]datatypes.Found, error) {
	return f.cache.Geo().Search(f.key, datatypes.GeoSearch{
		Center: datatypes.At(at.Longitude, at.Latitude),
		Radius: within,
		Count:  n,
	})
}

// take gives an order to the nearest courier, who is not to be found by others after that. Nobody else can take the
// same one.
func (f *fleet) take(at datatypes.Position, within float64) (courier string, ok bool, err error) {
	err = f.cache.Update([]string{f.key}, func(tx *larder.Tx) error {
		found, err := tx.Geo().Search(f.key, datatypes.GeoSearch{
			Center: datatypes.At(at.Longitude, at.Latitude),
			Radius: within,
			Count:  1,
		})
		if err != nil || len(found) == 0 {
			return err
		}
		courier, ok = found[0].Member, true
		_, err = tx.SortedSets().Remove(f.key, courier)
		return err
	})
	return courier, ok, err
}

func run(out io.Writer, couriers int) error {
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		return err
	}
	defer cache.Close()
	f := &fleet{cache: cache, key: "couriers"}

	// Couriers all over Berlin, two of them at places that are known.
	random := rand.New(rand.NewPCG(1, 2))
	for i := range couriers {
		at := datatypes.Position{Longitude: 13.1 + 0.6*random.Float64(), Latitude: 52.35 + 0.3*random.Float64()}
		if err := f.report(fmt.Sprint("courier-", i), at); err != nil {
			return err
		}
	}
	alexanderplatz := datatypes.Position{Longitude: 13.413215, Latitude: 52.521918}
	if err := f.report("ada", datatypes.Position{Longitude: 13.413220, Latitude: 52.521930}); err != nil {
		return err
	}
	if err := f.report("bob", datatypes.Position{Longitude: 13.413300, Latitude: 52.521900}); err != nil {
		return err
	}

	start := time.Now()
	found, err := f.nearest(alexanderplatz, 500, 2)
	if err != nil {
		return err
	}
	took := time.Since(start)
	for _, c := range found {
		fmt.Fprintf(out, "nearest    %s is %.1f m away\n", c.Member, c.Distance)
	}
	fmt.Fprintf(out, "           found among %d couriers in %v\n", couriers+2, took.Round(time.Microsecond))

	metres, _, err := cache.Geo().Distance(f.key, "ada", "bob")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "distance   ada and bob are %.1f m apart\n", metres)

	first, _, err := f.take(alexanderplatz, 500)
	if err != nil {
		return err
	}
	second, _, err := f.take(alexanderplatz, 500)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "orders     go to %s, then to %s\n", first, second)

	if err := f.leave("courier-0"); err != nil {
		return err
	}
	n, err := cache.SortedSets().Len(f.key)
	fmt.Fprintf(out, "remaining  %d couriers\n", n)
	return err
}
