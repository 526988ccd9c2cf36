package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapWords is n zeroed words of memory outside the Go heap, on pages of the size asked for if the system can.
func mapWords(n int, huge bool) ([]uint64, func(), error) {
	b, err := unix.Mmap(-1, 0, n*8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	advice := unix.MADV_NOHUGEPAGE
	if huge {
		advice = unix.MADV_HUGEPAGE
	}
	_ = unix.Madvise(b, advice) // a kernel without huge pages refuses, and the report gives their share
	words := unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), n)
	return words, func() { _ = unix.Munmap(b) }, nil
}
