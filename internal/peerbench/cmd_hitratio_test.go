package main

import "testing"

// TestFitHoldsNoMore: the limit found for a trace lets larder hold nearly as many entries as allowed and no more, and the
// same seed finds the same.
func TestFitHoldsNoMore(t *testing.T) {
	b, e := &hitRatioBenchmark{}, &environment{seed: 3}
	tr := newTrace("zipf", scatteredZipf(4000, 20_000, 0.8, 5))
	for _, capacity := range []int{10, 150, 1000} {
		first, err := b.fit(e, peer{name: larderName, open: openLarder}, tr, capacity)
		if err != nil {
			t.Fatal(err)
		}
		if most := float64(capacity); first.held > most || first.held < 0.95*most {
			t.Errorf("held %.1f entries of %d", first.held, capacity)
		}
		again, err := b.fit(e, peer{name: larderName, open: openLarder}, tr, capacity)
		if err != nil {
			t.Fatal(err)
		}
		if first != again {
			t.Errorf("%d entries: %+v, then %+v", capacity, first, again)
		}
	}
}

func TestFills(t *testing.T) {
	tr := newTrace("", []uint32{7, 7, 8, 7, 9})
	for capacity, want := range map[int]int{1: 0, 2: 2, 3: 4, 4: 5} {
		if got := tr.fills(capacity); got != want {
			t.Errorf("%d entries: full from access %d on, want %d", capacity, got, want)
		}
	}
}
