//go:build race || larderheap || !(amd64 || arm64)

package keyspace

import "sync/atomic"

// optimistic is off where the race detector must see every access to the
// arena, and on processors whose loads nothing here keeps in order.
const optimistic = false

func loadFence()  {}
func storeFence() {}

// storeVersion stores a version after all stores before it.
func storeVersion(to *atomic.Uint64, version uint64) { to.Store(version) }
