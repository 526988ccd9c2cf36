package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHTTPAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                "",
		"8080":            "127.0.0.1:8080",
		":8080":           "127.0.0.1:8080",
		"localhost:8080":  "localhost:8080",
		"0.0.0.0:8080":    "0.0.0.0:8080",
		"*:8080":          "0.0.0.0:8080",
		"[::]:80":         "[::]:80",
		"10.1.2.3:65535":  "10.1.2.3:65535",
		"8080x":           "error",
		":0":              "error",
		":65536":          "error",
		"localhost":       "error",
		"::1:80:90":       "error",
		"127.0.0.1:":      "error",
		"127.0.0.1:-1":    "error",
		"http://[::]:80/": "error",
	} {
		got, err := parseHTTPAddress(text)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
}

// fetch asks larderd's HTTP server, which may be about to start, for a page under a name of the server.
func fetch(t *testing.T, addr, path, host string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	for deadline := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		reply, err := http.DefaultClient.Do(r)
		if err == nil {
			defer reply.Body.Close()
			text, err := io.ReadAll(reply.Body)
			if err != nil {
				t.Fatal(err)
			}
			return reply.StatusCode, string(text)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	port := freePort(t)
	addr := "127.0.0.1:" + port
	p := start(t, "--port", "0", "--unixsocket", path, "--http", ":"+port, "--maxmemory", "64mb")
	c := connect(t, "unix", path)
	c.expect("SET k v", "+OK")
	for _, tt := range []struct {
		path, host string
		status     int
		part       string
	}{
		{"/", "", 200, "<title>larder</title>"},
		{"/stats.json", "localhost:" + port, 200, `"limit":67108864`},
		{"/census.json", "", 200, `"type":"string","keys":1`},
		{"/metrics", "", 200, "larder_memory_limit_bytes 6.7108864e+07\n"},
		{"/metrics", "", 200, `larder_keyspace_keys{db="0",type="string"} 1`},
		{"/metrics", "", 200, "\ngo_goroutines "},
		{"/metrics", "rebound.example:" + port, 421, "localhost"},
		{"/", "rebound.example:" + port, 421, "localhost"},
		{"/debug/pprof/", "", 404, ""},
		{"/debug/pprof/cmdline", "", 404, ""},
	} {
		status, body := fetch(t, addr, tt.path, tt.host)
		if status != tt.status || !strings.Contains(body, tt.part) {
			t.Errorf("%s of %q: status %d, want %d with %q:\n%.400s", tt.path, tt.host, status, tt.status, tt.part, body)
		}
	}
	if log := p.log.String(); strings.Contains(log, "other machines") || !strings.Contains(log, "http://"+addr+"/") {
		t.Errorf("log:\n%s", log)
	}
	p.stop()
	if status := p.wait(); status != 0 {
		t.Errorf("status %d", status)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the page outlives the server")
	}
}

func TestHTTPProfiles(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := start(t, "--port", "0", "--unixsocket", socketPath(t), "--http", "0.0.0.0:"+port, "--http-pprof", "yes")
	for path, want := range map[string]int{"/debug/pprof/": 200, "/debug/pprof/goroutine?debug=1": 200, "/debug/pprof/cmdline": 200, "/debug/pprof/nosuch": 404} {
		if status, _ := fetch(t, "127.0.0.1:"+port, path, ""); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
	if log := p.log.String(); !strings.Contains(log, "other machines may see the live page") {
		t.Errorf("log:\n%s", log)
	}
}

func TestHTTPAddressTaken(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	path := socketPath(t)
	p := start(t, "--port", "0", "--unixsocket", path, "--http", busy.Addr().String())
	if status := p.wait(); status != exitFailure || !strings.Contains(p.log.String(), "http: listen") {
		t.Errorf("status %d; log:\n%s", status, p.log.String())
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("it listens all the same")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if status := run(ctx, []string{"--http", "8080x"}, nil, io.Discard, io.Discard); status != exitUsage {
		t.Errorf("status %d", status)
	}
}

// TestHTTPLogin: what needs a password by RESP is not shown without one by HTTP.
func TestHTTPLogin(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := start(t, "--port", "0", "--unixsocket", socketPath(t), "--http", "0.0.0.0:"+port, "--http-pprof", "yes", "--requirepass", "secret")
	for _, path := range []string{"/", "/stats.json", "/census.json", "/metrics", "/debug/pprof/cmdline"} {
		if status, _ := fetch(t, "127.0.0.1:"+port, path, ""); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", path, status)
		}
		if status, body := fetch(t, ":secret@127.0.0.1:"+port, path, "localhost"); status != http.StatusOK {
			t.Errorf("%s with the password: status %d: %.200s", path, status, body)
		}
	}
	if log := p.log.String(); strings.Contains(log, "other machines may see") {
		t.Errorf("log:\n%s", log)
	}
}
