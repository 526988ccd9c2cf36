package modeltest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/larderkv/larder/datatypes"
)

// between are the operations that are done before each call of a scan of a collection; once they are used up, the scan
// goes on without. Those of a slice belong to one pause.
type between [][]Operation

// String tells the number of pauses: the operations are reported as they are done.
func (b between) String() string { return fmt.Sprintf("with %d pauses", len(b)) }

// scanning returns the method that scans a collection of a type to the end, while others change it.
func scanning(name string, t datatypes.Type, change func(d *draws, key string) Operation) method {
	return method{
		name: name,
		args: func(d *draws) []any {
			key := d.key()
			pauses := make(between, d.between(0, 6))
			for i := range pauses {
				for range d.between(0, 3) {
					pauses[i] = append(pauses[i], change(d, key))
				}
			}
			o := datatypes.ElementScanOptions{Count: d.between(0, 20), Match: oneOf(d, "", "*", "?", "m*", "*1*")}
			return args(key, o, pauses)
		},
		silent: true,
		drive: func(c *checker, a []any) error {
			s := elementScan{c: c, t: t, key: a[0].(string), options: a[1].(datatypes.ElementScanOptions), call: callOf(name)}
			return s.run(a[2].(between))
		},
	}
}

// elementScan is a scan under way.
type elementScan struct {
	c       *checker
	t       datatypes.Type
	key     string
	options datatypes.ElementScanOptions
	call    *method

	steady map[string]bool  // what has been there since the scan began
	ever   map[element]bool // what has been there at some time since
	seen   map[string]bool  // what was returned
}

// callOf returns the method of one call of a scan, which is not drawn by itself.
func callOf(name string) *method { return &method{name: name} }

// mostCalls is where a scan is taken for one that does not end.
const mostCalls = 10_000

// run scans to the end and checks the guarantee of Scan.
func (s *elementScan) run(pauses between) error {
	s.steady, s.ever, s.seen = map[string]bool{}, map[element]bool{}, map[string]bool{}
	cursor := uint64(0)
	for calls := range mostCalls {
		if calls < len(pauses) {
			if err := s.pause(pauses[calls]); err != nil {
				return err
			}
		}
		if calls == 0 {
			s.begin()
		}
		next, err := s.step(cursor)
		if err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return s.end()
		}
	}
	return fmt.Errorf("the scan of %s does not end", literal(s.key))
}

// pause lets others change the collection.
func (s *elementScan) pause(changes []Operation) error {
	for _, o := range changes {
		if !s.c.s.has(o.method) {
			continue
		}
		if err := s.c.run(o); err != nil {
			return err
		}
		s.look()
	}
	return nil
}

// begin notes what there is.
func (s *elementScan) begin() {
	clear(s.ever)
	for _, name := range s.elements().names() {
		s.steady[name] = true
	}
	s.look()
}

// look notes what has gone and what has come.
func (s *elementScan) look() {
	there := s.elements()
	for name := range s.steady {
		if !there.has(name) {
			delete(s.steady, name)
		}
	}
	for name, m := range there {
		s.ever[element{name, m.value, m.score}] = true
	}
}

func (s *elementScan) elements() collection {
	there, _ := s.c.m.collection(s.key, s.t)
	return there
}

// step does one call.
func (s *elementScan) step(cursor uint64) (next uint64, err error) {
	if err := s.learn(); err != nil {
		return 0, err
	}
	o := Operation{s.call, args(s.key, cursor, s.options)}
	got := o.Do(s.c.s)
	s.c.saw(o, got)
	if _, err := s.c.m.collection(s.key, s.t); err != nil || got.Err != nil {
		return 0, got.differ(Reply{Err: err}, ordered)
	}
	for _, e := range elementsOf(got.Values[0]) {
		if !s.ever[e] || len(matching([]string{e.name}, s.options)) == 0 {
			return 0, fmt.Errorf("the scan of %s returns %s, which was not to be found", literal(s.key), literal(e.name))
		}
		s.seen[e.name] = true
	}
	return got.Values[1].(uint64), nil
}

// learn has the model follow an eviction of the collection.
func (s *elementScan) learn() error {
	if !s.c.s.Evicts {
		return nil
	}
	if err := s.c.compareKey(s.key); err != nil {
		return err
	}
	s.look()
	return nil
}

// end checks that nothing was missed.
func (s *elementScan) end() error {
	if err := s.learn(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.steady)) {
		if !s.seen[name] && len(matching([]string{name}, s.options)) > 0 {
			return fmt.Errorf("the scan of %s has missed %s", literal(s.key), literal(name))
		}
	}
	return nil
}

// changing draws a change of a collection, by methods that take a key and elements.
func changing(add, remove string, added func(d *draws) any) func(*draws, string) Operation {
	return func(d *draws, key string) Operation {
		if d.rarely(3) {
			return operation(remove, key, d.elements())
		}
		return operation(add, key, added(d))
	}
}
