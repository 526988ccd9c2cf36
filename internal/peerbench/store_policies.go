package main

import (
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/dgraph-io/ristretto/v2"
	hashicorp "github.com/hashicorp/golang-lru/v2"
	"github.com/maypok86/otter/v2"
)

// headroom is the capacity to ask of a cache that must hold entries without evicting any.
func headroom(entries int) int { return entries + entries/8 + 1024 }

// bound is the limit of a cache that counts in cost units: bytes if the measurement limits bytes, else entries.
func (c storeConfig) bound() (limit int, inBytes bool) {
	switch {
	case c.MaxBytes > 0:
		return int(c.MaxBytes), true
	case c.MaxEntries > 0:
		return c.MaxEntries, false
	default:
		return headroom(c.Entries), false
	}
}

type otterStore struct {
	keeper
	c   *otter.Cache[string, []byte]
	ttl time.Duration // of the entry being set; measurements that use it set from one goroutine
}

// noTTL stands for "never" in libraries that want a time to live of every entry or of none.
const noTTL = 1000 * time.Hour

func openOtter(c storeConfig) (Store, error) {
	s := &otterStore{keeper: keep(c), ttl: noTTL}
	o := &otter.Options[string, []byte]{}
	limit, inBytes := c.bound()
	if inBytes {
		o.MaximumWeight = uint64(limit)
		o.Weigher = func(key string, value []byte) uint32 { return uint32(len(key) + len(value)) }
	} else {
		o.MaximumSize = limit
	}
	if c.Lifetime > 0 {
		o.ExpiryCalculator = otter.ExpiryWritingFunc(func(otter.Entry[string, []byte]) time.Duration { return s.ttl })
	}
	if c.Synchronous {
		o.Executor = func(fn func()) { fn() }
	}
	cache, err := otter.New(o)
	if err != nil {
		return nil, err
	}
	s.c = cache
	return s, nil
}

func (s *otterStore) Get(_ []byte, key string) ([]byte, bool) { return s.c.GetIfPresent(key) }
func (s *otterStore) Set(key string, value []byte)            { s.c.Set(s.key(key), s.value(value)) }
func (s *otterStore) Delete(key string)                       { s.c.Invalidate(key) }
func (s *otterStore) Flush()                                  { s.c.CleanUp() }
func (s *otterStore) Len() int                                { return s.c.EstimatedSize() }
func (s *otterStore) Close()                                  { s.c.StopAllGoroutines(); s.c.InvalidateAll() }

func (s *otterStore) SetTTL(key string, value []byte, ttl time.Duration) {
	s.ttl = ttl
	s.Set(key, value)
}

// ristrettoStore keeps no keys, only their hashes, so none is cloned for it.
type ristrettoStore struct {
	keeper
	c       *ristretto.Cache[string, []byte]
	inBytes bool
	waits   bool
}

func openRistretto(c storeConfig) (Store, error) {
	limit, inBytes := c.bound()
	counters := limit
	if inBytes {
		counters = limit / max(c.EntryBytes, 1)
	}
	cache, err := ristretto.NewCache(&ristretto.Config[string, []byte]{
		NumCounters:            int64(max(counters, 100)) * 10,
		MaxCost:                int64(limit),
		BufferItems:            64,
		IgnoreInternalCost:     true,
		TtlTickerDurationInSec: 1,
	})
	if err != nil {
		return nil, err
	}
	return &ristrettoStore{keeper: keep(c), c: cache, inBytes: inBytes, waits: c.Synchronous}, nil
}

func (s *ristrettoStore) cost(key string, value []byte) int64 {
	if s.inBytes {
		return int64(len(key) + len(value))
	}
	return 1
}

func (s *ristrettoStore) Get(_ []byte, key string) ([]byte, bool) { return s.c.Get(key) }

func (s *ristrettoStore) Set(key string, value []byte) {
	s.c.Set(key, s.value(value), s.cost(key, value))
	if s.waits {
		s.c.Wait()
	}
}

func (s *ristrettoStore) SetTTL(key string, value []byte, ttl time.Duration) {
	s.c.SetWithTTL(key, s.value(value), s.cost(key, value), ttl)
}

func (s *ristrettoStore) Delete(key string) { s.c.Del(key) }
func (s *ristrettoStore) Flush()            { s.c.Wait() }
func (s *ristrettoStore) Close()            { s.c.Close() }

type theineStore struct {
	keeper
	c       *theine.Cache[string, []byte]
	inBytes bool
	waits   bool
}

func openTheine(c storeConfig) (Store, error) {
	limit, inBytes := c.bound()
	cache, err := theine.NewBuilder[string, []byte](int64(limit)).Build()
	if err != nil {
		return nil, err
	}
	return &theineStore{keeper: keep(c), c: cache, inBytes: inBytes, waits: c.Synchronous}, nil
}

func (s *theineStore) cost(key string, value []byte) int64 {
	if s.inBytes {
		return int64(len(key) + len(value))
	}
	return 1
}

func (s *theineStore) Get(_ []byte, key string) ([]byte, bool) { return s.c.Get(key) }

func (s *theineStore) Set(key string, value []byte) {
	s.c.Set(s.key(key), s.value(value), s.cost(key, value))
	if s.waits {
		s.c.Wait()
	}
}

func (s *theineStore) SetTTL(key string, value []byte, ttl time.Duration) {
	s.c.SetWithTTL(s.key(key), s.value(value), s.cost(key, value), ttl)
}

func (s *theineStore) Delete(key string) { s.c.Delete(key) }
func (s *theineStore) Flush()            { s.c.Wait() }
func (s *theineStore) Len() int          { return s.c.Len() }
func (s *theineStore) Close()            { s.c.Close() }

type lruStore struct {
	keeper
	c *hashicorp.Cache[string, []byte]
}

// openLRU bounds by entries only; a limit in bytes is turned into entries by the measurement.
func openLRU(c storeConfig) (Store, error) {
	limit := c.MaxEntries
	if limit == 0 {
		limit = headroom(c.Entries)
	}
	cache, err := hashicorp.New[string, []byte](limit)
	if err != nil {
		return nil, err
	}
	return &lruStore{keeper: keep(c), c: cache}, nil
}

func (s *lruStore) Get(_ []byte, key string) ([]byte, bool) { return s.c.Get(key) }
func (s *lruStore) Set(key string, value []byte)            { s.c.Add(s.key(key), s.value(value)) }
func (s *lruStore) Delete(key string)                       { s.c.Remove(key) }
func (s *lruStore) Len() int                                { return s.c.Len() }
func (s *lruStore) Close()                                  { s.c.Purge() }
