package resp

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/difftest"
)

const wantAbort = "-EXECABORT Transaction discarded because of previous errors."

func TestTransactionCommands(t *testing.T) {
	t.Parallel()
	runTables(t, map[string][]row{
		"MULTI EXEC": {
			{"exec", "-ERR EXEC without MULTI"},
			{"exec x", "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"},
			{"multi", "+OK"},
			{"exec", "*[]"},
			{"multi", "+OK"},
			{"multi", "-ERR MULTI calls can not be nested"},
			{"set a 1", "+QUEUED"},
			{"incr a", "+QUEUED"},
			{"set b x", "+QUEUED"},
			{"incr b", "+QUEUED"},
			{"select 99", "+QUEUED"},
			{"select 1", "+QUEUED"},
			{"get a", "+QUEUED"},
			{"set a other", "+QUEUED"},
			{"exec", "*[+OK :2 +OK -ERR value is not an integer or out of range -ERR DB index is out of range +OK $null +OK]"},
			{"get a", `"other"`},
			{"select 0", "+OK"},
			{"get a", `"2"`},
			{"exec", "-ERR EXEC without MULTI"},
		},
		"everything": {
			{"multi", "+OK"},
			{"set a 1", "+QUEUED"},
			{"dbsize", "+QUEUED"},
			{"keys *", "+QUEUED"},
			{"randomkey", "+QUEUED"},
			{"swapdb 0 1", "+QUEUED"},
			{"dbsize", "+QUEUED"},
			{"swapdb 0 1", "+QUEUED"},
			{"move a 1", "+QUEUED"},
			{"flushdb", "+QUEUED"},
			{"set b 2", "+QUEUED"},
			{"copy b b db 1", "+QUEUED"},
			{"scan 0", "+QUEUED"},
			{"flushall", "+QUEUED"},
			{"dbsize", "+QUEUED"},
			{"config resetstat", "+QUEUED"},
			{"echo x", "+QUEUED"},
			{"exec", `*[+OK :1 *["a"] "a" +OK :0 +OK :1 +OK +OK :1 *["0" *["b"]] +OK :0 +OK "x"]`},
		},
		"DISCARD": {
			{"discard", "-ERR DISCARD without MULTI"},
			{"multi", "+OK"},
			{"set a 1", "+QUEUED"},
			{"discard", "+OK"},
			{"discard", "-ERR DISCARD without MULTI"},
			{"get a", "$null"},
			{"multi", "+OK"},
			{"discard x", "-ERR wrong number of arguments for 'discard' command"},
			{"exec", wantAbort},
		},
		"EXECABORT": {
			{"multi", "+OK"},
			{"set a 1", "+QUEUED"},
			{"set a", "-ERR wrong number of arguments for 'set' command"},
			{"exec", wantAbort},
			{"get a", "$null"},
			{"multi", "+OK"},
			{"nosuch", "-ERR unknown command 'nosuch', with args beginning with: "},
			{"set a 1", "+QUEUED"},
			{"exec", wantAbort},
			{"exec", "-ERR EXEC without MULTI"},
			{"multi", "+OK"},
			{"exec x", "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"},
			{"exec", "-ERR EXEC without MULTI"},
			{"watch a", "+OK"},
			{"set a 1", "+OK"},
			{"multi", "+OK"},
			{"nosuch", "-ERR unknown command 'nosuch', with args beginning with: "},
			{"exec", wantAbort},
		},
		"WATCH": {
			{"watch", "-ERR wrong number of arguments for 'watch' command"},
			{"watch a b", "+OK"},
			{"multi", "+OK"},
			{"watch a", "-ERR WATCH inside MULTI is not allowed"},
			{"set a 1", "+QUEUED"},
			{"exec", "*[+OK]"},
			{"watch a b", "+OK"},
			{"set b 1", "+OK"},
			{"multi", "+OK"},
			{"set a 2", "+QUEUED"},
			{"exec", "*null"},
			{"get a", `"1"`},
			{"multi", "+OK"}, // the failure has ended the watch
			{"get b", "+QUEUED"},
			{"exec", `*["1"]`},
			{"watch a", "+OK"},
			{"set a 2", "+OK"},
			{"unwatch", "+OK"},
			{"multi", "+OK"},
			{"unwatch", "+QUEUED"},
			{"get a", "+QUEUED"},
			{"exec", `*[+OK "2"]`},
			{"watch a", "+OK"},
			{"set a 3", "+OK"},
			{"multi", "+OK"},
			{"discard", "+OK"}, // ends the watch, too
			{"multi", "+OK"},
			{"exec", "*[]"},
			{"watch nokey", "+OK"},
			{"del nokey", ":0"},
			{"multi", "+OK"},
			{"exec", "*[]"},
		},
		"WATCH of databases": {
			{"watch a", "+OK"},
			{"select 1", "+OK"},
			{"set a 1", "+OK"},
			{"multi", "+OK"},
			{"exec", "*[]"},
			{"watch a", "+OK"},
			{"select 0", "+OK"},
			{"watch a", "+OK"},
			{"flushall", "+OK"},
			{"multi", "+OK"},
			{"exec", "*null"},
			{"watch a", "+OK"},
			{"flushall", "+OK"}, // which had nothing to delete
			{"multi", "+OK"},
			{"exec", "*[]"},
			{"select 1", "+OK"},
			{"set a 1", "+OK"},
			{"select 0", "+OK"},
			{"watch a", "+OK"},
			{"swapdb 0 1", "+OK"},
			{"multi", "+OK"},
			{"exec", "*null"},
		},
		"RESET": {
			{"watch a", "+OK"},
			{"set a 1", "+OK"},
			{"multi", "+OK"},
			{"set a 2", "+QUEUED"},
			{"reset", "+RESET"},
			{"exec", "-ERR EXEC without MULTI"},
			{"multi", "+OK"},
			{"get a", "+QUEUED"},
			{"exec", `*["1"]`},
		},
	})
}

func TestTransactionScenes(t *testing.T) {
	t.Parallel()
	runScenes(t, map[string]scene{
		"a change by another": {
			"1 SET a 1", "1 WATCH a", "2 SET a 2", "1 MULTI", "1 SET a 3", "1 EXEC", "1 GET a",
			"1 WATCH a", "1 MULTI", "1 SET a 3", "2 SET b 1", "1 EXEC", "2 GET a",
			"1 WATCH a b", "1 MULTI", "1 INCR a", "2 DEL b", "1 EXEC", "1 GET a",
		},
		"queued is not seen": {
			"1 MULTI", "1 SET a 1", "2 GET a", "1 SET b 2", "2 SET a 9", "1 GET a", "1 EXEC", "2 GET a",
		},
		"rename and restore": {
			"1 SET a 1", "1 WATCH b", "2 RENAME a b", "1 MULTI", "1 GET b", "1 EXEC",
			"1 WATCH b", "2 RENAME b c", "1 MULTI", "1 GET b", "1 EXEC",
		},
		"quit": {"1 MULTI", "1 SET a 1", "1 QUIT", "2 GET a"},
	})
}

// TestWatchAcrossExpiry checks that the expiry of a watched key is a change even if nobody else meets it.
func TestWatchAcrossExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := difftest.NewConn(startCache(t).Dial())
		defer c.Close()
		do(t, c, "SET", "a", "1", "PX", "20")
		do(t, c, "WATCH", "a")
		time.Sleep(40 * time.Millisecond)
		do(t, c, "MULTI")
		do(t, c, "PING")
		if got := do(t, c, "EXEC").String(); got != "*null" {
			t.Errorf("EXEC after the watched key's expiry: %s", got)
		}
		do(t, c, "SET", "b", "1", "PX", "20")
		time.Sleep(40 * time.Millisecond)
		do(t, c, "WATCH", "b") // it has gone already
		do(t, c, "MULTI")
		do(t, c, "PING")
		if got := do(t, c, "EXEC").String(); got != "*[+PONG]" {
			t.Errorf("EXEC with a key watched that had expired before: %s", got)
		}
	})
}

// TestWatchAcrossEviction checks that eviction of a watched key is a change.
func TestWatchAcrossEviction(t *testing.T) {
	t.Parallel()
	srv := startServer(t, larder.Options{MaxBytes: 2 << 20, Policy: larder.AllKeysRandom, Shards: 1})
	c := difftest.NewConn(srv.Dial())
	defer c.Close()
	do(t, c, "SET", "watched", "1")
	do(t, c, "WATCH", "watched")
	value := strings.Repeat("v", 1000)
	for i := 0; do(t, c, "EXISTS", "watched").String() == ":1"; i++ {
		do(t, c, "SET", "k"+strconv.Itoa(i), value)
	}
	do(t, c, "MULTI")
	do(t, c, "PING")
	if got := do(t, c, "EXEC").String(); got != "*null" {
		t.Errorf("EXEC after eviction of the watched key: %s", got)
	}
}

// TestWatchSeesGo checks that writes through the Go API count.
func TestWatchSeesGo(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	c := difftest.NewConn(srv.Dial())
	defer c.Close()
	do(t, c, "WATCH", "a")
	if _, err := srv.Cache.Strings().Set("a", []byte("1"), datatypes.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	do(t, c, "MULTI")
	if got := do(t, c, "EXEC").String(); got != "*null" {
		t.Errorf("EXEC after a write from Go: %s", got)
	}
}

// TestTransactionsAreAtomic has clients move amounts between accounts in transactions while others sum them up.
func TestTransactionsAreAtomic(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	const accounts, rounds = 8, 300
	var names []string
	setup := difftest.NewConn(srv.Dial())
	defer setup.Close()
	for i := range accounts {
		names = append(names, "account"+strconv.Itoa(i))
		do(t, setup, "SET", names[i], "100")
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			c := difftest.NewConn(srv.Dial())
			defer c.Close()
			for i := range rounds {
				from, to := names[(i+w)%accounts], names[(i*3+w*5+1)%accounts]
				if _, err := c.Pipeline([][]string{{"MULTI"}, {"DECRBY", from, "7"}, {"INCRBY", to, "7"}, {"EXEC"}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			c := difftest.NewConn(srv.Dial())
			defer c.Close()
			for range rounds {
				script := [][]string{{"MULTI"}}
				for _, name := range names {
					script = append(script, []string{"GET", name})
				}
				replies, err := c.Pipeline(append(script, []string{"EXEC"}))
				if err != nil {
					t.Error(err)
					return
				}
				sum := 0
				for _, v := range replies[len(replies)-1].Elems {
					n, _ := strconv.Atoi(v.Text)
					sum += n
				}
				if sum != 100*accounts {
					t.Errorf("the accounts hold %d", sum)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestOptimisticCounters has clients increment a counter by WATCH, GET and a conditional SET.
func TestOptimisticCounters(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	var wg sync.WaitGroup
	const workers, each = 4, 50
	for range workers {
		wg.Go(func() {
			c := difftest.NewConn(srv.Dial())
			defer c.Close()
			for done := 0; done < each; {
				replies, err := c.Pipeline([][]string{{"WATCH", "n"}, {"GET", "n"}})
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := strconv.Atoi(replies[1].Text)
				replies, err = c.Pipeline([][]string{{"MULTI"}, {"SET", "n", strconv.Itoa(n + 1)}, {"EXEC"}})
				if err != nil {
					t.Error(err)
					return
				}
				if !replies[2].Absent {
					done++
				}
			}
		})
	}
	wg.Wait()
	if v, _, _ := srv.Cache.Strings().Get("n"); string(v) != strconv.Itoa(workers*each) {
		t.Errorf("the counter is %s", v)
	}
}

// TestTransactionLeavesOthersAlone checks that a transaction locks no more than the shards of its keys.
func TestTransactionLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	srv := startServer(t, larder.Options{Shards: 64})
	srv.init()
	mine, other := "a", ""
	errHeld := errors.New("held")
	for i := 0; other == ""; i++ {
		key := "k" + strconv.Itoa(i)
		err := srv.Cache.Update([]string{mine}, func(tx *larder.Tx) error {
			if _, _, err := tx.Strings().Get(key); errors.Is(err, datatypes.ErrNotDeclared) {
				return errHeld
			}
			return nil
		})
		if err == errHeld {
			other = key
		}
	}
	b := newBench(srv)
	held := make(chan struct{})
	release := make(chan struct{})
	go srv.Cache.Update([]string{other}, func(*larder.Tx) error {
		close(held)
		<-release
		return nil
	})
	<-held
	defer close(release)
	got := b.feed(t, []byte("MULTI\r\nSET "+mine+" 1\r\nEXEC\r\n"))
	if got != "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n" {
		t.Errorf("got %q", got)
	}
}

// TestTransactionIsBounded checks that a client cannot queue more than it may have unread.
func TestTransactionIsBounded(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, func(s *Server) { s.MaxQueryBuffer = 1 << 20 })
	c := difftest.NewConn(srv.Dial())
	defer c.Close()
	do(t, c, "MULTI")
	value := strings.Repeat("v", 100<<10)
	for i := range 20 {
		if _, err := c.Do("SET", "k", value); err != nil {
			if i < 8 {
				t.Errorf("disconnected at command %d", i)
			}
			return
		}
	}
	t.Error("2 MB were queued where 1 MB may be unread")
}

// TestPanicInTransaction checks that a defect in a handler leaves no lock held.
func TestPanicInTransaction(t *testing.T) {
	stub(t, func(*client, [][]byte) { panic("defect") })
	srv := newTestServer(t, nil)
	b := newBench(srv)
	b.feed(t, []byte("MULTI\r\nSET a 1\r\nPING\r\nEXEC\r\n"))
	if !b.c.closing || b.c.exec != nil {
		t.Error("the connection is not closed")
	}
	if _, err := srv.Cache.Strings().Set("a", []byte("2"), datatypes.SetOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestClientListShowsTransaction(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	line := func() string { return string(b.c.appendInfo(nil, 0)) }
	if got := line(); !strings.Contains(got, " multi=-1 ") || !strings.Contains(got, " flags=N ") {
		t.Error(got)
	}
	b.feed(t, []byte("MULTI\r\nPING\r\nPING\r\n"))
	if got := line(); !strings.Contains(got, " multi=2 ") || !strings.Contains(got, " flags=x ") {
		t.Error(got)
	}
	b.feed(t, []byte("DISCARD\r\n"))
	if got := line(); !strings.Contains(got, " multi=-1 ") {
		t.Error(got)
	}
}
