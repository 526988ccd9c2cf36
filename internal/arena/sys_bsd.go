//go:build (freebsd || netbsd || openbsd || dragonfly) && !race && !msan && !asan && !larderheap

package arena

import (
	"unsafe" // addresses of mappings, passed on to the system

	"golang.org/x/sys/unix"
)

const (
	mapFlags = 0

	sysPopulates = false // whether sysPopulate makes pages resident
)

func hugePagesOffered() bool { return false }

func sysHuge(unsafe.Pointer, int, bool) {}

func sysPopulate(unsafe.Pointer, int) {}

// An error only means that the pages stay resident.
func sysRelease(p unsafe.Pointer, size int) { _ = advise(p, size, unix.MADV_FREE) }

func sysCommit(unsafe.Pointer, int) bool { return true }
