package typed_test

import (
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
)

// helper is what of testing.TB fixtures need; rapid.T has it too.
type helper interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

// openCache returns a cache that is closed with the test. Inside of a synctest bubble its time is the bubble's.
func openCache(t helper) *larder.Cache {
	t.Helper()
	c, err := larder.Open(larder.Options{Shards: 4, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func newMap[K comparable, V any](t helper, src typed.Source, o typed.MapOptions[K, V]) *typed.Map[K, V] {
	t.Helper()
	m, err := typed.NewMap(src, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newLoader[K comparable, V any](t helper, src typed.Source, o typed.LoaderOptions[K, V]) *typed.Loader[K, V] {
	t.Helper()
	l, err := typed.NewLoader(src, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// raw returns what the cache holds under a name, none if nothing.
func raw(t testing.TB, c *larder.Cache, name string) string {
	t.Helper()
	v, ok, err := c.Strings().Get(name)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return none
	}
	return string(v)
}

const none = "(none)"

func item(key, value string) datatypes.Item { return datatypes.Item{Key: key, Value: []byte(value)} }
