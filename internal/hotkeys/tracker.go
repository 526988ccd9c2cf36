package hotkeys

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// The bounds of Options.
const (
	MaxKeys         = 1000
	MaxWindowMillis = 300_000
)

// spare is how many counters there are for each key to be reported.
const spare = 4

// maxKey bounds the length of keys that are tracked, and thereby the memory that a tracker takes.
const maxKey = 1 << 10

// Options say what is tracked.
type Options struct {
	Keys          int // how many keys are reported; 0 turns tracking off
	SamplePercent int // of all uses, 1 to 100
	WindowMillis  int64
}

// Key is a key that was used much.
type Key struct {
	DB   int
	Key  string
	Rate float64 // uses a second, estimated
}

// Report describes the last window that has ended.
type Report struct {
	Keys    []Key  // the most used one first
	Samples uint64 // uses that were counted
	Millis  int64  // how long the window was, 0 if none has ended yet
}

// Tracker tracks hot keys. The zero value tracks none. It is safe for concurrent use.
type Tracker struct {
	threshold atomic.Uint32 // of random numbers up to which a use is counted
	_         [64]byte      // keeps what every use reads off the cache line that those which are counted write

	mu     sync.Mutex
	o      Options
	sketch *sketch // nil while tracking is off
	began  int64   // when the window did, in milliseconds
	last   Report
}

// Configure changes what is tracked from now, a time in milliseconds, on. The window that has begun is given up; the
// report of the last one stays unless tracking ends.
func (t *Tracker) Configure(o Options, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.o = o
	t.threshold.Store(uint32(uint64(o.SamplePercent) * math.MaxUint32 / 100))
	t.began = now
	t.sketch = nil
	if o.Keys == 0 {
		t.last = Report{}
		return
	}
	t.sketch = newSketch(spare * o.Keys)
}

// Options returns what is tracked.
func (t *Tracker) Options() Options {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.o
}

// Use counts a use of a key, if it is among those sampled. hash is a good hash of the key.
func (t *Tracker) Use(db int, key string, hash uint64) {
	if rand.Uint32() > t.threshold.Load() || len(key) > maxKey {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sketch != nil {
		t.sketch.add(db, key, hash^uint64(db)*0x9e3779b97f4a7c15)
	}
}

// Advance ends the window if its time has come. The owner calls it now and then. A window that has become more than
// twice as long as it should tells of no moment in particular, and is not reported.
func (t *Tracker) Advance(now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(now)
}

func (t *Tracker) advance(now int64) {
	elapsed := now - t.began
	if t.sketch == nil || 0 <= elapsed && elapsed < t.o.WindowMillis {
		return
	}
	t.last = Report{}
	if 0 <= elapsed && elapsed < 2*t.o.WindowMillis {
		t.last = t.report(elapsed)
	}
	t.sketch.clear()
	t.began = now
}

// report describes the window that ends.
func (t *Tracker) report(millis int64) Report {
	s := t.sketch
	slices.SortFunc(s.order, func(i, j int32) int {
		return cmp.Or(cmp.Compare(s.counters[j].estimate(), s.counters[i].estimate()), cmp.Compare(i, j))
	})
	r := Report{Samples: s.total, Millis: millis}
	scale := 100 / float64(t.o.SamplePercent) * 1000 / float64(millis)
	for _, i := range s.order[:min(t.o.Keys, len(s.order))] {
		c := &s.counters[i]
		r.Keys = append(r.Keys, Key{DB: c.db, Key: string(c.key), Rate: c.estimate() * scale})
	}
	return r
}

// Report returns what the last window showed.
func (t *Tracker) Report(now int64) Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(now)
	return t.last
}

// Forget forgets the keys of a database, which are no more. O(counters).
func (t *Tracker) Forget(db int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Whoever asked for the last report has its slice.
	t.last.Keys = slices.DeleteFunc(slices.Clone(t.last.Keys), func(k Key) bool { return k.DB == db })
	if t.sketch != nil {
		t.sketch.forget(db)
	}
}

// Reset forgets everything that was counted.
func (t *Tracker) Reset(now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = Report{}
	t.began = now
	if t.sketch != nil {
		t.sketch.clear()
	}
}
