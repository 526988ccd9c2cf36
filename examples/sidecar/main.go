// Sidecar is a web service that keeps its state in an embedded store and serves the same store to Redis clients: the
// service works in process, and operators and other programs look in from outside.
//
//	go run ./examples/sidecar
//	curl -X PUT -d 'hello' localhost:8080/notes/first
//	curl localhost:8080/notes/first
//	redis-cli -p 6380 GET note:first
//	redis-cli -p 6380 GET reads:first
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
)

func main() {
	httpAddr := flag.String("http", "localhost:8080", "address of the web service")
	respAddr := flag.String("resp", "localhost:6380", "address for Redis clients")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := listenAndRun(ctx, *httpAddr, *respAddr); err != nil {
		slog.Error("sidecar failed", "error", err)
		os.Exit(1)
	}
}

func listenAndRun(ctx context.Context, httpAddr, respAddr string) error {
	httpLn, err := net.Listen("tcp", httpAddr)
	if err != nil {
		return err
	}
	respLn, err := net.Listen("tcp", respAddr)
	if err != nil {
		httpLn.Close()
		return err
	}
	return run(ctx, httpLn, respLn)
}

// run serves both doors of one store until ctx is done or one of them fails.
func run(ctx context.Context, httpLn, respLn net.Listener) error {
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		return err
	}
	defer cache.Close()
	web := &http.Server{Handler: handler(cache), ReadHeaderTimeout: 5 * time.Second}
	redis := &resp.Server{Cache: cache}

	failed := make(chan error, 2)
	go func() { failed <- web.Serve(httpLn) }()
	go func() { failed <- redis.Serve(respLn) }()
	slog.Info("serving", "http", httpLn.Addr().String(), "resp", respLn.Addr().String())
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	// Both doors close before the store does, each after the requests under way have their answers.
	limited, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, web.Shutdown(limited), redis.Shutdown(limited))
}

// noteTTL is how long a note is kept.
const noteTTL = 24 * time.Hour

// notes is the web service: it uses the store with no protocol in between.
type notes struct{ cache *larder.Cache }

func handler(cache *larder.Cache) http.Handler {
	n := notes{cache}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /notes/{name}", n.put)
	mux.HandleFunc("GET /notes/{name}", n.get)
	mux.HandleFunc("GET /stats", n.stats)
	return mux
}

func (n notes) put(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	_, err = n.cache.Strings().Set("note:"+r.PathValue("name"), text, datatypes.SetOptions{TTL: noteTTL})
	switch {
	case errors.Is(err, datatypes.ErrOutOfMemory):
		http.Error(w, err.Error(), http.StatusInsufficientStorage)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (n notes) get(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	text, found, err := n.cache.Strings().Get("note:" + name)
	if err == nil && found {
		_, err = n.cache.Strings().Incr("reads:" + name)
	}
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case !found:
		http.NotFound(w, r)
	default:
		w.Write(text)
	}
}

func (n notes) stats(w http.ResponseWriter, _ *http.Request) {
	st := n.cache.Stats()
	fmt.Fprintf(w, "keys %d\nbytes %d of %d\nevicted %d\n", st.Keys, st.ResidentBytes, st.MaxBytes, st.Evicted)
}
