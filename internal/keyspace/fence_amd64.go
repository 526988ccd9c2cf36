//go:build !race && !larderheap

package keyspace

import (
	"sync/atomic"
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
)

// optimistic says whether strings are read without the lock. Freed memory must
// stay mapped, and loads must be kept in order.
const optimistic = arena.StaysMapped

// The memory model of amd64 keeps loads in order and stores in order.

func loadFence()  {}
func storeFence() {}

// storeVersion stores a version after all stores before it. A plain store does here, at a tenth of what the
// exchange costs to which an atomic one is compiled. As a call it keeps its place among the others.
//
//go:noinline
func storeVersion(to *atomic.Uint64, version uint64) { *(*uint64)(unsafe.Pointer(to)) = version }
