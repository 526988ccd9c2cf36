package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// answerTime is how long an answer may take on a machine that has more to do than to run this program. What takes longer
// has hung.
const answerTime = 60 * time.Second

// replyError is an error that the server answered with.
type replyError string

func (e replyError) Error() string { return string(e) }

// respClient speaks RESP2 over a connection. It is deliberately simpler than any client that people use: what it says and
// reads can be followed byte by byte.
type respClient struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dialServer(addr string) (*respClient, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return newClient(conn), nil
}

// dialTLS takes any certificate: whom it talks to is not what is tested.
func dialTLS(addr string) (*respClient, error) {
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	return newClient(conn), nil
}

func newClient(conn net.Conn) *respClient { return &respClient{conn: conn, in: bufio.NewReader(conn)} }

func (c *respClient) close() { c.conn.Close() }

// queue appends a command to what flush sends.
func (c *respClient) queue(args ...string) {
	c.out = fmt.Appendf(c.out, "*%d\r\n", len(args))
	for _, arg := range args {
		c.out = fmt.Appendf(c.out, "$%d\r\n", len(arg))
		c.out = append(append(c.out, arg...), "\r\n"...)
	}
}

func (c *respClient) flush() error {
	c.conn.SetDeadline(time.Now().Add(answerTime))
	_, err := c.conn.Write(c.out)
	c.out = c.out[:0]
	return err
}

// do sends a command and returns its reply: a string, int64, []any or nil. An error reply is a replyError.
func (c *respClient) do(args ...string) (any, error) {
	c.queue(args...)
	if err := c.flush(); err != nil {
		return nil, err
	}
	reply, err := c.receive()
	if err != nil {
		return nil, err
	}
	if e, ok := reply.(replyError); ok {
		return nil, e
	}
	return reply, nil
}

var errProtocol = errors.New("not a reply of RESP2")

// receive reads a reply. Errors within arrays stay values of type replyError.
func (c *respClient) receive() (any, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("%w: %q", errProtocol, line)
	}
	kind, text := line[0], line[1:len(line)-2]
	switch kind {
	case '+':
		return text, nil
	case '-':
		return replyError(text), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: %q", errProtocol, line)
	}
	switch {
	case kind == ':':
		return n, nil
	case n < 0:
		return nil, nil
	case kind == '$':
		return c.bulk(int(n))
	case kind == '*':
		return c.array(int(n))
	}
	return nil, fmt.Errorf("%w: %q", errProtocol, line)
}

func (c *respClient) bulk(n int) (any, error) {
	b := make([]byte, n+2)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return nil, err
	}
	return string(b[:n]), nil
}

func (c *respClient) array(n int) (any, error) {
	items := make([]any, n)
	for i := range items {
		item, err := c.receive()
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}
