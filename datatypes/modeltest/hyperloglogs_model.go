package modeltest

import (
	"errors"
	"maps"

	"github.com/larderkv/larder/datatypes"
)

// ErrNotModelled is what the model returns for the bytes of a HyperLogLog, which it does not know. A check accepts
// whatever a store returns then.
var ErrNotModelled = errors.New("modeltest: the model does not know the bytes of a HyperLogLog")

// modelHyperLogLogs are the HyperLogLogs of a model, which are sets of what was added.
type modelHyperLogLogs struct{ m *Model }

// HyperLogLogs returns the HyperLogLogs of the model.
func (m *Model) HyperLogLogs() HyperLogLogs { return modelHyperLogLogs{m} }

// read returns what was added to a key.
func (st modelHyperLogLogs) read(key string) (map[string]bool, error) {
	e, err := st.m.get(key, datatypes.TypeString)
	switch {
	case e == nil || err != nil:
		return nil, err
	case e.distinct == nil:
		return nil, datatypes.ErrNotHyperLogLog
	}
	return e.distinct, nil
}

// open returns what was added to a key, which is created if it does not exist.
func (st modelHyperLogLogs) open(key string) map[string]bool {
	e, _ := st.m.open(key, datatypes.TypeString)
	if e.distinct == nil {
		e.distinct = map[string]bool{}
	}
	return e.distinct
}

// Add reports whether there is an element that was not there, or the key was not.
func (st modelHyperLogLogs) Add(key string, elements ...string) (changed bool, err error) {
	before, err := st.read(key)
	if err != nil {
		return false, err
	}
	n, existed := len(before), before != nil
	distinct := st.open(key)
	for _, e := range elements {
		distinct[e] = true
	}
	return !existed || len(distinct) > n, nil
}

// Count returns the exact number.
func (st modelHyperLogLogs) Count(keys ...string) (int64, error) {
	all := map[string]bool{}
	for _, key := range keys {
		distinct, err := st.read(key)
		if err != nil {
			return 0, err
		}
		maps.Copy(all, distinct)
	}
	return int64(len(all)), nil
}

func (st modelHyperLogLogs) Merge(dst string, sources ...string) error {
	all := map[string]bool{}
	for _, key := range append([]string{dst}, sources...) {
		distinct, err := st.read(key)
		if err != nil {
			return err
		}
		maps.Copy(all, distinct)
	}
	maps.Copy(st.open(dst), all)
	return nil
}
