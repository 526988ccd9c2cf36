package clienttest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/resp"
)

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// site is a server with all the doors that it can have.
type site struct {
	cache *larder.Cache
	clock *clock
	srv   *resp.Server
	doors []door
}

// clock is one that a test moves ahead of the system's.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// door is a way to a server.
type door struct {
	name    string
	network string
	addr    string
	tls     *tls.Config
	dial    func() net.Conn // takes the place of network and addr
}

// doorNames are the names of the doors that there are on this system.
func doorNames() []string {
	names := []string{"tcp", "tls", "dial"}
	if runtime.GOOS != "windows" {
		names = append(names, "unix")
	}
	return names
}

// serve starts a server that ends with the test.
func serve(t testing.TB, options larder.Options) *site {
	t.Helper()
	moved := new(clock)
	options.Clock = moved
	cache, err := larder.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	served, known := certificate(t)
	s := &site{cache: cache, clock: moved, srv: &resp.Server{
		Cache: cache, Logger: slog.New(slog.DiscardHandler), TLSConfig: served,
	}}
	t.Cleanup(func() {
		s.srv.Close()
		cache.Close()
	})
	plain, secure := listen(t, "tcp", "127.0.0.1:0"), listen(t, "tcp", "127.0.0.1:0")
	go s.srv.Serve(plain)
	go s.srv.ServeTLS(secure, "", "")
	s.doors = []door{
		{name: "tcp", network: "tcp", addr: plain.Addr().String()},
		{name: "tls", network: "tcp", addr: secure.Addr().String(), tls: known},
		{name: "dial", dial: s.srv.Dial},
	}
	if slices.Contains(doorNames(), "unix") {
		local := listen(t, "unix", socketPath(t))
		go s.srv.Serve(local)
		s.doors = append(s.doors, door{name: "unix", network: "unix", addr: local.Addr().String()})
	}
	return s
}

func listen(t testing.TB, network, addr string) net.Listener {
	t.Helper()
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// socketPath returns a path that is short enough for a unix socket, which that of t.TempDir may not be.
func socketPath(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "larder")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// door returns the door of that name.
func (s *site) door(t testing.TB, name string) door {
	t.Helper()
	for _, d := range s.doors {
		if d.name == name {
			return d
		}
	}
	t.Fatalf("no door %q", name)
	return door{}
}

// open connects as the dialers of clients do.
func (d door) open(ctx context.Context) (net.Conn, error) {
	if d.dial != nil {
		return d.dial(), nil
	}
	if d.tls != nil {
		return (&tls.Dialer{Config: d.tls}).DialContext(ctx, d.network, d.addr)
	}
	return new(net.Dialer).DialContext(ctx, d.network, d.addr)
}

// host returns an address that a client accepts which takes the door's own dialer.
func (d door) host() string {
	if d.network == "tcp" {
		return d.addr
	}
	return "127.0.0.1:6379"
}

// certificate makes a certificate for this machine: what a server offers, and what a client trusts.
func certificate(t testing.TB) (served, known *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	authorities := x509.NewCertPool()
	authorities.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: authorities}
}

// limited returns a context that ends before the test's patience does.
func limited(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// want compares what a client returned.
func want[T comparable](t testing.TB, what string, got T, err error, wanted T) {
	t.Helper()
	if err != nil || got != wanted {
		t.Errorf("%s: %v, %v; want %v", what, got, err, wanted)
	}
}

// wantAll is want for what is listed.
func wantAll(t testing.TB, what string, got []string, err error, wanted ...string) {
	t.Helper()
	if err != nil || strings.Join(got, " ") != strings.Join(wanted, " ") {
		t.Errorf("%s: %q, %v; want %q", what, got, err, wanted)
	}
}
