package clienttest

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/valkey-io/valkey-go"
)

// valkeyGo connects valkey-go with its defaults, but for where to and what the test says.
func valkeyGo(t testing.TB, d door, with ...func(*valkey.ClientOption)) valkey.Client {
	t.Helper()
	options := valkey.ClientOption{
		InitAddress: []string{d.host()},
		DialCtxFn: func(ctx context.Context, _ string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return d.open(ctx)
		},
	}
	for _, set := range with {
		set(&options)
	}
	client, err := valkey.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func speakRESP2(o *valkey.ClientOption) { o.AlwaysRESP2, o.DisableCache = true, true }

// TestValkeyGo does through every door, in both protocols, what programs do with valkey-go.
func TestValkeyGo(t *testing.T) {
	t.Parallel()
	uses := []struct {
		name string
		use  func(t *testing.T, client valkey.Client)
	}{
		{"values", valkeyValues},
		{"many at once", valkeyMany},
		{"optimistic", valkeyOptimistic},
		{"pubsub", valkeyPubSub},
		{"blocking", valkeyBlocking},
		{"scan", valkeyScan},
	}
	for _, name := range doorNames() {
		for protocol, with := range map[int][]func(*valkey.ClientOption){2: {speakRESP2}, 3: nil} {
			t.Run(fmt.Sprintf("%s/RESP%d", name, protocol), func(t *testing.T) {
				t.Parallel()
				d := serve(t, larder.Options{}).door(t, name)
				for _, u := range uses {
					t.Run(u.name, func(t *testing.T) {
						client := valkeyGo(t, d, with...)
						if err := client.Do(limited(t), client.B().Flushall().Build()).Error(); err != nil {
							t.Fatal(err)
						}
						u.use(t, client)
					})
				}
			})
		}
	}
}

func valkeyValues(t *testing.T, client valkey.Client) {
	ctx, b := limited(t), client.B
	status, err := client.Do(ctx, b().Set().Key("k").Value("v").Ex(time.Minute).Build()).ToString()
	want(t, "SET", status, err, "OK")
	ttl, err := client.Do(ctx, b().Ttl().Key("k").Build()).ToInt64()
	want(t, "TTL", ttl > 50 && ttl <= 60, err, true)
	err = client.Do(ctx, b().Get().Key("nosuch").Build()).Error()
	want(t, "GET of nothing", valkey.IsValkeyNil(err), nil, true)
	n, err := client.Do(ctx, b().Hset().Key("h").FieldValue().FieldValue("a", "1").FieldValue("b", "2").Build()).ToInt64()
	want(t, "HSET", n, err, 2)
	fields, err := client.Do(ctx, b().Hgetall().Key("h").Build()).AsStrMap()
	want(t, "HGETALL", maps.Equal(fields, map[string]string{"a": "1", "b": "2"}), err, true)
	client.Do(ctx, b().Zadd().Key("z").ScoreMember().ScoreMember(0.5, "ada").Build())
	score, err := client.Do(ctx, b().Zscore().Key("z").Member("ada").Build()).AsFloat64()
	want(t, "ZSCORE", score, err, 0.5)
	scored, err := client.Do(ctx, b().Zrange().Key("z").Min("0").Max("-1").Withscores().Build()).AsZScores()
	want(t, "ZRANGE WITHSCORES", fmt.Sprint(scored), err, "[{ada 0.5}]")
	_, err = client.Do(ctx, b().Lpush().Key("k").Element("x").Build()).ToInt64()
	refusal, refused := valkey.IsValkeyErr(err)
	if !refused || refusal.Error() != "WRONGTYPE Operation against a key holding the wrong kind of value" {
		t.Errorf("LPUSH to a string: %v", err)
	}
}

// valkeyMany has the client pipeline what goroutines do at once, and what is given to it together.
func valkeyMany(t *testing.T, client valkey.Client) {
	ctx := limited(t)
	var wg sync.WaitGroup
	for g := range 50 {
		wg.Go(func() {
			key := "k" + strconv.Itoa(g)
			for i := range 40 {
				if err := client.Do(ctx, client.B().Set().Key(key).Value(strconv.Itoa(i)).Build()).Error(); err != nil {
					t.Error(err)
					return
				}
				n, err := client.Do(ctx, client.B().Get().Key(key).Build()).AsInt64()
				want(t, "GET", n, err, int64(i))
			}
		})
	}
	wg.Wait()
	var commands valkey.Commands
	for range 2000 {
		commands = append(commands, client.B().Incr().Key("n").Build())
	}
	for i, reply := range client.DoMulti(ctx, commands...) {
		n, err := reply.AsInt64()
		want(t, "INCR", n, err, int64(i+1))
	}
	values, err := valkey.MGet(client, ctx, []string{"n", "k0", "nosuch"})
	if err != nil || len(values) != 3 {
		t.Fatalf("MGET: %v, %v", values, err)
	}
	n := values["n"]
	text, err := n.ToString()
	want(t, "MGET", text, err, "2000")
}

// valkeyOptimistic has goroutines increment a counter by WATCH, GET, MULTI, SET and EXEC on a connection of their own.
func valkeyOptimistic(t *testing.T, client valkey.Client) {
	ctx := limited(t)
	const goroutines, each = 4, 20
	increment := func(c valkey.DedicatedClient) (done bool, err error) {
		if err := c.Do(ctx, c.B().Watch().Key("counter").Build()).Error(); err != nil {
			return false, err
		}
		n, err := c.Do(ctx, c.B().Get().Key("counter").Build()).AsInt64()
		if err != nil && !valkey.IsValkeyNil(err) {
			return false, err
		}
		replies := c.DoMulti(ctx, c.B().Multi().Build(),
			c.B().Set().Key("counter").Value(strconv.FormatInt(n+1, 10)).Build(), c.B().Exec().Build())
		err = replies[2].Error()
		if valkey.IsValkeyNil(err) {
			return false, nil
		}
		return err == nil, err
	}
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			err := client.Dedicated(func(c valkey.DedicatedClient) error {
				for done := 0; done < each; {
					ok, err := increment(c)
					if err != nil {
						return err
					}
					if ok {
						done++
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := client.Do(ctx, client.B().Get().Key("counter").Build()).AsInt64()
	want(t, "the counter", n, err, goroutines*each)
}

func valkeyPubSub(t *testing.T, client valkey.Client) {
	ctx := limited(t)
	messages, ended := make(chan valkey.PubSubMessage, 10), make(chan error, 1)
	go func() {
		ended <- client.Receive(ctx, client.B().Psubscribe().Pattern("n*").Build(), func(m valkey.PubSubMessage) { messages <- m })
	}()
	eventually(t, "somebody listens", func() bool {
		n, err := client.Do(ctx, client.B().Publish().Channel("news").Message("hello").Build()).AsInt64()
		return err == nil && n == 1
	})
	m := <-messages
	want(t, "message", fmt.Sprint(m), nil, fmt.Sprint(valkey.PubSubMessage{Pattern: "n*", Channel: "news", Message: "hello"}))
	if err := client.Do(ctx, client.B().Punsubscribe().Pattern("n*").Build()).Error(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func valkeyBlocking(t *testing.T, client valkey.Client) {
	ctx := limited(t)
	popped := make(chan []string)
	go func() {
		pair, err := client.Do(ctx, client.B().Blpop().Key("queue").Timeout(0).Build()).AsStrSlice()
		if err != nil {
			t.Error(err)
		}
		popped <- pair
	}()
	// The client must not have its other commands wait behind the blocking one.
	if err := client.Do(ctx, client.B().Rpush().Key("queue").Element("x").Build()).Error(); err != nil {
		t.Error(err)
	}
	wantAll(t, "BLPOP", <-popped, nil, "queue", "x")
}

func valkeyScan(t *testing.T, client valkey.Client) {
	ctx := limited(t)
	const n = 1000
	var commands valkey.Commands
	for i := range n {
		commands = append(commands, client.B().Set().Key("k:"+strconv.Itoa(i)).Value("x").Build())
	}
	client.DoMulti(ctx, commands...)
	scanner := valkey.NewScanner(func(cursor uint64) (valkey.ScanEntry, error) {
		return client.Do(ctx, client.B().Scan().Cursor(cursor).Match("k:*").Count(50).Build()).AsScanEntry()
	})
	seen := make(map[string]bool)
	for key := range scanner.Iter() {
		seen[key] = true
	}
	want(t, "keys seen", len(seen), scanner.Err(), n)
}

// TestValkeyGoLogin gives a name and a password, and finds that it may not do everything.
func TestValkeyGoLogin(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	if err := s.srv.SetUser("ada", "on", ">secret", "~ada:*", "+@all"); err != nil {
		t.Fatal(err)
	}
	if err := s.srv.SetUser("default", "off"); err != nil {
		t.Fatal(err)
	}
	ctx := limited(t)
	for _, with := range []func(*valkey.ClientOption){speakRESP2, func(*valkey.ClientOption) {}} {
		client := valkeyGo(t, s.door(t, "tls"), with, func(o *valkey.ClientOption) {
			o.Username, o.Password, o.SelectDB, o.ClientName = "ada", "secret", 2, "tester"
		})
		who, err := client.Do(ctx, client.B().AclWhoami().Build()).ToString()
		want(t, "ACL WHOAMI", who, err, "ada")
		name, err := client.Do(ctx, client.B().ClientGetname().Build()).ToString()
		want(t, "CLIENT GETNAME", name, err, "tester")
		err = client.Do(ctx, client.B().Get().Key("bob:k").Build()).Error()
		if refusal, ok := valkey.IsValkeyErr(err); !ok || refusal.Error() != "NOPERM this user has no permissions to access one of the keys used as arguments" {
			t.Errorf("GET of another's key: %v", err)
		}
	}
	_, err := valkey.NewClient(valkey.ClientOption{InitAddress: []string{s.door(t, "tcp").addr}, Username: "ada", Password: "wrong"})
	if refusal, ok := valkey.IsValkeyErr(err); !ok || refusal.Error() != "WRONGPASS invalid username-password pair or user is disabled." {
		t.Errorf("a wrong password: %v", err)
	}
}
