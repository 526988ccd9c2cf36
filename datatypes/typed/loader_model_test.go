package typed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
	"pgregory.net/rapid"
)

// The model of a loader: entries with the times at which they become stale and vanish, loads that take latency and
// bring what the source had when they began, and the callers that wait for them. Times are in milliseconds.
type loaderModel struct {
	t       *rapid.T
	l       *stringLoader
	now     int64
	o       stringOptions
	source  map[string]string // "" and absent: not found; failing: the load fails
	entries map[string]modelEntry
	flights map[string]*modelFlight
	landing []*modelFlight // in the order in which they will
	callers []*modelCaller
	began   *atomic.Int64 // loads, counted by the load function
	loads   int64         // by the model
	version int
}

type modelEntry struct {
	value       string // absentValue: known not to be there
	due, expire int64
}

type modelFlight struct {
	key, value string
	lands      int64
	background bool
	outdated   bool
	waiters    int
	abandoned  bool
}

type modelCaller struct {
	flight *modelFlight
	cancel context.CancelFunc
	result atomic.Pointer[string]
}

const (
	latency     = 700
	absentValue = "(absent)"
	failing     = "(fails)"
)

var errSource = errors.New("source failed")

// outcome is a result as one string.
func outcome(value string, err error) string {
	switch {
	case errors.Is(err, typed.ErrNotFound):
		return absentValue
	case err == errSource:
		return failing
	case err != nil:
		return err.Error()
	}
	return value
}

func (m *loaderModel) load(ctx context.Context, key string) (string, error) {
	m.began.Add(1)
	value, ok := m.source[key] // the goroutines of the bubble run between its owner's steps only
	select {
	case <-time.After(latency * time.Millisecond):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if value == failing {
		return "", errSource
	}
	if !ok {
		return "", typed.ErrNotFound
	}
	return value, nil
}

var loaderKeys = []string{"a", "b", "c"}

func (m *loaderModel) key() string { return rapid.SampledFrom(loaderKeys).Draw(m.t, "key") }

// entry returns what the cache has of a key now.
func (m *loaderModel) entry(key string) (modelEntry, bool) {
	e, ok := m.entries[key]
	return e, ok && (e.expire == 0 || m.now <= e.expire)
}

// fly returns the flight that a caller of now takes; nil if it has to begin one in the background and must not.
func (m *loaderModel) fly(key string, background bool) *modelFlight {
	if f := m.flights[key]; f != nil && !f.outdated {
		return f
	}
	if background {
		running := 0
		for _, f := range m.landing {
			if f.background {
				running++
			}
		}
		if running == m.o.MaxRefreshes {
			return nil
		}
	}
	value, ok := m.source[key]
	if !ok {
		value = absentValue
	}
	f := &modelFlight{key: key, value: value, lands: m.now + latency, background: background}
	m.flights[key] = f
	m.landing = append(m.landing, f)
	m.loads++
	return f
}

// get calls Load from a goroutine of its own.
func (m *loaderModel) get() {
	key := m.key()
	e, ok := m.entry(key)
	c := &modelCaller{}
	want := e.value
	switch {
	case !ok:
		c.flight = m.fly(key, false)
		c.flight.waiters++
		m.callers = append(m.callers, c)
	case e.value != absentValue && e.due != 0 && m.now >= e.due:
		m.fly(key, true)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	go func() {
		r := outcome(m.l.Load(ctx, key))
		c.result.Store(&r)
	}()
	synctest.Wait()
	if c.flight == nil {
		cancel()
		if got := c.result.Load(); got == nil || *got != want {
			m.t.Fatalf("a hit on %q returned %v, want %q", key, deref(got), want)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return "nothing yet"
	}
	return *s
}

// giveUp ends the context of a caller that waits.
func (m *loaderModel) giveUp() {
	if len(m.callers) == 0 {
		m.t.Skip("nobody waits")
	}
	i := rapid.IntRange(0, len(m.callers)-1).Draw(m.t, "caller")
	c := m.callers[i]
	m.callers = slices.Delete(m.callers, i, i+1)
	c.cancel()
	synctest.Wait()
	if got := c.result.Load(); got == nil || *got != context.Canceled.Error() {
		m.t.Fatalf("who gave up got %v", deref(got))
	}
	f := c.flight
	if f.waiters--; f.waiters == 0 && !f.background {
		f.abandoned = true
		m.landing = slices.DeleteFunc(m.landing, func(o *modelFlight) bool { return o == f })
		if m.flights[f.key] == f {
			delete(m.flights, f.key)
		}
	}
}

// pass lets time pass, and loads that end meanwhile have their effect.
func (m *loaderModel) pass(d int64) {
	until := m.now + d
	for len(m.landing) > 0 && m.landing[0].lands <= until {
		f := m.landing[0]
		m.landing = m.landing[1:]
		m.now = f.lands
		m.land(f)
	}
	m.now = until
	time.Sleep(time.Duration(d) * time.Millisecond)
	synctest.Wait()
	m.callers = slices.DeleteFunc(m.callers, func(c *modelCaller) bool {
		if c.flight.lands > m.now {
			if got := c.result.Load(); got != nil {
				m.t.Fatalf("who waits for %q got %q too early", c.flight.key, *got)
			}
			return false
		}
		c.cancel()
		if got := c.result.Load(); got == nil || *got != c.flight.value {
			m.t.Fatalf("who waited for %q got %v, want %q", c.flight.key, deref(got), c.flight.value)
		}
		return true
	})
}

func (m *loaderModel) land(f *modelFlight) {
	if m.flights[f.key] == f {
		delete(m.flights, f.key)
	}
	if f.outdated {
		return
	}
	switch f.value {
	case failing:
	case absentValue:
		delete(m.entries, f.key)
		if m.o.NotFoundTTL > 0 {
			m.entries[f.key] = modelEntry{value: absentValue, expire: m.now + m.o.NotFoundTTL.Milliseconds()}
			m.outdate(f.key)
		}
	default:
		m.put(f.key, f.value)
	}
}

// outdate is what a write does to loads of the key.
func (m *loaderModel) outdate(key string) {
	for _, f := range m.landing {
		if f.key == key {
			f.outdated = true
		}
	}
}

func (m *loaderModel) put(key, value string) {
	e := modelEntry{value: value}
	if ttl := m.o.TTL.Milliseconds(); ttl > 0 {
		e.expire = m.now + ttl + m.o.Stale.Milliseconds()
		if m.o.RefreshAhead+m.o.Stale > 0 {
			e.due = m.now + ttl - m.o.RefreshAhead.Milliseconds()
		}
	}
	m.entries[key] = e
	m.outdate(key)
}

func (m *loaderModel) write() {
	key := m.key()
	m.version++
	value := fmt.Sprint("v", m.version)
	if _, err := m.l.SetWith(key, value, datatypes.SetOptions{}); err != nil {
		m.t.Fatal(err)
	}
	m.put(key, value)
}

func (m *loaderModel) delete() {
	key := m.key()
	if _, err := m.l.Delete(key); err != nil {
		m.t.Fatal(err)
	}
	delete(m.entries, key)
	m.outdate(key)
}

// change changes the source, behind the loader's back.
func (m *loaderModel) change() {
	key := m.key()
	switch rapid.IntRange(0, 5).Draw(m.t, "change") {
	case 0:
		delete(m.source, key)
	case 1:
		m.source[key] = failing
	default:
		m.version++
		m.source[key] = fmt.Sprint("s", m.version)
	}
}

// check compares what the cache holds.
func (m *loaderModel) check(*rapid.T) {
	for _, key := range loaderKeys {
		e, ok := m.entry(key)
		want := ok && e.value != absentValue
		if !want {
			e.value = ""
		}
		if got, there, err := m.l.Get(key); got != e.value || there != want || err != nil {
			m.t.Fatalf("Get(%q) is %q, %v, %v; want %q, %v", key, got, there, err, e.value, want)
		}
	}
	if got := m.began.Load(); got != m.loads {
		m.t.Fatalf("%d loads, want %d", got, m.loads)
	}
}

// TestLoaderModel drives a loader and its model through the same steps, in time that passes only when it is told to.
func TestLoaderModel(t *testing.T) {
	seconds := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(0, 3).Draw(t, "s")) * time.Second
	})
	synctest.Test(t, func(t *testing.T) {
		noDeadline := struct{ testing.TB }{t} // which is not to be asked for in a bubble
		rapid.Check(noDeadline, func(t *rapid.T) {
			m := &loaderModel{
				t: t, source: map[string]string{"a": "s0"}, entries: map[string]modelEntry{}, flights: map[string]*modelFlight{},
				began: new(atomic.Int64),
			}
			m.o = stringOptions{
				MapOptions:   stringMap{TTL: seconds.Draw(t, "TTL") * 2},
				Stale:        seconds.Draw(t, "stale"),
				NotFoundTTL:  seconds.Draw(t, "not found"),
				MaxRefreshes: rapid.IntRange(1, 2).Draw(t, "refreshes"),
				Load:         m.load,
			}
			if m.o.TTL > 0 {
				m.o.RefreshAhead = min(seconds.Draw(t, "ahead"), m.o.TTL-1)
			}
			m.o.RefreshAhead = m.o.RefreshAhead.Truncate(time.Second)
			cache := openCache(t)
			l, err := typed.NewLoader(cache, m.o)
			if err != nil {
				t.Fatal(err)
			}
			m.l = l
			defer l.Close()
			get := func(*rapid.T) { m.get() }
			sleep := func(t *rapid.T) { m.pass(int64(rapid.IntRange(1, 30).Draw(t, "tenths")) * 100) }
			t.Repeat(map[string]func(*rapid.T){
				"get": get, "get again": get, "and again": get,
				"give up": func(*rapid.T) { m.giveUp() },
				"write":   func(*rapid.T) { m.write() },
				"delete":  func(*rapid.T) { m.delete() },
				"change":  func(*rapid.T) { m.change() },
				"sleep":   sleep, "sleep again": sleep,
				"": m.check,
			})
		})
	})
}

// TestLoaderRace: while many load, a writer changes the source and then deletes the key, or sets it. At the end the
// cache has what the source has, or nothing.
func TestLoaderRace(t *testing.T) {
	c := openCache(t)
	var source [4]atomic.Int64
	l := newLoader(t, c, typed.LoaderOptions[int, int64]{
		MapOptions: typed.MapOptions[int, int64]{Prefix: "n:", TTL: time.Millisecond},
		Load:       func(_ context.Context, key int) (int64, error) { return source[key].Load(), nil },
		Stale:      time.Hour, // most reads are of stale values
	})
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			for i := range 2000 {
				key := 2*(i%2) + w
				n := source[key].Add(1)
				if i%3 == 0 {
					if err := l.Set(key, n); err != nil {
						t.Error(err)
					}
				} else if _, err := l.Delete(key); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for i := range 4000 {
				key := i % len(source)
				before := source[key].Load()
				ctx, cancel := context.WithCancel(t.Context())
				if i%7 == 0 {
					cancel()
				}
				got, err := l.Load(ctx, key)
				if cancel(); err != nil && err != context.Canceled {
					t.Error(err)
				}
				if err == nil && got < before-1 { // the writer may be between its two steps
					t.Errorf("%d holds %d, older than %d", key, got, before)
				}
				if _, err := l.LoadMany(t.Context(), 0, 1, 2, 3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l.Close()
	for key := range source {
		if got, ok, err := l.Get(key); ok && got != source[key].Load() || err != nil {
			t.Errorf("%d holds %d, the source %d, %v", key, got, source[key].Load(), err)
		}
	}
}
