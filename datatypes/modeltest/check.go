package modeltest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// Check does random scripts to stores that open opens, a new set of them for each script and without any keys, and
// compares them with the model. It reports the shortest script that it finds to fail.
func Check(t rapid.TB, open func(*rapid.T) Stores) {
	t.Helper()
	rapid.Check(t, Property(open))
}

// Property is the property that Check checks.
func Property(open func(*rapid.T) Stores) func(*rapid.T) {
	return func(t *rapid.T) {
		s := open(t)
		if err := Run(s, Scripts(s).Draw(t, "script")); err != nil {
			t.Fatal(err)
		}
	}
}

// Run does a script to stores without keys and to a new model. It returns how they differ, with the calls that led to it.
func Run(s Stores, script Script) error {
	c := &checker{s: s, m: NewModel(), readsOf: map[string][]Operation{}}
	for i, o := range script {
		if err := c.run(o); err != nil {
			return fmt.Errorf("operation %d of %d: %w\n%s", i+1, len(script), err, c.trace)
		}
	}
	if err := c.compare(); err != nil {
		return fmt.Errorf("after %d operations: %w\n%s", len(script), err, c.trace)
	}
	return nil
}

// checker compares stores with a model.
type checker struct {
	s     Stores
	m     *Model
	trace trace

	readsOf map[string][]Operation // what reads has returned
}

// reads returns operations that read all that a key holds.
func (c *checker) reads(key string) []Operation {
	if _, ok := c.readsOf[key]; !ok {
		c.readsOf[key] = c.s.reads(key)
	}
	return c.readsOf[key]
}

// trace has the calls so far. It is text only once something has failed, since writing takes longer than calling.
type trace []call

type call struct {
	o     Operation
	reply *Reply // nil for what is not plain
}

// String returns the calls with their replies, one a line.
func (t trace) String() string {
	var b strings.Builder
	for _, call := range t {
		b.WriteString("\t" + call.o.String())
		if call.reply != nil {
			b.WriteString(" // " + call.reply.String())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// saw notes a call and its reply.
func (c *checker) saw(o Operation, got Reply) { c.trace = append(c.trace, call{o, &got}) }

// run does any operation.
func (c *checker) run(o Operation) error {
	if !o.Plain() {
		if !o.method.silent {
			c.trace = append(c.trace, call{o: o})
		}
		return o.method.drive(c, o.Args)
	}
	got, err := c.call(o)
	c.saw(o, got)
	return err
}

// call does a plain operation.
func (c *checker) call(o Operation) (Reply, error) {
	got := o.Do(c.s)
	if c.s.Evicts {
		return got, c.followEvicting(o, got)
	}
	return got, o.Follow(c.m, got)
}

// compare reads all that the keys hold.
func (c *checker) compare() error {
	for _, key := range slices.Compact(slices.Sorted(slices.Values(append(allKeys(), c.m.keys()...)))) {
		if err := c.compareKey(key); err != nil {
			return err
		}
	}
	for _, o := range keyTotals() {
		if c.s.has(o.method) {
			if err := c.read(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareKey reads all that a key holds. If it may have been evicted, and holds nothing, the model forgets it too.
func (c *checker) compareKey(key string) error {
	if c.s.Evicts && c.isGone(key) {
		c.m.Forget(key)
	}
	for _, o := range c.reads(key) {
		if err := c.read(o); err != nil {
			return err
		}
	}
	return nil
}

// read does an operation that is mentioned only if its reply is wrong.
func (c *checker) read(o Operation) error {
	got := o.Do(c.s)
	err := o.Follow(c.m, got)
	if err != nil {
		c.saw(o, got)
	}
	return err
}
