package modeltest

import (
	"maps"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/glob"
)

// collection is what a set, a hash or a sorted set of the model has: elements by name.
type collection map[string]member

// collection returns what a key holds, which must be of a certain type if there is any. Without an error it may be
// changed; one without elements does not exist.
func (m *Model) collection(key string, t datatypes.Type) (collection, error) {
	e, err := m.open(key, t)
	if err != nil {
		return nil, err
	}
	return e.members, nil
}

// replace makes a key hold a collection and nothing else, without an expiry.
func (m *Model) replace(key string, t datatypes.Type, c collection) {
	m.entries[key] = &entry{typ: t, members: c}
}

// names returns the names of the elements in the order of their bytes.
func (c collection) names() []string { return slices.Sorted(maps.Keys(c)) }

func (c collection) has(name string) bool {
	_, has := c[name]
	return has
}

// add adds an element without a value, unless it is there already.
func (c collection) add(name string) (added bool) {
	if c.has(name) {
		return false
	}
	c[name] = member{}
	return true
}

// remove drops elements and returns how many of them there were.
func (c collection) remove(names ...string) (removed int) {
	for _, name := range names {
		if c.has(name) {
			delete(c, name)
			removed++
		}
	}
	return removed
}

// expire makes elements expire at a time, or drops them if it has come, and returns what became of each.
func (c collection) expire(names []string, at, now int64, cond datatypes.ExpireCond) []datatypes.ExpireResult {
	results := make([]datatypes.ExpireResult, len(names))
	for i, name := range names {
		e, has := c[name]
		switch {
		case !has:
			results[i] = datatypes.ExpireMissing
		case at <= now:
			delete(c, name)
			results[i] = datatypes.ExpireDeleted
		case !meets(cond, e.expireAt, at):
			results[i] = datatypes.ExpireRefused
		default:
			e.expireAt = at
			c[name] = e
			results[i] = datatypes.ExpireDone
		}
	}
	return results
}

// meets reports whether conditions let an expiry change from one time, zero for never, to another.
func meets(c datatypes.ExpireCond, from, to int64) bool {
	switch {
	case c&datatypes.ExpireNX != 0 && from != 0, c&datatypes.ExpireXX != 0 && from == 0:
		return false
	case c&datatypes.ExpireGT != 0:
		return from != 0 && to > from
	case c&datatypes.ExpireLT != 0:
		return from == 0 || to < from
	}
	return true
}

// persist makes elements expire no more and returns what became of each.
func (c collection) persist(names []string) []datatypes.ExpireResult {
	results := make([]datatypes.ExpireResult, len(names))
	for i, name := range names {
		e, has := c[name]
		switch {
		case !has:
			results[i] = datatypes.ExpireMissing
		case e.expireAt == 0:
			results[i] = datatypes.ExpireNoTTL
		default:
			e.expireAt = 0
			c[name] = e
			results[i] = datatypes.ExpireDone
		}
	}
	return results
}

// expiry tells when an element expires.
func (c collection) expiry(name string, now int64) datatypes.FieldExpiry {
	e, has := c[name]
	switch {
	case !has:
		return datatypes.FieldExpiry{}
	case e.expireAt == 0:
		return datatypes.FieldExpiry{Exists: true, TTL: datatypes.NoTTL}
	}
	return datatypes.FieldExpiry{Exists: true, TTL: time.Duration(e.expireAt-now) * time.Millisecond, At: time.UnixMilli(e.expireAt)}
}

// after returns the time after a TTL, which may be negative. Part of a millisecond counts as a whole one.
func (m *Model) after(ttl time.Duration) int64 {
	ms := ttl.Milliseconds()
	if ttl > time.Duration(ms)*time.Millisecond {
		ms++
	}
	return m.now + ms
}

// conflictingConds reports whether conditions exclude each other.
func conflictingConds(c datatypes.ExpireCond) bool {
	return c&datatypes.ExpireNX != 0 && c != datatypes.ExpireNX || c&datatypes.ExpireGT != 0 && c&datatypes.ExpireLT != 0
}

// expireElements is Expire and ExpireAt of hashes and sorted sets.
func (m *Model) expireElements(key string, t datatypes.Type, at int64, cond datatypes.ExpireCond, names []string) ([]datatypes.ExpireResult, error) {
	if conflictingConds(cond) {
		return nil, datatypes.ErrConflict
	}
	c, err := m.collection(key, t)
	if err != nil {
		return nil, err
	}
	return c.expire(names, at, m.now, cond), nil
}

// draw returns the first n elements, or all if there are no more, and for a negative n the first as often as is asked.
// It is the model's idea of a random choice.
func draw[E any](all []E, n int) []E {
	switch {
	case len(all) == 0:
		return nil
	case n < 0:
		return slices.Repeat(all[:1], -n)
	}
	return all[:min(n, len(all))]
}

// matching returns those names that a scan is to return.
func matching(names []string, o datatypes.ElementScanOptions) []string {
	if o.Match == "" {
		return names
	}
	return slices.DeleteFunc(names, func(name string) bool { return !glob.Match(o.Match, name, false) })
}
