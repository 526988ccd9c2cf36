// Package difftest finds differences between larder's server and a real Redis by sending both the same commands.
//
// The harness runs a redis-server (see package redistest) beside the server under test, which it knows only as a
// function that dials it. A script is a list of commands; running it empties both servers, sends it to each as one
// pipeline and compares the decoded replies one by one, every command by its own mode: most replies must be equal to
// the byte, an order may be free, a time to live may differ a little. What the replies do not show is found by an
// audit at the script's end, which reads every key back.
//
// Generators write random scripts. Their keys are few, so that commands meet; their arguments are mostly sensible and
// sometimes wild: numbers at and beyond the limits and oddly spelled, options in every order and case, twice or
// contradicting each other, too few arguments or too many. What depends on the clock is avoided, not tolerated: a
// script never holds a time to live that may lapse while it runs, nor two that a millisecond decides between.
//
// A script that fails is shrunk by leaving commands out as long as it still fails. The report gives the seed, the
// commands that remain and both replies.
package difftest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/larderkv/larder/internal/redistest"
)

// Command is one command of a script and how its replies are compared.
type Command struct {
	Args []string
	Mode Mode // nil: Exact

	spoiltMode Mode // for when a script spoils the command; nil: Mode

	intact bool // scripts must not spoil it
}

// Cmd returns a command whose replies must be equal.
func Cmd(args ...string) Command { return Command{Args: args} }

// By returns the command with another mode of comparison.
func (c Command) By(mode Mode) Command {
	c.Mode = mode
	return c
}

// Spoilt returns the command with a mode of comparison for when a script has spoilt it.
func (c Command) Spoilt(mode Mode) Command {
	c.spoiltMode = mode
	return c
}

// Intact returns a command that scripts do not spoil: spoilt it would do something at random, or what only one server does.
func (c Command) Intact() Command {
	c.intact = true
	return c
}

// String returns the command as redis-cli takes it.
func (c Command) String() string {
	words := make([]string, len(c.Args))
	for i, arg := range c.Args {
		words[i] = arg
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"'\`, r) }) {
			words[i] = quote(arg)
		}
	}
	return strings.Join(words, " ")
}

// quote quotes s with the escapes that redis-cli understands.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '"' || ch == '\\':
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch < ' ' || ch >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, ch)
		default:
			b.WriteByte(ch)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Harness is a redis-server and a way to reach the server under test.
type Harness struct {
	redis  *redistest.Server
	larder func() (net.Conn, error)
}

// Start runs a redis-server until the test ends, with flags appended to its command line. It skips the test where
// there is none, or fails it if LARDER_TEST_REQUIRE is 1. dial connects to the server under test.
func Start(t testing.TB, dial func() (net.Conn, error), flags ...string) *Harness {
	t.Helper()
	return &Harness{redis: redistest.Start(t, flags...), larder: dial}
}

// Pair is a connection to each server, both speaking the same protocol. It is not safe for concurrent use.
type Pair struct {
	Redis, Larder *Conn

	// Before are commands that undo, before a script, what earlier ones have changed beyond the data.
	Before []Command
}

// Open connects to both servers in the given version of the protocol, 2 or 3. The connections end with the test.
func (h *Harness) Open(t testing.TB, protocol int) *Pair {
	t.Helper()
	dialRedis := func() (net.Conn, error) { return net.Dial("unix", h.redis.Socket()) }
	pair := &Pair{Redis: open(t, dialRedis), Larder: open(t, h.larder)}
	if protocol != 2 {
		for _, c := range []*Conn{pair.Redis, pair.Larder} {
			if v, err := c.Do("HELLO", strconv.Itoa(protocol)); err != nil || v.Kind == Error {
				t.Fatal("HELLO: ", v, err)
			}
		}
	}
	return pair
}

func open(t testing.TB, dial func() (net.Conn, error)) *Conn {
	t.Helper()
	nc, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	c := NewConn(nc)
	t.Cleanup(func() { c.Close() })
	return c
}

// replyTimeout is how long a server may take to answer a script.
const replyTimeout = 30 * time.Second

// Difference is the first command of a script whose replies do not agree.
type Difference struct {
	Script        []Command
	At            int
	Redis, Larder Value
}

// String reports the difference with the commands that lead to it.
func (d *Difference) String() string {
	var b strings.Builder
	for i, c := range d.Script[:d.At+1] {
		mark := "  "
		if i == d.At {
			mark = "> "
		}
		b.WriteString(mark + c.String() + "\n")
	}
	fmt.Fprintf(&b, "redis:  %v\nlarder: %v", d.Redis, d.Larder)
	return b.String()
}

// Run empties both servers, runs the script on them and returns the first difference, nil if there is none. An error
// is a failure to talk to one of them.
func (p *Pair) Run(script []Command) (*Difference, error) {
	before := append([]Command{Cmd("FLUSHALL"), Cmd("SELECT", "0")}, p.Before...)
	batch := make([][]string, 0, len(before)+len(script))
	for _, c := range append(before, script...) {
		batch = append(batch, c.Args)
	}
	redis, err := p.Redis.Pipeline(batch)
	if err != nil {
		return nil, fmt.Errorf("redis-server: %w", err)
	}
	larder, err := p.Larder.Pipeline(batch)
	if err != nil {
		return nil, fmt.Errorf("larder: %w", err)
	}
	for i, c := range script {
		mode := c.Mode
		if mode == nil {
			mode = Exact
		}
		if r, l := redis[len(before)+i], larder[len(before)+i]; !mode(r, l) {
			return &Difference{script, i, r, l}, nil
		}
	}
	return nil, nil
}

// Check runs a script written by hand and reports a difference as a failure of the test.
func (p *Pair) Check(t testing.TB, script ...Command) {
	t.Helper()
	d, err := p.Run(script)
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		t.Errorf("replies differ\n%v", d)
	}
}

// Search runs random scripts of the generator until the deadline or the first difference, which it shrinks and reports
// as a failure of the test with the seed that leads to it. Every script has a seed of its own, from seed upwards; at
// least one is run.
func (p *Pair) Search(t testing.TB, generate func(*Gen) []Command, seed uint64, until time.Time) {
	t.Helper()
	scripts, commands := 0, 0
	for ; scripts == 0 || time.Now().Before(until); seed++ {
		script := generate(NewGen(seed))
		d, err := p.Run(script)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if d != nil {
			t.Fatalf("replies differ; seed %d\n%v", seed, p.Shrink(d))
		}
		scripts++
		commands += len(script)
	}
	t.Logf("%d scripts, %d commands, no difference", scripts, commands)
}

// Shrink leaves out commands of a script that differs as long as some command in it still differs, and returns what
// remains.
func (p *Pair) Shrink(d *Difference) *Difference {
	d.Script = d.Script[:d.At+1]
	for size := len(d.Script) / 2; size > 0; {
		if smaller := p.without(d, size); smaller != nil {
			d = smaller
			size = min(size, max(len(d.Script)/2, 1))
			continue
		}
		size /= 2
	}
	return d
}

// without looks for a run of size commands that the difference does not need, and returns what differs without them.
func (p *Pair) without(d *Difference, size int) *Difference {
	for from := len(d.Script) - size; from > -size; from -= size {
		lo := max(from, 0)
		script := append(append([]Command(nil), d.Script[:lo]...), d.Script[lo+size:]...)
		if len(script) == 0 {
			return nil
		}
		if smaller, err := p.Run(script); err == nil && smaller != nil {
			smaller.Script = smaller.Script[:smaller.At+1]
			return smaller
		}
	}
	return nil
}

// Gen is the source of a random script.
type Gen struct {
	*rand.Rand
	base int64 // a second in the near past, from which points in time are counted
	ttl  int64 // the last relative time to live handed out
}

// NewGen returns a source that yields the same script for the same seed within one second.
func NewGen(seed uint64) *Gen {
	return &Gen{Rand: rand.New(rand.NewPCG(seed, 0x6c6172646572)), base: time.Now().Unix(), ttl: 1000}
}
