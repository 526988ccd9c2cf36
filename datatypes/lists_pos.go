package datatypes

import (
	"math"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/quicklist"
)

// PosOptions are the options of Pos. The zero value finds all elements from the
// left.
type PosOptions struct {
	Rank   int // the match to begin with: 1 the first, -1 the last, looking to the left from there; zero: 1
	Count  int // how many to find at most; zero: all
	MaxLen int // how many elements to look at at most; zero: all
}

// Pos returns the indexes of the elements that equal value, in the order in which they are found.
// It is LPOS. O(n).
func (st Lists) Pos(key string, value []byte, o PosOptions) (indexes []int, err error) {
	p := posSearch{e: encoding.TextElement(value), count: o.Count, looks: o.MaxLen}
	if p.count <= 0 {
		p.count = math.MaxInt
	}
	if p.looks <= 0 {
		p.looks = math.MaxInt
	}
	if o.Rank < 0 {
		p.back, p.skip = true, -(o.Rank + 1)
	} else {
		p.skip = max(o.Rank-1, 0)
	}
	near := p
	many, err := st.posNear(key, &near)
	if !many || err != nil {
		return near.found, err
	}
	return st.posFar(key, p)
}

// posNear is Pos unless there are many elements to be looked at.
func (st Lists) posNear(key string, p *posSearch) (many bool, err error) {
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return false, err
	}
	defer s.Unlock()
	if p.isPlain() {
		index, done := p.first(&l, searchedAtOnce)
		if done && index >= 0 {
			p.found = append(p.found, index)
		}
		many = !done
	} else {
		many = p.some(&l, fewSearched)
	}
	if many {
		return true, st.view.TakeTime()
	}
	return false, nil
}

// posSearch is a search for equal elements.
type posSearch struct {
	e     encoding.Element
	skip  int // matches yet to be passed over
	count int // matches yet to be found
	looks int // elements yet to be looked at
	back  bool
	seen  int // elements that were looked at
	found []int

	blocks quicklist.Search // of isPlain, in a large list
	begun  bool             // blocks is
}

// isPlain reports whether the first of all matches is wanted, for which there may be filters.
func (p *posSearch) isPlain() bool {
	return p.count == 1 && p.looks == math.MaxInt && p.skip == 0 && !p.back
}

// first looks on for the first match, for as long as budget allows. It returns the index, or -1, and whether that is the
// answer.
func (p *posSearch) first(l *listValue, budget int) (index int, done bool) {
	if !l.large() {
		return l.find(p.e), true
	}
	if !p.begun {
		p.begun, p.blocks = true, l.blocks().NewSearch(p.e, false)
	}
	return p.blocks.Some(l.blocks(), budget)
}

// some looks at up to n elements more and reports whether there are others to be looked at.
func (p *posSearch) some(l *listValue, n int) (more bool) {
	n = min(n, l.len()-p.seen)
	if n == 0 {
		return false
	}
	if p.back {
		more = p.backward(l, n)
	} else {
		more = p.forward(l, n)
	}
	p.seen += n
	return more && p.seen < l.len()
}

// look takes account of an element and reports whether to go on.
func (p *posSearch) look(e encoding.Element, index int) bool {
	if e.Equal(p.e) {
		if p.skip > 0 {
			p.skip--
		} else {
			p.found = append(p.found, index)
			p.count--
		}
	}
	p.looks--
	return p.count > 0 && p.looks > 0
}

// forward looks at the next n elements and reports whether to go on.
func (p *posSearch) forward(l *listValue, n int) (more bool) {
	index := p.seen - 1
	l.each(p.seen, n, func(e encoding.Element) bool {
		index++
		more = p.look(e, index)
		return more
	})
	return more
}

// backward is forward in the other direction.
func (p *posSearch) backward(l *listValue, n int) (more bool) {
	index := l.len() - 1 - p.seen
	c, offset := l.seek(index)
	at, _ := c.Seek(offset)
	for at = c.Next(at); ; at = c.End() {
		for ; at > c.First(); index-- {
			if n == 0 {
				return true
			}
			n--
			at = c.Prev(at)
			if !p.look(c.At(at), index) {
				return false
			}
		}
		if !c.prev() {
			return false
		}
	}
}

// posFar is Pos in steps.
func (st Lists) posFar(key string, p posSearch) ([]int, error) {
	o := &posSearching{key: key, whole: p}
	err := st.view.InSteps(o, []string{key})
	return o.now.found, err
}

// posSearching is a posSearch in steps: a [keyspace.LongOp].
type posSearching struct {
	key   string
	whole posSearch // as it begins
	now   posSearch
}

// Pause implements keyspace.LongOp.
func (o *posSearching) Pause() {}

// Step implements keyspace.LongOp.
func (o *posSearching) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	if anew {
		o.now = o.whole
	}
	var s keyspace.Slot
	l, ok, err := Lists{v}.lock(&s, o.key)
	if err != nil || !ok {
		return keyspace.Done, err
	}
	defer s.Unlock()
	if o.now.step(&l) {
		return keyspace.More, nil
	}
	return keyspace.Done, nil
}

// step looks on for as long as a step may take, and reports whether to go on.
func (p *posSearch) step(l *listValue) (more bool) {
	if !p.isPlain() {
		return p.some(l, fewSearched)
	}
	index, done := p.first(l, searchedInTurn)
	if done && index >= 0 {
		p.found = append(p.found, index)
	}
	return !done
}
