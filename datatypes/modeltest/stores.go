package modeltest

import (
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// Stores are what is tested: the stores of one database. Those that are nil are not driven.
type Stores struct {
	Bitmaps      Bitmaps
	Geo          Geo
	Hashes       Hashes
	HyperLogLogs HyperLogLogs
	Keys         Keys
	Lists        Lists
	Sets         Sets
	SortedSets   SortedSets
	Strings      Strings

	// Advance moves the clock that the stores go by, which must stand still otherwise and begin at Epoch. If it is
	// nil nothing expires.
	Advance func(time.Duration)

	// Evicts says that keys may be evicted at any time.
	Evicts bool

	// Only has the names of the only methods that are called, such as "Strings.Get". If it is empty all are.
	Only []string

	// Omit has the names of methods that are not called.
	Omit []string
}

// A Source has stores: a larder.Cache, a larder.DB or a larder.Tx.
type Source interface {
	Bitmaps() datatypes.Bitmaps
	Geo() datatypes.Geo
	Hashes() datatypes.Hashes
	HyperLogLogs() datatypes.HyperLogLogs
	Keys() datatypes.Keys
	Lists() datatypes.Lists
	Sets() datatypes.Sets
	SortedSets() datatypes.SortedSets
	Strings() datatypes.Strings
}

// Of returns all stores of a source. A clock that the source goes by makes them expire; it may be nil.
func Of(source Source, clock *Clock) Stores {
	s := Stores{
		Bitmaps:      source.Bitmaps(),
		Geo:          source.Geo(),
		Hashes:       source.Hashes(),
		HyperLogLogs: source.HyperLogLogs(),
		Keys:         source.Keys(),
		Lists:        source.Lists(),
		Sets:         source.Sets(),
		SortedSets:   source.SortedSets(),
		Strings:      source.Strings(),
	}
	if clock != nil {
		s.Advance = clock.Advance
	}
	return s
}

// store returns the store of a name, an invalid value if there is none.
func (s Stores) store(name string) reflect.Value {
	return reflect.ValueOf(s).FieldByName(name).Elem()
}

// has reports whether the stores have a method and want it called.
func (s Stores) has(m *method) bool {
	if len(s.Only) > 0 && !slices.Contains(s.Only, m.name) {
		return false
	}
	if slices.Contains(s.Omit, m.name) || m.expires && s.Advance == nil {
		return false
	}
	store, name := m.split()
	v := s.store(store)
	return v.IsValid() && v.MethodByName(name).IsValid()
}

// Epoch is the time at which a Clock and a model begin. It is also that at which a bubble of testing/synctest begins.
var Epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Clock is a clock that stands still until it is told to move. It is safe for concurrent use.
type Clock struct{ nanos atomic.Int64 }

// NewClock returns a clock at Epoch.
func NewClock() *Clock {
	c := &Clock{}
	c.nanos.Store(Epoch.UnixNano())
	return c
}

// Now returns the time.
func (c *Clock) Now() time.Time { return time.Unix(0, c.nanos.Load()) }

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) { c.nanos.Add(int64(d)) }
