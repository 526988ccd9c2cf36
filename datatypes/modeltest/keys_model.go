package modeltest

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/glob"
)

// modelKeys are the keys of a model.
type modelKeys struct{ m *Model }

// Keys returns the keys of the model.
func (m *Model) Keys() Keys { return modelKeys{m} }

// keys returns the names of all keys in order.
func (m *Model) keys() []string {
	m.sweep()
	return slices.Sorted(maps.Keys(m.entries))
}

// matches reports whether a key matches a glob pattern.
func matches(pattern, key string) bool { return glob.Match(pattern, key, false) }

func (k modelKeys) All() iter.Seq[string] { return slices.Values(k.m.keys()) }

func (k modelKeys) Match(pattern string) iter.Seq[string] {
	return slices.Values(slices.DeleteFunc(k.m.keys(), func(key string) bool { return !matches(pattern, key) }))
}

// Scan returns all that there is at once.
func (k modelKeys) Scan(_ uint64, o datatypes.ScanOptions) ([]string, uint64, error) {
	return slices.DeleteFunc(k.m.keys(), func(key string) bool {
		return o.Match != "" && !matches(o.Match, key) || o.Type != 0 && k.m.entries[key].typ != o.Type
	}), 0, nil
}

func (k modelKeys) Len() (int, error) { return len(k.m.keys()), nil }

// Random returns the first key.
func (k modelKeys) Random() (string, bool, error) {
	for _, key := range k.m.keys() {
		return key, true, nil
	}
	return "", false, nil
}

func (k modelKeys) Type(key string) (datatypes.Type, bool, error) {
	if e := k.m.find(key); e != nil {
		return e.typ, true, nil
	}
	return 0, false, nil
}

func (k modelKeys) Exists(keys ...string) (n int, _ error) {
	for _, key := range keys {
		if k.m.find(key) != nil {
			n++
		}
	}
	return n, nil
}

func (k modelKeys) Touch(keys ...string) (int, error) { return k.Exists(keys...) }

func (k modelKeys) Del(keys ...string) (int, error) {
	found := k.m.existing(keys)
	for _, key := range found {
		k.m.Forget(key)
	}
	return len(found), nil
}

func (k modelKeys) Unlink(keys ...string) (int, error) { return k.Del(keys...) }

func (k modelKeys) Flush() error {
	clear(k.m.entries)
	return nil
}

func (k modelKeys) FlushAsync() error { return k.Flush() }

func (k modelKeys) Rename(from, to string) error {
	e := k.m.find(from)
	if e == nil {
		return datatypes.ErrNoSuchKey
	}
	k.m.Forget(from)
	k.m.entries[to] = e
	return nil
}

func (k modelKeys) RenameNX(from, to string) (bool, error) {
	if k.m.find(from) != nil && k.m.find(to) != nil {
		return false, nil
	}
	err := k.Rename(from, to)
	return err == nil, err
}

func (k modelKeys) Copy(from, to string, o datatypes.CopyOptions) (bool, error) {
	if from == to {
		return false, datatypes.ErrSameObject
	}
	e := k.m.find(from)
	if e == nil || k.m.find(to) != nil && !o.Replace {
		return false, nil
	}
	k.m.entries[to] = e.clone()
	return true, nil
}

func (k modelKeys) Expire(key string, ttl time.Duration, c datatypes.ExpireCond) (bool, error) {
	return k.expire(key, k.m.after(ttl), c)
}

func (k modelKeys) ExpireAt(key string, t time.Time, c datatypes.ExpireCond) (bool, error) {
	return k.expire(key, t.UnixMilli(), c)
}

func (k modelKeys) expire(key string, at int64, c datatypes.ExpireCond) (bool, error) {
	if conflictingConds(c) {
		return false, datatypes.ErrConflict
	}
	e := k.m.find(key)
	if e == nil || !meets(c, e.expireAt, at) {
		return false, nil
	}
	k.m.expireAt(key, at)
	return true, nil
}

// expireAt sets when a key expires. If the time has come it is gone.
func (m *Model) expireAt(key string, at int64) {
	if at <= m.now {
		m.Forget(key)
		return
	}
	m.entries[key].expireAt = at
}

func (k modelKeys) Persist(key string) (bool, error) {
	e := k.m.find(key)
	if e == nil || e.expireAt == 0 {
		return false, nil
	}
	e.expireAt = 0
	return true, nil
}

// left returns how long there is until a time, zero for never.
func (m *Model) left(at int64) time.Duration {
	if at == 0 {
		return datatypes.NoTTL
	}
	return time.Duration(at-m.now) * time.Millisecond
}

func (k modelKeys) TTL(key string) (time.Duration, bool, error) {
	if e := k.m.find(key); e != nil {
		return k.m.left(e.expireAt), true, nil
	}
	return 0, false, nil
}

func (k modelKeys) ExpireTime(key string) (time.Time, bool, error) {
	e := k.m.find(key)
	if e == nil || e.expireAt == 0 {
		return time.Time{}, e != nil, nil
	}
	return time.UnixMilli(e.expireAt), true, nil
}

// owner returns what a key holds that has members of their own expiry.
func (k modelKeys) owner(key string) (*entry, error) {
	e := k.m.find(key)
	if e != nil && e.members == nil {
		return nil, datatypes.ErrWrongType
	}
	return e, nil
}

func (k modelKeys) ExpireMember(key, name string, ttl time.Duration) (bool, error) {
	return k.expireMember(key, name, k.m.after(ttl))
}

func (k modelKeys) ExpireMemberAt(key, name string, t time.Time) (bool, error) {
	return k.expireMember(key, name, t.UnixMilli())
}

func (k modelKeys) expireMember(key, name string, at int64) (bool, error) {
	e, err := k.owner(key)
	if e == nil || err != nil {
		return false, err
	}
	x, ok := e.members[name]
	switch {
	case !ok:
		return false, nil
	case at <= k.m.now:
		delete(e.members, name)
	default:
		x.expireAt = at
		e.members[name] = x
	}
	return true, nil
}

func (k modelKeys) PersistMember(key, name string) (bool, error) {
	e, err := k.owner(key)
	if e == nil || err != nil || e.members[name].expireAt == 0 {
		return false, err
	}
	x := e.members[name]
	x.expireAt = 0
	e.members[name] = x
	return true, nil
}

func (k modelKeys) MemberTTL(key, name string) (time.Duration, bool, error) {
	e, err := k.owner(key)
	if e == nil || err != nil {
		return 0, false, err
	}
	x, ok := e.members[name]
	if !ok {
		return 0, false, nil
	}
	return k.m.left(x.expireAt), true, nil
}
