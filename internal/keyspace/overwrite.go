package keyspace

import (
	"unsafe" // the value of an entry, within its length, under the shard's lock
)

// Overwrite writes value over the bytes of a string of the same length, if that is all there is to do, and reports
// whether it did. It is the common case of Set, for which a Slot takes twice as long. The entry is found before the
// lock is taken and stands if nothing was written until then, so the shard is not locked while the processor waits for
// memory.
//
// All else is left to the caller: strings that are integers or have an expiry, transactions, keys that somebody
// watches, changes that somebody listens to, writes for which there must be made room. A value that is stored as an
// integer is not for Overwrite. O(1).
func (v View) Overwrite(key string, value []byte) bool {
	if !optimistic || v.InTx() {
		return false
	}
	p, h, version := v.peekPlain(key)
	sh := v.indexOf(h).shard
	if p == nil || !holdsBytes(p, len(value)) || !sh.mu.TryLock() {
		return false
	}
	if sh.version.Load() != version || sh.attended() || !v.ks.fits(headerSize+len(key)+len(value), v.ks.maxBytes.Load()) {
		sh.mu.Unlock()
		return false
	}
	sh.beginWrite()
	copyBytes(unsafe.Add(p, headerSize+len(key)), unsafe.Pointer(unsafe.SliceData(value)), len(value))
	if recording(v.ks.recording.Load()) != recordNothing {
		v.ks.use(v.db, key, h)
		setAccess(p, sh.rewritten(uint16(*(*uint64)(p)>>accessShift)))
	}
	sh.endWrite()
	sh.mu.Unlock()
	return true
}

// peekPlain finds the entry of a key that holds a string without an expiry, as plainEntry does. The first candidate
// for a short key is looked at without a call.
func (d *database) peekPlain(key string) (p unsafe.Pointer, h, version uint64) {
	if !isShort(key) {
		h = d.ks.hash(key)
		version = d.indexOf(h).shard.settled()
		return d.plainEntry(key, h, version), h, version
	}
	first, last := shortWords(key)
	h = d.short.hash(first, last, len(key))
	ix := d.indexOf(h)
	version = ix.shard.settled()
	way := ix.table.Way(h)
	if way == 0 || ix.seed != 0 || !ix.shard.unchanged(version) {
		return nil, h, version
	}
	bucket, tag := way.Bucket(h)
	if m := bucket.Match(tag); !m.Empty() {
		p = ix.arena.Peek(m.Ref(), headerSize+maxShort+maxCommon)
		if p != nil && isPlain(loadHeader(p), key) && load64(unsafe.Add(p, headerSize)) == first &&
			load64(unsafe.Add(p, headerSize+len(key)-8)) == last && *(*uint64)(p)>>valueShift <= maxCommon {
			return p, h, version
		}
	}
	return d.plainEntry(key, h, version), h, version
}

// holdsBytes reports whether the entry at p has a value of n bytes, stored as they were set.
func holdsBytes(p unsafe.Pointer, n int) bool {
	header := *(*uint64)(p)
	return Encoding(header>>encodingShift&0xf) == Embedded && int(header>>valueShift) == n
}

// attended reports whether others have to be told of a change, or none may be made any more. The caller holds the lock.
func (sh *shard) attended() bool {
	return len(sh.watched)+len(sh.queues) > 0 || sh.claims != nil || sh.ks.events.wanted.Load() != 0 || sh.ks.closed.Load()
}
