package difftest

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Endpoint is a server to compare.
type Endpoint struct {
	// Name stands for the server in reports. Empty is its role, reference or subject.
	Name string
	// Dial connects to the server. [resp.Server.Dial] is one, as is any way to make a connection secured by TLS.
	Dial func() (net.Conn, error)
	// Username and Password are sent by AUTH where there is a password. An empty name is the default user's.
	Username, Password string
}

// At returns the server that listens on an address: host and port, or the path of a unix socket.
func At(address string) Endpoint {
	network := "tcp"
	if strings.ContainsAny(address, `/\`) {
		network = "unix"
	}
	return Endpoint{Name: address, Dial: func() (net.Conn, error) { return net.Dial(network, address) }}
}

// connect connects to the server, in version 2 or 3 of the protocol.
func (e Endpoint) connect(protocol int) (*Conn, error) {
	nc, err := e.Dial()
	if err != nil {
		return nil, err
	}
	c := NewConn(nc)
	var greeting [][]string
	switch {
	case e.Password == "":
	case e.Username == "":
		greeting = append(greeting, []string{"AUTH", e.Password})
	default:
		greeting = append(greeting, []string{"AUTH", e.Username, e.Password})
	}
	if protocol != 2 {
		greeting = append(greeting, []string{"HELLO", strconv.Itoa(protocol)})
	}
	for _, args := range greeting {
		v, err := c.Do(args...)
		if err == nil && v.Kind == Error {
			err = errors.New(v.Text)
		}
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("%s: %w", args[0], err)
		}
	}
	return c, nil
}

// empty returns an error unless the server says that it holds no keys.
func empty(c *Conn) error {
	info, err := c.Do("INFO", "keyspace")
	switch {
	case err != nil:
		return err
	case info.Kind == Error:
		return errors.New("INFO keyspace: " + info.Text)
	case strings.Contains(info.Text, "keys="):
		return errors.New("it holds keys, which a comparison would delete; Options.Flush says that it may")
	}
	return nil
}
