package resp

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key, _ = issue(t, nil, "authority")
	a.file = writeFile(t, pemBlock("CERTIFICATE", a.cert.Raw))
	return a
}

// issue makes a certificate for localhost, signed by its parent or by itself.
func issue(t testing.TB, parent *authority, name string) (*x509.Certificate, *ecdsa.PrivateKey, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	signer, signerKey := template, key
	if parent != nil {
		signer, signerKey = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, &key.PublicKey, signerKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// issueFiles makes a certificate and returns the files of it and its key.
func (a *authority) issueFiles(t testing.TB, name string) (certFile, keyFile string) {
	t.Helper()
	cert, key, _ := issue(t, a, name)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, pemBlock("CERTIFICATE", cert.Raw)), writeFile(t, pemBlock("EC PRIVATE KEY", der))
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func writeFile(t testing.TB, data []byte) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "*.pem")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// clientConfig is for clients who trust the authority.
func (a *authority) clientConfig(certs ...tls.Certificate) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{RootCAs: pool, ServerName: "localhost", Certificates: certs}
}

// serveTLS serves the server by TLS until the test ends and returns its address.
func serveTLS(t testing.TB, srv *Server, certFile, keyFile string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.ServeTLS(ln, certFile, keyFile) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; err != ErrServerClosed {
			t.Errorf("ServeTLS returned %v", err)
		}
	})
	return ln.Addr().String()
}

// askTLS sends a command by a connection of its own and returns the first line of the reply, and who answered.
func askTLS(addr string, cfg *tls.Config, command string) (reply, server string, err error) {
	conn, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), conn.ConnectionState().PeerCertificates[0].Subject.CommonName, err
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := startCache(t)
	certFile, keyFile := ca.issueFiles(t, "one")
	addr := serveTLS(t, srv, certFile, keyFile)
	eventually(t, "a listener", func() bool { return srv.boundPort(true) != 0 })
	_, port, _ := net.SplitHostPort(addr)
	if tlsPort, plain := srv.Config("tls-port", "port")[1], srv.Config("port")[0]; tlsPort.Value != port && plain.Value != "0" {
		t.Errorf("%v, %v", tlsPort, plain)
	}
	if reply, server, err := askTLS(addr, ca.clientConfig(), "PING"); reply != "+PONG" || server != "one" {
		t.Errorf("%s from %s, %v", reply, server, err)
	}
	// Replies larger than a record of TLS, and many commands at once.
	conn, err := tls.Dial("tcp", addr, ca.clientConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	value := strings.Repeat("v", 1<<20)
	go io.WriteString(conn, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$"+strconv.Itoa(len(value))+"\r\n"+value+"\r\n"+strings.Repeat("GET k\r\n", 20))
	want := "+OK\r\n" + strings.Repeat("$"+strconv.Itoa(len(value))+"\r\n"+value+"\r\n", 20)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Errorf("the replies are not those expected: %v", err)
	}
	// What is no TLS is not answered, and does not keep others waiting.
	plain, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	silent, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	io.WriteString(plain, "PING\r\n")
	plain.SetDeadline(time.Now().Add(20 * time.Second))
	if reply, _ := io.ReadAll(plain); strings.Contains(string(reply), "PONG") {
		t.Errorf("a connection without TLS reads %q", reply)
	}
	if reply, _, err := askTLS(addr, ca.clientConfig(), "ECHO x"); reply != "$1" {
		t.Errorf("%s, %v", reply, err)
	}
}

func TestTLSReload(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := startCache(t)
	certFile, keyFile := ca.issueFiles(t, "one")
	addr := serveTLS(t, srv, certFile, keyFile)
	check := func(want string) {
		t.Helper()
		if reply, server, err := askTLS(addr, ca.clientConfig(), "PING"); reply != "+PONG" || server != want {
			t.Errorf("%s from %s, %v, want %s", reply, server, err, want)
		}
	}
	check("one")
	old, err := tls.Dial("tcp", addr, ca.clientConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()

	cert2, key2 := ca.issueFiles(t, "two")
	if err := srv.SetConfig(Setting{"tls-cert-file", cert2}); err == nil || !strings.HasSuffix(err.Error(), "Unable to update TLS configuration. Check server logs.") {
		t.Errorf("a certificate without its key: %v", err)
	}
	check("one")
	if got := srv.Config("tls-cert-file")[0].Value; got != certFile {
		t.Errorf("tls-cert-file is %s", got)
	}
	if err := srv.SetConfig(Setting{"tls-cert-file", cert2}, Setting{"tls-key-file", key2}); err != nil {
		t.Fatal(err)
	}
	check("two")

	cert3, key3 := ca.issueFiles(t, "three")
	if err := errors.Join(os.Rename(cert3, cert2), os.Rename(key3, key2)); err != nil {
		t.Fatal(err)
	}
	check("two")
	if err := srv.ReloadTLS(); err != nil {
		t.Fatal(err)
	}
	check("three")
	os.WriteFile(cert2, []byte("no certificate"), 0o600)
	if err := srv.ReloadTLS(); err == nil {
		t.Error("a file without certificates is accepted")
	}
	check("three")
	old.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(old, "PING\r\n")
	if line, err := bufio.NewReader(old).ReadString('\n'); line != "+PONG\r\n" {
		t.Errorf("a connection from before: %q, %v", line, err)
	}
}

func TestTLSClientCertificates(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), newAuthority(t)
	_, _, trusted := issue(t, ca, "client")
	_, _, stranger := issue(t, other, "stranger")
	srv := startCache(t)
	certFile, keyFile := ca.issueFiles(t, "server")
	if err := srv.SetConfig(Setting{"tls-ca-cert-file", ca.file}, Setting{"tls-auth-clients", "yes"}); err != nil {
		t.Fatal(err)
	}
	addr := serveTLS(t, srv, certFile, keyFile)
	check := func(who string, want bool, certs ...tls.Certificate) {
		t.Helper()
		cfg := ca.clientConfig()
		if len(certs) > 0 { // also where the server has not asked for one of its authority
			cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certs[0], nil }
		}
		if reply, _, err := askTLS(addr, cfg, "PING"); (reply == "+PONG") != want {
			t.Errorf("%s: %q, %v", who, reply, err)
		}
	}
	check("trusted", true, trusted)
	check("stranger", false, stranger)
	check("without", false)
	srv.SetConfig(Setting{"tls-auth-clients", "optional"})
	check("trusted, optional", true, trusted)
	check("stranger, optional", false, stranger)
	check("without, optional", true)
	srv.SetConfig(Setting{"tls-auth-clients", "no"})
	check("stranger, unasked", true, stranger)
	check("without, unasked", true)
	if err := srv.SetConfig(Setting{"tls-ca-cert-file", ""}, Setting{"tls-auth-clients", "yes"}); err == nil {
		t.Error("clients' certificates are verified against nothing")
	}
	check("without, still unasked", true)
}

func TestTLSProtocols(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := startCache(t)
	certFile, keyFile := ca.issueFiles(t, "server")
	addr := serveTLS(t, srv, certFile, keyFile)
	check := func(version uint16, want bool) {
		t.Helper()
		cfg := ca.clientConfig()
		cfg.MinVersion, cfg.MaxVersion = version, version
		if _, _, err := askTLS(addr, cfg, "PING"); (err == nil) != want {
			t.Errorf("version %x: %v", version, err)
		}
	}
	check(tls.VersionTLS11, false)
	check(tls.VersionTLS12, true)
	check(tls.VersionTLS13, true)
	if err := srv.SetConfig(Setting{"tls-protocols", "tlsv1.3"}); err != nil {
		t.Fatal(err)
	}
	check(tls.VersionTLS12, false)
	check(tls.VersionTLS13, true)
	if err := srv.SetConfig(Setting{"tls-protocols", "TLSv1.2"}); err != nil {
		t.Fatal(err)
	}
	check(tls.VersionTLS12, true)
	check(tls.VersionTLS13, false)
	for _, text := range []string{"TLSv1.1 TLSv1.3", "SSLv3", "TLSv1.2,TLSv1.3", " "} {
		if err := srv.SetConfig(Setting{"tls-protocols", text}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestTLSConfigOfProgram(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	_, _, cert := issue(t, ca, "program")
	srv := startCache(t)
	srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	addr := serveTLS(t, srv, "", "")
	if reply, server, err := askTLS(addr, ca.clientConfig(), "PING"); reply != "+PONG" || server != "program" {
		t.Errorf("%s from %s, %v", reply, server, err)
	}
}

func TestServeTLSFails(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certFile, keyFile := ca.issueFiles(t, "server")
	for _, files := range [][2]string{{"", ""}, {certFile, ""}, {keyFile, certFile}, {filepath.Join(t.TempDir(), "nosuch"), keyFile}} {
		srv := startCache(t)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := srv.ServeTLS(ln, files[0], files[1]); err == nil || err == ErrServerClosed {
			t.Errorf("%q: %v", files, err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%q: the listener is not closed: %v", files, err)
		}
	}
}

// TestShutdownDuringHandshake checks that a client which never says anything does not keep the server from ending.
func TestShutdownDuringHandshake(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := startCache(t)
	certFile, keyFile := ca.issueFiles(t, "server")
	addr := serveTLS(t, srv, certFile, keyFile)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	eventually(t, "a client", func() bool { return len(srv.snapshot()) == 1 })
	began := time.Now()
	srv.Close()
	if took := time.Since(began); took > handshakeTimeout/2 {
		t.Errorf("closing took %v", took)
	}
}

// TestTLSDoesNotAllocate checks that a command by TLS takes no more from the heap, on both ends together, than
// crypto/tls does for an echo.
func TestTLSDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ca := newAuthority(t)
	certFile, keyFile := ca.issueFiles(t, "server")
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	echo, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		conn, err := echo.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 512)
		for {
			if _, err := conn.Read(buf); err != nil {
				return
			}
			conn.Write([]byte("+OK\r\n"))
		}
	}()
	own := allocsPerCommand(t, echo.Addr().String(), ca.clientConfig(), "", "SET k value\r\n", "+OK\r\n")
	addr := serveTLS(t, startCache(t), certFile, keyFile)
	for protocol := 2; protocol <= 3; protocol++ {
		for _, c := range wireCommands {
			hello := fmt.Sprintf("HELLO %d\r\nHSET h f v\r\nZADD z 1.5 m\r\nSADD s m\r\nDEL l\r\nRPUSH l x\r\nSET k %s\r\nECHO ready\r\n", protocol, wireValue)
			if ours := allocsPerCommand(t, addr, ca.clientConfig(), hello, c.line+"\r\n", c.reply(protocol)); ours > own {
				t.Errorf("RESP%d, %s: %v allocations, %v an echo", protocol, c.line, ours, own)
			}
		}
	}
}

// allocsPerCommand returns what a command takes from the heap, sent over a connection of its own behind other commands,
// the last of which is ECHO ready.
func allocsPerCommand(t *testing.T, addr string, cfg *tls.Config, before, line, want string) float64 {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if before != "" {
		conn.Write([]byte(before))
		for got := ""; !strings.HasSuffix(got, "ready\r\n"); {
			buf := make([]byte, 512)
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got += string(buf[:n])
		}
	}
	command, reply := []byte(line), make([]byte, len(want))
	ask := func() {
		if _, err := conn.Write(command); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, reply); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		ask()
	}
	return testing.AllocsPerRun(200, ask)
}
