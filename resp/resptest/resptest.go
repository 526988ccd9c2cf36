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
// The methods bear the names and have the arguments and results that miniredis has for them, so a test suite moves by a
// change of import, from
//
//	srv := miniredis.RunT(t)
//
// to
//
//	srv := resptest.RunT(t)
//
// or by importing this package as miniredis, since it has the names of its types and errors too. What differs: Run takes
// the test and fails it, rather than to return an error. Keys expire by themselves as time passes, and not by FastForward
// alone. TLS, and a time to start with, are options of RunWith. Commands are the server's own: there are no streams and
// no scripts, and what is chosen at random is not seeded. What has no method here is done with a typed store of Cache,
// which has one for every command.
package resptest

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
)

var (
	// ErrKeyNotFound is what shorthands that read return for a key that does not exist.
	ErrKeyNotFound = errors.New("resptest: key not found")

	// ErrWrongType is what they return for a key that holds a value of another type.
	ErrWrongType = datatypes.ErrWrongType
)

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
	// TLS is what connections are secured with. Nil is nothing.
	TLS *tls.Config
	// Logger takes what the server has to say. Nil discards it.
	Logger *slog.Logger
}

// Server is a server that runs until the test ends.
type Server struct {
	// Database is database 0, or the one that was selected; its methods are the server's.
	Database

	// Cache is the store that is served.
	Cache *larder.Cache

	options Options
	clock   clock
	resp    *resp.Server
	addr    string
	users   map[string]string // passwords, by name
	refusal string
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
	s.Select(0)
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
	s.resp = &resp.Server{Cache: s.Cache, Logger: logger, Password: s.options.Password, EnableDebug: true, TLSConfig: s.options.TLS}
	s.resp.Refuse(s.refusal)
	for name, password := range s.users {
		s.letIn(name, password)
	}
	if s.options.TLS != nil {
		go s.resp.ServeTLS(ln, "", "")
	} else {
		go s.resp.Serve(ln)
	}
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

// Dial returns a connection to the server that needs no socket. It does not fail: the error is there for dialers.
func (s *Server) Dial() (net.Conn, error) { return s.resp.Dial(), nil }

// Close ends the server and all its connections, as if it had crashed. The data stays: Restart
// serves it again. The end of the test closes it anyway.
func (s *Server) Close() { s.resp.Close() }

// Restart serves the same data at the same address after Close.
func (s *Server) Restart() error { return s.start(s.addr) }

// RequireAuth makes clients give a password before other commands; the empty one
// lets everybody in again.
func (s *Server) RequireAuth(password string) {
	s.options.Password = password
	must(s.resp.SetConfig(resp.Setting{Name: "requirepass", Value: password}))
	s.admitNameless()
}

// RequireUserAuth lets in a user who may do everything and has that password, and nobody without a name any more unless
// they have the password of RequireAuth. With the empty password the user is not let in any more.
func (s *Server) RequireUserAuth(name, password string) {
	if name == "default" {
		s.RequireAuth(password)
		return
	}
	if password == "" {
		delete(s.users, name)
		s.resp.DeleteUsers(name)
	} else {
		if s.users == nil {
			s.users = make(map[string]string)
		}
		s.users[name] = password
		s.letIn(name, password)
	}
	s.admitNameless()
}

func (s *Server) letIn(name, password string) {
	must(s.resp.SetUser(name, "reset", "on", ">"+password, "~*", "&*", "+@all"))
	s.admitNameless()
}

// admitNameless lets in those without a name if nobody else needs a password, or they have one of their own.
func (s *Server) admitNameless() {
	rule := "on"
	if len(s.users) > 0 && s.options.Password == "" {
		rule = "off"
	}
	must(s.resp.SetUser("default", rule))
}

// SetError has every command answered with an error, such as "LOADING Redis is loading the dataset in memory", until it
// is called with the empty text.
func (s *Server) SetError(text string) {
	s.refusal = text
	s.resp.Refuse(text)
}

// Server returns the server itself. Restart replaces it.
func (s *Server) Server() *resp.Server { return s.resp }

// CommandCount returns how many commands have been executed since the start or the last Restart.
func (s *Server) CommandCount() int { return int(s.resp.Stats().Commands) }

// CurrentConnectionCount returns how many clients are connected.
func (s *Server) CurrentConnectionCount() int { return s.resp.Stats().Clients }

// TotalConnectionCount returns how many clients have connected since the start or the last Restart.
func (s *Server) TotalConnectionCount() int { return int(s.resp.Stats().Connections) }

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

// Select has the shorthands of the server from here on work on a numbered database. It must not be called while they are
// used.
func (s *Server) Select(n int) { s.Database = s.database(n) }

// DB returns a numbered database.
func (s *Server) DB(n int) *Database {
	db := s.database(n)
	return &db
}

func (s *Server) database(n int) Database {
	stores, err := s.Cache.DB(n)
	must(err)
	return Database{stores}
}

// SwapDB exchanges two numbered databases and reports whether there are such.
func (s *Server) SwapDB(i, j int) bool { return s.Cache.SwapDB(i, j) == nil }

// Copy copies a key, whatever the other one held before. It returns ErrKeyNotFound if there is none.
func (s *Server) Copy(fromDB int, from string, toDB int, to string) error {
	if !s.database(fromDB).Exists(from) {
		return ErrKeyNotFound
	}
	_, err := s.database(fromDB).DB.Keys().Copy(from, to, datatypes.CopyOptions{DB: &toDB, Replace: true})
	return err
}

// FlushAll deletes all keys of all databases.
func (s *Server) FlushAll() { must(s.Cache.FlushAll()) }

// must is for errors that a cache returns only when it is closed or full, or has no such database, which in a test is a
// mistake of the test.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
