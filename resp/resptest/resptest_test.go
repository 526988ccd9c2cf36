package resptest_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp/resptest"
)

// ask sends a command over a new connection and returns the first line of the reply, an error if there is none.
func ask(addr, command string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s\r\n", command)
	return bufio.NewReader(conn).ReadString('\n')
}

func expect(t *testing.T, addr, command, want string) {
	t.Helper()
	if got, err := ask(addr, command); err != nil || got != want+"\r\n" {
		t.Errorf("%s: %q, %v, want %q", command, got, err, want)
	}
}

func TestBothDoors(t *testing.T) {
	srv := resptest.Run(t)
	if got := net.JoinHostPort(srv.Host(), srv.Port()); got != srv.Addr() {
		t.Errorf("host and port make %q, the address is %q", got, srv.Addr())
	}
	if err := srv.Set("greeting", "hello"); err != nil {
		t.Fatal(err)
	}
	expect(t, srv.Addr(), "STRLEN greeting", ":5")
	expect(t, srv.Addr(), "SET n 1", "+OK")
	srv.CheckGet(t, "n", "1")
	if _, err := srv.Get("nosuch"); !errors.Is(err, resptest.ErrKeyNotFound) {
		t.Errorf("a key that does not exist: %v", err)
	}
	if got := srv.Keys(); !slices.Equal(got, []string{"greeting", "n"}) {
		t.Errorf("keys: %q", got)
	}
	if got := srv.Type("n"); got != "string" || srv.Type("nosuch") != "" {
		t.Errorf("type: %q", got)
	}
	if !srv.Del("n") || srv.Del("n") || srv.Exists("n") || !srv.Exists("greeting") {
		t.Error("Del or Exists is wrong")
	}
	srv.DB(3).Set("elsewhere", "x")
	if srv.Exists("elsewhere") || !srv.DB(3).Exists("elsewhere") {
		t.Error("databases are not apart")
	}
	srv.FlushAll()
	if srv.Exists("greeting") || srv.DB(3).Exists("elsewhere") {
		t.Error("keys outlive FlushAll")
	}
}

func TestTimePassesAtOnce(t *testing.T) {
	srv := resptest.Run(t)
	expired := make(chan string, 1)
	defer srv.Cache.OnEvent(func(e larder.Event) {
		if e.Name == "expired" {
			expired <- e.Key
		}
	})()
	srv.Set("k", "v")
	srv.SetTTL("k", time.Hour)
	if got := srv.TTL("k"); got <= 59*time.Minute || got > time.Hour {
		t.Errorf("TTL is %v", got)
	}
	srv.FastForward(59 * time.Minute)
	if !srv.Exists("k") {
		t.Error("a key went before its time")
	}
	srv.FastForward(2 * time.Minute)
	if got := <-expired; got != "k" {
		t.Errorf("%q expired", got)
	}
	expect(t, srv.Addr(), "GET k", "$-1")
	srv.Set("k", "v")
	srv.SetTTL("k", time.Minute)
	srv.SetTTL("k", 0)
	if got := srv.TTL("k"); got != 0 {
		t.Errorf("TTL is %v after it was taken away", got)
	}
}

func TestClockStandsStill(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	srv := resptest.RunWith(t, resptest.Options{Time: at})
	if !srv.Now().Equal(at) {
		t.Errorf("the clock starts at %v", srv.Now())
	}
	srv.Cache.Strings().Set("k", []byte("v"), datatypes.SetOptions{TTL: time.Millisecond})
	time.Sleep(3 * time.Millisecond)
	if !srv.Exists("k") {
		t.Error("a key expired while the clock stood")
	}
	srv.SetTime(at.Add(time.Second))
	if srv.Exists("k") {
		t.Error("a key outlived its time")
	}
	srv.FastForward(time.Second)
	if got := srv.Now(); !got.Equal(at.Add(2 * time.Second)) {
		t.Errorf("the clock stands at %v", got)
	}
}

func TestKeysExpireByThemselves(t *testing.T) {
	srv := resptest.Run(t)
	srv.Set("k", "v")
	srv.SetTTL("k", time.Millisecond)
	for deadline := time.Now().Add(5 * time.Second); srv.Exists("k"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the key does not expire")
		}
	}
}

func TestRestart(t *testing.T) {
	srv := resptest.Run(t)
	srv.Set("k", "v")
	srv.Close()
	if _, err := ask(srv.Addr(), "PING"); err == nil {
		t.Error("a closed server answers")
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	expect(t, srv.Addr(), "EXISTS k", ":1")
}

func TestRequireAuth(t *testing.T) {
	srv := resptest.RunWith(t, resptest.Options{Password: "first"})
	expect(t, srv.Addr(), "GET k", "-NOAUTH Authentication required.")
	srv.RequireAuth("second")
	expect(t, srv.Addr(), "AUTH second", "+OK")
	srv.RequireAuth("")
	expect(t, srv.Addr(), "GET k", "$-1")
}

// failures records what a check reports.
type failures struct{ n int }

func (f *failures) Helper()               {}
func (f *failures) Cleanup(func())        {}
func (f *failures) Errorf(string, ...any) { f.n++ }
func (f *failures) Fatalf(string, ...any) { f.n++ }

func TestCheckGetFails(t *testing.T) {
	srv := resptest.Run(t)
	srv.Set("k", "v")
	var f failures
	srv.CheckGet(&f, "k", "v")
	if f.n != 0 {
		t.Error("a check fails on what is right")
	}
	srv.CheckGet(&f, "k", "w")
	srv.CheckGet(&f, "nosuch", "v")
	if f.n != 2 {
		t.Errorf("%d of 2 wrong values were noticed", f.n)
	}
}

func ExampleRun() {
	// In a test: srv := resptest.Run(t)
	srv := resptest.Run(exampleTB{})
	defer srv.Close()
	srv.Set("greeting", "hello")
	reply, _ := ask(srv.Addr(), "STRLEN greeting")
	fmt.Print(reply)
	// Output: :5
}

type exampleTB struct{ testing.TB }

func (exampleTB) Helper()        {}
func (exampleTB) Cleanup(func()) {}

func TestSetError(t *testing.T) {
	srv := resptest.Run(t)
	srv.SetError("LOADING not yet")
	expect(t, srv.Addr(), "PING", "-LOADING not yet")
	srv.Close()
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	expect(t, srv.Addr(), "GET k", "-LOADING not yet")
	srv.SetError("")
	expect(t, srv.Addr(), "PING", "+PONG")
	if n := srv.CommandCount(); n < 1 {
		t.Errorf("%d commands", n)
	}
}

func TestRequireUserAuth(t *testing.T) {
	srv := resptest.Run(t)
	srv.RequireUserAuth("ada", "secret")
	expect(t, srv.Addr(), "GET k", "-NOAUTH Authentication required.")
	expect(t, srv.Addr(), "AUTH ada secret", "+OK")
	srv.Close()
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	expect(t, srv.Addr(), "GET k", "-NOAUTH Authentication required.")
	expect(t, srv.Addr(), "AUTH ada secret", "+OK")
	srv.RequireAuth("nameless")
	expect(t, srv.Addr(), "AUTH nameless", "+OK")
	srv.RequireUserAuth("ada", "")
	expect(t, srv.Addr(), "AUTH ada secret", "-WRONGPASS invalid username-password pair or user is disabled.")
	srv.RequireAuth("")
	expect(t, srv.Addr(), "GET k", "$-1")
}

func TestCollections(t *testing.T) {
	srv := resptest.Run(t)
	srv.Push("list", "b", "c")
	srv.Lpush("list", "a")
	srv.CheckList(t, "list", "a", "b", "c")
	srv.SAdd("set", "y", "x")
	srv.CheckSet(t, "set", "y", "x")
	srv.HSet("hash", "f", "v")
	srv.ZAdd("zset", 1.5, "m")
	srv.Set("string", "s")
	const want = "- hash\n   f: \"v\"\n- list\n   \"a\"\n   \"b\"\n   \"c\"\n- set\n   \"x\"\n   \"y\"\n- string\n   \"s\"\n- zset\n   1.5: \"m\"\n"
	if got := srv.Dump(); got != want {
		t.Errorf("dump:\n%s\nwant\n%s", got, want)
	}
	var f failures
	srv.CheckList(&f, "list", "a")
	srv.CheckList(&f, "set", "x", "y")
	srv.CheckSet(&f, "set", "x")
	srv.CheckSet(&f, "nosuch")
	if f.n != 4 {
		t.Errorf("%d of 4 wrong values were noticed", f.n)
	}
	for name, err := range map[string]error{
		"missing":    second(srv.List("nosuch")),
		"wrong type": second(srv.Members("list")),
	} {
		if wanted := map[string]error{"missing": resptest.ErrKeyNotFound, "wrong type": resptest.ErrWrongType}[name]; !errors.Is(err, wanted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestSubscriber(t *testing.T) {
	srv := resptest.Run(t)
	sub := srv.NewSubscriber()
	defer sub.Close()
	sub.Subscribe("news")
	if n := sub.Psubscribe("w*"); n != 2 {
		t.Errorf("%d subscriptions", n)
	}
	expect(t, srv.Addr(), "PUBLISH news hello", ":1")
	expect(t, srv.Addr(), "PUBLISH weather rain", ":1")
	if m := <-sub.Messages(); m != (resptest.PubsubMessage{Channel: "news", Message: "hello"}) {
		t.Errorf("message %v", m)
	}
	if m := <-sub.Pmessages(); m != (resptest.PubsubPmessage{Pattern: "w*", Channel: "weather", Message: "rain"}) {
		t.Errorf("message %v", m)
	}
	sub.Unsubscribe("news")
	expect(t, srv.Addr(), "PUBLISH news hello", ":0")
}
