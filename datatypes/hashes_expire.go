package datatypes

import (
	"time"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/members"
)

// ExpireResult says what became of a field, or a member, whose expiry was to change.
type ExpireResult int8

// The results. Their numbers are those of the commands' replies.
const (
	ExpireMissing ExpireResult = -2 // there is no such field or member, or no such key
	ExpireNoTTL   ExpireResult = -1 // it has no expiry to remove
	ExpireRefused ExpireResult = 0  // the condition did not let it
	ExpireDone    ExpireResult = 1
	ExpireDeleted ExpireResult = 2 // because the time has come
)

// Expire makes fields expire after ttl; one that is not positive deletes them, whatever the
// condition. It returns what became of each field. It is HEXPIRE and HPEXPIRE. O(fields); a
// small hash becomes a large one.
//
// It returns ErrConflict for conditions that exclude each other and ErrInvalidExpire for a time
// beyond what 64 bits of milliseconds hold.
func (st Hashes) Expire(key string, ttl time.Duration, c ExpireCond, fields ...string) ([]ExpireResult, error) {
	return st.expire(key, st.view.Now()+ceilMillis(ttl), c, fields)
}

// ExpireAt is Expire with a point in time, to the millisecond. It is HEXPIREAT and HPEXPIREAT.
func (st Hashes) ExpireAt(key string, t time.Time, c ExpireCond, fields ...string) ([]ExpireResult, error) {
	ms, err := unixMilli(t)
	if err != nil {
		return nil, err
	}
	return st.expire(key, ms, c, fields)
}

func (st Hashes) expire(key string, at int64, c ExpireCond, fields []string) ([]ExpireResult, error) {
	if c.conflict() {
		return nil, ErrConflict
	}
	if at <= st.view.Now() {
		return st.expireNow(key, fields)
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, expiryRoom*len(fields))
	if err != nil {
		return nil, err
	}
	defer s.Unlock()
	return h.expire(&s, fields, at, c)
}

// expireNow deletes fields because they were told to expire at a time that has come.
func (st Hashes) expireNow(key string, fields []string) ([]ExpireResult, error) {
	var s keyspace.Slot
	h, err := st.reduce(&s, key)
	if err != nil {
		return nil, err
	}
	defer s.Unlock()
	results := make([]ExpireResult, 0, len(fields))
	removed, err := h.removeEach(&s, fields, func(_ encoding.Element, ok bool) {
		if ok {
			results = append(results, ExpireDeleted)
		} else {
			results = append(results, ExpireMissing)
		}
	})
	if err != nil {
		return nil, err
	}
	notifyRemoved(&s, "hexpired", removed)
	return results, nil
}

// expire makes fields expire at a time to come. A packed hash becomes a large one for the first
// of them.
func (h *hashValue) expire(s *keyspace.Slot, fields []string, at int64, c ExpireCond) ([]ExpireResult, error) {
	if h.enc == hashPacked && c.allows(0, at) && h.hasAny(fields) {
		if err := h.enlargeForExpiry(s); err != nil {
			return nil, err
		}
	}
	results := make([]ExpireResult, len(fields))
	changed := false
	for i, f := range fields {
		var err error
		if results[i], err = h.expireField(s, f, at, c); err != nil {
			return nil, err
		}
		changed = changed || results[i] == ExpireDone
	}
	if changed {
		s.Notify(keyspace.ClassHash, "hexpire")
	}
	return results, nil
}

func (h *hashValue) hasAny(fields []string) bool {
	for _, f := range fields {
		if _, ok := h.get(f); ok {
			return true
		}
	}
	return false
}

// enlargeForExpiry gives a packed hash the large representation, unless making
// room for that evicts it.
func (h *hashValue) enlargeForExpiry(s *keyspace.Slot) error {
	if err := s.Grow(h.enlargedSize()); err != nil {
		return err
	}
	if h.load(s); h.enc != hashPacked {
		return nil
	}
	return h.enlarge(s, &hashWrite{})
}

func (h *hashValue) expireField(s *keyspace.Slot, field string, at int64, c ExpireCond) (ExpireResult, error) {
	is, ok := h.expiry(field)
	switch {
	case !ok:
		return ExpireMissing, nil
	case !c.allows(is, at):
		return ExpireRefused, nil
	}
	env, ref := h.env, h.find(field)
	if h.root.Reserve(env, members.Valued.Size(len(field), h.valueAt(ref).Len())+expiryRoom) != nil {
		return 0, ErrOutOfMemory
	}
	s.BeginWrite()
	h.root.SetExpireAt(env, ref, at, s.Now())
	h.save(s)
	return ExpireDone, nil
}

// expiry returns when a field expires, zero for never, and whether there is such a
// field.
func (h *hashValue) expiry(field string) (at int64, ok bool) {
	if h.enc != hashTable {
		_, ok = h.get(field)
		return 0, ok
	}
	ref := h.find(field)
	if ref == 0 {
		return 0, false
	}
	return members.Valued.ExpireAt(h.env.Arena, ref), true
}

// Persist makes fields expire no more and returns what became of each. It is HPERSIST.
// O(fields).
func (st Hashes) Persist(key string, fields ...string) ([]ExpireResult, error) {
	var s keyspace.Slot
	h, err := st.reduce(&s, key)
	if err != nil {
		return nil, err
	}
	defer s.Unlock()
	return h.persist(&s, fields), nil
}

func (h *hashValue) persist(s *keyspace.Slot, fields []string) []ExpireResult {
	results := make([]ExpireResult, len(fields))
	changed := false
	for i, f := range fields {
		results[i] = h.persistField(s, f)
		changed = changed || results[i] == ExpireDone
	}
	if changed {
		s.Notify(keyspace.ClassHash, "hpersist")
	}
	return results
}

func (h *hashValue) persistField(s *keyspace.Slot, field string) ExpireResult {
	at, ok := h.expiry(field)
	switch {
	case !ok:
		return ExpireMissing
	case at == 0:
		return ExpireNoTTL
	}
	s.BeginWrite()
	h.root.Persist(h.env, h.find(field))
	h.save(s)
	return ExpireDone
}

// FieldExpiry tells when a field expires.
type FieldExpiry struct {
	Exists bool          // the hash has the field
	TTL    time.Duration // how long it has still to live; NoTTL if it does not expire
	At     time.Time     // when it expires; the zero time if it does not
}

// TTL returns how long a field has still to live, NoTTL if it does not expire, and whether the hash has it. It is HTTL
// and HPTTL of one field; Expiry tells of several. O(1).
func (st Hashes) TTL(key, field string) (ttl time.Duration, ok bool, err error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return 0, false, err
	}
	defer s.Unlock()
	at, ok := h.expiry(field)
	switch {
	case !ok:
		return 0, false, nil
	case at == 0:
		return NoTTL, true, nil
	}
	return fromMillis(max(at-s.Now(), 0)), true, nil
}

// Expiry returns when fields expire. It is HTTL, HPTTL, HEXPIRETIME and HPEXPIRETIME.
// O(fields).
func (st Hashes) Expiry(key string, fields ...string) ([]FieldExpiry, error) {
	var s keyspace.Slot
	h, err := st.read(&s, key)
	if err != nil {
		return nil, err
	}
	defer s.Unlock()
	out := make([]FieldExpiry, len(fields))
	for i, f := range fields {
		at, ok := h.expiry(f)
		switch {
		case at != 0:
			out[i] = FieldExpiry{true, fromMillis(max(at-s.Now(), 0)), time.UnixMilli(at)}
		case ok:
			out[i] = FieldExpiry{Exists: true, TTL: NoTTL}
		}
	}
	return out, nil
}

// fieldDeadline returns the Unix milliseconds at which fields are to expire, and whether
// they are. Unlike that of a key, the time may have passed.
func fieldDeadline(v keyspace.View, ttl time.Duration, at time.Time) (ms int64, given bool, err error) {
	switch {
	case ttl != 0 && !at.IsZero():
		return 0, false, ErrConflict
	case ttl < 0:
		return 0, false, ErrInvalidExpire
	case ttl > 0:
		return v.Now() + ceilMillis(ttl), true, nil
	case !at.IsZero():
		ms, err = unixMilli(at)
		return ms, true, err
	}
	return 0, false, nil
}

// GetEx is GetMany that also changes when the fields expire. A time that has passed deletes them
// after they were read. It is HGETEX. O(fields).
//
// It returns ErrConflict for options that exclude each other and ErrInvalidExpire.
func (st Hashes) GetEx(dst [][]byte, key string, o GetExOptions, fields ...string) ([][]byte, error) {
	var b Batch
	if err := st.GetExBatch(key, o, fields, &b); err != nil {
		return dst, err
	}
	return b.appendCopies(dst), nil
}

// GetExBatch is GetEx into a batch, whose value i is that of field i.
func (st Hashes) GetExBatch(key string, o GetExOptions, fields []string, b *Batch) error {
	at, given, err := fieldDeadline(st.view, o.TTL, o.ExpireAt)
	switch {
	case err != nil:
		return err
	case given && o.Persist:
		return ErrConflict
	case given && at <= st.view.Now():
		return st.take(key, fields, "hexpired", b)
	case !given && !o.Persist:
		return st.GetBatch(key, fields, b)
	}
	b.batch.Clear()
	need := 0
	if given {
		need = expiryRoom * len(fields)
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, need)
	if err != nil {
		return err
	}
	defer s.Unlock()
	s.Touch()
	if given {
		if _, err := h.expire(&s, fields, at, ExpireAlways); err != nil {
			return err
		}
	} else {
		h.persist(&s, fields)
	}
	h.getMany(fields, b.add)
	return nil
}

// SetEx sets fields and when they expire, and reports whether it did. Of the options
// IfAbsent asks that the hash have none of the fields, IfPresent that it have all of
// them. Without KeepTTL, and without a time, the fields lose the expiry that they had; a time that has
// passed deletes them. It is HSETEX. O(fields).
//
// It returns ErrConflict for options that exclude each other, ErrInvalidExpire and ErrTooLarge.
func (st Hashes) SetEx(key string, o SetOptions, fields ...Field) (set bool, err error) {
	at, given, err := fieldDeadline(st.view, o.TTL, o.ExpireAt)
	if err != nil || len(fields) == 0 {
		return false, err
	}
	if o.conflict() {
		return false, ErrConflict
	}
	w := hashWrite{fields: fields, keepTTL: o.KeepTTL, expireAt: at}
	if err := w.measure(); err != nil {
		return false, err
	}
	past := given && at <= st.view.Now()
	if past {
		w.need = 0
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, w.need)
	if err != nil {
		return false, err
	}
	defer s.Unlock()
	if !h.meets(&o, fields) {
		return false, nil
	}
	if past {
		return true, h.expireWritten(&s, fields)
	}
	if err := h.set(&s, &w, hashLimitsOf(st.view)); err != nil {
		return false, err
	}
	s.Notify(keyspace.ClassHash, "hset")
	if given {
		s.Notify(keyspace.ClassHash, "hexpire")
	}
	return true, nil
}

// meets reports whether the conditions of the options let the fields be set.
func (h *hashValue) meets(o *SetOptions, fields []Field) bool {
	for i := range fields {
		if _, ok := h.get(fields[i].Name); !o.allows(ok) {
			return false
		}
	}
	return true
}

// expireWritten deletes fields that are set to expire at a time that has come.
func (h *hashValue) expireWritten(s *keyspace.Slot, fields []Field) error {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Name
	}
	removed, err := h.remove(s, names)
	notifyRemoved(s, "hexpired", removed)
	return err
}
