package keyspace

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderkv/larder/internal/arena"
	"github.com/zeebo/xxh3"
)

// A sealed value proves that it was read as it was written: it holds a
// sequence number, filling made of it and of the key, and a checksum.
func sealed(key string, seq uint64, size int) []byte {
	b := make([]byte, 16+size)
	binary.LittleEndian.PutUint64(b, seq)
	src := rand.NewPCG(seq, xxh3.HashString(key))
	for i := 8; i+8 < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], src.Uint64())
	}
	end := len(b) - 8
	binary.LittleEndian.PutUint64(b[end:], seal(key, b[:end]))
	return b
}

func seal(key string, b []byte) uint64 { return xxh3.HashSeed(b, xxh3.HashString(key)) }

// intact reports whether b is a sealed value of key, or an integer: those are
// stored with nothing to seal them.
func intact(key string, b []byte) bool {
	if len(b) < 16 {
		_, err := strconv.ParseInt(string(b), 10, 64)
		return err == nil
	}
	end := len(b) - 8
	return binary.LittleEndian.Uint64(b[end:]) == seal(key, b[:end])
}

// TestReadsUnderWrites has readers check every value they get while others
// write, resize, delete, expire, grow and shrink tables, flush, and compact.
func TestReadsUnderWrites(t *testing.T) {
	t.Parallel()
	const readers, writers, keys = 2, 2, 64
	rounds := 12_000
	if !optimistic {
		rounds = 1500
	}
	ks, v := open(t, Options{Shards: 2})
	var running sync.WaitGroup
	var stop atomic.Bool
	var hits atomic.Int64
	for r := range readers {
		running.Go(func() {
			src := rand.New(rand.NewPCG(uint64(r), 1))
			var buf []byte
			var b Batch
			batch := make([]string, 7)
			for !stop.Load() {
				key := numbered(src.IntN(keys))
				out, ok, err := v.AppendString(buf[:0], key)
				if buf = out; err != nil || ok && !intact(key, out) {
					t.Errorf("read %q: %d bytes torn, %v", key, len(out), err)
					return
				}
				if ok {
					hits.Add(1)
				}
				for i := range batch {
					batch[i] = numbered(src.IntN(keys))
				}
				b.Atomic = src.IntN(4) == 0
				if err := v.ReadBatch(batch, &b); err != nil {
					t.Error(err)
					return
				}
				for i, key := range batch {
					if value, ok := b.Value(i); ok && !intact(key, value) {
						t.Errorf("batch read %q: %d bytes torn", key, len(value))
						return
					}
				}
			}
		})
	}
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			src := rand.New(rand.NewPCG(uint64(w), 2))
			for i := range rounds {
				if err := disturb(ks, v, src, uint64(w)<<32|uint64(i), keys); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	stop.Store(true)
	running.Wait()
	if hits.Load() == 0 {
		t.Error("the readers never found anything")
	}
	settle(t, ks)
	check(t, ks)
}

// disturb makes one random change.
func disturb(ks *Keyspace, v View, src *rand.Rand, seq uint64, keys int) error {
	key := numbered(src.IntN(keys))
	size := src.IntN(100)
	if src.IntN(50) == 0 {
		size = src.IntN(50_000)
	}
	switch n := src.IntN(1000); {
	case n < 500:
		return set(v, key, sealed(key, seq, size), 0)
	case n < 600:
		return set(v, key, sealed(key, seq, size), ks.now()+int64(src.IntN(3)-1))
	case n < 700:
		return rewrite(v, key, seq, size)
	case n < 750:
		return setInt(v, key, int64(seq))
	case n < 900:
		del(v, key)
	case n < 990: // others come and go, so that the tables grow and shrink
		other := "other:" + numbered(src.IntN(20_000))
		if seq>>10&1 == 0 {
			return set(v, other, sealed(other, seq, size%64), 0)
		}
		del(v, other)
	case n < 999:
		ks.Maintain()
	default:
		return v.Flush(n%2 == 0)
	}
	return nil
}

// rewrite changes a value where it lies, then its length.
func rewrite(v View, key string, seq uint64, size int) error {
	var s Slot
	if err := s.LockGrow(v, key, 2*size); err != nil {
		return err
	}
	defer s.Unlock()
	if !s.Exists() {
		return nil
	}
	for _, value := range [][]byte{sealed(key, seq, size), sealed(key, seq, size/2)} {
		b, err := s.RawString(len(value))
		if err != nil {
			return err
		}
		copy(b, value)
	}
	return nil
}

func setInt(v View, key string, n int64) error {
	var s Slot
	if err := s.LockGrow(v, key, 8); err != nil {
		return err
	}
	defer s.Unlock()
	b, err := s.Put(String, Int, IntWidth(n), 0)
	if err != nil {
		return err
	}
	PutInt(b, n)
	return nil
}

// TestReadsUnderClose closes caches under readers, who must get either the
// value or ErrClosed.
func TestReadsUnderClose(t *testing.T) {
	t.Parallel()
	for round := range 30 {
		ks, v := open(t, Options{Shards: 2})
		const keys = 200
		names := make([]string, keys)
		for i := range names {
			names[i] = numbered(i)
			if err := set(v, names[i], sealed(names[i], uint64(round), 2000), 0); err != nil {
				t.Fatal(err)
			}
		}
		var readers sync.WaitGroup
		begun := make(chan struct{}, 3)
		read := func(next func(i int) error) {
			readers.Go(func() {
				for i := 0; ; i++ {
					if err := next(i); err != nil {
						if err != ErrClosed {
							t.Error(err)
						}
						break
					}
					if i == 100 {
						begun <- struct{}{}
					}
				}
				if err := next(0); err != ErrClosed {
					t.Errorf("after ErrClosed comes %v", err)
				}
			})
		}
		read(func(i int) error {
			key := names[i%keys]
			b, ok, err := v.AppendString(nil, key)
			if err == nil && (!ok || !intact(key, b)) {
				t.Errorf("read %q: %v, %d bytes", key, ok, len(b))
			}
			return err
		})
		var b, p Batch
		read(func(i int) error { return v.ReadBatch(names[i%100:i%100+64], &b) })
		read(func(i int) error {
			v.Prefetch(names[i%100:i%100+64], &p)
			_, _, err := v.Len()
			return err
		})
		for range 3 {
			<-begun
		}
		if err := ks.Close(); err != nil {
			t.Error(err)
		}
		if got := ks.mem.Resident(); got != 0 {
			t.Errorf("%d bytes are resident after Close", got)
		}
		readers.Wait()
		if err := ks.Close(); err != ErrClosed {
			t.Errorf("second Close: %v", err)
		}
	}
}

// TestAddressSpaceComesBack: what Close leaves mapped for late readers goes
// when the keyspace is garbage.
func TestAddressSpaceComesBack(t *testing.T) {
	t.Parallel()
	mem := func() *arena.Memory {
		ks, err := Open(Options{Shards: 2, NoMaintenance: true})
		if err != nil {
			t.Fatal(err)
		}
		mustSet(t, viewOf(ks, 0), "k", string(make([]byte, 3<<20)))
		ks.Close()
		return ks.mem
	}()
	waitFor(t, func() bool {
		runtime.GC()
		return mem.Mapped() == 0
	})
}

// TestReadOfLargeValues: values beyond what is read without the lock.
func TestReadOfLargeValues(t *testing.T) {
	t.Parallel()
	_, v := open(t, Options{})
	for _, size := range []int{2 << 20, 3 << 20, 17 << 20} {
		if err := set(v, "k", sealed("k", 1, size), 0); err != nil {
			t.Fatal(err)
		}
		b, ok, err := v.AppendString(nil, "k")
		if !ok || err != nil || len(b) != size+16 || !intact("k", b) {
			t.Errorf("value of %d: %v, %v, %d bytes", size, ok, err, len(b))
		}
	}
}
