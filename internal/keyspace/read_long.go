package keyspace

import "github.com/larderkv/larder/internal/chunked"

// Long values.
//
// To copy megabytes takes as long as thousands of other operations, who would all wait for the lock of the shard. So a
// long string is read in slices, and the lock given back between them. A watch tells whether it has changed meanwhile:
// then what was read is thrown away. Where somebody changes it all the time it is read under the lock after all.

const (
	// longValue is the least length that is read in slices, and that takes long to copy. Shorter ones are copied in some
	// ten microseconds, about what sending somebody else for them takes.
	longValue = 256 << 10

	// longSlice is how much of a long value is copied before others get their turn.
	longSlice = 128 << 10

	// longAttempts is how often reading in slices is tried.
	longAttempts = 3
)

// TakeTimeFor is TakeTime for an operation that copies so many bytes.
func (v View) TakeTimeFor(bytes int) error {
	if bytes < longValue {
		return nil
	}
	return v.TakeTime()
}

// appendLong appends the value of a string that was found to be long.
func (v View) appendLong(dst []byte, key string) ([]byte, bool, error) {
	for range longAttempts {
		out, done, err := v.appendSlices(dst, key)
		if done || err != nil {
			return out, done, err
		}
	}
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return dst, false, err
	}
	defer s.Unlock()
	return s.appendText(dst)
}

// appendSlices appends a string slice by slice. It gives up, with done == false, when the key changes, and leaves keys to
// others that hold no long string.
func (v View) appendSlices(dst []byte, key string) (_ []byte, done bool, err error) {
	w := v.ks.NewWatch()
	if err := w.Add(v, key); err != nil {
		return dst, false, err
	}
	defer w.Close()
	n, err := v.lengthOfLong(key)
	if n == 0 || err != nil {
		return dst, false, err
	}
	out := chunked.Grow(dst, n)
	for read := 0; read < n; {
		part, err := v.appendSlice(out, key, w, read)
		if err != nil || len(part) == len(out) {
			return dst, false, err
		}
		read += len(part) - len(out)
		out = part
	}
	return out, true, nil
}

// lengthOfLong returns the length of a long string, 0 if the key does not hold one.
func (v View) lengthOfLong(key string) (int, error) {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	if s.isLong() {
		return len(s.value()), nil
	}
	return 0, nil
}

// appendSlice appends what fits in a slice of a value from an offset on, and nothing once the watch has noticed a change.
func (v View) appendSlice(dst []byte, key string, w *Watch, from int) ([]byte, error) {
	var s Slot
	if err := s.Lock(v, key); err != nil {
		return dst, err
	}
	defer s.Unlock()
	if w.Dirty() || !s.isLong() {
		return dst, nil
	}
	value := s.value()
	return append(dst, value[from:min(from+longSlice, len(value))]...), nil
}

// isLong reports whether the key holds a long string.
func (s *Slot) isLong() bool {
	return s.Exists() && s.at.typ() == String && s.Encoding() != Int && len(s.value()) >= longValue
}
