package resp

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderkv/larder"
)

// clientID matches what differs in replies to HELLO.
var clientID = regexp.MustCompile(`id\r\n:\d+`)

// TestDebugAgainstRedis compares replies byte for byte, those to DEBUG DIGEST among them.
func TestDebugAgainstRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t, "--enable-debug-command", "yes")
	srv := newTestServer(t, func(s *Server) { s.EnableDebug = true })
	protocol := "DEBUG PROTOCOL string\r\nDEBUG PROTOCOL Integer\r\nDEBUG PROTOCOL double\r\nDEBUG PROTOCOL bignum\r\n" +
		"DEBUG PROTOCOL null\r\nDEBUG PROTOCOL array\r\nDEBUG PROTOCOL set\r\nDEBUG PROTOCOL map\r\nDEBUG PROTOCOL attrib\r\n" +
		"DEBUG PROTOCOL push\r\nDEBUG PROTOCOL verbatim\r\nDEBUG PROTOCOL true\r\nDEBUG PROTOCOL false\r\nDEBUG PROTOCOL x\r\n"
	digests := "DEBUG DIGEST\r\nDEBUG DIGEST-VALUE a b l s z h nosuch\r\nDEBUG DIGEST-VALUE\r\n"
	for _, input := range []string{
		protocol, "HELLO 3\r\n" + protocol,
		"DEBUG\r\nDEBUG nosuch\r\nDEBUG ERROR\r\nDEBUG ERROR foo\r\nDEBUG ERROR \"CODE some text\"\r\nDEBUG ERROR a b\r\nDEBUG LOG hi\r\n",
		"DEBUG SLEEP\r\nDEBUG SLEEP 0\r\nDEBUG SLEEP x\r\nDEBUG OBJECT\r\nDEBUG OBJECT nosuch\r\nDEBUG PROTOCOL\r\n",
		"DEBUG SET-ACTIVE-EXPIRE x\r\nDEBUG SET-ACTIVE-EXPIRE 2\r\nDEBUG SET-ACTIVE-EXPIRE 1\r\nDEBUG SET-ACTIVE-EXPIRE\r\n",
		digests,
		"SET a 1\r\nSET b \"some text\" EX 1000\r\nRPUSH l a b c b a\r\nSADD s x y z\r\nSADD i 1 2 3\r\nZADD z 1 a 2.5 b -inf c\r\n" +
			"HSET h f v g w\r\n" + digests + "SELECT 3\r\nSET a 1\r\n" + digests,
		"DEBUG POPULATE x\r\nDEBUG POPULATE -1\r\nDEBUG POPULATE 1 p -1\r\nDEBUG POPULATE 1 p 1 x\r\nSET key:1 kept\r\n" +
			"DEBUG POPULATE 3\r\nMGET key:0 key:1 key:2 key:3\r\nDEBUG POPULATE 2 p 10\r\nMGET p:0 p:1\r\nDEBUG POPULATE 1 q 3\r\nGET q:0\r\n" +
			"DEBUG POPULATE 0\r\nDEBUG DIGEST\r\n",
		"MULTI\r\nDEBUG DIGEST\r\nDEBUG SLEEP 0\r\nDEBUG POPULATE 2 r 4\r\nDEBUG DIGEST\r\nEXEC\r\n",
	} {
		want := clientID.ReplaceAllString(exchange(t, redis(), input), "id")
		if got := clientID.ReplaceAllString(exchange(t, srv.Dial(), input), "id"); got != want {
			t.Errorf("%.80q\nredis:  %.900q\nlarder: %.900q", input, want, got)
		}
	}
}

func TestDebugObject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newTestServer(t, func(s *Server) { s.EnableDebug = true })
		got := exchange(t, srv.Dial(), "HSET h a b\r\nDEBUG OBJECT h\r\n")
		form := `Value at:0x\w+ refcount:1 encoding:listpack serializedlength:[1-9]\d* lru:\d+ lru_seconds_idle:0\r\n`
		if !regexp.MustCompile(form).MatchString(got) {
			t.Errorf("got %q", got)
		}
	})
}

// TestSetActiveExpire leaves an expired key where it is until the switch is turned back.
func TestSetActiveExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		srv := &Server{Cache: cache, EnableDebug: true}
		defer srv.Close()
		p := newPeer(t, srv.Dial())
		defer p.Close()
		p.do("DEBUG SET-ACTIVE-EXPIRE 0\r\nSET k v PX 10\r\n", "+OK\r\n+OK\r\n")
		time.Sleep(time.Minute)
		if n := cache.Stats().Keys; n != 1 {
			t.Fatalf("%d keys", n)
		}
		p.do("EXISTS k\r\nSET k v PX 10\r\nDEBUG SET-ACTIVE-EXPIRE 1\r\n", ":0\r\n+OK\r\n+OK\r\n")
		time.Sleep(time.Minute)
		if n := cache.Stats().Keys; n != 0 {
			t.Errorf("%d keys", n)
		}
	})
}

// TestActiveExpireOutlivesServer: a server that leaves expired keys alone does not when it is closed, and the cache is
// not.
func TestActiveExpireOutlivesServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, err := larder.Open(larder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		srv := &Server{Cache: cache, EnableDebug: true}
		p := newPeer(t, srv.Dial())
		defer p.Close()
		p.do("DEBUG SET-ACTIVE-EXPIRE 0\r\nSET k v PX 10\r\n", "+OK\r\n+OK\r\n")
		srv.Close()
		time.Sleep(time.Minute)
		if n := cache.Stats().Keys; n != 0 {
			t.Errorf("%d keys", n)
		}
	})
}

// TestDebugOffTheLoop: what goes through all data waits for it, and other clients of the loop do not.
func TestDebugOffTheLoop(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"DEBUG DIGEST", "DEBUG POPULATE 3"} {
		srv := newTestServer(t, func(s *Server) { s.EnableDebug, s.Loops = true, 1 })
		dial := transports["tcp"](t, srv)
		patient, other := newPeer(t, dial()), newPeer(t, dial())
		other.do("ECHO connected\r\n", "$9\r\nconnected\r\n")
		err := srv.Cache.UpdateAll(func(*larder.Tx) error {
			patient.send("ECHO before\r\n" + command + "\r\n")
			patient.expect("$6\r\nbefore\r\n")
			other.do("ECHO meanwhile\r\n", "$9\r\nmeanwhile\r\n")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		patient.expect("+")
	}
}

func TestDebugHelpNamesAllForms(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, func(s *Server) { s.EnableDebug = true })
	help := exchange(t, srv.Dial(), "DEBUG HELP\r\n")
	for _, form := range debugForms {
		if !strings.Contains(help, "\r\n+"+strings.ToUpper(form.name)) {
			t.Errorf("%s is missing", form.name)
		}
	}
}
