package main

import (
	"context"
	"time"
	"unsafe"

	"github.com/VictoriaMetrics/fastcache"
	"github.com/allegro/bigcache/v3"
	"github.com/coocood/freecache"
)

// view is s's bytes without a copy, for libraries that take keys as slices and do not write to them.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

type bigcacheStore struct{ c *bigcache.BigCache }

func openBigcache(c storeConfig) (Store, error) {
	life := c.Lifetime
	if life == 0 {
		life = noTTL
	}
	o := bigcache.DefaultConfig(life)
	o.Verbose = false
	o.CleanWindow = 0
	if c.Lifetime > 0 {
		o.CleanWindow = time.Second
	}
	o.MaxEntriesInWindow = o.Shards // the least that starts small: growth is measured
	o.HardMaxCacheSize = int(c.MaxBytes >> 20)
	cache, err := bigcache.New(context.Background(), o)
	if err != nil {
		return nil, err
	}
	return &bigcacheStore{cache}, nil
}

func (s *bigcacheStore) Get(_ []byte, key string) ([]byte, bool) {
	v, err := s.c.Get(key)
	return v, err == nil
}

func (s *bigcacheStore) Set(key string, value []byte)                     { _ = s.c.Set(key, value) }
func (s *bigcacheStore) SetTTL(key string, value []byte, _ time.Duration) { _ = s.c.Set(key, value) }
func (s *bigcacheStore) Delete(key string)                                { _ = s.c.Delete(key) }
func (s *bigcacheStore) Len() int                                         { return s.c.Len() }
func (s *bigcacheStore) Close()                                           { _ = s.c.Close() }

type freecacheStore struct{ c *freecache.Cache }

// freecacheHeader is what freecache's ring holds before each entry.
const freecacheHeader = 24

func openFreecache(c storeConfig) (Store, error) {
	size := int(c.MaxBytes)
	if size == 0 {
		entry := max(c.EntryBytes, 1) + freecacheHeader
		size = headroom(c.Entries) * entry * 5 / 4 // keys spread unevenly over its 256 rings
	}
	return &freecacheStore{freecache.NewCache(size)}, nil
}

func (s *freecacheStore) Get(dst []byte, key string) ([]byte, bool) {
	v, err := s.c.GetWithBuf(view(key), dst)
	return v, err == nil
}

func (s *freecacheStore) Set(key string, value []byte) { _ = s.c.Set(view(key), value, 0) }

func (s *freecacheStore) SetTTL(key string, value []byte, ttl time.Duration) {
	_ = s.c.Set(view(key), value, int((ttl+time.Second-1)/time.Second))
}

func (s *freecacheStore) Delete(key string) { s.c.Del(view(key)) }
func (s *freecacheStore) Len() int          { return int(s.c.EntryCount()) }
func (s *freecacheStore) Close()            { s.c.Clear() }

type fastcacheStore struct{ c *fastcache.Cache }

func openFastcache(c storeConfig) (Store, error) {
	size := int(c.MaxBytes)
	if size == 0 {
		size = headroom(c.Entries)*(c.EntryBytes+4)*5/4 + 512*64<<10
	}
	return &fastcacheStore{fastcache.New(size)}, nil
}

func (s *fastcacheStore) Get(dst []byte, key string) ([]byte, bool) {
	return s.c.HasGet(dst, view(key))
}

func (s *fastcacheStore) Set(key string, value []byte) { s.c.Set(view(key), value) }
func (s *fastcacheStore) Delete(key string)            { s.c.Del(view(key)) }
func (s *fastcacheStore) Close()                       { s.c.Reset() }

func (s *fastcacheStore) Len() int {
	var st fastcache.Stats
	s.c.UpdateStats(&st)
	return int(st.EntriesCount)
}
