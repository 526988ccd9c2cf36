package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
)

// listener is an open socket.
type listener struct {
	net.Listener
	tls bool
}

// listen opens all sockets that the parameters ask for, or none.
func listen(ctx context.Context, cfg config, log *slog.Logger) (listeners []listener, err error) {
	defer func() {
		if err != nil {
			for _, ln := range listeners {
				ln.Close()
			}
		}
	}()
	for _, port := range []string{"port", "tls-port"} {
		if cfg[port] == "0" {
			continue
		}
		opened, err := listenTCP(ctx, cfg, cfg[port], log)
		for _, ln := range opened {
			listeners = append(listeners, listener{ln, port == "tls-port"})
		}
		if err != nil {
			return listeners, err
		}
	}
	if path := cfg["unixsocket"]; path != "" {
		ln, err := listenUnix(ctx, path, cfg["unixsocketperm"])
		if err != nil {
			return listeners, err
		}
		listeners = append(listeners, listener{ln, false})
	}
	if len(listeners) == 0 {
		return nil, errors.New("there is neither an address and port nor a unix socket to listen on")
	}
	return listeners, nil
}

// listenTCP listens on the addresses of the parameter bind.
func listenTCP(ctx context.Context, cfg config, port string, log *slog.Logger) (listeners []net.Listener, err error) {
	exposed := ""
	for _, word := range strings.Fields(cfg["bind"]) {
		host, optional := strings.CutPrefix(word, "-")
		network, addr := address(host, port)
		lc := net.ListenConfig{KeepAlive: -1} // the server sees to that, by tcp-keepalive
		ln, err := lc.Listen(ctx, network, addr)
		if err != nil && optional && unavailable(err) {
			log.Info("address left out", "addr", host, "reason", err)
			continue
		}
		if err != nil {
			return listeners, err
		}
		listeners = append(listeners, ln)
		if !ln.Addr().(*net.TCPAddr).IP.IsLoopback() {
			exposed = ln.Addr().String()
		}
	}
	if exposed != "" && cfg["requirepass"] == "" && !cfg.yes("protected-mode") {
		log.Warn("other machines may reach the server, and no password is required", "addr", exposed)
	}
	return listeners, nil
}

// address returns what to listen on for a host of the parameter bind. Addresses of one family leave those of the other
// alone, so that 127.0.0.1 and ::1, or * and ::*, can stand side by side.
func address(host, port string) (network, addr string) {
	switch host {
	case "*":
		return "tcp4", net.JoinHostPort("0.0.0.0", port)
	case "::*":
		return "tcp6", net.JoinHostPort("::", port)
	}
	network = "tcp"
	if ip := net.ParseIP(host); ip != nil {
		network = "tcp6"
		if ip.To4() != nil {
			network = "tcp4"
		}
	}
	return network, net.JoinHostPort(host, port)
}

// listenUnix listens on a unix socket. It takes the place of a socket that a process left behind, but not of one on
// which somebody listens, nor of another kind of file.
func listenUnix(ctx context.Context, path, permissions string) (net.Listener, error) {
	if abandoned(path) {
		os.Remove(path)
	}
	mode, err := strconv.ParseUint(permissions, 8, 32)
	if err != nil || mode == 0 {
		return net.Listen("unix", path)
	}
	lc := net.ListenConfig{Control: restrictSocket(uint32(mode))}
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	// The umask may have taken more away than was asked for.
	if err := os.Chmod(path, fs.FileMode(mode)); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

// abandoned reports whether there is a socket on which nobody listens.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		return true
	}
	conn.Close()
	return false
}
