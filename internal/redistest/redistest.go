// Package redistest runs a real redis-server beside a test, so that questions
// of behaviour are settled by asking it.
//
// The comparison is with Redis 7.0. Where no such server is installed the test
// is skipped, unless LARDER_TEST_REQUIRE is 1: then its absence is a failure.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Error is an error reply of the server, its code word included.
type Error string

func (e Error) Error() string { return string(e) }

// Server is a running redis-server with one connection to it. It is not safe
// for concurrent use.
type Server struct {
	t      testing.TB
	socket string
	conn   net.Conn
	r      *bufio.Reader
	w      *bufio.Writer
}

// Start runs a redis-server without persistence that listens on a unix socket
// of its own, and connects to it. Flags are appended to the command line. The
// server ends with the test.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	path := find(t)
	// A unix socket's path is limited to about a hundred bytes, which the
	// directory of t.TempDir may exceed.
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, socket: filepath.Join(dir, "s")}
	args := []string{"-c", watchdog, "sh", path, "--port", "0", "--unixsocket", s.socket,
		"--save", "", "--appendonly", "no", "--dir", dir}
	cmd := exec.Command("/bin/sh", append(args, flags...)...)
	alive, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.conn != nil {
			s.conn.Close()
		}
		alive.Close()
		cmd.Wait() //nolint:errcheck // it was killed
		os.RemoveAll(dir)
	})
	s.connect()
	return s
}

// watchdog kills the server when the standard input ends, which it does even
// where the test binary dies without running its cleanups.
const watchdog = `"$@" >/dev/null & cat >/dev/null; kill -9 $!; wait`

func find(t testing.TB) string {
	t.Helper()
	missing := t.Skip
	if os.Getenv("LARDER_TEST_REQUIRE") == "1" {
		missing = t.Fatal
	}
	if runtime.GOOS == "windows" {
		missing("no redis-server on this system")
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		missing("redis-server is not installed")
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil || !strings.Contains(string(version), " v=7.0.") {
		missing("redis-server is not version 7.0: ", strings.TrimSpace(string(version)))
	}
	return path
}

func (s *Server) connect() {
	s.t.Helper()
	var err error
	for range 1000 {
		if s.conn, err = net.Dial("unix", s.socket); err == nil {
			s.r, s.w = bufio.NewReaderSize(s.conn, 1<<16), bufio.NewWriterSize(s.conn, 1<<16)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("redis-server did not start: ", err)
}

// Socket returns the path of the server's unix socket.
func (s *Server) Socket() string { return s.socket }

// Do sends one command and returns its reply: a string, int64, []any, nil, or
// Error. RESP3's doubles and big numbers are returned as their text, its maps
// as flat arrays.
func (s *Server) Do(args ...string) any {
	s.t.Helper()
	return s.Pipeline([][]string{args})[0]
}

// Pipeline sends all commands, then returns their replies. Replies that do not
// fit in the kernel's socket buffers before all commands are sent would block
// it, so a batch should stay under a few thousand small commands.
func (s *Server) Pipeline(commands [][]string) []any {
	s.t.Helper()
	for _, args := range commands {
		fmt.Fprintf(s.w, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(s.w, "$%d\r\n%s\r\n", len(a), a)
		}
	}
	if err := s.w.Flush(); err != nil {
		s.t.Fatal(err)
	}
	replies := make([]any, len(commands))
	for i := range replies {
		reply, err := s.read()
		if err != nil {
			s.t.Fatal("reading a reply: ", err)
		}
		replies[i] = reply
	}
	return replies
}

// String sends one command and returns its reply, which must be a string.
func (s *Server) String(args ...string) string {
	s.t.Helper()
	reply, ok := s.Do(args...).(string)
	if !ok {
		s.t.Fatalf("%.80q: reply is no string", args)
	}
	return reply
}

func (s *Server) read() (any, error) {
	line, err := s.r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 {
		return nil, fmt.Errorf("malformed reply %q", line)
	}
	kind, text := line[0], line[1:len(line)-2]
	switch kind {
	case '+', ',', '(':
		return text, nil
	case '-':
		return Error(text), nil
	case '_':
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, err
	}
	switch kind {
	case ':':
		return n, nil
	case '$':
		return s.readBulk(n)
	case '%':
		return s.readArray(2 * n)
	case '*', '~', '>':
		return s.readArray(n)
	}
	return nil, errors.New("unknown reply type " + line)
}

func (s *Server) readBulk(n int64) (any, error) {
	if n < 0 {
		return nil, nil
	}
	b := make([]byte, n+2)
	if _, err := io.ReadFull(s.r, b); err != nil {
		return nil, err
	}
	return string(b[:n]), nil
}

func (s *Server) readArray(n int64) (any, error) {
	if n < 0 {
		return nil, nil
	}
	a := make([]any, n)
	for i := range a {
		var err error
		if a[i], err = s.read(); err != nil {
			return nil, err
		}
	}
	return a, nil
}
