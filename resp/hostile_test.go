package resp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp/difftest"
)

// hostile makes input that no client should send: commands of the table with arguments that make little sense, now and
// then with broken framing, or with bytes that somebody else has thought of.
type hostile struct {
	rng   *rand.Rand
	gen   *difftest.Gen
	words []string // that options are made of
	data  []byte
	out   bytes.Buffer
}

func newHostile(seed uint64, data []byte) *hostile {
	h := &hostile{rng: rand.New(rand.NewPCG(seed, 1)), gen: difftest.NewGen(seed), data: data}
	var gather func(args []argument)
	gather = func(args []argument) {
		for _, a := range args {
			if a.token != "" {
				h.words = append(h.words, a.token)
			}
			gather(a.args)
		}
	}
	for _, doc := range commandDocs() {
		gather(doc.args)
	}
	slices.Sort(h.words)
	h.words = slices.Compact(h.words)
	return h
}

// stream returns a pipeline of commands.
func (h *hostile) stream(commands int) []byte {
	h.out.Reset()
	for range commands {
		switch h.rng.IntN(40) {
		case 0:
			h.garble()
		case 1:
			h.out.Write(h.bytes())
		default:
			h.command()
		}
	}
	return bytes.Clone(h.out.Bytes())
}

// command writes a call of some command, mostly with a number of arguments that it takes.
func (h *hostile) command() {
	cmd := commandList[h.rng.IntN(len(commandList))]
	args := []string{h.gen.Case(cmd.name)}
	arity := cmd.arity
	if len(cmd.subcommands) > 0 {
		sub := cmd.subcommands[h.rng.IntN(len(cmd.subcommands))]
		args, arity = append(args, sub.name[len(cmd.name)+1:]), sub.arity
	}
	n := arity - len(args)
	if arity < 0 {
		n = -arity - len(args) + h.rng.IntN(6)
	}
	if h.rng.IntN(20) == 0 {
		n = h.rng.IntN(12)
	}
	for range n {
		args = append(args, h.argument())
	}
	h.out.WriteString("*" + strconv.Itoa(len(args)) + crlf)
	for _, arg := range args {
		h.out.WriteString("$" + strconv.Itoa(len(arg)) + crlf + arg + crlf)
	}
}

func (h *hostile) argument() string {
	switch h.rng.IntN(8) {
	case 0, 1:
		return h.gen.Key()
	case 2:
		return h.words[h.rng.IntN(len(h.words))]
	case 3:
		return h.gen.Int()
	case 4:
		return strconv.Itoa(h.rng.IntN(5) - 1)
	case 5:
		return string(h.bytes())
	}
	return h.gen.Argument()
}

// bytes returns some of the bytes that somebody else has thought of.
func (h *hostile) bytes() []byte {
	if len(h.data) == 0 {
		return nil
	}
	from := h.rng.IntN(len(h.data))
	return h.data[from : from+h.rng.IntN(min(len(h.data)-from, 64)+1)]
}

// garble spoils something of what has been written.
func (h *hostile) garble() {
	b := h.out.Bytes()
	if len(b) == 0 {
		return
	}
	at := max(0, len(b)-1-h.rng.IntN(min(len(b), 200)))
	switch h.rng.IntN(3) {
	case 0:
		b[at] = byte(h.rng.IntN(256))
	case 1:
		b[at] = "*$\r\n0-"[h.rng.IntN(6)]
	default:
		h.out.Truncate(at)
	}
}

// alarm is a log that tells a test of panics.
type alarm struct{ t testing.TB }

func (a alarm) Enabled(context.Context, slog.Level) bool { return true }
func (a alarm) WithAttrs([]slog.Attr) slog.Handler       { return a }
func (a alarm) WithGroup(string) slog.Handler            { return a }
func (a alarm) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		text := r.Message
		r.Attrs(func(attr slog.Attr) bool {
			text += " " + attr.String()
			return true
		})
		a.t.Error(text)
	}
	return nil
}

// hostileClients is the number of streams that a server is sent at the same time. Many of them end early: by QUIT, by
// what cannot be followed, or because a command waits for what does not come.
const hostileClients = 12

// assail sends what hostile clients think of to a server of its own, over both kinds of connections, and checks that it
// takes no harm: no panic, no connection that never ends, no lock that stays held, no goroutine that stays, no memory
// that nobody counts. Half of the time the clients lack the rights of an operator, and another client notices nothing of
// them. It returns how many commands were executed.
func assail(t testing.TB, seed uint64, data []byte, commands int) (executed int64) {
	t.Helper()
	before := runtime.NumGoroutine()
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20, Policy: larder.NoEviction, Shards: 4})
	if err != nil {
		t.Fatal(err)
	}
	srv := &Server{Cache: cache, Logger: slog.New(alarm{t}), Loops: 1}
	dir := socketDir(t)
	for i, wrap := range []func(net.Listener) net.Listener{
		func(ln net.Listener) net.Listener { return ln },
		func(ln net.Listener) net.Listener { return opaqueListener{ln} },
	} {
		ln, err := net.Listen("unix", filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		go srv.Serve(wrap(ln))
	}
	used := cache.Stats().UsedBytes
	var other *bystander
	if seed%2 == 0 {
		other = newBystander(t, srv)
	}
	h := newHostile(seed, data)
	ended := make(chan error, hostileClients)
	for i := range cap(ended) {
		go func(stream []byte) { ended <- exhaust(filepath.Join(dir, strconv.Itoa(i%2)), stream) }(h.stream(commands))
	}
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	other.leave()
	within(t, "locks are free", func() {
		srv.unpause()
		srv.Info()
		srv.Config("*")
		srv.Users()
		if err := cache.UpdateAll(func(*larder.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
		cache.FlushAll()
	})
	executed = srv.totals().Commands
	within(t, "the server ends", func() { srv.Close() })
	if held := srv.clientMemory.Load() + srv.tracker.memory(); held != 0 {
		t.Errorf("seed %d: %d bytes are held for clients that have gone", seed, held)
	}
	eventually(t, "the memory of all keys is given back", func() bool { return cache.Stats().UsedBytes <= used })
	cache.Close()
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
	return executed
}

// bystander is a client that goes about its business.
type bystander struct {
	p     *peer
	stop  chan struct{}
	ended chan struct{}
}

// newBystander starts one, and takes from all others the rights to disturb it.
func newBystander(t testing.TB, srv *Server) *bystander {
	t.Helper()
	if err := errors.Join(
		srv.SetUser("bystander", "on", ">secret", "+@all", "~*", "&*"),
		srv.SetUser("default", "-@admin", "-@dangerous"),
	); err != nil {
		t.Fatal(err)
	}
	conn := srv.Dial()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	b := &bystander{newPeer(t, conn), make(chan struct{}), make(chan struct{})}
	b.p.do("AUTH bystander secret\r\nSELECT 7\r\nSET bystander:own:key value\r\n", "+OK\r\n+OK\r\n+OK\r\n")
	go b.live(t)
	return b
}

func (b *bystander) live(t testing.TB) {
	defer close(b.ended)
	for n := 0; !t.Failed(); n++ {
		select {
		case <-b.stop:
			return
		default:
		}
		word := strconv.Itoa(n)
		b.p.do("ECHO "+word+"\r\nGET bystander:own:key\r\nTTL bystander:own:key\r\n",
			fmt.Sprintf("$%d\r\n%s\r\n$5\r\nvalue\r\n:-1\r\n", len(word), word))
	}
}

// leave ends the client. There may be none.
func (b *bystander) leave() {
	if b == nil {
		return
	}
	close(b.stop)
	<-b.ended
	b.p.Close()
}

// exhaust sends a stream and reads what comes until the server closes the connection.
func exhaust(path string, stream []byte) error {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil // another client may have narrowed maxclients; Dial fails only if nobody listens
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	go func() {
		conn.Write(stream)
		conn.(*net.UnixConn).CloseWrite()
	}()
	if _, err := io.Copy(io.Discard, conn); err != nil && isTimeout(err) {
		return err
	}
	return nil
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// within fails the test if something takes for ever.
func within(t testing.TB, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		buf := make([]byte, 1<<20)
		t.Fatalf("it did not come about that %s\n%s", what, buf[:runtime.Stack(buf, true)])
	}
}

// TestHostileClients does not run in parallel with other tests, since it counts goroutines.
func TestHostileClients(t *testing.T) {
	executed := int64(0)
	for seed := range uint64(10) {
		executed += assail(t, seed, []byte("a\x00\xff{}*?[]\r\n$-1\r\n*3\r\nnan-inf1e308 0x9223372036854775807"), 100)
		if t.Failed() {
			return
		}
	}
	if executed < 2000 {
		t.Errorf("only %d commands were executed", executed)
	}
}

func FuzzServer(f *testing.F) {
	f.Add(uint64(1), []byte(nil))
	f.Add(uint64(2), []byte("*1\r\n$4\r\nPING\r\n"))
	f.Add(uint64(3), []byte("\"'\\x\x00 18446744073709551616"))
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) { assail(t, seed, data, 60) })
}
