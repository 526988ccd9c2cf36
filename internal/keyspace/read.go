package keyspace

import (
	"encoding/binary"
	"slices"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/chunked"
)

// attempts is how often an optimistic read is tried before it takes the lock.
const attempts = 3

// outcome is what an optimistic read found.
type outcome uint8

const (
	missing outcome = iota
	found
	unsure // only the lock can tell
)

// AppendString appends the value of a string to dst. It takes no lock unless
// writers of the shard interfere, writes no shared memory unless the key's
// access bits are due to change, and allocates only to grow dst. O(1) plus the copy.
//
// The common case is written out here: a short key without a {tag}, whose string has no expiry, is the first with its
// tag in the bucket in which it is looked for first, and is of a common length with room for it in dst, while nobody
// writes. Lookups that follow one another overlap their cache misses as far as the processor looks ahead, which is a
// matter of how few instructions one lookup takes. So there is no call on this way that comes back, for which registers
// would have to be saved.
func (v View) AppendString(dst []byte, key string) ([]byte, bool, error) {
	if !optimistic || v.session != nil || !isShort(key) {
		return v.appendAny(dst, key)
	}
	v.session = nil // which need not be kept, then
	first, last := shortWords(key)
	h := v.short.hash(first, last, len(key))
	ix := v.indexOf(h)
	version := ix.shard.settled()
	way := ix.table.Way(h)
	if way == 0 || ix.seed != 0 || !ix.shard.unchanged(version) {
		return v.appendUnusual(dst, key, h)
	}
	bucket, tag := way.Bucket(h)
	m := bucket.Match(tag)
	if m.Empty() {
		return v.appendNearby(dst, key, h, version)
	}
	ref := m.Ref()
	p := ix.arena.Peek(ref, headerSize+maxShort+maxCommon)
	if p == nil {
		return v.appendNearby(dst, key, h, version)
	}
	header := loadHeader(p)
	n := int(header >> valueShift)
	if !isPlain(header, key) || load64(unsafe.Add(p, headerSize)) != first || load64(unsafe.Add(p, headerSize+len(key)-8)) != last ||
		!isCommon(n) || n > cap(dst)-len(dst) {
		return v.appendNearby(dst, key, h, version)
	}
	copyCommon(unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), len(dst)), unsafe.Add(p, headerSize+len(key)), n)
	if !ix.shard.unchanged(version) {
		return v.appendUnusual(dst, key, h)
	}
	if recording(v.ks.recording.Load()) != recordNothing {
		return v.appended(dst[:len(dst)+n], key, p, h, version)
	}
	return dst[:len(dst)+n], true, nil
}

// appendAny is AppendString for keys that are not short, and for views that are not plain.
func (v View) appendAny(dst []byte, key string) ([]byte, bool, error) {
	if !optimistic || v.InTx() {
		return v.appendLocked(dst, key)
	}
	h := v.ks.hash(key)
	return v.appendNearby(dst, key, h, v.indexOf(h).shard.settled())
}

// appendNearby is AppendString for strings without an expiry, wherever their entry lies.
func (v View) appendNearby(dst []byte, key string, h, version uint64) ([]byte, bool, error) {
	if p := v.plainEntry(key, h, version); p != nil {
		if out, ok := v.indexOf(h).shard.appendPlain(dst, key, p, version); ok {
			return v.appended(out, key, p, h, version)
		}
	}
	return v.appendUnusual(dst, key, h)
}

// plainEntry finds the entry of a key that holds a string without an expiry. It may lie among others with
// the same tag, or in one of the next buckets since the first was full. That of a key with a {tag} may be in
// another shard; it is not found, as none is while the shard is being written. The entry means nothing
// once the version has changed.
func (d *database) plainEntry(key string, h, version uint64) unsafe.Pointer {
	ix := d.indexOf(h)
	way := ix.table.Way(h)
	if way == 0 || ix.seed != 0 || !ix.shard.unchanged(version) {
		return nil
	}
	home, tag := way.Bucket(h)
	for bucket, distance := home, uint32(1); bucket != nil; distance++ {
		for m := bucket.Match(tag); !m.Empty(); m.Drop() {
			ref := m.Ref()
			if p := ix.arena.Peek(ref, cacheLine); p != nil && isPlainOf(p, ref, key) {
				return p
			}
		}
		bucket = way.Beyond(home, distance)
	}
	return nil
}

// appended ends a read without a lock that succeeded: it records the read of the entry at p.
func (v View) appended(out []byte, key string, p unsafe.Pointer, h, version uint64) ([]byte, bool, error) {
	v.count(true)
	if r := recording(v.ks.recording.Load()); r != recordNothing {
		v.ks.use(v.db, key, h)
		if v.touches() {
			v.indexOf(h).shard.touchPeeked(p, *(*uint64)(p), version, h)
		}
	}
	return out, true, nil
}

// loadHeader returns the header of an entry, of which a cache line can be read. Most entries straddle
// two lines: the other load makes both misses one.
func loadHeader(p unsafe.Pointer) uint64 {
	atomic.LoadUint64((*uint64)(unsafe.Add(p, cacheLine-8)))
	return *(*uint64)(p)
}

// isPlain reports whether the entry with that header is a string without expiry, and its key as long as that.
func isPlain(header uint64, key string) bool {
	return header&plainMask == plainString|uint64(len(key))<<keyShift
}

// isPlainOf reports whether the entry at p, of which a cache line can be read, is the key's, and a string
// without expiry, all of which can be read.
func isPlainOf(p unsafe.Pointer, ref arena.Ref, key string) bool {
	header := loadHeader(p)
	n := int(header >> valueShift)
	return isPlain(header, key) && sameKey(unsafe.Add(p, headerSize), key) && n < longValue && arena.InChunk(ref, headerSize+len(key)+n)
}

// appendPlain appends the value of an entry that is plain and the key's, if the version has not changed until
// that is done.
func (sh *shard) appendPlain(dst []byte, key string, p unsafe.Pointer, version uint64) (_ []byte, ok bool) {
	n := int(*(*uint64)(p) >> valueShift)
	if !sh.unchanged(version) {
		return dst, false
	}
	dst = slices.Grow(dst, n)
	out := dst[:len(dst)+n]
	copyBytes(unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), len(dst)), unsafe.Add(p, headerSize+len(key)), n)
	if !sh.unchanged(version) {
		return dst, false
	}
	return out, true
}

// Values from minCommon to maxCommon bytes are copied without a call.
const minCommon, maxCommon = 16, 256

func isCommon(n int) bool { return uint(n-minCommon) <= maxCommon-minCommon }

// copyCommon copies the n bytes of a value of a common length, the last 16 for the second time where they overlap others.
func copyCommon(to, from unsafe.Pointer, n int) {
	*(*[16]byte)(to) = *(*[16]byte)(from)
	for i := 16; i < n-16; i += 16 {
		*(*[16]byte)(unsafe.Add(to, i)) = *(*[16]byte)(unsafe.Add(from, i))
	}
	*(*[16]byte)(unsafe.Add(to, n-16)) = *(*[16]byte)(unsafe.Add(from, n-16))
}

// copyBytes copies n bytes.
func copyBytes(to, from unsafe.Pointer, n int) {
	if isCommon(n) {
		copyCommon(to, from, n)
		return
	}
	copy(unsafe.Slice((*byte)(to), n), unsafe.Slice((*byte)(from), n))
}

// appendUnusual is AppendString for all other cases.
func (v View) appendUnusual(dst []byte, key string, h uint64) ([]byte, bool, error) {
	if v.ks.closed.Load() {
		return dst, false, ErrClosed
	}
	out, got := v.ks.shardOf(key, h).peekString(&v, dst, key, h)
	switch got {
	case found:
		v.count(true)
		v.ks.use(v.db, key, h)
		return out, true, nil
	case missing:
		if v.ks.closed.Load() {
			return dst, false, ErrClosed // what was read may have been given back already
		}
		v.count(false)
		v.ks.use(v.db, key, h)
		if v.ks.events.want(ClassMiss) {
			v.missed(key, h)
		}
		return dst, false, nil
	}
	return v.appendLocked(dst, key)
}

// missed announces that a read without a lock did not find its key.
func (v View) missed(key string, h uint64) {
	sh := v.ks.shardOf(key, h)
	if sh.lock() == nil {
		sh.notify(ClassMiss, "keymiss", v.db, key)
		sh.unlock()
	}
}

// appendLocked is AppendString under the lock, which for a long value is held now and then only.
func (v View) appendLocked(dst []byte, key string) ([]byte, bool, error) {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return dst, false, err
	}
	long := s.isLong() && !v.InTx()
	if long {
		if err := v.TakeTime(); err != nil {
			s.Unlock()
			return dst, false, err
		}
	}
	if s.Is(String) == nil {
		s.Touch()
	}
	if !long {
		defer s.Unlock()
		return s.appendText(dst)
	}
	s.Unlock()
	return v.appendLong(dst, key)
}

// InTx reports whether the view is inside of a transaction.
func (v View) InTx() bool { return v.session != nil && v.session.tx != nil }

// appendText appends the value of a key that must hold a string, if it exists.
func (s *Slot) appendText(dst []byte) ([]byte, bool, error) {
	if err := s.Is(String); err != nil || !s.Exists() {
		return dst, false, err
	}
	return s.AppendString(dst), true, nil
}

// AppendString appends the value of a string to dst.
func (s *Slot) AppendString(dst []byte) []byte {
	return appendString(dst, s.Encoding(), s.Value())
}

func appendString(dst []byte, e Encoding, value []byte) []byte {
	if e == Int {
		return strconv.AppendInt(dst, IntValue(value), 10)
	}
	return chunked.Append(dst, value)
}

// A header under plainMask is plainString, with the key's length, for entries
// that are a string stored as bytes, neither wide nor with an expiry.
const (
	plainMask   = 0xff<<keyShift | flagWide | flagExpiry | (1<<flagShift-1)&^(uint64(Raw)<<encodingShift)
	plainString = uint64(String)
)

// sameKey compares a key with the bytes at p.
func sameKey(p unsafe.Pointer, key string) bool {
	if isShort(key) {
		first, last := shortWords(key)
		return load64(p) == first && load64(unsafe.Add(p, len(key)-8)) == last
	}
	return unsafe.String((*byte)(p), len(key)) == key
}

func load64(p unsafe.Pointer) uint64 { return binary.LittleEndian.Uint64((*[8]byte)(p)[:]) }

// peekString reads a string without the lock. The outcome stands if the
// shard's version was the same even number before and after.
func (sh *shard) peekString(v *View, dst []byte, key string, h uint64) ([]byte, outcome) {
	for range attempts {
		version := sh.version.Load()
		if version&1 != 0 {
			continue
		}
		p, at, got := sh.peekEntry(v.index(sh), key, h, version)
		if got == unsure {
			break
		}
		if got == missing {
			if sh.unchanged(version) {
				return dst, missing
			}
			continue
		}
		out, got := sh.copyString(v, dst, p, &at, version)
		if got == unsure {
			break
		}
		if !sh.unchanged(version) {
			continue
		}
		if got == found && v.touches() {
			sh.touchPeeked(p, at.header, version, h)
		}
		return out, got
	}
	return dst, unsure
}

// peekEntry finds the entry of a key without the lock.
func (sh *shard) peekEntry(ix *index, key string, h, version uint64) (unsafe.Pointer, layout, outcome) {
	if ix.moving {
		return nil, layout{}, unsure
	}
	probe := ix.table.Peek(sh.arena, ix.tableHash(key, h), func() bool { return sh.unchanged(version) })
	for ref := probe.Next(); ref != 0; ref = probe.Next() {
		if p, at, got := sh.peekKey(ref, key); got != missing {
			return p, at, got
		}
	}
	if probe.Short() {
		return nil, layout{}, unsure
	}
	return nil, layout{}, missing
}

// peekKey compares an entry's key without the lock. It is unsure of an entry
// that doesn't lie in chunk memory: then the ref is garbage, or the entry is so
// large that reading it may as well take the lock.
func (sh *shard) peekKey(ref arena.Ref, key string) (unsafe.Pointer, layout, outcome) {
	if ref == 0 {
		return nil, layout{}, missing
	}
	p := sh.arena.Peek(ref, headerSize)
	if p == nil || *(*uint64)(p)&flagWide != 0 {
		return nil, layout{}, unsure
	}
	at := layoutOf(p)
	if at.value-at.key != len(key) {
		return nil, layout{}, missing
	}
	if !arena.InChunk(ref, at.size) {
		return nil, layout{}, unsure
	}
	if at.keyAt(p) != key {
		return nil, layout{}, missing
	}
	return p, at, found
}

func (sh *shard) copyString(v *View, dst []byte, p unsafe.Pointer, at *layout, version uint64) ([]byte, outcome) {
	if at.hasExpiry() && at.expired(p, v.ks.now()) {
		return dst, unsure
	}
	if at.typ() != String {
		return dst, unsure // whether the key exists: all elements of a collection may have expired
	}
	value := at.valueAt(p)
	if len(value) >= longValue || len(dst)+len(value) > cap(dst) && !sh.unchanged(version) {
		return dst, unsure // do not allocate for a length that means nothing
	}
	return appendString(dst, at.encoding(), value), found
}

// settled returns the version that the shard has for as long as what is read from now on stands. While the shard
// is being written that is a version of the past.
func (sh *shard) settled() uint64 { return sh.version.Load() &^ 1 }

// unchanged reports whether nothing was being written when settled returned version, nor since.
func (sh *shard) unchanged(version uint64) bool {
	loadFence()
	return sh.version.Load() == version
}

// touchPeeked records a read in an entry found without the lock, if its access
// bits are due to change and the lock is free.
func (sh *shard) touchPeeked(p unsafe.Pointer, header, version, hash uint64) {
	if sh.ks.recorded() != recordNothing {
		sh.recordPeeked(p, header, version, hash)
	}
}

func (sh *shard) recordPeeked(p unsafe.Pointer, header, version, hash uint64) {
	from := uint16(header >> accessShift)
	to := sh.hit(from)
	if to == from || !sh.mu.TryLock() {
		return
	}
	if sh.version.Load() == version {
		setAccess(p, to)
	}
	sh.mu.Unlock()
	sh.observe(policyHash(hash))
}

// touch records a read in an entry. The caller holds the lock.
func (sh *shard) touch(p unsafe.Pointer, header, hash uint64) {
	from := uint16(header >> accessShift)
	if to := sh.hit(from); to != from {
		setAccess(p, to)
		sh.observe(policyHash(hash))
	}
}
