package main

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
)

// TestOpenLoop has a server asked for the values of all its keys, at a rate and as fast as it can.
func TestOpenLoop(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs epoll")
	}
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	srv := &resp.Server{Cache: cache}
	defer srv.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	s := &server{port: ln.Addr().(*net.TCPAddr).Port}
	const keys, clients = 100, 10
	if err := loadKeys(s, keys); err != nil {
		t.Fatal(err)
	}
	for _, rate := range []float64{0, 1000} {
		r, err := openLoop{clients: clients, keys: keys, rate: rate, took: 300 * time.Millisecond, seed: 1}.run(s.port)
		if err != nil {
			t.Fatal(err)
		}
		// Without a rate a connection waits for at most one reply. With one, how many are due at the end is the machine's
		// doing.
		if r.latency.Count() == 0 || r.latency.Count() > r.late.Count() || rate == 0 && r.late.Count()-r.latency.Count() > clients {
			t.Errorf("rate %v: %d requests, %d replies", rate, r.late.Count(), r.latency.Count())
		}
		if rate > 0 && (r.late.Count() < 200 || r.late.Count() > 400) {
			t.Errorf("%d requests at %v a second in 300 ms", r.late.Count(), rate)
		}
	}
	// A key that is not there has a reply of another length than the generator reckons with.
	if _, err := (openLoop{clients: 1, keys: 2 * keys, took: time.Second, seed: 1}).run(s.port); err == nil {
		t.Error("wrong replies are not noticed")
	}
}
