package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"
)

// Parameters whose values lie with the listeners and the logger that a server was given.

// boundAddrs returns the addresses of the listeners.
func (s *Server) boundAddrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	addrs := make([]net.Addr, 0, len(s.listeners))
	for ln := range s.listeners {
		addrs = append(addrs, ln.Addr())
	}
	return addrs
}

// boundPort returns a TCP port on which the server listens, for TLS or without, the lowest if there are several, zero if
// there is none.
func (s *Server) boundPort(secure bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	port := 0
	for ln := range s.listeners {
		_, isTLS := ln.(tlsListener)
		if tcp, ok := ln.Addr().(*net.TCPAddr); ok && isTLS == secure && (port == 0 || tcp.Port < port) {
			port = tcp.Port
		}
	}
	return port
}

// boundHosts returns the addresses on which the server listens for TCP, as bind has them.
func (s *Server) boundHosts() []string {
	var hosts []string
	for _, addr := range s.boundAddrs() {
		if tcp, ok := addr.(*net.TCPAddr); ok {
			hosts = append(hosts, bindName(tcp.IP))
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

func bindName(ip net.IP) string {
	switch {
	case !ip.IsUnspecified():
		return ip.String()
	case ip.To4() != nil:
		return "*"
	}
	return "::*"
}

// boundSocket returns the path of a unix socket on which the server listens.
func (s *Server) boundSocket() string {
	path := ""
	for _, addr := range s.boundAddrs() {
		if unix, ok := addr.(*net.UnixAddr); ok && (path == "" || unix.Name < path) {
			path = unix.Name
		}
	}
	return path
}

func socketPermissions(path string) int64 {
	if path == "" {
		return 0
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return int64(info.Mode().Perm())
}

// setKeepAlive has the system probe a silent TCP connection as tcp-keepalive says: after so many seconds, then three
// times at a third of them before it is given up.
func (s *Server) setKeepAlive(conn net.Conn) error {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	idle := time.Duration(s.ops().keepAlive.Load()) * time.Second
	return tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: idle > 0, Idle: idle, Interval: max(idle/3, time.Second), Count: 3,
	})
}

// logLevels are the names that loglevel has, from the most to the least that is logged.
var logLevels = choice{"debug", "verbose", "notice", "warning"}

var slogLevels = []slog.Level{slog.LevelDebug, slog.LevelDebug + 2, slog.LevelInfo, slog.LevelWarn}

// LogLevel returns the level of package slog for a value of the parameter loglevel: verbose lies between slog's Debug
// and Info, notice is Info. It returns false for a name that is none.
func LogLevel(name string) (slog.Level, bool) {
	v, err := logLevels.parse(name)
	if err != nil {
		return 0, false
	}
	return slogLevels[v.number], true
}

// LevelSetter is what the Handler of a Server's Logger implements if its level can be changed: then CONFIG SET loglevel
// changes it.
type LevelSetter interface {
	SetLevel(level slog.Level)
}

// logLevelOf returns the index of the lowest level that the logger takes.
func logLevelOf(log *slog.Logger) int64 {
	for i, level := range slogLevels {
		if log.Enabled(context.Background(), level) {
			return int64(i)
		}
	}
	return int64(len(slogLevels) - 1)
}

var errLogLevel = errors.New("the program's logger does not let its level be changed")

func setLogLevel(log *slog.Logger, index int64) error {
	if logLevelOf(log) == index {
		return nil
	}
	setter, ok := log.Handler().(LevelSetter)
	if !ok {
		return errLogLevel
	}
	setter.SetLevel(slogLevels[index])
	return nil
}
