// Package keyspace holds all keys of a cache: databases, cut into shards, with
// expiry, eviction and change events.
//
// # Layout
//
// A key's hash chooses one of a power of two of shards. A shard has a lock, an
// arena and, for each numbered database, a hash table of refs. A ref leads to
// an entry: one block that holds the key, its expiry, the access bits of the
// eviction policy and the value, or the root of the structure that is the
// value (see entry.go). All of it lives in the shard's arena, outside the Go
// heap, so the garbage collector sees a few objects a shard.
//
// # Concurrency
//
// Whoever changes something holds the shard's lock. Reads of strings take none: a version that writers make odd while
// they change anything lets a reader copy the value out and then tell whether it may be trusted. Such a reader may
// follow refs into freed memory; arena memory stays mapped, and every address is checked against it. After a few
// failures, and for long values, the reader takes the lock. The race detector does not see memory outside the Go heap,
// so under -race (and the tag larderheap) arenas are heap memory and all reads take the lock.
//
// Operations on several keys lock their shards in ascending order (Tx).
//
// Who waits for a key to hold something is served by the operation that
// writes it, before its locks are released (wait.go).
//
// # Slices
//
// Nothing here takes long with a lock held. Tables grow a segment at a time;
// expired keys and elements, dropped collections, flushed databases and sparse pages are
// worked off by maintenance in slices of some tens of microseconds. Operations on much
// data give the locks back between steps (steps.go, read_long.go): a watch on the keys
// that they read tells them to begin anew when one has changed. Those that change much of
// one value claim its key, so that nobody else has that until they are done (claim.go).
//
// # Values
//
// Types are declared with RegisterKind. A value that is more than its bytes
// keeps a root in the entry and blocks of its own in the same arena; its Kind
// knows how to free, copy, measure and relocate them.
package keyspace
