package keyspace

import (
	"errors"
	"sync"
	"testing"
)

// TestLongValueUnderWrites has long values read while they are replaced, by others of other lengths and by short ones,
// and deleted: every value is whole.
func TestLongValueUnderWrites(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{Shards: 1})
	const key = "k"
	sizes := []int{longValue, 3 << 20, 100, 10*longSlice + 1, longValue - 1}
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for seq := uint64(0); ; seq++ {
			select {
			case <-stop:
				return
			default:
			}
			if seq%7 == 0 {
				del(v, key)
			}
			if err := set(v, key, sealed(key, seq, sizes[seq%uint64(len(sizes))]), 0); err != nil {
				t.Error(err)
				return
			}
		}
	})
	var buf []byte
	for whole := 0; whole < 200; {
		out, ok, err := v.AppendString(append(buf[:0], "before"...), key)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		if string(out[:6]) != "before" || !intact(key, out[6:]) {
			t.Fatalf("a torn value of %d bytes", len(out))
		}
		buf = out
		whole++
	}
	close(stop)
	writing.Wait()
}

// TestLongValueTakesTime: who has no time is told so, unless a transaction has stopped all others anyway.
func TestLongValueTakesTime(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{})
	const key = "k"
	for _, n := range []int{longValue - 100, longValue, 5 << 20} {
		value := sealed(key, 1, n)
		if err := set(v, key, value, 0); err != nil {
			t.Fatal(err)
		}
		dst := []byte("before")
		out, ok, err := v.ShortOnly().AppendString(dst, key)
		switch {
		case len(value) < longValue && (err != nil || !ok || len(out) != len(dst)+len(value)):
			t.Errorf("%d bytes: %d, %v, %v", len(value), len(out), ok, err)
		case len(value) >= longValue && (!errors.Is(err, ErrLong) || ok || len(out) != len(dst)):
			t.Errorf("%d bytes: %d, %v, %v", len(value), len(out), ok, err)
		}
		if out, ok, err := v.AppendString(dst, key); err != nil || !ok || !intact(key, out[len(dst):]) {
			t.Errorf("%d bytes with time: %d, %v, %v", len(value), len(out), ok, err)
		}
		tx, err := v.Begin(key)
		if err != nil {
			t.Fatal(err)
		}
		if out, ok, err := tx.View(v.ShortOnly()).AppendString(dst, key); err != nil || !ok || len(out) != len(dst)+len(value) {
			t.Errorf("%d bytes in a transaction: %d, %v, %v", len(value), len(out), ok, err)
		}
		tx.End()
	}
}
