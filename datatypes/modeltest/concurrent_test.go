package modeltest_test

import (
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/datatypes/modeltest"
)

// openShared opens a cache for several goroutines.
func openShared(t *testing.T) modeltest.Shared {
	t.Helper()
	clock := modeltest.NewClock()
	c, err := larder.Open(larder.Options{Shards: 4, Clock: clock, NoMaintenance: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return modeltest.Shared{
		Stores: modeltest.Of(c, clock),
		Update: func(keys []string, fn func(modeltest.Stores) error) error {
			return c.Update(keys, func(tx *larder.Tx) error { return fn(modeltest.Of(tx, clock)) })
		},
		UpdateAll: func(fn func(modeltest.Stores) error) error {
			return c.UpdateAll(func(tx *larder.Tx) error { return fn(modeltest.Of(tx, clock)) })
		},
		Flush: c.FlushAll,
	}
}

func TestCacheConcurrently(t *testing.T) {
	t.Parallel()
	modeltest.CheckConcurrent(t, openShared(t), modeltest.Load{Histories: 500})
}

// wrap returns shared stores that are a wrapped store of strings and no other. Transactions are left out, since they do
// not go through the wrapper.
func wrap(s modeltest.Shared, st modeltest.Strings) modeltest.Shared {
	return modeltest.Shared{Stores: modeltest.Stores{Strings: st, Advance: s.Advance}, Flush: s.Flush}
}

// unlocked increments what it has read before.
type unlocked struct{ datatypes.Strings }

func (st unlocked) Incr(key string) (int64, error) {
	old, _, err := st.Get(key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(old), 10, 64)
	if err != nil || n == math.MaxInt64 {
		return st.Strings.Incr(key)
	}
	runtime.Gosched()
	_, err = st.Set(key, strconv.AppendInt(nil, n+1, 10), datatypes.SetOptions{KeepTTL: true})
	return n + 1, err
}

// piecewise sets several keys one after the other.
type piecewise struct{ datatypes.Strings }

func (st piecewise) MSet(items ...datatypes.Item) error {
	for _, item := range items {
		if _, err := st.Set(item.Key, item.Value, datatypes.SetOptions{}); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

// near keeps what it has read in a map of its own. What is written is removed from there, but a reader may be about to
// add what it has read before.
type near struct {
	datatypes.Strings
	read *sync.Map
}

func (st near) Get(key string) ([]byte, bool, error) {
	if v, ok := st.read.Load(key); ok {
		return v.([]byte), true, nil
	}
	v, ok, err := st.Strings.Get(key)
	runtime.Gosched()
	if ok && err == nil {
		st.read.Store(key, v)
	}
	return v, ok, err
}

func (st near) GetDel(key string) ([]byte, bool, error) {
	defer st.read.Delete(key)
	return st.Strings.GetDel(key)
}

func (st near) Set(key string, value []byte, o datatypes.SetOptions) (bool, error) {
	defer st.read.Delete(key)
	return st.Strings.Set(key, value, o)
}

// TestConcurrentFaults plants faults that no single goroutine can see, and expects a short history of each.
func TestConcurrentFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		open  func(*testing.T) modeltest.Shared
		only  []string // the methods of strings that are called; nil: all
		lines int      // of the report at most
	}{
		{"lost update", func(t *testing.T) modeltest.Shared {
			s := openShared(t)
			return wrap(s, unlocked{s.Strings.(datatypes.Strings)})
		}, nil, 10},
		{"a write of several keys that can be seen half done", func(t *testing.T) modeltest.Shared {
			s := openShared(t)
			return wrap(s, piecewise{s.Strings.(datatypes.Strings)})
		}, []string{"Strings.MSet", "Strings.MGet", "Strings.Get"}, 10},
		{"stale read after a delete", func(t *testing.T) modeltest.Shared {
			s := openShared(t)
			read, flush := &sync.Map{}, s.Flush
			s.Flush = func() error {
				read.Clear()
				return flush()
			}
			return wrap(s, near{s.Strings.(datatypes.Strings), read})
		}, []string{"Strings.Get", "Strings.GetDel", "Strings.Set"}, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tt.open(t)
			if tt.only != nil {
				s.Omit = others(s.Stores, tt.only)
			}
			err := modeltest.RunConcurrent(s, modeltest.Load{Histories: 20_000})
			if err == nil {
				t.Fatal("not found")
			}
			if n := strings.Count(err.Error(), "\n"); n > tt.lines {
				t.Errorf("the report has %d lines, want at most %d", n, tt.lines)
			}
			t.Log(err)
		})
	}
}
