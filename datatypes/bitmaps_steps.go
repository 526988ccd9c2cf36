package datatypes

import (
	"slices"

	"github.com/larderkv/larder/internal/keyspace"
)

// bitCombining combines long bitmaps in steps: a [keyspace.LongOp].
type bitCombining struct {
	op   BitOp
	dst  string
	keys []string

	draft  *keyspace.Draft // of the result, nil before it is begun
	length int
	at     int // bytes that are done
	from   [][]byte
}

// bitsStep is how many bytes of the result are made in a step: some tens of microseconds' work.
const bitsStep = 128 << 10

// opLong is Op in steps.
func (b Bitmaps) opLong(op BitOp, dst string, keys []string) (length int, err error) {
	o := &bitCombining{op: op, dst: dst, keys: slices.Clone(keys)} // so that the caller's need not outlive Op
	err = b.view.InSteps(o, o.keys, dst)
	return o.length, err
}

// Pause implements keyspace.LongOp.
func (o *bitCombining) Pause() {}

// Step implements keyspace.LongOp.
func (o *bitCombining) Step(v keyspace.View, anew bool) (keyspace.Progress, error) {
	var dst keyspace.Slot
	if err := dst.Lock(v, o.dst); err != nil {
		return keyspace.Done, err
	}
	defer dst.Unlock()
	if anew {
		return o.begin(&dst, v)
	}
	if err := o.load(v); err != nil {
		return keyspace.Done, err
	}
	o.combine(&dst)
	if o.at < o.length {
		return keyspace.More, nil
	}
	if err := o.draft.Install(&dst); err != nil {
		return keyspace.Done, err
	}
	dst.Notify(keyspace.ClassString, "set")
	return keyspace.Done, nil
}

// begin makes the draft of the result, for which other keys may be evicted.
func (o *bitCombining) begin(dst *keyspace.Slot, v keyspace.View) (progress keyspace.Progress, err error) {
	if o.draft != nil {
		o.draft.Abandon(dst)
		o.draft = nil
	}
	o.at = 0
	if o.length, err = longestText(v, o.keys); err != nil {
		return keyspace.Done, err
	}
	if o.length == 0 {
		storeNoBits(dst)
		return keyspace.Done, nil
	}
	if err := dst.Grow(o.length); err != nil {
		return keyspace.Done, err
	}
	o.draft, err = dst.NewDraft(o.length, 0)
	return keyspace.More, err
}

// load finds the bitmaps, none of which has changed.
func (o *bitCombining) load(v keyspace.View) error {
	o.from = o.from[:0]
	for _, key := range o.keys {
		var s keyspace.Slot
		if err := s.Lock(v, key); err != nil {
			return err
		}
		if o.at == 0 {
			s.Touch()
		}
		bits := s.Value()
		if s.Exists() && s.Encoding() == keyspace.Int {
			bits = s.AppendString(nil) // Text would be overwritten by the next
		}
		o.from = append(o.from, bits)
	}
	return nil
}

// combine makes a part of the result.
func (o *bitCombining) combine(dst *keyspace.Slot) {
	part := o.draft.Bytes(dst)[o.at:]
	part = part[:min(len(part), bitsStep)]
	for i, bits := range o.from {
		bits = after(bits, o.at)
		o.from[i] = bits[:min(len(bits), len(part))]
	}
	combineBits(o.op, part, 0, o.from)
	o.at += len(part)
}
