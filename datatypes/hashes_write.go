package datatypes

import (
	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/hashtable"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// hashWrite is what an operation sets in a hash.
type hashWrite struct {
	fields   []Field
	keepTTL  bool  // fields that are there keep their expiry
	expireAt int64 // when the fields expire, zero for never

	need  int // bounds the bytes that the fields take in a large hash, where they take most
	added int // fields that were new
}

// tableShare is a field's share of a table.
const tableShare = 8

// expiryRoom is what an expiry takes, with the step to the next size of block.
const expiryRoom = 24

// measure computes need. It returns ErrTooLarge if a field can't be stored.
func (w *hashWrite) measure() error {
	w.need = members.RootSize
	for i := range w.fields {
		f := &w.fields[i]
		if len(f.Name) > keyspace.MaxSize || len(f.Value) > keyspace.MaxSize {
			return ErrTooLarge
		}
		n := len(f.Name) + len(f.Value)
		w.need += n + n/8 + memberRoom + tableShare
	}
	return nil
}

// set sets fields, for which there is room. It fails without effect unless the system
// refuses memory in the middle of a large write.
func (h *hashValue) set(s *keyspace.Slot, w *hashWrite, l hashLimits) error {
	if h.enc != hashTable && w.expireAt == 0 {
		if fits, err := h.setPacked(s, w, &l); fits || err != nil {
			return err
		}
	}
	if h.enc != hashTable {
		if err := s.Grow(h.enlargedSize() + w.need); err != nil {
			return err
		}
		h.load(s) // making room may have evicted it
	}
	if h.enc != hashTable {
		return h.enlarge(s, w)
	}
	return h.setLarge(s, w)
}

// setPacked sets fields if the hash remains packed with them.
func (h *hashValue) setPacked(s *keyspace.Slot, w *hashWrite, l *hashLimits) (fits bool, err error) {
	if h.overwrite(s, w, l) {
		return true, nil
	}
	d := lendHash(h)
	defer d.release()
	added := 0
	for i := range w.fields {
		f := &w.fields[i]
		if !l.allow(f.Name, f.Value) {
			return false, nil
		}
		if d.set(f.Name, f.Value) {
			added++
		}
		if d.pack.Len() > l.entries {
			return false, nil
		}
	}
	w.added = added
	return true, d.store(s)
}

// overwrite sets a single field of a packed hash where its value takes as many bytes as the
// present one, as counters and states often do. It returns false, without effect, for anything else.
func (h *hashValue) overwrite(s *keyspace.Slot, w *hashWrite, l *hashLimits) bool {
	if h.enc != hashPacked || len(w.fields) != 1 || h.pack.Len() > l.entries {
		return false
	}
	f := &w.fields[0]
	if !l.allow(f.Name, f.Value) {
		return false
	}
	at, ok := h.pack.Find(elementOf(f.Name))
	if !ok {
		return false
	}
	s.BeginWrite()
	return h.pack.Overwrite(at, encoding.TextElement(f.Value))
}

// enlargedSize bounds the bytes that a packed hash takes once it is large.
func (h *hashValue) enlargedSize() int { return 2*len(h.pack) + 32*h.len() }

// enlarge gives a packed or missing hash the large representation, with fields set
// in it. It fails without effect.
func (h *hashValue) enlarge(s *keyspace.Slot, w *hashWrite) error {
	s.BeginWrite()
	root := members.New(members.Valued)
	err := h.copyTo(&root)
	if err == nil {
		err = w.writeTo(s, &root)
	}
	var b []byte
	if err == nil {
		b, err = s.Put(keyspace.Hash, encodingOf(&root), members.RootSize, s.ExpireAt())
	}
	if err != nil {
		for !root.Release(s.Env(), root.Len()+1) {
		}
		return err
	}
	root.Store(b)
	h.load(s)
	return nil
}

func encodingOf(root *members.Root) keyspace.Encoding {
	if root.Volatile() > 0 {
		return hashVolatile
	}
	return hashTable
}

// copyTo adds the fields of a packed hash to a large one.
func (h *hashValue) copyTo(root *members.Root) error {
	if h.enc != hashPacked {
		return nil
	}
	for at := h.pack.First(); at < h.pack.End(); {
		var field, value [maxDigits]byte
		f, v, next := h.pack.Read(at)
		name, text := textOf(f, field[:]), textOf(v, value[:])
		if root.Reserve(h.env, members.Valued.Size(len(name), len(text))) != nil {
			return ErrOutOfMemory
		}
		root.Insert(h.env, name, bytesOf(text))
		at = next
	}
	return nil
}

func (h *hashValue) setLarge(s *keyspace.Slot, w *hashWrite) error {
	if h.root.Reserve(h.env, w.need) != nil {
		return ErrOutOfMemory
	}
	s.BeginWrite()
	err := w.writeTo(s, &h.root)
	h.save(s)
	return err
}

// save stores the changed root of a large hash.
func (h *hashValue) save(s *keyspace.Slot) {
	h.root.Store(s.Value())
	if e := encodingOf(&h.root); e == hashVolatile && s.Encoding() != e {
		s.SetEncoding(e)
	}
}

// writeTo sets the fields in a large hash.
func (w *hashWrite) writeTo(s *keyspace.Slot, root *members.Root) error {
	env := s.Env()
	for i := range w.fields {
		f := &w.fields[i]
		if root.Reserve(env, members.Valued.Size(len(f.Name), len(f.Value))+2*expiryRoom) != nil {
			return ErrOutOfMemory
		}
		w.writeField(s, env, root, f)
	}
	return nil
}

func (w *hashWrite) writeField(s *keyspace.Slot, env *hashtable.Env, root *members.Root, f *Field) {
	ref := root.Find(env, f.Name)
	if ref == 0 {
		ref = root.Insert(env, f.Name, f.Value)
		w.added++
	} else {
		if !w.keepTTL && w.expireAt == 0 {
			root.Persist(env, ref)
		}
		ref = root.Replace(env, ref, f.Value)
	}
	if w.expireAt != 0 {
		root.SetExpireAt(env, ref, w.expireAt, s.Now())
	}
}

// remove removes fields, and the key with the last of them. It fails without effect.
func (h *hashValue) remove(s *keyspace.Slot, fields []string) (removed int, err error) {
	return h.removeEach(s, fields, func(encoding.Element, bool) {})
}

// removeEach is remove that calls fn with the value of each field, or with ok
// false, in order.
func (h *hashValue) removeEach(s *keyspace.Slot, fields []string, fn func(value encoding.Element, ok bool)) (removed int, err error) {
	if h.enc == hashTable {
		return h.removeLarge(s, fields, fn), nil
	}
	d := lendHash(h)
	defer d.release()
	for _, f := range fields {
		at, ok := d.pack.Find(elementOf(f))
		if !ok {
			fn(encoding.Element{}, false)
			continue
		}
		fn(d.pack.Value(at), true)
		d.pack = d.pack.Delete(at)
		removed++
	}
	if removed == 0 {
		return 0, nil
	}
	if err := d.store(s); err != nil {
		return 0, err
	}
	return removed, nil
}

func (h *hashValue) removeLarge(s *keyspace.Slot, fields []string, fn func(value encoding.Element, ok bool)) (removed int) {
	for _, f := range fields {
		ref := h.find(f)
		if ref == 0 {
			fn(encoding.Element{}, false)
			continue
		}
		fn(h.valueAt(ref), true)
		s.BeginWrite()
		h.root.RemoveRef(h.env, ref)
		removed++
	}
	if removed > 0 {
		h.save(s)
		if h.root.Len() == 0 {
			s.Delete()
		}
	}
	return removed
}
