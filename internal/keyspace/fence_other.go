//go:build race || larderheap || !(amd64 || arm64)

package keyspace

// optimistic is off where the race detector must see every access to the
// arena, and on processors whose loads nothing here keeps in order.
const optimistic = false

func loadFence()  {}
func storeFence() {}
