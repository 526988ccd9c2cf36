package datatypes

import (
	"sync"

	"github.com/larderkv/larder/encoding"
	"github.com/larderkv/larder/internal/keyspace"
)

// HyperLogLogs is the store of estimates of how many different elements were
// added, in 12 KiB at most and with a standard error of 0.81 %. They are strings, whose
// bytes are those that Redis has; commands on strings may copy them.
//
// It is a small value; get it from a cache, a database or a transaction where
// it is needed. Its methods are safe for concurrent use and keep no reference to
// their arguments. They return ErrClosed, ErrWrongType if a key holds no string,
// ErrNotHyperLogLog if the string is of another kind and ErrCorruptHyperLogLog if it is
// damaged; those that change something also ErrOutOfMemory.
type HyperLogLogs struct{ view keyspace.View }

// NewHyperLogLogs returns the store of the HyperLogLogs that v shows.
func NewHyperLogLogs(v keyspace.View) HyperLogLogs { return HyperLogLogs{v} }

// hllScratch is room for a HyperLogLog that is being changed. Its length is not
// known before.
type hllScratch [encoding.HLLDenseSize]byte

var hllScratches = sync.Pool{New: func() any { return new(hllScratch) }}

// readHLL returns the slot's HyperLogLog, nil if there is none. It is borrowed
// from the arena.
func readHLL(s *keyspace.Slot) (encoding.HLL, error) {
	if err := s.Is(keyspace.String); err != nil {
		return nil, err
	}
	if !s.Exists() {
		return nil, nil
	}
	if s.Encoding() == keyspace.Int {
		return nil, ErrNotHyperLogLog
	}
	return encoding.HLL(s.Value()), encoding.CheckHLL(s.Value())
}

// Add adds elements and reports whether the estimate may have changed, which it
// did if the key did not exist. It is PFADD. O(elements) for a large HyperLogLog,
// O(elements × length) for one that is still small.
func (st HyperLogLogs) Add(key string, elements ...string) (changed bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(st.view, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	h, err := readHLL(&s)
	if err != nil {
		return false, err
	}
	if s.Exists() && s.Encoding() != keyspace.Raw {
		s.SetEncoding(keyspace.Raw)
	}
	if h != nil && h.IsDense() {
		changed = addDense(&s, h, elements)
	} else if changed, err = st.addSparse(&s, h, elements); err != nil {
		return false, err
	}
	if changed {
		s.Notify(keyspace.ClassString, "pfadd")
	}
	return changed, nil
}

// addDense adds elements where the registers lie.
func addDense(s *keyspace.Slot, h encoding.HLL, elements []string) (changed bool) {
	for _, element := range elements {
		e := bytesOf(element)
		if h.Covers(e) {
			continue
		}
		if !changed {
			s.BeginWrite()
			changed = true
		}
		h.Add(e, 0) // cannot fail: every dense HyperLogLog is good
	}
	return changed
}

// addSparse adds elements to a copy, which takes the place of what the slot
// holds once all has gone well. h is nil if the key does not exist.
func (st HyperLogLogs) addSparse(s *keyspace.Slot, h encoding.HLL, elements []string) (changed bool, err error) {
	scratch := hllScratches.Get().(*hllScratch)
	defer hllScratches.Put(scratch)
	created := h == nil
	h = st.copyHLL(scratch, h)
	limit := st.sparseMax()
	for _, element := range elements {
		var grew bool
		if h, grew, err = h.Add(bytesOf(element), limit); err != nil {
			return false, err
		}
		changed = changed || grew
	}
	if !changed && !created {
		return false, nil
	}
	h.Invalidate()
	return true, storeHLL(s, h)
}

// copyHLL copies a HyperLogLog, for which nil is an empty one.
func (st HyperLogLogs) copyHLL(to *hllScratch, h encoding.HLL) encoding.HLL {
	if h == nil {
		return encoding.NewHLL(to[:0])
	}
	return append(encoding.HLL(to[:0]), h...)
}

func (st HyperLogLogs) sparseMax() int {
	return int(st.view.Keyspace().Limits().HLLSparse.Load())
}

// storeHLL makes the slot hold a HyperLogLog and keeps its expiry. It fails
// without effect.
func storeHLL(s *keyspace.Slot, h encoding.HLL) error {
	expireAt := s.ExpireAt() // before making room, which may evict the key
	if len(s.Value()) != len(h) {
		if err := grow(s, len(h)); err != nil {
			return err
		}
	}
	b, err := s.RawStringUntil(len(h), expireAt)
	if err != nil {
		return err
	}
	copy(b, h)
	return nil
}

// Count estimates how many different elements were added to any of keys. Of a
// single key the result is kept in its string until that changes, so that the next call is
// quick. It is PFCOUNT. O(keys).
func (st HyperLogLogs) Count(keys ...string) (int64, error) {
	if len(keys) == 1 {
		return st.countOne(keys[0])
	}
	tx, err := st.view.Begin(keys...)
	if err != nil {
		return 0, err
	}
	defer tx.End()
	var all encoding.HLLRegisters
	if _, err := mergeKeys(&all, tx.View(st.view), keys); err != nil {
		return 0, err
	}
	return int64(all.Count()), nil
}

func (st HyperLogLogs) countOne(key string) (int64, error) {
	var s keyspace.Slot
	if err := s.Lock(st.view, key); err != nil {
		return 0, err
	}
	defer s.Unlock()
	h, err := readHLL(&s)
	if err != nil {
		return 0, err
	}
	s.Touch()
	if h == nil {
		return 0, nil
	}
	if s.Encoding() != keyspace.Raw {
		s.SetEncoding(keyspace.Raw)
	}
	n, ok := h.CachedCount()
	if ok {
		return int64(n), nil
	}
	if n, err = h.Count(); err != nil {
		return 0, err
	}
	s.BeginWrite()
	h.SetCachedCount(n)
	return int64(n), nil
}

// mergeKeys raises registers to those of keys and reports whether one of them is
// in the dense form.
func mergeKeys(all *encoding.HLLRegisters, v keyspace.View, keys []string) (dense bool, err error) {
	for _, key := range keys {
		var s keyspace.Slot
		if err := s.Lock(v, key); err != nil {
			return false, err
		}
		h, err := readHLL(&s)
		if err != nil {
			return false, err
		}
		s.Touch()
		if h == nil {
			continue
		}
		dense = dense || h.IsDense()
		if err := all.Merge(h); err != nil {
			return false, err
		}
	}
	return dense, nil
}

// Merge makes dst stand for the elements of all sources beside its own. All of
// it happens at once. It is PFMERGE. O(sources).
func (st HyperLogLogs) Merge(dst string, sources ...string) error {
	var few [9]string
	keys := append(append(few[:0], dst), sources...)
	tx, err := st.view.Begin(keys...)
	if err != nil {
		return err
	}
	defer tx.End()
	v := tx.View(st.view)
	var all encoding.HLLRegisters
	dense, err := mergeKeys(&all, v, keys)
	if err != nil {
		return err
	}
	var s keyspace.Slot
	if err := s.Lock(v, dst); err != nil {
		return err
	}
	defer s.Unlock()
	h, err := readHLL(&s)
	if err != nil {
		return err
	}
	scratch := hllScratches.Get().(*hllScratch)
	defer hllScratches.Put(scratch)
	if h, err = st.copyHLL(scratch, h).Merge(&all, dense, st.sparseMax()); err != nil {
		return err
	}
	if err := storeHLL(&s, h); err != nil {
		return err
	}
	s.Notify(keyspace.ClassString, "pfadd")
	return nil
}

// look locks a key and calls fn with its HyperLogLog, if it has one.
func (st HyperLogLogs) look(key string, fn func(encoding.HLL) error) (ok bool, err error) {
	var s keyspace.Slot
	if err := s.Lock(st.view, key); err != nil {
		return false, err
	}
	defer s.Unlock()
	h, err := readHLL(&s)
	if err != nil || h == nil {
		return false, err
	}
	return true, fn(h)
}

// Registers returns the 16384 registers. It is PFDEBUG GETREG, but leaves the
// HyperLogLog in the form that it has. O(1).
func (st HyperLogLogs) Registers(key string) (registers []byte, ok bool, err error) {
	var r encoding.HLLRegisters
	ok, err = st.look(key, func(h encoding.HLL) error { return r.Merge(h) })
	if err != nil || !ok {
		return nil, false, err
	}
	return r[:], true, nil
}

// Runs returns the runs of equal registers that a HyperLogLog in the sparse form
// consists of, as PFDEBUG DECODE prints them, be it damaged or not. O(length).
//
// It returns ErrNotSparse for the dense form.
func (st HyperLogLogs) Runs(key string) (runs []byte, ok bool, err error) {
	ok, err = st.look(key, func(h encoding.HLL) error {
		if h.IsDense() {
			return ErrNotSparse
		}
		runs = h.AppendRuns(nil)
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return runs, ok, nil
}

// IsDense reports whether a HyperLogLog is in the dense form. It is PFDEBUG
// ENCODING. O(1).
func (st HyperLogLogs) IsDense(key string) (dense, ok bool, err error) {
	ok, err = st.look(key, func(h encoding.HLL) error {
		dense = h.IsDense()
		return nil
	})
	return dense, ok, err
}
