package datatypes

import (
	"math"
	"time"

	"github.com/larderkv/larder/internal/keyspace"
)

// deadline returns the Unix milliseconds at which a value set at now with
// one of ttl and at expires, zero when neither is given. Part of a
// millisecond counts as a whole one: a TTL is never shortened to nothing.
func deadline(s *keyspace.Slot, ttl time.Duration, at time.Time) (int64, error) {
	switch {
	case ttl != 0 && !at.IsZero():
		return 0, ErrConflict
	case ttl < 0:
		return 0, ErrInvalidExpire
	case ttl > 0:
		return s.Now() + ceilMillis(ttl), nil
	case !at.IsZero():
		ms, err := unixMilli(at)
		if ms <= 0 || err != nil {
			return 0, ErrInvalidExpire
		}
		return ms, nil
	}
	return 0, nil
}

// unixMilli returns t in Unix milliseconds, or ErrInvalidExpire if 64 bits
// don't hold them.
func unixMilli(t time.Time) (int64, error) {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Unix() != t.Unix() {
		return 0, ErrInvalidExpire
	}
	return ms, nil
}

// fromMillis returns a number of milliseconds as a duration: the longest there
// is if a duration doesn't hold them.
func fromMillis(ms int64) time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	if ms > most {
		return math.MaxInt64
	}
	return time.Duration(ms) * time.Millisecond
}

func ceilMillis(d time.Duration) int64 {
	if d <= 0 || d > math.MaxInt64-time.Millisecond {
		return d.Milliseconds()
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
