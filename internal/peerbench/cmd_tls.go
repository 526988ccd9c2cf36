package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tlsBenchmark measures what TLS costs.
type tlsBenchmark struct {
	pairBenchmark
	seconds float64
}

func (b *tlsBenchmark) register(fs *flag.FlagSet) {
	b.pairBenchmark.register(fs)
	fs.Float64Var(&b.seconds, "seconds", 0, "how long redis-benchmark runs a cell, in `s` (default 2, 0.2 with -short)")
}

func (b *tlsBenchmark) run(e *environment) error {
	b.seconds = e.pickSeconds(b.seconds, 2, 0.2)
	var ports []string // for TLS, of the servers in their order
	flags := func(dir string) ([]string, error) {
		port, err := freePort()
		ports = append(ports, strconv.Itoa(port))
		cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		return []string{"--tls-port", strconv.Itoa(port), "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"},
			errors.Join(err, writeCertificate(cert, key))
	}
	return b.withPair(e, "tls", flags, func(pair [2]*server) error { return b.compare(e, pair, ports) })
}

func (b *tlsBenchmark) compare(e *environment, pair [2]*server, ports []string) error {
	t := table{
		title:  "TLS, larderd beside redis-server " + pair[0].version(),
		header: []string{"server, pipeline", "requests a second: plain", "TLS", "ratio", "CPU time a request: plain", "TLS", "ratio"},
	}
	rounds := min(e.rounds, 5)
	for _, depth := range []int{1, 16} {
		e.report.progress("tls: pipeline %d", depth)
		var rate, cpu [2][2]sample // by server, then plain and TLS
		for round := range rounds + 1 {
			for i, s := range pair {
				for j, args := range [][]string{{"-p", strconv.Itoa(s.port)}, {"-p", ports[i], "--tls", "--insecure"}} {
					requests := e.pick(0, 20_000, 4_000) * depth // of the first round, which tells how many take that long
					if round > 0 {
						requests = int(b.seconds * rate[i][j][0])
					}
					l, err := s.benchmark(requests, append(args, "-t", "get", "-d", strconv.Itoa(valueSize), "-P", strconv.Itoa(depth))...)
					if err != nil {
						return err
					}
					rate[i][j], cpu[i][j] = append(rate[i][j], l.rate), append(cpu[i][j], l.cpu)
				}
			}
		}
		for i, s := range pair {
			plain, secure := rate[i][0][1:].median(), rate[i][1][1:].median()
			plainCPU, secureCPU := cpu[i][0][1:].median(), cpu[i][1][1:].median()
			t.add(fmt.Sprintf("%s, %d", s.name, depth), formatWhole(plain), formatWhole(secure), formatRatio(secure/plain),
				formatNanos(plainCPU), formatNanos(secureCPU), formatRatio(secureCPU/plainCPU))
		}
	}
	t.note("redis-benchmark, GET, %d connections, %d rounds in turn. It encrypts on the same processors.", benchmarkClients, rounds)
	e.report.table(t)
	return nil
}

// writeCertificate makes a certificate for this machine, unless it is there.
func writeCertificate(certFile, keyFile string) error {
	if _, err := os.Stat(keyFile); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600),
	)
}
