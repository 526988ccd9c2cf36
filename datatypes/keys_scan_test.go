package datatypes_test

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

// scanAll scans to the end and returns what it found, sorted and without
// repetitions.
func scanAll(t testing.TB, k datatypes.Keys, o datatypes.ScanOptions) []string {
	t.Helper()
	var all []string
	for cursor, calls := uint64(0), 0; ; calls++ {
		keys, next, err := k.Scan(cursor, o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, keys...)
		if next == 0 {
			break
		}
		if cursor = next; calls > 1_000_000 {
			t.Fatal("the scan does not end")
		}
	}
	sort.Strings(all)
	return slices.Compact(all)
}

func TestScan(t *testing.T) {
	t.Parallel()
	f := open(t)
	if got := scanAll(t, f.keys, datatypes.ScanOptions{}); got != nil {
		t.Errorf("an empty database has %q", got)
	}
	var all, evens []string
	for i := range 1000 {
		key := fmt.Sprintf("key:%03d", i)
		f.put(t, key, "v")
		all = append(all, key)
		if i%2 == 0 {
			evens = append(evens, key)
		}
	}
	f.putHash(t, "h")
	other, otherKeys := f.db(1)
	other.Set("elsewhere", nil, datatypes.SetOptions{})
	withHash := append([]string{"h"}, all...)
	sort.Strings(withHash)
	tests := []struct {
		o    datatypes.ScanOptions
		want []string
	}{
		{datatypes.ScanOptions{}, withHash},
		{datatypes.ScanOptions{Count: 1}, withHash},
		{datatypes.ScanOptions{Count: -5}, withHash},
		{datatypes.ScanOptions{Count: math.MaxInt}, withHash},
		{datatypes.ScanOptions{Match: "*"}, withHash},
		{datatypes.ScanOptions{Match: "key:??[02468]"}, evens},
		{datatypes.ScanOptions{Match: "key:001"}, []string{"key:001"}},
		{datatypes.ScanOptions{Match: "nothing*"}, nil},
		{datatypes.ScanOptions{Type: datatypes.TypeString}, all},
		{datatypes.ScanOptions{Type: datatypes.TypeHash}, []string{"h"}},
		{datatypes.ScanOptions{Type: datatypes.TypeHash, Match: "key*"}, nil},
		{datatypes.ScanOptions{Type: datatypes.TypeList}, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, scanAll(t, f.keys, tt.o)); diff != "" {
			t.Errorf("Scan(%+v): -want +got\n%s", tt.o, diff)
		}
	}
	if got := scanAll(t, otherKeys, datatypes.ScanOptions{}); len(got) != 1 || got[0] != "elsewhere" {
		t.Errorf("other database: %q", got)
	}
	for pattern, want := range map[string][]string{"key:??[02468]": evens, "*": withHash, "h": {"h"}, "": nil} {
		if got := slices.Sorted(f.keys.Match(pattern)); !slices.Equal(got, want) {
			t.Errorf("Match(%q) found %d keys, want %d", pattern, len(got), len(want))
		}
	}
	if got := slices.Sorted(f.keys.All()); !slices.Equal(got, withHash) {
		t.Errorf("All has %d keys", len(got))
	}
	n := 0
	for range f.keys.All() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Error("All went on after a break")
	}
}

// TestScanCount: a call looks at about Count keys.
func TestScanCount(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2})
	const n = 10_000
	for i := range n {
		f.put(t, fmt.Sprint(i), "v")
	}
	for _, count := range []int{10, 100, 1000} {
		calls := 0
		for cursor := uint64(0); ; calls++ {
			keys, next, err := f.keys.Scan(cursor, datatypes.ScanOptions{Count: count})
			if err != nil || len(keys) > count+40 {
				t.Fatalf("Count %d returned %d keys, %v", count, len(keys), err)
			}
			if cursor = next; next == 0 {
				break
			}
		}
		if calls > 2*n/count {
			t.Errorf("Count %d took %d calls", count, calls)
		}
	}
}

// TestScanOfAnyCursor: a cursor that no scan returned does no harm.
func TestScanOfAnyCursor(t *testing.T) {
	t.Parallel()
	f := open(t)
	for i := range 1000 {
		f.put(t, fmt.Sprint(i), "v")
	}
	for shift := range 64 {
		for _, cursor := range []uint64{1 << shift, math.MaxUint64 >> shift, math.MaxUint64 << shift} {
			for calls := 0; ; calls++ {
				_, next, err := f.keys.Scan(cursor, datatypes.ScanOptions{Count: 100})
				if err != nil {
					t.Fatal(err)
				}
				if cursor = next; next == 0 {
					break
				}
				if calls > 1000 {
					t.Fatal("the scan does not end")
				}
			}
		}
	}
}

// TestScanWhileChanging: keys that stay are found whatever happens to the
// others between calls.
func TestScanWhileChanging(t *testing.T) {
	t.Parallel()
	f := newFixture(t, keyspace.Options{Shards: 2})
	const stay, most = 300, 6000
	var want []string
	for i := range stay {
		key := fmt.Sprintf("stay:%03d", i)
		f.put(t, key, "v")
		want = append(want, key)
	}
	there := 0
	for round := range 6 {
		found := make(map[string]bool)
		step := 0
		for cursor := uint64(0); ; step++ {
			keys, next, err := f.keys.Scan(cursor, datatypes.ScanOptions{Count: 7})
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				found[key] = true
			}
			if cursor = next; next == 0 {
				break
			}
			for range 150 { // up in one round, down in the next
				if round%2 == 0 && there < most {
					f.put(t, fmt.Sprint("go:", there), "v")
					there++
				}
				if round%2 == 1 && there > 0 {
					there--
					f.keys.Del(fmt.Sprint("go:", there))
				}
			}
		}
		for _, key := range want {
			if !found[key] {
				t.Fatalf("round %d of %d steps: %s was missed", round, step, key)
			}
		}
	}
}

// TestRandomFairness draws keys of a database from which most were deleted and
// compares the counts with equal ones.
func TestRandomFairness(t *testing.T) {
	t.Parallel()
	f := open(t)
	const n, draws = 50, 20_000
	for i := range 5000 {
		f.put(t, fmt.Sprint(i), "v")
	}
	for i := n; i < 5000; i++ {
		f.keys.Del(fmt.Sprint(i))
	}
	counts := make(map[string]int)
	for range draws {
		key, ok, err := f.keys.Random()
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		counts[key]++
	}
	if len(counts) != n {
		t.Errorf("%d different keys were drawn, want %d", len(counts), n)
	}
	chi2 := 0.0
	for _, c := range counts {
		d := float64(c) - draws/n
		chi2 += d * d / (draws / n)
	}
	// 49 degrees of freedom: more than 115 has a probability of 3 in 10 million.
	if chi2 > 115 {
		t.Errorf("chi-square is %.1f", chi2)
	}
}

// TestRandomAmongExpired: keys that expired don't hide the one that did not.
func TestRandomAmongExpired(t *testing.T) {
	t.Parallel()
	f := open(t)
	for i := range 20_000 {
		f.putTTL(t, fmt.Sprint(i), "v", second)
	}
	f.put(t, "alive", "v")
	f.clock.advance(2 * second)
	for range 3 {
		if key, ok, err := f.keys.Random(); key != "alive" || !ok || err != nil {
			t.Fatalf("Random = %q, %v, %v", key, ok, err)
		}
	}
	f.keys.Del("alive")
	if key, ok, err := f.keys.Random(); ok || err != nil {
		t.Errorf("an empty database has %q, %v", key, err)
	}
}
