// Package dashboard serves a live page about a cache and its server.
//
//	http.Handle("/cache/", http.StripPrefix("/cache", &dashboard.Handler{Cache: cache, Server: server}))
//
// The page shows the hit ratio, operations a second, latencies, memory by type and by fragmentation, expiry and eviction,
// clients, the hot and the big keys and the slow log. It is plain HTML, CSS and JavaScript embedded in the binary, loads
// nothing from elsewhere and can change nothing.
//
// # What it costs
//
// Nothing while nobody looks at it: there is no goroutine and no timer. An open page asks once a second for what has
// happened since it last asked, and that request takes the sample which it answers with. So the page's charts begin when
// somebody opens it, and several pages share the samples. The walk over all keys that finds the big ones runs within
// requests too, ends with them, and takes no more than a twentieth of the time.
//
// # Who may see it
//
// The names of keys are on the page, so where a server is shown that has users with passwords, the page asks for the name
// and password of one who may execute the commands by which he would learn the same; see [Login]. Where its default user
// needs no password, or there is no server, whoever can reach the handler sees it. Requests that come over the loopback
// interface must be addressed to it by name, so that a web page from elsewhere cannot read it through the visitor's
// browser by having its own name resolve to 127.0.0.1 (DNS rebinding). The page's Content-Security-Policy lets it use
// only its own files, and names of keys, whatever they hold, are only ever made text.
package dashboard

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
)

// Handler serves the page about one cache, at whatever path it is mounted, which must end with a slash. Set the fields
// before the first request and leave them alone afterwards. It must not be copied.
type Handler struct {
	Cache *larder.Cache

	// Server is the one that serves the cache. Nil means that the cache is only used from within the program, and leaves
	// out what is the server's.
	Server *resp.Server

	// Counters are those of the lookups that the program makes itself, by DB.WithCounters. Without them and without a
	// server there is no hit ratio.
	Counters []*larder.Counters

	// Name is what the page calls the cache. Empty means larder.
	Name string

	// Hosts are names by which the handler may be addressed over the loopback interface, beside localhost: those that a
	// proxy on this machine passes on.
	Hosts []string

	// NoLogin asks nobody for a password, though the server would. What is around the handler must see to it who comes.
	NoLogin bool

	once    sync.Once
	history history
	census  census
}

//go:embed page
var files embed.FS

// contentTypes are the files of the page. Types are given here because those that systems know differ.
var contentTypes = map[string]string{
	"index.html": "text/html; charset=utf-8",
	"style.css":  "text/css; charset=utf-8",
	"page.js":    "text/javascript; charset=utf-8",
	"icon.svg":   "image/svg+xml",
}

// policy lets the page use nothing but its own files, and nobody show it within a page of theirs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func (h *Handler) init() {
	h.once.Do(func() {
		h.history.source.Cache, h.history.source.Server, h.history.source.Counters = h.Cache, h.Server, h.Counters
		h.census.cache, h.census.turn = h.Cache, make(chan struct{}, 1)
	})
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.init()
	page := http.Handler(http.HandlerFunc(h.serve))
	if h.Server != nil && !h.NoLogin {
		page = Login(h.Server, page, shown...)
	}
	Guard(page, h.Hosts...).ServeHTTP(w, r)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "the page is only to be looked at", http.StatusMethodNotAllowed)
		return
	}
	switch name := strings.TrimPrefix(r.URL.Path, "/"); name {
	case "stats.json":
		after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64) // 0, the beginning, if it makes no sense
		writeJSON(w, h.report(after))
	case "census.json":
		report, err := h.census.report(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		writeJSON(w, report)
	case "":
		writeFile(w, "index.html")
	default:
		writeFile(w, name)
	}
}

func writeFile(w http.ResponseWriter, name string) {
	data, err := fs.ReadFile(files, path.Join("page", name))
	if contentTypes[name] == "" || err != nil {
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", contentTypes[name])
	w.Write(data)
}

func writeJSON(w http.ResponseWriter, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(data)
}
