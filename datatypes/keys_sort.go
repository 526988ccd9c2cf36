package datatypes

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/numeric"
)

// SortOptions are the options of Sort. The zero value sorts the elements as numbers, the least first.
//
// By and Get are patterns that lead from an element to a value elsewhere: the first * of the pattern stands for the
// element, and the result is a key that holds a string or, in front of "->", one that holds a hash, behind which its
// field follows. "weight_*" is a string for each element, "user_*->name" a field of a hash. A pattern without a *
// leads to nothing.
type SortOptions struct {
	By       string   // sort by what this pattern leads to; empty: by the elements
	Unsorted bool     // leave the elements as they are: a list or sorted set in its order, or with Desc from its end
	Alpha    bool     // compare bytes, not numbers
	Desc     bool     // the greatest first
	Offset   int      // LIMIT: how many of the sorted elements to pass over
	Count    int      // LIMIT: the most elements to return; zero: no limit; negative: none
	Get      []string // return what these patterns lead to, one after the other for each element; "#" is the element
}

// usesPatterns reports whether a sort reads other keys than the one that is sorted.
func (o *SortOptions) usesPatterns() bool {
	return !o.Unsorted && leadsOn(o.By) || slices.ContainsFunc(o.Get, leadsOn)
}

// window returns which of n sorted elements are wanted, from one up to another.
func (o *SortOptions) window(n int) (from, to int) {
	from = min(max(o.Offset, 0), n)
	switch {
	case o.Count < 0:
		return from, from
	case o.Count == 0 || o.Count > n-from:
		return from, n
	}
	return from, from + o.Count
}

// Sort returns the elements of a list, a set or a sorted set in order, or what Get leads to for each of them, nil where
// that is nothing. Elements with the same weight are in the order of their bytes or, with both Alpha and By, in that
// of the list. A weight that does not exist counts as zero, and with Alpha is before all others. It is SORT and
// SORT_RO. O(n + m log m) to return m of n elements, O(m) if they are not to be sorted, and as much temporary memory
// as the elements and the weights take.
//
// A sort that follows patterns needs keys that are anywhere. Where it looks at no more than a thousand elements and
// values, of together 256 KiB at most, it locks the whole cache for that, and all it sees is of one moment. A larger sort
// keeps nobody from any key: the elements are those of one moment, and each value is that of a moment between then and
// the end of the sort; those of By are read first, then those of Get, in the order of the result. In a transaction a sort
// can use only what that holds, and sees all as it is there.
//
// It returns ErrNotWeight if an element, or a weight, is to be compared as a number but is none.
func (k Keys) Sort(key string, o SortOptions) ([][]byte, error) {
	var b Batch
	if err := k.SortBatch(key, o, &b); err != nil {
		return nil, err
	}
	return b.appendCopies(nil), nil
}

// SortBatch is Sort into a batch, where what is missing has no value.
func (k Keys) SortBatch(key string, o SortOptions, b *Batch) error {
	b.batch.Clear()
	run := lendSorting(k.view, &o)
	defer run.release()
	if o.usesPatterns() {
		done, err := run.sortAtOnce(key, nil, &b.batch, nil)
		if done || err != nil {
			return err
		}
	}
	if err := run.loadInSteps(key); err != nil {
		return err
	}
	return run.sortLoaded(k.view, &b.batch)
}

// SortStore makes dst hold the list that Sort would return, with empty values for what is missing, whatever
// it held before, and returns its length. An empty result deletes dst. A set that is left unsorted is sorted as
// with Alpha, so that the result is always the same. It is SORT with STORE.
//
// To read and to store is one step, but for a large sort that follows patterns: what that has read, as Sort says, it
// stores in a step of its own.
func (k Keys) SortStore(dst, key string, o SortOptions) (n int, err error) {
	run := lendSorting(k.view, &o)
	run.storing = true
	defer run.release()
	if err := run.store(dst, key); err != nil {
		return 0, err
	}
	return run.result.Len(), nil
}

// sorting is the work space of a sort. What it works on are copies: following a pattern may remove what has
// expired, and a sort that follows none holds no lock while it compares.
type sorting struct {
	caller  keyspace.View // who may have no time for long sorts
	o       SortOptions
	storing bool
	brief   bool // everything is locked, so that values must not be many bytes

	elements keyspace.Batch
	weights  keyspace.Batch // by element; only if they are compared as bytes
	order    []ranked
	result   keyspace.Batch // of a sort that is stored

	keys  keyspace.Batch // that patterns lead to
	names []string       // of those

	loaded int    // elements of a collection that were loaded, or passed over
	cursor uint64 // in a set
	looked bool   // the lookup of the collection was counted
}

// ranked is an element while it is sorted.
type ranked struct {
	index int // among the elements as they were loaded
	score float64
}

var sortingPool = sync.Pool{New: func() any { return new(sorting) }}

func lendSorting(caller keyspace.View, o *SortOptions) *sorting {
	run := sortingPool.Get().(*sorting)
	run.caller, run.o, run.storing, run.brief, run.looked = caller, *o, false, false, false
	return run
}

// release gives the work space back, unless it has grown so much that it is better left to the garbage collector.
func (run *sorting) release() {
	const keptBytes, keptElements = 64 << 10, 4 << 10
	run.caller, run.o = keyspace.View{}, SortOptions{}
	clear(run.names)
	for _, b := range []*keyspace.Batch{&run.elements, &run.weights, &run.result, &run.keys} {
		if cap(b.Buffer()) > keptBytes || b.Len() > keptElements {
			return
		}
	}
	if cap(run.order) <= keptElements {
		sortingPool.Put(run)
	}
}

// sortLoaded adds the result for the elements that were loaded to b.
func (run *sorting) sortLoaded(v keyspace.View, b *keyspace.Batch) error {
	if !run.o.Unsorted {
		if err := run.weigh(v); err != nil {
			return err
		}
		from, to := run.o.window(len(run.order))
		sortPart(run.order, from, to, run.compare())
		run.order = run.order[from:to]
	}
	return run.output(v, b)
}

// reset forgets the elements that were loaded.
func (run *sorting) reset() {
	run.elements.Clear()
	run.order, run.loaded, run.cursor = run.order[:0], 0, 0
}

// load copies up to most elements more: of all or, if they are not to be sorted, of those that are wanted, in order. It
// reports whether there are others.
func (run *sorting) load(v keyspace.View, key string, most int) (more bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(v, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	if !run.looked {
		run.looked = true
		s.Touch()
	}
	switch s.Type() {
	case 0:
		return false, nil
	case TypeList:
		l := openList(&s, v)
		return run.loadRun(l.len(), most, func(from, to int) {
			l.each(from, to-from, func(e encoding.Element) bool {
				run.add(e.Append(run.elements.Buffer()))
				return true
			})
		})
	case TypeSortedSet:
		z := sortedOf(&s)
		return run.loadRun(z.len(), most, func(from, to int) {
			z.each(from, to, false, func(member string, _ float64) bool {
				run.add(append(run.elements.Buffer(), member...))
				return true
			})
		})
	case TypeSet:
		set := setOf(&s)
		return run.loadSet(&set, most)
	}
	return false, ErrWrongType
}

// fewSorted is how many elements may be read, and values looked for, by callers who have no time.
const fewSorted = 4096

// mayTake returns ErrLong if the caller has no time to sort that many elements.
func (run *sorting) mayTake(elements int) error {
	if elements*(1+len(run.o.Get)) <= fewSorted {
		return nil
	}
	return run.caller.TakeTime()
}

// add adds an element: what buf has more than there was.
func (run *sorting) add(buf []byte) {
	run.order = append(run.order, ranked{index: run.elements.Len()})
	run.elements.Add(buf, true)
}

// loadRun loads a collection of n elements that has an order by itself, of which each adds a run.
func (run *sorting) loadRun(n, most int, each func(from, to int)) (more bool, err error) {
	from, to := 0, n
	if run.o.Unsorted {
		if from, to = run.o.window(n); run.o.Desc {
			from, to = n-to, n-from
		}
	}
	if err := run.mayTake(to - from); err != nil {
		return false, err
	}
	some := min(most, to-from-run.loaded)
	run.order = slices.Grow(run.order, some)
	each(from+run.loaded, from+run.loaded+some)
	run.loaded += some
	if run.loaded < to-from {
		return true, nil
	}
	if run.o.Unsorted && run.o.Desc {
		slices.Reverse(run.order)
	}
	return false, nil
}

func (run *sorting) loadSet(set *setValue, most int) (more bool, err error) {
	from, to := 0, set.len()
	if run.o.Unsorted && run.storing {
		run.o.Unsorted, run.o.By, run.o.Alpha = false, "", true
	}
	if run.o.Unsorted {
		from, to = run.o.window(to)
	}
	if err := run.mayTake(to); err != nil {
		return false, err
	}
	a := lendAlgebra() // for its batch
	defer a.release()
	for begun := run.loaded; run.loaded < to; {
		if run.loaded-begun >= most {
			return true, nil
		}
		run.cursor = set.next(run.cursor, &a.batch)
		for _, name := range a.batch.names[:min(a.batch.n, to-run.loaded)] {
			if run.loaded++; run.loaded > from {
				run.add(append(run.elements.Buffer(), name...))
			}
		}
		if run.cursor == 0 {
			break
		}
	}
	return false, nil
}

// weigh finds out what the elements are sorted by.
func (run *sorting) weigh(v keyspace.View) error {
	if run.o.By == "" {
		if run.o.Alpha {
			return nil
		}
		return run.score(&run.elements)
	}
	run.weights.Clear()
	if err := run.follow(v, []sortPattern{parseSortPattern(run.o.By)}, run.order, &run.weights); err != nil || run.o.Alpha {
		return err
	}
	return run.score(&run.weights)
}

// score reads numbers.
func (run *sorting) score(from *keyspace.Batch) error {
	for i := range run.order {
		text, ok := from.Value(i)
		if !ok {
			continue
		}
		if run.order[i].score, ok = numeric.ParseWeight(text); !ok {
			return ErrNotWeight
		}
	}
	return nil
}

// compare returns the order of the elements, in which no two are equal: those that Redis leaves in any order stay in
// that of the list.
func (run *sorting) compare() func(a, b ranked) int {
	var compare func(a, b ranked) int
	switch {
	case !run.o.Alpha:
		compare = func(a, b ranked) int {
			if c := cmp.Compare(a.score, b.score); c != 0 {
				return c
			}
			return run.compareTexts(&run.elements, a, b)
		}
	case run.o.By != "":
		compare = func(a, b ranked) int { return run.compareTexts(&run.weights, a, b) }
	default:
		compare = func(a, b ranked) int { return run.compareTexts(&run.elements, a, b) }
	}
	sign := 1
	if run.o.Desc {
		sign = -1
	}
	return func(a, b ranked) int {
		if c := compare(a, b); c != 0 {
			return sign * c
		}
		return cmp.Compare(a.index, b.index)
	}
}

// compareTexts compares texts of two elements, one that there is not being before all others.
func (run *sorting) compareTexts(texts *keyspace.Batch, a, b ranked) int {
	x, xok := texts.Value(a.index)
	y, yok := texts.Value(b.index)
	switch {
	case xok && yok:
		return bytes.Compare(x, y)
	case xok:
		return 1
	case yok:
		return -1
	}
	return 0
}

// sortPart moves elements so that a[from:to] is what it is when all are sorted. It is a quicksort that leaves alone
// what lies outside. O(n + m log m) expected, O(n log n) at worst, for m of n elements.
func sortPart(a []ranked, from, to int, compare func(a, b ranked) int) {
	const few = 32 // elements that are not worth parting
	for rounds := 2 * bits.Len(uint(len(a))); from < to; rounds-- {
		if to-from == len(a) || len(a) <= few || rounds == 0 {
			slices.SortFunc(a, compare)
			return
		}
		p := partition(a, compare)
		switch {
		case to <= p:
			a = a[:p]
		case from > p:
			a, from, to = a[p+1:], from-p-1, to-p-1
		default:
			sortPart(a[:p], from, p, compare)
			a, from, to = a[p+1:], 0, to-p-1
		}
	}
}

// partition moves one of three elements or more to where it belongs, with those that are less before and the others
// behind it, and returns the place.
func partition(a []ranked, compare func(a, b ranked) int) int {
	last := len(a) - 1
	three := [...]int{0, len(a) / 2, last}
	slices.SortFunc(three[:], func(i, j int) int { return compare(a[i], a[j]) })
	a[three[1]], a[last] = a[last], a[three[1]]
	p := 0
	for i := range a[:last] {
		if compare(a[i], a[last]) < 0 {
			a[p], a[i] = a[i], a[p]
			p++
		}
	}
	a[p], a[last] = a[last], a[p]
	return p
}

// output adds what is to be returned for the elements in order.
func (run *sorting) output(v keyspace.View, b *keyspace.Batch) error {
	if len(run.o.Get) == 0 {
		for _, r := range run.order {
			text, _ := run.elements.Value(r.index)
			b.Add(append(b.Buffer(), text...), true)
		}
		return nil
	}
	patterns := make([]sortPattern, len(run.o.Get))
	for i, text := range run.o.Get {
		patterns[i] = parseSortPattern(text)
	}
	return run.follow(v, patterns, run.order, b)
}
