package eviction

import (
	"math/rand/v2"
	"testing"
)

// TestTunerBeginsWithWhatThereIs: the miniatures of a tuner that was shown the sampled entries hold them, and so
// all candidates count their hits from the first on.
func TestTunerBeginsWithWhatThereIs(t *testing.T) {
	const n = 1 << 14
	tu := NewTuner(n, 1)
	r := rand.New(rand.NewPCG(1, 2))
	var sampled []uint64
	for range n {
		if h := r.Uint64(); tu.Samples(h) {
			if uint64(uint32(h)) >= tu.SampledBelow() {
				t.Fatalf("%x is sampled, the range ends at %x", h, tu.SampledBelow())
			}
			tu.Admit(h, 0)
			sampled = append(sampled, h)
		}
	}
	if len(sampled) < miniSize*3/4 || len(sampled) > miniSize*5/4 {
		t.Fatalf("%d of %d keys are sampled, for miniatures of %d", len(sampled), n, miniSize)
	}
	first := min(100, miniSize)
	for _, h := range sampled[:first] {
		tu.Observe(h)
	}
	for i, hits := range tu.hits {
		if hits != float64(first) {
			t.Errorf("candidate %d: %.0f hits of %d", i, hits, first)
		}
	}
}

// TestTunerWaitsForMoreThanChance: candidates that do alike, and differ by less than hits vary by chance, are not
// changed for one another.
func TestTunerWaitsForMoreThanChance(t *testing.T) {
	tests := []struct {
		hits, ahead, total float64
		changes            bool
	}{
		{100, 1, 200, false},
		{100, 5, 200, false},
		{100, 20, 200, true},
		{10_000, 50, 20_000, false},
		{10_000, 200, 20_000, true},
		{19_900, 50, 20_000, true}, // half of the misses are gone
	}
	for _, tt := range tests {
		tu := NewTuner(100, 1)
		tu.total, tu.hits[0], tu.hits[1] = tt.total, tt.hits, tt.hits+tt.ahead
		if got := tu.decide(); got != tt.changes || got != (tu.Setting() == settings[1]) {
			t.Errorf("%+v: changed %v, setting %v", tt, got, tu.Setting())
		}
	}
}
