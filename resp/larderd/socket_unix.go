//go:build unix

package main

import "syscall"

// restrictSocket returns a function that takes permissions away from a socket before its file appears, where the system
// goes by those of the descriptor, as Linux does. Otherwise the file could be opened until its permissions are set.
func restrictSocket(mode uint32) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			syscall.Fchmod(int(fd), mode) //nolint:errcheck // elsewhere it fails, and Chmod follows
		})
	}
}
