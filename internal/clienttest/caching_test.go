package clienttest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/valkey-io/valkey-go"
)

// cacher is a client that keeps what it has read until it is told that this has changed.
type cacher interface {
	// get reads a string. Nothing is the empty string.
	get(ctx context.Context, key string) (value string, fromCache bool, err error)
	// field reads a field of a hash.
	field(ctx context.Context, key, name string) (value string, fromCache bool, err error)
	set(ctx context.Context, key, value string) error
}

// cacheFor is how long clients may keep what nobody tells them the end of: longer than a test.
const cacheFor = time.Hour

type valkeyCacher struct{ valkey.Client }

func (c valkeyCacher) read(ctx context.Context, cmd valkey.Cacheable) (string, bool, error) {
	r := c.DoCache(ctx, cmd, cacheFor)
	value, err := r.ToString()
	if valkey.IsValkeyNil(err) {
		err = nil
	}
	return value, r.IsCacheHit(), err
}

func (c valkeyCacher) get(ctx context.Context, key string) (string, bool, error) {
	return c.read(ctx, c.B().Get().Key(key).Cache())
}

func (c valkeyCacher) field(ctx context.Context, key, name string) (string, bool, error) {
	return c.read(ctx, c.B().Hget().Key(key).Field(name).Cache())
}

func (c valkeyCacher) set(ctx context.Context, key, value string) error {
	return c.Do(ctx, c.B().Set().Key(key).Value(value).Build()).Error()
}

type rueidisCacher struct{ rueidis.Client }

func (c rueidisCacher) read(ctx context.Context, cmd rueidis.Cacheable) (string, bool, error) {
	r := c.DoCache(ctx, cmd, cacheFor)
	value, err := r.ToString()
	if rueidis.IsRedisNil(err) {
		err = nil
	}
	return value, r.IsCacheHit(), err
}

func (c rueidisCacher) get(ctx context.Context, key string) (string, bool, error) {
	return c.read(ctx, c.B().Get().Key(key).Cache())
}

func (c rueidisCacher) field(ctx context.Context, key, name string) (string, bool, error) {
	return c.read(ctx, c.B().Hget().Key(key).Field(name).Cache())
}

func (c rueidisCacher) set(ctx context.Context, key, value string) error {
	return c.Do(ctx, c.B().Set().Key(key).Value(value).Build()).Error()
}

type goRedisCacher struct{ *redis.Client }

func (c goRedisCacher) read(cmd func() *redis.StringCmd) (string, bool, error) {
	hits := c.CSCStats().Hits
	value, err := cmd().Result()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return value, c.CSCStats().Hits > hits, err
}

func (c goRedisCacher) get(ctx context.Context, key string) (string, bool, error) {
	return c.read(func() *redis.StringCmd { return c.Get(ctx, key) })
}

func (c goRedisCacher) field(ctx context.Context, key, name string) (string, bool, error) {
	return c.read(func() *redis.StringCmd { return c.HGet(ctx, key, name) })
}

func (c goRedisCacher) set(ctx context.Context, key, value string) error {
	return c.Set(ctx, key, value, 0).Err()
}

// cachers open a client through a door.
var cachers = map[string]func(t testing.TB, d door) cacher{
	"valkey-go": func(t testing.TB, d door) cacher { return valkeyCacher{valkeyGo(t, d)} },
	"rueidis": func(t testing.TB, d door) cacher {
		client, err := rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{d.host()},
			DialCtxFn: func(ctx context.Context, _ string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
				return d.open(ctx)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return rueidisCacher{client}
	},
	"go-redis": func(t testing.TB, d door) cacher {
		client := redis.NewClient(&redis.Options{
			Addr:                  d.host(),
			Dialer:                func(ctx context.Context, _, _ string) (net.Conn, error) { return d.open(ctx) },
			ClientSideCacheConfig: &redis.ClientSideCacheConfig{},
		})
		t.Cleanup(func() { client.Close() })
		return goRedisCacher{client}
	},
}

// change is something that ends the truth of what a client has cached.
type change struct {
	name string
	make func(s *site, other *redis.Client, c cacher) error
	then string // the value of the key "k" afterwards
}

var changes = []change{
	{"set in Go", func(s *site, _ *redis.Client, _ cacher) error {
		_, err := s.cache.Strings().Set("k", []byte("new"), datatypes.SetOptions{})
		return err
	}, "new"},
	{"a transaction in Go", func(s *site, _ *redis.Client, _ cacher) error {
		return s.cache.Update([]string{"k"}, func(tx *larder.Tx) error {
			_, err := tx.Strings().Append("k", []byte("er"))
			return err
		})
	}, "older"},
	{"SET of another client", func(_ *site, other *redis.Client, _ cacher) error {
		return other.Set(context.Background(), "k", "new", 0).Err()
	}, "new"},
	{"SET of the client itself", func(_ *site, _ *redis.Client, c cacher) error {
		return c.set(context.Background(), "k", "new")
	}, "new"},
	{"DEL", func(_ *site, other *redis.Client, _ cacher) error {
		return other.Del(context.Background(), "k").Err()
	}, ""},
	{"EXEC", func(_ *site, other *redis.Client, _ cacher) error {
		_, err := other.TxPipelined(context.Background(), func(p redis.Pipeliner) error {
			p.SetRange(context.Background(), "k", 0, "b")
			return nil
		})
		return err
	}, "bld"},
	{"RENAME to it", func(_ *site, other *redis.Client, _ cacher) error {
		other.Set(context.Background(), "other", "new", 0)
		return other.Rename(context.Background(), "other", "k").Err()
	}, "new"},
	{"expiry", func(s *site, other *redis.Client, c cacher) error {
		if err := other.Expire(context.Background(), "k", 2*cacheFor).Err(); err != nil {
			return err
		}
		if err := warm(context.Background(), func() (string, bool, error) { return c.get(context.Background(), "k") }, "old"); err != nil {
			return err
		}
		s.clock.forward(3 * cacheFor)
		return nil
	}, ""},
	{"eviction", func(s *site, _ *redis.Client, _ cacher) error {
		for i := 0; ; i++ {
			if n, err := s.cache.Keys().Exists("k"); n == 0 || err != nil {
				return err
			}
			if _, err := s.cache.Strings().Set("filler:"+strconv.Itoa(i), make([]byte, 4<<10), datatypes.SetOptions{}); err != nil {
				return err
			}
		}
	}, ""},
	{"FLUSHALL", func(_ *site, other *redis.Client, _ cacher) error {
		return other.FlushAll(context.Background()).Err()
	}, ""},
	{"flush in Go", func(s *site, _ *redis.Client, _ cacher) error { return s.cache.Keys().Flush() }, ""},
	{"SWAPDB", func(_ *site, other *redis.Client, _ cacher) error {
		return other.Do(context.Background(), "SWAPDB", 0, 1).Err()
	}, ""},
}

// warm reads until the client answers by itself.
func warm(ctx context.Context, read func() (string, bool, error), wanted string) error {
	for ctx.Err() == nil {
		switch value, cached, err := read(); {
		case err != nil:
			return err
		case value != wanted:
			return fmt.Errorf("read %q, want %q", value, wanted)
		case cached:
			return nil
		}
	}
	return ctx.Err()
}

// TestClientSideCaching has clients cache a key, which then changes: they must notice, however it happens.
func TestClientSideCaching(t *testing.T) {
	t.Parallel()
	for name, open := range cachers {
		for _, ch := range changes {
			for _, way := range doorNames() {
				t.Run(name+"/"+ch.name+"/"+way, func(t *testing.T) {
					t.Parallel()
					s := serve(t, larder.Options{MaxBytes: 4 << 20, Policy: larder.AllKeysLRU})
					c, ctx := open(t, s.door(t, way)), limited(t)
					other := goRedis(t, s.door(t, "tcp"), 3)
					if err := other.Set(ctx, "k", "old", 0).Err(); err != nil {
						t.Fatal(err)
					}
					if err := warm(ctx, func() (string, bool, error) { return c.get(ctx, "k") }, "old"); err != nil {
						t.Fatal(err)
					}
					if err := ch.make(s, other, c); err != nil {
						t.Fatal(err)
					}
					eventually(t, "the client notices", func() bool {
						value, _, err := c.get(ctx, "k")
						return err == nil && value == ch.then
					})
				})
			}
		}
	}
}

// TestFieldExpires has clients cache a field of a hash that expires while the hash goes on.
func TestFieldExpires(t *testing.T) {
	t.Parallel()
	for name, open := range cachers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, larder.Options{})
			c, ctx := open(t, s.door(t, "tcp")), limited(t)
			other := goRedis(t, s.door(t, "tcp"), 3)
			other.HSet(ctx, "h", "f", "old", "g", "stays")
			if err := other.HExpire(ctx, "h", 2*cacheFor, "f").Err(); err != nil {
				t.Fatal(err)
			}
			if err := warm(ctx, func() (string, bool, error) { return c.field(ctx, "h", "f") }, "old"); err != nil {
				t.Fatal(err)
			}
			s.clock.forward(3 * cacheFor)
			eventually(t, "the client notices", func() bool {
				value, _, err := c.field(ctx, "h", "f")
				return err == nil && value == ""
			})
		})
	}
}

// TestCachedReadsGoForward has a counter written by Go and read by clients that cache it: what one of them reads must not
// go back, and in the end is what was written last.
func TestCachedReadsGoForward(t *testing.T) {
	t.Parallel()
	for name, open := range cachers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, larder.Options{})
			c, ctx := open(t, s.door(t, "tcp")), limited(t)
			const writes = 20_000
			written := make(chan error, 1)
			go func() {
				for i := range writes + 1 {
					if _, err := s.cache.Strings().Set("n", strconv.AppendInt(nil, int64(i), 10), datatypes.SetOptions{}); err != nil {
						written <- err
						return
					}
				}
				written <- nil
			}()
			read, last := 0, 0
			eventually(t, "the last write is seen", func() bool {
				for range 100 {
					value, _, err := c.get(ctx, "n")
					if err != nil {
						t.Fatal(err)
					}
					n, _ := strconv.Atoi(value)
					if n < last {
						t.Fatalf("read %d after %d", n, last)
					}
					last = n
					read++
				}
				return last == writes
			})
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			t.Logf("%d reads", read)
		})
	}
}

// TestBroadcast has a client told of all keys with a prefix, rather than of those that it has read.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	s := serve(t, larder.Options{})
	told := make(chan string, 100)
	client, err := valkey.NewClient(valkey.ClientOption{
		InitAddress:           []string{s.door(t, "tcp").addr},
		ClientTrackingOptions: []string{"BCAST", "PREFIX", "user:", "PREFIX", "role:"},
		PipelineMultiplex:     -1, // one connection
		OnInvalidations: func(keys []valkey.ValkeyMessage) {
			for _, key := range keys {
				name, _ := key.ToString()
				told <- name
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := limited(t)
	if err := client.Do(ctx, client.B().Ping().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"user:1", "session:1", "role:1", "user:2"} {
		if _, err := s.cache.Strings().Set(key, []byte("x"), datatypes.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for len(keys) < 3 {
		select {
		case key := <-told:
			keys = append(keys, key)
		case <-ctx.Done():
			t.Fatalf("told of %q only", keys)
		}
	}
	slices.Sort(keys)
	if got := strings.Join(keys, " "); got != "role:1 user:1 user:2" {
		t.Errorf("told of %s", got)
	}
}
