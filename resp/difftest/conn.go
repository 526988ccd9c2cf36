package difftest

import (
	"bufio"
	"fmt"
	"net"
	"time"
)

// replyTimeout is how long a server may take to answer a script. It is for one that never will, not for a slow machine.
const replyTimeout = 2 * time.Minute

// Conn is a connection that decodes replies. It is not safe for concurrent use.
type Conn struct {
	nc net.Conn
	r  *bufio.Reader
}

// NewConn returns a Conn over nc, which it owns.
func NewConn(nc net.Conn) *Conn { return &Conn{nc, bufio.NewReaderSize(nc, 1<<16)} }

// Close closes the connection.
func (c *Conn) Close() error { return c.nc.Close() }

// Do sends one command and returns its reply.
func (c *Conn) Do(args ...string) (Value, error) {
	values, err := c.Pipeline([][]string{args})
	if err != nil {
		return Value{}, err
	}
	return values[0], nil
}

// Pipeline sends the commands at once and returns their replies in order.
func (c *Conn) Pipeline(commands [][]string) ([]Value, error) {
	if err := c.nc.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return nil, err
	}
	var out []byte
	for _, args := range commands {
		out = fmt.Appendf(out, "*%d\r\n", len(args))
		for _, arg := range args {
			out = fmt.Appendf(out, "$%d\r\n%s\r\n", len(arg), arg)
		}
	}
	sent := make(chan error, 1) // replies are read meanwhile, for a server may stop reading until they are
	go func() {
		_, err := c.nc.Write(out)
		sent <- err
	}()
	values := make([]Value, len(commands))
	for i := range values {
		v, err := readValue(c.r)
		if err != nil {
			return nil, fmt.Errorf("reply to %v: %w", Command{Args: commands[i]}, err)
		}
		values[i] = v
	}
	return values, <-sent
}

// Send sends one command and does not wait for its reply.
func (c *Conn) Send(args ...string) error {
	out := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, arg := range args {
		out = fmt.Appendf(out, "$%d\r\n%s\r\n", len(arg), arg)
	}
	_, err := c.nc.Write(out)
	return err
}

// Receive returns the next reply or push, for which it waits until the deadline; zero is no deadline.
func (c *Conn) Receive(deadline time.Time) (Value, error) {
	if err := c.nc.SetReadDeadline(deadline); err != nil {
		return Value{}, err
	}
	return readValue(c.r)
}
