package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/larderkv/larder/internal/numeric"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/dashboard"
	"github.com/larderkv/larder/resp/prommetrics"
)

// ownParameters are those that a server does not have, but the program.
var ownParameters = []resp.Parameter{
	resp.NewParameter("http", "", "address of the live page and /metrics: a port, on the loopback interface, or host:port; empty is none", parseHTTPAddress),
	resp.NewParameter("http-pprof", "no", "serve profiles of the process at /debug/pprof on the address of http", parseYesNo),
}

// parseHTTPAddress returns an address to listen on. A port alone is one of the loopback interface: what is served tells
// the names of keys to whoever asks.
func parseHTTPAddress(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if !strings.Contains(text, ":") {
		text = ":" + text
	}
	host, port, err := net.SplitHostPort(text)
	if n, notANumber := strconv.ParseUint(port, 10, 16); err != nil || notANumber != nil || n == 0 {
		return "", errors.New("argument must be a port or host:port")
	}
	switch host {
	case "":
		host = "127.0.0.1"
	case "*":
		host = "0.0.0.0"
	}
	return net.JoinHostPort(host, port), nil
}

func parseYesNo(text string) (string, error) {
	on, ok := numeric.ParseYesNo(text)
	if !ok {
		return "", errors.New("argument must be 'yes' or 'no'")
	}
	if on {
		return "yes", nil
	}
	return "no", nil
}

// web is what serves the live page.
type web struct {
	ln     net.Listener
	server *http.Server
}

// listenHTTP opens the address of the parameter http. It returns nil if that is empty.
func listenHTTP(ctx context.Context, cfg config, srv *resp.Server, log *slog.Logger) (*web, error) {
	if cfg["http"] == "" {
		return nil, nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg["http"])
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	log.Info("live page", "url", "http://"+ln.Addr().String()+"/")
	if !ln.Addr().(*net.TCPAddr).IP.IsLoopback() && srv.Authorize("default", "", "SCAN 0") == nil {
		log.Warn("other machines may see the live page, and with it the names of keys", "addr", ln.Addr().String())
	}
	return &web{ln, &http.Server{
		Handler:           dashboard.Guard(httpRoutes(srv, cfg.yes("http-pprof"), log)),
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      2 * time.Minute, // profiles take half a minute, unless they are asked to take longer
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}}, nil
}

func httpRoutes(srv *resp.Server, profiles bool, log *slog.Logger) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		prommetrics.NewCollector(srv.Cache, srv),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	mux := http.NewServeMux()
	mux.Handle("/", &dashboard.Handler{Cache: srv.Cache, Server: srv})
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	})
	mux.Handle("GET /metrics", dashboard.Login(srv, metrics, "INFO"))
	if profiles {
		debug := http.NewServeMux()
		debug.HandleFunc("/debug/pprof/", pprof.Index)
		debug.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		debug.HandleFunc("/debug/pprof/profile", pprof.Profile)
		debug.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		debug.HandleFunc("/debug/pprof/trace", pprof.Trace)
		mux.Handle("GET /debug/pprof/", dashboard.Login(srv, debug, "DEBUG HELP"))
	}
	return mux
}

// serve serves until end is called, and returns the reason if it cannot go on until then.
func (w *web) serve() error {
	if err := w.server.Serve(w.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

// end lets requests that are under way finish as long as ctx lasts.
func (w *web) end(ctx context.Context) {
	if w.server.Shutdown(ctx) != nil {
		w.server.Close()
	}
}
