package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary be larderd, so that tests can start it as a process of its own.
const asProgram = "LARDERD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// limit is how long anything may take in these tests.
const limit = 20 * time.Second

// syncBuffer is a log that is read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// program is larderd running within the test.
type program struct {
	t      *testing.T
	log    syncBuffer
	stop   context.CancelFunc
	status chan int
}

func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{t: t, stop: cancel, status: make(chan int, 1)}
	go func() { p.status <- run(ctx, args, nil, io.Discard, &p.log) }()
	t.Cleanup(cancel)
	return p
}

// wait waits for the program's end and returns its status.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case status := <-p.status:
		return status
	case <-time.After(limit):
		p.t.Fatal("larderd does not end; its log:\n", p.log.String())
		return 0
	}
}

// socketPath returns a path that is short enough for a unix socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "larderd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// connect connects to a server that may be about to start.
func connect(t *testing.T, network, addr string) *session {
	t.Helper()
	for deadline := time.Now().Add(limit); ; {
		conn, err := net.Dial(network, addr)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			conn.SetDeadline(time.Now().Add(limit))
			return &session{t, conn, bufio.NewReader(conn)}
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// session is a connection that speaks RESP2.
type session struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// do sends an inline command and returns the reply, the elements of an array joined by blanks.
func (s *session) do(command string) string {
	s.t.Helper()
	if _, err := io.WriteString(s.conn, command+"\r\n"); err != nil {
		s.t.Fatal(err)
	}
	return s.reply()
}

func (s *session) reply() string {
	s.t.Helper()
	line, err := s.in.ReadString('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	line = strings.TrimSpace(line)
	n, _ := strconv.Atoi(line[1:])
	switch {
	case line[0] == '$' && n >= 0:
		body := make([]byte, n+2)
		if _, err := io.ReadFull(s.in, body); err != nil {
			s.t.Fatal(err)
		}
		return string(body[:n])
	case line[0] == '*':
		elements := make([]string, max(n, 0))
		for i := range elements {
			elements[i] = s.reply()
		}
		return strings.Join(elements, " ")
	}
	return line
}

func (s *session) expect(command, want string) {
	s.t.Helper()
	if got := s.do(command); got != want {
		s.t.Errorf("%s: %q, want %q", command, got, want)
	}
}

func TestServesWhatItIsTold(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	p := start(t, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700", "--maxmemory", "64mb", "--databases=3",
		"--maxmemory-policy", "allkeys-lru", "--requirepass", "secret", "--maxclients", "7", "--timeout", "100",
		"--tcp-keepalive", "60", "--loglevel", "warning", "--proto-max-bulk-len", "2mb", "--io-threads", "1",
		"--save", "", "--enable-debug-command", "yes")
	c := connect(t, "unix", path)
	c.expect("GET x", "-NOAUTH Authentication required.")
	c.expect("AUTH secret", "+OK")
	c.expect("SELECT 3", "-ERR DB index is out of range")
	c.expect("SELECT 2", "+OK")
	c.expect("SET x 1", "+OK")
	for name, want := range map[string]string{
		"port": "0", "bind": "", "unixsocket": path, "maxmemory": "67108864", "databases": "3",
		"maxmemory-policy": "allkeys-lru", "requirepass": "secret", "maxclients": "7", "timeout": "100",
		"tcp-keepalive": "60", "loglevel": "warning", "proto-max-bulk-len": "2097152", "io-threads": "1", "save": "",
		"enable-debug-command": "yes",
	} {
		c.expect("CONFIG GET "+name, name+" "+want)
	}
	if runtime.GOOS != "windows" {
		c.expect("CONFIG GET unixsocketperm", "unixsocketperm 700")
	}
	if log := p.log.String(); log != "" {
		t.Errorf("at loglevel warning the log has %q", log)
	}
	c.expect("CONFIG SET loglevel notice", "+OK")
	p.stop()
	if status := p.wait(); status != 0 {
		t.Errorf("status %d; log:\n%s", status, p.log.String())
	}
	if log := p.log.String(); !strings.Contains(log, "level=INFO msg=bye") {
		t.Errorf("after CONFIG SET loglevel the log has %q", log)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("the connection reads %v", err)
	}
}

// freePort returns a port that is free on the IPv4 loopback address.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

func TestSeveralAddresses(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	// 192.0.2.1 is reserved for documentation: no machine has it.
	hosts := []string{"127.0.0.1", "-192.0.2.1"}
	if runtime.GOOS == "linux" {
		hosts = append(hosts, "127.0.0.2")
	}
	p := start(t, append([]string{"--port", port, "--bind"}, hosts...)...)
	for _, host := range hosts {
		if !strings.HasPrefix(host, "-") {
			connect(t, "tcp", net.JoinHostPort(host, port)).expect("CONFIG GET port", "port "+port)
		}
	}
	if log := p.log.String(); !strings.Contains(log, "address left out") || strings.Contains(log, "level=WARN") {
		t.Errorf("log:\n%s", log)
	}
	p.stop()
	if status := p.wait(); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestCannotServe(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	taken, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	go func() {
		for {
			conn, err := taken.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	_, busyPort, _ := net.SplitHostPort(busy.Addr().String())
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		status int
		args   []string
	}{
		{"no address", 1, []string{"--port", "0"}},
		{"no address", 1, []string{"--bind", ""}},
		{"port taken", 1, []string{"--port", busyPort, "--bind", "127.0.0.1"}},
		{"port taken on an optional address", 1, []string{"--port", busyPort, "--bind", "-127.0.0.1"}},
		{"socket taken", 1, []string{"--port", "0", "--unixsocket", path}},
		{"socket is a file", 1, []string{"--port", "0", "--unixsocket", plain}},
		{"address of nobody", 1, []string{"--port", "1", "--bind", "192.0.2.1"}},
		{"TLS without a certificate", 1, []string{"--port", "0", "--tls-port", freePort(t), "--bind", "127.0.0.1"}},
		{"no ACL file", 1, []string{"--port", freePort(t), "--aclfile", path + "3"}},
		{"unknown flag", 2, []string{"--frobnicate", "1"}},
	}
	for _, tt := range tests {
		if runtime.GOOS == "windows" && strings.Contains(tt.name, "optional") {
			continue
		}
		p := start(t, tt.args...)
		if status := p.wait(); status != tt.status || p.log.String() == "" {
			t.Errorf("%s: status %d, want %d; log:\n%s", tt.name, status, tt.status, p.log.String())
		}
	}
	if data, err := os.ReadFile(plain); string(data) != "data" {
		t.Errorf("the file in the socket's place: %q, %v", data, err)
	}
}

func TestAbandonedSocketIsReplaced(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close()
	p := start(t, "--port", "0", "--unixsocket", path)
	connect(t, "unix", path).expect("PING", "+PONG")
	p.stop()
	if status := p.wait(); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestWarnsOfOpenDoors(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := start(t, "--port", port, "--bind", "*", "--protected-mode", "no")
	connect(t, "tcp", "127.0.0.1:"+port).expect("CONFIG GET bind", "bind *")
	p.stop()
	p.wait()
	if !strings.Contains(p.log.String(), "no password is required") {
		t.Errorf("log:\n%s", p.log.String())
	}
}

// TestSignal runs larderd as a process, with parameters from the environment, and ends it as an operator does.
func TestSignal(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals to send")
	}
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		path := socketPath(t)
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "--port", "0")
		cmd.Env = append(os.Environ(), asProgram+"=1", "LARDER_PORT=1", "LARDER_UNIXSOCKET="+path, "LARDER_MAXMEMORY=8mb")
		var log syncBuffer
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		t.Cleanup(func() { cmd.Process.Kill() })
		c := connect(t, "unix", path)
		c.expect("CONFIG GET maxmemory", "maxmemory 8388608")
		c.expect("SET k v", "+OK")
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%v: %v; log:\n%s", sig, err, log.String())
			}
		case <-time.After(limit):
			t.Fatalf("%v does not end larderd; log:\n%s", sig, log.String())
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v: the socket is left behind: %v", sig, err)
		}
		if _, err := c.in.ReadByte(); err != io.EOF {
			t.Errorf("%v: the connection reads %v", sig, err)
		}
	}
}

// TestShutdownCommand: a client may end the program.
func TestShutdownCommand(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	p := start(t, "--port", "0", "--unixsocket", path)
	s := connect(t, "unix", path)
	s.expect("SHUTDOWN SAVE", "-ERR larder keeps nothing on disk; there is no SHUTDOWN SAVE")
	if _, err := io.WriteString(s.conn, "SHUTDOWN NOSAVE\r\n"); err != nil {
		t.Fatal(err)
	}
	if status := p.wait(); status != 0 {
		t.Errorf("status %d; log:\n%s", status, p.log.String())
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{"--version": "larderd ", "--help": "Usage: larderd"} {
		var out, log bytes.Buffer
		if status := run(t.Context(), []string{args}, nil, &out, &log); status != 0 || !strings.HasPrefix(out.String(), want) || log.Len() > 0 {
			t.Errorf("%s: status %d, output %q, log %q", args, status, out.String(), log.String())
		}
	}
}

// selfSigned writes a certificate for localhost and its key to a directory, and returns what trusts it.
func selfSigned(t *testing.T, dir, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

// TestTLSOnly runs larderd as a process that listens for TLS alone, and has it take a new certificate.
func TestTLSOnly(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no hangup to send")
	}
	dir, port := t.TempDir(), freePort(t)
	pool := selfSigned(t, dir, "first")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--tls-auth-clients", "no",
		"--tls-cert-file", filepath.Join(dir, "cert.pem"), "--tls-key-file", filepath.Join(dir, "key.pem"))
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var log syncBuffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	connect(t, "tcp", "127.0.0.1:"+port)
	ask := func() (reply, server string) {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: pool, ServerName: "localhost"})
		if err != nil {
			return err.Error(), ""
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(limit))
		s := &session{t, conn, bufio.NewReader(conn)}
		return s.do("CONFIG GET tls-port"), conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if reply, server := ask(); reply != "tls-port "+port || server != "first" {
		t.Errorf("%s from %s", reply, server)
	}
	pool = selfSigned(t, dir, "second")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(limit); !strings.Contains(log.String(), "certificates reloaded"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(log.String())
		}
	}
	if reply, server := ask(); reply != "tls-port "+port || server != "second" {
		t.Errorf("%s from %s", reply, server)
	}
}

func TestConfigurationFile(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	file := writeFile(t, "# how we run\nport 0\nunixsocket "+path+"\nmaxclients 7\nuser joe on >pw +@all ~j*\nuser default off\n")
	p := start(t, file, "--timeout", "9")
	c := connect(t, "unix", path)
	c.expect("PING", "-NOAUTH Authentication required.")
	c.expect("AUTH joe pw", "+OK")
	c.expect("SET x 1", "-NOPERM this user has no permissions to access one of the keys used as arguments")
	c.expect("CONFIG GET maxclients", "maxclients 7")
	c.expect("CONFIG SET maxclients 8", "+OK")
	c.expect("CONFIG REWRITE", "+OK")
	p.stop()
	p.wait()
	text, err := os.ReadFile(file)
	if want := "maxclients 8\n"; err != nil || !strings.Contains(string(text), want) || !strings.HasPrefix(string(text), "# how we run\nport 0\n") {
		t.Errorf("%s, %v", text, err)
	}
	start(t, file)
	c = connect(t, "unix", path)
	c.expect("AUTH joe pw", "+OK")
	c.expect("CONFIG GET maxclients", "maxclients 8")
	c.expect("CONFIG GET timeout", "timeout 9")
}

// TestSocketIsNeverOpen checks that a unix socket has its permissions from the moment that its file exists.
func TestSocketIsNeverOpen(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the system does not go by the descriptor's permissions")
	}
	path := socketPath(t)
	lc := net.ListenConfig{Control: restrictSocket(0o600)}
	ln, err := lc.Listen(context.Background(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
