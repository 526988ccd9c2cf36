//go:build !race && !larderdebug

package typed_test

import (
	"context"
	"testing"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
)

// TestAllocations: values of fixed size, and hits of a loader on them, leave the Go heap alone.
func TestAllocations(t *testing.T) {
	c := openCache(t)
	ints := newMap(t, c, typed.MapOptions[string, int]{Prefix: "int:", TTL: time.Hour})
	points := newMap(t, c, typed.MapOptions[int64, point]{Prefix: "point:", Value: typed.Fixed[point]{}})
	sliding := newMap(t, c, typed.MapOptions[uint32, float64]{Prefix: "sliding:", TTL: time.Hour, Sliding: true, Jitter: 0.1})
	load := func(context.Context, string) (uint16, error) { return 5, nil }
	loader := newLoader(t, c, typed.LoaderOptions[string, uint16]{
		MapOptions: typed.MapOptions[string, uint16]{Prefix: "loaded:", TTL: time.Hour, Value: typed.Fixed[uint16]{}},
		Load:       load, Stale: time.Minute, RefreshAhead: time.Minute,
	})
	slow := make(chan struct{})
	due := newLoader(t, c, typed.LoaderOptions[string, uint16]{
		MapOptions: typed.MapOptions[string, uint16]{Prefix: "due:", TTL: 2 * time.Hour},
		Load: func(context.Context, string) (uint16, error) {
			<-slow
			return 6, nil
		},
		RefreshAhead: time.Hour,
	})
	t.Cleanup(func() { close(slow) })
	if _, err := due.SetWith("k", 5, datatypes.SetOptions{TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	p := somePoint()
	must := func(ok bool, err error) {
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for _, tt := range []struct {
		name string
		do   func()
	}{
		{"Set of an int", func() { must(true, ints.Set("some longer key than fits on a stack", 1<<30)) }},
		{"Get of an int", func() { _, ok, err := ints.Get("some longer key than fits on a stack"); must(ok, err) }},
		{"Has", func() { must(ints.Has("some longer key than fits on a stack")) }},
		{"TTL", func() { _, ok, err := ints.TTL("some longer key than fits on a stack"); must(ok, err) }},
		{"Set of a struct", func() { must(true, points.Set(1<<50, p)) }},
		{"Get of a struct", func() { _, ok, err := points.Get(1 << 50); must(ok, err) }},
		{"Set, sliding", func() { must(true, sliding.Set(7, 2.5)) }},
		{"Get, sliding", func() { _, ok, err := sliding.Get(7); must(ok, err) }},
		{"Get of a missing key", func() { _, ok, err := sliding.Get(8); must(!ok, err) }},
		{"Delete", func() { _, err := sliding.Delete(7, 8); must(true, err) }},
		{"Load, a hit", func() { v, err := loader.Load(ctx, "k"); must(v == 5, err) }},
		{"Load, a hit while it is loaded anew", func() { v, err := due.Load(ctx, "k"); must(v == 5, err) }},
		{"GetOrLoad, a hit", func() { v, err := loader.GetOrLoad(ctx, "k", load); must(v == 5, err) }},
	} {
		tt.do()
		if got := testing.AllocsPerRun(500, tt.do); got != 0 {
			t.Errorf("%s: %v allocations", tt.name, got)
		}
	}
}
