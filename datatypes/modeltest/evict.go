package modeltest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/larderkv/larder/datatypes"
)

// followEvicting makes the model follow a reply of a store that may evict keys, before the operation or by it.
//
// Which keys are gone shows in the reply or in what its keys then hold. So sets of the keys that the operation uses are
// tried: forgotten, the operation done to the model, and all that the keys hold compared. A store that answers or keeps
// anything that no set explains is wrong.
func (c *checker) followEvicting(o Operation, got Reply) error {
	var first error
	for _, evicted := range c.evictions(o) {
		m := c.m.Clone()
		for _, key := range evicted {
			m.Forget(key)
		}
		err := c.explain(m, o, got)
		if err == nil {
			c.m = m
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// evictions returns the sets of keys that may have been evicted before an operation: all that there are of the keys it
// uses or, if these are many, none of them and those that are gone now.
func (c *checker) evictions(o Operation) (sets [][]string) {
	keys := c.m.existing(o.Keys())
	const few = 6
	if len(keys) > few {
		gone := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !c.isGone(key) })
		return [][]string{nil, gone}
	}
	for n := range 1 << len(keys) {
		var set []string
		for i, key := range keys {
			if n>>i&1 != 0 {
				set = append(set, key)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// isGone reports whether a key holds nothing.
func (c *checker) isGone(key string) bool {
	nothing := NewModel()
	for _, read := range c.reads(key) {
		if read.Follow(nothing, read.Do(c.s)) != nil {
			return false
		}
	}
	return true
}

// explain does an operation to a model, from which keys were taken, and compares the reply and what is left.
func (c *checker) explain(m *Model, o Operation, got Reply) error {
	if !errors.Is(got.Err, datatypes.ErrOutOfMemory) {
		if err := o.Follow(m, got); err != nil {
			return err
		}
	}
	for _, key := range o.Keys() {
		if err := c.explainKey(m, key); err != nil {
			return err
		}
	}
	return nil
}

// explainKey compares what a key holds. If it is nothing the model forgets it too.
func (c *checker) explainKey(m *Model, key string) error {
	if c.isGone(key) {
		m.Forget(key)
		return nil
	}
	for _, read := range c.reads(key) {
		if err := read.Follow(m, read.Do(c.s)); err != nil {
			return fmt.Errorf("then %s: %w", read, err)
		}
	}
	return nil
}
