package main

import (
	"bytes"
	"strings"
	"sync"

	"github.com/dolthub/swiss"
	"github.com/puzpuzpuz/xsync/v4"
)

// keeper is how stores that hold Go strings and slices come by memory of their own.
type keeper struct {
	ownKeys, sharedValues bool
}

func keep(c storeConfig) keeper {
	return keeper{ownKeys: c.OwnKeys, sharedValues: c.SharedValues}
}

func (k keeper) key(s string) string {
	if k.ownKeys {
		return strings.Clone(s)
	}
	return s
}

func (k keeper) value(v []byte) []byte {
	if k.sharedValues {
		return v
	}
	return bytes.Clone(v)
}

type mapStore struct {
	keeper
	mu sync.RWMutex
	m  map[string][]byte
}

func openMap(c storeConfig) (Store, error) {
	return &mapStore{keeper: keep(c), m: make(map[string][]byte)}, nil
}

func (s *mapStore) Get(_ []byte, key string) ([]byte, bool) {
	s.mu.RLock()
	v, ok := s.m[key]
	s.mu.RUnlock()
	return v, ok
}

func (s *mapStore) Set(key string, value []byte) {
	key, value = s.key(key), s.value(value)
	s.mu.Lock()
	s.m[key] = value
	s.mu.Unlock()
}

func (s *mapStore) Delete(key string) {
	s.mu.Lock()
	delete(s.m, key)
	s.mu.Unlock()
}

func (s *mapStore) Len() int { return len(s.m) }
func (s *mapStore) Close()   { s.m = nil }

type syncMapStore struct {
	keeper
	m sync.Map
}

func openSyncMap(c storeConfig) (Store, error) { return &syncMapStore{keeper: keep(c)}, nil }

func (s *syncMapStore) Get(_ []byte, key string) ([]byte, bool) {
	v, ok := s.m.Load(key)
	if !ok {
		return nil, false
	}
	return v.([]byte), true
}

func (s *syncMapStore) Set(key string, value []byte) { s.m.Store(s.key(key), s.value(value)) }
func (s *syncMapStore) Delete(key string)            { s.m.Delete(key) }
func (s *syncMapStore) Close()                       { s.m.Clear() }

type swissStore struct {
	keeper
	mu sync.RWMutex
	m  *swiss.Map[string, []byte]
}

func openSwiss(c storeConfig) (Store, error) {
	return &swissStore{keeper: keep(c), m: swiss.NewMap[string, []byte](1)}, nil
}

func (s *swissStore) Get(_ []byte, key string) ([]byte, bool) {
	s.mu.RLock()
	v, ok := s.m.Get(key)
	s.mu.RUnlock()
	return v, ok
}

func (s *swissStore) Set(key string, value []byte) {
	key, value = s.key(key), s.value(value)
	s.mu.Lock()
	s.m.Put(key, value)
	s.mu.Unlock()
}

func (s *swissStore) Delete(key string) {
	s.mu.Lock()
	s.m.Delete(key)
	s.mu.Unlock()
}

func (s *swissStore) Len() int { return s.m.Count() }
func (s *swissStore) Close()   { s.m = nil }

type xsyncStore struct {
	keeper
	m *xsync.Map[string, []byte]
}

func openXsync(c storeConfig) (Store, error) {
	return &xsyncStore{keeper: keep(c), m: xsync.NewMap[string, []byte]()}, nil
}

func (s *xsyncStore) Get(_ []byte, key string) ([]byte, bool) { return s.m.Load(key) }
func (s *xsyncStore) Set(key string, value []byte)            { s.m.Store(s.key(key), s.value(value)) }
func (s *xsyncStore) Delete(key string)                       { s.m.Delete(key) }
func (s *xsyncStore) Len() int                                { return s.m.Size() }
func (s *xsyncStore) Close()                                  { s.m = nil }
