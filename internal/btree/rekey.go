package btree

// Rekey moves the cursor's item to the place that another key gives it, if that
// place is in the same leaf, and reports whether it was. The caller writes the key to the
// item's block directly after. Else nothing has changed, and the caller deletes the item,
// writes the key and inserts it. O(log n), and for a small change no more than a store.
func (c *Cursor) Rekey(key uint64, text string) bool {
	l := c.leaf
	h, where := l.hint(key)
	if where != inside {
		return false
	}
	p := Point{Key: key, Text: text}
	at := c.indexOf(l, &p)
	if !c.covers(at, &p) {
		return false
	}
	from := c.i
	if at > from {
		at-- // the item itself was before the point
	}
	ref := l.refs[from]
	if at < from {
		copy(l.refs[at+1:from+1], l.refs[at:from])
		copy(l.tags[at+1:from+1], l.tags[at:from])
	} else {
		copy(l.refs[from:at], l.refs[from+1:at+1])
		copy(l.tags[from:at], l.tags[from+1:at+1])
	}
	l.refs[at], l.tags[at] = ref, h
	c.i = at
	if at == 0 {
		c.eachFirst(func(s *step) { s.n.firsts[s.i], s.n.keys[s.i] = ref, key })
	} else if from == 0 {
		c.refreshFirst()
	}
	return true
}

// covers reports whether p, whose index in the cursor's leaf is at, is in that leaf and not in
// one of its neighbours.
func (c *Cursor) covers(at int, p *Point) bool {
	switch {
	case at == 0:
		first, _ := c.edges()
		return first
	case at < int(c.leaf.count):
		return true
	}
	for h := 1; h < int(c.t.height); h++ {
		s := &c.path[h]
		i := s.i + 1
		if i == int(s.n.count) {
			continue
		}
		if key := s.n.keys[i]; key != p.Key {
			return p.Key < key
		}
		return c.o.Compare(s.n.firsts[i], p.Text) > 0
	}
	return true
}
