// Read-through serves users from a slow database through a cache: most requests don't wait for the database, however slow
// it is, and it is asked once however many want the same user. Users are served for an hour after they got old while the
// first request of an old one has it loaded anew, so the service outlives a database that is away for a while.
//
//	go run ./examples/read-through
//	curl localhost:8080/users/1                      # 300 ms
//	curl localhost:8080/users/1                      # at once
//	curl -X PUT -d '{"name":"Ada L."}' localhost:8080/users/1
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes/typed"
)

func main() {
	addr := flag.String("http", "localhost:8080", "address of the web service")
	flag.Parse()
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	db := &database{latency: 300 * time.Millisecond, users: map[int64]user{1: {Name: "Ada"}, 2: {Name: "Bob"}}}
	s, err := newService(cache, db)
	if err != nil {
		log.Fatal(err)
	}
	defer s.users.Close()
	log.Print(http.ListenAndServe(*addr, s.routes()))
}

type user struct {
	Name string `json:"name"`
}

// service is a web service of users.
type service struct {
	db    *database
	users *typed.Loader[int64, user]
}

func newService(cache *larder.Cache, db *database) (*service, error) {
	users, err := typed.NewLoader(cache, typed.LoaderOptions[int64, user]{
		MapOptions: typed.MapOptions[int64, user]{
			Prefix: "user:",
			TTL:    time.Minute,
			Jitter: 0.1, // users that were loaded together don't get old together
		},
		Load: func(ctx context.Context, id int64) (user, error) {
			u, err := db.user(ctx, id)
			if errors.Is(err, errNoRows) {
				return u, typed.ErrNotFound
			}
			return u, err
		},
		LoadTimeout: 5 * time.Second,
		Stale:       time.Hour,
		NotFoundTTL: 10 * time.Second, // guesses of numbers don't reach the database each time
		ErrorTTL:    time.Second,      // nor does everybody at once when it fails
		OnError:     func(id int64, err error) { log.Printf("loading user %d: %v", id, err) },
	})
	return &service{db, users}, err
}

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", s.get)
	mux.HandleFunc("PUT /users/{id}", s.put)
	return mux
}

func (s *service) get(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "no number", http.StatusBadRequest)
		return
	}
	u, err := s.users.Load(r.Context(), id) // a client that hangs up ends its own wait only
	switch {
	case errors.Is(err, typed.ErrNotFound):
		http.Error(w, "no such user", http.StatusNotFound)
	case err != nil:
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	default:
		json.NewEncoder(w).Encode(u)
	}
}

func (s *service) put(w http.ResponseWriter, r *http.Request) {
	var u user
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || json.NewDecoder(r.Body).Decode(&u) != nil {
		http.Error(w, "no number, or no user", http.StatusBadRequest)
		return
	}
	if err := s.db.setUser(r.Context(), id, u); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	// First the database, then the cache: a load that read the old user meanwhile can't bring it back.
	if _, err := s.users.Delete(id); err != nil {
		log.Printf("forgetting user %d: %v", id, err)
	}
}

var (
	errNoRows = errors.New("no rows")
	errDown   = errors.New("the database is down")
)

// database stands for one that is slow, and at times down.
type database struct {
	latency time.Duration

	mu      sync.Mutex
	users   map[int64]user
	down    bool
	queries int
}

func (db *database) query(ctx context.Context, fn func() error) error {
	select {
	case <-time.After(db.latency):
	case <-ctx.Done():
		return ctx.Err()
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.queries++; db.down {
		return errDown
	}
	return fn()
}

func (db *database) user(ctx context.Context, id int64) (u user, err error) {
	err = db.query(ctx, func() error {
		var ok bool
		if u, ok = db.users[id]; !ok {
			return errNoRows
		}
		return nil
	})
	return u, err
}

func (db *database) setUser(ctx context.Context, id int64, u user) error {
	return db.query(ctx, func() error {
		db.users[id] = u
		return nil
	})
}
