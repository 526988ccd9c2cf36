package resp

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/difftest"
)

const (
	wantSwitchBroadcast = "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	wantSwitchOpt       = "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
)

func TestTrackingCommands(t *testing.T) {
	t.Parallel()
	off := `*["flags" *["off"] "redirect" :-1 "prefixes" *[]]`
	runTables(t, map[string][]row{
		"options": {
			{"client trackinginfo", off},
			{"client getredir", ":-1"},
			{"client tracking on bcast optin", "-ERR OPTIN and OPTOUT are not compatible with BCAST"},
			{"client tracking on optin optout", "-ERR You can't specify both OPTIN mode and OPTOUT mode"},
			{"client tracking on prefix a", "-ERR PREFIX option requires BCAST mode to be enabled"},
			{"client tracking on prefix", wantSyntax},
			{"client tracking on bcast prefix a prefix ab",
				"-ERR Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client must not overlap."},
			{"client tracking foo", wantSyntax},
			{"client tracking on foo", wantSyntax},
			{"client tracking on redirect 999999", "-ERR The client ID you want redirect to does not exist"},
			{"client tracking on redirect x", wantWrongInt},
			{"client tracking", "-ERR wrong number of arguments for 'client|tracking' command"},
			{"client trackinginfo", off},
		},
		"default": {
			{"client tracking on", "+OK"},
			{"client trackinginfo", `*["flags" *["on"] "redirect" :0 "prefixes" *[]]`},
			{"client getredir", ":0"},
			{"client tracking on bcast", wantSwitchBroadcast},
			{"client caching yes", "-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."},
			{"client tracking on noloop", "+OK"},
			{"client trackinginfo", `*["flags" *["on" "noloop"] "redirect" :0 "prefixes" *[]]`},
			{"client tracking off", "+OK"},
			{"client tracking off", "+OK"},
			{"client trackinginfo", off},
		},
		"BCAST": {
			{"client tracking on bcast prefix b prefix a noloop", "+OK"},
			{"client tracking on bcast prefix c", "+OK"},
			{"client tracking on bcast prefix ad",
				"-ERR Prefix 'ad' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap."},
			{"client trackinginfo", `*["flags" *["on" "bcast"] "redirect" :0 "prefixes" *["a" "b" "c"]]`},
			{"client tracking on", wantSwitchBroadcast},
			{"client tracking off", "+OK"},
			{"client tracking on bcast", "+OK"},
			{"client trackinginfo", `*["flags" *["on" "bcast"] "redirect" :0 "prefixes" *[""]]`},
			{"reset", "+RESET"},
			{"client trackinginfo", off},
		},
		"OPTIN OPTOUT": {
			{"client caching yes", "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"},
			{"client tracking on optin", "+OK"},
			{"client caching no", "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."},
			{"client caching foo", wantSyntax},
			{"client caching yes", "+OK"},
			{"client trackinginfo", `*["flags" *["on" "optin" "caching-yes"] "redirect" :0 "prefixes" *[]]`},
			{"get a", "$null"},
			{"client trackinginfo", `*["flags" *["on" "optin"] "redirect" :0 "prefixes" *[]]`},
			{"client tracking on optout", wantSwitchOpt},
			{"client tracking off", "+OK"},
			{"client tracking on optout", "+OK"},
			{"client caching no", "+OK"},
			{"client trackinginfo", `*["flags" *["on" "optout" "caching-no"] "redirect" :0 "prefixes" *[]]`},
			{"client tracking off", "+OK"},
		},
	})
}

func TestTrackingScenes(t *testing.T) {
	t.Parallel()
	runScenes(t, map[string]scene{
		"default": {
			"1 CLIENT TRACKING ON", "1 GET a", "1 GET a", "2 SET a 2", "2 SET a 3", "1 GET a", "1 SET a 4", "1 GET a", "1 MGET x y z",
			"2 SET x 1", "2 DEL x", "1 GET nokey", "2 SET other 1", "2 EXPIRE a 100", "1 GET a", "2 PERSIST a", "1 STRLEN a", "2 APPEND a x",
			"1 GET a", "2 SETRANGE a 0 y", "1 GET a", "2 RENAME a b", "1 GET b", "2 COPY y b REPLACE", "1 EXISTS y", "2 MOVE y 1", "1 CLIENT TRACKING OFF",
		},
		"flush": {"1 CLIENT TRACKING ON", "1 SET k 1", "2 FLUSHALL", "1 GET a", "2 SET a 1", "2 FLUSHDB", "2 SET a 2", "1 PING"},
		"NOLOOP": {
			"1 CLIENT TRACKING ON NOLOOP", "1 GET a", "1 SET a 1", "2 SET a 2", "1 GET a", "2 SET a 3", "1 GET a", "1 MULTI", "1 SET a 1", "1 EXEC",
			"1 GET b", "1 CLIENT TRACKING OFF", "1 CLIENT TRACKING ON", "1 GET b", "1 SET b 1",
		},
		"OPTIN": {
			"1 CLIENT TRACKING ON OPTIN", "1 GET a", "2 SET a 1", "1 CLIENT CACHING YES", "1 GET a", "1 GET b", "2 SET b 1", "2 SET a 1",
			"1 CLIENT CACHING YES", "1 MULTI", "1 PTTL c", "1 GET c", "1 EXEC", "1 GET d", "2 SET d 1", "2 SET c 1",
			"1 CLIENT CACHING YES", "1 CLIENT GETREDIR", "1 GET e", "2 SET e 1",
		},
		"OPTOUT": {
			"1 CLIENT TRACKING ON OPTOUT", "1 GET a", "2 SET a 1", "1 CLIENT CACHING NO", "1 GET a", "1 GET b", "2 SET a 1", "2 SET b 1",
		},
		"BCAST": {
			"1 CLIENT TRACKING ON BCAST PREFIX a PREFIX x:", "2 SET a 1", "2 SET ab 1", "2 SET b 1", "2 SET x 1", "2 SET x:1 1", "1 SET a 2",
			"2 DEL a", "2 DEL a", "2 FLUSHALL", "1 CLIENT TRACKING OFF", "2 SET a 1",
		},
		"BCAST of many": {"1 CLIENT TRACKING ON BCAST", "1 MSET {t}a 1 {t}b 2 {t}c 3 {t}d 4 {t}e 5 {t}f 6 {t}g 7 {t}h 8 {t}i 9 {t}j 10 {t}k 11", "1 DEL {t}a {t}b nosuch", "1 SET {t}a 1"},
		"BCAST NOLOOP":  {"1 CLIENT TRACKING ON BCAST NOLOOP", "1 SET a 1", "2 SET a 1", "1 DEL a"},
		"two clients":   {"1 CLIENT TRACKING ON", "2 CLIENT TRACKING ON", "1 GET a", "2 GET a", "3 SET a 1", "1 GET a", "2 SET a 2", "1 PING", "2 PING"},
		"REDIRECT": {
			"2 SUBSCRIBE __redis__:invalidate", "1 CLIENT TRACKING ON REDIRECT @2", "1 GET a", "3 SET a 1", "1 GET a", "3 FLUSHALL",
			"1 GET a", "1 SET a 1", "1 CLIENT TRACKING OFF", "1 CLIENT GETREDIR",
		},
		"REDIRECT BCAST":        {"2 SUBSCRIBE __redis__:invalidate", "1 CLIENT TRACKING ON BCAST REDIRECT @2", "3 SET a 1", "3 SET b 1"},
		"REDIRECT unsubscribed": {"2 PING", "1 CLIENT TRACKING ON REDIRECT @2", "1 GET a", "3 SET a 1", "2 PING"},
		"REDIRECT twice":        {"2 PING", "1 CLIENT TRACKING ON REDIRECT @2 REDIRECT @2", "1 CLIENT GETREDIR"},
		"databases":             {"1 CLIENT TRACKING ON", "1 GET a", "2 SELECT 1", "2 SET a 1"},
		"after expiry":          {"1 CLIENT TRACKING ON", "2 SET a 1 PX 100000", "1 GET a", "2 PEXPIRE a -1", "1 PING"},
		"hashes and sets":       {"1 CLIENT TRACKING ON", "1 HGET h f", "2 HSET h f 1", "1 HGETALL h", "2 HDEL h f", "1 SMEMBERS s", "2 SADD s a", "1 SISMEMBER s a", "2 SREM s a"},
	})
}

func TestReplyScenes(t *testing.T) {
	t.Parallel()
	runScenes(t, map[string]scene{
		"OFF":          {"1! CLIENT REPLY OFF", "1! SET a 1", "1! GET", "1! NOSUCH", "2 GET a", "1 CLIENT REPLY ON", "1 GET a"},
		"SKIP":         {"1! CLIENT REPLY SKIP", "1! SET a 1", "1 GET a", "1! CLIENT REPLY SKIP", "1! CLIENT REPLY SKIP", "1! GET a", "1 GET a"},
		"both":         {"1! CLIENT REPLY OFF", "1! CLIENT REPLY SKIP", "1 CLIENT REPLY ON", "1 GET a"},
		"wrong":        {"1 CLIENT REPLY", "1 CLIENT REPLY maybe", "1 CLIENT REPLY ON"},
		"MULTI":        {"1! CLIENT REPLY OFF", "1! MULTI", "1! SET a 1", "1! EXEC", "1 CLIENT REPLY ON", "1 GET a"},
		"RESET":        {"1! CLIENT REPLY OFF", "1 RESET", "1 GET a"},
		"invalidation": {"1 CLIENT TRACKING ON", "1 GET a", "1! CLIENT REPLY OFF", "2 SET a 1", "1 CLIENT REPLY ON"},
		"subscriptions": {"1! CLIENT REPLY OFF", "1 SUBSCRIBE a b", "1 PSUBSCRIBE a*", "1! SUBSCRIBE", "2 PUBLISH a hello", "1! PING",
			"1 UNSUBSCRIBE a", "1 SSUBSCRIBE s", "1 SUNSUBSCRIBE", "1 UNSUBSCRIBE", "1 PUNSUBSCRIBE", "1 CLIENT REPLY ON", "1 PING"},
		"subscription skipped": {"1! CLIENT REPLY SKIP", "1 SUBSCRIBE a", "1 PING", "1 UNSUBSCRIBE", "1! CLIENT REPLY SKIP", "1! PING", "1 PING"},
	})
}

// tracked returns a server, and on a socket a client in RESP3 that has its reads tracked.
func tracked(t *testing.T, srv *Server, options ...string) *difftest.Conn {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := difftest.NewConn(nc)
	t.Cleanup(func() { c.Close() })
	do(t, c, "HELLO", "3")
	if got := do(t, c, append([]string{"CLIENT", "TRACKING", "ON"}, options...)...).String(); got != "+OK" {
		t.Fatal(got)
	}
	return c
}

func expectInvalidation(t *testing.T, c *difftest.Conn, want string) {
	t.Helper()
	v, err := c.Receive(time.Now().Add(patience))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.String(); got != want {
		t.Errorf("received %s, want %s", got, want)
	}
}

// TestInvalidationByAnyDoor checks what no client of the server has caused.
func TestInvalidationByAnyDoor(t *testing.T) {
	t.Parallel()
	clock := &setClock{}
	clock.millis.Store(time.Now().UnixMilli())
	srv := startServer(t, larder.Options{Policy: larder.NoEviction, Clock: clock})
	c := tracked(t, srv)
	strs := srv.Cache.Strings()
	strs.Set("a", []byte("1"), datatypes.SetOptions{})
	do(t, c, "GET", "a")
	strs.Set("a", []byte("2"), datatypes.SetOptions{})
	expectInvalidation(t, c, `>["invalidate" *["a"]]`)
	do(t, c, "GET", "a")
	srv.Cache.Update([]string{"a"}, func(tx *larder.Tx) error {
		_, err := tx.Keys().Del("a")
		return err
	})
	expectInvalidation(t, c, `>["invalidate" *["a"]]`)
	strs.Set("b", []byte("1"), datatypes.SetOptions{TTL: 30 * time.Millisecond})
	do(t, c, "GET", "b")
	clock.millis.Add(31)
	expectInvalidation(t, c, `>["invalidate" *["b"]]`) // by maintenance
	strs.Set("a", []byte("1"), datatypes.SetOptions{})
	do(t, c, "GET", "a")
	srv.Cache.FlushAll()
	expectInvalidation(t, c, `>["invalidate" null]`)
	strs.Set("a", []byte("1"), datatypes.SetOptions{})
	srv.Cache.SwapDB(0, 1)
	expectInvalidation(t, c, `>["invalidate" null]`)
}

// TestInvalidationByEviction reads keys that are then evicted, and expects to be told of each.
func TestInvalidationByEviction(t *testing.T) {
	t.Parallel()
	srv := startServer(t, larder.Options{MaxBytes: 4 << 20, Policy: larder.AllKeysRandom, Shards: 4})
	c := tracked(t, srv)
	const keys = 50
	for i := range keys {
		key := "cached" + strconv.Itoa(i)
		srv.Cache.Strings().Set(key, []byte("v"), datatypes.SetOptions{})
		do(t, c, "GET", key)
	}
	gone := make(chan string, keys)
	go func() {
		for range keys {
			v, err := c.Receive(time.Now().Add(patience))
			if err != nil {
				close(gone)
				return
			}
			gone <- v.Elems[1].Elems[0].Text
		}
	}()
	value := []byte(strings.Repeat("v", 500))
	seen := make(map[string]bool)
	for i := 0; len(seen) < keys && i < 1e6; i++ {
		srv.Cache.Strings().Set("filler"+strconv.Itoa(i), value, datatypes.SetOptions{})
		for len(gone) > 0 {
			seen[<-gone] = true
		}
	}
	if len(seen) != keys {
		t.Errorf("of %d keys %d were told to be gone", keys, len(seen))
	}
}

// TestTrackingTableIsBounded checks that keys beyond the limit are given up as if they had changed.
func TestTrackingTableIsBounded(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	c := tracked(t, srv)
	if err := srv.SetConfig(Setting{"tracking-table-max-keys", "3"}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c"} {
		do(t, c, "GET", key)
	}
	if err := c.Send("GET", "d"); err != nil {
		t.Fatal(err)
	}
	expectInvalidationOf := func(keys string) {
		v, err := c.Receive(time.Now().Add(patience))
		if err != nil || v.Kind != difftest.Push || !strings.Contains(keys, v.Elems[1].Elems[0].Text) {
			t.Errorf("received %v, %v", v, err)
		}
	}
	expectInvalidation(t, c, "null") // the reply
	expectInvalidationOf("abc")
	if st := srv.Stats(); st.TrackedKeys != 3 || st.TrackedItems != 3 || st.TrackingClients != 1 {
		t.Errorf("%+v", st)
	}
	if err := srv.SetConfig(Setting{"tracking-table-max-keys", "1"}); err != nil {
		t.Fatal(err)
	}
	expectInvalidationOf("abcd")
	expectInvalidationOf("abcd")
	if st := srv.Stats(); st.TrackedKeys != 1 {
		t.Errorf("%+v", st)
	}
}

// TestBrokenRedirect checks that a client is told when the one that its messages go to has gone.
func TestBrokenRedirect(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	to := difftest.NewConn(srv.Dial())
	id := do(t, to, "CLIENT", "ID").Text
	c := tracked(t, srv, "REDIRECT", id)
	do(t, c, "GET", "a")
	to.Close()
	for n, _ := strconv.Atoi(id); srv.clientNumbered(int64(n)) != nil; time.Sleep(time.Millisecond) {
	}
	srv.Cache.Strings().Set("a", nil, datatypes.SetOptions{})
	expectInvalidation(t, c, `>["tracking-redir-broken" :`+id+`]`)
	if got := do(t, c, "CLIENT", "TRACKINGINFO").String(); !strings.Contains(got, `"broken_redirect"`) {
		t.Error(got)
	}
	if got := do(t, c, "CLIENT", "INFO").Text; !strings.Contains(got, " flags=tR ") || !strings.Contains(got, " redir="+id+" ") {
		t.Error(got)
	}
}

// TestTrackingLeavesNothing checks that nothing is kept, and nobody listened to, when no client has its reads tracked.
func TestTrackingLeavesNothing(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	a, b := tracked(t, srv), tracked(t, srv, "BCAST", "PREFIX", "x")
	do(t, a, "GET", "a")
	counts := func() [4]int {
		st := srv.Stats()
		return [...]int{st.TrackingClients, st.TrackedKeys, st.TrackedItems, st.TrackedPrefixes}
	}
	if got, want := counts(), [...]int{2, 1, 1, 1}; got != want {
		t.Errorf("counts are %d, want %d", got, want)
	}
	do(t, a, "CLIENT", "TRACKING", "OFF")
	b.Close()
	for deadline := time.Now().Add(patience); counts() != [4]int{}; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(counts())
		}
	}
	srv.tracker.mu.Lock()
	defer srv.tracker.mu.Unlock()
	if srv.tracker.cancel != nil {
		t.Error("changes are still listened to")
	}
}

// TestConnectLikeRueidis sends what rueidis and valkey-go send by default at connect and for a cached read.
func TestConnectLikeRueidis(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := startCache(t)
		c := difftest.NewConn(srv.Dial())
		defer c.Close()
		replies, err := c.Pipeline([][]string{
			{"HELLO", "3"}, {"CLIENT", "TRACKING", "ON", "OPTIN"},
			{"CLIENT", "SETINFO", "LIB-NAME", "valkey"}, {"CLIENT", "SETINFO", "LIB-VER", "1.0.76"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range replies[1:] {
			if v.String() != "+OK" {
				t.Error(v)
			}
		}
		if v := do(t, c, "CLUSTER", "SLOTS"); v.String() != "-ERR This instance has cluster support disabled" {
			t.Error(v)
		}
		replies, err = c.Pipeline([][]string{{"CLIENT", "CACHING", "YES"}, {"MULTI"}, {"PTTL", "k"}, {"GET", "k"}, {"EXEC"}})
		if err != nil || replies[4].String() != "*[:-2 null]" {
			t.Fatal(replies, err)
		}
		start := time.Now()
		srv.Cache.Strings().Set("k", nil, datatypes.SetOptions{})
		expectInvalidation(t, c, `>["invalidate" *["k"]]`)
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// TestCachesAreExact has a client keep a cache by the rules of tracking, while others write by both doors, and checks
// that what it holds when all is quiet is what the server has.
func TestCachesAreExact(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	c := tracked(t, srv)
	const keys, rounds = 8, 2000
	key := func(i int) string { return "k" + strconv.Itoa(i%keys) }
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := difftest.NewConn(srv.Dial())
		defer w.Close()
		for i := range rounds {
			if i%2 == 0 {
				srv.Cache.Strings().Set(key(i*7), []byte(strconv.Itoa(i)), datatypes.SetOptions{})
			} else if _, err := w.Do("SET", key(i*5), strconv.Itoa(i)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	cache := make(map[string]string)
	invalidate := func(v difftest.Value) {
		for _, e := range v.Elems[1].Elems {
			delete(cache, e.Text)
		}
	}
	read := func(key string) {
		if _, ok := cache[key]; ok {
			return
		}
		if err := c.Send("GET", key); err != nil {
			t.Fatal(err)
		}
		for {
			v, err := c.Receive(time.Now().Add(patience))
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind != difftest.Push {
				cache[key] = v.Text
				return
			}
			invalidate(v)
		}
	}
	running := true
	for i := 0; running; i++ {
		read(key(i))
		v := do(t, c, "PING") // whatever has come before its reply has been seen
		for v.Kind == difftest.Push {
			invalidate(v)
			var err error
			if v, err = c.Receive(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-done:
			running = false
		default:
		}
	}
	stale := func() (list []string) {
		for k, cached := range cache {
			if v, _, _ := srv.Cache.Strings().Get(k); string(v) != cached {
				list = append(list, fmt.Sprintf("%s is %s, cached is %s", k, v, cached))
			}
		}
		return list
	}
	for list := stale(); len(list) > 0; list = stale() {
		v, err := c.Receive(time.Now().Add(patience))
		if err != nil {
			t.Fatal(list, err)
		}
		invalidate(v)
	}
}
