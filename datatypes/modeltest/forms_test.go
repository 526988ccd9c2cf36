package modeltest_test

import (
	"slices"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/modeltest"
	"pgregory.net/rapid"
)

// TestForms checks the forms of methods that exist for speed: wrappers use them in the place of the plain ones.
func TestForms(t *testing.T) {
	t.Parallel()
	modeltest.Check(t, func(t *rapid.T) modeltest.Stores {
		c, clock := open(t, larder.Options{Shards: 2, Limits: limits(t)})
		s := modeltest.Of(c, clock)
		s.Strings = stringForms{c.Strings()}
		s.Lists = listForms{c.Lists()}
		s.Bitmaps = bitmapForms{c.Bitmaps()}
		s.Keys = keyForms{c.Keys()}
		s.Sets, s.Hashes, s.SortedSets, s.Geo = nil, nil, nil, nil
		return s
	})
}

// there is what the caller's slice holds before something is appended to it.
const there = "there"

// appended returns what was appended to there.
func appended(b []byte, ok bool, err error) ([]byte, bool, error) {
	return append([]byte{}, b[len(there):]...), ok, err
}

type stringForms struct{ datatypes.Strings }

func (s stringForms) Get(key string) (value []byte, ok bool, err error) {
	ok, err = s.View(key, func(v []byte) error {
		value = slices.Clone(v)
		return nil
	})
	return value, ok, err
}

func (s stringForms) GetEx(key string, o datatypes.GetExOptions) ([]byte, bool, error) {
	return appended(s.AppendGetEx([]byte(there), key, o))
}

func (s stringForms) GetRange(key string, start, end int64) ([]byte, error) {
	b, err := s.AppendGetRange([]byte(there), key, start, end)
	return b[len(there):], err
}

func (s stringForms) MGet(dst [][]byte, keys ...string) ([][]byte, error) {
	var together, each datatypes.Batch
	if err := s.MGetBatch(keys, &together); err != nil {
		return nil, err
	}
	if err := s.GetBatch(keys, &each); err != nil {
		return nil, err
	}
	for i := range keys {
		v, ok := together.Value(i)
		if w, also := each.Value(i); ok && also && string(v) == string(w) {
			dst = append(dst, append([]byte{}, v...))
		} else if !ok && !also {
			dst = append(dst, nil)
		}
	}
	return dst, nil
}

func (s stringForms) MSet(items ...datatypes.Item) error {
	return s.SetBatch(items, datatypes.SetOptions{})
}

func (s stringForms) GetDel(key string) (value []byte, ok bool, err error) {
	if value, ok, err = appended(s.AppendGet([]byte(there), key)); ok {
		_, ok, err = s.Strings.GetDel(key)
	}
	return value, ok, err
}

type listForms struct{ datatypes.Lists }

func (s listForms) LPop(key string) ([]byte, bool, error) {
	return appended(s.AppendLPop([]byte(there), key))
}

func (s listForms) RPop(key string) ([]byte, bool, error) {
	return appended(s.AppendRPop([]byte(there), key))
}

func (s listForms) Index(key string, index int) ([]byte, bool, error) {
	return appended(s.AppendIndex([]byte(there), key, index))
}

func (s listForms) Move(from, to string, fromSide, toSide datatypes.Side) ([]byte, bool, error) {
	return appended(s.AppendMove([]byte(there), from, to, fromSide, toSide))
}

// Range has one element more than there are if it was told a wrong number of them.
func (s listForms) Range(key string, start, stop int) (values [][]byte, err error) {
	told := 0
	err = s.ViewRange(key, start, stop,
		func(n int) { told = n },
		func(v []byte) { values = append(values, append([]byte{}, v...)) })
	if told != len(values) {
		values = append(values, []byte("one more"))
	}
	return values, err
}

type bitmapForms struct{ datatypes.Bitmaps }

func (s bitmapForms) Field(key string, ops ...datatypes.FieldOp) ([]datatypes.FieldResult, error) {
	results, err := s.AppendField(make([]datatypes.FieldResult, 1), key, ops...)
	return results[1:], err
}

type keyForms struct{ datatypes.Keys }

func (s keyForms) Sort(key string, o datatypes.SortOptions) (values [][]byte, err error) {
	var b datatypes.Batch
	err = s.SortBatch(key, o, &b)
	for i := range b.Len() {
		v, ok := b.Value(i)
		if ok {
			v = append([]byte{}, v...)
		}
		values = append(values, v)
	}
	return values, err
}
