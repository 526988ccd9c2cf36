// Inprocess lets a program that speaks through go-redis or valkey-go use a store of its own, without a socket: each of
// them is given a dialer that returns a connection into the embedded server. What one of them writes the others read, and
// so does the Go API.
//
// It stands apart from the other examples, in a module of its own, so that larder does not depend on the clients:
//
//	cd internal/clienttest && go run ./inprocess
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
	"github.com/redis/go-redis/v9"
	"github.com/valkey-io/valkey-go"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		return err
	}
	defer cache.Close()
	srv := &resp.Server{Cache: cache}
	defer srv.Close()

	goRedis := redis.NewClient(&redis.Options{
		Dialer: func(context.Context, string, string) (net.Conn, error) { return srv.Dial(), nil },
	})
	defer goRedis.Close()
	valkeyGo, err := valkey.NewClient(valkey.ClientOption{
		InitAddress: []string{"in-process"}, // it wants one, and gives it to the dialer
		DialCtxFn: func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
			return srv.Dial(), nil
		},
	})
	if err != nil {
		return err
	}
	defer valkeyGo.Close()

	if err := goRedis.HSet(ctx, "user:1", "name", "Ada", "visits", 1).Err(); err != nil {
		return err
	}
	name, err := cachedName(ctx, valkeyGo)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "go-redis wrote, valkey-go reads and keeps: %s\n", name)

	// Client-side caching works as with a server far away: valkey-go hears that its copy is out of date.
	if _, err := cache.Hashes().Set("user:1", datatypes.Field{Name: "name", Value: []byte("Ada Lovelace")}); err != nil {
		return err
	}
	for name != "Ada Lovelace" {
		if name, err = cachedName(ctx, valkeyGo); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "Go wrote, valkey-go has noticed: %s\n", name)

	visits, err := goRedis.HIncrBy(ctx, "user:1", "visits", 1).Result()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "visits: %d\n", visits)
	return nil
}

// cachedName reads from valkey-go's own cache, if it can.
func cachedName(ctx context.Context, client valkey.Client) (string, error) {
	return client.DoCache(ctx, client.B().Hget().Key("user:1").Field("name").Cache(), time.Minute).ToString()
}
