package main

import (
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/keyspace"
)

type larderStore struct {
	close   func() error
	strings datatypes.Strings
	keys    datatypes.Keys
	batch   datatypes.Batch
	one     [1]string // the argument of operations on several keys
	sum     uint64
	lend    func([]byte) error // made once, so that View allocates nothing
}

func openLarder(c storeConfig) (Store, error) {
	return openLarderWith(c, larder.DefaultPolicy, keyspace.AllKeysLFU)
}

func openLarderLRU(c storeConfig) (Store, error) {
	return openLarderWith(c, larder.AllKeysLRU, keyspace.AllKeysLRU)
}

func openLarderWith(c storeConfig, policy larder.Policy, same keyspace.Policy) (Store, error) {
	if c.Synchronous {
		return openSeeded(keyspace.Options{MaxBytes: c.MaxBytes, Policy: same, Seed: c.Seed, NoMaintenance: true, Clock: new(callClock)})
	}
	cache, err := larder.Open(larder.Options{MaxBytes: c.MaxBytes, Policy: policy})
	if err != nil {
		return nil, err
	}
	return newLarderStore(cache.Strings(), cache.Keys(), cache.Close), nil
}

// openSeeded opens what a cache is made of, which takes a seed. Nothing happens in its background, where it would depend
// on the machine's speed.
func openSeeded(o keyspace.Options) (Store, error) {
	ks, err := keyspace.Open(o)
	if err != nil {
		return nil, err
	}
	view, err := ks.View(0)
	if err != nil {
		return nil, err
	}
	return newLarderStore(datatypes.NewStrings(view), datatypes.NewKeys(view), ks.Close), nil
}

// callClock is as many seconds old as it has been asked for the time. Policies that go by the second tell all accesses
// apart.
type callClock struct{ seconds int64 }

func (c *callClock) Now() time.Time {
	c.seconds++
	return time.Unix(c.seconds, 0)
}

func newLarderStore(strings datatypes.Strings, keys datatypes.Keys, closeAll func() error) *larderStore {
	s := &larderStore{close: closeAll, strings: strings, keys: keys}
	s.lend = func(value []byte) error {
		s.sum += uint64(value[0])
		return nil
	}
	return s
}

func (s *larderStore) Get(dst []byte, key string) ([]byte, bool) {
	v, ok, err := s.strings.AppendGet(dst, key)
	return v, ok && err == nil
}

func (s *larderStore) Set(key string, value []byte) {
	_, _ = s.strings.Set(key, value, datatypes.SetOptions{})
}

func (s *larderStore) SetTTL(key string, value []byte, ttl time.Duration) {
	_, _ = s.strings.Set(key, value, datatypes.SetOptions{TTL: ttl})
}

func (s *larderStore) GetBatch(keys []string) (found int, sum uint64) {
	if s.strings.GetBatch(keys, &s.batch) != nil {
		return 0, 0
	}
	for i := range s.batch.Len() {
		if v, ok := s.batch.Value(i); ok {
			found++
			sum += uint64(v[0])
		}
	}
	return found, sum
}

func (s *larderStore) View(key string) bool {
	ok, err := s.strings.View(key, s.lend)
	return ok && err == nil
}

func (s *larderStore) Expire(key string) bool {
	ok, err := s.keys.Expire(key, time.Hour, datatypes.ExpireAlways)
	return ok && err == nil
}

func (s *larderStore) Delete(key string) {
	s.one[0] = key
	_, _ = s.keys.Del(s.one[:]...)
}

func (s *larderStore) Len() int {
	n, _ := s.keys.Len()
	return n
}

func (s *larderStore) Close() { _ = s.close() }
