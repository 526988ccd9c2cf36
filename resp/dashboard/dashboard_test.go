package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
)

func open(t testing.TB, o larder.Options) *larder.Cache {
	t.Helper()
	o.NoMaintenance = true
	cache, err := larder.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return cache
}

// ask asks a handler on localhost.
func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:8080"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// get decodes what a handler answers.
func get[T any](t testing.TB, h http.Handler, target string) (v T) {
	t.Helper()
	w := ask(h, "GET", target)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%s: status %d, type %q: %s", target, w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := &Handler{Cache: open(t, larder.Options{})}
	entries, err := fs.ReadDir(files, "page")
	if err != nil || len(entries) != len(contentTypes) {
		t.Fatalf("%d files, %d of known type; %v", len(entries), len(contentTypes), err)
	}
	for target, want := range map[string]int{
		"/": 200, "/index.html": 200, "/style.css": 200, "/page.js": 200, "/icon.svg": 200,
		"/nosuch": 404, "/page": 404, "/../dashboard.go": 404, "/page/page.js": 404, "//": 404,
	} {
		w := ask(h, "GET", target)
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", target, w.Code, want)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; ") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", target, policy)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: header %v", target, w.Header())
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if w := ask(h, method, "/stats.json"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, header %v", method, w.Code, w.Header())
		}
	}
}

// TestSelfContained: the page loads its own files only, and has nothing that the policy forbids.
func TestSelfContained(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile(`(?i)https?:|//[a-z]|url\(|@import|<style|\sstyle=|\son[a-z]+=|<script(?:[^>]*)>[^<]|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(`)
	for name := range contentTypes {
		data, err := files.ReadFile(path.Join("page", name))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), "http://www.w3.org/2000/svg", "")
		if found := foreign.FindString(text); found != "" {
			t.Errorf("%s has %q", name, found)
		}
		for _, ref := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if contentTypes[ref[1]] == "" {
				t.Errorf("%s refers to %q", name, ref[1])
			}
		}
	}
}

func TestMountedBelowAPath(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/a/", http.StripPrefix("/a", &Handler{Cache: open(t, larder.Options{}), Name: "first"}))
	mux.Handle("/b/", http.StripPrefix("/b/", &Handler{Cache: open(t, larder.Options{}), Name: "second"}))
	for prefix, want := range map[string]string{"/a/": "first", "/b/": "second"} {
		if w := ask(mux, "GET", prefix); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<title>") {
			t.Errorf("%s: status %d", prefix, w.Code)
		}
		if got := get[report](t, mux, prefix+"stats.json"); got.Name != want {
			t.Errorf("%s is about %q", prefix, got.Name)
		}
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	loopback, other := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}
	for _, tt := range []struct {
		to   net.Addr
		host string
		want bool
	}{
		{loopback, "localhost", true},
		{loopback, "localhost:8080", true},
		{loopback, "LocalHost.:8080", true},
		{loopback, "larder.localhost:8080", true},
		{loopback, "127.0.0.1:8080", true},
		{loopback, "127.1.2.3", true},
		{loopback, "[::1]:8080", true},
		{loopback, "[::1]", true},
		{loopback, "[::ffff:127.0.0.1]:8080", true},
		{loopback, "cache.example:443", true},
		{loopback, "CACHE.EXAMPLE", true},
		{loopback, "evil.example:8080", false},
		{loopback, "localhost.evil.example", false},
		{loopback, "xlocalhost", false},
		{loopback, "127.0.0.1.evil.example", false},
		{loopback, "10.0.0.1:8080", false},
		{loopback, "", false},
		{&net.TCPAddr{IP: net.IPv6loopback}, "evil.example", false},
		{other, "evil.example:8080", true},
		{&net.UnixAddr{Name: "/run/s"}, "evil.example", true},
		{nil, "evil.example", false},
		{nil, "localhost", true},
	} {
		h := Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), "cache.example")
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = tt.host
		if tt.to != nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, tt.to))
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		want := http.StatusMisdirectedRequest
		if tt.want {
			want = http.StatusNoContent
		}
		if w.Code != want {
			t.Errorf("to %v for %q: status %d, want %d", tt.to, tt.host, w.Code, want)
		}
	}
}

// TestGuarded: a real server tells the handler where a request has come in.
func TestGuarded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&Handler{Cache: open(t, larder.Options{})})
	defer server.Close()
	for host, want := range map[string]int{"": http.StatusOK, "rebound.example": http.StatusMisdirectedRequest} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/stats.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		reply, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != want {
			t.Errorf("host %q: status %d, want %d", host, reply.StatusCode, want)
		}
	}
}

// TestHistory looks at a page's requests in a bubble, which fails if any goroutine is left.
func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, larder.Options{})
		var counters larder.Counters
		db, err := cache.DB(1)
		if err != nil {
			t.Fatal(err)
		}
		counted := db.WithCounters(&counters).Strings()
		h := &Handler{Cache: cache, Counters: []*larder.Counters{&counters}}
		if got := get[report](t, h, "/stats.json"); len(got.Points) != 0 || got.Served || !got.Counted || got.Name != "larder" {
			t.Errorf("at first: %+v", got)
		}
		if _, err := counted.Set("k", nil, datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if _, _, err := counted.Get([]string{"k", "none"}[i/8]); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		got := get[report](t, h, "/stats.json")
		if len(got.Points) != 1 || got.Points[0].Hits != 4 || got.Points[0].Misses != 1 || got.Points[0].At != time.Now().UnixMilli() {
			t.Errorf("after two seconds: %+v", got.Points)
		}
		if got.Totals.Hits != 8 || got.Totals.Misses != 2 {
			t.Errorf("totals: %+v", got.Totals)
		}
		if want := []database{{DB: 0}, {DB: 1, Keys: 1}}; fmt.Sprint(got.Databases) != fmt.Sprint(want) {
			t.Errorf("databases: %+v", got.Databases)
		}
		time.Sleep(100 * time.Millisecond)
		if again := get[report](t, h, "/stats.json"); len(again.Points) != 1 {
			t.Errorf("another page has %d points", len(again.Points))
		}
		time.Sleep(time.Second)
		first := got.Points[0].At
		if next := get[report](t, h, fmt.Sprint("/stats.json?after=", first)); len(next.Points) != 1 || next.Points[0].Hits != 0 || next.Points[0].At <= first {
			t.Errorf("after the first point: %+v", next.Points)
		}
		if all := get[report](t, h, "/stats.json?after=nonsense"); len(all.Points) != 2 {
			t.Errorf("%d points", len(all.Points))
		}
		for range kept + 10 {
			time.Sleep(time.Second)
			h.report(0)
		}
		if all := get[report](t, h, "/stats.json"); len(all.Points) != kept {
			t.Errorf("%d points are kept", len(all.Points))
		}
		time.Sleep(gap + time.Millisecond)
		if all := get[report](t, h, "/stats.json"); len(all.Points) != 0 {
			t.Errorf("after a gap there are %d points", len(all.Points))
		}
	})
}

// TestServed compares what is told of a server with what was done.
func TestServed(t *testing.T) {
	t.Parallel()
	cache := open(t, larder.Options{MaxBytes: 64 << 20, Policy: larder.VolatileTTL})
	server := &resp.Server{Cache: cache}
	defer server.Close()
	if err := cache.SetHotKeyOptions(larder.HotKeyOptions{Keys: 3}); err != nil {
		t.Fatal(err)
	}
	conn := server.Dial()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	replies := bufio.NewScanner(conn)
	for _, command := range []string{"SET k v", "EXISTS k", "NOSUCH", "INCR k", "EXPIRE k 100", "LPOP k", "LPOP k"} {
		fmt.Fprintf(conn, "%s\r\n", command)
		if !replies.Scan() {
			t.Fatal(replies.Err())
		}
	}
	for deadline := time.Now().Add(20 * time.Second); server.Stats().Commands < 7; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", server.Stats())
		}
	}
	got := get[report](t, &Handler{Cache: cache, Server: server, Name: "it"}, "/stats.json")
	if !got.Served || !got.Counted || got.Name != "it" || got.Policy != "volatile-ttl" || got.Version != resp.Version() {
		t.Errorf("%+v", got)
	}
	if got.Totals.Commands != 7 || got.Totals.Connections != 1 || got.Clients.Connected != 1 || got.Clients.Limit != 10000 || got.Memory.Limit != 64<<20 {
		t.Errorf("totals %+v, clients %+v, memory %+v", got.Totals, got.Clients, got.Memory)
	}
	if st := cache.Stats(); got.Memory.Used != st.UsedBytes || got.Memory.Resident != st.ResidentBytes {
		t.Errorf("memory %+v of %+v", got.Memory, st)
	}
	if want := []database{{DB: 0, Keys: 1, Volatile: 1}}; fmt.Sprint(got.Databases) != fmt.Sprint(want) {
		t.Errorf("databases: %+v", got.Databases)
	}
	if want := []errorCode{{"ERR", 2}, {"WRONGTYPE", 2}}; fmt.Sprint(got.Errors) != fmt.Sprint(want) {
		t.Errorf("errors: %+v", got.Errors)
	}
	if !got.Hot.On || got.Latency.On || len(got.Latency.Commands) != 0 || got.Slow.Threshold != 10_000 || len(got.Slow.Entries) != 0 {
		t.Errorf("hot %+v, latency %+v, slow %+v", got.Hot, got.Latency, got.Slow)
	}
}

// TestLatencies compares what is told of the time that commands took with which were called.
func TestLatencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, larder.Options{})
		server := &resp.Server{Cache: cache}
		defer server.Close()
		h := &Handler{Cache: cache, Server: server}
		conn := server.Dial()
		defer conn.Close()
		replies := bufio.NewScanner(conn)
		do := func(commands ...string) {
			for _, command := range commands {
				fmt.Fprintf(conn, "%s\r\n", command)
				if !replies.Scan() {
					t.Fatal(replies.Err())
				}
			}
			synctest.Wait()
		}
		do("CONFIG SET latency-tracking yes slowlog-log-slower-than 0")
		ask(h, "GET", "/stats.json")
		do("SET <k> v", "INCR n", "INCR n", "APPEND \"\\x00\" x")
		time.Sleep(time.Second)
		got := get[report](t, h, "/stats.json")
		if p := got.Points[0]; p.P50 == nil || *p.P50 <= 0 || *p.P99 < *p.P50 || *p.P999 < *p.P99 {
			t.Errorf("%+v", p)
		}
		calls := make(map[string]int64)
		for _, c := range got.Latency.Commands {
			calls[c.Name] = c.Calls
			if c.P50 <= 0 || c.P99 < c.P50 || c.P999 < c.P99 {
				t.Errorf("%+v", c)
			}
		}
		if !got.Latency.On || calls["set"] != 1 || calls["incr"] != 2 || calls["append"] != 1 {
			t.Errorf("%+v", got.Latency)
		}
		var slow []string
		for _, e := range got.Slow.Entries {
			slow = append(slow, e.Command)
		}
		if want := []string{`APPEND "\x00" x`, "INCR n", "INCR n", "SET <k> v"}; got.Slow.Threshold != 0 || !slices.Equal(slow[:min(4, len(slow))], want) {
			t.Errorf("%d µs: %q, want %q", got.Slow.Threshold, slow, want)
		}
		time.Sleep(time.Second)
		if got = get[report](t, h, "/stats.json"); got.Points[1].P50 != nil {
			t.Errorf("without calls: %+v", got.Points[1])
		}
	})
}

func TestCommandText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	for want, args := range map[string][]string{
		"":                                 nil,
		"GET a":                            {"GET", "a"},
		`SET "" "a\n"`:                     {"SET", "", "a\n"},
		"MSET " + long + " " + long + " …": {"MSET", long, long, long},
	} {
		if got := commandText(args); got != want {
			t.Errorf("%q is shown as %s, want %s", args, got, want)
		}
	}
}

func TestHotKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, larder.Options{})
		if err := cache.SetHotKeyOptions(larder.HotKeyOptions{Keys: 2, SamplePercent: 100}); err != nil {
			t.Fatal(err)
		}
		h := &Handler{Cache: cache}
		for i := range 30 {
			if _, _, err := cache.Strings().Get([]string{"<hot>", "warm", "<hot>"}[i%3]); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		cache.Maintain()
		got := get[report](t, h, "/stats.json").Hot
		if len(got.Keys) != 2 || got.Keys[0] != (hotKey{Key: "<hot>", Rate: 20}) || got.Keys[1] != (hotKey{Key: "warm", Rate: 10}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestCensus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, larder.Options{})
		h := &Handler{Cache: cache}
		if got := get[censusReport](t, h, "/census.json"); len(got.Types) != 0 || len(got.Big) != 0 || got.Types == nil || got.Big == nil {
			t.Errorf("of an empty cache: %+v", got)
		}
		for i := range 20 {
			if _, err := cache.Strings().Set(fmt.Sprint("s", i), make([]byte, 1000*i), datatypes.SetOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := cache.Lists().RPush("\x00", make([]byte, 15_500)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(leastRest - time.Millisecond)
		if got := get[censusReport](t, h, "/census.json"); len(got.Types) != 0 || got.Rest != 1 {
			t.Errorf("while it rests: %+v", got)
		}
		time.Sleep(time.Millisecond)
		got := get[censusReport](t, h, "/census.json")
		if got.Rest < leastRest.Milliseconds() || got.At != time.Now().UnixMilli() || len(got.Types) != 2 || got.Types[0].Keys != 20 || got.Types[1].Keys != 1 {
			t.Errorf("%+v", got)
		}
		sum := int64(0)
		for _, size := range got.Types {
			sum += size.Bytes
		}
		if used := cache.Stats().UsedBytes; sum < used*9/10 || sum > used*11/10 {
			t.Errorf("keys take %d of %d bytes", sum, used)
		}
		if len(got.Big) != bigKeys+1 || got.Big[0].Key != "s19" || got.Big[0].Bytes < 19_000 || got.Big[3].Key != `"\x00"` || got.Big[3].Type != "list" {
			t.Errorf("big keys: %+v", got.Big)
		}
		time.Sleep(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.census.report(ctx); err == nil {
			t.Error("a walk goes on when nobody waits for it")
		}
		cache.Close()
		if w := ask(h, "GET", "/census.json"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("of a closed cache: status %d", w.Code)
		}
		if got := get[report](t, h, "/stats.json"); got.Memory != (memory{}) {
			t.Errorf("of a closed cache: %+v", got)
		}
	})
}

func TestKeyText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxKeyText)
	for key, want := range map[string]string{
		"user:1":                    "user:1",
		"<b>&amp;'":                 "<b>&amp;'",
		"":                          `""`,
		" a":                        `" a"`,
		"a b":                       "a b",
		"a\n":                       `"a\n"`,
		"\x00\xff":                  `"\x00\xff"`,
		"a\u202eb":                  `"a\u202eb"`,
		`say "x"`:                   `"say \"x\""`,
		`a\x00`:                     `"a\\x00"`,
		"héllo 日本":                  "héllo 日本",
		"\ufffd":                    `"` + "\ufffd" + `"`,
		long:                        long,
		long + "y":                  long + "… (121 bytes)",
		long[:maxKeyText-1] + "日本":  long[:maxKeyText-1] + "… (125 bytes)",
		strings.Repeat("\x80", 200): `"` + strings.Repeat(`\x80`, maxKeyText-4) + `"… (200 bytes)`,
	} {
		got := keyText(key)
		if got != want {
			t.Errorf("%q is shown as %s, want %s", key, got, want)
		}
	}
}
