//go:build !race && !larderheap

package keyspace

import (
	"sync/atomic"

	"github.com/larderkv/larder/internal/arena"
)

// optimistic says whether strings are read without the lock. Freed memory must
// stay mapped, and loads must be kept in order.
const optimistic = arena.StaysMapped

// loadFence keeps the loads before it before those after it.
func loadFence()

// storeFence keeps the stores before it before those after it.
func storeFence()

// storeVersion stores a version after all stores before it.
func storeVersion(to *atomic.Uint64, version uint64) { to.Store(version) }
