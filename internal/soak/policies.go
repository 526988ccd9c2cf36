package main

import (
	"sync/atomic"

	"github.com/larderkv/larder"
)

// policies remembers when which kinds of policies were in force, so that the model of a key knows what may have become of
// it since it was last looked at. Policies change while no worker runs.
type policies struct {
	count    atomic.Int64 // of the policies that have been in force
	allKeys  atomic.Int64 // the last of them that evicted any key
	volatile atomic.Int64 // the last of them that evicted keys with an expiry
}

// evictions say which keys may have been evicted.
type evictions struct{ any, volatile bool }

// since is what may have been evicted since a policy, by its count, was in force.
func (p *policies) since(count int64) evictions {
	return evictions{any: p.allKeys.Load() >= count, volatile: p.volatile.Load() >= count}
}

// begin notes that a policy comes into force.
func (p *policies) begin(policy larder.Policy) {
	n := p.count.Add(1)
	switch {
	case evictsAny(policy):
		p.allKeys.Store(n)
	case policy != larder.NoEviction:
		p.volatile.Store(n)
	}
}

func evictsAny(p larder.Policy) bool {
	return p == larder.AllKeysLRU || p == larder.AllKeysLFU || p == larder.AllKeysRandom
}

// siblings are the policies of the same kind, among which a running cache may be switched without its models noticing.
func siblings(p larder.Policy) []larder.Policy {
	switch {
	case evictsAny(p):
		return []larder.Policy{larder.AllKeysLRU, larder.AllKeysLFU, larder.AllKeysRandom}
	case p == larder.NoEviction:
		return []larder.Policy{larder.NoEviction}
	}
	return []larder.Policy{larder.VolatileLRU, larder.VolatileLFU, larder.VolatileRandom, larder.VolatileTTL}
}
