package datatypes

import (
	"math"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
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
	var s keyspace.Slot
	l, ok, err := st.lock(&s, key)
	if err != nil || !ok {
		return nil, err
	}
	defer s.Unlock()
	if o.Count == 1 && o.MaxLen <= 0 && (o.Rank == 0 || o.Rank == 1) {
		if index := l.find(encoding.TextElement(value)); index >= 0 {
			indexes = append(indexes, index)
		}
		return indexes, nil
	}
	p := posSearch{e: encoding.TextElement(value), count: o.Count, looks: o.MaxLen}
	if p.count <= 0 {
		p.count = math.MaxInt
	}
	if p.looks <= 0 {
		p.looks = math.MaxInt
	}
	if o.Rank < 0 {
		p.skip = -(o.Rank + 1)
		p.backward(&l)
	} else {
		p.skip = max(o.Rank-1, 0)
		p.forward(&l)
	}
	return p.found, nil
}

// posSearch is a search for equal elements.
type posSearch struct {
	e     encoding.Element
	skip  int // matches yet to be passed over
	count int // matches yet to be found
	looks int // elements yet to be looked at
	found []int
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

func (p *posSearch) forward(l *listValue) {
	index := -1
	l.each(0, l.len(), func(e encoding.Element) bool {
		index++
		return p.look(e, index)
	})
}

func (p *posSearch) backward(l *listValue) {
	index := l.len() - 1
	c, _ := l.seek(index)
	for {
		for at := c.End(); at > c.First(); index-- {
			at = c.Prev(at)
			if !p.look(c.At(at), index) {
				return
			}
		}
		if !c.prev() {
			return
		}
	}
}
