//go:build darwin && !race && !msan && !asan && !larderheap

package arena

import (
	"unsafe" // addresses of mappings, passed on to the system

	"golang.org/x/sys/unix"
)

const (
	mapFlags = unix.MAP_NORESERVE

	sysPopulates = false // whether sysPopulate makes pages resident
)

func hugePagesOffered() bool { return false }

func sysHuge(unsafe.Pointer, int, bool) {}

func sysPopulate(unsafe.Pointer, int) {}

// Reusable pages leave the process' footprint at once, and reuse puts them back. Errors only mean that the
// footprint is shown too large.

func sysRelease(p unsafe.Pointer, size int) { _ = advise(p, size, unix.MADV_FREE_REUSABLE) }

func sysCommit(p unsafe.Pointer, size int) bool {
	_ = advise(p, size, unix.MADV_FREE_REUSE)
	return true
}
