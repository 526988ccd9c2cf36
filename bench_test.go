package larder_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"sync"
	"testing"
	"unsafe"

	"github.com/dolthub/swiss"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// Side by side with what a Go program has at hand for the same job: a map under an RWMutex, sync.Map and a Swiss table
// under an RWMutex. Keys have 16 bytes and values 32. internal/peerbench measures other caches, memory, latencies and
// hit ratios.
//
//	go test -run '^$' -bench . -entries 5000000

var benchEntries = flag.Int("entries", 5_000_000, "entries of the benchmarks that go beyond the CPU's caches (100,000 with -short)")

func entries() int {
	if testing.Short() {
		return min(*benchEntries, 100_000)
	}
	return *benchEntries
}

const (
	benchKeySize   = 16
	benchValueSize = 32
	batchSize      = 64
)

// store is what is compared. The call through the interface costs each the same.
type store interface {
	// get looks a key up. Stores that copy values append to dst, the others return their own slice.
	get(dst []byte, key string) ([]byte, bool)
	// set stores a value whose bytes the caller reuses: stores that keep the slice clone it.
	set(key string, value []byte)
	close()
}

var stores = []struct {
	name string
	open func() store
}{
	{"larder", openLarder},
	{"map+RWMutex", func() store { return &mapStore{m: make(map[string][]byte)} }},
	{"sync.Map", func() store { return &syncMapStore{} }},
	{"swiss+RWMutex", func() store { return &swissStore{m: swiss.NewMap[string, []byte](1)} }},
}

type larderStore struct {
	c       *larder.Cache
	strings datatypes.Strings
}

func openLarder() store {
	c, err := larder.Open(larder.Options{})
	if err != nil {
		panic(err)
	}
	return &larderStore{c, c.Strings()}
}

func (s *larderStore) get(dst []byte, key string) ([]byte, bool) {
	v, ok, _ := s.strings.AppendGet(dst, key)
	return v, ok
}

func (s *larderStore) set(key string, value []byte) {
	_, _ = s.strings.Set(key, value, datatypes.SetOptions{})
}

func (s *larderStore) close() { _ = s.c.Close() }

type mapStore struct {
	mu sync.RWMutex
	m  map[string][]byte
}

func (s *mapStore) get(_ []byte, key string) ([]byte, bool) {
	s.mu.RLock()
	v, ok := s.m[key]
	s.mu.RUnlock()
	return v, ok
}

func (s *mapStore) set(key string, value []byte) {
	value = append([]byte(nil), value...)
	s.mu.Lock()
	s.m[key] = value
	s.mu.Unlock()
}

func (s *mapStore) close() {}

type syncMapStore struct{ m sync.Map }

func (s *syncMapStore) get(_ []byte, key string) ([]byte, bool) {
	v, ok := s.m.Load(key)
	if !ok {
		return nil, false
	}
	return v.([]byte), true
}

func (s *syncMapStore) set(key string, value []byte) { s.m.Store(key, append([]byte(nil), value...)) }
func (s *syncMapStore) close()                       {}

type swissStore struct {
	mu sync.RWMutex
	m  *swiss.Map[string, []byte]
}

func (s *swissStore) get(_ []byte, key string) ([]byte, bool) {
	s.mu.RLock()
	v, ok := s.m.Get(key)
	s.mu.RUnlock()
	return v, ok
}

func (s *swissStore) set(key string, value []byte) {
	value = append([]byte(nil), value...)
	s.mu.Lock()
	s.m.Put(key, value)
	s.mu.Unlock()
}

func (s *swissStore) close() {}

// keyRun is keys laid out in the order of their use, so that the benchmark reads them sequentially and its own cache
// misses stay out of the figures. The memory is never written again, so stores may keep the strings.
type keyRun []byte

func (r keyRun) len() int { return len(r) / benchKeySize }

func (r keyRun) at(i int) string { return unsafe.String(&r[i*benchKeySize], benchKeySize) }

// keysOf is count keys of the entries that next names.
func keysOf(count int, next func(i int) int) keyRun {
	r := make(keyRun, 0, count*benchKeySize)
	for i := range count {
		r = fmt.Appendf(r, "%016x", uint64(next(i))*0x9e3779b97f4a7c15)
	}
	return r
}

func allKeys(n int) keyRun { return keysOf(n, func(i int) int { return i }) }

func randomKeys(n, count int) keyRun {
	rng := rand.New(rand.NewPCG(1, 2))
	return keysOf(count, func(int) int { return rng.IntN(n) })
}

// zipfKeys draws entry i with probability proportional to 1/(i+1)^s, which math/rand does only for s > 1.
func zipfKeys(n, count int, s float64) keyRun {
	rng := rand.New(rand.NewPCG(3, 4))
	cumulative, sum := make([]float64, n), 0.0
	for i := range cumulative {
		sum += math.Pow(float64(i+1), -s)
		cumulative[i] = sum
	}
	scattered := rng.Perm(n)
	return keysOf(count, func(int) int {
		return scattered[min(sort.SearchFloat64s(cumulative, rng.Float64()*sum), n-1)]
	})
}

func fill(s store, keys keyRun) {
	value := make([]byte, benchValueSize)
	for i := range keys.len() {
		s.set(keys.at(i), value)
	}
}

// eachStore runs fn for every store, filled with n entries.
func eachStore(b *testing.B, n int, fn func(b *testing.B, s store)) {
	keys := allKeys(n)
	for _, candidate := range stores {
		b.Run(candidate.name, func(b *testing.B) {
			s := candidate.open()
			defer s.close()
			fill(s, keys)
			b.ReportAllocs()
			fn(b, s)
		})
	}
}

// get measures lookups of keys, over and over.
func get(b *testing.B, s store, keys keyRun) {
	dst, n, i, missing := make([]byte, 0, benchValueSize), keys.len(), 0, 0
	for b.Loop() {
		v, ok := s.get(dst, keys.at(i))
		if !ok || v[0] != 0 {
			missing++
		}
		if i++; i == n {
			i = 0
		}
	}
	if missing > 0 {
		b.Errorf("%d lookups of present keys failed", missing)
	}
}

func BenchmarkGet(b *testing.B) {
	keys := randomKeys(entries(), 1<<20)
	eachStore(b, entries(), func(b *testing.B, s store) { get(b, s, keys) })
}

func BenchmarkGetInCache(b *testing.B) {
	keys := randomKeys(1000, 4096)
	eachStore(b, 1000, func(b *testing.B, s store) { get(b, s, keys) })
}

func BenchmarkGetZipf(b *testing.B) {
	n := min(entries(), 1_000_000)
	keys := zipfKeys(n, 1<<20, 0.99)
	eachStore(b, n, func(b *testing.B, s store) { get(b, s, keys) })
}

func BenchmarkGetHotKey(b *testing.B) {
	key := allKeys(1).at(0)
	eachStore(b, 1000, func(b *testing.B, s store) {
		b.RunParallel(func(pb *testing.PB) {
			dst, sum := make([]byte, 0, benchValueSize), 0
			for pb.Next() {
				v, _ := s.get(dst, key)
				sum += len(v)
			}
			if sum%benchValueSize != 0 {
				b.Error("a value of the wrong length")
			}
		})
	})
}

// BenchmarkGetBatch has no counterpart in the other stores. Its time is that of one key.
func BenchmarkGetBatch(b *testing.B) {
	keys := randomKeys(entries(), 1<<20)
	s := openLarder().(*larderStore)
	defer s.close()
	fill(s, allKeys(entries()))
	batch, names := &datatypes.Batch{}, make([]string, batchSize)
	b.ReportAllocs()
	i, used := 0, 0
	for b.Loop() {
		if used == 0 {
			for j := range names {
				names[j] = keys.at(i + j)
			}
			if err := s.strings.GetBatch(names, batch); err != nil {
				b.Fatal(err)
			}
			i = (i + batchSize) % keys.len()
		}
		if v, ok := batch.Value(used); !ok || v[0] != 0 {
			b.Fatal("a present key is missing")
		}
		used = (used + 1) % batchSize
	}
}

func BenchmarkSetOverwrite(b *testing.B) {
	keys := randomKeys(entries(), 1<<20)
	eachStore(b, entries(), func(b *testing.B, s store) {
		value, i := make([]byte, benchValueSize), 0
		for b.Loop() {
			s.set(keys.at(i), value)
			i = (i + 1) % keys.len()
		}
	})
}

// BenchmarkSetNew inserts keys into a store that starts empty, growth included, and starts another one whenever it holds
// the number of entries asked for.
func BenchmarkSetNew(b *testing.B) {
	keys := allKeys(entries())
	for _, candidate := range stores {
		b.Run(candidate.name, func(b *testing.B) {
			s := candidate.open()
			defer func() { s.close() }()
			value, i := make([]byte, benchValueSize), 0
			b.ReportAllocs()
			for b.Loop() {
				if i == keys.len() {
					b.StopTimer()
					s.close()
					s, i = candidate.open(), 0
					b.StartTimer()
				}
				s.set(keys.at(i), value)
				i++
			}
		})
	}
}
