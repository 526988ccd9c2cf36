package modeltest_test

import (
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes/modeltest"
	"pgregory.net/rapid"
)

// open opens a cache whose time is the test's.
func open(t *rapid.T, o larder.Options) (*larder.Cache, *modeltest.Clock) {
	clock := modeltest.NewClock()
	o.Clock, o.NoMaintenance = clock, true
	c, err := larder.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, clock
}

func TestCache(t *testing.T) {
	t.Parallel()
	modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
		c, clock := open(t, larder.Options{Shards: 4})
		return modeltest.Of(c, clock)
	})
}
