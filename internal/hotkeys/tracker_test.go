package hotkeys

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/zeebo/xxh3"
)

func use(t *Tracker, db int, key string, times int) {
	for range times {
		t.Use(db, key, xxh3.HashString(key))
	}
}

func tracker(o Options) *Tracker {
	t := &Tracker{}
	t.Configure(o, 0)
	return t
}

func TestReport(t *testing.T) {
	tr := tracker(Options{Keys: 3, SamplePercent: 100, WindowMillis: 1000})
	use(tr, 0, "a", 10)
	use(tr, 0, "b", 30)
	use(tr, 1, "a", 20)
	use(tr, 0, "c", 5)
	if r := tr.Report(999); r.Millis != 0 || r.Keys != nil || r.Samples != 0 {
		t.Errorf("a window that has not ended is reported: %+v", r)
	}
	want := "{[{0 b 15} {1 a 10} {0 a 5}] 65 2000}"
	tr = tracker(Options{Keys: 3, SamplePercent: 100, WindowMillis: 1500})
	use(tr, 0, "a", 10)
	use(tr, 0, "b", 30)
	use(tr, 1, "a", 20)
	use(tr, 0, "c", 5)
	tr.Advance(2000)
	use(tr, 0, "later", 100)
	if r := tr.Report(2001); fmt.Sprint(r) != want {
		t.Errorf("got %v, want %s", r, want)
	}
	if r := tr.Report(3500); len(r.Keys) != 1 || r.Keys[0].Key != "later" {
		t.Errorf("the next window: %+v", r)
	}
	if r := tr.Report(5000); len(r.Keys) != 0 || r.Millis != 1500 {
		t.Errorf("a window without uses: %+v", r)
	}
}

// TestLongWindow: a window that nobody ended in time is not reported.
func TestLongWindow(t *testing.T) {
	tr := tracker(Options{Keys: 3, SamplePercent: 100, WindowMillis: 1000})
	use(tr, 0, "a", 10)
	if r := tr.Report(2000); r.Millis != 0 || len(r.Keys) != 0 {
		t.Errorf("got %+v", r)
	}
	use(tr, 0, "b", 10)
	if r := tr.Report(3000); len(r.Keys) != 1 || r.Keys[0].Key != "b" {
		t.Errorf("after it: %+v", r)
	}
	use(tr, 0, "c", 10)
	if r := tr.Report(2500); r.Millis != 0 || len(r.Keys) != 0 {
		t.Errorf("when the clock was put back: %+v", r)
	}
}

func TestReset(t *testing.T) {
	tr := tracker(Options{Keys: 3, SamplePercent: 100, WindowMillis: 1000})
	use(tr, 0, "a", 10)
	tr.Advance(1000)
	use(tr, 0, "b", 10)
	tr.Reset(1500)
	if r := tr.Report(1600); r.Millis != 0 || len(r.Keys) != 0 {
		t.Errorf("got %+v", r)
	}
	if r := tr.Report(2500); r.Millis != 1000 || len(r.Keys) != 0 || r.Samples != 0 {
		t.Errorf("the window after it: %+v", r)
	}
}

// TestForget: the keys of a database that was flushed are reported no more, in the last window and in this one, and those
// of others as they were.
func TestForget(t *testing.T) {
	tr := tracker(Options{Keys: 2, SamplePercent: 100, WindowMillis: 1000})
	use(tr, 0, "gone", 30)
	use(tr, 1, "stays", 20)
	before := tr.Report(1000)
	use(tr, 0, "gone", 30)
	use(tr, 1, "stays", 20)
	tr.Forget(0)
	if r := tr.Report(1001); fmt.Sprint(r) != "{[{1 stays 20}] 50 1000}" {
		t.Errorf("the last window: %v", r)
	}
	if len(before.Keys) != 2 || before.Keys[0].Key != "gone" {
		t.Errorf("a report that was given out is now %v", before)
	}
	use(tr, 1, "stays", 5)
	use(tr, 0, "new", 3)
	if r := tr.Report(2000); fmt.Sprint(r) != "{[{1 stays 25} {0 new 3}] 58 1000}" {
		t.Errorf("this window: %v", r)
	}
	use(tr, 0, "gone", 30)
	tr.Forget(0)
	use(tr, 0, "new", 1)
	if r := tr.Report(3000); fmt.Sprint(r) != "{[{0 new 1}] 1 1000}" {
		t.Errorf("a window in which there was no other database: %v", r)
	}
}

// TestForgetKeepsBounds: a key that had no counter when others were forgotten may have been used as often as the lowest
// counter stood, and what is reported of it says so.
func TestForgetKeepsBounds(t *testing.T) {
	tr := tracker(Options{Keys: 1, SamplePercent: 100, WindowMillis: 1000})
	for i := range spare {
		use(tr, i%2, fmt.Sprint(i), 10)
	}
	tr.Forget(0)
	use(tr, 1, "late", 6)
	if c := tr.sketch.counters[tr.sketch.byHash[xxh3.HashString("late")^0x9e3779b97f4a7c15]]; c.count != 16 || c.over != 10 {
		t.Errorf("counted %d, at most %d of them too many; want 16 and 10", c.count, c.over)
	}
}

func TestConfigure(t *testing.T) {
	tr := tracker(Options{Keys: 3, SamplePercent: 100, WindowMillis: 1000})
	use(tr, 0, "a", 10)
	tr.Advance(1000)
	use(tr, 0, "b", 10)
	o := Options{Keys: 5, SamplePercent: 50, WindowMillis: 2000}
	if tr.Configure(o, 1500); tr.Options() != o {
		t.Errorf("options are %+v", tr.Options())
	}
	if r := tr.Report(1600); len(r.Keys) != 1 || r.Keys[0].Key != "a" {
		t.Errorf("the last report is lost: %+v", r)
	}
	if r := tr.Report(3500); r.Samples != 0 {
		t.Errorf("what the former options counted is reported: %+v", r)
	}
	tr.Configure(Options{}, 4000)
	use(tr, 0, "a", 10)
	if r := tr.Report(9000); r.Millis != 0 || len(r.Keys) != 0 {
		t.Errorf("turned off: %+v", r)
	}
}

// TestHotAmongMany: keys above the share that the algorithm guarantees are found among very many others, at a rate
// within its error.
func TestHotAmongMany(t *testing.T) {
	const top, uses = 16, 100_000
	tr := tracker(Options{Keys: top, SamplePercent: 100, WindowMillis: 1000})
	r := rand.New(rand.NewPCG(1, 1))
	for i := range uses {
		if i%10 == 0 {
			use(tr, 0, "hot", 1)
		}
		if i%20 == 0 {
			use(tr, 3, "warm", 1)
		}
		use(tr, 0, fmt.Sprint(r.IntN(1_000_000)), 1)
	}
	report := tr.Report(1000)
	if len(report.Keys) != top {
		t.Fatalf("%d keys", len(report.Keys))
	}
	slack := float64(report.Samples) / (spare * top)
	for i, want := range []Key{{0, "hot", uses / 10}, {3, "warm", uses / 20}} {
		got := report.Keys[i]
		if got.DB != want.DB || got.Key != want.Key || got.Rate < want.Rate-slack || got.Rate > want.Rate+slack {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestSampling: with one use in ten counted the rate is estimated for all.
func TestSampling(t *testing.T) {
	tr := tracker(Options{Keys: 1, SamplePercent: 10, WindowMillis: 1000})
	const uses = 200_000
	use(tr, 0, "a", uses)
	r := tr.Report(1000)
	if len(r.Keys) != 1 || r.Keys[0].Rate < uses*0.9 || r.Keys[0].Rate > uses*1.1 || r.Samples > uses/9 {
		t.Errorf("got %+v", r)
	}
}

func TestLongKeysAreNotTracked(t *testing.T) {
	tr := tracker(Options{Keys: 1, SamplePercent: 100, WindowMillis: 1000})
	use(tr, 0, string(make([]byte, maxKey+1)), 1)
	use(tr, 0, string(make([]byte, maxKey)), 1)
	if r := tr.Report(1000); r.Samples != 1 {
		t.Errorf("got %d samples", r.Samples)
	}
}

func TestUseDoesNotAllocate(t *testing.T) {
	tr := tracker(Options{Keys: 4, SamplePercent: 100, WindowMillis: 1000})
	keys := make([]string, 100)
	hashes := make([]uint64, len(keys))
	for i := range keys {
		keys[i] = fmt.Sprintf("key:%03d", i)
		hashes[i] = xxh3.HashString(keys[i])
		tr.Use(0, keys[i], hashes[i])
	}
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		tr.Use(0, keys[i%len(keys)], hashes[i%len(keys)])
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestConcurrentUse(t *testing.T) {
	tr := tracker(Options{Keys: 4, SamplePercent: 100, WindowMillis: 10})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				use(tr, 0, fmt.Sprint(g, i%7), 1)
				if i%100 == 0 {
					tr.Report(int64(i))
				}
			}
		})
	}
	wg.Wait()
}
