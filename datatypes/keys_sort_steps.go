package datatypes

import "github.com/larderkv/larder/internal/keyspace"

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
func (o *sortLoading) Pause() {
	o.run.elements.MakeRoom(gatherRoom, gatherStep)
	o.run.order = withRoom(o.run.order, gatherStep)
}
