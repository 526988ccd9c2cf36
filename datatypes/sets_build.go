package datatypes

import (
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/numeric"
)

// shape is what the choice of a representation for a set to be built depends
// on.
type shape struct {
	n       int
	longest int
	bytes   int  // about what it takes as a large set, the most it may take
	texts   bool // some member is no integer

	// The last length that was added, and what a large set takes for it.
	length, each int
}

func (sh *shape) add(member string) {
	sh.n++
	sh.longest = max(sh.longest, len(member))
	if n := len(member); n != sh.length || sh.each == 0 {
		sh.length, sh.each = n, memberBytes(n)
	}
	sh.bytes += sh.each
	if !sh.texts {
		_, isInt := numeric.ParseInt(member)
		sh.texts = !isInt
	}
}

func (sh *shape) dense(l *setLimits) bool {
	return !sh.texts && sh.n <= l.ints || l.listpack(sh.n, sh.longest)
}

// build makes the slot hold a set of the members that were picked. It fails
// without effect.
func (a *algebra) build(s *keyspace.Slot, l *setLimits, expireAt int64) error {
	if a.shape.dense(l) {
		d := lendDraft(&setValue{})
		defer d.release()
		if a.draft(d, l) {
			return d.store(s, expireAt)
		}
	}
	// No write begins yet: nobody finds the new set until put makes it the slot's value, and
	// readers that take no lock need not wait for it.
	large := newLarge(s)
	if err := a.fill(&large); err != nil {
		large.free()
		return err
	}
	return large.put(s, expireAt)
}

// draft inserts the members that were picked into a draft and reports whether
// they fit.
func (a *algebra) draft(d *draft, l *setLimits) bool {
	var digits [maxDigits]byte
	for _, p := range a.picks {
		if !d.insert(elementOf(a.sets[p.set].at(p.handle, digits[:])), l) {
			return false
		}
	}
	return true
}

// fill inserts the members that were picked into an empty large set. Some are read
// at a time, so that the cache misses of that overlap.
func (a *algebra) fill(to *largeSet) error {
	for next, more := uint64(0), true; more; more = next != 0 {
		var err error
		if next, err = to.root.Presize(to.env, a.count, next); err != nil {
			return ErrOutOfMemory
		}
	}
	b := &a.batch
	for picks := a.picks; len(picks) > 0; {
		n := min(len(picks), batchSize)
		for i, p := range picks[:n] {
			b.names[i] = a.sets[p.set].at(p.handle, b.digits[i][:])
		}
		for _, name := range b.names[:n] {
			if _, err := to.insert(name); err != nil {
				return err
			}
		}
		picks = picks[n:]
	}
	return nil
}
