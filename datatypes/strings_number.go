package datatypes

import (
	"math"
	"strconv"

	"github.com/larderkv/larder/internal/keyspace"
	"github.com/larderkv/larder/internal/numeric"
)

// Incr adds one to the integer that the key holds and returns the result. It
// is INCR. O(1). See IncrBy for the errors.
func (st Strings) Incr(key string) (int64, error) { return st.IncrBy(key, 1) }

// Decr subtracts one from the integer that the key holds. It is DECR. O(1).
func (st Strings) Decr(key string) (int64, error) { return st.IncrBy(key, -1) }

// DecrBy subtracts delta from the integer that the key holds. It is DECRBY. O(1).
//
// Besides the errors of IncrBy it returns ErrDecrementOverflow for the smallest
// integer, which has no negative.
func (st Strings) DecrBy(key string, delta int64) (int64, error) {
	if delta == math.MinInt64 {
		return 0, ErrDecrementOverflow
	}
	return st.IncrBy(key, -delta)
}

// IncrBy adds delta to the integer that the key holds, zero if it does not
// exist, and returns the result. The expiry stays. It is INCRBY. O(1).
//
// It returns ErrWrongType, ErrNotInteger if the value is not the text of an
// integer, and ErrOverflow, all without effect.
func (st Strings) IncrBy(key string, delta int64) (int64, error) {
	var s keyspace.Slot
	if err := s.LockGrow(st.view, key, 8); err != nil {
		return 0, err
	}
	defer s.Unlock()
	n, err := integer(&s)
	if err != nil {
		return 0, err
	}
	if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta {
		return 0, ErrOverflow
	}
	if err := storeInt(&s, n+delta, s.ExpireAt()); err != nil {
		return 0, err
	}
	s.Notify(keyspace.ClassString, "incrby")
	return n + delta, nil
}

func integer(s *keyspace.Slot) (int64, error) {
	if err := s.Is(keyspace.String); err != nil {
		return 0, err
	}
	if !s.Exists() {
		return 0, nil
	}
	if s.Encoding() == keyspace.Int {
		return keyspace.IntValue(s.Value()), nil
	}
	n, ok := numeric.ParseInt(s.Value())
	if !ok {
		return 0, ErrNotInteger
	}
	return n, nil
}

// IncrByFloat adds delta to the number that the key holds, zero if it does not
// exist, and returns the result. The sum is computed from the decimal texts of both,
// with 64 bits of precision, and stored with up to 17 decimals, as INCRBYFLOAT does. One beyond all float64 is stored,
// too, and returned as infinite. O(1).
//
// It returns ErrWrongType, ErrNotFloat and ErrNaNOrInfinity, all without effect.
func (st Strings) IncrByFloat(key string, delta float64) (float64, error) {
	if math.IsNaN(delta) || math.IsInf(delta, 0) {
		return 0, ErrNaNOrInfinity
	}
	text, err := st.IncrByFloatText(key, strconv.FormatFloat(delta, 'g', -1, 64))
	if err != nil {
		return 0, err
	}
	return nearestFloat(text), nil
}

// nearestFloat returns the float64 nearest to a sum, which has more bits and a wider range: infinite beyond all of them.
func nearestFloat(sum string) float64 {
	f, _ := strconv.ParseFloat(sum, 64) // fails for what is out of range only, and gives an infinity then
	return f
}

// IncrByFloatText is IncrByFloat with numbers as texts, which lose nothing. It
// is INCRBYFLOAT.
func (st Strings) IncrByFloatText(key, delta string) (string, error) {
	var s keyspace.Slot
	if err := s.LockGrow(st.view, key, typicalFloatText); err != nil {
		return "", err
	}
	defer s.Unlock()
	if err := s.Is(keyspace.String); err != nil {
		return "", err
	}
	var sum numeric.LongDouble
	if s.Exists() {
		var ok bool
		if sum, ok = numeric.ParseLongDouble(s.Text()); !ok {
			return "", ErrNotFloat
		}
	}
	by, ok := numeric.ParseLongDouble(delta)
	if !ok {
		return "", ErrNotFloat
	}
	if sum, ok = sum.Add(by); !ok {
		return "", ErrNaNOrInfinity
	}
	text := sum.Append(nil)
	b, err := s.Put(keyspace.String, keyspace.Embedded, len(text), s.ExpireAt())
	if err != nil {
		return "", err
	}
	copy(b, text)
	s.Notify(keyspace.ClassString, "incrbyfloat")
	return string(text), nil
}

// typicalFloatText is the room made for a number that INCRBYFLOAT writes.
const typicalFloatText = 32
