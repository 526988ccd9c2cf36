package resp

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/larderkv/larder"
)

// newTestServer returns a server over an empty cache, both closed with the test.
func newTestServer(t testing.TB, change func(s *Server)) *Server {
	t.Helper()
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	srv := &Server{Cache: cache, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(srv)
	}
	srv.init()
	t.Cleanup(func() {
		srv.Close()
		cache.Close()
	})
	return srv
}

// bench is an owner without a connection: a test puts input in and takes replies out.
type bench struct {
	count counters
	s     scratch
	c     *client
}

func (b *bench) wake(*client)        {}
func (b *bench) counters() *counters { return &b.count }

func newBench(srv *Server) *bench {
	b := &bench{}
	b.c = srv.newClient(b, -1, pipeAddr{}, pipeAddr{})
	return b
}

// feed serves the client one input and returns the replies.
func (b *bench) feed(t testing.TB, input []byte) string {
	out := ""
	b.serve(t, input, func(replies []byte) { out += string(replies) })
	return out
}

func (b *bench) serve(t testing.TB, input []byte, sent func(replies []byte)) {
	c, s := b.c, &b.s
	for first := true; first || len(input) > 0; first = false {
		s.lend(c)
		if c.collect() {
			return
		}
		if len(input) > 0 {
			room, err := s.room(c, defaultQueryBuffer)
			if err != nil {
				t.Fatal(err)
			}
			n := copy(room, input)
			input = input[n:]
			c.in.buf = c.in.buf[:len(c.in.buf)+n]
		}
		for more := true; more; {
			more = c.process(s)
			sent(c.out)
			c.out = c.out[:0]
		}
		s.settle(c)
		checkIdle(t, c)
	}
}

// stub replaces the handler of PING while the test runs. Tests that use it do not run in parallel.
func stub(t *testing.T, handler func(c *client, args [][]byte)) {
	t.Helper()
	cmd := lookupCommand([]byte("ping"))
	original := cmd.handler
	cmd.handler = handler
	t.Cleanup(func() { cmd.handler = original })
}

func TestPipeline(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	var in, want strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&in, "*2\r\n$4\r\necho\r\n$%d\r\n%d\r\n", len(fmt.Sprint(i)), i)
		fmt.Fprintf(&want, "$%d\r\n%d\r\n", len(fmt.Sprint(i)), i)
		if i%100 == 0 {
			in.WriteString("PING \"a b\"\r\n")
			want.WriteString("$3\r\na b\r\n")
		}
	}
	if got := b.feed(t, []byte(in.String())); got != want.String() {
		t.Errorf("got %d bytes of replies, want %d", len(got), want.Len())
	}
	if n := b.count.commands.Load(); n != 1010 {
		t.Errorf("%d commands counted", n)
	}
}

func TestQueuedKeys(t *testing.T) {
	t.Parallel()
	c := newBench(newTestServer(t, nil)).c
	var s scratch
	for _, args := range []string{"get a", "ping", "mset b x c x", "get", "nosuch d"} {
		var q queued
		for _, arg := range strings.Fields(args) {
			q.args = append(q.args, []byte(arg))
		}
		q.cmd, _ = findCommand(q.args)
		s.queue = append(s.queue, q)
	}
	c.queuedKeys(&s)
	if got := strings.Join(s.keys, " "); got != "a b c" {
		t.Errorf("queued keys are %q", got)
	}
}

func TestProtocolErrorAfterCommands(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	got := b.feed(t, []byte("*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n*1\r\n!\r\n*1\r\n$4\r\nPING\r\n"))
	if got != "+PONG\r\n+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n" || !b.c.closing {
		t.Errorf("got %q, closing %v", got, b.c.closing)
	}
}

// TestQuitEndsBatch checks that nothing after QUIT is executed, though it was parsed together with it.
func TestQuitEndsBatch(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	if got := b.feed(t, []byte("*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n")); got != "+OK\r\n" || !b.c.finish() {
		t.Errorf("got %q", got)
	}
}

// TestAuthenticationLiftsLimits pipelines a large command behind AUTH.
func TestAuthenticationLiftsLimits(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, func(s *Server) { s.Password = "sesame" }))
	large := strings.Repeat("x", unauthenticatedBulk+1)
	echo := fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n", len(large), large)
	got := b.feed(t, []byte("*2\r\n$4\r\nAUTH\r\n$6\r\nsesame\r\n"+echo+"*1\r\n$5\r\nRESET\r\n"))
	got += b.feed(t, []byte(echo))
	want := fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n+RESET\r\n-ERR Protocol error: unauthenticated bulk length\r\n", len(large), large)
	if got != want {
		t.Errorf("got %.100q", got)
	}
}

func TestDeferredReply(t *testing.T) {
	var seq uint64
	stub(t, func(c *client, _ [][]byte) { seq = c.deferReply(nil) })
	for _, form := range []string{"*1\r\n$4\r\nPING\r\n", "PING\r\n", "PING ''\r\n"} {
		b := newBench(newTestServer(t, nil))
		echo := "*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO \"\\x62\"\r\n"
		if got := b.feed(t, []byte(echo+form+echo)); got != "$1\r\na\r\n$1\r\nb\r\n" {
			t.Fatalf("before: %q", got)
		}
		if got := b.feed(t, []byte(echo)); got != "" {
			t.Fatalf("while the command waits: %q", got)
		}
		b.c.resume(seq+1, func(c *client) { c.writeSimple("WRONG") })
		b.c.resume(seq, (*client).writeOK)
		b.c.resume(seq, func(c *client) { c.writeSimple("LATE") })
		if got := b.feed(t, nil); got != "+OK\r\n"+strings.Repeat("$1\r\na\r\n$1\r\nb\r\n", 2) {
			t.Fatalf("after: %q", got)
		}
	}
}

func TestDeferredReplyIsCancelled(t *testing.T) {
	cancelled := 0
	stub(t, func(c *client, _ [][]byte) { c.deferReply(func() { cancelled++ }) })
	b := newBench(newTestServer(t, nil))
	b.feed(t, []byte("PING\r\n"))
	b.c.detach()
	if cancelled != 1 {
		t.Errorf("cancelled %d times", cancelled)
	}
}

// TestPanicClosesConnection checks that a panic costs the client its connection and nobody else anything.
func TestPanicClosesConnection(t *testing.T) {
	var log strings.Builder
	stub(t, func(c *client, _ [][]byte) { panic("oh dear") })
	srv := newTestServer(t, func(s *Server) { s.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	b, other := newBench(srv), newBench(srv)
	if got := b.feed(t, []byte("ECHO a\r\nPING\r\nECHO b\r\n")); got != "$1\r\na\r\n" || !b.c.finish() {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(log.String(), "oh dear") || !strings.Contains(log.String(), "client_test.go") {
		t.Errorf("logged %s", log.String())
	}
	if got := other.feed(t, []byte("ECHO a\r\n")); got != "$1\r\na\r\n" {
		t.Errorf("another client got %q", got)
	}
}

// TestBackpressure never takes replies: execution must stop at the limit.
func TestBackpressure(t *testing.T) {
	const size = 1 << 20
	executed := 0
	value := make([]byte, size)
	stub(t, func(c *client, _ [][]byte) {
		executed++
		c.writeBulk(value)
	})
	b := newBench(newTestServer(t, nil))
	c, s := b.c, &b.s
	input := strings.Repeat("*1\r\n$4\r\nPING\r\n", 100)
	s.lend(c)
	room, _ := s.room(c, defaultQueryBuffer)
	c.in.buf = c.in.buf[:copy(room, input)]
	for c.process(s) {
	}
	if c.pending() > maxPendingReplies+size+32 || c.runnable() || executed == 100 {
		t.Fatalf("%d executed, %d bytes pending", executed, c.pending())
	}
	for taken := 0; executed < 100 || c.pending() > 0; taken++ {
		if taken > 10_000 {
			t.Fatal("no progress")
		}
		c.sent += min(c.pending(), 700_000)
		c.compactReplies()
		for c.process(s) {
		}
		if c.pending() > maxPendingReplies+size+32 {
			t.Fatalf("%d bytes pending", c.pending())
		}
	}
}

func TestPushBetweenReplies(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	b.c.push([]byte(">1\r\n$1\r\na\r\n"))
	b.c.push([]byte(">1\r\n$1\r\nb\r\n"))
	if got := b.feed(t, []byte("*1\r\n$4\r\nPI")); got != ">1\r\n$1\r\na\r\n>1\r\n$1\r\nb\r\n" {
		t.Errorf("got %q", got)
	}
	if got := b.feed(t, []byte("NG\r\n")); got != "+PONG\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestPushIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	for range 2 {
		b.c.push(make([]byte, maxMailbox/2+1))
	}
	if !b.c.collect() {
		t.Error("a client that does not take its messages is not killed")
	}
}

// TestMailboxConcurrently posts from many goroutines while the client is served.
func TestMailboxConcurrently(t *testing.T) {
	t.Parallel()
	b := newBench(newTestServer(t, nil))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				b.c.push([]byte("+a\r\n"))
				b.c.post(func(c *client) { c.writeSimple("b") })
			}
		})
	}
	stopped := make(chan struct{})
	go func() { wg.Wait(); close(stopped) }()
	var got string
	for done := false; !done; {
		select {
		case <-stopped:
			done = true
		default:
		}
		got += b.feed(t, nil)
	}
	if as, bs := strings.Count(got, "+a\r\n"), strings.Count(got, "+b\r\n"); as != 1600 || bs != 1600 {
		t.Errorf("%d and %d of 1600 arrived", as, bs)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	tests := map[string]string{
		"ping":     "*1\r\n$4\r\nPING\r\n",
		"inline":   "PING\r\n",
		"echo":     "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n",
		"set":      "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$32\r\nvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\r\n",
		"get":      "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n",
		"miss":     "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000002\r\n",
		"pipeline": strings.Repeat("*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n", 100),
		"select":   "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n",
		"hello":    "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n",
	}
	b := newBench(newTestServer(t, nil))
	for name, input := range tests {
		in := []byte(input)
		split := len(in) / 2
		serve := func() {
			b.serve(t, in, func([]byte) {})
			b.serve(t, in[:split], func([]byte) {})
			b.serve(t, in[split:], func([]byte) {})
		}
		if n := testing.AllocsPerRun(200, serve); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkClient(b *testing.B) {
	srv := newTestServer(b, nil)
	bench := newBench(srv)
	bench.feed(b, []byte("SET key:000000000001 vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\r\n"))
	for _, n := range []int{1, 16, 64} {
		input := []byte(strings.Repeat("*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n", n))
		b.Run(fmt.Sprintf("GET/pipeline=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.serve(b, input, func([]byte) {})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/command")
		})
	}
}

// FuzzClient serves arbitrary bytes. Whatever they are, no handler may panic, and each reply must be well formed.
func FuzzClient(f *testing.F) {
	for _, seed := range []string{
		"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "HELLO 3 SETNAME a\r\nCLIENT LIST\r\nMGET a b\r\n",
		"SELECT 3\r\nAPPEND k \"\\x00\"\r\nGETRANGE k 0 -1\r\n", "SCAN 0 MATCH * COUNT 5\r\nCOMMAND DOCS get\r\n", "RESET\r\nQUIT\r\n",
		"CLIENT KILL SKIPME no TYPE normal\r\nPING\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var log strings.Builder
		srv := newTestServer(t, func(s *Server) {
			s.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
			s.MaxBulkLen = 1 << 16
		})
		replies := newBench(srv).feed(t, input)
		if log.Len() > 0 {
			t.Fatalf("%q: %s", input, log.String())
		}
		for rest := replies; rest != ""; {
			var ok bool
			if rest, ok = skipReply(rest); !ok {
				t.Fatalf("%q: malformed at the end of %q", input, replies)
			}
		}
	})
}

// skipReply returns what follows the first reply.
func skipReply(replies string) (rest string, ok bool) {
	line, rest, ok := strings.Cut(replies, "\r\n")
	if !ok || line == "" {
		return "", false
	}
	n, err := strconv.Atoi(line[1:])
	elements := 0
	switch line[0] {
	case '+', '-', ':', '_', '#', ',', '(':
		return rest, true
	case '$', '=':
		if n < 0 {
			return rest, err == nil
		}
		if err != nil || len(rest) < n+2 || rest[n:n+2] != "\r\n" {
			return "", false
		}
		return rest[n+2:], true
	case '%':
		elements = 2 * n
	case '*', '~', '>':
		elements = n
	default:
		return "", false
	}
	for ok = err == nil; ok && elements > 0; elements-- {
		rest, ok = skipReply(rest)
	}
	return rest, ok
}
