package modeltest

import (
	"errors"
	"fmt"

	"github.com/larderkv/larder/datatypes"
)

// followEvicting makes the model follow a reply of a store that may evict keys, before the operation or by it.
//
// Which keys are gone shows in the reply or in what its keys then hold. So every set of the keys that the operation uses is
// tried: forgotten, the operation done to the model, and all that the keys hold compared. A store that answers or keeps
// anything that no set explains is wrong.
func (c *checker) followEvicting(o Operation, got Reply) error {
	keys := c.m.existing(o.Keys())
	var first error
	for gone := range 1 << len(keys) {
		m := c.m.Clone()
		for i, key := range keys {
			if gone>>i&1 != 0 {
				m.Forget(key)
			}
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
	nothing := NewModel()
	var differ error
	gone := true
	for _, read := range c.s.reads(key) {
		got := read.Do(c.s)
		if read.Follow(nothing, got) != nil {
			gone = false
		}
		if err := read.Follow(m, got); err != nil && differ == nil {
			differ = fmt.Errorf("then %s: %w", read, err)
		}
	}
	if gone {
		m.Forget(key)
		return nil
	}
	return differ
}
