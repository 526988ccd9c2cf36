package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
)

// settings are what a run is made of. Runs of the same settings draw the same random numbers; how their goroutines
// interleave differs.
type settings struct {
	duration  time.Duration
	memory    int64 // limit of the cache
	allowance int64 // of the process beyond 1.10 times the limit
	seed      uint64
	workers   int // of each type
	visitors  int
	phase     time.Duration // between two lulls
	every     time.Duration // between two reports
	out       io.Writer
}

// soak is a run: a cache and a ledger, each with a server, and all who use them.
type soak struct {
	settings
	cache       *larder.Cache
	server      *resp.Server
	addr        string
	tlsAddr     string
	ledger      ledger
	bank        *resp.Server // the ledger's
	policies    policies
	report      report
	users       []user
	tell        *time.Ticker // when to report
	lastVisitor atomic.Int64 // the number of its connection
	trouble     chan error   // that a server has logged
	serving     sync.WaitGroup
	idle        baseline
}

// user is a goroutine that uses the cache during a phase.
type user interface {
	run(ctx context.Context) error
	forget() // what it knows of the cache, which was emptied
}

// phases are the policies in turn.
var phases = []larder.Policy{larder.AllKeysLFU, larder.VolatileTTL, larder.AllKeysLRU, larder.NoEviction, larder.VolatileLRU,
	larder.AllKeysRandom}

// run runs the program and returns the first violation.
func run(o settings) error {
	s := &soak{settings: o, trouble: make(chan error, 1)}
	s.report.out, s.report.began = o.out, time.Now()
	if err := s.open(); err != nil {
		return err
	}
	defer s.close()
	s.tell = time.NewTicker(s.every)
	defer s.tell.Stop()
	for n := 0; time.Since(s.report.began) < s.duration; n++ {
		if err := s.runPhase(n); err != nil {
			s.report.print(s)
			return fmt.Errorf("seed %d, phase %d, %v: %w", s.seed, n, s.cache.Policy(), err)
		}
	}
	s.report.print(s)
	return nil
}

func (s *soak) open() (err error) {
	if s.cache, err = larder.Open(larder.Options{MaxBytes: s.memory}); err != nil {
		return err
	}
	if s.ledger.cache, err = larder.Open(larder.Options{Policy: larder.NoEviction, Shards: 4}); err != nil {
		return err
	}
	certificate, err := newCertificate()
	if err != nil {
		return err
	}
	s.server, s.bank = s.newServer(s.cache), s.newServer(s.ledger.cache)
	s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	if s.addr, err = s.serve(s.server); err != nil {
		return err
	}
	if s.tlsAddr, err = s.serveTLS(); err != nil {
		return err
	}
	if s.ledger.addr, err = s.serve(s.bank); err != nil {
		return err
	}
	if err = s.ledger.open(); err != nil {
		return err
	}
	s.enlist()
	return s.idle.measure(s)
}

func (s *soak) newServer(cache *larder.Cache) *resp.Server {
	return &resp.Server{Cache: cache, Logger: slog.New(watchman{s.trouble})}
}

func (s *soak) serve(server *resp.Server) (addr string, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.serving.Go(func() { server.Serve(ln) })
	return ln.Addr().String(), nil
}

// serveTLS offers TLS beside.
func (s *soak) serveTLS() (addr string, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.serving.Go(func() { s.server.ServeTLS(ln, "", "") })
	return ln.Addr().String(), nil
}

func (s *soak) close() {
	s.server.Close()
	s.bank.Close()
	s.serving.Wait()
	s.cache.Close()
	s.ledger.cache.Close()
}

// enlist makes all users. Pages that are all written once would take twice the limit.
func (s *soak) enlist() {
	const pageWorkers = 2
	for n := range s.workers {
		for i, k := range kinds {
			s.users = append(s.users, newTypeWorker(s, n*len(kinds)+i, k))
		}
		s.users = append(s.users, newLedgerWorker(s, 2*n), newLedgerWorker(s, 2*n+1), newQueueWorker(s, 2*n),
			newQueueWorker(s, 2*n+1))
	}
	for n := range pageWorkers {
		s.users = append(s.users, newPageWorker(s, n, 1, largestPage, 2*s.memory/pageWorkers))
	}
	s.users = append(s.users, newPageWorker(s, pageWorkers, flushedDB, largestPage, s.memory/16),
		newPageWorker(s, pageWorkers+1, 3, hugePage, s.memory/4), newAlgebraWorker(s, 0), newDatabaseWorker(s),
		newListener(s, 0), newTrackingWorker(s), newLoaderWorker(s), &operator{soak: s, rng: s.random("operator", 0)})
	for n := range s.visitors {
		s.users = append(s.users, newVisitor(s, n))
	}
}

// random is the source of a user's random numbers.
func (s *soak) random(name string, n int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, name, n)
	return rand.New(rand.NewPCG(s.seed, h.Sum64()))
}

// db is a database of the cache. It panics for one that does not exist, which is a mistake of this program.
func (s *soak) db(n int) larder.DB {
	db, err := s.cache.DB(n)
	if err != nil {
		panic(err)
	}
	return db
}

// pageTTL is how long a page lives: where only what expires is evicted, for a while at most, and where nothing is, long
// enough for writes to be refused and short enough for others to succeed.
func (s *soak) pageTTL(rng *rand.Rand) time.Duration {
	switch policy := s.cache.Policy(); {
	case policy == larder.NoEviction:
		return time.Duration(1+rng.IntN(20000)) * time.Millisecond
	case !evictsAny(policy), rng.IntN(2) == 0:
		return time.Duration(1+rng.IntN(60000)) * time.Millisecond
	}
	return 0
}

// runPhase lets all users at the cache, then checks what must hold once they have left.
func (s *soak) runPhase(n int) error {
	policy := phases[n%len(phases)]
	if err := s.beginPolicy(policy); err != nil {
		return err
	}
	until := min(s.phase, s.duration-time.Since(s.report.began))
	ctx, stop := context.WithTimeout(context.Background(), until)
	defer stop()
	if err := s.letIn(ctx, stop); err != nil {
		return err
	}
	return s.lull()
}

// beginPolicy changes the policy. What no policy but those for all keys would evict is deleted first, for there would be
// no room for anything else.
func (s *soak) beginPolicy(policy larder.Policy) error {
	if !evictsAny(policy) {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.policies.begin(policy)
	return s.cache.SetPolicy(policy)
}

// letIn runs all users until the phase ends or one of them finds a violation.
func (s *soak) letIn(ctx context.Context, stop func()) error {
	failed := make(chan error, len(s.users)+1)
	var running sync.WaitGroup
	for _, u := range s.users {
		running.Go(func() {
			if err := u.run(ctx); err != nil {
				failed <- err
				stop()
			}
		})
	}
	if err := s.watch(ctx); err != nil {
		failed <- err
		stop()
	}
	if !within(2*answerTime, running.Wait) {
		return errors.New("users do not come to an end\n" + stacks())
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// watch reports now and then, and checks all the time what must hold at any moment.
func (s *soak) watch(ctx context.Context) error {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.trouble:
			return err
		case <-s.tell.C:
			s.report.print(s)
		case <-look.C:
			if err := s.checkMemory(); err != nil {
				return err
			}
		}
	}
}

// within reports whether f returns in time.
func within(d time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// watchman is a log that takes errors, such as panics, for violations.
type watchman struct{ trouble chan<- error }

func (w watchman) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (w watchman) WithAttrs([]slog.Attr) slog.Handler               { return w }
func (w watchman) WithGroup(string) slog.Handler                    { return w }
func (w watchman) Handle(_ context.Context, r slog.Record) error {
	text := "the server logged: " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	select {
	case w.trouble <- errors.New(text):
	default:
	}
	return nil
}
