//go:build windows && !race && !msan && !asan && !larderheap

package arena

import (
	"unsafe" // mappings are memory that the Go runtime does not know of

	"golang.org/x/sys/windows"
)

const (
	// StaysMapped reports whether memory that was ever part of a chunk stays readable until Memory.Close, so that
	// Arena.Peek may be used without a lock. Here returned pages are decommitted, and touching them faults.
	StaysMapped = false

	sysKeeps  = true // mappings are reused and unmapped in the end
	maxRegion = 8

	sysPopulates = false // whether sysPopulate makes pages resident
)

func hugePagesOffered() bool { return false }

func sysMap(size int) (mapping, bool) {
	addr, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		return mapping{}, false
	}
	// The address is not in the Go heap, so that reading the integer as a pointer gives the collector nothing to lose.
	return mapping{*(*unsafe.Pointer)(unsafe.Pointer(&addr)), size}, true
}

// sysMapChunks returns n chunks aligned to their size and the mapping they lie in. The rest of it is never committed.
func sysMapChunks(n int) (chunks, whole mapping, ok bool) {
	whole, ok = sysMap((n + 1) * ChunkSize)
	if !ok {
		return chunks, whole, false
	}
	pad := -uintptr(whole.p) & (ChunkSize - 1)
	return mapping{unsafe.Add(whole.p, pad), n * ChunkSize}, whole, true
}

func sysMapDirectory() (p unsafe.Pointer, whole mapping, ok bool) {
	whole, ok = sysMap(directorySize)
	return whole.p, whole, ok && sysCommit(whole.p, directorySize)
}

func sysUnmap(m mapping) error { return windows.VirtualFree(uintptr(m.p), 0, windows.MEM_RELEASE) }

// An error only means that the pages stay committed.
func sysRelease(p unsafe.Pointer, size int) {
	if size > 0 {
		_ = windows.VirtualFree(uintptr(p), uintptr(size), windows.MEM_DECOMMIT)
	}
}

func sysCommit(p unsafe.Pointer, size int) bool {
	_, err := windows.VirtualAlloc(uintptr(p), uintptr(size), windows.MEM_COMMIT, windows.PAGE_READWRITE)
	return err == nil
}

func sysHuge(unsafe.Pointer, int, bool) {}

func sysPopulate(unsafe.Pointer, int) {}
