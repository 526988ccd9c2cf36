package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"time"
)

// visitor connects again and again, does something that clients do, well or badly, and leaves at any moment. It checks
// nothing but that it can come back: what it leaves behind is looked for when all have left.
type visitor struct {
	soak *soak
	rng  *rand.Rand
}

func newVisitor(s *soak, n int) *visitor { return &visitor{soak: s, rng: s.random("visitor", n)} }

func (v *visitor) forget() {}

func (v *visitor) run(ctx context.Context) error {
	visits := []func(*respClient){v.pipeline, v.subscribe, v.track, v.block, v.babble, v.stop, v.hoard, v.transact, v.inspect, v.kill}
	for ctx.Err() == nil {
		secure, began := v.rng.IntN(4) == 0, time.Now()
		client, err := v.dial(secure)
		if secure && handshakeLate(err, time.Since(began)) {
			continue
		}
		if err != nil {
			return fmt.Errorf("visitor: %w", err)
		}
		client.queue("SELECT", "2")
		visits[v.rng.IntN(len(visits))](client)
		v.leave(client)
		v.soak.report.visits.Add(1)
	}
	return nil
}

// dial connects with or without TLS.
func (v *visitor) dial(secure bool) (*respClient, error) {
	if secure {
		return dialTLS(v.soak.tlsAddr)
	}
	return dialServer(v.soak.addr)
}

// handshakeTime is how long the server lets a client take to agree on TLS.
const handshakeTime = 10 * time.Second

// handshakeLate reports whether connecting with TLS failed because the server gave the client up: the machine has let
// neither run for so long. The server then closes the connection with the client's first message unread, which resets it.
func handshakeLate(err error, took time.Duration) bool {
	closed := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	return closed && took >= handshakeTime
}

func (v *visitor) key() string { return "v:" + strconv.Itoa(v.rng.IntN(500)) }

// listen reads what comes for a short while.
func (v *visitor) listen(c *respClient) {
	c.conn.SetReadDeadline(time.Now().Add(time.Duration(v.rng.IntN(30)) * time.Millisecond))
	io.Copy(io.Discard, c.in)
}

// leave closes the connection, now and then without a farewell in TCP.
func (v *visitor) leave(c *respClient) {
	if tcp, ok := c.conn.(*net.TCPConn); ok && v.rng.IntN(3) == 0 {
		tcp.SetLinger(0)
	}
	c.close()
}

func (v *visitor) pipeline(c *respClient) {
	for range 1 + v.rng.IntN(200) {
		switch v.rng.IntN(4) {
		case 0:
			c.queue("SET", v.key(), randomText(v.rng, v.rng.IntN(500)), "EX", "10")
		case 1:
			c.queue("PUBLISH", "news", "x")
		case 2:
			c.queue("LPUSH", "queue", "job")
			c.queue("LTRIM", "queue", "0", "99")
		default:
			c.queue("GET", v.key())
		}
	}
	c.flush()
	v.listen(c)
}

func (v *visitor) subscribe(c *respClient) {
	c.queue("SUBSCRIBE", "news", "weather")
	c.queue("PSUBSCRIBE", "n*")
	c.queue("SSUBSCRIBE", "shard")
	if v.rng.IntN(2) == 0 {
		c.queue("UNSUBSCRIBE", "weather")
	}
	c.flush()
	v.soak.cache.PubSub().Publish("news", []byte("from within"))
	v.listen(c)
}

func (v *visitor) track(c *respClient) {
	c.queue("HELLO", "3")
	if v.rng.IntN(2) == 0 {
		c.queue("CLIENT", "TRACKING", "ON")
	} else {
		c.queue("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "v:1")
	}
	for range 50 {
		c.queue("GET", v.key())
	}
	c.queue("SET", v.key(), "tracked", "PX", strconv.Itoa(1+v.rng.IntN(50)))
	c.flush()
	v.listen(c)
}

func (v *visitor) block(c *respClient) {
	switch v.rng.IntN(3) {
	case 0:
		c.queue("BLPOP", "queue", "other", "0")
	case 1:
		c.queue("BZPOPMIN", "none", "0.05")
	default:
		c.queue("BLMOVE", "queue", "other", "LEFT", "RIGHT", "0")
	}
	c.queue("GET", v.key())
	c.flush()
	v.listen(c)
}

// babble sends what is no RESP.
func (v *visitor) babble(c *respClient) {
	for range v.rng.IntN(200) {
		c.out = append(c.out, byte(v.rng.Uint32()))
	}
	c.flush()
	v.listen(c)
}

// stop sends a part of a command.
func (v *visitor) stop(c *respClient) {
	c.queue("SET", v.key(), randomText(v.rng, 5000), "EX", "10")
	c.out = c.out[:v.rng.IntN(len(c.out))]
	c.flush()
	v.listen(c)
}

// hoard asks for much and reads nothing of it.
func (v *visitor) hoard(c *respClient) {
	c.queue("SETRANGE", "hoard", "50000", "x")
	for range v.rng.IntN(200) {
		c.queue("GET", "hoard")
	}
	c.flush()
}

// transact leaves transactions open.
func (v *visitor) transact(c *respClient) {
	c.queue("WATCH", v.key(), v.key())
	c.queue("MULTI")
	c.queue("SET", v.key(), "transacted", "EX", "10")
	if v.rng.IntN(2) == 0 {
		c.queue("EXEC")
	}
	c.flush()
	v.listen(c)
}

// inspect asks what operators ask.
func (v *visitor) inspect(c *respClient) {
	for _, cmd := range [][]string{{"CLIENT", "SETNAME", "visitor"}, {"CLIENT", "LIST"}, {"INFO"}, {"SCAN", "0", "COUNT", "100"},
		{"MEMORY", "USAGE", v.key()}, {"COMMAND", "DOCS"}, {"SLOWLOG", "GET"}, {"NOSUCH", "command"}, {"RANDOMKEY"}} {
		c.queue(cmd...)
	}
	c.flush()
	v.listen(c)
}

// kill has the visitor that came before closed, or itself.
func (v *visitor) kill(c *respClient) {
	c.queue("CLIENT", "ID")
	if c.flush() != nil {
		return
	}
	for range 2 { // of SELECT, and of CLIENT ID
		reply, err := c.receive()
		if err != nil {
			return
		}
		if id, ok := reply.(int64); ok {
			victim := v.soak.lastVisitor.Swap(id)
			c.queue("CLIENT", "KILL", "ID", strconv.FormatInt(victim, 10), "SKIPME", "NO")
		}
	}
	c.queue("BLPOP", "nothing", "0")
	c.flush()
	v.listen(c)
}
