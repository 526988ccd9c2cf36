package keyspace

import "unsafe"

// batchSize is how many keys are looked up together: enough to keep every
// miss buffer of a core busy, few enough that the lines stay in its first cache.
const batchSize = 64

// Batch holds the values of a batched read. It is reused from call to call, so
// that reads stop allocating. The zero value is ready for use.
type Batch struct {
	// Atomic asks for values that all held at one moment.
	Atomic bool

	buf  []byte
	ends []int // of value i in buf; negative when there is none

	hashes [batchSize]uint64
	lines  [batchSize]unsafe.Pointer
	sum    uint64 // keeps the touching loads alive
}

// Len returns the number of keys of the last read.
func (b *Batch) Len() int { return len(b.ends) }

// Value returns the value of key i, borrowed until the next read, and whether
// there is one.
func (b *Batch) Value(i int) ([]byte, bool) {
	end := b.ends[i]
	if end < 0 {
		return nil, false
	}
	start := 0
	if i > 0 {
		start = b.ends[i-1]
		if start < 0 {
			start = ^start
		}
	}
	return b.buf[start:end:end], true
}

// ReadBatch reads the strings of keys into b. A key that is missing or no
// string has no value. The cache misses of up to 64 keys overlap. Each value is
// consistent by itself; with b.Atomic all are of one moment.
func (v View) ReadBatch(keys []string, b *Batch) error {
	if b.Atomic && v.tx == nil {
		tx, err := v.Begin(keys...)
		if err != nil {
			return err
		}
		defer tx.End()
		v = tx.View(v)
	}
	if v.ks.closed.Load() {
		return ErrClosed
	}
	b.buf, b.ends = b.buf[:0], b.ends[:0]
	for len(keys) > 0 {
		n := min(len(keys), batchSize)
		v.prefetch(keys[:n], b)
		for _, key := range keys[:n] {
			if err := v.readInto(b, key); err != nil {
				return err
			}
		}
		keys = keys[n:]
	}
	return nil
}

func (v View) readInto(b *Batch, key string) error {
	buf, ok, err := v.AppendString(b.buf, key)
	if err != nil && err != ErrWrongType {
		return err
	}
	b.buf = buf
	end := len(buf)
	if !ok {
		end = ^end
	}
	b.ends = append(b.ends, end)
	return nil
}

// Prefetch brings the entries of keys, of the first 64 at most, into the
// processor's cache, with their misses overlapping. It changes and returns
// nothing.
func (v View) Prefetch(keys []string, b *Batch) {
	if !v.ks.closed.Load() {
		v.prefetch(keys[:min(len(keys), batchSize)], b)
	}
}

// prefetch first touches all buckets, then all entries.
func (v View) prefetch(keys []string, b *Batch) {
	if !optimistic {
		return
	}
	db := v.db
	for i, key := range keys {
		h := v.ks.hash(key)
		sh := v.ks.shardOf(key, h)
		b.hashes[i] = h
		b.lines[i] = sh.indexes[db].table.Line(sh.arena, h)
	}
	sum := b.touch(len(keys))
	for i, key := range keys {
		h := b.hashes[i]
		sh := v.ks.shardOf(key, h)
		probe := sh.indexes[db].table.Peek(sh.arena, h)
		b.lines[i] = sh.arena.Peek(probe.Next(), headerSize)
	}
	b.sum = sum + b.touch(len(keys))
}

func (b *Batch) touch(n int) (sum uint64) {
	for _, p := range b.lines[:n] {
		if p != nil {
			sum += *(*uint64)(p)
		}
	}
	return sum
}
