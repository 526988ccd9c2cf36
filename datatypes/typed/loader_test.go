package typed_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/typed"
)

// source is where values really are. Reading it takes a second, and returns what it had at the beginning.
type source struct {
	mu      sync.Mutex
	values  map[string]string
	fail    error // what loads return, if not nil
	loads   int
	batches [][]string
	ended   []error // why loads ended before their second was over
	atOnce  int
	most    int // loads at a time
}

func newSource(pairs ...string) *source {
	s := &source{values: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		s.values[pairs[i]] = pairs[i+1]
	}
	return s
}

func (s *source) set(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value
}

func (s *source) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads
}

func (s *source) load(ctx context.Context, key string) (string, error) {
	s.mu.Lock()
	s.loads++
	s.atOnce++
	s.most = max(s.most, s.atOnce)
	value, ok := s.values[key]
	err := s.fail
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.atOnce--
		s.mu.Unlock()
	}()
	if err := s.pass(ctx); err != nil {
		return "", err
	}
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", key, typed.ErrNotFound)
	}
	return value, err
}

func (s *source) pass(ctx context.Context) error {
	select {
	case <-time.After(time.Second):
		return nil
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = append(s.ended, context.Cause(ctx))
		return ctx.Err()
	}
}

func (s *source) loadMany(ctx context.Context, keys []string) (map[string]string, error) {
	s.mu.Lock()
	s.loads++
	s.batches = append(s.batches, keys)
	found := map[string]string{}
	for _, k := range keys {
		if v, ok := s.values[k]; ok {
			found[k] = v
		}
	}
	err := s.fail
	s.mu.Unlock()
	if err := s.pass(ctx); err != nil {
		return nil, err
	}
	return found, err
}

type (
	stringOptions = typed.LoaderOptions[string, string]
	stringMap     = typed.MapOptions[string, string]
	stringLoader  = typed.Loader[string, string]
)

// inBubble runs fn in a bubble, with a source that has "k" and a loader of it. Loads take a second.
func inBubble(t *testing.T, o stringOptions, fn func(t *testing.T, c *larder.Cache, l *stringLoader, s *source)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, s := openCache(t), newSource("k", "v1")
		if o.Load == nil && o.LoadMany == nil {
			o.Load = s.load
		}
		fn(t, c, newLoader(t, c, o), s)
	})
}

// expectLoad tests what Load returns, and after how many seconds.
func expectLoad(t *testing.T, l *stringLoader, key, want string, wantErr error, seconds int) {
	t.Helper()
	start := time.Now()
	got, err := l.Load(t.Context(), key)
	if got != want || !errors.Is(err, wantErr) || wantErr == nil && err != nil {
		t.Errorf("Load(%q) returned %q, %v; want %q, %v", key, got, err, want, wantErr)
	}
	if took := int(time.Since(start) / time.Second); took != seconds {
		t.Errorf("Load(%q) took %d s, not %d", key, took, seconds)
	}
}

func expectCount(t *testing.T, s *source, want int) {
	t.Helper()
	if got := s.count(); got != want {
		t.Errorf("%d loads, want %d", got, want)
	}
}

func TestOneLoad(t *testing.T) {
	inBubble(t, stringOptions{MapOptions: stringMap{TTL: time.Minute}}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { expectLoad(t, l, "k", "v1", nil, 1) })
		}
		wg.Wait()
		expectLoad(t, l, "k", "v1", nil, 0)
		expectCount(t, s, 1)
		time.Sleep(61 * time.Second)
		expectLoad(t, l, "k", "v1", nil, 1)
		expectCount(t, s, 2)
		if got := l.Stats(); got != (typed.LoaderStats{Loads: 2}) {
			t.Errorf("%+v", got)
		}
	})
}

// TestLoaderCounts: a source that counts lookups counts one for each call of the loader.
func TestLoaderCounts(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	db, err := c.DB(0)
	if err != nil {
		t.Fatal(err)
	}
	var n larder.Counters
	l := newLoader(t, db.WithCounters(&n), stringOptions{
		Load: func(_ context.Context, key string) (string, error) { return key, nil },
	})
	for _, key := range []string{"a", "b", "a", "a"} {
		if _, err := l.Load(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if n.Hits.Load() != 2 || n.Misses.Load() != 2 {
		t.Errorf("%d hits, %d misses", n.Hits.Load(), n.Misses.Load())
	}
}

func TestGivingUp(t *testing.T) {
	inBubble(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		var wg sync.WaitGroup
		impatient := func(after time.Duration) {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				start := time.Now()
				_, err := l.Load(ctx, "k")
				if took := time.Since(start); err != context.DeadlineExceeded || took != after {
					t.Errorf("gave up with %v after %v", err, took)
				}
			})
		}
		impatient(100 * time.Millisecond) // it begins the load
		synctest.Wait()
		wg.Go(func() { expectLoad(t, l, "k", "v1", nil, 1) })
		impatient(200 * time.Millisecond)
		wg.Wait()
		expectCount(t, s, 1)

		l.Delete("k")
		impatient(100 * time.Millisecond)
		impatient(200 * time.Millisecond)
		wg.Wait()
		synctest.Wait()
		if len(s.ended) != 1 || s.ended[0] != context.Canceled {
			t.Errorf("loads ended by %v", s.ended)
		}
		expectLoad(t, l, "k", "v1", nil, 1)
		expectCount(t, s, 3)

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if v, err := l.Load(ended, "k"); v != "v1" || err != nil {
			t.Errorf("what is there was not returned: %q, %v", v, err)
		}
		if _, err := l.Load(ended, "absent"); err != context.Canceled {
			t.Error(err)
		}
		if _, err := l.LoadMany(ended, "k", "absent"); err != context.Canceled {
			t.Error(err)
		}
		expectCount(t, s, 3)
	})
}

func TestLoadErrors(t *testing.T) {
	broken := errors.New("broken")
	inBubble(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		s.failWith(broken)
		expectLoad(t, l, "k", "", broken, 1)
		expectLoad(t, l, "k", "", broken, 1)
		s.failWith(nil)
		expectLoad(t, l, "k", "v1", nil, 1)
		if got := l.Stats(); got != (typed.LoaderStats{Loads: 3, Failures: 2}) {
			t.Errorf("%+v", got)
		}
	})
	inBubble(t, stringOptions{ErrorTTL: 10 * time.Second}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		s.failWith(broken)
		expectLoad(t, l, "k", "", broken, 1)
		s.failWith(nil)
		expectLoad(t, l, "k", "", broken, 0)
		if _, err := l.LoadMany(t.Context(), "k"); err != broken {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		expectLoad(t, l, "k", "v1", nil, 1)
		expectCount(t, s, 2)

		l.Delete("k")
		s.failWith(broken)
		expectLoad(t, l, "k", "", broken, 1)
		s.failWith(nil)
		if v, err := l.Reload(t.Context(), "k"); v != "v1" || err != nil {
			t.Errorf("Reload returned %q, %v", v, err)
		}
	})
}

// TestRememberedErrorsAreBounded: of many keys that fail only the last are remembered.
func TestRememberedErrorsAreBounded(t *testing.T) {
	inBubble(t, stringOptions{ErrorTTL: time.Hour}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		broken := errors.New("broken")
		loads := 0
		for range 2 {
			for i := range 1200 {
				l.GetOrLoad(t.Context(), fmt.Sprint(i), func(context.Context, string) (string, error) {
					loads++
					return "", broken
				})
			}
		}
		if loads != 2400 { // each was forgotten by the time it was asked for again
			t.Errorf("%d loads", loads)
		}
		l.GetOrLoad(t.Context(), "1000", nil)
		if loads != 2400 {
			t.Error("the last errors were not remembered")
		}
	})
}

func TestNotFound(t *testing.T) {
	inBubble(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 1)
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 1)
		if n, _ := c.Keys().Len(); n != 0 {
			t.Errorf("%d keys", n)
		}
	})
	o := stringOptions{MapOptions: stringMap{TTL: time.Hour}, NotFoundTTL: 10 * time.Second, Stale: time.Hour}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 1)
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 0)
		expectCount(t, s, 1)
		if v, ok, err := l.Get("absent"); v != "" || ok || err != nil {
			t.Error("Get:", v, ok, err)
		}
		if ok, err := l.Has("absent"); ok || err != nil {
			t.Error("Has:", ok, err)
		}
		if ttl, ok, err := l.TTL("absent"); ok || err != nil {
			t.Error("TTL:", ttl, ok, err)
		}
		if ok, err := l.Expire("absent", time.Hour); ok || err != nil {
			t.Error("Expire:", ok, err)
		}
		if many, err := l.GetMany("absent"); len(many) != 0 || err != nil {
			t.Error("GetMany:", many, err)
		}
		if many, err := l.LoadMany(t.Context(), "absent"); len(many) != 0 || err != nil {
			t.Error("LoadMany:", many, err)
		}
		if all := maps.Collect(l.All()); len(all) != 0 {
			t.Error("All:", all)
		}
		err := l.Compute("absent", func(old string, ok bool) (string, datatypes.Op) {
			if old != "" || ok {
				t.Error("Compute:", old, ok)
			}
			return "", datatypes.OpCancel
		})
		if err != nil {
			t.Error(err)
		}
		if stored, err := l.SetWith("absent", "x", datatypes.SetOptions{IfPresent: true}); stored || err != nil {
			t.Error("SetWith IfPresent:", stored, err)
		}
		time.Sleep(11 * time.Second)
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 1)
		if stored, err := l.SetWith("absent", "x", datatypes.SetOptions{IfAbsent: true}); !stored || err != nil {
			t.Error("SetWith IfAbsent:", stored, err)
		}
		expectLoad(t, l, "absent", "x", nil, 0)

		expectLoad(t, l, "another", "", typed.ErrNotFound, 1)
		s.set("another", "came")
		l.Delete("another")
		expectLoad(t, l, "another", "came", nil, 1)
		if err := l.Set("k", raw(t, c, "k")); err != nil {
			t.Error(err)
		}
		expectLoad(t, l, "third", "", typed.ErrNotFound, 1)
		if err := l.Set("k", raw(t, c, "third")); err != typed.ErrReserved {
			t.Error("what stands for nothing was set:", err)
		}
	})
}

// TestSlidingLoader: reads keep values alive, but not the knowledge that there are none.
func TestSlidingLoader(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second, Sliding: true}, NotFoundTTL: 5 * time.Second}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		for i := range 12 {
			expectLoad(t, l, "k", "v1", nil, map[bool]int{true: 1}[i == 0])
			time.Sleep(2 * time.Second)
		}
		expectCount(t, s, 1)
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 1)
		for range 2 {
			time.Sleep(2 * time.Second)
			expectLoad(t, l, "absent", "", typed.ErrNotFound, 0)
			if _, ok, err := l.Get("absent"); ok || err != nil {
				t.Error(ok, err)
			}
		}
		time.Sleep(2 * time.Second)
		expectLoad(t, l, "absent", "", typed.ErrNotFound, 1)
		time.Sleep(11 * time.Second)
		expectLoad(t, l, "k", "v1", nil, 1)
	})
}

func TestPanics(t *testing.T) {
	inBubble(t, stringOptions{}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		cause := errors.New("cause")
		for _, tt := range []struct {
			name string
			end  func()
			want any
		}{
			{"panic", func() { panic("oh") }, "oh"},
			{"panic with an error", func() { panic(cause) }, cause},
			{"Goexit", runtime.Goexit, nil},
		} {
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					_, err := l.GetOrLoad(t.Context(), "k", func(context.Context, string) (string, error) {
						time.Sleep(time.Second)
						tt.end()
						return "never", nil
					})
					var p *typed.PanicError
					if !errors.As(err, &p) || p.Value != tt.want || errors.Is(err, cause) != (tt.want == cause) || p.Error() == "" {
						t.Errorf("%s: %v", tt.name, err)
					}
				})
			}
			wg.Wait()
			if got := l.Stats().Failures; tt.want != nil && got == 0 {
				t.Errorf("%s: no failure was counted", tt.name)
			}
		}
		expectLoad(t, l, "k", "v1", nil, 1)
	})
	o := stringOptions{MapOptions: stringMap{EntryTTL: func(string, string) time.Duration { panic("no TTL") }}}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		var p *typed.PanicError
		if _, err := l.Load(t.Context(), "k"); !errors.As(err, &p) || !strings.Contains(err.Error(), "no TTL") {
			t.Error(err)
		}
	})
	many := stringOptions{LoadMany: func(context.Context, []string) (map[string]string, error) { panic("many") }}
	inBubble(t, many, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		var p *typed.PanicError
		if _, err := l.LoadMany(t.Context(), "a", "b"); !errors.As(err, &p) {
			t.Error(err)
		}
		if _, err := l.Load(t.Context(), "a"); !errors.As(err, &p) {
			t.Error(err)
		}
	})
}

func TestRefreshAhead(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: time.Minute}, RefreshAhead: 20 * time.Second}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		expectLoad(t, l, "k", "v1", nil, 1)
		s.set("k", "v2")
		time.Sleep(39 * time.Second)
		expectLoad(t, l, "k", "v1", nil, 0)
		expectCount(t, s, 1)
		time.Sleep(2 * time.Second)
		for range 5 {
			expectLoad(t, l, "k", "v1", nil, 0)
		}
		time.Sleep(2 * time.Second)
		expectLoad(t, l, "k", "v2", nil, 0)
		expectCount(t, s, 2)
		if ttl, _, _ := l.TTL("k"); ttl != 59*time.Second {
			t.Errorf("the TTL is %v", ttl)
		}
		if got := l.Stats(); got != (typed.LoaderStats{Loads: 2, Refreshes: 1}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestStaleWhileRevalidate(t *testing.T) {
	var told []error
	o := stringOptions{
		MapOptions: stringMap{TTL: 10 * time.Second}, Stale: 30 * time.Second,
		OnError: func(key string, err error) { told = append(told, fmt.Errorf("%s: %w", key, err)) },
	}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		broken := errors.New("broken")
		expectLoad(t, l, "k", "v1", nil, 1)
		if ttl, _, _ := c.Keys().TTL("k"); ttl != 40*time.Second || raw(t, c, "k") != "v1" {
			t.Errorf("other doors see %q for %v", raw(t, c, "k"), ttl)
		}
		s.set("k", "v2")
		time.Sleep(15 * time.Second)
		if ttl, ok, err := l.TTL("k"); ttl != -5*time.Second || !ok || err != nil {
			t.Error(ttl, ok, err)
		}
		expectLoad(t, l, "k", "v1", nil, 0)
		time.Sleep(2 * time.Second)
		expectLoad(t, l, "k", "v2", nil, 0)

		s.failWith(broken)
		time.Sleep(15 * time.Second)
		expectLoad(t, l, "k", "v2", nil, 0)
		time.Sleep(2 * time.Second)
		expectLoad(t, l, "k", "v2", nil, 0)
		time.Sleep(30 * time.Second)
		expectLoad(t, l, "k", "", broken, 1)
		synctest.Wait()
		if len(told) != 2 || !errors.Is(told[0], broken) || !strings.HasPrefix(told[0].Error(), "k:") {
			t.Errorf("OnError was told %v", told)
		}
		if got := l.Stats(); got != (typed.LoaderStats{Loads: 5, Refreshes: 3, Failures: 3}) {
			t.Errorf("%+v", got)
		}
	})
}

// TestErrorTTLSpacesRefreshes: while an error is remembered, what is there is served without another attempt.
func TestErrorTTLSpacesRefreshes(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: time.Hour, ErrorTTL: 30 * time.Second}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		expectLoad(t, l, "k", "v1", nil, 1)
		s.failWith(errors.New("broken"))
		time.Sleep(20 * time.Second)
		for range 25 {
			expectLoad(t, l, "k", "v1", nil, 0)
			time.Sleep(time.Second)
		}
		expectCount(t, s, 2)
		time.Sleep(10 * time.Second)
		expectLoad(t, l, "k", "v1", nil, 0)
		synctest.Wait()
		expectCount(t, s, 3)
	})
}

func TestRefreshNotFound(t *testing.T) {
	for _, ttl := range []time.Duration{0, time.Minute} {
		o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: time.Hour, NotFoundTTL: ttl}
		inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
			expectLoad(t, l, "k", "v1", nil, 1)
			delete(s.values, "k")
			time.Sleep(11 * time.Second)
			expectLoad(t, l, "k", "v1", nil, 0)
			time.Sleep(2 * time.Second)
			if v, ok, err := l.Get("k"); ok || err != nil {
				t.Errorf("what is gone is still there: %q, %v, %v", v, ok, err)
			}
		})
	}
}

func TestMaxRefreshes(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: time.Hour, MaxRefreshes: 2}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		keys := []string{"a", "b", "c", "d"}
		for _, k := range keys {
			s.set(k, k)
			l.Set(k, k)
		}
		time.Sleep(11 * time.Second)
		for range 2 {
			for _, k := range keys {
				expectLoad(t, l, k, k, nil, 0)
			}
			synctest.Wait()
		}
		expectCount(t, s, 2)
		time.Sleep(2 * time.Second)
		for _, k := range keys {
			expectLoad(t, l, k, k, nil, 0)
		}
		time.Sleep(2 * time.Second)
		expectCount(t, s, 4)
		if s.most != 2 {
			t.Errorf("%d loads at once", s.most)
		}
	})
}

// TestWritesWin: whatever writes or deletes a key while it is loaded, by whichever door, wins over the load.
func TestWritesWin(t *testing.T) {
	tests := []struct {
		name  string
		write func(c *larder.Cache, l *stringLoader)
		want  string // what Load returns then
		waits int    // and for how long it takes
	}{
		{"Set", func(_ *larder.Cache, l *stringLoader) { l.Set("k", "written") }, "written", 0},
		{"Delete", func(_ *larder.Cache, l *stringLoader) { l.Delete("k") }, "v2", 1},
		{"SetMany", func(_ *larder.Cache, l *stringLoader) { l.SetMany(maps.All(map[string]string{"k": "written"})) }, "written", 0},
		{"Compute", func(_ *larder.Cache, l *stringLoader) {
			l.Compute("k", func(string, bool) (string, datatypes.Op) { return "written", datatypes.OpSet })
		}, "written", 0},
		{"Set, then Delete", func(_ *larder.Cache, l *stringLoader) { l.Set("k", "written"); l.Delete("k") }, "v2", 1},
		{"SET of another door", func(c *larder.Cache, _ *stringLoader) { c.Strings().MSet(item("k", "written")) }, "written", 0},
		{"DEL of another door", func(c *larder.Cache, _ *stringLoader) { c.Keys().Del("k") }, "v2", 1},
		{"Clear", func(_ *larder.Cache, l *stringLoader) { l.Clear() }, "v2", 1},
		{"FLUSHALL", func(c *larder.Cache, _ *stringLoader) { c.FlushAll() }, "v2", 1},
	}
	for _, tt := range tests {
		for _, cached := range []bool{false, true} {
			if cached && tt.name == "Compute" {
				continue // it keeps the expiry, so the entry is still to be loaded anew
			}
			t.Run(fmt.Sprintf("%s, cached %v", tt.name, cached), func(t *testing.T) {
				o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: time.Hour}
				inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
					var wg sync.WaitGroup
					if cached { // the load is one in the background
						l.Set("k", "v1")
						time.Sleep(11 * time.Second)
						expectLoad(t, l, "k", "v1", nil, 0)
					} else {
						wg.Go(func() { expectLoad(t, l, "k", "v1", nil, 1) })
					}
					time.Sleep(500 * time.Millisecond)
					s.set("k", "v2")
					tt.write(c, l)
					expectLoad(t, l, "k", tt.want, nil, tt.waits)
					wg.Wait()
					time.Sleep(time.Second)
					expectLoad(t, l, "k", tt.want, nil, 0)
					expectCount(t, s, 1+tt.waits)
					if got := l.Stats().Outdated; got != 1 {
						t.Errorf("%d were outdated", got)
					}
				})
			})
		}
	}
}

// TestLapseDuringRefresh: an entry that expires while it is loaded anew does not keep what is loaded from being stored.
func TestLapseDuringRefresh(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, RefreshAhead: 500 * time.Millisecond}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		expectLoad(t, l, "k", "v1", nil, 1)
		s.set("k", "v2")
		time.Sleep(9600 * time.Millisecond)
		expectLoad(t, l, "k", "v1", nil, 0)
		time.Sleep(900 * time.Millisecond)
		if ok, _ := l.Has("k"); ok {
			t.Fatal("the entry did not lapse")
		}
		if v, err := l.Load(t.Context(), "k"); v != "v2" || err != nil { // it joins the load
			t.Error(v, err)
		}
		expectLoad(t, l, "k", "v2", nil, 0)
		expectCount(t, s, 2)
	})
}

func TestLoaderClose(t *testing.T) {
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: time.Hour}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		l.Set("old", "x")
		time.Sleep(11 * time.Second)
		expectLoad(t, l, "old", "x", nil, 0)
		var wg sync.WaitGroup
		wg.Go(func() { expectLoad(t, l, "k", "", typed.ErrClosed, 0) })
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if len(s.ended) != 2 || s.ended[0] != typed.ErrClosed || s.atOnce != 0 {
			t.Errorf("loads ended by %v, %d did not", s.ended, s.atOnce)
		}
		if err := l.Close(); err != typed.ErrClosed {
			t.Error(err)
		}
		expectLoad(t, l, "old", "x", nil, 0)
		expectLoad(t, l, "k", "", typed.ErrClosed, 0)
		if _, err := l.LoadMany(t.Context(), "k"); err != typed.ErrClosed {
			t.Error(err)
		}
		if _, err := l.Reload(t.Context(), "old"); err != typed.ErrClosed {
			t.Error(err)
		}
	})
	inBubble(t, o, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		c.Close()
		expectLoad(t, l, "k", "", larder.ErrClosed, 0)
		if _, err := l.Reload(t.Context(), "k"); err != larder.ErrClosed {
			t.Error(err)
		}
	})
}

func TestLoadContext(t *testing.T) {
	type key struct{}
	inBubble(t, stringOptions{LoadTimeout: 3 * time.Second}, func(t *testing.T, c *larder.Cache, l *stringLoader, s *source) {
		ctx := context.WithValue(t.Context(), key{}, "trace")
		v, err := l.GetOrLoad(ctx, "k", func(ctx context.Context, _ string) (string, error) { return ctx.Value(key{}).(string), nil })
		if v != "trace" || err != nil {
			t.Error(v, err)
		}
		start := time.Now()
		_, err = l.GetOrLoad(ctx, "slow", func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		if err != context.DeadlineExceeded || time.Since(start) != 3*time.Second {
			t.Error(err, time.Since(start))
		}
	})
}

func TestNoLoad(t *testing.T) {
	t.Parallel()
	l := newLoader(t, openCache(t), stringOptions{})
	if _, err := l.Load(t.Context(), "k"); err != typed.ErrNoLoad {
		t.Error(err)
	}
	if _, err := l.LoadMany(t.Context(), "k"); err != typed.ErrNoLoad {
		t.Error(err)
	}
	v, err := l.GetOrLoad(t.Context(), "k", func(context.Context, string) (string, error) { return "v", nil })
	if v != "v" || err != nil {
		t.Error(v, err)
	}
}

func TestLoaderOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]stringOptions{
		"negative stale":         {Stale: -1},
		"negative ahead":         {RefreshAhead: -1},
		"negative not-found TTL": {NotFoundTTL: -1},
		"negative error TTL":     {ErrorTTL: -1},
		"negative timeout":       {LoadTimeout: -1},
		"negative refreshes":     {MaxRefreshes: -1},
		"refresh from the start": {MapOptions: stringMap{TTL: 5}, RefreshAhead: 5},
		"sliding and stale":      {MapOptions: stringMap{TTL: 5, Sliding: true}, Stale: 1},
		"sliding and refreshed":  {MapOptions: stringMap{TTL: 5, Sliding: true}, RefreshAhead: 1},
		"options that a map has": {MapOptions: stringMap{TTL: -5}},
	} {
		if _, err := typed.NewLoader(openCache(t), o); !errors.Is(err, typed.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCacheErrors: what can't be kept is served all the same.
func TestCacheErrors(t *testing.T) {
	t.Parallel()
	c, err := larder.Open(larder.Options{MaxBytes: 1 << 20, Policy: larder.NoEviction, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var told atomic.Pointer[error]
	l := newLoader(t, c, stringOptions{
		Load:    func(context.Context, string) (string, error) { return strings.Repeat("x", 4<<20), nil },
		OnError: func(_ string, err error) { told.Store(&err) },
	})
	if v, err := l.Load(t.Context(), "k"); len(v) != 4<<20 || err != nil {
		t.Error(len(v), err)
	}
	if err := l.Close(); err != nil { // which waits for what OnError is told
		t.Error(err)
	}
	if p := told.Load(); p == nil || *p != datatypes.ErrOutOfMemory {
		t.Error("OnError was not told")
	}
	cannot := newLoader(t, c, typed.LoaderOptions[string, any]{Load: func(context.Context, string) (any, error) { return func() {}, nil }})
	if _, err := cannot.Load(t.Context(), "f"); err == nil {
		t.Error("a function was encoded")
	}
	if _, err := c.Lists().RPush("list", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := cannot.Load(t.Context(), "list"); err != datatypes.ErrWrongType {
		t.Error(err)
	}
}

// TestOnErrorMayUseTheLoader: what is told of an error may load the same key.
func TestOnErrorMayUseTheLoader(t *testing.T) {
	var l *stringLoader
	var got string
	o := stringOptions{MapOptions: stringMap{TTL: 10 * time.Second}, Stale: 10 * time.Second}
	o.OnError = func(key string, err error) {
		v, err2 := l.GetOrLoad(context.Background(), key, func(context.Context, string) (string, error) { return "spare", nil })
		got = fmt.Sprintf("%s %v %v", v, err, err2)
	}
	inBubble(t, o, func(t *testing.T, c *larder.Cache, loader *stringLoader, s *source) {
		l = loader
		expectLoad(t, l, "k", "v1", nil, 1)
		s.failWith(errors.New("broken"))
		time.Sleep(19500 * time.Millisecond)
		expectLoad(t, l, "k", "v1", nil, 0)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if want := "spare broken <nil>"; got != want {
			t.Errorf("OnError got %q, want %q", got, want)
		}
	})
}

// TestLoaderClock: what passes by the clock of the cache decides what is fresh, stale, gone, and remembered.
func TestLoaderClock(t *testing.T) {
	t.Parallel()
	clock := &handClock{}
	c, err := larder.Open(larder.Options{Clock: clock, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var loads atomic.Int32
	broken := errors.New("broken")
	fail := false
	l := newLoader(t, c, typed.LoaderOptions[string, int32]{
		MapOptions: typed.MapOptions[string, int32]{TTL: time.Hour},
		Load: func(context.Context, string) (int32, error) {
			if n := loads.Add(1); !fail {
				return n, nil
			}
			return 0, broken
		},
		ErrorTTL: time.Hour,
	})
	expect := func(after time.Duration, want int32, wantErr error) {
		t.Helper()
		clock.ahead.Add(int64(after))
		if got, err := l.Load(t.Context(), "k"); got != want || err != wantErr {
			t.Errorf("%d, %v; want %d, %v", got, err, want, wantErr)
		}
	}
	expect(0, 1, nil)
	expect(59*time.Minute, 1, nil)
	expect(2*time.Minute, 2, nil)
	fail = true
	expect(61*time.Minute, 0, broken)
	fail = false
	expect(59*time.Minute, 0, broken)
	expect(2*time.Minute, 4, nil)
}

// handClock is a clock that is moved by hand.
type handClock struct{ ahead atomic.Int64 }

func (c *handClock) Now() time.Time { return time.Unix(1e9, c.ahead.Load()) }

// TestMalformedIsLoaded: what is no value of the type is loaded as if it were not there.
func TestMalformedIsLoaded(t *testing.T) {
	t.Parallel()
	c := openCache(t)
	l := newLoader(t, c, typed.LoaderOptions[string, int]{Load: func(context.Context, string) (int, error) { return 7, nil }})
	c.Strings().MSet(item("k", "rubbish"))
	if v, err := l.Load(t.Context(), "k"); v != 7 || err != nil || raw(t, c, "k") != "7" {
		t.Error(v, err, raw(t, c, "k"))
	}
}
