package datatypes

import "github.com/larderkv/larder/internal/keyspace"

// copying copies a large value to another key, or moves it to another shard, in steps: a [keyspace.LongOp].
type copying struct {
	from, to string
	db       int // of to
	replace  bool
	move     bool

	copy *keyspace.Copy // nil before it is begun
	done bool
}

// copyStep is how many elements are copied in a step.
const copyStep = 128

// copyLong does the operation and reports whether it has had an effect.
func (k Keys) copyLong(o *copying) (done bool, err error) {
	if err := k.view.TakeTime(); err != nil {
		return false, err
	}
	err = k.view.InSteps(o, []string{o.from}, o.to)
	return o.done, err
}

// Pause implements keyspace.LongOp.
func (o *copying) Pause() {}

// Step implements keyspace.LongOp.
func (o *copying) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	dv, err := v.In(o.db)
	if err != nil {
		return keyspace.Done, err
	}
	var src, dst keyspace.Slot
	if err := dst.Lock(dv, o.to); err != nil {
		return keyspace.Done, err
	}
	defer dst.Unlock()
	if err := src.Lock(v, o.from); err != nil {
		return keyspace.Done, err
	}
	defer src.Unlock()
	if anew && o.copy != nil {
		o.copy.Abandon(&dst)
		o.copy = nil
	}
	return o.advance(&src, &dst)
}

func (o *copying) advance(src, dst *keyspace.Slot) (keyspace.Progress, error) {
	if !src.Exists() {
		return keyspace.Done, o.missing()
	}
	if dst.Exists() && !o.replace {
		if o.copy != nil { // somebody has made the key meanwhile
			o.copy.Abandon(dst)
		}
		return keyspace.Done, nil
	}
	if o.copy == nil {
		o.copy = src.NewCopy()
	}
	complete, err := o.copy.Some(src, dst, copyStep)
	switch {
	case err != nil:
		return keyspace.Done, err
	case !src.Exists(): // evicted to make room
		return keyspace.Done, o.missing()
	case !complete:
		return keyspace.More, nil
	}
	return keyspace.Done, o.finish(src, dst)
}

// missing is the end where the key does not exist.
func (o *copying) missing() error {
	if o.move {
		return ErrNoSuchKey
	}
	return nil
}

// finish makes the copy the value of its key, and deletes the other if that is to be moved.
func (o *copying) finish(src, dst *keyspace.Slot) error {
	replaced := dst.Exists()
	if err := o.copy.Install(dst); err != nil {
		return err
	}
	o.done = true
	if !o.move {
		notifyCopied(dst, replaced)
		return nil
	}
	src.Delete()
	notifyRenamed(src, dst, replaced)
	return nil
}
