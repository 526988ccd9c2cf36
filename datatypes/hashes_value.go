package datatypes

import (
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/arena"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// A hash is represented in one of two ways:
//
//   - listpack, as OBJECT ENCODING has it: encoding.Pairs right in the key's entry, as long as
//     there are no more than hash-max-listpack-entries fields, none longer than hash-max-listpack-value, nor any
//     value, and none of them expires
//   - hashtable: a members.Root of Valued elements; hashVolatile is the same once a
//     field was told to expire
//
// A hash only ever goes down this list, so one whose size hovers around a limit is not
// converted again and again.
const (
	hashNone keyspace.Encoding = iota // no hash at all
	hashPacked
	hashTable
	hashVolatile
)

func init() {
	keyspace.RegisterKind(keyspace.Hash, hashPacked, &keyspace.Kind{Name: "listpack"})
	registerMembers(keyspace.Hash, hashTable, hashVolatile, "hashtable", keyspace.ClassHash, "hexpired")
}

// hashValue is what a slot holds, seen as a hash. It borrows the value and is valid
// until that changes or moves. Without a value it is an empty hash.
type hashValue struct {
	env  *hashtable.Env
	enc  keyspace.Encoding // hashTable for hashVolatile too
	pack encoding.Pairs
	root members.Root
}

// load makes h the slot's hash, which the caller knows to be one if anything.
func (h *hashValue) load(s *keyspace.Slot) {
	h.env, h.enc, h.pack = s.Env(), hashNone, nil
	switch {
	case !s.Exists():
	case s.Encoding() == hashPacked:
		h.enc, h.pack = hashPacked, s.Value()
	default:
		h.enc, h.root = hashTable, members.Load(s.Value())
	}
}

func (h *hashValue) len() int {
	switch h.enc {
	case hashPacked:
		return h.pack.Len()
	case hashTable:
		return h.root.Len()
	}
	return 0
}

// get returns the value of a field.
func (h *hashValue) get(field string) (value encoding.Element, ok bool) {
	switch h.enc {
	case hashPacked:
		if at, ok := h.pack.Find(elementOf(field)); ok {
			return h.pack.Value(at), true
		}
	case hashTable:
		if ref := h.find(field); ref != 0 {
			return h.valueAt(ref), true
		}
	}
	return value, false
}

func (h *hashValue) find(field string) arena.Ref { return h.root.Find(h.env, field) }

func (h *hashValue) valueAt(ref arena.Ref) encoding.Element {
	return encoding.TextElement(members.Valued.Value(h.env.Arena, ref))
}

// fieldBatch is how many fields are looked for together.
const fieldBatch = 32

// getMany calls fn with the value of each field, or with ok false, in order. In a large
// hash the cache misses overlap.
func (h *hashValue) getMany(fields []string, fn func(value encoding.Element, ok bool)) {
	if h.enc != hashTable {
		for _, f := range fields {
			fn(h.get(f))
		}
		return
	}
	var refs [fieldBatch]arena.Ref
	for len(fields) > 0 {
		n := min(len(fields), fieldBatch)
		h.root.FindBatch(h.env, fields[:n], refs[:])
		for _, ref := range refs[:n] {
			if ref == 0 {
				fn(encoding.Element{}, false)
			} else {
				fn(h.valueAt(ref), true)
			}
		}
		fields = fields[n:]
	}
}

// each calls fn with fields and values, which are borrowed, until it returns false.
func (h *hashValue) each(fn func(field string, value encoding.Element) bool) {
	switch h.enc {
	case hashPacked:
		h.eachPacked(fn)
	case hashTable:
		a := h.env.Arena
		for ref := range h.root.All(a) {
			field, value := members.Valued.Pair(a, ref)
			if !fn(field, encoding.TextElement(value)) {
				return
			}
		}
	}
}

func (h *hashValue) eachPacked(fn func(field string, value encoding.Element) bool) {
	var digits []byte // of names that are kept as integers, which most hashes have none of: fn makes it escape
	for at := h.pack.First(); at < h.pack.End(); {
		field, value, next := h.pack.Read(at)
		name, ok := field.Text()
		if !ok {
			digits = field.Append(digits[:0])
			name = digits
		}
		if !fn(stringOf(name), value) {
			return
		}
		at = next
	}
}

// hashLimits are the limits of packed hashes at the time of an operation.
type hashLimits struct{ entries, value int }

func hashLimitsOf(v keyspace.View) hashLimits {
	l := v.Keyspace().Limits()
	return hashLimits{int(l.HashEntries.Load()), int(l.HashValue.Load())}
}

// allow reports whether a field may be in a packed hash.
func (l *hashLimits) allow(field string, value []byte) bool {
	return len(field) <= l.value && len(value) <= l.value
}

// hashDraft is a packed hash under change, in memory of its own. Every change of a
// packed hash is made in a draft and then stored at once, so that none can
// fail half way.
type hashDraft struct{ pack encoding.Pairs }

var hashDraftPool = sync.Pool{New: func() any { return new(hashDraft) }}

// lendHash returns a draft of a packed or missing hash, to be given back by
// release.
func lendHash(h *hashValue) *hashDraft {
	d := hashDraftPool.Get().(*hashDraft)
	if h.enc == hashPacked {
		d.pack = append(d.pack[:0], h.pack...)
	} else {
		d.pack = encoding.NewPairs(d.pack)
	}
	return d
}

func (d *hashDraft) release() {
	const kept = 64 << 10
	if cap(d.pack) <= kept {
		hashDraftPool.Put(d)
	}
}

// set sets a field and reports whether it is new.
func (d *hashDraft) set(field string, value []byte) (added bool) {
	name, v := elementOf(field), encoding.TextElement(value)
	if at, ok := d.pack.Find(name); ok {
		d.pack = d.pack.Replace(at, v)
		return false
	}
	d.pack = d.pack.Append(name, v)
	return true
}

// store makes the slot hold the draft, or nothing if that is empty. It fails
// without effect.
func (d *hashDraft) store(s *keyspace.Slot) error {
	if d.pack.Len() == 0 {
		s.Delete()
		return nil
	}
	b, err := s.Put(keyspace.Hash, hashPacked, len(d.pack), s.ExpireAt())
	if err != nil {
		return err
	}
	copy(b, d.pack)
	return nil
}
