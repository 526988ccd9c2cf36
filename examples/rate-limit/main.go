// Rate-limit lets each client of a web service make so many requests a minute. It counts in the cache that the service
// has anyway, so all its goroutines, and whoever connects to the cache, share one count.
//
//	go run ./examples/rate-limit
//	curl -i localhost:8080
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"net"
	"net/http"
	"strconv"
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
	limit := &limiter{cache: cache, requests: 10, window: time.Minute}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") })
	log.Print(http.ListenAndServe(*addr, limit.wrap(hello)))
}

// limiter allows a number of requests in any window of time.
//
// It counts by fixed windows and estimates the sliding one that ends now: a quarter into the present window, that has
// the present count and three quarters of the previous one. So nobody gets twice the limit by waiting for the end of a
// window, and a client takes two small keys, which expire by themselves.
type limiter struct {
	cache    *larder.Cache
	requests int64
	window   time.Duration
}

// allow reports whether the limit has room for one more request, which it then counts. If not, wait is how long it takes
// until there may be.
func (l *limiter) allow(client string, now time.Time) (ok bool, wait time.Duration, err error) {
	number, into := now.UnixNano()/int64(l.window), time.Duration(now.UnixNano()%int64(l.window))
	// The {braces} keep the keys of a client together, so that the transaction locks one shard.
	present := fmt.Sprintf("rate:{%s}:%d", client, number)
	previous := fmt.Sprintf("rate:{%s}:%d", client, number-1)
	err = l.cache.Update([]string{present, previous}, func(tx *larder.Tx) error {
		before, err := count(tx, previous)
		if err != nil {
			return err
		}
		n, err := count(tx, present)
		if err != nil {
			return err
		}
		if wait = l.wait(before, n, into); wait > 0 {
			return nil
		}
		ok, wait = true, 0
		if _, err := tx.Strings().Incr(present); err != nil {
			return err
		}
		_, err = tx.Keys().Expire(present, 2*l.window, datatypes.ExpireNX)
		return err
	})
	return ok, wait, err
}

// wait returns how long it takes until the windows leave room for a request, if that is more than nothing.
func (l *limiter) wait(before, n int64, into time.Duration) time.Duration {
	room := l.requests - 1 - n // for what counts of the previous window
	switch {
	case room < 0:
		return l.window - into
	case before <= room:
		return 0
	}
	return time.Duration(float64(l.window)*(1-float64(room)/float64(before))) - into
}

// count returns what was counted under a key.
func count(tx *larder.Tx, key string) (int64, error) {
	value, ok, err := tx.Strings().Get(key)
	if err != nil || !ok {
		return 0, err
	}
	return strconv.ParseInt(string(value), 10, 64)
}

// wrap limits the requests that each address makes to a handler.
func (l *limiter) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			client = r.RemoteAddr
		}
		ok, wait, err := l.allow(client, time.Now())
		switch {
		case err != nil: // better to serve than to fail for want of a count
			log.Printf("rate limit: %v", err)
		case !ok:
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}
