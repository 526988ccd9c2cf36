package dashboard

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Guard returns a handler that passes on to next those requests that did not come over the loopback interface, and of
// those that did the ones addressed to it: to localhost, a name below it, a loopback address or one of hosts. Others it
// refuses, as their sender has been misled about whom he talks to. Handler guards itself; Guard is for what is served
// beside it.
func Guard(next http.Handler, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if overLoopback(r) && !namesLoopback(r.Host, hosts) {
			http.Error(w, "this address is served to requests for localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// overLoopback reports whether the request came to a loopback address, or whether that is not known.
func overLoopback(r *http.Request) bool {
	switch addr := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		return addr.IP.IsLoopback()
	case *net.UnixAddr:
		return false // no name resolves to it
	}
	return true
}

// namesLoopback reports whether a Host header names this machine by a name that only it can have.
func namesLoopback(host string, hosts []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, host) })
}
