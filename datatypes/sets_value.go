package datatypes

import (
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/numeric"
)

// A set is represented in one of three ways. The first two are dense: one run
// of bytes right in the key's entry.
//
//   - intset: a sorted array of integers, as long as all members are integers
//     and no more than set-max-intset-entries
//   - listpack: as long as there are no more than set-max-listpack-entries, none
//     longer than set-max-listpack-value
//   - hashtable: a largeSet, in an encoding of its own once a member was to expire
//
// A set only ever goes down this list as it grows. Removal never converts it,
// so a set whose size hovers around a limit is not converted again and again; a
// set that is built anew, by SINTERSTORE and its like, gets the densest
// representation that it fits.
const (
	setNone keyspace.Encoding = iota // no set at all
	setIntset
	setListpack
	setTable
	setVolatile // setTable of which members may expire
)

func init() {
	keyspace.RegisterKind(keyspace.Set, setIntset, &keyspace.Kind{Name: "intset"})
	keyspace.RegisterKind(keyspace.Set, setListpack, &keyspace.Kind{Name: "listpack"})
}

// setLimits are the limits of dense sets at the time of an operation.
type setLimits struct{ ints, entries, value int }

func setLimitsOf(v keyspace.View) setLimits {
	l := v.Keyspace().Limits()
	return setLimits{int(l.SetIntset.Load()), int(l.SetEntries.Load()), int(l.SetValue.Load())}
}

// listpack reports whether a listpack may have n members of which none is longer
// than longest.
func (l *setLimits) listpack(n, longest int) bool { return n <= l.entries && longest <= l.value }

// setValue is what a slot holds, seen as a set. It borrows the value and is
// valid until that changes or moves. The zero value is an empty set.
type setValue struct {
	enc   keyspace.Encoding // never setVolatile
	ints  encoding.Intset
	pack  encoding.Listpack
	large largeSet
}

// setOf returns the slot's set, which the caller knows to be one if anything.
func setOf(s *keyspace.Slot) (v setValue) {
	if !s.Exists() {
		return v
	}
	switch v.enc = s.Encoding(); v.enc {
	case setIntset:
		v.ints = s.Value()
	case setListpack:
		v.pack = s.Value()
	default:
		v.enc, v.large = setTable, largeOf(s)
	}
	return v
}

// len returns the number of members.
func (v *setValue) len() int {
	switch v.enc {
	case setIntset:
		return v.ints.Len()
	case setListpack:
		return v.pack.Len()
	case setTable:
		return v.large.root.Len()
	}
	return 0
}

// has reports whether member is in the set.
func (v *setValue) has(member string) bool {
	switch v.enc {
	case setIntset:
		n, ok := numeric.ParseInt(member)
		return ok && v.ints.Contains(n)
	case setListpack:
		_, ok := v.pack.Find(v.pack.First(), elementOf(member), 1)
		return ok
	case setTable:
		return v.large.has(member)
	}
	return false
}

// denseAt returns the member at an index of a dense set. O(1) in an intset, O(n)
// in a listpack.
func (v *setValue) denseAt(index int) encoding.Element {
	if v.enc == setIntset {
		return encoding.IntElement(v.ints.At(index))
	}
	p, _ := v.pack.Seek(index)
	return v.pack.At(p)
}

// draft is a dense set under change, in memory of its own. Every change of a
// dense set is made in a draft and then stored at once, so that none can fail
// half way.
type draft struct {
	enc  keyspace.Encoding // setIntset or setListpack
	ints encoding.Intset
	pack encoding.Listpack
}

// draftPool keeps changes of dense sets from allocating.
var draftPool = sync.Pool{New: func() any { return new(draft) }}

// keptDraft is the capacity beyond which a draft's memory is left to the garbage
// collector.
const keptDraft = 64 << 10

// lendDraft returns a draft of the dense set v, to be given back by release.
func lendDraft(v *setValue) *draft {
	d := draftPool.Get().(*draft)
	switch v.enc {
	case setListpack:
		d.enc, d.pack = setListpack, append(d.pack[:0], v.pack...)
	case setIntset:
		d.enc, d.ints = setIntset, append(d.ints[:0], v.ints...)
	default:
		d.enc, d.ints = setIntset, encoding.NewIntset(d.ints)
	}
	return d
}

func (d *draft) release() {
	if cap(d.ints) <= keptDraft && cap(d.pack) <= keptDraft {
		draftPool.Put(d)
	}
}

// value returns the draft as a set.
func (d *draft) value() setValue {
	if d.enc == setIntset {
		return setValue{enc: setIntset, ints: d.ints}
	}
	return setValue{enc: setListpack, pack: d.pack}
}

func (d *draft) len() int {
	if d.enc == setIntset {
		return d.ints.Len()
	}
	return d.pack.Len()
}

// bytes returns what is to be stored.
func (d *draft) bytes() []byte {
	if d.enc == setIntset {
		return d.ints
	}
	return d.pack
}

// insert adds a member that is absent. It returns false, without effect, if the
// set is to be dense no more.
func (d *draft) insert(e encoding.Element, l *setLimits) (fits bool) {
	if d.enc == setIntset {
		n, isInt := e.Int()
		if isInt && d.ints.Len() < l.ints {
			d.ints, _ = d.ints.Insert(n)
			return true
		}
		if !l.listpack(d.ints.Len()+1, max(d.longestInt(), e.Len())) {
			return false
		}
		d.toListpack()
	}
	if !l.listpack(d.pack.Len()+1, e.Len()) || len(d.pack)+e.Size() > keyspace.MaxSize {
		return false
	}
	d.pack = d.pack.Append(e)
	return true
}

// longestInt returns the length of the longest integer's text: in a sorted set
// that of the first or the last.
func (d *draft) longestInt() int {
	n := d.ints.Len()
	if n == 0 {
		return 0
	}
	return max(encoding.IntElement(d.ints.At(0)).Len(), encoding.IntElement(d.ints.At(n-1)).Len())
}

func (d *draft) toListpack() {
	d.pack = encoding.NewListpack(d.pack)
	for n := range d.ints.All() {
		d.pack = d.pack.Append(encoding.IntElement(n))
	}
	d.enc = setListpack
}

// remove removes a member and reports whether it was there.
func (d *draft) remove(e encoding.Element) (removed bool) {
	if d.enc == setIntset {
		n, isInt := e.Int()
		if isInt {
			d.ints, removed = d.ints.Remove(n)
		}
		return removed
	}
	p, found := d.pack.Find(d.pack.First(), e, 1)
	if found {
		d.pack = d.pack.Delete(p, 1)
	}
	return found
}

// store makes the slot hold the draft, or nothing if that is empty. It fails
// without effect.
func (d *draft) store(s *keyspace.Slot, expireAt int64) error {
	if d.len() == 0 {
		s.Delete()
		return nil
	}
	b, err := s.Put(keyspace.Set, d.enc, len(d.bytes()), expireAt)
	if err != nil {
		return err
	}
	copy(b, d.bytes())
	return nil
}
