//go:build !unix

package main

import "net"

// unavailable reports whether the system does not have the address or its family. Systems word that differently, so
// any failure to listen counts.
func unavailable(err error) bool {
	_, ok := err.(*net.OpError)
	return ok
}
