// Sessions keeps the sessions of a web service: a hash for each user, a field for each of the user's devices. A field
// expires by itself when its device was silent for too long, and takes none of the others with it; yet all sessions of a
// user can be listed, or ended, at once.
//
//	go run ./examples/sessions
//	curl -i -c jar -X POST 'localhost:8080/login?user=ada'
//	curl -b jar localhost:8080/sessions
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func main() {
	addr := flag.String("http", "localhost:8080", "address of the web service")
	flag.Parse()
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	log.Print(http.ListenAndServe(*addr, routes(&sessions{cache: cache, idle: 30 * time.Minute})))
}

// sessions are those of all users. A session ends when it was not used for the idle time.
type sessions struct {
	cache *larder.Cache
	idle  time.Duration
}

func key(user string) string { return "sessions:" + user }

// begin begins a session of a user and returns its token, which nobody can guess.
func (s *sessions) begin(user, device string) (token string, err error) {
	id := rand.Text()
	_, err = s.cache.Hashes().SetEx(key(user), datatypes.SetOptions{TTL: s.idle}, datatypes.Field{Name: id, Value: []byte(device)})
	return user + " " + id, err
}

// use returns whose session a token stands for, and gives it another idle time to live, in one step.
func (s *sessions) use(token string) (user string, ok bool, err error) {
	user, id, _ := strings.Cut(token, " ")
	devices, err := s.cache.Hashes().GetEx(nil, key(user), datatypes.GetExOptions{TTL: s.idle}, id)
	return user, err == nil && devices[0] != nil, err
}

// session describes one of a user's sessions.
type session struct {
	device string
	ends   time.Duration // from now, if it is not used
}

// list returns the sessions of a user.
func (s *sessions) list(user string) (list []session, err error) {
	err = s.cache.Update([]string{key(user)}, func(tx *larder.Tx) error {
		fields, err := tx.Hashes().GetAll(key(user))
		if err != nil {
			return err
		}
		ids := make([]string, len(fields))
		for i, f := range fields {
			ids[i] = f.Name
		}
		expiries, err := tx.Hashes().Expiry(key(user), ids...)
		for i, e := range expiries {
			list = append(list, session{string(fields[i].Value), e.TTL})
		}
		return err
	})
	return list, err
}

// end ends a session.
func (s *sessions) end(token string) error {
	user, id, _ := strings.Cut(token, " ")
	_, err := s.cache.Hashes().Delete(key(user), id)
	return err
}

// endAll ends all sessions of a user, as after a change of the password.
func (s *sessions) endAll(user string) error {
	_, err := s.cache.Keys().Del(key(user))
	return err
}

const cookieName = "session"

// routes serves the sessions.
func routes(s *sessions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		// Here a service would ask for the password.
		token, err := s.begin(r.FormValue("user"), r.UserAgent())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token, Quoted: true, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	})
	mux.Handle("GET /sessions", s.require(func(w http.ResponseWriter, user, _ string) error {
		list, err := s.list(user)
		for _, each := range list {
			fmt.Fprintf(w, "%s, ends in %v\n", each.device, each.ends.Round(time.Second))
		}
		return err
	}))
	mux.Handle("POST /logout", s.require(func(_ http.ResponseWriter, _, token string) error { return s.end(token) }))
	mux.Handle("POST /logout-everywhere", s.require(func(_ http.ResponseWriter, user, _ string) error { return s.endAll(user) }))
	return mux
}

// require serves requests that belong to a session, and refuses others.
func (s *sessions) require(serve func(w http.ResponseWriter, user, token string) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(cookieName)
		if err != nil {
			http.Error(w, "not logged in", http.StatusUnauthorized)
			return
		}
		user, ok, err := s.use(cookie.Value)
		if err == nil && !ok {
			http.Error(w, "the session has ended", http.StatusUnauthorized)
			return
		}
		if err == nil {
			err = serve(w, user, cookie.Value)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
}
