package modeltest

import (
	"maps"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// Model is the reference of a database: a map of keys to what they hold. Its stores do what the documentation of package
// datatypes says, in the plainest way. It is for one goroutine.
type Model struct {
	now     int64 // in Unix milliseconds
	entries map[string]*entry

	// unmet are keys of which all elements have expired and that no operation has met since. Scans may list them.
	unmet map[string]bool
}

// entry is what a key holds. Which of the fields mean something is a matter of the type.
type entry struct {
	typ      datatypes.Type
	expireAt int64 // in Unix milliseconds; zero: never

	text     string          // of a string
	distinct map[string]bool // what a HyperLogLog has counted; nil for other strings

	list    []string          // the elements of a list
	members map[string]member // of a set or a sorted set, or the fields of a hash; nil for other types
}

// member is a member of a set or a sorted set, or a field of a hash.
type member struct {
	value    string  // of a field
	score    float64 // of a member of a sorted set
	expireAt int64   // in Unix milliseconds; zero: never
}

// NewModel returns a model without keys, at Epoch.
func NewModel() *Model {
	return &Model{now: Epoch.UnixMilli(), entries: map[string]*entry{}, unmet: map[string]bool{}}
}

// Stores returns the stores of the model.
func (m *Model) Stores() Stores {
	return Stores{
		Bitmaps:      m.Bitmaps(),
		Geo:          m.Geo(),
		Hashes:       m.Hashes(),
		HyperLogLogs: m.HyperLogLogs(),
		Keys:         m.Keys(),
		Lists:        m.Lists(),
		Sets:         m.Sets(),
		SortedSets:   m.SortedSets(),
		Strings:      m.Strings(),
		Advance:      m.Advance,
	}
}

// Advance moves the model's clock.
func (m *Model) Advance(d time.Duration) { m.now += d.Milliseconds() }

// Now returns the time by the model's clock.
func (m *Model) Now() time.Time { return time.UnixMilli(m.now) }

// Forget drops a key, as eviction does.
func (m *Model) Forget(key string) { delete(m.entries, key) }

// Clone returns a copy that shares nothing with the model.
func (m *Model) Clone() *Model {
	c := &Model{now: m.now, entries: make(map[string]*entry, len(m.entries)), unmet: maps.Clone(m.unmet)}
	for key, e := range m.entries {
		c.entries[key] = e.clone()
	}
	return c
}

func (e *entry) clone() *entry {
	c := *e
	c.list, c.members, c.distinct = slices.Clone(e.list), maps.Clone(e.members), maps.Clone(e.distinct)
	return &c
}

// expired reports whether a time, zero for never, has passed.
func (m *Model) expired(at int64) bool { return at != 0 && at < m.now }

// sweep drops what has expired, and collections that have nothing left.
func (m *Model) sweep() {
	for key, e := range m.entries {
		n := len(e.members)
		maps.DeleteFunc(e.members, func(_ string, x member) bool { return m.expired(x.expireAt) })
		if m.expired(e.expireAt) || e.empty() {
			delete(m.entries, key)
			m.unmet[key] = n > 0
		}
	}
}

// empty reports whether a collection has no elements: then there is no key.
func (e *entry) empty() bool {
	switch e.typ {
	case datatypes.TypeString:
		return false
	case datatypes.TypeList:
		return len(e.list) == 0
	}
	return len(e.members) == 0
}

// find returns what a key holds, nil if it does not exist.
func (m *Model) find(key string) *entry {
	m.sweep()
	delete(m.unmet, key)
	return m.entries[key]
}

// get is find for a key that must hold a certain type if it exists.
func (m *Model) get(key string, t datatypes.Type) (*entry, error) {
	e := m.find(key)
	if e != nil && e.typ != t {
		return nil, datatypes.ErrWrongType
	}
	return e, nil
}

// open is get that creates the key. One that then stays empty does not exist.
func (m *Model) open(key string, t datatypes.Type) (*entry, error) {
	e, err := m.get(key, t)
	if err == nil && e == nil {
		e = &entry{typ: t}
		if t != datatypes.TypeString && t != datatypes.TypeList {
			e.members = map[string]member{}
		}
		m.entries[key] = e
	}
	return e, err
}

// existing returns those of some keys that exist, each once.
func (m *Model) existing(keys []string) (found []string) {
	for _, key := range keys {
		if m.find(key) != nil && !slices.Contains(found, key) {
			found = append(found, key)
		}
	}
	return found
}

// deadline returns when something expires that is given a TTL or a time, zero for never.
func (m *Model) deadline(ttl time.Duration, at time.Time) (int64, error) {
	switch {
	case ttl != 0 && !at.IsZero():
		return 0, datatypes.ErrConflict
	case ttl < 0 || !at.IsZero() && at.UnixMilli() <= 0:
		return 0, datatypes.ErrInvalidExpire
	case ttl > 0:
		return m.after(ttl), nil
	case !at.IsZero():
		return at.UnixMilli(), nil
	}
	return 0, nil
}
