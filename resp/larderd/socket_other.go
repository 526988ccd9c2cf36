//go:build !unix

package main

import "syscall"

// restrictSocket has nothing to restrict: the system has no such permissions.
func restrictSocket(uint32) func(network, address string, c syscall.RawConn) error { return nil }
