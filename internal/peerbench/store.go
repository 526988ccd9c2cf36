package main

import (
	"fmt"
	"slices"
	"time"
)

// Store is what every measurement drives: one cache or map behind the narrowest interface that all of them can serve.
// The call through the interface costs each store the same nanosecond or two; the in-cache table shows it as the row
// "loop alone".
type Store interface {
	// Get looks a key up. Stores that copy append to dst; stores that hold values as Go slices return their own slice
	// and ignore dst, which spares them the copy.
	Get(dst []byte, key string) (value []byte, ok bool)
	// Set stores a value. The caller reuses value's bytes, so a store that keeps the slice must clone it. Key stays
	// valid for the life of the process, unless storeConfig.OwnKeys says otherwise.
	Set(key string, value []byte)
	Delete(key string)
	// Close ends the store's goroutines and gives back memory outside the Go heap.
	Close()
}

// expirer is a Store with a time to live per entry.
type expirer interface {
	SetTTL(key string, value []byte, ttl time.Duration)
}

// batcher is a Store that reads many keys in one call. GetBatch returns how many were found and the sum of the first
// bytes of the values, so that every value is read.
type batcher interface {
	GetBatch(keys []string) (found int, sum uint64)
}

// flusher is a Store that applies writes later, from a buffer; Flush returns when all of them are applied.
type flusher interface {
	Flush()
}

// counter is a Store that can say how many entries it holds.
type counter interface {
	Len() int
}

// storeConfig is how a measurement wants its store opened.
type storeConfig struct {
	// Entries is how many entries the store is to hold without evicting any, for libraries that must be told. It is no
	// hint to allocate ahead: growth is part of what is measured.
	Entries int `json:",omitempty"`
	// EntryBytes is the size of a key and its value, where a library's limit is one of bytes.
	EntryBytes int `json:",omitempty"`
	// MaxEntries bounds the store by entries; 0 is no bound.
	MaxEntries int `json:",omitempty"`
	// MaxBytes bounds the store by bytes; 0 is no bound.
	MaxBytes int64 `json:",omitempty"`
	// Lifetime is the one lifetime of all entries, for libraries without one per entry.
	Lifetime time.Duration `json:",omitempty"`
	// OwnKeys makes stores that keep the caller's string clone it, so that its memory counts as theirs.
	OwnKeys bool `json:",omitempty"`
	// SharedValues promises that the caller never changes a value, so that no store needs to clone it.
	SharedValues bool `json:",omitempty"`
	// Synchronous makes caches that decide later decide at once, as a replay of a trace needs it.
	Synchronous bool `json:",omitempty"`
	// Seed makes a Synchronous store decide alike each time, where a library takes one.
	Seed uint64 `json:",omitempty"`
}

// peer is a store that can be opened by name.
type peer struct {
	name string
	// module is the import path whose version the report gives; empty for the standard library.
	module string
	open   func(storeConfig) (Store, error)
	// bounded tells that the store can be held to a number of bytes.
	bounded bool
	// ttl tells that entries can expire one by one; lifetime that all share one time to live.
	ttl, lifetime bool
}

const larderName = "larder"

// peers lists every store, in the order of the tables.
var peers = []peer{
	{name: larderName, module: "github.com/larderkv/larder", open: openLarder, bounded: true, ttl: true},
	{name: "map+RWMutex", open: openMap},
	{name: "sync.Map", open: openSyncMap},
	{name: "swiss+RWMutex", module: "github.com/dolthub/swiss", open: openSwiss},
	{name: "xsync", module: "github.com/puzpuzpuz/xsync/v4", open: openXsync},
	{name: "otter", module: "github.com/maypok86/otter/v2", open: openOtter, bounded: true, ttl: true},
	{name: "ristretto", module: "github.com/dgraph-io/ristretto/v2", open: openRistretto, bounded: true, ttl: true},
	{name: "theine", module: "github.com/Yiling-J/theine-go", open: openTheine, bounded: true, ttl: true},
	{name: "bigcache", module: "github.com/allegro/bigcache/v3", open: openBigcache, bounded: true, lifetime: true},
	{name: "freecache", module: "github.com/coocood/freecache", open: openFreecache, bounded: true, ttl: true},
	{name: "fastcache", module: "github.com/VictoriaMetrics/fastcache", open: openFastcache, bounded: true},
}

// lru is the plain LRU that hit ratios are compared with; it is no peer in speed.
var lru = peer{name: "LRU", module: "github.com/hashicorp/golang-lru/v2", open: openLRU, bounded: true}

// larderLRU is larder under Redis' policy allkeys-lru, beside its default in the tables of hit ratios.
var larderLRU = peer{name: "larder, lru", open: openLarderLRU, bounded: true}

// emptyStore answers at once; what a loop over it takes is the loop's own share of every time.
type emptyStore struct{}

func openEmpty(storeConfig) (Store, error)           { return emptyStore{}, nil }
func (emptyStore) Get([]byte, string) ([]byte, bool) { return nil, false }
func (emptyStore) Set(string, []byte)                {}
func (emptyStore) Delete(string)                     {}
func (emptyStore) Close()                            {}

func findPeer(name string) (peer, error) {
	for _, p := range slices.Concat(peers, []peer{lru, larderLRU, {name: emptyName, open: openEmpty}}) {
		if p.name == name {
			return p, nil
		}
	}
	return peer{}, fmt.Errorf("no store is called %q", name)
}
