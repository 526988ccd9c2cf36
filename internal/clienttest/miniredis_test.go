package clienttest

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/larderkv/larder/resp/resptest"
	"github.com/redis/go-redis/v9"
)

// double is what test suites use of miniredis.
type double interface {
	Addr() string
	Host() string
	Port() string
	Close()
	Dial() (net.Conn, error)
	Restart() error
	FastForward(time.Duration)
	SetTime(time.Time)
	SetError(string)
	RequireAuth(string)
	RequireUserAuth(name, password string)
	Select(int)
	FlushAll()
	FlushDB()
	SwapDB(i, j int) bool
	Copy(fromDB int, from string, toDB int, to string) error
	Dump() string
	CommandCount() int
	CurrentConnectionCount() int
	TotalConnectionCount() int

	Publish(channel, message string) int
	PubSubChannels(pattern string) []string
	PubSubNumSub(channels ...string) map[string]int
	PubSubNumPat() int

	keyDouble
	HSetEX(key string, ttl time.Duration, fields ...string)
	HIncrBy(key, field string, delta int) (int, error)
	HIncrByFloat(key, field string, delta float64) (float64, error)
	IncrByFloat(key string, delta float64) (float64, error)
	RPop(key string) (string, error)
	RPush(key string, values ...string) (int, error)
	SAdd(key string, members ...string) (int, error)
	SIsMember(key, member string) (bool, error)
	SMembers(key string) ([]string, error)
	ZMScore(key string, members ...string) ([]float64, error)
	PfAdd(key string, elements ...string) (int, error)
	PfCount(keys ...string) (int, error)
	PfMerge(to string, from ...string) error
}

// keyDouble is what they use of a numbered database.
type keyDouble interface {
	Set(key, value string) error
	Get(key string) (string, error)
	Incr(key string, delta int) (int, error)
	Incrfloat(key string, delta float64) (float64, error)
	Exists(key string) bool
	Del(key string) bool
	Unlink(key string) bool
	Keys() []string
	Type(key string) string
	TTL(key string) time.Duration
	SetTTL(key string, ttl time.Duration)
	FlushDB()
	HSet(key string, fields ...string)
	HGet(key, field string) string
	HDel(key, field string)
	HKeys(key string) ([]string, error)
	HIncr(key, field string, delta int) (int, error)
	HIncrfloat(key, field string, delta float64) (float64, error)
	HTTL(key, field string) time.Duration
	HExpire(key, field string, ttl time.Duration) bool
	HPersist(key, field string) bool
	List(key string) ([]string, error)
	Lpush(key, value string) (int, error)
	Lpop(key string) (string, error)
	Push(key string, values ...string) (int, error)
	Pop(key string) (string, error)
	SetAdd(key string, members ...string) (int, error)
	SRem(key string, members ...string) (int, error)
	SCard(key string) (int, error)
	SRandMember(key string) (string, error)
	IsMember(key, member string) (bool, error)
	Members(key string) ([]string, error)
	ZAdd(key string, score float64, member string) (bool, error)
	ZRem(key, member string) (bool, error)
	ZScore(key, member string) (float64, error)
	ZMembers(key string) ([]string, error)
	SortedSet(key string) (map[string]float64, error)
}

var (
	_ double    = (*miniredis.Miniredis)(nil)
	_ double    = (*resptest.Server)(nil)
	_ keyDouble = (*miniredis.RedisDB)(nil)
	_ keyDouble = (*resptest.RedisDB)(nil)
)

// TestLikeMiniredis runs a test suite as it is written for miniredis over that and over resptest.
func TestLikeMiniredis(t *testing.T) {
	t.Parallel()
	suite := []struct {
		name string
		test func(t *testing.T, srv double, client *redis.Client)
	}{
		{"strings", doubleStrings}, {"collections", doubleCollections}, {"hashes", doubleHashes}, {"missing", doubleMissing},
		{"time", doubleTime}, {"errors", doubleErrors}, {"auth", doubleAuth}, {"databases", doubleDatabases},
		{"pubsub", doublePubSub}, {"restart", doubleRestart},
	}
	for name, start := range map[string]func(t *testing.T) double{
		"miniredis": func(t *testing.T) double { return miniredis.RunT(t) },
		"resptest":  func(t *testing.T) double { return resptest.RunT(t) },
	} {
		for _, s := range suite {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				srv := start(t)
				client := redis.NewClient(&redis.Options{Addr: srv.Addr(), MaxRetries: -1})
				defer client.Close()
				s.test(t, srv, client)
			})
		}
	}
}

func doubleStrings(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	if err := srv.Set("k", "v"); err != nil {
		t.Fatal(err)
	}
	value, err := client.Get(ctx, "k").Result()
	want(t, "what the test set", value, err, "v")
	client.Set(ctx, "n", 5, time.Minute)
	value, err = srv.Get("n")
	want(t, "what the client set", value, err, "5")
	want(t, "its TTL", srv.TTL("n") > 59*time.Second && srv.TTL("n") <= time.Minute, nil, true)
	srv.SetTTL("k", time.Hour)
	ttl, err := client.TTL(ctx, "k").Result()
	want(t, "TTL", ttl > 59*time.Minute, err, true)
	n, err := srv.Incr("n", 3)
	want(t, "Incr", n, err, 8)
	f, err := srv.IncrByFloat("f", 0.5)
	want(t, "IncrByFloat", f, err, 0.5)
	wantAll(t, "keys", srv.Keys(), nil, "f", "k", "n")
	want(t, "type", srv.Type("k")+srv.Type("nosuch"), nil, "string")
	want(t, "Del", fmt.Sprint(srv.Del("k"), srv.Del("k"), srv.Unlink("f"), srv.Exists("k"), srv.Exists("n")), nil, "true false true false true")
	srv.FlushAll()
	want(t, "keys after FlushAll", client.DBSize(ctx).Val(), nil, 0)
	want(t, "commands are counted", srv.CommandCount() > 3, nil, true)
	want(t, "connections", srv.CurrentConnectionCount() > 0 && srv.TotalConnectionCount() >= srv.CurrentConnectionCount(), nil, true)
}

func doubleCollections(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	n, err := srv.Push("list", "b", "c")
	want(t, "Push", n, err, 2)
	n, err = srv.Lpush("list", "a")
	want(t, "Lpush", n, err, 3)
	client.RPush(ctx, "list", "d")
	list, err := srv.List("list")
	wantAll(t, "list", list, err, "a", "b", "c", "d")
	value, err := srv.Pop("list")
	want(t, "Pop", value, err, "d")
	value, err = srv.Lpop("list")
	want(t, "Lpop", value, err, "a")
	n, err = srv.SetAdd("set", "y", "x", "y")
	want(t, "SetAdd", n, err, 2)
	members, err := srv.Members("set")
	wantAll(t, "members", members, err, "x", "y")
	is, err := srv.IsMember("set", "x")
	want(t, "IsMember", is, err, true)
	n, err = srv.SRem("set", "x", "z")
	want(t, "SRem", n, err, 1)
	n, err = srv.SCard("set")
	want(t, "SCard", n, err, 1)
	value, err = srv.SRandMember("set")
	want(t, "SRandMember", value, err, "y")
	added, err := srv.ZAdd("zset", 2, "b")
	want(t, "ZAdd", added, err, true)
	client.ZAdd(ctx, "zset", redis.Z{Score: 1, Member: "c"})
	members, err = srv.ZMembers("zset")
	wantAll(t, "ZMembers", members, err, "c", "b")
	scores, err := srv.SortedSet("zset")
	want(t, "SortedSet", fmt.Sprint(scores), err, "map[b:2 c:1]")
	score, err := srv.ZScore("zset", "b")
	want(t, "ZScore", score, err, 2)
	several, err := srv.ZMScore("zset", "c", "b")
	want(t, "ZMScore", fmt.Sprint(several), err, "[1 2]")
	removed, err := srv.ZRem("zset", "b")
	want(t, "ZRem", removed, err, true)
	n, err = srv.PfAdd("hll", "a", "b")
	want(t, "PfAdd", n, err, 1)
	if err := srv.PfMerge("merged", "hll"); err != nil {
		t.Error(err)
	}
	n, err = srv.PfCount("merged")
	want(t, "PfCount", n, err, 2)
	want(t, "something is dumped", len(srv.Dump()) > 20, nil, true)
}

func doubleHashes(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	srv.HSet("h", "a", "1", "b", "2")
	fields, err := client.HGetAll(ctx, "h").Result()
	want(t, "HGETALL", fmt.Sprint(fields), err, "map[a:1 b:2]")
	want(t, "HGet", srv.HGet("h", "a")+srv.HGet("h", "nosuch")+srv.HGet("nosuch", "a"), nil, "1")
	names, err := srv.HKeys("h")
	wantAll(t, "HKeys", names, err, "a", "b")
	n, err := srv.HIncr("h", "a", 2)
	want(t, "HIncr", n, err, 3)
	f, err := srv.HIncrByFloat("h", "b", 0.5)
	want(t, "HIncrByFloat", f, err, 2.5)
	srv.HDel("h", "b")
	want(t, "a field that was deleted", srv.HGet("h", "b"), nil, "")
	want(t, "HExpire", fmt.Sprint(srv.HExpire("h", "a", time.Hour), srv.HExpire("h", "nosuch", time.Hour)), nil, "true false")
	ttl := srv.HTTL("h", "a")
	want(t, "HTTL", ttl > 59*time.Minute && ttl <= time.Hour, nil, true)
	want(t, "HPersist", fmt.Sprint(srv.HPersist("h", "a"), srv.HPersist("h", "a")), nil, "true false")
	if err := srv.Set("s", "x"); err != nil {
		t.Fatal(err)
	}
	srv.HSet("s", "a", "1")
	want(t, "a string that became a hash", srv.Type("s"), nil, "hash")
	srv.HSetEX("e", time.Minute, "a", "1")
	want(t, "a field that expires", srv.HTTL("e", "a") > 0, nil, true)
}

func doubleMissing(t *testing.T, srv double, _ *redis.Client) {
	srv.Push("list", "x")
	for what, read := range map[string]func(key string) error{
		"Get":       func(key string) error { _, err := srv.Get(key); return err },
		"List":      func(key string) error { _, err := srv.List(key + "!"); return err },
		"Members":   func(key string) error { _, err := srv.Members(key); return err },
		"IsMember":  func(key string) error { _, err := srv.IsMember(key, "x"); return err },
		"HKeys":     func(key string) error { _, err := srv.HKeys(key); return err },
		"ZScore":    func(key string) error { _, err := srv.ZScore(key, "x"); return err },
		"SortedSet": func(key string) error { _, err := srv.SortedSet(key); return err },
		"Lpop":      func(key string) error { _, err := srv.Lpop(key + "!"); return err },
	} {
		if err := read("nosuch"); err == nil {
			t.Errorf("%s of a missing key: no error", what)
		}
		if err := read("list"); err == nil {
			t.Errorf("%s of a key of another type: no error", what)
		}
	}
}

func doubleTime(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	client.Set(ctx, "k", "v", time.Hour)
	srv.FastForward(59 * time.Minute)
	want(t, "before its time", srv.Exists("k"), nil, true)
	srv.FastForward(2 * time.Minute)
	want(t, "after its time", srv.Exists("k"), nil, false)
	srv.SetTime(time.Unix(1_000_000_000, 0))
	client.Set(ctx, "k", "v", 0)
	client.ExpireAt(ctx, "k", time.Unix(1_000_000_060, 0))
	ttl, err := client.TTL(ctx, "k").Result()
	want(t, "TTL at a time of the test's choice", ttl, err, time.Minute)
}

func doubleErrors(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	client.Set(ctx, "k", "v", 0)
	srv.SetError("LOADING not yet")
	if err := client.Get(ctx, "k").Err(); err == nil || err.Error() != "LOADING not yet" {
		t.Errorf("GET: %v", err)
	}
	srv.SetError("")
	value, err := client.Get(ctx, "k").Result()
	want(t, "GET", value, err, "v")
}

func doubleAuth(t *testing.T, srv double, _ *redis.Client) {
	ctx := limited(t)
	works := func(name, password string) bool {
		client := redis.NewClient(&redis.Options{Addr: srv.Addr(), Username: name, Password: password, MaxRetries: -1})
		defer client.Close()
		return client.Set(ctx, "k", "v", 0).Err() == nil
	}
	srv.RequireAuth("secret")
	want(t, "with a password", fmt.Sprint(works("", "secret"), works("", "wrong"), works("", "")), nil, "true false false")
	srv.RequireAuth("")
	srv.RequireUserAuth("ada", "hers")
	want(t, "with a name", fmt.Sprint(works("ada", "hers"), works("ada", "wrong"), works("", "")), nil, "true false false")
	srv.RequireUserAuth("ada", "")
	want(t, "with nothing", works("", ""), nil, true)
}

func doubleDatabases(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	srv.Select(3)
	if err := srv.Set("k", "three"); err != nil {
		t.Fatal(err)
	}
	want(t, "in another database", client.Exists(ctx, "k").Val(), nil, 0)
	if err := srv.Copy(3, "k", 0, "k"); err != nil {
		t.Error(err)
	}
	want(t, "copied", client.Get(ctx, "k").Val(), nil, "three")
	if err := srv.Copy(3, "nosuch", 0, "k"); err == nil {
		t.Error("a missing key is copied")
	}
	srv.Select(0)
	srv.FlushDB()
	want(t, "SwapDB", srv.SwapDB(0, 3), nil, true)
	value, err := srv.Get("k")
	want(t, "after SwapDB", value, err, "three")
}

func doublePubSub(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	sub := client.Subscribe(ctx, "news")
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	want(t, "Publish", srv.Publish("news", "hello"), nil, 1)
	m, err := sub.ReceiveMessage(ctx)
	if err != nil || m.Payload != "hello" {
		t.Errorf("message: %v, %v", m, err)
	}
	wantAll(t, "PubSubChannels", srv.PubSubChannels(""), nil, "news")
	want(t, "PubSubNumSub", fmt.Sprint(srv.PubSubNumSub("news", "x"), srv.PubSubNumPat()), nil, "map[news:1 x:0] 0")
}

func doubleRestart(t *testing.T, srv double, client *redis.Client) {
	ctx := limited(t)
	client.Set(ctx, "k", "v", 0)
	addr := srv.Addr()
	srv.Close()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("a closed server answers")
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	want(t, "address", srv.Addr(), nil, addr)
	value, err := client.Get(ctx, "k").Result()
	want(t, "what is kept", value, err, "v")
}

// TestSubscriber: what miniredis and resptest hand to tests that listen themselves.
func TestSubscriber(t *testing.T) {
	t.Parallel()
	mini, ours := miniredis.RunT(t).NewSubscriber(), resptest.RunT(t).NewSubscriber()
	defer mini.Close()
	defer ours.Close()
	want(t, "Subscribe", ours.Subscribe("news"), nil, mini.Subscribe("news"))
	want(t, "Psubscribe", ours.Psubscribe("n*"), nil, mini.Psubscribe("n*"))
	want(t, "Count", ours.Count(), nil, mini.Count())
	wantAll(t, "Channels", ours.Channels(), nil, mini.Channels()...)
	wantAll(t, "Patterns", ours.Patterns(), nil, mini.Patterns()...)
	want(t, "Publish", ours.Publish("news", "hello"), nil, 2)
	want(t, "message", <-ours.Messages(), nil, resptest.PubsubMessage{Channel: "news", Message: "hello"})
	want(t, "message to a pattern", <-ours.Pmessages(), nil, resptest.PubsubPmessage{Pattern: "n*", Channel: "news", Message: "hello"})
	want(t, "Unsubscribe", ours.Unsubscribe("news"), nil, mini.Unsubscribe("news"))
	want(t, "Punsubscribe", ours.Punsubscribe("n*"), nil, mini.Punsubscribe("n*"))
	if got := slices.Concat(ours.Channels(), ours.Patterns()); len(got) > 0 {
		t.Errorf("still subscribed to %q", got)
	}
}
