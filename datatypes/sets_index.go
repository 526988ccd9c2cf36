package datatypes

// index finds members by hash. It is scratch space of an operation that asks for members more often
// than their sets answer fast. It keeps copies, so that it outlives what the members were read from.
type index struct {
	text    []byte
	members []indexed
	slots   []uint32 // positions in members plus one, zero for none; a power of two
}

// indexed is a member in the text of an index.
type indexed struct {
	end  int // where the next begins
	hash uint32
}

// reset empties the index.
func (x *index) reset() {
	if len(x.members) > 0 {
		clear(x.slots)
	}
	x.text, x.members = x.text[:0], x.members[:0]
}

// member returns a member that was added.
func (x *index) member(i int) []byte {
	start := 0
	if i > 0 {
		start = x.members[i-1].end
	}
	return x.text[start:x.members[i].end]
}

// find returns the slot in which the member of a hash is, or is to be put.
func (x *index) find(name string, hash uint32) (slot int, found bool) {
	mask := len(x.slots) - 1
	for slot = int(hash) & mask; x.slots[slot] != 0; slot = (slot + 1) & mask {
		i := int(x.slots[slot] - 1)
		if x.members[i].hash == hash && string(x.member(i)) == name {
			return slot, true
		}
	}
	return slot, false
}

// has reports whether the member is in the index.
func (x *index) has(name string, hash uint32) bool {
	if len(x.members) == 0 {
		return false
	}
	_, found := x.find(name, hash)
	return found
}

// add adds a member and reports whether it was absent.
func (x *index) add(name string, hash uint32) bool {
	if 2*len(x.members) >= len(x.slots) {
		x.grow()
	}
	slot, found := x.find(name, hash)
	if found {
		return false
	}
	x.text = append(x.text, name...)
	x.members = append(x.members, indexed{len(x.text), hash})
	x.slots[slot] = uint32(len(x.members))
	return true
}

func (x *index) grow() {
	x.slots = make([]uint32, max(64, 2*len(x.slots)))
	mask := len(x.slots) - 1
	for i, m := range x.members {
		slot := int(m.hash) & mask
		for x.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		x.slots[slot] = uint32(i + 1)
	}
}
