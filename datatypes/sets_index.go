package datatypes

// picked is a member of one of the sets of an operation: the number of the set, and
// the member's handle there.
type picked struct{ set, handle uint32 }

// index finds members of several sets by hash. It is scratch space of an
// operation that asks for members more often than their sets answer fast.
type index struct {
	sets    []setValue
	members []picked
	hashes  []uint32
	slots   []uint32 // positions in members plus one, zero for none; a power of two

	digits [maxDigits]byte
}

// reset empties the index. Its members will be of sets.
func (x *index) reset(sets []setValue) {
	x.sets, x.members, x.hashes = sets, x.members[:0], x.hashes[:0]
	clear(x.slots)
}

// find returns the slot in which the member of a hash is, or is to be put.
func (x *index) find(name string, hash uint32) (slot int, found bool) {
	mask := len(x.slots) - 1
	for slot = int(hash) & mask; x.slots[slot] != 0; slot = (slot + 1) & mask {
		i := x.slots[slot] - 1
		if p := x.members[i]; x.hashes[i] == hash && x.sets[p.set].at(p.handle, x.digits[:]) == name {
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
func (x *index) add(name string, hash uint32, p picked) bool {
	if 2*len(x.members) >= len(x.slots) {
		x.grow()
	}
	slot, found := x.find(name, hash)
	if found {
		return false
	}
	x.members, x.hashes = append(x.members, p), append(x.hashes, hash)
	x.slots[slot] = uint32(len(x.members))
	return true
}

func (x *index) grow() {
	x.slots = make([]uint32, max(64, 2*len(x.slots)))
	mask := len(x.slots) - 1
	for i, hash := range x.hashes {
		slot := int(hash) & mask
		for x.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		x.slots[slot] = uint32(i + 1)
	}
}
