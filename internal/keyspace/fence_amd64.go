//go:build !race && !larderheap

package keyspace

import "github.com/larderkv/larder/internal/arena"

// optimistic says whether strings are read without the lock. Freed memory must
// stay mapped, and loads must be kept in order.
const optimistic = arena.StaysMapped

// The memory model of amd64 keeps loads in order and stores in order.

func loadFence()  {}
func storeFence() {}
