package resp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// TLS.
//
// What a connection is offered is looked up when its handshake begins, so that certificates can be replaced while the
// server runs. It is Server.TLSConfig, with those things in it replaced that parameters have been set for. A change that
// does not make a valid configuration changes nothing.

// handshakeTimeout is how long a client may take to agree on TLS.
const handshakeTimeout = 10 * time.Second

// tlsState is the TLS configuration of a server.
type tlsState struct {
	current atomic.Pointer[tls.Config] // nil before the first listener

	mu sync.Mutex
	tlsParameters
}

// tlsParameters are the parameters that make up the configuration.
type tlsParameters struct {
	certFile, keyFile, caFile string
	clients                   int64 // index in authClients
	protocols                 string
}

// authClients are the values of tls-auth-clients, and their meanings.
var (
	authClients = choice{"no", "yes", "optional"}

	authClientTypes = []tls.ClientAuthType{tls.NoClientCert, tls.RequireAndVerifyClientCert, tls.VerifyClientCertIfGiven}
)

// authClientsOf returns the value of tls-auth-clients that comes nearest to a configuration.
func authClientsOf(cfg *tls.Config) int64 {
	switch {
	case cfg == nil || cfg.ClientAuth == tls.NoClientCert:
		return 0
	case cfg.ClientAuth == tls.RequestClientCert || cfg.ClientAuth == tls.VerifyClientCertIfGiven:
		return 2
	}
	return 1
}

// with calls fn with the parameters, which it may change.
func (t *tlsState) with(fn func(p *tlsParameters)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fn(&t.tlsParameters)
}

// ListenAndServeTLS listens on addr, as ListenAndServe does, and serves the connections that come by TLS.
func (s *Server) ListenAndServeTLS(addr, certFile, keyFile string) error {
	ln, err := listen(addr)
	if err != nil {
		return err
	}
	return s.ServeTLS(ln, certFile, keyFile)
}

// ServeTLS is Serve for connections that are secured by TLS. The files hold, in PEM, the server's certificate, followed
// by those of intermediate authorities, and its private key. They may be "" if TLSConfig has certificates, or the
// parameters tls-cert-file and tls-key-file have been set.
func (s *Server) ServeTLS(ln net.Listener, certFile, keyFile string) error {
	s.init()
	if certFile != "" || keyFile != "" {
		s.tls.with(func(p *tlsParameters) { p.certFile, p.keyFile = certFile, keyFile })
	}
	if err := s.ReloadTLS(); err != nil {
		ln.Close()
		return err
	}
	return s.Serve(tlsListener{tls.NewListener(ln, &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.tls.current.Load(), nil },
	})})
}

// tlsListener is what ServeTLS listens on.
type tlsListener struct{ net.Listener }

// ReloadTLS reads the files of the certificates again. Connections that begin afterwards are offered what they hold
// then. When it returns an error, nothing has changed.
func (s *Server) ReloadTLS() error {
	s.init()
	s.tls.mu.Lock()
	defer s.tls.mu.Unlock()
	cfg, err := s.tls.config(s.TLSConfig)
	if err != nil {
		return err
	}
	s.tls.current.Store(cfg)
	return nil
}

// applyTLS puts parameters into force that CONFIG SET has changed. Before there is a listener they need not make sense.
func (s *Server) applyTLS() error {
	if s.tls.current.Load() == nil {
		return nil
	}
	if err := s.ReloadTLS(); err != nil {
		s.log().Error("resp: TLS configuration not changed", "error", err)
		return wording("Unable to update TLS configuration. Check server logs.")
	}
	return nil
}

// config returns the configuration that the parameters make of the base.
func (p *tlsParameters) config(base *tls.Config) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		cfg = base.Clone()
	}
	if p.certFile != "" || p.keyFile != "" {
		cert, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
		if err != nil {
			return nil, fmt.Errorf("tls-cert-file and tls-key-file: %w", err)
		}
		cfg.Certificates, cfg.GetCertificate = []tls.Certificate{cert}, nil
	}
	if len(cfg.Certificates) == 0 && cfg.GetCertificate == nil && cfg.GetConfigForClient == nil {
		return nil, errors.New("tls-cert-file: there is no certificate")
	}
	if p.caFile != "" {
		pem, err := os.ReadFile(p.caFile)
		if err != nil {
			return nil, fmt.Errorf("tls-ca-cert-file: %w", err)
		}
		cfg.ClientCAs = x509.NewCertPool()
		if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls-ca-cert-file: there is no certificate in %s", p.caFile)
		}
	}
	if p.clients != authClientsOf(base) {
		cfg.ClientAuth = authClientTypes[p.clients]
	}
	if cfg.ClientAuth >= tls.VerifyClientCertIfGiven && cfg.ClientCAs == nil {
		return nil, errors.New("tls-auth-clients: tls-ca-cert-file must be set for the certificates of clients to be verified")
	}
	if p.protocols != "" {
		cfg.MinVersion, cfg.MaxVersion, _ = parseTLSProtocols(p.protocols)
	}
	return cfg, nil
}

// tlsProtocols is the kind of lists of versions of TLS.
type tlsProtocols struct{}

func (tlsProtocols) parse(text string) (value, error) {
	if text != "" {
		if _, _, ok := parseTLSProtocols(text); !ok {
			return value{}, errors.New("argument must be adjacent versions of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3")
		}
	}
	return textOf(text), nil
}

func (tlsProtocols) format(v value) string { return v.text }

// tlsVersions are in ascending order.
var tlsVersions = []struct {
	name    string
	version uint16
}{
	{"tlsv1", tls.VersionTLS10}, {"tlsv1.1", tls.VersionTLS11}, {"tlsv1.2", tls.VersionTLS12}, {"tlsv1.3", tls.VersionTLS13},
}

// parseTLSProtocols returns the least and the greatest of the versions named. It returns ok == false if one of them is
// none, or one between them is missing, which could not be respected.
func parseTLSProtocols(text string) (least, greatest uint16, ok bool) {
	named := make(map[string]bool)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		named[word] = true
	}
	found, gap := 0, false
	for _, v := range tlsVersions {
		if !named[v.name] {
			gap = found > 0
			continue
		}
		if gap {
			return 0, 0, false
		}
		if found == 0 {
			least = v.version
		}
		greatest = v.version
		found++
	}
	return least, greatest, found > 0 && found == len(named)
}

// handshake completes the handshake of a connection that has one. It returns false when it fails.
func (n *netConn) handshake() bool {
	conn, ok := n.conn.(*tls.Conn)
	if !ok {
		return true
	}
	conn.SetDeadline(time.Now().Add(handshakeTimeout))
	if err := conn.Handshake(); err != nil {
		n.srv.log().Debug("resp: TLS handshake failed", "error", err, "id", n.client.id, "addr", n.client.addr)
		return false
	}
	conn.SetDeadline(time.Time{})
	return true
}

// tlsParameterRows are the rows of the parameters about TLS.
func tlsParameterRows() []parameter {
	file := func(name, usage string, field func(p *tlsParameters) *string) parameter {
		return parameter{
			name: name, kind: anyText{}, standard: "", usage: usage, after: (*Server).applyTLS, group: "tls",
			get: func(s *Server) (v value) {
				s.tls.with(func(p *tlsParameters) { v = textOf(*field(p)) })
				return v
			},
			set: func(s *Server, v value) error {
				s.tls.with(func(p *tlsParameters) { *field(p) = v.text })
				return nil
			},
		}
	}
	protocols := file("tls-protocols", "versions of TLS to accept, as in TLSv1.2 TLSv1.3, which is what none means",
		func(p *tlsParameters) *string { return &p.protocols })
	protocols.kind = tlsProtocols{}
	return []parameter{
		{
			name: "tls-auth-clients", kind: authClients, standard: "yes", after: (*Server).applyTLS, group: "tls",
			usage: "whether clients must have a certificate: " + strings.Join(authClients, ", "),
			get: func(s *Server) (v value) {
				s.tls.with(func(p *tlsParameters) { v = numberOf(p.clients) })
				return v
			},
			set: func(s *Server, v value) error {
				s.tls.with(func(p *tlsParameters) { p.clients = v.number })
				return nil
			},
		},
		file("tls-ca-cert-file", "certificates of the authorities that may have signed those of clients",
			func(p *tlsParameters) *string { return &p.caFile }),
		file("tls-cert-file", "certificate of the server, followed by those of intermediate authorities",
			func(p *tlsParameters) *string { return &p.certFile }),
		file("tls-key-file", "private key of the server",
			func(p *tlsParameters) *string { return &p.keyFile }),
		{
			name: "tls-port", kind: integer{0, 65535}, standard: "0",
			usage: "TCP port to listen on for TLS; 0 is none",
			get:   func(s *Server) value { return numberOf(int64(s.boundPort(true))) },
		},
		protocols,
	}
}
