//go:build !linux

package resp

import "net"

// loop is the event loop of systems that have epoll. Elsewhere every connection has a goroutine.
type loop struct{ count counters }

func (s *Server) serveOnLoop(net.Conn) bool { return false }

func (l *loop) stop() {}
