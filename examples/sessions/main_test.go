package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
)

// browser is a device with a cookie.
type browser struct {
	t      *testing.T
	routes http.Handler
	name   string
	cookie *http.Cookie
}

func (b *browser) do(method, path string) (status int, lines []string) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("User-Agent", b.name)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.routes.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = c
	}
	lines = strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	slices.Sort(lines)
	return w.Code, lines
}

func (b *browser) expect(method, path string, status int, lines ...string) {
	b.t.Helper()
	got, body := b.do(method, path)
	if got != status || len(lines) > 0 && !slices.Equal(body, lines) {
		b.t.Errorf("%s: %s %s: %d %q, want %d %q", b.name, method, path, got, body, status, lines)
	}
}

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		mux := routes(&sessions{cache: cache, idle: 30 * time.Minute})
		phone, laptop := &browser{t: t, routes: mux, name: "phone"}, &browser{t: t, routes: mux, name: "laptop"}
		stranger := &browser{t: t, routes: mux, name: "stranger", cookie: &http.Cookie{Name: cookieName, Value: "ada guess", Quoted: true}}

		phone.expect("GET", "/sessions", http.StatusUnauthorized, "not logged in")
		phone.expect("POST", "/login?user=ada", http.StatusOK)
		laptop.expect("POST", "/login?user=ada", http.StatusOK)
		stranger.expect("GET", "/sessions", http.StatusUnauthorized, "the session has ended")
		time.Sleep(20 * time.Minute)
		phone.expect("GET", "/sessions", http.StatusOK, "laptop, ends in 10m0s", "phone, ends in 30m0s")
		time.Sleep(20 * time.Minute) // the laptop was silent for too long
		laptop.expect("GET", "/sessions", http.StatusUnauthorized, "the session has ended")
		phone.expect("GET", "/sessions", http.StatusOK, "phone, ends in 30m0s")

		laptop.expect("POST", "/login?user=ada", http.StatusOK)
		laptop.expect("POST", "/logout", http.StatusOK)
		laptop.expect("GET", "/sessions", http.StatusUnauthorized)
		laptop.expect("POST", "/login?user=ada", http.StatusOK)
		laptop.expect("POST", "/logout-everywhere", http.StatusOK)
		phone.expect("GET", "/sessions", http.StatusUnauthorized, "the session has ended")

		phone.expect("POST", "/login?user=ada", http.StatusOK)
		time.Sleep(time.Hour) // the last session goes, and with it all that was kept of the user
		if n, err := cache.Keys().Len(); n != 0 || err != nil {
			t.Errorf("%d keys are left, %v", n, err)
		}
	})
}
