package resp

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func TestMemoryOrPercent(t *testing.T) {
	t.Parallel()
	const bad = "argument must be a memory or percent value"
	for text, want := range map[string]string{
		"0": "0", "1mb": "1048576", "0%": "0", "5%": "5%", "100%": "100%", "101%": "percentage argument must be less or equal to 100",
		"-5%": bad, "5x": bad, "%": bad, "5.5%": bad, "-1": bad,
	} {
		v, err := memoryOrPercent{}.parse(text)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = memoryOrPercent{}.format(v)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// field returns a number from CLIENT LIST's line of a client.
func field(t *testing.T, line, name string) int64 {
	t.Helper()
	m := regexp.MustCompile(` ` + name + `=(\d+)`).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("no %s in %q", name, line)
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	return n
}

// TestClientMemory watches the figure of one client grow and shrink with what the client holds.
func TestClientMemory(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		admin, p := newPeer(t, dial()), newPeer(t, dial())
		admin.do("PING\r\n", "+PONG\r\n")
		p.send("CLIENT ID\r\n")
		p.r.Peek(1)
		c := srv.clientNumbered(p.integer())
		line := func() string { return string(c.appendInfo(nil, 0)) }
		eventually(t, "it is idle", func() bool { return field(t, line(), "tot-mem") > 0 })
		idle := field(t, line(), "tot-mem")
		big := strings.Repeat("x", 100_000)
		p.do(fmt.Sprintf("MULTI\r\n*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n", len(big), big), "+OK\r\n+QUEUED\r\n")
		eventually(t, "the transaction counts", func() bool {
			return field(t, line(), "multi-mem") > 100_000 && field(t, line(), "tot-mem") > idle+100_000
		})
		p.do("DISCARD\r\n", "+OK\r\n")
		eventually(t, "it counts no more", func() bool { return field(t, line(), "multi-mem") == 0 })
		p.send(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", len(big)+1, big))
		eventually(t, "unread input counts", func() bool {
			return field(t, line(), "qbuf") > 100_000 && field(t, line(), "tot-mem") > idle+100_000
		})
		p.do("y\r\n", fmt.Sprintf("$%d\r\n%sy\r\n", len(big)+1, big))
		p.do("SUBSCRIBE "+strings.Repeat("c", 50_000)+"\r\n", "*3\r\n$9\r\nsubscribe\r\n$50000\r\n"+strings.Repeat("c", 50_000)+"\r\n:1\r\n")
		eventually(t, "subscriptions count", func() bool { return c.memory() > clientSize+50_000 })
		sum := func() (n int64) {
			for _, c := range srv.snapshot() {
				n += c.memory()
			}
			return n
		}
		watching := srv.clientNumbered(c.id - 1)
		for i := range 1000 {
			admin.do(fmt.Sprintf("WATCH key:%d key:%d\r\n", i, i), "+OK\r\n")
		}
		eventually(t, "watched keys count", func() bool { return watching.memory() > clientSize+100_000 })
		admin.do("UNWATCH\r\n", "+OK\r\n")
		eventually(t, "they count no more", func() bool { return watching.memory() < clientSize+100_000 })
		eventually(t, "messages that it does not read count", func() bool {
			admin.do("PUBLISH "+strings.Repeat("c", 50_000)+" "+big[:10_000]+"\r\n", ":1\r\n")
			return field(t, line(), "omem") > 100_000
		})
		eventually(t, "the sum is right", func() bool { return sum() == srv.clientMemory.Load() })
		p.Close()
		admin.Close()
		eventually(t, "nothing is held", func() bool { return srv.clientCount() == 0 && srv.clientMemory.Load() == 0 })
	})
}

// TestClientEviction: beyond maxmemory-clients the client that holds most goes, unless it is spared, and no other.
func TestClientEviction(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		small, large, spared := newPeer(t, dial()), newPeer(t, dial()), newPeer(t, dial())
		small.do("CONFIG SET maxmemory-clients 6mb\r\n", "+OK\r\n")
		spared.do("CLIENT NO-EVICT ON\r\n", "+OK\r\n")
		half := func(p *peer, mb int) { // of a command
			go p.Write([]byte(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", 64<<20, strings.Repeat("x", mb<<20))))
		}
		half(spared, 1)
		eventually(t, "the spared client holds much", func() bool { return srv.clientMemory.Load() > 1<<20 })
		half(large, 16)
		large.expectEnd()
		eventually(t, "there are two left", func() bool { return srv.clientCount() == 2 })
		small.do("PING\r\n", "+PONG\r\n")
		if n := srv.evicted.Load(); n != 1 || !strings.Contains(srv.Info("stats"), "\r\nevicted_clients:1\r\n") {
			t.Errorf("%d evicted", n)
		}
	})
}

// TestLoweredClientMemory evicts at once when the limit is lowered.
func TestLoweredClientMemory(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		admin, large := newPeer(t, dial()), newPeer(t, dial())
		go large.Write([]byte("*2\r\n$4\r\nECHO\r\n$67108864\r\n" + strings.Repeat("x", 2<<20)))
		eventually(t, "much is held", func() bool { return srv.clientMemory.Load() > 2<<20 })
		admin.do("CONFIG SET maxmemory-clients 50%\r\n", "+OK\r\n") // of no limit
		admin.do("PING\r\nCONFIG SET maxmemory-clients 1mb\r\n", "+PONG\r\n+OK\r\n")
		large.expectEnd()
		admin.do("PING\r\n", "+PONG\r\n")
	})
}

// TestClientEvictionOfReaders evicts one who does not read what it has asked for, and one who does not read its messages.
func TestClientEvictionOfReaders(t *testing.T) {
	overTransports(t, nil, func(t *testing.T, srv *Server, dial func() net.Conn) {
		if err := srv.SetConfig(Setting{"maxmemory-clients", "5mb"}, Setting{"client-output-buffer-limit", "pubsub 0 0 0"}); err != nil {
			t.Fatal(err)
		}
		srv.Cache.Strings().Set("big", make([]byte, 10<<20), datatypes.SetOptions{})
		admin := newPeer(t, dial())
		asking := newPeer(t, dial())
		asking.send(strings.Repeat("GET big\r\n", 3))
		eventually(t, "who asks is gone", func() bool { return srv.evicted.Load() == 1 })
		listening := newPeer(t, dial())
		listening.do("SUBSCRIBE c\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
		for range 64 {
			srv.Cache.PubSub().Publish("c", make([]byte, 1<<20))
			time.Sleep(time.Millisecond)
			if srv.evicted.Load() == 2 {
				break
			}
		}
		eventually(t, "who listens is gone", func() bool { return srv.evicted.Load() == 2 })
		admin.do("PING\r\n", "+PONG\r\n")
	})
}

// TestClientMemoryCountsAgainstTheLimit: what clients hold is in the cache's figure, as long as they hold it.
func TestClientMemoryCountsAgainstTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		srv := &Server{Cache: cache}
		defer srv.Close()
		before := cache.Stats().ResidentBytes
		p := newPeer(t, srv.Dial())
		p.send(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", 2<<20, strings.Repeat("x", 900_000)))
		time.Sleep(2 * time.Second)
		if grown := cache.Stats().ResidentBytes - before; grown < 900_000 || grown > 4_000_000 {
			t.Errorf("grown by %d", grown)
		}
		p.Close()
		time.Sleep(2 * time.Second)
		if grown := cache.Stats().ResidentBytes - before; grown != 0 {
			t.Errorf("%d left", grown)
		}
	})
}

func TestClientMemoryLimit(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, nil)
	const none = 1<<63 - 1
	for _, tt := range []struct {
		maxmemory, value string
		want             int64
	}{
		{"0", "0", none}, {"0", "5%", none}, {"1gb", "5%", 53687091}, {"1gb", "1", leastClientMemory}, {"1gb", "10mb", 10 << 20},
	} {
		if err := srv.SetConfig(Setting{"maxmemory", tt.maxmemory}, Setting{"maxmemory-clients", tt.value}); err != nil {
			t.Fatal(err)
		}
		if got := srv.clientMemoryLimit(); got != tt.want {
			t.Errorf("maxmemory %s, maxmemory-clients %s: %d, want %d", tt.maxmemory, tt.value, got, tt.want)
		}
	}
}
