package keyspace

import (
	"slices"
	"unsafe"

	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
)

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

	seats [batchSize]seat
	sum   uint64 // keeps the touching loads alive
}

// seat is what is known of a key while a batch is looked up.
type seat struct {
	hash    uint64
	version uint64 // of the shard, before anything else of it was read
	shard   *shard
	way     hashtable.Way
	bucket  *hashtable.Bucket // at the end of way, or nil
	entry   unsafe.Pointer    // of ref
	ref     arena.Ref         // the first that may be the key's, or zero
	tag     uint8
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

// MakeRoom makes room for more values, of so many bytes together, in an amount that makes repeated calls O(1) for each
// value.
func (b *Batch) MakeRoom(bytes, values int) {
	if cap(b.buf)-len(b.buf) < bytes {
		b.buf = slices.Grow(b.buf, max(bytes, len(b.buf)))
	}
	if cap(b.ends)-len(b.ends) < values {
		b.ends = slices.Grow(b.ends, max(values, len(b.ends)))
	}
}

// Clear makes the batch empty, for an owner that fills it itself.
func (b *Batch) Clear() { b.buf, b.ends = b.buf[:0], b.ends[:0] }

// Buffer returns the bytes of all values. Add takes them extended by another value, or
// as they are where there is none.
func (b *Batch) Buffer() []byte { return b.buf }

// Add appends a value: what out has more than Buffer. Without ok there is none.
func (b *Batch) Add(out []byte, ok bool) {
	b.buf = out
	end := len(out)
	if !ok {
		end = ^end
	}
	b.ends = append(b.ends, end)
}

// ReadBatch reads the strings of keys into b. A key that is missing or no
// string has no value. The cache misses of up to 64 keys overlap. Each value is
// consistent by itself; with b.Atomic all are of one moment.
func (v View) ReadBatch(keys []string, b *Batch) error {
	caller := v
	if b.Atomic && v.tx() == nil {
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
	b.Clear()
	for len(keys) > 0 {
		n := min(len(keys), batchSize)
		v.prefetch(keys[:n], b)
		for i, key := range keys[:n] {
			if err := caller.TakeTimeFor(len(b.buf)); err != nil {
				return err
			}
			if v.takeInto(b, key, &b.seats[i]) {
				continue
			}
			if err := v.readInto(b, key, &b.seats[i], caller); err != nil {
				return err
			}
		}
		keys = keys[n:]
	}
	return nil
}

// readInto reads the key of a seat at which takeInto did not find it. v may be within a transaction that its caller is
// not in.
func (v View) readInto(b *Batch, key string, s *seat, caller View) (err error) {
	var buf []byte
	var ok bool
	switch {
	case v.tx() != nil:
		buf, ok, err = v.appendInTx(b.buf, key, caller)
	case s.bucket == nil:
		buf, ok, err = v.AppendString(b.buf, key)
	default:
		buf, ok, err = v.appendNearby(b.buf, key, s.hash, s.version)
	}
	if err != nil && err != ErrWrongType {
		return err
	}
	b.Add(buf, ok)
	return nil
}

// appendInTx is AppendString for a view within a transaction, unless it takes longer than the caller allows.
func (v View) appendInTx(dst []byte, key string, caller View) ([]byte, bool, error) {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	if s.isLong() {
		if err := caller.TakeTime(); err != nil {
			return dst, false, err
		}
	}
	if s.Is(String) == nil {
		s.Touch()
	}
	return s.appendText(dst)
}

// takeInto reads the key of a seat, if it is the entry found for it.
func (v View) takeInto(b *Batch, key string, s *seat) bool {
	if s.entry == nil || v.InTx() || !isPlainOf(s.entry, s.ref, key) {
		return false
	}
	buf, ok := s.shard.appendPlain(b.buf, key, s.entry, s.version)
	if !ok {
		return false
	}
	b.Add(buf, true)
	if v.session != nil || recording(v.ks.recording.Load()) != recordNothing {
		v.appended(buf, key, s.entry, s.hash, s.version)
	}
	return true
}

// Prefetch brings the entries of keys, of the first 64 at most, into the
// processor's cache, with their misses overlapping. It changes and returns
// nothing.
func (v View) Prefetch(keys []string, b *Batch) {
	if !v.ks.closed.Load() {
		v.prefetch(keys[:min(len(keys), batchSize)], b)
	}
}

// prefetch takes the seats of keys: it touches all buckets, then all entries. The touching
// loads stand in loops of their own, so short that the processor is ahead by
// as many of them as it has buffers for misses.
func (v View) prefetch(keys []string, b *Batch) {
	seats := b.seats[:len(keys)]
	if !optimistic {
		clear(seats)
		return
	}
	for i, key := range keys {
		s := &seats[i]
		s.hash = v.ks.hash(key)
		s.shard = v.ks.shardOf(key, s.hash)
		s.version = s.shard.settled()
		s.find(v.index(s.shard))
	}
	sum := uint64(0)
	for i := range seats {
		if p := seats[i].bucket; p != nil {
			sum += *(*uint64)(unsafe.Pointer(p))
		}
	}
	for i := range seats {
		seats[i].match()
	}
	for i := range seats {
		if p := seats[i].entry; p != nil {
			sum += *(*uint64)(p) + *(*uint64)(unsafe.Add(p, cacheLine-8))
		}
	}
	b.sum = sum
}

// find tells the bucket, unless the shard is being written.
func (s *seat) find(ix *index) {
	s.bucket = nil
	s.way = ix.table.Way(s.hash)
	if s.way != 0 && ix.seed == 0 && s.shard.unchanged(s.version) {
		s.bucket, s.tag = s.way.Bucket(s.hash)
	}
}

// match tells the first entry that may be the key's, in the bucket or, if that has none, in those behind it.
func (s *seat) match() {
	s.ref, s.entry = 0, nil
	bucket := s.bucket
	for distance := uint32(1); bucket != nil; distance++ {
		if m := bucket.Match(s.tag); !m.Empty() {
			s.ref = m.Ref()
			s.entry = s.shard.arena.Peek(s.ref, cacheLine)
			return
		}
		bucket = s.way.Beyond(s.bucket, distance)
	}
}
