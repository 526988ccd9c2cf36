package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// operator changes settings under load, empties one database, has memory returned and walks over all keys, as people
// who run a server do.
type operator struct {
	soak *soak
	rng  *rand.Rand
}

const flushedDB = 5

func (o *operator) forget() {}

func (o *operator) run(ctx context.Context) error {
	client, err := dialServer(o.soak.addr)
	if err != nil {
		return err
	}
	defer client.close()
	steps := []func(context.Context, *respClient) error{o.limit, o.policy, o.dense, o.flush, o.purge, o.walk, o.inform,
		o.pause}
	for ctx.Err() == nil {
		if err := steps[o.rng.IntN(len(steps))](ctx, client); err != nil {
			return fmt.Errorf("operator: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(o.rng.IntN(200)) * time.Millisecond):
		}
	}
	_, err = client.do("CONFIG", "SET", "maxmemory", strconv.FormatInt(o.soak.memory, 10))
	return err
}

func (o *operator) limit(_ context.Context, c *respClient) error {
	share := o.soak.memory * int64(30+o.rng.IntN(71)) / 100
	_, err := c.do("CONFIG", "SET", "maxmemory", strconv.FormatInt(share, 10))
	return err
}

func (o *operator) policy(_ context.Context, c *respClient) error {
	among := siblings(o.soak.cache.Policy())
	_, err := c.do("CONFIG", "SET", "maxmemory-policy", among[o.rng.IntN(len(among))].String())
	return err
}

// dense changes up to which size collections are dense.
func (o *operator) dense(_ context.Context, c *respClient) error {
	parameters := []string{"hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries",
		"zset-max-listpack-entries", "zset-max-listpack-value", "list-max-listpack-size"}
	_, err := c.do("CONFIG", "SET", parameters[o.rng.IntN(len(parameters))], strconv.Itoa(1+o.rng.IntN(300)))
	return err
}

func (o *operator) flush(_ context.Context, c *respClient) error {
	mode := []string{"SYNC", "ASYNC"}[o.rng.IntN(2)]
	for _, cmd := range [][]string{{"SELECT", strconv.Itoa(flushedDB)}, {"FLUSHDB", mode}, {"SELECT", "0"}} {
		if _, err := c.do(cmd...); err != nil {
			return err
		}
	}
	return nil
}

func (o *operator) purge(_ context.Context, c *respClient) error {
	_, err := c.do("MEMORY", "PURGE")
	return err
}

// walk scans all keys of a database.
func (o *operator) walk(ctx context.Context, c *respClient) error {
	for cursor := "0"; ctx.Err() == nil; {
		reply, err := c.do("SCAN", cursor, "COUNT", "500")
		if err != nil {
			return err
		}
		page := reply.([]any)
		for _, key := range flatten(nil, page[1]) {
			if !strings.Contains(key, ":") {
				return fmt.Errorf("SCAN returned %q, which nobody wrote", key)
			}
		}
		if cursor = page[0].(string); cursor == "0" {
			return nil
		}
	}
	return nil
}

// pause has writes wait for a moment.
func (o *operator) pause(_ context.Context, c *respClient) error {
	_, err := c.do("CLIENT", "PAUSE", strconv.Itoa(o.rng.IntN(20)), "WRITE")
	return err
}

func (o *operator) inform(_ context.Context, c *respClient) error {
	for _, cmd := range [][]string{{"INFO", "everything"}, {"CLIENT", "LIST"}, {"MEMORY", "STATS"}, {"DBSIZE"}} {
		if _, err := c.do(cmd...); err != nil {
			return err
		}
	}
	return nil
}
