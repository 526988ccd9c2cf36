package respstore_test

import (
	"net"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes/modeltest"
	"github.com/larderkv/larder/internal/redistest"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/respstore"
	"pgregory.net/rapid"
)

// open starts larder's server and returns a client of it, with the clock that it goes by.
func open(t *testing.T) (*respstore.Client, *modeltest.Clock) {
	t.Helper()
	clock := modeltest.NewClock()
	cache, err := larder.Open(larder.Options{Clock: clock, NoMaintenance: true, Shards: 4, Policy: larder.NoEviction})
	if err != nil {
		t.Fatal(err)
	}
	srv := &resp.Server{Cache: cache}
	client := respstore.New(func() (net.Conn, error) { return srv.Dial(), nil })
	t.Cleanup(func() {
		client.Close()
		srv.Close()
		cache.Close()
	})
	return client, clock
}

// TestLarder checks larder's own server, its clock included.
func TestLarder(t *testing.T) {
	t.Parallel()
	modeltest.Check(t, func(rt *rapid.T) modeltest.Stores {
		client, clock := open(t)
		s := client.Stores()
		s.Advance = clock.Advance
		return s
	})
}

// TestLarderConcurrently checks that commands of several connections are done one after the other.
func TestLarderConcurrently(t *testing.T) {
	t.Parallel()
	client, clock := open(t)
	s := modeltest.Shared{Stores: client.Stores(), Flush: client.Flush}
	s.Advance = clock.Advance
	modeltest.CheckConcurrent(t, s, modeltest.Load{Histories: 200})
}

// TestRedis checks the model against Redis. What SORT makes of equal weights is chance there.
func TestRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := respstore.New(func() (net.Conn, error) { return net.Dial("unix", server.Socket()) })
	t.Cleanup(func() { client.Close() })
	s := client.Stores()
	s.Omit = append(s.Omit, "Keys.Sort", "Keys.SortStore")
	modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
		if err := client.Flush(); err != nil {
			t.Fatal(err)
		}
		return s
	})
}
