//go:build (linux || darwin || freebsd || netbsd || openbsd || dragonfly) && !race && !msan && !asan && !larderheap

package arena

import (
	"unsafe" // mappings are memory that the Go runtime does not know of

	"golang.org/x/sys/unix"
)

const (
	// StaysMapped reports whether memory that was ever part of a chunk stays readable until Memory.Close, so that
	// Arena.Peek may be used without a lock.
	StaysMapped = true

	sysKeeps = true // mappings are reused and unmapped in the end
	is64     = ^uint(0)>>32 != 0
)

// maxRegion is the number of chunks mapped at once. Address space is scarce on 32-bit systems.
var maxRegion = func() int {
	if is64 {
		return 32
	}
	return 4
}()

func sysMap(size int) (mapping, bool) {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANON | mapFlags
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(size), prot, flags)
	if err != nil {
		return mapping{}, false
	}
	// Where the system gives huge pages unasked, a touched byte could make 2 MiB resident behind the accounting.
	sysHuge(p, size, false)
	return mapping{p, size}, true
}

// sysMapChunks returns n chunks aligned to their size and the mapping they lie in. The rest of it is never touched.
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
	return whole.p, whole, ok
}

func sysUnmap(m mapping) error { return unix.MunmapPtr(m.p, uintptr(m.size)) }

func advise(p unsafe.Pointer, size, advice int) error {
	return unix.Madvise(unsafe.Slice((*byte)(p), size), advice)
}
