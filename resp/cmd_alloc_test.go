package resp

import (
	"bytes"
	"testing"
)

// TestHandlersDoNotAllocate runs commands of the steady state, each on a client whose output buffer has grown to what it
// needs.
func TestHandlersDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector pools forget at random")
	}
	srv := startCache(t)
	srv.init()
	c := newBench(srv).c
	for _, line := range []string{
		"SET k value-of-some-length", "SET k value-of-some-length EX 1000", "SET k value-of-some-length XX KEEPTTL",
		"GET k", "GET nokey", "STRLEN k", "GETRANGE k 2 5", "EXISTS k", "EXISTS k k nokey", "TYPE k", "TTL k", "PTTL k",
		"ZADD z 1 a", "ZADD z 2 a", "ZINCRBY z 1 a", "ZSCORE z a", "ZRANK z a", "ZCARD z", "ZRANGE z 0 -1 WITHSCORES",
		"ZRANGEBYSCORE z -inf +inf LIMIT 0 10", "ZCOUNT z 0 5", "ZMSCORE z a b",
		"EXPIRE k 1000", "EXPIRE k 2000 GT", "PERSIST k", "DEL nokey", "TOUCH k", "MGET k nokey k", "SET n 10", "INCR n",
		"INCRBY n 5", "DECR n", "SETRANGE k 1 x", "DBSIZE", "OBJECT ENCODING k", "EXPIRETIME k",
	} {
		args := bytes.Fields([]byte(line))
		run := func() {
			cmd, problem := findCommand(args)
			if problem != "" {
				t.Fatal(problem)
			}
			c.out = c.out[:0]
			cmd.handler(c, args)
			if c.out[0] == '-' {
				t.Fatalf("%s: %s", line, c.out)
			}
		}
		if n := testing.AllocsPerRun(200, run); n != 0 {
			t.Errorf("%s: %v allocations", line, n)
		}
	}
}

func BenchmarkHandlers(b *testing.B) {
	for _, line := range []string{"GET k", "SET k value-of-some-length", "INCR n", "MGET k k k k", "TTL k"} {
		b.Run(line, func(b *testing.B) {
			srv := startCache(b)
			c := newBench(srv).c
			cmdSet(c, bytes.Fields([]byte("SET k value-of-some-length EX 1000")))
			args := bytes.Fields([]byte(line))
			b.ReportAllocs()
			for b.Loop() {
				c.out = c.out[:0]
				cmd, _ := findCommand(args)
				cmd.handler(c, args)
			}
		})
	}
}
