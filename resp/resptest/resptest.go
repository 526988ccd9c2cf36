// Package resptest starts a real server for a test, in one line:
//
//	srv := resptest.Run(t)
//	client := redis.NewClient(&redis.Options{Addr: srv.Addr()})
//
// It is a [resp.Server] over a cache of its own, on a free port of the loopback
// interface, and ends with the test. What the code under test does through its client
// is seen at once through the typed stores of srv.Cache, and the other way round.
//
// # Time
//
// Time passes as it does outside, so keys expire while a test sleeps. A test that would rather not
// sleep moves the clock: FastForward lets time pass at once, SetTime stops the clock at a time of
// the test's choice. Either way what has expired is gone when the call returns.
//
// # Coming from miniredis
//
// Run, RunT, Addr, Host, Port, FastForward, SetTime, Set, Get, Exists, Del, Type, TTL, SetTTL, Keys,
// FlushAll, Select, RequireAuth, CheckGet, Close and Restart mean what they mean there. Differences: keys
// expire by themselves, all commands are the server's own, and what has no method here is done with a typed
// store of Cache, which has one for every command.
package resptest

import (
	"errors"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
)

// ErrKeyNotFound is what Get returns for a key that does not exist.
var ErrKeyNotFound = errors.New("resptest: key not found")

// TB is what of testing.TB a server needs.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Options configure a server. The zero value is a cache without a limit whose clock
// goes.
type Options struct {
	// Cache has the options of the cache. Its Clock is the server's own.
	Cache larder.Options
	// Time is when the clock starts, and stays until it is moved. Zero is a clock that goes with the system's.
	Time time.Time
	// Password is what clients must give, the empty one none.
	Password string
	// Logger takes what the server has to say. Nil discards it.
	Logger *slog.Logger
}

// Server is a server that runs until the test ends.
type Server struct {
	// DB is database 0; its methods are the server's.
	DB

	// Cache is the store that is served.
	Cache *larder.Cache

	options Options
	clock   clock
	resp    *resp.Server
	addr    string
}

// Run starts a server that ends with the test.
func Run(t TB) *Server {
	t.Helper()
	return RunWith(t, Options{})
}

// RunT is Run under the name that miniredis has for it.
func RunT(t TB) *Server {
	t.Helper()
	return Run(t)
}

// RunWith is Run with options.
func RunWith(t TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o}
	s.clock.stop(o.Time)
	o.Cache.Clock = &s.clock
	cache, err := larder.Open(o.Cache)
	if err != nil {
		t.Fatalf("resptest: %v", err)
	}
	s.Cache = cache
	s.DB = s.database(0)
	if err := s.start("127.0.0.1:0"); err != nil {
		cache.Close()
		t.Fatalf("resptest: %v", err)
	}
	t.Cleanup(func() {
		s.Close()
		cache.Close()
	})
	return s
}

func (s *Server) start(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	logger := s.options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s.addr = ln.Addr().String()
	s.resp = &resp.Server{Cache: s.Cache, Logger: logger, Password: s.options.Password, EnableDebug: true}
	go s.resp.Serve(ln)
	return nil
}

// Addr returns the host and port that the server listens on.
func (s *Server) Addr() string { return s.addr }

// Host returns the host part of Addr.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.addr)
	return host
}

// Port returns the port part of Addr.
func (s *Server) Port() string {
	_, port, _ := net.SplitHostPort(s.addr)
	return port
}

// Dial returns a connection to the server that needs no socket.
func (s *Server) Dial() net.Conn { return s.resp.Dial() }

// Close ends the server and all its connections, as if it had crashed. The data stays: Restart
// serves it again. The end of the test closes it anyway.
func (s *Server) Close() { s.resp.Close() }

// Restart serves the same data at the same address after Close.
func (s *Server) Restart() error { return s.start(s.addr) }

// RequireAuth makes clients give a password before other commands; the empty one
// lets everybody in again.
func (s *Server) RequireAuth(password string) {
	s.options.Password = password
	if err := s.resp.SetConfig(resp.Setting{Name: "requirepass", Value: password}); err != nil {
		panic(err) // any text is a password
	}
}

// FastForward lets time pass at once. What then has expired is gone when it returns.
func (s *Server) FastForward(d time.Duration) {
	s.clock.forward(d)
	s.settle()
}

// SetTime stops the clock at t. From then on time passes by FastForward only.
func (s *Server) SetTime(t time.Time) {
	s.clock.stop(t)
	s.settle()
}

// Now returns the server's time.
func (s *Server) Now() time.Time { return s.clock.Now() }

// settle has the cache do what it would do in the background.
func (s *Server) settle() {
	for s.Cache.Maintain() {
	}
}

// Select returns a numbered database.
func (s *Server) Select(n int) DB { return s.database(n) }

func (s *Server) database(n int) DB {
	stores, err := s.Cache.DB(n)
	if err != nil {
		panic(err)
	}
	return DB{stores}
}

// FlushAll deletes all keys of all databases.
func (s *Server) FlushAll() { must(s.Cache.FlushAll()) }

// DB is a numbered database, with shorthands for what tests do most. For all else there
// are the typed stores, of which it has the methods too.
type DB struct{ larder.DB }

// must is for errors that a cache returns only when it is closed or full, which in a test is a mistake of the test.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Set makes a key hold a string.
func (db DB) Set(key, value string) error {
	_, err := db.Strings().Set(key, []byte(value), datatypes.SetOptions{})
	return err
}

// Get returns the string that a key holds, or ErrKeyNotFound.
func (db DB) Get(key string) (string, error) {
	v, ok, err := db.Strings().Get(key)
	if err == nil && !ok {
		err = ErrKeyNotFound
	}
	return string(v), err
}

// Exists reports whether a key exists.
func (db DB) Exists(key string) bool {
	n, err := db.DB.Keys().Exists(key)
	must(err)
	return n > 0
}

// Del deletes a key and reports whether it existed.
func (db DB) Del(key string) bool {
	n, err := db.DB.Keys().Del(key)
	must(err)
	return n > 0
}

// Type returns the name of a key's type, the empty string for a key that does not exist.
func (db DB) Type(key string) string {
	t, ok, err := db.DB.Keys().Type(key)
	must(err)
	if !ok {
		return ""
	}
	return t.String()
}

// TTL returns how long a key has still to live, zero if it does not exist or does not expire.
func (db DB) TTL(key string) time.Duration {
	ttl, ok, err := db.DB.Keys().TTL(key)
	must(err)
	if !ok || ttl == datatypes.NoTTL {
		return 0
	}
	return ttl
}

// SetTTL makes a key expire after ttl; zero or less makes it live for ever.
func (db DB) SetTTL(key string, ttl time.Duration) {
	var err error
	if ttl > 0 {
		_, err = db.DB.Keys().Expire(key, ttl, datatypes.ExpireAlways)
	} else {
		_, err = db.DB.Keys().Persist(key)
	}
	must(err)
}

// Keys returns all keys in order.
func (db DB) Keys() []string { return slices.Sorted(db.DB.Keys().All()) }

// CheckGet fails the test unless a key holds the string want.
func (db DB) CheckGet(t TB, key, want string) {
	t.Helper()
	if got, err := db.Get(key); err != nil || got != want {
		t.Errorf("GET %s is %q (error: %v), want %q", key, got, err, want)
	}
}
