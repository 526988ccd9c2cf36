//go:build race || msan || asan || larderheap || !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package arena

import "unsafe" // chunks are Go allocations, held by the directory's and the arena's pointers to their start

const (
	// StaysMapped reports whether memory that was ever part of a chunk stays readable until Memory.Close, so that
	// Arena.Peek may be used without a lock. The collector frees chunks here, and the race detector watches them.
	StaysMapped = false

	sysKeeps  = false // what is given back is left to the collector
	maxRegion = 1

	sysPopulates = false // whether sysPopulate makes pages resident
)

func hugePagesOffered() bool { return false }

// The runtime aligns allocations of this size to its pages of 8 KiB, which is all that blocks need.
func sysMap(size int) (mapping, bool) {
	return mapping{unsafe.Pointer(unsafe.SliceData(make([]byte, size))), size}, true
}

func sysMapChunks(n int) (chunks, whole mapping, ok bool) {
	chunks, ok = sysMap(n * ChunkSize)
	return chunks, chunks, ok
}

// A directory must be visible to the collector.
func sysMapDirectory() (p unsafe.Pointer, whole mapping, ok bool) {
	p = unsafe.Pointer(new(directory))
	return p, mapping{p, directorySize}, true
}

func sysUnmap(mapping) error { return nil }

func sysRelease(unsafe.Pointer, int) {}

func sysCommit(unsafe.Pointer, int) bool { return true }

func sysHuge(unsafe.Pointer, int, bool) {}

func sysPopulate(unsafe.Pointer, int) {}
