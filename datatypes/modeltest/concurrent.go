package modeltest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/ddmin"
)

// Shared are stores that several goroutines use at once.
type Shared struct {
	// Stores are tested. Their time stands still, and they must not evict.
	Stores

	// Update does what fn does to the stores it is given as one operation, on the keys that are declared. That of
	// larder.Cache is one. Nil means that there is none.
	Update func(keys []string, fn func(Stores) error) error

	// UpdateAll is Update for all keys.
	UpdateAll func(fn func(Stores) error) error

	// Flush deletes all keys. It is called before every history.
	Flush func() error
}

// Load says how much is done to shared stores. The zero value is meant for stores in memory and takes about a second.
//
// Many short histories show more than a few long ones: what goes wrong needs two or three operations that meet, and
// the time to test a history grows exponentially with the operations that overlap.
type Load struct {
	// Histories is how many times the stores are flushed and used. Zero is 1000.
	Histories int
	// Goroutines is how many use the stores. Zero is 3.
	Goroutines int
	// Operations is how many each of them does at most. Zero is 4.
	Operations int
	// Seed chooses the operations. How the goroutines meet is left to the scheduler.
	Seed uint64
}

// orDefaults returns the load with its zeros replaced.
func (l Load) orDefaults() Load {
	l.Histories = cmp.Or(l.Histories, 1000)
	l.Goroutines = cmp.Or(l.Goroutines, 3)
	l.Operations = cmp.Or(l.Operations, 4)
	return l
}

// CheckConcurrent does random operations to shared stores from several goroutines and tests whether the stores are
// linearizable: whether the replies could be those of the same operations done one at a time, each at a moment between
// its call and its return. That is decided by github.com/anishathalye/porcupine, with the model as the specification.
//
// A failure is shrunk by doing fewer of the operations, many times each, and reported as the shortest history found to be
// wrong.
func CheckConcurrent(t testing.TB, s Shared, l Load) {
	t.Helper()
	if err := RunConcurrent(s, l); err != nil {
		t.Fatal(err)
	}
}

// RunConcurrent is CheckConcurrent for those who do not have the failure fail a test.
func RunConcurrent(s Shared, l Load) error {
	l = l.orDefaults()
	names := methodNames(s.Stores, func(m *method) bool { return m.drive == nil })
	if len(names) == 0 {
		return errors.New("modeltest: the stores have no methods to call")
	}
	for i := range l.Histories {
		p := l.draw(s, names, rand.New(rand.NewPCG(l.Seed, uint64(i))))
		h, err := p.run(s)
		if err == nil && !h.linearizable() {
			err = p.shrink(s, h)
		}
		if err != nil {
			return fmt.Errorf("history %d: %w", i, err)
		}
	}
	return nil
}

// plan is what goroutines do, and what is done when they are done.
type plan []act

// act is one or, in a transaction, several operations that a goroutine does as one.
type act struct {
	goroutine  int // afterwards comes after all others
	operations []Operation
	in         transaction
	yields     int // how often the goroutine lets others run before it
}

// afterwards is the goroutine that reads what the others have left.
const afterwards = -1

// transaction says by what operations become one.
type transaction uint8

const (
	none transaction = iota
	update
	updateAll
)

// draw draws a plan. Of all methods it uses a few, and few keys, so that what is drawn meets.
func (l Load) draw(s Shared, names []string, rng *rand.Rand) (p plan) {
	few := s.Stores
	few.Omit = methodNames(s.Stores, func(*method) bool { return true })
	for range 1 + rng.IntN(5) {
		name := names[rng.IntN(len(names))]
		few.Omit = slices.DeleteFunc(few.Omit, func(omitted string) bool { return omitted == name })
	}
	few.Omit = append(few.Omit, s.Omit...)
	operations, keys := Operations(few), fewKeys(rng)
	draw := func() Operation {
		for {
			if o := operations.Example(int(rng.Uint32())); o.Plain() {
				return o.renamed(keys)
			}
		}
	}
	for goroutine := range l.Goroutines {
		for range 1 + rng.IntN(l.Operations) {
			a := act{goroutine: goroutine, operations: []Operation{draw()}, yields: rng.IntN(3)}
			p = append(p, s.together(a, draw(), rng))
		}
	}
	for _, key := range p.keys() {
		for _, o := range s.reads(key) {
			p = append(p, act{goroutine: afterwards, operations: []Operation{o}})
		}
	}
	return p
}

// fewKeys returns which of one to three keys takes the place of each key that is drawn. Two of the three share a shard.
func fewKeys(rng *rand.Rand) map[string]string {
	few := []string{"a", "{t}1", "{t}2"}
	rng.Shuffle(len(few), func(i, j int) { few[i], few[j] = few[j], few[i] })
	few = few[:1+rng.IntN(len(few))]
	keys := map[string]string{}
	for _, key := range keyNames {
		keys[key] = few[rng.IntN(len(few))]
	}
	return keys
}

// renamed returns the operation with other keys.
func (o Operation) renamed(to map[string]string) Operation {
	used := o.Keys()
	rename := func(s string) string {
		if name, ok := to[s]; ok && slices.Contains(used, s) {
			return name
		}
		return s
	}
	o.Args = slices.Clone(o.Args)
	for i, arg := range o.Args {
		switch arg := arg.(type) {
		case string:
			o.Args[i] = rename(arg)
		case []string:
			arg = slices.Clone(arg)
			for j := range arg {
				arg[j] = rename(arg[j])
			}
			o.Args[i] = arg
		case []datatypes.Item:
			arg = slices.Clone(arg)
			for j := range arg {
				arg[j].Key = rename(arg[j].Key)
			}
			o.Args[i] = arg
		}
	}
	return o
}

// keys returns the keys that a plan uses, each once.
func (p plan) keys() (all []string) {
	for _, a := range p {
		keys, _ := a.keys()
		all = append(all, keys...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// methodNames returns the names of the methods that stores have.
func methodNames(s Stores, which func(*method) bool) (names []string) {
	for _, m := range slices.Concat(s.methods()...) {
		if which(m) {
			names = append(names, m.name)
		}
	}
	return names
}

// together returns an act, rarely with another operation in a transaction.
func (s Shared) together(a act, other Operation, rng *rand.Rand) act {
	both := a
	both.operations = append(slices.Clone(a.operations), other)
	_, all := both.keys()
	switch kind := rng.IntN(8); {
	case kind < 2 && s.Update != nil && !all:
		both.in = update
	case kind == 2 && s.UpdateAll != nil:
		both.in = updateAll
	default:
		return a
	}
	return both
}

// keys returns the keys that an act uses, and whether it may use any.
func (a act) keys() (keys []string, all bool) {
	for _, o := range a.operations {
		used := o.Keys()
		all = all || len(used) == 0 || !slices.ContainsFunc(keyNames, func(key string) bool { return !slices.Contains(used, key) })
		keys = append(keys, used...)
	}
	return keys, all
}

// do does the operations to stores and returns the replies.
func (a act) do(s Shared) (replies []Reply) {
	each := func(s Stores) error {
		for _, o := range a.operations {
			replies = append(replies, o.Do(s))
		}
		return nil
	}
	var err error
	switch a.in {
	case none:
		err = each(s.Stores)
	case update:
		keys, _ := a.keys()
		err = s.Update(keys, each)
	case updateAll:
		err = s.UpdateAll(each)
	}
	if err != nil {
		replies = []Reply{{Err: err}}
	}
	return replies
}

// run flushes the stores, does a plan to them and returns what happened.
func (p plan) run(s Shared) (history, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	h := make(history, len(p))
	var now atomic.Int64 // counts calls and returns, and so orders them
	do := func(i int) {
		a := p[i]
		for range a.yields {
			runtime.Gosched()
		}
		call := now.Add(1)
		replies := a.do(s)
		h[i] = event{a, call, now.Add(1), replies}
	}
	var goroutines sync.WaitGroup
	start := make(chan struct{})
	for _, indexes := range p.byGoroutine() {
		goroutines.Go(func() {
			<-start
			for _, i := range indexes {
				do(i)
			}
		})
	}
	close(start)
	goroutines.Wait()
	for i, a := range p {
		if a.goroutine == afterwards {
			do(i)
		}
	}
	return h, nil
}

// byGoroutine returns the indexes of the acts of each goroutine.
func (p plan) byGoroutine() map[int][]int {
	indexes := map[int][]int{}
	for i, a := range p {
		if a.goroutine != afterwards {
			indexes[a.goroutine] = append(indexes[a.goroutine], i)
		}
	}
	return indexes
}

// A shorter plan is done so many times before it is taken to be without fault: several times as often as it took any
// other to go wrong. A fault for which the scheduler must switch at one moment shows once in some hundred times.
const (
	fewTries, manyTries = 50, 400
	triesPerFailure     = 5
)

// shrink looks for a shorter plan that goes wrong too, and returns the history of the shortest as an error.
func (p plan) shrink(s Shared, found history) error {
	tries, slowest := manyTries, 0
	fails := func(rest []act) ([]act, bool) {
		for i := range tries {
			h, err := plan(rest).run(s)
			if err != nil {
				return nil, false
			}
			if !h.linearizable() {
				p, found = rest, h
				slowest = max(slowest, i)
				tries = min(max(fewTries, triesPerFailure*slowest), manyTries)
				return rest, true
			}
		}
		return nil, false
	}
	ddmin.LeaveOut(p, fails)
	for i := 0; i < len(p); i++ {
		p.shorten(i, fails)
	}
	return found.wrong()
}

// shorten leaves out operations of a transaction.
func (p plan) shorten(i int, fails func([]act) ([]act, bool)) {
	ddmin.LeaveOut(p[i].operations, func(rest []Operation) ([]Operation, bool) {
		shorter := slices.Clone(p)
		shorter[i].operations = rest
		if len(rest) == 1 {
			shorter[i].in = none
		}
		if len(rest) == 0 {
			return nil, false
		}
		_, ok := fails(shorter)
		return rest, ok
	})
}
