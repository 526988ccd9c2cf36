package resp

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderkv/larder/resp/difftest"
)

// A scene is a script for several connections. Each line is the number of a connection and a command, as in
// "2 PUBLISH news hello"; a command after "!" as in "1! CLIENT REPLY OFF" has no reply of its own. An argument @2 is what
// CLIENT ID says to connection 2.
type scene []string

// runScenes plays each scene on both servers, in both protocols, and compares everything that each connection receives.
func runScenes(t *testing.T, scenes map[string]scene) {
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		for name, lines := range scenes {
			cast := make(map[string]*role)
			for i, line := range lines {
				who, command, _ := strings.Cut(line, " ")
				silent := strings.HasSuffix(who, "!")
				who = strings.TrimSuffix(who, "!")
				args := row{command: command}.args()
				for _, name := range append(named(args), who) {
					if cast[name] == nil {
						cast[name] = newRole(t, h.Open(t, protocol))
					}
				}
				cast[who].act(t, args, silent, cast)
				if t.Failed() {
					t.Fatalf("%s, RESP%d, line %d", name, protocol, i)
				}
			}
			for who, r := range cast {
				redis, larder := r.all()
				if !slices.Equal(redis, larder) {
					t.Errorf("%s, RESP%d: connection %s received\nredis:  %s\nlarder: %s", name, protocol, who,
						strings.Join(redis, "\n        "), strings.Join(larder, "\n        "))
				}
			}
			for _, r := range cast {
				r.leave(t)
			}
			do(t, h.Open(t, 2).Reference, "FLUSHALL")
			do(t, h.Open(t, 2).Subject, "FLUSHALL")
		}
	}
}

// role is a connection to each server and what has been received by them.
type role struct{ redis, larder *inbox }

func newRole(t *testing.T, p *difftest.Pair) *role {
	return &role{newInbox(p.Reference, do(t, p.Reference, "CLIENT", "ID").Text), newInbox(p.Subject, do(t, p.Subject, "CLIENT", "ID").Text)}
}

// named returns the connections that arguments name.
func named(args []string) (names []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, "@") {
			names = append(names, arg[1:])
		}
	}
	return names
}

// patience is how long a reply may take, calm how long nothing must come for there to be nothing more.
const (
	patience = 10 * time.Second
	calm     = 20 * time.Millisecond
)

// act sends a command to both servers and waits for something to come from each.
func (r *role) act(t *testing.T, args []string, silent bool, cast map[string]*role) {
	t.Helper()
	for i, in := range []*inbox{r.redis, r.larder} {
		before := in.len()
		named := slices.Clone(args)
		for j, arg := range named {
			if strings.HasPrefix(arg, "@") {
				other := cast[arg[1:]]
				named[j] = []*inbox{other.redis, other.larder}[i].id
			}
		}
		if err := in.conn.Send(named...); err != nil {
			t.Errorf("%q: %v", args, err)
			return
		}
		if silent {
			time.Sleep(calm)
		} else if !in.await(before+1) && !in.closed() {
			t.Errorf("%q: no reply", args)
		}
	}
}

// leave ends the connections with nothing left of them.
func (r *role) leave(t *testing.T) {
	if !r.redis.closed() && !r.larder.closed() {
		r.act(t, []string{"RESET"}, false, nil)
	}
	r.redis.conn.Close()
	r.larder.conn.Close()
}

// all returns what both have received when nothing more comes, and as much from one as from the other. If that does not
// happen, it returns what there is.
func (r *role) all() (redis, larder []string) {
	redis, larder = r.redis.all(), r.larder.all()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		time.Sleep(calm)
		n, m := len(redis), len(larder)
		redis, larder = r.redis.all(), r.larder.all()
		if n == m && len(redis) == n && len(larder) == m {
			break
		}
	}
	return redis, larder
}

// inbox receives everything that comes from a connection.
type inbox struct {
	id   string
	conn *difftest.Conn
	mu   sync.Mutex
	got  []string
	end  bool
}

func newInbox(c *difftest.Conn, id string) *inbox {
	in := &inbox{id: id, conn: c}
	go func() {
		for {
			v, err := c.Receive(time.Time{})
			in.mu.Lock()
			if err != nil {
				in.end = true
				in.mu.Unlock()
				return
			}
			in.got = append(in.got, v.String())
			in.mu.Unlock()
		}
	}()
	return in
}

func (in *inbox) len() int { return len(in.all()) }

func (in *inbox) closed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.end
}

func (in *inbox) all() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got)
}

// await waits until n values have come, and reports whether they have.
func (in *inbox) await(n int) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && !in.closed(); time.Sleep(time.Millisecond / 4) {
		if in.len() >= n {
			return true
		}
	}
	return in.len() >= n
}
