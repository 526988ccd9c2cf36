// Larderd serves a cache to clients of Redis and Valkey.
//
//	larderd --port 6379 --maxmemory 1gb --maxmemory-policy allkeys-lfu
//	larderd /etc/larder.conf --port 6379
//	larderd --http :8080
//
// Its flags have the names, the values and, but for io-threads, the defaults of redis.conf. They may stand in a file of
// that format, which is the first argument, or in the environment: LARDER_MAXMEMORY_POLICY for --maxmemory-policy. The
// flag wins over the variable, and that over the line. A parameter that larder does not have is an error. It listens on
// the loopback addresses unless it is told otherwise. On SIGTERM, SIGINT or SHUTDOWN it answers what it has received
// and ends; the data ends with it. On SIGHUP it reads the certificates of tls-port again.
//
// With --http it serves a live page about itself, and /metrics for Prometheus, to this machine, or to others if the
// address says so. It asks for the name and password of a user who may execute INFO, SCAN and what else it shows; where
// the default user needs no password, whoever can reach it sees the names of keys. --http-pprof yes adds profiles of the
// process at /debug/pprof, which tell more than that, such as the flags.
//
// The exit status is 0 after a signal or SHUTDOWN, 1 when it could not serve, 2 when it was called wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

// patience is how long clients may take to receive the last replies.
const patience = 5 * time.Second

func main() {
	// The second signal ends the process at once: stop gives signals their usual effect back.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the whole program. It returns the exit status, once ctx is done or it cannot go on.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	o, err := parse(args, environ)
	switch {
	case errors.Is(err, errHelp):
		writeHelp(stdout)
		return 0
	case errors.Is(err, errVersion):
		fmt.Fprintln(stdout, version())
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "larderd:", err)
		return exitUsage
	}
	log := newLogger(stderr, o.config["loglevel"])
	if err := serve(ctx, o, log); err != nil {
		log.Error("cannot serve", "error", err)
		return exitFailure
	}
	return 0
}

// serve opens the cache and serves it until ctx is done.
func serve(ctx context.Context, o options, log *slog.Logger) error {
	cfg := o.config
	policy, err := larder.ParsePolicy(cfg["maxmemory-policy"])
	if err != nil {
		return err
	}
	cache, err := larder.Open(larder.Options{
		MaxBytes:  cfg.number("maxmemory"),
		Policy:    policy,
		Databases: int(cfg.number("databases")),
	})
	if err != nil {
		return err
	}
	defer cache.Close()
	ctx, end := context.WithCancel(ctx)
	defer end()
	srv := &resp.Server{
		Cache:       cache,
		Logger:      log,
		Password:    cfg["requirepass"],
		ACLFile:     cfg["aclfile"],
		ConfigFile:  o.file,
		Loops:       int(cfg.number("io-threads")),
		OnShutdown:  end,
		EnableDebug: cfg.yes("enable-debug-command"),
	}
	if err := srv.SetConfig(cfg.settings()...); err != nil {
		return err
	}
	if srv.ACLFile != "" {
		if err := srv.LoadUsers(); err != nil {
			return err
		}
	}
	for _, user := range o.users {
		if err := srv.SetUser(user.Name, user.Rules...); err != nil {
			return err
		}
	}
	listeners, err := listen(ctx, cfg, log)
	if err != nil {
		return err
	}
	page, err := listenHTTP(ctx, cfg, srv, log)
	if err != nil {
		for _, ln := range listeners {
			ln.Close()
		}
		return err
	}
	return serveAll(ctx, srv, listeners, page, log)
}

// serveAll serves the listeners, and the live page if there is one, until ctx is done or one of them fails.
func serveAll(ctx context.Context, srv *resp.Server, listeners []listener, page *web, log *slog.Logger) error {
	failed := make(chan error, len(listeners)+1)
	for _, ln := range listeners {
		log.Info("listening", "network", ln.Addr().Network(), "addr", ln.Addr().String(), "tls", ln.tls)
		go func() {
			if ln.tls {
				failed <- srv.ServeTLS(ln.Listener, "", "")
				return
			}
			failed <- srv.Serve(ln.Listener)
		}()
	}
	if page != nil {
		go func() { failed <- page.serve() }()
	}
	log.Info("ready", "version", version(), "pid", os.Getpid())
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	err := awaitEnd(ctx, srv, failed, hangup, log)
	limited, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if cutOff := srv.Shutdown(limited); cutOff != nil {
		log.Warn("connections were cut off", "error", cutOff)
	}
	if page != nil {
		page.end(limited)
	}
	log.Info("bye")
	return err
}

// awaitEnd returns when ctx is done, or with the error of the listener that fails. Until then the certificates are read
// again whenever there is a hangup.
func awaitEnd(ctx context.Context, srv *resp.Server, failed <-chan error, hangup <-chan os.Signal, log *slog.Logger) error {
	for {
		select {
		case <-ctx.Done():
			log.Info("shutting down")
			return nil
		case err := <-failed:
			return err
		case <-hangup:
			if err := srv.ReloadTLS(); err != nil {
				log.Warn("certificates not reloaded", "error", err)
				continue
			}
			log.Info("certificates reloaded")
		}
	}
}

// number returns the value of a parameter that is a number.
func (c config) number(name string) int64 {
	n, err := strconv.ParseInt(c[name], 10, 64)
	if err != nil {
		panic("larderd: " + name + " is not a number: " + c[name]) // parse has checked it
	}
	return n
}

func (c config) yes(name string) bool { return c[name] == "yes" }
