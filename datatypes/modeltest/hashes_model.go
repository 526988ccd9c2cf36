package modeltest

import (
	"iter"
	"math"
	"strconv"
	"time"

	"github.com/larderkv/larder/datatypes"
)

// modelHashes are the hashes of a model. Fields come in the order of their names' bytes.
type modelHashes struct{ m *Model }

// Hashes returns the hashes of the model.
func (m *Model) Hashes() Hashes { return modelHashes{m} }

func (st modelHashes) find(key string) (collection, error) {
	return st.m.collection(key, datatypes.TypeHash)
}

// put gives a field a value and leaves its expiry as it is.
func put(h collection, field, value string) {
	f := h[field]
	f.value = value
	h[field] = f
}

// Set sets fields, which expire no more.
func (st modelHashes) Set(key string, fields ...datatypes.Field) (added int, err error) {
	h, err := st.find(key)
	if err != nil {
		return 0, err
	}
	for _, f := range fields {
		if !h.has(f.Name) {
			added++
		}
		h[f.Name] = member{value: string(f.Value)}
	}
	return added, nil
}

func (st modelHashes) SetIfAbsent(key, field string, value []byte) (set bool, err error) {
	h, err := st.find(key)
	if err != nil || h.has(field) {
		return false, err
	}
	put(h, field, string(value))
	return true, nil
}

func (st modelHashes) SetEx(key string, o datatypes.SetOptions, fields ...datatypes.Field) (set bool, err error) {
	at, err := st.deadline(o.TTL, o.ExpireAt)
	if err != nil {
		return false, err
	}
	if o.IfAbsent && o.IfPresent || o.KeepTTL && at != 0 {
		return false, datatypes.ErrConflict
	}
	h, err := st.find(key)
	if err != nil {
		return false, err
	}
	for _, f := range fields {
		if has := h.has(f.Name); o.IfAbsent && has || o.IfPresent && !has {
			return false, nil
		}
	}
	for _, f := range fields {
		switch {
		case at != 0 && at <= st.m.now:
			h.remove(f.Name)
		case o.KeepTTL:
			put(h, f.Name, string(f.Value))
		default:
			h[f.Name] = member{value: string(f.Value), expireAt: at}
		}
	}
	return true, nil
}

// deadline returns when fields are to expire, in Unix milliseconds, zero if that is not said.
func (st modelHashes) deadline(ttl time.Duration, at time.Time) (int64, error) {
	switch {
	case ttl != 0 && !at.IsZero():
		return 0, datatypes.ErrConflict
	case ttl < 0:
		return 0, datatypes.ErrInvalidExpire
	case ttl > 0:
		return st.m.after(ttl), nil
	case !at.IsZero():
		return at.UnixMilli(), nil
	}
	return 0, nil
}

func (st modelHashes) Get(key, field string) (value []byte, ok bool, err error) {
	values, err := st.GetMany(nil, key, field)
	if err != nil || values[0] == nil {
		return nil, false, err
	}
	return values[0], true, nil
}

func (st modelHashes) GetMany(dst [][]byte, key string, fields ...string) ([][]byte, error) {
	h, err := st.find(key)
	if err != nil {
		return dst, err
	}
	for _, name := range fields {
		var value []byte
		if f, has := h[name]; has {
			value = []byte(f.value)
		}
		dst = append(dst, value)
	}
	return dst, nil
}

// GetDel reads fields and deletes them; one that is named twice is gone the second time.
func (st modelHashes) GetDel(dst [][]byte, key string, fields ...string) ([][]byte, error) {
	for _, name := range fields {
		var err error
		if dst, err = st.GetMany(dst, key, name); err != nil {
			return dst, err
		}
		if _, err = st.Delete(key, name); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func (st modelHashes) GetEx(dst [][]byte, key string, o datatypes.GetExOptions, fields ...string) ([][]byte, error) {
	at, err := st.deadline(o.TTL, o.ExpireAt)
	switch {
	case err != nil:
		return dst, err
	case at != 0 && o.Persist:
		return dst, datatypes.ErrConflict
	case at != 0 && at <= st.m.now:
		return st.GetDel(dst, key, fields...)
	case at != 0:
		_, err = st.ExpireAt(key, time.UnixMilli(at), datatypes.ExpireAlways, fields...)
	case o.Persist:
		_, err = st.Persist(key, fields...)
	}
	if err != nil {
		return dst, err
	}
	return st.GetMany(dst, key, fields...)
}

func (st modelHashes) Len(key string) (int, error) {
	h, err := st.find(key)
	return len(h), err
}

func (st modelHashes) ValueLen(key, field string) (int, error) {
	h, err := st.find(key)
	return len(h[field].value), err
}

func (st modelHashes) Exists(key, field string) (bool, error) {
	h, err := st.find(key)
	return h.has(field), err
}

func (st modelHashes) Delete(key string, fields ...string) (deleted int, err error) {
	h, err := st.find(key)
	if err != nil {
		return 0, err
	}
	deleted = h.remove(fields...)
	return deleted, nil
}

// IncrBy leaves the field's expiry as it is. Like Redis it takes no text for an integer but that which it would write
// itself.
func (st modelHashes) IncrBy(key, field string, delta int64) (int64, error) {
	h, err := st.find(key)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	if f, has := h[field]; has {
		if n, err = strconv.ParseInt(f.value, 10, 64); err != nil || strconv.FormatInt(n, 10) != f.value {
			return 0, datatypes.ErrFieldNotInteger
		}
	}
	if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta {
		return 0, datatypes.ErrOverflow
	}
	n += delta
	put(h, field, strconv.FormatInt(n, 10))
	return n, nil
}

// IncrByFloat leaves the field's expiry as it is.
func (st modelHashes) IncrByFloat(key, field string, delta float64) (float64, error) {
	h, err := st.find(key)
	if err != nil {
		return 0, err
	}
	old := "0"
	if h.has(field) {
		old = h[field].value
	}
	sum, err := addFloat(old, delta, datatypes.ErrFieldNotFloat)
	if err != nil {
		return 0, err
	}
	put(h, field, sum)
	return nearestFloat(sum), nil
}

func (st modelHashes) GetAll(key string) ([]datatypes.Field, error) {
	h, err := st.find(key)
	return fieldsOf(h, h.names()), err
}

// fieldsOf returns fields of a hash.
func fieldsOf(h collection, names []string) []datatypes.Field {
	fields := make([]datatypes.Field, len(names))
	for i, name := range names {
		fields[i] = datatypes.Field{Name: name, Value: []byte(h[name].value)}
	}
	return fields
}

func (st modelHashes) Fields(key string) ([]string, error) {
	h, err := st.find(key)
	return h.names(), err
}

func (st modelHashes) Values(key string) (values [][]byte, err error) {
	fields, err := st.GetAll(key)
	for _, f := range fields {
		values = append(values, f.Value)
	}
	return values, err
}

func (st modelHashes) All(key string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		fields, _ := st.GetAll(key)
		for _, f := range fields {
			if !yield(f.Name, f.Value) {
				return
			}
		}
	}
}

func (st modelHashes) Scan(key string, _ uint64, o datatypes.ElementScanOptions) (fields []datatypes.Field, next uint64, err error) {
	h, err := st.find(key)
	return fieldsOf(h, matching(h.names(), o)), 0, err
}

func (st modelHashes) Random(key string, count int) ([]datatypes.Field, error) {
	h, err := st.find(key)
	return fieldsOf(h, draw(h.names(), count)), err
}

func (st modelHashes) Expire(key string, ttl time.Duration, c datatypes.ExpireCond, fields ...string) ([]datatypes.ExpireResult, error) {
	return st.m.expireElements(key, datatypes.TypeHash, st.m.after(ttl), c, fields)
}

func (st modelHashes) ExpireAt(key string, t time.Time, c datatypes.ExpireCond, fields ...string) ([]datatypes.ExpireResult, error) {
	return st.m.expireElements(key, datatypes.TypeHash, t.UnixMilli(), c, fields)
}

func (st modelHashes) Persist(key string, fields ...string) ([]datatypes.ExpireResult, error) {
	h, err := st.find(key)
	if err != nil {
		return nil, err
	}
	return h.persist(fields), nil
}

func (st modelHashes) TTL(key, field string) (ttl time.Duration, ok bool, err error) {
	h, err := st.find(key)
	e := h.expiry(field, st.m.now)
	return e.TTL, e.Exists, err
}

func (st modelHashes) Expiry(key string, fields ...string) ([]datatypes.FieldExpiry, error) {
	h, err := st.find(key)
	if err != nil {
		return nil, err
	}
	expiries := make([]datatypes.FieldExpiry, len(fields))
	for i, name := range fields {
		expiries[i] = h.expiry(name, st.m.now)
	}
	return expiries, nil
}
