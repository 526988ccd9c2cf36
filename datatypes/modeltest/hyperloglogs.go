package modeltest

import (
	"fmt"
	"math"
	"strconv"

	"github.com/larderkv/larder/datatypes"
)

// HyperLogLogs are the methods of datatypes.HyperLogLogs that are compared with the model. It knows the elements, so an
// estimate must be near their number.
type HyperLogLogs interface {
	Add(key string, elements ...string) (changed bool, err error)
	Count(keys ...string) (int64, error)
	Merge(dst string, sources ...string) error
}

var _ HyperLogLogs = datatypes.HyperLogLogs{}

var sketchMethods = []method{
	{name: "HyperLogLogs.Add", args: func(d *draws) []any { return args(d.sketch(), d.counted()) }, follow: followAdd},
	{name: "HyperLogLogs.Count", args: someKeys, keys: keysIn(0), follow: followCount},
	{name: "HyperLogLogs.Merge", args: func(d *draws) []any { return args(d.sketch(), d.anyKeys()) },
		keys: keysIn(0, 1)},
}

func sketchReads(key string) []Operation {
	return []Operation{operation("HyperLogLogs.Count", []string{key})}
}

func (d *draws) sketch() string { return oneOf(d, sketchNames...) }

// counted draws elements, rarely as many as make a HyperLogLog a large one.
func (d *draws) counted() (all []string) {
	n := d.between(0, 5)
	if d.rarely(6) {
		n = 1500
	}
	from := d.between(0, 1000)
	for i := range n {
		all = append(all, strconv.Itoa(from+i))
	}
	return all
}

// followAdd checks whether an estimate is said to have changed. It must not by what was counted before, and must for a
// new key; other elements may have no effect.
func followAdd(m *Model, a []any, got Reply) error {
	key, elements := a[0].(string), a[1].([]string)
	before, created := 0, m.find(key) == nil
	if !created {
		before = len(m.entries[key].distinct)
	}
	_, err := m.HyperLogLogs().Add(key, elements...)
	if err != nil || got.Err != nil {
		return got.differ(Reply{Err: err}, ordered)
	}
	changed, grew := got.Values[0].(bool), len(m.entries[key].distinct) > before
	if created && !changed || !created && !grew && changed {
		return fmt.Errorf("got %v; %d elements were new, and the key existed: %v", changed, len(m.entries[key].distinct)-before, !created)
	}
	return nil
}

// followCount checks an estimate. Its standard error is 0.81 %, so that five times that, and two for small numbers, do
// not happen by chance.
func followCount(m *Model, a []any, got Reply) error {
	n, err := m.HyperLogLogs().Count(a[0].([]string)...)
	if err != nil || got.Err != nil {
		return got.differ(Reply{Err: err}, ordered)
	}
	const tolerated, least = 5 * 0.0081, 2
	estimate := got.Values[0].(int64)
	if off := math.Abs(float64(estimate - n)); off > max(least, tolerated*float64(n)) || n <= 1 && off > 0 {
		return fmt.Errorf("got %d; want about %d", estimate, n)
	}
	return nil
}
