//go:build unix

package main

import (
	"errors"
	"syscall"
)

// unavailable reports whether the system does not have the address or its family.
func unavailable(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) ||
		errors.Is(err, syscall.EPROTONOSUPPORT)
}
