//go:build linux && !race && !msan && !asan && !larderheap

package arena

import (
	"bytes"
	"os"
	"unsafe" // addresses of mappings, passed on to the system

	"golang.org/x/sys/unix"
)

const (
	mapFlags = unix.MAP_NORESERVE

	sysPopulates = true // whether sysPopulate makes pages resident
)

// hugePagesOffered reports whether advice has any effect. Where it has none, counting chunks as wholly resident would
// only cost.
func hugePagesOffered() bool {
	mode, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return err == nil && !bytes.Contains(mode, []byte("[never]"))
}

// Advice may be refused by kernels built without the feature; nothing depends on it.

func sysHuge(p unsafe.Pointer, size int, on bool) {
	advice := unix.MADV_NOHUGEPAGE
	if on {
		advice = unix.MADV_HUGEPAGE
	}
	_ = advise(p, size, advice)
}

func sysPopulate(p unsafe.Pointer, size int) { _ = advise(p, size, unix.MADV_POPULATE_WRITE) }

func sysRelease(p unsafe.Pointer, size int) { _ = advise(p, size, unix.MADV_DONTNEED) }

func sysCommit(unsafe.Pointer, int) bool { return true }
