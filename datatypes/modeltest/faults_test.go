package modeltest_test

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/modeltest"
)

// Each type below is a wrapper that does one thing wrong, as wrappers and stores have been seen to. What several
// goroutines are needed to see is in TestConcurrentFaults.

// keepsTTL overwrites a value and leaves it the expiry of the one before.
type keepsTTL struct{ datatypes.Strings }

func (st keepsTTL) Set(key string, value []byte, o datatypes.SetOptions) (bool, error) {
	if o.TTL == 0 && o.ExpireAt.IsZero() {
		o.KeepTTL = true
	}
	return st.Strings.Set(key, value, o)
}

// dropsTTL makes a value expire no more when it changes.
type dropsTTL struct{ datatypes.Strings }

func (st dropsTTL) Append(key string, value []byte) (int, error) {
	n, err := st.Strings.Append(key, value)
	if err == nil {
		_, _, err = st.GetEx(key, datatypes.GetExOptions{Persist: true})
	}
	return n, err
}

// roundsSums adds with 53 bits where 64 are promised.
type roundsSums struct{ datatypes.Strings }

func (st roundsSums) IncrByFloat(key string, delta float64) (float64, error) {
	old, ok, err := st.Get(key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(string(old), 64)
	if ok && err != nil {
		return st.Strings.IncrByFloat(key, delta)
	}
	sum := strconv.FormatFloat(n+delta, 'f', -1, 64)
	_, err = st.Strings.Set(key, []byte(sum), datatypes.SetOptions{KeepTTL: true})
	return n + delta, err
}

// anyType takes what is no string for an empty one.
type anyType struct{ datatypes.Strings }

func (st anyType) Len(key string) (int, error) {
	n, _ := st.Strings.Len(key)
	return n, nil
}

// stale answers from what it has read until it is written by itself.
type stale struct {
	datatypes.Strings
	read map[string][]byte
}

func (st stale) Get(key string) ([]byte, bool, error) {
	if v, ok := st.read[key]; ok {
		return v, true, nil
	}
	v, ok, err := st.Strings.Get(key)
	if ok && err == nil {
		st.read[key] = v
	}
	return v, ok, err
}

func (st stale) Set(key string, value []byte, o datatypes.SetOptions) (bool, error) {
	delete(st.read, key)
	return st.Strings.Set(key, value, o)
}

// setsSome sets the items in front of the one whose key exists already.
type setsSome struct{ datatypes.Strings }

func (st setsSome) MSetNX(items ...datatypes.Item) (bool, error) {
	for _, item := range items {
		if stored, err := st.Strings.Set(item.Key, item.Value, datatypes.SetOptions{IfAbsent: true}); !stored || err != nil {
			return false, err
		}
	}
	return true, nil
}

// movesAway takes a member out of its set before it finds that it cannot be added to the other.
type movesAway struct{ datatypes.Sets }

func (st movesAway) Move(from, to, member string) (bool, error) {
	n, err := st.Sets.Remove(from, member)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = st.Sets.Add(to, member)
	return err == nil, err
}

// lacksOne leaves the last member out of larger unions.
type lacksOne struct{ datatypes.Sets }

func (st lacksOne) Union(keys ...string) ([]string, error) {
	members, err := st.Sets.Union(keys...)
	if len(keys) > 1 && len(members) > 3 {
		members = members[:len(members)-1]
	}
	return members, err
}

// skips leaves out what is first in every page of a scan but the first.
type skips struct{ datatypes.Sets }

func (st skips) Scan(key string, cursor uint64, o datatypes.ElementScanOptions) ([]string, uint64, error) {
	members, next, err := st.Sets.Scan(key, cursor, o)
	if cursor != 0 && len(members) > 0 {
		members = members[1:]
	}
	return members, next, err
}

// countsFromOne is off by one for all but the first.
type countsFromOne struct{ datatypes.SortedSets }

func (z countsFromOne) Rank(key, member string) (int, float64, bool, error) {
	rank, score, ok, err := z.SortedSets.Rank(key, member)
	if rank > 0 {
		rank++
	}
	return rank, score, ok, err
}

// includes takes an exclusive bound for an inclusive one.
type includes struct{ datatypes.SortedSets }

func (z includes) Count(key string, min, max datatypes.ScoreBound) (int, error) {
	max.Exclusive = false
	return z.SortedSets.Count(key, min, max)
}

// shortens keeps no more of a value than a byte can count.
type shortens struct{ datatypes.Hashes }

func (h shortens) Set(key string, fields ...datatypes.Field) (int, error) {
	fields = slices.Clone(fields)
	for i, f := range fields {
		fields[i].Value = f.Value[:min(len(f.Value), 255)]
	}
	return h.Hashes.Set(key, fields...)
}

// insertsBehind has one side only.
type insertsBehind struct{ datatypes.Lists }

func (st insertsBehind) Insert(key string, before bool, pivot, value []byte) (int, error) {
	return st.Lists.Insert(key, false, pivot, value)
}

// forgetsExpiry moves a value without its expiry.
type forgetsExpiry struct{ datatypes.Keys }

func (k forgetsExpiry) Rename(from, to string) error {
	err := k.Keys.Rename(from, to)
	if err == nil {
		_, err = k.Keys.Persist(to)
	}
	return err
}

// counts counts keys by an index of its own, from which they go only when they are deleted.
type counts struct {
	datatypes.Keys
	index map[string]bool
}

func (k counts) Exists(keys ...string) (n int, err error) {
	for _, key := range keys {
		found, err := k.Keys.Exists(key)
		if err != nil {
			return 0, err
		}
		if found == 1 {
			k.index[key] = true
		}
		if k.index[key] {
			n++
		}
	}
	return n, nil
}

func (k counts) Del(keys ...string) (int, error) {
	for _, key := range keys {
		delete(k.index, key)
	}
	return k.Keys.Del(keys...)
}

// TestFaults plants each fault in the stores of a cache and expects scripts as Check draws them to show it.
func TestFaults(t *testing.T) {
	t.Parallel()
	type stores = modeltest.Stores
	tests := []struct {
		name  string
		plant func(c *larder.Cache) stores
		only  []string // the methods that are called; nil: all
	}{
		{"wrong TTL after an overwrite", func(c *larder.Cache) stores { return stores{Strings: keepsTTL{c.Strings()}} },
			[]string{"Strings.Set", "Strings.Get"}},
		{"TTL lost by a change", func(c *larder.Cache) stores { return stores{Strings: dropsTTL{c.Strings()}} },
			[]string{"Strings.Set", "Strings.Append", "Strings.Get"}},
		{"sum of floats rounded", func(c *larder.Cache) stores { return stores{Strings: roundsSums{c.Strings()}} },
			[]string{"Strings.Set", "Strings.IncrByFloat", "Strings.Get"}},
		{"wrong type not refused", func(c *larder.Cache) stores {
			return stores{Strings: anyType{c.Strings()}, Sets: c.Sets()}
		}, []string{"Strings.Len", "Sets.Add"}},
		{"stale read after a delete", func(c *larder.Cache) stores {
			return stores{Strings: stale{c.Strings(), map[string][]byte{}}}
		}, nil},
		{"partial effect of what is refused", func(c *larder.Cache) stores { return stores{Strings: setsSome{c.Strings()}} }, nil},
		{"partial effect of what fails", func(c *larder.Cache) stores {
			return stores{Sets: movesAway{c.Sets()}, Strings: c.Strings()}
		}, []string{"Sets.Add", "Sets.Move", "Sets.Union", "Strings.Set"}},
		{"member missing from a union", func(c *larder.Cache) stores { return stores{Sets: lacksOne{c.Sets()}} }, nil},
		{"scan that skips", func(c *larder.Cache) stores { return stores{Sets: skips{c.Sets()}} },
			[]string{"Sets.Add", "Sets.Scan"}},
		{"rank off by one", func(c *larder.Cache) stores { return stores{SortedSets: countsFromOne{c.SortedSets()}} },
			[]string{"SortedSets.Add", "SortedSets.Rank"}},
		{"bound taken for inclusive", func(c *larder.Cache) stores { return stores{SortedSets: includes{c.SortedSets()}} },
			[]string{"SortedSets.Add", "SortedSets.Count"}},
		{"value cut short", func(c *larder.Cache) stores { return stores{Hashes: shortens{c.Hashes()}} },
			[]string{"Hashes.Set", "Hashes.GetAll"}},
		{"inserted at the wrong side", func(c *larder.Cache) stores { return stores{Lists: insertsBehind{c.Lists()}} },
			[]string{"Lists.RPush", "Lists.Insert", "Lists.Range"}},
		{"expiry left behind by a rename", func(c *larder.Cache) stores {
			return stores{Keys: forgetsExpiry{c.Keys()}, Strings: c.Strings()}
		}, []string{"Keys.Rename", "Keys.TTL", "Strings.Set"}},
		{"expired key still counted", func(c *larder.Cache) stores {
			return stores{Keys: counts{c.Keys(), map[string]bool{}}, Strings: c.Strings()}
		}, []string{"Keys.Exists", "Strings.Set"}},
		{"key that expires late", func(c *larder.Cache) stores { return stores{Strings: c.Strings()} },
			[]string{"Strings.Set", "Strings.Get"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			late := time.Duration(0)
			if tt.name == "key that expires late" {
				late = time.Millisecond
			}
			const most = 1000 // scripts; some tens are enough
			for seed := range most {
				if err := faulty(t, seed, late, tt.plant, tt.only); err != nil {
					t.Logf("script %d: %.120v", seed, err)
					return
				}
			}
			t.Errorf("%d scripts have not shown it", most)
		})
	}
}

// faulty runs one script on the stores of a new cache, whose clock goes by so much less than it should each time.
func faulty(t *testing.T, seed int, late time.Duration, plant func(*larder.Cache) modeltest.Stores, only []string) error {
	clock := modeltest.NewClock()
	c, err := larder.Open(larder.Options{Shards: 1, Clock: clock, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := plant(c)
	s.Advance = func(d time.Duration) { clock.Advance(d - late) }
	if only != nil {
		s.Omit = others(s, only)
	}
	return modeltest.Run(s, modeltest.Scripts(s).Example(seed))
}

// others returns the names of the methods of stores but for some.
func others(s modeltest.Stores, some []string) (names []string) {
	for field, store := range reflect.ValueOf(s).Fields() {
		if store.Kind() != reflect.Interface || store.IsNil() {
			continue
		}
		for method := range store.Elem().Type().Methods() {
			if name := field.Name + "." + method.Name; !slices.Contains(some, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
