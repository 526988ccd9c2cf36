package datatypes

import (
	"math"
	"strconv"

	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/numeric"
)

// IncrBy adds delta to the integer that a field holds, zero if there is none, and
// returns the result. The field's expiry stays. It is HINCRBY. O(1).
//
// It returns ErrFieldNotInteger if the value is not the text of an integer, and
// ErrOverflow, both without effect.
func (st Hashes) IncrBy(key, field string, delta int64) (int64, error) {
	var room [maxDigits]byte
	fields := [1]Field{{field, room[:]}}
	w := hashWrite{fields: fields[:], keepTTL: true}
	if err := w.measure(); err != nil {
		return 0, err
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, w.need)
	if err != nil {
		return 0, err
	}
	defer s.Unlock()
	n := int64(0)
	if old, ok := h.get(field); ok {
		if n, ok = old.Int(); !ok {
			return 0, ErrFieldNotInteger
		}
	}
	if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta {
		return 0, ErrOverflow
	}
	fields[0].Value = strconv.AppendInt(room[:0], n+delta, 10)
	if err := h.set(&s, &w, hashLimitsOf(st.view)); err != nil {
		return 0, err
	}
	s.Notify(keyspace.ClassHash, "hincrby")
	return n + delta, nil
}

// IncrByFloat adds delta to the number that a field holds, zero if there is none, and
// returns the result. The sum is computed from the decimal texts of both, with 64 bits of precision,
// and stored with up to 17 decimals. One beyond all float64 is stored, too, and returned as infinite. The field's expiry
// stays. It is HINCRBYFLOAT. O(1).
//
// It returns ErrFieldNotFloat and ErrNaNOrInfinity, both without effect.
func (st Hashes) IncrByFloat(key, field string, delta float64) (float64, error) {
	if math.IsNaN(delta) || math.IsInf(delta, 0) {
		return 0, ErrNaNOrInfinity
	}
	text, err := st.IncrByFloatText(key, field, strconv.FormatFloat(delta, 'g', -1, 64))
	if err != nil {
		return 0, err
	}
	return nearestFloat(text), nil
}

// IncrByFloatText is IncrByFloat with numbers as texts, which lose nothing. Besides it returns
// ErrNotFloat if delta is not a number.
func (st Hashes) IncrByFloatText(key, field, delta string) (string, error) {
	by, ok := numeric.ParseLongDouble(delta)
	if !ok {
		return "", ErrNotFloat
	}
	fields := [1]Field{{Name: field}}
	w := hashWrite{fields: fields[:], keepTTL: true}
	if err := w.measure(); err != nil {
		return "", err
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, w.need+typicalFloatText)
	if err != nil {
		return "", err
	}
	defer s.Unlock()
	var sum numeric.LongDouble
	if old, ok := h.get(field); ok {
		var digits [maxDigits]byte
		if sum, ok = numeric.ParseLongDouble(textOf(old, digits[:])); !ok {
			return "", ErrFieldNotFloat
		}
	}
	if sum, ok = sum.Add(by); !ok {
		return "", ErrNaNOrInfinity
	}
	fields[0].Value = sum.Append(nil)
	if err := h.set(&s, &w, hashLimitsOf(st.view)); err != nil {
		return "", err
	}
	s.Notify(keyspace.ClassHash, "hincrbyfloat")
	return string(fields[0].Value), nil
}
