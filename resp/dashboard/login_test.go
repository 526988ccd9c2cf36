package dashboard

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
)

// askAs asks a handler on localhost as a user.
func askAs(h http.Handler, target, name, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "localhost:8080"
	if name+password != "" {
		r.SetBasicAuth(name, password)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestLogin: who may not execute the commands that the page stands for sees nothing of it.
func TestLogin(t *testing.T) {
	t.Parallel()
	cache := open(t, larder.Options{})
	srv := &resp.Server{Cache: cache, Password: "secret"}
	t.Cleanup(func() { srv.Close() })
	for name, rules := range map[string][]string{
		"ada":    {"on", ">a", "+@all"},
		"bob":    {"on", ">b", "+info", "+get", "~*"},
		"nobody": {"off", ">n", "+@all"},
	} {
		if err := srv.SetUser(name, rules...); err != nil {
			t.Fatal(err)
		}
	}
	h := &Handler{Cache: cache, Server: srv}
	for _, test := range []struct {
		name, password string
		want           int
	}{
		{"", "", http.StatusUnauthorized},
		{"", "secret", http.StatusOK},
		{"default", "secret", http.StatusOK},
		{"default", "wrong", http.StatusUnauthorized},
		{"ada", "a", http.StatusOK},
		{"ada", "secret", http.StatusUnauthorized},
		{"bob", "b", http.StatusForbidden},
		{"nobody", "n", http.StatusUnauthorized},
		{"nosuch", "", http.StatusUnauthorized},
	} {
		for _, target := range []string{"/", "/page.js", "/stats.json", "/census.json"} {
			w := askAs(h, target, test.name, test.password)
			if w.Code != test.want {
				t.Errorf("%s as %q with %q: status %d, want %d", target, test.name, test.password, w.Code, test.want)
			}
			if asks := w.Header().Get("WWW-Authenticate") != ""; asks != (w.Code == http.StatusUnauthorized) {
				t.Errorf("%s as %q: status %d, asks for a password: %v", target, test.name, w.Code, asks)
			}
		}
	}
	open := &Handler{Cache: cache, Server: srv, NoLogin: true}
	if w := askAs(open, "/stats.json", "", ""); w.Code != http.StatusOK {
		t.Errorf("without login: status %d", w.Code)
	}
}

// TestLoginFollowsRules: rights that the default user loses are not shown any more.
func TestLoginFollowsRules(t *testing.T) {
	t.Parallel()
	cache := open(t, larder.Options{})
	srv := &resp.Server{Cache: cache}
	t.Cleanup(func() { srv.Close() })
	h := &Handler{Cache: cache, Server: srv}
	for _, step := range []struct {
		rule string
		want int
	}{{"on", http.StatusOK}, {"-slowlog", http.StatusUnauthorized}, {"+slowlog", http.StatusOK}, {">p", http.StatusUnauthorized}, {"nopass", http.StatusOK}} {
		if err := srv.SetUser("default", step.rule); err != nil {
			t.Fatal(err)
		}
		if w := askAs(h, "/stats.json", "", ""); w.Code != step.want {
			t.Errorf("after %s: status %d, want %d", step.rule, w.Code, step.want)
		}
	}
}
