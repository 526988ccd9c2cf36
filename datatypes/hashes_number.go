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
func (st Hashes) IncrBy(key, field string, delta int64) (sum int64, err error) {
	err = st.update(key, field, maxDigits, "hincrby", func(old []byte, ok bool, room []byte) ([]byte, error) {
		n := int64(0)
		if ok {
			if n, ok = numeric.ParseInt(old); !ok {
				return nil, ErrFieldNotInteger
			}
		}
		if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta {
			return nil, ErrOverflow
		}
		sum = n + delta
		return strconv.AppendInt(room, sum, 10), nil
	})
	if err != nil {
		return 0, err
	}
	return sum, nil
}

// IncrByFloat adds delta to the number that a field holds, zero if there is none, and
// returns the result. The sum is computed from the decimal texts of both, with 64 bits of precision,
// and stored with up to 17 decimals. The field's expiry stays. It is HINCRBYFLOAT. O(1).
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
	return strconv.ParseFloat(text, 64)
}

// IncrByFloatText is IncrByFloat with numbers as texts, which lose nothing. Besides it returns
// ErrNotFloat if delta is not a number.
func (st Hashes) IncrByFloatText(key, field, delta string) (sum string, err error) {
	by, ok := numeric.ParseLongDouble(delta)
	if !ok {
		return "", ErrNotFloat
	}
	err = st.update(key, field, typicalFloatText, "hincrbyfloat", func(old []byte, ok bool, room []byte) ([]byte, error) {
		var n numeric.LongDouble
		if ok {
			if n, ok = numeric.ParseLongDouble(old); !ok {
				return nil, ErrFieldNotFloat
			}
		}
		if n, ok = n.Add(by); !ok {
			return nil, ErrNaNOrInfinity
		}
		text := n.Append(room)
		sum = string(text)
		return text, nil
	})
	return sum, err
}

// update replaces a field's value by what fn makes of it, in room that it is lent or
// in memory of its own. The value will be about typical bytes long.
func (st Hashes) update(key, field string, typical int, event string, fn func(old []byte, ok bool, room []byte) ([]byte, error)) error {
	var digits, room [maxDigits]byte
	fields := [1]Field{{field, room[:]}}
	w := hashWrite{fields: fields[:], keepTTL: true}
	if err := w.measure(); err != nil {
		return err
	}
	var s keyspace.Slot
	h, err := st.change(&s, key, w.need+typical)
	if err != nil {
		return err
	}
	defer s.Unlock()
	old, ok := h.get(field)
	if fields[0].Value, err = fn(bytesOf(textOf(old, digits[:])), ok, room[:0]); err != nil {
		return err
	}
	if err := h.set(&w, hashLimitsOf(st.view)); err != nil {
		return err
	}
	s.Notify(keyspace.ClassHash, event)
	return nil
}
