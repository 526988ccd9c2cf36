package clienttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/redis/go-redis/v9"
)

// goRedis connects go-redis with its defaults, but for where to and in which protocol.
func goRedis(t testing.TB, d door, protocol int) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{
		Protocol: protocol,
		Addr:     d.host(),
		Dialer:   func(ctx context.Context, _, _ string) (net.Conn, error) { return d.open(ctx) },
	})
	t.Cleanup(func() { client.Close() })
	return client
}

// TestGoRedis does through every door, in both protocols, what programs do with go-redis.
func TestGoRedis(t *testing.T) {
	t.Parallel()
	uses := []struct {
		name string
		use  func(t *testing.T, client *redis.Client)
	}{
		{"strings", useStrings},
		{"pipeline", usePipeline},
		{"transaction", useTransaction},
		{"watch", useWatch},
		{"pubsub", usePubSub},
		{"blocking", useBlocking},
		{"scan", useScan},
		{"struct", useStruct},
		{"collections", useCollections},
		{"errors", useErrors},
	}
	for _, name := range doorNames() {
		for _, protocol := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s/RESP%d", name, protocol), func(t *testing.T) {
				t.Parallel()
				d := serve(t, larder.Options{}).door(t, name)
				for _, u := range uses {
					t.Run(u.name, func(t *testing.T) {
						client := goRedis(t, d, protocol)
						if err := client.FlushAll(limited(t)).Err(); err != nil {
							t.Fatal(err)
						}
						u.use(t, client)
					})
				}
			})
		}
	}
}

func useStrings(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	status, err := client.Set(ctx, "greeting", "hello\r\n\x00", time.Hour).Result()
	want(t, "SET", status, err, "OK")
	value, err := client.Get(ctx, "greeting").Result()
	want(t, "GET", value, err, "hello\r\n\x00")
	ttl, err := client.TTL(ctx, "greeting").Result()
	want(t, "TTL", ttl > 59*time.Minute && ttl <= time.Hour, err, true)
	set, err := client.SetNX(ctx, "greeting", "other", 0).Result()
	want(t, "SETNX", set, err, false)
	n, err := client.IncrBy(ctx, "n", 42).Result()
	want(t, "INCRBY", n, err, 42)
	f, err := client.IncrByFloat(ctx, "f", 0.5).Result()
	want(t, "INCRBYFLOAT", f, err, 0.5)
	values, err := client.MGet(ctx, "n", "nosuch", "f").Result()
	if err != nil || !slices.Equal(values, []any{"42", nil, "0.5"}) {
		t.Errorf("MGET: %v, %v", values, err)
	}
	old, err := client.SetArgs(ctx, "n", "x", redis.SetArgs{Get: true, KeepTTL: true}).Result()
	want(t, "SET GET KEEPTTL", old, err, "42")
	large := strings.Repeat("x", 4<<20)
	if err := client.Set(ctx, "large", large, 0).Err(); err != nil {
		t.Fatal(err)
	}
	value, err = client.Get(ctx, "large").Result()
	want(t, "GET of a large value", value == large, err, true)
}

func usePipeline(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	const commands = 5000
	replies, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range commands {
			p.Set(ctx, "k"+strconv.Itoa(i), i, 0)
			p.Get(ctx, "k"+strconv.Itoa(i))
		}
		return nil
	})
	if err != nil || len(replies) != 2*commands {
		t.Fatalf("%d replies, %v", len(replies), err)
	}
	for i := range commands {
		got, err := replies[2*i+1].(*redis.StringCmd).Int()
		want(t, "GET in a pipeline", got, err, i)
	}
	replies, err = client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.LPush(ctx, "k0", "x")
		p.Get(ctx, "k1")
		return nil
	})
	if !redis.HasErrorPrefix(err, "WRONGTYPE") || replies[1].(*redis.StringCmd).Val() != "1" {
		t.Errorf("a pipeline with an error: %v, %v", replies, err)
	}
}

func useTransaction(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	var n *redis.IntCmd
	_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "a", "1", 0)
		p.HSet(ctx, "h", "f", "v")
		n = p.Incr(ctx, "a")
		return nil
	})
	want(t, "INCR in a transaction", n.Val(), err, 2)
	_, err = client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "a", "10", 0)
		p.Do(ctx, "nosuch", "command")
		return nil
	})
	if err == nil {
		t.Error("a transaction with an unknown command succeeds")
	}
	value, err := client.Get(ctx, "a").Result()
	want(t, "what that transaction left", value, err, "2")
}

// useWatch has several goroutines increment a counter by reading and writing it: no increment may be lost.
func useWatch(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	const goroutines, each = 4, 20
	increment := func(tx *redis.Tx) error {
		n, err := tx.Get(ctx, "counter").Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "counter", n+1, 0)
			return nil
		})
		return err
	}
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for done := 0; done < each; {
				switch err := client.Watch(ctx, increment, "counter"); {
				case err == nil:
					done++
				case !errors.Is(err, redis.TxFailedErr):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	n, err := client.Get(ctx, "counter").Int()
	want(t, "the counter", n, err, goroutines*each)
}

func usePubSub(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	sub := client.Subscribe(ctx, "news")
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	if err := sub.PSubscribe(ctx, "w*"); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{"news", "weather"} {
		n, err := client.Publish(ctx, channel, "to "+channel).Result()
		want(t, "PUBLISH", n, err, 1)
	}
	for _, wanted := range []redis.Message{
		{Channel: "news", Payload: "to news"}, {Channel: "weather", Pattern: "w*", Payload: "to weather"},
	} {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "message", fmt.Sprint(*m), nil, fmt.Sprint(wanted))
	}
	if err := sub.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if pong, err := sub.Receive(ctx); err != nil || pong.(*redis.Pong) == nil {
		t.Errorf("PING of a subscriber: %v, %v", pong, err)
	}
	shard := client.SSubscribe(ctx, "orders")
	defer shard.Close()
	if _, err := shard.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	n, err := client.SPublish(ctx, "orders", "1").Result()
	want(t, "SPUBLISH", n, err, 1)
	if m, err := shard.ReceiveMessage(ctx); err != nil || m.Payload != "1" {
		t.Errorf("sharded message: %v, %v", m, err)
	}
}

func useBlocking(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	if err := client.BLPop(ctx, time.Second/10, "queue").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("BLPOP of nothing: %v", err)
	}
	popped := make(chan *redis.StringSliceCmd)
	go func() { popped <- client.BLPop(ctx, 0, "other", "queue") }()
	scored := make(chan *redis.ZWithKeyCmd)
	go func() { scored <- client.BZPopMin(ctx, 0, "board") }()
	moved := make(chan *redis.StringCmd)
	go func() { moved <- client.BLMove(ctx, "from", "to", "LEFT", "RIGHT", 0) }()
	eventually(t, "three clients wait", func() bool {
		return strings.Contains(client.Info(ctx, "clients").Val(), "blocked_clients:3\r\n")
	})
	client.RPush(ctx, "queue", "first", "second")
	client.ZAdd(ctx, "board", redis.Z{Score: 1.5, Member: "ada"})
	client.RPush(ctx, "from", "x")
	pair, err := (<-popped).Result()
	wantAll(t, "BLPOP", pair, err, "queue", "first")
	z, err := (<-scored).Result()
	if err != nil || z.Key != "board" || z.Member != "ada" || z.Score != 1.5 {
		t.Errorf("BZPOPMIN: %v, %v", z, err)
	}
	x, err := (<-moved).Result()
	want(t, "BLMOVE", x, err, "x")
	rest, err := client.LRange(ctx, "queue", 0, -1).Result()
	wantAll(t, "what is left", rest, err, "second")
}

func useScan(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	const n = 1500
	names := make([]string, n)
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range names {
			names[i] = fmt.Sprintf("k:%04d", i)
			p.Set(ctx, names[i], i, 0)
			p.SAdd(ctx, "set", names[i])
			p.HSet(ctx, "hash", names[i], i)
			p.ZAdd(ctx, "zset", redis.Z{Score: float64(i), Member: names[i]})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, scan := range map[string]struct {
		it    *redis.ScanIterator
		pairs bool
	}{
		"SCAN":      {client.Scan(ctx, 0, "k:*", 100).Iterator(), false},
		"SCAN TYPE": {client.ScanType(ctx, 0, "k:*", 100, "string").Iterator(), false},
		"SSCAN":     {client.SScan(ctx, "set", 0, "", 0).Iterator(), false},
		"HSCAN":     {client.HScan(ctx, "hash", 0, "k:*", 50).Iterator(), true},
		"ZSCAN":     {client.ZScan(ctx, "zset", 0, "", 50).Iterator(), true},
	} {
		var seen []string
		for scan.it.Next(ctx) {
			seen = append(seen, scan.it.Val())
			if scan.pairs && !scan.it.Next(ctx) {
				t.Errorf("%s: a field without a value", what)
			}
		}
		slices.Sort(seen)
		if err := scan.it.Err(); err != nil || !slices.Equal(slices.Compact(seen), names) {
			t.Errorf("%s: %d names, %v", what, len(seen), err)
		}
	}
}

func useStruct(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	type session struct {
		User    string  `redis:"user"`
		Visits  int     `redis:"visits"`
		Balance float64 `redis:"balance"`
		Admin   bool    `redis:"admin"`
	}
	stored := session{"ada", 3, 0.25, true}
	if err := client.HSet(ctx, "session", stored).Err(); err != nil {
		t.Fatal(err)
	}
	var read session
	err := client.HGetAll(ctx, "session").Scan(&read)
	want(t, "HGETALL", read, err, stored)
	read = session{}
	err = client.HMGet(ctx, "session", "user", "nosuch", "admin").Scan(&read)
	want(t, "HMGET", read, err, session{User: "ada", Admin: true})
	states, err := client.HExpire(ctx, "session", time.Hour, "visits", "nosuch").Result()
	if err != nil || !slices.Equal(states, []int64{1, -2}) {
		t.Errorf("HEXPIRE: %v, %v", states, err)
	}
}

func useCollections(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	n, err := client.RPush(ctx, "list", "a", "b", "c").Result()
	want(t, "RPUSH", n, err, 3)
	at, err := client.LPos(ctx, "list", "c", redis.LPosArgs{}).Result()
	want(t, "LPOS", at, err, 2)
	client.SAdd(ctx, "s1", "a", "b")
	client.SAdd(ctx, "s2", "b", "c")
	both, err := client.SInter(ctx, "s1", "s2").Result()
	wantAll(t, "SINTER", both, err, "b")
	are, err := client.SMIsMember(ctx, "s1", "a", "c").Result()
	want(t, "SMISMEMBER", fmt.Sprint(are), err, "[true false]")
	client.ZAdd(ctx, "board", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"})
	scored, err := client.ZRangeWithScores(ctx, "board", 0, -1).Result()
	want(t, "ZRANGE WITHSCORES", fmt.Sprint(scored), err, "[{1 a} {2.5 b}]")
	scored, err = client.ZPopMax(ctx, "board", 1).Result()
	want(t, "ZPOPMAX", fmt.Sprint(scored), err, "[{2.5 b}]")
	fields, err := client.HRandFieldWithValues(ctx, "nosuch", 1).Result()
	want(t, "HRANDFIELD of nothing", len(fields), err, 0)
	added, err := client.GeoAdd(ctx, "places", &redis.GeoLocation{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556}).Result()
	want(t, "GEOADD", added, err, 1)
	found, err := client.GeoSearchLocation(ctx, "places", &redis.GeoSearchLocationQuery{
		GeoSearchQuery: redis.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 200, RadiusUnit: "km"},
		WithCoord:      true, WithDist: true,
	}).Result()
	if err != nil || len(found) != 1 || found[0].Name != "Palermo" || int(found[0].Dist) != 190 {
		t.Errorf("GEOSEARCH: %v, %v", found, err)
	}
	client.PFAdd(ctx, "hll", "a", "b", "b")
	estimate, err := client.PFCount(ctx, "hll").Result()
	want(t, "PFCOUNT", estimate, err, 2)
	client.SetBit(ctx, "bits", 7, 1)
	bits, err := client.BitField(ctx, "bits", "GET", "u8", 0).Result()
	want(t, "BITFIELD", fmt.Sprint(bits), err, "[1]")
}

func useErrors(t *testing.T, client *redis.Client) {
	ctx := limited(t)
	if err := client.Get(ctx, "nosuch").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("GET of a missing key: %v", err)
	}
	client.LPush(ctx, "list", "x")
	if err := client.Get(ctx, "list").Err(); !redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.Errorf("GET of a list: %v", err)
	}
	if err := client.Do(ctx, "XADD", "stream", "*", "f", "v").Err(); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("a command that is not served: %v", err)
	}
	if info := client.InfoMap(ctx); info.Err() != nil || info.Item("Server", "redis_mode") != "standalone" {
		t.Errorf("INFO: %v", info.Err())
	}
	if commands, err := client.Command(ctx).Result(); err != nil || commands["get"] == nil || !commands["get"].ReadOnly {
		t.Errorf("COMMAND: %v", err)
	}
}

// TestGoRedisLogin gives a name and a password, or none.
func TestGoRedisLogin(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	if err := s.srv.SetUser("ada", "on", ">secret", "~ada:*", "+@all"); err != nil {
		t.Fatal(err)
	}
	if err := s.srv.SetUser("default", "off"); err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []int{2, 3} {
		options := redis.Options{Addr: s.door(t, "tcp").addr, Protocol: protocol, Username: "ada", Password: "secret", DB: 3}
		client := redis.NewClient(&options)
		defer client.Close()
		ctx := limited(t)
		who, err := client.ACLWhoAmI(ctx).Result()
		want(t, "ACL WHOAMI", who, err, "ada")
		if err := client.Set(ctx, "ada:k", "v", 0).Err(); err != nil {
			t.Error(err)
		}
		if err := client.Set(ctx, "bob:k", "v", 0).Err(); !redis.HasErrorPrefix(err, "NOPERM") {
			t.Errorf("SET of another's key: %v", err)
		}
		options.Password = "wrong"
		stranger := redis.NewClient(&options)
		defer stranger.Close()
		if err := stranger.Ping(ctx).Err(); !redis.HasErrorPrefix(err, "WRONGPASS") && !redis.HasErrorPrefix(err, "NOAUTH") {
			t.Errorf("a wrong password: %v", err)
		}
	}
}
