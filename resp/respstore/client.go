package respstore

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/larderkv/larder/datatypes/modeltest"
	"github.com/larderkv/larder/resp/difftest"
)

// Client does commands over connections, of which each is used by one goroutine at a time. It is safe for concurrent use.
type Client struct {
	dial func() (net.Conn, error)

	mu     sync.Mutex
	idle   []*difftest.Conn
	closed bool
}

// New returns a client that makes connections as it needs them, one for each command that is under way.
func New(dial func() (net.Conn, error)) *Client { return &Client{dial: dial} }

// Close closes the connections.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	var errs []error
	for _, conn := range c.idle {
		errs = append(errs, conn.Close())
	}
	c.idle = nil
	return errors.Join(errs...)
}

// Flush deletes all keys of all databases. It is FLUSHALL.
func (c *Client) Flush() error { return c.do("FLUSHALL").done() }

// Stores returns the stores of the server's database 0. If the server does not answer they omit nothing that a later call
// would not show.
func (c *Client) Stores() modeltest.Stores {
	return modeltest.Stores{
		Hashes:     hashes{c},
		Keys:       keys{c},
		Lists:      lists{c},
		Sets:       sets{c},
		SortedSets: sortedSets{c},
		Strings:    stringStore{c},
		Omit:       c.omitted(),
	}
}

// unsaid are methods that no command does.
var unsaid = []string{
	"Strings.LCS", "Strings.LCSLen",
	"Sets.Expire", "Sets.ExpireAt", "Sets.TTL", "Sets.Persist",
	"SortedSets.Expire", "SortedSets.ExpireAt", "SortedSets.TTL", "SortedSets.Persist",
}

// newer are methods whose commands not every server has.
var newer = map[string]string{
	"Hashes.Expire": "hpexpire", "Hashes.ExpireAt": "hpexpireat", "Hashes.Expiry": "hpttl", "Hashes.Persist": "hpersist",
	"Hashes.TTL":    "hpttl",
	"Hashes.GetDel": "hgetdel", "Hashes.GetEx": "hgetex", "Hashes.SetEx": "hsetex",
	"Keys.ExpireMember": "pexpiremember", "Keys.ExpireMemberAt": "pexpirememberat",
	"Keys.MemberTTL": "pexpiremember", "Keys.PersistMember": "pexpiremember",
}

// omitted returns the methods that the stores do not do.
func (c *Client) omitted() []string {
	omitted := append([]string(nil), unsaid...)
	for method, command := range newer {
		info := c.do("COMMAND", "INFO", command)
		if info.err == nil && len(info.v.Elems) == 1 && len(info.v.Elems[0].Elems) == 0 {
			omitted = append(omitted, method)
		}
	}
	return omitted
}

// do does a command. Its arguments are strings, bytes, numbers, and slices of the first two.
func (c *Client) do(args ...any) reply { return c.pipeline(words(args))[0] }

// exec does commands as one, and returns their replies.
func (c *Client) exec(commands ...[]string) []reply {
	batch := append([][]string{{"MULTI"}}, commands...)
	replies := c.pipeline(append(batch, []string{"EXEC"})...)
	results := replies[len(replies)-1]
	all := make([]reply, len(commands))
	for i := range all {
		switch {
		case results.err != nil:
			all[i] = results
		case i < len(results.v.Elems):
			all[i] = replyOf(results.v.Elems[i])
		}
	}
	return all
}

// pipeline does commands one after the other on one connection.
func (c *Client) pipeline(commands ...[]string) []reply {
	replies := make([]reply, len(commands))
	conn, err := c.take()
	var values []difftest.Value
	if err == nil {
		values, err = conn.Pipeline(commands)
	}
	if err != nil {
		for i := range replies {
			replies[i] = reply{err: err}
		}
		return replies
	}
	c.give(conn)
	for i, v := range values {
		replies[i] = replyOf(v)
	}
	return replies
}

// take returns a connection that nobody uses.
func (c *Client) take() (*difftest.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, net.ErrClosed
	}
	if n := len(c.idle); n > 0 {
		conn := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return conn, nil
	}
	nc, err := c.dial()
	if err != nil {
		return nil, err
	}
	return difftest.NewConn(nc), nil
}

func (c *Client) give(conn *difftest.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return
	}
	c.idle = append(c.idle, conn)
}

// words returns arguments as a command has them.
func words(args []any) (out []string) {
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			out = append(out, arg)
		case []byte:
			out = append(out, string(arg))
		case int:
			out = append(out, strconv.Itoa(arg))
		case int64:
			out = append(out, strconv.FormatInt(arg, 10))
		case float64:
			out = append(out, strconv.FormatFloat(arg, 'g', -1, 64))
		case []string:
			out = append(out, arg...)
		case [][]byte:
			for _, b := range arg {
				out = append(out, string(b))
			}
		default:
			panic(fmt.Sprintf("respstore: an argument of type %T", arg))
		}
	}
	return out
}
