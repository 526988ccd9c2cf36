package datatypes

import (
	"math"

	"github.com/larderkv/larder/internal/keyspace"
)

// sortLoading loads the elements of a large collection that are to be sorted, in steps: a [keyspace.LongOp].
type sortLoading struct {
	run *sorting
	key string
}

// loadInSteps loads the elements, in steps if there are many.
func (run *sorting) loadInSteps(key string) error {
	run.reset()
	more, err := run.load(run.caller, key, fewElements)
	if !more || err != nil {
		return err
	}
	if err := run.caller.TakeTime(); err != nil {
		return err
	}
	return run.caller.InSteps(&sortLoading{run, key}, []string{key})
}

// Step implements keyspace.LongOp.
func (o *sortLoading) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	if anew {
		o.run.reset()
	}
	more, err := o.run.load(v, o.key, gatherStep)
	if more {
		return keyspace.More, err
	}
	return keyspace.Done, err
}

// Pause implements keyspace.LongOp.
func (o *sortLoading) Pause() { o.run.makeRoom() }

func (run *sorting) makeRoom() {
	run.elements.MakeRoom(gatherRoom, gatherStep)
	run.order = withRoom(run.order, gatherStep)
}

const (
	// briefElements is how many elements and values a sort reads with everything locked that it needs: about a tenth of a
	// millisecond's work.
	briefElements = 1024

	// briefBytes is how many bytes of values it reads so, and stores in one step.
	briefBytes = 256 << 10
)

// sortAtOnce does a sort with everything locked that it needs, which is the keys unless it follows patterns, and calls
// then with the locks held, if it is not nil. It reports false where that would take long.
func (run *sorting) sortAtOnce(key string, keys []string, to *keyspace.Batch, then func(keyspace.View) error) (done bool, err error) {
	sort := func(v keyspace.View) error {
		if err := run.sortBrief(v, key, to); err != nil || then == nil {
			return err
		}
		return then(v)
	}
	run.brief = !run.caller.InTx()
	switch {
	case !run.brief:
		err = sort(run.caller)
	case run.o.usesPatterns():
		err = withinAll(run.caller, sort)
	default:
		err = within(run.caller, keys, sort)
	}
	run.brief = false
	if err == errMany {
		return false, run.caller.TakeTime()
	}
	return err == nil, err
}

// withinAll runs fn with all shards locked.
func withinAll(v keyspace.View, fn func(keyspace.View) error) error {
	tx, err := v.BeginAll()
	if err != nil {
		return err
	}
	defer tx.End()
	return fn(tx.View(v))
}

// sortBrief makes to the result. It fails with errMany where a brief sort would take long.
func (run *sorting) sortBrief(v keyspace.View, key string, to *keyspace.Batch) error {
	most := math.MaxInt
	if run.brief {
		most = briefElements
	}
	run.reset()
	to.Clear()
	more, err := run.load(v, key, most)
	if err != nil {
		return err
	}
	if run.brief && (more || run.reads() > briefElements || len(run.elements.Buffer()) > briefBytes) {
		return errMany
	}
	return run.sortLoaded(v, to)
}

// reads returns how many elements and values the sort of what was loaded looks at.
func (run *sorting) reads() int {
	n := len(run.order)
	if run.o.Unsorted {
		return n + n*len(run.o.Get)
	}
	from, to := run.o.window(n)
	n += (to - from) * len(run.o.Get)
	if leadsOn(run.o.By) {
		n += len(run.order)
	}
	return n
}

// sortStoring stores the result of a sort, in steps: a [keyspace.LongOp].
type sortStoring struct {
	run      *sorting
	dst, key string

	given  bool // the result was there before
	loaded bool
	sorted bool
	err    error // of sorting
	list   listDraft
}

// store makes dst hold the result.
func (run *sorting) store(dst, key string) error {
	done, err := run.sortAtOnce(key, []string{dst, key}, &run.result, func(v keyspace.View) error {
		return storeList(v, dst, &run.result, sortEvent)
	})
	if done || err != nil {
		return err
	}
	o := &sortStoring{run: run, dst: dst, key: key}
	if !run.o.usesPatterns() {
		return run.caller.InSteps(o, []string{key}, dst)
	}
	if err := run.loadInSteps(key); err != nil {
		return err
	}
	run.result.Clear()
	if err := run.sortLoaded(run.caller, &run.result); err != nil {
		return err
	}
	o.given = true
	return run.caller.InSteps(o, nil, dst)
}

// sortEvent announces a result.
const sortEvent = "sortstore"

// Step implements keyspace.LongOp.
func (o *sortStoring) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	var s keyspace.Slot
	if err := s.Lock(v, o.dst); err != nil {
		return keyspace.Done, err
	}
	defer s.Unlock()
	if anew {
		o.list.abandon(&s)
		o.begin()
	}
	switch {
	case o.err != nil:
		return keyspace.Done, o.err
	case !o.loaded:
		more, err := o.run.load(v, o.key, gatherStep)
		o.loaded = !more
		return keyspace.More, err
	}
	return o.list.storeSome(&s, v, &o.run.result, sortEvent)
}

// begin forgets what was read, unless the result was there before.
func (o *sortStoring) begin() {
	if o.loaded, o.sorted, o.err = o.given, o.given, nil; !o.given {
		o.run.reset()
	}
}

// Pause implements keyspace.LongOp. It sorts what was loaded, following no patterns.
func (o *sortStoring) Pause() {
	switch {
	case !o.loaded:
		o.run.makeRoom()
	case !o.sorted:
		o.run.result.Clear()
		o.sorted, o.err = true, o.run.sortLoaded(o.run.caller, &o.run.result)
	}
}
