package datatypes_test

import (
	"fmt"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// TestPrefetchElements: a prefetch changes nothing and counts as no lookup, whatever the key holds.
func TestPrefetchElements(t *testing.T) {
	t.Parallel()
	f := open(t)
	var counters keyspace.Counters
	view := f.view.WithCounters(&counters)
	sets, hashes, sorted := datatypes.NewSets(view), datatypes.NewHashes(view), datatypes.NewSortedSets(view)
	f.put(t, "string", "v")
	must := func(_ int, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	const large = 40_000 // elements, of more than a megabyte
	var names []string
	for i := range large {
		names = append(names, fmt.Sprintf("element:%09d", i))
	}
	for key, n := range map[string]int{"one": 1, "some": 1000, "large": large} {
		for _, name := range names[:n] {
			must(sets.Add("set "+key, name))
			must(hashes.Set("hash "+key, datatypes.Field{Name: name, Value: []byte("value of " + name)}))
			must(sorted.Add("sorted "+key, datatypes.Scored{Member: name, Score: 1}))
		}
	}
	lookups := func() uint64 { return counters.Hits.Load() + counters.Misses.Load() }
	before := lookups()
	used := f.ks.Stats().UsedBytes
	keys := datatypes.NewKeys(view)
	for key := range f.keys.All() {
		keys.PrefetchElements(key, nil)
		keys.PrefetchElements(key, names[large-100:])
		keys.PrefetchElements(key, []string{"missing", names[0], ""})
	}
	keys.PrefetchElements("missing", names[:10])
	if lookups() != before || f.ks.Stats().UsedBytes != used {
		t.Errorf("%d lookups, before %d; %d bytes, before %d", lookups(), before, f.ks.Stats().UsedBytes, used)
	}
	for _, kind := range []string{"set", "hash", "sorted"} {
		if ok, err := f.keys.Exists(kind + " large"); ok != 1 || err != nil {
			t.Errorf("%s: %v, %v", kind, ok, err)
		}
	}
}
