package resp

import (
	"flag"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/redistest"
	"github.com/larderkv/larder/resp/difftest"
)

var (
	diffTime = flag.Duration("difftime", 800*time.Millisecond, "how long each random comparison with redis-server runs")
	diffSeed = flag.Uint64("diffseed", 1, "seed of the first random script, the same every time so that a failure tells of a change; 0: from the clock")
)

// startCache starts a server over an empty cache, with the eviction policy that Redis has by default.
func startCache(t testing.TB) *Server {
	t.Helper()
	return startServer(t, larder.Options{Policy: larder.NoEviction})
}

// startServer starts a server over an empty cache of the given options.
func startServer(t testing.TB, o larder.Options) *Server {
	t.Helper()
	cache, err := larder.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := &Server{Cache: cache, Logger: slog.New(slog.DiscardHandler)}
	t.Cleanup(func() {
		srv.Close()
		cache.Close()
	})
	return srv
}

// harness is a redis-server and a way to reach larder's server, which is compared with it.
type harness struct{ redis, larder difftest.Endpoint }

// startHarness runs a redis-server until the test ends, with flags appended to its command line. It skips the test where
// there is none, or fails it if LARDER_TEST_REQUIRE is 1. dial connects to larder's server.
func startHarness(t *testing.T, dial func() (net.Conn, error), flags ...string) *harness {
	t.Helper()
	h := &harness{redis: difftest.At(redistest.Start(t, flags...).Socket()), larder: difftest.Endpoint{Name: "larder", Dial: dial}}
	h.redis.Name = "redis"
	return h
}

// Open connects to both servers in the given version of the protocol. The connections end with the test.
func (h *harness) Open(t *testing.T, protocol int) *difftest.Pair {
	t.Helper()
	return difftest.Open(t, h.redis, h.larder, protocol)
}

// startDiff starts a server over an empty cache and a redis-server to compare it with. Of the connections to the former
// every other one is a socket. Where Redis 7.0 has fewer representations than larder, larder has as few.
func startDiff(t *testing.T) *harness {
	t.Helper()
	srv := startCache(t)
	// It has no sets that are listpacks.
	if err := srv.Cache.SetLimits(datatypes.Limits{SetEntries: datatypes.NoDense}); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	dialed := 0
	return startHarness(t, func() (net.Conn, error) {
		if dialed++; dialed%2 == 1 {
			return srv.Dial(), nil
		}
		return net.Dial("tcp", ln.Addr().String())
	})
}

// row is a command and its reply in RESP2, as difftest.Value writes it. Arguments are separated by blanks; "" stands for
// the empty one.
type row struct{ command, want string }

// args returns the row's command.
func (r row) args() []string {
	args := strings.Fields(r.command)
	for i, arg := range args {
		if arg == `""` {
			args[i] = ""
		}
	}
	return args
}

// compared returns the row's command as it is compared with redis-server, whose clock runs: what is left of a time may
// differ by as much as one of the servers is late.
func (r row) compared() difftest.Command {
	const late = 5 // seconds
	cmd := difftest.Cmd(r.args()...)
	switch name := strings.ToLower(r.command); {
	case strings.HasPrefix(name, "ttl "), strings.HasPrefix(name, "object idletime "):
		return cmd.By(difftest.Near(late))
	case strings.HasPrefix(name, "pttl "):
		return cmd.By(difftest.Near(late * 1000))
	}
	return cmd
}

// runTables runs each table on an empty cache and checks the replies. Where there is a redis-server it then compares
// all replies with its, in both protocols, so that the tables themselves are right.
func runTables(t *testing.T, tables map[string][]row) {
	runNewerTables(t, tables)
	compareTables(t, tables)
}

// runNewerTables is runTables for commands that Redis 7.0 does not have. The server's clock stands still, so that no
// reply depends on how busy the machine is.
func runNewerTables(t *testing.T, tables map[string][]row) {
	clock := &setClock{}
	clock.millis.Store(time.Now().UnixMilli())
	srv := startServer(t, larder.Options{Policy: larder.NoEviction, Clock: clock})
	c := difftest.NewConn(srv.Dial())
	t.Cleanup(func() { c.Close() })
	for name, table := range tables {
		do(t, c, "FLUSHALL")
		do(t, c, "SELECT", "0")
		for _, r := range table {
			if got := do(t, c, r.args()...).String(); got != r.want {
				t.Errorf("%s: %s: got %s, want %s", name, r.command, got, r.want)
			}
		}
	}
}

func compareTables(t *testing.T, tables map[string][]row) {
	t.Run("redis", func(t *testing.T) {
		h := startDiff(t)
		for _, protocol := range []int{2, 3} {
			p := h.Open(t, protocol)
			for _, table := range tables {
				var script []difftest.Command
				for _, r := range table {
					script = append(script, r.compared())
				}
				p.Check(t, script...)
			}
		}
	})
}

// firstSeed returns the seed of the first random script.
func firstSeed() uint64 {
	if *diffSeed == 0 {
		return uint64(time.Now().UnixNano())
	}
	return *diffSeed
}

// TestDiffRandom sends random scripts to both servers, in both protocols.
func TestDiffRandom(t *testing.T) {
	t.Parallel()
	groups := []struct {
		name     string
		length   int
		commands []difftest.Group
	}{
		{"strings", 30, []difftest.Group{difftest.Strings()}},
		{"bitmaps", 30, []difftest.Group{difftest.Bitmaps()}},
		{"hashes", 40, []difftest.Group{difftest.Hashes()}},
		{"hyperloglogs", 30, []difftest.Group{difftest.HyperLogLogs(2000)}},
		{"lists", 40, []difftest.Group{difftest.Lists()}},
		{"sets", 30, []difftest.Group{difftest.Sets()}},
		{"sorted sets", 40, []difftest.Group{difftest.SortedSets(), difftest.Sets()}},
		{"sorts", 40, []difftest.Group{difftest.Sorts()}},
		{"geo", 40, []difftest.Group{difftest.Geo()}},
		{"all", 80, difftest.Data()},
		{"transactions", 40, []difftest.Group{difftest.Strings(), difftest.Keyspace(), difftest.Lists(), difftest.Transactions()}},
	}
	h := startDiff(t)
	seed := firstSeed()
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		for _, group := range groups {
			p.Search(t, difftest.Script(group.length, group.commands...), seed, time.Now().Add(*diffTime))
		}
	}
}
