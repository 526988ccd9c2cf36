package keyspace

import "sync/atomic"

// Limits are the sizes at which collections pass from a dense encoding to a
// large one, under the names that Redis has for them. They may change at any time;
// a value is converted when an operation next makes it grow.
type Limits struct {
	HashEntries atomic.Int64 // hash-max-listpack-entries: fields
	HashValue   atomic.Int64 // hash-max-listpack-value: bytes of a field or value
	SetIntset   atomic.Int64 // set-max-intset-entries: integers
	SetEntries  atomic.Int64 // set-max-listpack-entries: members
	SetValue    atomic.Int64 // set-max-listpack-value: bytes of a member
	ZSetEntries atomic.Int64 // zset-max-listpack-entries: members
	ZSetValue   atomic.Int64 // zset-max-listpack-value: bytes of a member
	ListSize    atomic.Int64 // list-max-listpack-size: elements, or if negative a power of two of bytes
	HLLSparse   atomic.Int64 // hll-sparse-max-bytes: of a sparse HyperLogLog
}

// Limits returns the limits of the keyspace.
func (ks *Keyspace) Limits() *Limits { return &ks.limits }

// setDefaults sets the defaults of Redis 7.0, and those of 7.2 for what only that has.
func (l *Limits) setDefaults() {
	l.HashEntries.Store(512)
	l.HashValue.Store(64)
	l.SetIntset.Store(512)
	l.SetEntries.Store(128)
	l.SetValue.Store(64)
	l.ZSetEntries.Store(128)
	l.ZSetValue.Store(64)
	l.ListSize.Store(-2)
	l.HLLSparse.Store(3000)
}
