package btree

import "math/bits"

// place tells on which side of a frame a key is.
type place uint8

const (
	inside place = iota
	below
	above
)

// hint returns the hint of a key by the leaf's frame, if it is inside.
func (l *leaf) hint(key uint64) (tag, place) {
	if key < l.base {
		return 0, below
	}
	if d := (key - l.base) >> l.shift; d <= maxHint {
		return tag(d), inside
	}
	return 0, above
}

// keyAt returns the key of item i. Where the frame loses nothing it is known without
// a look at the item.
func (co *core) keyAt(l *leaf, i int) uint64 {
	if l.shift == 0 {
		return l.base + uint64(l.tags[i])
	}
	return co.o.Key(l.refs[i])
}

// draw sets the leaf's frame around the keys from lo to hi, with at least half as much room to
// each side as between them.
func (l *leaf) draw(lo, hi uint64) {
	const span = maxHint / 2
	width := hi - lo
	l.shift = uint8(max(0, bits.Len64(width/span)))
	room := (uint64(maxHint)<<l.shift - width) / 2
	l.base = lo - min(lo, room)
}

// reframe draws the frame anew around all items and a key.
func (co *core) reframe(l *leaf, key uint64) {
	var keys [leafMax]uint64
	n := int(l.count)
	for i := range n {
		keys[i] = co.keyAt(l, i)
	}
	lo, hi := key, key
	if n > 0 {
		lo, hi = min(key, keys[0]), max(key, keys[n-1])
	}
	l.draw(lo, hi)
	for i, k := range keys[:n] {
		l.tags[i], _ = l.hint(k)
	}
}

// tighten draws the frame of a leaf that lost items anew, unless it could not
// become finer.
func (co *core) tighten(l *leaf) {
	if co.o != nil && l.shift > 0 {
		co.reframe(l, co.keyAt(l, 0))
	}
}

// transfer moves n items at index from of src to index at of dst.
func (co *core) transfer(dst *leaf, at int, src *leaf, from, n int) {
	dst.open(at, n)
	copy(dst.refs[at:at+n], src.refs[from:])
	if co.o == nil {
		copy(dst.tags[at:at+n], src.tags[from:from+n])
		src.cut(from, from+n)
		return
	}
	var keys [leafMax]uint64
	for i := range n {
		keys[i] = co.keyAt(src, from+i)
	}
	src.cut(from, from+n)
	_, first := dst.hint(keys[0])
	_, last := dst.hint(keys[n-1])
	if first == inside && last == inside {
		for i, k := range keys[:n] {
			dst.tags[at+i], _ = dst.hint(k)
		}
		return
	}
	co.redraw(dst, at, keys[:n])
}

// redraw draws the frame of a leaf anew that has items without hints at index at, whose keys are known.
func (co *core) redraw(l *leaf, at int, known []uint64) {
	var keys [leafMax]uint64
	n := int(l.count)
	for i := range n {
		if i >= at && i < at+len(known) {
			keys[i] = known[i-at]
		} else {
			keys[i] = co.keyAt(l, i)
		}
	}
	l.draw(keys[0], keys[n-1])
	for i, k := range keys[:n] {
		l.tags[i], _ = l.hint(k)
	}
}
