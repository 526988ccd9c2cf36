package hashtable

import (
	"sync/atomic"
	"unsafe" // addresses of directories and blocks, which stay mapped as long as the arena's memory is

	"github.com/larderkv/larder/internal/arena"
)

// Readers without a lock cannot follow refs step by step as others can: each
// step would have to check what it read. They follow two words, each of
// which has an address and what is needed to use it, and is read as one:
//
//	root: address of the directory (48 bits) | 63 - depth (16 bits)
//	Way:  address of a segment's block (48 bits) | buckets (8 bits) | depth (8 bits)
//
// A root is never garbage, since a table does not move, and the addresses of both stay
// mapped when what they lead to is freed. But a freed directory may hold anything: whoever
// has read a Way must make sure that nothing has changed before following it.

// root leads to a directory. It is zero for a table without one.
type root uint64

// Way leads from a hash to its bucket. It is zero in an empty table.
type Way uint64

const (
	addressShift = 16
	addressBits  = 64 - addressShift
)

func pack(p unsafe.Pointer, low uint64) uint64 {
	address := uint64(uintptr(p))
	if address>>addressBits != 0 {
		panic("hashtable: address of more than 48 bits")
	}
	return address<<addressShift | low
}

// unpack makes an address of what pack was given. The memory is that of an arena, which
// keeps it, so that nothing needs to know of this pointer.
//
//go:nocheckptr
func unpack(word uint64) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(nil), uintptr(word>>addressShift))
}

func (t *Table) setDirectory(a *arena.Arena, dir arena.Ref, depth uint32) {
	t.dir, t.depth = dir, depth
	t.root = root(pack(a.Ptr(dir), uint64(63-depth)))
}

func (t *Table) loadRoot() root { return root(atomic.LoadUint64((*uint64)(&t.root))) }

func (r root) depth() uint64 { return 63 - uint64(r)&63 }

func (r root) slotIndex(h uint64) uint64 { return h >> 1 >> (r & 63) }

func (r root) slot(i uint64) *segment {
	return (*segment)(unsafe.Add(unpack(uint64(r)), i*segmentSize))
}

func (s *segment) setBlock(a *arena.Arena, block arena.Ref, buckets uint32, depth uint8) {
	s.block, s.buckets, s.depth = block, uint16(buckets), depth
	s.way = Way(pack(a.Ptr(block), uint64(buckets)<<8|uint64(depth)))
}

func (s *segment) loadWay() Way { return Way(atomic.LoadUint64((*uint64)(&s.way))) }

func (w Way) block() unsafe.Pointer { return unpack(uint64(w)) }
func (w Way) buckets() uint32       { return uint32(w>>8) & 0xff }
func (w Way) depth() uint64         { return uint64(w) & 63 }

// Way returns what leads to the bucket of hash h. It may be called without a
// lock while others change the table; then the result means nothing unless the caller
// finds that nothing was changed since before. O(1).
func (t *Table) Way(h uint64) Way {
	root := t.loadRoot()
	if root == 0 {
		return 0
	}
	return root.slot(root.slotIndex(h)).loadWay()
}

// Bucket returns the bucket in which the entries of hash h are looked for
// first, and the tag that they have there, reading nothing of it. The way was valid once,
// and is not zero. The bucket then can be read, and means nothing once the table has changed.
func (w Way) Bucket(h uint64) (*Bucket, uint8) {
	pos := uint32(h << w.depth() >> (64 - positionBits))
	return (*Bucket)(unsafe.Add(w.block(), home(pos, w.buckets())*bucketSize)), uint8(pos)
}

// Beyond returns the bucket that is distance buckets behind home, a result of Bucket, or nil
// if none of home's entries lives so far away, or only in the stash.
func (w Way) Beyond(b *Bucket, distance uint32) *Bucket {
	home := (*bucket)(b)
	if distance > reach(w.buckets()) || distance == 1 && home.near() == 0 && home.far() == 0 || distance > 1 && home.far() == 0 {
		return nil
	}
	i := uint32(uintptr(unsafe.Pointer(b))-uintptr(w.block())) / bucketSize
	return (*Bucket)(bucketAt(w.block(), wrap(i+distance, w.buckets())))
}
