package datatypes

import (
	"encoding/binary"

	"github.com/larderkv/larder/internal/keyspace"
)

// memberCopies are copies of members, each after its length.
type memberCopies []byte

func (c *memberCopies) add(name string) {
	*c = append(binary.AppendUvarint(*c, uint64(len(name))), name...)
}

func (c memberCopies) each(fn func(member []byte)) {
	for len(c) > 0 {
		n, head := binary.Uvarint(c)
		fn(c[head : head+int(n)])
		c = c[head+int(n):]
	}
}

// setPopping pops members of a set, which is claimed meanwhile, in turns (keyspace.View.InTurns).
type setPopping struct {
	limits setLimits
	left   int // to be popped
	begun  bool
	most   bool   // so that a new set is built of the few that stay
	whole  bool   // all of the set, which therefore stays as it is until the end
	cursor uint64 // in it
	popped memberCopies
}

// popMany is PopEach in turns.
func (st Sets) popMany(key string, n int, fn func(member []byte)) error {
	o := &setPopping{limits: setLimitsOf(st.view), left: n}
	if err := st.view.InTurns(key, o.turn); err != nil {
		return err
	}
	o.popped.each(fn)
	return nil
}

// turn pops some members.
func (o *setPopping) turn(s *keyspace.Slot) (more bool, err error) {
	if err := s.Is(keyspace.Set); err != nil || !s.Exists() {
		return false, err
	}
	v := setOf(s)
	if !o.begun {
		o.begun = true
		stay := v.len() - o.left
		o.whole = stay <= 0
		o.most = stay <= stepWork && v.mostGo(o.left)
	}
	if v.enc != setTable { // it has become small since
		return false, o.popRest(s, &v)
	}
	if o.whole {
		return o.copySome(s, &v), nil
	}
	if o.left <= stepWork {
		return false, o.popRest(s, &v)
	}
	// Since members are drawn one after another from those that are left, it does not matter in how many draws that is done.
	s.BeginWrite()
	v.popLarge(s, stepWork, o.take)
	o.left -= stepWork
	return true, nil
}

func (o *setPopping) take(name []byte) { o.popped.add(stringOf(name)) }

// popRest pops what is left to be popped.
func (o *setPopping) popRest(s *keyspace.Slot, v *setValue) (err error) {
	if o.most && v.len() > o.left {
		err = v.popMost(v.len()-o.left, s, &o.limits, o.take)
	} else {
		err = v.pop(o.left, s, &o.limits, o.take)
	}
	if err == nil {
		notifyGone(s, "spop")
	}
	return err
}

// copySome copies some members of a set that is popped as a whole, and removes it after the last.
func (o *setPopping) copySome(s *keyspace.Slot, v *setValue) (more bool) {
	var b batch
	for work := 0; work < stepWork; work += batchSize {
		o.cursor = v.next(o.cursor, &b)
		for _, name := range b.names[:b.n] {
			o.popped.add(name)
		}
		if o.cursor == 0 {
			s.Delete()
			notifyGone(s, "spop")
			return false
		}
	}
	return true
}
