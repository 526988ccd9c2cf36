package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderkv/larder"
)

func newLimiter(t *testing.T, requests int64) *limiter {
	t.Helper()
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return &limiter{cache: cache, requests: requests, window: time.Minute}
}

// TestAllow walks through windows of a minute.
func TestAllow(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, 10)
	start := time.Now().Truncate(time.Minute).Add(time.Minute)
	for _, step := range []struct {
		at                time.Duration
		requests, allowed int
		wait              time.Duration // after the last
	}{
		{0, 4, 4, 0},
		{30 * time.Second, 10, 6, 30 * time.Second},
		{60 * time.Second, 1, 0, 6 * time.Second}, // all of the previous window counts
		{66 * time.Second, 2, 1, 6 * time.Second},
		{90 * time.Second, 10, 4, 6 * time.Second},
		{96 * time.Second, 2, 1, 6 * time.Second},
		{10 * time.Minute, 11, 10, time.Minute},
	} {
		allowed, last := 0, time.Duration(0)
		for range step.requests {
			ok, wait, err := l.allow("ada", start.Add(step.at))
			if err != nil {
				t.Fatal(err)
			}
			if last = wait; ok {
				allowed++
			}
		}
		if allowed != step.allowed || last.Round(time.Millisecond) != step.wait {
			t.Errorf("at %v: %d of %d allowed, wait %v; want %d and %v", step.at, allowed, step.requests, last, step.allowed, step.wait)
		}
	}
	if ok, _, err := l.allow("bob", start); !ok || err != nil {
		t.Error("another client:", ok, err)
	}
	for key := range l.cache.Keys().Match("rate:*") {
		if ttl, _, err := l.cache.Keys().TTL(key); ttl <= 0 || ttl > 2*time.Minute || err != nil {
			t.Errorf("%s expires in %v, %v", key, ttl, err)
		}
	}
}

// TestConcurrently: however many come at once, as many get through as the limit says.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, 100)
	now := time.Now()
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if ok, _, err := l.allow("ada", now); ok && err == nil {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); n != 100 {
		t.Errorf("%d requests were allowed", n)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, 2)
	l.window = 1000 * time.Hour
	h := l.wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != want {
			t.Errorf("request %d: status %d, want %d", i, w.Code, want)
		}
		if retry := w.Header().Get("Retry-After"); (retry != "") != (want == http.StatusTooManyRequests) {
			t.Errorf("request %d: Retry-After %q", i, retry)
		}
	}
}
