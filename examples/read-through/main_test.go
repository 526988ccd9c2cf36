package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
)

func TestReadThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		db := &database{latency: 300 * time.Millisecond, users: map[int64]user{1: {Name: "Ada"}}}
		s, err := newService(cache, db)
		if err != nil {
			t.Fatal(err)
		}
		defer s.users.Close()
		routes := s.routes()
		request := func(method, path, body string, status int, want string, took time.Duration) {
			t.Helper()
			start := time.Now()
			w := httptest.NewRecorder()
			routes.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
			if got := strings.TrimSpace(w.Body.String()); w.Code != status || got != want || time.Since(start) != took {
				t.Errorf("%s %s: %d %q after %v; want %d %q after %v", method, path, w.Code, got, time.Since(start), status, want, took)
			}
		}
		queries := func(want int) {
			t.Helper()
			db.mu.Lock()
			defer db.mu.Unlock()
			if db.queries != want {
				t.Errorf("%d queries, want %d", db.queries, want)
			}
		}
		down := func(d bool) {
			db.mu.Lock()
			defer db.mu.Unlock()
			db.down = d
		}

		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { request("GET", "/users/1", "", http.StatusOK, `{"name":"Ada"}`, db.latency) })
		}
		wg.Wait()
		request("GET", "/users/1", "", http.StatusOK, `{"name":"Ada"}`, 0)
		queries(1)
		request("PUT", "/users/1", `{"name":"Ada L."}`, http.StatusOK, "", db.latency)
		request("GET", "/users/1", "", http.StatusOK, `{"name":"Ada L."}`, db.latency)
		queries(3)

		request("GET", "/users/7", "", http.StatusNotFound, "no such user", db.latency)
		request("GET", "/users/7", "", http.StatusNotFound, "no such user", 0)
		request("GET", "/users/x", "", http.StatusBadRequest, "no number", 0)
		request("PUT", "/users/1", "{", http.StatusBadRequest, "no number, or no user", 0)
		queries(4)

		down(true)
		time.Sleep(30 * time.Minute) // old by far, and the database is down
		for range 3 {
			request("GET", "/users/1", "", http.StatusOK, `{"name":"Ada L."}`, 0)
			time.Sleep(10 * time.Second)
		}
		request("GET", "/users/8", "", http.StatusServiceUnavailable, "the database does not answer", db.latency)
		request("GET", "/users/8", "", http.StatusServiceUnavailable, "the database does not answer", 0)
		request("PUT", "/users/1", "{}", http.StatusServiceUnavailable, "the database does not answer", db.latency)
		queries(9)
		down(false)
		request("GET", "/users/1", "", http.StatusOK, `{"name":"Ada L."}`, 0)
		time.Sleep(time.Second)
		if ttl, ok, err := s.users.TTL(1); ttl < 50*time.Second || !ok || err != nil {
			t.Errorf("it was not loaded anew: %v, %v, %v", ttl, ok, err)
		}
	})
}
