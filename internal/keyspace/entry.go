package keyspace

import "unsafe"

// Type is the data type of a value.
type Type uint8

// The types of values. Zero is no type.
const (
	String Type = iota + 1
	List
	Set
	SortedSet
	Hash
)

// Encoding is the representation of a value in memory.
type Encoding uint8

// The representations of strings. Those of other types are registered with
// RegisterKind.
const (
	Embedded Encoding = iota // bytes, as they were set
	Raw                      // bytes, after an in-place change: OBJECT ENCODING tells the difference
	Int                      // a signed integer in 1, 2, 4 or 8 bytes
)

// An entry is one arena block: everything about a key lies together.
//
//	header   8 bytes, see below
//	expiry   8 bytes, Unix milliseconds; only with flagExpiry
//	lengths  4 + 4 bytes, of key and value; only with flagWide
//	key
//	value    the bytes of a string or the root of a collection
//
// The header is one word: type (4 bits), encoding (4), flags (8), access bits
// of the eviction policy (16), length of the key (8) and of the value (24).
// Keys or values too long for these fields set flagWide.
const (
	headerSize = 8

	encodingShift = 4
	flagShift     = 8
	accessShift   = 16
	keyShift      = 32
	valueShift    = 40

	flagExpiry = 1 << (flagShift + 0)
	flagWide   = 1 << (flagShift + 1)

	accessMask = 0xffff << accessShift

	maxNarrowKey   = 1<<8 - 1
	maxNarrowValue = 1<<24 - 1
)

// layout says where the parts of an entry are.
type layout struct {
	header uint64
	key    int // offset of the key
	value  int // offset of the value
	size   int // of the whole entry
}

// layoutOf decodes the header of the entry at p, of which at least 24 bytes
// are mapped.
func layoutOf(p unsafe.Pointer) layout {
	h := *(*uint64)(p)
	key := headerSize + int(h>>(flagShift-3)&8)
	keyLen, valueLen := int(h>>keyShift&0xff), int(h>>valueShift)
	if h&flagWide != 0 {
		lengths := (*[2]uint32)(unsafe.Add(p, key))
		keyLen, valueLen = int(lengths[0]), int(lengths[1])
		key += 8
	}
	return layout{header: h, key: key, value: key + keyLen, size: key + keyLen + valueLen}
}

func (l *layout) typ() Type          { return Type(l.header & 0xf) }
func (l *layout) encoding() Encoding { return Encoding(l.header >> encodingShift & 0xf) }
func (l *layout) hasExpiry() bool    { return l.header&flagExpiry != 0 }
func (l *layout) access() uint16     { return uint16(l.header >> accessShift) }

// newLayout returns the layout of an entry to be written. It leaves the access
// bits zero.
func newLayout(t Type, e Encoding, expires bool, keyLen, valueLen int) layout {
	l := layout{header: uint64(t) | uint64(e)<<encodingShift, key: headerSize}
	if expires {
		l.header |= flagExpiry
		l.key += 8
	}
	if keyLen > maxNarrowKey || valueLen > maxNarrowValue {
		l.header |= flagWide
		l.key += 8
	} else {
		l.header |= uint64(keyLen)<<keyShift | uint64(valueLen)<<valueShift
	}
	l.value = l.key + keyLen
	l.size = l.value + valueLen
	return l
}

// write stores everything of the entry at p but its value.
func (l *layout) write(p unsafe.Pointer, expireAt int64, key string) {
	*(*uint64)(p) = l.header
	if l.hasExpiry() {
		setExpiry(p, expireAt)
	}
	if l.header&flagWide != 0 {
		*(*[2]uint32)(unsafe.Add(p, l.key-8)) = [2]uint32{uint32(l.value - l.key), uint32(l.size - l.value)}
	}
	copy(unsafe.Slice((*byte)(unsafe.Add(p, l.key)), l.value-l.key), key)
}

func expiryOf(p unsafe.Pointer) int64 { return *(*int64)(unsafe.Add(p, headerSize)) }

func setExpiry(p unsafe.Pointer, ms int64) { *(*int64)(unsafe.Add(p, headerSize)) = ms }

func setAccess(p unsafe.Pointer, bits uint16) {
	h := (*uint64)(p)
	*h = *h&^accessMask | uint64(bits)<<accessShift
}

// keyAt returns the key of the entry at p, borrowed from the arena.
func (l *layout) keyAt(p unsafe.Pointer) string {
	return unsafe.String((*byte)(unsafe.Add(p, l.key)), l.value-l.key)
}

// valueAt returns the value of the entry at p, borrowed from the arena.
func (l *layout) valueAt(p unsafe.Pointer) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(p, l.value)), l.size-l.value)
}

// expired reports whether the entry at p lapsed before now.
func (l *layout) expired(p unsafe.Pointer, now int64) bool {
	return l.hasExpiry() && expiryOf(p) < now
}
